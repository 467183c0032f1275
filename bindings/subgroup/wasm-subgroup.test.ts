import { beforeEach, describe, expect, it } from 'vitest'
import { L1024N160 } from '../../src/params/L1024N160.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { Core } from '../core/core.js'
import type { Base, Element, Factor, FixedBase, Scalar, Subgroup } from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { powerModulo } from '../engine/power.js'
import { loadInlinedKernel } from '../loading/inlined-kernels.js'
import { toBigint, toFixedWidth } from '../octets/integers.js'
import { elementsOfSmallOrder } from '../testing/small-order.js'
import { createBigintEngine } from './bigint.js'
import { bucketWidth, subsetsPay } from './cost.js'
import { WasmEngine } from './wasm-engine.js'
import { WasmSubgroup } from './wasm-subgroup.js'

// One kernel and one small group, in milliseconds: wasm-engine.test.ts compares all kernels on groups of all sizes.
const kernel = 'relaxed-fma'
const { p, q, g } = L1024N160
let core: Core
let group: Subgroup

beforeEach(async () => {
  core = await loadInlinedKernel(kernel)
  group = new WasmEngine(core).subgroup(L1024N160, { allowLegacy: true })
})

const withCode = (code: string): unknown => expect.objectContaining({ code })
const asElement = (x: bigint): Element => toFixedWidth(x, 128) as Element
const asScalar = (x: bigint): Scalar => toFixedWidth(x, 20) as Scalar
const power = (base: bigint, e: bigint): bigint => powerModulo(base, e, p)
const some = power(g, 3n ** 90n)
/** Units of Z_p, members and others. */
const units = [1n, 2n, p - 1n, p - 2n, g, some]
const exponents = [0n, 1n, 2n, q >> 1n, 3n ** 99n % q, q - 1n]

/** A product of powers, as BigInt computes it; the factors that a list repeats have one power. */
function product(factors: readonly (readonly [bigint, bigint])[]): bigint {
  const sums = new Map<bigint, bigint>()
  for (const [base, e] of factors) sums.set(base, (sums.get(base) ?? 0n) + e)
  return [...sums].reduce((result, [base, e]) => (result * power(base, e)) % p, 1n)
}

/** So many factors: units with exponents of all sizes. */
const factorsOf = (count: number): (readonly [bigint, bigint])[] =>
  Array.from({ length: count }, (_, i) => [units[(5 * i + 1) % 6]!, (exponents[i % 6]! * BigInt(i + 1)) % q])
const basesOf = (factors: readonly (readonly [bigint, bigint])[]): Element[] => factors.map(([base]) => asElement(base))
const scalarsOf = (factors: readonly (readonly [bigint, bigint])[]): Scalar[] => factors.map(([, e]) => asScalar(e))

/** Tables of every kind, with what they are tables of: for secret and for public exponents, and without a comb. */
function tablesOf(bound: Subgroup): [FixedBase, bigint][] {
  return [
    [bound.fixedBase(asElement(g)), g],
    [bound.fixedBase(asElement(some)), some],
    [bound.fixedBase(asElement(g), { exponents: 'public', expectedUses: 1e5 }), g],
    [bound.fixedBase(asElement(p - 1n), { maxTableBytes: 0 }), p - 1n],
    [bound.fixedBase(asElement(2n), { expectedUses: 1 }), 2n],
  ]
}

