import type { EnrollmentRequest } from './requests/enrollment-request.js'
import type { Octets } from '../../bindings/octets/octets.js'
import type { Certificate } from './x509/certificate.js'

/** The authenticated requester of a certificate. */
export type Requester =
  /** By credentials beside the request: a password, a certificate of the transport, Kerberos. */
  | { readonly by: 'account'; readonly id: string; readonly method: string }
  /** By the request itself, which the key of the certificate to be renewed signed. [MS-WSTEP] 3.1.1.1.4 */
  | { readonly by: 'certificate'; readonly certificate: Certificate }

/** An item of auth:AdditionalContext. [MS-WSTEP] 3.1.4.1.3.3 */
export interface ContextItem {
  readonly name: string
  readonly value: string
}

export interface Submission {
  /** The request, its signatures verified; `request.der` is what the client sent, octet by octet. */
  readonly request: EnrollmentRequest
  readonly requester: Requester
  readonly additionalContext: readonly ContextItem[]
}

/** How an authority decides a request. `requestId` is decimal and below 2^32. It carries no human-readable text. */
export type Disposition =
  | {
      readonly status: 'issued'
      readonly requestId: string
      /** The end-entity certificate, DER. */
      readonly certificate: Octets
      /** CMC full PKI response (or a certs-only one, if the authority makes no other), DER. [MS-WCCE] 2.2.2.8 */
      readonly response: Octets
    }
  | {
      readonly status: 'pending'
      readonly requestId: string
      /** CMC full PKI response with that status, DER. */
      readonly response?: Octets
      /**
       * Lets a requester by certificate, which has no other credentials, ask for the status. Unguessable: a caller that
       * shows it gets the status.
       */
      readonly queryToken?: string
    }
  | {
      readonly status: 'denied'
      /** Undefined if the request was not recorded. */
      readonly requestId?: string
      /** HRESULT, signed. [MS-WCCE] 3.2.1.4.2.1 */
      readonly errorCode: number
      readonly reason: DenialReason
      /** The exact cause, one of a fixed set of codes, for logs; the reason may have several. */
      readonly cause?: string
      /** What the cause is about, for the client: the templates that there are, the time from which it can renew. */
      readonly detail?: string
      /** The authority's own response, DER. */
      readonly response?: Octets
    }

/** Why a request is denied; each has an HRESULT and a text in every language. */
export type DenialReason =
  | 'denied-by-operator'
  | 'denied-by-policy'
  | 'template-unknown'
  | 'template-missing'
  | 'template-denied'
  | 'template-conflict'
  | 'subject-missing'
  | 'subject-refused'
  | 'key-refused'
  | 'key-compromised'
  | 'renewal-refused'
  | 'archival-unavailable'
  | 'archival-unexpected'
  | 'archival-required'
  | 'archived-key'
  | 'revoked'

/** How the status of a request is asked for. */
export interface StatusQuery {
  /** Decimal. [MS-WSTEP] 3.1.4.2.1.2 has it null-terminated; a string needs no terminator. */
  readonly requestId: string
  /** Undefined for a query without credentials: then only the token counts. */
  readonly requester?: Requester
  readonly queryToken?: string
}

/**
 * The Issuer of [MS-WSTEP] 3.1.1: a certificate authority, embedded or elsewhere. Throws only if it fails itself (for
 * example, its store is unreachable); a refusal is a `Disposition`.
 */
export interface CertificateAuthority {
  /** Certificates of the authority, the signing one first, up to the root. */
  readonly chain: readonly Octets[]
  /** Issues, pends or denies. The same DER from the same requester by certificate gets the same answer. */
  submit(submission: Submission): Promise<Disposition>
  /** Whether a text has the form of this authority's RequestIDs. Default: any text of up to 256 characters has. */
  isRequestId?(text: string): boolean
  /** Undefined if the request does not exist or is not the requester's, without telling which. */
  query(query: StatusQuery): Promise<Disposition | undefined>
  /**
   * Whether it archives the private keys that come with requests (`EnrollmentRequest.archivedKey`). Default: such requests never reach
   * it.
   */
  readonly archivesKeys?: boolean
  /** The certificate to which private keys to be archived are encrypted. Undefined if none are archived. */
  exchangeCertificate(): Promise<Octets | undefined>
  /**
   * Why a certificate cannot be renewed, one of a fixed set of codes for logs; undefined if it can: it was issued here, is valid now,
   * not revoked, its key not compromised, and it is neither of a CA nor for key exchange.
   */
  renewalRefusal(certificate: Certificate): Promise<string | undefined>
}
