import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { isZero } from '../../../bindings/octets/integers.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { encode, explicit, implicit, integer, nullValue, octetString, oid, sequence, setOf } from '../asn1/der.js'
import type { PkiError, PkiErrorCode } from '../errors.js'
import { OID } from '../requests/cms-names.js'
import { decryptionKeyOf } from '../testing/archival.js'
import { makeIdentity, type Identity } from '../testing/certificates.js'
import { expectRefusal } from '../testing/refusal.js'
import {
  createEnvelopedData,
  mayReceive,
  openEnvelopedData,
  parseEnvelopedData,
  recipientOf,
  type EnvelopedData,
} from './enveloped-data.js'
import { oaepAlgorithm, type DecryptionKey } from './key-transport.js'

const AES_256_CBC = '2.16.840.1.101.3.4.1.42'
const refusal = (code: PkiErrorCode): unknown => expect.objectContaining({ name: 'PkiError', code })

interface Parts {
  readonly type?: string
  readonly beforeRecipients?: readonly Octets[]
  readonly recipients?: readonly Octets[]
  readonly contentType?: string
  readonly algorithm?: Octets
  readonly content?: Octets
  readonly afterContent?: readonly Octets[]
  readonly afterEncrypted?: readonly Octets[]
  readonly afterEnveloped?: readonly Octets[]
}

const identifier = sequence(sequence(), integer(7))
const recipient = (...more: Octets[]): Octets =>
  sequence(integer(0), identifier, oaepAlgorithm('SHA-256'), octetString(Uint8Array.of(1, 2, 3)), ...more)
const aes = (algorithm = AES_256_CBC, iv: Octets = octetString(new Uint8Array(16).fill(9))): Octets =>
  sequence(oid(algorithm), iv)

/** RFC 5652, section 6.1 */
function envelope({
  type = OID.envelopedData,
  beforeRecipients = [],
  recipients = [recipient()],
  contentType = OID.data,
  algorithm = aes(),
  content = new Uint8Array(32).fill(5),
  afterContent = [],
  afterEncrypted = [],
  afterEnveloped = [],
}: Parts = {}): Octets {
  const encrypted = sequence(oid(contentType), algorithm, implicit(0, octetString(content)), ...afterContent)
  const enveloped = sequence(integer(0), ...beforeRecipients, setOf(...recipients), encrypted, ...afterEncrypted)
  return sequence(oid(type), explicit(0, enveloped), ...afterEnveloped)
}
const parse = (parts?: Parts): EnvelopedData => parseEnvelopedData(envelope(parts))

afterEach(() => void vi.restoreAllMocks())

