// The tables of docs/conformance-*.md as data: each row names a statement, the code for it, and the tests that fail without it.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** @param {string} file */
export const readSource = (file) => readFileSync(root + file, 'utf8')

/** The rooms whose files a table names without their folders. */
const ROOMS = {
  'docs/conformance-ws-trust.md': ['src/ws-trust'],
  'docs/conformance-wstep.md': ['src/wstep', 'src/authentication'],
  'docs/conformance-xcep.md': ['src/xcep'],
}

export const TABLES = /** @type {(keyof typeof ROOMS)[]} */ (Object.keys(ROOMS))

/** In the cell of tests: no mutant shows this row, for the reason that follows; that code and tests go together was read. */
const BY_READING = /\(shown by reading: [^)]+\)/
const BY_DECISION = '**by decision**'
const PARTLY = '**partly**'

/** What `npm run conformance` has found. */
export const RESULTS = `${root}docs/conformance.json`

/**
 * @typedef {{ file: string, names: string[] }} Citation a file of the repository, and what is said to be in it
 * @typedef {'done' | 'partly' | 'by decision'} State
 * @typedef {{ line: string, statement: string, code: Citation[], tests: Citation[], byReading: boolean, state: State }} Row
 * @typedef {{ without: string, fails: string, digest: string }} Shown the mutant, what cites the test that failed, and what the row was then
 */

/** The rows of Markdown tables of statements, code and tests, cell by cell. */
function tableRows(/** @type {string} */ markdown) {
  /** @type {{ line: string, cells: string[] }[]} */
  const rows = []
  let isTable = false
  for (const line of markdown.split('\n')) {
    if (!line.startsWith('| ')) isTable = false
    else if (/^\| (?:statement|what) \| code \| test \|$/.test(line)) isTable = true
    else if (isTable && !line.startsWith('| ---'))
      rows.push({ line, cells: line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()) })
  }
  return rows
}

/**
 * The rows of a table.
 *
 * @param {keyof typeof ROOMS} table
 * @returns {Row[]}
 */
export function rowsOf(table) {
  const files = ROOMS[table].flatMap((room) =>
    readdirSync(root + room, { recursive: true, encoding: 'utf8' }).map((name) => `${room}/${name}`),
  )
  const inRepository = (/** @type {string} */ name) =>
    name.includes('/') ? name : (files.find((path) => path.endsWith(`/${name}`)) ?? name)
  /** @returns {Citation[]} */
  const citations = (/** @type {string} */ cell, /** @type {RegExp} */ quoted) => {
    const parts = cell.split(/`([\w./-]+\.ts)`/)
    return parts.flatMap((part, i) =>
      i % 2 === 0
        ? []
        : [
            {
              file: inRepository(part),
              names: [...(parts[i + 1] ?? '').matchAll(quoted)].map(([, name = '']) => name),
            },
          ],
    )
  }
  return tableRows(readSource(table)).map(({ line, cells: [statement = '', code = '', tests = ''] }) => ({
    line,
    statement,
    code: citations(code, /`([^`]+)`/g),
    tests: citations(tests.replace(BY_READING, ''), /"([^"]+)"/g),
    byReading: BY_READING.test(tests),
    state: statement.includes(BY_DECISION) ? 'by decision' : statement.includes(PARTLY) ? 'partly' : 'done',
  }))
}

/** "a request with … no Context": the parts of a title whose rest a table of cases fills in. */
export const partsOf = (/** @type {string} */ title) => title.split(' … ')

/**
 * What is wrong with a row: a file, a symbol or a title that is not there.
 *
 * @param {Row} row
 */
export function faultsOf({ code, tests }) {
  const faults = []
  if (code.every(({ names }) => names.length === 0)) faults.push('names no symbol')
  if (tests.every(({ names }) => names.length === 0)) faults.push('names no test')
  for (const { file, names } of [...code, ...tests]) {
    if (!existsSync(root + file)) faults.push(`no such file: ${file}`)
    else
      for (const name of names.flatMap(partsOf))
        if (!readSource(file).includes(name)) faults.push(`${file} has no ${name}`)
  }
  return faults
}

/** @returns {Partial<Record<string, Record<string, Shown>>>} */
export const readResults = () => JSON.parse(readFileSync(RESULTS, 'utf8'))

/**
 * What a row says, and the files that it names: while this is the same, what was shown holds.
 *
 * @param {Row} row
 */
export function digestOf({ line, code, tests }) {
  const hash = createHash('sha256').update(line)
  for (const { file } of [...code, ...tests]) hash.update(readSource(file))
  return hash.digest('hex').slice(0, 16)
}

/**
 * A list in an order that a seed decides.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {number} seed
 * @returns {T[]}
 */
export function shuffled(list, seed) {
  const keyed = list.map((item, i) => ({ item, key: createHash('sha256').update(`${seed} ${i}`).digest('hex') }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ item }) => item)
}
