import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { expect } from 'vitest'
import { bitLength, toBigint, toFixedWidth, toHex } from '../octets/integers.js'
import type { Curve, GroupDescription, Element, Engine, FixedBase, Scalar, Subgroup } from '../engine/engine.js'
import { UProveError } from '../errors.js'
import { powerModulo } from '../engine/power.js'
import { elementsOfSmallOrder } from './small-order.js'
import type { RandomSource } from '../octets/random.js'
import { isOctets } from '../octets/shape.js'

/** One engine's group with tables for some bases, of different shapes. */
interface Side {
  readonly group: Subgroup | Curve
  readonly tables: readonly FixedBase[]
}

/** An operation of the interface on generated operands. It returns octets, lists of octets, booleans or undefined. */
interface Operation<Operands> {
  readonly operands: fc.Arbitrary<Operands>
  /** Operands that are tried in any case, before generated ones. */
  readonly edges: readonly Operands[]
  /** How dear it is, in exponentiations; cheap operations run more often. */
  readonly cost: number
  readonly run: (side: Side, operands: Operands) => unknown
}

const limbBits = [28, 32, 51, 52, 64]

/** The ends of [minimum, maximum], its middle, and the number of all ones and its neighbour. */
function edgesOf(minimum: bigint, maximum: bigint): bigint[] {
  const top = 1n << BigInt(bitLength(maximum) - 1)
  const edges = [minimum, minimum + 1n, minimum + 2n, maximum - 1n, maximum, maximum / 2n, top, top - 1n]
  return [...new Set(edges)].filter((edge) => minimum <= edge && edge <= maximum)
}

/** Integers in [minimum, maximum]: uniform ones, the ends, powers of two and their neighbours, all-ones limbs. */
function integers(minimum: bigint, maximum: bigint): fc.Arbitrary<bigint> {
  const bits = bitLength(maximum)
  const inRange = (n: bigint): bigint => (n < minimum ? minimum : n > maximum ? maximum : n)
  const nearPowers = fc
    .tuple(fc.integer({ min: 0, max: bits }), fc.constantFrom(-1n, 0n, 1n))
    .map(([k, offset]) => inRange((1n << BigInt(k)) + offset))
  const limbPatterns = fc.constantFrom(...limbBits).chain((limb) =>
    fc
      .array(fc.constantFrom(0n, 1n, (1n << BigInt(limb)) - 1n), { maxLength: Math.ceil(bits / limb), size: 'max' })
      .map((limbs) =>
        inRange(
          BigInt.asUintN(
            bits,
            limbs.reduce((value, next) => (value << BigInt(limb)) | next, 0n),
          ),
        ),
      ),
  )
  const uniform = fc.bigInt({ min: minimum, max: maximum })
  return fc.oneof(
    { weight: 4, arbitrary: uniform },
    fc.constantFrom(...edgesOf(minimum, maximum)),
    nearPowers,
    limbPatterns,
  )
}

/** A source that plays back what it was given, over and over. */
function playback(octets: Uint8Array): RandomSource {
  let next = 0
  return {
    fill(bytes) {
      for (let i = 0; i < bytes.length; i++) bytes[i] = octets[next++ % octets.length]!
    },
  }
}

/** A value in a form that compares and prints well: hexadecimal for octets, the code for an error. */
function readable(value: unknown): unknown {
  if (isOctets(value)) return toHex(value)
  if (value instanceof UProveError) return { [value.constructor.name]: value.code }
  return Array.isArray(value) ? value.map(readable) : value
}

/** The result of an operation, or the error that it throws on purpose. */
function outcome(operation: () => unknown): unknown {
  try {
    return operation()
  } catch (error) {
    if (error instanceof UProveError) return error
    throw error
  }
}

/** Overwrites all octets of a result. Nobody else may see it: neither operands nor an engine's memory. */
function overwrite(value: unknown): void {
  if (isOctets(value)) value.fill(0xa5)
  if (Array.isArray(value)) value.forEach(overwrite)
}

