import { describe, expect, it } from 'vitest'
import type { Octets } from '../../../bindings/octets/octets.js'
import {
  ascii,
  bmpString,
  boolean,
  encode,
  explicit,
  ia5String,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  utf8String,
} from '../asn1/der.js'
import type { PkiErrorCode } from '../errors.js'
import {
  readCertificatePolicies,
  readInhibitAnyPolicy,
  readNameConstraints,
  readPolicyConstraints,
  readPolicyMappings,
} from './constraints.js'
import {
  authorityInformation,
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoints,
  encodeExtensions,
  EXTENSION,
  extendedKeyUsage,
  extensionName,
  keyUsage,
  noAlternativeNames,
  readAlternativeNames,
  readAuthorityInformation,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readCrlDistributionPoints,
  readExtendedKeyUsage,
  readExtensions,
  readKeyUsage,
  readSecurityIdentifier,
  readSubjectKeyIdentifier,
  readTemplate,
  readTemplateName,
  securityIdentifier,
  subjectAltName,
  subjectKeyIdentifier,
  template,
  templateName,
  type AlternativeNames,
  type Extension,
  type KeyUsage,
} from './extensions.js'
import { parseName } from './name.js'

const refusal = (code: PkiErrorCode, detail?: string): Error =>
  expect.objectContaining({ name: 'PkiError', code, detail }) as Error

const [UPN, OBJECT_SID] = ['1.3.6.1.4.1.311.20.2.3', '1.3.6.1.4.1.311.25.2.1']
const uri = (text: string): Octets => implicit(6, ia5String(text))
const otherName = (type: string, ...values: readonly Octets[]): Octets => explicit(0, oid(type), ...values)
const names: AlternativeNames = {
  dnsNames: ['a.example', 'b.example'],
  uris: ['https://a.example/'],
  emails: ['me@a.example'],
  upns: ['üser@a.example'],
  ipAddresses: [Uint8Array.of(127, 0, 0, 1), new Uint8Array(16)],
  directoryNames: [parseName('CN=a')],
  others: [implicit(8, oid('1.2.3')), otherName('1.2.3', explicit(0, nullValue()))],
}

describe('extensions', () => {
  it('are read by their OID, and say whether they are critical', () => {
    const given: Extension[] = [keyUsage('cRLSign'), { oid: '1.2.3', critical: false, value: sequence() }]
    const read = readExtensions(encodeExtensions(given))
    expect([...read]).toEqual(given.map((one) => [one.oid, one]))
    // FALSE is the default, and some write it.
    const written = sequence(sequence(oid('1.2.3'), boolean(false), octetString(nullValue())))
    expect(readExtensions(written).get('1.2.3')).toMatchObject({ critical: false, value: nullValue() })
    expect(readExtensions(sequence()).size).toBe(0)
  })

  it('have names for people', () => {
    expect([extensionName(EXTENSION.keyUsage), extensionName('1.2.3')]).toEqual(['keyUsage', '1.2.3'])
  })

  const once = sequence(oid('1.2.3'), octetString(nullValue()))
  it.each<[string, PkiErrorCode, Octets, string?]>([
    ['one twice', 'pki/duplicate', encodeExtensions([keyUsage(), keyUsage()]), 'keyUsage'],
    ['one of others twice', 'pki/duplicate', sequence(once, once), '1.2.3'],
    ['no value', 'pki/structure', sequence(sequence(oid('1.2.3')))],
    ['two values', 'pki/structure', sequence(sequence(oid('1.2.3'), octetString(nullValue()), nullValue()))],
    ['another type for the value', 'pki/structure', sequence(sequence(oid('1.2.3'), nullValue()))],
    [
      'a flag that is neither',
      'pki/not-der',
      sequence(sequence(oid('1.2.3'), encode(1, Uint8Array.of(1)), octetString(nullValue()))),
    ],
    ['a set among them', 'pki/structure', sequence(setOf())],
    ['a set of them', 'pki/structure', setOf()],
  ])('are refused with %s', (_, code, der, detail) => {
    expect(() => readExtensions(der)).toThrow(refusal(code, detail))
  })
})

