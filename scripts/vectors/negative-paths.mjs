// `node scripts/vectors/negative-paths.mjs` writes vectors/negative/paths.json (`--check` compares it): certificate paths of which one
// certificate, or what is around it, was changed. All certificates are put together here, with keys drawn from names.
import { createHash } from 'node:crypto'
import * as asn1 from './parts/asn1.mjs'
import { casesOf, writeCases } from './parts/cases.mjs'
import { certificate, crl, extension, EXTENSIONS, identifiers, serialOf, USAGE } from './parts/certificates.mjs'
import * as keys from './parts/keys.mjs'

const { ascii, bitString, boolean, changedAt, concat, explicit, flipped, hex, integer } = asn1
const { name, nullValue, octetString, oid, sequence, utf8, value, withPart } = asn1
const { claiming, digest, OIDS, signingWith } = keys

/** @typedef {import('./parts/asn1.mjs').Octets} Octets */
/** @typedef {import('./parts/keys.mjs').Key} Key */
/** @typedef {Partial<import('./parts/certificates.mjs').CertificateOptions>} Changes */
/** @typedef {{ subject: string, key: Key }} Issuer */

const AT = '2026-06-01T00:00:00Z'
const SERVER = '1.3.6.1.5.5.7.3.1'
const CLIENT = '1.3.6.1.5.5.7.3.2'
const ANY = '2.5.29.37.0'

/** What OpenSSL accepts: see `openssl` in vectors/negative/README.md. */
const acceptedByOpenssl = new Set(
  `crl-endless crl-sha1 crl-trailing crl-unnumbered names-dns-dotted names-dns-form names-dns-none names-dns-not-critical
   names-dns-nul names-dns-space names-email-two-at names-excluded-wildcard names-ip-mask path-algorithm-null path-algorithm-sha1
   path-leaf-constraints path-leaf-indefinite path-leaf-long-length path-leaf-names-address path-leaf-names-beyond-ascii
   path-leaf-serial-0 path-leaf-serial-long path-leaf-trailing path-leaf-unknown-twice path-leaf-version-1-plain
   path-leaf-version-4 path-long-longer path-middle-basic-trailing path-middle-ca-01 path-rsa-key-1024 path-rsa-key-exponent-1
   path-rsa-key-negative path-rsa-md5 path-rsa-sha1`.split(/\s+/),
)
/** @type {(id: string) => { openssl: string }} */
const verdict = (id) => ({ openssl: acceptedByOpenssl.has(id) ? 'accepts' : 'refuses' })

// ---- names of certificates and CRLs in the file

/** @type {Record<string, string>} */
const certificates = {}
/** @type {Record<string, string>} */
const crls = {}

/**
 * The name of octets in a list, which begins with what they are.
 * @type {(list: Record<string, string>, label: string, octets: Octets) => string}
 */
function named(list, label, octets) {
  const id = `${label}-${createHash('sha256').update(octets).digest('hex').slice(0, 10)}`
  list[id] = octets.toString('hex')
  return id
}

// ---- parties

const rootKey = keys.ecKey('root')
const middleKey = keys.ecKey('middle')
const leafKey = keys.ecKey('leaf')
const otherKey = keys.ecKey('other')

/** @type {Issuer} */
const rootParty = { subject: 'O=Example,CN=Root', key: rootKey }
/** @type {Issuer} */
const middleParty = { subject: 'O=Example,CN=Middle', key: middleKey }

/** @type {(...usages: Octets[]) => Octets} */
const usage = (...usages) => extension(EXTENSIONS.keyUsage, usages[0] ?? USAGE.signs, true)
/** @type {(...purposes: string[]) => Octets} */
const purposes = (...list) => extension(EXTENSIONS.extendedKeyUsage, sequence(...list.map(oid)))
/** @type {(pathLength?: Octets) => Octets} */
const isAuthority = (pathLength) =>
  extension(
    EXTENSIONS.basicConstraints,
    sequence(boolean(true), ...(pathLength === undefined ? [] : [pathLength])),
    true,
  )
/** @type {(...names: Octets[]) => Octets} */
const alternatives = (...names) => extension(EXTENSIONS.subjectAltName, sequence(...names))
/** @type {(host: string) => Octets} */
const dns = (host) => value(0x82, ascii(host))
/** @type {(address: string) => Octets} */
const email = (address) => value(0x81, ascii(address))
/** @type {(address: string) => Octets} */
const uri = (address) => value(0x86, ascii(address))
/** @type {(...octets: number[]) => Octets} */
const ip = (...octets) => value(0x87, Buffer.from(octets))
/** @type {(text: string) => Octets} */
const directory = (text) => value(0xa4, name(text))

/** @type {(type: string) => (extensions: readonly Octets[]) => Octets[]} */
const without = (type) => (extensions) => extensions.filter((one) => !one.includes(oid(type)))

/**
 * Extensions of an authority, in place of which others may stand.
 * @type {(key: Key, issuer: Key, more?: { basic?: Octets | null, usage?: Octets | null, others?: readonly Octets[] }) => Octets[]}
 */
const ofAuthority = (
  key,
  issuer,
  { basic = isAuthority(), usage: given = usage(USAGE.signsCertificates), others = [] } = {},
) => [...identifiers(key, issuer), ...(basic === null ? [] : [basic]), ...(given === null ? [] : [given]), ...others]
const san = alternatives(dns('host.example.com'))
/** @type {(key: Key, issuer: Key, ...others: Octets[]) => Octets[]} */
const ofLeaf = (key, issuer, ...others) => [
  ...identifiers(key, issuer),
  usage(),
  purposes(SERVER),
  ...(others.length === 0 ? [san] : others),
]

/** @type {(changes?: Changes, party?: Issuer) => Octets} */
const root = (changes = {}, party = rootParty) =>
  certificate({ ...party, issuer: party, extensions: ofAuthority(party.key, party.key), ...changes })
/** @type {(changes?: Changes, issuer?: Issuer, party?: Issuer) => Octets} */
const middle = (changes = {}, issuer = rootParty, party = middleParty) =>
  certificate({ ...party, issuer, extensions: ofAuthority(party.key, issuer.key), ...changes })
/** @type {(changes?: Changes, issuer?: Issuer) => Octets} */
const leaf = (changes = {}, issuer = middleParty) =>
  certificate({
    subject: 'O=Example,CN=host',
    key: leafKey,
    issuer,
    extensions: ofLeaf(leafKey, issuer.key),
    ...changes,
  })

// ---- paths

/**
 * @typedef {object} Path
 * @property {Octets} [leaf]
 * @property {readonly Octets[]} [others]
 * @property {readonly Octets[]} [anchors]
 * @property {string} [at]
 * @property {object} [options]
 * @property {readonly Octets[]} [crls]
 */

const [rightRoot, rightMiddle, rightLeaf] = [root(), middle(), leaf()]

/** @type {(path: Path) => object} */
const input = ({ leaf: first = rightLeaf, others = [rightMiddle], anchors = [rightRoot], at = AT, ...more }) => ({
  certificate: named(certificates, 'leaf', first),
  others: others.map((one) => named(certificates, 'middle', one)),
  anchors: anchors.map((one) => named(certificates, 'root', one)),
  at,
  options: { extendedKeyUsage: SERVER, ...more.options },
  ...(more.crls === undefined ? {} : { crls: more.crls.map((one) => named(crls, 'crl', one)) }),
})