/** The elements that operations are tried with. */
interface Elements {
  /** What products are defined for. */
  readonly operand: fc.Arbitrary<Element>
  /** What powers are defined for. */
  readonly unit: fc.Arbitrary<Element>
  /** What is checked: members and what is none. */
  readonly candidate: fc.Arbitrary<Uint8Array>
  readonly operandEdges: readonly Element[]
  readonly unitEdges: readonly Element[]
  readonly candidateEdges: readonly Uint8Array[]
}

/** Arithmetic is defined for all residues; the brand is the protocols' business. */
function elementsOfSubgroup(group: Subgroup): Elements {
  const { p, q, g, elementLength } = group
  const asElement = (x: bigint): Element => toFixedWidth(x, elementLength) as Element
  const unit = integers(1n, p - 1n).map(asElement)
  const member = integers(0n, q - 1n).map((e) => asElement(powerModulo(g, e, p)))
  const smallOrder = fc.constantFrom(...elementsOfSmallOrder(group).map(toBigint))
  const nonMember = fc.oneof(
    smallOrder.map(asElement),
    fc.tuple(smallOrder, integers(0n, q - 1n)).map(([x, e]) => asElement((x * powerModulo(g, e, p)) % p)),
    unit,
  )
  const outOfRange = integers(p, (1n << BigInt(8 * elementLength)) - 1n).map(asElement)
  return {
    operand: integers(0n, p - 1n).map(asElement),
    unit,
    candidate: fc.oneof(
      { weight: 4, arbitrary: member },
      { weight: 4, arbitrary: nonMember },
      outOfRange,
      fc.constant(asElement(0n)),
      fc.uint8Array({ maxLength: elementLength + 2, size: 'max' }),
    ),
    operandEdges: edgesOf(0n, p - 1n).map(asElement),
    unitEdges: edgesOf(1n, p - 1n).map(asElement),
    candidateEdges: [0n, 1n, 2n, g, p - 1n, p - g, p, p + 1n].map(asElement),
  }
}

/** Related points, whose sums are the exceptional cases of addition, and points with a coordinate or the form changed. */
function elementsOfCurve(curve: Curve): Elements {
  const { p, q, generator, identity, elementLength } = curve
  const power = (e: bigint): Element => curve.exponentiate(generator, toFixedWidth(e, curve.scalarLength) as Scalar)
  const exponents = [1n, 2n, 3n, 4n, 5n, 16n, q / 2n, q / 3n, q - 2n, q - 1n]
  const points = exponents.map(power)
  const point = fc.oneof(fc.constantFrom(...points), integers(1n, q - 1n).map(power))
  const coordinate = (elementLength - 1) / 2
  const changed = fc
    .tuple(point, fc.nat({ max: elementLength - 1 }), fc.integer({ min: 1, max: 255 }))
    .map(([octets, at, by]) => Uint8Array.from(octets, (octet, i) => (i === at ? octet ^ by : octet)))
  const withX = (x: bigint): Uint8Array =>
    Uint8Array.of(4, ...toFixedWidth(x, coordinate), ...generator.subarray(1 + coordinate))
  const forms = [0, 2, 3, 5, 6, 7].map((form) => Uint8Array.of(form, ...generator.subarray(1)))
  const compressed = Uint8Array.of(2, ...generator.subarray(1, 1 + coordinate))
  return {
    operand: fc.oneof({ weight: 5, arbitrary: point }, fc.constant(identity)),
    unit: point,
    candidate: fc.oneof(
      { weight: 4, arbitrary: point },
      { weight: 4, arbitrary: changed },
      fc.uint8Array({ maxLength: elementLength + 2, size: 'max' }),
    ),
    operandEdges: [identity, ...points],
    unitEdges: points,
    candidateEdges: [identity, ...points, ...forms, compressed, ...[0n, 1n, p - 1n, p, p + 1n].map(withX)],
  }
}

