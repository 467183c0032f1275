/** The symbol and the length of the code with which some bits begin, for each value of the next `width` bits. */
interface Codes {
  readonly width: number
  readonly symbols: Uint16Array
  readonly lengths: Uint8Array
}

const endOfBlock = 256
/** The order of the lengths of codes for lengths of codes. */
const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

/** The longest copy. */
const longestMatch = 258

/**
 * The first `length` octets of a raw DEFLATE stream (RFC 1951), for data in the package itself. Throws a `RangeError` if
 * there are fewer.
 */
export function inflate(deflated: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(length + longestMatch)
  // Codes are stored from their first bit on, numbers from their last. Zeros behind the end save a check in the reader.
  const input = new Uint8Array(deflated.length + 3)
  input.set(deflated)
  const mirrors = new Uint8Array(256).map((_, octet) => mirror(octet))
  let [position, end] = [0, 0]

  const bits = (count: number): number => {
    const at = position >> 3
    const ahead = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16)
    const value = (ahead >> (position & 7)) & ((1 << count) - 1)
    position += count
    return value
  }
  const symbol = ({ width, symbols, lengths }: Codes): number => {
    const at = position >> 3
    const ahead = (mirrors[input[at]!]! << 16) | (mirrors[input[at + 1]!]! << 8) | mirrors[input[at + 2]!]!
    const code = (ahead >> (24 - (position & 7) - width)) & ((1 << width) - 1)
    position += lengths[code]!
    return symbols[code]!
  }
  /** Symbols of numbers count on in steps of 2^extra, `perStep` symbols a step; `extra` bits say where in the step. */
  const number = (symbol: number, perStep: number): number => {
    const extra = Math.max(0, Math.floor(symbol / perStep) - 1)
    return (extra === 0 ? symbol : (perStep + (symbol % perStep)) << extra) + bits(extra)
  }
  const readCodes = (): [literals: Codes, distances: Codes] => {
    const [literalCount, distanceCount, lengthCount] = [257 + bits(5), 1 + bits(5), 4 + bits(4)]
    const ofLengths = new Uint8Array(order.length)
    for (const at of order.slice(0, lengthCount)) ofLengths[at] = bits(3)
    const codes = codesOf(ofLengths)
    const lengths = new Uint8Array(literalCount + distanceCount)
    for (let i = 0; i < lengths.length;) {
      const read = symbol(codes)
      const times = read < 16 ? 1 : read === 16 ? 3 + bits(2) : read === 17 ? 3 + bits(3) : 11 + bits(7)
      lengths.fill(read < 16 ? read : read === 16 ? lengths[i - 1]! : 0, i, (i += times))
    }
    return [codesOf(lengths.subarray(0, literalCount)), codesOf(lengths.subarray(literalCount))]
  }

  while (end < length) {
    const type = bits(3) >> 1
    if (type === 0) {
      const start = ((position + 7) >> 3) + 4
      const count = input[start - 4]! | (input[start - 3]! << 8)
      octets.set(input.subarray(start, start + Math.min(count, length - end)), end)
      end += count
      position = 8 * (start + count)
      check(position <= 8 * deflated.length)
      continue
    }
    const [literals, distances] = type === 1 ? fixedCodes() : readCodes()
    while (end < length) {
      const read = symbol(literals)
      if (read === endOfBlock) break
      if (read < endOfBlock) {
        octets[end++] = read
      } else {
        const count = read === 285 ? longestMatch : 3 + number(read - 257, 4)
        const distance = 1 + number(symbol(distances), 2)
        // The source may overlap the copy.
        if (distance >= count) octets.copyWithin(end, end - distance, end - distance + count)
        else for (let i = end; i < end + count; i++) octets[i] = octets[i - distance]!
        end += count
      }
      check(position <= 8 * deflated.length)
    }
  }
  return octets.slice(0, length)
}

/** Canonical codes (section 3.2.2): those of one length are consecutive, behind those that are shorter. */
function codesOf(ofSymbols: Uint8Array): Codes {
  const width = Math.max(1, ...ofSymbols)
  const [symbols, lengths] = [new Uint16Array(1 << width), new Uint8Array(1 << width)]
  let start = 0
  for (let length = 1; length <= width; length++) {
    ofSymbols.forEach((ofSymbol, symbol) => {
      if (ofSymbol !== length) return
      const end = start + (1 << (width - length))
      symbols.fill(symbol, start, end)
      lengths.fill(length, start, end)
      start = end
    })
  }
  return { width, symbols, lengths }
}

/** The codes of section 3.2.6. */
function fixedCodes(): [literals: Codes, distances: Codes] {
  const literals = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280)
  return [codesOf(literals), codesOf(new Uint8Array(30).fill(5))]
}

/** An octet with its bits from the other end. */
function mirror(octet: number): number {
  let mirrored = 0
  for (let i = 0; i < 8; i++) mirrored |= ((octet >> i) & 1) << (7 - i)
  return mirrored
}

function check(isThere: boolean): void {
  if (!isThere) throw new RangeError('the deflated octets end early')
}
