import type { CurveNumbers } from '../engine/engine.js'
import { byteLength, toBigint, toFixedWidth } from '../octets/integers.js'

/** The octet that begins an uncompressed point. */
export const uncompressedForm = 4

/** A point that is not infinity, by its coordinates. */
export interface AffinePoint {
  readonly x: bigint
  readonly y: bigint
}

/** Octets of a coordinate. */
export function coordinateLength({ p }: Pick<CurveNumbers, 'p'>): number {
  return byteLength(p)
}

/** 04 || x || y, at `length` octets a coordinate (SEC1, section 2.3.3). */
export function uncompressed({ x, y }: AffinePoint, length: number): Uint8Array {
  const octets = new Uint8Array(1 + 2 * length)
  octets[0] = uncompressedForm
  octets.set(toFixedWidth(x, length), 1)
  octets.set(toFixedWidth(y, length), 1 + length)
  return octets
}

/** The coordinates of an uncompressed point. */
export function coordinatesOf(octets: Uint8Array): AffinePoint {
  const middle = (octets.length + 1) / 2
  return { x: toBigint(octets.subarray(1, middle)), y: toBigint(octets.subarray(middle)) }
}
