/**
 * The ABI of the core, in one place. Arithmetic modulo an odd p and modulo q, and nothing else: the bindings lay out
 * and grow the memory, and check every operand before it gets here. Sizes are in bytes unless they say bits; pointers
 * are as memory.ts describes.
 */
import * as kernel from './kernel/index'

export { wipe } from './memory'
export { buildComb, combProduct } from './fixed-base'
export { areOfOrder, combPowers, exponentiateMany, multiExponentiate, read, write } from './bulk'
export { bucketProduct, oddPowers, productVartime, sharedPowers, slidingDigits, subsetProducts } from './multi-exp'
export { scalarAdd, scalarInvert, scalarMultiplyAdd, scalarReduce, scalarSubtract } from './scalar-field'

/** The first byte that the core does not use itself. */
export function heapBase(): usize {
  return __heap_base
}

/** Limbs for a modulus of so many bits. */
export function limbsFor(bits: i32): i32 {
  return kernel.limbsFor(bits)
}
/** log2 R. */
export function radixBits(limbs: i32): i32 {
  return kernel.radixBits(limbs)
}
export function slotPadding(): i32 {
  return kernel.slotPadding()
}
export function slotBytes(limbs: i32): i32 {
  return kernel.slotBytes(limbs)
}
export function entryBytes(limbs: i32): i32 {
  return kernel.entryBytes(limbs)
}
/** For p and for -p^-1. */
export function constantBytes(limbs: i32): i32 {
  return kernel.constantBytes(limbs)
}
export function scratchBytes(limbs: i32): i32 {
  return kernel.scratchBytes(limbs)
}

/** Splits octets into a number without conversion: for the constants of a modulus. */
export function readConstant(m: usize, dst: usize, octets: usize, length: i32): void {
  kernel.fromOctets(m, dst, octets, length)
}
/** Completes a modulus whose constants are written. */
export function prepare(m: usize): void {
  kernel.prepare(m)
}

/** dst = a b. `a` may be an entry; `dst` may be any of them. */
export function multiply(m: usize, dst: usize, a: usize, b: usize): void {
  kernel.multiply(m, dst, a, b)
}
/** dst = a^2. */
export function square(m: usize, dst: usize, a: usize): void {
  kernel.square(m, dst, a)
}
export function copy(m: usize, dst: usize, src: usize): void {
  kernel.copy(m, dst, src)
}

/** Wipes the working memory of the kernel and of exponentiation. */
export function wipeModulus(m: usize): void {
  kernel.wipe(m)
}
