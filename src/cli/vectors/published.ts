import { byteLength } from '../../../bindings/octets/integers.js'
import { P256, P384, P521 } from '../../params/index.js'
import { UsageError } from '../errors.js'

// Files as Microsoft publishes them: text in lines `key = value`, or JSON. Points of curves are two values, without leading zeros.

type Values = Readonly<Record<string, unknown>>

/** Names of hashes as the JavaScript SDK has them. */
const hashNames: Readonly<Record<string, string>> = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' }

/** Keys of lists of attribute indices. */
const lists = ['D', 'U', 'C']

const line = /^([A-Za-z]\w*(?:\.[xy])?(?: \([^)]*\)| \[[^\]]*\])?) =(?: (.*))?$/

/** Whether a file is text in lines. */
export function isPublishedText(text: string): boolean {
  return !text.trimStart().startsWith('{') && text.split(/\r?\n/).some((candidate) => line.test(candidate.trimEnd()))
}

/** The values of text in lines. Comments begin with `//`, and so does what stands before the first value without them. */
export function readPublishedText(text: string): Values {
  const values: Record<string, unknown> = {}
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const content = raw.trimEnd()
    const [, key, value = ''] = line.exec(content) ?? []
    if (key === undefined) {
      const remark = content === '' || content.startsWith('//') || Object.keys(values).length === 0
      if (!remark) throw new UsageError(`line ${i + 1} is not a value`)
      continue
    }
    if (key in values) throw new UsageError(`line ${i + 1}: ${key} occurs twice`)
    values[key] = value
  }
  return values
}

/**
 * The same values with points as one string each, 04 || x || y at full width, lists as lists, digests under one key, and the
 * names of hashes as the specification has them. Throws `UsageError` for a point of no known curve.
 */
export function joinPublished(document: Values): Values {
  const joined: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(document)) {
    const [, name, separator, axis] = /^(.+)([._])([xy])$/.exec(key) ?? []
    const other =
      name !== undefined && separator !== undefined
        ? document[`${name}${separator}${axis === 'x' ? 'y' : 'x'}`]
        : undefined
    if (name !== undefined && typeof value === 'string' && typeof other === 'string') {
      if (axis === 'x') joined[name] = pointOf(document, name, value, other)
      continue
    }
    const [, digest] = /^(hash_\w+?)_digest$/.exec(key) ?? []
    if (digest !== undefined) joined[`${digestKey(digest)} ${digestInput(digest, document[`${digest}_input`])}`] = value
    else if (!/^hash_\w+_input$/.test(key)) joined[key] = plain(key, value)
  }
  return joined
}

function plain(key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (key === 'UIDh') return hashNames[value] ?? value
  if (lists.includes(key) && /^(?:\d+(?:,\d+)*)?$/.test(value)) return value === '' ? [] : value.split(',').map(Number)
  return value
}

function pointOf({ GroupName, OID }: Values, name: string, x: string, y: string): string {
  const curve = [P256, P384, P521].find(({ oid }) => oid === (GroupName ?? OID))
  if (curve === undefined) throw new UsageError(`${name} is a point, but GroupName or OID does not name a known curve`)
  const digits = 2 * byteLength(curve.p)
  return `04${x.padStart(digits, '0')}${y.padStart(digits, '0')}`
}

/** The key of a digest without its subject: `hash_group_EC` is a `hash_group`. */
function digestKey(name: string): string {
  return name.replace('hash_group_EC', 'hash_group')
}

function digestInput(name: string, input: unknown): string {
  if (name === 'hash_list' && Array.isArray(input)) return `[${input.map((item) => String(item)).join(', ')}]`
  return `(${String(input)})`
}
