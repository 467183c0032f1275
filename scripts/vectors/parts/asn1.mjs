// Just enough BER to write artefacts that are right, or wrong in one place. It shares no code with what is tested.

/** @typedef {Buffer<ArrayBuffer>} Octets */
/** @typedef {readonly Uint8Array[]} Parts */

/** @type {(...parts: Parts) => Octets} */
export const concat = (...parts) => Buffer.concat(parts)

/** @type {(tag: number, ...parts: Parts) => Octets} */
export function value(tag, ...parts) {
  const contents = concat(...parts)
  return concat(Buffer.of(tag), lengthOf(contents.length), contents)
}

/** @type {(length: number) => Octets} */
function lengthOf(length) {
  if (length < 0x80) return Buffer.of(length)
  const digits = Buffer.from(length.toString(16).padStart(length < 0x100 ? 2 : length < 0x10000 ? 4 : 6, '0'), 'hex')
  return concat(Buffer.of(0x80 | digits.length), digits)
}

/** @type {(hex: string) => Octets} */
export const hex = (digits) => Buffer.from(digits, 'hex')
/** @type {(text: string) => Octets} */
export const ascii = (text) => Buffer.from(text, 'latin1')

/** @type {(...parts: Parts) => Octets} */
export const sequence = (...parts) => value(0x30, ...parts)
/**
 * A SET OF in the order of DER.
 * @type {(...parts: Parts) => Octets}
 */
export const set = (...parts) => value(0x31, ...[...parts].sort(Buffer.compare))
/**
 * A SET in this order.
 * @type {(...parts: Parts) => Octets}
 */
export const unsortedSet = (...parts) => value(0x31, ...parts)
/** @type {(number: number, ...parts: Parts) => Octets} */
export const explicit = (number, ...parts) => value(0xa0 | number, ...parts)
/** @type {(octets: Uint8Array) => Octets} */
export const octetString = (octets) => value(4, octets)
/** @type {(octets: Uint8Array, unused?: number) => Octets} */
export const bitString = (octets, unused = 0) => value(3, Buffer.of(unused), octets)
export const nullValue = value(5)
/** @type {(flag: boolean) => Octets} */
export const boolean = (flag) => value(1, Buffer.of(flag ? 0xff : 0))
/** @type {(text: string) => Octets} */
export const utf8 = (text) => value(0x0c, Buffer.from(text))

/**
 * An INTEGER that is not negative.
 * @type {(number: number | bigint) => Octets}
 */
export function integer(number) {
  const digits = number.toString(16)
  const octets = hex(digits.length % 2 === 0 ? digits : `0${digits}`)
  return value(2, (octets[0] ?? 0) >= 0x80 ? concat(Buffer.of(0), octets) : octets)
}

/** @type {(dotted: string) => Octets} */
export function oid(dotted) {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt)
  const octets = [40n * first + second, ...rest].flatMap((arc) => {
    const digits = [Number(arc & 0x7fn)]
    for (let left = arc >> 7n; left > 0n; left >>= 7n) digits.unshift(Number(left & 0x7fn) | 0x80)
    return digits
  })
  return value(6, Buffer.from(octets))
}

/**
 * A UTCTime, or a GeneralizedTime from 2050 on.
 * @type {(time: string) => Octets}
 */
export function time(text) {
  const digits = new Date(text).toISOString().replace(/[-:T]|\.\d+/g, '')
  return digits < '2050' ? value(0x17, ascii(digits.slice(2))) : value(0x18, ascii(digits))
}

/**
 * A Name of relative distinguished names with one attribute each, such as `O=Example,CN=Root`, the first first.
 * @type {(text: string) => Octets}
 */
export function name(text) {
  const types = /** @type {Record<string, string>} */ ({
    ...{ CN: '2.5.4.3', O: '2.5.4.10', OU: '2.5.4.11', E: '1.2.840.113549.1.9.1' },
  })
  const rdns = text === '' ? [] : text.split(',')
  return sequence(
    ...rdns.map((rdn) => {
      const [type = '', content = ''] = rdn.split('=')
      return set(sequence(oid(types[type] ?? type), type === 'E' ? value(0x16, ascii(content)) : utf8(content)))
    }),
  )
}

/**
 * The values inside a constructed one, each with tag and length.
 * @type {(octets: Uint8Array) => Octets[]}
 */
export function partsOf(octets) {
  const { start, end } = extent(octets, 0)
  /** @type {Octets[]} */
  const parts = []
  for (let at = start; at < end;) {
    const part = extent(octets, at)
    parts.push(Buffer.from(octets.subarray(at, part.end)))
    at = part.end
  }
  return parts
}

/**
 * What is inside a value.
 * @type {(octets: Uint8Array) => Octets}
 */
export function contentsOf(octets) {
  const { start, end } = extent(octets, 0)
  return Buffer.from(octets.subarray(start, end))
}

/** @type {(octets: Uint8Array, at: number) => { start: number, end: number }} */
function extent(octets, at) {
  const first = octets[at + 1] ?? 0
  const count = first < 0x80 ? 0 : first & 0x7f
  const start = at + 2 + count
  const length = count === 0 ? first : octets.subarray(at + 2, start).reduce((sum, octet) => sum * 256 + octet, 0)
  return { start, end: start + length }
}

/**
 * The same value with one part replaced, or without it.
 * @type {(octets: Uint8Array, index: number, ...parts: Parts) => Octets}
 */
export function withPart(octets, index, ...parts) {
  const all = partsOf(octets)
  return value(octets[0] ?? 0, ...all.slice(0, index), ...parts, ...all.slice(index + 1))
}

/**
 * The same value with a part changed, at a path of indices.
 * @type {(octets: Octets, path: readonly number[], change: (part: Octets) => Uint8Array) => Octets}
 */
export function changedAt(octets, path, change) {
  const [index, ...rest] = path
  if (index === undefined) return Buffer.from(change(octets))
  const part = partsOf(octets)[index]
  if (part === undefined) throw new Error(`no part ${String(index)}`)
  return withPart(octets, index, changedAt(part, rest, change))
}

/**
 * With a bit of the last octet flipped.
 * @type {(octets: Uint8Array) => Octets}
 */
export const flipped = (octets) => concat(octets.subarray(0, -1), Buffer.of((octets.at(-1) ?? 0) ^ 1))

/**
 * The same value, its length in more octets than needed (BER).
 * @type {(octets: Uint8Array) => Octets}
 */
export function longLength(octets) {
  const contents = contentsOf(octets)
  return concat(Buffer.of(octets[0] ?? 0, 0x84), hex(contents.length.toString(16).padStart(8, '0')), contents)
}

/**
 * The same value, its length indefinite (BER).
 * @type {(octets: Uint8Array) => Octets}
 */
export const indefinite = (octets) => concat(Buffer.of(octets[0] ?? 0, 0x80), contentsOf(octets), Buffer.of(0, 0))
