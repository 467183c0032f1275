import { parseCertificate } from '../x509/certificate.js'
import { createPkiData } from './cmc-request.js'
import { createSignedData, digest, identifierOf, writeAttribute } from './cms.js'
import { OID } from './cms-names.js'
import { readBits, readDer, TAG } from '../asn1/der.js'
import { EXTENSION, readSubjectKeyIdentifier, type Extension } from '../x509/extensions.js'
import { createCertificationRequest, type CertificationRequestContent } from './pkcs10.js'
import type { SigningKey } from '../keys/signing.js'
import type { Octets } from '../../../bindings/octets/octets.js'

export interface RenewalRequestContent extends Omit<
  CertificationRequestContent,
  'subject' | 'key' | 'renewalCertificate'
> {
  /** The certificate to renew, DER. */
  readonly certificate: Octets
  /** Its key. */
  readonly oldKey: SigningKey
  /** The key of the new certificate; it may be the old one. */
  readonly newKey: SigningKey
  /** Default: that of the certificate. */
  readonly subject?: CertificationRequestContent['subject']
}

/** A request for renewal, CMS, DER: a PKCS#10 signed with both keys. [MS-WCCE] 3.1.1.4.3.2.1 */
export async function createRenewalRequest({
  certificate,
  oldKey,
  newKey,
  ...content
}: RenewalRequestContent): Promise<Octets> {
  const old = parseCertificate(certificate)
  const request = await createCertificationRequest({
    subject: old.subject,
    ...content,
    key: newKey,
    renewalCertificate: old.der,
  })
  return createSignedData({
    contentType: OID.data,
    content: request.der,
    signers: [{ key: oldKey, identifier: identifierOf(old) }],
    certificates: [old.der],
  })
}

export interface CmcRequestContent extends Omit<CertificationRequestContent, 'renewalCertificate'> {
  /** Written into regInfo instead of the PKCS#10. */
  readonly pairs?: ReadonlyMap<string, string>
  /** Extensions that a control asks for, besides those of the PKCS#10. */
  readonly addedExtensions?: readonly Extension[]
  /** The certificate to be renewed, DER, and its key. */
  readonly renewal?: { readonly certificate: Octets; readonly key: SigningKey }
  /** The private key, to be archived: as `encryptForArchival` returns it. */
  readonly archivedKey?: Octets
}

/** A CMC full PKI request, DER. [MS-WCCE] 3.1.1.4.3.1.3; for renewal 3.1.1.4.3.2.2, with a private key 3.1.1.4.3.6.1 */
export async function createCmcRequest({
  pairs = new Map(),
  addedExtensions = [],
  renewal,
  archivedKey,
  ...content
}: CmcRequestContent): Promise<Octets> {
  const old = renewal && parseCertificate(renewal.certificate)
  const request = await createCertificationRequest({ ...content, renewalCertificate: old?.der })
  const { key } = content
  const encryptedKeyHash = archivedKey && (await digest(key.digest, archivedKey))
  const unsignedAttributes = archivedKey && [writeAttribute(OID.archivedKey, archivedKey)]
  return createSignedData({
    contentType: OID.pkiData,
    content: createPkiData(request.der, pairs, addedExtensions, encryptedKeyHash),
    signers: [
      { key, identifier: { subjectKeyIdentifier: await keyIdentifier(content) }, unsignedAttributes },
      ...(renewal && old ? [{ key: renewal.key, identifier: identifierOf(old) }] : []),
    ],
    certificates: old ? [old.der] : [],
  })
}

/** The identifier in the requested extension, else that of RFC 5280, section 4.2.1.2, method 1 (RFC 2797, section 4.2). */
async function keyIdentifier({ key, extensions = [] }: CertificationRequestContent): Promise<Octets> {
  const extension = extensions.find(({ oid }) => oid === EXTENSION.subjectKeyIdentifier)
  if (extension !== undefined) return readSubjectKeyIdentifier(extension.value)
  const reader = readDer(key.publicKey)
  reader.next(TAG.sequence)
  return digest('SHA-1', readBits(reader.next(TAG.bitString)))
}
