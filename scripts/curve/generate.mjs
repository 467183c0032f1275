import { balancedDigits } from './field.mjs'
import { FmaField } from './fma-field.mjs'
import { add, addComplete, addMixed, curveEquation, double, inverse, toHomogeneous } from './formulas.mjs'
import { ScalarField } from './scalar-field.mjs'
import { SimdField } from './simd-field.mjs'

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
  /** The digits of a pair of constants, twice the same. @param {bigint} value */
  const digitsOfPair = (value) => {
    const balanced = balancedDigits(value > p / 2n ? value - p : value, width, limbs).flatMap((digit) => [digit, digit])
    while (!isFloat && balanced.length < pairBytes / 4) balanced.push(0n)
    return balanced.map((digit) => `${String(digit)}${isFloat ? '.0' : ''}`).join(', ')
  }
  /** Unsigned digits of p. @param {number} digitBits */
  const modulusIn = (digitBits) => {
    const count = Math.ceil(bits / digitBits)
    const digits = Array.from({ length: count }, (_, k) => BigInt.asUintN(digitBits, p >> BigInt(digitBits * k)))
    return `memory.data<i64>([${digits.join(', ')}], 8)`
  }
  /** @param {string} name @param {number} value */
  const number = (name, value) => w.declare(`export const ${name}: i32 = ${String(value)}`)

  number('DIGIT_BITS', width)
  number('DIGITS', limbs)
  number('PAIR_BYTES', pairBytes)
  number('FIELD_BITS', bits)
  number('COORDINATE_OCTETS', octets)
  number('ORDER_BITS', curve.q.toString(2).length)
  w.declare('/** p in digits of DIGIT_BITS, 8 bytes each. */')
  w.declare(`export const MODULUS = ${modulusIn(width)}`)
  w.declare(
    '/** The same in digits of 30 bits; a function, since a kernel that does not call it has no use for the data. */',
  )
  w.declare(`export function modulus30(): usize {\n  return ${modulusIn(30)}\n}`)
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
  field.define('curveEquation', unary, 'dst = twice y^2 - x^3 + 3 x - b of an affine point.', () =>
    curveEquation(field),
  )
  if (field instanceof ScalarField)
    field.define('inverse', unary, 'dst = 1 / p, of an affine point as two elements.', () => inverse(field))
  number('SCRATCH_BYTES', field.scratchBytes)
  // Formulas of the scalar kernel have both in one reach.
  w.declare(
    '/** Constants, as pairs twice the same: 1 as an integer; R, 1 and b in Montgomery form. Then the working memory of formulas. */',
  )
  const constants = { UNIT: 1n, RADIX_SQUARED: inForm(inForm(1n)), ONE: inForm(1n), CURVE_B: inForm(curve.b) }
  const names = [...Object.keys(constants), 'SCRATCH']
  const zeros = Array.from({ length: field.scratchBytes / (isFloat ? 8 : 4) }, () => (isFloat ? '0.0' : '0')).join(', ')
  const values = [...Object.values(constants).map(digitsOfPair), zeros].map((digits) => `  ${digits},\n`).join('')
  w.declare(`const CONSTANTS = memory.data<${isFloat ? 'f64' : 'i32'}>([\n${values}], 16)`)
  names.forEach((name, i) => w.declare(`export const ${name} = CONSTANTS + ${String(i * pairBytes)}`))
}
