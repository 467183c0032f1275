import { describe, expect, it } from 'vitest'
import { toFixedWidth } from './octets/integers.js'
import { kernels } from './loading/detect.js'
import type { Scalar } from './engine/engine.js'
import { customGroups } from './testing/groups.js'
import { traceKernel } from './testing/traced.js'
import { WasmEngine } from './subgroup/wasm-engine.js'

const traced = await Promise.all(kernels.map((kernel) => traceKernel(kernel)))

/**
 * Operations on secrets take no branch and use no address that depends on them: whatever the secret, an instrumented
 * kernel enters the same blocks of code and touches the same addresses in the same order.
 */
describe.each(traced)('kernel $core.kernel', ({ core, trace }) => {
  const group = new WasmEngine(core).subgroup(customGroups['1024/160 high']!, { allowLegacy: true })
  const { generator, scalars, q } = group
  const scalar = (value: bigint): Scalar => toFixedWidth(value, group.scalarLength) as Scalar
  const table = group.fixedBase(generator)
  const small = group.fixedBase(group.multiply(generator, generator), { expectedUses: 20 })
  const known = scalars.random()

  const secrets: Record<string, Scalar> = {
    zero: scalar(0n),
    one: scalar(1n),
    'q - 1': scalar(q - 1n),
    'all ones': scalar((1n << 159n) - 1n),
    random: scalars.random(),
  }

  it.each<[string, (secret: Scalar) => unknown]>([
    ['exponentiate', (e) => group.exponentiate(generator, e)],
    ['exponentiateMany', (e) => group.exponentiateMany([generator, generator], [e, known])],
    ['a table', (e) => table.exponentiate(e)],
    ['exponentiateMany of a table', (e) => table.exponentiateMany([e, e])],
    ['multiExponentiate', (e) => group.multiExponentiate([table, small, generator, generator], [e, e, e, known])],
    ['scalars.add', (e) => scalars.add(e, known)],
    ['scalars.subtract', (e) => scalars.subtract(known, e)],
    ['scalars.negate', (e) => scalars.negate(e)],
    ['scalars.multiply', (e) => scalars.multiply(e, e)],
    ['scalars.multiplyAdd', (e) => scalars.multiplyAdd(e, known, e)],
    ['scalars.reduce', (e) => scalars.reduce(e)],
    // Zero is refused before the core sees it.
    ['scalars.invert', (e) => scalars.invert(e === secrets['zero'] ? known : e)],
  ])('%s does the same whatever the secret', (_, operation) => {
    operation(known)
    const expected = trace(() => operation(known))
    expect(expected.events).toBeGreaterThan(50)
    for (const [name, secret] of Object.entries(secrets))
      expect(
        trace(() => operation(secret)),
        name,
      ).toEqual(expected)
  })

  it('exponentiate does the same whatever the base', () => {
    const bases = [generator, group.identity, group.exponentiate(generator, known)]
    const [one, ...others] = bases.map((base) => trace(() => group.exponentiate(base, known)))
    expect(others).toEqual([one, one])
  })

  it('what is not constant time shows', () => {
    const operations = [
      (e: Scalar) => table.exponentiateVartime(e),
      (e: Scalar) => group.multiExponentiateVartime([generator], [e]),
    ]
    for (const operation of operations) {
      operation(known)
      // Its zeros cost nothing. Which entries of a table are read would not show: they are copied, and copies are not reported.
      expect(trace(() => operation(known))).not.toEqual(trace(() => operation(secrets['one']!)))
    }
  })
})
