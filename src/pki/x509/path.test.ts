import { describe, expect, it } from 'vitest'
import type { Octets } from '../../../bindings/octets/octets.js'
import { ascii, encode, explicit, implicit, integer, oid, sequence, TAG, time } from '../asn1/der.js'
import { createAuthority } from '../ca/embedded-authority.js'
import { createRoot } from '../ca/issuing/root.js'
import { keyIdentifier, serialText, signCertificate, signed } from '../ca/issuing/sign-certificate.js'
import { MemoryAuthorityStore } from '../ca/records/memory-store.js'
import { generateKey, signatureVerifier } from '../keys/keys.js'
import type { SigningKey } from '../keys/signing.js'
import { parseCertificate, type Certificate } from './certificate.js'
import { crlRevocation, parseCrl } from './crl.js'
import {
  authorityKeyIdentifier,
  basicConstraints,
  encodeExtensions,
  EXTENSION,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
  type AlternativeNames,
  type Extension,
} from './extensions.js'
import { parseName } from './name.js'
import { findPath, type PathOptions } from './path.js'

const at = new Date('2026-06-01T00:00:00Z')
const verifier = signatureVerifier()

interface Made {
  readonly key: SigningKey
  readonly certificate: Certificate
}

let serial = 1

interface Options {
  readonly ca?: boolean
  readonly pathLength?: number
  readonly extensions?: readonly Extension[]
  readonly identifiers?: boolean
  readonly key?: SigningKey
  readonly serialNumber?: Uint8Array
  /** Default: that of the issuer. */
  readonly issuerName?: string
  /** Default: 2026. */
  readonly years?: readonly [from: number, until: number]
  /** Of an authority. */
  readonly usages?: readonly Extension[]
}

async function make(subject: string, issuer?: Made, options: Options = {}): Promise<Made> {
  const { ca = true, pathLength, extensions = [], identifiers = true, years = [2026, 2027] } = options
  const { usages = [keyUsage('keyCertSign', 'cRLSign')] } = options
  const key = options.key ?? (await generateKey('ECDSA-P256'))
  const signer = issuer?.key ?? key
  const der = await signCertificate(
    {
      serialNumber: options.serialNumber ?? Uint8Array.of(1, serial++),
      issuer: options.issuerName ? parseName(options.issuerName) : (issuer?.certificate.subject ?? parseName(subject)),
      notBefore: new Date(Date.UTC(years[0], 0)),
      notAfter: new Date(Date.UTC(years[1], 0)),
      subject: parseName(subject),
      publicKey: key.publicKey,
      extensions: [
        ...(ca ? [basicConstraints({ isCa: true, pathLength }), ...usages] : []),
        ...(identifiers
          ? [
              subjectKeyIdentifier(await keyIdentifier(key.publicKey)),
              authorityKeyIdentifier(await keyIdentifier(signer.publicKey)),
            ]
          : []),
        ...extensions,
      ],
    },
    signer,
  )
  return { key, certificate: parseCertificate(der) }
}

const leads = async (path: readonly Made[], options: Partial<PathOptions> = {}): Promise<boolean> => {
  const [first, ...above] = path.map(({ certificate }) => certificate)
  const found = await findPath(first!, {
    anchors: above.slice(-1),
    others: above.slice(0, -1),
    at,
    verifier,
    ...options,
  })
  return found !== undefined
}

const san = (names: Partial<AlternativeNames>): Options => ({ ca: false, extensions: [subjectAltName(names)] })
const tree = (tag: number, base: Uint8Array): Octets => sequence(encode(tag, base))
const dns = (base: string): Octets => tree(0x82, ascii(base))
const uri = (base: string): Octets => tree(0x86, ascii(base))
const email = (base: string): Octets => tree(0x81, ascii(base))
const directory = (base: string): Octets => tree(0xa4, parseName(base))
const ip = (...base: number[]): Octets => tree(0x87, Uint8Array.from(base))

