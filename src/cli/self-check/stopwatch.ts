/** The steps of the self-check, with their names in the table of times. */
export const steps = {
  parameters: 'Issuer: parameters and key, once',
  verification: 'Prover, Verifier: parameters verified, once',
  precomputation: 'Prover: before the first message',
  message1: 'Issuer: first message',
  message2: 'Prover: second message',
  message3: 'Issuer: third message',
  tokens: 'Prover: tokens from it, each verified',
  presentation: 'Prover: presentation',
  acceptance: 'Verifier: token and presentation',
  devicePresentation: 'Prover and Device: presentation',
  deviceAcceptance: 'Verifier: token and presentation, with Device',
} as const

export type Step = keyof typeof steps

/** Adds up how long steps take. */
export class Stopwatch {
  readonly #times = new Map<Step, { milliseconds: number; count: number }>()

  /** Times an action that handles `count` tokens or proofs at once. */
  measure<T>(step: Step, count: number, action: () => T): T {
    const before = performance.now()
    const result = action()
    const sum = this.#times.get(step) ?? { milliseconds: 0, count: 0 }
    sum.milliseconds += performance.now() - before
    sum.count += count
    this.#times.set(step, sum)
    return result
  }

  /** Milliseconds for one token or proof; NaN for a step that never ran. */
  each(step: Step): number {
    const { milliseconds, count } = this.#times.get(step) ?? { milliseconds: Number.NaN, count: 1 }
    return milliseconds / count
  }
}
