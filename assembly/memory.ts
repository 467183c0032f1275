/**
 * The memory map. The bindings lay out and grow the memory; this file defines the layouts.
 *
 * number   the operands of the kernel: residues modulo p as limbs of the kernel's own width, in Montgomery form unless
 *          stated otherwise. `slotBytes(n)` bytes at 16-byte alignment; a pointer to a number points at its first limb,
 *          `slotPadding()` bytes into the slot, since kernels read zeros on both sides. The padding is never written.
 * entry    a number in a table, without padding, `entryBytes(n)` bytes. It may be the first factor of a product only.
 * octets   big-endian integers, as the bindings pass them, of 8 bytes or more.
 * modulus  the record below: pointers and sizes that every function of the core takes first.
 */

/** Limbs of a number. */
// @ts-ignore: decorator
@inline export function limbs(m: usize): i32 {
  return load<i32>(m)
}

/** Bytes of p, and so of an element's octets. */
// @ts-ignore: decorator
@inline export function elementLength(m: usize): i32 {
  return load<i32>(m, 4)
}

/** The number p, not in Montgomery form, and the kernel's constants behind it (`constantBytes`). */
// @ts-ignore: decorator
@inline export function modulus(m: usize): usize {
  return load<u32>(m, 8)
}

/** The number -p^-1 mod R, likewise. */
// @ts-ignore: decorator
@inline export function negativeInverse(m: usize): usize {
  return load<u32>(m, 12)
}

/** The number R^2 mod p: multiplying by it brings a residue into Montgomery form. */
// @ts-ignore: decorator
@inline export function radixSquared(m: usize): usize {
  return load<u32>(m, 16)
}

/** The number R mod p: one, in Montgomery form. */
// @ts-ignore: decorator
@inline export function one(m: usize): usize {
  return load<u32>(m, 20)
}

/** The kernel's working memory for one multiplication: `kernelScratchBytes(n)` bytes. */
// @ts-ignore: decorator
@inline export function scratch(m: usize): usize {
  return load<u32>(m, 24)
}

/** Two numbers that exponentiation uses as its working registers. */
// @ts-ignore: decorator
@inline export function registers(m: usize): usize {
  return load<u32>(m, 28)
}

/** The 8 octets that end before `end`, as an integer; those before the first octet count as zero. */
// @ts-ignore: decorator
@inline export function wordBelow(octets: usize, end: i32): u64 {
  if (end >= 8) return bswap<u64>(load<u64>(octets + end - 8))
  return end > 0 ? bswap<u64>(load<u64>(octets)) >> (<u64>((8 - end) << 3)) : 0
}

/** Overwrites memory that held secrets. */
export function wipe(pointer: usize, bytes: i32): void {
  memory.fill(pointer, 0, bytes)
}