function constraints(permitted: Octets[], excluded: Octets[] = []): Options {
  const value = sequence(
    ...(permitted.length > 0 ? [explicit(0, ...permitted)] : []),
    ...(excluded.length > 0 ? [explicit(1, ...excluded)] : []),
  )
  return { extensions: [{ oid: EXTENSION.nameConstraints, critical: true, value }] }
}

const root = await make('CN=Root')

describe('a certificate whose parts may disagree', () => {
  const critical = subjectAltName({ dnsNames: ['a.com'] }, true)
  it.each<[string, boolean, string, Options]>([
    ['an end entity that may sign certificates', false, 'CN=x', { ca: false, extensions: [keyUsage('keyCertSign')] }],
    ['one that may sign', true, 'CN=x', { ca: false, extensions: [keyUsage('digitalSignature')] }],
    ['an end entity that constrains names', false, 'CN=x', { ca: false, ...constraints([dns('a.com')]) }],
    [
      'an end entity that limits the length of paths',
      false,
      'CN=x',
      { ca: false, extensions: [basicConstraints({ isCa: false, pathLength: 1 })] },
    ],
    ['no name', false, '', { ca: false }],
    ['no subject, and alternative names that are not critical', false, '', san({ dnsNames: ['a.com'] })],
    ['no subject, and critical alternative names', true, '', { ca: false, extensions: [critical] }],
    ['a serial number of 21 octets', false, 'CN=x', { ca: false, serialNumber: new Uint8Array(21).fill(1) }],
    ['a serial number of 20 octets', true, 'CN=x', { ca: false, serialNumber: new Uint8Array(20).fill(1) }],
  ])('%s', async (_, expected, subject, options) => {
    expect(await leads([await make(subject, root, { ca: false, ...options }), root])).toBe(expected)
  })

  it('issues nothing: an authority without a name', async () => {
    const below = await make('', root, { extensions: [critical] })
    expect(await leads([await make('CN=x', below, { ca: false }), below, root])).toBe(false)
  })
})

it.each<[string, Extension]>([
  ['no alternative name in the list of them', subjectAltName({}, true)],
  ['an address of three octets', subjectAltName({ ipAddresses: [Uint8Array.of(10, 0, 0)] })],
  ['a directory name that is none', subjectAltName({ directoryNames: [sequence(integer(1))] })],
  [
    'a part that is not known in the identifier of its issuer',
    {
      oid: EXTENSION.authorityKeyIdentifier,
      critical: false,
      value: sequence(implicit(0, encode(4, ascii('key'))), integer(1)),
    },
  ],
])('a certificate with %s is refused', async (_, extension) => {
  const options = { ca: false, identifiers: false, extensions: [extension] }
  await expect(make('CN=x', root, options)).rejects.toMatchObject({ code: 'pki/structure' })
})

it('a certificate is valid from its first instant to the end of its last second', async () => {
  const path = [await make('CN=x', root, { ca: false }), root]
  expect(await leads(path, { at: new Date('2027-01-01T00:00:00.999Z') })).toBe(true)
  expect(await leads(path, { at: new Date('2027-01-01T00:00:01Z') })).toBe(false)
  expect(await leads(path, { at: new Date('2025-12-31T23:59:59.999Z') })).toBe(false)
  expect(await leads(path, { at: new Date('2026-01-01T00:00:00.000Z') })).toBe(true)
})

