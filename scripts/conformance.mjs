// The tables of docs/conformance-*.md as data: each row names a statement, the code for it, and the tests that fail without it.
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

/** Says in the cell of tests that no mutant shows this: that code and tests go together was read. */
export const BY_READING = '(shown by reading)'
export const BY_DECISION = '**by decision**'
export const PARTLY = '**partly**'

/**
 * @typedef {{ file: string, names: string[] }} Citation a file of the repository, and what is said to be in it
 * @typedef {{ statement: string, code: Citation[], tests: Citation[], byReading: boolean, state: 'done' | 'partly' | 'by decision' }} Row
 */

/**
 * The rows of a table that name code.
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
  return readSource(table)
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()))
    .filter(([, code = '']) => code.includes('.ts`'))
    .map(([statement = '', code = '', tests = '']) => ({
      statement,
      code: citations(code, /`([^`]+)`/g),
      tests: citations(tests, /"([^"]+)"/g),
      byReading: tests.includes(BY_READING),
      state: statement.includes(BY_DECISION) ? 'by decision' : statement.includes(PARTLY) ? 'partly' : 'done',
    }))
}

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
    else for (const name of names) if (!readSource(file).includes(name)) faults.push(`${file} has no ${name}`)
  }
  return faults
}

/**
 * @typedef {{ description: string, text: string }} Mutant a file with something taken out
 */

/**
 * The mutants of a symbol, the most telling first: one for each check that it makes, without the check; then what it says
 * changed, for texts; then one that only fails.
 *
 * @param {typeof import('typescript')} ts
 * @param {string} file
 * @param {string} symbol a name, a text, or a piece of code
 * @returns {Mutant[]}
 */
export function mutantsOf(ts, file, symbol) {
  const text = readSource(file)
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  /** @type {import('typescript').Node[]} */
  const declared = []
  /** @type {import('typescript').Node[]} */
  const used = []
  const visit = (/** @type {import('typescript').Node} */ node) => {
    const name = /** @type {{ name?: import('typescript').Node }} */ (node).name
    if (name?.getText(source) === symbol && !ts.isTypeNode(node) && !ts.isImportSpecifier(node)) declared.push(node)
    else if (ts.isStringLiteral(node) && node.text === symbol) used.push(node)
    else if (ts.isIdentifier(node) && node.text === symbol && ts.isCallExpression(node.parent)) used.push(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  const replaced = (/** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ by) =>
    text.slice(0, from) + by + text.slice(to)
  const line = (/** @type {number} */ at) => source.getLineAndCharacterOfPosition(at).line + 1
  /** @type {Mutant[]} */
  const mutants = []
  /** @type {Mutant[]} */
  const failing = []
  const without = (/** @type {import('typescript').Node} */ node) => {
    const isRefusal = ts.isThrowStatement(node) || (ts.isReturnStatement(node) && ts.isIfStatement(node.parent))
    if (isRefusal) {
      const by = ts.isBlock(node.parent) || ts.isIfStatement(node.parent) ? ';' : 'undefined'
      mutants.push({
        description: `line ${line(node.getStart())}: no ${node.getText().split('\n')[0]}`,
        text: replaced(node.getStart(), node.end, by),
      })
    }
    if (ts.isExpressionStatement(node) && /^(?:this\.)?#?(?:check|require|expect)\w*\(/.test(node.getText())) {
      mutants.push({
        description: `line ${line(node.getStart())}: no ${node.getText().split('\n')[0]}`,
        text: replaced(node.getStart(), node.end, ';'),
      })
    }
    ts.forEachChild(node, without)
  }
  for (const node of declared) {
    without(node)
    const body = /** @type {{ body?: import('typescript').Node }} */ (node).body
    const value = /** @type {{ initializer?: import('typescript').Expression }} */ (node).initializer
    if (body !== undefined && ts.isBlock(body)) {
      failing.push({
        description: `${symbol} fails`,
        text: replaced(body.getStart() + 1, body.getStart() + 1, ` if (Date.now() > 0) throw new TypeError('mutant');`),
      })
    } else if (value !== undefined && (ts.isStringLiteral(value) || ts.isTemplateLiteral(value))) {
      mutants.push({
        description: `${symbol} is another text`,
        text: replaced(value.end - 1, value.end - 1, '-mutant'),
      })
    } else if (value !== undefined) {
      failing.push({ description: `${symbol} is undefined`, text: replaced(value.getStart(), value.end, 'undefined') })
    } else if (ts.isClassDeclaration(node)) {
      for (const member of node.members) {
        if (ts.isMethodDeclaration(member) && member.body !== undefined) {
          const at = member.body.getStart() + 1
          failing.push({
            description: `${symbol}.${member.name.getText()} fails`,
            text: replaced(at, at, ` if (Date.now() > 0) throw new TypeError('mutant');`),
          })
        }
      }
    } else if (ts.isShorthandPropertyAssignment(node)) {
      failing.push({ description: `no ${symbol}`, text: replaced(node.getStart(), node.end, `${symbol}: undefined`) })
    }
  }
  for (const node of used) {
    let statement = node
    while (!ts.isThrowStatement(statement) && !ts.isBlock(statement) && statement.parent !== undefined)
      statement = statement.parent
    if (ts.isThrowStatement(statement)) {
      mutants.push({
        description: `line ${line(statement.getStart())}: no throw`,
        text: replaced(statement.getStart(), statement.end, ';'),
      })
    } else if (ts.isStringLiteral(node)) {
      mutants.push({
        description: `line ${line(node.getStart())}: another text`,
        text: replaced(node.end - 1, node.end - 1, '-mutant'),
      })
    } else {
      mutants.push({
        description: `line ${line(node.getStart())}: no call`,
        text: replaced(node.parent.getStart(), node.parent.end, 'undefined'),
      })
    }
  }
  if (declared.length + used.length === 0) {
    const at = text.indexOf(symbol)
    const [before = '', after = ''] = symbol.includes('false')
      ? ['false', 'true']
      : [symbol, `${symbol.split(':')[0]}: undefined`]
    if (at >= 0 && symbol.includes(':'))
      mutants.push({
        description: `no ${symbol}`,
        text: replaced(at, at + symbol.length, symbol.replace(before, after)),
      })
  }
  return [...mutants, ...failing]
}
