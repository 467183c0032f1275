import { sha256 } from '@noble/hashes/sha2.js'
import { toHex } from '../../../bindings/octets/integers.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import type { TokenScalars } from '../../uprove/parameters/gamma.js'

/** An exchange whose first message is sent and whose second is not yet answered: its tokens are open. */
export interface OpenExchange {
  /** Of this exchange alone. */
  readonly id: string
  /** Stands for gamma: the tokens of exchanges with equal keys count together. */
  readonly key: string
  /** The account that asked for it: exchanges of one account count together. Undefined where there are no accounts. */
  readonly account?: string
  /** Number of tokens. */
  readonly count: number
  /** Since when its account holds the place, ms since 1970: an exchange that replaces one of the same account inherits it. */
  readonly since: number
  /** When it expires, ms since 1970. */
  readonly expires: number
}

/** How many tokens and exchanges may be open. */
export interface OpenLimits {
  /** Tokens with one gamma, those of all accounts together. */
  readonly tokens: number
  /** Tokens of one account, over all gammas. */
  readonly accountTokens: number
  /** Exchanges of one account. */
  readonly accountExchanges: number
  /** How long an unanswered exchange keeps its place when another account needs it, in ms. */
  readonly patience: number
}

/** An exchange that was admitted. */
export interface Admission {
  /** A number that was never given before, and comes from no random source: it enters the derivation of w. */
  readonly serial: string
}

/**
 * Counts open tokens over all Provers of an Issuer. An Issuer that runs in several processes needs an implementation on a
 * store that they share. Each function is atomic.
 */
export interface OpenTokens {
  /**
   * Adds an exchange if there is room, or if `makeRoom()` finds some; the exchanges that give way are removed and can never
   * be answered. Undefined if there is no room.
   */
  open(exchange: OpenExchange, limits: OpenLimits): Promise<Admission | undefined>
  /**
   * Notes that an exchange is about to be answered; its tokens no longer count. False if it gave way to another, expired or
   * was closed: then it must not be answered. A second call for an exchange that may be answered is true again for at least a
   * minute, or until the exchange expires, since the same message may have to be answered once more.
   */
  answer(id: string): Promise<boolean>
  /** Removes an exchange, if it is there. */
  close(id: string): Promise<void>
}

/** The open exchanges that matter for one new exchange. */
export interface Occupancy {
  /** Open tokens with its gamma, those of all accounts together. */
  readonly tokens: number
  /** All open exchanges of its account, the oldest first (by `since`); none without an account. */
  readonly own: readonly OpenExchange[]
  /**
   * Exchanges of other accounts with its gamma that are past their `patience`, the oldest first; only as many as make room
   * for the tokens of the new exchange.
   */
  readonly abandoned: readonly OpenExchange[]
}

/**
 * Which exchanges give way to a new one. The oldest of the same account go first: as many as its quotas demand, then as many
 * as make room for its gamma. Then abandoned exchanges of others go. Undefined if even that makes no room; then no exchange
 * gives way.
 */
export function makeRoom(
  { key, account, count }: OpenExchange,
  limits: OpenLimits,
  { tokens, own, abandoned }: Occupancy,
): OpenExchange[] | undefined {
  const displaced: OpenExchange[] = []
  let gammaTokens = tokens
  const displace = (exchange: OpenExchange): void => {
    displaced.push(exchange)
    if (exchange.key === key) gammaTokens -= exchange.count
  }
  const isFull = (): boolean => gammaTokens + count > limits.tokens
  if (account !== undefined) {
    const overQuota = (): boolean => {
      const rest = own.slice(displaced.length)
      const ownTokens = rest.reduce((sum, exchange) => sum + exchange.count, count)
      return ownTokens > limits.accountTokens || rest.length + 1 > limits.accountExchanges
    }
    while (displaced.length < own.length && overQuota()) displace(itemAt(own, displaced.length))
    if (overQuota()) return undefined
  }
  for (const exchange of [...own.slice(displaced.length).filter((each) => each.key === key), ...abandoned]) {
    if (!isFull()) break
    displace(exchange)
  }
  return isFull() ? undefined : displaced
}

/**
 * Since when the account of a new exchange holds its place: it inherits the time of its own exchanges with the same gamma
 * that it replaces. So an account that begins again and again cannot keep others out.
 */