const paths = casesOf('path')
/** @type {(id: string, what: string, path: Path, openssl?: string) => string} */
const accept = (id, what, path, openssl = 'accepts') => paths.accept(id, what, input(path), { openssl })
/** @type {(control: string, id: string, changed: string, flag: string, path: Path, code?: string) => void} */
const refuse = (control, id, changed, flag, path, code = 'path/none') =>
  paths.refuse(control, id, changed, flag, input(path), code, verdict(`${control}-${id}`))

const path = accept('path', 'an end entity, an authority in the middle, and an anchor', {})

// ---- validity

{
  /** @type {(id: string, changed: string, changes: Path, code?: string) => void} */
  const no = (id, changed, changes, code) => refuse(path, id, changed, 'validity', changes, code)
  const [past, future] = [{ notAfter: '2026-05-31T23:59:59Z' }, { notBefore: '2026-06-01T00:00:01Z' }]
  no('leaf-expired', 'the end entity ended a second ago', { leaf: leaf(past) })
  no('leaf-early', 'the end entity begins in a second', { leaf: leaf(future) })
  no('middle-expired', 'the authority in the middle ended a second ago', { others: [middle(past)] })
  no('middle-early', 'the authority in the middle begins in a second', { others: [middle(future)] })
  no('root-expired', 'the anchor ended a second ago', { anchors: [root(past)] })
  no('root-early', 'the anchor begins in a second', { anchors: [root(future)] })
  no('later', 'asked a second after the end', { at: '2036-01-01T00:00:01Z' })
  no('earlier', 'asked a second before the beginning', { at: '2025-12-31T23:59:59Z' })
  no('backwards', 'an end entity that ends before it begins', {
    leaf: leaf({ notBefore: '2026-07-01T00:00:00Z', notAfter: '2026-05-01T00:00:00Z' }),
  })
  no('year-50', 'an end in the year 50 of UTCTime, which is 1950', {
    leaf: leaf({ notAfter: value(0x17, ascii('500101000000Z')) }),
  })
  /** @type {(id: string, changed: string, tag: number, text: string) => void} */
  const time = (id, changed, tag, text) =>
    refuse(
      path,
      `time-${id}`,
      `an end ${changed}`,
      'der',
      { leaf: leaf({ notAfter: value(tag, ascii(text)) }) },
      'pki/not-der',
    )
  time('offset', 'with an offset from UTC', 0x17, '360101000000+0100')
  time('no-seconds', 'without seconds', 0x17, '3601010000Z')
  time('no-z', 'without Z', 0x17, '360101000000')
  time('lower-z', 'with a small z', 0x17, '360101000000z')
  time('fraction', 'with a fraction of a second', 0x18, '20360101000000.5Z')
  time('february-30', 'on the 30th of February', 0x18, '20360230000000Z')
  time('month-13', 'in the month 13', 0x17, '361301000000Z')
  time('hour-24', 'in the hour 24', 0x17, '360101240000Z')
  time('second-60', 'in the second 60', 0x17, '360101000060Z')
  time('four-digits', 'with a year of four digits in a UTCTime', 0x17, '20360101000000Z')
  time('two-digits', 'with a year of two digits in a GeneralizedTime', 0x18, '360101000000Z')
  refuse(
    path,
    'time-string',
    'an end that is a string',
    'der',
    { leaf: leaf({ notAfter: utf8('2036-01-01T00:00:00Z') }) },
    'pki/structure',
  )
}

// ---- issuers

{
  /** @type {(id: string, changed: string, changes: Path, code?: string) => void} */
  const no = (id, changed, changes, code) => refuse(path, id, changed, 'issuer', changes, code)
  no('no-middle', 'the authority in the middle is missing', { others: [] })
  no('no-anchor', 'the anchor is not trusted', { anchors: [] })
  no('middle-other-root', 'the middle was issued by another root of the same name', {
    others: [middle({}, { ...rootParty, key: otherKey })],
  })
  no('anchor-other-key', 'an anchor of the same name with another key', {
    anchors: [root({}, { ...rootParty, key: otherKey })],
  })
  no('leaf-other-key', 'the end entity was signed by another key in the name of the middle', {
    leaf: leaf({}, { ...middleParty, key: otherKey }),
  })
  no('leaf-by-root', 'the end entity was signed by the root in the name of the middle', {
    leaf: leaf({}, { ...middleParty, key: rootKey }),
  })
  no('leaf-self-signed', 'the end entity signed itself', {
    leaf: leaf({}, { subject: 'O=Example,CN=host', key: leafKey }),
  })
  no('impostor', 'a self-signed certificate with the name of the anchor and another key', {
    leaf: root({}, { ...rootParty, key: otherKey }),
  })
  /** @type {(id: string, changed: string, issuerName: string) => void} */
  const named = (id, changed, issuerName) =>
    no(`name-${id}`, `the end entity names its issuer ${changed}`, { leaf: leaf({ issuerName: name(issuerName) }) })
  named('other', 'by another name', 'O=Example,CN=Muddle')
  named('shorter', 'without its last part', 'O=Example')
  named('longer', 'with a part more', 'O=Example,OU=Sales,CN=Middle')
  named('order', 'with its parts in another order', 'CN=Middle,O=Example')
  named('type', 'with OU in place of O', 'OU=Example,CN=Middle')
  named('empty', 'by an empty name', '')
  named('root', 'by the name of the root', rootParty.subject)
  no('name-set', 'the end entity names its issuer with both parts in one SET', {
    leaf: leaf({
      issuerName: sequence(asn1.set(...asn1.partsOf(name(middleParty.subject)).flatMap((rdn) => asn1.partsOf(rdn)))),
    }),
  })
  no(
    'name-empty-set',
    'the end entity names its issuer with an empty SET',
    { leaf: leaf({ issuerName: sequence(value(0x31)) }) },
    'pki/structure',
  )
  const nameless = { subject: '', key: middleKey }
  no('middle-nameless', 'an authority in the middle without a name', {
    leaf: leaf({}, nameless),
    others: [middle({}, rootParty, nameless)],
  })
  refuse(path, 'leaf-nameless', 'an end entity without a subject, whose alternative names are not critical', 'issuer', {
    leaf: leaf({ subjectName: sequence() }),
  })
  accept('path-nameless', 'the same with critical alternative names', {
    leaf: leaf({
      subjectName: sequence(),
      extensions: [
        ...without(EXTENSIONS.subjectAltName)(ofLeaf(leafKey, middleKey)),
        extension(EXTENSIONS.subjectAltName, sequence(dns('host.example.com')), true),
      ],
    }),
  })

  // Loops and length.
  const one = { subject: 'O=Example,CN=One', key: keys.ecKey('one') }
  const two = { subject: 'O=Example,CN=Two', key: keys.ecKey('two') }
  no('loop', 'two authorities that certify each other, and no anchor', {
    leaf: leaf({}, one),
    others: [middle({}, one, two), middle({}, two, one)],
  })
  no('loop-self', 'an authority that certifies itself, and no anchor', {
    leaf: leaf({}, one),
    others: [middle({}, one, one)],
  })
  /** @type {(count: number) => Path} */
  const chain = (count) => {
    const parties = Array.from({ length: count }, (_, i) => ({
      subject: `O=Example,CN=Level ${String(i)}`,
      key: keys.ecKey(`level ${String(i)}`),
    }))
    const others = parties.map((party, i) => middle({}, parties[i - 1] ?? rootParty, party))
    return { leaf: leaf({}, parties.at(-1)), others }
  }
  const long = accept('path-long', 'eight authorities in the middle', chain(8))
  refuse(long, 'longer', 'nine of them: a path of more than ten certificates', 'limit', chain(9))
}

