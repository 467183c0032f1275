// `npm run conformance`: takes out, row by row of docs/conformance-*.md, what a row names as the code of a statement, and runs
// the tests that it names. A row is shown if one of them fails. `--changed REVISION`: only rows with files that changed since
// then. `--rows PART`: only rows whose statement contains this. Results go to docs/conformance.json.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import ts from 'typescript'
import { mutantsOf, rowsOf, TABLES } from './conformance.mjs'

const RESULTS = 'docs/conformance.json'
/** Mutants of a symbol that are tried. */
const MOST = 14
const { values } = parseArgs({ options: { changed: { type: 'string' }, rows: { type: 'string' } } })
const scratch = mkdtempSync(path.join(tmpdir(), 'conformance-'))

const changed =
  values.changed === undefined
    ? undefined
    : new Set(spawnSync('git', ['diff', '--name-only', values.changed], { encoding: 'utf8' }).stdout.split('\n'))

/**
 * The titles of the tests that fail with a mutant; undefined if the files could not be run at all.
 *
 * @param {string} file
 * @param {string} text
 * @param {string[]} tests
 * @returns {string[] | undefined}
 */
function failures(file, text, tests) {
  writeFileSync(path.join(scratch, 'mutant.ts'), text)
  const output = path.join(scratch, 'results.json')
  rmSync(output, { force: true })
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'scripts/conformance.vitest.ts', '--reporter=json']
  spawnSync(process.execPath, [...args, `--outputFile=${output}`, '--maxWorkers=1', ...tests], {
    env: { ...process.env, CONFORMANCE_MUTANT: path.join(scratch, 'mutant.ts'), CONFORMANCE_FILE: path.resolve(file) },
    stdio: 'ignore',
  })
  try {
    const { testResults } = JSON.parse(readFileSync(output, 'utf8'))
    return testResults.flatMap(
      (
        /** @type {{ status: string, message?: string, assertionResults: { status: string, fullName: string }[] }} */ result,
      ) => result.assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    )
  } catch {
    return undefined
  }
}

/** @type {Record<string, Record<string, string | null>>} */
const results = JSON.parse(readFileSync(RESULTS, 'utf8'))
/** What is known of mutants already: several rows name one symbol. @type {Map<string, string[]>} */
const known = new Map()
for (const table of TABLES) {
  const rows = rowsOf(table)
  const before = results[table] ?? {}
  /** @type {Record<string, string | null>} */
  const now = {}
  for (const { statement, code, tests } of rows) {
    const files = [...code, ...tests].map(({ file }) => file)
    const isAsked =
      (values.rows === undefined || statement.includes(values.rows)) &&
      (changed === undefined || files.some((file) => changed.has(file)))
    if (!isAsked) {
      now[statement] = before[statement] ?? null
      continue
    }
    const titles = tests.flatMap(({ names }) => names)
    const testFiles = tests
      .map(({ file }) => file)
      .filter((file) => file.endsWith('.test.ts') && !file.startsWith('src/e2e/'))
    now[statement] = null
    search: for (const { file, names } of code) {
      for (const name of names) {
        for (const { description, text } of mutantsOf(ts, file, name).slice(0, MOST)) {
          const key = JSON.stringify([file, text, testFiles])
          const failed = known.get(key) ?? failures(file, text, testFiles) ?? []
          known.set(key, failed)
          if (failed.some((title) => titles.some((part) => title.includes(part)))) {
            now[statement] = `${name}: ${description}`
            break search
          }
        }
      }
    }
    console.log(
      `${now[statement] === null ? 'NOT SHOWN' : 'shown'}: ${statement}${now[statement] === null ? '' : ` (${now[statement]})`}`,
    )
    results[table] = { ...before, ...now }
    writeFileSync(RESULTS, `${JSON.stringify(results, undefined, 2)}\n`)
  }
  results[table] = now
}
writeFileSync(RESULTS, `${JSON.stringify(results, undefined, 2)}\n`)
rmSync(scratch, { recursive: true })
