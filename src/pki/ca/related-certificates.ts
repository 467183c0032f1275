import { keyFingerprint, readPublicKey } from '../keys/public-key.js'
import { parseCertificate } from '../x509/certificate.js'
import type { AuthorityStore, StoredCertificate } from './records/store.js'

/** A certificate that an operator should check after a revocation. */
export interface RelatedCertificate {
  readonly serial: string
  readonly account?: string
  /** It has the key of the revoked certificate, or renewed it (directly or not). */
  readonly why: 'same-key' | 'renewal'
  readonly notAfter: Date
}

/**
 * The valid certificates that the holder of a revoked certificate's key may have: those that renewed it and, if its key was
 * compromised, those for the same key with what renewed them.
 */
export async function relatedCertificates(
  store: AuthorityStore,
  revoked: StoredCertificate,
  now: Date,
): Promise<RelatedCertificate[]> {
  const found = new Map<string, readonly [StoredCertificate, RelatedCertificate['why']]>()
  if (revoked.revocation?.reason === 'keyCompromise') {
    for (const other of await certificatesOfKey(store, fingerprintOf(revoked)))
      found.set(other.serial, [other, 'same-key'])
  }
  const queue = [...new Set([revoked.serial, ...found.keys()])]
  for (const serial of queue) {
    for (const { outcome } of await store.findRenewals(serial)) {
      if (outcome.status !== 'issued' || queue.includes(outcome.certificate.serial)) continue
      found.set(outcome.certificate.serial, [outcome.certificate, 'renewal'])
      queue.push(outcome.certificate.serial)
    }
  }
  found.delete(revoked.serial)
  return [...found.values()]
    .filter(([{ revocation, notAfter }]) => revocation === undefined && notAfter >= now)
    .map(([{ serial, account, notAfter }, why]) => ({ serial, account, why, notAfter }))
}

/** Whether a certificate for a key was revoked for keyCompromise. */
export async function isCompromised(store: AuthorityStore, fingerprint: string): Promise<boolean> {
  return (await certificatesOfKey(store, fingerprint, true)).length > 0
}

async function certificatesOfKey(
  store: AuthorityStore,
  fingerprint: string,
  compromised = false,
): Promise<StoredCertificate[]> {
  const candidates = await store.findByKey(fingerprint, { compromised })
  return candidates.filter((one) => fingerprintOf(one) === fingerprint)
}

/** Certificates that an older version stored have no fingerprint beside them. */
const fingerprintOf = ({ keyFingerprint: stored, der }: StoredCertificate): string =>
  stored ?? keyFingerprint(readPublicKey(parseCertificate(der).publicKey))
