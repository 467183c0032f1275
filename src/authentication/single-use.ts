import { encodeBase64 } from '../../bindings/octets/base64.js'

/** Remembers the presentations that were accepted, so that none is accepted twice. Relying Parties that share identifiers share one. */
export interface ReplayCache {
  /**
   * Keeps all keys until a time, atomically. False, and none kept, if one of them is there already, or twice among these.
   *
   * @param keys the value `a` of each presentation, 32 octets and more.
   */
  insert(keys: readonly Uint8Array[], until: Date): Promise<boolean>
}

/** Keeps the nonces that a Relying Party gave out, each for one use. */
export interface NonceStore {
  add(nonce: string, until: Date): Promise<void>
  /** Whether the nonce was there, and in time; it is not there any more. Atomic. */
  take(nonce: string): Promise<boolean>
}

/** Keys with the time until which each is kept. */
class ExpiringKeys {
  readonly #keys = new Map<string, Date>()
  #nextSweep = 0

  constructor(private readonly clock: () => Date) {}

  has(key: string): boolean {
    const until = this.#keys.get(key)
    return until !== undefined && this.clock() <= until
  }

  set(key: string, until: Date): void {
    const now = this.clock().getTime()
    if (now >= this.#nextSweep) {
      for (const [old, time] of this.#keys) if (time.getTime() < now) this.#keys.delete(old)
      this.#nextSweep = now + SWEEP_INTERVAL
    }
    this.#keys.set(key, until)
  }

  delete(key: string): void {
    this.#keys.delete(key)
  }
}

const SWEEP_INTERVAL = 10_000

export interface MemoryOptions {
  readonly clock?: () => Date
}

/** A `ReplayCache` for one process. */
export class MemoryReplayCache implements ReplayCache {
  readonly #keys: ExpiringKeys

  constructor({ clock = () => new Date() }: MemoryOptions = {}) {
    this.#keys = new ExpiringKeys(clock)
  }

  insert(keys: readonly Uint8Array[], until: Date): Promise<boolean> {
    const names = keys.map(encodeBase64)
    const isNew = new Set(names).size === names.length && !names.some((name) => this.#keys.has(name))
    if (isNew) for (const name of names) this.#keys.set(name, until)
    return Promise.resolve(isNew)
  }
}

/** A `NonceStore` for one process. */
export class MemoryNonceStore implements NonceStore {
  readonly #nonces: ExpiringKeys

  constructor({ clock = () => new Date() }: MemoryOptions = {}) {
    this.#nonces = new ExpiringKeys(clock)
  }

  add(nonce: string, until: Date): Promise<void> {
    this.#nonces.set(nonce, until)
    return Promise.resolve()
  }

  take(nonce: string): Promise<boolean> {
    const found = this.#nonces.has(nonce)
    this.#nonces.delete(nonce)
    return Promise.resolve(found)
  }
}
