import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalize } from '../xml/canonicalize.js'
import { parseXml } from '../xml/parse.js'
import { hasProgram, inTemporaryDirectory } from '../xml/testing/xmllint.js'
import type { XmlElement } from '../xml/tree.js'
import { GET_POLICIES_ACTION, GET_POLICIES_REPLY_ACTION, XCEP } from './names.js'
import { fitsVersions, type EnrollmentPolicy, type PolicyTemplate } from './policies.js'
import { readPolicyRequest, writePolicyRequest } from './request-message.js'
import { readPolicyResponse, writePolicyResponse } from './response-message.js'
import { XCEP_SCHEMA } from './schema.js'

const withCode = (code: string): unknown => expect.objectContaining({ code })
const XSI = 'http://www.w3.org/2001/XMLSchema-instance'
const request = (inner: string): string =>
  `<GetPolicies xmlns="${XCEP}" xmlns:xsi="${XSI}" xmlns:v="urn:vendor">${inner}</GetPolicies>`
const NIL_CLIENT = '<client><lastUpdate xsi:nil="true"/><preferredLanguage xsi:nil="true"/></client>'
const NIL_FILTER = '<requestFilter xsi:nil="true"/>'

const MACHINE: PolicyTemplate = {
  name: 'Machine',
  oid: '1.3.6.1.4.1.311.21.8.1.2.3.4.1.1',
  displayName: 'Machines',
  schema: 2,
  authorities: [0],
  validitySeconds: 31_536_000,
  renewalSeconds: 3_628_800,
  mayEnroll: true,
  autoEnroll: false,
  key: { minimalLength: 2048, spec: 1, providers: ['Microsoft Software Key Storage Provider'] },
  revision: { major: 100, minor: 1 },
  generalFlags: 0x40,
  subjectNameFlags: 0x18000000,
  extensions: [{ oid: '2.5.29.15', critical: true, value: Uint8Array.of(3, 2, 5, 0xa0) }],
}
const EVERYTHING: PolicyTemplate = {
  ...MACHINE,
  name: 'Everything & more',
  oid: '1.3.6.1.4.1.311.21.8.4294967295.2',
  schema: 3,
  key: {
    minimalLength: 256,
    spec: 2,
    usageProperty: 1,
    permissions: 'D:(A;;GA;;;BA)',
    algorithm: '1.2.840.10045.3.1.7',
    providers: ['one', 'two'],
  },
  supersedes: ['Machine', 'Older'],
  privateKeyFlags: 0x01010031,
  enrollmentFlags: 0x40,
  hashAlgorithm: '2.16.840.1.101.3.4.2.1',
  registrationAuthority: { signatures: 1, purposes: ['1.3.6.1.4.1.311.20.2.1'], policies: ['1.2.3'] },
  archival: { algorithm: '2.16.840.1.101.3.4.1.42', keyBits: 256 },
}
const POLICY: EnrollmentPolicy = {
  id: '{083C7011-1D0A-4855-885D-AC945184658C}',
  friendlyName: 'Example CA',
  nextUpdateHours: 8,
  templates: [MACHINE, EVERYTHING],
  authorities: [
    {
      reference: 0,
      certificate: new Uint8Array(300).fill(7),
      mayEnroll: true,
      addresses: [
        { authentication: 'password', url: 'https://ca.example/wstep?a=1&b=2', priority: 1, renewalOnly: false },
        { authentication: 'certificate', url: 'https://ca.example:8443/wstep', priority: 2, renewalOnly: true },
        { authentication: 'anonymous', url: 'https://ca.example/renew', renewalOnly: true },
      ],
    },
  ],
}
const SMALLEST: EnrollmentPolicy = { id: 'x', templates: [], authorities: [] }

const text = (element: XmlElement): string => new TextDecoder().decode(canonicalize(element))
const changed = (policy: EnrollmentPolicy, from: string | RegExp, to: string): string => {
  const before = text(writePolicyResponse(policy))
  const after = before.replace(from, to)
  expect(after).not.toBe(before)
  return after
}

