import { describe, expect, it } from 'vitest'
import { kernels } from '../loading/detect.js'
import type { Element, Scalar } from '../engine/engine.js'
import { toFixedWidth } from '../octets/integers.js'
import { curveOn } from '../testing/curve-cores.js'
import { curves, PlainCurve } from '../testing/plain-curve.js'
import { traceCurve, unfusedCurve } from '../testing/traced.js'
import { computesCurveRightly } from './curve-core.js'

const curveNames = ['P-256', 'P-384', 'P-521'] as const

const cases = await Promise.all(
  curveNames.flatMap((name) => kernels.map(async (kernel) => ({ name, kernel, ...(await traceCurve(name, kernel)) }))),
)

/**
 * Operations on secrets take no branch and use no address that depends on them: whatever the secret, an instrumented
 * kernel enters the same blocks of code and touches the same addresses in the same order.
 */
describe.each(cases)('$name on the $kernel kernel', ({ name, core, trace }) => {
  const curve = curveOn(core, name)
  const { generator, scalars, q } = curve
  const plain = new PlainCurve(curves[name])
  const scalar = (value: bigint): Scalar => toFixedWidth(value, curve.scalarLength) as Scalar
  const table = curve.fixedBase(generator, { expectedUses: 30 })
  const known = scalars.random()

  const secrets: Record<string, Scalar> = {
    zero: scalar(0n),
    one: scalar(1n),
    two: scalar(2n),
    'q - 1': scalar(q - 1n),
    'q - 18': scalar(q - 18n),
    'all ones': scalar((1n << BigInt(curve.qBits - 1)) - 1n),
    random: scalars.random(),
  }

  it.each<[string, (secret: Scalar) => unknown]>([
    ['exponentiate', (e) => curve.exponentiate(generator, e)],
    ['exponentiateMany', (e) => curve.exponentiateMany([generator, generator], [e, known])],
    ['a table', (e) => table.exponentiate(e)],
    ['exponentiateMany of a table', (e) => table.exponentiateMany([e, e])],
    ['multiExponentiate', (e) => curve.multiExponentiate([table, generator], [e, e])],
    ['scalars.multiplyAdd', (e) => scalars.multiplyAdd(e, known, e)],
    ['scalars.reduce', (e) => scalars.reduce(e)],
  ])('%s does the same whatever the secret', (_, operation) => {
    operation(known)
    const expected = trace(() => operation(known))
    expect(expected.events).toBeGreaterThan(50)
    for (const [secretName, secret] of Object.entries(secrets))
      expect(
        trace(() => operation(secret)),
        secretName,
      ).toEqual(expected)
  })

  it('multiply does the same whatever the factors', () => {
    const P = plain.multiply(0x1234567n, curves[name].g)
    const factors = [P, plain.negate(P), plain.add(P, P), undefined].map((point) => plain.encode(point) as Element)
    curve.multiply(factors[0]!, generator)
    const expected = trace(() => curve.multiply(factors[0]!, generator))
    for (const factor of factors) {
      expect(trace(() => curve.multiply(factors[0]!, factor))).toEqual(expected)
      expect(trace(() => curve.multiply(factor, factors[3]!))).toEqual(expected)
    }
  })

  it('exponentiate does the same whatever the base', () => {
    const bases = [generator, curve.identity, curve.exponentiate(generator, known)]
    const [one, ...others] = bases.map((base) => trace(() => curve.exponentiate(base, known)))
    expect(others).toEqual([one, one])
  })

  it('what is not constant time shows', () => {
    const operations = [
      (e: Scalar) => table.exponentiateVartime(e),
      (e: Scalar) => curve.multiExponentiateVartime([generator], [e]),
    ]
    // A digit of a comb is never zero: its addresses tell, not its branches.
    for (const operation of operations) {
      operation(known)
      expect(trace(() => operation(known))).not.toEqual(trace(() => operation(secrets['q - 1']!)))
    }
  })
})

it.each(curveNames)('%s does not use a kernel whose relaxed_madd is not fused', (name) => {
  expect(computesCurveRightly(unfusedCurve(name), curves[name])).toBe(false)
})
