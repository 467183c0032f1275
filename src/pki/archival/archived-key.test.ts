import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { inverseModulo } from '../../../bindings/engine/power.js'
import { isZero, toHex } from '../../../bindings/octets/integers.js'
import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import { DerReader, encode, integer, nullValue, octetString, oid, readBigint, readDer, sequence } from '../asn1/der.js'
import { encodePem } from '../asn1/pem.js'
import type { PkiErrorCode } from '../errors.js'
import { generateKey, importPrivateKey, type ExportableKey } from '../keys/keys.js'
import type { SigningKey } from '../keys/signing.js'
import { OID } from '../requests/cms-names.js'
import { decryptionKeyOf, makeArchive, type TestArchive } from '../testing/archival.js'
import { makeCertificate, makeIdentity, type Identity } from '../testing/certificates.js'
import { hasOpenssl, openssl } from '../testing/openssl.js'
import { expectRefusal } from '../testing/refusal.js'
import { wipedBy } from '../testing/wiping.js'
import { parseCertificate } from '../x509/certificate.js'
import { extendedKeyUsage } from '../x509/extensions.js'
import { archiveKey, encryptForArchival, EXCHANGE_USAGE, recoverKey } from './archived-key.js'
import { createEnvelopedData, openEnvelopedData, parseEnvelopedData, recipientOf } from './enveloped-data.js'
import { oaepAlgorithm, readKeyTransport, type DecryptionKey } from './key-transport.js'
import { privateKeyBlob, privateKeyFromBlob } from './private-key-blob.js'

let archive: TestArchive
let exchange: Identity
let exchangeKey: DecryptionKey
let rsa: ExportableKey
let ec: ExportableKey
let pkcs8: Octets

beforeAll(async () => {
  archive = await makeArchive()
  exchange = { key: archive.exchange, certificate: await makeCertificate(archive.exchange, 'CN=CA-Xchg') }
  exchangeKey = await decryptionKeyOf(archive.exchange)
  rsa = await generateKey('RSA-2048', { extractable: true })
  ec = await generateKey('ECDSA-P256', { extractable: true })
  pkcs8 = await rsa.exportPrivateKey()
})

afterEach(() => void vi.restoreAllMocks())

/** A certificate of the exchange key for some purposes. */
const forPurposes = async (...purposes: string[]): Promise<Octets> =>
  (await makeCertificate(archive.exchange, 'CN=CA-Xchg', 'CN=CA-Xchg', [extendedKeyUsage(...purposes)])).der

const agents = () => archive.agents.map(({ certificate }) => certificate)
const enveloped = (content: Octets): Promise<Octets> => createEnvelopedData(content, [exchange.certificate])
const archived = (envelope: Octets, publicKey = rsa.publicKey, key: DecryptionKey | undefined = exchangeKey) =>
  archiveKey(envelope, { publicKey, keyOf: () => Promise.resolve(key), agents: agents() })

/** A certificate for a key that is archived. */
const certificateFor = async (key: ExportableKey): Promise<Octets> => (await makeCertificate(key)).der

