import { describe, expect, it } from 'vitest'
import type { Octets } from '../../../bindings/octets/octets.js'
import {
  bitString,
  encode,
  explicit,
  generalizedTime,
  integer,
  nullValue,
  sequence,
  setOf,
  TAG,
  time,
} from '../asn1/der.js'
import type { PkiErrorCode } from '../errors.js'
import { generateKey, signatureVerifier } from '../keys/keys.js'
import { signCertificate, signed } from '../ca/issuing/sign-certificate.js'
import { parseCertificate, type Certificate } from './certificate.js'
import { countRevoked, crlRevocation, parseCrl } from './crl.js'
import {
  authorityKeyIdentifier,
  encodeExtensions,
  EXTENSION,
  keyUsage,
  type Extension,
  type KeyUsage,
} from './extensions.js'
import { parseName } from './name.js'

const key = await generateKey('ECDSA-P256')
const other = await generateKey('RSA-2048')
const issuer = parseName('CN=Fab CA')
const [from, until] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-08T00:00:00Z')]
const number: Extension = { oid: EXTENSION.crlNumber, critical: false, value: integer(1) }
const unknown = (critical: boolean): Extension => ({ oid: '1.2.3', critical, value: nullValue() })
const entry = (serial: number, ...more: readonly Octets[]): Octets => sequence(integer(serial), time(from), ...more)

interface Parts {
  readonly version?: readonly Octets[]
  readonly algorithm?: Octets
  readonly name?: Octets
  readonly thisUpdate?: Octets
  readonly nextUpdate?: readonly Octets[]
  readonly entries?: readonly Octets[]
  readonly extensions?: readonly Extension[]
  /** After all else in the signed part. */
  readonly more?: readonly Octets[]
}

function signedPart({
  version = [integer(1)],
  algorithm = key.signatureAlgorithm,
  name = issuer,
  thisUpdate = time(from),
  nextUpdate = [time(until)],
  entries = [],
  extensions = [],
  more = [],
}: Parts): Octets {
  return sequence(
    ...[...version, algorithm, name, thisUpdate, ...nextUpdate],
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    ...(extensions.length === 0 ? [] : [explicit(0, encodeExtensions(extensions))]),
    ...more,
  )
}

/** Its signature is not looked at. */
const list = (parts: Parts = {}, ...more: readonly Octets[]): Octets =>
  sequence(signedPart(parts), key.signatureAlgorithm, bitString(Uint8Array.of(1)), ...more)

describe('a CRL', () => {
  it.each<[string, Parts, object]>([
    [
      'of version 2',
      {},
      { thisUpdate: from, nextUpdate: until, issuer, revoked: new Set(), signature: Uint8Array.of(1) },
    ],
    ['of version 1', { version: [] }, { isNumbered: false, isPartial: false, authorityKeyIdentifier: undefined }],
    ['without an end', { nextUpdate: [] }, { nextUpdate: undefined }],
    [
      'that ends after 2049',
      { nextUpdate: [time(new Date('2050-01-01T00:00:00Z'))] },
      { nextUpdate: new Date('2050-01-01T00:00:00Z') },
    ],
    ['with entries', { entries: [entry(1), entry(0x80)] }, { revoked: new Set(['01', '0080']), isPartial: false }],
    [
      'with a reason',
      { entries: [entry(1, encodeExtensions([unknown(false)]))] },
      { revoked: new Set(['01']), isPartial: false },
    ],
    [
      'with an entry of another issuer',
      { entries: [entry(1), entry(2, encodeExtensions([unknown(true)]))] },
      { isPartial: true },
    ],
    ['with a number', { extensions: [number] }, { isNumbered: true, isPartial: false }],
    ['for some certificates', { extensions: [number, unknown(true)] }, { isNumbered: true, isPartial: true }],
    [
      'with a name for its key',
      { extensions: [authorityKeyIdentifier(Uint8Array.of(7))] },
      { authorityKeyIdentifier: Uint8Array.of(7), isNumbered: false },
    ],
  ])('%s is read', (_, parts, expected) => {
    const der = list(parts)
    expect(parseCrl(der)).toMatchObject({
      der,
      signed: signedPart(parts),
      signatureAlgorithm: key.signatureAlgorithm,
      ...expected,
    })
    expect(countRevoked(der)).toBe(parts.entries?.length ?? 0)
    // The same with entries, to see that what comes before them is passed over.
    expect(countRevoked(list({ ...parts, entries: [entry(1), entry(2), entry(3)] }))).toBe(3)
  })

  it.each<[string, PkiErrorCode, Octets]>([
    ['version 1 written', 'pki/structure', list({ version: [integer(0)] })],
    ['version 3', 'pki/structure', list({ version: [integer(2)] })],
    ['another algorithm inside', 'pki/structure', list({ algorithm: other.signatureAlgorithm })],
    ['an issuer that is no name', 'pki/structure', list({ name: sequence(integer(1)) })],
    ['no time', 'pki/structure', list({ thisUpdate: nullValue(), nextUpdate: [] })],
    ['a time that is none', 'pki/not-der', list({ thisUpdate: encode(TAG.utcTime, Uint8Array.of(0x31)) })],
    ['three times', 'pki/structure', list({ nextUpdate: [time(until), generalizedTime(until), time(until)] })],
    ['an entry without a time', 'pki/structure', list({ entries: [sequence(integer(1))] })],
    ['an entry whose time is none', 'pki/structure', list({ entries: [sequence(integer(1), integer(1))] })],
    ...[[], [0, 1]].map((octets): [string, PkiErrorCode, Octets] => {
      const reason = {
        oid: EXTENSION.reasonCode,
        critical: false,
        value: encode(TAG.enumerated, Uint8Array.from(octets)),
      }
      const what = `a reason of ${String(octets.length)} octets`
      return [what, 'pki/structure', list({ entries: [entry(1, encodeExtensions([reason]))] })]
    }),
    ['more after an entry', 'pki/structure', list({ entries: [entry(1, sequence(), nullValue())] })],
    [
      'an entry with an extension twice',
      'pki/duplicate',
      list({ entries: [entry(1, encodeExtensions([number, number]))] }),
    ],
    ['an entry that is a set', 'pki/structure', list({ entries: [setOf()] })],
    ['an extension twice', 'pki/duplicate', list({ extensions: [number, number] })],
    ['more in the signed part', 'pki/structure', list({ extensions: [number], more: [nullValue()] })],
    ['more after the signature', 'pki/structure', list({}, nullValue())],
    [
      'unused bits in the signature',
      'pki/not-der',
      sequence(signedPart({}), key.signatureAlgorithm, encode(3, Uint8Array.of(1, 2))),
    ],
    ['octets after it', 'pki/not-der', Uint8Array.of(...list(), 0)],
  ])('is refused with %s', (_, code, der) => {
    expect(() => parseCrl(der)).toThrow(expect.objectContaining({ name: 'PkiError', code }) as Error)
  })

  it('may be larger than other values, but not as large as it likes', () => {
    const large = { ...unknown(false), value: new Uint8Array(1 << 21).fill(5) }
    expect(parseCrl(list({ extensions: [large] })).isPartial).toBe(false)
    const limit = expect.objectContaining({ code: 'pki/limit' }) as Error
    expect(() => parseCrl(new Uint8Array((1 << 26) + 1))).toThrow(limit)
  })
})

