import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBigintEngine } from './bigint.js'
import { toBigint, toFixedWidth } from '../octets/integers.js'
import { concatOctets } from '../octets/octets.js'
import type { Base, Element, FixedBase, Scalar } from '../engine/engine.js'
import { expectEquivalent, expectUnusableAfterDispose } from '../testing/equivalence.js'
import { customGroups } from '../testing/groups.js'
import { elementsOfSmallOrder } from '../testing/small-order.js'
import { P256 } from '../../src/params/P256.js'

/** The definition: square and multiply, bit by bit. */
function naivePower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus
    if (bit === '1') result = (result * base) % modulus
  }
  return result
}

describe.each(['1024/160 high', '1091/171'])('the bigint backend on %s agrees with the definitions', (name) => {
  const description = customGroups[name]!
  const { p, q, g } = description
  const group = createBigintEngine().subgroup(description, { allowLegacy: true })
  const { scalars } = group
  const asElement = (x: bigint): Element => toFixedWidth(x, group.elementLength) as Element
  const asScalar = (x: bigint): Scalar => toFixedWidth(x, group.scalarLength) as Scalar
  const modulo = (x: bigint, m: bigint): bigint => ((x % m) + m) % m

  const unit = fc.oneof(fc.bigInt({ min: 1n, max: p - 1n }), fc.constantFrom(1n, 2n, p - 1n))
  const scalar = fc.oneof(fc.bigInt({ min: 0n, max: q - 1n }), fc.constantFrom(0n, 1n, 2n, q - 2n, q - 1n))
  const factors = fc.array(fc.tuple(unit, scalar), { maxLength: 5 })
  const product = (list: readonly (readonly [bigint, bigint])[]): bigint =>
    list.reduce((result, [base, e]) => (result * naivePower(base, e, p)) % p, 1n)
  const check = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number, predicate: (value: T) => void): void =>
    fc.assert(fc.property(arbitrary, predicate), { numRuns })

  it('in the scalar field', () => {
    expect([scalars.zero, scalars.one].map(toBigint)).toEqual([0n, 1n])
    check(fc.tuple(scalar, scalar, scalar), 100, ([a, b, c]) => {
      const [x, y, z] = [asScalar(a), asScalar(b), asScalar(c)]
      expect(toBigint(scalars.add(x, y))).toBe((a + b) % q)
      expect(toBigint(scalars.subtract(x, y))).toBe(modulo(a - b, q))
      expect(toBigint(scalars.negate(x))).toBe(modulo(-a, q))
      expect(toBigint(scalars.multiply(x, y))).toBe((a * b) % q)
      expect(toBigint(scalars.multiplyAdd(x, y, z))).toBe((a * b + c) % q)
      if (a !== 0n) expect((toBigint(scalars.invert(x)) * a) % q).toBe(1n)
    })
    expect(() => scalars.invert(scalars.zero)).toThrow(expect.objectContaining({ code: 'scalar/zero' }))
    check(fc.uint8Array({ maxLength: 128, size: 'max' }), 100, (octets) => {
      expect(toBigint(scalars.reduce(octets))).toBe(toBigint(octets) % q)
    })
    expect(() => scalars.reduce(new Uint8Array(129))).toThrow(expect.objectContaining({ code: 'scalar/length' }))
  })

  it('in products and inverses', () => {
    check(fc.tuple(unit, unit), 100, ([a, b]) => {
      expect(toBigint(group.multiply(asElement(a), asElement(b)))).toBe((a * b) % p)
      expect((toBigint(group.invert(asElement(a))) * a) % p).toBe(1n)
    })
  })

  it('in exponentiation', () => {
    check(factors, 15, (list) => {
      const bases = list.map(([base]) => asElement(base))
      const es = list.map(([, e]) => asScalar(e))
      expect(group.exponentiateMany(bases, es).map(toBigint)).toEqual(list.map(([base, e]) => naivePower(base, e, p)))
      expect(toBigint(group.multiExponentiate(bases, es))).toBe(product(list))
      expect(toBigint(group.multiExponentiateVartime(bases, es))).toBe(product(list))
    })
  })

  it.each([
    { expectedUses: 1 },
    { expectedUses: 3 },
    { expectedUses: 100 },
    { expectedUses: 100_000 },
    { expectedUses: 1_000_000, maxTableBytes: 1 << 22 },
    { maxTableBytes: 0 },
    { maxTableBytes: 500 },
    { maxTableBytes: 10_000 },
    {},
  ])('in fixed-base exponentiation with %j', (options) => {
    const table = group.fixedBase(asElement(g), options)
    expect(table.tableBytes).toBeLessThanOrEqual(options.maxTableBytes ?? 1 << 20)
    expect(table.base).toEqual(group.generator)
    check(fc.tuple(unit, scalar, scalar), 10, ([other, a, b]) => {
      const power = naivePower(g, a, p)
      expect(toBigint(table.exponentiate(asScalar(a)))).toBe(power)
      expect(toBigint(table.exponentiateVartime(asScalar(a)))).toBe(power)
      expect(table.exponentiateMany([asScalar(a), asScalar(b)]).map(toBigint)).toEqual([power, naivePower(g, b, p)])
      const bases: Base[] = [table, asElement(other)]
      const expected = product([
        [g, a],
        [other, b],
      ])
      expect(toBigint(group.multiExponentiate(bases, [asScalar(a), asScalar(b)]))).toBe(expected)
    })
  })

  it('in many products at once', () => {
    const [a, b, c] = [2n, 3n, 5n].map(asElement) as [Element, Element, Element]
    expect(group.multiplyMany([a, b], [b, c]).map(toBigint)).toEqual([6n, 15n])
    const rows = [
      [asScalar(1n), asScalar(2n)],
      [asScalar(3n), asScalar(0n)],
    ]
    expect(group.multiExponentiateMany([a, b], rows).map(toBigint)).toEqual([18n, 8n])
    const claims = [{ values: [18n, 8n].map(asElement), bases: [a, b] }]
    expect(group.areProductsVartime(claims, rows)).toBe(true)
    expect(group.areProductsVartime([{ values: [18n, 9n].map(asElement), bases: [a, b] }], rows)).toBe(false)
  })

  it('in encodings, which are minimal', () => {
    for (const [value, length] of [
      [0n, 1],
      [1n, 1],
      [256n, 2],
      [p - 1n, group.elementLength],
    ] as const) {
      const encoded = group.encode(asElement(value))
      expect([toBigint(encoded), encoded.length]).toEqual([value, length])
      expect(group.hasEncoding(asElement(value))).toBe(true)
    }
    expect(() => group.encode(new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'element/length' }))
    const encoded = group.encode(group.generator)
    for (const zeros of [0, 1, 9])
      expect(group.decode(Uint8Array.of(...new Uint8Array(zeros), ...encoded))).toEqual(group.generator)
    const refused = (octets: Uint8Array, code: string) =>
      expect(() => group.decode(octets)).toThrow(expect.objectContaining({ code }))
    refused(new Uint8Array(0), 'element/length')
    refused(new Uint8Array(1), 'element/range')
    refused(new Uint8Array(group.elementLength + 1).fill(1), 'element/range')
    refused(toFixedWidth(p - 1n, group.elementLength), 'element/not-in-subgroup')
  })

  it('about what it is', () => {
    expect(group.hashedDescription).toEqual([p, q, g])
    expect(group.description).toEqual({ ...description, name: undefined, oid: undefined })
    expect(group.matches(description)).toBe(true)
    for (const change of [{ p: p + 2n }, { q: q + 2n }, { g: g + 1n }])
      expect(group.matches({ ...description, ...change })).toBe(false)
    expect(group.entryBytes).toBeGreaterThan(group.elementLength)
  })

  it.each([{}, { exponents: 'public' as const }, { maxTableBytes: 0 }])('in a table of %j that was kept', (options) => {
    const image = group.fixedBase(group.generator, options).export()
    const table = group.importFixedBase(image)
    expect(table.base).toEqual(group.generator)
    expect(table.export()).toEqual(image)
    for (const e of [0n, 1n, q / 3n, q - 1n])
      expect(toBigint(table.exponentiate(asScalar(e)))).toBe(naivePower(g, e, p))
    // The kind of exponents stands behind the digest of the owner.
    expect(image[36]).toBe(options.exponents === 'public' ? 1 : 0)
  })

  it('in a table whose entries somebody has changed', () => {
    const image = group.fixedBase(group.generator, { expectedUses: 1000 }).export()
    const body = image.slice(0, -32)
    body[body.length - 1]! ^= 1
    const changed = concatOctets([body, sha256(body)])
    // A digest that fits shows no malice: the entries are what is kept.
    expect(group.importFixedBase(changed).export()).toEqual(changed)
  })

  it('in membership', () => {
    const smallOrders = elementsOfSmallOrder(description).map(toBigint)
    expect(smallOrders).toContain(p - 1n)
    check(fc.tuple(scalar, scalar, scalar), 5, ([a, b, c]) => {
      const x = naivePower(g, a, p)
      const isMember = x !== 1n
      expect(group.isMember(asElement(x))).toBe(isMember)
      expect(toBigint(group.element(asElement(x)))).toBe(x)
      const powers = group.memberProductsVartime([asElement(x)], [[[0, asScalar(b)]], [[0, asScalar(c)]]])
      expect(powers?.map(toBigint)).toEqual(isMember ? [naivePower(x, b, p), naivePower(x, c, p)] : undefined)
      for (const small of smallOrders) {
        const outside = asElement((x * small) % p)
        expect(group.areMembers([outside, asElement(x), outside])).toEqual([false, isMember, false])
        expect(group.memberProductsVartime([outside], [[[0, asScalar(b)]]])).toBeUndefined()
        expect(() => group.element(outside)).toThrow(expect.objectContaining({ code: 'element/not-in-subgroup' }))
      }
    })
  })

  it('and refuses operands of the wrong length or range', () => {
    const [short, long] = [group.elementLength - 1, group.elementLength + 1].map((length) =>
      new Uint8Array(length).fill(1),
    )
    for (const octets of [short!, long!]) {
      expect(() => group.element(octets)).toThrow(expect.objectContaining({ code: 'element/length' }))
      expect(() => group.multiply(group.generator, octets as Element)).toThrow(
        expect.objectContaining({ code: 'element/length' }),
      )
      expect(group.isMember(octets)).toBe(false)
      expect(() => scalars.from(octets)).toThrow(expect.objectContaining({ code: 'scalar/length' }))
      expect(() => group.exponentiate(group.generator, octets as Uint8Array as Scalar)).toThrow(
        expect.objectContaining({ code: 'scalar/length' }),
      )
    }
    for (const x of [0n, p, p + 1n]) {
      expect(() => group.element(asElement(x))).toThrow(expect.objectContaining({ code: 'element/range' }))
      expect(group.isMember(asElement(x))).toBe(false)
    }
    expect(group.element(group.identity)).toEqual(group.identity)
    const [outside] = elementsOfSmallOrder(description)
    const none = [group.identity, outside!, short!, long!, ...[0n, p, p + 1n].map(asElement)]
    for (const x of none) {
      expect(group.isMember(x)).toBe(false)
      expect(group.fixedBaseOfMember(x)).toBeUndefined()
      expect(group.memberProductsVartime([group.generator, x], [[[0, scalars.one]]])).toBeUndefined()
    }
    const mixed = none.flatMap((x) => [x, group.generator])
    expect(group.areMembers(mixed)).toEqual(none.flatMap(() => [false, true]))
    expect(group.fixedBaseOfMember(group.generator)?.exponentiate(scalars.one)).toEqual(group.generator)
    expect(toBigint(scalars.from(asScalar(q - 1n)))).toBe(q - 1n)
    expect(() => scalars.from(asScalar(q))).toThrow(expect.objectContaining({ code: 'scalar/range' }))
    expect(() => group.multiExponentiate([group.generator], [])).toThrow(
      expect.objectContaining({ code: 'exponent/count' }),
    )
    const otherGroup = createBigintEngine().subgroup(description, { allowLegacy: true })
    const foreign = otherGroup.fixedBase(otherGroup.generator)
    const strange = [null, undefined, { ...group.fixedBase(group.generator) }] as unknown[] as FixedBase[]
    for (const base of [foreign, ...strange])
      expect(() => group.multiExponentiate([base], [scalars.one])).toThrow(
        expect.objectContaining({ code: 'base/other-group' }),
      )
  })
})

