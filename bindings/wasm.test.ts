import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBigintEngine } from './bigint.js'
import type { Core } from './core.js'
import { bucketWidth } from './cost.js'
import { kernels, loadKernel } from './detect.js'
import { createEngine, type Engine, type Scalar, type Subgroup } from './engine.js'
import type { UProveError } from './errors.js'
import { expectEquivalent, expectUnusableAfterDispose } from './testing/equivalence.js'
import { customGroups } from './testing/groups.js'
import { WasmEngine } from './wasm.js'

const group = customGroups['2048/224 low']!
const smallest = customGroups['1024/160 high']!

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

  it('takes lists longer than it handles at once', () => {
    const bound = new WasmEngine(core).subgroup(smallest, { allowLegacy: true })
    const reference = createBigintEngine().subgroup(smallest, { allowLegacy: true })
    const es = Array.from({ length: 300 }, () => bound.scalars.random())
    const powers = bound.fixedBase(bound.generator).exponentiateMany(es)
    expect(powers).toEqual(reference.fixedBase(reference.generator).exponentiateMany(es))
    expect(bound.areMembers([...powers, bound.identity])).toEqual([...powers.map(() => true), false])
    expect(bound.invertMany(powers)).toEqual(reference.invertMany(powers))
  })

  it('multiplies powers of so many bases that buckets pay', () => {
    const bound = new WasmEngine(core).subgroup(smallest, { allowLegacy: true })
    const reference = createBigintEngine().subgroup(smallest, { allowLegacy: true })
    const count = 700
    expect(bucketWidth(count, 160)).toBeDefined()
    const bases = bound
      .fixedBase(bound.generator)
      .exponentiateMany(Array.from({ length: count }, () => bound.scalars.random()))
    const es = bases.map((_, i) => (i % 10 === 0 ? bound.scalars.zero : bound.scalars.random()))
    const product = reference.multiExponentiateVartime(bases, es)
    expect(bound.multiExponentiateVartime(bases, es)).toEqual(product)
    const zeros = bases.map(() => bound.scalars.zero)
    expect(bound.multiExponentiateVartime(bases, zeros)).toEqual(bound.identity)
    const table = bound.fixedBase(bound.generator)
    expect(bound.multiExponentiateVartime([table, ...bases], [bound.scalars.one, ...es])).toEqual(
      bound.multiply(bound.generator, product),
    )
  })

  describe('tables', () => {
    let bound: Subgroup

    beforeEach(() => {
      bound = new WasmEngine(core).subgroup(group)
    })

    it('of one base are shared, and live as long as one of them', () => {
      const e = bound.scalars.random()
      const first = bound.fixedBase(bound.generator)
      const power = first.exponentiate(e)
      const before = core.allocatedBytes
      const second = bound.fixedBase(bound.generator, { expectedUses: 100 })
      expect(core.allocatedBytes).toBe(before)
      first.dispose()
      expect(second.exponentiate(e)).toEqual(power)
      second.dispose()
      expect(core.allocatedBytes).toBe(before - first.tableBytes)
    })

    it('grow where a later use asks for more', () => {
      const small = bound.fixedBase(bound.generator, { expectedUses: 20 })
      const large = bound.fixedBase(bound.generator, { expectedUses: 5000 })
      expect(large.tableBytes).toBeGreaterThan(small.tableBytes)
      const e = bound.scalars.random()
      expect(small.exponentiate(e)).toEqual(large.exponentiate(e))
    })

    it('for public exponents are larger', () => {
      const secret = bound.fixedBase(bound.generator)
      const vartime = bound.fixedBase(bound.generator, { exponents: 'public' })
      expect(vartime.tableBytes).toBeGreaterThan(secret.tableBytes)
      const e = bound.scalars.random()
      expect(vartime.exponentiateVartime(e)).toEqual(secret.exponentiate(e))
    })

    it.each([1000, 1])('come back as they were exported (for %d uses)', async (expectedUses) => {
      const table = bound.fixedBase(bound.generator, { expectedUses })
      const image = table.export()
      const other = new WasmEngine(await loadKernel(kernel, true)).subgroup(group)
      const imported = other.importFixedBase(image)
      const e = bound.scalars.random()
      expect(imported.exponentiate(e)).toEqual(table.exponentiate(e))
      expect([imported.base, imported.tableBytes]).toEqual([table.base, table.tableBytes])
      expect(imported.export()).toEqual(image)
    })

    it('are refused where they are damaged or belong elsewhere', () => {
      const image = bound.fixedBase(bound.generator, { expectedUses: 10 }).export()
      const codeOf = (octets: Uint8Array, into = bound): unknown => {
        try {
          return into.importFixedBase(octets)
        } catch (error) {
          return (error as UProveError).code
        }
      }
      const flipped = image.slice()
      flipped[image.length >> 1]! ^= 1
      expect(codeOf(flipped)).toBe('table/checksum')
      expect(codeOf(image.subarray(1))).toBe('table/malformed')
      expect(codeOf(new Uint8Array())).toBe('table/malformed')
      const elsewhere = new WasmEngine(core).subgroup(customGroups['2049/256 low']!)
      expect(codeOf(image, elsewhere)).toBe('table/other-owner')
      expect(codeOf(image, createBigintEngine().subgroup(group))).toBe('table/other-owner')
    })
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
