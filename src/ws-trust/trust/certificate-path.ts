import { certificateSignature, type Certificate } from '../../pki/x509/certificate.js'
import type { SignatureVerifier } from '../../pki/keys/signing.js'
import { equalOctets } from '../../../bindings/octets/octets.js'

const MAX_LENGTH = 8
/** How many signatures are verified for one path at most, since certificates that certify each other make many paths. */
const MAX_VERIFICATIONS = 32
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'

export interface PathOptions {
  readonly anchors: readonly Certificate[]
  /** Certificates that may be between the signer's and an anchor. */
  readonly others: readonly Certificate[]
  /** The purpose that the signer's certificate must have. */
  readonly extendedKeyUsage: string
  readonly at: Date
  /** Verifies the signatures of certificates. */
  readonly verifier: SignatureVerifier
  /** Called for each certificate of a path except the anchor. */
  readonly isRevoked: (certificate: Certificate, issuer: Certificate) => boolean | Promise<boolean>
}

/**
 * Whether a path of valid certificates leads from the signer's to an anchor, and the signer's may sign for the purpose
 * (RFC 5280, section 6, without policies and name constraints: certificates with what is not supported are refused).
 * An anchor may itself be the signer's certificate.
 */
export async function isTrusted(signer: Certificate, options: PathOptions): Promise<boolean> {
  const { extendedKeyUsage, at } = options
  const usable = signer.keyUsage?.has('digitalSignature') ?? true
  if (!usable || signer.extendedKeyUsage?.includes(extendedKeyUsage) !== true || signer.isCa) return false
  if (!isValidAt(signer, at)) return false
  if (options.anchors.some(({ der }) => equalOctets(der, signer.der))) return true
  return leadsToAnchor(signer, [signer], options, { left: MAX_VERIFICATIONS })
}

/** Extends a path of certificates, whose last is `certificate`, until an anchor has signed it. */
async function leadsToAnchor(
  certificate: Certificate,
  path: readonly Certificate[],
  options: PathOptions,
  verifications: { left: number },
): Promise<boolean> {
  const { anchors, others, verifier, isRevoked } = options
  for (const issuer of [...anchors, ...others]) {
    if (!equalOctets(issuer.subject, certificate.issuer) || !mayIssue(issuer, path.length - 1, options)) continue
    if (--verifications.left < 0) return false
    if (!(await verifier.verify(certificateSignature(certificate, issuer)))) continue
    if (await isRevoked(certificate, issuer)) continue
    if (anchors.includes(issuer)) return true
    const longer = [...path, issuer]
    if (path.includes(issuer) || longer.length > MAX_LENGTH) continue
    if (await leadsToAnchor(issuer, longer, options, verifications)) return true
  }
  return false
}

/** @param below the intermediate certificates between this one and the signer's. */
function mayIssue(issuer: Certificate, below: number, { at, extendedKeyUsage }: PathOptions): boolean {
  const usages = issuer.extendedKeyUsage
  return (
    issuer.isCa &&
    isValidAt(issuer, at) &&
    (issuer.pathLength ?? below) >= below &&
    (issuer.keyUsage?.has('keyCertSign') ?? true) &&
    (usages === undefined || usages.includes(extendedKeyUsage) || usages.includes(ANY_EXTENDED_KEY_USAGE))
  )
}

function isValidAt({ notBefore, notAfter, hasUnknownCritical }: Certificate, at: Date): boolean {
  return !hasUnknownCritical && notBefore <= at && at <= notAfter
}
