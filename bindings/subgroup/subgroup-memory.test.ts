import { beforeEach, describe, expect, it } from 'vitest'
import { L1024N160 } from '../../src/params/L1024N160.js'
import { Core } from '../core/core.js'
import type { Element, Engine, Scalar, Subgroup } from '../engine/engine.js'
import { powerModulo } from '../engine/power.js'
import { loadInlinedKernel } from '../loading/inlined-kernels.js'
import { toFixedWidth } from '../octets/integers.js'
import { expectUnusableAfterDispose } from '../testing/equivalence.js'
import { WasmEngine } from './wasm-engine.js'

const kernel = 'relaxed-fma'
const { p, q, g } = L1024N160
let core: Core
let engine: Engine
let group: Subgroup

const asScalar = (x: bigint): Scalar => toFixedWidth(x, 20) as Scalar
const power = (e: bigint): Element => toFixedWidth(powerModulo(g, e, p), 128) as Element
/** Numbers that have next to nothing in common. */
const [first, second] = [3n ** 99n % q, 5n ** 68n % q]

/** A group that has the memory in which it works. */
function open(): Subgroup {
  const opened = engine.subgroup(L1024N160, { allowLegacy: true })
  opened.exponentiate(opened.generator, asScalar(1n))
  return opened
}

beforeEach(async () => {
  core = await loadInlinedKernel(kernel)
  engine = new WasmEngine(core)
  group = open()
})

describe('the memory of a subgroup', () => {
  it('is freed with the group, tables and all', () => {
    const before = core.allocatedBytes
    const other = open()
    for (const options of [
      {},
      { expectedUses: 1e5 },
      { exponents: 'public' },
      { exponents: 'public', expectedUses: 1e5 },
      { maxTableBytes: 0 },
    ] as const) {
      other.fixedBase(other.generator, options).exponentiate(asScalar(first))
      other.fixedBase(power(5n), options)
    }
    const imported = other.importFixedBase(other.fixedBase(power(6n)).export())
    // Longer than its working memory is in the beginning, and with results that are kept meanwhile.
    other.areMembers(Array.from({ length: 250 }, () => other.generator))
    other.memberProductsVartime([other.generator], [[[imported, asScalar(first)]]])
    expect(core.allocatedBytes).toBeGreaterThan(before)
    other.dispose()
    expect(core.allocatedBytes).toBe(before)
    // A second time there is nothing to free, and nothing is allocated any more.
    other.dispose()
    for (const x of [other.identity, power(5n)])
      expect(() => other.fixedBaseOfMember(x)).toThrow(expect.objectContaining({ code: 'engine/disposed' }))
    imported.dispose()
    expect(core.allocatedBytes).toBe(before)
    expect(group.exponentiate(group.generator, asScalar(first))).toEqual(power(first))
  })

  it('of a group is not that of another', () => {
    const other = open()
    const [table, otherTable] = [group.fixedBase(group.generator), other.fixedBase(power(5n))]
    for (let i = 0; i < 2; i++) {
      expect(group.exponentiate(power(7n), asScalar(first))).toEqual(power((7n * first) % q))
      expect(other.multiply(power(7n), power(8n))).toEqual(power(15n))
      expect(group.isMember(power(9n))).toBe(true)
      expect(table.exponentiate(asScalar(second))).toEqual(power(second))
      expect(otherTable.exponentiateVartime(asScalar(second))).toEqual(power((5n * second) % q))
      expect(group.multiply(power(7n), power(8n))).toEqual(power(15n))
    }
  })

  it('needs no more for longer lists than for those of 256', () => {
    const table = group.fixedBase(group.generator)
    const grown = (count: number): number => {
      table.exponentiateMany(Array.from({ length: count }, (_, i) => asScalar(BigInt(i))))
      return core.allocatedBytes
    }
    const most = grown(256)
    expect(grown(520)).toBe(most)
  })

  it('is as large as products of many tables need it', () => {
    // Its memory lies behind that in which the group works.
    const table = group.fixedBase(group.generator, { exponents: 'public', expectedUses: 1e5 })
    const image = table.export()
    const e = asScalar(first)
    const bases = Array.from({ length: 80 }, () => table)
    const expected = power((80n * first) % q)
    expect(
      group.multiExponentiateVartime(
        bases,
        bases.map(() => e),
      ),
    ).toEqual(expected)
    expect(table.export()).toEqual(image)
    expect(
      group.multiExponentiate(
        bases,
        bases.map(() => e),
      ),
    ).toEqual(expected)
    expect(table.export()).toEqual(image)
  })
})

