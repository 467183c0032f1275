// `npm run conformance`: takes out, row by row of docs/conformance-*.md, what a row names as the code of a statement, and runs
// the tests that it names. A row is shown if one of them fails then, and passes otherwise. Results go to docs/conformance.json.
// Most mutants are tried in one run of a test file: each is switched on while a test runs once more (conformance/switch.mjs).
//   --rows PART     only rows whose statement contains this
//   --table PART    only tables whose file name contains this
//   --changed       only rows that are not shown yet, or that were shown with another text, or other files, than they have now;
//                   docs/conformance.json has digests of both, so that no history of the repository is needed
//   --minutes N     ends after so many minutes, and what it is doing; the order is drawn, and said: --seed N draws it again
//   --check         writes nothing
// It fails if a row that was tried is not shown.
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { Runner } from './conformance/child.mjs'
import { digestOf, readResults, RESULTS, rowsOf, shuffled, TABLES } from './conformance.mjs'
import { changed, changesOf, switchable } from './conformance/mutations.mjs'
import { testsMeant } from './conformance/targets.mjs'

/** @typedef {import('./conformance.mjs').Row} Row */
/** @typedef {import('./conformance.mjs').Shown} Shown */
/** @typedef {import('./conformance/mutations.mjs').Change} Change */
/** @typedef {import('./conformance/runner.mjs').Outcome} Outcome */
/** @typedef {import('./conformance/switch.mjs').Entry} Entry */
/** @typedef {{ table: string, row: Row, changes: { file: string, change: Change }[], shown: Shown | undefined }} Asked */

/** Mutants of a row that are tried. */
const MOST = 60
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '' },
    table: { type: 'string', default: '' },
    changed: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
})
const scratch = mkdtempSync(path.join(tmpdir(), 'conformance-'))
const log = path.join(scratch, 'log')

