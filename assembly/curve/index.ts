/**
 * The ABI of a curve's core: y^2 = x^3 - 3 x + b over one prime field, and arithmetic modulo its order. The bindings
 * lay out and grow the memory, and check every operand before it gets here. Elements and scalars are octets, as
 * point.ts describes; operations leave homogeneous points, which `sum` adds and `write` turns into octets, many with
 * one inversion.
 */
import { SCRATCH, SCRATCH_BYTES } from './field'
import { wipeInversion } from './invert'
import { wipePairs } from './pair'
import { wipePowers } from './power'
import { POINT_BYTES, wipePoints } from './point'

export { multiply, square } from './field'
export { buildComb, combPower, power } from './power'
export { areOnCurve, read, sum, write } from './point'
export { bucketProduct, elementTables, productVartime, slidingDigits } from './vartime'
export { wipe } from '../memory'
export { scalarAdd, scalarInvert, scalarMultiplyAdd, scalarReduce, scalarSubtract } from '../scalar-field'

/** The first byte that the core does not use itself. */
export function heapBase(): usize {
  return __heap_base
}
/** Of a point, which is two pairs; an affine point is one. */
export function pointBytes(): i32 {
  return POINT_BYTES
}

/** Wipes the working memory. */
export function wipeCurve(): void {
  memory.fill(SCRATCH, 0, SCRATCH_BYTES)
  wipePairs()
  wipeInversion()
  wipePoints()
  wipePowers()
}