/** Every operation of `Group`, `ScalarField` and `FixedBase`, with the operands that it is defined for. */
function operationsOn(group: Subgroup | Curve): Record<string, Operation<never>> {
  const { q, scalarLength, generator } = group
  const asScalar = (x: bigint): Scalar => toFixedWidth(x, scalarLength) as Scalar
  const { operand, unit, candidate, operandEdges, unitEdges, candidateEdges } =
    group.construction === 'curve' ? elementsOfCurve(group) : elementsOfSubgroup(group)
  const scalar = integers(0n, q - 1n).map(asScalar)
  const digest = fc.oneof(
    fc.uint8Array({ maxLength: 130, size: 'max' }),
    fc.nat({ max: 130 }).map((length) => new Uint8Array(length).fill(0xff)),
    scalar.map((x) => Uint8Array.from(x)),
    fc.tuple(fc.nat({ max: 1000 }), fc.integer({ min: -1, max: 1 })).map(([k, offset]) => {
      const multiple = BigInt(k) * q + BigInt(offset)
      return toFixedWidth(multiple < 0n ? 0n : multiple, scalarLength + 2)
    }),
  )
  const pair = fc.tuple(scalar, scalar)
  const factors = fc.array(fc.tuple(unit, scalar), { maxLength: 6 })
  const manyFactors = fc.array(fc.tuple(unit, scalar), { minLength: 400, maxLength: 600, size: 'max' })
  const mixedFactors = fc.array(fc.tuple(fc.oneof(unit, fc.nat({ max: 2 })), scalar), { maxLength: 6 })
  const anyBase = fc.oneof(fc.constantFrom('x' as const, 'other x' as const), unit, fc.nat({ max: 2 }))
  type ReceivedFactors = (readonly [Element | number | 'x' | 'other x', Scalar])[]
  type Combination = readonly [readonly (Element | number)[], readonly (readonly Scalar[])[]]
  type MixedFactors = readonly (readonly [Element | number, Scalar])[]
  const basesOf = ({ tables }: Side, list: MixedFactors) =>
    list.map(([base]) => (typeof base === 'number' ? tables[base % tables.length]! : base))
  const exponentsOf = (list: readonly (readonly [unknown, Scalar])[]) => list.map(([, e]) => e)

  const scalarEdges = edgesOf(0n, q - 1n).map(asScalar)
  const allPairs = <A, B>(as: readonly A[], bs: readonly B[]) => as.flatMap((a) => bs.map((b): [A, B] => [a, b]))
  // Every edge exponent, with tables and plain bases by turns.
  const mixedEdges = scalarEdges.map((e, i): [Element | number, Scalar] => [
    i % 2 === 0 ? i : unitEdges[i % unitEdges.length]!,
    e,
  ])
  const pairEdges = allPairs(scalarEdges, scalarEdges)

  const operation = <T>(
    operands: fc.Arbitrary<T>,
    edges: readonly T[],
    cost: number,
    run: (side: Side, operands: T) => unknown,
  ) => ({ operands, edges, cost, run }) as unknown as Operation<never>

  return {
    'scalars.zero and one': operation(fc.constant(null), [], 0, ({ group: { scalars } }) => [
      scalars.zero,
      scalars.one,
    ]),
    'scalars.add': operation(pair, pairEdges, 0, ({ group }, [a, b]) => group.scalars.add(a, b)),
    'scalars.subtract': operation(pair, pairEdges, 0, ({ group }, [a, b]) => group.scalars.subtract(a, b)),
    'scalars.negate': operation(scalar, scalarEdges, 0, ({ group }, a) => group.scalars.negate(a)),
    'scalars.multiply': operation(pair, pairEdges, 0, ({ group }, [a, b]) => group.scalars.multiply(a, b)),
    'scalars.multiplyAdd': operation(
      fc.tuple(pair, scalar),
      allPairs(pairEdges, scalarEdges),
      0,
      ({ group }, [[a, b], c]) => group.scalars.multiplyAdd(a, b, c),
    ),
    'scalars.invert': operation(scalar, scalarEdges, 0.2, ({ group }, a) => group.scalars.invert(a)),
    'scalars.reduce': operation(
      digest,
      [0, 1, scalarLength, scalarLength + 1, 127, 128, 129].map((length) => new Uint8Array(length).fill(0xff)),
      0,
      ({ group }, octets) => group.scalars.reduce(octets),
    ),
    'scalars.from': operation<Uint8Array>(
      fc.oneof(scalar, digest, integers(q - 1n, (1n << BigInt(8 * scalarLength)) - 1n).map(asScalar)),
      [0n, 1n, q - 1n, q, q + 1n].map(asScalar),
      0,
      ({ group }, octets) => group.scalars.from(octets),
    ),
    'scalars.random': operation(
      fc.uint8Array({ minLength: 1, maxLength: 3 * scalarLength, size: 'max' }),
      [new Uint8Array(1), Uint8Array.of(0xff), asScalar(q), asScalar(q - 1n)],
      0,
      ({ group }, octets) => group.scalars.random(playback(octets)),
    ),
    operand: operation(candidate, candidateEdges, 0, ({ group }, x) => group.operand(x)),
    decode: operation(candidate, candidateEdges, 1, ({ group }, x) => group.decode(x)),
    encode: operation(candidate, candidateEdges, 0, ({ group }, x) => [group.encode(x), group.hasEncoding(x)]),
    scopeElement: operation(fc.uint8Array({ maxLength: 40 }), [new Uint8Array(0)], 3, ({ group }, scope) =>
      group.scopeElement(scope, sha256),
    ),
    element: operation(candidate, candidateEdges, 1, ({ group }, x) => group.element(x)),
    isMember: operation(candidate, candidateEdges, 1, ({ group }, x) => group.isMember(x)),
    fixedBaseOfMember: operation(candidate, candidateEdges, 1, ({ group }, x) =>
      group.fixedBaseOfMember(x, { expectedUses: 20 })?.exponentiate(group.scalars.one),
    ),
    areMembers: operation(fc.array(candidate, { maxLength: 4 }), [candidateEdges], 3, ({ group }, xs) =>
      group.areMembers(xs),
    ),
    memberProductsVartime: operation(
      fc.tuple(candidate, candidate, fc.array(fc.array(fc.tuple(anyBase, scalar), { maxLength: 4 }), { maxLength: 3 })),
      candidateEdges.map((x): [Uint8Array, Uint8Array, ReceivedFactors[]] => [
        x,
        generator,
        [
          ...scalarEdges.map((e): ReceivedFactors => [
            ['x', e],
            ['other x', e],
          ]),
          mixedEdges,
          [],
        ],
      ]),
      3,
      (side, [x, otherX, products]) =>
        side.group.memberProductsVartime(
          [x, otherX],
          products.map((factors) =>
            factors.map(([base, e]) => [base === 'x' ? 0 : base === 'other x' ? 1 : basesOf(side, [[base, e]])[0]!, e]),
          ),
        ),
    ),
    areProductsVartime: operation<Combination>(
      fc.tuple(
        fc.array(fc.oneof(unit, fc.nat({ max: 2 })), { maxLength: 3 }),
        fc.array(fc.array(scalar, { minLength: 3, maxLength: 3 }), { maxLength: 3 }),
      ),
      [[[0, generator], scalarEdges.map((e) => [e, e, e])]],
      6,
      (side, [own, rows]) => {
        const { group } = side
        const bases = basesOf(
          side,
          own.map((base) => [base, group.scalars.one]),
        )
        const exponents = rows.map((row) => row.slice(0, own.length))
        const values = group.multiExponentiateMany(bases, exponents)
        const others = group.multiplyMany(
          values,
          values.map(() => group.generator),
        )
        return [values, ...[values, others].map((own) => group.areProductsVartime([{ values: own, bases }], exponents))]
      },
    ),
    multiplyMany: operation(
      fc.array(fc.tuple(operand, operand), { maxLength: 4 }),
      [[], allPairs(operandEdges, operandEdges)],
      0,
      ({ group }, pairs) =>
        group.multiplyMany(
          pairs.map(([a]) => a),
          pairs.map(([, b]) => b),
        ),
    ),
    multiply: operation(fc.tuple(operand, operand), allPairs(operandEdges, operandEdges), 0, ({ group }, [a, b]) =>
      group.multiply(a, b),
    ),
    invert: operation(unit, unitEdges, 0.5, ({ group }, a) => group.invert(a)),
    exponentiate: operation(fc.tuple(unit, scalar), allPairs(unitEdges, scalarEdges), 1, ({ group }, [base, e]) =>
      group.exponentiate(base, e),
    ),
    exponentiateMany: operation(factors, [[]], 3, ({ group }, list) =>
      group.exponentiateMany(
        list.map(([base]) => base),
        exponentsOf(list),
      ),
    ),
    multiExponentiate: operation(mixedFactors, [[], mixedEdges], 3, (side, list: MixedFactors) =>
      side.group.multiExponentiate(basesOf(side, list), exponentsOf(list)),
    ),
    multiExponentiateVartime: operation(mixedFactors, [[], mixedEdges], 3, (side, list: MixedFactors) =>
      side.group.multiExponentiateVartime(basesOf(side, list), exponentsOf(list)),
    ),
    'multiExponentiateVartime of many bases': operation(manyFactors, [], 100, ({ group }, list) =>
      group.multiExponentiateVartime(
        list.map(([base]) => base),
        exponentsOf(list),
      ),
    ),
    'fixedBase.exponentiate': operation(scalar, scalarEdges, 1, ({ tables }, e) =>
      tables.map((table) => table.exponentiate(e)),
    ),
    'fixedBase.exponentiateMany': operation(
      fc.array(scalar, { maxLength: 3 }),
      [[], scalarEdges],
      2,
      ({ tables }, es) => tables.map((table) => table.exponentiateMany(es)),
    ),
    'fixedBase.exponentiateVartime': operation(scalar, scalarEdges, 1, ({ tables }, e) =>
      tables.map((table) => table.exponentiateVartime(e)),
    ),
  }
}

