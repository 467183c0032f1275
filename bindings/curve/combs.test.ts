import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Element, Scalar } from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { toFixedWidth } from '../octets/integers.js'
import { curveOn, loadCurve } from '../testing/curve-cores.js'
import { opensslPowers } from '../testing/openssl-powers.js'
import { P256 } from '../../src/params/P256.js'
import type { CurveCore } from './curve-core.js'
import { combEntries } from './curve-cost.js'
import { CurveMemory } from './curve-memory.js'
import { WasmCurve } from './wasm-curve.js'

const other = await loadCurve('P-256', 'simd')
let core: CurveCore
beforeEach(async () => void (core = await loadCurve('P-256', 'simd')))
const power = opensslPowers('P-256')
const { q } = P256
const scalar = (k: bigint): Scalar => toFixedWidth(((k % q) + q) % q, 32) as Scalar
const code = (expected: string): unknown => expect.objectContaining({ code: expected })

/** Whether all memory that is given out is zero. */
const isZero = (): boolean => core.octets.subarray(core.exports.heapBase()).every((octet) => octet === 0)

describe('the tables of a curve', () => {
  let curve: WasmCurve
  let base: Element
  let without: number
  beforeEach(() => {
    curve = curveOn(core, 'P-256')
    base = power(77n) as Element
    // Memory that operations share is there before the tables.
    curve.fixedBase(base, { expectedUses: 5000 }).dispose()
    without = core.allocatedBytes
  })
  afterEach(() => curve.dispose())
  const tableBytes = (): number => core.allocatedBytes - without

  it('are as large as their combs, and are in memory once', () => {
    const table = curve.fixedBase(base)
    expect(table.tableBytes).toBe(combEntries(6, 256) * curve.entryBytes)
    expect(tableBytes()).toBe(table.tableBytes)
    const again = curve.fixedBase(base)
    const fewer = curve.fixedBase(base, { expectedUses: 20 })
    expect([again.tableBytes, fewer.tableBytes, tableBytes()]).toEqual([
      table.tableBytes,
      table.tableBytes,
      table.tableBytes,
    ])
    for (const each of [table, again]) each.dispose()
    expect(tableBytes()).toBe(table.tableBytes)
    expect(fewer.exponentiate(scalar(5n))).toEqual(power(77n * 5n))
    fewer.dispose()
    expect(tableBytes()).toBe(0)
  })

  it('are counted once where a handle is disposed of twice', () => {
    const [one, another] = [curve.fixedBase(base), curve.fixedBase(base)]
    one.dispose()
    one.dispose()
    expect(tableBytes()).toBe(another.tableBytes)
    expect(another.exponentiate(scalar(5n))).toEqual(power(77n * 5n))
    another.dispose()
    expect(tableBytes()).toBe(0)
  })

  it('are others for another base, and for another kind of exponents', () => {
    const tables = [
      curve.fixedBase(base),
      curve.fixedBase(power(78n) as Element),
      curve.fixedBase(base, { exponents: 'public', expectedUses: 20 }),
    ]
    expect(tableBytes()).toBe(tables.reduce((sum, table) => sum + table.tableBytes, 0))
    expect(tables.map((table) => table.exponentiate(scalar(3n)))).toEqual([231n, 234n, 231n].map(power))
    for (const table of tables) table.dispose()
    expect(tableBytes()).toBe(0)
  })

  it('of other bases stay, shared and freed with the curve, when one is disposed of', () => {
    const [one, another] = [curve.fixedBase(base), curve.fixedBase(power(78n) as Element)]
    one.dispose()
    expect(curve.fixedBase(power(78n) as Element).tableBytes).toBe(another.tableBytes)
    expect(tableBytes()).toBe(another.tableBytes)
    curve.dispose()
    expect([core.allocatedBytes, isZero()]).toEqual([0, true])
  })

  it('give way to a larger one; who has the smaller one keeps it', () => {
    const small = curve.fixedBase(base, { expectedUses: 20 })
    const large = curve.fixedBase(base, { expectedUses: 5000 })
    const third = curve.fixedBase(base, { expectedUses: 20 })
    expect(small.tableBytes).toBeLessThan(large.tableBytes)
    expect([third.tableBytes, tableBytes()]).toEqual([large.tableBytes, small.tableBytes + large.tableBytes])
    expect([small, large, third].map((table) => table.exponentiate(scalar(2n)))).toEqual([154n, 154n, 154n].map(power))
    small.dispose()
    expect(tableBytes()).toBe(large.tableBytes)
    large.dispose()
    expect(tableBytes()).toBe(large.tableBytes)
    third.dispose()
    expect(tableBytes()).toBe(0)
    // The next one is made anew.
    const last = curve.fixedBase(base, { expectedUses: 20 })
    expect([last.tableBytes, last.exponentiate(scalar(2n))]).toEqual([small.tableBytes, power(154n)])
    last.dispose()
  })

  it('stay with the larger one when it is disposed of first', () => {
    const small = curve.fixedBase(base, { expectedUses: 20 })
    const large = curve.fixedBase(base, { expectedUses: 5000 })
    large.dispose()
    expect(tableBytes()).toBe(small.tableBytes)
    expect(small.exponentiate(scalar(2n))).toEqual(power(154n))
    small.dispose()
    expect(tableBytes()).toBe(0)
  })

  it('are none where none pays, or none fits; a larger one is used where it is there', () => {
    for (const options of [{ expectedUses: 1 }, { maxTableBytes: 0 }]) {
      const table = curve.fixedBase(base, options)
      expect([table.tableBytes, tableBytes()]).toEqual([0, 0])
      expect(table.exponentiateMany([scalar(2n), scalar(3n)])).toEqual([154n, 231n].map(power))
      table.dispose()
    }
    const large = curve.fixedBase(base)
    const table = curve.fixedBase(base, { expectedUses: 1 })
    expect(table.tableBytes).toBe(large.tableBytes)
    large.dispose()
    expect(tableBytes()).toBe(large.tableBytes)
    table.dispose()
    expect(tableBytes()).toBe(0)
  })

  it('come back with the same entries, and are shared then', () => {
    const table = curve.fixedBase(base, { expectedUses: 100, exponents: 'public' })
    const image = table.export()
    expect(image).toHaveLength(4 + 32 + 2 + 65 + table.tableBytes + 32)
    table.dispose()
    const back = curve.importFixedBase(image)
    expect([back.tableBytes, tableBytes(), back.export()]).toEqual([table.tableBytes, table.tableBytes, image])
    expect(back.exponentiateVartime(scalar(-2n))).toEqual(power(-154n))
    const shared = curve.fixedBase(base, { expectedUses: 100, exponents: 'public' })
    expect(tableBytes()).toBe(table.tableBytes)
    back.dispose()
    expect(shared.exponentiate(scalar(2n))).toEqual(power(154n))
    shared.dispose()
    expect(tableBytes()).toBe(0)
    const alone = curve.fixedBase(base, { expectedUses: 1 }).export()
    expect(alone).toHaveLength(4 + 32 + 2 + 65 + 32)
    expect(curve.importFixedBase(alone).tableBytes).toBe(0)
  })

  it('take no memory where there is not enough', () => {
    const grow = vi.spyOn(core.exports.memory, 'grow').mockImplementation(() => {
      throw new RangeError('no more')
    })
    try {
      expect(() => curve.fixedBase(base, { expectedUses: 1e12, exponents: 'public' })).toThrow(
        code('engine/out-of-memory'),
      )
    } finally {
      grow.mockRestore()
    }
    expect(tableBytes()).toBe(0)
    const image = curve.fixedBase(base).export()
    expect(curve.importFixedBase(image).exponentiate(scalar(2n))).toEqual(power(154n))
  })

  it('are freed and wiped with the curve, those too that gave way to larger ones', () => {
    const tables = [20, 5000, 1].map((expectedUses) => curve.fixedBase(base, { expectedUses }))
    expect(tableBytes()).toBeGreaterThan(0)
    curve.multiExponentiateVartime([base, ...tables], [5n, 6n, 7n, 8n].map(scalar))
    expect(isZero()).toBe(false)
    curve.dispose()
    curve.dispose()
    for (const table of tables) table.dispose()
    expect([core.allocatedBytes, isZero()]).toEqual([0, true])
  })
})

