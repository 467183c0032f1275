import type { Task } from './schedule.js'
import type { Summary } from './statistics.js'
import { labelOf, type Backend, type SubjectName } from './subjects.js'

/** An operation of a subject, to be timed. */
export interface Measurement extends Task, SubjectName {
  /** The operation. */
  readonly name: string
  /** The recommended parameters that it works with. */
  readonly set: string
  /** How many operations one call does. */
  readonly operations: number
}

/** A result: microseconds for an operation. */
export interface Result extends Summary {
  readonly name: string
  readonly set: string
  readonly backend: Backend
  readonly kernel: string | null
}

/** How much time a measurement gets, compared with others. */
export interface Weights {
  /** For its operation. Default 1. */
  readonly weight?: number
  /** Default 1. */
  readonly operations?: number
}

const subjectWeights: Readonly<Record<string, number>> = {
  openssl: 8,
  'relaxed-fma': 4,
  simd: 2,
  scalar: 1,
  bigint: 2,
  'bigint-plain': 1,
  'gmp-wasm': 1,
  noble: 1,
}

/** A measurement with an id such as `L2048N256/simd/exponentiate`. */
export function measurement(
  set: string,
  subject: SubjectName,
  name: string,
  run: () => unknown,
  { weight = 1, operations = 1 }: Weights = {},
): Measurement {
  const label = labelOf(subject)
  const { backend, kernel } = subject
  return {
    id: `${set}/${label}/${name}`,
    set,
    name,
    backend,
    kernel,
    operations,
    weight: weight * (subjectWeights[label] ?? 1),
    run,
  }
}