describe('name constraints', () => {
  it.each<[string, Options, string, Options, boolean]>([
    ['a host below the domain', constraints([dns('example.com')]), 'CN=x', san({ dnsNames: ['a.EXAMPLE.com'] }), true],
    ['the domain itself', constraints([dns('example.com')]), 'CN=x', san({ dnsNames: ['example.com'] }), true],
    ['another domain', constraints([dns('example.com')]), 'CN=x', san({ dnsNames: ['example.org'] }), false],
    [
      'a domain that ends alike',
      constraints([dns('example.com')]),
      'CN=x',
      san({ dnsNames: ['badexample.com'] }),
      false,
    ],
    ['two domains, one wrong', constraints([dns('a.com')]), 'CN=x', san({ dnsNames: ['a.com', 'b.com'] }), false],
    ['an excluded host', constraints([], [dns('a.com')]), 'CN=x', san({ dnsNames: ['b.a.com'] }), false],
    ['a host that is not excluded', constraints([], [dns('a.com')]), 'CN=x', san({ dnsNames: ['b.com'] }), true],
    [
      'a wildcard over an excluded host',
      constraints([], [dns('b.a.com')]),
      'CN=x',
      san({ dnsNames: ['*.a.com'] }),
      false,
    ],
    ['what is no host', constraints([], [dns('a.com')]), 'CN=x', san({ dnsNames: ['a..com'] }), false],
    ['no host at all', constraints([dns('a.com')]), 'CN=x', san({ emails: ['x@b.org'] }), true],
    ['a URI of the host', constraints([uri('a.com')]), 'CN=x', san({ uris: ['https://u@A.com:8443/b'] }), true],
    ['a URI of a host below', constraints([uri('a.com')]), 'CN=x', san({ uris: ['https://b.a.com/'] }), false],
    ['a URI below the domain', constraints([uri('.a.com')]), 'CN=x', san({ uris: ['https://b.a.com/'] }), true],
    ['a URI without a host', constraints([uri('a.com')]), 'CN=x', san({ uris: ['urn:x:a.com'] }), false],
    ['a URI with an address', constraints([], [uri('a.com')]), 'CN=x', san({ uris: ['https://10.0.0.1/'] }), false],
    ['a mailbox', constraints([email('me@a.com')]), 'CN=x', san({ emails: ['me@A.com'] }), true],
    ['another mailbox', constraints([email('me@a.com')]), 'CN=x', san({ emails: ['you@a.com'] }), false],
    ['a mailbox of the host', constraints([email('a.com')]), 'CN=x', san({ emails: ['you@a.com'] }), true],
    ['a mailbox in the subject', constraints([email('a.com')]), 'CN=x,emailAddress=x@b.com', { ca: false }, false],
    [
      'an address',
      constraints([ip(10, 1, 0, 0, 255, 255, 0, 0)]),
      'CN=x',
      san({ ipAddresses: [Uint8Array.of(10, 1, 2, 3)] }),
      true,
    ],
    [
      'another address',
      constraints([ip(10, 1, 0, 0, 255, 255, 0, 0)]),
      'CN=x',
      san({ ipAddresses: [Uint8Array.of(10, 2, 2, 3)] }),
      false,
    ],
    ['a subject within', constraints([directory('O=Fab')]), 'CN=x,O=FAB', { ca: false }, true],
    ['a subject outside', constraints([directory('O=Fab')]), 'CN=x,O=Bad', { ca: false }, false],
    [
      'no subject',
      constraints([directory('O=Fab')]),
      '',
      { ca: false, extensions: [subjectAltName({ emails: ['x@a.com'] }, true)] },
      true,
    ],
    ['a mailbox with two @', constraints([email('a.com')]), 'CN=x', san({ emails: ['x@b@a.com'] }), false],
    ['a host by a domain with a dot', constraints([dns('.a.com')]), 'CN=x', san({ dnsNames: ['b.a.com'] }), false],
    ['a form that is not supported', constraints([tree(0x88, Uint8Array.of(42))]), 'CN=x', { ca: false }, false],
  ])('decide about %s', async (_, constrained, subject, leaf, expected) => {
    for (const critical of [false, true]) {
      const [extension] = constrained.extensions as [Extension]
      const below = await make('CN=Sub', root, { extensions: [{ ...extension, critical }] })
      const anchor = await make('CN=Root', undefined, { extensions: [{ ...extension, critical }] })
      const free = await make('CN=Sub', anchor)
      // RFC 5280, section 4.2.1.10, has them critical.
      expect(await leads([await make(subject, below, leaf), below, root])).toBe(critical && expected)
      // Those of the anchor count, too.
      const isSubNamed = critical && expected && !_.includes('subject')
      expect(await leads([await make(subject, free, leaf), free, anchor])).toBe(isSubNamed)
    }
  })

  it('refuse names and subtrees by the thousand at once, and allow hundreds', async () => {
    const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `h${i}.example.com`)
    const of = async (count: number): Promise<boolean> => {
      const below = await make(
        'CN=Sub',
        root,
        constraints(
          [dns('example.com')],
          names(count).map((name) => dns(`x${name}`)),
        ),
      )
      return leads([await make('CN=x', below, san({ dnsNames: names(count) })), below, root])
    }
    expect(await of(300)).toBe(true)
    const begun = performance.now()
    expect(await of(2000)).toBe(false)
    expect(performance.now() - begun).toBeLessThan(1000)
  })

  it('bind a self-issued certificate only where the path begins with it', async () => {
    const sub = await make('CN=Sub', root, constraints([directory('O=Fab')]))
    const rolled = await make('CN=Sub', sub)
    expect(await leads([await make('CN=x,O=Fab', rolled, { ca: false }), rolled, sub, root])).toBe(true)
    expect(await leads([await make('CN=x,O=Other', rolled, { ca: false }), rolled, sub, root])).toBe(false)
    expect(await leads([rolled, sub, root])).toBe(false)
  })

  it('limit an authority below another, to what both allow', async () => {
    const one = await make('CN=One', root, constraints([dns('a.com'), dns('b.com')]))
    const two = await make('CN=Two', one, constraints([dns('b.com'), dns('c.com')]))
    const of = async (host: string): Promise<boolean> =>
      leads([await make('CN=x', two, san({ dnsNames: [host] })), two, one, root])
    expect([await of('a.com'), await of('b.com'), await of('c.com')]).toEqual([false, true, false])
  })

  it.each([
    ['none', sequence()],
    ['a minimum', sequence(explicit(0, sequence(encode(0x82, ascii('a.com')), implicit(0, integer(1)))))],
    ['a mask with a gap', sequence(explicit(0, ip(10, 0, 0, 0, 255, 0, 255, 0)))],
    ['text beyond ASCII', sequence(explicit(0, tree(0x82, Uint8Array.of(0xe4))))],
  ])('are refused with %s', async (_, value) => {
    const extension = { oid: EXTENSION.nameConstraints, critical: true, value }
    await expect(make('CN=Sub', root, { extensions: [extension] })).rejects.toMatchObject({ name: 'PkiError' })
  })
})

