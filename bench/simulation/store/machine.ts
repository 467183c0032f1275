import { toHex } from '../../../bindings/octets/integers.js'
import { MemoryAuthorityStore } from '../../../src/pki/ca/records/memory-store.js'
import type { AuthorityStore } from '../../../src/pki/ca/records/store.js'
import {
  heldSince,
  makeRoom,
  type Admission,
  type OpenExchange as OpenTokensOf,
  type OpenLimits,
} from '../../../src/pool/parties/open-tokens.js'
import { WsTrustError } from '../../../src/ws-trust/errors.js'
import type { Answer, OpenExchange, StoredExchange } from '../../../src/ws-trust/issuance/state-store.js'
import { StoreError } from '../../../src/store/errors.js'
import type { Defect } from '../defects.js'

export interface ExchangeRow extends Omit<OpenExchange, 'secrets'> {
  readonly id: string
  readonly secrets: readonly Uint8Array[] | undefined
  readonly answer: Answer | undefined
}

export interface TokensRow extends OpenTokensOf {
  readonly answered: boolean
}

interface UsedOnce {
  readonly expires: Date
  readonly digest?: Uint8Array
}

interface Attempts {
  readonly count: number
  readonly expires: Date
}

export interface MachineLimits {
  readonly capacity: number
  readonly maxAccountExchanges: number
}

/**
 * What a database of the service holds, and what each transaction does to it. Everything that a transaction depends on is in
 * its arguments, so that the same transactions in the same order give the same state again: recovery replays the log.
 */
export class Machine {
  readonly exchanges = new Map<string, ExchangeRow>()
  readonly openTokens = new Map<string, TokensRow>()
  readonly usedOnce = new Map<string, UsedOnce>()
  readonly logins = new Map<string, Attempts>()
  readonly #authority: AuthorityStore = new MemoryAuthorityStore()
  /** What was written to the authority's records. */
  readonly #records: [method: keyof AuthorityStore, values: readonly unknown[]][] = []
  #admissions = 0

  constructor(
    private readonly limits: MachineLimits,
    private readonly defect?: Defect,
  ) {}

