import type { Element } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { ProtocolError } from '../../uprove/errors.js'
import type { PendingIssuance } from '../../uprove/issuance/issuer-session.js'
import type { IssuanceMessage1, IssuanceMessage2, IssuanceMessage3 } from '../../uprove/issuance/messages.js'
import { OctetReader, OctetWriter } from '../../../bindings/octets/octet-stream.js'
import { wipe } from '../../../bindings/octets/octets.js'
import { checkBatch, type Identified, type Received } from './identified.js'
import type { Reservation } from './issuance-policy.js'

const stateVersion = 1

/** The longest delay that timers know. */
const maxDelay = 2 ** 31 - 1

/** What the Issuer of an exchange does at its end. */
export interface SessionOwner {
  /** The tokens are not open any more. */
  closed(session: PoolPendingIssuance): Promise<void>
  /** The exchange goes on elsewhere, where its tokens are still open. */
  moved(session: PoolPendingIssuance): void
}

/** An Issuer's side of an exchange between its first and its third message. It ends by itself at its deadline. */
export class PoolPendingIssuance {
  readonly #timer: ReturnType<typeof setTimeout>

  /** @internal */
  constructor(
    private readonly owner: SessionOwner,
    private readonly pending: PendingIssuance,
    /** @internal */
    readonly reservation: Reservation,
  ) {
    const delay = Math.min(maxDelay, Math.max(0, reservation.deadline - Date.now()))
    this.#timer = setTimeout(() => void this.dispose(), delay)
    // It is not worth keeping a process of Node alive.
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  /** Names this exchange, in its messages too. */
  get batch(): string {
    return this.reservation.id
  }

  /** Number of tokens. */
  get count(): number {
    return this.pending.count
  }

  /** Whether the exchange still waits for its second message. */
  get open(): boolean {
    return this.pending.open
  }

  /** When it ends by itself. */
  get deadline(): Date {
    return new Date(this.reservation.deadline)
  }

  /**
   * Answers the second message with the third. Each w answers once, and is wiped before the answer leaves; this is done in
   * this thread, where the w are. A refused message leaves the exchange open. Section 5.
   *
   * Rejects with `ProtocolError` (`issuance/answered`, `issuance/expired`, `issuance/other-batch`), `InvalidInputError`
   * (`issuance/message-length`, `scalar/...`).
   */
  async respond(message2: Received<IssuanceMessage2<Uint8Array>>): Promise<IssuanceMessage3 & Identified> {
    checkBatch(message2, this.batch)
    if (Date.now() >= this.reservation.deadline) {
      await this.dispose()
      throw new ProtocolError('issuance/expired', 'the exchange was open for too long')
    }
    const message3 = this.pending.respond(message2)
    await this.#close()
    return { ...message3, batch: this.batch }
  }

  /**
   * Moves the w out of this object, for `restoreSecretState()` of a pool's Issuer elsewhere, if the exchange was begun with
   * `exportable`. The tokens still count as open. Read at `PendingIssuance.exportSecretState()` what that costs.
   *
   * Throws `ProtocolError` (`issuance/answered`, `issuance/not-exportable`).
   */
  exportSecretState(): Uint8Array {
    const { id, deadline } = this.reservation
    const state = this.pending.exportSecretState()
    clearTimeout(this.#timer)
    this.owner.moved(this)
    try {
      const text = new TextEncoder()
      const writer = new OctetWriter()
        .byte(stateVersion)
        .octets(text.encode(id))
        .octets(text.encode(String(deadline)))
      return writer.octets(state).finish()
    } finally {
      wipe(state)
    }
  }

  /** Wipes the w; the exchange cannot be finished any more. */
  async dispose(): Promise<void> {
    const wasOpen = this.open
    this.pending.dispose()
    if (wasOpen) await this.#close()
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.owner.closed(this)
  }
}

/** An exchange that a pool's Issuer began, with the message to send. */
export class PoolIssuerSession extends PoolPendingIssuance {
  /** @internal */
  constructor(
    owner: SessionOwner,
    pending: PendingIssuance,
    reservation: Reservation,
    readonly message1: IssuanceMessage1 & Identified,
    /** What the tokens certify. */
    readonly gamma: Element,
  ) {
    super(owner, pending, reservation)
  }
}

/** Reads what `exportSecretState()` wrote. Throws `InvalidInputError` (`state/version`, `octets/...`). */
export function readPoolState(octets: Uint8Array): { reservation: Reservation; state: Uint8Array } {
  const reader = new OctetReader(octets)
  if (reader.byte() !== stateVersion) throw new InvalidInputError('state/version', 'unknown version of issuance state')
  const text = new TextDecoder()
  const [id, deadline] = [text.decode(reader.octets()), Number(text.decode(reader.octets()))]
  const state = reader.octets()
  reader.end()
  return { reservation: { id, deadline }, state }
}
