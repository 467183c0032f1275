import { wipeAll } from '../../../bindings/octets/octets.js'
import { WsTrustError } from '../errors.js'

/** What a Claim Provider must remember of an exchange between its two answers. */
export interface OpenExchange {
  readonly context: string
  /** Who asked, and who alone may go on: knowing a Context is not enough. */
  readonly principal: string
  readonly uidp: string
  readonly expires: Date
  /** Number of tokens of each instance. */
  readonly counts: readonly number[]
  /** The secret state of each instance. As precious as the Issuer's private key: whoever reads it learns that key. */
  readonly secrets: readonly Uint8Array[]
}

/** What took the place of the secret state when the second message was answered. */
export interface Answer {
  /** Digest of the second message. */
  readonly digest: Uint8Array
  /** The third message. */
  readonly octets: Uint8Array
}

/** An exchange as it is found: open, or answered. */
export type StoredExchange = Omit<OpenExchange, 'secrets'> & {
  /** Names this exchange among all that ever have its Context; the store gives it. */
  readonly id: string
} & (
    | { readonly secrets: readonly Uint8Array[]; readonly answer?: undefined }
    | { readonly secrets?: undefined; readonly answer: Answer }
  )

/** Which exchange was found. */
export type ExchangeName = Pick<StoredExchange, 'context' | 'id'>

/**
 * Where a Claim Provider keeps its exchanges; the nodes of a farm share one. Each function is atomic. Contexts of expired
 * exchanges are not in use any more, and their secrets are to be destroyed. Keep the secrets encrypted, out of backups and
 * replicas: a `w` that lives twice can answer twice, and that gives the Issuer's key away.
 */
export interface StateStore {
  /** Keeps a new exchange. False, and nothing kept, if its Context is in use. */
  insert(exchange: OpenExchange): Promise<boolean>
  /** A copy of the exchange; the caller wipes its secrets. */
  find(context: string): Promise<StoredExchange | undefined>
  /**
   * Replaces the secrets of an open exchange by the answer, for good, and returns what is stored now: this answer, or the one
   * that another caller stored before. Undefined if this exchange is not there any more, even if another one has its Context
   * now: an answer that took too long must not be stored beside one to another message. Durable before it returns: only then
   * may the answer leave.
   */
  answer(exchange: ExchangeName, answer: Answer): Promise<Answer | undefined>
}

export interface MemoryStateStoreOptions {
  /** How many exchanges at once. Default 10,000. */
  readonly capacity?: number
  readonly clock?: () => Date
}

/** A `StateStore` for one process; what is in it ends with the process. */
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
