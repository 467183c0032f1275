import { toBigint } from '../../bindings/octets/integers.js'
import { itemAt } from '../../bindings/octets/lists.js'
import type { Core } from '../../bindings/core/core.js'
import type { Element, Scalar, Subgroup } from '../../bindings/engine/engine.js'
import { WasmModulus } from '../../bindings/subgroup/wasm-modulus.js'
import type { RecommendedSubgroup } from '../../src/params/recommended.js'
import { measurement, type Measurement, type Weights } from '../timing/measurement.js'
import type { Subject } from '../timing/subjects.js'

/** Calls in a row where one is too short to be timed by itself. */
const inARow = 1000

/** Numbers of bases of simultaneous exponentiation. */
export const baseCounts = [2, 8, 64, 1024] as const

/** The size limit of fixed-base tables, in bytes. */
export const tableLimit = { expectedUses: 1_000_000, maxTableBytes: 2 << 20 }

/** Different exponents and elements, drawn once, so that no figure depends on a lucky one. */
const variety = 64

/** Takes the items of a list in turn, for ever. */
export function cycle<T>(items: readonly T[]): () => T {
  let next = 0
  return () => itemAt(items, next++ % items.length)
}

/** The operations of a subgroup, and below them the bare modular multiplications. */
export function arithmeticMeasurements(set: RecommendedSubgroup, subject: Subject, group: Subgroup): Measurement[] {
  const { scalars } = group
  const measure = (name: string, run: () => unknown, weights?: Weights): Measurement =>
    measurement(set.name, subject, name, run, weights)

  const table = group.fixedBase(group.generator, tableLimit)
  const publicTable = group.fixedBase(group.generator, { ...tableLimit, exponents: 'public' })
  const exponents = Array.from({ length: variety }, () => scalars.random())
  const elements = table.exponentiateMany(exponents)
  const nextElement = cycle(elements)
  const nextExponent = cycle(exponents)
  const isPlain = subject.backend === 'bigint-plain'

  return [
    ...multiplications(set, subject, itemAt(elements, 0), itemAt(elements, 1)),
    measure('exponentiate', () => group.exponentiate(nextElement(), nextExponent()), { weight: 2 }),
    measure('fixed base', () => table.exponentiate(nextExponent()), { weight: 2 }),
    // Without tables it is the same.
    ...(isPlain
      ? []
      : [measure('fixed base, public', () => publicTable.exponentiateVartime(nextExponent()), { weight: 2 })]),
    measure('membership', () => group.isMember(nextElement())),
    ...(isPlain ? [] : baseCounts.map((count) => measure(...multiExponentiation(group, elements, count)))),
  ]
}

function multiExponentiation(group: Subgroup, elements: readonly Element[], count: number): [string, () => unknown] {
  const nextElement = cycle(elements)
  // The same bases may come again: nothing is kept from one to the next.
  const bases = Array.from({ length: count }, nextElement)
  const exponents: Scalar[] = bases.map(() => group.scalars.random())
  return [`multi-exponentiate ${count}`, () => group.multiExponentiateVartime(bases, exponents)]
}

/** One multiplication, one squaring modulo p: a chain in which each waits for the one before. */
function multiplications(set: RecommendedSubgroup, subject: Subject, x: Element, y: Element): Measurement[] {
  const measure = (name: string, run: () => unknown): Measurement =>
    measurement(set.name, subject, name, run, { operations: inARow })
  if (subject.core !== undefined) return coreMultiplications(subject.core, set.p, x, y).map((pair) => measure(...pair))
  if (subject.backend !== 'bigint') return []
  const { p } = set
  const factor = toBigint(y)
  let value = toBigint(x)
  const chain = (step: () => void) => () => {
    for (let i = 0; i < inARow; i++) step()
    return value
  }
  return [
    measure(
      'multiply',
      chain(() => void (value = (value * factor) % p)),
    ),
    measure(
      'square',
      chain(() => void (value = (value * value) % p)),
    ),
  ]
}

/** The exports of the core, called from JavaScript one by one; `call` is the part of it that is not arithmetic. */
function coreMultiplications(core: Core, p: bigint, x: Element, y: Element): [string, () => unknown][] {
  const modulus = new WasmModulus(core, p)
  const [value, factor] = [modulus.allocateNumber(), modulus.allocateNumber()]
  modulus.read(value, x)
  modulus.read(factor, y)
  const { multiply, square, limbsFor } = core.exports
  const { record } = modulus
  return [
    [
      'multiply',
      () => {
        for (let i = 0; i < inARow; i++) multiply(record, value, value, factor)
      },
    ],
    [
      'square',
      () => {
        for (let i = 0; i < inARow; i++) square(record, value, value)
      },
    ],
    [
      'call',
      () => {
        for (let i = 0; i < inARow; i++) limbsFor(i)
      },
    ],
  ]
}