describe('a request', () => {
  it('is read as it was written', () => {
    const instant = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    const record = fc.record(
      {
        lastUpdate: instant,
        preferredLanguage: fc.constantFrom('en-US', 'de'),
        templates: fc.uniqueArray(fc.constantFrom('1.2.3', '2.5.29.15', '1.3.6.1'), { minLength: 1 }),
        clientVersion: fc.integer({ min: 0, max: 15 }),
        serverVersion: fc.integer({ min: 0, max: 15 }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(record, (value) => {
        expect(readPolicyRequest(text(writePolicyRequest(value)))).toEqual(value)
      }),
    )
  })

  it('may be that of Windows: never read before, no filter', () => {
    const windows =
      '<client><lastUpdate>0001-01-01T00:00:00</lastUpdate><preferredLanguage xsi:nil="true"></preferredLanguage></client>'
    const read = readPolicyRequest(request(windows + '<requestFilter xsi:nil="true"></requestFilter>'))
    expect(read).toEqual({ lastUpdate: new Date('0001-01-01T00:00:00Z') })
  })

  it('may be that of cepces: nil, and versions 0 and 0', () => {
    const filter =
      '<requestFilter><policyOIDs xsi:nil="true"/><clientVersion>0</clientVersion><serverVersion>0</serverVersion></requestFilter>'
    expect(readPolicyRequest(request(NIL_CLIENT + filter))).toEqual({ clientVersion: 0, serverVersion: 0 })
  })

  it('may have elements of vendors, and lack the filter', () => {
    const client = '<client><v:more/><preferredLanguage>ja</preferredLanguage></client>'
    expect(readPolicyRequest(request(`${client}<v:other>7</v:other>`))).toEqual({ preferredLanguage: 'ja' })
  })

  it.each([
    ['xcep/request', '<x/>'],
    ['xcep/request', request(`${NIL_CLIENT}text`)],
    ['xcep/client', request(NIL_FILTER)],
    ['xcep/client', request(`<client xsi:nil="true"/>${NIL_FILTER}`)],
    ['xcep/client', request(`<client/>${NIL_FILTER}`)],
    ['xcep/client', request(`<client> </client>${NIL_FILTER}`)],
    ['xcep/request', request(NIL_CLIENT + NIL_CLIENT)],
    ['xcep/client', request('<client><lastUpdate>yesterday</lastUpdate></client>')],
    ['xcep/client', request('<client><lastUpdate/><lastUpdate/></client>')],
    ['xcep/filter', request(`${NIL_CLIENT}<requestFilter><clientVersion>x</clientVersion></requestFilter>`)],
    ['xcep/filter', request(`${NIL_CLIENT}<requestFilter><clientVersion>4294967296</clientVersion></requestFilter>`)],
    ['xcep/filter', request(`${NIL_CLIENT}<requestFilter><policyOIDs>1.2.3</policyOIDs></requestFilter>`)],
    ['xcep/filter', request(`${NIL_CLIENT}<requestFilter><policyOIDs><oid><x/></oid></policyOIDs></requestFilter>`)],
    [
      'xcep/filter',
      request(`${NIL_CLIENT}<requestFilter><policyOIDs>${'<oid>1.2</oid>'.repeat(1001)}</policyOIDs></requestFilter>`),
    ],
  ])('is refused with %s, case %#', (code, document) => {
    expect(() => readPolicyRequest(document)).toThrow(withCode(code))
  })
})

describe('an answer', () => {
  it.each([
    ['with everything in it', POLICY],
    ['with nothing in it', SMALLEST],
    ['that nothing changed', { id: '{1}', nextUpdateHours: 8, unchanged: true } as const],
  ])('%s is read as it was written', (_, policy) => {
    const optional = { supersedes: undefined, registrationAuthority: undefined, archival: undefined }
    const read = readPolicyResponse(text(writePolicyResponse(policy)))
    expect(read).toEqual(
      'templates' in policy ? { ...policy, templates: policy.templates.map((t) => ({ ...optional, ...t })) } : policy,
    )
  })

  it('has each object identifier once, and each reference resolved', () => {
    const document = text(writePolicyResponse(POLICY))
    const references = [...document.matchAll(/OIDReference>(\d+)</g)].map(([, number]) => number)
    const defined = [...document.matchAll(/oIDReferenceID>(\d+)</g)].map(([, number]) => number)
    expect(new Set(defined).size).toBe(defined.length)
    expect(references.every((reference) => defined.includes(reference))).toBe(true)
    expect(document.match(/<xcep:value>2\.5\.29\.15</g)).toHaveLength(1)
  })

  it('has each object identifier in the group of its use', () => {
    const document = text(writePolicyResponse(POLICY))
    const groups = [...document.matchAll(/<xcep:value>([\d.]+)<\/xcep:value><xcep:group>(\d+)</g)].map(
      ([, oid, group]) => [oid, Number(group)],
    )
    expect(groups).toEqual([
      [MACHINE.oid, 9],
      ['2.5.29.15', 6],
      [EVERYTHING.oid, 9],
      [EVERYTHING.key.algorithm, 3],
      [EVERYTHING.hashAlgorithm, 1],
      [EVERYTHING.registrationAuthority?.purposes?.[0], 7],
      [EVERYTHING.registrationAuthority?.policies?.[0], 8],
      [EVERYTHING.archival?.algorithm, 2],
    ])
  })

  it('has nil for an empty list', () => {
    const document = text(
      writePolicyResponse({ ...POLICY, templates: [{ ...MACHINE, key: { minimalLength: 2048, providers: [] } }] }),
    )
    expect(document).toMatch(/<xcep:cryptoProviders [^>]*xsi:nil="true"><\/xcep:cryptoProviders>/)
  })

  it.each([
    ['xcep/policy', { ...SMALLEST, id: '' }],
    ['xcep/policy', { ...SMALLEST, nextUpdateHours: 0 }],
    ['xcep/policy', { ...POLICY, templates: [MACHINE, { ...EVERYTHING, name: 'Machine' }] }],
    ['xcep/policy', { ...POLICY, templates: [MACHINE, { ...EVERYTHING, oid: MACHINE.oid }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, name: '' }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, oid: '1.2.4294967296' }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, oid: '2.25.329800735698586629295641978511506172918' }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, oid: '1.2.x' }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, generalFlags: 2 ** 32 }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, privateKeyFlags: 0x2 }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, validitySeconds: -1 }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, validitySeconds: 0 }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, renewalSeconds: 0 }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, hashAlgorithm: '2.16.840.1.101.3.4.2.1' }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, authorities: [0, 0] }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, revision: { major: 0 } }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, revision: { major: 1, minor: -1 } }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, key: { minimalLength: 0 } }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, registrationAuthority: { signatures: -1 } }] }],
    ['xcep/policy', { ...POLICY, templates: [{ ...MACHINE, archival: { algorithm: '1.2.3', keyBits: 0 } }] }],
    ['xcep/policy', { ...POLICY, authorities: [{ ...POLICY.authorities[0]!, addresses: [] }] }],
    ['xcep/policy', { ...POLICY, authorities: [POLICY.authorities[0]!, POLICY.authorities[0]!] }],
    ['xcep/certificate', { ...POLICY, authorities: [{ ...POLICY.authorities[0]!, certificate: new Uint8Array(0) }] }],
    ['xcep/reference', { ...POLICY, authorities: [] }],
  ] as [string, EnrollmentPolicy][])('that clients would stumble over is not written (%s, case %#)', (code, policy) => {
    expect(() => writePolicyResponse(policy)).toThrow(withCode(code))
  })

  it.each([
    ['xcep/response', /<xcep:response>.*<\/xcep:response>/, ''],
    ['xcep/response', /<xcep:policyID>.*?<\/xcep:policyID>/, ''],
    ['xcep/response', /<xcep:commonName>Machine<\/xcep:commonName>/, ''],
    ['xcep/response', '>2048<', '>2048.5<'],
    ['xcep/response', '>2048<', '>4294967296<'],
    ['xcep/response', '>31536000<', '>P1Y<'],
    ['xcep/response', '<xcep:enroll>true<', '<xcep:enroll>yes<'],
    ['xcep/response', '<xcep:oIDReferenceID>2<', '<xcep:oIDReferenceID>1<'],
    ['xcep/reference', '<xcep:policyOIDReference>1<', '<xcep:policyOIDReference>77<'],
    ['xcep/reference', '<xcep:oIDReference>2<', '<xcep:oIDReference>77<'],
    ['xcep/reference', '<xcep:oIDReference>6<', '<xcep:oIDReference>77<'],
    ['xcep/reference', '<xcep:symmetricAlgorithmOIDReference>8<', '<xcep:symmetricAlgorithmOIDReference>77<'],
    ['xcep/response', '<xcep:symmetricAlgorithmKeyLength>256<', '<xcep:symmetricAlgorithmKeyLength>0<'],
    ['xcep/reference', '<xcep:cAReference>0<', '<xcep:cAReference>5<'],
    ['xcep/certificate', /(<xcep:certificate>)[^<]*/, '$1'],
    ['xcep/certificate', /(<xcep:certificate>)[^<]*/, '$1!'],
  ])('is refused with %s where it is wrong (%s)', (code, from, to) => {
    expect(() => readPolicyResponse(changed(POLICY, from, to))).toThrow(withCode(code))
  })

  it('may have its elements in another order, lack what is nil, and have more', () => {
    const document = changed(
      POLICY,
      /(<xcep:cAs><xcep:cA>.*<\/xcep:cAs>)(<xcep:oIDs>.*<\/xcep:oIDs>)/,
      '$2<v:x xmlns:v="urn:v"/>$1',
    )
    const thinner = document.replace(/<xcep:\w+ [^>]*xsi:nil="true"><\/xcep:\w+>/g, '')
    expect(thinner.length).toBeLessThan(document.length)
    expect(readPolicyResponse(thinner)).toEqual(readPolicyResponse(document))
  })

  it('leaves out addresses with an authentication that nobody knows', () => {
    const read = readPolicyResponse(changed(POLICY, 'clientAuthentication>4<', 'clientAuthentication>16<'))
    expect(
      read.unchanged !== true && read.authorities[0]!.addresses.map(({ authentication }) => authentication),
    ).toEqual(['certificate', 'anonymous'])
  })
})