describe('a private key', () => {
  it.each(['RSA', 'EC'])('%s is archived, and recovered by each agent', async (type) => {
    const key = type === 'RSA' ? rsa : ec
    const original = await key.exportPrivateKey()
    const envelope = await archived(await enveloped(new Uint8Array(original)), key.publicKey)
    const certificate = await certificateFor(key)
    for (const agent of archive.agents) {
      const own = { certificate: agent.certificate.der, key: await decryptionKeyOf(agent.key) }
      expect(await recoverKey({ certificate, envelope }, own)).toEqual(original)
    }
  })

  it('comes as a BLOB of Windows too, and is archived as PKCS#8', async () => {
    const blob = privateKeyBlob(pkcs8)
    // PRIVATEKEYBLOB, version 2, RSA_KEYX, "RSA2", 2048 bits, 65537.
    expect([...blob.subarray(0, 20)]).toEqual([
      7, 2, 0, 0, 0, 0xa4, 0, 0, 0x52, 0x53, 0x41, 0x32, 0, 8, 0, 0, 1, 0, 1, 0,
    ])
    expect(blob).toHaveLength(20 + (9 * 2048) / 16)
    expect(privateKeyFromBlob(blob)).toEqual(pkcs8)
    const envelope = await archived(await enveloped(blob))
    const [agent] = archive.agents
    const own = { certificate: agent.certificate.der, key: await decryptionKeyOf(agent.key) }
    expect(await recoverKey({ certificate: await certificateFor(rsa), envelope }, own)).toEqual(pkcs8)
  })

  it('is encrypted by a client only to a certificate for that purpose', async () => {
    await expectRefusal(() => encryptForArchival(rsa, exchange.certificate.der), 'pki/recipient')
    const other = await forPurposes('1.3.6.1.5.5.7.3.2')
    await expectRefusal(() => encryptForArchival(rsa, other), 'pki/recipient')
  })

  it('is encrypted by a client as a BLOB of Windows if it is one of RSA, and as PKCS#8 otherwise', async () => {
    const certificate = await forPurposes(EXCHANGE_USAGE)
    const opened = async (envelope: Octets): Promise<Octets> => {
      const made = parseEnvelopedData(envelope)
      return openEnvelopedData(made, recipientOf(made, parseCertificate(certificate)), exchangeKey)
    }
    expect(await opened(await encryptForArchival(rsa, certificate))).toEqual(privateKeyBlob(pkcs8))
    expect(await opened(await encryptForArchival(ec, certificate))).toEqual(await ec.exportPrivateKey())
  })

  it('is wiped by a client when it is encrypted, and if it cannot be', async () => {
    const certificate = await forPurposes(EXCHANGE_USAGE)
    const encrypt = vi.spyOn(crypto.subtle, 'encrypt')
    const exported: Octets[] = []
    const exporting = (octets: () => Promise<Octets>): ExportableKey => ({
      ...rsa,
      publicKey: rsa.publicKey,
      sign: (given) => rsa.sign(given),
      exportPrivateKey: async () => {
        const made = await octets()
        exported.push(made)
        return made
      },
    })
    await encryptForArchival(
      exporting(() => rsa.exportPrivateKey()),
      certificate,
    )
    expect(encrypt.mock.calls.map(([algorithm]) => algorithm)).toEqual([
      expect.objectContaining({ name: 'AES-CBC' }),
      'RSA-OAEP',
    ])
    const [[, , content]] = encrypt.mock.calls as unknown as [[unknown, unknown, Octets]]
    expect(content).toHaveLength(20 + (9 * 2048) / 16)
    expect(isZero(content)).toBe(true)
    encrypt.mockRestore()
    // A key that no BLOB has room for.
    await expectRefusal(
      () =>
        encryptForArchival(
          exporting(() => ec.exportPrivateKey()),
          certificate,
        ),
      'pki/key',
    )
    expect(exported.map(isZero)).toEqual([true, true])
  })

  it('is not recovered with the key of another agent, nor for another certificate', async () => {
    const [one, two] = archive.agents
    const envelope = await archived(await enveloped(privateKeyBlob(pkcs8)))
    const certificate = await certificateFor(rsa)
    const key = await decryptionKeyOf(two.key)
    const stranger = await makeIdentity('RSA-2048', 'CN=Stranger')
    const recover = (of: Octets, agent: Octets) => () =>
      recoverKey({ certificate: of, envelope }, { certificate: agent, key })
    await expectRefusal(recover(certificate, one.certificate.der), 'pki/decryption')
    await expectRefusal(recover(certificate, stranger.certificate.der), 'pki/recipient')
    await expectRefusal(recover(await certificateFor(ec), two.certificate.der), 'pki/decryption')
  })
})

