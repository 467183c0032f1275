import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { ProtocolError } from '../errors.js'
import type { IssuerKey } from '../parameters/issuer-key.js'
import {
  checkMessageLength,
  messageFrom,
  type IssuanceMessage1,
  type IssuanceMessage2,
  type IssuanceMessage3,
} from './messages.js'
import { equalOctets, limits, wipe, wipeAll, wipeOnFailure } from '../../../bindings/octets/octets.js'
import { OctetReader, OctetWriter } from '../../../bindings/octets/octet-stream.js'
import type { IssuerParameters } from '../parameters/parameters.js'

const stateVersion = 1

/** An Issuer's side of an exchange between its first and its third message: the secret w of each token. */
export class PendingIssuance {
  #w: readonly Scalar[] | undefined
  /** Number of tokens. */
  readonly count: number

  /** @internal Takes the w over, and wipes them in the end. */
  constructor(
    protected readonly parameters: IssuerParameters,
    private readonly key: IssuerKey,
    w: readonly Scalar[],
    /** Whether `exportSecretState()` gives the w away. */
    readonly exportable = false,
  ) {
    this.#w = w
    this.count = w.length
  }

  /** Whether the exchange still waits for its second message. */
  get open(): boolean {
    return this.#w !== undefined
  }

  /**
   * Answers the second message with the third: sigma_r = sigma_c y_0 + w. Each w answers once, since two answers with one w
   * reveal y_0; it is wiped before the answer leaves. A malformed message is refused and leaves the exchange open.
   * Section 5.
   *
   * Throws `ProtocolError` (`issuance/answered`), `InvalidInputError` (`issuance/message-shape`, `issuance/message-length`,
   * `octets/type`, `scalar/...`).
   */
  respond(message2: IssuanceMessage2<Uint8Array>): IssuanceMessage3 {
    const w = this.#open()
    const { sigmaC: received } = messageFrom(message2)
    checkMessageLength(received, w.length)
    const sigmaC = received.map((octets) => this.parameters.group.scalars.from(octets))
    this.#w = undefined
    try {
      return { sigmaR: sigmaC.map((c, i) => this.key.respond(c, w[i]!)) }
    } finally {
      wipeAll(w)
    }
  }

  /**
   * Moves the w out of this object as octets, for `issuer.restoreSecretState()` to take up; the object is closed. Only for
   * exchanges that were begun with `exportable`, or taken up.
   *
   * UPCS forbids to export w, even encrypted, and a single node has no reason to: whoever reads this state between the
   * messages learns y_0, and whoever restores it twice and answers twice gives y_0 away. It exists because in a farm any node
   * must be able to answer. Encrypt and authenticate it at once, under a key as well kept as y_0, in a store that can hand
   * it out exactly once; never send it to the Prover; leave it out of backups. Wipe the octets after use.
   *
   * Throws `ProtocolError` (`issuance/answered`, `issuance/not-exportable`).
   */
  exportSecretState(): Uint8Array {
    const w = this.#open()
    if (!this.exportable) {
      throw new ProtocolError('issuance/not-exportable', 'the exchange was not begun with { exportable: true }')
    }
    this.#w = undefined
    try {
      const writer = new OctetWriter().byte(stateVersion).octets(this.parameters.digest(false))
      return writer.list(w, (list, secret) => list.raw(secret)).finish()
    } finally {
      wipeAll(w)
    }
  }

  /** Wipes the w; the exchange cannot be finished any more. */
  dispose(): void {
    wipeAll(this.#w ?? [])
    this.#w = undefined
  }

  #open(): readonly Scalar[] {
    if (this.#w === undefined) throw new ProtocolError('issuance/answered', 'this exchange was answered or closed')
    return this.#w
  }
}

/** Reads what `exportSecretState()` wrote. Throws `InvalidInputError` (`state/...`, `octets/...`). */
export function readSecretState(parameters: IssuerParameters, state: Uint8Array): Scalar[] {
  const { scalars } = parameters.group
  const reader = new OctetReader(state)
  if (reader.byte() !== stateVersion) throw new InvalidInputError('state/version', 'unknown version of issuance state')
  if (!equalOctets(reader.octets(), parameters.digest(false))) {
    throw new InvalidInputError('state/other-parameters', 'the issuance state is of other Issuer parameters')
  }
  return wipeOnFailure((keep) => {
    const w = reader.list(limits.batch, (list) => {
      const octets = list.raw(scalars.length)
      try {
        return keep(scalars.from(octets))
      } finally {
        wipe(octets)
      }
    })
    reader.end()
    return w
  })
}

/** An exchange that an Issuer began, with the message to send. Made by `issuer.begin()`. */
export class IssuerSession extends PendingIssuance {
  /** @internal */
  constructor(
    parameters: IssuerParameters,
    key: IssuerKey,
    w: readonly Scalar[],
    readonly message1: IssuanceMessage1,
    /** What the tokens certify; open exchanges over one gamma are to be counted together. */
    readonly gamma: Element,
    exportable: boolean,
  ) {
    super(parameters, key, w, exportable)
  }
}