describe('a subgroup on the core', () => {
  it('says what it is', () => {
    expect([group.p, group.q, group.g, group.legacy]).toEqual([p, q, g, true])
    expect(group.description).toEqual({ p, q, g, name: 'L1024N160', oid: L1024N160.oid })
    expect(group.hashedDescription).toEqual([p, q, g])
    expect([group.generator, group.identity]).toEqual([asElement(g), asElement(1n)])
    expect(group.entryBytes).toBe(core.exports.entryBytes(core.exports.limbsFor(1024)))
    const again = group.engine.group(group.description, { allowLegacy: true })
    expect([again.matches(L1024N160), again.matches(L2048N256)]).toEqual([true, false])
    expect(again.areMembers([asElement(some), asElement(p - g)])).toEqual([true, false])
  })

  it('multiplies and inverts', () => {
    for (const a of units) {
      for (const b of units) expect(toBigint(group.multiply(asElement(a), asElement(b)))).toBe((a * b) % p)
      expect((toBigint(group.invert(asElement(a))) * a) % p).toBe(1n)
    }
    expect(group.multiplyMany(units.map(asElement), [...units].reverse().map(asElement)).map(toBigint)).toEqual(
      units.map((a, i) => (a * units[units.length - 1 - i]!) % p),
    )
    expect(group.multiplyMany([], [])).toEqual([])
  })

  it('raises to powers, one by one and many at once', () => {
    const factors = units.flatMap((base) => exponents.map((e) => [base, e] as const))
    const powers = factors.map(([base, e]) => power(base, e))
    expect(group.exponentiateMany(basesOf(factors), scalarsOf(factors)).map(toBigint)).toEqual(powers)
    expect(toBigint(group.exponentiate(asElement(some), asScalar(q - 2n)))).toBe(power(some, q - 2n))
    expect(group.exponentiateMany([], [])).toEqual([])
  })

  it('takes lists of any length', () => {
    const factors = factorsOf(260)
    const powers = new Map(factors.map((factor) => [factor.join(), power(...factor)]))
    expect(group.exponentiateMany(basesOf(factors), scalarsOf(factors)).map(toBigint)).toEqual(
      factors.map((factor) => powers.get(factor.join())),
    )
    const es = Array.from({ length: 260 }, (_, i) => BigInt(i))
    expect(group.fixedBase(group.generator).exponentiateMany(es.map(asScalar)).map(toBigint)).toEqual(
      es.map((e) => power(g, e)),
    )
    const candidates = Array.from({ length: 260 }, (_, i) => asElement(i % 50 === 49 ? p - g : i % 2 === 0 ? some : g))
    expect(group.areMembers(candidates)).toEqual(candidates.map((_, i) => i % 50 !== 49))
  })

  it('raises bases of tables, whatever comb they have', () => {
    const tables = tablesOf(group)
    expect(tables.map(([{ tableBytes }]) => tableBytes > 0)).toEqual([true, true, true, false, false])
    for (const [table, base] of tables) {
      const powers = exponents.map((e) => power(base, e))
      expect(toBigint(table.base)).toBe(base)
      expect(table.exponentiateMany(exponents.map(asScalar)).map(toBigint)).toEqual(powers)
      expect(exponents.map((e) => toBigint(table.exponentiate(asScalar(e))))).toEqual(powers)
      expect(exponents.map((e) => toBigint(table.exponentiateVartime(asScalar(e))))).toEqual(powers)
      expect(table.exponentiateMany([])).toEqual([])
    }
  })

  it('takes the comb of a table that has one', () => {
    let taken = 0
    const counting = new Core(kernel, {
      ...core.exports,
      combPowers: (...args) => {
        taken++
        core.exports.combPowers(...args)
      },
    })
    const bound = new WasmEngine(counting).subgroup(L1024N160, { allowLegacy: true })
    const table = bound.fixedBase(bound.generator)
    expect(toBigint(table.exponentiate(asScalar(5n)))).toBe(power(g, 5n))
    expect(table.exponentiateMany([2n, 3n].map(asScalar)).map(toBigint)).toEqual([power(g, 2n), power(g, 3n)])
    expect(taken).toBe(2)
  })

  // Elements without a table share their squarings in pieces of 64.
  it.each([0, 1, 2, 64, 65, 130])('multiplies powers of %i elements, with and without those of tables', (count) => {
    const factors = factorsOf(count)
    const [bases, es] = [basesOf(factors), scalarsOf(factors)]
    const own = tablesOf(group).map(([table, base], i) => [table, base, exponents[i]!] as const)
    const all = product([...factors, ...own.map(([, base, e]) => [base, e] as const)])
    const mixed: [Base[], Scalar[]] = [
      [...own.map(([table]) => table), ...bases],
      [...own.map(([, , e]) => asScalar(e)), ...es],
    ]
    for (const multiplied of [group.multiExponentiate.bind(group), group.multiExponentiateVartime.bind(group)]) {
      expect(toBigint(multiplied(bases, es))).toBe(product(factors))
      expect(toBigint(multiplied(...mixed))).toBe(all)
    }
    expect(group.multiExponentiateMany(bases, [es, [...es].reverse()]).map(toBigint)).toEqual([
      product(factors),
      product(factors.map(([base], i) => [base, factors[count - 1 - i]![1]])),
    ])
  })

  it('multiplies powers of so many elements that buckets pay', () => {
    const count = 600
    expect(bucketWidth(count, 160)).toBeDefined()
    const factors = factorsOf(count)
    const [bases, es] = [basesOf(factors), scalarsOf(factors)]
    expect(toBigint(group.multiExponentiateVartime(bases, es))).toBe(product(factors))
    for (const [table, base] of tablesOf(group))
      expect(toBigint(group.multiExponentiateVartime([table, ...bases], [asScalar(q - 5n), ...es]))).toBe(
        product([...factors, [base, q - 5n]]),
      )
    expect(
      group.multiExponentiateVartime(
        bases,
        bases.map(() => group.scalars.zero),
      ),
    ).toEqual(group.identity)
  })

  it('does not mind what an operation before left in memory', () => {
    const factors = factorsOf(9)
    const [bases, es] = [basesOf(factors), scalarsOf(factors)]
    const many = factorsOf(600)
    const expected = group.multiExponentiate(bases, es)
    group.multiExponentiateVartime(basesOf(many), scalarsOf(many))
    expect(group.multiExponentiate(bases, es)).toEqual(expected)
    group.multiExponentiateVartime(basesOf(many.slice(0, 90)), scalarsOf(many.slice(0, 90)))
    expect(group.multiExponentiate(bases, es)).toEqual(expected)
    expect(toBigint(expected)).toBe(product(factors))
  })
})

