import { wipeAll } from '../../../bindings/octets/octets.js'
import { WsTrustError } from '../errors.js'

/** An exchange between the two answers of the Claim Provider. */
export interface OpenExchange {
  readonly context: string
  /** The client that began the exchange. Only this client may continue it: knowing the Context is not enough. */
  readonly principal: string
  readonly uidp: string
  readonly expires: Date
  /** Number of tokens of each instance. */
  readonly counts: readonly number[]
  /** The secret state of each instance. It reveals the Issuer's private key. */
  readonly secrets: readonly Uint8Array[]
}

/** The answer, which replaces the secret state when the second message is answered. */
export interface Answer {
  /** Digest of the second message. */
  readonly digest: Uint8Array
  /** The third message. */
  readonly octets: Uint8Array
}

/** A stored exchange, open or answered. */
export type StoredExchange = Omit<OpenExchange, 'secrets'> & {
  /** The store's name for this exchange, since a Context can be used again later. */
  readonly id: string
} & (
    | { readonly secrets: readonly Uint8Array[]; readonly answer?: undefined }
    | { readonly secrets?: undefined; readonly answer: Answer }
  )

/** The name of a stored exchange. */
export type ExchangeName = Pick<StoredExchange, 'context' | 'id'>

/**
 * The place where a Claim Provider keeps its exchanges; the nodes of a farm share one. Each function must be atomic. Destroy
 * the secrets of expired exchanges; their Contexts are free again. Encrypt the secrets, and keep them out of backups and
 * replicas: a `w` that exists twice can be answered twice, which reveals the Issuer's key.
 */
export interface StateStore {
  /** Stores a new exchange. False, without storing it, if its Context is in use. */
  insert(exchange: OpenExchange): Promise<boolean>
  /** A copy of the exchange; the caller wipes its secrets. */
  find(context: string): Promise<StoredExchange | undefined>
  /**
   * Replaces the secrets of an open exchange by the answer, for good, and returns the answer that is stored now: this one, or
   * one that another caller stored before. Undefined if this exchange is gone, even if another one has its Context now, so
   * that a late answer is not stored in the wrong exchange. It must be durable before it returns, since the answer leaves
   * then.
   */
  answer(exchange: ExchangeName, answer: Answer): Promise<Answer | undefined>
}

export interface MemoryStateStoreOptions {
  /** How many exchanges are kept at once. Default 10,000. */
  readonly capacity?: number
  readonly clock?: () => Date
}

/** A `StateStore` in the memory of one process. */
export class MemoryStateStore implements StateStore {
  readonly #exchanges = new Map<string, StoredExchange>()
  readonly #capacity: number
  readonly #clock: () => Date
  #inserted = 0

  constructor({ capacity = 10_000, clock = () => new Date() }: MemoryStateStoreOptions = {}) {
    this.#capacity = capacity
    this.#clock = clock
  }

  /** Throws `WsTrustError` (`ws-trust/busy`) when full. */
  insert(exchange: OpenExchange): Promise<boolean> {
    this.#sweep()
    if (this.#exchanges.has(exchange.context)) return Promise.resolve(false)
    if (this.#exchanges.size >= this.#capacity) return Promise.reject(new WsTrustError('ws-trust/busy'))
    const id = String(++this.#inserted)
    this.#exchanges.set(exchange.context, { ...exchange, id, secrets: copies(exchange.secrets) })
    return Promise.resolve(true)
  }

  find(context: string): Promise<StoredExchange | undefined> {
    this.#sweep()
    const found = this.#exchanges.get(context)
    return Promise.resolve(found?.secrets === undefined ? found : { ...found, secrets: copies(found.secrets) })
  }

  answer({ context, id }: ExchangeName, answer: Answer): Promise<Answer | undefined> {
    this.#sweep()
    const found = this.#exchanges.get(context)
    if (found?.id !== id) return Promise.resolve(undefined)
    if (found.secrets === undefined) return Promise.resolve(found.answer)
    const { secrets, ...rest } = found
    wipeAll(secrets)
    this.#exchanges.set(context, { ...rest, answer })
    return Promise.resolve(answer)
  }

  /** Wipes all secrets. */
  dispose(): void {
    for (const { secrets } of this.#exchanges.values()) wipeAll(secrets ?? [])
    this.#exchanges.clear()
  }

  #sweep(): void {
    const now = this.#clock()
    for (const [context, { expires, secrets }] of this.#exchanges) {
      if (expires > now) continue
      wipeAll(secrets ?? [])
      this.#exchanges.delete(context)
    }
  }
}

function copies(secrets: readonly Uint8Array[]): Uint8Array[] {
  return secrets.map((secret) => Uint8Array.from(secret))
}