describe.skipIf(!hasProgram('xmllint', 'policies against the schema'))('the schema of the protocol', () => {
  const validate = (documents: readonly string[]): boolean[] =>
    inTemporaryDirectory((cwd) => {
      writeFileSync(path.join(cwd, 'xcep.xsd'), XCEP_SCHEMA)
      return documents.map((document, i) => {
        writeFileSync(path.join(cwd, `${i}.xml`), document)
        return spawnSync('xmllint', ['--nonet', '--noout', '--schema', 'xcep.xsd', `${i}.xml`], { cwd }).status === 0
      })
    })

  it('holds for all that is written', () => {
    const messages = [
      writePolicyRequest({}),
      writePolicyRequest({ lastUpdate: new Date(0), preferredLanguage: 'de', templates: ['1.2'], clientVersion: 6 }),
      writePolicyResponse(POLICY),
      writePolicyResponse(SMALLEST),
      writePolicyResponse({ id: '{1}', unchanged: true }),
    ].map(text)
    expect(validate(messages)).toEqual(messages.map(() => true))
  })

  it('does not hold where an element is missing, displaced, or of another type', () => {
    const documents = [
      changed(POLICY, /<xcep:rARequirements [^>]*><\/xcep:rARequirements>/, ''),
      changed(POLICY, /(<xcep:cAs><xcep:cA>.*<\/xcep:cAs>)(<xcep:oIDs>.*<\/xcep:oIDs>)/, '$2$1'),
      changed(POLICY, '>2048<', '>many<'),
      changed(POLICY, /(<xcep:enroll>.*?<\/xcep:enroll>)/, ''),
    ]
    expect(validate(documents)).toEqual(documents.map(() => false))
  })
})

