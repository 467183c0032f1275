export interface RateLimit {
  /** How many at once. */
  readonly burst: number
  /** How many a second in the long run. */
  readonly perSecond: number
}

interface Bucket {
  level: number
  at: number
}

/** How many names are remembered; beyond them the ones longest unused are forgotten, and begin anew. */
const CAPACITY = 100_000

/** Lets each name, such as an address, do so much a second and no more: a leaky bucket for each. For one process. */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>()

  constructor(
    private readonly limit: RateLimit,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** 0 if it may go on; else after how many seconds, at least 1, to try again. */
  take(name: string): number {
    const { burst, perSecond } = this.limit
    const now = this.clock()
    const { level, at } = this.#buckets.get(name) ?? { level: 0, at: now }
    const current = Math.max(0, level - ((now - at) / 1_000) * perSecond)
    const granted = current + 1 <= burst
    this.#buckets.delete(name)
    this.#buckets.set(name, { level: granted ? current + 1 : current, at: now })
    if (this.#buckets.size > CAPACITY) this.#buckets.delete(this.#buckets.keys().next().value!)
    return granted ? 0 : Math.max(1, Math.ceil((current + 1 - burst) / perSecond))
  }
}
