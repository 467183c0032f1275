// Mutants of what a row of docs/conformance-*.md names as code: each a file without one check, branch, call or value.
import ts from 'typescript'
import { readSource } from '../conformance.mjs'

/** @typedef {import('typescript').Node} Node */
/**
 * @typedef {{ description: string, text: string }} Mutant a file with something taken out
 * @typedef {{ from: number, to: number, by: string, description: string, kind?: 'expression' | 'statement', isCheck?: boolean }} Change
 * `kind`: how the change can be switched on and off while the program runs; undefined if it has its effect when the file is loaded;
 * `isCheck`: whether it takes out a refusal, and nothing else
 */

/** Statements that check by calling: `checkVersion(...)`, `this.#require(...)`. */
const CHECKING_CALL = /^(?:await )?(?:this\.)?#?(?:check|require|expect|refuse|assert)\w*\(/

/** Operators of conditions, and what keeps a program running when they are replaced. */
const COMPARISONS = new Set([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.InKeyword,
])
const LOGICAL = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
])

const firstLine = (/** @type {Node} */ node) => node.getText().split('\n')[0] ?? ''
const isRefusal = (/** @type {Node} */ node) =>
  ts.isThrowStatement(node) ||
  (ts.isReturnStatement(node) && (ts.isIfStatement(node.parent) || ts.isIfStatement(node.parent.parent))) ||
  (ts.isExpressionStatement(node) && CHECKING_CALL.test(node.getText()))

/** Whether a node is what an `if` or a choice asks: then that has mutants of always and never already. */
const isCondition = (/** @type {Node} */ node) =>
  (ts.isIfStatement(node.parent) && node.parent.expression === node) ||
  (ts.isConditionalExpression(node.parent) && node.parent.condition === node)

/**
 * @param {Node} node
 * @param {string} by
 * @param {string} description
 * @returns {Change}
 */
const change = (node, by, description) => ({
  from: node.getStart(),
  to: node.end,
  by,
  description,
  kind: kindOf(node),
})

/** Whether a node is replaced while the program runs: in a function, and not in the middle of a chain of `?.`. */
function kindOf(/** @type {Node} */ node) {
  const { parent } = node
  const isInChain =
    (ts.isPropertyAccessChain(parent) || ts.isElementAccessChain(parent) || ts.isCallChain(parent)) &&
    parent.expression === node
  let above = parent
  while (above !== undefined && !ts.isFunctionLike(above) && !ts.isPropertyDeclaration(above)) above = above.parent
  if (above === undefined || isInChain) return undefined
  return ts.isStatement(node) ? 'statement' : 'expression'
}

/**
 * A list or an object without a member, and without the comma after it.
 *
 * @param {Node} member
 * @returns {Change}
 */
function withoutMember(member) {
  const comma = /^\s*,/.exec(member.getSourceFile().text.slice(member.end))?.[0] ?? ''
  return { from: member.getStart(), to: member.end + comma.length, by: '', description: `no ${firstLine(member)}` }
}

/**
 * The changes that take one thing out of a node: refusals first, then the rest in the order of the text.
 *
 * @param {Node} root
 * @returns {Change[]}
 */
function changesWithin(root) {
  /** @type {Change[]} */
  const refusals = []
  /** @type {Change[]} */
  const others = []
  const visit = (/** @type {Node} */ node) => {
    if (isRefusal(node)) refusals.push({ ...change(node, ';', `no ${firstLine(node)}`), isCheck: true })
    else if (ts.isExpressionStatement(node) && !node.getText().startsWith('super('))
      others.push(change(node, ';', `no ${firstLine(node)}`))
    else if (
      ts.isReturnStatement(node) &&
      node.expression !== undefined &&
      !ts.isConditionalExpression(node.expression)
    )
      others.push(change(node.expression, 'undefined', `undefined instead of ${firstLine(node.expression)}`))
    else if (ts.isArrowFunction(node) && !ts.isBlock(node.body) && !ts.isConditionalExpression(node.body))
      others.push(change(node.body, 'undefined', `undefined instead of ${firstLine(node.body)}`))
    if (ts.isIfStatement(node)) {
      if (!ts.isThrowStatement(node.thenStatement))
        others.push(change(node.expression, 'false', `never ${firstLine(node.expression)}`))
      others.push(change(node.expression, 'true', `always ${firstLine(node.expression)}`))
    }
    if (ts.isConditionalExpression(node)) {
      others.push(
        change(node, `(${node.whenTrue.getText()})`, `always ${firstLine(node.condition)}`),
        change(node, `(${node.whenFalse.getText()})`, `never ${firstLine(node.condition)}`),
      )
    }
    if (ts.isBinaryExpression(node) && !(isCondition(node) && LOGICAL.has(node.operatorToken.kind) === false)) {
      if (LOGICAL.has(node.operatorToken.kind)) {
        others.push(
          change(node, node.left.getText(), `no ${firstLine(node.right)}`),
          change(node, node.right.getText(), `no ${firstLine(node.left)}`),
        )
      } else if (COMPARISONS.has(node.operatorToken.kind)) {
        others.push(
          change(node, 'true', `always ${firstLine(node)}`),
          change(node, 'false', `never ${firstLine(node)}`),
        )
      }
    }
    if (ts.isSpreadAssignment(node)) others.push(change(node.expression, '{}', `no ${firstLine(node)}`))
    ts.forEachChild(node, visit)
  }
  visit(root)
  return [...refusals, ...others]
}