describe('the bigint backend', () => {
  const description = customGroups['1024/160 high']!

  it('says what it is', () => {
    const engine = createBigintEngine()
    expect([engine.backend, engine.kernel, engine.constantTime]).toEqual(['bigint', undefined, false])
    const group = engine.subgroup({ ...description, name: 'mine', oid: '1.2' }, { allowLegacy: true })
    expect([group.name, group.oid, group.legacy]).toEqual(['mine', '1.2', true])
    expect([group.elementLength, group.scalarLength]).toEqual([128, 20])
  })

  it('has curves beside subgroups, and powers of numbers, until it ends', () => {
    const engine = createBigintEngine()
    expect(engine.powerVartime(2n, 10n, 1000n)).toBe(24n)
    const curves = [engine.curve(P256), engine.group(P256)]
    expect(curves.map((curve) => curve.name)).toEqual(['P-256', 'P-256'])
    expect(engine.group(description, { allowLegacy: true }).elementLength).toBe(128)
    expect(() => engine.curve(description as never)).toThrow(expect.objectContaining({ code: 'group/not-curve' }))
    engine.dispose()
    const uses = [
      () => engine.powerVartime(2n, 10n, 1000n),
      () => engine.curve(P256),
      () => curves[0]!.exponentiate(curves[0]!.generator, curves[0]!.scalars.one),
    ]
    for (const use of uses) expect(use).toThrow(expect.objectContaining({ code: 'engine/disposed' }))
  })

  it('validates groups before it uses them', () => {
    const engine = createBigintEngine()
    expect(() => engine.subgroup(description)).toThrow(expect.objectContaining({ code: 'group/legacy' }))
    expect(() => engine.subgroup({ ...description, g: description.p - 1n }, { allowLegacy: true })).toThrow(
      expect.objectContaining({ code: 'group/generator-order' }),
    )
  })

  it('is equivalent to itself, so that the statement of equivalence holds of what it should hold of', () => {
    expectEquivalent(createBigintEngine(), createBigintEngine(), description)
  })

  it('throws after dispose()', () => {
    expectUnusableAfterDispose(createBigintEngine, description)
  })
})