describe('a CRL, for revocation,', async () => {
  const certificateWith = async (...extensions: readonly Extension[]): Promise<Certificate> => {
    const [serialNumber, publicKey] = [Uint8Array.of(0x71), key.publicKey]
    const content = { serialNumber, issuer, subject: issuer, notBefore: from, notAfter: until, publicKey, extensions }
    return parseCertificate(await signCertificate(content, key))
  }
  const certificate = await certificateWith()
  const numbered = { extensions: [number] }
  const make = (parts: Parts = numbered, by = key): Promise<Octets> => signed(signedPart(parts), by)
  const revoking: Parts = { ...numbered, entries: [entry(0x71)] }

  const isRevoked = async (crls: readonly Octets[], at = from, allowUnknown = false): Promise<boolean> =>
    crlRevocation({ crls, verifier: signatureVerifier(), clock: () => at, allowUnknown })(
      certificate.der,
      certificate.der,
    )

  it('is current from its first instant to its last', async () => {
    const crls = [await make()]
    const verdicts = [-1, 0, 1].map((milliseconds) => isRevoked(crls, new Date(from.getTime() + milliseconds)))
    expect(await Promise.all(verdicts)).toEqual([true, false, false])
    const last = [-1, 0, 1].map((milliseconds) => isRevoked(crls, new Date(until.getTime() + milliseconds)))
    expect(await Promise.all(last)).toEqual([false, false, true])
    expect(await isRevoked([await make({ ...numbered, nextUpdate: [] })])).toBe(true)
  })

  it('is looked at by the clock of the system, if there is no other', async () => {
    const day = 86_400_000
    const [yesterday, tomorrow] = [-1, 1].map((days) => [time(new Date(Date.now() + days * day))] as const)
    const crls = [await make({ ...numbered, thisUpdate: yesterday![0], nextUpdate: tomorrow! })]
    expect(await crlRevocation({ crls, verifier: signatureVerifier() })(certificate.der, certificate.der)).toBe(false)
  })

  it('counts only for the issuer whose name it has, and whose key signed it', async () => {
    expect(await isRevoked([await make({ ...numbered, name: parseName('CN=fab  ca') })])).toBe(false)
    expect(await isRevoked([await make({ ...numbered, name: parseName('CN=Other CA') })])).toBe(true)
    const byOther = await make({ ...revoking, algorithm: other.signatureAlgorithm }, other)
    expect(await isRevoked([byOther], from, true)).toBe(false)
    expect(await isRevoked([await make(revoking)], from, true)).toBe(true)
  })

  it('revokes beside others that do not, and is not undone by those that say nothing', async () => {
    const [clean, bad, unnumbered] = [await make(), await make(revoking), await make({})]
    expect(await isRevoked([clean, bad])).toBe(true)
    expect(await isRevoked([clean, unnumbered])).toBe(false)
    expect(await isRevoked([unnumbered])).toBe(true)
    expect(await isRevoked([await make({ extensions: [number, unknown(true)] })])).toBe(true)
    // An incomplete list revokes all the same.
    expect(await isRevoked([await make({ ...revoking, extensions: [number, unknown(true)] })], from, true)).toBe(true)
  })

  it('may not be signed by a certificate for other things', async () => {
    const options = {
      crls: [await make(revoking)],
      verifier: signatureVerifier(),
      clock: () => from,
      allowUnknown: true,
    }
    const of = async (...usages: readonly KeyUsage[]): Promise<boolean> =>
      crlRevocation(options)(certificate.der, (await certificateWith(keyUsage(...usages))).der)
    expect([await of('keyCertSign'), await of('keyCertSign', 'cRLSign')]).toEqual([false, true])
  })
})