describe('an EnvelopedData that is read', () => {
  it('has recipients, an algorithm and a content', () => {
    expect(parse()).toEqual({
      recipients: [
        {
          identifier: { issuer: sequence(), serialNumber: Uint8Array.of(7) },
          transport: { name: 'RSAES-OAEP', hash: 'SHA-256' },
          encryptedKey: Uint8Array.of(1, 2, 3),
        },
      ],
      keyLength: 32,
      iv: new Uint8Array(16).fill(9),
      encryptedContent: new Uint8Array(32).fill(5),
    })
    expect(parse({ algorithm: aes('2.16.840.1.101.3.4.1.2') }).keyLength).toBe(16)
    expect(parse({ algorithm: aes('2.16.840.1.101.3.4.1.22') }).keyLength).toBe(24)
  })

  it('may have originators and attributes, which mean nothing here', () => {
    expect(parse({ beforeRecipients: [encode(0xa0, sequence())] })).toEqual(parse())
    expect(parse({ afterEncrypted: [encode(0xa1, sequence())] })).toEqual(parse())
  })

  it('may have recipients of other kinds, which are left out, and ways of encryption that are unknown', () => {
    const agreement = encode(0xa1, integer(3))
    expect(parse({ recipients: [agreement, recipient()] })).toEqual(parse())
    expect(parse({ recipients: [agreement] }).recipients).toEqual([])
    const unknown = sequence(integer(0), identifier, sequence(oid('1.2.3')), octetString(new Uint8Array(3)))
    expect(parse({ recipients: [unknown] }).recipients.map(({ transport }) => transport)).toEqual([undefined])
  })

  it.each<[string, Octets, PkiErrorCode]>([
    ['another type', envelope({ type: OID.signedData }), 'pki/enveloped-data'],
    ['something after the content', envelope({ afterEnveloped: [nullValue()] }), 'pki/structure'],
    ['something after the attributes', envelope({ afterEncrypted: [nullValue()] }), 'pki/structure'],
    ['something after the encrypted content', envelope({ afterContent: [nullValue()] }), 'pki/structure'],
    ['a recipient with something after its key', envelope({ recipients: [recipient(nullValue())] }), 'pki/structure'],
    ['a recipient without a version', envelope({ recipients: [sequence(identifier)] }), 'pki/structure'],
    ['content of another type', envelope({ contentType: OID.signedData }), 'pki/enveloped-data'],
    ['another algorithm', envelope({ algorithm: aes('1.2.840.113549.3.7') }), 'pki/enveloped-data'],
    ['AES in another mode', envelope({ algorithm: aes('2.16.840.1.101.3.4.1.46') }), 'pki/enveloped-data'],
    [
      'a short initial vector',
      envelope({ algorithm: aes(AES_256_CBC, octetString(new Uint8Array(15))) }),
      'pki/enveloped-data',
    ],
    [
      'a long initial vector',
      envelope({ algorithm: aes(AES_256_CBC, octetString(new Uint8Array(17))) }),
      'pki/enveloped-data',
    ],
    ['no initial vector', envelope({ algorithm: sequence(oid(AES_256_CBC)) }), 'pki/structure'],
    ['an initial vector of another kind', envelope({ algorithm: aes(AES_256_CBC, nullValue()) }), 'pki/structure'],
    ['a content that is no number of blocks', envelope({ content: new Uint8Array(33) }), 'pki/enveloped-data'],
  ])('is refused with %s', (_, der, code) => {
    expect(() => parseEnvelopedData(der)).toThrow(refusal(code))
  })
})