// ---- signatures

{
  /** @type {(id: string, changed: string, changes: Path, code?: string, flag?: string) => void} */
  const no = (id, changed, changes, code, flag = 'signature') => refuse(path, id, changed, flag, changes, code)
  no('leaf-flipped', 'a changed last bit in the signature of the end entity', { leaf: leaf({ signature: flipped }) })
  no('middle-flipped', 'a changed last bit in the signature of the middle', {
    others: [middle({ signature: flipped })],
  })
  no('leaf-subject', 'another subject put in after signing', {
    leaf: leaf({ signed: (signed) => changedAt(signed, [5], () => name('O=Example,CN=admin')) }),
  })
  no('leaf-serial', 'another serial number put in after signing', {
    leaf: leaf({ signed: (signed) => changedAt(signed, [1], () => integer(1)) }),
  })
  no('leaf-key', 'another key put in after signing', {
    leaf: leaf({ signed: (signed) => changedAt(signed, [6], () => otherKey.publicKey) }),
  })
  no('leaf-extension', 'an extension added after signing', {
    leaf: leaf({
      signed: (signed) =>
        changedAt(signed, [7, 0], (list) => sequence(...asn1.partsOf(list), extension('1.2.3.4', nullValue))),
    }),
  })
  no('middle-key', "the attacker's key put into the middle after signing", {
    leaf: leaf({}, { ...middleParty, key: otherKey }),
    others: [middle({ signed: (signed) => changedAt(signed, [6], () => otherKey.publicKey) })],
  })
  no('signature-of-middle', 'the signature of the middle on the end entity', {
    leaf: withPart(rightLeaf, 2, asn1.partsOf(rightMiddle)[2] ?? nullValue),
  })
  no('signature-empty', 'an empty signature', { leaf: leaf({ signature: () => Buffer.alloc(0) }) })
  no('signature-zeros', 'a signature of r and s 0', {
    leaf: leaf({ signature: () => sequence(integer(0), integer(0)) }),
  })
  no('signature-trailing', 'an octet after the signature', {
    leaf: leaf({ signature: (signature) => concat(signature, Buffer.of(0)) }),
  })
  no(
    'signature-unused',
    'the signature with unused bits',
    {
      leaf: changedAt(rightLeaf, [2], (part) =>
        concat(part.subarray(0, 2), Buffer.of(1), part.subarray(3, -1), Buffer.of(0)),
      ),
    },
    'pki/not-der',
    'der',
  )
  no('signature-whole', 'the signature made over the digest of the end entity', {
    leaf: leaf({ signature: () => middleKey.sign(digest('sha256', rightLeaf)) }),
  })

  /** @type {(id: string, changed: string, key: Key, changes?: Changes, code?: string) => void} */
  const algorithm = (id, changed, key, changes, code) =>
    refuse(path, `algorithm-${id}`, changed, 'algorithm', { leaf: leaf(changes, { ...middleParty, key }) }, code)
  algorithm(
    'sha1',
    'signed with SHA-1',
    signingWith(middleKey, sequence(oid(OIDS.ecdsaSha1)), (octets) => middleKey.signHash(digest('sha1', octets))),
  )
  algorithm('sha384', 'said to be signed with SHA-384', signingWith(middleKey, sequence(oid(OIDS.ecdsaSha384))))
  algorithm('rsa', 'said to be signed with RSA', signingWith(middleKey, sequence(oid(OIDS.rsaSha256), nullValue)))
  algorithm(
    'null',
    'NULL parameters, which ECDSA has not',
    signingWith(middleKey, sequence(oid(OIDS.ecdsaSha256), nullValue)),
  )
  algorithm('unknown', 'an unknown algorithm', signingWith(middleKey, sequence(oid('1.2.3.4'))))
  algorithm(
    'inner',
    'another algorithm inside the signed part than outside',
    middleKey,
    { innerAlgorithm: sequence(oid(OIDS.ecdsaSha384)) },
    'pki/structure',
  )

  const rsaKey = keys.rsaKey('rsa authority')
  const rsaParty = { ...middleParty, key: rsaKey }
  const rsaMiddle = middle({}, rootParty, rsaParty)
  const rsaPath = accept('path-rsa', 'an authority in the middle with an RSA key', {
    leaf: leaf({}, rsaParty),
    others: [rsaMiddle],
  })
  /** @type {(key: Key) => Octets} */
  const byRsa = (key) => leaf({}, { ...middleParty, key })
  const md5 = signingWith(rsaKey, sequence(oid(OIDS.rsaMd5), nullValue), (octets) =>
    pkcs1(keys.digestInfo(OIDS.md5, digest('md5', octets))),
  )
  const sha1 = signingWith(rsaKey, sequence(oid(OIDS.rsaSha1), nullValue), (octets) =>
    pkcs1(keys.digestInfo(OIDS.sha1, digest('sha1', octets))),
  )
  const forged = signingWith(rsaKey, rsaKey.algorithm, (octets) => {
    const info = keys.digestInfo(OIDS.sha256, digest('sha256', octets))
    return rsaKey.raw(
      concat(
        Buffer.of(0, 1),
        Buffer.alloc(8, 0xff),
        Buffer.of(0),
        info,
        Buffer.alloc(rsaKey.length - 11 - info.length, 0x5a),
      ),
    )
  })
  /** @type {(info: Octets) => Octets} */
  const pkcs1 = (info) =>
    rsaKey.raw(concat(Buffer.of(0, 1), Buffer.alloc(rsaKey.length - 3 - info.length, 0xff), Buffer.of(0), info))
  refuse(rsaPath, 'md5', 'the end entity signed with MD5', 'algorithm', { leaf: byRsa(md5), others: [rsaMiddle] })
  refuse(rsaPath, 'sha1', 'the end entity signed with SHA-1', 'algorithm', { leaf: byRsa(sha1), others: [rsaMiddle] })
  refuse(rsaPath, 'padding', 'a signature with short padding and other octets behind the digest', 'padding', {
    leaf: byRsa(forged),
    others: [rsaMiddle],
  })

  // Keys of authorities.
  /** @type {(id: string, changed: string, key: Key, code?: string) => void} */
  const weak = (id, changed, key, code) => {
    const party = { ...middleParty, key }
    refuse(
      rsaPath,
      `key-${id}`,
      `an authority in the middle with ${changed}`,
      'key',
      { leaf: leaf({}, party), others: [middle({}, rootParty, party)] },
      code,
    )
  }
  weak('1024', 'an RSA key of 1024 bits', keys.rsaKey('small authority', 1024))
  weak('even', 'an even modulus', claiming(keys.rsaPublicKey(rsaKey.n - 1n), rsaKey))
  weak('zero', 'a modulus of 0', claiming(keys.rsaPublicKey(0n), rsaKey))
  weak(
    'exponent-1',
    'the exponent 1, with which each block signs itself',
    claiming(
      keys.rsaPublicKey(rsaKey.n, 1n),
      signingWith(rsaKey, rsaKey.algorithm, (octets) => {
        const info = keys.digestInfo(OIDS.sha256, digest('sha256', octets))
        return concat(Buffer.of(0, 1), Buffer.alloc(rsaKey.length - 3 - info.length, 0xff), Buffer.of(0), info)
      }),
    ),
  )
  weak('exponent-0', 'the exponent 0', claiming(keys.rsaPublicKey(rsaKey.n, 0n), rsaKey))
  weak(
    'off-curve',
    'a point off the curve',
    claiming(keys.ecPublicKey(OIDS.ec, OIDS.p256, flipped(middleKey.point)), middleKey),
  )
  weak('infinity', 'the point at infinity', claiming(keys.ecPublicKey(OIDS.ec, OIDS.p256, Buffer.of(0)), middleKey))
  weak(
    'secp256k1',
    'a key on secp256k1',
    claiming(keys.ecPublicKey(OIDS.ec, OIDS.secp256k1, middleKey.point), middleKey),
  )
  weak(
    'ed25519',
    'a key of an algorithm that is not supported',
    claiming(sequence(sequence(oid(OIDS.ed25519)), bitString(Buffer.alloc(32, 1))), middleKey),
  )
  weak(
    'negative',
    'a negative modulus',
    claiming(
      sequence(
        sequence(oid(OIDS.rsa), nullValue),
        bitString(sequence(value(2, keys.toOctets(rsaKey.n, 256)), integer(65537))),
      ),
      rsaKey,
    ),
    'pki/structure',
  )
}