describe('the versions that a template is for', () => {
  it.each([
    [undefined, 0, true],
    [0, 0, true],
    [0x01000000, 0, false],
    [0x01000000, 1, true],
    [0x06000000, 5, false],
    [0x00010000, 0, false],
    [0x00010000, undefined, true],
  ])('privateKeyFlags %s for version %s: %s', (privateKeyFlags, version, fits) => {
    expect(fitsVersions({ privateKeyFlags }, { clientVersion: version, serverVersion: version })).toBe(fits)
  })
})

it('has the names of the specification', () => {
  const namespace = 'http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy'
  expect(XCEP).toBe(namespace)
  expect(GET_POLICIES_ACTION).toBe(`${namespace}/IPolicy/GetPolicies`)
  expect(GET_POLICIES_REPLY_ACTION).toBe(`${namespace}/IPolicy/GetPoliciesResponse`)
})

it('reads the smallest message that cepces takes', () => {
  const policy = parseXml(
    `<GetPoliciesResponse xmlns="${XCEP}" xmlns:xsi="${XSI}"><response><policyID>{1}</policyID><policies><policy><policyOIDReference>1</policyOIDReference><cAs><cAReference>0</cAReference></cAs><attributes><commonName>M</commonName><policySchema>2</policySchema><certificateValidity><validityPeriodSeconds>1</validityPeriodSeconds><renewalPeriodSeconds>1</renewalPeriodSeconds></certificateValidity><permission><enroll>true</enroll><autoEnroll>true</autoEnroll></permission><privateKeyAttributes><minimalKeyLength>2048</minimalKeyLength></privateKeyAttributes><revision><majorRevision>100</majorRevision></revision></attributes></policy></policies></response><cAs><cA><uris><cAURI><clientAuthentication>4</clientAuthentication><uri>https://a/</uri></cAURI></uris><certificate>AAAA</certificate><enrollPermission>true</enrollPermission><cAReferenceID>0</cAReferenceID></cA></cAs><oIDs><oID><value>1.2</value><group>9</group><oIDReferenceID>1</oIDReferenceID></oID></oIDs></GetPoliciesResponse>`,
  )
  expect(readPolicyResponse(policy)).toMatchObject({ id: '{1}', templates: [{ name: 'M', oid: '1.2' }] })
})
