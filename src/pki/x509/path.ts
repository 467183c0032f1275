import { lastOf } from '../../../bindings/octets/lists.js'
import { isZero } from '../../../bindings/octets/integers.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import type { SignatureVerifier } from '../keys/signing.js'
import { certificateSignature, type Certificate } from './certificate.js'
import { EXTENSION } from './extensions.js'
import { areNamesAllowed } from './name-constraints.js'
import { isSameName } from './name-matching.js'
import { arePoliciesAllowed, type PolicyOptions } from './policies.js'

const MAX_LENGTH = 10
/** How many signatures are verified for one path at most: certificates that certify each other make many paths. */
const MAX_VERIFICATIONS = 32
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'

export interface PathOptions extends PolicyOptions {
  /** Trusted certificates. Their own constraints count, too. */
  readonly anchors: readonly Certificate[]
  /** Certificates that may stand between the first and an anchor. */
  readonly others?: readonly Certificate[]
  /** A purpose. Each certificate above that names purposes must allow it. */
  readonly extendedKeyUsage?: string
  /** The time at which all certificates must be valid. */
  readonly at: Date
  readonly verifier: SignatureVerifier
  /** Called for each certificate of a path except the anchor. Default: none is revoked. */
  readonly isRevoked?: (certificate: Certificate, issuer: Certificate) => boolean | Promise<boolean>
  /**
   * Accepts certificates without the key identifiers that RFC 5280 (sections 4.2.1.1 and 4.2.1.2) requires. Default false.
   */
  readonly allowMissingKeyIdentifiers?: boolean
}

/**
 * A path of valid certificates from one to an anchor, the anchor last: RFC 5280, section 6, with policies and name
 * constraints; undefined if there is none. The certificate itself may be an anchor. The caller must check what the first
 * certificate may be used for.
 *
 * @example
 * ```ts
 * import { createRoot, findPath, generateKey, parseCertificate, parseName, signatureVerifier } from 'uprove-wasm/pki'
 *
 * const root = await createRoot({ key: await generateKey('ECDSA-P256'), subject: parseName('CN=Root'), validity: 86_400_000 })
 * const certificate = parseCertificate(root)
 * const path = await findPath(certificate, { anchors: [certificate], at: new Date(), verifier: signatureVerifier() })
 * console.log(path?.length) // 1
 * ```
 */
export async function findPath(
  certificate: Certificate,
  options: PathOptions,
): Promise<readonly Certificate[] | undefined> {
  if (!isValidAt(certificate, options.at) || !isConsistent(certificate)) return undefined
  const itself = options.anchors.find(({ der }) => equalOctets(der, certificate.der))
  if (itself !== undefined) return [itself]
  return extend([certificate], options, { left: MAX_VERIFICATIONS })
}