describe('what cannot be archived', () => {
  it('is a key of EC with the public key of another, even if it signs', async () => {
    const other = await generateKey('ECDSA-P256')
    const point = (key: SigningKey): Octets => key.publicKey.subarray(-65)
    const own = await ec.exportPrivateKey()
    const mixed = Uint8Array.from([...own.subarray(0, -65), ...point(other)])
    expect(Uint8Array.from([...own.subarray(0, -65), ...point(ec)])).toEqual(own)
    for (const { publicKey } of [ec, other]) {
      const envelope = await enveloped(new Uint8Array(mixed))
      await expectRefusal(() => archived(envelope, publicKey), 'pki/decryption')
    }
    // On a platform too that computes the public key itself, whatever the octets say.
    const envelope = await enveloped(new Uint8Array(mixed))
    const take = crypto.subtle.importKey.bind(crypto.subtle) as (...args: unknown[]) => Promise<CryptoKey>
    const importKey = vi
      .spyOn(crypto.subtle, 'importKey')
      .mockImplementation((format: string, octets, ...rest: unknown[]) =>
        take(format, format === 'pkcs8' ? own : octets, ...rest),
      )
    await expectRefusal(() => archived(envelope, ec.publicKey), 'pki/decryption')
    expect(importKey.mock.calls.filter(([format]) => (format as string) === 'pkcs8')).toHaveLength(1)
  })

  it('is a key of RSA whose numbers belong together, but to another public exponent', async () => {
    const inner = new DerReader(readDer(pkcs8).rest().at(-1)!.contents).enter()
    const [, n, , , p, q, , , qInverse] = inner.rest().map(readBigint)
    const [lessP, lessQ] = [p! - 1n, q! - 1n]
    const e = [257n, 263n, 269n, 271n, 277n].find((one) => inverseModulo(one, lessP * lessQ) !== undefined)!
    const d = inverseModulo(e, lessP * lessQ)!
    const numbers = [0n, n!, e, d, p!, q!, d % lessP, d % lessQ, qInverse!]
    const rsaAlgorithm = sequence(oid('1.2.840.113549.1.1.1'), nullValue())
    const other = sequence(integer(0), rsaAlgorithm, octetString(sequence(...numbers.map(integer))))
    const { publicKey } = await importPrivateKey(other)
    // It is archived for its own public key, and not for that of a request.
    await expect(archived(await enveloped(new Uint8Array(other)), publicKey)).resolves.toBeInstanceOf(Uint8Array)
    const envelope = await enveloped(new Uint8Array(other))
    await expectRefusal(() => archived(envelope), 'pki/decryption')
  })

  it('fails in one way, whatever was decrypted', async () => {
    const other = await generateKey('RSA-2048', { extractable: true })
    const otherPkcs8 = await other.exportPrivateKey()
    const blob = privateKeyBlob(pkcs8)
    const changed = (octets: Octets, at: number): Octets => octets.map((octet, i) => (i === at ? octet ^ 1 : octet))
    // The modulus of this key with the private numbers of another.
    const mixed = Uint8Array.from([...blob.subarray(0, 20 + 256), ...privateKeyBlob(otherPkcs8).subarray(20 + 256)])
    const contents: readonly Octets[] = [
      new Uint8Array(),
      new Uint8Array(pkcs8.length),
      otherPkcs8,
      await ec.exportPrivateKey(),
      pkcs8.subarray(0, -1),
      Uint8Array.from([...pkcs8, 0]),
      blob.subarray(0, -1),
      blob.subarray(0, 12),
      changed(blob, 4),
      changed(blob, 12),
      // n, p, q, d mod p - 1, d mod q - 1, the inverse of q, d: each is seen, though the others suffice to sign.
      ...[20, 276, 404, 532, 660, 788, 916].map((at) => changed(blob, at + 30)),
      mixed,
    ]
    for (const content of contents) {
      const envelope = await enveloped(new Uint8Array(content))
      await expectRefusal(() => archived(envelope), 'pki/decryption')
    }
  })

  it('fails in that way too if the ciphertext was changed, in the key or the content', async () => {
    const envelope = await enveloped(privateKeyBlob(pkcs8))
    const { recipients, encryptedContent, iv } = parseEnvelopedData(envelope)
    const places = [
      recipients[0]!.encryptedKey.byteOffset + 9,
      encryptedContent.byteOffset,
      encryptedContent.byteOffset + encryptedContent.length - 1,
      iv.byteOffset,
    ]
    for (const at of places) {
      const changed = envelope.map((octet, i) => (i === at - envelope.byteOffset ? octet ^ 0x80 : octet))
      await expectRefusal(() => archived(changed), 'pki/decryption')
    }
  })

  it('fails in that way too if the key of the content has another length, or cannot be decrypted', async () => {
    const envelope = await enveloped(privateKeyBlob(pkcs8))
    for (const wrong of [undefined, new Uint8Array(), new Uint8Array(16), new Uint8Array(33)]) {
      const key: DecryptionKey = { ...exchangeKey, decrypt: () => Promise.resolve(wrong && new Uint8Array(wrong)) }
      await expectRefusal(() => archived(envelope, rsa.publicKey, key), 'pki/decryption')
    }
  })

  it('is not decrypted at all where the key takes no part, or no recipient is known', async () => {
    const envelope = await enveloped(privateKeyBlob(pkcs8))
    const decrypt = () => Promise.reject(new Error('decrypted'))
    const key: DecryptionKey = { ...exchangeKey, transports: ['RSAES-PKCS1-v1_5'], decrypt }
    await expectRefusal(() => archived(envelope, rsa.publicKey, key), 'pki/recipient')
    const nobody = () =>
      archiveKey(envelope, { publicKey: rsa.publicKey, keyOf: () => Promise.resolve(undefined), agents: agents() })
    await expectRefusal(nobody, 'pki/recipient')
  })

  it('says so if the decryption itself fails', async () => {
    const key: DecryptionKey = { ...exchangeKey, decrypt: () => Promise.reject(new Error('no HSM')) }
    const envelope = await enveloped(privateKeyBlob(pkcs8))
    await expect(archived(envelope, rsa.publicKey, key)).rejects.toThrow('no HSM')
  })

  it('leaves nothing of the private key in memory that it was given', async () => {
    const envelope = await enveloped(privateKeyBlob(pkcs8))
    const seen: Octets[] = []
    const key: DecryptionKey = {
      ...exchangeKey,
      decrypt: async (transport, encrypted) => {
        const decrypted = await exchangeKey.decrypt(transport, encrypted)
        if (decrypted !== undefined) seen.push(decrypted)
        return decrypted
      },
    }
    await archived(envelope, rsa.publicKey, key)
    expect(seen).toEqual([new Uint8Array(32)])
  })

  it('leaves nothing of the private key that was decrypted, in either form', async () => {
    for (const content of [privateKeyBlob(pkcs8), new Uint8Array(pkcs8)]) {
      const hex = toHex(content)
      const envelope = await enveloped(content)
      const wiped = await wipedBy(() => archived(envelope))
      const refused = await wipedBy(() => archived(envelope, ec.publicKey))
      const count = (octets: string, all: readonly string[]): number => all.filter((one) => one === octets).length
      // The content; PKCS#8 that is made of it, and its copy that is imported; what is encrypted for the agents.
      const isBlob = hex !== toHex(pkcs8)
      expect(count(hex, wiped)).toBe(isBlob ? 1 : 4)
      expect(count(toHex(pkcs8), wiped)).toBe(isBlob ? 3 : 4)
      expect(count(hex, refused)).toBe(isBlob ? 1 : 3)
      expect(count(toHex(pkcs8), refused)).toBe(isBlob ? 2 : 3)
    }
  })
})

