import { describe, expect, it } from 'vitest'
import type { Octets } from '../../../bindings/octets/octets.js'
import {
  bitString,
  boolean,
  encode,
  explicit,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  time,
} from '../asn1/der.js'
import type { PkiErrorCode } from '../errors.js'
import { generateKey } from '../keys/keys.js'
import { certificateSignature, parseCertificate } from './certificate.js'
import { encodeExtensions, EXTENSION, keyUsage, noAlternativeNames, type Extension } from './extensions.js'
import { parseName } from './name.js'

const { publicKey } = await generateKey('ECDSA-P256')
const algorithm = sequence(oid('1.2.840.10045.4.3.2'))
const [issuer, subject] = [parseName('CN=Fab CA'), parseName('CN=user')]
const [from, until] = [new Date('2026-01-01T00:00:00Z'), new Date('2050-01-01T00:00:00Z')]

/** The parts of the signed part, in their order. */
interface Parts {
  readonly version?: readonly Octets[]
  readonly serialNumber?: Octets
  readonly inner?: Octets
  readonly names?: readonly [issuer: Octets, subject: Octets]
  readonly validity?: readonly Octets[]
  readonly key?: Octets
  readonly more?: readonly Octets[]
}

function signedPart(parts: Parts): Octets {
  const { version = [integer(2)], serialNumber = integer(0x80), inner = algorithm, names = [issuer, subject] } = parts
  const { validity = [time(from), time(until)], key = publicKey, more = [] } = parts
  return sequence(explicit(0, ...version), serialNumber, inner, names[0], sequence(...validity), names[1], key, ...more)
}

/** Its signature is not looked at. */
const certificate = (parts: Parts = {}, ...more: readonly Octets[]): Octets =>
  sequence(signedPart(parts), algorithm, bitString(Uint8Array.of(1, 2)), ...more)
const withExtensions = (...extensions: readonly Extension[]): Octets =>
  certificate({ more: [explicit(3, encodeExtensions(extensions))] })

