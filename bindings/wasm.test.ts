import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBigintEngine } from './bigint.js'
import type { Core } from './core.js'
import { kernels, loadKernel } from './detect.js'
import { createEngine, type Engine, type Scalar, type Subgroup } from './engine.js'
import { expectEquivalent, expectUnusableAfterDispose } from './testing/equivalence.js'
import { customGroups } from './testing/groups.js'
import { WasmEngine } from './wasm.js'

const group = customGroups['2048/224 low']!

describe.each(kernels)('kernel %s', (kernel) => {
  let core: Core

  beforeEach(async () => {
    core = await loadKernel(kernel, true)
  })

  it.each(Object.entries(customGroups))('is the bigint backend on %s bits', (_, description) => {
    expectEquivalent(new WasmEngine(core), createBigintEngine(), description, { runs: 10 })
  })

  it('is unusable after dispose()', async () => {
    const cores = await Promise.all([0, 1, 2].map(() => loadKernel(kernel, true)))
    expectUnusableAfterDispose(() => new WasmEngine(cores.pop()!), group)
  })

  it('says what it is', async () => {
    const engine = await createEngine({ kernel })
    expect([engine.backend, engine.kernel, engine.constantTime]).toEqual(['wasm', kernel, true])
  })

  it('frees what it allocated, and uses it again', () => {
    const engine = new WasmEngine(core)
    const use = (): number => {
      const bound = engine.subgroup(group)
      bound.fixedBase(bound.generator).exponentiate(bound.scalars.random())
      bound.dispose()
      return core.exports.memory.buffer.byteLength
    }
    const size = use()
    for (let i = 0; i < 5; i++) expect(use()).toBe(size)
  })

  describe('secrets', () => {
    let engine: Engine
    let bound: Subgroup
    let secret: Scalar

    beforeEach(() => {
      engine = new WasmEngine(core)
      bound = engine.subgroup(group)
      secret = bound.scalars.random()
    })

    afterEach(() => engine.dispose())

    /** Whether eight octets in a row of the secret are anywhere in the core's memory, in either order. */
    function remains(octets: Uint8Array): boolean {
      const memory = Buffer.from(core.exports.memory.buffer)
      return [Buffer.from(octets), Buffer.from(octets).reverse()].some((order) =>
        Array.from({ length: order.length - 7 }, (_, i) => order.subarray(i, i + 8)).some((part) =>
          memory.includes(part),
        ),
      )
    }

    it('are found where they are left', () => {
      const pointer = core.allocate(secret.length)
      core.octets.set(secret, pointer)
      expect(remains(secret)).toBe(true)
      core.release(pointer)
      expect(remains(secret)).toBe(false)
    })

    it.each<[string, (group: Subgroup, secret: Scalar) => unknown]>([
      ['exponentiate', ({ generator }, e) => bound.exponentiate(generator, e)],
      ['exponentiateMany', ({ generator }, e) => bound.exponentiateMany([generator], [e])],
      ['a table', ({ generator }, e) => bound.fixedBase(generator).exponentiate(e)],
      [
        'multiExponentiate',
        ({ generator }, e) => bound.multiExponentiate([bound.fixedBase(generator), generator], [e, e]),
      ],
      ['multiplyAdd', ({ scalars }, e) => scalars.multiplyAdd(e, e, e)],
      [
        'add and subtract',
        ({ scalars }, e) => [scalars.add(e, e), scalars.subtract(e, scalars.one), scalars.negate(e)],
      ],
      ['invert', ({ scalars }, e) => scalars.invert(e)],
      ['reduce', ({ scalars }, e) => scalars.reduce(e)],
    ])('of %s are gone afterwards, and so are what it came to', (_, operation) => {
      const results = [operation(bound, secret)].flat() as Uint8Array[]
      expect(remains(secret)).toBe(false)
      for (const result of results) expect(remains(result)).toBe(false)
    })
  })
})

describe('createEngine', () => {
  it('takes the fastest kernel', async () => {
    expect((await createEngine()).kernel).toBe(kernels[0])
  })

  it('makes the bigint backend, which says that it is not constant time', async () => {
    const engine = await createEngine({ backend: 'bigint' })
    expect([engine.backend, engine.kernel, engine.constantTime]).toEqual(['bigint', undefined, false])
    await expect(createEngine({ backend: 'bigint', kernel: 'scalar' })).rejects.toMatchObject({
      code: 'engine/options',
    })
  })

  it('refuses a kernel that it does not have', async () => {
    await expect(createEngine({ kernel: 'none' as 'scalar' })).rejects.toMatchObject({
      code: 'engine/kernel-unavailable',
    })
  })
})