const isList = (/** @type {Node} */ node) =>
  ts.isArrayLiteralExpression(node) ||
  ts.isObjectLiteralExpression(node) ||
  (ts.isNewExpression(node) && node.arguments?.some(isList) === true)

/**
 * The changes of a value that has a name: another text or number, a list without one of its members.
 *
 * @param {import('typescript').Expression} given
 * @returns {Change[]}
 */
function changesOfValue(given) {
  let value = given
  while (ts.isAsExpression(value) || ts.isSatisfiesExpression(value) || ts.isParenthesizedExpression(value))
    value = value.expression
  const whole = (/** @type {string} */ by, /** @type {string} */ description) => [
    { from: value.getStart(), to: value.end, by, description },
  ]
  if (ts.isStringLiteral(value) || ts.isNoSubstitutionTemplateLiteral(value) || ts.isTemplateExpression(value))
    return [{ from: value.end - 1, to: value.end - 1, by: '-mutant', description: 'another text' }]
  if (ts.isNumericLiteral(value)) return whole(`(${value.text} + 1)`, 'one more')
  if (ts.isRegularExpressionLiteral(value)) return whole('/(?!)/', 'matches nothing')
  const list = ts.isNewExpression(value) || ts.isCallExpression(value) ? value.arguments?.[0] : value
  const members =
    list === undefined
      ? []
      : ts.isArrayLiteralExpression(list)
        ? [...list.elements]
        : ts.isObjectLiteralExpression(list)
          ? [...list.properties]
          : []
  return [
    ...members.flatMap((member) =>
      ts.isPropertyAssignment(member) && isList(member.initializer)
        ? changesOfValue(member.initializer)
        : [withoutMember(member)],
    ),
    ...(members.length === 0 ? [...changesWithin(value), ...whole('undefined', 'undefined')] : []),
  ]
}

/**
 * The changes at a place that uses a symbol, a text or a piece of code: the nearest refusal, check, condition or call around it.
 *
 * @param {Node} place
 * @returns {Change[]}
 */
function changesAround(place) {
  /** @type {Change[]} */
  const changes = []
  const add = (/** @type {Node} */ node, /** @type {string} */ by, /** @type {string} */ description) =>
    changes.push(change(node, by, description))
  let below = place
  for (let node = place; node.parent !== undefined; below = node, node = node.parent) {
    if (ts.isBlock(node) || ts.isSourceFile(node) || ts.isClassElement(node)) break
    if (isRefusal(node)) {
      changes.unshift({ ...change(node, ';', `no ${firstLine(node)}`), isCheck: true })
      break
    }
    if (ts.isIfStatement(node)) {
      if (node === place) changes.push(...changesWithin(node))
      if (node.expression === below) {
        add(below, 'false', `never ${firstLine(below)}`)
        add(below, 'true', `always ${firstLine(below)}`)
      }
      break
    }
    if (ts.isExpressionStatement(node)) {
      add(node, ';', `no ${firstLine(node)}`)
      break
    }
    if (ts.isConditionalExpression(node)) {
      add(node, `(${node.whenTrue.getText()})`, `always ${firstLine(node.condition)}`)
      add(node, `(${node.whenFalse.getText()})`, `never ${firstLine(node.condition)}`)
    } else if (ts.isBinaryExpression(node) && LOGICAL.has(node.operatorToken.kind)) {
      add(node, node.left.getText(), `no ${firstLine(node.right)}`)
      add(node, node.right.getText(), `no ${firstLine(node.left)}`)
    } else if (ts.isBinaryExpression(node) && COMPARISONS.has(node.operatorToken.kind)) {
      add(node, 'true', `always ${firstLine(node)}`)
      add(node, 'false', `never ${firstLine(node)}`)
    } else if (ts.isPropertyAssignment(node)) {
      const value = node.initializer
      const by =
        value.kind === ts.SyntaxKind.FalseKeyword
          ? 'true'
          : value.kind === ts.SyntaxKind.TrueKeyword
            ? 'false'
            : 'undefined'
      add(value, by, `${by} instead of ${firstLine(value)}`)
      if (ts.isNumericLiteral(value)) add(value, `(${value.text} + 1)`, 'one more')
    } else if (ts.isShorthandPropertyAssignment(node)) {
      changes.push({ ...change(node, `${node.name.text}: undefined`, `no ${node.name.text}`), kind: undefined })
    } else if (ts.isCallExpression(node)) {
      add(node, 'undefined', `no ${firstLine(node)}`)
      const [argument] = node.arguments
      if (argument !== undefined) add(node, argument.getText(), `${firstLine(argument)} as it is`)
    } else if (ts.isReturnStatement(node) && node.expression !== undefined) {
      add(node.expression, 'undefined', `undefined instead of ${firstLine(node.expression)}`)
    }
  }
  if (ts.isStringLiteral(place) || ts.isNoSubstitutionTemplateLiteral(place))
    add(place, `${place.getText().slice(0, -1)}-mutant${place.getText().slice(-1)}`, 'another text')
  return changes
}