describe('an EnvelopedData', () => {
  const parts = (envelope: Octets): [Octets, PkiErrorCode][] => [
    [sequence(), 'pki/structure'],
    [sequence(oid(OID.signedData), encode(0xa0, sequence())), 'pki/enveloped-data'],
    [Uint8Array.from([...envelope, 0]), 'pki/not-der'],
  ]
  it('is refused if it is something else', async () => {
    for (const [octets, code] of parts(await enveloped(pkcs8))) {
      await expectRefusal(() => Promise.resolve().then(() => parseEnvelopedData(octets)), code)
    }
  })

  it('is not made for a key that cannot receive, or may not', async () => {
    const signer = await makeIdentity('ECDSA-P256')
    await expectRefusal(() => createEnvelopedData(pkcs8, [signer.certificate]), 'pki/recipient')
    const forSigning = { ...exchange.certificate, keyUsage: new Set(['digitalSignature'] as const) }
    await expectRefusal(() => createEnvelopedData(pkcs8, [forSigning]), 'pki/recipient')
  })

  it('names its way of encryption', () => {
    for (const hash of ['SHA-256', 'SHA-384', 'SHA-512'] as const) {
      expect(readKeyTransport(oaepAlgorithm(hash))).toEqual({ name: 'RSAES-OAEP', hash })
    }
    expect(readKeyTransport(sequence(oid('1.2.840.113549.1.1.7'), sequence()))).toEqual({
      name: 'RSAES-OAEP',
      hash: 'SHA-1',
    })
    expect(readKeyTransport(sequence(oid('1.2.840.113549.1.1.1')))).toEqual({ name: 'RSAES-PKCS1-v1_5' })
    expect(readKeyTransport(sequence(oid('1.2.840.113549.1.1.11')))).toBeUndefined()
    // A label.
    const label = encode(0xa2, sequence(oid('1.2.840.113549.1.1.9'), octetString(Uint8Array.of(1))))
    expect(readKeyTransport(sequence(oid('1.2.840.113549.1.1.7'), sequence(label)))).toBeUndefined()
  })
})

