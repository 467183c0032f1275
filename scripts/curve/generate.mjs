import { balancedDigits } from './field.mjs'
import { FmaField } from './fma-field.mjs'
import { add, addComplete, addMixed, curveEquation, double, toHomogeneous } from './formulas.mjs'
import { ScalarField, SimdField } from './integer-field.mjs'

/** The kernels that a curve has, and which of its formulas hold their products inside. */
const kernels = {
  'relaxed-fma': FmaField,
  simd: SimdField,
  scalar: ScalarField,
}

/** @typedef {keyof typeof kernels} KernelName */

/**
 * The field arithmetic and point formulas of a curve for a kernel, as AssemblyScript: what `assembly/curve` imports as
 * `./field`.
 *
 * @param {import('./curves.mjs').Curve} curve
 * @param {KernelName} kernel
 */
export function generateField(curve, kernel) {
  const field = fieldOf(curve, kernel)
  const bounds = [...field.bounds].map(
    ([name, { value, digit }]) => ` * ${name}: |value| <= ${String(value)} p, |digit| <= ${digit.toExponential(3)}`,
  )
  return field.writer.text(
    [
      '/**',
      ` * Written by scripts/curve: ${curve.name}, ${kernel}. Bounds of what is stored, all proven:`,
      ' *',
      ...bounds,
      ' */',
    ].join('\n'),
  )
}

/**
 * A field whose file is written and whose bounds hold.
 * @param {import('./curves.mjs').Curve} curve
 * @param {KernelName} kernel
 */
export function fieldOf(curve, kernel) {
  const field = new kernels[kernel](curve)
  field.untilBoundsHold(() => write(field, kernel === 'relaxed-fma'))
  return field
}

/**
 * @param {FmaField | SimdField | ScalarField} field
 * @param {boolean} isFloat
 */
function write(field, isFloat) {
  const { writer: w, p, curve, width, limbs, pairBytes, radix } = field
  const bits = p.toString(2).length
  const octets = Math.ceil(bits / 8)
  const inForm = (/** @type {bigint} */ x) => (x * radix) % p
  /** A pair of constants, twice the same. @param {string} name @param {bigint} value */
  const pair = (name, value) => {
    const balanced = balancedDigits(value > p / 2n ? value - p : value, width, limbs).flatMap((digit) => [digit, digit])
    while (!isFloat && balanced.length < pairBytes / 4) balanced.push(0n)
    const digits = balanced.map((digit) => `${String(digit)}${isFloat ? '.0' : ''}`).join(', ')
    w.declare(`export const ${name} = memory.data<${isFloat ? 'f64' : 'i32'}>([${digits}], 16)`)
  }
  /** Unsigned digits of a single number. @param {string} name @param {bigint} value @param {number} digitBits */
  const plain = (name, value, digitBits) => {
    const count = Math.ceil(bits / digitBits)
    const digits = Array.from({ length: count }, (_, k) => BigInt.asUintN(digitBits, value >> BigInt(digitBits * k)))
    w.declare(`export const ${name} = memory.data<i64>([${digits.join(', ')}], 8)`)
  }
  /** @param {string} name @param {number} value */
  const number = (name, value) => w.declare(`export const ${name}: i32 = ${String(value)}`)

  number('DIGIT_BITS', width)
  number('DIGITS', limbs)
  number('PAIR_BYTES', pairBytes)
  number('FIELD_BITS', bits)
  number('COORDINATE_OCTETS', octets)
  number('ORDER_BITS', curve.q.toString(2).length)
  w.declare('/** p in digits of DIGIT_BITS and of 30 bits, 8 bytes each. */')
  plain('MODULUS', p, width)
  plain('MODULUS_30', p, 30)
  w.declare('/** Pairs, twice the same: one as an integer; one, R and b of the curve in Montgomery form. */')
  pair('UNIT', 1n)
  pair('ONE', inForm(1n))
  pair('RADIX_SQUARED', inForm(inForm(1n)))
  pair('CURVE_B', inForm(curve.b))
  const order = Array.from({ length: octets }, (_, i) => Number(BigInt.asUintN(8, curve.q >> BigInt(8 * i))))
  w.declare('/** q, little-endian. */')
  w.declare(`export const ORDER = memory.data<u8>([${order.join(', ')}], 8)`)
  field.writeProducts()
  const [unary, binary] = ['dst: usize, p: usize', 'dst: usize, p: usize, q: usize']
  // Most time is spent in doubling: products are written into it where that fits into the cache of instructions.
  if (field instanceof FmaField) field.inlineProducts = limbs <= 5
  if (field instanceof SimdField) field.inlineSums = true
  field.define('double', unary, 'dst = 2 p.', () => double(field))
  if (field instanceof FmaField) field.inlineProducts = false
  if (field instanceof SimdField) field.inlineSums = false
  field.define('add', binary, 'dst = p + q, q an entry of a table.', () => add(field))
  field.define('addMixed', binary, 'dst = p + q, q affine.', () => addMixed(field))
  field.define('addComplete', binary, 'dst = p + q in homogeneous coordinates.', () => addComplete(field))
  field.define('toHomogeneous', unary, 'dst = p from Jacobian to homogeneous coordinates.', () => toHomogeneous(field))
  field.define('curveEquation', 'dst: usize, a: usize', 'dst = [y^2 - x^3 + 3 x - b, ] of an affine point.', () =>
    curveEquation(field),
  )
  w.declare('/** The working memory of the functions above. */')
  number('SCRATCH_BYTES', field.scratchBytes)
  w.declare(`export const SCRATCH = memory.data(${String(field.scratchBytes)}, 16)`)
}