describe('a path', () => {
  it('compares names as RFC 5280 says, not by octets', async () => {
    const sub = await make('CN=Sub  CA,O=Fab', root)
    const leaf = await make('CN=x', sub, { ca: false, issuerName: 'CN=sub ca,O=FAB' })
    const other = await make('CN=x', sub, { ca: false, issuerName: 'CN=subca,O=Fab' })
    expect([await leads([leaf, sub, root]), await leads([other, sub, root])]).toEqual([true, false])
  })

  it('does not count self-issued certificates', async () => {
    const sub = await make('CN=Sub', root, { pathLength: 0 })
    const rolled = await make('CN=Sub', sub)
    const further = await make('CN=Further', rolled)
    expect(await leads([await make('CN=x', rolled, { ca: false }), rolled, sub, root])).toBe(true)
    expect(await leads([await make('CN=x', further, { ca: false }), further, rolled, sub, root])).toBe(false)
  })

  it('wants the key identifiers of RFC 5280', async () => {
    const [sub, without] = [await make('CN=Sub', root), await make('CN=Sub', root, { identifiers: false })]
    const leaf = await make('CN=x', sub, { ca: false, identifiers: false })
    expect(await leads([leaf, sub, root])).toBe(false)
    expect(await leads([leaf, sub, root], { allowMissingKeyIdentifiers: true })).toBe(true)
    const below = await make('CN=x', without, { ca: false })
    expect(await leads([below, without, root])).toBe(false)
    expect(await leads([below, without, root], { allowMissingKeyIdentifiers: true })).toBe(true)
    // An anchor names its own key, and need not name its issuer's.
    const anchor = await make('CN=Anchor', undefined, { identifiers: false })
    const last = await make('CN=x', anchor, { ca: false })
    expect(await leads([last, anchor])).toBe(false)
    expect(await leads([last, anchor], { allowMissingKeyIdentifiers: true })).toBe(true)
    const own = subjectKeyIdentifier(await keyIdentifier(anchor.key.publicKey))
    const named = await make('CN=Anchor', undefined, { identifiers: false, key: anchor.key, extensions: [own] })
    expect(await leads([last, named])).toBe(true)
  })

  it('has no serial number 0 below the anchor', async () => {
    const [zero, negative] = [Uint8Array.of(0), Uint8Array.of(0x80)]
    const anchor = await make('CN=Anchor', undefined, { serialNumber: zero })
    const of = async (serialNumber: Uint8Array): Promise<boolean> =>
      leads([await make('CN=x', anchor, { ca: false, serialNumber }), anchor])
    expect([await of(Uint8Array.of(1)), await of(negative), await of(zero)]).toEqual([true, true, false])
    const sub = await make('CN=Sub', root, { serialNumber: zero })
    expect(await leads([await make('CN=x', sub, { ca: false }), sub, root])).toBe(false)
  })

  const policies = (...names: string[]): Extension => ({
    oid: EXTENSION.certificatePolicies,
    critical: false,
    value: sequence(...names.map((name) => sequence(oid(name)))),
  })
  const requiring: Extension = {
    oid: EXTENSION.policyConstraints,
    critical: false,
    value: sequence(implicit(0, integer(0))),
  }

  it('keeps to the policies that an authority requires, critical or not', async () => {
    for (const critical of [false, true]) {
      const sub = await make('CN=Sub', root, { extensions: [policies('1.2.3'), { ...requiring, critical }] })
      const [same, other] = [policies('1.2.3'), policies('1.2.4')]
      const of = async (extensions: Extension[]): Promise<boolean> =>
        leads([await make('CN=x', sub, { ca: false, extensions }), sub, root])
      expect([await of([same]), await of([other]), await of([])]).toEqual([true, false, false])
    }
  })

  it('keeps to the policies of its user, and follows mappings', async () => {
    const mapping = (critical: boolean): Extension => ({
      oid: EXTENSION.policyMappings,
      critical,
      value: sequence(sequence(oid('1.2.3'), oid('1.2.9'))),
    })
    const sub = await make('CN=Sub', root, { extensions: [policies('1.2.3'), mapping(false)] })
    const leaf = await make('CN=x', sub, { ca: false, extensions: [policies('1.2.9')] })
    const wanted = (policy: string, more: Partial<PathOptions> = {}) =>
      leads([leaf, sub, root], { policies: [policy], requireExplicitPolicy: true, ...more })
    expect([await wanted('1.2.3'), await wanted('1.2.9')]).toEqual([true, false])
    expect(await wanted('1.2.3', { inhibitPolicyMapping: true })).toBe(false)
    expect(await leads([leaf, sub, root])).toBe(true)
  })

  it('takes hundreds of policies, and refuses those that would multiply', async () => {
    const names = (of: number, count: number): string[] => Array.from({ length: count }, (_, i) => `1.3.${of}.${i + 1}`)
    const mappings = (pairs: [string, string][]): Extension => ({
      oid: EXTENSION.policyMappings,
      critical: false,
      value: sequence(...pairs.map(([issuer, subject]) => sequence(oid(issuer), oid(subject)))),
    })
    /** All policies of the first lead to one, that one to many, of which the third names others. */
    const of = async (count: number): Promise<boolean> => {
      const extensions = [
        [policies(...names(1, count)), mappings(names(1, count).map((name) => [name, '1.4']))],
        [policies('1.4'), mappings(names(2, count).map((name) => ['1.4', name]))],
        [policies(...names(3, count), '2.5.29.32.0')],
      ]
      const one = await make('CN=1', root, { extensions: extensions[0] })
      const two = await make('CN=2', one, { extensions: extensions[1] })
      const three = await make('CN=3', two, { extensions: extensions[2] })
      return leads([await make('CN=x', three, { ca: false }), three, two, one, root])
    }
    expect(await of(20)).toBe(true)
    const begun = performance.now()
    expect([await of(200), await of(1000)]).toEqual([false, false])
    expect(performance.now() - begun).toBeLessThan(2000)
  })

  it('is found from the certificate to the anchor, and only the anchor is not asked about', async () => {
    const sub = await make('CN=Sub', root)
    const leaf = await make('CN=x', sub, { ca: false })
    const asked: unknown[] = []
    const isRevoked = (one: Certificate, issuer: Certificate): boolean => asked.push([one, issuer]) < 0
    const [anchors, others] = [[root.certificate], [leaf.certificate, sub.certificate]]
    const path = await findPath(leaf.certificate, { anchors, others, at, verifier, isRevoked })
    expect(path).toEqual([leaf, sub, root].map(({ certificate }) => certificate))
    expect(asked).toEqual([
      [leaf.certificate, sub.certificate],
      [sub.certificate, root.certificate],
    ])
    expect(await findPath(leaf.certificate, { anchors, at, verifier })).toBeUndefined()
    expect(await findPath(leaf.certificate, { anchors: [sub.certificate], at, verifier })).toHaveLength(2)
  })

  it('of an anchor is the anchor alone, while it is valid', async () => {
    const anchor = await make('CN=Anchor', undefined, { identifiers: false })
    const again = parseCertificate(anchor.certificate.der)
    const of = (when: Date) => findPath(again, { anchors: [root.certificate, anchor.certificate], at: when, verifier })
    expect(await of(at)).toEqual([anchor.certificate])
    expect(await of(new Date('2028-01-01T00:00:00Z'))).toBeUndefined()
    const long = (await make('CN=Anchor', undefined, { serialNumber: new Uint8Array(21).fill(1) })).certificate
    expect(await findPath(long, { anchors: [long], at, verifier })).toBeUndefined()
  })

  const noCa = basicConstraints({ isCa: false, pathLength: undefined })
  const unknown = (critical: boolean): Extension => ({ oid: '1.2.3', critical, value: sequence() })
  const purposes = (...oids: string[]): Options => ({ extensions: [extendedKeyUsage(...oids)] })
  it.each<[string, boolean, Options, Partial<PathOptions>?]>([
    ['an authority', true, {}],
    ['none', false, { ca: false }],
    ['one that says it is none', false, { ca: false, extensions: [noCa] }],
    ['one whose usages are not named', true, { usages: [] }],
    ['one that may sign only lists', false, { usages: [keyUsage('cRLSign')] }],
    ['one that may have none below', true, { pathLength: 0 }],
    ['one that is not valid any more', false, { years: [2024, 2026] }],
    ['one that is not valid yet', false, { years: [2027, 2028] }],
    ['one with what nobody understands', false, { extensions: [unknown(true)] }],
    ['one with what nobody needs to understand', true, { extensions: [unknown(false)] }],
    ['one with a long serial number', false, { serialNumber: new Uint8Array(21).fill(1) }],
    ['one for the purpose', true, purposes('1.2.4', '1.2.3'), { extendedKeyUsage: '1.2.3' }],
    ['one for any purpose', true, purposes('2.5.29.37.0'), { extendedKeyUsage: '1.2.3' }],
    ['one without purposes', true, {}, { extendedKeyUsage: '1.2.3' }],
    ['one for another purpose', false, purposes('1.2.4'), { extendedKeyUsage: '1.2.3' }],
    ['one for some purpose, where none is asked for', true, purposes('1.2.4')],
  ])('may lead through %s: %s', async (_, expected, options, more) => {
    const sub = await make('CN=Sub', root, options)
    expect(await leads([await make('CN=x', sub, { ca: false }), sub, root], more)).toBe(expected)
    // Anchors are held to it, too.
    const anchor = await make('CN=Anchor', undefined, options)
    expect(await leads([await make('CN=x', anchor, { ca: false }), anchor], more)).toBe(expected)
  })

  it.each([
    ['what nobody understands', false, { extensions: [unknown(true)] }],
    ['what nobody needs to understand', true, { extensions: [unknown(false)] }],
  ])('may begin with %s: %s', async (_, expected, options) => {
    expect(await leads([await make('CN=x', root, { ca: false, ...options }), root])).toBe(expected)
  })

  it('is as long as its authorities allow, the first certificate not counted', async () => {
    const anchor = await make('CN=Anchor', undefined, { pathLength: 1 })
    const one = await make('CN=1', anchor)
    const two = await make('CN=2', one)
    expect(await leads([await make('CN=x', one, { ca: false }), one, anchor])).toBe(true)
    expect(await leads([await make('CN=x', two, { ca: false }), two, one, anchor])).toBe(false)
    // An authority at the end of the path is the first, too.
    expect(await leads([two, one, anchor])).toBe(true)
  })

  it('has ten certificates at most', async () => {
    const path = [root]
    while (path.length < 10) path.unshift(await make(`CN=${path.length}`, path[0]))
    expect(await leads([await make('CN=x', path[1], { ca: false }), ...path.slice(1)])).toBe(true)
    expect(await leads([await make('CN=x', path[0], { ca: false }), ...path])).toBe(false)
  })

  it('is looked for with 32 verifications at most', async () => {
    const [sub, wrong] = [await make('CN=Sub', root), await make('CN=Sub', root)]
    const leaf = await make('CN=x', sub, { ca: false })
    const after = (count: number): Promise<boolean> => leads([leaf, ...new Array<Made>(count).fill(wrong), sub, root])
    expect([await after(30), await after(31)]).toEqual([true, false])
  })

  it('does not go round in a circle, and takes another way where one ends', async () => {
    const [one, two] = [await make('CN=1'), await make('CN=2')]
    const crossed = [await make('CN=1', two, { key: one.key }), await make('CN=2', one, { key: two.key })]
    const leaf = await make('CN=x', one, { ca: false })
    expect(await leads([leaf, ...crossed, root])).toBe(false)
    const led = await make('CN=2', root, { key: two.key })
    const others = [...crossed, led].map(({ certificate }) => certificate)
    const path = await findPath(leaf.certificate, { anchors: [root.certificate], others, at, verifier })
    expect(path).toEqual([leaf, crossed[0]!, led, root].map(({ certificate }) => certificate))
    const expired = await make('CN=1', root, { key: one.key, years: [2024, 2025] })
    expect(await leads([leaf, expired, root])).toBe(false)
    expect(await leads([leaf, expired, await make('CN=1', root, { key: one.key }), root])).toBe(true)
    const constrained = await make('CN=1', root, { key: one.key, ...constraints([directory('O=Fab')]) })
    expect(await leads([leaf, constrained, root])).toBe(false)
    expect(await leads([leaf, constrained, await make('CN=1', root, { key: one.key }), root])).toBe(true)
  })

  it('is not taken for a certificate that is not valid, or revoked', async () => {
    const sub = await make('CN=Sub', root)
    const leaf = await make('CN=x', sub, { ca: false })
    expect(await leads([leaf, sub, root])).toBe(true)
    expect(await leads([leaf, sub, root], { at: new Date('2025-12-31T23:59:59Z') })).toBe(false)
    expect(await leads([leaf, sub, root], { at: new Date('2027-01-01T00:00:01Z') })).toBe(false)
    expect(await leads([leaf, sub, root], { isRevoked: (one) => one === sub.certificate })).toBe(false)
  })
})