const runner = new Runner({ log, plan: path.join(scratch, 'plan.json'), switchedBy: 'scripts/conformance/switch.mjs' })
process.on('exit', () => {
  runner.end()
  rmSync(scratch, { recursive: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

/** The tests of a file that a row means, with what cites each. */
async function meantBy(/** @type {Row} */ { tests }, /** @type {string} */ file) {
  const all = (await runner.testsOf(file)).filter(({ state }) => state === 'passed')
  const parts = tests.filter((test) => test.file === file).flatMap(({ names }) => names)
  return new Map(parts.flatMap((part) => testsMeant(file, part, all).map(({ name }) => [name, part])))
}

/**
 * Shows rows by the tests of one file, with mutants that can be switched: those without a check, or all.
 *
 * @param {readonly Asked[]} asked
 * @param {string} file
 * @param {(change: Change) => boolean} isTried
 */
async function showTogether(asked, file, isTried) {
  /** @type {Set<number>} */
  const endless = new Set()
  const meant = await Promise.all(asked.map(({ row }) => meantBy(row, file)))
  /** Each mutant once, whichever rows have it. @type {{ file: string, change: Change }[]} */
  const mutants = []
  /** @type {Map<string, number>} */
  const numbers = new Map()
  const numberOf = (/** @type {{ file: string, change: Change }} */ mutant) => {
    const key = JSON.stringify([mutant.file, mutant.change.from, mutant.change.to, mutant.change.by])
    const number = numbers.get(key) ?? mutants.push(mutant)
    numbers.set(key, number)
    return number
  }
  const planned = asked.map(({ changes }) =>
    changes.filter(({ change }) => change.kind !== undefined && isTried(change)).map(numberOf),
  )
  /** @type {Record<string, string>} */
  const replaced = {}
  for (const source of new Set(mutants.map((mutant) => mutant.file))) {
    const numbered = mutants.flatMap((mutant, i) =>
      mutant.file === source ? [/** @type {const} */ ([i + 1, mutant.change])] : [],
    )
    replaced[source] = switchable(source, numbered)
  }
  for (let again = true; again;) {
    /** @type {import('./conformance/switch.mjs').Plan['tests']} */
    const tests = {}
    asked.forEach(({ shown }, row) => {
      const left = (planned[row] ?? []).filter((number) => !endless.has(number))
      if (shown === undefined && left.length > 0)
        for (const name of meant[row]?.keys() ?? []) (tests[name] ??= []).push({ row, mutants: left })
    })
    if (Object.keys(tests).length === 0) return
    const outcomes = await runner.run({ files: [file], only: Object.keys(tests), replaced, plan: { log, tests } })
    const entries = readFileSync(log, 'utf8').split('\n').filter(Boolean)
    let last = 0
    for (const entry of entries.map((line) => /** @type {Entry} */ (JSON.parse(line)))) {
      if ('begun' in entry) last = entry.begun
      if (!('shown' in entry)) continue
      const one = asked[entry.shown]
      const mutant = (one?.changes ?? []).find((each) => each.change.kind !== undefined && numberOf(each) === entry.by)
      if (one === undefined || mutant === undefined) continue
      const fails = meant[entry.shown]?.get(entry.test) ?? ''
      one.shown = { without: mutant.change.description, fails, digest: digestOf(one.row) }
    }
    again = outcomes === undefined && last > 0 && !endless.has(last)
    endless.add(last)
  }
}

/**
 * Shows a row with one mutant at a time: what has its effect when a file is loaded, and tests that cannot be run twice.
 *
 * @param {Asked} asked
 */
async function showAlone(asked) {
  const { row, changes } = asked
  for (const file of new Set(row.tests.map((test) => test.file))) {
    const meant = await meantBy(row, file)
    const files = [file]
    /** @type {string[] | undefined} */
    let only = [...meant.keys()]
    if (only.length === 0) continue
    // Some tests need those before them.
    const alone = await runner.run({ files, only })
    if (alone?.every(({ name, state }) => !meant.has(name) || state === 'passed') !== true) only = undefined
    for (const { file: source, change } of changes) {
      if (Date.now() > until) return
      const outcomes = await runner.run({ files, only, replaced: { [source]: changed(source, change) } })
      const failed = outcomes?.find(({ name, state }) => state === 'failed' && meant.has(name))
      if (failed === undefined) continue
      asked.shown = { without: change.description, fails: meant.get(failed.name) ?? '', digest: digestOf(row) }
      return
    }
  }
}

/** What other runs of this command have written is kept. */
function keep(/** @type {readonly Asked[]} */ asked) {
  if (values.check) return
  const now = readResults()
  /** @type {typeof now} */
  const kept = {}
  for (const table of TABLES) {
    kept[table] = {}
    for (const { statement, byReading } of rowsOf(table)) {
      const tried = asked.find((each) => each.table === table && each.row.statement === statement)
      const before = now[table]?.[statement]
      const isSame = tried === undefined || before?.digest === digestOf(tried.row)
      const result = tried?.shown ?? (isSame ? before : undefined)
      if (result !== undefined && !byReading) kept[table][statement] = result
    }
  }
  writeFileSync(RESULTS, `${JSON.stringify(kept, undefined, 2)}\n`)
}

const results = readResults()
const all = TABLES.filter((table) => table.includes(values.table)).flatMap((table) =>
  rowsOf(table)
    .filter(
      (row) =>
        row.code.length > 0 &&
        !row.byReading &&
        row.statement.includes(values.rows) &&
        (!values.changed || results[table]?.[row.statement]?.digest !== digestOf(row)),
    )
    .map((row) => ({ table, row })),
)
const seed = Number(values.seed ?? randomInt(2 ** 31))
const until = Date.now() + Number(values.minutes ?? Infinity) * 60_000
const isEndToEnd = (/** @type {string} */ file) => file.startsWith('src/e2e/') || file.startsWith('src/server/service')
/** In portions, so that what is begun in time ends in time. */
const ordered = values.minutes === undefined ? all : shuffled(all, seed)
/** @type {Asked[]} */
const tried = []
const portion = values.minutes === undefined ? ordered.length : 12
for (let i = 0; i < ordered.length && Date.now() < until; i += portion) {
  /** @type {Asked[]} */
  const asked = ordered.slice(i, i + portion).map(({ table, row }) => ({
    table,
    row,
    changes: row.code
      .flatMap(({ file, names }) => names.flatMap((name) => changesOf(file, name).map((change) => ({ file, change }))))
      .slice(0, MOST),
    shown: undefined,
  }))
  const files = [...new Set(asked.flatMap(({ row }) => row.tests.map(({ file }) => file)))]
  files.sort((a, b) => Number(isEndToEnd(a)) - Number(isEndToEnd(b)))
  for (const file of files) {
    const left = asked.filter(({ row, shown }) => shown === undefined && row.tests.some((test) => test.file === file))
    if (left.length === 0) continue
    // A check that is gone shows more than a program that does everything wrong.
    await showTogether(left, file, ({ isCheck }) => isCheck === true)
    await showTogether(left, file, () => true)
    console.log(`${file}: ${left.filter(({ shown }) => shown !== undefined).length} of ${left.length} rows shown`)
    keep(asked.filter(({ shown }) => shown !== undefined))
  }
  for (const one of asked) {
    if (one.shown === undefined) await showAlone(one)
    else continue
    if (one.shown === undefined && Date.now() > until) break
    console.log(`${one.shown === undefined ? 'NOT SHOWN' : 'shown'}: ${one.row.statement}`)
    keep([one])
  }
  // What there was no time to decide was not tried.
  tried.push(...asked.filter(({ shown }) => shown !== undefined || Date.now() < until))
}
const missing = tried.filter(({ shown }) => shown === undefined)
const order = values.minutes === undefined ? '' : ` in ${values.minutes} minutes, in the order of --seed ${seed}`
console.log(`${tried.length} of ${all.length} rows tried${order}; ${missing.length} not shown`)
for (const { table, row } of missing) console.log(`  ${table}: ${row.statement}`)
process.exit(missing.length > 0 ? 1 : 0)
