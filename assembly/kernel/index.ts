/** The kernel of this build: the target's features pick one, and the others leave no trace in the binary. */
import * as fma from './relaxed-fma'
import * as scalar from './scalar'
import { limbs, registers } from '../memory'

// @ts-ignore: decorator
@inline export function limbsFor(bits: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.limbsFor(bits) : scalar.limbsFor(bits)
}
// @ts-ignore: decorator
@inline export function radixBits(n: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.radixBits(n) : scalar.radixBits(n)
}
// @ts-ignore: decorator
@inline export function slotPadding(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.slotPadding() : scalar.slotPadding()
}
// @ts-ignore: decorator
@inline export function slotBytes(n: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.slotBytes(n) : scalar.slotBytes(n)
}
// @ts-ignore: decorator
@inline export function entryBytes(n: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.entryBytes(n) : scalar.entryBytes(n)
}
// @ts-ignore: decorator
@inline export function constantBytes(n: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.constantBytes(n) : scalar.constantBytes(n)
}
// @ts-ignore: decorator
@inline export function scratchBytes(n: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? fma.scratchBytes(n) : scalar.scratchBytes(n)
}
// @ts-ignore: decorator
@inline export function multiply(m: usize, dst: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.multiply(m, dst, a, b)
  else scalar.multiply(m, dst, a, b)
}
// @ts-ignore: decorator
@inline export function square(m: usize, dst: usize, a: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.square(m, dst, a)
  else scalar.square(m, dst, a)
}
// @ts-ignore: decorator
@inline export function prepare(m: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.prepare(m)
  else scalar.prepare(m)
}
// @ts-ignore: decorator
@inline export function fromOctets(m: usize, dst: usize, octets: usize, length: i32): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.fromOctets(m, dst, octets, length)
  else scalar.fromOctets(m, dst, octets, length)
}
// @ts-ignore: decorator
@inline export function toOctets(m: usize, octets: usize, a: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.toOctets(m, octets, a)
  else scalar.toOctets(m, octets, a)
}
// @ts-ignore: decorator
@inline export function select(m: usize, dst: usize, table: usize, count: i32, index: i32): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.select(m, dst, table, count, index)
  else scalar.select(m, dst, table, count, index)
}
// @ts-ignore: decorator
@inline export function copy(m: usize, dst: usize, src: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.copy(m, dst, src)
  else scalar.copy(m, dst, src)
}
// @ts-ignore: decorator
@inline export function wipeKernel(m: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fma.wipeKernel(m)
  else scalar.wipeKernel(m)
}
/** The two registers of exponentiation, with their padding. */
export function wipeRegisters(m: usize): void {
  memory.fill(registers(m) - slotPadding(), 0, 2 * slotBytes(limbs(m)))
}
