import { sha256 } from '@noble/hashes/sha2.js'
import { toHex } from '../../../bindings/octets/integers.js'
import { keyFingerprint, readPublicKey } from '../keys/public-key.js'
import { certificationRequestIn, type EnrollmentRequest } from '../requests/enrollment-request.js'
import type { CertificationRequest } from '../requests/pkcs10.js'
import type { Certificate } from '../x509/certificate.js'
import { serialText } from './issuing/sign-certificate.js'
import type { AuthorityStore, StoredRequest } from './records/store.js'
import { encodeText } from '../../../bindings/octets/text.js'

// Two requests are the same renewal if they renew the same certificate with the same new key, and the signed content is equal.
// Unsigned parts (CMS attributes, further certificates) and the other form of an ECDSA signature (n - s) make no difference: a
// replay with such changes gets the earlier answer, or learns that its certificate was revoked.

/** A request for renewal, reduced to its meaning. */
export interface Renewal {
  readonly certificate: Certificate
  readonly idempotenceKey: string
}

const PREFIX = 'renewal:'

/** Undefined for a request that renews nothing. */
export function renewalOf({
  renewalCertificate: certificate,
  certificationRequest,
}: EnrollmentRequest): Renewal | undefined {
  return certificate && { certificate, idempotenceKey: idempotenceKeyOf(certificate, certificationRequest) }
}

/** The stored request that is the same renewal. */
export async function findRenewal(
  store: AuthorityStore,
  { certificate, idempotenceKey }: Renewal,
): Promise<StoredRequest | undefined> {
  const known = await store.findByIdempotenceKey(idempotenceKey)
  if (known !== undefined) return known
  // An older version named requests by the digest of their octets, so their meaning is read from the request.
  const renewals = await store.findRenewals(serialText(certificate.serialNumber))
  return renewals.find(
    (one) =>
      one.idempotenceKey?.startsWith(PREFIX) === false &&
      idempotenceKeyOf(certificate, certificationRequestIn(one.der)) === idempotenceKey,
  )
}

/**
 * Names a renewal: the renewed serial number, the new key by value, and the CertificationRequestInfo, which the new key signed
 * and which contains the renewed certificate.
 */
function idempotenceKeyOf({ serialNumber }: Certificate, { publicKey, info }: CertificationRequest): string {
  const parts = [serialText(serialNumber), keyFingerprint(readPublicKey(publicKey)), toHex(sha256(info))]
  return PREFIX + toHex(sha256(encodeText(parts.join(' '))))
}
