import { readFileSync } from 'node:fs'
import { log2, Machine } from './machine.mjs'
import { Double, Int, Unproven } from './values.mjs'

/**
 * The kernels of subgroups, for every number of limbs that a modulus of up to 4096 bits has: `multiply` and `square` of the shipped bytes, with factors, modulus
 * and its inverse of which only the bounds of limbs are known.
 *
 * @typedef {'relaxed-fma' | 'simd' | 'scalar'} Kernel
 * @typedef {object} Proof
 * @property {string} name
 * @property {number} limbs
 * @property {number} column log2 of the largest column, in the integer kernels with its carry
 * @property {bigint} least the lowest that a limb of a result can be
 */

export const kernels = /** @type {const} */ (['relaxed-fma', 'simd', 'scalar'])

/** The bounds of limbs that go in and come out. @type {Record<Kernel, readonly [bigint, bigint]>} */
const digits = {
  'relaxed-fma': [-(1n << 9n), (1n << 51n) + (1n << 9n)],
  simd: [0n, (1n << 28n) - 1n],
  scalar: [0n, (1n << 28n) - 1n],
}

/** The same of the last limb of `relaxed-fma`, which the value of the whole number bounds: see `proveLastLimb`. */
const last = /** @type {const} */ ([-(1n << 47n), 1n << 47n])

/** Bits that R has beyond p at least: `limbsFor`. */
const spare = 8n
/** Factors are below 2^3 p in magnitude. */
const factorBits = 3n

/** @param {Kernel} kernel @returns {number[]} every number of limbs from 1024 to 4096 bits */
export function limbCounts(kernel) {
  const { limbsFor } = exportsOf(bytesOf(kernel))
  const counts = new Set()
  for (let bits = 1024; bits <= 4096; bits++) counts.add(limbsFor(bits))
  return [...counts]
}

/** @param {Uint8Array<ArrayBuffer>} wasm @returns {import('../bindings/core/core.js').CoreExports} */
function exportsOf(wasm) {
  return /** @type {any} */ (new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports)
}

/** The kernel as it ships. @param {Kernel} kernel */
export function bytesOf(kernel) {
  return new Uint8Array(readFileSync(new URL(`../build/kernels/${kernel}.wasm`, import.meta.url)))
}

/**
 * @param {Kernel} kernel
 * @param {number} n limbs
 * @param {'multiply' | 'square'} name
 * @param {Uint8Array<ArrayBuffer>} [wasm] other bytes than those that ship, for tests
 * @returns {Proof}
 */
export function prove(kernel, n, name, wasm = bytesOf(kernel)) {
  const core = exportsOf(wasm)
  const isFloat = kernel === 'relaxed-fma'
  const limbBytes = isFloat ? 8 : 4
  const width = isFloat ? 51n : 28n
  let next = Math.ceil(core.heapBase() / 16) * 16
  const allocate = (/** @type {number} */ bytes) => {
    const pointer = next
    next += 16 * Math.ceil(bytes / 16)
    return pointer
  }
  const [padding, slot] = [core.slotPadding(), core.slotBytes(n)]
  const number = () => allocate(slot) + padding
  const [p, inverse] = [allocate(core.constantBytes(n)) + padding, allocate(core.constantBytes(n)) + padding]
  const [a, b, dst] = [number(), number(), number()]
  const scratch = allocate(core.scratchBytes(n))
  const record = allocate(32)
  core.memory.grow(Math.ceil(next / 65536))
  const background = new DataView(core.memory.buffer)
  ;[n, 0, p, inverse, 0, 0, scratch, 0].forEach((word, i) => background.setUint32(record + 4 * i, word, true))

  const machine = new Machine(wasm, background)
  const unknown = (/** @type {readonly [bigint, bigint]} */ [lo, hi]) =>
    isFloat ? new Double(lo, hi) : new Int(32, lo, hi)
  const boundsOf = (/** @type {number} */ i) => (isFloat && i === n - 1 ? last : digits[kernel])
  for (let i = 0; i < n; i++) {
    for (const factor of [a, b]) machine.put(factor + limbBytes * i, unknown(boundsOf(i)))
    for (const constant of [p, inverse]) {
      const limb = unknown([0n, (1n << width) - 1n])
      machine.put(constant + limbBytes * i, limb)
      if (isFloat) machine.put(constant + slot + 8 * (n - 1 - i), limb)
    }
  }
  if (isFloat) machine.lemma = { beyond: digits[kernel], bounds: last }
  machine.call(name, record, dst, a, ...(name === 'multiply' ? [b] : []))

  const limbs = Array.from({ length: n }, (_, i) => boundsAt(machine, dst + limbBytes * i, limbBytes))
  limbs.forEach(({ lo, hi }, i) => {
    const [least, most] = boundsOf(i)
    if (lo < least || hi > most)
      throw new Unproven(`limb ${String(i)} of a result lies in [${String(lo)}, ${String(hi)}]`)
  })
  for (const beside of [dst - limbBytes, dst + limbBytes * n]) {
    const { lo, hi } = boundsAt(machine, beside, limbBytes)
    if (lo !== 0n || hi !== 0n) throw new Unproven('something is written beside the result')
  }
  const column = isFloat
    ? widest(Array.from({ length: n }, (_, i) => boundsAt(machine, scratch + 2 * slot + 8 * i, 8)))
    : 1n << BigInt(Math.ceil(machine.mostBits))
  if (isFloat) {
    if (machine.lemmas !== 1) throw new Unproven('the lemma of the last limb is for one limb')
    const quotient = Array.from({ length: n }, (_, i) => boundsAt(machine, scratch + slot + padding + 8 * i, 8))
    proveLastLimb(BigInt(n), widest(quotient), column, limbs.slice(0, -1))
  }
  return { name, limbs: n, column: isFloat ? log2(column) : machine.mostBits, least: least(limbs.slice(0, n - 1)) }
}

