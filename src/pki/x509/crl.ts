import type { Octets } from '../../../bindings/octets/octets.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import {
  DerReader,
  onlyValue,
  parseDer,
  readBits,
  readDer,
  readIntegerOctets,
  readSmallInteger,
  readTime,
  TAG,
} from '../asn1/der.js'
import { PkiError } from '../errors.js'
import type { SignatureVerifier } from '../keys/signing.js'
import { toHex } from '../../../bindings/octets/integers.js'
import { parseCertificate, type Certificate } from './certificate.js'
import { EXTENSION, readAuthorityKeyIdentifier, readExtensions, type Extensions } from './extensions.js'
import { nextName } from './name.js'
import { isSameName } from './name-matching.js'

/** A list of revoked certificates (RFC 5280, section 5). Nothing in it is verified. Octets are views of `der`. */
export interface CertificateRevocationList {
  readonly der: Octets
  readonly signed: Octets
  /** AlgorithmIdentifier, DER. */
  readonly signatureAlgorithm: Octets
  readonly signature: Octets
  /** Name, DER. */
  readonly issuer: Octets
  readonly thisUpdate: Date
  /** Undefined if the list names none; it is then never current. */
  readonly nextUpdate: Date | undefined
  /** Contents of the serial numbers' INTEGERs, in hexadecimal. */
  readonly revoked: ReadonlySet<string>
  /** The CRLReason (RFC 5280, section 5.3.1) of each entry that gives one, by the same text. */
  readonly reasons: ReadonlyMap<string, number>
  readonly authorityKeyIdentifier: Octets | undefined
  /** Whether it has a number, as RFC 5280 (section 5.2.3) requires. */
  readonly isNumbered: boolean
  /**
   * Whether the list, or an entry, has a critical extension: then it is a delta, covers other issuers, or omits some
   * certificates, and is not used here.
   */
  readonly isPartial: boolean
}

/** Reads a CRL of version 1 or 2. Throws `PkiError` (`pki/not-der`, `pki/limit`, `pki/structure`). */
export function parseCrl(octets: Uint8Array): CertificateRevocationList {
  const der = parseDer(new Uint8Array(octets), { maxOctets: MAX_OCTETS }).encoded
  const outer = readDer(der)
  const signed = outer.next(TAG.sequence)
  const signatureAlgorithm = outer.next(TAG.sequence).encoded
  const signature = readBits(outer.next(TAG.bitString))
  outer.end()

  const inner = new DerReader(signed.contents)
  const version = inner.optional(TAG.integer)
  if (version !== undefined && readSmallInteger(version) !== 1) throw new PkiError('pki/structure')
  // The signature algorithm inside the signed part must equal the one outside.
  if (!equalOctets(inner.next(TAG.sequence).encoded, signatureAlgorithm)) throw new PkiError('pki/structure')
  const issuer = nextName(inner)
  const thisUpdate = readTime(inner.next())
  const until = inner.optional(TAG.utcTime) ?? inner.optional(TAG.generalizedTime)
  const entries = (inner.optionalEnter(TAG.sequence)?.rest(TAG.sequence) ?? []).map(({ contents }) => {
    const reader = new DerReader(contents)
    const serialNumber = readIntegerOctets(reader.next(TAG.integer))
    readTime(reader.next())
    const list = reader.optional(TAG.sequence)
    reader.end()
    const found: Extensions = list === undefined ? new Map() : readExtensions(list.encoded)
    const code = found.get(EXTENSION.reasonCode)
    const [reason, ...rest] = code === undefined ? [] : onlyValue(code.value, TAG.enumerated).contents
    if (code !== undefined && (reason === undefined || rest.length > 0)) throw new PkiError('pki/structure')
    return { serial: toHex(serialNumber), reason, isPartial: hasCritical(found) }
  })
  const list = inner.optional(0xa0)
  inner.end()
  const extensions: Extensions = list === undefined ? new Map() : readExtensions(list.contents)
  const identifier = extensions.get(EXTENSION.authorityKeyIdentifier)
  return {
    ...{ der, signed: signed.encoded, signatureAlgorithm, signature, issuer, thisUpdate },
    nextUpdate: until && readTime(until),
    revoked: new Set(entries.map(({ serial }) => serial)),
    reasons: new Map(entries.flatMap(({ serial, reason }) => (reason === undefined ? [] : [[serial, reason]]))),
    authorityKeyIdentifier: identifier && readAuthorityKeyIdentifier(identifier.value),
    isNumbered: extensions.has(EXTENSION.crlNumber),
    isPartial: hasCritical(extensions) || entries.some(({ isPartial }) => isPartial),
  }
}

