import { describe, expect, it } from 'vitest'
import { integer, oid, sequence, setOf } from '../asn1/der.js'
import type { Certificate } from './certificate.js'
import type { Subtree } from './constraints.js'
import { noAlternativeNames, type AlternativeNames } from './extensions.js'
import { areNamesAllowed } from './name-constraints.js'
import { parseName } from './name.js'

// RFC 5280, section 4.2.1.10, name by name; path.test.ts has whole certificates.

const of = (kind: 'dns' | 'uri' | 'email', ...bases: string[]): Subtree[] => bases.map((base) => ({ kind, base }))
const ip = (...base: number[]): Subtree[] => [{ kind: 'ip', base: Uint8Array.from(base) }]
const directory = (base: string): Subtree[] => [{ kind: 'directory', base: parseName(base) }]
const named = (names: Partial<AlternativeNames>, subject = parseName('')): Certificate =>
  ({ subject, names: { ...noAlternativeNames, ...names } }) as Certificate
const dns = (...dnsNames: string[]): Certificate => named({ dnsNames })
const uri = (...uris: string[]): Certificate => named({ uris })
const email = (...emails: string[]): Certificate => named({ emails })
const address = (...octets: number[]): Certificate => named({ ipAddresses: [Uint8Array.from(octets)] })
const subject = (name: string): Certificate => named({}, parseName(name))
/** A mail address that is no string. */
const noText = named({}, sequence(setOf(sequence(oid('1.2.840.113549.1.9.1'), integer(1)))))
const zeros = (count: number): number[] => new Array<number>(count).fill(0)

type Row = readonly [name: string, expected: boolean, subtrees: readonly Subtree[], certificate: Certificate]