/**
 * The changes that take something out of a symbol, the most telling first.
 *
 * @param {string} file
 * @param {string} symbol a name, a text, or a piece of code
 * @returns {Change[]}
 */
export function changesOf(file, symbol) {
  const text = readSource(file)
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  /** @type {Change[]} */
  const declared = []
  /** @type {Change[]} */
  const texts = []
  /** @type {Change[]} */
  const used = []
  /** @param {Node} node */
  const declaration = (node) => {
    const { body, initializer: value } = /** @type {{ body?: Node, initializer?: import('typescript').Expression }} */ (
      node
    )
    if (ts.isParameter(node) || ts.isBindingElement(node) || ts.isTypeNode(node)) return
    if (body !== undefined) declared.push(...changesWithin(body))
    else if (ts.isPropertyAssignment(node) && value !== undefined)
      declared.push(...changesOfValue(value), ...changesAround(value))
    else if (value !== undefined && (ts.isArrowFunction(value) || ts.isFunctionExpression(value)))
      declared.push(...changesWithin(value))
    else if (value !== undefined) declared.push(...changesOfValue(value))
    else if (ts.isShorthandPropertyAssignment(node)) declared.push(...changesAround(node))
    else if (ts.isClassDeclaration(node)) declared.push(...changesWithin(node))
  }
  const visit = (/** @type {Node} */ node) => {
    const name = /** @type {{ name?: Node }} */ (node).name
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isInterfaceDeclaration(node)) return
    if (name?.getText(source) === symbol) declaration(node)
    else if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return
    else if ((ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) && node.text === symbol)
      texts.push(...changesAround(node))
    else if (
      ts.isIdentifier(node) &&
      node.text === symbol &&
      /** @type {{ name?: Node }} */ (node.parent).name !== node
    )
      used.push(...changesAround(node))
    ts.forEachChild(node, visit)
  }
  visit(source)
  if (declared.length + texts.length + used.length === 0) {
    for (let at = text.indexOf(symbol); at >= 0; at = text.indexOf(symbol, at + 1)) {
      /** The smallest node that holds the piece. */
      const around = (/** @type {Node} */ node) => {
        /** @type {Node} */
        let found = node
        ts.forEachChild(node, (child) => {
          if (child.getStart(source) <= at && at + symbol.length <= child.end) found = around(child)
        })
        return found
      }
      const place = around(source)
      if (!ts.isSourceFile(place)) used.push(...changesAround(place))
    }
  }
  const seen = new Set()
  return [...texts, ...declared, ...used].flatMap(({ description, ...change }) => {
    const key = `${change.from} ${change.to} ${change.by}`
    if (seen.has(key) || text.slice(change.from, change.to) === change.by) return []
    seen.add(key)
    const short = description.length > 90 ? `${description.slice(0, 90)}…` : description
    return [{ ...change, description: `${symbol}: ${short}` }]
  })
}

/** Texts for people: parts of them, and what decides which text it is, are not taken out. */
const MESSAGE_MAKER = /(?:Error|Refusal|Fault|Exception)$|^(?:refuse|fail|invalid|malformed)/

