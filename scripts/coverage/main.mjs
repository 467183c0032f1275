// Which lines and branches of the library the tests reach, by folder: npm run coverage. Words after `--` go to vitest. What tests start as processes of their
// own (servers, the command line in e2e) is not counted, so the figures are lower bounds.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const folder = await mkdtemp(path.join(tmpdir(), 'coverage-'))
try {
  const projects = ['unit', 'apart', 'slow', 'kernels', 'e2e'].map((name) => `--project=${name}`)
  const coverage = {
    enabled: true,
    provider: 'v8',
    reporter: 'json-summary',
    reportsDirectory: folder,
    reportOnFailure: true,
    include: '{bindings,src}/**/*.ts',
    exclude: '**/{testing/**,*.test.ts}',
  }
  const options = Object.entries(coverage).map(([name, value]) => `--coverage.${name}=${String(value)}`)
  const given = process.argv.slice(2)
  const isOwn = given.some((word) => word.startsWith('--project'))
  const args = ['node_modules/vitest/vitest.mjs', 'run', ...(isOwn ? [] : projects), ...options, ...given]
  const [code] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit')
  process.exitCode = code ?? 1
  report(JSON.parse(await readFile(path.join(folder, 'coverage-summary.json'), 'utf8')))
} finally {
  await rm(folder, { recursive: true })
}

/** @typedef {{ total: number, covered: number }} Count */

/** @param {Record<string, { lines: Count, branches: Count }>} files absolute names, and `total` */
function report(files) {
  /** @type {Map<string, { lines: Count, branches: Count }>} */
  const folders = new Map()
  for (const [file, { lines, branches }] of Object.entries(files)) {
    const name = file === 'total' ? file : folderOf(path.relative('', file))
    const sum = folders.get(name) ?? { lines: { total: 0, covered: 0 }, branches: { total: 0, covered: 0 } }
    folders.set(name, { lines: plus(sum.lines, lines), branches: plus(sum.branches, branches) })
  }
  console.log('| folder | lines | branches |\n| --- | ---: | ---: |')
  for (const [name, { lines, branches }] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (lines.total > 0) console.log(`| ${name} | ${share(lines)} | ${share(branches)} |`)
  }
}

/** @param {string} file */
function folderOf(file) {
  const parts = path.dirname(file).split(path.sep)
  return parts.slice(0, parts[0] === 'src' ? 2 : 1).join('/')
}

/** @param {Count} a @param {Count} b */
function plus(a, b) {
  return { total: a.total + b.total, covered: a.covered + b.covered }
}

/** @param {Count} count */
function share({ covered, total }) {
  return `${((100 * covered) / Math.max(total, 1)).toFixed(1)} % of ${total.toLocaleString('en-US')}`
}