// ---- authorities

{
  /** @type {(id: string, changed: string, extensions: Octets[], code?: string, flag?: string) => void} */
  const middleWith = (id, changed, extensions, code, flag = 'authority') =>
    refuse(path, `middle-${id}`, `the middle: ${changed}`, flag, { others: [middle({ extensions })] }, code)
  /** @type {(more: Parameters<typeof ofAuthority>[2]) => Octets[]} */
  const ext = (more) => ofAuthority(middleKey, rootKey, more)
  middleWith('no-basic', 'no basicConstraints', ext({ basic: null }))
  middleWith(
    'not-ca',
    'basicConstraints with cA FALSE',
    ext({ basic: extension(EXTENSIONS.basicConstraints, sequence(), true) }),
  )
  middleWith(
    'ca-01',
    'basicConstraints with a BOOLEAN of 01',
    ext({ basic: extension(EXTENSIONS.basicConstraints, sequence(hex('010101')), true) }),
    'pki/not-der',
    'der',
  )
  middleWith(
    'basic-trailing',
    'an octet after the basicConstraints',
    ext({ basic: extension(EXTENSIONS.basicConstraints, concat(sequence(boolean(true)), Buffer.of(0)), true) }),
    'pki/not-der',
    'der',
  )
  middleWith(
    'basic-third',
    'basicConstraints with a third part',
    ext({ basic: extension(EXTENSIONS.basicConstraints, sequence(boolean(true), integer(1), integer(1)), true) }),
    'pki/structure',
    'der',
  )
  middleWith(
    'basic-twice',
    'basicConstraints twice, first right and then none',
    ext({ others: [extension(EXTENSIONS.basicConstraints, sequence(), true)] }),
    'pki/duplicate',
    'repeated',
  )
  middleWith('path-length-negative', 'a path length of -1', ext({ basic: isAuthority(hex('0201ff')) }), 'pki/structure')
  middleWith(
    'path-length-padded',
    'a path length with a zero octet more',
    ext({ basic: isAuthority(hex('02020001')) }),
    'pki/not-der',
    'der',
  )
  middleWith('no-cert-sign', 'keyUsage without keyCertSign', ext({ usage: usage(USAGE.signsCrls) }))
  middleWith('signs-only', 'keyUsage with digitalSignature only', ext({ usage: usage(USAGE.signs) }))
  middleWith('usage-empty', 'keyUsage without any bit', ext({ usage: usage(bitString(Buffer.alloc(0))) }))
  middleWith(
    'usage-octets',
    'keyUsage that is an OCTET STRING',
    ext({ usage: usage(octetString(Buffer.of(6))) }),
    'pki/structure',
  )
  middleWith('usage-twice', 'keyUsage twice', ext({ others: [usage(USAGE.signs)] }), 'pki/duplicate', 'repeated')
  middleWith('no-key-identifier', 'no subject key identifier', without(EXTENSIONS.subjectKeyIdentifier)(ext({})))
  middleWith(
    'no-authority-identifier',
    'no authority key identifier',
    without(EXTENSIONS.authorityKeyIdentifier)(ext({})),
  )
  middleWith(
    'key-identifier-number',
    'a subject key identifier that is a number',
    [...without(EXTENSIONS.subjectKeyIdentifier)(ext({})), extension(EXTENSIONS.subjectKeyIdentifier, integer(1))],
    'pki/structure',
  )
  middleWith(
    'critical',
    'a critical extension that nobody knows',
    ext({ others: [extension('1.2.3.4', nullValue, true)] }),
    'path/none',
    'critical',
  )
  middleWith(
    'purpose',
    'only the purpose to authenticate clients',
    ext({ others: [purposes(CLIENT)] }),
    'path/none',
    'purpose',
  )
  middleWith('purposes-empty', 'an empty list of purposes', ext({ others: [purposes()] }), 'path/none', 'purpose')
  accept('path-middle-purposes', 'the middle has this purpose among others', {
    others: [middle({ extensions: ext({ others: [purposes(CLIENT, SERVER)] }) })],
  })
  accept(
    'path-middle-any',
    'the middle has any purpose',
    { others: [middle({ extensions: ext({ others: [purposes(ANY)] }) })] },
    'refuses',
  )
  accept('path-middle-unknown', 'an extension that nobody knows, and is not critical', {
    others: [middle({ extensions: ext({ others: [extension('1.2.3.4', nullValue)] }) })],
  })

  /** @type {(id: string, changed: string, extensions: Octets[], flag?: string) => void} */
  const rootWith = (id, changed, extensions, flag = 'authority') =>
    refuse(path, `root-${id}`, `the anchor: ${changed}`, flag, { anchors: [root({ extensions })] })
  rootWith('not-ca', 'no basicConstraints', ofAuthority(rootKey, rootKey, { basic: null }))
  rootWith(
    'no-cert-sign',
    'keyUsage without keyCertSign',
    ofAuthority(rootKey, rootKey, { usage: usage(USAGE.signsCrls) }),
  )
  rootWith(
    'path-length-0',
    'a path length of 0, with an authority below it',
    ofAuthority(rootKey, rootKey, { basic: isAuthority(integer(0)) }),
  )
  rootWith(
    'critical',
    'a critical extension that nobody knows',
    ofAuthority(rootKey, rootKey, { others: [extension('1.2.3.4', nullValue, true)] }),
    'critical',
  )
  rootWith(
    'purpose',
    'only the purpose to authenticate clients',
    ofAuthority(rootKey, rootKey, { others: [purposes(CLIENT)] }),
    'purpose',
  )

  // Longer paths.
  const low = { subject: 'O=Example,CN=Low', key: otherKey }
  /** @type {(pathLength?: Octets, lowPathLength?: Octets, party?: Issuer) => Path} */
  const withLow = (pathLength, lowPathLength, party = low) => ({
    leaf: leaf({}, party),
    others: [
      middle({ extensions: ext({ basic: isAuthority(pathLength) }) }),
      middle(
        { extensions: ofAuthority(party.key, middleKey, { basic: isAuthority(lowPathLength) }) },
        middleParty,
        party,
      ),
    ],
  })
  const longer = accept(
    'path-two',
    'two authorities in the middle, the upper with a path length of 1',
    withLow(integer(1)),
  )
  refuse(longer, 'length-0', 'a path length of 0 in the upper one', 'authority', withLow(integer(0)))
  refuse(
    longer,
    'length-0-raised',
    'a path length of 0, and of 5 below it',
    'authority',
    withLow(integer(0), integer(5)),
  )
  accept(
    'path-self-issued',
    'the lower one has the name of the upper: it does not count',
    withLow(integer(0), undefined, { ...middleParty, key: otherKey }),
  )

  // End entities.
  const leafIssuer = { subject: 'O=Example,CN=host', key: leafKey }
  const below = certificate({
    subject: 'O=Example,CN=below',
    key: otherKey,
    issuer: leafIssuer,
    extensions: ofLeaf(otherKey, leafKey),
  })
  refuse(path, 'leaf-issues', 'an end entity that issued another one', 'authority', {
    leaf: below,
    others: [rightLeaf, rightMiddle],
  })
  const signing = leaf({
    extensions: [...identifiers(leafKey, middleKey), usage(USAGE.signsCertificates), purposes(SERVER), san],
  })
  refuse(path, 'leaf-cert-sign', 'an end entity whose keyUsage has keyCertSign', 'authority', { leaf: signing })
  refuse(
    path,
    'leaf-cert-sign-issues',
    'one with keyCertSign and without basicConstraints that issued another one',
    'authority',
    { leaf: below, others: [signing, rightMiddle] },
  )
  /** @type {(id: string, changed: string, changes: Changes, code?: string, flag?: string) => void} */
  const leafWith = (id, changed, changes, code, flag = 'structure') =>
    refuse(path, `leaf-${id}`, `the end entity: ${changed}`, flag, { leaf: leaf(changes) }, code)
  const own = ofLeaf(leafKey, middleKey)
  leafWith(
    'critical',
    'a critical extension that nobody knows',
    { extensions: [...own, extension('1.2.3.4', nullValue, true)] },
    'path/none',
    'critical',
  )
  leafWith(
    'critical-known',
    'a critical extension that is known and not supported: the place of CRLs',
    { extensions: [...own, extension('2.5.29.46', sequence(), true)] },
    'path/none',
    'critical',
  )
  leafWith(
    'names-twice',
    'alternative names twice, the second ones other',
    { extensions: [...own, alternatives(dns('admin.example.com'))] },
    'pki/duplicate',
    'repeated',
  )
  leafWith('purposes-twice', 'purposes twice', { extensions: [...own, purposes(CLIENT)] }, 'pki/duplicate', 'repeated')
  leafWith(
    'unknown-twice',
    'an extension that nobody knows twice',
    { extensions: [...own, extension('1.2.3.4', nullValue), extension('1.2.3.4', nullValue)] },
    'pki/duplicate',
    'repeated',
  )
  leafWith(
    'no-authority-identifier',
    'no authority key identifier',
    { extensions: without(EXTENSIONS.authorityKeyIdentifier)(own) },
    'path/none',
    'authority',
  )
  leafWith(
    'constraints',
    'constraints on names, which only authorities have',
    {
      extensions: [
        ...own,
        extension(EXTENSIONS.nameConstraints, sequence(explicit(0, sequence(dns('example.com')))), true),
      ],
    },
    'path/none',
    'authority',
  )
  leafWith(
    'names-beyond-ascii',
    'a host name with octets beyond ASCII',
    { extensions: ofLeaf(leafKey, middleKey, alternatives(value(0x82, hex('68c3b673742e6578616d706c652e636f6d')))) },
    'pki/not-der',
    'der',
  )
  /** @type {(id: string, changed: string, ...names: Octets[]) => void} */
  const leafNames = (id, changed, ...names) =>
    leafWith(
      `names-${id}`,
      `alternative names ${changed}`,
      { extensions: [...without(EXTENSIONS.subjectAltName)(own), alternatives(...names)] },
      'pki/structure',
    )
  leafNames('none', 'without a name')
  leafNames('address', 'with an address of three octets', ip(10, 0, 0))
  leafNames('directory', 'with a directory name that is a number', value(0xa4, sequence(integer(1))))
  leafNames('directory-two', 'with two directory names in one', value(0xa4, name('CN=a'), name('CN=b')))
  const nothing = extension(EXTENSIONS.subjectAltName, sequence(), true)
  leafWith(
    'nameless-names',
    'no subject, and critical alternative names without a name',
    { subjectName: sequence(), extensions: [...without(EXTENSIONS.subjectAltName)(own), nothing] },
    'pki/structure',
  )
  const extra = extension(EXTENSIONS.authorityKeyIdentifier, sequence(value(0x80, Buffer.of(1)), nullValue))
  leafWith(
    'authority-identifier-more',
    'an authority key identifier with a part that there is not',
    { extensions: [...without(EXTENSIONS.authorityKeyIdentifier)(own), extra] },
    'pki/structure',
  )
  leafWith(
    'path-length',
    'a path length, though it is no authority',
    { extensions: [...own, extension(EXTENSIONS.basicConstraints, sequence(integer(1)), true)] },
    'path/none',
    'authority',
  )
  leafWith('version-1', 'version 1, with the extensions of version 3', { version: integer(0) }, 'pki/structure')
  leafWith('version-1-plain', 'version 1, without extensions', { version: null, extensions: null }, 'pki/structure')
  leafWith('version-2', 'version 2', { version: integer(1) }, 'pki/structure')
  leafWith('version-4', 'version 4', { version: integer(3) }, 'pki/structure')
  leafWith('serial-0', 'the serial number 0', { serialNumber: integer(0) }, 'path/none', 'serial')
  leafWith(
    'serial-long',
    'a serial number of 21 octets',
    { serialNumber: value(2, Buffer.alloc(21, 1)) },
    'path/none',
    'serial',
  )
  leafWith('serial-empty', 'a serial number without octets', { serialNumber: value(2) }, 'pki/not-der', 'der')
  leafWith(
    'serial-padded',
    'a serial number with a zero octet more',
    { serialNumber: hex('02020001') },
    'pki/not-der',
    'der',
  )
  refuse(
    path,
    'middle-version-1',
    'the middle: version 1, without extensions',
    'authority',
    { others: [middle({ version: null, extensions: null })] },
    'pki/structure',
  )
  refuse(
    path,
    'root-version-1',
    'the anchor: version 1, without extensions',
    'authority',
    { anchors: [root({ version: null, extensions: null })] },
    'pki/structure',
  )
  refuse(
    path,
    'leaf-trailing',
    'an octet after the end entity',
    'der',
    { leaf: concat(rightLeaf, Buffer.of(0)) },
    'pki/not-der',
  )
  refuse(
    path,
    'leaf-short',
    'the last octet of the end entity missing',
    'der',
    { leaf: rightLeaf.subarray(0, -1) },
    'pki/not-der',
  )
  refuse(
    path,
    'leaf-indefinite',
    'an end entity of indefinite length',
    'der',
    { leaf: asn1.indefinite(rightLeaf) },
    'pki/not-der',
  )
  refuse(
    path,
    'leaf-long-length',
    'an end entity with a length in more octets than needed',
    'der',
    { leaf: asn1.longLength(rightLeaf) },
    'pki/not-der',
  )
  refuse(
    path,
    'leaf-fourth',
    'a fourth part after the signature',
    'structure',
    { leaf: sequence(...asn1.partsOf(rightLeaf), nullValue) },
    'pki/structure',
  )
  refuse(
    path,
    'leaf-extensions-twice',
    'two lists of extensions',
    'structure',
    { leaf: leaf({ signed: (signed) => sequence(...asn1.partsOf(signed), explicit(3, sequence())) }) },
    'pki/structure',
  )
}

