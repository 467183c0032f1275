import type { Octets } from '../../../bindings/octets/octets.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import type { Engine } from '../../index.js'
import { readSignatureAlgorithm } from '../../pki/keys/algorithms.js'
import { signatureVerifier } from '../../pki/keys/keys.js'
import { readPublicKey } from '../../pki/keys/public-key.js'
import type { SignatureToVerify, SignatureVerifier } from '../../pki/keys/signing.js'
import { parseSignedData } from '../../pki/requests/cms.js'
import { PkiError } from '../../pki/errors.js'
import { parseCertificate, type Certificate } from '../../pki/x509/certificate.js'
import { formatName } from '../../pki/x509/name.js'
import { isSameName } from '../../pki/x509/name-matching.js'
import type { Facts } from './facts.js'

/** The certificates of a file, with which its signatures are verified. Whether they deserve trust is another question. */
export class Inspection {
  readonly #certificates: Certificate[] = []
  readonly #verifier: SignatureVerifier

  constructor(readonly engine: Engine) {
    // It tells what is so: whether an old algorithm or a short key should be accepted is for others to say.
    this.#verifier = signatureVerifier({ engine, allowSha1: true, allowLegacy: true, minRsaBits: 512 })
  }

  get verifier(): SignatureVerifier {
    return this.#verifier
  }

  get certificates(): readonly Certificate[] {
    return this.#certificates
  }

  /** Adds the certificates in DER, which may be one, or a CMS with some. What cannot be read is left out. */
  add(der: Octets): void {
    for (const one of [() => [der], () => parseSignedData(der).certificates]) {
      for (const found of unlessRefused(one) ?? []) {
        const certificate = unlessRefused(() => parseCertificate(found))
        if (certificate !== undefined) this.#certificates.push(certificate)
      }
    }
  }

  /** The verdict on a signature by an issuer: true, an error code, or why it was not checked. */
  async verdict(
    { issuer, authorityKeyIdentifier: identifier }: Pick<Certificate, 'issuer' | 'authorityKeyIdentifier'>,
    itself: Certificate | undefined,
    signatureBy: (issuer: Certificate) => SignatureToVerify,
  ): Promise<Facts> {
    const others = this.#certificates.filter((one) => itself === undefined || !equalOctets(one.der, itself.der))
    const candidates = (itself === undefined ? others : [itself, ...others]).filter(
      ({ subject, subjectKeyIdentifier: own }) =>
        isSameName(subject, issuer) && (own === undefined || identifier === undefined || equalOctets(own, identifier)),
    )
    let isSupported = false
    for (const candidate of candidates) {
      const signature = signatureBy(candidate)
      if (!isReadable(signature)) continue
      isSupported = true
      if (await this.#verifier.verify(signature)) {
        return {
          verified: true,
          by: candidate === itself ? 'its own key' : `the key of ${formatName(candidate.subject)}`,
        }
      }
    }
    if (isSupported) return { verified: 'pki/signature' }
    return { verified: candidates.length === 0 ? NOT_CHECKED : 'not checked: its algorithm or key is not supported' }
  }
}

export const NOT_CHECKED = 'not checked: the file has no certificate of the issuer'

function isReadable({ publicKey, signatureAlgorithm }: SignatureToVerify): boolean {
  return (
    unlessRefused(() => readPublicKey(publicKey)) !== undefined &&
    readSignatureAlgorithm(signatureAlgorithm) !== undefined
  )
}

function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof PkiError) return undefined
    throw error
  }
}