function sideOf(engine: Engine, description: GroupDescription): Side {
  const group = engine.group(description, { allowLegacy: true }) as Subgroup | Curve
  // -1, or -g.
  const other =
    group.construction === 'curve'
      ? group.invert(group.generator)
      : (toFixedWidth(group.p - 1n, group.elementLength) as Element)
  return {
    group,
    tables: [
      group.fixedBase(group.generator),
      group.fixedBase(group.generator, { expectedUses: 2, maxTableBytes: 16 * group.elementLength }),
      group.fixedBase(other, { expectedUses: 10_000, maxTableBytes: 64 * group.elementLength }),
    ],
  }
}

export interface EquivalenceOptions {
  /** How often an operation of the cost of one exponentiation runs; cheaper ones run up to ten times as often. */
  readonly runs?: number
}

/**
 * States that an engine and its reference are the same function: every operation of the interface, on random and on
 * edge operands, gives the same octets or the same error, leaves its operands as they were, and returns new memory.
 */
export function expectEquivalent(
  engine: Engine,
  reference: Engine,
  description: GroupDescription,
  { runs = 20 }: EquivalenceOptions = {},
): void {
  const [tested, trusted] = [sideOf(engine, description), sideOf(reference, description)]
  for (const key of [
    'construction',
    'hashedDescription',
    'revisions',
    'p',
    'q',
    'name',
    'oid',
    'legacy',
    'elementLength',
    'scalarLength',
  ] as const) {
    expect(tested.group[key], key).toEqual(trusted.group[key])
  }
  expect(tested.group.generator, 'generator').toEqual(trusted.group.generator)
  expect(tested.group.identity, 'identity').toEqual(trusted.group.identity)
  expect(tested.group.scalars.length, 'scalars.length').toBe(trusted.group.scalars.length)
  expect(tested.tables.map(({ base }) => base)).toEqual(trusted.tables.map(({ base }) => base))
  for (const [name, { operands, edges, cost, run }] of Object.entries(operationsOn(trusted.group))) {
    const property = fc.property(operands, (values) => {
      const before = readable(values)
      const expected = readable(outcome(() => run(trusted, values)))
      const result = outcome(() => run(tested, values))
      expect(readable(result), name).toEqual(expected)
      overwrite(result)
      expect(readable(values), `operands of ${name}`).toEqual(before)
    })
    fc.assert(property, {
      examples: edges.map((edge): [never] => [edge]),
      numRuns: edges.length + Math.ceil(runs / Math.max(cost, 0.1)),
    })
  }
  for (const { group } of [tested, trusted]) group.dispose()
}