describe('a CRL', () => {
  const DAY = 86_400_000
  const clock = { time: Date.now() }
  const now = (): Date => new Date(clock.time)

  async function authority() {
    const key = await generateKey('ECDSA-P256')
    const certificate = await createRoot({ key, subject: parseName('CN=Fab CA'), validity: 365 * DAY, clock: now })
    const store = new MemoryAuthorityStore()
    const ca = await createAuthority({ key, chain: [certificate], verifier, store, profiles: [], clock: now })
    const certify = async (): Promise<Octets> => {
      const { publicKey } = await generateKey('ECDSA-P256')
      return ca.certifyAuthority({ publicKey, subject: parseName('CN=Below'), validity: 30 * DAY })
    }
    return { key, certificate, ca, certify }
  }

  const verdict = (crls: readonly Octets[], certificate: Octets, issuer: Octets, allowUnknown = false) =>
    crlRevocation({ crls, verifier, clock: now, allowUnknown })(certificate, issuer)

  it('says which certificates are revoked', async () => {
    const { ca, certify, certificate: issuer } = await authority()
    const [good, bad] = [await certify(), await certify()]
    await ca.revoke(serialText(parseCertificate(bad).serialNumber), 'keyCompromise')
    const crl = await ca.crl()
    expect(await verdict([crl], good, issuer)).toBe(false)
    expect(await verdict([crl], bad, issuer)).toBe(true)
    expect(parseCrl(crl)).toMatchObject({ isPartial: false, issuer: parseName('CN=Fab CA') })
  })

  it('says nothing if it is missing, changed, stale, early, or of another authority', async () => {
    const { ca, certify, certificate: issuer } = await authority()
    const other = await authority()
    const good = await certify()
    const crl = await ca.crl()
    const changed = crl.map((octet, i) => (i === crl.length - 1 ? octet ^ 1 : octet))
    for (const crls of [[], [changed], [await other.ca.crl()]]) {
      expect(await verdict(crls, good, issuer)).toBe(true)
      expect(await verdict(crls, good, issuer, true)).toBe(false)
    }
    expect(await verdict([changed, crl], good, issuer)).toBe(false)
    for (const days of [-1, 8]) {
      clock.time += days * DAY
      expect(await verdict([crl], good, issuer)).toBe(true)
      clock.time -= days * DAY
    }
  })

  it('says nothing if its issuer may not sign CRLs', async () => {
    const key = await generateKey('ECDSA-P256')
    const { certificate } = await make('CN=Fab CA', undefined, { key })
    const list = (...extensions: readonly Extension[]): Promise<Octets> => signedCrl(key, [number, ...extensions])
    expect(await verdict([await list()], certificate.der, certificate.der)).toBe(false)
    const noCrls = await make('CN=Fab CA', undefined, { key, ca: false, extensions: [keyUsage('keyCertSign')] })
    expect(await verdict([await list()], certificate.der, noCrls.certificate.der)).toBe(true)
    const idp = { oid: '2.5.29.28', critical: true, value: sequence() }
    expect(await verdict([await list(idp)], certificate.der, certificate.der)).toBe(true)
    expect(await verdict([await list({ ...idp, critical: false })], certificate.der, certificate.der)).toBe(false)
  })

  it('without a number revokes, and clears none', async () => {
    const key = await generateKey('ECDSA-P256')
    const { certificate: issuer } = await make('CN=Fab CA', undefined, { key })
    const of = async (extensions: readonly Extension[], serialNumber: Uint8Array): Promise<boolean[]> => {
      const list = await signedCrl(key, extensions, serialNumber)
      return [await verdict([list], issuer.der, issuer.der), await verdict([list], issuer.der, issuer.der, true)]
    }
    const other = Uint8Array.of(1, 2, 3, 4, 5)
    expect(await of([number], other)).toEqual([false, false])
    expect(await of([], other)).toEqual([true, false])
    expect(await of([], issuer.serialNumber)).toEqual([true, true])
  })

  const number: Extension = { oid: EXTENSION.crlNumber, critical: false, value: integer(1) }

  /** Revokes one serial number, if it is given. */
  function signedCrl(key: SigningKey, extensions: readonly Extension[], revoked?: Uint8Array): Promise<Octets> {
    const thisUpdate = time(new Date(clock.time - DAY))
    return signed(
      sequence(
        integer(1),
        key.signatureAlgorithm,
        parseName('CN=Fab CA'),
        thisUpdate,
        time(new Date(clock.time + DAY)),
        ...(revoked ? [sequence(sequence(encode(TAG.integer, revoked), thisUpdate))] : []),
        ...(extensions.length === 0 ? [] : [explicit(0, encodeExtensions(extensions))]),
      ),
      key,
    )
  }

  it('is refused if it is none', async () => {
    const { ca } = await authority()
    const crl = await ca.crl()
    for (const wrong of [new Uint8Array(), sequence(), crl.subarray(0, -1), root.certificate.der]) {
      expect(() => parseCrl(wrong)).toThrow(expect.objectContaining({ name: 'PkiError' }) as Error)
    }
  })
})
