import type { RandomSource } from '../../../../bindings/octets/random.js'
import type { Octets } from '../../../../bindings/octets/octets.js'
import type { Certificate } from '../../x509/certificate.js'
import {
  authorityInformation,
  authorityKeyIdentifier,
  crlDistributionPoints,
  subjectKeyIdentifier,
  type AuthorityInformation,
  type Extension,
} from '../../x509/extensions.js'
import { keyFingerprint, readPublicKey } from '../../keys/public-key.js'
import type { SigningKey } from '../../keys/signing.js'
import { CaError } from '../errors.js'
import { newSerialNumber, serialText } from './sign-certificate.js'
import { keyIdentifier, signCertificate, wholeSeconds } from './sign-certificate.js'
import type { CertificateKind, NewCertificate } from '../records/store.js'

export interface IssuerOptions {
  readonly key: SigningKey
  /** The issuer's own. */
  readonly certificate: Certificate
  /** URIs that certificates name: of the CRL, of the issuer's certificate, of OCSP responders. Default: none. */
  readonly crlDistributionPoints?: readonly string[]
  readonly authorityInformation?: Partial<AuthorityInformation>
  readonly clock: () => Date
  /** How far clocks may be apart, in milliseconds: certificates and CRLs begin that much earlier. */
  readonly skew: number
  readonly random: RandomSource
}

/** The contents of a certificate besides those that the issuer adds to every one. */
export interface IssueOptions {
  readonly kind: CertificateKind
  readonly subject: Octets
  readonly publicKey: Octets
  /** In milliseconds. */
  readonly validity: number
  readonly extensions: readonly Extension[]
}

/** Issues certificates under one key. Record each certificate before it leaves. */
export class CertificateIssuer {
  readonly #options: IssuerOptions

  constructor(options: IssuerOptions) {
    this.#options = options
  }

  /** Throws `CaError` (`ca/expired`) while the issuer's certificate is not valid. */
  async issue({ kind, subject, publicKey, validity, extensions }: IssueOptions): Promise<NewCertificate> {
    const { key, certificate, clock, skew, random } = this.#options
    const now = clock().getTime()
    if (now < certificate.notBefore.getTime() || now >= certificate.notAfter.getTime()) throw new CaError('ca/expired')
    const notBefore = wholeSeconds(Math.max(now - skew, certificate.notBefore.getTime()))
    const notAfter = wholeSeconds(Math.min(now + validity, certificate.notAfter.getTime()))
    const serialNumber = newSerialNumber(random)
    const content = { serialNumber, issuer: certificate.subject, notBefore, notAfter, subject, publicKey }
    const all = [
      authorityKeyIdentifier(await this.keyIdentifier()),
      subjectKeyIdentifier(await keyIdentifier(publicKey)),
      ...extensions,
      ...this.#whereabouts(),
    ]
    const der = await signCertificate({ ...content, extensions: all }, key)
    const serial = serialText(serialNumber)
    return { serial, kind, der, keyFingerprint: keyFingerprint(readPublicKey(publicKey)), notBefore, notAfter }
  }

  /** The identifier of the authority's key: as its certificate says, or the SHA-1 of the key. RFC 5280, section 4.2.1.2 */
  async keyIdentifier(): Promise<Octets> {
    const { certificate } = this.#options
    return certificate.subjectKeyIdentifier ?? keyIdentifier(certificate.publicKey)
  }

  #whereabouts(): Extension[] {
    const { crlDistributionPoints: points = [], authorityInformation: information = {} } = this.#options
    const { caIssuers = [], ocsp = [] } = information
    return [
      ...(points.length === 0 ? [] : [crlDistributionPoints(...points)]),
      ...(caIssuers.length + ocsp.length === 0 ? [] : [authorityInformation({ caIssuers, ocsp })]),
    ]
  }
}
