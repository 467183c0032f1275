import { InvalidInputError } from '../../../bindings/errors.js'
import { randomId } from '../../../bindings/octets/random.js'
import { ProtocolError } from '../../uprove/errors.js'
import type { ExchangeName } from '../../uprove/issuance/exchange.js'
import { limits } from '../../../bindings/octets/octets.js'
import { MemoryOpenTokens, type OpenLimits, type OpenTokens } from './open-tokens.js'

/**
 * How many tokens an Issuer may have open at once: first message sent, second not yet answered. Only the number of tokens is
 * at stake. A Prover with l tokens of one gamma (same attributes, same TI; those of all Provers count together) open at once
 * can make l + 1 valid tokens of l answers: at a cost of about q^(1/(1 + log2 l)) operations, 2^64 for l = 8 and 2^51 for l =
 * 16 with a q of 256 bits, and almost none from l = log2 q on (ROS; UPCS Revision 4, section 3.8). Neither attributes nor the key
 * can be forged that way, and tokens stay unlinkable.
 */
export interface IssuancePolicyOptions {
  /**
   * `'batch'` (the default): all tokens of a batch are open at once. Use it for identity tokens: a holder who can get
   * thousands gains nothing from one more with the same attributes. `'sequential'`: one open token for each gamma. Use it
   * where each token has a value (a coin, a vote, a ticket).
   */
  readonly issuance?: 'batch' | 'sequential'
  /**
   * How many tokens with one gamma may be open at once. Default 100,000, which bounds memory but is no defence; always 1 with
   * `'sequential'`. Small numbers are a compromise, at the cost given above.
   */
  readonly maxOpenTokens?: number
  /** Counts open tokens. By default in this process, and for this Issuer object; a farm needs a store that it shares. */
  readonly openTokens?: OpenTokens
  /** How long a token may stay open, in ms: then its w is wiped. Default 10 minutes. */
  readonly lifetime?: number
  /** How many tokens one exchange may ask for. Default 10,000, at most 65,535. */
  readonly maxBatch?: number
  /**
   * How many tokens of one account may be open at once, over all gammas. Default 10,000, or `maxBatch` if that is more. Beyond
   * it the oldest unanswered exchange of that account gives way.
   */
  readonly maxAccountTokens?: number
  /** How many exchanges of one account may be open at once. Default 64. Beyond it the oldest of them gives way. */
  readonly maxAccountExchanges?: number
  /**
   * How long an unanswered exchange keeps its place when another account needs it, in ms. Default 30 seconds. This bounds how
   * long an abandoned exchange can make others wait, also with `'sequential'`.
   */
  readonly patience?: number
}

/** How much later than the exchange its entry among the open tokens expires, in ms, since the clocks of a farm differ. */
const clockTolerance = 60_000

/** Open tokens that were counted. */
export interface Reservation extends ExchangeName {
  /** A number that was never assigned before; it enters the derivation of w. */
  readonly serial: string
}

/** Decides which tokens may be open. */
export class IssuancePolicy {
  readonly maxBatch: number
  readonly #sequential: boolean
  readonly #limits: OpenLimits
  readonly #openTokens: OpenTokens
  readonly #lifetime: number

  /** Throws `InvalidInputError` (`issuance/policy`). */
  constructor(options: IssuancePolicyOptions = {}) {
    const { issuance = 'batch', maxOpenTokens, openTokens = new MemoryOpenTokens() } = options
    const { lifetime = 600_000, maxBatch = 10_000, patience = 30_000, maxAccountExchanges = 64 } = options
    this.#sequential = issuance === 'sequential'
    if (this.#sequential && maxOpenTokens !== undefined && maxOpenTokens !== 1) {
      throw new InvalidInputError('issuance/policy', 'maxOpenTokens must be 1 with sequential issuance')
    }
    this.maxBatch = Math.min(limits.batch, positive(maxBatch, 'maxBatch'))
    const { maxAccountTokens = Math.max(10_000, this.maxBatch) } = options
    this.#limits = {
      tokens: this.#sequential ? 1 : positive(maxOpenTokens ?? 100_000, 'maxOpenTokens'),
      accountTokens: positive(maxAccountTokens, 'maxAccountTokens'),
      accountExchanges: positive(maxAccountExchanges, 'maxAccountExchanges'),
      patience: positive(patience, 'patience'),
    }
    this.#openTokens = openTokens
    this.#lifetime = positive(lifetime, 'lifetime')
  }

  /** Throws `InvalidInputError` (`issuance/count`, `issuance/sequential`) for a number of tokens that is never issued. */
  checkCount(count: number): void {
    if (!Number.isInteger(count) || count < 1 || count > this.maxBatch) {
      throw new InvalidInputError('issuance/count', `a batch must have 1 to ${this.maxBatch} tokens`)
    }
    if (this.#sequential && count > 1) {
      throw new InvalidInputError('issuance/sequential', 'this Issuer issues one token at a time')
    }
    const most = Math.min(this.#limits.tokens, this.#limits.accountTokens)
    if (count > most) throw new InvalidInputError('issuance/count', `at most ${most} tokens may be open at once`)
  }

  /**
   * Counts tokens as open. If a quota of the account or this gamma is full, older exchanges of the account give way, and so
   * do abandoned exchanges of others. Throws `ProtocolError` (`issuance/too-many-open`): try later.
   */
  async open(key: string, count: number, account?: string): Promise<Reservation> {
    const id = randomId()
    const since = Date.now()
    const deadline = since + this.#lifetime
    const exchange = { id, key, account, count, since, expires: deadline + clockTolerance }
    const admission = await this.#openTokens.open(exchange, this.#limits)
    if (admission !== undefined) return { id, deadline, serial: admission.serial }
    throw new ProtocolError('issuance/too-many-open', 'too many open tokens with these attributes: try again later')
  }

  /**
   * Allows the answer to an exchange; its tokens are then no longer open. Throws `ProtocolError` (`issuance/gave-way`) if its
   * place was given to another.
   */
  async answer({ id }: ExchangeName): Promise<void> {
    if (await this.#openTokens.answer(id)) return
    throw new ProtocolError('issuance/gave-way', 'the exchange gave way to a newer one: begin a new exchange')
  }

  /** Gives up an exchange: its tokens are not open any more. */
  close({ id }: ExchangeName): Promise<void> {
    return this.#openTokens.close(id)
  }
}

function positive(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidInputError('issuance/policy', `${name} must be a positive integer`)
  }
  return value
}
