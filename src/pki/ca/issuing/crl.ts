import { encode, explicit, integer, sequence, TAG, time } from '../../asn1/der.js'
import { authorityKeyIdentifier, encodeExtensions, EXTENSION, type Extension } from '../../x509/extensions.js'
import type { SigningKey } from '../../keys/signing.js'
import { serialOctets } from './sign-certificate.js'
import { signed } from './sign-certificate.js'
import type { Revocation, RevocationReason, StoredCertificate } from '../records/store.js'
import type { Octets } from '../../../../bindings/octets/octets.js'

/** CRLReason, RFC 5280, section 5.3.1. */
const REASONS: Readonly<Record<RevocationReason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
}

export interface CrlContent {
  /** Name of the authority, DER. */
  readonly issuer: Octets
  readonly issuerKeyIdentifier: Octets
  readonly number: number
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  readonly revoked: readonly StoredCertificate[]
}

/** Signs a CRL of version 2 (RFC 5280, section 5); returns its DER. */
export function signCrl(content: CrlContent, key: SigningKey): Promise<Octets> {
  const entries = content.revoked.flatMap(({ serial, revocation }) => (revocation ? [entry(serial, revocation)] : []))
  const octets = sequence(
    integer(1),
    key.signatureAlgorithm,
    content.issuer,
    time(content.thisUpdate),
    time(content.nextUpdate),
    // Absent rather than empty (section 5.1.2.6).
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    explicit(0, encodeExtensions([authorityKeyIdentifier(content.issuerKeyIdentifier), crlNumber(content.number)])),
  )
  return signed(octets, key)
}

const crlNumber = (number: number): Extension => ({
  oid: EXTENSION.crlNumber,
  critical: false,
  value: integer(number),
})

function entry(serial: string, { at, reason }: Revocation): Octets {
  const value = encode(TAG.enumerated, Uint8Array.of(REASONS[reason]))
  // The reason `unspecified` is left out (section 5.3.1).
  const extensions = reason === 'unspecified' ? [] : [encodeExtensions([{ oid: '2.5.29.21', critical: false, value }])]
  return sequence(integer(serialOctets(serial)), time(at), ...extensions)
}