  /** A machine in the same state. Rows are replaced and never changed, so both can have them. */
  copy(): Machine {
    const copy = new Machine(this.limits, this.defect)
    for (const table of ['exchanges', 'openTokens', 'usedOnce', 'logins'] as const) {
      for (const [key, row] of this[table]) copy[table].set(key, row as never)
    }
    copy.#admissions = this.#admissions
    for (const [method, values] of this.#records) copy.authority(method, ...values).catch(() => undefined)
    return copy
  }

  /** Rows that end by themselves. */
  get openRows(): number {
    return this.exchanges.size + this.openTokens.size + this.usedOnce.size + this.logins.size
  }

  insertExchange(now: Date, id: string, exchange: OpenExchange): boolean {
    const { capacity, maxAccountExchanges } = this.limits
    const { context, principal } = exchange
    let rows = 0
    for (const { expires } of this.exchanges.values()) if (expires > now) rows++
    if (rows >= capacity) throw new WsTrustError('ws-trust/busy')
    const before = this.exchanges.get(context)
    if (before !== undefined && before.expires > now) return false
    this.exchanges.set(context, { ...exchange, id, answer: undefined })
    const others = [...this.exchanges.values()]
      .filter((row) => row.principal === principal && row.context !== context)
      .sort((a, b) => b.expires.getTime() - a.expires.getTime())
    const open = others.filter(({ answer }) => answer === undefined)
    const answered = others.filter(({ answer }) => answer !== undefined)
    for (const row of [...open.slice(maxAccountExchanges - 1), ...answered.slice(maxAccountExchanges)]) {
      this.exchanges.delete(row.context)
    }
    return true
  }

  findExchange(now: Date, context: string): StoredExchange | undefined {
    const row = this.exchanges.get(context)
    if (row === undefined || row.expires <= now) return undefined
    const { secrets, answer, ...rest } = row
    if (secrets !== undefined) return { ...rest, secrets: secrets.map((secret) => Uint8Array.from(secret)) }
    return answer && { ...rest, answer }
  }

  answerExchange(now: Date, context: string, id: string, answer: Answer): Answer | undefined {
    const row = this.exchanges.get(context)
    if (row?.id !== id || row.expires <= now) return undefined
    if (row.secrets === undefined) return row.answer
    this.exchanges.set(context, { ...row, answer, secrets: this.defect === 'w-kept' ? row.secrets : undefined })
    return answer
  }

  countOpenExchanges(now: Date): number {
    return [...this.exchanges.values()].filter((row) => row.secrets !== undefined && row.expires > now).length
  }

  /** Whether there is room; the first half of `open`, which a defect runs apart from the second. */
  hasRoom(now: Date, exchange: OpenTokensOf, limits: OpenLimits): boolean {
    return this.#displaced(now, exchange, limits) !== undefined
  }

  addTokens(exchange: OpenTokensOf): Admission {
    this.openTokens.set(exchange.id, { ...exchange, answered: false })
    return { serial: String(++this.#admissions) }
  }

  openTokensFor(now: Date, exchange: OpenTokensOf, limits: OpenLimits): Admission | undefined {
    const displaced = this.#displaced(now, exchange, limits)
    if (displaced === undefined) return undefined
    for (const { id } of displaced) this.openTokens.delete(id)
    return this.addTokens({ ...exchange, since: heldSince(exchange, displaced) })
  }

  #displaced(now: Date, exchange: OpenTokensOf, limits: OpenLimits): OpenTokensOf[] | undefined {
    const { key, account } = exchange
    const open = [...this.openTokens.values()]
      .filter((row) => !row.answered && row.expires > now.getTime())
      .sort((a, b) => a.since - b.since)
    const ofKey = open.filter((row) => row.key === key)
    return makeRoom(exchange, limits, {
      tokens: ofKey.reduce((sum, { count }) => sum + count, 0),
      own: account === undefined ? [] : open.filter((row) => row.account === account),
      abandoned: ofKey.filter((row) => row.account !== account && row.since <= now.getTime() - limits.patience),
    })
  }

  answerTokens(now: Date, id: string): boolean {
    const row = this.openTokens.get(id)
    if (row === undefined || row.expires <= now.getTime()) return false
    this.openTokens.set(id, { ...row, answered: true })
    return true
  }

  closeTokens(id: string): void {
    this.openTokens.delete(id)
  }

  /** Whether all keys are new; then they are kept. */
  useOnce(now: Date, kind: string, keys: readonly Uint8Array[], until: Date, rows: number): boolean {
    const names = [...new Set(keys.map((key) => `${kind} ${toHex(key)}`))]
    if (names.length < keys.length) return false
    this.#checkRoom(now, kind, names.length, rows)
    const isUsed = (name: string): boolean => (this.usedOnce.get(name)?.expires ?? new Date(0)) >= now
    if (names.some((name) => this.usedOnce.has(name) && isUsed(name))) return false
    for (const name of names) this.usedOnce.set(name, { expires: until })
    return true
  }

  addNonce(now: Date, nonce: string, digest: Uint8Array, until: Date, rows: number): void {
    this.#checkRoom(now, 'nonce', 1, rows)
    this.usedOnce.set(`nonce ${nonce}`, { expires: until, digest })
  }

  takeNonce(now: Date, nonce: string): Uint8Array | undefined {
    const row = this.usedOnce.get(`nonce ${nonce}`)
    this.usedOnce.delete(`nonce ${nonce}`)
    return row !== undefined && now <= row.expires ? row.digest : undefined
  }

  #checkRoom(now: Date, kind: string, more: number, most: number): void {
    let rows = 0
    for (const [name, { expires }] of this.usedOnce) if (name.startsWith(`${kind} `) && expires > now) rows++
    if (rows + more > most) throw new StoreError('store/full')
  }

  beginLogin(now: Date, subject: string, attempts: number, window: number, lockout: number): Date | undefined {
    const after = (milliseconds: number): Date => new Date(now.getTime() + milliseconds)
    const old = this.logins.get(subject)
    const isNew = old === undefined || old.expires <= now
    const count = isNew ? 1 : Math.min(old.count, attempts) + 1
    const expires = isNew ? after(window) : old.count === attempts ? after(lockout) : old.expires
    this.logins.set(subject, { count, expires })
    return count > attempts ? expires : undefined
  }

  unlock(subject: string): boolean {
    return this.logins.delete(subject)
  }

  /** Calls a method of the authority's records, which does its work before it first yields. */
  authority(method: keyof AuthorityStore, ...values: unknown[]): Promise<unknown> {
    if (AUTHORITY_WRITES.includes(method) && this.defect !== 'records-not-logged') this.#records.push([method, values])
    return (this.#authority[method] as (...values: unknown[]) => Promise<unknown>)(...values)
  }

  sweep(now: Date): number {
    const before = this.openRows
    const tables: [Map<string, unknown>, (row: never) => number][] = [
      [this.openTokens, ({ expires }: TokensRow) => expires],
      [this.usedOnce, ({ expires }: UsedOnce) => expires.getTime()],
      [this.logins, ({ expires }: Attempts) => expires.getTime()],
    ]
    if (this.defect !== 'never-swept') {
      tables.push([this.exchanges, ({ expires }: ExchangeRow) => expires.getTime()])
    }
    for (const [table, expiry] of tables) {
      for (const [key, row] of table) if (expiry(row as never) < now.getTime()) table.delete(key)
    }
    return before - this.openRows
  }
}

/** The transactions that change something; all others only read. */
export const WRITES = [
  ...['insertExchange', 'answerExchange', 'addTokens', 'openTokensFor', 'answerTokens', 'closeTokens'],
  ...['useOnce', 'addNonce', 'takeNonce', 'beginLogin', 'unlock', 'sweep'],
] as const satisfies readonly (keyof Machine)[]

export const AUTHORITY_WRITES: readonly (keyof AuthorityStore)[] = [
  ...(['insert', 'decide', 'insertCertificate', 'replaceExchangeCertificate', 'revoke'] as const),
  ...(['unrevoke', 'publishCrl'] as const),
]
