import { sha256 } from '@noble/hashes/sha2.js'
import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createBigintEngine } from './bigint.js'
import { Core, type CoreExports } from '../core/core.js'
import { bucketWidth } from './cost.js'
import { computesRightly, kernels, loadFirst } from '../loading/detect.js'
import { type Element, type Engine, type FixedBase, type Scalar, type Subgroup } from '../engine/engine.js'
import type { UProveError } from '../errors.js'
import { loadInlinedKernel } from '../loading/inlined-kernels.js'
import { expectEquivalent, expectUnusableAfterDispose } from '../testing/equivalence.js'
import { customGroups } from '../testing/groups.js'
import { unfusedKernel } from '../testing/traced.js'
import { WasmEngine } from './wasm-engine.js'
import { createEngine } from '../loading/create-engine.js'

const group = customGroups['2048/224 low']!
const smallest = customGroups['1024/160 high']!

describe.each(kernels)('kernel %s', (kernel) => {
  let core: Core

  beforeEach(async () => {
    core = await loadInlinedKernel(kernel)
  })

  it.each(Object.entries(customGroups))('is the bigint backend on %s bits', (_, description) => {
    // BigInt takes most of the time: longer numbers get fewer turns.
    const runs = description.p >> 3000n === 0n ? 8 : 2
    expectEquivalent(new WasmEngine(core), createBigintEngine(), description, { runs })
  })

  it('is unusable after dispose()', async () => {
    const cores = await Promise.all([0, 1, 2].map(() => loadInlinedKernel(kernel)))
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
    expect(powers.map((x) => bound.invert(x))).toEqual(powers.map((x) => reference.invert(x)))
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
    expect(bound.multiExponentiate(bases, es)).toEqual(product)
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
      const other = new WasmEngine(await loadInlinedKernel(kernel)).subgroup(group)
      const imported = other.importFixedBase(image)
      const e = bound.scalars.random()
      expect(imported.exponentiate(e)).toEqual(table.exponentiate(e))
      expect([imported.base, imported.tableBytes]).toEqual([table.base, table.tableBytes])
      expect(imported.export()).toEqual(image)
    })

    it('that were imported serve later uses of their base', async () => {
      const image = bound.fixedBase(bound.generator).export()
      const fresh = await loadInlinedKernel(kernel)
      const other = new WasmEngine(fresh).subgroup(group)
      other.importFixedBase(image)
      const before = fresh.allocatedBytes
      expect(other.fixedBase(other.generator).tableBytes).toBeGreaterThan(0)
      expect(fresh.allocatedBytes).toBe(before)
      other.fixedBase(other.generator, { exponents: 'public' })
      expect(fresh.allocatedBytes).toBeGreaterThan(before)
    })

    it.each([
      ['no blocks', [0, 1, 0, 0, 0, 1]],
      ['no columns', [0, 1, 0, 1, 0, 0]],
      ['far more columns than the exponent has bits', [0, 1, 0, 1, 0xff, 0xff]],
      ['fewer columns than the exponent has bits', [0, 1, 0, 1, 0, 1]],
      ['an unknown kind', [2, 0, 0, 0, 0, 0]],
    ])('are refused if their image claims %s, whatever its checksum', (_, numbers) => {
      const image = bound.fixedBase(bound.generator, { expectedUses: 1 }).export()
      image.set(numbers, 36)
      const [teeth, blocks] = [numbers[1]!, numbers[3]!]
      const entries = new Uint8Array(
        blocks * 2 ** teeth * (teeth === 0 ? 0 : core.exports.entryBytes(core.exports.limbsFor(2048))),
      )
      const body = Buffer.concat([image.subarray(0, -32), entries])
      const sealed = Buffer.concat([body, sha256(body)])
      expect(() => bound.importFixedBase(sealed)).toThrow(expect.objectContaining({ code: 'table/malformed' }))
    })

    it.each([
      { expectedUses: 0 },
      { expectedUses: -1 },
      { expectedUses: NaN },
      { maxTableBytes: -1 },
      { maxTableBytes: NaN },
      { exponents: 'Public' as 'public' },
    ])('are refused with options %o', (options) => {
      expect(() => bound.fixedBase(bound.generator, options)).toThrow(
        expect.objectContaining({ code: 'table/options' }),
      )
    })

    it('may be as large as you like', () => {
      const small = bound.fixedBase(bound.generator, { expectedUses: 20 })
      const table = bound.fixedBase(bound.generator, { expectedUses: Infinity, maxTableBytes: Infinity })
      expect(table.tableBytes).toBeGreaterThan(small.tableBytes)
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
    let table: FixedBase

    beforeEach(() => {
      engine = new WasmEngine(core)
      bound = engine.subgroup(group)
      table = bound.fixedBase(bound.generator)
    })

    afterEach(() => engine.dispose())

    /** Two secrets that no more than chance have in common. */
    const secrets = (): [Scalar, Scalar] => [bound.scalars.random(), bound.scalars.random()]
    const element = (e: Scalar): Element => bound.exponentiate(bound.generator, e)

    /**
     * What the whole memory holds after an operation. Where nothing of the secret is left, in whatever form, it is the same for
     * any two secrets.
     */
    function memoryAfter(operation: () => unknown): Uint8Array {
      operation()
      return core.octets.slice()
    }

    const operations: [string, (e: Scalar) => unknown][] = [
      ['exponentiate', (e) => bound.exponentiate(bound.generator, e)],
      ['exponentiateMany', (e) => bound.exponentiateMany([bound.generator, bound.generator], [e, e])],
      ['a table', (e) => table.exponentiate(e)],
      ['exponentiateMany of a table', (e) => table.exponentiateMany([e, e])],
      ['multiExponentiate', (e) => bound.multiExponentiate([table, bound.generator, bound.generator], [e, e, e])],
      ['multiply', (e) => bound.multiply(element(e), element(e))],
      ['scalars.multiplyAdd', (e) => bound.scalars.multiplyAdd(e, e, e)],
      ['scalars.multiply', (e) => bound.scalars.multiply(e, e)],
      ['scalars.add', (e) => bound.scalars.add(e, e)],
      ['scalars.subtract', (e) => bound.scalars.subtract(e, bound.scalars.one)],
      ['scalars.negate', (e) => bound.scalars.negate(e)],
      ['scalars.invert', (e) => bound.scalars.invert(e)],
      ['scalars.reduce', (e) => bound.scalars.reduce(e)],
    ]

    it.each(operations)('of %s leave nothing in memory', (_, operation) => {
      const [first, second] = secrets()
      operation(first)
      const after = memoryAfter(() => operation(first))
      expect(
        Buffer.compare(
          memoryAfter(() => operation(second)),
          after,
        ),
      ).toBe(0)
    })

    it.each(['wipeModulus', 'wipe'] as const)('show where %s does nothing', async (name) => {
      const loaded = await loadInlinedKernel(kernel)
      core = new Core(kernel, { ...loaded.exports, [name]: () => undefined })
      bound = new WasmEngine(core).subgroup(group)
      table = bound.fixedBase(bound.generator)
      const [first, second] = secrets()
      const shown = operations.filter(([, operation]) => {
        operation(first)
        const after = memoryAfter(() => operation(first))
        return (
          Buffer.compare(
            memoryAfter(() => operation(second)),
            after,
          ) !== 0
        )
      })
      expect(shown.length).toBeGreaterThan(3)
    })

    it('are gone with the engine', () => {
      table.exponentiate(bound.scalars.random())
      engine.dispose()
      expect(core.octets.every((byte) => byte === 0)).toBe(true)
    })
  })

  it('says so when there is no more memory, and goes on', () => {
    const grow = vi.spyOn(core.exports.memory, 'grow').mockImplementation(() => {
      throw new RangeError('no more')
    })
    const bound = new WasmEngine(core).subgroup(group)
    const codeOf = (operation: () => unknown): unknown => {
      try {
        return operation()
      } catch (error) {
        return (error as UProveError).code
      }
    }
    expect(codeOf(() => core.allocate(1 << 30))).toBe('engine/out-of-memory')
    expect(bound.isMember(bound.generator)).toBe(true)
    grow.mockRestore()
    expect(core.allocate(1 << 20)).toBeGreaterThan(0)
  })

  it('is not used if it computes wrongly', async () => {
    expect(computesRightly(core)).toBe(true)
    const { multiply, square } = core.exports
    const off: Partial<CoreExports>[] = [
      { multiply: (m, dst, a, b) => (b === dst ? square(m, dst, a) : multiply(m, dst, a, b)) },
      { square: (m, dst, a) => multiply(m, dst, a, a + 8) },
    ]
    for (const exports of off) expect(computesRightly(new Core(kernel, { ...core.exports, ...exports }))).toBe(false)
    await expect(
      loadFirst(['simd', 'scalar'], (name) =>
        name === 'simd' ? Promise.reject(new Error()) : loadInlinedKernel(name),
      ),
    ).resolves.toMatchObject({ kernel: 'scalar' })
  })
})

