import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { L2048N256, P256, P384, P521 } from '../../src/params/index.js'
import { createEngine } from '../loading/create-engine.js'
import { createCurveEngine } from '../loading/create-curve-engine.js'
import { kernels } from '../loading/detect.js'
import { createBigintEngine } from '../subgroup/bigint.js'
import { expectEquivalent, expectUnusableAfterDispose } from '../testing/equivalence.js'

const curves = [P256, P384, P521]
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const engines = new Map(
  await Promise.all(kernels.map(async (kernel) => [kernel, await createEngine({ backend: 'wasm', kernel })] as const)),
)

describe.each(curves)('$name', (description) => {
  it.each(kernels)(
    'on the %s kernel is the same group as on bigint',
    (kernel) => {
      expectEquivalent(engines.get(kernel)!, createBigintEngine(), description, { runs: 3 })
    },
    120_000,
  )
})

describe.each(['wasm', 'bigint'] as const)('a curve on the %s backend', (backend) => {
  it('does not work after dispose()', async () => {
    const fresh = await Promise.all([1, 2, 3].map(() => createEngine({ backend })))
    expectUnusableAfterDispose(() => fresh.pop()!, P256)
  })

  it('leaves nothing in the engine once it is disposed of', async () => {
    const engine = await createEngine({ backend, curves })
    const held = new Set<WeakRef<object>>()
    for (let i = 0; i < 20; i++) {
      const curve = engine.curve(P256)
      held.add(new WeakRef(curve))
      curve.dispose()
    }
    const alive = (): number => (collectGarbage(), [...held].filter((one) => one.deref() !== undefined).length)
    // The variable of the loop may hold the last one.
    await expect.poll(alive).toBeLessThan(2)
    const kept = engine.curve(P256)
    engine.dispose()
    expect(() => kept.multiply(kept.generator, kept.generator)).toThrow(
      expect.objectContaining({ code: 'engine/disposed' }),
    )
  })

  it('and a subgroup are told apart, as are their engines', async () => {
    const engines = [await createEngine({ backend }), await createCurveEngine({ backend, curves: [P256] })]
    for (const engine of engines) {
      expect(() => engine.curve(L2048N256 as never)).toThrow(expect.objectContaining({ code: 'group/not-curve' }))
    }
    expect(() => engines[0]!.subgroup(P256 as never)).toThrow(expect.objectContaining({ code: 'group/not-subgroup' }))
  })

  it('knows its revisions, its description, and that infinity is no element', async () => {
    const curve = (await createEngine({ backend, curves })).curve(P256)
    expect([curve.construction, curve.revisions, curve.legacy, curve.name]).toEqual(['curve', [3], false, 'P-256'])
    expect([curve.matches(P256), curve.matches(P384)]).toEqual([true, false])
    const { generator, identity } = curve
    expect(curve.multiply(generator, curve.invert(generator))).toEqual(identity)
    expect([curve.isMember(identity), curve.hasEncoding(identity)]).toEqual([false, false])
    expect(() => curve.element(identity)).toThrow(expect.objectContaining({ code: 'element/encoding' }))
    expect(() => curve.encode(identity)).toThrow(expect.objectContaining({ code: 'element/identity' }))
    expect(curve.multiply(identity, generator)).toEqual(generator)
  })
})