describe('tables in the memory of a subgroup', () => {
  it('are shared by handles of one base and kind, and freed with the last', () => {
    const before = core.allocatedBytes
    const handles = [group.fixedBase(group.generator), group.fixedBase(group.generator, { maxTableBytes: 0 })]
    const [{ tableBytes }] = handles as [(typeof handles)[0]]
    expect(handles[1]!.tableBytes).toBe(tableBytes)
    expect(core.allocatedBytes).toBe(before + tableBytes)
    const others = [group.fixedBase(power(2n)), group.fixedBase(group.generator, { exponents: 'public' })]
    const sum = others.reduce((bytes, other) => bytes + other.tableBytes, 0)
    expect(core.allocatedBytes).toBe(before + tableBytes + sum)
    others[1]!.dispose()
    // The end of one is not that of another.
    others.push(group.fixedBase(power(2n)))
    expect(core.allocatedBytes).toBe(before + tableBytes + others[0]!.tableBytes)
    for (const other of others) other.dispose()
    handles[0]!.dispose()
    handles[0]!.dispose()
    expect(core.allocatedBytes).toBe(before + tableBytes)
    expect(handles[1]!.exponentiate(asScalar(first))).toEqual(power(first))
    handles[1]!.dispose()
    expect(core.allocatedBytes).toBe(before)
    // A later handle has a table again.
    expect(group.fixedBase(group.generator).exponentiate(asScalar(first))).toEqual(power(first))
    expect(core.allocatedBytes).toBe(before + tableBytes)
  })

  it('give way to larger ones, which serve later handles, and are freed in any order', () => {
    const before = core.allocatedBytes
    const small = group.fixedBase(group.generator, { expectedUses: 20 })
    const large = group.fixedBase(group.generator, { expectedUses: 1e5 })
    expect(large.tableBytes).toBeGreaterThan(small.tableBytes)
    const third = group.fixedBase(group.generator, { expectedUses: 20 })
    expect(third.tableBytes).toBe(large.tableBytes)
    expect(core.allocatedBytes).toBe(before + small.tableBytes + large.tableBytes)
    for (const table of [small, large, third]) expect(table.exponentiate(asScalar(second))).toEqual(power(second))
    large.dispose()
    small.dispose()
    expect(core.allocatedBytes).toBe(before + large.tableBytes)
    third.dispose()
    expect(core.allocatedBytes).toBe(before)
  })

  it.each([{}, { exponents: 'public' as const }, { maxTableBytes: 0 }])('are exported and imported (%j)', (options) => {
    const table = group.fixedBase(power(3n), options)
    const image = table.export()
    // The kind of exponents stands behind the digest of the owner.
    expect(image[36]).toBe(options.exponents === 'public' ? 1 : 0)
    const other = open()
    const before = core.allocatedBytes
    const imported = other.importFixedBase(image)
    expect(core.allocatedBytes).toBe(before + table.tableBytes)
    expect([imported.base, imported.tableBytes]).toEqual([power(3n), table.tableBytes])
    expect(imported.export()).toEqual(image)
    expect(imported.exponentiate(asScalar(first))).toEqual(power((3n * first) % q))
    expect(imported.exponentiateVartime(asScalar(second))).toEqual(power((3n * second) % q))
    // It serves later handles.
    other.fixedBase(power(3n), options)
    expect(core.allocatedBytes).toBe(before + table.tableBytes)
    expect(() => group.importFixedBase(image.subarray(1))).toThrow(expect.objectContaining({ code: 'table/malformed' }))
  })
})

describe('what a subgroup leaves in memory', () => {
  /** What the whole memory holds after an operation: the same for any two secrets if nothing of them is left in it. */
  const memoryAfter = (operation: () => unknown): Uint8Array => {
    operation()
    return core.octets.slice()
  }

  it.each<[string, (e: Scalar, x: Element) => unknown]>([
    ['multiply', (_, x) => group.multiply(x, x)],
    ['exponentiate', (e) => group.exponentiate(group.generator, e)],
    ['exponentiate with a secret base', (_, x) => group.exponentiate(x, asScalar(7n))],
    ['exponentiateMany', (e, x) => group.exponentiateMany([x, group.generator], [e, e])],
    ['a table', (e) => group.fixedBase(group.generator).exponentiate(e)],
    ['exponentiateMany of a table', (e) => group.fixedBase(group.generator).exponentiateMany([e, e])],
    ['multiExponentiate', (e, x) => group.multiExponentiate([group.fixedBase(group.generator), x, x], [e, e, e])],
    [
      'multiExponentiate of many',
      (e, x) =>
        group.multiExponentiate(
          Array.from({ length: 70 }, () => x),
          Array.from({ length: 70 }, () => e),
        ),
    ],
    ['scalars.multiplyAdd', (e) => group.scalars.multiplyAdd(e, e, e)],
    ['scalars.invert', (e) => group.scalars.invert(e)],
  ])('of %s is the same for any secret', (_, operation) => {
    const [a, b] = [first, second].map((e): [Scalar, Element] => [asScalar(e), power(e)]) as [
      [Scalar, Element],
      [Scalar, Element],
    ]
    operation(...a)
    const after = memoryAfter(() => operation(...a))
    expect(memoryAfter(() => operation(...b))).toEqual(after)
  })

  it('is nothing after the end of the engine', () => {
    group.fixedBase(group.generator).exponentiate(asScalar(first))
    engine.dispose()
    expect(core.octets.every((octet) => octet === 0)).toBe(true)
    // Groups that end later find nothing to free.
    expect(() => group.dispose()).not.toThrow()
    expect(() => engine.dispose()).not.toThrow()
  })
})

it('nothing of a subgroup on the core works after dispose()', async () => {
  const cores = await Promise.all([0, 1, 2].map(() => loadInlinedKernel(kernel)))
  expectUnusableAfterDispose(() => new WasmEngine(cores.pop()!), L1024N160)
})