describe('members of a subgroup on the core', () => {
  const outside = [
    ...elementsOfSmallOrder(L1024N160),
    ...elementsOfSmallOrder(L1024N160).map((x) => asElement((toBigint(x) * g) % p)),
  ]
  const malformed = [asElement(0n), asElement(p), asElement(p + 1n), new Uint8Array(127).fill(1), new Uint8Array(129)]

  it('are told from what is outside, malformed, or 1', () => {
    const candidates = [asElement(1n), ...outside, ...malformed]
    const mixed = candidates.flatMap((x) => [x, group.generator])
    expect(group.areMembers(mixed)).toEqual(candidates.flatMap(() => [false, true]))
    expect(candidates.map((x) => group.isMember(x))).toEqual(candidates.map(() => false))
    expect([g, some, p - g].map((x) => group.isMember(asElement(x)))).toEqual([true, true, false])
    expect(group.areMembers([])).toEqual([])
  })

  it('are taken as elements, and 1 is, but nothing outside', () => {
    for (const x of [g, some, 1n]) {
      const octets = asElement(x)
      expect(group.element(octets)).toEqual(octets)
      expect(group.element(octets)).not.toBe(octets)
    }
    for (const x of outside) expect(() => group.element(x)).toThrow(withCode('element/not-in-subgroup'))
    for (const x of malformed.slice(0, 3)) expect(() => group.element(x)).toThrow(withCode('element/range'))
    for (const x of malformed.slice(3)) expect(() => group.element(x)).toThrow(withCode('element/length'))
  })

  it.each([{}, { maxTableBytes: 0 }])('get tables of their own (%j), and nothing else does', (options) => {
    for (const base of [g, some]) {
      const table = group.fixedBaseOfMember(asElement(base), options)
      expect(table?.base).toEqual(asElement(base))
      expect(toBigint(table!.exponentiate(asScalar(q - 1n)))).toBe(power(base, q - 1n))
      expect(table!.tableBytes > 0).toBe(options.maxTableBytes !== 0)
    }
    const before = core.allocatedBytes
    for (const x of [asElement(1n), ...outside, ...malformed])
      expect(group.fixedBaseOfMember(x, options)).toBeUndefined()
    expect(core.allocatedBytes).toBe(before)
  })

  it('are tested together with products of their powers', () => {
    const [[table, base], , , [plain, plainBase]] = tablesOf(group) as [
      [FixedBase, bigint],
      never,
      never,
      [FixedBase, bigint],
    ]
    const values = [some, power(g, 77n)]
    const products: (readonly [number | FixedBase | Element, bigint, bigint])[][] = [
      [[0, some, q - 3n]],
      [
        [1, values[1]!, 5n],
        [0, some, 0n],
      ],
      [
        [0, some, 2n],
        [0, some, exponents[4]!],
        [table, base, q - 1n],
        [asElement(2n), 2n, exponents[3]!],
        [plain, plainBase, 3n],
        [1, values[1]!, q - 1n],
      ],
      [[table, base, exponents[4]!]],
      [[asElement(some), some, 9n]],
      [],
    ]
    const given = products.map((factors) => factors.map(([own, , e]): Factor<Base | number> => [own, asScalar(e)]))
    expect(group.memberProductsVartime(values.map(asElement), given)?.map(toBigint)).toEqual(
      products.map((factors) => product(factors.map(([, of, e]) => [of, e] as const))),
    )
    expect(group.memberProductsVartime([], [[[table, asScalar(4n)]]])?.map(toBigint)).toEqual([power(g, 4n)])
    expect(group.memberProductsVartime(values.map(asElement), [])).toEqual([])
    for (const x of [asElement(1n), ...outside, ...malformed]) {
      expect(group.memberProductsVartime([x, asElement(g)], [[[0, asScalar(1n)]]])).toBeUndefined()
      expect(group.memberProductsVartime([asElement(g), x], [])).toBeUndefined()
    }
  })

  it.each([1, 3, 240])('are compared with %i products that are claimed', (count) => {
    expect(subsetsPay(count, 160)).toBe(count === 240)
    const bases = [group.fixedBase(group.generator, { exponents: 'public' }), asElement(some)]
    const rows = Array.from({ length: count }, (_, i): [bigint, bigint] => [BigInt(i) ** 20n % q, q - 1n - BigInt(i)])
    // g^a some^b, as a power of g.
    const exponentOf = ([a, b]: [bigint, bigint]): Scalar => asScalar((a + 3n ** 90n * b) % q)
    const values = group.fixedBase(group.generator).exponentiateMany(rows.map(exponentOf))
    const holds = (own: readonly Element[]): boolean =>
      group.areProductsVartime(
        [{ values: own, bases }],
        rows.map((row) => row.map(asScalar)),
      )
    expect(toBigint(values[0]!)).toBe(
      product([
        [g, rows[0]![0]],
        [some, rows[0]![1]],
      ]),
    )
    expect(holds(values)).toBe(true)
    for (const wrong of [g, p - 1n])
      expect(holds(values.with(-1, group.multiply(values.at(-1)!, asElement(wrong))))).toBe(false)
    expect(() => holds(values.slice(1))).toThrow(withCode('exponent/count'))
    expect(() => holds([...values, asElement(g)])).toThrow(withCode('exponent/count'))
  })
})