/** Extends a path until an anchor has issued its last certificate. */
async function extend(
  path: readonly Certificate[],
  options: PathOptions,
  verifications: { left: number },
): Promise<readonly Certificate[] | undefined> {
  const { anchors, others = [], verifier, isRevoked = () => false } = options
  const certificate = lastOf(path)
  if (!isWellIssued(certificate, options)) return undefined
  for (const issuer of [...anchors, ...others]) {
    if (path.includes(issuer) || !isSameName(issuer.subject, certificate.issuer)) continue
    if (!mayIssue(issuer, path, options)) continue
    if (--verifications.left < 0) return undefined
    if (!(await verifier.verify(certificateSignature(certificate, issuer)))) continue
    if (await isRevoked(certificate, issuer)) continue
    const longer = [...path, issuer]
    if (anchors.includes(issuer)) {
      if (areConstraintsMet(longer, options)) return longer
    } else if (longer.length < MAX_LENGTH) {
      const found = await extend(longer, options, verifications)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Whether a certificate belongs to an authority that may have this path below it. */
function mayIssue(
  issuer: Certificate,
  path: readonly Certificate[],
  { at, extendedKeyUsage, allowMissingKeyIdentifiers = false }: PathOptions,
): boolean {
  // Self-issued certificates do not count (section 6.1.4 (l)), nor does the first.
  const below = path.slice(1).filter((one) => !isSelfIssued(one)).length
  const usages = issuer.extendedKeyUsage
  return (
    issuer.isCa &&
    isValidAt(issuer, at) &&
    isConsistent(issuer) &&
    (issuer.subjectKeyIdentifier !== undefined || allowMissingKeyIdentifiers) &&
    (issuer.pathLength ?? below) >= below &&
    (issuer.keyUsage?.has('keyCertSign') ?? true) &&
    (extendedKeyUsage === undefined ||
      usages === undefined ||
      usages.includes(extendedKeyUsage) ||
      usages.includes(ANY_EXTENDED_KEY_USAGE))
  )
}

/** Whether each certificate's constraints on those below it hold, in a complete path with the anchor last. */
function areConstraintsMet(path: readonly Certificate[], options: PathOptions): boolean {
  const downwards = [...path].reverse()
  const [anchor, ...issued] = downwards as [Certificate, ...Certificate[]]
  const areNamesFine = downwards.every(({ nameConstraints }, i) => {
    if (nameConstraints === undefined) return true
    // A self-issued certificate on the way is free of them (section 6.1.3 (b)).
    const constrained = downwards.slice(i + 1).filter((one) => one === path[0] || !isSelfIssued(one))
    return constrained.every((one) => areNamesAllowed(one, nameConstraints))
  })
  const steps = issued.map((certificate) => ({ certificate, isSelfIssued: isSelfIssued(certificate) }))
  return areNamesFine && arePoliciesAllowed(anchor, steps, options)
}

const isSelfIssued = ({ subject, issuer }: Certificate): boolean => isSameName(subject, issuer)

function isValidAt({ notBefore, notAfter, hasUnknownCritical }: Certificate, at: Date): boolean {
  // Certificates count in seconds, and the last one is part of their validity (section 4.1.2.5).
  const second = at.getTime() - (at.getTime() % 1000)
  return !hasUnknownCritical && notBefore <= at && second <= notAfter.getTime()
}

const MAX_SERIAL_NUMBER = 20

/**
 * Whether the parts of a certificate agree. Only authorities sign certificates, limit the length of paths, and constrain names, which is
 * critical; they have a subject, and other certificates without one have critical alternative names. Sections 4.1.2.2, 4.1.2.6, 4.2.1.3,
 * 4.2.1.9, 4.2.1.10.
 */
function isConsistent(certificate: Certificate): boolean {
  const { isCa, pathLength, keyUsage, nameConstraints, subject, extensions, serialNumber } = certificate
  const signsCertificates = keyUsage?.has('keyCertSign') === true
  const hasName = subject.length > EMPTY_NAME || (!isCa && extensions.get(EXTENSION.subjectAltName)?.critical === true)
  return (
    (isCa || (!signsCertificates && nameConstraints === undefined && pathLength === undefined)) &&
    extensions.get(EXTENSION.nameConstraints)?.critical !== false &&
    hasName &&
    serialNumber.length <= MAX_SERIAL_NUMBER
  )
}

/** Octets of an empty SEQUENCE. */
const EMPTY_NAME = 2

/**
 * Whether a certificate below an anchor has what every issuer must give: an identifier of the issuer's key, and a serial number that
 * is not 0. (Negative ones pass: PKITS has them in valid paths.) Sections 4.1.2.2 and 4.2.1.1.
 */
function isWellIssued(
  { authorityKeyIdentifier, serialNumber }: Certificate,
  { allowMissingKeyIdentifiers = false }: PathOptions,
): boolean {
  return !isZero(serialNumber) && (authorityKeyIdentifier !== undefined || allowMissingKeyIdentifiers)
}