/** @param {Machine} machine @param {number} address @param {number} bytes */
function boundsAt(machine, address, bytes) {
  const value = machine.get(address, bytes)
  if (value instanceof Double) return value
  return bytes === 8 ? value.signed() : value.unsigned()
}

/** @param {readonly { lo: bigint, hi: bigint }[]} bounds */
function widest(bounds) {
  return bounds.flatMap(({ lo, hi }) => [-lo, hi]).reduce((a, b) => (a > b ? a : b))
}

/** @param {readonly { lo: bigint, hi: bigint }[]} bounds */
function least(bounds) {
  return bounds.reduce((a, { lo }) => (lo < a ? lo : a), 0n)
}

/**
 * What intervals of single limbs cannot show of `relaxed-fma`, in exact integers.
 *
 * - *The half-carry.* T + Q p is a multiple of R, so what its columns below n carry into column n is an integer. The code takes it from column n-1 alone, with the H of
 *   column n-2, and rounds. What it leaves out, columns 0 to n-2 without those H, is below half of a unit of column n.
 * - *The range.* The result is (T + Q p) / R, with |T| < 2^6 p^2 and p < 2^-8 R; so it is below 2 p in magnitude, and a factor of the next product.
 * - *The last limb* is what is left of it above the others, whose bounds are known.
 *
 * @param {bigint} n
 * @param {bigint} quotientLimb the largest magnitude of a limb of Q
 * @param {bigint} column of a column
 * @param {readonly { lo: bigint, hi: bigint }[]} others the limbs of a result but the last
 */
function proveLastLimb(n, quotientLimb, column, others) {
  const limb = 1n << 51n
  const radix = 1n << (51n * n)
  // Columns up to n-2, of T and of Q p, each at most `column`, times their weights; in units of column n-1 they are this over `weight`.
  const weight = 1n << (51n * (n - 1n))
  const below = sum(Array.from({ length: Number(n) - 1 }, (_, i) => (2n * column) << (51n * BigInt(i))))
  if (2n * below >= weight * limb) throw new Unproven('the half-carry is more than half')
  const quotient = sum(Array.from({ length: Number(n) }, (_, i) => quotientLimb << (51n * BigInt(i))))
  const p = radix >> spare
  const result = ((1n << (2n * factorBits)) * p * p + quotient * p) / radix + 1n
  if (result >= 2n * p) throw new Unproven('a result of 2 p or more')
  const rest = sum(others.map(({ lo, hi }, i) => (-lo > hi ? -lo : hi) << (51n * BigInt(i))))
  if ((result + rest) / weight + 1n > last[1]) throw new Unproven('the last limb of a result is too large')
}

/** @param {bigint[]} values */
function sum(values) {
  return values.reduce((a, b) => a + b, 0n)
}
