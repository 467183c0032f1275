import type { Subgroup } from '../../bindings/engine/engine.js'
import { WasmModulus } from '../../bindings/subgroup/wasm-modulus.js'
import { WasmSubgroup } from '../../bindings/subgroup/wasm-subgroup.js'
import type { RecommendedSubgroup } from '../../src/params/recommended.js'
import { measurement, type Measurement, type Result } from '../timing/measurement.js'
import type { Subject } from '../timing/subjects.js'

const inARow = 100

/** Two combs that take the same multiplications and squarings, but scan blocks of different sizes. */
const combOf = (teeth: number) => ({ name: `calibration: comb of ${teeth} teeth`, teeth, blocks: 4, columns: 9 })
const combs = [combOf(2), combOf(7)] as const

const names = {
  multiply: 'calibration: multiply',
  square: 'calibration: square',
  in: 'calibration: octets to limbs',
  out: 'calibration: limbs to octets',
  scalar: 'calibration: scalar addition',
}

/** The inputs of the bindings' cost model and of the share of conversions. Empty for bigint. */
export function calibrationMeasurements(set: RecommendedSubgroup, subject: Subject, group: Subgroup): Measurement[] {
  const { core } = subject
  if (core === undefined || !(group instanceof WasmSubgroup)) return []
  const modulus = new WasmModulus(core, set.p)
  const number = modulus.allocateNumber()
  const octets = group.generator
  const [a, b] = [group.scalars.random(), group.scalars.random()]
  const repeat = (step: () => unknown) => () => {
    for (let i = 0; i < inARow; i++) step()
  }
  const measure = (name: string, step: () => unknown): Measurement =>
    measurement(set.name, subject, name, repeat(step), { weight: 0.5, operations: inARow })

  const exponents = Array.from({ length: inARow }, () => group.scalars.random())
  const scans = combs.map(({ name, ...shape }) => {
    const table = core.allocate(shape.blocks * 2 ** shape.teeth * modulus.entryBytes)
    group.buildComb(table, group.generator, shape)
    const run = (): unknown => group.combPowers({ table, shape }, exponents)
    return measurement(set.name, subject, name, run, { weight: 0.5, operations: inARow })
  })
  const { record } = modulus
  return [
    measure(names.multiply, () => core.exports.multiply(record, number, number, number)),
    measure(names.square, () => core.exports.square(record, number, number)),
    measure(names.in, () => modulus.read(number, octets)),
    measure(names.out, () => modulus.write(number)),
    measure(names.scalar, () => group.scalars.add(a, b)),
    ...scans,
  ]
}

/** The costs of `bindings/subgroup/cost.ts` as measured: in multiplications. */
export interface MeasuredCosts {
  readonly kernel: string
  readonly square: number
  readonly scan: number
}

export function measuredCosts(results: readonly Result[], set: string, kernel: string): MeasuredCosts | undefined {
  const [small, large] = combs
  const time = timesOf(results, set, kernel)
  const multiply = time(names.multiply)
  const lookups = small.blocks * small.columns
  const entries = 2 ** large.teeth - 2 ** small.teeth
  const scan = (time(large.name) - time(small.name)) / (lookups * entries)
  const costs = { kernel, square: time(names.square) / multiply, scan: scan / multiply }
  return Number.isNaN(costs.square + costs.scan) ? undefined : costs
}

/** The time for crossing the border of the core, in us. */
export interface CrossingTimes {
  /** Octets of an element to limbs, into the core's memory. */
  readonly elementIn: number
  /** Limbs of an element to octets, out of the core's memory. */
  readonly elementOut: number
  /** A whole addition of scalars: little of it is not conversion. */
  readonly scalar: number
}

export function crossingTimes(results: readonly Result[], set: string, kernel: string): CrossingTimes | undefined {
  const time = timesOf(results, set, kernel)
  const times = { elementIn: time(names.in), elementOut: time(names.out), scalar: time(names.scalar) }
  return Object.values(times).some(Number.isNaN) ? undefined : times
}

/** The 10th percentile of what a kernel does; NaN if it was not measured. */
function timesOf(results: readonly Result[], set: string, kernel: string): (name: string) => number {
  const own = results.filter((result) => result.set === set && result.kernel === kernel)
  return (name) => own.find((result) => result.name === name)?.p10 ?? NaN
}
