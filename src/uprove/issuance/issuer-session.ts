import type { Element } from '../../../bindings/engine/engine.js'
import { wipe } from '../../../bindings/octets/octets.js'
import type { IssuerKey } from '../parameters/issuer-key.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import { isOpen, respondToMessage2, type BegunExchange } from './exchange.js'
import type { IssuanceMessage1, IssuanceMessage2, IssuanceMessage3 } from './messages.js'

/** An exchange that an Issuer began, with the message to send. Made by `issuer.begin()`. */
export class IssuerSession {
  readonly message1: IssuanceMessage1
  /** What the tokens certify; count open exchanges over one gamma together. */
  readonly gamma: Element
  readonly #state: Uint8Array

  /** @internal Takes the state over, and wipes it at the end. */
  constructor(
    private readonly parameters: IssuerParameters,
    private readonly key: IssuerKey,
    { message1, gamma, state }: BegunExchange,
  ) {
    this.message1 = message1
    this.gamma = gamma
    this.#state = state
  }

  /** Number of tokens. */
  get count(): number {
    return this.message1.sigmaA.length
  }

  /** Whether the exchange still waits for its second message. */
  get open(): boolean {
    return isOpen(this.#state)
  }

  /**
   * Answers the second message with the third: sigma_r = sigma_c y_0 + w. Each w answers once, since two answers with one w
   * reveal y_0; it is wiped before the answer is computed. A malformed message is refused and leaves the exchange open.
   * Section 5.
   *
   * Throws `ProtocolError` (`issuance/answered`), `InvalidInputError` (`issuance/message-shape`, `issuance/message-length`,
   * `octets/type`, `scalar/...`).
   */
  respond(message2: IssuanceMessage2<Uint8Array>): IssuanceMessage3 {
    return respondToMessage2(this.parameters, this.key, this.#state, message2)
  }

  /** Wipes the w; the exchange cannot be finished any more. */
  dispose(): void {
    wipe(this.#state)
  }
}
