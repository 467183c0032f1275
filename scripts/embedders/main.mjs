// `npm run embedders`: every section of docs/start.md, pasted into an empty folder with the packed package, run with the tools from
// npm. `-- --quick` runs what CI runs, `-- TOOL...` some; `-- --write` puts what passed into docs/embedding.md.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Failed, Folder, Skipped } from './folder.mjs'
import { sectionsOf } from './sections.mjs'
import { tools } from './tools.mjs'

const document = 'docs/start.md'
const matrix = 'docs/embedding.md'
const heading = '| tool | version | needs | tested | result |'

/**
 * Runs a section. Throws `Failed` or `Skipped`.
 * @param {import('./sections.mjs').Section} section
 * @param {import('./tools.mjs').Tool} tool
 * @param {string} tarball the packed package
 * @returns {Promise<string>} the versions of its packages
 */
async function runSection({ files, commands }, { packages, check }, tarball) {
  const folder = new Folder()
  try {
    folder.write(files)
    let output = ''
    /** @type {string | undefined} */
    let address
    for (const { code, serves } of commands) {
      // The package as it would come from the registry.
      const packed = code.replace(/^npm install uprove-wasm$/m, `npm install '${tarball}'`)
      if (packages.some((name) => new RegExp(`^npm install .*\\b${name}\\b`, 'm').test(code)))
        await install(folder, packed)
      else if (serves) address = await folder.serve(packed)
      else output += await folder.run(packed)
    }
    await check({ folder, output, ...(address !== undefined && { address }) })
    return packages
      .map((name) => (packages.length > 1 ? `${name} ${folder.versionOf(name)}` : folder.versionOf(name)))
      .join(', ')
  } finally {
    await folder.remove()
  }
}

/**
 * Installs the package, which must work, and then the tool, which a platform may not have. Throws `Failed` or `Skipped`.
 * @param {Folder} folder
 * @param {string} commands
 */
async function install(folder, commands) {
  for (const command of commands.trim().split('\n')) {
    await folder.run(command).catch((error) => {
      if (!command.startsWith('npm install') || command.includes('.tgz')) throw error
      throw new Skipped(`${command} failed:\n${error.message}`)
    })
  }
}

/**
 * Puts rows into the table of the document, in the place of those of the same tools.
 * @param {Map<string, string>} rows by tool
 */
function writeMatrix(rows) {
  const text = readFileSync(matrix, 'utf8')
  const table = text.slice(text.indexOf(heading)).split('\n\n')[0] ?? ''
  const kept = (/** @type {string} */ tool) => table.split('\n').find((row) => row.startsWith(`| [${tool}](`))
  const lines = tools.flatMap(({ tool }) => rows.get(tool) ?? kept(tool) ?? [])
  writeFileSync(
    matrix,
    text.replace(table, () => [heading, '| --- | --- | --- | --- | --- |', ...lines].join('\n')),
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
  const names = process.argv.slice(2)
  const [quick, write] = [names.includes('--quick'), names.includes('--write')]
  const wanted = names.filter((name) => !name.startsWith('--')).map((name) => name.toLowerCase())
  const sections = sectionsOf(readFileSync(document, 'utf8'))
  const selected = tools.filter(({ tool, ...of }) =>
    wanted.length > 0 ? wanted.includes(tool.toLowerCase()) : of.quick || !quick,
  )
  for (const { tool } of tools.filter((one) => quick && !selected.includes(one))) {
    console.log(`${tool}: SKIPPED, since it takes longer; npm run embedders -- '${tool}' runs it`)
  }
  if (selected.length === 0) throw new Error(`the tools are ${tools.map(({ tool }) => tool).join(', ')}`)

  const scratch = mkdtempSync(join(tmpdir(), 'uprove-packed-'))
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], {
    encoding: 'utf8',
  })
  const tarball = join(scratch, JSON.parse(packed)[0].filename)
  /** @type {Map<string, string>} */
  const rows = new Map()
  for (const tool of selected) {
    const before = performance.now()
    const section = sections.find((candidate) => candidate.tool === tool.tool)
    if (section === undefined) throw new Error(`${document} has no section ${tool.tool}`)
    let result
    let version = ''
    try {
      version = await runSection(section, tool, tarball)
      result = 'passes'
    } catch (error) {
      if (!(error instanceof Failed || error instanceof Skipped)) throw error
      result = error instanceof Skipped ? 'SKIPPED' : 'FAILED'
      if (error instanceof Failed) process.exitCode = 1
      console.log(error.message)
    }
    const seconds = ((performance.now() - before) / 1000).toFixed(0)
    console.log(`${tool.tool}: ${result}${version && ` (${version})`}, ${seconds} s`)
    if (result === 'passes') {
      const link = `[${tool.tool}](start.md#${tool.tool.toLowerCase().replaceAll(' ', '-')})`
      rows.set(tool.tool, `| ${link} | ${version} | ${tool.needs} | ${tool.how} | ${result} |`)
    }
  }
  rmSync(scratch, { recursive: true, force: true })
  if (write) writeMatrix(rows)
}
