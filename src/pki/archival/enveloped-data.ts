import { wipe, type Octets } from '../../../bindings/octets/octets.js'
import {
  DerReader,
  encode,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  parseDer,
  readDer,
  readOid,
  sequence,
  setOf,
  TAG,
  type DerValue,
} from '../asn1/der.js'
import { PkiError } from '../errors.js'
import { KEY_ALGORITHM, readAlgorithm } from '../keys/algorithms.js'
import { acceptedBy } from '../keys/keys.js'
import { OID } from '../requests/cms-names.js'
import { isSignerOf, readIdentifier, type SignerIdentifier } from '../requests/cms.js'
import type { Certificate } from '../x509/certificate.js'
import { oaepAlgorithm, readKeyTransport, type DecryptionKey, type KeyTransport } from './key-transport.js'
import { subtle, provided } from '../../../bindings/octets/platform.js'

/** An EnvelopedData in a ContentInfo (RFC 5652, section 6), as far as it is used here: RSA and AES. Its values are views of the DER. */
export interface EnvelopedData {
  /** Those by key transport; others are left out. */
  readonly recipients: readonly Recipient[]
  /** Octets of the AES key. */
  readonly keyLength: number
  readonly iv: Octets
  readonly encryptedContent: Octets
}

/** KeyTransRecipientInfo. */
export interface Recipient {
  /** Of the certificate that the content is encrypted for. */
  readonly identifier: SignerIdentifier
  /** Undefined if it is not supported. */
  readonly transport: KeyTransport | undefined
  readonly encryptedKey: Octets
}

/** AES in CBC mode, by octets of the key (RFC 3565, section 4.1). */
const AES_CBC: ReadonlyMap<string, number> = new Map([
  ['2.16.840.1.101.3.4.1.2', 16],
  ['2.16.840.1.101.3.4.1.22', 24],
  ['2.16.840.1.101.3.4.1.42', 32],
])
const AES_256_CBC = '2.16.840.1.101.3.4.1.42'
const BLOCK = 16

/** Reads an EnvelopedData. Throws `PkiError` (`pki/not-der`, `pki/limit`, `pki/structure`, `pki/enveloped-data`). */
export function parseEnvelopedData(der: Octets): EnvelopedData {
  const contentInfo = readDer(parseDer(der).encoded)
  if (readOid(contentInfo.next(TAG.oid)) !== OID.envelopedData) throw new PkiError('pki/enveloped-data')
  const enveloped = contentInfo.enter(0xa0).enter()
  contentInfo.end()
  enveloped.next(TAG.integer)
  // originatorInfo
  enveloped.optional(0xa0)
  const recipients = enveloped.enter(TAG.set).rest().flatMap(readRecipient)
  const encrypted = enveloped.enter()
  // unprotectedAttrs
  enveloped.optional(0xa1)
  enveloped.end()

  const contentType = readOid(encrypted.next(TAG.oid))
  const { algorithm, parameters } = readAlgorithm(encrypted.next(TAG.sequence).encoded)
  const encryptedContent = encrypted.next(0x80).contents
  encrypted.end()
  const keyLength = AES_CBC.get(algorithm)
  if (contentType !== OID.data || keyLength === undefined) throw new PkiError('pki/enveloped-data')
  const iv = new DerReader(parameters).next(TAG.octetString).contents
  if (iv.length !== BLOCK || encryptedContent.length % BLOCK !== 0) throw new PkiError('pki/enveloped-data')
  return { recipients, keyLength, iv, encryptedContent }
}

function readRecipient({ tag, contents }: DerValue): Recipient[] {
  if (tag !== TAG.sequence) return []
  const reader = new DerReader(contents)
  reader.next(TAG.integer)
  const identifier = readIdentifier(reader.next())
  const transport = readKeyTransport(reader.next(TAG.sequence).encoded)
  const encryptedKey = reader.next(TAG.octetString).contents
  reader.end()
  return [{ identifier, transport, encryptedKey }]
}

