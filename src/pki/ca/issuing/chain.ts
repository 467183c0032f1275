import { equalOctets, type Octets } from '../../../../bindings/octets/octets.js'
import { certificateSignature, parseCertificate, type Certificate } from '../../x509/certificate.js'
import type { SignatureVerifier, SigningKey } from '../../keys/signing.js'
import { CaError } from '../errors.js'
import { encodeText } from '../../../../bindings/octets/text.js'

/**
 * The certificates of an authority, the signing one first, checked: its key is this one, each is an authority's and signed
 * by the next, the last by itself. Throws `CaError` (`ca/chain`, `ca/key-mismatch`), and what parsing throws.
 */
export async function readChain(
  chain: readonly Octets[],
  key: SigningKey,
  verifier: SignatureVerifier,
): Promise<readonly [Certificate, ...Certificate[]]> {
  const [first, ...others] = chain.map(parseCertificate)
  if (first?.keyUsage?.has('cRLSign') === false) throw new CaError('ca/chain')
  if (first === undefined) throw new CaError('ca/chain')
  if (!(await isKeyOf(first, key, verifier))) throw new CaError('ca/key-mismatch')
  const certificates = [first, ...others] as const
  for (const [below, certificate] of certificates.entries()) {
    const issuer = certificates[below + 1] ?? certificate
    const isAuthority =
      certificate.isCa &&
      (certificate.keyUsage?.has('keyCertSign') ?? true) &&
      (certificate.pathLength ?? below) >= below &&
      equalOctets(certificate.issuer, issuer.subject)
    if (!isAuthority || !(await verifier.verify(certificateSignature(certificate, issuer)))) {
      throw new CaError('ca/chain')
    }
  }
  return certificates
}

/** The key must prove itself: it signs a text without meaning. */
async function isKeyOf({ publicKey }: Certificate, key: SigningKey, verifier: SignatureVerifier): Promise<boolean> {
  if (!equalOctets(publicKey, key.publicKey)) return false
  const { signatureAlgorithm } = key
  const octets = encodeText('Whether this key signs for its certificate.')
  return verifier.verify({ publicKey, signatureAlgorithm, signature: await key.sign(octets), octets })
}