export function heldSince({ key, account, since }: OpenExchange, displaced: readonly OpenExchange[]): number {
  const own = displaced.filter((each) => each.key === key && account !== undefined && each.account === account)
  return own.reduce((earliest, each) => Math.min(earliest, each.since), since)
}

function bySince(a: OpenExchange, b: OpenExchange): number {
  return a.since - b.since
}

/** How long an answered exchange is remembered, in ms. */
const answeredFor = 60_000

interface Entry extends OpenExchange {
  readonly answered: boolean
}

/** An `OpenTokens` that counts in this process. */
export class MemoryOpenTokens implements OpenTokens {
  readonly #entries = new Map<string, Entry>()
  /** Open tokens by gamma. */
  readonly #tokens = new Map<string, number>()
  /** Open exchanges by account. */
  readonly #accounts = new Map<string, Set<Entry>>()
  #entriesWhenExpired = 0
  #serial = 0

  open(exchange: OpenExchange, limits: OpenLimits): Promise<Admission | undefined> {
    if (this.#entries.size > 2 * this.#entriesWhenExpired + 100) this.#expire()
    let displaced = makeRoom(exchange, limits, this.#occupancy(exchange, limits))
    if (displaced === undefined) {
      this.#expire()
      displaced = makeRoom(exchange, limits, this.#occupancy(exchange, limits))
    }
    if (displaced === undefined) return Promise.resolve(undefined)
    for (const { id } of displaced) this.#remove(id)
    this.#add({ ...exchange, since: heldSince(exchange, displaced), answered: false })
    return Promise.resolve({ serial: String(++this.#serial) })
  }

  answer(id: string): Promise<boolean> {
    const entry = this.#entries.get(id)
    const now = Date.now()
    if (entry === undefined || entry.expires <= now) return Promise.resolve(false)
    if (!entry.answered) {
      this.#remove(id)
      this.#entries.set(id, { ...entry, answered: true, expires: Math.min(entry.expires, now + answeredFor) })
    }
    return Promise.resolve(true)
  }

  close(id: string): Promise<void> {
    this.#remove(id)
    return Promise.resolve()
  }

  /** How many tokens with a key are open. */
  count(key: string): number {
    this.#expire()
    return this.#tokens.get(key) ?? 0
  }

  #occupancy({ key, account, count }: OpenExchange, { tokens: limit, patience }: OpenLimits): Occupancy {
    const tokens = this.#tokens.get(key) ?? 0
    const own = account === undefined ? [] : [...(this.#accounts.get(account) ?? [])].sort(bySince)
    const hasRoom = tokens + count <= limit
    return { tokens, own, abandoned: hasRoom ? [] : this.#abandoned(key, account, patience) }
  }

  #abandoned(key: string, account: string | undefined, patience: number): Entry[] {
    const before = Date.now() - patience
    return [...this.#entries.values()]
      .filter((each) => each.key === key && !each.answered && each.since <= before)
      .filter((each) => account === undefined || each.account !== account)
      .sort(bySince)
  }

  #expire(): void {
    const now = Date.now()
    for (const { id, expires } of this.#entries.values()) if (expires <= now) this.#remove(id)
    this.#entriesWhenExpired = this.#entries.size
  }

  #add(entry: Entry): void {
    const { id, key, account, count } = entry
    this.#entries.set(id, entry)
    this.#tokens.set(key, (this.#tokens.get(key) ?? 0) + count)
    if (account === undefined) return
    this.#accounts.set(account, (this.#accounts.get(account) ?? new Set()).add(entry))
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#entries.delete(id)
    if (entry.answered) return
    const { key, account } = entry
    const count = (this.#tokens.get(key) ?? 0) - entry.count
    if (count > 0) this.#tokens.set(key, count)
    else this.#tokens.delete(key)
    if (account === undefined) return
    const own = this.#accounts.get(account)
    own?.delete(entry)
    if (own?.size === 0) this.#accounts.delete(account)
  }
}

/**
 * A key that stands for gamma without computing it: equal exactly for equal (x_1, ..., x_n), x_t and h_d. x_t binds the
 * Issuer parameters.
 */
export function gammaKey({ x, xt }: TokenScalars, devicePublicKey: Uint8Array | undefined): string {
  const hash = sha256.create().update(xt)
  for (const xi of x) hash.update(xi)
  if (devicePublicKey !== undefined) hash.update(devicePublicKey)
  return toHex(hash.digest())
}
