// Until the first release a placeholder stands for the repository's address, which is not known yet. `npm run release -- ADDRESS`
// puts the address in its place; `--check`, which npm runs before it publishes, fails while a placeholder is left, or changes that no
// version has.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** The files that name the repository. */
export const files = ['package.json', 'README.md', 'SECURITY.md']

export const placeholder = 'https://code.example/uprove-wasm'

/**
 * The problems that prevent a release.
 * @param {(file: string) => string} read
 * @returns {string[]}
 */
export function obstacles(read) {
  const found = files
    .filter((file) => read(file).includes(placeholder))
    .map((file) => `${file} names ${placeholder}: run npm run release -- ADDRESS`)
  const { version } = JSON.parse(read('package.json'))
  const changes = read('CHANGELOG.md')
  if (!changes.includes(`## [${version}]`)) found.push(`CHANGELOG.md has no section for ${version}`)
  // They would be published under the version before.
  if (/^## \[Unreleased\]\n+(?!## |\n|$)/m.test(changes)) found.push('CHANGELOG.md has changes without a version')
  return found
}

/**
 * A file with the address in place of the placeholder.
 * @param {string} text
 * @param {string} address of the repository, such as `https://github.com/owner/name`
 */
export function withAddress(text, address) {
  if (!/^https:\/\/[\w.-]+(?:\/[\w.-]+)+$/.test(address) || address.endsWith('.git')) {
    throw new TypeError('the address of a repository looks like https://github.com/owner/name')
  }
  return text.replaceAll(placeholder, address)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const read = (/** @type {string} */ file) => readFileSync(file, 'utf8')
  const [argument] = process.argv.slice(2)
  if (argument === '--check') {
    const found = obstacles(read)
    for (const obstacle of found) console.error(obstacle)
    if (found.length > 0) process.exitCode = 1
  } else if (argument === undefined) {
    console.error('npm run release -- ADDRESS, such as https://github.com/owner/name')
    process.exitCode = 2
  } else for (const file of files) writeFileSync(file, withAddress(read(file), argument))
}