describe('an EnvelopedData that is made', () => {
  let one: Identity
  let two: Identity
  const content = new TextEncoder().encode('content')
  beforeAll(async () => {
    one = await makeIdentity('RSA-2048', 'CN=One')
    two = await makeIdentity('RSA-2048', 'CN=Two')
  })

  it('is opened by each recipient, and by no other', async () => {
    const made = parseEnvelopedData(await createEnvelopedData(content, [one.certificate, two.certificate]))
    const [keyOfOne, keyOfTwo] = [await decryptionKeyOf(one.key), await decryptionKeyOf(two.key)]
    const [toOne, toTwo] = [recipientOf(made, one.certificate), recipientOf(made, two.certificate)]
    expect(await openEnvelopedData(made, toOne, keyOfOne)).toEqual(content)
    expect(await openEnvelopedData(made, toTwo, keyOfTwo)).toEqual(content)
    // By chance, once in 256 times, something else comes out: a random key takes the place of that which was not decrypted.
    const opened = await openEnvelopedData(made, toTwo, keyOfOne).catch((error: unknown) => (error as PkiError).code)
    if (opened instanceof Uint8Array) expect(opened).not.toEqual(content)
    else expect(opened).toBe('pki/decryption')
    const toOneOnly = parseEnvelopedData(await createEnvelopedData(content, [one.certificate]))
    expect(() => recipientOf(toOneOnly, two.certificate)).toThrow(refusal('pki/recipient'))
  })

  it('is another each time', async () => {
    const [a, b] = await Promise.all(
      [1, 2].map(async () => parseEnvelopedData(await createEnvelopedData(content, [one.certificate]))),
    )
    expect(a!.iv).not.toEqual(b!.iv)
    expect(a!.encryptedContent).not.toEqual(b!.encryptedContent)
  })

  it('leaves no key of the content in memory', async () => {
    const importKey = vi.spyOn(crypto.subtle, 'importKey')
    const keys = (): Octets[] =>
      importKey.mock.calls.filter(([format]) => format === 'raw').map(([, octets]) => octets as Octets)
    const made = parseEnvelopedData(await createEnvelopedData(content, [one.certificate]))
    expect(keys().map(({ length }) => length)).toEqual([32])
    expect(keys().every(isZero)).toBe(true)
    await expectRefusal(
      () => createEnvelopedData(content, [{ ...one.certificate, keyUsage: new Set() }]),
      'pki/recipient',
    )
    expect(keys()).toHaveLength(2)
    expect(keys().every(isZero)).toBe(true)
    await openEnvelopedData(made, recipientOf(made, one.certificate), await decryptionKeyOf(one.key))
    expect(keys()).toHaveLength(3)
    expect(keys().every(isZero)).toBe(true)
  })

  it('takes the key that is decrypted if it has the length, and a random one otherwise', async () => {
    const importKey = vi.spyOn(crypto.subtle, 'importKey')
    const used: Octets[] = []
    importKey.mockImplementation((...args: unknown[]) => {
      used.push(new Uint8Array(args[1] as Octets))
      return Promise.reject(new DOMException('none', 'DataError'))
    })
    const key = (decrypted: Octets | undefined): DecryptionKey => ({
      publicKey: one.key.publicKey,
      transports: ['RSAES-OAEP'],
      decrypt: () => Promise.resolve(decrypted),
    })
    const data = parse()
    for (const decrypted of [
      new Uint8Array(32).fill(7),
      new Uint8Array(16).fill(7),
      new Uint8Array(33).fill(7),
      undefined,
    ])
      await openEnvelopedData(data, data.recipients[0]!, key(decrypted)).catch(() => undefined)
    expect(used.map(({ length }) => length)).toEqual([32, 32, 32, 32])
    expect(used.map((octets) => octets.subarray(0, 16).every((octet) => octet === 7))).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect(used.some(isZero)).toBe(false)
  })

  it('is for keys of RSA whose certificates do not say that they may not encrypt keys', async () => {
    const { certificate } = one
    expect(mayReceive({ ...certificate, keyUsage: undefined })).toBe(true)
    expect(mayReceive({ ...certificate, keyUsage: new Set(['keyEncipherment']) })).toBe(true)
    expect(mayReceive({ ...certificate, keyUsage: new Set(['digitalSignature', 'dataEncipherment']) })).toBe(false)
    const ec = (await makeIdentity('ECDSA-P256')).certificate
    expect(mayReceive({ ...ec, keyUsage: new Set(['keyEncipherment']) })).toBe(false)
    // A key that no platform reads.
    const publicKey = sequence(sequence(oid('1.2.840.113549.1.1.1'), nullValue()), encode(3, Uint8Array.of(0, 5, 0)))
    await expectRefusal(() => createEnvelopedData(content, [{ ...certificate, publicKey }]), 'pki/recipient')
  })

  it('is not decrypted in a way that is unknown, or in which the key takes no part', async () => {
    const decrypt = vi.fn(() => Promise.resolve(new Uint8Array(32)))
    const key: DecryptionKey = { publicKey: one.key.publicKey, transports: ['RSAES-OAEP'], decrypt }
    const data = parse()
    const given = data.recipients[0]!
    await expectRefusal(() => openEnvelopedData(data, { ...given, transport: undefined }, key), 'pki/recipient')
    const other = { ...given, transport: { name: 'RSAES-PKCS1-v1_5' } } as const
    await expectRefusal(() => openEnvelopedData(data, other, key), 'pki/recipient')
    expect(decrypt).not.toHaveBeenCalled()
    await expectRefusal(() => openEnvelopedData(data, given, key), 'pki/decryption')
    expect(decrypt).toHaveBeenCalledTimes(1)
  })
})
