import { encodeBase64 } from '../../bindings/octets/base64.js'

/**
 * Remembers the presentations that were accepted, so that none is accepted twice. Relying Parties that share identifiers must
 * share one.
 */
export interface ReplayCache {
  /**
   * Stores all keys until a time, atomically. False, storing none, if one of them is already stored or occurs twice among them.
   *
   * @param keys the value `a` of each presentation, 32 octets and more.
   */
  insert(keys: readonly Uint8Array[], until: Date): Promise<boolean>
}

/** Keeps the nonces that a Relying Party issued, each for one use, with a digest of its message. */
export interface NonceStore {
  /** @param digest 32 octets. */
  add(nonce: string, digest: Uint8Array, until: Date): Promise<void>
  /** Removes a nonce and returns its digest; undefined if the nonce is unknown or has expired. Atomic. */
  take(nonce: string): Promise<Uint8Array | undefined>
}

/** Values by key, each with the time until which it is kept. */
class ExpiringMap<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly until: Date }>()
  #nextSweep = 0

  constructor(private readonly clock: () => Date) {}

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    return entry !== undefined && this.clock() <= entry.until ? entry.value : undefined
  }

  set(key: string, value: V, until: Date): void {
    const now = this.clock().getTime()
    if (now >= this.#nextSweep) {
      for (const [old, entry] of this.#entries) if (entry.until.getTime() < now) this.#entries.delete(old)
      this.#nextSweep = now + SWEEP_INTERVAL
    }
    this.#entries.set(key, { value, until })
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }
}

const SWEEP_INTERVAL = 10_000

export interface MemoryOptions {
  readonly clock?: () => Date
}

/** A `ReplayCache` for one process. */
export class MemoryReplayCache implements ReplayCache {
  readonly #keys: ExpiringMap<true>

  constructor({ clock = () => new Date() }: MemoryOptions = {}) {
    this.#keys = new ExpiringMap(clock)
  }

  insert(keys: readonly Uint8Array[], until: Date): Promise<boolean> {
    const names = keys.map(encodeBase64)
    const isNew = new Set(names).size === names.length && !names.some((name) => this.#keys.get(name) === true)
    if (isNew) for (const name of names) this.#keys.set(name, true, until)
    return Promise.resolve(isNew)
  }
}

/** A `NonceStore` for one process. */
export class MemoryNonceStore implements NonceStore {
  readonly #nonces: ExpiringMap<Uint8Array>

  constructor({ clock = () => new Date() }: MemoryOptions = {}) {
    this.#nonces = new ExpiringMap(clock)
  }

  add(nonce: string, digest: Uint8Array, until: Date): Promise<void> {
    this.#nonces.set(nonce, digest, until)
    return Promise.resolve()
  }

  take(nonce: string): Promise<Uint8Array | undefined> {
    const digest = this.#nonces.get(nonce)
    this.#nonces.delete(nonce)
    return Promise.resolve(digest)
  }
}
