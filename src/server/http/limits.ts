/** The limits of a host. Beyond them it answers 503 or 429 with Retry-After, 413 or 408, or takes no connection. */
export interface HostLimits {
  /** Requests being answered at once. Default 64. */
  readonly inFlight: number
  /** Requests being answered at once whose routes compute in a pool (`Route.computes`). Default 64. */
  readonly computing: number
  /** Connections at once. A quarter more are answered with 503; beyond that they are closed. Default 1,000. */
  readonly connections: number
  /**
   * Connections at once from one address; those of trusted proxies do not count. A quarter more are answered with 429; beyond that
   * they are closed. Default 100.
   */
  readonly connectionsPerAddress: number
  /** Octets of a body. Default 1 MiB; routes may have another limit. */
  readonly body: number
  /** Octets of all bodies together that are in memory. Default 256 MiB. */
  readonly bodies: number
  /** Octets of the bodies that one address has announced and that are not answered yet. Default 16 MiB. */
  readonly bodiesPerAddress: number
  /** Milliseconds to complete the TLS handshake, and again to receive a request's headers. Default 5,000. */
  readonly headersTimeout: number
  /** Milliseconds to receive a whole request, and again for the client to take the answer. Default 30,000. */
  readonly requestTimeout: number
  /** Milliseconds that an idle connection is kept. Default 10,000. */
  readonly idleTimeout: number
}

/** The limits that hold unless the configuration says otherwise. */
export const DEFAULT_HOST_LIMITS: HostLimits = {
  inFlight: 64,
  computing: 64,
  connections: 1_000,
  connectionsPerAddress: 100,
  body: 1 << 20,
  bodies: 256 << 20,
  bodiesPerAddress: 16 << 20,
  headersTimeout: 5_000,
  requestTimeout: 30_000,
  idleTimeout: 10_000,
}

/** Counts the requests that are being answered, of all hosts that share it. */
export class Admission {
  #inFlight = 0
  #computing = 0

  constructor(private readonly limits: Pick<HostLimits, 'inFlight' | 'computing'>) {}

  /** Requests being answered. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** The part of the requests allowed to compute that compute now: 1 when the next one is refused. */
  get saturation(): number {
    return this.#computing / this.limits.computing
  }

  /** Whether as many requests as allowed are being answered. */
  isFull({ computes = false }: { readonly computes?: boolean }): boolean {
    return this.#inFlight >= this.limits.inFlight || (computes && this.#computing >= this.limits.computing)
  }

  /** Counts a request until the function that is returned is called. */
  enter({ computes = false }: { readonly computes?: boolean }): () => void {
    this.#inFlight++
    if (computes) this.#computing++
    return () => {
      this.#inFlight--
      if (computes) this.#computing--
    }
  }
}

export interface RateLimit {
  /** How many at once. */
  readonly burst: number
  /** How many a second in the long run. */
  readonly perSecond: number
}

/** Remembered names; beyond them the least recently used are forgotten and start afresh. */
const CAPACITY = 100_000

/** Lets each name, such as an address, act at a limited rate: one leaky bucket a name. For one process. */
export class RateLimiter {
  readonly #buckets = new Map<string, { level: number; at: number }>()

  constructor(
    private readonly limit: RateLimit,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** 0 if the name may proceed; otherwise the seconds to wait, at least 1. */
  take(name: string): number {
    const { burst, perSecond } = this.limit
    const now = this.clock()
    const { level, at } = this.#buckets.get(name) ?? { level: 0, at: now }
    const current = Math.max(0, level - ((now - at) / 1_000) * perSecond)
    const granted = current + 1 <= burst
    this.#buckets.delete(name)
    this.#buckets.set(name, { level: granted ? current + 1 : current, at: now })
    if (this.#buckets.size > CAPACITY) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return granted ? 0 : Math.max(1, Math.ceil((current + 1 - burst) / perSecond))
  }
}

/** Limits how much of something each name may hold at once. */
export class Quota {
  readonly #held = new Map<string, number>()

  constructor(private readonly limit: number) {}

  /** Takes an amount for a name, until `release`. False if that exceeds its limit. */
  take(name: string, amount = 1): boolean {
    const held = (this.#held.get(name) ?? 0) + amount
    if (held > this.limit) return false
    if (held > 0) this.#held.set(name, held)
    return true
  }

  /** Gives back what `take` took. */
  release(name: string, amount = 1): void {
    const held = (this.#held.get(name) ?? 0) - amount
    if (held > 0) this.#held.set(name, held)
    else this.#held.delete(name)
  }
}