describe('operands of a subgroup on the core', () => {
  const one = asScalar(1n)
  const shortElements = [127, 129].map((length) => new Uint8Array(length).fill(1) as Element)
  const shortScalars = [19, 21].map((length) => new Uint8Array(length).fill(1) as Uint8Array as Scalar)

  it('are refused if elements have another length', () => {
    for (const x of shortElements) {
      const uses: (() => unknown)[] = [
        () => group.multiply(x, group.generator),
        () => group.multiply(group.generator, x),
        () => group.invert(x),
        () => group.exponentiate(x, one),
        () => group.exponentiateMany([group.generator, x], [one, one]),
        () => group.multiExponentiate([group.generator, x], [one, one]),
        () => group.multiExponentiateVartime([group.generator, x], [one, one]),
        () => group.fixedBase(x),
        () => group.fixedBase(x, { maxTableBytes: 0 }),
        () => group.encode(x),
        () => group.operand(x),
      ]
      for (const use of uses) expect(use).toThrow(withCode('element/length'))
    }
  })

  it('are refused if scalars have another length', () => {
    const table = group.fixedBase(group.generator)
    const plain = group.fixedBase(group.generator, { exponents: 'public', maxTableBytes: 0 })
    for (const e of shortScalars) {
      const uses: (() => unknown)[] = [
        () => group.exponentiate(group.generator, e),
        () => group.exponentiateMany([group.generator, group.generator], [one, e]),
        () => group.multiExponentiate([group.generator], [e]),
        () => group.multiExponentiate([table], [e]),
        () => group.multiExponentiateVartime([group.generator], [e]),
        () => group.memberProductsVartime([group.generator], [[[0, e]]]),
        () => group.memberProductsVartime([group.generator], [[[table, e]]]),
        ...[table, plain].flatMap((each) => [
          () => each.exponentiate(e),
          () => each.exponentiateMany([one, e]),
          () => each.exponentiateVartime(e),
        ]),
      ]
      for (const use of uses) expect(use).toThrow(withCode('scalar/length'))
    }
  })

  it('are refused if there are more or fewer exponents than bases', () => {
    const [bases, es] = [
      [group.generator, group.generator],
      [one, one],
    ]
    for (const [own, its] of [
      [bases, es.slice(1)],
      [bases.slice(1), es],
    ] as const) {
      expect(() => group.exponentiateMany(own, its)).toThrow(withCode('exponent/count'))
      expect(() => group.multiExponentiate(own, its)).toThrow(withCode('exponent/count'))
      expect(() => group.multiExponentiateVartime(own, its)).toThrow(withCode('exponent/count'))
    }
    expect(() => group.multiplyMany(bases, bases.slice(1))).toThrow(withCode('exponent/count'))
    expect(() => group.multiplyMany(bases.slice(1), bases)).toThrow(withCode('exponent/count'))
  })

  it('are refused if a table is that of another group, and if a product names no value', () => {
    const others = [
      createBigintEngine().subgroup(L1024N160, { allowLegacy: true }),
      group.engine.subgroup(L1024N160, { allowLegacy: true }),
    ].flatMap((other) => [other.fixedBase(other.generator), other.fixedBase(other.generator, { maxTableBytes: 0 })])
    const own = group.fixedBase(group.generator)
    const strange = [null, undefined, { ...own }] as unknown[] as FixedBase[]
    for (const table of [...others, ...strange]) {
      expect(() => group.multiExponentiate([table], [one])).toThrow(withCode('base/other-group'))
      expect(() => group.multiExponentiateVartime([table], [one])).toThrow(withCode('base/other-group'))
      expect(() => group.memberProductsVartime([], [[[table, one]]])).toThrow(withCode('base/other-group'))
    }
    for (const index of [-1, 1, 0.5])
      expect(() => group.memberProductsVartime([group.generator], [[[index, one]]])).toThrow(withCode('base/index'))
    // Though a value is no member.
    expect(() => group.memberProductsVartime([group.identity], [[[1, one]]])).toThrow(withCode('base/index'))
  })

  it('have no inverse if they have a factor in common with a p that is no prime', () => {
    const bound = new WasmSubgroup(group.engine, core, { p: 15n, q: 7n, g: 2n }, new Lifetime('group'))
    expect(bound.invert(Uint8Array.of(7) as Element)).toEqual(Uint8Array.of(13))
    expect(() => bound.invert(Uint8Array.of(6) as Element)).toThrow(RangeError)
  })

  it('and results are octets of their own', () => {
    const base = asElement(some)
    const table = group.fixedBase(base)
    const results = [
      group.multiply(base, base),
      group.exponentiate(base, one),
      table.exponentiate(one),
      table.exponentiateVartime(one),
      group.multiExponentiate([base], [one]),
    ]
    const before = results.map((octets) => octets.slice())
    base.fill(0)
    group.exponentiate(group.generator, asScalar(q - 1n))
    expect(results).toEqual(before)
    expect(table.base).toEqual(asElement(some))
  })
})