it('relaxed-fma is not used where relaxed_madd is not fused', async () => {
  await loadInlinedKernel('relaxed-fma')
  expect(computesRightly(unfusedKernel())).toBe(false)
})

it('takes octets for what they are, Buffers with an offset too', () => {
  const bound = createBigintEngine().subgroup(group)
  const buffer = Buffer.concat([Buffer.alloc(3), bound.generator]).subarray(3)
  const element = bound.element(buffer)
  const scalar = bound.scalars.from(Buffer.from(bound.scalars.one))
  buffer.fill(0)
  expect([element, scalar]).toEqual([bound.generator, bound.scalars.one])
  for (const other of [undefined, null, 'x', Array.from(bound.generator)]) {
    expect(bound.isMember(other as never)).toBe(false)
    expect(() => bound.element(other as never)).toThrow(expect.objectContaining({ code: 'octets/type' }))
    expect(() => bound.scalars.from(other as never)).toThrow(expect.objectContaining({ code: 'octets/type' }))
  }
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

  it('refuses a backend that it does not have', async () => {
    await expect(createEngine({ backend: 'Bigint' as 'bigint' })).rejects.toMatchObject({ code: 'engine/options' })
  })

  it('leaves the flags of the process alone if told so', () => {
    const script = `import { createEngine } from 'uprove-wasm'
      console.log((await createEngine({ allowProcessFlags: false })).kernel)`
    const kernel = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    expect(kernel.trim()).toBe(process.version.startsWith('v20.') ? 'simd' : 'relaxed-fma')
  })

  it('refuses a kernel that it does not have', async () => {
    await expect(createEngine({ kernel: 'none' as 'scalar' })).rejects.toMatchObject({
      code: 'engine/kernel-unavailable',
    })
  })
})
