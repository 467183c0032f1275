// Until the first release a placeholder stands for the repository's address, which is not known yet. `npm run release -- ADDRESS`
// puts the address in its place; `--check`, which npm runs before it publishes, fails while a placeholder is left, or changes that no
// version has. `--notes` writes the notes of the release, with the digest of the package that `npm run supply-chain` has built twice.
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

/**
 * The notes of a release: its section of the changelog, and how anybody builds the same package. The digest cannot stand in the
 * changelog, which is in the package.
 * @param {(file: string) => string} read
 * @returns {string}
 */
export function releaseNotes(read) {
  const { version } = JSON.parse(read('package.json'))
  const start = new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\].*$`, 'm').exec(read('CHANGELOG.md'))
  if (start === null) throw new Error(`CHANGELOG.md has no section for ${version}`)
  const [changes = ''] = read('CHANGELOG.md')
    .slice(start.index + start[0].length)
    .split(/^## /m)
  const { name, digest, commit } = JSON.parse(read('artefacts/digest.json'))
  if (name !== `uprove-wasm-${version}.tgz`)
    throw new Error(`artefacts/digest.json is of ${name}: run npm run supply-chain`)
  return `# ${version}

${changes.trim()}

## The package

| | |
| --- | --- |
| file | \`${name}\` |
| SHA-256 | \`${digest}\` |
| commit | \`${commit}\` |
| bill of materials | \`sbom.json\` (CycloneDX) |

Anybody can build it: \`npm run supply-chain\` in a clone of that commit makes a package with the same digest. So does
\`npm ci && npm run build && npm pack --ignore-scripts\`. \`npm pack uprove-wasm@${version} && sha256sum ${name}\` gives the digest of what the registry has;
\`npm audit signatures\` verifies the registry's signature and, where there is one, the provenance.
`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const read = (/** @type {string} */ file) => readFileSync(file, 'utf8')
  const [argument] = process.argv.slice(2)
  if (argument === '--check') {
    const found = obstacles(read)
    for (const obstacle of found) console.error(obstacle)
    if (found.length > 0) process.exitCode = 1
  } else if (argument === '--notes') {
    writeFileSync('artefacts/release-notes.md', releaseNotes(read))
    console.log('artefacts/release-notes.md')
  } else if (argument === undefined) {
    console.error('npm run release -- ADDRESS, such as https://github.com/owner/name; or --check, or --notes')
    process.exitCode = 2
  } else for (const file of files) writeFileSync(file, withAddress(read(file), argument))
}
