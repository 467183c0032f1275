import { sha256 } from '@noble/hashes/sha2.js'
import { toHex } from '../../../bindings/octets/integers.js'
import type { TokenScalars } from '../../uprove/parameters/gamma.js'

/** Tokens whose first message is sent and whose second is not yet answered. */
export interface OpenTokensEntry {
  /** Of this exchange alone. */
  readonly id: string
  /** Stands for gamma: entries with equal keys count together. */
  readonly key: string
  readonly count: number
  /** How many tokens with this key may be open, these included. */
  readonly limit: number
  /** When they are not open any more, even if nobody says so; ms since 1970. */
  readonly expires: number
}

/**
 * Counts open tokens over all Provers of an Issuer. What is counted in one process is of no use to an Issuer that runs in
 * several: there, let a store that they share implement this.
 */
export interface OpenTokens {
  /**
   * Enters tokens, if with them no more than `limit` with this key are open at this time; resolves to whether it did. To test
   * and to enter must be one step.
   */
  open(entry: OpenTokensEntry): Promise<boolean>
  /** Takes an entry out, if it is there. */
  close(id: string): Promise<void>
}

/** Counts in this process. */
export class MemoryOpenTokens implements OpenTokens {
  readonly #entries = new Map<string, OpenTokensEntry>()
  readonly #counts = new Map<string, number>()
  #entriesWhenExpired = 0

  open(entry: OpenTokensEntry): Promise<boolean> {
    const { id, key, count, limit } = entry
    const isFull = (): boolean => (this.#counts.get(key) ?? 0) + count > limit
    if (isFull() || this.#entries.size > 2 * this.#entriesWhenExpired + 100) this.#expire()
    if (isFull()) return Promise.resolve(false)
    this.#entries.set(id, entry)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count)
    return Promise.resolve(true)
  }

  close(id: string): Promise<void> {
    this.#remove(id)
    return Promise.resolve()
  }

  /** How many tokens with a key are open. */
  count(key: string): number {
    this.#expire()
    return this.#counts.get(key) ?? 0
  }

  #expire(): void {
    const now = Date.now()
    for (const { id, expires } of this.#entries.values()) if (expires <= now) this.#remove(id)
    this.#entriesWhenExpired = this.#entries.size
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#entries.delete(id)
    const count = (this.#counts.get(entry.key) ?? 0) - entry.count
    if (count > 0) this.#counts.set(entry.key, count)
    else this.#counts.delete(entry.key)
  }
}

/**
 * Stands for gamma without computing it: equal for equal (x_1, ..., x_n), x_t and h_d, and, since x_t binds the Issuer
 * parameters, for no others.
 */
export function gammaKey({ x, xt }: TokenScalars, devicePublicKey: Uint8Array | undefined): string {
  const hash = sha256.create().update(xt)
  for (const xi of x) hash.update(xi)
  if (devicePublicKey !== undefined) hash.update(devicePublicKey)
  return toHex(hash.digest())
}