/**
 * Encrypts a content for the holders of certificates with RSA keys: AES-256-CBC, RSAES-OAEP with SHA-256. Returns DER. Throws
 * `PkiError` (`pki/recipient`) for a certificate with another key, or without key usage keyEncipherment.
 */
export async function createEnvelopedData(content: Octets, recipients: readonly Certificate[]): Promise<Octets> {
  const key = provided('crypto').getRandomValues(new Uint8Array(32))
  const iv = provided('crypto').getRandomValues(new Uint8Array(BLOCK))
  try {
    const aes = await subtle().importKey('raw', key, 'AES-CBC', false, ['encrypt'])
    const encryptedContent = new Uint8Array(await subtle().encrypt({ name: 'AES-CBC', iv }, aes, content))
    const infos = await Promise.all(recipients.map((certificate) => writeRecipient(certificate, key)))
    return sequence(
      oid(OID.envelopedData),
      explicit(
        0,
        sequence(
          integer(0),
          setOf(...infos),
          sequence(
            oid(OID.data),
            sequence(oid(AES_256_CBC), octetString(iv)),
            implicit(0, octetString(encryptedContent)),
          ),
        ),
      ),
    )
  } finally {
    wipe(key)
  }
}

async function writeRecipient(certificate: Certificate, key: Octets): Promise<Octets> {
  const { issuer, serialNumber } = certificate
  const oaep = { name: 'RSA-OAEP', hash: 'SHA-256' }
  const publicKey = mayReceive(certificate)
    ? await acceptedBy(subtle().importKey('spki', certificate.publicKey, oaep, false, ['encrypt']))
    : undefined
  if (publicKey === undefined) throw new PkiError('pki/recipient')
  return sequence(
    integer(0),
    sequence(issuer, encode(TAG.integer, serialNumber)),
    oaepAlgorithm('SHA-256'),
    octetString(new Uint8Array(await subtle().encrypt('RSA-OAEP', publicKey, key))),
  )
}

/** Whether keys may be encrypted for the holder of a certificate. RFC 5280, section 4.2.1.3 */
export function mayReceive({ keyUsage, publicKey }: Certificate): boolean {
  const { algorithm } = readAlgorithm(readDer(publicKey).next(TAG.sequence).encoded)
  return algorithm === KEY_ALGORITHM.rsa && keyUsage?.has('keyEncipherment') !== false
}

/** The recipient with this certificate. Throws `PkiError` (`pki/recipient`) if there is none. */
export function recipientOf({ recipients }: EnvelopedData, certificate: Certificate): Recipient {
  const found = recipients.find(({ identifier }) => isSignerOf(identifier, certificate))
  if (found === undefined) throw new PkiError('pki/recipient')
  return found
}

/**
 * Decrypts the content with the key of a recipient; the caller wipes it. Throws `PkiError`: `pki/recipient` if the key takes no
 * part in this way of encryption, before it decrypts anything; `pki/decryption` for every failure after that. If the AES key is
 * not there, a random one is used in its place, so that both failures look alike. RFC 3218, section 2.3.2
 */
export async function openEnvelopedData(
  { keyLength, iv, encryptedContent }: EnvelopedData,
  { transport, encryptedKey }: Recipient,
  key: DecryptionKey,
): Promise<Octets> {
  if (transport === undefined || !key.transports.includes(transport.name)) throw new PkiError('pki/recipient')
  const aesKey = provided('crypto').getRandomValues(new Uint8Array(keyLength))
  const decrypted = await key.decrypt(transport, encryptedKey)
  try {
    if (decrypted?.length === keyLength) aesKey.set(decrypted)
    const aes = await subtle().importKey('raw', aesKey, 'AES-CBC', false, ['decrypt'])
    const content = await acceptedBy(subtle().decrypt({ name: 'AES-CBC', iv }, aes, encryptedContent))
    if (content === undefined) throw new PkiError('pki/decryption')
    return new Uint8Array(content)
  } finally {
    wipe(aesKey, decrypted)
  }
}
