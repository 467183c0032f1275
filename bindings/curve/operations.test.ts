import { sha256 } from '@noble/hashes/sha2.js'
import { describe, expect, it, vi } from 'vitest'
import { P256 } from '../../src/params/P256.js'
import { P384 } from '../../src/params/P384.js'
import type { Base, Curve, Element, Engine, Factor, FixedBase, Scalar } from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { powerModulo } from '../engine/power.js'
import { toFixedWidth } from '../octets/integers.js'
import { concatOctets } from '../octets/octets.js'
import { loadCurve } from '../testing/curve-cores.js'
import { customGroups } from '../testing/groups.js'
import { opensslPowers } from '../testing/openssl-powers.js'
import { pseudorandom } from '../testing/differential.js'
import { BigintCurve } from './bigint-curve.js'
import { bucketWidth } from './curve-cost.js'
import { deriveElement } from './derivation.js'
import { WasmCurve } from './wasm-curve.js'

const core = await loadCurve('P-256', 'simd')
const engine = {} as Engine
const { p, q, b, g: point, arithmetic } = P256
const power = opensslPowers('P-256')
/** The generator to the power of k, as octets of their own. */
const g = (k: bigint): Element => power(k) as Element
const scalar = (k: bigint): Scalar => toFixedWidth(((k % q) + q) % q, 32) as Scalar
const infinity = g(0n)

const draw = pseudorandom(20261129)
const drawn = (): bigint => Array.from({ length: 9 }, () => BigInt(draw(2 ** 32))).reduce((a, x) => (a << 32n) + x) % q
const edges = [
  0n,
  1n,
  2n,
  3n,
  15n,
  16n,
  17n,
  31n,
  32n,
  1n << 64n,
  (1n << 64n) - 1n,
  1n << 255n,
  q >> 1n,
  q - 2n,
  q - 1n,
]

const makers = {
  wasm: (parent?: Lifetime): Curve => new WasmCurve(engine, core, P256, parent),
  bigint: (parent?: Lifetime): Curve => new BigintCurve(engine, P256, parent),
}
/** A point whose x is so small that it has another form in as many octets, with x + p. */
const smallX = 5n
const pointWithSmallX = concatOctets([Uint8Array.of(4), toFixedWidth(smallX + p, 32), toFixedWidth(rootOf(smallX), 32)])
const code = (expected: string): unknown => expect.objectContaining({ code: expected })

/** The y of a point with this x; p is 3 modulo 4. */
function rootOf(x: bigint): bigint {
  return powerModulo(x ** 3n - 3n * x + b, (p + 1n) / 4n, p)
}

