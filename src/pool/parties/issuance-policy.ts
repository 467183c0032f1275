import { InvalidInputError } from '../../../bindings/errors.js'
import { randomId } from '../../../bindings/octets/random.js'
import { ProtocolError } from '../../uprove/errors.js'
import { limits } from '../../../bindings/octets/octets.js'
import { MemoryOpenTokens, type OpenTokens } from './open-tokens.js'

/**
 * How many tokens an Issuer has open at once: first message sent, second not yet answered. What is at stake is the number of
 * tokens and nothing else. Whoever has l tokens with one gamma (same attributes, same TI; those of all Provers count
 * together) open at once can make l + 1 valid tokens of l answers: at a cost of about q^(1/(1 + log2 l)) operations, 2^64 for
 * l = 8 and 2^51 for l = 16 with a q of 256 bits, and in no time from l = log2 q (ROS; UPCS Revision 4, section 3.8).
 * Attributes cannot be forged so, nor the key found, nor tokens linked.
 */
export interface IssuancePolicyOptions {
  /**
   * `'batch'` (the default): tokens of a batch are open at once. That is right for identity tokens: a holder who can have
   * thousands gains nothing by one more with the same attributes. `'sequential'`: one token open per gamma. That is right
   * where a token is worth something by itself (a coin, a vote, a ticket).
   */
  readonly issuance?: 'batch' | 'sequential'
  /**
   * How many tokens with one gamma may be open at once. Default 100,000, which bounds memory and is no defence; 1 with
   * `'sequential'`, where it cannot be set. Small numbers are a compromise, at the cost above.
   */
  readonly maxOpenTokens?: number
  /** Counts open tokens. By default in this process, and for this Issuer object; a farm needs a store that it shares. */
  readonly openTokens?: OpenTokens
  /** How long a token may stay open, in ms: then its w is wiped. Default 10 minutes. */
  readonly lifetime?: number
  /** How many tokens one exchange may ask for. Default 10,000, at most 65,535. */
  readonly maxBatch?: number
}

/** How much later than the exchange itself its entry among the open tokens expires, in ms: clocks of a farm differ. */
const clockTolerance = 60_000

/** Open tokens that were counted. */
export interface Reservation {
  readonly id: string
  /** When the exchange must be answered, in ms since 1970. */
  readonly deadline: number
}

/** Decides which tokens may be open. */
export class IssuancePolicy {
  readonly maxBatch: number
  readonly #sequential: boolean
  readonly #limit: number
  readonly #openTokens: OpenTokens
  readonly #lifetime: number

  /** Throws `InvalidInputError` (`issuance/policy`). */
  constructor(options: IssuancePolicyOptions = {}) {
    const { issuance = 'batch', maxOpenTokens, openTokens = new MemoryOpenTokens() } = options
    const { lifetime = 600_000, maxBatch = 10_000 } = options
    this.#sequential = issuance === 'sequential'
    if (this.#sequential && maxOpenTokens !== undefined && maxOpenTokens !== 1) {
      throw new InvalidInputError('issuance/policy', 'issued sequentially, one token is open')
    }
    this.#limit = this.#sequential ? 1 : positive(maxOpenTokens ?? 100_000, 'maxOpenTokens')
    this.#openTokens = openTokens
    this.#lifetime = positive(lifetime, 'lifetime')
    this.maxBatch = Math.min(limits.batch, positive(maxBatch, 'maxBatch'))
  }

  /** Throws `InvalidInputError` (`issuance/count`, `issuance/sequential`) for a number of tokens that is never issued. */
  checkCount(count: number): void {
    if (!Number.isInteger(count) || count < 1 || count > this.maxBatch) {
      throw new InvalidInputError('issuance/count', `a batch has 1 to ${this.maxBatch} tokens`)
    }
    if (this.#sequential && count > 1) {
      throw new InvalidInputError('issuance/sequential', 'this Issuer issues one token after another')
    }
    if (count > this.#limit) {
      throw new InvalidInputError('issuance/count', `at most ${this.#limit} tokens may be open at once`)
    }
  }

  /** Counts tokens as open. Throws `ProtocolError` (`issuance/too-many-open`): try later. */
  async open(key: string, count: number): Promise<Reservation> {
    const id = randomId()
    const deadline = Date.now() + this.#lifetime
    const entry = { id, key, count, limit: this.#limit, expires: deadline + clockTolerance }
    if (await this.#openTokens.open(entry)) return { id, deadline }
    throw new ProtocolError(
      'issuance/too-many-open',
      'too many tokens with these attributes are being issued: try later',
    )
  }

  close({ id }: Reservation): Promise<void> {
    return this.#openTokens.close(id)
  }
}

function positive(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidInputError('issuance/policy', `${name} must be a positive integer`)
  }
  return value
}
