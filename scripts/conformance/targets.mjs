// Which tests a row of docs/conformance-*.md means: by a part of their names, or by a piece of their text, such as a case of a table.
import ts from 'typescript'
import { partsOf, readSource } from '../conformance.mjs'

/** @typedef {import('typescript').Node} Node */
/** @typedef {import('./runner.mjs').Outcome} Outcome */

/**
 * `it(...)` and `it.each(table)(...)`: the whole call, its table, and the lines from its beginning to its title, of which one is
 * the place of its tests.
 *
 * @typedef {{ from: number, to: number, call: Node, table: Node | undefined }} TestCall
 */

/**
 * @param {import('typescript').SourceFile} source
 * @returns {TestCall[]}
 */
function testCalls(source) {
  /** @type {TestCall[]} */
  const calls = []
  const visit = (/** @type {Node} */ node) => {
    if (ts.isCallExpression(node)) {
      const callee = node.expression
      const table =
        ts.isCallExpression(callee) && /^(?:it|test)\b.*\.each$/s.test(callee.expression.getText()) ? callee : undefined
      if (table !== undefined || /^(?:it|test)(?:\.\w+)*$/.test(callee.getText())) {
        const [title] = node.arguments
        const lineOf = (/** @type {number} */ at) => source.getLineAndCharacterOfPosition(at).line + 1
        if (title !== undefined && node.arguments.length > 1)
          calls.push({ from: lineOf(node.getStart()), to: lineOf(title.end), call: node, table: table?.arguments[0] })
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return calls
}

const isAt =
  (/** @type {{ from: number, to: number }} */ { from, to }) =>
  (/** @type {Outcome} */ { line }) =>
    from <= line && line <= to

/** The cases of a table, as far as it is written out. */
function casesOf(/** @type {Node | undefined} */ table) {
  let list = table
  while (
    list !== undefined &&
    (ts.isAsExpression(list) || ts.isSatisfiesExpression(list) || ts.isParenthesizedExpression(list))
  )
    list = list.expression
  return list !== undefined && ts.isArrayLiteralExpression(list) && !list.elements.some(ts.isSpreadElement)
    ? [...list.elements]
    : undefined
}

/**
 * The tests that a citation means, of those that its file has.
 *
 * @param {string} file
 * @param {string} part what is cited
 * @param {Outcome[]} tests those of the file, in their order
 * @returns {Outcome[]}
 */
export function testsMeant(file, part, tests) {
  const parts = partsOf(part)
  const named = tests.filter(({ name }) => parts.every((each) => name.includes(each)))
  if (named.length > 0) return named
  const text = readSource(file)
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const calls = testCalls(source)
  /** @type {Set<Outcome>} */
  const meant = new Set()
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    const holds = (/** @type {Node | undefined} */ node) =>
      node !== undefined && node.getStart(source) <= at && at + part.length <= node.end
    for (const { call, table, ...lines } of calls) {
      if (!holds(call)) continue
      const own = tests.filter(isAt(lines))
      const index = casesOf(table)?.findIndex(holds) ?? -1
      const chosen = index < 0 || own.length !== casesOf(table)?.length ? own : own.slice(index, index + 1)
      for (const test of chosen) meant.add(test)
    }
    // A table or a helper that stands outside: the tests that use its name, and if their number tells it, the case.
    for (const statement of source.statements) {
      if (!holds(statement) || !ts.isVariableStatement(statement)) continue
      for (const { name, initializer } of statement.declarationList.declarations) {
        const using = calls.filter(({ call }) => new RegExp(String.raw`\b${name.getText()}\b`).test(call.getText()))
        const index = casesOf(initializer)?.findIndex(holds) ?? -1
        for (const { table, ...lines } of using) {
          const own = tests.filter(isAt(lines))
          const isTable =
            table?.getText() === name.getText() && own.length === casesOf(initializer)?.length && index >= 0
          for (const test of isTable ? own.slice(index, index + 1) : own) meant.add(test)
        }
      }
    }
  }
  return [...meant]
}