it('the memory of a curve is freed and wiped with its engine', () => {
  const parent = new Lifetime('engine')
  const curve = new WasmCurve({} as never, core, P256, parent)
  curve.fixedBase(curve.generator)
  curve.exponentiate(curve.generator, scalar(5n))
  expect(core.allocatedBytes).toBeGreaterThan(0)
  parent.end()
  expect([core.allocatedBytes, isZero()]).toEqual([0, true])
})

it('the working memory of the arithmetic is wiped with a curve', () => {
  const fresh = core.octets.slice()
  const isFresh = (): boolean => Buffer.compare(core.octets.subarray(0, fresh.length), fresh) === 0
  const curve = curveOn(core, 'P-256')
  expect(curve.isMember(power(77n))).toBe(true)
  expect(isFresh()).toBe(false)
  curve.dispose()
  expect(isFresh()).toBe(true)
})

describe('after an operation on secrets', () => {
  const curve = curveOn(other, 'P-256')
  const { generator, scalars } = curve
  const table = curve.fixedBase(generator)
  const short = scalar(1n).subarray(1) as Scalar
  const cut = generator.subarray(1) as Element
  const [first, second] = [scalar(q / 3n), scalar(q / 5n)]
  const element = (e: Scalar): Element => power(BigInt(`0x${Buffer.from(e).toString('hex')}`)) as Element

  const attempt = (operation: () => unknown) => (): void => {
    expect(operation).toThrow(expect.objectContaining({ code: expect.stringMatching(/length$/) as unknown }))
  }
  it.each<[string, (e: Scalar) => unknown]>([
    ['exponentiate', (e) => curve.exponentiate(generator, e)],
    ['exponentiateMany', (e) => curve.exponentiateMany([generator, generator], [e, e])],
    ['multiExponentiate', (e) => curve.multiExponentiate([generator, table, generator], [e, e, e])],
    [
      'multiExponentiateMany',
      (e) =>
        curve.multiExponentiateMany(
          [generator, table],
          [
            [e, e],
            [e, e],
          ],
        ),
    ],
    ['exponentiate of a table', (e) => table.exponentiate(e)],
    ['exponentiateMany of a table', (e) => table.exponentiateMany([e, e])],
    ['multiply', (e) => curve.multiply(element(e), element(e))],
    ['multiplyMany', (e) => curve.multiplyMany([element(e), generator], [element(e), element(e)])],
    ['scalars.multiplyAdd', (e) => scalars.multiplyAdd(e, e, e)],
    ['exponentiateMany that refuses a base', (e) => attempt(() => curve.exponentiateMany([generator, cut], [e, e]))()],
    [
      'multiplyMany that refuses a factor',
      (e) => attempt(() => curve.multiplyMany([element(e), cut], [element(e), generator]))(),
    ],
    [
      'exponentiateMany that refuses an exponent',
      (e) => attempt(() => curve.exponentiateMany([generator, generator], [e, short]))(),
    ],
  ])('%s, the memory holds nothing of them', (_, operation) => {
    // The first run leaves memory that has grown.
    operation(first)
    operation(first)
    const after = other.octets.slice()
    operation(second)
    expect(Buffer.compare(other.octets, after)).toBe(0)
  })
})

