import { readFileSync } from 'node:fs'
import { curves } from '../scripts/curve/curves.mjs'
import { fieldOf } from '../scripts/curve/generate.mjs'
import { Machine } from './machine.mjs'
import { Double, Int, Unproven } from './values.mjs'

/**
 * The fields of the curves: `multiply` and `square` of the shipped bytes, on pairs of which only those bounds are known that `scripts/curve`
 * proves for coordinates. Their results are within the bounds of a product again. Formulas are sums and products of these; their bounds are proven
 * while they are written.
 *
 * @typedef {import('../scripts/curve/curves.mjs').Curve} Curve
 * @typedef {import('./subgroups.mjs').Kernel} Kernel
 */

export { curves }

/** @param {Curve} curve @param {Kernel} kernel */
export function bytesOfCurve(curve, kernel) {
  return new Uint8Array(readFileSync(new URL(`../build/kernels/${curve.name}/${kernel}.wasm`, import.meta.url)))
}

/**
 * @param {Curve} curve
 * @param {Kernel} kernel
 * @param {'multiply' | 'square'} name
 * @param {Uint8Array<ArrayBuffer>} [wasm] other bytes than those that ship, for tests
 * @returns {import('./subgroups.mjs').Proof}
 */
export function proveField(curve, kernel, name, wasm = bytesOfCurve(curve, kernel)) {
  const field = fieldOf(curve, kernel)
  const { limbs: n, pairBytes } = field
  const isFloat = kernel === 'relaxed-fma'
  const bytes = isFloat ? 8 : 4
  const core = /** @type {import('../bindings/core/core.js').CoreExports} */ (
    /** @type {unknown} */ (new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports)
  )
  const base = Math.ceil(core.heapBase() / 16) * 16
  const [dst, a, b] = [base, base + pairBytes, base + 2 * pairBytes]
  core.memory.grow(1)
  const machine = new Machine(wasm, new DataView(core.memory.buffer))
  const { any, narrow } = field.boundsOfFactors()
  const digitAt = (/** @type {number} */ pair, /** @type {number} */ k, /** @type {0 | 1} */ lane) =>
    pair + bytes * (2 * k + lane)
  for (let k = 0; k < n; k++) {
    for (const lane of /** @type {const} */ ([0, 1])) {
      const unknown = (/** @type {number} */ most) => {
        const bound = BigInt(Math.floor(most))
        return isFloat ? new Double(-bound, bound) : new Int(32, -bound, bound)
      }
      machine.put(digitAt(a, k, lane), unknown((name === 'multiply' ? any : narrow).digit[lane]))
      machine.put(digitAt(b, k, lane), unknown(narrow.digit[lane]))
    }
  }
  machine.call(name, dst, a, ...(name === 'multiply' ? [b] : []))

  const product = field.boundOf('product')
  let least = 0n
  for (let k = 0; k < n; k++) {
    for (const lane of /** @type {const} */ ([0, 1])) {
      const digit = machine.get(digitAt(dst, k, lane), bytes)
      const { lo, hi } = digit instanceof Double ? digit : digit.signed()
      // The topmost digit holds what is left of the value, which the field bounds; here it need only be exact.
      if (k === n - 1) continue
      least = lo < least ? lo : least
      const most = BigInt(Math.floor(product.digit))
      if (lo < -most || hi > most)
        throw new Unproven(`digit ${String(k)} of a product lies in [${String(lo)}, ${String(hi)}]`)
    }
  }
  const value = (/** @type {number} */ x, /** @type {number} */ y) => x * y * field.slack + 0.5 + 2 ** -20
  const factor = name === 'multiply' ? any.value[0] : narrow.value[0]
  const top = field.normalDigit(product.value)
  if (kernel !== 'relaxed-fma' && curve.terms.length === 2) {
    // p = 2^k - 1: what leaves at the top comes back in, and no digit is left for the value to bound.
  } else if (value(factor, narrow.value[0]) > product.value || top > product.digit)
    throw new Unproven('a product that is too large')
  return { name: `${curve.name} ${name}`, limbs: n, column: machine.mostBits, least }
}
