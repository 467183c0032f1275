import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { OctetReader, OctetWriter } from '../../../bindings/octets/octet-stream.js'
import { equalOctets, limits, wipe, wipeAll, wipeOnFailure } from '../../../bindings/octets/octets.js'
import { requireOctets } from '../../../bindings/octets/shape.js'
import { ProtocolError } from '../errors.js'
import type { IssuerKey } from '../parameters/issuer-key.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import type { IssuerNonces } from '../parameters/precomputation.js'
import {
  checkMessageLength,
  messageFrom,
  scalarsFrom,
  type IssuanceMessage1,
  type IssuanceMessage2,
  type IssuanceMessage3,
} from './messages.js'
import { decodeText, encodeText } from '../../../bindings/octets/text.js'

// An Issuer's side of an exchange, state in, state out: `beginExchange()` returns the first message and a secret state;
// `respondToMessage2()` takes the state and returns the third message. The caller keeps the state in between: a session in
// memory, or a store from which any node of a farm can take it.

/** Version 1 was used by releases that stored sessions; a wiped state has 0. */
const stateVersion = 2

/** The name and deadline of an exchange whose tokens are counted as open. */
export interface ExchangeName {
  readonly id: string
  /** ms since 1970. */
  readonly deadline: number
}

/** The name of an exchange that is not counted. */
const unnamed: ExchangeName = { id: '', deadline: 0 }

/** The first message of an exchange, and the state that its answer needs. */
export interface BegunExchange {
  readonly message1: IssuanceMessage1
  /** What the tokens certify. */
  readonly gamma: Element
  /**
   * The w of each token, good for one answer. Together with the messages of the exchange they reveal y_0; so do two answers
   * with one state. UPCS forbids exporting them, even encrypted. A store that keeps states for a farm must seal each at once,
   * under a key as well protected as y_0, hand it out exactly once, and keep it out of backups.
   */
  readonly state: Uint8Array
}

/** Computes sigma_a, sigma_b and, in Revision 3, sigma_z for tokens over gamma. Wipes the w. Section 5. */
export function beginExchange(
  parameters: IssuerParameters,
  key: IssuerKey,
  gamma: Element,
  { w, sigmaA }: IssuerNonces,
): BegunExchange {
  const { group, rules } = parameters
  const table = group.fixedBase(gamma, { expectedUses: w.length + 1 })
  try {
    const sigmaB = table.exponentiateMany(w)
    const message1 = rules.issuerSendsSigmaZ ? { sigmaZ: key.power(table), sigmaA, sigmaB } : { sigmaA, sigmaB }
    return { message1, gamma, state: writeState(parameters, w) }
  } finally {
    table.dispose()
    wipeAll(w)
  }
}

/** The state of an exchange as octets. The w stay with the caller, who wipes them. */
export function writeState(
  parameters: IssuerParameters,
  w: readonly Scalar[],
  { id, deadline }: ExchangeName = unnamed,
): Uint8Array {
  return new OctetWriter()
    .byte(stateVersion)
    .octets(parameters.digest(false))
    .octets(encodeText(id))
    .int(Math.floor(deadline / 2 ** 32))
    .int(deadline % 2 ** 32)
    .list(w, (list, secret) => list.raw(secret))
    .finish()
}

/**
 * Answers the second message with the third: sigma_r = sigma_c y_0 + w. The state answers once, since two answers with one w
 * reveal y_0: it is wiped in place before anything is computed, and a wiped state is refused. A malformed message is refused
 * and leaves the state as it was. The message is read completely before the state is taken, so that a getter on the message
 * cannot make the state answer twice. Section 5.
 *
 * Throws `ProtocolError` (`issuance/answered`), `InvalidInputError` (`issuance/message-shape`, `issuance/message-length`,
 * `octets/...`, `scalar/...`, `state/...`).
 */
export function respondToMessage2(
  parameters: IssuerParameters,
  key: IssuerKey,
  state: Uint8Array,
  message2: IssuanceMessage2<Uint8Array>,
): IssuanceMessage3 {
  const sigmaC = scalarsFrom(parameters.group, messageFrom(message2).sigmaC)
  const w = takeState(parameters, state, sigmaC.length)
  try {
    return { sigmaR: sigmaC.map((c, i) => key.respond(c, w[i]!)) }
  } finally {
    wipeAll(w)
  }
}

/** Whether a state can still be answered. */
export function isOpen(state: Uint8Array): boolean {
  return state[0] !== 0
}

/**
 * The name of the exchange that a state belongs to, and its number of tokens. Throws `ProtocolError` (`issuance/answered`),
 * `InvalidInputError` (`state/...`, `octets/...`).
 */
export function exchangeOf(parameters: IssuerParameters, state: Uint8Array): ExchangeName & { readonly count: number } {
  const { name, reader } = readHeader(parameters, state)
  return { ...name, count: reader.int() }
}

/** The w of a state, which is wiped. */
function takeState(parameters: IssuerParameters, state: Uint8Array, count: number): Scalar[] {
  const { scalars } = parameters.group
  const { reader } = readHeader(parameters, state)
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
    checkMessageLength(count, w.length)
    wipe(state)
    return w
  })
}

function readHeader(parameters: IssuerParameters, state: Uint8Array): { name: ExchangeName; reader: OctetReader } {
  requireOctets(state, 'octets/type', 'the state of an exchange')
  if (!isOpen(state)) throw new ProtocolError('issuance/answered', 'the exchange was answered or closed')
  const reader = new OctetReader(state)
  if (reader.byte() !== stateVersion) throw new InvalidInputError('state/version', 'unknown version of issuance state')
  if (!equalOctets(reader.octets(), parameters.digest(false))) {
    throw new InvalidInputError('state/other-parameters', 'the issuance state belongs to other Issuer parameters')
  }
  const id = decodeText(reader.octets())
  return { name: { id, deadline: reader.int() * 2 ** 32 + reader.int() }, reader }
}
