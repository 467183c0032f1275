import { toHex } from '../../bindings/octets/integers.js'
import { encodeText } from '../../bindings/octets/text.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { Violation, type Property } from './defects.js'
import type { Machine } from './store/machine.js'

/** The quotas of the deployment that is simulated. */
export const QUOTAS = { maxOpenTokens: 12, maxAccountTokens: 10, maxAccountExchanges: 4, patience: 30_000 } as const
/** How much longer an entry among the open tokens lives than the exchange, in ms. `src/pool/parties/issuance-policy.ts` */
const CLOCK_TOLERANCE = 60_000
/** How long an exchange can hold a place, in ms: the lifetime of the pool's policy, and the tolerance. */
const LONGEST = 660_000

export const LOGINS = { attempts: 5, window: 300_000, lockout: 300_000 } as const

/** Of numbers, however many zeros they begin with. */
function digestOf(numbers: readonly Uint8Array[]): string {
  return toHex(sha256(encodeText(numbers.map((each) => toHex(each).replace(/^0+/, '')).join())))
}

/**
 * Sees what leaves the nodes and what the database holds, and holds it against the properties. It knows the truth and tells
 * nobody but the test.
 */
export class Checker {
  #violation: Violation | undefined
  /** By sigma_r: which w answered which sigma_c. */
  readonly #computed = new Map<string, { readonly w: string; readonly sigmaC: string }>()
  /** By w: the sigma_c whose answer left a node. */
  readonly #left = new Map<string, string>()
  readonly #accepted = new Set<string>()
  readonly #digests = new Set<string>()
  /** By account and Context: requests that came to nodes, and when the first came. */
  readonly #begun = new Map<string, Map<string, { count: number; readonly since: number; answered: boolean }>>()
  /** By account: until when one of its exchanges may have given way to another of its own. */
  readonly #mayLose = new Map<string, number>()
  readonly #guesses: number[] = []

  constructor(
    private readonly time: () => number,
    /** How far the clocks of two nodes are apart at most, in ms. Infinity: clocks jump. */
    private readonly maxSkew: number,
  ) {}

  /** Whether clocks jump by hours and years: quotas and replays are not checked then. */
  get clocksJump(): boolean {
    return this.maxSkew === Infinity
  }

  /** Throws what was found. */
  check(): void {
    if (this.#violation !== undefined) throw this.#violation
  }

  fail(property: Property, detail: string): void {
    this.#violation ??= new Violation(property, detail)
  }

  /** A node has computed an answer. It has not left yet. */
  computed(state: string, sigmaC: readonly Uint8Array[], sigmaR: readonly Uint8Array[]): void {
    this.#computed.set(digestOf(sigmaR), { w: state, sigmaC: digestOf(sigmaC) })
  }

  /** An answer leaves a node. */
  answered(context: string, account: string, sigmaR: readonly (readonly Uint8Array[])[]): void {
    for (const each of sigmaR) {
      const answer = this.#computed.get(digestOf(each))
      if (answer === undefined) {
        this.fail('nothing unexpected happens', `an answer to ${context} that no node computed`)
        continue
      }
      const before = this.#left.get(answer.w)
      if (before !== undefined && before !== answer.sigmaC) {
        this.fail('no w answers twice', `two answers with one w left in ${context}`)
      }
      this.#left.set(answer.w, answer.sigmaC)
    }
    const begun = this.#begun.get(account)?.get(context)
    if (begun !== undefined) begun.answered = true
  }

  /** A request to begin an exchange has come to a node. */
  begins(account: string, context: string): void {
    const now = this.time()
    const all = this.#begun.get(account) ?? new Map<string, { count: number; since: number; answered: boolean }>()
    this.#begun.set(account, all)
    for (const [old, { since }] of all) if (since < now - LONGEST) all.delete(old)
    const known = all.get(context)
    if (known === undefined) all.set(context, { count: 1, since: now, answered: false })
    else known.count++
    let open = 0
    for (const { count, answered } of all.values()) open += count - (answered ? 1 : 0)
    if (open > QUOTAS.maxAccountExchanges) this.#mayLose.set(account, now + LONGEST)
  }

  /** Whether an exchange of an account that was acknowledged may be gone, since the account has begun more than its share. */
  mayLose(account: string): boolean {
    return this.clocksJump || (this.#mayLose.get(account) ?? 0) > this.time()
  }

  /** A presentation was accepted, with these values `a`. */
  accepted(witnesses: readonly Uint8Array[]): void {
    if (this.clocksJump) return
    for (const witness of witnesses) {
      const name = toHex(witness)
      if (this.#accepted.has(name)) this.fail('a replay is refused', 'a presentation was accepted twice')
      this.#accepted.add(name)
    }
  }

  /** The digest of a password was accepted, with this nonce. */
  acceptedDigest(keys: readonly Uint8Array[]): void {
    if (this.clocksJump) return
    const name = digestOf(keys)
    if (this.#digests.has(name)) this.fail('a replay is refused', 'the digest of a password was accepted twice')
    this.#digests.add(name)
  }

  /** A wrong password is about to be compared. */
  guessed(): void {
    const now = this.time()
    this.#guesses.push(now)
    const first = this.#guesses[this.#guesses.length - 1 - LOGINS.attempts]
    if (first !== undefined && now - first < LOGINS.window - this.maxSkew) {
      this.fail('quotas hold', `${String(LOGINS.attempts + 1)} passwords were tried in ${String(now - first)} ms`)
    }
  }

  /** A transaction was done. */
  transaction({ exchanges, openTokens }: Machine): void {
    if (this.clocksJump) return
    // On the clock of the node that is furthest behind.
    const now = this.time() - this.maxSkew / 2
    const byAccount = new Map<string, { tokens: number; exchanges: number }>()
    const byGamma = new Map<string, number>()
    for (const { key, account = '', count, answered, expires } of openTokens.values()) {
      if (answered || expires - CLOCK_TOLERANCE <= now) continue
      const own = byAccount.get(account) ?? { tokens: 0, exchanges: 0 }
      byAccount.set(account, { tokens: own.tokens + count, exchanges: own.exchanges + 1 })
      byGamma.set(key, (byGamma.get(key) ?? 0) + count)
    }
    for (const [account, own] of byAccount) {
      if (own.tokens > QUOTAS.maxAccountTokens || own.exchanges > QUOTAS.maxAccountExchanges) {
        this.fail(
          'quotas hold',
          `${account} has ${String(own.tokens)} tokens in ${String(own.exchanges)} exchanges open`,
        )
      }
    }
    for (const tokens of byGamma.values()) {
      if (tokens > QUOTAS.maxOpenTokens) this.fail('quotas hold', `${String(tokens)} tokens with one gamma are open`)
    }
    const secrets = new Map<string, number>()
    for (const { principal, answer } of exchanges.values()) {
      if (answer === undefined) secrets.set(principal, (secrets.get(principal) ?? 0) + 1)
    }
    for (const [account, count] of secrets) {
      if (count > QUOTAS.maxAccountExchanges)
        this.fail('quotas hold', `${account} has ${String(count)} exchanges stored`)
    }
  }
}
