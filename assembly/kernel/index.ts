/** The kernel of this build: the target's features select one, and the others are not in the binary. */
import * as fma from './relaxed-fma'
import * as limbs28 from './limbs28'
import * as scalar from './scalar'
import * as simd from './simd'
import { limbs, registers, scratch } from '../memory'
import { select as selectBytes } from './select'

// @ts-ignore: decorator
@inline export function limbsFor(bits: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.limbsFor(bits) : limbs28.limbsFor(bits)
}
// @ts-ignore: decorator
@inline export function radixBits(n: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.radixBits(n) : limbs28.radixBits(n)
}
// @ts-ignore: decorator
@inline export function slotPadding(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.slotPadding() : limbs28.slotPadding()
}
// @ts-ignore: decorator
@inline export function slotBytes(n: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.slotBytes(n) : limbs28.slotBytes(n)
}
// @ts-ignore: decorator
@inline export function entryBytes(n: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.entryBytes(n) : limbs28.entryBytes(n)
}
// @ts-ignore: decorator
@inline export function constantBytes(n: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.constantBytes(n) : limbs28.constantBytes(n)
}
// @ts-ignore: decorator
@inline export function scratchBytes(n: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.scratchBytes(n) : limbs28.scratchBytes(n)
}
// @ts-ignore: decorator
@inline export function prepare(m: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.prepare(m)
  else limbs28.prepare(m)
}
// @ts-ignore: decorator
@inline export function fromOctets(m: usize, dst: usize, octets: usize, length: i32): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.fromOctets(m, dst, octets, length)
  else limbs28.fromOctets(m, dst, octets, length)
}
// @ts-ignore: decorator
@inline export function copy(m: usize, dst: usize, src: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.copy(m, dst, src)
  else limbs28.copy(m, dst, src)
}
// @ts-ignore: decorator
@inline export function multiply(m: usize, dst: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.multiply(m, dst, a, b)
  else if (ASC_FEATURE_SIMD) simd.multiply(m, dst, a, b)
  else scalar.multiply(m, dst, a, b)
}
// @ts-ignore: decorator
@inline export function square(m: usize, dst: usize, a: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.square(m, dst, a)
  else if (ASC_FEATURE_SIMD) simd.square(m, dst, a)
  else scalar.square(m, dst, a)
}
// @ts-ignore: decorator
@inline export function toOctets(m: usize, octets: usize, a: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.toOctets(m, octets, a)
  else if (ASC_FEATURE_SIMD) simd.toOctets(m, octets, a)
  else scalar.toOctets(m, octets, a)
}
// @ts-ignore: decorator
@inline export function select(m: usize, dst: usize, table: usize, count: i32, index: i32): void {
  selectBytes(dst, table, entryBytes(limbs(m)), count, index)
}

/** Wipes the working memory of multiplication and of exponentiation. */
export function wipe(m: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.wipeSums()
  else if (ASC_FEATURE_SIMD) simd.wipeSums()
  else scalar.wipeSums()
  memory.fill(scratch(m), 0, scratchBytes(limbs(m)))
  memory.fill(registers(m) - slotPadding(), 0, 2 * slotBytes(limbs(m)))
}
