import type { Octets } from '../../bindings/octets/octets.js'

/** A client's request. [MS-XCEP] 3.1.4.1.2.1 */
export interface PolicyRequest {
  /** When the client last read the policy. */
  readonly lastUpdate?: Date
  /** Language of texts in the answer (RFC 3066). */
  readonly preferredLanguage?: string
  /** OIDs of the wanted templates. Default: all. */
  readonly templates?: readonly string[]
  /** The highest versions of the client and of the authority; see `fitsVersions`. */
  readonly clientVersion?: number
  readonly serverVersion?: number
}

/** The answer to a `PolicyRequest`. [MS-XCEP] 3.1.4.1.2.2 */
export type PolicyResponse = EnrollmentPolicy | UnchangedPolicy

interface PolicyIdentity {
  /** The name of the policy, under which clients cache it. */
  readonly id: string
  readonly friendlyName?: string
  /** When to ask again, in hours; at least 1. */
  readonly nextUpdateHours?: number
}

/** The policy has not changed since the client last read it. */
export interface UnchangedPolicy extends PolicyIdentity {
  readonly unchanged: true
}

/** The templates that an account can enroll for, and the authorities that issue them. */
export interface EnrollmentPolicy extends PolicyIdentity {
  readonly unchanged?: false
  readonly templates: readonly PolicyTemplate[]
  readonly authorities: readonly PolicyAuthority[]
}

/** How a client authenticates itself at an address. [MS-XCEP] 3.1.4.1.3.5 */
export type ClientAuthentication = 'anonymous' | 'kerberos' | 'password' | 'certificate'

/** An address where an authority accepts requests. [MS-XCEP] 3.1.4.1.3.5 */
export interface EnrollmentAddress {
  readonly authentication: ClientAuthentication
  readonly url: string
  /** The lowest number comes first. */
  readonly priority?: number
  /** Whether only renewals are accepted there. Default false. */
  readonly renewalOnly?: boolean
}

/** An authority that issues certificates under the policy. [MS-XCEP] 3.1.4.1.3.2 */
export interface PolicyAuthority {
  /** The reference that templates use. */
  readonly reference: number
  /** Its signing certificate, DER. */
  readonly certificate: Octets
  readonly mayEnroll: boolean
  readonly addresses: readonly EnrollmentAddress[]
}

/** A kind of certificate. References to object identifiers are resolved. [MS-XCEP] 3.1.4.1.3.1 and 3.1.4.1.3.7 */
export interface PolicyTemplate {
  /** The name, unique in the policy. */
  readonly name: string
  readonly oid: string
  /** The name for people. Default: the name. */
  readonly displayName?: string
  /** 1, 2 or 3. It decides which of the properties below clients use. */
  readonly schema: number
  /** References of the authorities that issue it. */
  readonly authorities: readonly number[]
  /** At least 1. */
  readonly validitySeconds: number
  /** How long before the end a certificate can be renewed; at least 1. */
  readonly renewalSeconds: number
  readonly mayEnroll: boolean
  /** Whether clients enroll automatically. */
  readonly autoEnroll: boolean
  readonly key: PolicyKey
  readonly revision: { readonly major: number; readonly minor?: number }
  /** Names of templates that this one replaces. */
  readonly supersedes?: readonly string[]
  readonly privateKeyFlags?: number
  readonly subjectNameFlags?: number
  readonly enrollmentFlags?: number
  readonly generalFlags?: number
  /** The hash of requests; only with schema 3. */
  readonly hashAlgorithm?: string
  readonly registrationAuthority?: {
    readonly signatures: number
    readonly purposes?: readonly string[]
    readonly policies?: readonly string[]
  }
  /** How a private key is encrypted for archiving. */
  readonly archival?: { readonly algorithm: string; readonly keyBits: number }
  /** The extensions of the certificate. */
  readonly extensions?: readonly PolicyExtension[]
}

/** The key of a certificate. [MS-XCEP] 3.1.4.1.3.20 */
export interface PolicyKey {
  /** Bits; at least 1. */
  readonly minimalLength: number
  /** 1: key exchange, 2: signature; of RSA keys. [MS-WCCE] 3.1.2.4.2.2.1.5 */
  readonly spec?: number
  readonly usageProperty?: number
  /** A security descriptor, in SDDL. */
  readonly permissions?: string
  readonly algorithm?: string
  /** Names of cryptographic providers of Windows. */
  readonly providers?: readonly string[]
}

export interface PolicyExtension {
  readonly oid: string
  readonly critical: boolean
  /** DER. */
  readonly value: Octets
}

/** Bits of `privateKeyFlags` that say which versions of clients and of authorities a template needs. [MS-XCEP] 3.1.4.1.3.22 */
const CLIENT_VERSION = 0x0f000000
const SERVER_VERSION = 0x000f0000

/** Whether a template is for the versions that a request names. [MS-XCEP] 3.1.4.1.3.22 */
export function fitsVersions(
  { privateKeyFlags = 0 }: Pick<PolicyTemplate, 'privateKeyFlags'>,
  { clientVersion, serverVersion }: Pick<PolicyRequest, 'clientVersion' | 'serverVersion'>,
): boolean {
  const needs = (mask: number, unit: number): number => (privateKeyFlags & mask) / unit
  return (
    (clientVersion === undefined || needs(CLIENT_VERSION, 0x01000000) <= clientVersion) &&
    (serverVersion === undefined || needs(SERVER_VERSION, 0x00010000) <= serverVersion)
  )
}
