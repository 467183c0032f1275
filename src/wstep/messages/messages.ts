import type { ContextItem } from '../../pki/authority.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** The contents of a wst:RequestSecurityToken. [MS-WSTEP] 3.1.4.1.3.3 */
export type WstepRequest = IssueRequest | QueryRequest | KeyExchangeRequest

interface Preferences {
  /** Language of texts in the answer (RFC 3066). [MS-WSTEP] 3.1.4.2.1 */
  readonly preferredLanguage?: string
}

/** A new certificate, or the renewal of one. [MS-WSTEP] 3.1.4.2.1.1 */
export interface IssueRequest extends Preferences {
  readonly kind: 'issue'
  /** The certificate request, DER. */
  readonly token: Octets
  /**
   * The token's type as the client states it; it is ignored when read. When written, it follows from the form of the token
   * unless given.
   */
  readonly valueType?: string
  readonly additionalContext?: readonly ContextItem[]
}

/** The status of a request that was pended. [MS-WSTEP] 3.1.4.2.1.2 */
export interface QueryRequest extends Preferences {
  readonly kind: 'query'
  /** Not empty. */
  readonly requestId: string
}

/** The certificate to which private keys are encrypted. [MS-WSTEP] 3.1.4.2.2.1 */
export interface KeyExchangeRequest extends Preferences {
  readonly kind: 'key-exchange'
}

/** The one wst:RequestSecurityTokenResponse of an answer. [MS-WSTEP] 3.1.4.1.3.4 */
export type WstepResponse = IssuedResponse | PendingResponse | KeyExchangeResponse

/** [MS-WSTEP] 3.1.4.1.3.1 */
export interface DispositionMessage {
  readonly text: string
  readonly language?: string
}

export interface IssuedResponse {
  readonly kind: 'issued'
  readonly disposition?: DispositionMessage
  /** CMC full PKI response or certs-only CMS, DER. [MS-WCCE] 2.2.2.8 */
  readonly response?: Octets
  /** The end-entity certificate, DER. */
  readonly certificate: Octets
  readonly requestId?: string
}

export interface PendingResponse {
  readonly kind: 'pending'
  readonly disposition?: DispositionMessage
  /** CMC full PKI response, DER. */
  readonly response?: Octets
  /** The address for status queries: an absolute URI. When read: undefined if the server names none. */
  readonly reference: string | undefined
  readonly requestId?: string
}

export interface KeyExchangeResponse {
  readonly kind: 'key-exchange'
  /** The certificate, DER. */
  readonly certificate: Octets
}