// ---- constraints on names

{
  /** @type {(permitted: Octets[], excluded?: Octets[], critical?: boolean) => Octets} */
  const constraints = (permitted, excluded = [], critical = true) =>
    extension(
      EXTENSIONS.nameConstraints,
      sequence(
        ...(permitted.length > 0 ? [explicit(0, ...permitted.map((base) => sequence(base)))] : []),
        ...(excluded.length > 0 ? [explicit(1, ...excluded.map((base) => sequence(base)))] : []),
      ),
      critical,
    )
  /** @type {(constraint: Octets, ...names: Octets[]) => Path} */
  const under = (constraint, ...names) => ({
    leaf: leaf({ extensions: ofLeaf(leafKey, middleKey, alternatives(...names)) }),
    others: [middle({ extensions: ofAuthority(middleKey, rootKey, { others: [constraint] }) })],
  })
  const flag = 'names'
  const inDomain = constraints([dns('example.com')])
  const hosts = accept('names-dns', 'a host below a permitted domain', under(inDomain, dns('host.example.com')))
  refuse(hosts, 'other', 'a host of another domain', flag, under(inDomain, dns('host.example.org')))
  refuse(hosts, 'suffix', 'a host that ends alike', flag, under(inDomain, dns('badexample.com')))
  refuse(
    hosts,
    'second',
    'a second host, of another domain',
    flag,
    under(inDomain, dns('host.example.com'), dns('example.org')),
  )
  refuse(hosts, 'wildcard', 'a wildcard of another domain', flag, under(inDomain, dns('*.example.org')))
  refuse(hosts, 'empty', 'an empty host', flag, under(inDomain, dns('')))
  refuse(hosts, 'dot', 'a host that ends with a dot', flag, under(inDomain, dns('host.example.com.')))
  refuse(
    hosts,
    'nul',
    'a host with a zero octet after the domain',
    flag,
    under(inDomain, dns('host.example.org\0.example.com')),
  )
  refuse(
    hosts,
    'space',
    'a host with a space in front of the domain',
    flag,
    under(inDomain, dns('evil.org .example.com')),
  )
  refuse(
    hosts,
    'not-critical',
    'constraints that are not critical',
    flag,
    under(constraints([dns('example.com')], [], false), dns('host.example.com')),
  )
  refuse(
    hosts,
    'dotted',
    'a permitted domain with a dot before it',
    flag,
    under(constraints([dns('.example.com')]), dns('host.example.com')),
  )
  refuse(
    hosts,
    'none',
    'constraints without a subtree',
    flag,
    under(constraints([]), dns('host.example.com')),
    'pki/structure',
  )
  refuse(
    hosts,
    'minimum',
    'a subtree with a minimum',
    flag,
    under(
      extension(
        EXTENSIONS.nameConstraints,
        sequence(explicit(0, sequence(dns('example.com'), value(0x80, Buffer.of(1))))),
        true,
      ),
      dns('host.example.com'),
    ),
    'pki/structure',
  )
  refuse(
    hosts,
    'form',
    'a subtree of registered identifiers, which is not supported',
    flag,
    under(constraints([dns('example.com'), value(0x88, Buffer.of(42))]), dns('host.example.com')),
  )
  const notThere = constraints([], [dns('secret.example.com')])
  const outside = accept('names-excluded', 'a host that is not excluded', under(notThere, dns('host.example.com')))
  refuse(outside, 'host', 'the excluded host', flag, under(notThere, dns('secret.example.com')))
  refuse(outside, 'below', 'a host below the excluded one', flag, under(notThere, dns('a.secret.example.com')))
  refuse(outside, 'case', 'the excluded host in capitals', flag, under(notThere, dns('SECRET.Example.COM')))
  refuse(outside, 'wildcard', 'a wildcard that has the excluded host', flag, under(notThere, dns('*.example.com')))
  const both = constraints([dns('example.com')], [dns('host.example.com')])
  refuse(hosts, 'both', 'a host that is permitted and excluded', flag, under(both, dns('host.example.com')))

  const mail = constraints([email('example.com')])
  const mails = accept('names-email', 'a mailbox of a permitted host', under(mail, email('alice@example.com')))
  refuse(mails, 'other', 'a mailbox of another host', flag, under(mail, email('alice@example.org')))
  refuse(mails, 'below', 'a mailbox of a host below', flag, under(mail, email('alice@mail.example.com')))
  refuse(mails, 'two-at', 'a mailbox with two @', flag, under(mail, email('alice@example.org@example.com')))
  refuse(mails, 'subject', 'a mailbox of another host in the subject', flag, {
    ...under(mail, dns('host.example.com')),
    leaf: leaf({
      subjectName: name('O=Example,CN=host,E=alice@example.org'),
      extensions: ofLeaf(leafKey, middleKey, alternatives(dns('host.example.com'))),
    }),
  })
  const address = constraints([email('alice@example.com')])
  const box = accept('names-mailbox', 'the permitted mailbox', under(address, email('alice@example.com')))
  refuse(box, 'case', 'a mailbox whose name is in capitals', flag, under(address, email('ALICE@example.com')))

  const web = constraints([uri('.example.com')])
  const uris = accept(
    'names-uri',
    'a URI of a host below a permitted domain',
    under(web, uri('https://host.example.com/path')),
  )
  refuse(uris, 'other', 'a URI of another host', flag, under(web, uri('https://host.example.org/host.example.com')))
  refuse(
    uris,
    'user',
    'a URI with the permitted host before an @',
    flag,
    under(web, uri('https://host.example.com@example.org/')),
  )
  refuse(uris, 'no-host', 'a URI without a host', flag, under(web, uri('urn:host.example.com')))
  refuse(uris, 'ip', 'a URI with an address', flag, under(web, uri('https://10.0.0.1/')))
  refuse(uris, 'domain', 'a URI of the domain itself', flag, under(web, uri('https://example.com/')))

  const net = constraints([ip(10, 1, 0, 0, 255, 255, 0, 0)])
  const addresses = accept('names-ip', 'an address of a permitted network', under(net, ip(10, 1, 2, 3)))
  refuse(addresses, 'other', 'an address of another network', flag, under(net, ip(10, 2, 2, 3)))
  refuse(
    addresses,
    'ipv6',
    'an address of version 6',
    flag,
    under(net, ip(10, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
  )
  refuse(addresses, 'length', 'an address of five octets', flag, under(net, ip(10, 1, 2, 3, 4)), 'pki/structure')
  refuse(
    addresses,
    'mask',
    'a mask with a gap',
    flag,
    under(constraints([ip(10, 1, 0, 0, 255, 0, 255, 0)]), ip(10, 1, 0, 3)),
    'pki/structure',
  )

  const within = constraints([directory('O=Example')])
  const directories = accept(
    'names-directory',
    'a subject within a permitted name',
    under(within, dns('host.example.com')),
  )
  refuse(
    directories,
    'number',
    'a permitted name that is a number',
    flag,
    under(constraints([value(0xa4, sequence(integer(1)))]), dns('host.example.com')),
    'pki/structure',
  )
  refuse(directories, 'other', 'a subject outside of it', flag, {
    ...under(within, dns('host.example.com')),
    leaf: leaf({ subjectName: name('O=Sample,CN=host') }),
  })
  refuse(
    directories,
    'alternative',
    'an alternative name outside of it',
    flag,
    under(within, directory('O=Sample,CN=host')),
  )
  refuse(directories, 'order', 'the permitted part at the end of the subject', flag, {
    ...under(within, dns('host.example.com')),
    leaf: leaf({ subjectName: name('CN=host,O=Example') }),
  })

  /** @type {(...names: Octets[]) => Path} */
  const underAnchor = (...names) => ({
    leaf: leaf({ extensions: ofLeaf(leafKey, middleKey, alternatives(...names)) }),
    anchors: [root({ extensions: ofAuthority(rootKey, rootKey, { others: [inDomain] }) })],
  })
  const anchored = accept('names-anchor', 'a host that the anchor permits', underAnchor(dns('host.example.com')))
  refuse(anchored, 'other', 'one that it does not permit', flag, underAnchor(dns('example.org')))
  const low = { subject: 'O=Example,CN=Low', key: otherKey }
  /** @type {(host: string) => Path} */
  const twoLevels = (host) => ({
    leaf: leaf({ extensions: ofLeaf(leafKey, low.key, alternatives(dns(host))) }, low),
    others: [
      middle({
        extensions: ofAuthority(middleKey, rootKey, { others: [constraints([dns('a.example'), dns('b.example')])] }),
      }),
      middle(
        {
          extensions: ofAuthority(low.key, middleKey, { others: [constraints([dns('b.example'), dns('c.example')])] }),
        },
        middleParty,
        low,
      ),
    ],
  })
  const levels = accept('names-two-levels', 'a host that both authorities permit', twoLevels('b.example'))
  refuse(levels, 'upper', 'one that only the upper permits', flag, twoLevels('a.example'))
  refuse(levels, 'lower', 'one that only the lower permits', flag, twoLevels('c.example'))
}

// ---- policies

{
  /** @type {(...list: string[]) => Octets} */
  const policies = (...list) =>
    extension(EXTENSIONS.certificatePolicies, sequence(...list.map((one) => sequence(oid(one)))))
  const required = extension(EXTENSIONS.policyConstraints, sequence(value(0x80, Buffer.of(0))), true)
  const anyPolicy = '2.5.29.32.0'
  /** @type {(above: Octets[], below: Octets[], options?: object) => Path} */
  const with2 = (above, below, options) => ({
    leaf: leaf({ extensions: [...ofLeaf(leafKey, middleKey), ...below] }),
    others: [middle({ extensions: ofAuthority(middleKey, rootKey, { others: above }) })],
    ...(options && { options }),
  })
  const flag = 'policies'
  const one = policies('1.2.3.4')
  const base = accept(
    'policies',
    'an authority that requires a policy, and an end entity that has it',
    with2([one, required], [one]),
  )
  refuse(base, 'none', 'an end entity without a policy', flag, with2([one, required], []))
  refuse(base, 'other', 'an end entity with another policy', flag, with2([one, required], [policies('1.2.3.5')]))
  refuse(base, 'middle-none', 'an authority without a policy that requires one', flag, with2([required], [one]))
  refuse(
    base,
    'twice',
    'a policy twice in one list',
    flag,
    with2([one, required], [policies('1.2.3.4', '1.2.3.4')]),
    'pki/structure',
  )
  refuse(base, 'empty', 'an empty list of policies', flag, with2([one, required], [policies()]), 'pki/structure')
  refuse(
    base,
    'constraints-empty',
    'constraints on policies that say nothing',
    flag,
    with2([one, extension(EXTENSIONS.policyConstraints, sequence(), true)], [one]),
    'pki/structure',
  )
  refuse(
    base,
    'constraints-negative',
    'a constraint of -1 certificates',
    flag,
    with2([one, extension(EXTENSIONS.policyConstraints, sequence(value(0x80, Buffer.of(0xff))), true)], [one]),
    'pki/structure',
  )
  const wanted = { policies: ['1.2.3.4'], requireExplicitPolicy: true }
  const asked = accept('policies-asked', 'a policy that the user asks for', with2([one], [one], wanted))
  refuse(asked, 'other', 'another policy', flag, with2([policies('1.2.3.5')], [policies('1.2.3.5')], wanted))
  refuse(asked, 'leaf-only', 'a policy that the authority has not', flag, with2([policies('1.2.3.5')], [one], wanted))
  const map = extension(EXTENSIONS.policyMappings, sequence(sequence(oid('1.2.3.4'), oid('1.2.3.9'))), true)
  const mapped = accept(
    'policies-mapped',
    'a policy that is mapped to another',
    with2([one, map], [policies('1.2.3.9')], wanted),
  )
  refuse(
    mapped,
    'inhibited',
    'a user who does not want mappings',
    flag,
    with2([one, map], [policies('1.2.3.9')], { ...wanted, inhibitPolicyMapping: true }),
  )
  refuse(mapped, 'unmapped', 'the policy that was mapped away', flag, with2([one, map], [one], wanted))
  refuse(
    mapped,
    'to-any',
    'a mapping to any policy',
    flag,
    with2(
      [one, extension(EXTENSIONS.policyMappings, sequence(sequence(oid('1.2.3.4'), oid(anyPolicy))), true)],
      [one],
      wanted,
    ),
  )
  refuse(
    mapped,
    'from-any',
    'a mapping of any policy',
    flag,
    with2(
      [
        policies(anyPolicy),
        extension(EXTENSIONS.policyMappings, sequence(sequence(oid(anyPolicy), oid('1.2.3.4'))), true),
      ],
      [one],
      wanted,
    ),
  )
  const any = accept('policies-any', 'an authority with any policy', with2([policies(anyPolicy)], [one], wanted))
  refuse(
    any,
    'inhibited',
    'a user for whom any policy does not count',
    flag,
    with2([policies(anyPolicy)], [one], { ...wanted, inhibitAnyPolicy: true }),
  )
}

// ---- revocation

{
  const rootList = crl({ issuer: rootParty })
  const middleList = crl({ issuer: middleParty })
  /** @type {(lists: Octets[], more?: Path) => Path} */
  const listed = (lists, more = {}) => ({ crls: lists, ...more })
  const good = accept(
    'crl',
    'CRLs of both authorities that name none of these certificates',
    listed([rootList, middleList]),
  )
  /** @type {(id: string, changed: string, middleCrl: Octets, code?: string) => void} */
  const no = (id, changed, middleCrl, code) =>
    refuse(good, id, changed, 'revocation', listed([rootList, middleCrl]), code)
  no('leaf', 'the end entity is revoked', crl({ issuer: middleParty, revoked: [serialOf('O=Example,CN=host')] }))
  refuse(
    good,
    'middle',
    'the middle is revoked',
    'revocation',
    listed([crl({ issuer: rootParty, revoked: [serialOf(middleParty.subject)] }), middleList]),
  )
  refuse(good, 'missing', 'no CRL of the middle', 'revocation', listed([rootList]))
  no(
    'stale',
    'a CRL of the middle that has ended',
    crl({ issuer: middleParty, thisUpdate: '2026-05-01T00:00:00Z', nextUpdate: '2026-05-31T23:59:59Z' }),
  )
  no('early', 'a CRL of the middle that begins later', crl({ issuer: middleParty, thisUpdate: '2026-06-01T00:00:01Z' }))
  no('endless', 'a CRL without an end', crl({ issuer: middleParty, nextUpdate: null }))
  no('flipped', 'a CRL with a changed signature', crl({ issuer: middleParty, signature: flipped }))
  no('other-key', 'a CRL by another key in the name of the middle', crl({ issuer: { ...middleParty, key: otherKey } }))
  no(
    'other-name',
    'a CRL by the key of the middle in another name',
    crl({ issuer: { ...middleParty, subject: 'O=Example,CN=Muddle' } }),
  )
  refuse(
    good,
    'cleared',
    'the end entity is revoked, and a CRL of an attacker that does not name it comes first',
    'revocation',
    listed([
      ...[rootList, crl({ issuer: { ...middleParty, key: otherKey } })],
      crl({ issuer: middleParty, revoked: [serialOf('O=Example,CN=host')] }),
    ]),
  )
  no(
    'critical',
    'a CRL with a critical extension that nobody knows',
    crl({
      issuer: middleParty,
      extensions: [extension(EXTENSIONS.crlNumber, integer(1)), extension('1.2.3.4', nullValue, true)],
    }),
  )
  no(
    'delta',
    'a CRL with changes only',
    crl({
      issuer: middleParty,
      extensions: [extension(EXTENSIONS.crlNumber, integer(2)), extension('2.5.29.27', integer(1), true)],
    }),
  )
  no('unnumbered', 'a CRL without a number', crl({ issuer: middleParty, extensions: [] }))
  no(
    'sha1',
    'a CRL signed with SHA-1',
    crl({
      issuer: {
        ...middleParty,
        key: signingWith(middleKey, sequence(oid(OIDS.ecdsaSha1)), (octets) =>
          middleKey.signHash(digest('sha1', octets)),
        ),
      },
    }),
  )
  no('trailing', 'an octet after the CRL', concat(middleList, Buffer.of(0)), 'pki/not-der')
  const noCrls = middle({
    extensions: ofAuthority(middleKey, rootKey, { usage: usage(bitString(Buffer.of(0x04), 2)) }),
  })
  refuse(
    good,
    'no-crl-sign',
    'an authority in the middle that may not sign CRLs',
    'revocation',
    listed([rootList, middleList], { others: [noCrls] }),
  )
}

// ---- signers of Issuer parameters

const signers = casesOf('signer')
{
  const PURPOSE = '2.25.80431215331923866204540506039740046950'
  const ECDSA = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256'
  /** @type {(changes?: Changes, more?: object) => object} */
  const signer = (changes = {}, more = {}) => {
    const certificateOf = leaf({
      extensions: [
        ...identifiers(leafKey, middleKey),
        usage(),
        purposes(PURPOSE),
        alternatives(uri('https://issuer.example')),
      ],
      ...changes,
    })
    const names = {
      certificate: named(certificates, 'signer', certificateOf),
      others: [named(certificates, 'middle', rightMiddle)],
    }
    return { ...names, anchors: [named(certificates, 'root', rightRoot)], at: AT, algorithm: ECDSA, ...more }
  }
  const right = signers.accept('signer', 'a certificate whose purpose is to sign Issuer parameters', signer())
  /** @type {(id: string, changed: string, flag: string, changes: Changes, more?: object) => void} */
  const no = (id, changed, flag, changes, more) =>
    signers.refuse(right, id, changed, flag, signer(changes, more), 'signer/none')
  const own = identifiers(leafKey, middleKey)
  no('no-purpose', 'no purpose', 'purpose', { extensions: [...own, usage()] })
  no('server', 'the purpose of servers', 'purpose', { extensions: [...own, usage(), purposes(SERVER)] })
  no('any', 'any purpose, which is not this one', 'purpose', { extensions: [...own, usage(), purposes(ANY)] })
  no('device', 'the purpose to sign Device parameters', 'purpose', {
    extensions: [...own, usage(), purposes('2.25.276210947154323492951890878943260482840')],
  })
  no('no-signing', 'keyUsage without digitalSignature', 'authority', {
    extensions: [...own, usage(bitString(Buffer.of(0x20), 5)), purposes(PURPOSE)],
  })
  no('authority', 'an authority with this purpose', 'authority', {
    extensions: ofAuthority(leafKey, middleKey, {
      usage: usage(bitString(Buffer.of(0x86), 1)),
      others: [purposes(PURPOSE)],
    }),
  })
  no('expired', 'a certificate that has ended', 'validity', { notAfter: '2026-05-31T23:59:59Z' })
  no('flipped', 'a changed signature', 'signature', { signature: flipped })
  no('no-middle', 'no certificate of the authority in the middle', 'issuer', {}, { others: [] })
  no(
    'anchor',
    'another anchor',
    'issuer',
    {},
    { anchors: [named(certificates, 'root', root({}, { ...rootParty, key: otherKey }))] },
  )
  no('rsa', 'an algorithm for RSA', 'algorithm', {}, { algorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256' })
  no(
    'sha1',
    'an algorithm with SHA-1',
    'algorithm',
    {},
    { algorithm: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1' },
  )
  no(
    'hmac',
    'HMAC, whose key would be the public one',
    'algorithm',
    {},
    { algorithm: 'http://www.w3.org/2000/09/xmldsig#hmac-sha1' },
  )
  const small = keys.rsaKey('small signer', 1024)
  const smallExtensions = [...identifiers(small, middleKey), usage(), purposes(PURPOSE)]
  no(
    'rsa-1024',
    'an RSA key of 1024 bits',
    'key',
    { key: small, extensions: smallExtensions },
    { algorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256' },
  )
  const zero = claiming(keys.rsaPublicKey(0n), leafKey)
  no(
    'rsa-zero',
    'an RSA modulus of 0',
    'key',
    { key: zero, extensions: [...identifiers(zero, middleKey), usage(), purposes(PURPOSE)] },
    { algorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256' },
  )
  const off = claiming(keys.ecPublicKey(OIDS.ec, OIDS.p256, flipped(leafKey.point)), leafKey)
  no('off-curve', 'a key off its curve', 'key', {
    key: off,
    extensions: [...identifiers(off, middleKey), usage(), purposes(PURPOSE)],
  })
}

writeCases(
  'paths.json',
  { source: 'scripts/vectors/negative-paths.mjs; keys are drawn from names, and protect nothing', certificates, crls },
  [paths, signers],
)
