import { Core, type CommonExports } from '../core/core.js'
import type { CurveNumbers } from '../engine/engine.js'
import { coordinateLength, uncompressed } from './sec1.js'
import { toFixedWidth } from '../octets/integers.js'

/** The exports of `assembly/curve/index.ts`. Elements and scalars are octets; points are the results of operations. */
export interface CurveExports extends CommonExports {
  readonly pointBytes: () => number
  readonly areOnCurve: (flags: number, octets: number, count: number) => void
  readonly read: (point: number, octets: number) => void
  readonly sum: (dst: number, points: number, count: number) => void
  readonly write: (octets: number, points: number, count: number, affines: number) => void
  readonly power: (dst: number, base: number, scalar: number) => void
  readonly buildComb: (table: number, base: number, width: number, points: number) => void
  readonly combPower: (dst: number, table: number, width: number, scalar: number) => void
  readonly elementTables: (tables: number, octets: number, count: number, multiples: number, points: number) => void
  readonly slidingDigits: (digits: number, scalar: number, length: number, bits: number, width: number) => void
  readonly productVartime: (
    dst: number,
    terms: number,
    count: number,
    bits: number,
    combs: number,
    combCount: number,
    point: number,
  ) => void
  readonly bucketProduct: (
    dst: number,
    octets: number,
    scalars: number,
    stride: number,
    count: number,
    bits: number,
    width: number,
    affines: number,
    digits: number,
    buckets: number,
    points: number,
  ) => void
  readonly wipeCurve: () => void
}

/** The core of one curve, and its memory. */
export type CurveCore = Core<CurveExports>

/**
 * Raises the generator to q - 1, which gives its inverse after some 300 doublings and additions, and tests that the
 * result of another power is on the curve. A `relaxed_madd` that is not fused loses the low half of nearly every
 * product, so it cannot pass.
 */
export function computesCurveRightly(core: CurveCore, curve: CurveNumbers): boolean {
  const { exports } = core
  const { p, q, g } = curve
  const length = coordinateLength(curve)
  const elementLength = 1 + 2 * length
  const [octets, scalar, flag] = [elementLength, length, 1].map((bytes) => core.allocate(bytes))
  const [point, affine] = [exports.pointBytes(), exports.pointBytes() / 2].map((bytes) => core.allocate(bytes))
  const power = (k: bigint): Uint8Array => {
    core.octets.set(uncompressed(g, length), octets)
    core.octets.set(toFixedWidth(k, length), scalar)
    exports.power(point!, octets!, scalar!)
    exports.write(octets!, point!, 1, affine!)
    return core.octets.slice(octets, octets! + elementLength)
  }
  const inverse = uncompressed({ x: g.x, y: p - g.y }, length)
  const isInverse = power(q - 1n).every((octet, i) => octet === inverse[i])
  power(q / 3n)
  exports.areOnCurve(flag!, octets!, 1)
  const isOnCurve = core.octets[flag!] === 1
  for (const pointer of [octets, scalar, flag, point, affine]) core.release(pointer!)
  return isInverse && isOnCurve
}
