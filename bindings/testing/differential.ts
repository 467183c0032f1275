/**
 * Which cases differential tests run: 500, always the same; or those that `npm run oracles` asks for. A case is a number, which is the seed
 * of everything in it.
 */
export const oracleCases: readonly number[] = Array.from(
  { length: Number(process.env['ORACLE_CASES'] ?? 500) },
  (_, i) => (Number(process.env['ORACLE_SEED'] ?? 1) + i) >>> 0,
)

/** Whether these are enough cases for every named difference to occur. */
export const areMany = oracleCases.length >= 500

/** Numbers from 0 to below `limit`, the same ones for the same seed (mulberry32). */
export function pseudorandom(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

/** Counts how often each named difference occurs, and prints it for the slow suite. */
export class Differences {
  readonly #counts = new Map<string, number>()

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  get names(): string[] {
    return [...this.#counts.keys()].sort()
  }

  print(title: string): void {
    if (process.env['ORACLE_CASES'] === undefined) return
    const lines = this.names.map((name) => `  ${String(this.#counts.get(name)).padStart(6)}  ${name}`)
    console.log([`${title}, ${String(oracleCases.length)} cases from ${String(oracleCases[0])}:`, ...lines].join('\n'))
  }
}
