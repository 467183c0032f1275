// Compiles the library with a counter in each block and on each side of a choice, as libFuzzer's and AFL's instrumentation does.
import { readFile } from 'node:fs/promises'
import * as esbuild from 'esbuild'
import ts from 'typescript'

/** The global with the counters: an octet for each place in the code. */
export const COUNTERS = '__uproveCounters'

/**
 * Bundles a module for Node, all code of the project in it instrumented.
 * @param {string} entry
 * @param {string} outfile
 * @returns {Promise<number>} how many places have a counter
 */
export async function bundleInstrumented(entry, outfile) {
  let places = 0
  /** @type {esbuild.Plugin} */
  const plugin = {
    name: 'counters',
    setup({ onLoad }) {
      onLoad({ filter: /\/(src|bindings)\/.*\.ts$/ }, async ({ path }) => {
        if (/\/testing\//.test(path)) return undefined
        const text = await readFile(path, 'utf8')
        return { contents: instrumented(text, path, () => places++), loader: 'js' }
      })
    },
  }
  await esbuild.build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    plugins: [plugin],
    logLevel: 'error',
  })
  return places
}

/**
 * TypeScript as JavaScript with counters.
 * @param {string} text
 * @param {string} fileName
 * @param {() => number} next the number of the next counter
 */
export function instrumented(text, fileName, next) {
  const { outputText } = ts.transpileModule(text, {
    fileName,
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
    transformers: { before: [counting(next)] },
  })
  return `const $c = globalThis.${COUNTERS};\n${outputText}`
}

/**
 * @param {() => number} next the number of the next counter
 * @returns {ts.TransformerFactory<ts.SourceFile>}
 */
function counting(next) {
  return (context) => {
    const { factory } = context
    const count = () =>
      factory.createPostfixIncrement(
        factory.createElementAccessExpression(factory.createIdentifier('$c'), factory.createNumericLiteral(next())),
      )
    /** @param {ts.Expression} expression */
    const counted = (expression) =>
      factory.createParenthesizedExpression(
        factory.createComma(count(), factory.createParenthesizedExpression(expression)),
      )
    /** @param {readonly ts.Statement[]} statements @returns {ts.Statement[]} */
    const countedList = (statements) => {
      const directives = statements.findIndex(
        (one) => !(ts.isExpressionStatement(one) && ts.isStringLiteral(one.expression)),
      )
      const at = directives < 0 ? statements.length : directives
      return [...statements.slice(0, at), factory.createExpressionStatement(count()), ...statements.slice(at)]
    }
    const logical = new Set([
      ts.SyntaxKind.AmpersandAmpersandToken,
      ts.SyntaxKind.BarBarToken,
      ts.SyntaxKind.QuestionQuestionToken,
    ])
    /** @param {ts.Node} node @returns {ts.Node} */
    const visit = (node) => {
      const seen = ts.visitEachChild(node, visit, context)
      if (ts.isBlock(seen)) return factory.updateBlock(seen, countedList(seen.statements))
      if (ts.isCaseClause(seen)) return factory.updateCaseClause(seen, seen.expression, countedList(seen.statements))
      if (ts.isDefaultClause(seen)) return factory.updateDefaultClause(seen, countedList(seen.statements))
      if (ts.isConditionalExpression(seen)) {
        const { condition, questionToken, whenTrue, colonToken, whenFalse } = seen
        return factory.updateConditionalExpression(
          seen,
          condition,
          questionToken,
          counted(whenTrue),
          colonToken,
          counted(whenFalse),
        )
      }
      if (ts.isBinaryExpression(seen) && logical.has(seen.operatorToken.kind)) {
        return factory.updateBinaryExpression(seen, seen.left, seen.operatorToken, counted(seen.right))
      }
      if (ts.isArrowFunction(seen) && !ts.isBlock(seen.body)) {
        const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = seen
        return factory.updateArrowFunction(
          seen,
          modifiers,
          typeParameters,
          parameters,
          type,
          equalsGreaterThanToken,
          counted(body),
        )
      }
      if (ts.isIfStatement(seen)) {
        /** @param {ts.Statement} branch */
        const block = (branch) => (ts.isBlock(branch) ? branch : factory.createBlock(countedList([branch])))
        const { expression, thenStatement, elseStatement } = seen
        return factory.updateIfStatement(seen, expression, block(thenStatement), elseStatement && block(elseStatement))
      }
      return seen
    }
    return (file) => /** @type {ts.SourceFile} */ (ts.visitNode(file, visit))
  }
}
