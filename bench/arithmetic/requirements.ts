import type { Result } from '../timing/measurement.js'
import { unitName } from '../timing/peers.js'
import { nameOf, revisions } from './protocol.js'
import type { Backend } from '../timing/subjects.js'

/** The set that the requirements are about. */
export const requiredSet = 'L2048N256'

/** 'must' and 'aim' say which bound holds; 'missed', that none does. By 10th percentiles. */
export type Verdict = 'aim' | 'must' | 'missed'

/** An operation as a multiple of E, the time of OpenSSL's `computeSecret`. */
export interface TargetRow {
  readonly operation: string
  /** Which measurement it is: of several revisions the slowest. */
  readonly measured: string
  readonly kernel: string
  readonly must: number
  readonly aim: number
  readonly p10: number
  readonly median: number
  readonly verdict: Verdict
}

/** How many times as fast as a backend on BigInt a kernel is. */
export interface SpeedupRow {
  readonly operation: string
  readonly kernel: string
  readonly against: Backend
  readonly must: number
  readonly aim: number
  readonly p10: number
  readonly median: number
  readonly verdict: Verdict
}

const bothRevisions = (step: string): string[] => revisions.map((revision) => nameOf(step, revision))

const targets = [
  { operation: 'exponentiate, constant time', names: ['exponentiate'], must: 1.4, aim: 1.0 },
  { operation: 'fixed base, constant time, table <= 2 MiB', names: ['fixed base'], must: 0.35, aim: 0.26 },
  { operation: 'fixed base, public exponent', names: ['fixed base, public'], must: 0.2, aim: 0.12 },
  { operation: 'Issuer per token, batch of 1000', names: bothRevisions('issue 1000'), must: 0.75, aim: 0.55 },
  { operation: 'Prover per token, batch of 100', names: bothRevisions('obtain 100'), must: 4.6, aim: 3.6 },
  { operation: 'presentation, two of five disclosed', names: bothRevisions('present'), must: 1.6, aim: 1.1 },
  { operation: 'verification of token and proof', names: bothRevisions('verify'), must: 5.2, aim: 3.8 },
]

/** Speed-ups over plain BigInt, of the fastest kernel. */
const plainSpeedups = [
  { name: 'exponentiate', must: 5 },
  { name: 'fixed base', must: 25 },
]

/** Speed-ups over BigInt with the same algorithms, of every operation. */
const sameAlgorithmSpeedups = [
  { kernel: 'relaxed-fma', must: 3.5, aim: 3.5 },
  { kernel: 'simd', must: 1.2, aim: 1.6 },
]

function verdictOf(meets: (bound: number) => boolean, { must, aim }: { must: number; aim: number }): Verdict {
  if (meets(aim)) return 'aim'
  return meets(must) ? 'must' : 'missed'
}

/** The results of one set, by who and what. */
function lookUp(results: readonly Result[], set: string): (label: string, name: string) => Result | undefined {
  const known = new Map<string, Result>()
  for (const result of results) if (result.set === set) known.set(`${labelOfResult(result)}/${result.name}`, result)
  return (label, name) => known.get(`${label}/${name}`)
}

/** The kernel where there is one, else the backend. */
export function labelOfResult({ backend, kernel }: Result): string {
  return kernel ?? backend
}

/** The targets of the fastest kernel; those that were not measured are left out. */
export function targetRows(results: readonly Result[], kernel = 'relaxed-fma'): TargetRow[] {
  const find = lookUp(results, requiredSet)
  const unit = find('openssl', unitName)
  if (unit === undefined) return []
  return targets.flatMap(({ operation, names, must, aim }) => {
    const measured = names.flatMap((name) => find(kernel, name) ?? [])
    if (measured.length < names.length) return []
    const slowest = measured.reduce((a, b) => (b.p10 > a.p10 ? b : a))
    const [p10, median] = [slowest.p10 / unit.p10, slowest.median / unit.median]
    const verdict = verdictOf((bound) => p10 <= bound, { must, aim })
    return [{ operation, measured: slowest.name, kernel, must, aim, p10, median, verdict }]
  })
}

/** Speed-ups over BigInt that are required; those that were not measured are left out. */
export function speedupRows(results: readonly Result[]): SpeedupRow[] {
  const find = lookUp(results, requiredSet)
  const row = (kernel: string, against: Backend, name: string, must: number, aim: number): SpeedupRow[] => {
    const [ours, theirs] = [find(kernel, name), find(against, name)]
    if (ours === undefined || theirs === undefined) return []
    const [p10, median] = [theirs.p10 / ours.p10, theirs.median / ours.median]
    const verdict = verdictOf((bound) => p10 >= bound, { must, aim })
    return [{ operation: name, kernel, against, must, aim, p10, median, verdict }]
  }
  const names = [...new Set(results.map(({ name }) => name))]
  return [
    ...plainSpeedups.flatMap(({ name, must }) => row('relaxed-fma', 'bigint-plain', name, must, must)),
    ...sameAlgorithmSpeedups.flatMap(({ kernel, must, aim }) =>
      names.flatMap((name) => row(kernel, 'bigint', name, must, aim)),
    ),
  ]
}