describe.runIf(hasOpenssl('archived keys'))('OpenSSL', () => {
  const certificateFile = (der: Octets): string => encodePem('CERTIFICATE', der)

  it('decrypts what is archived, with the key of an agent', async () => {
    const envelope = await archived(await enveloped(privateKeyBlob(pkcs8)))
    for (const { key, certificate } of archive.agents) {
      const files = {
        envelope,
        key: encodePem('PRIVATE KEY', await key.exportPrivateKey()),
        certificate: certificateFile(certificate.der),
      }
      const command = 'cms -decrypt -inform DER -in envelope -inkey key -recip certificate -out out'
      const { ok, out, said } = openssl(command, files)
      expect(ok, said).toBe(true)
      expect(out).toEqual(pkcs8)
    }
  })

  it.each(['', '-keyopt rsa_oaep_md:sha256', '-keyopt rsa_oaep_md:sha512'])(
    'encrypts a key for archiving, by OAEP %s',
    async (digest) => {
      const files = { content: privateKeyBlob(pkcs8), certificate: certificateFile(exchange.certificate.der) }
      const options = `-keyopt rsa_padding_mode:oaep ${digest}`.trim()
      const command = `cms -encrypt -binary -aes256 -outform DER -in content -out out -recip certificate ${options}`
      const { ok, out, said } = openssl(command, files)
      expect(ok, said).toBe(true)
      const envelope = parseEnvelopedData(await archived(out))
      expect(envelope.recipients).toHaveLength(2)
      // What it made can be opened by its recipient alone.
      const own = parseEnvelopedData(out)
      const opened = await openEnvelopedData(
        own,
        recipientOf(own, parseCertificate(exchange.certificate.der)),
        exchangeKey,
      )
      expect(equalOctets(opened, privateKeyBlob(pkcs8))).toBe(true)
    },
  )

  it('encrypts in other ways, which are refused before anything is decrypted', () => {
    const files = { content: privateKeyBlob(pkcs8), certificate: certificateFile(exchange.certificate.der) }
    const made = (options: string): Octets =>
      openssl(`cms -encrypt -binary -outform DER -in content -out out -recip certificate ${options}`, files).out
    expect(() => parseEnvelopedData(made('-des3'))).toThrow(expect.objectContaining({ code: 'pki/enveloped-data' }))
    expect(parseEnvelopedData(made('-aes128')).recipients[0]?.transport).toEqual({ name: 'RSAES-PKCS1-v1_5' })
  })
})