describe('a certificate', () => {
  it('is read part by part', () => {
    const der = certificate()
    const read = parseCertificate(der)
    expect(read).toEqual({
      ...{ der, signed: signedPart({}), signatureAlgorithm: algorithm, signature: Uint8Array.of(1, 2) },
      ...{ serialNumber: Uint8Array.of(0, 0x80), issuer, subject, notBefore: from, notAfter: until, publicKey },
      ...{
        extensions: new Map(),
        isCa: false,
        pathLength: undefined,
        keyUsage: undefined,
        extendedKeyUsage: undefined,
      },
      ...{ names: noAlternativeNames, subjectKeyIdentifier: undefined, authorityKeyIdentifier: undefined },
      ...{ nameConstraints: undefined, policies: undefined, policyMappings: undefined, policyConstraints: undefined },
      ...{ inhibitAnyPolicy: undefined, crlDistributionPoints: [], caIssuers: [], ocsp: [], templateName: undefined },
      ...{ template: undefined, hasUnknownCritical: false },
    })
    const { publicKey: key } = parseCertificate(certificate())
    expect(certificateSignature(read, { ...read, publicKey: key })).toEqual({
      ...{ publicKey: key, signatureAlgorithm: algorithm, signature: Uint8Array.of(1, 2), octets: signedPart({}) },
    })
  })

  it('may have unique identifiers, which say nothing', () => {
    const unique = [implicit(1, bitString(Uint8Array.of(1))), implicit(2, bitString(Uint8Array.of(1)))]
    const extensions = explicit(3, encodeExtensions([keyUsage('cRLSign')]))
    expect(parseCertificate(certificate({ more: [...unique, extensions] })).keyUsage).toEqual(new Set(['cRLSign']))
    expect(parseCertificate(certificate({ more: unique })).keyUsage).toBeUndefined()
  })

  it.each<[string, Extension, object]>([
    [
      'an authority',
      { oid: EXTENSION.basicConstraints, critical: true, value: sequence(boolean(true), integer(2)) },
      { isCa: true, pathLength: 2 },
    ],
    [
      'purposes',
      { oid: EXTENSION.extendedKeyUsage, critical: true, value: sequence(oid('1.2.3')) },
      { extendedKeyUsage: ['1.2.3'] },
    ],
    [
      'alternative names',
      { oid: EXTENSION.subjectAltName, critical: true, value: sequence(encode(0x82, Uint8Array.of(0x61))) },
      { names: { dnsNames: ['a'] } },
    ],
    [
      'its key identifier',
      { oid: EXTENSION.subjectKeyIdentifier, critical: false, value: octetString(Uint8Array.of(1)) },
      { subjectKeyIdentifier: Uint8Array.of(1) },
    ],
    [
      'that of its issuer',
      { oid: EXTENSION.authorityKeyIdentifier, critical: false, value: sequence(encode(0x80, Uint8Array.of(2))) },
      { authorityKeyIdentifier: Uint8Array.of(2) },
    ],
    [
      'constraints of names',
      {
        oid: EXTENSION.nameConstraints,
        critical: true,
        value: sequence(explicit(0, sequence(encode(0x82, Uint8Array.of(0x61))))),
      },
      { nameConstraints: { permitted: [{ kind: 'dns', base: 'a' }] } },
    ],
    [
      'policies',
      { oid: EXTENSION.certificatePolicies, critical: true, value: sequence(sequence(oid('1.2.3'))) },
      { policies: ['1.2.3'] },
    ],
    [
      'mappings',
      { oid: EXTENSION.policyMappings, critical: true, value: sequence(sequence(oid('1.2.3'), oid('1.2.4'))) },
      { policyMappings: [{ issuerPolicy: '1.2.3', subjectPolicy: '1.2.4' }] },
    ],
    [
      'constraints of policies',
      { oid: EXTENSION.policyConstraints, critical: true, value: sequence(implicit(0, integer(0))) },
      { policyConstraints: { requireExplicitPolicy: 0 } },
    ],
    ['no anyPolicy', { oid: EXTENSION.inhibitAnyPolicy, critical: true, value: integer(0) }, { inhibitAnyPolicy: 0 }],
    [
      'a template',
      { oid: EXTENSION.template, critical: false, value: sequence(oid('1.2.3')) },
      { template: { oid: '1.2.3' } },
    ],
  ])('says %s', (_, extension, expected) => {
    expect(parseCertificate(withExtensions(extension))).toMatchObject({ ...expected, hasUnknownCritical: false })
  })

  it('says whether it has a critical extension that nobody here looks at', () => {
    const of = (type: string, critical: boolean, value: Octets): boolean =>
      parseCertificate(withExtensions({ oid: type, critical, value })).hasUnknownCritical
    expect([of('1.2.3', true, nullValue()), of('1.2.3', false, nullValue())]).toEqual([true, false])
    expect(of(EXTENSION.subjectKeyIdentifier, true, octetString(Uint8Array.of(1)))).toBe(true)
  })

  it.each<[string, PkiErrorCode, Octets]>([
    [
      'no version',
      'pki/structure',
      sequence(sequence(integer(1), algorithm, issuer), algorithm, bitString(new Uint8Array())),
    ],
    ['version 2', 'pki/structure', certificate({ version: [integer(1)] })],
    ['version 4', 'pki/structure', certificate({ version: [integer(3)] })],
    ['two versions', 'pki/structure', certificate({ version: [integer(2), integer(2)] })],
    ['a serial number that is none', 'pki/structure', certificate({ serialNumber: nullValue() })],
    ['another algorithm inside', 'pki/structure', certificate({ inner: sequence(oid('1.2.840.10045.4.3.3')) })],
    ['an issuer that is no name', 'pki/structure', certificate({ names: [sequence(integer(1)), subject] })],
    ['a subject that is no name', 'pki/structure', certificate({ names: [issuer, sequence(integer(1))] })],
    ['one time', 'pki/structure', certificate({ validity: [time(from)] })],
    ['three times', 'pki/structure', certificate({ validity: [time(from), time(until), time(until)] })],
    ['a time that is none', 'pki/structure', certificate({ validity: [time(from), integer(1)] })],
    ['a key that is none', 'pki/structure', certificate({ key: sequence(algorithm) })],
    ['an extension twice', 'pki/duplicate', withExtensions(keyUsage(), keyUsage())],
    ['an extension that is malformed', 'pki/structure', withExtensions({ ...keyUsage(), value: nullValue() })],
    [
      'two lists of extensions',
      'pki/structure',
      certificate({ more: [explicit(3, sequence()), explicit(3, sequence())] }),
    ],
    ['two values in the list', 'pki/not-der', certificate({ more: [explicit(3, sequence(), sequence())] })],
    ['more after the signature', 'pki/structure', certificate({}, nullValue())],
    [
      'unused bits in the signature',
      'pki/not-der',
      sequence(signedPart({}), algorithm, encode(3, Uint8Array.of(1, 2))),
    ],
    ['octets after it', 'pki/not-der', Uint8Array.of(...certificate(), 0)],
  ])('is refused with %s', (_, code, der) => {
    expect(() => parseCertificate(der)).toThrow(expect.objectContaining({ name: 'PkiError', code }) as Error)
  })
})
