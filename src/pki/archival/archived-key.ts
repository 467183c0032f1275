import { wipe, type Octets } from '../../../bindings/octets/octets.js'
import { readDer, TAG } from '../asn1/der.js'
import { PkiError } from '../errors.js'
import { KEY_ALGORITHM, readAlgorithm } from '../keys/algorithms.js'
import { importPrivateKey, signatureVerifier, type ExportableKey } from '../keys/keys.js'
import { keyFingerprint, readPublicKey } from '../keys/public-key.js'
import { parseCertificate, type Certificate } from '../x509/certificate.js'
import {
  createEnvelopedData,
  openEnvelopedData,
  parseEnvelopedData,
  recipientOf,
  type Recipient,
} from './enveloped-data.js'
import type { DecryptionKey } from './key-transport.js'
import { isPrivateKeyBlob, privateKeyBlob, privateKeyFromBlob } from './private-key-blob.js'
import { areConsistent } from './rsa-numbers.js'
import { provided } from '../../../bindings/octets/platform.js'

/** Key exchange with an authority. [MS-WCCE] 2.2.2.7, 3.2.1.4.3.2 */
export const EXCHANGE_USAGE = '1.3.6.1.4.1.311.21.5'

/**
 * The private key of a request, encrypted to the exchange certificate of an authority (DER): `archivedKey` of a CMC request. First make
 * sure that the certificate is the authority's. Throws `PkiError` (`pki/recipient` if it is not for that purpose,
 * `pki/not-extractable`). [MS-WCCE] 3.1.1.4.3.6
 */
export async function encryptForArchival(key: ExportableKey, exchangeCertificate: Octets): Promise<Octets> {
  const certificate = parseCertificate(exchangeCertificate)
  if (certificate.extendedKeyUsage?.includes(EXCHANGE_USAGE) !== true) throw new PkiError('pki/recipient')
  const pkcs8 = await key.exportPrivateKey()
  let content: Octets | undefined
  try {
    content = readPublicKey(key.publicKey).type === 'RSA' ? privateKeyBlob(pkcs8) : new Uint8Array(pkcs8)
    return await createEnvelopedData(content, [certificate])
  } finally {
    wipe(pkcs8, content)
  }
}

/**
 * A private key that was encrypted to an exchange certificate, encrypted to recovery agents instead: an EnvelopedData of
 * PrivateKeyInfo (PKCS#8), DER. In between it is in memory, and wiped. Throws `PkiError`: `pki/enveloped-data` and what reading
 * DER throws; `pki/recipient` if `keyOf` finds no key, or one that takes no part in this way of encryption; `pki/decryption`,
 * without telling which, if it cannot be decrypted or is not the private key of `publicKey` (SubjectPublicKeyInfo, DER).
 */
export async function archiveKey(
  envelope: Octets,
  {
    publicKey,
    keyOf,
    agents,
  }: {
    readonly publicKey: Octets
    /** The key of a recipient. */
    readonly keyOf: (recipient: Recipient) => Promise<DecryptionKey | undefined>
    readonly agents: readonly Certificate[]
  },
): Promise<Octets> {
  const enveloped = parseEnvelopedData(envelope)
  for (const recipient of enveloped.recipients) {
    const key = await keyOf(recipient)
    if (key === undefined) continue
    const content = await openEnvelopedData(enveloped, recipient, key)
    const privateKey = await privateKeyIn(content, publicKey)
    try {
      return await createEnvelopedData(privateKey, agents)
    } finally {
      wipe(privateKey)
    }
  }
  throw new PkiError('pki/recipient')
}

/**
 * Recovers an archived private key with the key of an agent: PrivateKeyInfo, DER (PKCS#8); the caller wipes it. Throws `PkiError`:
 * `pki/recipient` if it was not encrypted for this agent; `pki/decryption` if it cannot be decrypted, or is not the private key of
 * the certificate; and what reading DER throws.
 */
export async function recoverKey(
  archived: {
    /** For the archived key, DER. */
    readonly certificate: Octets
    /** As `EmbeddedAuthority.archivedKey` returns it. */
    readonly envelope: Octets
  },
  agent: {
    /** DER. */
    readonly certificate: Octets
    readonly key: DecryptionKey
  },
): Promise<Octets> {
  const enveloped = parseEnvelopedData(archived.envelope)
  const recipient = recipientOf(enveloped, parseCertificate(agent.certificate))
  const content = await openEnvelopedData(enveloped, recipient, agent.key)
  return privateKeyIn(content, parseCertificate(archived.certificate).publicKey)
}

/** Whether the numbers of PrivateKeyInfo belong together. Those of EC keys are two, which a signature proves. */
function isWhole(pkcs8: Octets): boolean {
  const reader = readDer(pkcs8)
  reader.next(TAG.integer)
  const { algorithm } = readAlgorithm(reader.next(TAG.sequence).encoded)
  return algorithm !== KEY_ALGORITHM.rsa || areConsistent(reader.next(TAG.octetString).contents)
}

/**
 * The private key of a public key, PKCS#8, out of a decrypted content, which is wiped: PKCS#8 or a private key BLOB. It is encoded
 * anew, so nothing else comes along. Every failure is `pki/decryption`.
 */
async function privateKeyIn(content: Octets, publicKey: Octets): Promise<Octets> {
  let pkcs8: Octets | undefined
  try {
    pkcs8 = isPrivateKeyBlob(content) ? privateKeyFromBlob(content) : new Uint8Array(content)
    const key = await importPrivateKey(pkcs8, { extractable: true })
    const isSame = keyFingerprint(readPublicKey(key.publicKey)) === keyFingerprint(readPublicKey(publicKey))
    const octets = provided('crypto').getRandomValues(new Uint8Array(32))
    const { signatureAlgorithm } = key
    const signature = await key.sign(octets)
    // An RSA key may name another modulus than it computes with, and its numbers may contradict each other.
    if (
      !isSame ||
      !isWhole(pkcs8) ||
      !(await signatureVerifier().verify({ publicKey, signatureAlgorithm, signature, octets }))
    ) {
      throw new PkiError('pki/decryption')
    }
    return await key.exportPrivateKey()
  } catch {
    throw new PkiError('pki/decryption')
  } finally {
    wipe(content, pkcs8)
  }
}
