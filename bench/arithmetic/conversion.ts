import type { ScalarField, Subgroup } from '../../bindings/engine/engine.js'
import type { CrossingTimes } from './calibration.js'
import type { Measurement } from '../timing/measurement.js'

/** The conversions at the border of the core in one operation. */
export interface Crossings {
  readonly name: string
  /** Elements as octets, in and out. */
  readonly elementsIn: number
  readonly elementsOut: number
  /** Calls of scalar arithmetic. */
  readonly scalars: number
}

interface Counter {
  elementsIn: number
  elementsOut: number
  scalars: number
}

/** Functions that test x^q = 1 convert the power as well. */
const membershipTests = new Set<string | symbol>(['element', 'isMember', 'areMembers', 'memberProductsVartime'])

/** A group that does what another does, and counts what crosses the border. */
export function countingGroup(group: Subgroup): { group: Subgroup; counter: Counter } {
  const counter: Counter = { elementsIn: 0, elementsOut: 0, scalars: 0 }
  const originals = new WeakMap<object, object>()
  const elementsAmong = (values: unknown): number => {
    if (Array.isArray(values)) return values.reduce<number>((sum, value) => sum + elementsAmong(value), 0)
    return values instanceof Uint8Array && values.length === group.elementLength ? 1 : 0
  }
  const original = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(original)
    return typeof value === 'object' && value !== null ? (originals.get(value) ?? value) : value
  }
  const counting = <T extends object>(
    target: T,
    count: (name: string | symbol, ins: unknown, out: unknown) => void,
  ): T =>
    new Proxy(target, {
      get(_, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (value === group.scalars) return scalars
        if (typeof value !== 'function') return value
        return (...values: unknown[]) => {
          const result: unknown = Reflect.apply(value, target, values.map(original))
          count(name, values, result)
          if (name !== 'fixedBase' && name !== 'fixedBaseOfMember') return result
          const table = counting(result as object, countElements)
          originals.set(table, result as object)
          return table
        }
      },
    })
  const countElements = (name: string | symbol, ins: unknown, out: unknown): void => {
    const entering = elementsAmong(ins)
    counter.elementsIn += entering
    counter.elementsOut += elementsAmong(out) + (membershipTests.has(name) ? entering : 0)
  }
  const scalars: ScalarField = counting(group.scalars, () => {
    counter.scalars++
  })
  return { group: counting(group, countElements), counter }
}

/** Counts what one operation of each measurement crosses; its group must be the counter's. */
export function countCrossings(measurements: readonly Measurement[], counter: Counter): Crossings[] {
  return measurements.map(({ name, operations, run }) => {
    // Tables of generators are made in the first run.
    run()
    Object.assign(counter, { elementsIn: 0, elementsOut: 0, scalars: 0 })
    run()
    const { elementsIn, elementsOut, scalars } = counter
    return {
      name,
      elementsIn: elementsIn / operations,
      elementsOut: elementsOut / operations,
      scalars: scalars / operations,
    }
  })
}

/** How long the crossings of an operation take, in us. */
export function crossingTime({ elementsIn, elementsOut, scalars }: Crossings, times: CrossingTimes): number {
  return elementsIn * times.elementIn + elementsOut * times.elementOut + scalars * times.scalar
}