/** States that nothing works after `dispose()` of the engine, the group or a table: `engine/disposed` each time. */
export function expectUnusableAfterDispose(createEngine: () => Engine, description: GroupDescription): void {
  const disposals: Record<string, (engine: Engine, side: Side) => void> = {
    engine: (engine) => engine.dispose(),
    group: (_, { group }) => group.dispose(),
    tables: (_, { tables }) => tables.forEach((table) => table.dispose()),
  }
  for (const [what, dispose] of Object.entries(disposals)) {
    const engine = createEngine()
    const side = sideOf(engine, description)
    const { group, tables } = side
    const { generator } = group
    const one = group.scalars.one
    const image = tables[0]!.export()
    dispose(engine, side)
    const uses: Record<string, () => unknown> = {
      'table.exponentiate': () => tables[0]!.exponentiate(one),
      'table.exponentiateMany': () => tables[0]!.exponentiateMany([one]),
      'table.exponentiateMany of nothing': () => tables[0]!.exponentiateMany([]),
      'table.exponentiateVartime': () => tables[0]!.exponentiateVartime(one),
      'table.export': () => tables[0]!.export(),
      'multiExponentiate of a table': () => group.multiExponentiate([tables[0]!], [one]),
      'multiExponentiateVartime of a table': () => group.multiExponentiateVartime([tables[0]!], [one]),
    }
    if (what !== 'tables') {
      Object.assign(uses, {
        // Its end comes before what is wrong with an operand.
        'multiExponentiateVartime of what is no scalar': () =>
          group.multiExponentiateVartime([generator], [one.subarray(1) as Scalar]),
        element: () => group.element(generator),
        operand: () => group.operand(generator),
        decode: () => group.decode(generator),
        scopeElement: () => group.scopeElement(generator, sha256),
        isMember: () => group.isMember(generator),
        areMembers: () => group.areMembers([generator]),
        memberProductsVartime: () => group.memberProductsVartime([generator], [[[0, one]]]),
        areProductsVartime: () => group.areProductsVartime([{ values: [generator], bases: [generator] }], [[one]]),
        multiplyMany: () => group.multiplyMany([generator], [generator]),
        multiExponentiateMany: () => group.multiExponentiateMany([generator], [[one]]),
        multiply: () => group.multiply(generator, generator),
        invert: () => group.invert(generator),
        exponentiate: () => group.exponentiate(generator, one),
        exponentiateMany: () => group.exponentiateMany([generator], [one]),
        multiExponentiate: () => group.multiExponentiate([generator], [one]),
        multiExponentiateVartime: () => group.multiExponentiateVartime([generator], [one]),
        'areMembers of nothing': () => group.areMembers([]),
        'memberProductsVartime of nothing': () => group.memberProductsVartime([], []),
        'areProductsVartime of nothing': () => group.areProductsVartime([], []),
        'multiplyMany of nothing': () => group.multiplyMany([], []),
        'multiExponentiateMany of nothing': () => group.multiExponentiateMany([], []),
        'exponentiateMany of nothing': () => group.exponentiateMany([], []),
        'multiExponentiate of nothing': () => group.multiExponentiate([], []),
        'multiExponentiateVartime of nothing': () => group.multiExponentiateVartime([], []),
        importFixedBase: () => group.importFixedBase(image),
        fixedBase: () => group.fixedBase(generator),
        fixedBaseOfMember: () => group.fixedBaseOfMember(generator),
        'scalars.add': () => group.scalars.add(one, one),
        'scalars.subtract': () => group.scalars.subtract(one, one),
        'scalars.negate': () => group.scalars.negate(one),
        'scalars.multiply': () => group.scalars.multiply(one, one),
        'scalars.multiplyAdd': () => group.scalars.multiplyAdd(one, one, one),
        'scalars.invert': () => group.scalars.invert(one),
        'scalars.reduce': () => group.scalars.reduce(one),
        'scalars.random': () => group.scalars.random(),
        'scalars.from': () => group.scalars.from(one),
      })
    }
    if (what === 'engine') uses['engine.group'] = () => engine.group(description, { allowLegacy: true })
    for (const [name, use] of Object.entries(uses)) {
      expect(readable(outcome(use)), `${name} after dispose of ${what}`).toEqual({ EngineError: 'engine/disposed' })
    }
    dispose(engine, side)
    if (what !== 'engine') expect(engine.group(description, { allowLegacy: true }).isMember(generator)).toBe(true)
  }
}