describe.each(Object.entries(makers))('P-256 on %s', (backend, make) => {
  const curve = make()
  const { generator, identity } = curve

  /** A table of a base, and what stands for it, with its logarithm. */
  const h = 12_345n
  const tables: FixedBase[] = [
    curve.fixedBase(g(h)),
    curve.fixedBase(g(h), { expectedUses: 1 }),
    curve.fixedBase(g(h), { exponents: 'public', expectedUses: 30 }),
  ]

  /** One has no table, however often it is used. */
  const tableOfInfinity = curve.fixedBase(identity)

  it('says what it is', () => {
    const curve = make()
    const { generator, identity, scalars } = curve
    expect(curve).toMatchObject({
      name: 'P-256',
      oid: '1.3.6.1.4.1.311.75.1.2.1',
      construction: 'curve',
      revisions: [3],
      legacy: false,
      elementLength: 65,
      scalarLength: 32,
      engine,
      description: P256,
      p,
      q,
      b,
    })
    expect(curve.entryBytes).toBeGreaterThan(64)
    expect([generator, identity]).toEqual([g(1n), infinity])
    expect(curve.hashedDescription).toEqual([p, p - 3n, b, g(1n), q, 1n])
    expect(scalars.length).toBe(32)
  })

  it('knows its description by its numbers', () => {
    const other = { ...P256, name: 'another name' }
    expect(curve.matches(other)).toBe(true)
    const { x, y } = point
    for (const change of [{ p: p + 2n }, { q: q + 2n }, { b: b + 1n }, { g: { x: x + 1n, y } }, { g: { x, y: p - y } }])
      expect(curve.matches({ ...other, ...change })).toBe(false)
    expect(curve.matches(P384)).toBe(false)
    expect(curve.matches({ ...customGroups['1024/160 high']!, p, q })).toBe(false)
  })

  it('multiplies whatever the factors are, one by one and many at once', () => {
    const logarithms = [0n, 1n, 2n, 4n, -1n, -2n, drawn(), drawn()]
    const pairs = logarithms.flatMap((a) => logarithms.map((b) => [a, b] as const))
    const [as, bs] = [pairs.map(([a]) => g(a)), pairs.map(([, b]) => g(b))]
    const expected = pairs.map(([a, b]) => power(a + b))
    expect(curve.multiplyMany(as, bs)).toEqual(expected)
    expect(as.map((a, i) => curve.multiply(a, bs[i]!))).toEqual(expected)
    expect([as, bs]).toEqual([pairs.map(([a]) => g(a)), pairs.map(([, b]) => g(b))])
    expect(curve.multiplyMany([], [])).toEqual([])
    expect(curve.exponentiateMany([], [])).toEqual([])
    expect(curve.multiExponentiateMany([], [])).toEqual([])
  })

  it('inverts', () => {
    for (const k of [1n, 2n, -1n, drawn()]) expect(curve.invert(g(k))).toEqual(power(-k))
    const given = g(7n)
    expect(curve.invert(given)).not.toBe(given)
    expect(given).toEqual(power(7n))
    expect(curve.invert(identity)).toEqual(infinity)
    // Only -y is another: p - y borrows from octet to octet.
    const smallY = generator.slice() as Element
    smallY.fill(0, 33).set([1, 0], 63)
    expect(curve.invert(smallY).subarray(33)).toEqual(toFixedWidth(p - 256n, 32))
  })

  it('raises to any power, in every way that it has', () => {
    const ks = [...edges, drawn()]
    const base = g(h)
    const expected = ks.map((k) => power(h * k))
    const es = ks.map(scalar)
    const bases = ks.map(() => base)
    expect(curve.exponentiateMany(bases, es)).toEqual(expected)
    expect(
      curve.multiExponentiateMany(
        [base],
        es.map((e) => [e]),
      ),
    ).toEqual(expected)
    expect(
      curve.memberProductsVartime(
        [base],
        es.map((e) => [[0, e]]),
      ),
    ).toEqual(expected)
    const ways: ((e: Scalar) => Element)[] = [
      (e) => curve.exponentiate(base, e),
      (e) => curve.multiExponentiate([base], [e]),
      (e) => curve.multiExponentiateVartime([base], [e]),
    ]
    for (const table of tables) {
      expect(table.exponentiateMany(es)).toEqual(expected)
      ways.push((e) => table.exponentiate(e))
      ways.push((e) => table.exponentiateVartime(e))
      ways.push((e) => curve.multiExponentiate([table], [e]))
      ways.push((e) => curve.multiExponentiateVartime([table], [e]))
    }
    for (const way of ways) expect(es.map(way)).toEqual(expected)
    expect(es).toEqual(ks.map(scalar))
  })

  /** Bases by their logarithms; tables are of h. */
  const lists: [string, (readonly [base: bigint | FixedBase, exponent: bigint])[]][] = [
    ['none', []],
    ['one', [[5n, drawn()]]],
    ['a table', [[tables[0]!, drawn()]]],
    [
      'a base and its inverse',
      [
        [5n, drawn()],
        [-5n, 77n],
      ],
    ],
    [
      'powers that cancel out',
      [
        [5n, 12n],
        [3n, -20n],
      ],
    ],
    [
      'tables and bases, with equal powers',
      [
        [tables[0]!, 3n],
        [h, 3n],
        [tables[1]!, -6n],
        [1n, drawn()],
      ],
    ],
    [
      'tables and bases by turns',
      [
        [tables[2]!, drawn()],
        [9n, drawn()],
        [tables[0]!, drawn()],
        [8n, drawn()],
        [tables[1]!, drawn()],
      ],
    ],
    [
      'tables of two kinds',
      [
        [tables[0]!, drawn()],
        [tables[2]!, drawn()],
      ],
    ],
    [
      'a table and a base with a short exponent',
      [
        [tables[0]!, drawn()],
        [9n, 5n],
      ],
    ],
    [
      'a table with a short exponent and a base',
      [
        [tables[0]!, 5n],
        [9n, drawn()],
      ],
    ],
    [
      'infinity',
      [
        [0n, drawn()],
        [7n, 9n],
      ],
    ],
    ['infinity alone', [[0n, drawn()]]],
    [
      'infinity at the end',
      [
        [7n, drawn()],
        [0n, drawn()],
      ],
    ],
    [
      'infinity among others',
      [
        [7n, drawn()],
        [0n, drawn()],
        [tables[0]!, drawn()],
        [9n, drawn()],
      ],
    ],
    [
      'a table of infinity',
      [
        [tableOfInfinity, drawn()],
        [7n, drawn()],
        [tables[2]!, drawn()],
      ],
    ],
    [
      'exponents of zero',
      [
        [5n, 0n],
        [tables[0]!, 0n],
      ],
    ],
  ]
  const logarithmOf = (base: bigint | FixedBase): bigint =>
    typeof base === 'bigint' ? base : base === tableOfInfinity ? 0n : h
  const baseOf = (base: bigint | FixedBase): Base => (typeof base === 'bigint' ? g(base) : base)

  it.each(lists)('multiplies powers of %s', (_, list) => {
    const expected = power(list.reduce((sum, [base, e]) => sum + logarithmOf(base) * e, 0n))
    const bases = list.map(([base]) => baseOf(base))
    const es = list.map(([, e]) => scalar(e))
    expect(curve.multiExponentiate(bases, es)).toEqual(expected)
    expect(curve.multiExponentiateVartime(bases, es)).toEqual(expected)
    expect(curve.memberProductsVartime([], [list.map(([base, e]) => [baseOf(base), scalar(e)])])).toEqual([expected])
    const doubled = list.map(([, e]) => scalar(2n * e))
    expect(curve.multiExponentiateMany(bases, [es, doubled, es])).toEqual([
      expected,
      curve.multiply(expected as Element, expected as Element),
      expected,
    ])
  })

  it('multiplies powers of members with each other and with those of its own bases', () => {
    const [a, b] = [3n, -8n]
    const [k, l, m] = [drawn(), drawn(), drawn()]
    const xs = [g(a), g(b)]
    const products: (readonly Factor<Base | number>[])[] = [
      [
        [0, scalar(k)],
        [1, scalar(l)],
      ],
      [
        [1, scalar(k)],
        [tables[0]!, scalar(m)],
        [0, scalar(l)],
      ],
      [
        [0, scalar(1n)],
        [0, scalar(2n)],
        [g(5n), scalar(k)],
      ],
      [
        [identity, scalar(k)],
        [1, scalar(1n)],
      ],
      [
        [1, scalar(k)],
        [identity, scalar(l)],
        [0, scalar(m)],
      ],
      [
        [g(5n), scalar(k)],
        [g(6n), scalar(l)],
      ],
      [],
    ]
    expect(curve.memberProductsVartime(xs, products)).toEqual(
      [a * k + b * l, b * k + h * m + a * l, 3n * a + 5n * k, b, b * k + a * m, 5n * k + 6n * l, 0n].map(power),
    )
    expect(curve.memberProductsVartime(xs, [])).toEqual([])
    expect(xs).toEqual([g(a), g(b)])
    for (const bad of [identity, generator.map((octet, i) => (i === 64 ? octet ^ 1 : octet)), generator.subarray(1)]) {
      expect(curve.memberProductsVartime([g(a), bad], [[[0, scalar(1n)]]])).toBeUndefined()
      expect(curve.memberProductsVartime([bad], [])).toBeUndefined()
    }
    expect(() => curve.memberProductsVartime(xs, [[[2, scalar(1n)]]])).toThrow(code('base/index'))
    expect(() => curve.memberProductsVartime(xs, [[[0, scalar(1n).subarray(1) as Scalar]]])).toThrow(
      code('scalar/length'),
    )
    expect(() => curve.memberProductsVartime(xs, [[[g(1n).subarray(1) as Element, scalar(1n)]]])).toThrow(
      code('element/length'),
    )
  })

  const changed = (at: number, octets: ArrayLike<number>): Uint8Array => {
    const other = generator.slice()
    other.set(octets, at)
    return other
  }
  const refused: [string, string, Uint8Array][] = [
    ['of another length', 'element/length', generator.subarray(1)],
    ['with an octet more', 'element/length', new Uint8Array(66).fill(4)],
    ['infinity', 'element/encoding', identity],
    ['in the hybrid form', 'element/encoding', changed(0, [6])],
    ['with x = p', 'element/range', changed(1, toFixedWidth(p, 32))],
    ['with y = p', 'element/range', changed(33, toFixedWidth(p, 32))],
    ['with x of the largest octets', 'element/range', changed(1, new Uint8Array(32).fill(0xff))],
    ['with another y', 'element/not-on-curve', changed(64, [generator[64]! ^ 1])],
    ['with another x', 'element/not-on-curve', changed(32, [generator[32]! ^ 1])],
    ['with x = p - 1', 'element/not-on-curve', changed(1, toFixedWidth(p - 1n, 32))],
    // A point whose x is small, as x + p.
    ['with x of a point and p', 'element/range', pointWithSmallX],
    ['with y = 0', 'element/not-on-curve', changed(33, new Uint8Array(32))],
    ['(0, 0)', 'element/not-on-curve', changed(1, new Uint8Array(64))],
  ]

  it.each(refused)('refuses a point %s: %s', (_, expected, octets) => {
    for (const read of ['element', 'operand', 'decode'] as const)
      expect(() => curve[read](octets)).toThrow(code(expected))
    expect(curve.isMember(octets)).toBe(false)
    expect(curve.fixedBaseOfMember(octets)).toBeUndefined()
  })

  it('lets in what is a point, as octets of their own', () => {
    for (const read of ['element', 'operand', 'decode', 'encode'] as const) {
      const given = g(5n)
      const taken = curve[read](given)
      expect(taken).toEqual(power(5n))
      expect(taken).not.toBe(given)
    }
    expect(curve.isMember(g(5n))).toBe(true)
    const withSmallX = pointWithSmallX.slice()
    withSmallX.set(toFixedWidth(smallX, 32), 1)
    expect(curve.isMember(withSmallX)).toBe(true)
    const list = [generator, ...refused.map(([, , octets]) => octets), g(2n), g(-1n)]
    expect(curve.areMembers(list)).toEqual([true, ...refused.map(() => false), true, true])
    expect(curve.areMembers([])).toEqual([])
    expect(curve.fixedBaseOfMember(g(5n), { expectedUses: 20 })?.exponentiate(scalar(3n))).toEqual(power(15n))
    for (const other of [undefined, null, 'x', Array.from(generator)] as never[]) {
      expect(curve.isMember(other)).toBe(false)
      expect(() => curve.element(other)).toThrow(code('octets/type'))
    }
  })

  it('has no encoding of infinity', () => {
    expect([curve.hasEncoding(generator), curve.hasEncoding(identity)]).toEqual([true, false])
    expect(() => curve.encode(identity)).toThrow(code('element/identity'))
    expect(() => curve.encode(generator.subarray(1))).toThrow(code('element/length'))
  })

  it('derives the element of a scope', () => {
    const scope = Uint8Array.of(1, 2, 3)
    expect(curve.scopeElement(scope, sha256)).toEqual(deriveElement(P256, scope, 0, sha256))
  })

  it('compares products with what they are said to be', () => {
    const bases = [tables[2]!, g(9n)]
    const rows = [1, 2, 3].map(() => [drawn(), drawn()])
    const exponents = rows.map((row) => row.map(scalar))
    const values = rows.map(([k, l]) => g(h * k! + 9n * l!))
    const other = rows.map(([k, l]) => g(5n * k! + 6n * l!))
    const first = { values, bases }
    const second = { values: other, bases: [g(5n), g(6n)] }
    const told = (...claims: { values: Element[]; bases: Base[] }[]): boolean =>
      curve.areProductsVartime(claims, exponents)
    expect([told(), told(first), told(first, second)]).toEqual([true, true, true])
    for (let i = 0; i < 3; i++) {
      const wrong = (list: Element[]): Element[] => list.map((value, j) => (i === j ? curve.invert(value) : value))
      expect(told({ ...first, values: wrong(values) })).toBe(false)
      expect(told(first, { ...second, values: wrong(other) })).toBe(false)
      expect(told({ ...first, values: wrong(values) }, second)).toBe(false)
    }
    // Errors that cancel out in the plain product.
    const [one, two, three] = values as [Element, Element, Element]
    expect(told({ ...first, values: [two, one, three] })).toBe(false)
    expect(told({ ...first, bases: [tables[2]!, g(8n)] })).toBe(false)
    expect(() => told({ ...first, values: [one, two] })).toThrow(code('exponent/count'))
    expect(() => curve.areProductsVartime([{ values, bases: [g(1n)] }], exponents)).toThrow(code('exponent/count'))
  })

  it('compares with coefficients of 64 bits that it draws anew for each value', () => {
    const fill = vi.spyOn(globalThis.crypto, 'getRandomValues')
    try {
      const bases = [g(9n)]
      const values = [g(9n), g(18n)]
      expect(curve.areProductsVartime([{ values, bases }], [[scalar(1n)], [scalar(2n)]])).toBe(true)
      expect(fill.mock.calls.map(([octets]) => octets.byteLength)).toEqual([8, 8])
    } finally {
      fill.mockRestore()
    }
  })

  it('refuses operands of another length, wherever they stand', () => {
    const [one, two] = [scalar(1n), scalar(2n)]
    const e = one.subarray(1) as Scalar
    const x = generator.subarray(1) as Element
    const ofScalars = [
      () => curve.exponentiate(generator, e),
      () => curve.exponentiateMany([generator, generator], [one, e]),
      () => curve.multiExponentiate([generator, generator], [one, e]),
      () => curve.multiExponentiateVartime([generator, generator], [one, e]),
      () => curve.multiExponentiateMany([generator], [[one], [e]]),
      () => tables[0]!.exponentiate(e),
      () => tables[0]!.exponentiateMany([two, e]),
      () => tables[0]!.exponentiateVartime(e),
      () => tables[1]!.exponentiate(e),
    ]
    for (const use of ofScalars) expect(use).toThrow(code('scalar/length'))
    const ofElements = [
      () => curve.multiply(x, generator),
      () => curve.multiply(generator, x),
      () => curve.multiplyMany([generator, x], [generator, generator]),
      () => curve.invert(x),
      () => curve.exponentiate(x, one),
      () => curve.exponentiateMany([generator, x], [one, one]),
      () => curve.multiExponentiate([generator, x], [one, one]),
      () => curve.multiExponentiateVartime([generator, x], [one, one]),
      () => curve.multiExponentiateMany([x], [[one]]),
      () => curve.fixedBase(x),
    ]
    for (const use of ofElements) expect(use).toThrow(code('element/length'))
    const counts = [
      () => curve.multiplyMany([generator], []),
      () => curve.exponentiateMany([generator], []),
      () => curve.multiExponentiate([generator], []),
      () => curve.multiExponentiateVartime([], [one]),
      () => curve.multiExponentiateMany([generator], [[one], []]),
    ]
    for (const use of counts) expect(use).toThrow(code('exponent/count'))
    const wrongType = [
      () => curve.exponentiate(generator, [1] as never),
      () => curve.fixedBase('x' as never),
      () => curve.importFixedBase('x' as never),
    ]
    expect(wrongType[0]).toThrow(code('octets/type'))
    expect(wrongType[1]).toThrow(code('octets/type'))
    expect(wrongType[2]).toThrow(code('table/malformed'))
  })

  it('refuses tables of another group, and what is no table', () => {
    const other = make()
    const foreign = [other.fixedBase(generator), other.fixedBase(generator, { expectedUses: 1 })]
    const strange = { ...tables[0]!, exponentiate: () => generator } as unknown as FixedBase
    for (const base of [...foreign, strange]) {
      expect(() => curve.multiExponentiate([base], [scalar(1n)])).toThrow(code('base/other-group'))
      expect(() => curve.multiExponentiateVartime([base], [scalar(1n)])).toThrow(code('base/other-group'))
      expect(() => curve.multiExponentiateMany([base], [[scalar(1n)]])).toThrow(code('base/other-group'))
      expect(() => curve.memberProductsVartime([], [[[base, scalar(1n)]]])).toThrow(code('base/other-group'))
    }
    other.dispose()
  })

  it('takes its tables back as it exported them', () => {
    for (const table of tables) {
      const image = table.export()
      const back = curve.importFixedBase(image)
      expect([back.base, back.tableBytes, back.export()]).toEqual([table.base, table.tableBytes, image])
      expect(back.exponentiate(scalar(5n))).toEqual(power(5n * h))
      back.dispose()
    }
    expect(tables[0]!.exponentiate(scalar(5n))).toEqual(power(5n * h))
    // The image of a table without a comb must not name a width.
    const alone = tables[1]!.export()
    const widened = alone.slice(0, -32).fill(3, 37, 38)
    expect(() => curve.importFixedBase(concatOctets([widened, sha256(widened)]))).toThrow(code('table/malformed'))
    const image = tables[0]!.export()
    image[100]! ^= 1
    expect(() => curve.importFixedBase(image)).toThrow(code('table/checksum'))
    const elsewhere = make === makers.wasm ? makers.bigint() : makers.wasm()
    expect(() => elsewhere.importFixedBase(tables[0]!.export())).toThrow(code('table/other-owner'))
  })

  it('has no table of infinity', () => {
    expect([tableOfInfinity.base, tableOfInfinity.tableBytes]).toEqual([infinity, 0])
    expect(tableOfInfinity.exponentiateMany([scalar(5n), scalar(0n)])).toEqual([infinity, infinity])
    expect(() => curve.importFixedBase(tableOfInfinity.export())).toThrow(code('table/malformed'))
  })

  it('keeps a copy of the base of a table', () => {
    const base = g(4n)
    const table = curve.fixedBase(base)
    base.fill(0)
    expect(table.base).toEqual(power(4n))
    expect(table.exponentiate(scalar(2n))).toEqual(power(8n))
    table.dispose()
  })

  const uses: [string, (curve: Curve, table: FixedBase) => unknown][] = [
    ['element', (on) => on.element(generator)],
    ['decode', (on) => on.decode(generator)],
    ['isMember', (on) => on.isMember(generator)],
    ['areMembers of nothing', (on) => on.areMembers([])],
    ['memberProductsVartime of nothing', (on) => on.memberProductsVartime([], [])],
    ['memberProductsVartime', (on) => on.memberProductsVartime([generator], [[[0, scalar(1n)]]])],
    ['areProductsVartime of nothing', (on) => on.areProductsVartime([], [])],
    ['multiply', (on) => on.multiply(generator, generator)],
    ['multiplyMany of nothing', (on) => on.multiplyMany([], [])],
    ['invert', (on) => on.invert(generator)],
    ['exponentiate', (on) => on.exponentiate(generator, scalar(1n))],
    ['exponentiateMany of nothing', (on) => on.exponentiateMany([], [])],
    ['multiExponentiate of nothing', (on) => on.multiExponentiate([], [])],
    ['multiExponentiateMany of nothing', (on) => on.multiExponentiateMany([], [])],
    ['multiExponentiateVartime of nothing', (on) => on.multiExponentiateVartime([], [])],
    ['scopeElement', (on) => on.scopeElement(generator, sha256)],
    ['fixedBase', (on) => on.fixedBase(generator)],
    ['fixedBaseOfMember', (on) => on.fixedBaseOfMember(generator)],
    ['importFixedBase', (on) => on.importFixedBase(tables[0]!.export())],
    ['importFixedBase of no octets', (on) => on.importFixedBase(new Uint8Array(0))],
    ['multiExponentiateVartime of unequal lists', (on) => on.multiExponentiateVartime([generator], [])],
    ['scalars.add', (on) => on.scalars.add(scalar(1n), scalar(1n))],
  ]
  const usesOfTables: [string, (table: FixedBase, on: Curve) => unknown][] = [
    ['exponentiate', (table) => table.exponentiate(scalar(1n))],
    ['exponentiateMany', (table) => table.exponentiateMany([scalar(1n)])],
    ['exponentiateMany of nothing', (table) => table.exponentiateMany([])],
    ['exponentiateVartime', (table) => table.exponentiateVartime(scalar(1n))],
    ['export', (table) => table.export()],
    ['multiExponentiate', (table, on) => on.multiExponentiate([table], [scalar(1n)])],
    ['multiExponentiateVartime', (table, on) => on.multiExponentiateVartime([table], [scalar(1n)])],
  ]

  it.each(['the curve', 'its engine'])('does nothing after dispose() of %s', (what) => {
    const parent = new Lifetime('engine')
    const on = make(parent)
    const table = on.fixedBase(generator)
    const end = what === 'the curve' ? () => on.dispose() : () => parent.end()
    end()
    for (const [name, use] of uses) expect(() => use(on, table), name).toThrow(code('engine/disposed'))
    for (const [name, use] of usesOfTables) expect(() => use(table, on), name).toThrow(code('engine/disposed'))
    end()
    table.dispose()
    expect(parent.ended).toBe(what === 'its engine')
  })

  it.each([1000, 1])(
    'does nothing with a table for %d uses after its dispose(), and goes on without it',
    (expectedUses) => {
      const table = curve.fixedBase(g(6n), { expectedUses })
      table.dispose()
      table.dispose()
      for (const [name, use] of usesOfTables) expect(() => use(table, curve), name).toThrow(code('engine/disposed'))
      expect(curve.multiply(generator, generator)).toEqual(power(2n))
    },
  )

  it('binds a curve as the package describes it', () => {
    const bound =
      backend === 'wasm'
        ? arithmetic.onWasm(engine, P256, new Lifetime('engine'), ['simd'])
        : arithmetic.onBigint(engine, P256, new Lifetime('engine'))
    expect(bound.multiply(generator, generator)).toEqual(power(2n))
    bound.dispose()
  })
})

