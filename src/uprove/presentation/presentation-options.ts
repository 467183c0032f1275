import type { Scalar } from '../../../bindings/engine/engine.js'
import type { ZeroEncoding } from '../../hash/index.js'
import { attributesFrom, attributeScalars, type Attribute } from '../parameters/attributes.js'
import { limits, nullableOctetsFrom, octetsFrom, type OctetsLike } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import type { VariableTimeOption } from '../parameters/policy.js'
import { checkIndices, undisclosedIndices, type PseudonymSource } from './proof.js'
import { isZero } from '../../../bindings/octets/integers.js'
import { objectFrom, require, requireList } from '../../../bindings/octets/shape.js'
import type { NonceOptions } from '../nonces.js'

/** A scope, and whose secret the pseudonym in it stands for. */
export interface PseudonymRequest {
  readonly scope: OctetsLike
  readonly source: PseudonymSource
}

/** The messages that a presentation signs. */
export interface PresentationMessages {
  /** m, which the proof signs and which makes it fresh. Pass null for none; undefined is refused. */
  readonly message: OctetsLike | null
  /** m_d: what the Device signs. Not in Revision 1 without a Device. Default null. */
  readonly deviceMessage?: OctetsLike | null
  /** Revision 3: a scope-exclusive pseudonym. */
  readonly pseudonym?: PseudonymRequest
}

export interface PresentationOptions extends PresentationMessages, VariableTimeOption, NonceOptions {
  /** All attributes of the token, (A_1, ..., A_n). */
  readonly attributes: readonly Attribute[]
  /** D: indices of the attributes to disclose, counted from 1, ascending. Default none. */
  readonly disclosed?: readonly number[]
  /** Revision 3: indices of undisclosed attributes to commit to, ascending. Default none. */
  readonly committed?: readonly number[]
  /** How a disclosed x_i = 0 is hashed. Default `'octet'`; `'empty'` for Microsoft's SDKs. */
  readonly zeroEncoding?: ZeroEncoding
}

/** The messages, checked. */
export interface CheckedMessages {
  readonly message: Uint8Array | null
  readonly deviceMessage: Uint8Array | null
  readonly pseudonym: { readonly scope: Uint8Array; readonly source: PseudonymSource } | undefined
}

/** A presentation as requested, checked. */
export interface PresentationPlan extends CheckedMessages {
  readonly attributes: readonly (Uint8Array | null)[]
  /** (x_1, ..., x_n). */
  readonly x: readonly Scalar[]
  /** D, U, C. */
  readonly disclosed: readonly number[]
  readonly undisclosed: readonly number[]
  readonly committed: readonly number[]
}

/**
 * Checks the options that Prover and Verifier share. Throws `InvalidInputError` (`presentation/message`,
 * `presentation/extensions`, `options/type`, `octets/...`).
 */
export function checkMessages({ rules }: IssuerParameters, options: PresentationMessages): CheckedMessages {
  const messages: Partial<PresentationMessages> = objectFrom(options, 'options/type', 'the options')
  const { message, deviceMessage, pseudonym: requested } = messages
  // Undefined is refused: a Verifier that forgets the challenge would accept every replay of a proof.
  require(message !== undefined, 'presentation/message', 'm is missing: pass the challenge, or null for none')
  const pseudonym = requested === undefined ? undefined : { ...objectFrom(requested, 'options/type', 'the pseudonym') }
  require(rules.extensions || pseudonym === undefined, 'presentation/extensions', 'Revision 1 has no pseudonyms')
  return {
    message: nullableOctetsFrom(message, 'm', limits.message),
    deviceMessage: nullableOctetsFrom(deviceMessage, 'm_d', limits.message),
    pseudonym: pseudonym && { scope: octetsFrom(pseudonym.scope, 'the scope'), source: pseudonym.source },
  }
}

/** Whether a message for the Device is signed: Revision 1 signs none without a Device. */
export function signsDeviceMessage(
  { rules }: IssuerParameters,
  deviceProtected: boolean,
  { deviceMessage }: CheckedMessages,
): boolean {
  return rules.extensions || deviceProtected || deviceMessage === null
}

/**
 * Checks what the caller wants to present. Throws `InvalidInputError` (`attribute/...`, `scalar/range`, `presentation/...`,
 * `options/type`, `octets/...`).
 */
export function planPresentation(
  parameters: IssuerParameters,
  deviceProtected: boolean,
  options: PresentationOptions,
): PresentationPlan {
  const { n, rules } = parameters
  const messages = checkMessages(parameters, options)
  const { disclosed: d = [], committed: c = [] } = options
  requireList(d, 'presentation/indices', 'attribute indices')
  requireList(c, 'presentation/indices', 'attribute indices')
  // Copies, so that the checked attributes are the presented ones.
  const [disclosed, committed] = [[...d], [...c]]
  const signed = signsDeviceMessage(parameters, deviceProtected, messages)
  require(signed, 'presentation/device-message', 'Revision 1 signs no message for the Device without a Device')
  checkIndices(disclosed, n)
  checkIndices(committed, n)
  const undisclosed = undisclosedIndices(n, disclosed)
  const isUndisclosed = (index: number): boolean => undisclosed.includes(index)
  require(rules.extensions || committed.length === 0, 'presentation/extensions', 'Revision 1 has no commitments')
  require(committed.every(isUndisclosed), 'presentation/committed', 'only undisclosed attributes can be committed to')
  const source = messages.pseudonym?.source
  const undisclosedSource = source === undefined || (source === 'device' ? deviceProtected : isUndisclosed(source))
  require(undisclosedSource, 'presentation/pseudonym', 'a pseudonym must be derived from an undisclosed attribute or from the Device')
  const attributes = attributesFrom(parameters, options.attributes)
  const x = attributeScalars(parameters, attributes)
  const pseudonymOfZero = typeof source === 'number' && isZero(x[source - 1]!)
  require(!pseudonymOfZero, 'presentation/pseudonym-of-zero', 'an attribute with x = 0 has no pseudonym: it would be the same for everyone')
  return { ...messages, attributes, x, disclosed, undisclosed, committed }
}