describe('the value of an extension', () => {
  const usages: KeyUsage[] = ['digitalSignature', 'keyAgreement', 'decipherOnly']
  it.each<[string, () => unknown, unknown]>([
    ['key usages', () => readKeyUsage(keyUsage(...usages).value), new Set(usages)],
    ['no key usage', () => readKeyUsage(keyUsage().value), new Set()],
    ['purposes', () => readExtendedKeyUsage(extendedKeyUsage('1.2.3', '1.2.4').value), ['1.2.3', '1.2.4']],
    [
      'an authority',
      () => readBasicConstraints(basicConstraints({ isCa: true, pathLength: 3 }).value),
      { isCa: true, pathLength: 3 },
    ],
    [
      'one with any path',
      () => readBasicConstraints(basicConstraints({ isCa: true, pathLength: undefined }).value),
      { isCa: true, pathLength: undefined },
    ],
    [
      'none',
      () => readBasicConstraints(basicConstraints({ isCa: false, pathLength: undefined }).value),
      { isCa: false, pathLength: undefined },
    ],
    ['none, written', () => readBasicConstraints(sequence(boolean(false))), { isCa: false, pathLength: undefined }],
    ['names of all kinds', () => readAlternativeNames(subjectAltName(names).value), names],
    [
      'names of one kind',
      () => readAlternativeNames(subjectAltName({ uris: ['a:b'] }).value),
      { ...noAlternativeNames, uris: ['a:b'] },
    ],
    [
      'a user principal name as BMPString',
      () => readAlternativeNames(sequence(otherName(UPN, explicit(0, bmpString('a@b'))))).upns,
      ['a@b'],
    ],
    [
      'an identifier of the key',
      () => readSubjectKeyIdentifier(subjectKeyIdentifier(Uint8Array.of(1, 2)).value),
      Uint8Array.of(1, 2),
    ],
    [
      "one of the issuer's",
      () => readAuthorityKeyIdentifier(authorityKeyIdentifier(Uint8Array.of(1, 2)).value),
      Uint8Array.of(1, 2),
    ],
    ["none of the issuer's", () => readAuthorityKeyIdentifier(sequence()), undefined],
    [
      'a certificate of the issuer instead',
      () => readAuthorityKeyIdentifier(sequence(explicit(1, explicit(4, parseName('CN=a'))), implicit(2, integer(1)))),
      undefined,
    ],
    [
      'points of distribution',
      () => readCrlDistributionPoints(crlDistributionPoints('a:b', 'c:d').value),
      ['a:b', 'c:d'],
    ],
    [
      'those with a URI only',
      () =>
        readCrlDistributionPoints(
          sequence(
            sequence(),
            sequence(explicit(0, explicit(1))),
            sequence(explicit(0, explicit(0, uri('a:b'), implicit(2, ia5String('a'))))),
          ),
        ),
      ['a:b'],
    ],
    [
      'places of certificates and responders',
      () => readAuthorityInformation(authorityInformation({ caIssuers: ['a:b'], ocsp: ['c:d', 'e:f'] }).value),
      { caIssuers: ['a:b'], ocsp: ['c:d', 'e:f'] },
    ],
    [
      'one kind of them',
      () => readAuthorityInformation(authorityInformation({ caIssuers: ['a:b'] }).value),
      { caIssuers: ['a:b'], ocsp: [] },
    ],
    [
      'none that are no URI, or for something else',
      () =>
        readAuthorityInformation(
          sequence(
            sequence(oid('1.3.6.1.5.5.7.48.1'), implicit(2, ia5String('a'))),
            sequence(oid('1.2.3'), uri('a:b')),
          ),
        ),
      { caIssuers: [], ocsp: [] },
    ],
    ['the name of a template', () => readTemplateName(templateName('Üser').value), 'Üser'],
    ['the name of a template, in a SEQUENCE', () => readTemplateName(sequence(utf8String('User'))), 'User'],
    [
      'a template',
      () => readTemplate(template({ oid: '1.2.3', major: 100, minor: 3 }).value),
      { oid: '1.2.3', major: 100, minor: 3 },
    ],
    [
      'a template without a version',
      () => readTemplate(template({ oid: '1.2.3' }).value),
      { oid: '1.2.3', major: undefined, minor: undefined },
    ],
    [
      'a template of major version 0',
      () => readTemplate(template({ oid: '1.2.3', major: 0 }).value),
      { oid: '1.2.3', major: 0, minor: undefined },
    ],
    ['a security identifier', () => readSecurityIdentifier(securityIdentifier('S-1-5-21-1').value), 'S-1-5-21-1'],
    [
      'policies',
      () => readCertificatePolicies(sequence(sequence(oid('1.2.3')), sequence(oid('1.2.4'), sequence(nullValue())))),
      ['1.2.3', '1.2.4'],
    ],
    [
      'mappings',
      () => readPolicyMappings(sequence(sequence(oid('1.2.3'), oid('1.2.4')))),
      [{ issuerPolicy: '1.2.3', subjectPolicy: '1.2.4' }],
    ],
    [
      'both counts',
      () => readPolicyConstraints(sequence(implicit(0, integer(1)), implicit(1, integer(0)))),
      { requireExplicitPolicy: 1, inhibitPolicyMapping: 0 },
    ],
    [
      'one count',
      () => readPolicyConstraints(sequence(implicit(1, integer(2)))),
      { requireExplicitPolicy: undefined, inhibitPolicyMapping: 2 },
    ],
    ['a count of two octets', () => readInhibitAnyPolicy(integer(0xfffe)), 0xfffe],
    ['a count beyond every path', () => readInhibitAnyPolicy(integer(1n << 64n)), 0xffff],
    [
      'names that are permitted',
      () => readNameConstraints(sequence(explicit(0, sequence(implicit(2, ia5String('a.com')))))),
      { permitted: [{ kind: 'dns', base: 'a.com' }], excluded: [] },
    ],
    [
      'names that are excluded',
      () =>
        readNameConstraints(sequence(explicit(1, sequence(uri('.a.com')), sequence(implicit(1, ia5String('a.com')))))),
      {
        permitted: [],
        excluded: [
          { kind: 'uri', base: '.a.com' },
          { kind: 'email', base: 'a.com' },
        ],
      },
    ],
    [
      'a network of version 6',
      () => readNameConstraints(sequence(explicit(0, sequence(encode(0x87, new Uint8Array(32)))))).permitted,
      [{ kind: 'ip', base: new Uint8Array(32) }],
    ],
    [
      'a directory',
      () => readNameConstraints(sequence(explicit(0, sequence(explicit(4, parseName('O=a')))))).permitted,
      [{ kind: 'directory', base: parseName('O=a') }],
    ],
    [
      'a subtree of another kind',
      () => readNameConstraints(sequence(explicit(0, sequence(implicit(8, oid('1.2.3')))))).permitted,
      [{ kind: 'other' }],
    ],
    [
      'a domain with a dot before it',
      () => readNameConstraints(sequence(explicit(0, sequence(implicit(2, ia5String('.a.com')))))).permitted,
      [{ kind: 'other' }],
    ],
  ])('has %s', (_, read, expected) => {
    expect(read()).toEqual(expected)
  })

  const sid = octetString(ascii('S-1-5-21-1'))
  const permitting = (tag: number, base: Uint8Array): Octets => sequence(explicit(0, sequence(encode(tag, base))))
  it.each<[string, PkiErrorCode, () => unknown]>([
    ['another type of usages', 'pki/structure', () => readKeyUsage(octetString(new Uint8Array(2)))],
    ['a purpose that is none', 'pki/structure', () => readExtendedKeyUsage(sequence(integer(1)))],
    [
      'more than basic constraints',
      'pki/structure',
      () => readBasicConstraints(sequence(boolean(true), integer(1), nullValue())),
    ],
    [
      'a negative path length',
      'pki/structure',
      () => readBasicConstraints(sequence(boolean(true), encode(2, Uint8Array.of(0xff)))),
    ],
    ['a host beyond ASCII', 'pki/not-der', () => readAlternativeNames(sequence(encode(0x82, Uint8Array.of(0xe4))))],
    ['a URI beyond ASCII', 'pki/not-der', () => readAlternativeNames(sequence(encode(0x86, Uint8Array.of(0xe4))))],
    ['a mailbox beyond ASCII', 'pki/not-der', () => readAlternativeNames(sequence(encode(0x81, Uint8Array.of(0xe4))))],
    ['a directory name that is none', 'pki/structure', () => readAlternativeNames(sequence(explicit(4, integer(1))))],
    [
      'two directory names in one',
      'pki/structure',
      () => readAlternativeNames(sequence(explicit(4, sequence(), sequence()))),
    ],
    [
      'two user principal names in one',
      'pki/structure',
      () => readAlternativeNames(sequence(otherName(UPN, explicit(0, utf8String('a'), utf8String('b'))))),
    ],
    [
      'more after a user principal name',
      'pki/structure',
      () => readAlternativeNames(sequence(otherName(UPN, explicit(0, utf8String('a')), nullValue()))),
    ],
    [
      'a user principal name that is no string',
      'pki/structure',
      () => readAlternativeNames(sequence(otherName(UPN, explicit(0, integer(1))))),
    ],
    ['no octets as identifier', 'pki/structure', () => readSubjectKeyIdentifier(sequence())],
    [
      'a place beyond ASCII',
      'pki/not-der',
      () => readCrlDistributionPoints(sequence(sequence(explicit(0, explicit(0, encode(0x86, Uint8Array.of(0xe4))))))),
    ],
    ['no name of a template', 'pki/structure', () => readTemplateName(integer(1))],
    ['two names of templates', 'pki/not-der', () => readTemplateName(sequence(utf8String('a'), utf8String('b')))],
    [
      'more than a template',
      'pki/structure',
      () => readTemplate(sequence(oid('1.2.3'), integer(1), integer(1), integer(1))),
    ],
    [
      'another type of security identifier',
      'pki/structure',
      () => readSecurityIdentifier(sequence(otherName('1.2.3', explicit(0, sid)))),
    ],
    [
      'two security identifiers',
      'pki/structure',
      () => readSecurityIdentifier(sequence(otherName(OBJECT_SID, explicit(0, sid)), nullValue())),
    ],
    [
      'two values of one',
      'pki/structure',
      () => readSecurityIdentifier(sequence(otherName(OBJECT_SID, explicit(0, sid, sid)))),
    ],
    [
      'more after its value',
      'pki/structure',
      () => readSecurityIdentifier(sequence(otherName(OBJECT_SID, explicit(0, sid), nullValue()))),
    ],
    [
      'one that is no octets',
      'pki/structure',
      () => readSecurityIdentifier(sequence(otherName(OBJECT_SID, explicit(0, utf8String('S-1'))))),
    ],
    [
      'one beyond ASCII',
      'pki/not-der',
      () => readSecurityIdentifier(sequence(otherName(OBJECT_SID, explicit(0, octetString(Uint8Array.of(0xe4)))))),
    ],
    ['no policies', 'pki/structure', () => readCertificatePolicies(sequence())],
    [
      'a policy twice',
      'pki/structure',
      () => readCertificatePolicies(sequence(sequence(oid('1.2.3')), sequence(oid('1.2.3')))),
    ],
    [
      'more after a policy',
      'pki/structure',
      () => readCertificatePolicies(sequence(sequence(oid('1.2.3'), sequence(), nullValue()))),
    ],
    ['no mappings', 'pki/structure', () => readPolicyMappings(sequence())],
    [
      'three policies mapped',
      'pki/structure',
      () => readPolicyMappings(sequence(sequence(oid('1.2.3'), oid('1.2.4'), oid('1.2.5')))),
    ],
    ['no count', 'pki/structure', () => readPolicyConstraints(sequence())],
    [
      'a third count',
      'pki/structure',
      () => readPolicyConstraints(sequence(implicit(0, integer(1)), implicit(2, integer(1)))),
    ],
    ['a negative count', 'pki/structure', () => readInhibitAnyPolicy(encode(2, Uint8Array.of(0x80)))],
    ['no subtrees', 'pki/structure', () => readNameConstraints(sequence(explicit(0), explicit(1)))],
    [
      'a third list of them',
      'pki/structure',
      () => readNameConstraints(sequence(explicit(0, sequence(uri('a'))), explicit(2))),
    ],
    [
      'a subtree with a maximum',
      'pki/structure',
      () => readNameConstraints(sequence(explicit(0, sequence(uri('a'), implicit(1, integer(1)))))),
    ],
    ['an address of five octets', 'pki/structure', () => readNameConstraints(permitting(0x87, new Uint8Array(5)))],
    ['an address without a mask', 'pki/structure', () => readNameConstraints(permitting(0x87, new Uint8Array(16)))],
    [
      'a mask with a gap',
      'pki/structure',
      () => readNameConstraints(permitting(0x87, Uint8Array.of(10, 0, 0, 0, 255, 0, 255, 0))),
    ],
    [
      'a mask with a gap in an octet',
      'pki/structure',
      () => readNameConstraints(permitting(0x87, Uint8Array.of(10, 0, 0, 0, 0xfb, 0, 0, 0))),
    ],
    ['a permitted host beyond ASCII', 'pki/not-der', () => readNameConstraints(permitting(0x82, Uint8Array.of(0xe4)))],
    ['a permitted URI beyond ASCII', 'pki/not-der', () => readNameConstraints(permitting(0x86, Uint8Array.of(0xe4)))],
    [
      'a permitted mailbox beyond ASCII',
      'pki/not-der',
      () => readNameConstraints(permitting(0x81, Uint8Array.of(0xe4))),
    ],
    ['a permitted directory that is none', 'pki/structure', () => readNameConstraints(permitting(0xa4, integer(1)))],
  ])('is refused with %s', (_, code, read) => {
    expect(read).toThrow(refusal(code))
  })

  it('is written with what makes it critical', () => {
    const critical = [keyUsage('cRLSign'), basicConstraints({ isCa: true, pathLength: 0 }), subjectAltName(names, true)]
    expect(critical.map((one) => one.critical)).toEqual([true, true, true])
    const others = [
      ...[subjectAltName(names), extendedKeyUsage('1.2.3'), subjectKeyIdentifier(new Uint8Array(1))],
      ...[authorityKeyIdentifier(new Uint8Array(1)), crlDistributionPoints('a:b'), authorityInformation({})],
      ...[templateName('a'), template({ oid: '1.2.3' }), securityIdentifier('S-1')],
    ]
    expect(others.filter((one) => one.critical)).toEqual([])
  })
})
