import { parseCertificate } from '../../pki/x509/certificate.js'
import { createSignedData, identifierOf, type CmsSigner } from '../../pki/requests/cms.js'
import { OID } from '../../pki/requests/cms-names.js'
import { signCertificate } from '../../pki/ca/issuing/sign-certificate.js'
import { oid, sequence } from '../../pki/asn1/der.js'
import { generateKey, signatureVerifier } from '../../pki/keys/keys.js'
import { parseName } from '../../pki/x509/name.js'
import { createCertificationRequest, type CertificationRequestContent } from '../../pki/requests/pkcs10.js'
import type { SignatureVerifier, SigningKey } from '../../pki/keys/signing.js'
import { toSequence } from '../../pki/keys/algorithms.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** Certificate requests that are right, and such as are wrong in one way; DER. */
export interface Material {
  readonly verifier: SignatureVerifier
  /** A PKCS#10. */
  readonly request: Octets
  /** A certificate, and the key that it is for. */
  readonly old: { readonly key: SigningKey; readonly certificate: Octets }
  /** A CMS that renews it with a new key. */
  readonly renewal: Octets
  /** A CMS with a request that renews nothing. */
  readonly signedNew: Octets
  /** The PKCS#10 of a renewal alone. */
  readonly bareRenewal: Octets
  /** The new key has not signed its PKCS#10. */
  readonly renewalOfWrongProof: Octets
  /** The new key has signed in the old one's place. */
  readonly renewalByNewKey: Octets
  /** Another certificate than that which is to be renewed has signed. */
  readonly renewalByOther: Octets
  readonly renewalUnsigned: Octets
  /** A certificate of somebody else's authority. */
  readonly renewalOfForeign: Octets
  /** Signed with another key than is in it. */
  readonly otherKey: Octets
  /** A digest where the signature is. [MS-WCCE] 2.2.2.6.5 */
  readonly nullSignature: Octets
  readonly sha1: Octets
  readonly rsa1024: Octets
}

const SUBJECT = 'CN=alice'

export async function makeMaterial(): Promise<Material> {
  const [key, oldKey, otherKey] = await Promise.all([1, 2, 3].map(() => generateKey('ECDSA-P256')))
  if (key === undefined || oldKey === undefined || otherKey === undefined) throw new Error('no keys')
  const certificate = await makeCertificate(oldKey, 2)
  const other = await makeCertificate(otherKey, 3)
  const request = async (content: Partial<CertificationRequestContent> = {}): Promise<Octets> =>
    (await createCertificationRequest({ subject: SUBJECT, key, ...content })).der
  const renewing = await request({ renewalCertificate: certificate })
  const byOld = { key: oldKey, identifier: identifierOf(parseCertificate(certificate)) }
  const byOther = { key: otherKey, identifier: identifierOf(parseCertificate(other)) }
  const cms = (
    content: Octets,
    signers: readonly CmsSigner[] = [byOld],
    certificates = [certificate],
  ): Promise<Octets> => createSignedData({ contentType: OID.data, content, signers, certificates })

  return {
    verifier: signatureVerifier(),
    request: await request({ templateName: 'User' }),
    old: { key: oldKey, certificate },
    renewal: await cms(renewing),
    signedNew: await cms(await request()),
    bareRenewal: renewing,
    renewalOfWrongProof: await cms(await request({ renewalCertificate: certificate, key: withKeyOf(key, otherKey) })),
    renewalByNewKey: await cms(renewing, [{ ...byOld, key }]),
    renewalByOther: await cms(renewing, [byOther], [certificate, other]),
    renewalUnsigned: await cms(renewing, []),
    renewalOfForeign: await cms(await request({ renewalCertificate: other }), [byOther], [other]),
    otherKey: await request({ key: withKeyOf(key, otherKey) }),
    nullSignature: await request({ key: nullKey(key) }),
    sha1: await request({ key: await sha1Key() }),
    rsa1024: await request({ key: await rsa1024Key() }),
  }
}

async function makeCertificate(key: SigningKey, serial: number): Promise<Octets> {
  const name = parseName(SUBJECT)
  return signCertificate(
    {
      serialNumber: Uint8Array.of(serial),
      issuer: name,
      subject: name,
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2027-01-01T00:00:00Z'),
      publicKey: key.publicKey,
      extensions: [],
    },
    key,
  )
}

/** Signs with one key and says that it was another. */
function withKeyOf(signer: SigningKey, { publicKey }: SigningKey): SigningKey {
  const { signatureAlgorithm, digest } = signer
  return { publicKey, signatureAlgorithm, digest, sign: (octets) => signer.sign(octets) }
}

function nullKey({ publicKey, digest }: SigningKey): SigningKey {
  const signatureAlgorithm = sequence(oid('2.16.840.1.101.3.4.2.1'))
  const sign = async (octets: Octets) => new Uint8Array(await crypto.subtle.digest('SHA-256', octets))
  return { publicKey, signatureAlgorithm, digest, sign }
}

async function sha1Key(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const sign = async (octets: Octets) =>
    toSequence(new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-1' }, pair.privateKey, octets)))
  return { ...(await publicPart(pair)), signatureAlgorithm: sequence(oid('1.2.840.10045.4.1')), sign }
}

async function rsa1024Key(): Promise<SigningKey> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const parameters = { ...algorithm, modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1) }
  const pair = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
  const sign = async (octets: Octets) => new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, octets))
  const signatureAlgorithm = sequence(oid('1.2.840.113549.1.1.11'), Uint8Array.of(5, 0))
  return { ...(await publicPart(pair)), signatureAlgorithm, sign }
}

async function publicPart({ publicKey }: CryptoKeyPair): Promise<Pick<SigningKey, 'publicKey' | 'digest'>> {
  return { publicKey: new Uint8Array(await crypto.subtle.exportKey('spki', publicKey)), digest: 'SHA-256' }
}