/** The number of entries of a CRL whose structure is known to be right. */
export function countRevoked(der: Octets): number {
  const inner = readDer(der).enter()
  inner.optional(TAG.integer)
  // signature, issuer, thisUpdate
  for (let i = 0; i < 3; i++) inner.next()
  if (inner.optional(TAG.utcTime) === undefined) inner.optional(TAG.generalizedTime)
  return inner.optionalEnter(TAG.sequence)?.rest().length ?? 0
}

/** A million revocations. */
const MAX_OCTETS = 1 << 26

const hasCritical = (extensions: Extensions): boolean => [...extensions.values()].some(({ critical }) => critical)

export interface RevocationOptions {
  /** DER. */
  readonly crls: readonly Uint8Array[]
  readonly verifier: SignatureVerifier
  readonly clock?: () => Date
  /** Accept a certificate if there is no current list of its issuer. Default: it counts as revoked. */
  readonly allowUnknown?: boolean
}

/**
 * A function that tells whether CRLs revoke a certificate (DER, with its issuer's), for `isRevoked` of `certificateTrust()`.
 * A list counts if the issuer's key signed it, the issuer may sign CRLs, the names match, and it is current. A list without a
 * number revokes, but does not clear a certificate. Throws what `parseCrl` does.
 *
 * @example
 * ```ts
 * import { createAuthority, createRoot, crlRevocation, generateKey, MemoryAuthorityStore, parseName, signatureVerifier } from 'uprove-wasm/pki'
 *
 * const [key, verifier] = [await generateKey('ECDSA-P256'), signatureVerifier()]
 * const root = await createRoot({ key, subject: parseName('CN=Root'), validity: 365 * 86_400_000 })
 * const authority = await createAuthority({ key, chain: [root], verifier, profiles: [], store: new MemoryAuthorityStore() })
 * const subject = parseName('CN=Below')
 * const { publicKey } = await generateKey('ECDSA-P256')
 * const below = await authority.certifyAuthority({ publicKey, subject, validity: 30 * 86_400_000 })
 * const isRevoked = crlRevocation({ crls: [await authority.crl()], verifier })
 * console.log(await isRevoked(below, root)) // false
 * ```
 */
export function crlRevocation(
  options: RevocationOptions,
): (certificate: Uint8Array, issuer: Uint8Array) => Promise<boolean> {
  const { verifier, clock = () => new Date(), allowUnknown = false } = options
  const lists = options.crls.map(parseCrl)
  return async (certificate, issuer) => {
    const [below, above] = [parseCertificate(certificate), parseCertificate(issuer)]
    const serial = toHex(below.serialNumber)
    let isKnown = false
    for (const list of lists) {
      if (!isCurrent(list, clock()) || !mayIssueCrl(above, list)) continue
      const { signatureAlgorithm, signature, signed: octets } = list
      if (!(await verifier.verify({ publicKey: above.publicKey, signatureAlgorithm, signature, octets }))) continue
      if (list.revoked.has(serial)) return true
      isKnown ||= list.isNumbered && !list.isPartial
    }
    return !isKnown && !allowUnknown
  }
}

const isCurrent = ({ thisUpdate, nextUpdate }: CertificateRevocationList, now: Date): boolean =>
  nextUpdate !== undefined && thisUpdate <= now && now <= nextUpdate

function mayIssueCrl({ keyUsage, subject }: Certificate, { issuer }: CertificateRevocationList): boolean {
  return (keyUsage?.has('cRLSign') ?? true) && isSameName(subject, issuer)
}
