import type { Element } from '../../../bindings/engine/engine.js'
import { ProtocolError } from '../../uprove/errors.js'
import { isOpen, type BegunExchange, type ExchangeName } from '../../uprove/issuance/exchange.js'
import type { IssuanceMessage1, IssuanceMessage2, IssuanceMessage3 } from '../../uprove/issuance/messages.js'

/**
 * The name of the exchange, which its messages carry besides their values. The values alone do not show it, since to its
 * Issuer a sigma_c is a random number. A message without the name is accepted.
 */
export interface Identified {
  readonly batch: string
}

/** A received message, which may name its exchange. */
export type Received<Message> = Message & Partial<Identified>

/** Throws `ProtocolError` (`issuance/other-batch`) if a message names another exchange. */
export function checkBatch({ batch }: Partial<Identified>, expected: string | undefined): void {
  if (batch !== undefined && expected !== undefined && batch !== expected) {
    throw new ProtocolError('issuance/other-batch', 'the message answers another batch')
  }
}

/** An exchange that a pool's Issuer began, with its name. */
export interface PoolExchange extends BegunExchange {
  readonly message1: IssuanceMessage1 & Identified
  readonly name: ExchangeName
}

/** The Issuer of an exchange. */
export interface SessionOwner {
  /** Answers with a state, and wipes it. */
  respondTo(state: Uint8Array, message2: Received<IssuanceMessage2<Uint8Array>>): Promise<IssuanceMessage3 & Identified>
  /** Wipes a state; its tokens are not open any more. */
  abandon(state: Uint8Array): Promise<void>
  /** The session is closed. */
  closed(session: PoolIssuerSession): void
}

/** The longest delay that timers support. */
const maxDelay = 2 ** 31 - 1

/** An exchange that a pool's Issuer began, with the message to send. It ends by itself at its deadline. */
export class PoolIssuerSession {
  readonly message1: IssuanceMessage1 & Identified
  /** What the tokens certify. */
  readonly gamma: Element
  readonly #name: ExchangeName
  readonly #state: Uint8Array
  readonly #timer: ReturnType<typeof setTimeout>

  /** @internal Takes the state over. */
  constructor(
    private readonly owner: SessionOwner,
    { message1, gamma, name, state }: PoolExchange,
  ) {
    this.message1 = message1
    this.gamma = gamma
    this.#name = name
    this.#state = state
    const delay = Math.min(maxDelay, Math.max(0, name.deadline - Date.now()))
    this.#timer = setTimeout(() => void this.dispose(), delay)
    // The timer must not keep a Node process alive.
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  /** Names this exchange, in its messages too. */
  get batch(): string {
    return this.#name.id
  }

  /** Number of tokens. */
  get count(): number {
    return this.message1.sigmaA.length
  }

  /** Whether the exchange still waits for its second message. */
  get open(): boolean {
    return isOpen(this.#state)
  }

  /** Its deadline. */
  get deadline(): Date {
    return new Date(this.#name.deadline)
  }

  /**
   * Answers the second message with the third. Each w answers once, and is wiped before the answer is computed. The answer is
   * computed in this thread, where the w are. A refused message leaves the exchange open. Section 5.
   *
   * Rejects with `ProtocolError` (`issuance/answered`, `issuance/expired`, `issuance/gave-way`, `issuance/other-batch`),
   * `InvalidInputError` (`issuance/message-length`, `scalar/...`), and what a shared count of open tokens rejects with.
   */
  async respond(message2: Received<IssuanceMessage2<Uint8Array>>): Promise<IssuanceMessage3 & Identified> {
    try {
      return await this.owner.respondTo(this.#state, message2)
    } finally {
      if (!this.open) this.#close()
    }
  }

  /** Wipes the w; the exchange cannot be finished any more. */
  async dispose(): Promise<void> {
    if (!this.open) return
    this.#close()
    await this.owner.abandon(this.#state)
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.owner.closed(this)
  }
}
