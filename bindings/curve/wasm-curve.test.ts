import { sha256 } from '@noble/hashes/sha2.js'
import { createECDH, randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { kernels } from '../loading/detect.js'
import type { Element, Scalar } from '../engine/engine.js'
import { toBigint, toFixedWidth } from '../octets/integers.js'
import { curveOn, loadCurve } from '../testing/curve-cores.js'
import { opensslNames, opensslPowers } from '../testing/openssl-powers.js'
import { curves, PlainCurve, type Point } from '../testing/plain-curve.js'
import { computesCurveRightly, type CurveCore, type CurveExports } from './curve-core.js'
import { bucketWidth, combWidths } from './curve-cost.js'
import { Core } from '../core/core.js'
import type { WasmCurve } from './wasm-curve.js'

const curveNames = ['P-256', 'P-384', 'P-521'] as const

const cases = curveNames.flatMap((name) => kernels.map((kernel) => ({ name, kernel })))

describe.each(cases)('$name on the $kernel kernel', ({ name, kernel }) => {
  const description = curves[name]
  const plain = new PlainCurve(description)
  const { p, q, g } = description
  let core: CurveCore
  let curve: WasmCurve

  beforeAll(async () => {
    core = await loadCurve(name, kernel)
    curve = curveOn(core, name)
  })

  const scalar = (k: bigint): Scalar => toFixedWidth(k, plain.octets) as Scalar
  const element = (point: Point): Element => plain.encode(point) as Element
  const randomScalar = (): bigint => toBigint(randomBytes(plain.octets + 8)) % q
  const randomPoint = (): Point => plain.multiply(randomScalar(), g)
  const codeOf = (operation: () => unknown): unknown => {
    try {
      return operation()
    } catch (error) {
      return (error as { code: unknown }).code
    }
  }

  const opensslPower = opensslPowers(name)

  /** Scalars at the ends, around powers of two, and where digits of w bits have their borders. */
  const borders = (): bigint[] => {
    const found = new Set<bigint>()
    const bits = q.toString(2).length
    const add = (k: bigint): void => {
      for (const candidate of [k, q - k]) if (candidate >= 0n && candidate < q) found.add(candidate)
    }
    for (let k = 0n; k <= 70n; k++) add(k)
    for (const k of [q >> 1n, (q >> 1n) + 1n, q / 31n, q / 33n, q >> 5n]) add(k)
    for (let i = 0; i < bits; i += 5) {
      for (const offset of [-17n, -1n, 0n, 1n, 16n]) add((1n << BigInt(i)) + offset)
    }
    for (const digits of ['0f', 'f0', '84210', '7bdef', 'ffffffff00000000', 'f8', '10']) {
      add(BigInt(`0x${digits.repeat(140).slice(0, 2 * plain.octets)}`) % q)
    }
    return [...found]
  }

  it('exponentiates by every border scalar, with a comb of any width and without', () => {
    const ks = borders()
    const expected = ks.map(opensslPower)
    const generators = ks.map(() => curve.generator)
    expect(curve.exponentiateMany(generators, ks.map(scalar))).toEqual(expected)
    for (const width of combWidths) {
      // The widths that no one gets by default have fewer turns.
      const some = (_: unknown, i: number): boolean => width === 5 || i % 7 === width % 7
      const comb = { width, table: curve.buildComb(curve.generator, width), users: 1 }
      expect(curve.powersOf(ks.filter(some).map((k) => [comb, scalar(k)]))).toEqual(expected.filter(some))
      core.release(comb.table)
    }
  })

  it('exponentiates like OpenSSL and like BigInt', () => {
    const base = curve.exponentiate(curve.generator, scalar(randomScalar()))
    expect(curve.isMember(base)).toBe(true)
    for (let i = 0; i < 40; i++) {
      const k = randomScalar()
      const power = curve.exponentiate(base, scalar(k))
      const key = createECDH(opensslNames[name])
      key.setPrivateKey(scalar(k))
      expect(power.subarray(1, 1 + plain.octets)).toEqual(new Uint8Array(key.computeSecret(base)))
      if (i < 3) expect(power).toEqual(plain.encode(plain.multiply(k, plain.decode(base))))
    }
  })

  it('multiplies whatever the factors are', () => {
    const P = randomPoint()
    const Q = randomPoint()
    const [negated, doubled] = [plain.negate(P), plain.add(P, P)]
    for (const [a, b] of [
      [P, Q],
      [P, P],
      [P, negated],
      [P, doubled],
      [doubled, P],
      [negated, doubled],
      [P, undefined],
      [undefined, P],
      [undefined, undefined],
    ] as [Point, Point][]) {
      expect(curve.multiply(element(a), element(b))).toEqual(plain.encode(plain.add(a, b)))
    }
    expect(curve.invert(element(P))).toEqual(plain.encode(negated))
    expect(curve.invert(curve.identity)).toEqual(curve.identity)
  })

  it('multiplies powers of bases that are related', () => {
    const P = randomPoint()
    const [negated, doubled] = [plain.negate(P), plain.add(P, P)]
    const [k, l] = [randomScalar(), randomScalar()]
    const table = curve.fixedBase(element(P))
    const lists: [Point, bigint][][] = [
      [],
      [[P, k]],
      [
        [P, k],
        [P, k],
      ],
      [
        [P, k],
        [negated, k],
      ],
      [
        [P, k],
        [P, q - k],
      ],
      [
        [P, 2n],
        [doubled, 1n],
      ],
      [
        [P, 2n],
        [doubled, q - 1n],
      ],
      [
        [P, 1n],
        [P, 1n],
        [negated, 2n],
        [doubled, l],
      ],
      [
        [P, 0n],
        [doubled, 0n],
      ],
      [
        [undefined, k],
        [P, l],
      ],
    ]
    for (const list of lists) {
      const expected = plain.encode(
        list.reduce<Point>((sum, [base, e]) => plain.add(sum, plain.multiply(e, base)), undefined),
      )
      const bases = list.map(([base]) => element(base))
      const es = list.map(([, e]) => scalar(e))
      expect(curve.multiExponentiate(bases, es)).toEqual(expected)
      expect(curve.multiExponentiateVartime(bases, es)).toEqual(expected)
      const withTables = list.map(([base]) => (base === P ? table : element(base)))
      expect(curve.multiExponentiate(withTables, es)).toEqual(expected)
      expect(curve.multiExponentiateVartime(withTables, es)).toEqual(expected)
    }
  })

  it('multiplies powers of so many bases that buckets pay', () => {
    const count = 300
    expect(bucketWidth(count, curve.qBits)).toBeDefined()
    const logarithms = Array.from({ length: count }, (_, i) => (i % 5 === 0 ? 7n : randomScalar()))
    const exponents = Array.from({ length: count }, (_, i) =>
      i % 7 === 0 ? 0n : i % 11 === 0 ? q - 1n : randomScalar(),
    )
    const bases = curve.fixedBase(curve.generator).exponentiateMany(logarithms.map(scalar))
    const total = logarithms.reduce((sum, x, i) => (sum + x * exponents[i]!) % q, 0n)
    expect(curve.multiExponentiateVartime(bases, exponents.map(scalar))).toEqual(opensslPower(total))
    const table = curve.fixedBase(curve.generator, { exponents: 'public' })
    expect(curve.multiExponentiateVartime([table, ...bases], [curve.scalars.one, ...exponents.map(scalar)])).toEqual(
      opensslPower((total + 1n) % q),
    )
    const inverses = bases.map((base) => curve.invert(base))
    const both = [...exponents, ...exponents].map(scalar)
    expect(curve.multiExponentiateVartime([...bases, ...inverses], both)).toEqual(curve.identity)
  })

  it('raises by public exponents at every border', () => {
    const ks = borders()
    const table = curve.fixedBase(curve.generator, { exponents: 'public' })
    for (const k of ks) {
      const expected = opensslPower(k)
      expect(curve.multiExponentiateVartime([curve.generator], [scalar(k)])).toEqual(expected)
      expect(table.exponentiateVartime(scalar(k))).toEqual(expected)
    }
  })

  it('gives powers of members only', () => {
    const P = randomPoint()
    const ks = [0n, 1n, q - 1n, randomScalar()]
    const powers = (x: Uint8Array, es: readonly Scalar[]) =>
      curve.memberProductsVartime(
        [x],
        es.map((e) => [[0, e]]),
      )
    expect(powers(element(P), ks.map(scalar))).toEqual(ks.map((k) => plain.encode(plain.multiply(k, P))))
    expect(powers(element(P), [])).toEqual([])
    const off = element(P).slice()
    off[off.length - 1]! ^= 1
    expect(powers(off, [scalar(1n)])).toBeUndefined()
    expect(powers(curve.identity, [scalar(1n)])).toBeUndefined()
    expect(curve.memberProductsVartime([element(P), off], [[[0, scalar(1n)]]])).toBeUndefined()
    expect(codeOf(() => curve.memberProductsVartime([element(P)], [[[1, scalar(1n)]]]))).toBe('base/index')
  })

  it('gives products of powers of members that are related', () => {
    const P = randomPoint()
    const [negated, doubled] = [plain.negate(P), plain.add(P, P)]
    const table = curve.fixedBase(element(P), { exponents: 'public' })
    const k = randomScalar()
    const points = [P, negated, doubled, P, undefined] as const
    const bases = [0, 1, 2, table, curve.identity] as const
    const exponents = [
      [1n, 0n, 0n, 1n, 0n],
      [1n, 1n, 0n, 0n, k],
      [2n, 0n, q - 1n, 0n, 1n],
      [k, 0n, 0n, q - k, 0n],
      [k, k, k, k, k],
      [0n, 0n, 0n, 0n, 0n],
    ]
    const products = curve.memberProductsVartime(
      [P, negated, doubled].map(element),
      exponents.map((es) => es.map((e, i) => [bases[i]!, scalar(e)] as const)),
    )
    expect(products).toEqual(
      exponents.map((es) =>
        plain.encode(es.reduce<Point>((sum, e, i) => plain.add(sum, plain.multiply(e, points[i])), undefined)),
      ),
    )
    expect(curve.memberProductsVartime([], [[]])).toEqual([curve.identity])
  })

  it('tells lists of products from others', () => {
    const bases = [curve.fixedBase(curve.generator, { exponents: 'public' }), element(randomPoint())]
    for (const count of [1, 2, 50]) {
      const exponents = Array.from({ length: count }, () => [randomScalar(), randomScalar()].map(scalar))
      const values = curve.multiExponentiateMany(bases, exponents)
      const isTold = (...lists: Element[][]): boolean =>
        curve.areProductsVartime(
          lists.map((values) => ({ values, bases })),
          exponents,
        )
      expect(isTold(values)).toBe(true)
      expect(isTold(values, values)).toBe(true)
      const [first, second] = [values[0]!, values[1] ?? values[0]!]
      const inverted = [curve.invert(first), ...values.slice(1)]
      expect(isTold(inverted)).toBe(false)
      expect(isTold(values, inverted)).toBe(false)
      if (count === 1) continue
      // Errors that cancel out in the plain product of all values.
      const { generator } = curve
      const cancelling = [curve.multiply(first, generator), curve.multiply(second, curve.invert(generator))]
      expect(isTold([...cancelling, ...values.slice(2)])).toBe(false)
      expect(isTold([second, first, ...values.slice(2)])).toBe(false)
      expect(isTold([...values.slice(1), first])).toBe(false)
    }
    expect(curve.areProductsVartime([{ values: [], bases }], [])).toBe(true)
    expect(codeOf(() => curve.areProductsVartime([{ values: [curve.generator], bases }], []))).toBe('exponent/count')
  })

  it('multiplies powers with short exponents', () => {
    const logarithms = Array.from({ length: 40 }, () => randomScalar())
    const bases = curve.fixedBase(curve.generator).exponentiateMany(logarithms.map(scalar))
    for (const bits of [1, 2, 8, 63, 64, 65]) {
      const top = 1n << BigInt(bits)
      const es = bases.map((_, i) => (i % 3 === 0 ? top - 1n : i % 3 === 1 ? top / 2n : randomScalar() % top))
      for (const count of [1, 2, 40]) {
        const total = es.slice(0, count).reduce((sum, e, i) => (sum + e * logarithms[i]!) % q, 0n)
        const product = curve.multiExponentiateVartime(bases.slice(0, count), es.slice(0, count).map(scalar))
        expect(product).toEqual(opensslPower(total))
      }
    }
  })

  it('lets in points of the curve, in one form', () => {
    const { generator, elementLength } = curve
    expect(curve.element(generator)).toEqual(generator)
    const changed = (change: (octets: Uint8Array) => unknown): Uint8Array => {
      const octets = generator.slice()
      change(octets)
      return octets
    }
    const [xAt, yAt] = [1, 1 + plain.octets]
    const bad: [string, Uint8Array][] = [
      ['element/length', generator.subarray(1)],
      ['element/length', new Uint8Array(1)],
      ['element/length', new Uint8Array(elementLength + 1)],
      ['element/encoding', curve.identity],
      ['element/encoding', changed((octets) => (octets[0] = 6))],
      ['element/encoding', changed((octets) => (octets[0] = 2))],
      ['element/encoding', changed((octets) => (octets[0] = 0))],
      ['element/range', changed((octets) => octets.set(toFixedWidth(p, plain.octets), xAt))],
      ['element/range', changed((octets) => octets.set(toFixedWidth(p, plain.octets), yAt))],
      ['element/range', changed((octets) => octets.fill(0xff, xAt))],
      ['element/not-on-curve', changed((octets) => (octets[elementLength - 1]! ^= 1))],
      ['element/not-on-curve', changed((octets) => (octets[yAt - 1]! ^= 1))],
      ['element/not-on-curve', changed((octets) => octets.fill(0, xAt))],
    ]
    for (const [code, octets] of bad) {
      expect(codeOf(() => curve.element(octets))).toBe(code)
      expect(curve.isMember(octets)).toBe(false)
    }
    // The same point with x + p, where that fits into the octets.
    const larger = g.x + p
    if (larger < 1n << BigInt(8 * plain.octets)) {
      expect(curve.isMember(changed((octets) => octets.set(toFixedWidth(larger, plain.octets), xAt)))).toBe(false)
    }
    expect(curve.areMembers([generator, ...bad.map(([, octets]) => octets), generator])).toEqual([
      true,
      ...bad.map(() => false),
      true,
    ])
    for (const other of [undefined, null, 'x', Array.from(generator)]) {
      expect(curve.isMember(other as never)).toBe(false)
      expect(codeOf(() => curve.element(other as never))).toBe('octets/type')
    }
  })

  it('takes lists longer than it handles at once', () => {
    const es = Array.from({ length: 300 }, (_, i) => scalar(BigInt(i)))
    const powers = curve.fixedBase(curve.generator).exponentiateMany(es)
    expect(powers[299]).toEqual(opensslPower(299n))
    expect(powers[0]).toEqual(curve.identity)
    expect(curve.areMembers(powers)).toEqual(powers.map((_, i) => i > 0))
    expect(
      curve.exponentiateMany(
        es.map(() => curve.generator),
        es,
      ),
    ).toEqual(powers)
  })

  it('computes modulo q', () => {
    const { scalars } = curve
    const [a, b, c] = [randomScalar(), randomScalar(), randomScalar()]
    expect(scalars.multiplyAdd(scalar(a), scalar(b), scalar(c))).toEqual(scalar((a * b + c) % q))
    expect(scalars.multiply(scalars.invert(scalar(a)), scalar(a))).toEqual(scalars.one)
    expect(scalars.subtract(scalar(a), scalar(b))).toEqual(scalar((a - b + q) % q))
    for (const length of [0, 1, 31, 32, 33, 40, 56, 64, 66, 69, 74, 128]) {
      const octets = new Uint8Array(randomBytes(length)).fill(0xff, 0, length % 3 === 0 ? length : 0)
      expect(scalars.reduce(octets)).toEqual(scalar(toBigint(octets) % q))
    }
    expect(codeOf(() => scalars.from(scalar(q)))).toBe('scalar/range')
  })

  it('refuses operands of another length, and tables of another group', () => {
    const other = curveOn(core, name)
    const table = other.fixedBase(other.generator)
    const one = curve.scalars.one
    expect(codeOf(() => curve.multiExponentiate([table], [one]))).toBe('base/other-group')
    expect(codeOf(() => curve.exponentiate(curve.generator.subarray(1) as Element, one))).toBe('element/length')
    expect(codeOf(() => curve.exponentiate(curve.generator, one.subarray(1) as Scalar))).toBe('scalar/length')
    expect(codeOf(() => curve.multiExponentiate([curve.generator], []))).toBe('exponent/count')
    other.dispose()
    expect(codeOf(() => other.multiply(curve.generator, curve.generator))).toBe('engine/disposed')
    expect(codeOf(() => table.exponentiate(one))).toBe('engine/disposed')
  })

  describe('tables', () => {
    it('of one base are shared, grow, and are freed', () => {
      const other = curveOn(core, name)
      // Working memory stays.
      other.fixedBase(other.generator).dispose()
      other.multiply(other.generator, other.generator)
      const before = core.allocatedBytes
      const small = other.fixedBase(other.generator, { expectedUses: 10 })
      const large = other.fixedBase(other.generator, { expectedUses: 5000 })
      const again = other.fixedBase(other.generator, { expectedUses: 100 })
      expect(large.tableBytes).toBeGreaterThan(small.tableBytes)
      expect(again.tableBytes).toBe(large.tableBytes)
      const e = other.scalars.random()
      const power = other.exponentiate(other.generator, e)
      expect([small, large, again].map((table) => table.exponentiate(e))).toEqual([power, power, power])
      for (const table of [small, large, again]) table.dispose()
      expect(core.allocatedBytes).toBe(before)
      other.dispose()
    })

    it('do without a comb where it does not pay', () => {
      const fresh = curveOn(core, name)
      const table = fresh.fixedBase(fresh.generator, { expectedUses: 1 })
      expect(table.tableBytes).toBe(0)
      const e = fresh.scalars.random()
      expect(table.exponentiate(e)).toEqual(fresh.exponentiate(fresh.generator, e))
      expect(fresh.fixedBase(fresh.generator, { expectedUses: 1000, maxTableBytes: 100 }).tableBytes).toBe(0)
      fresh.dispose()
    })

    it.each([1000, 1])('come back as they were exported (for %d uses)', async (expectedUses) => {
      const fresh = curveOn(core, name)
      const table = fresh.fixedBase(fresh.generator, { expectedUses })
      const image = table.export()
      const other = curveOn(await loadCurve(name, kernel), name)
      const imported = other.importFixedBase(image)
      const e = fresh.scalars.random()
      expect(imported.exponentiate(e)).toEqual(table.exponentiate(e))
      expect([imported.base, imported.tableBytes]).toEqual([table.base, table.tableBytes])
      expect(imported.export()).toEqual(image)
      fresh.dispose()
    })

    it('are refused where they are damaged, lie or belong elsewhere', async () => {
      const image = curveOn(core, name).fixedBase(curve.generator, { expectedUses: 10 }).export()
      const seal = (octets: Uint8Array): Uint8Array => {
        const body = octets.subarray(0, -32)
        return Buffer.concat([body, sha256(body)])
      }
      const changed = (at: number, value: number): Uint8Array => {
        const octets = image.slice()
        octets[at] = value
        return octets
      }
      const codes = (octets: Uint8Array): unknown => codeOf(() => curve.importFixedBase(octets))
      expect(codes(changed(image.length >> 1, image[image.length >> 1]! ^ 1))).toBe('table/checksum')
      expect(codes(image.subarray(1))).toBe('table/malformed')
      expect(codes(new Uint8Array())).toBe('table/malformed')
      expect(codes(image.subarray(0, 60))).toBe('table/malformed')
      expect(codes(seal(changed(37, 0)))).toBe('table/malformed')
      expect(codes(seal(changed(37, 9)))).toBe('table/malformed')
      expect(codes(seal(changed(37, 8)))).toBe('table/malformed')
      expect(codes(seal(changed(36, 2)))).toBe('table/malformed')
      expect(codes(seal(changed(38, 5)))).toBe('table/malformed')
      const otherName = name === 'P-256' ? 'P-384' : 'P-256'
      const elsewhere = curveOn(await loadCurve(otherName, kernel), otherName)
      expect(codeOf(() => elsewhere.importFixedBase(image))).toBe('table/other-owner')
    })

    it.each([{ expectedUses: 0 }, { expectedUses: NaN }, { maxTableBytes: -1 }, { exponents: 'Public' as 'public' }])(
      'are refused with options %o',
      (options) => {
        expect(codeOf(() => curve.fixedBase(curve.generator, options))).toBe('table/options')
      },
    )
  })

  it('is not used if it computes wrongly', () => {
    expect(computesCurveRightly(core, description)).toBe(true)
    const { exports } = core
    const off: Partial<CurveExports>[] = [
      {
        power: (dst, base, k) => {
          exports.power(dst, base, k)
          exports.sum(dst, dst, 0)
        },
      },
      { areOnCurve: (flags) => void (core.octets[flags] = 0) },
    ]
    for (const wrong of off) {
      expect(computesCurveRightly(new Core(kernel, { ...exports, ...wrong }), description)).toBe(false)
    }
  })

  describe('secrets', () => {
    const operations: [string, (curve: WasmCurve, e: Scalar) => unknown][] = [
      ['exponentiate', (curve, e) => curve.exponentiate(curve.generator, e)],
      ['exponentiateMany', (curve, e) => curve.exponentiateMany([curve.generator, curve.generator], [e, e])],
      ['a table', (curve, e) => curve.fixedBase(curve.generator).exponentiate(e)],
      [
        'multiExponentiate',
        (curve, e) => curve.multiExponentiate([curve.fixedBase(curve.generator), curve.generator], [e, e]),
      ],
      [
        'multiply',
        (curve, e) => {
          const power = curve.exponentiate(curve.generator, e)
          return curve.multiply(power, power)
        },
      ],
      ['scalars.multiplyAdd', ({ scalars }, e) => scalars.multiplyAdd(e, e, e)],
      ['scalars.invert', ({ scalars }, e) => scalars.invert(e)],
    ]

    /** Whether the memory is the same after an operation on either of two secrets that only chance makes alike. */
    const leavesNothing = (on: CurveCore, operation: (curve: WasmCurve, e: Scalar) => unknown): boolean => {
      const bound = curveOn(on, name)
      const [first, second] = [bound.scalars.random(), bound.scalars.random()]
      bound.fixedBase(bound.generator)
      operation(bound, first)
      operation(bound, first)
      const after = on.octets.slice()
      operation(bound, second)
      const same = Buffer.compare(on.octets, after) === 0
      bound.dispose()
      return same
    }

    it.each(operations)('of %s leave nothing in memory', async (_, operation) => {
      expect(leavesNothing(await loadCurve(name, kernel), operation)).toBe(true)
    })

    it.each(['wipeCurve', 'wipe'] as const)('show where %s does nothing', async (wiping) => {
      const { exports } = await loadCurve(name, kernel)
      const leaky = new Core(kernel, { ...exports, [wiping]: () => undefined })
      const shown = operations.filter(([, operation]) => !leavesNothing(leaky, operation))
      expect(shown.length).toBeGreaterThan(1)
    })
  })
})
