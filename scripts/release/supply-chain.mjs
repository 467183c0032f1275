// `npm run supply-chain`: what the package is made of, and whether it is made of that alone.
//
// 1. Two clones in two folders, with names of different lengths: built and packed, they must have the same digest. The package is
//    kept in artefacts/, with its digest and its commit in artefacts/digest.json.
// 2. The bill of materials (CycloneDX, by npm) of an installation of that package, to artefacts/sbom.json.
// 3. Every licence, of the tools too, against those that are accepted.
// 4. `npm audit`, where the registry answers it.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * Licences that may be in the package, which is under Apache-2.0.
 * @type {readonly string[]}
 */
export const ofPackage = ['Apache-2.0', 'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense']

/**
 * Licences of tools, which are run and not shipped.
 * @type {readonly string[]}
 */
export const ofTools = [
  ...ofPackage,
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'LGPL-3.0',
  'LGPL-3.0-only',
  'LGPL-3.0-or-later',
  'MPL-2.0',
  'PostgreSQL',
  'Python-2.0',
  'WTFPL',
]

/** Tools whose manifest names no licence of the SPDX list, and the one that they come with. */
const named = /** @type {Readonly<Record<string, string>>} */ ({ 'xml-c14n 0.0.6': 'BSD-3-Clause' })

/**
 * The components whose licence is not among the accepted. Of `A OR B` one suffices, of `A AND B` both are needed.
 * @param {{ components?: readonly { name: string, version: string, licenses?: readonly { license?: { id?: string, name?: string }, expression?: string }[] }[] }} sbom
 * @param {readonly string[]} accepted
 * @returns {string[]}
 */
export function notAccepted({ components = [] }, accepted) {
  return components.flatMap(({ name, version, licenses = [] }) => {
    const texts = licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? '')
    texts.push(...[named[`${name} ${version}`] ?? []].flat())
    const isAccepted = (/** @type {string} */ text) =>
      text
        .replace(/[()]/g, '')
        .split(' OR ')
        .some((choice) => choice.split(' AND ').every((each) => accepted.includes(each)))
    if (texts.length > 0 && texts.every(isAccepted)) return []
    return [`${name} ${version}: ${texts.join(', ') || 'no licence'}`]
  })
}

/** @param {string} command @param {readonly string[]} words @param {string} [cwd] */
const run = (command, words, cwd) =>
  execFileSync(command, words, { cwd, encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'pipe'] })

/** @param {string} [folder] */
const sbomOf = (folder) => run('npm', ['sbom', '--sbom-format', 'cyclonedx'], folder)

/**
 * The package that a clone of the last commit makes in a folder, and its digest.
 * @param {string} folder
 */
function packedIn(folder) {
  run('git', ['clone', '--quiet', '--no-hardlinks', '.', folder])
  run('npm', ['ci', '--no-audit', '--no-fund'], folder)
  run('npm', ['run', 'build'], folder)
  run('npm', ['pack', '--ignore-scripts'], folder)
  const name = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (name === undefined) throw new Error('npm pack made no file')
  const tarball = join(folder, name)
  const digest = createHash('sha256').update(readFileSync(tarball)).digest('hex')
  return { tarball, digest }
}

/**
 * The bill of materials of an empty project that installs the package.
 * @param {string} folder
 * @param {string} tarball
 */
function sbomOfInstallation(folder, tarball) {
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "name": "installation", "version": "1.0.0", "private": true }')
  run('npm', ['install', '--no-audit', '--no-fund', tarball], folder)
  const text = sbomOf(folder)
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  const names = JSON.parse(text).components.map((/** @type {{ name: string }} */ { name }) => name)
  const missing = ['uprove-wasm', ...Object.keys(dependencies)].filter((name) => !names.includes(name))
  if (missing.length > 0) throw new Error(`the bill of materials lacks ${missing.join(', ')}`)
  return text
}

function audit() {
  try {
    return run('npm', ['audit', '--omit', 'dev'])
  } catch (error) {
    const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error)
    if (/audit endpoint returned an error|ENOTFOUND|EAI_AGAIN/.test(stderr))
      return 'SKIPPED: the registry answers no audits\n'
    throw new Error(`npm audit:\n${stdout}${stderr}`)
  }
}

function main() {
  process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
  mkdirSync('artefacts', { recursive: true })
  const folder = mkdtempSync(join(tmpdir(), 'uprove-reproducible-'))
  try {
    const first = packedIn(join(folder, 'a'))
    const second = packedIn(join(folder, 'another/folder/with a longer name'))
    if (first.digest !== second.digest) throw new Error(`two builds differ: ${first.digest} and ${second.digest}`)
    console.log(`reproducible: two clones make the package with SHA-256 ${first.digest}`)
    const made = {
      name: basename(first.tarball),
      digest: first.digest,
      commit: run('git', ['rev-parse', 'HEAD']).trim(),
    }
    copyFileSync(first.tarball, join('artefacts', made.name))
    writeFileSync('artefacts/digest.json', `${JSON.stringify(made, undefined, 2)}\n`)

    const installed = sbomOfInstallation(join(folder, 'installation'), first.tarball)
    writeFileSync('artefacts/sbom.json', installed)
    const [own, all] = [JSON.parse(installed), JSON.parse(sbomOf())]
    console.log(`artefacts/sbom.json: an installation has ${String(own.components.length)} packages`)
    const refused = [...notAccepted(own, ofPackage), ...notAccepted(all, ofTools)]
    if (refused.length > 0) throw new Error(`licences that are not accepted:\n${refused.join('\n')}`)
    console.log(`licences: ${String(all.components.length)} packages with the tools, all accepted`)
    process.stdout.write(`audit: ${audit()}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