describe('the working memory of a curve', () => {
  const memory = new CurveMemory(other, 65)
  const { generator } = curveOn(other, 'P-256')

  it('takes elements as octets of their length, and gives them back as copies', () => {
    const [pointer] = memory.room(4 * 65)
    const others = [2n, 3n, 4n].map((k) => power(k))
    memory.writeElement(pointer, generator)
    memory.writeElements(pointer + 65, others)
    expect(memory.readElements(pointer, 4)).toEqual([generator, ...others])
    const read = memory.readElement(pointer + 65)
    other.octets[pointer + 65] = 9
    expect(read).toEqual(others[0])
    expect(() => memory.writeElement(pointer, generator.subarray(1))).toThrow(code('element/length'))
    expect(() => memory.writeElements(pointer, [generator, new Uint8Array(66)])).toThrow(code('element/length'))
  })

  it('is wiped from one place to another', () => {
    const [pointer] = memory.room(100)
    other.octets.fill(0xff, pointer, pointer + 100)
    memory.wipe(pointer + 10, pointer + 30)
    expect([...other.octets.subarray(pointer, pointer + 100)]).toEqual(
      Array.from({ length: 100 }, (_, i) => (i < 10 || i >= 30 ? 0xff : 0)),
    )
  })

  it('has points of two affine points', () => {
    expect(memory.pointBytes).toBe(other.exports.pointBytes())
    expect(2 * memory.affineBytes).toBe(memory.pointBytes)
  })
})