/** Whether a node only chooses or builds the text of a message. */
function isInMessage(/** @type {Node} */ node) {
  for (let above = node; above.parent !== undefined; above = above.parent) {
    if (ts.isStatement(above) && !ts.isThrowStatement(above)) return false
    const { parent } = above
    const isMade =
      (ts.isNewExpression(parent) || ts.isCallExpression(parent)) &&
      parent.expression !== above &&
      MESSAGE_MAKER.test(parent.expression.getText().split('.').at(-1) ?? '')
    if (isMade && isText(above)) return true
  }
  return false
}

/**
 * Whether an expression is a text: a literal, a template, a choice or a sum of texts.
 * @param {Node} node
 * @returns {boolean}
 */
function isText(node) {
  if (ts.isConditionalExpression(node)) return isText(node.whenTrue) && isText(node.whenFalse)
  if (ts.isBinaryExpression(node)) return isText(node.left) || isText(node.right)
  if (ts.isParenthesizedExpression(node)) return isText(node.expression)
  return ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node)
}

/** The names of the functions, classes and values that a node is in, from the outermost on. */
function placeOf(/** @type {Node} */ node) {
  const names = []
  for (let above = node; above !== undefined; above = above.parent) {
    const { name } = /** @type {{ name?: Node }} */ (above)
    if (ts.isConstructorDeclaration(above)) names.unshift('constructor')
    else if (
      name !== undefined &&
      (ts.isFunctionLike(above) ||
        ts.isClassLike(above) ||
        ts.isVariableDeclaration(above) ||
        ts.isPropertyDeclaration(above))
    )
      names.unshift(name.getText())
  }
  return names.join('.')
}

/**
 * All changes of a file that can be switched on and off while the program runs, in the order of the text, each with a key that stays while the
 * code around it changes: the file, the names that it is in, what it does, and its number if there are several of that.
 *
 * @param {string} file
 * @returns {(Change & { key: string })[]}
 */
export function allChangesOf(file) {
  const text = readSource(file)
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const seen = new Set()
  /** @type {Map<string, number>} */
  const times = new Map()
  const nodeAt = (/** @type {Node} */ node, /** @type {Change} */ change) => {
    /** @type {Node} */
    let found = node
    ts.forEachChild(node, (child) => {
      if (child.getStart(source) <= change.from && change.to <= child.end) found = nodeAt(child, change)
    })
    return found
  }
  return changesWithin(source)
    .filter((change) => {
      const key = `${change.from} ${change.to} ${change.by}`
      const isNew = change.kind !== undefined && !seen.has(key) && text.slice(change.from, change.to) !== change.by
      seen.add(key)
      return isNew && !isInMessage(nodeAt(source, change))
    })
    .sort((a, b) => a.from - b.from)
    .map((change) => {
      const key = `${file}: ${placeOf(nodeAt(source, change))}: ${change.description}`
      const number = (times.get(key) ?? 0) + 1
      times.set(key, number)
      return { ...change, key: number === 1 ? key : `${key} (${number})` }
    })
}

/**
 * A file with a change.
 *
 * @param {string} file
 * @param {Change} change
 */
export function changed(file, { from, to, by }) {
  const text = readSource(file)
  return text.slice(0, from) + by + text.slice(to)
}

/**
 * A file with many changes, each of which is made while `globalThis.conformanceMutant` is its number.
 *
 * @param {string} file
 * @param {readonly (readonly [number, Change])[]} numbered changes that have a `kind`
 * @param {(number: number) => string} [condition] another one, under which a change is made
 */
export function switchable(file, numbered, condition = (number) => `globalThis.conformanceMutant === ${number}`) {
  const text = readSource(file)
  /** Outer ones first; of a statement and its expression, the statement. */
  const ordered = [...numbered].sort(
    ([, a], [, b]) => a.from - b.from || b.to - a.to || (a.kind === b.kind ? 0 : a.kind === 'statement' ? -1 : 1),
  )
  let next = 0
  /** The text up to `end`, with the changes that begin before it. */
  const upTo = (/** @type {number} */ start, /** @type {number} */ end) => {
    let out = ''
    let at = start
    for (let found = ordered[next]; found !== undefined && found[1].from < end; found = ordered[next]) {
      const [number, { from, to, by, kind }] = found
      next++
      out += text.slice(at, from)
      const inner = upTo(from, to)
      const isOn = condition(number)
      out += kind === 'statement' ? `{ if (!(${isOn})) { ${inner} } }` : `(${isOn} ? (${by}) : (${inner}))`
      at = to
    }
    return out + text.slice(at, end)
  }
  return upTo(0, text.length)
}