describe('a name', () => {
  it.each<Row>([
    ['a host of the domain', true, of('dns', 'a.com'), dns('a.com', 'x.A.COM')],
    ['a host of one of the domains', true, of('dns', 'a.com', 'b.com'), dns('b.com')],
    ['a host of another', false, of('dns', 'a.com'), dns('b.com')],
    ['a host that ends alike', false, of('dns', 'a.com'), dns('xa.com')],
    ['a wildcard of the domain', true, of('dns', 'a.com'), dns('*.a.com')],
    ['what is no host', false, of('dns', ''), dns('a..com')],
    ['any host', true, of('dns', ''), dns('a.com')],
    ['what is no host, where hosts are free', true, of('uri', 'a.com'), dns('a..com')],
    [
      'a URI of the host',
      true,
      of('uri', 'a.com'),
      uri('https://a.com', 'http://u@A.com:1/x', 'x://a.com?y', 'x://a.com#y'),
    ],
    ['a URI of a host below', false, of('uri', 'a.com'), uri('https://x.a.com/')],
    ['a URI of a domain', true, of('uri', '.a.com'), uri('https://x.a.com/', 'https://y.x.a.com/')],
    ['a URI of the domain itself', false, of('uri', '.a.com'), uri('https://a.com/')],
    ['a URI of a longer name', false, of('uri', '.a.com'), uri('https://much-longer.b.org/')],
    ['a URI of any host', false, of('uri', ''), uri('https://a.com/')],
    ['a mailbox', true, of('email', 'me@a.com'), email('me@A.com')],
    ['another mailbox of the host', false, of('email', 'me@a.com'), email('ME@a.com')],
    ['the mailbox at another host', false, of('email', 'me@a.com'), email('me@b.com')],
    ['a mailbox of the host', true, of('email', 'a.com'), email('me@a.com')],
    ['a mailbox of a host below', false, of('email', 'a.com'), email('me@x.a.com')],
    ['a mailbox of the domain', true, of('email', '.a.com'), email('me@x.a.com')],
    ['a mailbox of the domain itself', false, of('email', '.a.com'), email('me@a.com')],
    ['a mailbox in the subject', true, of('email', 'a.com'), subject('CN=x,emailAddress=me@a.com')],
    ['another in the subject', false, of('email', 'a.com'), subject('CN=x,emailAddress=me@b.com')],
    ['one in the subject that is no text', false, of('email', 'a.com'), noText],
    ['an address', true, ip(10, 1, 0, 0, 255, 255, 0, 0), address(10, 1, 2, 3)],
    ['another address', false, ip(10, 1, 0, 0, 255, 255, 0, 0), address(10, 2, 2, 3)],
    ['an address of version 6', true, ip(...zeros(32)), address(...zeros(16))],
    ['an address of the other version', false, ip(...zeros(32)), address(0, 0, 0, 0)],
    ['an address of the other version, again', false, ip(...zeros(8)), address(...zeros(16))],
    ['a subject', true, directory('O=Fab'), subject('CN=x,O=FAB')],
    ['another subject', false, directory('O=Fab'), subject('CN=x,O=Other')],
    ['no subject', true, directory('O=Fab'), dns('a.com')],
    ['a directory name', false, directory('O=Fab'), named({ directoryNames: [parseName('O=Other')] })],
    ['anything, where a form is not supported', false, [{ kind: 'other' }], dns('a.com')],
  ])('is permitted: %s: %s', (_, expected, permitted, certificate) => {
    expect(areNamesAllowed(certificate, { permitted, excluded: [] })).toBe(expected)
  })

  it.each<Row>([
    ['a host', false, of('dns', 'a.com'), dns('x.a.com')],
    ['another host', true, of('dns', 'a.com'), dns('b.com')],
    ['a host, by a mail domain', true, of('email', 'a.com'), dns('a.com')],
    ['a host, by a domain of URIs', true, of('uri', 'a.com'), dns('a.com')],
    ['what is no host', false, of('dns', 'a.com'), dns('b..com')],
    ['a wildcard above it', false, of('dns', 'x.a.com'), dns('*.A.com')],
    ['a wildcard two levels above it', true, of('dns', 'y.x.a.com'), dns('*.a.com')],
    ['a wildcard of another domain', true, of('dns', 'xyz.org'), dns('*.a.com')],
    ['a mailbox with a star', true, of('email', 'y.x@a.com'), email('*.x@a.com')],
    ['a mailbox', false, of('email', 'a.com'), email('me@a.com')],
    ['a mailbox without a host', false, of('email', 'a.com'), email('me@b..com')],
    ['a mailbox with two @', false, of('email', 'a.com'), email('me@x@b.com')],
    ['a URI', false, of('uri', 'a.com'), uri('https://a.com/')],
    ['another URI', true, of('uri', 'a.com'), uri('https://b.com/')],
    ['a URI without a host', false, of('uri', 'a.com'), uri('urn:b')],
    ['a URI whose host is none', false, of('uri', 'a.com'), uri('https://b..com/')],
    ['a URI with an address', false, of('uri', 'a.com'), uri('https://10.0.0.1/')],
    ['an address', false, ip(10, 0, 0, 0, 255, 0, 0, 0), address(10, 1, 1, 1)],
    ['another address', true, ip(10, 0, 0, 0, 255, 0, 0, 0), address(11, 1, 1, 1)],
    ['a subject', false, directory('O=Fab'), subject('CN=x,O=Fab')],
    ['another subject', true, directory('O=Fab'), subject('CN=x,O=Other')],
    ['anything, where a form is not supported', false, [{ kind: 'other' }], dns('a.com')],
  ])('is not excluded: %s: %s', (_, expected, excluded, certificate) => {
    expect(areNamesAllowed(certificate, { permitted: [], excluded })).toBe(expected)
  })

  it('that is permitted and excluded is not allowed', () => {
    const constraints = { permitted: of('dns', 'a.com'), excluded: of('dns', 'x.a.com') }
    expect(['y.a.com', 'x.a.com', 'b.com'].map((name) => areNamesAllowed(dns(name), constraints))).toEqual([
      true,
      false,
      false,
    ])
  })

  it('is compared with 2^22 octets of names times subtrees at most', () => {
    const permitted = new Array<Subtree>(1 << 12).fill({ kind: 'dns', base: 'a.com' })
    const long = (length: number): Certificate => dns(`${'x'.repeat(length - 6)}.a.com`)
    const excluded = [{ kind: 'dns', base: 'b.com' } as const]
    expect(areNamesAllowed(long(1 << 10), { permitted, excluded: [] })).toBe(true)
    expect(areNamesAllowed(long((1 << 10) + 1), { permitted, excluded: [] })).toBe(false)
    expect(areNamesAllowed(long(1 << 10), { permitted, excluded })).toBe(false)
  })
})
