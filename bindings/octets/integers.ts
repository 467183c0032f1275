import { itemAt } from './lists.js'

/** Bits of a non-negative integer; 0 for 0. */
export function bitLength(value: bigint): number {
  const hex = value.toString(16)
  return 4 * hex.length - (Math.clz32(Number.parseInt(hex.charAt(0), 16)) - 28)
}

/** Octets of the minimal big-endian form of a non-negative integer; 0 for 0. */
export function byteLength(value: bigint): number {
  return (bitLength(value) + 7) >>> 3
}

const hexOfOctet = /* @__PURE__ */ Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))

/** Lowercase hexadecimal, two digits an octet. */
export function toHex(octets: Uint8Array): string {
  let hex = ''
  for (const octet of octets) hex += itemAt(hexOfOctet, octet)
  return hex
}

/** An unsigned big-endian integer. Leading zeros are accepted; an empty array is 0. */
export function toBigint(octets: Uint8Array): bigint {
  return octets.length === 0 ? 0n : BigInt('0x' + toHex(octets))
}

/** A non-negative integer as exactly `length` big-endian octets. Throws `RangeError` if it does not fit. */
export function toFixedWidth(value: bigint, length: number): Uint8Array {
  const hex = (value === 0n ? '' : value.toString(16)).padStart(2 * length, '0')
  if (value < 0n || hex.length > 2 * length) throw new RangeError(`the integer does not fit into ${length} octets`)
  const octets = new Uint8Array(length)
  for (let i = 0; i < length; i++) octets[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  return octets
}

/** The octets without leading zeros: the minimal big-endian form, with no octets for 0. A view, not a copy. */
export function stripLeadingZeros(octets: Uint8Array): Uint8Array {
  let start = 0
  while (octets[start] === 0) start++
  return octets.subarray(start)
}

/** An unsigned big-endian integer at exactly `length` octets; undefined if it does not fit. A new array. */
export function atWidth(octets: Uint8Array, length: number): Uint8Array | undefined {
  const minimal = stripLeadingZeros(octets)
  if (minimal.length > length) return undefined
  const fixed = new Uint8Array(length)
  fixed.set(minimal, length - minimal.length)
  return fixed
}

/** a < b for big-endian integers of one length, in time that depends on the length only. */
export function isLess(a: Uint8Array, b: Uint8Array): boolean {
  let borrow = 0
  for (let i = a.length - 1; i >= 0; i--) borrow = (((a[i] ?? 0) - (b[i] ?? 0) - borrow) >> 8) & 1
  return borrow === 1
}

/** Whether all octets are zero, in time that depends on the length only. */
export function isZero(octets: Uint8Array): boolean {
  let bits = 0
  // A third of the time of an iterator: every scalar that is drawn passes here.
  for (let i = 0; i < octets.length; i++) bits |= octets[i] ?? 0
  return bits === 0
}