describe('P-256 on wasm, where there is much to do,', () => {
  const curve = makers.wasm()
  const { generator } = curve
  const count = 300
  const es = Array.from({ length: count }, (_, i) => BigInt(i))
  const powers = es.map(g)

  it('takes more at once than it handles in one piece', () => {
    const bases = es.map(() => generator)
    expect(curve.exponentiateMany(bases, es.map(scalar))).toEqual(powers)
    expect(curve.fixedBase(generator).exponentiateMany(es.map(scalar))).toEqual(powers)
    expect(curve.multiplyMany(powers, bases)).toEqual(es.map((e) => power(e + 1n)))
    expect(curve.areMembers(powers)).toEqual(es.map((e) => e > 0n))
  })

  it('multiplies powers of so many bases that buckets cost less', () => {
    const exponents = es.map((_, i) => (i % 7 === 0 ? 0n : i % 11 === 0 ? q - 1n : drawn()))
    expect(bucketWidth(count, 256)).toBeDefined()
    const total = exponents.reduce((sum, e, i) => sum + e * es[i]!, 0n)
    expect(curve.multiExponentiateVartime(powers, exponents.map(scalar))).toEqual(power(total))
    const tables = [curve.fixedBase(g(5n), { exponents: 'public' }), curve.fixedBase(g(6n))]
    const all = [scalar(3n), ...exponents.map(scalar), scalar(-1n)]
    expect(curve.multiExponentiateVartime([tables[0]!, ...powers, tables[1]!], all)).toEqual(power(total + 15n - 6n))
    expect(() =>
      curve.multiExponentiateVartime(powers, [...es.slice(1).map(scalar), scalar(1n).subarray(1) as Scalar]),
    ).toThrow(code('scalar/length'))
  })
})
