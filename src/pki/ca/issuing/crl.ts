import { encode, encodeAll, explicit, integer, sequence, TAG, time } from '../../asn1/der.js'
import { authorityKeyIdentifier, encodeExtensions, EXTENSION, type Extension } from '../../x509/extensions.js'
import type { SigningKey } from '../../keys/signing.js'
import { serialOctets } from './sign-certificate.js'
import { signed } from './sign-certificate.js'
import type { RevokedSerial, RevocationReason } from '../records/store.js'
import { concatOctets, type Octets } from '../../../../bindings/octets/octets.js'

/** CRLReason, RFC 5280, section 5.3.1. */
export const REASON_CODES: Readonly<Record<RevocationReason, number>> = {
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
  readonly revoked: readonly RevokedSerial[]
}

/** Signs a CRL of version 2 (RFC 5280, section 5); returns its DER. A long one is written in slices, between which other work runs. */
export async function signCrl(content: CrlContent, key: SigningKey): Promise<Octets> {
  const entries = await writeEntries(content.revoked)
  const octets = sequence(
    integer(1),
    key.signatureAlgorithm,
    content.issuer,
    time(content.thisUpdate),
    time(content.nextUpdate),
    // Absent rather than empty (section 5.1.2.6).
    ...(entries.length === 0 ? [] : [encodeAll(TAG.sequence, entries)]),
    explicit(0, encodeExtensions([authorityKeyIdentifier(content.issuerKeyIdentifier), crlNumber(content.number)])),
  )
  return signed(octets, key)
}

const crlNumber = (number: number): Extension => ({
  oid: EXTENSION.crlNumber,
  critical: false,
  value: integer(number),
})

/** How long entries are written without a pause, in milliseconds. */
const SLICE = 5
const ENTRIES_BETWEEN_LOOKS = 50

/** The entries, joined slice by slice. */
async function writeEntries(revoked: readonly RevokedSerial[]): Promise<Octets[]> {
  const slices: Octets[] = []
  let start = performance.now()
  for (let at = 0; at < revoked.length; at += ENTRIES_BETWEEN_LOOKS) {
    if (performance.now() - start > SLICE) {
      await new Promise((resolve) => setTimeout(resolve, 0))
      start = performance.now()
    }
    slices.push(concatOctets(revoked.slice(at, at + ENTRIES_BETWEEN_LOOKS).map(entry)))
  }
  return slices
}

const entry = ({ serial, revocation: { at, reason } }: RevokedSerial): Octets =>
  sequence(integer(serialOctets(serial)), time(at), extensionsOf(reason))

const extensions = new Map<RevocationReason, Octets>()

/** The extensions of an entry; none for the reason `unspecified` (section 5.3.1). */
function extensionsOf(reason: RevocationReason): Octets {
  const known = extensions.get(reason)
  if (known !== undefined) return known
  const value = encode(TAG.enumerated, Uint8Array.of(REASON_CODES[reason]))
  const written =
    reason === 'unspecified'
      ? new Uint8Array(0)
      : encodeExtensions([{ oid: EXTENSION.reasonCode, critical: false, value }])
  extensions.set(reason, written)
  return written
}
