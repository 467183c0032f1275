// `node scripts/vectors/negative-requests.mjs` writes vectors/negative/requests.json (`--check` compares it): requests for
// certificates in PKCS#10, CMS and CMC, and responses to them, each changed in one place. All is put together here, with keys
// drawn from names, so that nothing of the package computes what it is tested with.
import { p256 } from '@noble/curves/nist.js'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import * as asn1 from './parts/asn1.mjs'
import { casesOf, writeCases } from './parts/cases.mjs'
import { certificate, extension, EXTENSIONS, identifiers, keyIdentifier, USAGE } from './parts/certificates.mjs'
import * as keys from './parts/keys.mjs'

const { ascii, bitString, boolean, changedAt, concat, explicit, flipped, hex, integer } = asn1
const { name, nullValue, octetString, oid, sequence, set, unsortedSet, utf8, value, withPart } = asn1
const { claiming, digest, OIDS, signingWith } = keys

/** @typedef {import('./parts/asn1.mjs').Octets} Octets */
/** @typedef {import('./parts/keys.mjs').Key} Key */

const ec = keys.ecKey('request 2')
const other = keys.ecKey('another')
const oldKey = keys.ecKey('old')
const rsa = keys.rsaKey('rsa')
const authorityKey = keys.ecKey('authority')

/** What OpenSSL accepts: see `openssl` in vectors/negative/README.md. */
const acceptedByOpenssl = new Set(
  `cmc-archived-key cmc-as-data cmc-as-response cmc-by-number cmc-control-archival-hash cmc-control-archival-hashes
   cmc-control-attribute cmc-control-extension-reference cmc-control-extension-self cmc-control-extension-source
   cmc-control-extension-twice cmc-control-extension-two-controls cmc-control-identification cmc-control-identity-proof
   cmc-control-no-value cmc-control-on-behalf cmc-control-pair-bare cmc-control-pair-escape cmc-control-pair-in-two
   cmc-control-pair-twice cmc-control-pop-link cmc-control-reg-info-string cmc-control-two-values cmc-control-unknown cmc-crmf
   cmc-fifth cmc-foreign-request cmc-id-0 cmc-id-2-32 cmc-id-negative cmc-id-padded cmc-id-repeated cmc-id-twice cmc-indefinite
   cmc-inner-digest cmc-inner-signature cmc-nested cmc-nested-alone cmc-no-attributes cmc-no-lists cmc-no-request
   cmc-other-message cmc-other-request cmc-pair-in-both cmc-renewal-new-only cmc-renewal-new-twice cmc-renewal-old-only
   cmc-renewal-third cmc-request-sequence cmc-request-trailing cmc-second-signer cmc-trailing cmc-two-requests cmc-type-data
   cms-archival cms-attributes-as-content cms-attributes-type-other cms-attributes-type-string cms-certificate-kind
   cms-content-empty cms-content-in-parts cms-content-nested cms-content-pem cms-content-text cms-content-trailing
   cms-digest-parameters cms-indefinite cms-inner-digest cms-inner-signature cms-long-length cms-on-behalf cms-signature-rsa
   cms-signature-sha384 cms-signature-unknown cms-signer-twice cms-signer-version-1 cms-signer-version-3 cms-trailing
   cms-two-signers cms-type-unknown cms-version-0 cms-version-4 cms-version-negative csr-algorithm-null csr-algorithm-sha1
   csr-critical-1 csr-dsa-key-y-negated csr-dsa-key-y-plus-p csr-dsa-null csr-extension-in-both csr-extension-no-octets
   csr-extension-twice csr-extensions-none csr-extensions-twice csr-extensions-two csr-high-tag csr-indefinite csr-key-compressed
   csr-key-hybrid csr-length-5 csr-long-length csr-on-behalf csr-on-behalf-case csr-pair-twice csr-renewal csr-rsa-key-1024
   csr-rsa-key-negative csr-rsa-key-padded csr-rsa-key-parameters csr-rsa-key-trailing csr-rsa-parameters-octets
   csr-subject-empty-set csr-template-number csr-trailing csr-twice csr-version-1 csr-version-2-32 csr-version-minus-1
   renewal-altered-certificate renewal-new-signer renewal-two-certificates response-altered-certificate response-as-request
   response-body-trailing response-denied-with-certificate response-no-attributes response-no-certificate response-no-hash
   response-no-status response-other-certificate response-other-signer response-pending-time response-self-signed
   response-status-negative response-status-unknown response-trailing response-two-signers response-two-statuses
   response-type-data`.split(/\s+/),
)

/** @type {(id: string) => { openssl: string }} */
const verdict = (id) => ({ openssl: acceptedByOpenssl.has(id) ? 'accepts' : 'refuses' })

// ---- PKCS#10

const requests = casesOf('request')

const ATTRIBUTES = {
  extensionRequest: '1.2.840.113549.1.9.14',
  certificateExtensions: '1.3.6.1.4.1.311.2.1.14',
  renewalCertificate: '1.3.6.1.4.1.311.13.1',
  pairs: '1.3.6.1.4.1.311.13.2.1',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  archivedKey: '1.3.6.1.4.1.311.21.13',
  template: '1.3.6.1.4.1.311.21.7',
}

/** @type {(type: string, ...values: Octets[]) => Octets} */
const attribute = (type, ...values) => sequence(oid(type), set(...values))

/** Another attribute. */
const usageAttribute = attribute('1.2.840.113549.1.9.7', utf8('challenge'))
const san = extension(EXTENSIONS.subjectAltName, sequence(value(0x82, ascii('host.example.com'))))

/**
 * @typedef {object} RequestOptions
 * @property {Key} [key]
 * @property {Octets} [version]
 * @property {Octets} [subject]
 * @property {readonly Octets[]} [attributes]
 * @property {(signature: Octets) => Octets} [signature]
 * @property {(info: Octets) => Octets} [info] what becomes of the signed part, after it was signed
 */

/** @type {(options?: RequestOptions) => Octets} */
function pkcs10({ key = ec, version = integer(0), subject = name('CN=alice,O=Example'), ...options } = {}) {
  const { attributes = [attribute(ATTRIBUTES.extensionRequest, sequence(san))], signature, info: change } = options
  const info = sequence(version, subject, key.publicKey, explicit(0, ...attributes))
  const signed = key.sign(info)
  return sequence(change?.(info) ?? info, key.algorithm, bitString(signature?.(signed) ?? signed))
}

const infoOf = (/** @type {Octets} */ request) => asn1.partsOf(request)[0] ?? request

/** @type {(control: string, id: string, changed: string, flag: string, octets: Uint8Array, code: string) => void} */
function refuse(control, id, changed, flag, octets, code) {
  requests.refuse(
    control,
    id,
    changed,
    flag,
    { octets: Buffer.from(octets).toString('hex') },
    code,
    verdict(`${control}-${id}`),
  )
}
/** @type {(id: string, what: string, octets: Uint8Array, more?: object) => string} */
const accept = (id, what, octets, more = {}) =>
  requests.accept(id, what, { octets: Buffer.from(octets).toString('hex') }, { openssl: 'accepts', ...more })

const csr = accept('csr', 'a PKCS#10 with an ECDSA key on P-256', pkcs10())
{
  const right = pkcs10()
  /** @type {(id: string, changed: string, octets: Uint8Array) => void} */
  const notDer = (id, changed, octets) => refuse(csr, id, changed, 'der', octets, 'pki/not-der')
  notDer('empty', 'no octets', Buffer.alloc(0))
  notDer('trailing', 'an octet after it', concat(right, Buffer.of(0)))
  notDer('twice', 'the request twice', concat(right, right))
  notDer('short', 'the last octet missing', right.subarray(0, -1))
  notDer('tag-alone', 'a tag without a length', Buffer.of(0x30))
  notDer('long-length', 'the outer length in five octets', asn1.longLength(right))
  notDer('indefinite', 'an indefinite outer length', asn1.indefinite(right))
  notDer('info-long-length', 'the length of the signed part in five octets', changedAt(right, [0], asn1.longLength))
  notDer(
    'length-beyond',
    'a length of 2^32 - 1',
    concat(Buffer.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff), right.subarray(4)),
  )
  notDer(
    'length-5',
    'a length in six octets',
    concat(hex('308500'), hex(right.subarray(4).length.toString(16).padStart(8, '0')), right.subarray(4)),
  )
  notDer('high-tag', 'a tag in two octets', concat(hex('3f10'), right.subarray(1)))
  notDer(
    'primitive',
    'a SEQUENCE that is primitive',
    changedAt(right, [0, 1], (part) => concat(Buffer.of(0x10), part.subarray(1))),
  )
  notDer('version-padded', 'a version of two octets, 0000', pkcs10({ version: hex('02020000') }))
  notDer('version-empty', 'a version without octets', pkcs10({ version: hex('0200') }))
  notDer(
    'signature-unused-bits',
    'the signature with 4 unused bits, none of them 0',
    changedAt(right, [2], (part) => concat(part.subarray(0, 2), Buffer.of(4), part.subarray(3, -1), Buffer.of(0xff))),
  )
  notDer(
    'signature-bits-8',
    'the signature with 8 unused bits',
    changedAt(right, [2], (part) => concat(part.subarray(0, 2), Buffer.of(8), part.subarray(3))),
  )
  notDer(
    'subject-utf8',
    'a subject that is no UTF-8',
    pkcs10({ subject: sequence(set(sequence(oid('2.5.4.3'), value(0x0c, hex('c080'))))) }),
  )
  notDer(
    'oid-padded',
    'an identifier with a padded arc',
    changedAt(right, [1], () => sequence(value(6, hex('2a8648ce3d80040302')))),
  )
  notDer(
    'critical-1',
    'a BOOLEAN of 01',
    pkcs10({
      attributes: [
        attribute(
          ATTRIBUTES.extensionRequest,
          sequence(sequence(oid(EXTENSIONS.keyUsage), hex('010101'), octetString(USAGE.signs))),
        ),
      ],
    }),
  )

  /** @type {(id: string, changed: string, octets: Uint8Array, code?: string) => void} */
  const structure = (id, changed, octets, code = 'pki/structure') => refuse(csr, id, changed, 'structure', octets, code)
  structure('set', 'a SET outside', concat(Buffer.of(0x31), right.subarray(1)))
  structure('no-signature', 'no signature', withPart(right, 2))
  structure('no-algorithm', 'no signature algorithm', withPart(right, 1))
  structure('fourth', 'a fourth part', sequence(...asn1.partsOf(right), nullValue))
  structure(
    'no-subject',
    'no subject',
    changedAt(right, [0], (info) => withPart(info, 1)),
  )
  structure(
    'no-key',
    'no key',
    changedAt(right, [0], (info) => withPart(info, 2)),
  )
  structure(
    'attributes-twice',
    'two lists of attributes',
    pkcs10({ info: (info) => sequence(...asn1.partsOf(info), explicit(0)) }),
  )
  structure(
    'attributes-set',
    'a SET of attributes without its tag',
    changedAt(right, [0, 3], (part) => concat(Buffer.of(0x31), part.subarray(1))),
  )
  structure('version-1', 'version 1', pkcs10({ version: integer(1) }), 'pki/request-version')
  structure('version-minus-1', 'version -1', pkcs10({ version: hex('0201ff') }))
  structure('version-2-32', 'version 2^32', pkcs10({ version: integer(2n ** 32n) }))
  structure(
    'attribute-no-set',
    'an attribute whose value stands outside of a SET',
    pkcs10({ attributes: [sequence(oid(ATTRIBUTES.extensionRequest), sequence(san))] }),
  )
  structure(
    'attribute-three',
    'an attribute with a third part',
    pkcs10({ attributes: [sequence(oid(ATTRIBUTES.extensionRequest), set(sequence(san)), nullValue)] }),
  )
  structure(
    'attribute-string',
    'an attribute whose type is an OCTET STRING',
    pkcs10({ attributes: [sequence(octetString(Buffer.of(1)), set(nullValue))] }),
  )
  structure(
    'extension-no-octets',
    'an extension whose value is no OCTET STRING',
    pkcs10({
      attributes: [attribute(ATTRIBUTES.extensionRequest, sequence(sequence(oid(EXTENSIONS.keyUsage), USAGE.signs)))],
    }),
  )
  structure(
    'template-number',
    'a template that is named by a number',
    pkcs10({
      attributes: [
        attribute(ATTRIBUTES.extensionRequest, sequence(extension(ATTRIBUTES.template, sequence(integer(1))))),
      ],
    }),
  )

  /** @type {(id: string, changed: string, ...rdns: Octets[]) => void} */
  const subject = (id, changed, ...rdns) =>
    structure(`subject-${id}`, `a subject ${changed}`, pkcs10({ subject: sequence(...rdns) }))
  const commonName = oid('2.5.4.3')
  subject('number', 'that is a number', integer(1))
  subject('empty-set', 'with an empty SET', value(0x31))
  subject('no-set', 'whose attribute stands outside of a SET', sequence(commonName, utf8('alice')))
  subject('no-value', 'whose attribute has no value', asn1.set(sequence(commonName)))
  subject('two-values', 'whose attribute has two values', asn1.set(sequence(commonName, utf8('alice'), utf8('root'))))
  subject('type', 'whose attribute is named by a string', asn1.set(sequence(utf8('CN'), utf8('alice'))))

  /** @type {(id: string, changed: string, attributes: Octets[], code: string) => void} */
  const repeated = (id, changed, attributes, code) => refuse(csr, id, changed, 'repeated', pkcs10({ attributes }), code)
  const requested = attribute(ATTRIBUTES.extensionRequest, sequence(san))
  const usage = extension(EXTENSIONS.keyUsage, USAGE.signs, true)
  repeated('extensions-twice', 'extensionRequest twice', [requested, requested], 'pki/duplicate')
  repeated(
    'extensions-two',
    'extensionRequest with two values',
    [attribute(ATTRIBUTES.extensionRequest, sequence(san), sequence(usage))],
    'pki/duplicate',
  )
  repeated('extensions-none', 'extensionRequest without a value', [attribute(ATTRIBUTES.extensionRequest)], 'pki/empty')
  repeated(
    'extension-twice',
    'an extension twice in one list',
    [attribute(ATTRIBUTES.extensionRequest, sequence(san, san))],
    'pki/duplicate',
  )
  repeated(
    'extension-in-both',
    "an extension in extensionRequest, and in Microsoft's attribute too",
    [requested, attribute(ATTRIBUTES.certificateExtensions, sequence(san))],
    'pki/duplicate',
  )
  const pair = (/** @type {string} */ first, /** @type {string} */ second) => sequence(bmp(first), bmp(second))
  repeated(
    'pair-twice',
    'a name-value pair twice',
    [attribute(ATTRIBUTES.pairs, pair('CertificateTemplate', 'User'), pair('CertificateTemplate', 'Machine'))],
    'pki/pairs',
  )

  const authority = 'authority'
  refuse(
    csr,
    'on-behalf',
    'a request on behalf of another, by RequesterName',
    authority,
    pkcs10({ attributes: [attribute(ATTRIBUTES.pairs, pair('RequesterName', 'EXAMPLE\\bob'))] }),
    'pki/on-behalf',
  )
  refuse(
    csr,
    'on-behalf-case',
    'the same in other letters',
    authority,
    pkcs10({ attributes: [attribute(ATTRIBUTES.pairs, pair('requesterNAME', 'EXAMPLE\\bob'))] }),
    'pki/on-behalf',
  )
  refuse(
    csr,
    'renewal',
    'a certificate to renew, in a request that its key did not sign',
    authority,
    pkcs10({ attributes: [attribute(ATTRIBUTES.renewalCertificate, oldCertificate())] }),
    'pki/renewal-unsigned',
  )

  // Proof of possession.
  /** @type {(id: string, changed: string, octets: Octets, code?: string) => void} */
  const possession = (id, changed, octets, code = 'pki/signature') =>
    refuse(csr, id, changed, 'possession', octets, code)
  possession('other-key', 'signed by another key', pkcs10({ key: claiming(ec.publicKey, other) }))
  possession(
    'other-public-key',
    "another's public key put in after signing",
    changedAt(right, [0, 2], () => other.publicKey),
  )
  possession(
    'subject-after',
    'another subject put in after signing',
    changedAt(right, [0, 1], () => name('CN=mallory,O=Example')),
  )
  possession(
    'attribute-after',
    'an attribute added after signing',
    pkcs10({ info: (info) => changedAt(info, [3], (list) => value(0xa0, ...asn1.partsOf(list), usageAttribute)) }),
  )
  possession(
    'attribute-removed',
    'its attribute taken out after signing',
    pkcs10({ info: (info) => withPart(info, 3, explicit(0)) }),
  )
  possession(
    'signature-of-another',
    'the signature of another request by the same key',
    changedAt(right, [2], () => asn1.partsOf(pkcs10({ subject: name('CN=bob') }))[2] ?? right),
  )
  possession(
    'digest',
    'a digest in place of the signature',
    pkcs10({ key: signingWith(ec, sequence(oid(OIDS.sha256)), (octets) => digest('sha256', octets)) }),
    'pki/null-signature',
  )
  possession(
    'whole',
    'the signature made over a request without its outer SEQUENCE tag',
    pkcs10({ key: signingWith(ec, ec.algorithm, (octets) => ec.sign(asn1.contentsOf(octets))) }),
  )

  for (const [id, what, octets, flag] of keys.ecdsaChanges(ec.sign(infoOf(right)), ec.order)) {
    refuse(
      csr,
      `signature-${id}`,
      `the signature: ${what}`,
      flag,
      changedAt(right, [2], () => bitString(octets)),
      'pki/signature',
    )
  }
  const [r, s] = keys.numbersIn(ec.sign(infoOf(right)))
  accept(
    'csr-s-negated',
    'the same signature with s replaced by its negative: ECDSA signatures have two forms',
    changedAt(right, [2], () => bitString(sequence(integer(r), integer(ec.order - s)))),
  )

  /** @type {(id: string, changed: string, key: Key, code: string) => void} */
  const algorithm = (id, changed, key, code) =>
    refuse(csr, `algorithm-${id}`, changed, 'algorithm', pkcs10({ key }), code)
  algorithm(
    'sha1',
    'signed with SHA-1',
    signingWith(ec, sequence(oid(OIDS.ecdsaSha1)), (octets) => ec.signHash(digest('sha1', octets))),
    'pki/algorithm',
  )
  algorithm(
    'sha384',
    'a signature with SHA-256 that is said to be one with SHA-384',
    signingWith(ec, sequence(oid(OIDS.ecdsaSha384))),
    'pki/signature',
  )
  algorithm('rsa', 'said to be a signature of RSA', signingWith(ec, rsa.algorithm), 'pki/signature')
  algorithm(
    'null',
    'NULL parameters, which ECDSA has not',
    signingWith(ec, sequence(oid(OIDS.ecdsaSha256), nullValue)),
    'pki/algorithm-parameters',
  )
  algorithm('unknown', 'an unknown algorithm', signingWith(ec, sequence(oid('1.2.3.4'))), 'pki/algorithm')
  algorithm(
    'key',
    'the algorithm of the key in place of one for signatures',
    signingWith(ec, sequence(oid(OIDS.ec), oid(OIDS.p256))),
    'pki/algorithm',
  )
  algorithm(
    'ed25519',
    'said to be a signature of Ed25519',
    signingWith(ec, sequence(oid(OIDS.ed25519))),
    'pki/algorithm',
  )

  // The key.
  /** @type {(id: string, changed: string, publicKey: Uint8Array, code: string, flag?: string) => void} */
  const key = (id, changed, publicKey, code, flag = 'key') =>
    refuse(csr, `key-${id}`, changed, flag, pkcs10({ key: claiming(publicKey, ec) }), code)
  const { point } = ec
  /** @type {(encoded: Uint8Array, curve?: string) => Octets} */
  const onCurve = (encoded, curve = OIDS.p256) => keys.ecPublicKey(OIDS.ec, curve, encoded)
  const y = keys.toNumber(point.subarray(33))
  key(
    'compressed',
    'the right point, compressed',
    onCurve(concat(Buffer.of(2 + Number(y & 1n)), point.subarray(1, 33))),
    'pki/ec-compressed',
  )
  key(
    'hybrid',
    'the right point in the hybrid form',
    onCurve(concat(Buffer.of(6 + Number(y & 1n)), point.subarray(1))),
    'pki/ec-compressed',
  )
  key('infinity', 'the point at infinity', onCurve(Buffer.of(0)), 'pki/ec-compressed')
  key('off-curve', 'y with another last bit: off the curve', onCurve(flipped(point)), 'pki/ec-point')
  key('zero', 'the coordinates 0 and 0: off the curve', onCurve(concat(Buffer.of(4), Buffer.alloc(64))), 'pki/ec-point')
  const { p } = p256.Point.CURVE()
  key(
    'x-plus-p',
    'x and y all ones, above the prime',
    onCurve(concat(Buffer.of(4), Buffer.alloc(64, 0xff))),
    'pki/ec-point',
  )
  key('y-is-p', 'y equal to the prime', onCurve(concat(point.subarray(0, 33), keys.toOctets(p, 32))), 'pki/ec-point')
  key('short', 'a coordinate an octet short', onCurve(point.subarray(0, -1)), 'pki/ec-compressed')
  key('long', 'an octet after the point', onCurve(concat(point, Buffer.of(0))), 'pki/ec-compressed')
  key('other-curve', 'the point of P-256 said to be one of P-384', onCurve(point, OIDS.p384), 'pki/ec-compressed')
  key('secp256k1', 'the curve secp256k1', onCurve(point, OIDS.secp256k1), 'pki/ec-curve', 'algorithm')
  key('p224', 'the curve P-224', onCurve(point.subarray(0, 57), OIDS.p224), 'pki/ec-curve', 'algorithm')
  key('brainpool', 'the curve brainpoolP256r1', onCurve(point, OIDS.brainpool), 'pki/ec-curve', 'algorithm')
  key(
    'explicit',
    'explicit parameters in place of the name of the curve',
    sequence(
      sequence(oid(OIDS.ec), sequence(integer(1), sequence(oid('1.2.840.10045.1.1'), integer(p)))),
      bitString(point),
    ),
    'pki/ec-curve',
  )
  key('no-curve', 'no parameters', sequence(sequence(oid(OIDS.ec)), bitString(point)), 'pki/not-der')
  key(
    'ed25519',
    'a key of Ed25519',
    sequence(sequence(oid(OIDS.ed25519)), bitString(point.subarray(1, 33))),
    'pki/key-type',
    'algorithm',
  )
  key(
    'unused-bits',
    'a key with unused bits',
    sequence(sequence(oid(OIDS.ec), oid(OIDS.p256)), bitString(concat(point.subarray(0, -1), Buffer.of(0)), 1)),
    'pki/not-der',
  )
  key(
    'trailing',
    'a third part after the key',
    sequence(sequence(oid(OIDS.ec), oid(OIDS.p256)), bitString(point), nullValue),
    'pki/structure',
  )
}

/** @type {(text: string) => Octets} */
function bmp(text) {
  return value(0x1e, Buffer.from(text, 'utf16le').swap16())
}

const csrRsa = accept('csr-rsa', 'a PKCS#10 with an RSA key of 2048 bits', pkcs10({ key: rsa }))
{
  const right = pkcs10({ key: rsa })
  for (const [id, what, octets, flag] of keys.rsaChanges(rsa, infoOf(right)))
    refuse(
      csrRsa,
      `signature-${id}`,
      `the signature: ${what}`,
      flag,
      changedAt(right, [2], () => bitString(octets)),
      'pki/signature',
    )

  accept(
    'csr-rsa-no-null',
    'the signature algorithm without NULL, which RFC 4055 has readers accept',
    pkcs10({ key: signingWith(rsa, sequence(oid(OIDS.rsaSha256))) }),
  )
  /** @type {(id: string, changed: string, parameters: Octets[], code: string) => void} */
  const parameters = (id, changed, given, code) =>
    refuse(
      csrRsa,
      `parameters-${id}`,
      changed,
      'algorithm',
      pkcs10({ key: signingWith(rsa, sequence(...given)) }),
      code,
    )
  parameters(
    'octets',
    'parameters that are an OCTET STRING',
    [oid(OIDS.rsaSha256), octetString(Buffer.alloc(8))],
    'pki/algorithm-parameters',
  )
  parameters('md5', 'said to be a signature with MD5', [oid(OIDS.rsaMd5), nullValue], 'pki/algorithm')
  parameters('sha512', 'said to be a signature with SHA-512', [oid(OIDS.rsaSha512), nullValue], 'pki/signature')
  parameters(
    'rsa',
    'rsaEncryption in place of an algorithm for signatures',
    [oid(OIDS.rsa), nullValue],
    'pki/algorithm',
  )
  // PSS without salt, so that the signature is the same each time.
  const hashed = sequence(oid(OIDS.sha256), nullValue)
  const mask = sequence(oid('1.2.840.113549.1.1.8'), hashed)
  /** @type {(...parts: Octets[]) => Octets} */
  const pss = (...parts) => sequence(oid(OIDS.pss), sequence(...parts))
  /** @type {(...parts: Octets[]) => Octets} */
  const withPss = (...parts) => pkcs10({ key: signingWith(rsa, pss(...parts), rsa.signPss) })
  const [withHash, withMask, noSalt] = [explicit(0, hashed), explicit(1, mask), explicit(2, integer(0))]
  const csrPss = accept('csr-pss', 'a signature of RSA-PSS without salt', withPss(withHash, withMask, noSalt))
  /** @type {(id: string, changed: string, parts: Octets[], code: string) => void} */
  const wrongPss = (id, changed, parts, code) => refuse(csrPss, id, changed, 'algorithm', withPss(...parts), code)
  wrongPss(
    'salt-32',
    'said to have a salt of 32 octets',
    [withHash, withMask, explicit(2, integer(32))],
    'pki/signature',
  )
  wrongPss('salt-default', 'no word of the salt, which is then one of 20 octets', [withHash, withMask], 'pki/signature')
  wrongPss(
    'salt-negative',
    'a salt of -1 octets',
    [withHash, withMask, explicit(2, hex('0201ff'))],
    'pki/algorithm-parameters',
  )
  wrongPss('trailer-2', 'another trailer', [withHash, withMask, noSalt, explicit(3, integer(2))], 'pki/algorithm')
  wrongPss('mask-sha1', 'no word of the mask, which is then made with SHA-1', [withHash, noSalt], 'pki/algorithm')
  wrongPss('no-parameters', 'empty parameters, which mean SHA-1', [], 'pki/algorithm')
  wrongPss(
    'fifth',
    'a fifth parameter',
    [withHash, withMask, noSalt, explicit(4, integer(0))],
    'pki/algorithm-parameters',
  )
  refuse(
    csrPss,
    'pkcs1',
    'said to be PKCS #1 v1.5',
    'algorithm',
    pkcs10({ key: signingWith(rsa, rsa.algorithm, rsa.signPss) }),
    'pki/signature',
  )
  refuse(
    csrPss,
    'as-pss',
    'a signature of PKCS #1 v1.5, said to be PSS',
    'algorithm',
    pkcs10({ key: signingWith(rsa, pss(withHash, withMask, noSalt)) }),
    'pki/signature',
  )

  // The key. The signature is by another one: what is wrong with the key comes first.
  /** @type {(id: string, changed: string, publicKey: Octets, code: string, flag?: string) => void} */
  const key = (id, changed, publicKey, code, flag = 'key') =>
    refuse(csrRsa, `key-${id}`, changed, flag, pkcs10({ key: claiming(publicKey, rsa) }), code)
  const { n } = rsa
  const small = keys.rsaKey('small', 1024)
  refuse(
    csrRsa,
    'key-1024',
    'a key of 1024 bits, which signed the request',
    'key',
    pkcs10({ key: small }),
    'pki/rsa-too-small',
  )
  key('512', 'a modulus of 512 bits', keys.rsaPublicKey((n >> 1536n) | 1n), 'pki/rsa-too-small')
  key('even', 'an even modulus', keys.rsaPublicKey(n - 1n), 'pki/rsa-even')
  key('zero', 'a modulus of 0', keys.rsaPublicKey(0n), 'pki/rsa-even')
  key('huge', 'a modulus of 16,384 bits', keys.rsaPublicKey((1n << 16383n) | 1n), 'pki/rsa-too-large')
  key('exponent-1', 'the exponent 1', keys.rsaPublicKey(n, 1n), 'pki/rsa-exponent')
  key('exponent-0', 'the exponent 0', keys.rsaPublicKey(n, 0n), 'pki/rsa-exponent')
  key('exponent-even', 'the exponent 65536', keys.rsaPublicKey(n, 65536n), 'pki/rsa-exponent')
  key('exponent-long', 'an exponent as long as the modulus', keys.rsaPublicKey(n, n - 2n), 'pki/rsa-exponent')
  key('factor-3', 'a modulus that 3 divides', keys.rsaPublicKey(divisibleBy3(n)), 'pki/rsa-small-factor')
  key('square', 'the square of a number', keys.rsaPublicKey(squareNear(n)), 'pki/rsa-close-primes')
  key('roca', 'a modulus with the fingerprint of CVE-2017-15361', keys.rsaPublicKey(rocaModulus()), 'pki/rsa-roca')
  const parts = (/** @type {Octets[]} */ ...numbers) =>
    sequence(sequence(oid(OIDS.rsa), nullValue), bitString(sequence(...numbers)))
  const exponent = integer(65537)
  key(
    'negative',
    'a negative modulus: its sign octet left out',
    parts(value(2, keys.toOctets(n, 256)), exponent),
    'pki/structure',
    'der',
  )
  key(
    'padded',
    'a modulus with a zero octet more',
    parts(value(2, Buffer.alloc(2), keys.toOctets(n, 256)), exponent),
    'pki/not-der',
    'der',
  )
  key('no-exponent', 'no exponent', parts(integer(n)), 'pki/structure', 'structure')
  key('third-number', 'a third number', parts(integer(n), exponent, integer(0)), 'pki/structure', 'structure')
  key(
    'parameters',
    'parameters that are no NULL',
    sequence(sequence(oid(OIDS.rsa), sequence()), bitString(sequence(integer(n), exponent))),
    'pki/structure',
    'structure',
  )
  key(
    'trailing',
    'an octet after the key',
    sequence(sequence(oid(OIDS.rsa), nullValue), bitString(concat(sequence(integer(n), exponent), Buffer.of(0)))),
    'pki/not-der',
    'der',
  )
}

/** @type {(n: bigint) => bigint} */
function divisibleBy3(n) {
  let odd = n
  while (odd % 3n !== 0n || odd % 2n === 0n) odd += 1n
  return odd
}

/** @type {(n: bigint) => bigint} */
function squareNear(n) {
  let root = 1n << 1024n
  for (let next = (root + n / root) >> 1n; next < root; next = (root + n / root) >> 1n) root = next
  const primorial = smallPrimes(65536).reduce((product, prime) => product * BigInt(prime), 1n)
  for (root |= 1n; ; root += 2n) if (greatestDivisor(root, primorial) === 1n) return root * root
}

/** @type {(a: bigint, b: bigint) => bigint} */
function greatestDivisor(a, b) {
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

/** @type {(limit: number) => number[]} */
function smallPrimes(limit) {
  const found = []
  const composite = new Uint8Array(limit)
  for (let i = 2; i < limit; i++) {
    if (composite[i] === 1) continue
    found.push(i)
    for (let multiple = i * i; multiple < limit; multiple += i) composite[multiple] = 1
  }
  return found
}

/**
 * A number of 2048 bits that is 65537 to some power modulo the product of the primes up to 167, and has no small factor.
 * @returns {bigint}
 */
function rocaModulus() {
  const product = smallPrimes(168).reduce((all, prime) => all * BigInt(prime), 1n)
  const primorial = smallPrimes(65536).reduce((all, prime) => all * BigInt(prime), 1n)
  const residue = 65537n ** 5n % product
  let modulus = ((1n << 2047n) / product + 1n) * product + residue
  while (greatestDivisor(modulus, primorial) !== 1n) modulus += product
  return modulus
}

// ---- DSA

{
  const { p, q, g } = L2048N256
  /** @type {(base: bigint, exponent: bigint, modulus?: bigint) => bigint} */
  const power = (base, exponent, modulus = p) => {
    let result = 1n
    for (const bit of exponent.toString(2)) {
      result = (result * result) % modulus
      if (bit === '1') result = (result * base) % modulus
    }
    return result
  }
  const x = keys.toNumber(keys.stretched('dsa', 32)) % q
  const y = power(g, x)
  /** @type {(r: bigint, s: bigint) => Octets} */
  const numbers = (r, s) => sequence(integer(r), integer(s))
  /** @type {(octets: Uint8Array) => [r: bigint, s: bigint]} */
  const signed = (octets) => {
    const k = keys.toNumber(digest('sha256', Buffer.from('dsa nonce'), octets)) % q
    const r = power(g, k) % q
    return [r, (power(k, q - 2n, q) * (keys.toNumber(digest('sha256', octets)) + x * r)) % q]
  }
  /** @type {(y: bigint, group?: bigint[]) => Octets} */
  const publicKey = (number, group = [p, q, g]) =>
    sequence(sequence(oid(OIDS.dsa), sequence(...group.map(integer))), bitString(integer(number)))
  const algorithm = sequence(oid(OIDS.dsaSha256))
  /** @type {Key} */
  const dsa = { publicKey: publicKey(y), algorithm, sign: (octets) => numbers(...signed(octets)) }
  const right = pkcs10({ key: dsa })
  const csrDsa = accept('csr-dsa', 'a PKCS#10 with a DSA key in the group L2048N256', right)
  const [r, s] = signed(infoOf(right))
  /** @type {(id: string, changed: string, flag: string, octets: Uint8Array) => void} */
  const signature = (id, changed, flag, octets) =>
    refuse(
      csrDsa,
      `signature-${id}`,
      `the signature: ${changed}`,
      flag,
      changedAt(right, [2], () => bitString(octets)),
      'pki/signature',
    )
  signature('zeros', 'r and s 0', 'range', numbers(0n, 0n))
  signature('r-zero', 'r 0', 'range', numbers(0n, s))
  signature('s-zero', 's 0', 'range', numbers(r, 0n))
  signature('r-q', 'r q', 'range', numbers(q, s))
  signature('s-q', 's q', 'range', numbers(r, q))
  signature('r-plus-q', 'r and q more, which is r modulo q', 'range', numbers(r + q, s))
  signature('s-plus-q', 's and q more', 'range', numbers(r, s + q))
  signature('r-p', 'r p', 'range', numbers(p, s))
  signature('r-one', 'r 1', 'wrong', numbers(1n, s))
  signature('s-one', 's 1', 'wrong', numbers(r, 1n))
  signature('s-negated', 's replaced by its negative, which serves ECDSA only', 'wrong', numbers(r, q - s))
  signature('r-negated', 'r replaced by its negative', 'wrong', numbers(q - r, s))
  signature('swapped', 'r and s swapped', 'swapped', numbers(s, r))
  signature('r-y', 'r y modulo q, and s r: valid for the digest 0', 'wrong', numbers(y % q, y % q))
  signature('plain', 'r and s side by side', 'encoding', concat(keys.toOctets(r, 32), keys.toOctets(s, 32)))
  signature('trailing', 'an octet after it', 'encoding', concat(numbers(r, s), Buffer.of(0)))
  signature('r-padded', 'r with a zero octet more', 'encoding', sequence(value(2, keys.toOctets(r, 34)), integer(s)))
  signature('three', 'a third INTEGER', 'structure', sequence(integer(r), integer(s), integer(0)))
  refuse(
    csrDsa,
    'sha1',
    'said to be a signature with SHA-1',
    'algorithm',
    pkcs10({ key: { ...dsa, algorithm: sequence(oid(OIDS.dsaSha1)) } }),
    'pki/algorithm',
  )
  refuse(
    csrDsa,
    'sha384',
    'said to be a signature with SHA-384',
    'algorithm',
    pkcs10({ key: { ...dsa, algorithm: sequence(oid(OIDS.dsaSha384)) } }),
    'pki/signature',
  )
  refuse(
    csrDsa,
    'null',
    'NULL parameters of the signature, which DSA has not',
    'algorithm',
    pkcs10({ key: { ...dsa, algorithm: sequence(oid(OIDS.dsaSha256), nullValue) } }),
    'pki/algorithm-parameters',
  )
  refuse(
    csrDsa,
    'other-key',
    'signed by another key',
    'possession',
    pkcs10({ key: { ...dsa, publicKey: publicKey((y * g) % p) } }),
    'pki/signature',
  )

  /** @type {(id: string, changed: string, key: Octets, code: string) => void} */
  const key = (id, changed, wrong, code) =>
    refuse(csrDsa, `key-${id}`, changed, 'key', pkcs10({ key: { ...dsa, publicKey: wrong } }), code)
  key('y-one', 'the public key 1, for which signatures are made without a private key', publicKey(1n), 'pki/key')
  key('y-zero', 'the public key 0', publicKey(0n), 'pki/key')
  key('y-minus-1', 'the public key p - 1, of order 2', publicKey(p - 1n), 'pki/key')
  key('y-negated', 'the right public key times p - 1', publicKey(p - y), 'pki/signature')
  key('y-p', 'the public key p', publicKey(p), 'pki/key')
  key('y-plus-p', 'the right public key and p more', publicKey(y + p), 'pki/key')
  key(
    'y-order-13',
    'the right public key times an element of order 13',
    publicKey((y * power(2n, (p - 1n) / 13n)) % p),
    'pki/signature',
  )
  key('g-one', 'the generator 1', publicKey(y, [p, q, 1n]), 'pki/dsa-group')
  key('g-minus-1', 'the generator p - 1', publicKey(y, [p, q, p - 1n]), 'pki/dsa-group')
  key('g-inverse', 'another generator of the same group', publicKey(y, [p, q, power(g, q - 1n)]), 'pki/dsa-group')
  key('q-other', 'another q', publicKey(y, [p, q + 2n, g]), 'pki/dsa-group')
  key('p-other', 'another p', publicKey(y, [p + 2n * q, q, g]), 'pki/dsa-group')
  key('p-q-swapped', 'p and q swapped', publicKey(y, [q, p, g]), 'pki/dsa-group')
  key('zeros', 'a group of zeros', publicKey(y, [0n, 0n, 0n]), 'pki/dsa-group')
  key('two-numbers', 'a group of two numbers', publicKey(y, [p, q]), 'pki/structure')
  key(
    'no-parameters',
    'no group: that of its issuer',
    sequence(sequence(oid(OIDS.dsa)), bitString(integer(y))),
    'pki/key',
  )
  key(
    'y-negative',
    'a negative public key',
    sequence(sequence(oid(OIDS.dsa), sequence(integer(p), integer(q), integer(g))), bitString(hex('0201ff'))),
    'pki/structure',
  )
}

// ---- CMS

const CMS = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  pkiData: '1.3.6.1.5.5.7.12.2',
  pkiResponse: '1.3.6.1.5.5.7.12.3',
}

function oldCertificate() {
  const holder = { subject: 'CN=alice,O=Example', key: oldKey }
  return certificate({
    ...holder,
    issuer: { subject: 'CN=Example CA', key: authorityKey },
    extensions: [...identifiers(oldKey, authorityKey), extension(EXTENSIONS.keyUsage, USAGE.signs, true)],
  })
}
const old = oldCertificate()
/** Of the key of the request, so that verifiers that want a certificate have one. */
const own = certificate({
  ...{ subject: 'CN=alice', key: ec, issuer: { subject: 'CN=alice', key: ec } },
  extensions: identifiers(ec, ec),
})
const ofAuthority = certificate({
  ...{ subject: 'CN=Example CA', key: authorityKey, issuer: { subject: 'CN=Example CA', key: authorityKey } },
  extensions: [
    ...identifiers(authorityKey, authorityKey),
    extension(EXTENSIONS.basicConstraints, sequence(boolean(true)), true),
    extension(EXTENSIONS.keyUsage, USAGE.signsCertificates, true),
  ],
})

/** @type {(der: Octets) => Octets} */
const byNumber = (der) => {
  const parts = asn1.partsOf(asn1.partsOf(der)[0] ?? der)
  return sequence(parts[3] ?? der, parts[1] ?? der)
}
/** @type {(key: Key) => Octets} */
const byKey = (key) => value(0x80, keyIdentifier(key.publicKey))

/**
 * @typedef {object} SignerOptions
 * @property {Key} key
 * @property {Octets} identifier
 * @property {Octets} [version]
 * @property {Octets} [digestAlgorithm]
 * @property {Octets} [signatureAlgorithm]
 * @property {readonly Octets[] | null} [attributes] null for none; otherwise in this order
 * @property {(attributes: Octets) => Octets} [over] what is signed, of the SET of attributes
 * @property {readonly Octets[]} [unsigned]
 * @property {(signature: Octets) => Octets} [signature]
 */

const sha256 = sequence(oid(OIDS.sha256), nullValue)

/** @type {(type: string, content: Uint8Array, hash?: string) => [Octets, Octets]} */
const usual = (type, content, hash = 'sha256') => [
  attribute(ATTRIBUTES.contentType, oid(type)),
  attribute(ATTRIBUTES.messageDigest, octetString(digest(hash, content))),
]

/** @type {(type: string, content: Uint8Array, options: SignerOptions) => Octets} */
function signerInfo(type, content, { key, identifier, unsigned = [], ...options }) {
  const { attributes = usual(type, content), over = (same) => same, signature = (same) => same } = options
  const version = options.version ?? integer(identifier[0] === 0x30 ? 1 : 3)
  const signed = key.sign(attributes === null ? content : over(value(0x31, ...attributes)))
  return sequence(
    version,
    identifier,
    options.digestAlgorithm ?? sha256,
    ...(attributes === null ? [] : [explicit(0, ...attributes)]),
    options.signatureAlgorithm ?? key.algorithm,
    octetString(signature(signed)),
    ...(unsigned.length === 0 ? [] : [explicit(1, ...unsigned)]),
  )
}

/**
 * @typedef {object} SignedOptions
 * @property {string} [outerType]
 * @property {Octets} [version]
 * @property {readonly Octets[]} [digests]
 * @property {Octets | null} [written] the content as it stands in the message, if it is not what was signed; null for none
 * @property {readonly Octets[]} [certificates]
 * @property {readonly Octets[]} [signerInfos]
 */

/** @type {(type: string, content: Octets, signers: readonly SignerOptions[], options?: SignedOptions) => Octets} */
function signedData(type, content, signers, options = {}) {
  const { outerType = CMS.signedData, version = integer(3), digests = [sha256], certificates = [] } = options
  const { written = octetString(content), signerInfos = signers.map((one) => signerInfo(type, content, one)) } = options
  const certificateSet = certificates.length === 0 ? [] : [concat(Buffer.of(0xa0), set(...certificates).subarray(1))]
  const contentInfo = sequence(oid(type), ...(written === null ? [] : [explicit(0, written)]))
  const parts = [version, set(...digests), contentInfo, ...certificateSet, unsortedSet(...signerInfos)]
  return sequence(oid(outerType), explicit(0, sequence(...parts)))
}

const inner = pkcs10()
const renewing = pkcs10({ key: ec, attributes: [attribute(ATTRIBUTES.renewalCertificate, old)] })
const byOld = { key: oldKey, identifier: byNumber(old) }
const byOwn = { key: ec, identifier: byNumber(own) }

const cms = accept(
  'cms',
  'a PKCS#10 in CMS, with signed attributes by its own key',
  signedData(CMS.data, inner, [byOwn], { certificates: [own] }),
)
accept(
  'cms-no-attributes',
  'the same without signed attributes',
  signedData(CMS.data, inner, [{ ...byOwn, attributes: null }], { certificates: [own] }),
)
accept(
  'cms-key-identifier',
  'the same with a key identifier in place of issuer and number',
  signedData(CMS.data, inner, [{ ...byOwn, identifier: byKey(ec) }], { certificates: [own] }),
)
{
  const right = signedData(CMS.data, inner, [byOwn], { certificates: [own] })
  /** @type {(options?: Partial<SignerOptions>, more?: SignedOptions) => Octets} */
  const changed = (options = {}, more = {}) =>
    signedData(CMS.data, inner, [{ ...byOwn, ...options }], { certificates: [own], ...more })
  const [type, hashed] = usual(CMS.data, inner)
  /** @type {(id: string, what: string, flag: string, octets: Uint8Array, code: string) => void} */
  const no = (id, what, flag, octets, code) => refuse(cms, id, what, flag, octets, code)
  no('trailing', 'an octet after it', 'der', concat(right, Buffer.of(0)), 'pki/not-der')
  no('short', 'the last octet missing', 'der', right.subarray(0, -1), 'pki/not-der')
  no(
    'indefinite',
    'indefinite outer lengths',
    'der',
    asn1.indefinite(changedAt(right, [1], asn1.indefinite)),
    'pki/not-der',
  )
  no(
    'content-in-parts',
    'the content in two parts (BER)',
    'der',
    changed({}, { written: value(0x24, octetString(inner.subarray(0, 40)), octetString(inner.subarray(40))) }),
    'pki/not-der',
  )
  no(
    'long-length',
    'a length in more octets than needed',
    'der',
    changedAt(right, [1, 0, 4], asn1.longLength),
    'pki/not-der',
  )
  no('type-data', 'a ContentInfo that says data', 'structure', changed({}, { outerType: CMS.data }), 'pki/cms-type')
  no(
    'type-enveloped',
    'a ContentInfo that says enveloped data',
    'structure',
    changed({}, { outerType: CMS.envelopedData }),
    'pki/cms-type',
  )
  no(
    'type-unknown',
    'a content type that is not known',
    'structure',
    signedData('1.2.3.4', inner, [byOwn], { certificates: [own] }),
    'pki/request-form',
  )
  no(
    'untagged',
    'the SignedData without its tag [0]',
    'structure',
    changedAt(right, [1], (part) => asn1.contentsOf(part)),
    'pki/structure',
  )
  no('version-0', 'version 0', 'structure', changed({}, { version: integer(0) }), 'pki/structure')
  no(
    'version-4',
    'version 4, of attribute certificates',
    'structure',
    changed({}, { version: integer(4) }),
    'pki/structure',
  )
  no('version-negative', 'version -1', 'structure', changed({}, { version: hex('0201ff') }), 'pki/structure')
  no(
    'signer-version-3',
    'a signer of version 3 that is named by issuer and number',
    'structure',
    changed({ version: integer(3) }),
    'pki/structure',
  )
  no(
    'signer-version-1',
    'a signer of version 1 that is named by its key identifier',
    'structure',
    changed({ identifier: byKey(ec), version: integer(1) }),
    'pki/structure',
  )
  no(
    'digests-octets',
    'a list of digests with what is no algorithm',
    'structure',
    changed({}, { digests: [octetString(Buffer.of(1))] }),
    'pki/structure',
  )
  no(
    'certificate-kind',
    'a certificate of another kind',
    'structure',
    changed({}, { certificates: [own, explicit(1)] }),
    'pki/structure',
  )
  no(
    'content-string',
    'a content that is a UTF8String',
    'structure',
    changed({}, { written: concat(Buffer.of(0x0c), octetString(Buffer.from('request')).subarray(1)) }),
    'pki/structure',
  )
  no(
    'content-two',
    'two contents',
    'structure',
    changed({}, { written: concat(octetString(inner), octetString(inner)) }),
    'pki/structure',
  )
  no(
    'signature-bits',
    'a signature that is a BIT STRING',
    'structure',
    changedAt(right, [1, 0, 4, 0, 5], (part) => bitString(asn1.contentsOf(part))),
    'pki/structure',
  )
  no(
    'signer-extra',
    'a signer with a part more',
    'structure',
    changedAt(right, [1, 0, 4, 0], (part) => sequence(...asn1.partsOf(part), nullValue)),
    'pki/structure',
  )

  no('detached', 'no content', 'content', changed({}, { written: null }), 'pki/cms-content')
  no(
    'content-trailing',
    'an octet after the PKCS#10, signed with it',
    'content',
    signedData(CMS.data, concat(inner, Buffer.of(0)), [byOwn], { certificates: [own] }),
    'pki/not-der',
  )
  no(
    'content-other',
    'another PKCS#10 put in after signing',
    'content',
    changed({}, { written: octetString(pkcs10({ subject: name('CN=bob') })) }),
    'pki/cms-message-digest',
  )
  no(
    'content-octet',
    'a changed octet of the PKCS#10',
    'content',
    changed({}, { written: octetString(changedAt(inner, [0, 1], () => name('CN=alicf,O=Example'))) }),
    'pki/signature',
  )
  no(
    'content-empty',
    'an empty content',
    'content',
    signedData(CMS.data, Buffer.alloc(0), [byOwn], { certificates: [own] }),
    'pki/not-der',
  )
  no(
    'content-text',
    'a content that is text',
    'content',
    signedData(CMS.data, ascii('request'), [byOwn], { certificates: [own] }),
    'pki/not-der',
  )
  no(
    'content-nested',
    'another SignedData as the content',
    'content',
    signedData(CMS.data, right, [byOwn], { certificates: [own] }),
    'pki/structure',
  )
  no(
    'content-pem',
    'the PKCS#10 in PEM as the content',
    'content',
    signedData(
      CMS.data,
      ascii(`-----BEGIN CERTIFICATE REQUEST-----\n${inner.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`),
      [byOwn],
      { certificates: [own] },
    ),
    'pki/not-der',
  )
  no(
    'inner-signature',
    'a PKCS#10 that its key did not sign',
    'possession',
    signedData(CMS.data, pkcs10({ key: claiming(ec.publicKey, other) }), [byOwn], { certificates: [own] }),
    'pki/signature',
  )
  no(
    'inner-digest',
    'a PKCS#10 with a digest for a signature',
    'possession',
    signedData(
      CMS.data,
      pkcs10({ key: signingWith(ec, sequence(oid(OIDS.sha256)), (octets) => digest('sha256', octets)) }),
      [byOwn],
      { certificates: [own] },
    ),
    'pki/null-signature',
  )

  /** @type {(id: string, what: string, attributes: readonly Octets[], code?: string) => void} */
  const attributes = (id, what, given, code = 'pki/cms-attributes') =>
    no(`attributes-${id}`, what, 'attributes', changed({ attributes: given }), code)
  attributes('no-type', 'no content type among the signed attributes', [hashed])
  attributes('no-digest', 'no digest among them', [type])
  attributes('empty', 'an empty list of them', [])
  attributes('type-twice', 'the content type twice', [type, type, hashed])
  attributes('digest-twice', 'the digest twice', [type, hashed, hashed])
  attributes('digest-two', 'another digest before the right one', [
    type,
    attribute(ATTRIBUTES.messageDigest, octetString(digest('sha256', Buffer.of(1)))),
    hashed,
  ])
  attributes('digest-two-values', 'a digest attribute with a second value', [
    type,
    attribute(
      ATTRIBUTES.messageDigest,
      octetString(digest('sha256', inner)),
      octetString(digest('sha256', Buffer.of(1))),
    ),
  ])
  attributes('type-two-values', 'a content type attribute with a second value', [
    attribute(ATTRIBUTES.contentType, oid(CMS.data), oid(CMS.pkiData)),
    hashed,
  ])
  attributes('digest-no-value', 'a digest attribute without a value', [type, attribute(ATTRIBUTES.messageDigest)])
  attributes(
    'type-other',
    'another content type',
    [attribute(ATTRIBUTES.contentType, oid(CMS.pkiData)), hashed],
    'pki/cms-content-type',
  )
  attributes(
    'type-string',
    'a content type that is a string',
    [attribute(ATTRIBUTES.contentType, utf8(CMS.data)), hashed],
    'pki/structure',
  )
  attributes('digest-string', 'a digest that is a string', [type, attribute(ATTRIBUTES.messageDigest, utf8('digest'))])
  attributes(
    'digest-other',
    'the digest of other content',
    [type, attribute(ATTRIBUTES.messageDigest, octetString(digest('sha256', Buffer.of(1))))],
    'pki/cms-message-digest',
  )
  attributes(
    'digest-short',
    'a digest cut to 20 octets',
    [type, attribute(ATTRIBUTES.messageDigest, octetString(digest('sha256', inner).subarray(0, 20)))],
    'pki/cms-message-digest',
  )
  attributes(
    'digest-empty',
    'an empty digest',
    [type, attribute(ATTRIBUTES.messageDigest, octetString(Buffer.alloc(0)))],
    'pki/cms-message-digest',
  )
  attributes(
    'digest-sha512',
    'a digest of SHA-512, where SHA-256 is named',
    usual(CMS.data, inner, 'sha512'),
    'pki/cms-message-digest',
  )
  attributes(
    'digest-of-wrapper',
    'the digest of the content with its tag and length',
    [type, attribute(ATTRIBUTES.messageDigest, octetString(digest('sha256', octetString(inner))))],
    'pki/cms-message-digest',
  )
  attributes('number', 'an attribute that is a number', [type, hashed, integer(1)], 'pki/structure')

  // What the signature covers.
  const covers = 'signature'
  no(
    'over-implicit',
    'the signature made over the attributes with their tag [0]',
    covers,
    changed({ over: (attributes) => concat(Buffer.of(0xa0), attributes.subarray(1)) }),
    'pki/signer-signature',
  )
  no(
    'over-content',
    'the signature made over the content, beside signed attributes',
    covers,
    changed({ over: () => inner }),
    'pki/signer-signature',
  )
  no(
    'over-digest',
    'the signature made over the digest alone',
    covers,
    changed({ over: () => digest('sha256', inner) }),
    'pki/signer-signature',
  )
  no(
    'over-more',
    'an attribute added after signing',
    covers,
    changed({ attributes: [type, usageAttribute, hashed], over: () => value(0x31, type, hashed) }),
    'pki/signer-signature',
  )
  no(
    'over-sorted',
    'the attributes not in the order of DER in which they were signed',
    covers,
    changed({ attributes: [hashed, type], over: () => set(type, hashed) }),
    'pki/signer-signature',
  )
  no(
    'attributes-dropped',
    'the signed attributes left out after signing',
    covers,
    changed({ attributes: null, signature: () => ec.sign(value(0x31, type, hashed)) }),
    'pki/signer-signature',
  )
  no(
    'attributes-as-content',
    'the signed attributes of another message as the content',
    covers,
    signedData(CMS.data, value(0x31, type, hashed), [{ ...byOwn, attributes: null }], { certificates: [own] }),
    'pki/structure',
  )
  no(
    'moved',
    'the signed attributes moved to the unsigned ones',
    covers,
    changed({ attributes: null, unsigned: [type, hashed], signature: () => ec.sign(value(0x31, type, hashed)) }),
    'pki/signer-signature',
  )
  no('other-key', 'the signature by another key', covers, changed({ key: other }), 'pki/signer-signature')
  no(
    'signature-flipped',
    'a changed last bit of the signature',
    covers,
    changed({ signature: flipped }),
    'pki/signer-signature',
  )
  no(
    'signature-empty',
    'an empty signature',
    covers,
    changed({ signature: () => Buffer.alloc(0) }),
    'pki/signer-signature',
  )
  no(
    'signature-of-request',
    'the signature of the PKCS#10 inside',
    covers,
    changed({ signature: () => ec.sign(infoOf(inner)) }),
    'pki/signer-signature',
  )

  const algorithm = 'algorithm'
  no(
    'digest-sha1',
    'SHA-1 as the digest',
    algorithm,
    changed({ digestAlgorithm: sequence(oid(OIDS.sha1), nullValue), attributes: usual(CMS.data, inner, 'sha1') }),
    'pki/cms-digest',
  )
  no(
    'digest-md5',
    'MD5 as the digest',
    algorithm,
    changed({ digestAlgorithm: sequence(oid(OIDS.md5), nullValue), attributes: usual(CMS.data, inner, 'md5') }),
    'pki/cms-digest',
  )
  no(
    'digest-unknown',
    'an unknown digest',
    algorithm,
    changed({ digestAlgorithm: sequence(oid('1.2.3.4')) }),
    'pki/cms-digest',
  )
  no(
    'digest-mismatch',
    'SHA-512 as the digest, SHA-256 in the signature',
    algorithm,
    changed({ digestAlgorithm: sequence(oid(OIDS.sha512), nullValue), attributes: usual(CMS.data, inner, 'sha512') }),
    'pki/signer-signature',
  )
  no(
    'digest-parameters',
    'a digest with parameters',
    algorithm,
    changed({ digestAlgorithm: sequence(oid(OIDS.sha256), integer(1)) }),
    'pki/structure',
  )
  no(
    'signature-sha384',
    'a signature said to be one with SHA-384',
    algorithm,
    changed({ signatureAlgorithm: sequence(oid(OIDS.ecdsaSha384)) }),
    'pki/signer-signature',
  )
  no(
    'signature-rsa',
    'a signature said to be one of RSA',
    algorithm,
    changed({ signatureAlgorithm: rsa.algorithm }),
    'pki/signer-signature',
  )
  no(
    'signature-unknown',
    'an unknown signature algorithm',
    algorithm,
    changed({ signatureAlgorithm: sequence(oid('1.2.3.4')) }),
    'pki/signer-signature',
  )
  no(
    'signature-none',
    'the algorithm "no signature", with a digest for a signature',
    algorithm,
    changed({
      key: signingWith(ec, sequence(oid('1.3.6.1.5.5.7.6.2'), nullValue), (octets) => digest('sha256', octets)),
    }),
    'pki/signer-signature',
  )

  const signer = 'signer'
  no('no-signer', 'no signer', signer, changed({}, { signerInfos: [] }), 'pki/signer-missing')
  no(
    'two-signers',
    'a second signer',
    signer,
    signedData(CMS.data, inner, [byOwn, { key: oldKey, identifier: byNumber(old) }], { certificates: [own, old] }),
    'pki/signer-unexpected',
  )
  no(
    'signer-twice',
    'its signer twice',
    signer,
    signedData(CMS.data, inner, [byOwn, byOwn], { certificates: [own] }),
    'pki/signer-unexpected',
  )
  no(
    'signer-other',
    'a signer that is named by the certificate of another',
    signer,
    changed({ identifier: byNumber(old) }, { certificates: [own, old] }),
    'pki/signer-signature',
  )
  no(
    'signer-unknown',
    'a signer whose certificate is not there',
    signer,
    changed({ identifier: byNumber(old) }),
    'pki/signer-unknown',
  )
  no(
    'signer-number',
    'a serial number one higher',
    signer,
    changed({ identifier: changedAt(byNumber(own), [1], flipped) }),
    'pki/signer-unknown',
  )
  no(
    'signer-issuer',
    'another issuer',
    signer,
    changed({ identifier: changedAt(byNumber(own), [0], () => name('CN=alicf')) }),
    'pki/signer-unknown',
  )
  no(
    'signer-key-identifier',
    'a key identifier of no certificate, and a signature by another key',
    signer,
    changed({ key: other, identifier: byKey(other) }),
    'pki/signer-signature',
  )
  no(
    'on-behalf',
    'a name-value pair among the signed attributes, as agents write it',
    'authority',
    changed({
      attributes: [type, hashed, attribute(ATTRIBUTES.pairs, sequence(bmp('requestername'), bmp('EXAMPLE\\bob')))],
    }),
    'pki/on-behalf',
  )
  no(
    'archival',
    'a private key to be archived, where none may be',
    'authority',
    changed({ unsigned: [attribute(ATTRIBUTES.archivedKey, sequence())] }),
    'pki/key-archival',
  )
}

const renewal = accept(
  'renewal',
  'a renewal: a PKCS#10 with the old certificate, in CMS by the old key',
  signedData(CMS.data, renewing, [byOld], { certificates: [old] }),
)
{
  /** @type {(id: string, what: string, octets: Octets, code: string) => void} */
  const no = (id, what, octets, code) => refuse(renewal, id, what, 'renewal', octets, code)
  no(
    'new-key',
    'signed by the new key',
    signedData(CMS.data, renewing, [{ ...byOld, key: ec }], { certificates: [old] }),
    'pki/renewal-signature',
  )
  no(
    'new-signer',
    'signed by the new key, which its own certificate names',
    signedData(CMS.data, renewing, [byOwn], { certificates: [old, own] }),
    'pki/renewal-signer',
  )
  no(
    'key-identifier',
    "the new key's identifier",
    signedData(CMS.data, renewing, [{ key: ec, identifier: byKey(ec) }], { certificates: [old] }),
    'pki/renewal-signer',
  )
  no(
    'no-certificate',
    'the old certificate only in the PKCS#10',
    signedData(CMS.data, renewing, [byOld]),
    'pki/renewal-certificate',
  )
  no(
    'other-certificate',
    'another certificate among those of the message',
    signedData(CMS.data, renewing, [byOld], { certificates: [own] }),
    'pki/renewal-certificate',
  )
  const altered = changedAt(old, [0, 5], () => name('CN=root,O=Example'))
  no(
    'altered-certificate',
    'the old certificate altered in both places: another subject, its signature left',
    signedData(CMS.data, pkcs10({ attributes: [attribute(ATTRIBUTES.renewalCertificate, flipped(old))] }), [byOld], {
      certificates: [altered],
    }),
    'pki/renewal-certificate',
  )
  no(
    'two-certificates',
    'two certificates to renew',
    signedData(CMS.data, pkcs10({ attributes: [attribute(ATTRIBUTES.renewalCertificate, old, own)] }), [byOld], {
      certificates: [old, own],
    }),
    'pki/duplicate',
  )
  no(
    'content',
    'a PKCS#10 with another new key put in after the old key signed',
    signedData(CMS.data, renewing, [byOld], {
      certificates: [old],
      written: octetString(pkcs10({ key: other, attributes: [attribute(ATTRIBUTES.renewalCertificate, old)] })),
    }),
    'pki/cms-message-digest',
  )
  no(
    'digest',
    'a digest for the signature of the old key',
    signedData(
      CMS.data,
      renewing,
      [
        {
          ...byOld,
          key: signingWith(oldKey, sequence(oid('1.3.6.1.5.5.7.6.2'), nullValue), (octets) => digest('sha256', octets)),
        },
      ],
      { certificates: [old] },
    ),
    'pki/renewal-signature',
  )
}

// ---- CMC

const CONTROL = {
  statusInfo: '1.3.6.1.5.5.7.7.1',
  identification: '1.3.6.1.5.5.7.7.2',
  identityProof: '1.3.6.1.5.5.7.7.3',
  addExtensions: '1.3.6.1.5.5.7.7.8',
  popLinkWitness: '1.3.6.1.5.5.7.7.33',
  regInfo: '1.3.6.1.5.5.7.7.18',
  addAttributes: '1.3.6.1.4.1.311.10.10.1',
  encryptedKeyHash: '1.3.6.1.4.1.311.21.21',
}

/** @type {(id: number | bigint, type: string, ...values: Octets[]) => Octets} */
const control = (id, type, ...values) => sequence(integer(id), oid(type), set(...values))
/** @type {(request: Octets, id?: number | bigint) => Octets} */
const tagged = (request, id = 1) => explicit(0, integer(id), request)
/** @type {(added: Octets, reference?: number, source?: number) => Octets} */
const addition = (added, reference = 1, source = 0) => sequence(integer(source), sequence(integer(reference)), added)

/** @type {(parts: { controls?: Octets[], requests?: Octets[], nested?: Octets[], others?: Octets[] }) => Octets} */
const pkiData = ({ controls = [], requests: list = [tagged(inner)], nested = [], others = [] }) =>
  sequence(sequence(...controls), sequence(...list), sequence(...nested), sequence(...others))

const byOwnKey = { key: ec, identifier: byKey(ec) }
const pairs = control(2, CONTROL.regInfo, octetString(ascii('CertificateTemplate=User&')))
const certificateOfSigner = { signer: own.toString('hex') }

const plainData = pkiData({ controls: [pairs] })
const cmc = accept(
  'cmc',
  'a CMC request with its template in regInfo',
  signedData(CMS.pkiData, plainData, [byOwnKey]),
  certificateOfSigner,
)
const cmcRenewal = accept(
  'cmc-renewal',
  'a CMC request for renewal, signed by the new key and the old one',
  signedData(CMS.pkiData, pkiData({ requests: [tagged(renewing)] }), [byOwnKey, byOld], { certificates: [old] }),
  certificateOfSigner,
)
{
  /** @type {(id: string, what: string, flag: string, octets: Octets, code: string) => void} */
  const no = (id, what, flag, octets, code) => {
    requests.refuse(cmc, id, what, flag, { octets: octets.toString('hex') }, code, {
      ...certificateOfSigner,
      ...verdict(`${cmc}-${id}`),
    })
  }
  /** @type {(id: string, what: string, content: Octets, code: string, flag?: string) => void} */
  const body = (id, what, content, code, flag = 'body') =>
    no(id, what, flag, signedData(CMS.pkiData, content, [byOwnKey]), code)
  body('no-request', 'no request', pkiData({ requests: [] }), 'pki/cmc-requests')
  body('two-requests', 'two requests', pkiData({ requests: [tagged(inner), tagged(inner, 2)] }), 'pki/cmc-requests')
  body('crmf', 'a CRMF', pkiData({ requests: [explicit(1, integer(1))] }), 'pki/cmc-body')
  body('other-request', 'a request of another kind', pkiData({ requests: [explicit(2, integer(1))] }), 'pki/cmc-body')
  body('request-sequence', 'a PKCS#10 without the tag that says so', pkiData({ requests: [inner] }), 'pki/cmc-body')
  body(
    'nested',
    'a CMS nested inside',
    pkiData({ nested: [sequence(integer(5), signedData(CMS.data, inner, [byOwn], { certificates: [own] }))] }),
    'pki/cmc-nested',
  )
  body(
    'nested-alone',
    'the request only in a CMS nested inside',
    pkiData({
      requests: [],
      nested: [sequence(integer(5), signedData(CMS.data, inner, [byOwn], { certificates: [own] }))],
    }),
    'pki/cmc-nested',
  )
  body(
    'other-message',
    'another message inside',
    pkiData({ others: [sequence(integer(5), oid('1.2.3.4'), nullValue)] }),
    'pki/cmc-nested',
  )
  body('no-lists', 'no lists of nested messages', sequence(sequence(pairs), sequence(tagged(inner))), 'pki/structure')
  body('fifth', 'a fifth list', sequence(...asn1.partsOf(plainData), sequence()), 'pki/structure')
  body('trailing', 'an octet after the body', concat(plainData, Buffer.of(0)), 'pki/not-der', 'der')
  body('indefinite', 'a body of indefinite length', asn1.indefinite(plainData), 'pki/not-der', 'der')
  body(
    'id-repeated',
    'a control with the identifier of the request',
    pkiData({ controls: [control(1, CONTROL.regInfo, octetString(ascii('a=b&')))] }),
    'pki/cmc-body-part',
  )
  body(
    'id-twice',
    'two controls with one identifier',
    pkiData({ controls: [pairs, control(2, '1.3.6.1.5.5.7.7.5', integer(7))] }),
    'pki/cmc-body-part',
  )
  body('id-0', 'a request with the identifier 0', pkiData({ requests: [tagged(inner, 0)] }), 'pki/cmc-body-part')
  body(
    'id-2-32',
    'a request with the identifier 2^32',
    pkiData({ requests: [tagged(inner, 2n ** 32n)] }),
    'pki/structure',
  )
  body(
    'id-negative',
    'a request with the identifier -1',
    pkiData({ requests: [explicit(0, hex('0201ff'), inner)] }),
    'pki/structure',
  )
  body(
    'id-padded',
    'a request whose identifier has a zero octet more',
    pkiData({ requests: [explicit(0, hex('02020001'), inner)] }),
    'pki/not-der',
    'der',
  )
  body(
    'request-trailing',
    'something after the PKCS#10 in its tag',
    pkiData({ requests: [explicit(0, integer(1), inner, nullValue)] }),
    'pki/structure',
  )

  const controls = 'control'
  /** @type {(id: string, what: string, list: Octets[], code?: string) => void} */
  const withControls = (id, what, list, code = 'pki/cmc-control') =>
    body(`control-${id}`, what, pkiData({ controls: list }), code, controls)
  withControls('unknown', 'an unknown control', [control(2, '1.2.3.4', nullValue)])
  withControls('identity-proof', 'a proof of identity, which is not checked', [
    control(2, CONTROL.identityProof, octetString(Buffer.alloc(20))),
  ])
  withControls('identification', 'an identification', [control(2, CONTROL.identification, utf8('bob'))])
  withControls('pop-link', 'a witness that links the proof of possession', [
    control(2, CONTROL.popLinkWitness, sequence()),
  ])
  withControls('attribute', 'an attribute to be added that is not known', [
    control(2, CONTROL.addAttributes, addition(set(attribute('1.2.3.4', nullValue)))),
  ])
  withControls(
    'extension-reference',
    'extensions to be added to a request that there is not',
    [control(2, CONTROL.addExtensions, addition(sequence(san), 9))],
    'pki/cmc-body-part',
  )
  withControls(
    'extension-source',
    'extensions to be added that stand in another message',
    [control(2, CONTROL.addExtensions, addition(sequence(san), 1, 3))],
    'pki/cmc-body-part',
  )
  withControls(
    'extension-self',
    'extensions to be added to the control itself',
    [control(2, CONTROL.addExtensions, addition(sequence(san), 2))],
    'pki/cmc-body-part',
  )
  withControls(
    'extension-twice',
    'an extension twice among those to be added',
    [control(2, CONTROL.addExtensions, addition(sequence(san, san)))],
    'pki/duplicate',
  )
  withControls(
    'extension-two-controls',
    'an extension in two controls',
    [
      control(2, CONTROL.addExtensions, addition(sequence(san))),
      control(3, CONTROL.addExtensions, addition(sequence(san))),
    ],
    'pki/structure',
  )
  withControls('no-value', 'regInfo without a value', [control(2, CONTROL.regInfo)], 'pki/structure')
  withControls(
    'two-values',
    'regInfo with two values',
    [control(2, CONTROL.regInfo, octetString(ascii('a=b&')), octetString(ascii('c=d&')))],
    'pki/structure',
  )
  withControls(
    'reg-info-string',
    'regInfo that is a string',
    [control(2, CONTROL.regInfo, utf8('a=b&'))],
    'pki/structure',
  )
  withControls(
    'pair-twice',
    'a template twice in regInfo',
    [control(2, CONTROL.regInfo, octetString(ascii('CertificateTemplate=User&certificatetemplate=Machine&')))],
    'pki/pairs',
  )
  withControls(
    'pair-in-two',
    'a template in two controls',
    [pairs, control(3, CONTROL.regInfo, octetString(ascii('CertificateTemplate=Machine&')))],
    'pki/pairs',
  )
  withControls(
    'pair-bare',
    'regInfo without a name',
    [control(2, CONTROL.regInfo, octetString(ascii('User&')))],
    'pki/pairs',
  )
  withControls(
    'pair-escape',
    'regInfo with a broken escape',
    [control(2, CONTROL.regInfo, octetString(ascii('a=%zz&')))],
    'pki/pairs',
  )
  withControls(
    'on-behalf',
    'a request on behalf of another',
    [control(2, CONTROL.regInfo, octetString(ascii('RequesterName=EXAMPLE%5Cbob&')))],
    'pki/on-behalf',
  )
  withControls(
    'archival-hash',
    'the hash of a private key to be archived, where none may be',
    [control(2, CONTROL.encryptedKeyHash, octetString(Buffer.alloc(32)))],
    'pki/key-archival',
  )
  withControls(
    'archival-hashes',
    'two hashes of private keys',
    [control(2, CONTROL.encryptedKeyHash, octetString(Buffer.alloc(32)), octetString(Buffer.alloc(32, 1)))],
    'pki/archival-request',
  )
  body(
    'pair-in-both',
    'a template in regInfo, and in the PKCS#10 too',
    pkiData({
      controls: [pairs],
      requests: [
        tagged(
          pkcs10({ attributes: [attribute(ATTRIBUTES.pairs, sequence(bmp('CertificateTemplate'), bmp('Machine')))] }),
        ),
      ],
    }),
    'pki/pairs',
    'repeated',
  )

  // After signing.
  const after = 'after-signing'
  /** @type {(id: string, what: string, content: Octets, code?: string) => void} */
  const afterSigning = (id, what, content, code = 'pki/cms-message-digest') =>
    no(id, what, after, signedData(CMS.pkiData, plainData, [byOwnKey], { written: octetString(content) }), code)
  afterSigning('body-control', 'a control taken out after signing', pkiData({}))
  afterSigning(
    'body-template',
    'another template put in after signing',
    pkiData({ controls: [control(2, CONTROL.regInfo, octetString(ascii('CertificateTemplate=Root&')))] }),
  )
  afterSigning(
    'body-request',
    'another PKCS#10 by the same key put in after signing',
    pkiData({ controls: [pairs], requests: [tagged(pkcs10({ subject: name('CN=bob') }))] }),
  )
  afterSigning(
    'body-foreign',
    "another's PKCS#10 put in after signing",
    pkiData({ controls: [pairs], requests: [tagged(pkcs10({ key: other }))] }),
  )
  afterSigning('body-long-length', 'the same body with a longer length', asn1.longLength(plainData), 'pki/not-der')

  const possession = 'possession'
  no(
    'foreign-request',
    "another's PKCS#10, signed and sent as one's own",
    possession,
    signedData(CMS.pkiData, pkiData({ requests: [tagged(pkcs10({ key: other }))] }), [byOwnKey]),
    'pki/signer-signature',
  )
  no(
    'inner-signature',
    'a PKCS#10 that its key did not sign',
    possession,
    signedData(CMS.pkiData, pkiData({ requests: [tagged(pkcs10({ key: claiming(ec.publicKey, other) }))] }), [
      byOwnKey,
    ]),
    'pki/signature',
  )
  no(
    'inner-digest',
    'a PKCS#10 with a digest for a signature',
    possession,
    signedData(
      CMS.pkiData,
      pkiData({
        requests: [
          tagged(pkcs10({ key: signingWith(ec, sequence(oid(OIDS.sha256)), (octets) => digest('sha256', octets)) })),
        ],
      }),
      [byOwnKey],
    ),
    'pki/null-signature',
  )
  no(
    'no-signature',
    'the algorithm "no signature", with a digest',
    possession,
    signedData(CMS.pkiData, plainData, [
      {
        ...byOwnKey,
        key: signingWith(ec, sequence(oid('1.3.6.1.5.5.7.6.2'), nullValue), (octets) => digest('sha256', octets)),
      },
    ]),
    'pki/null-signature',
  )

  const signer = 'signer'
  no(
    'other-key',
    'signed by another key',
    signer,
    signedData(CMS.pkiData, plainData, [{ ...byOwnKey, key: other }]),
    'pki/signer-signature',
  )
  no(
    'by-number',
    'a signer that is named by issuer and number',
    signer,
    signedData(CMS.pkiData, plainData, [byOwn], { certificates: [own] }),
    'pki/signer-form',
  )
  no('no-signer', 'no signer', signer, signedData(CMS.pkiData, plainData, []), 'pki/signer-missing')
  no(
    'second-signer',
    'a second signer, where nothing is renewed',
    signer,
    signedData(CMS.pkiData, plainData, [byOwnKey, byOld], { certificates: [old] }),
    'pki/signer-unexpected',
  )
  no(
    'no-attributes',
    'no signed attributes',
    'attributes',
    signedData(CMS.pkiData, plainData, [{ ...byOwnKey, attributes: null }]),
    'pki/cms-attributes',
  )
  no(
    'type-data',
    'a signed content type of data',
    'attributes',
    signedData(CMS.pkiData, plainData, [{ ...byOwnKey, attributes: usual(CMS.data, plainData) }]),
    'pki/cms-content-type',
  )
  no(
    'as-data',
    'the same content said to be data',
    'attributes',
    signedData(CMS.data, plainData, [byOwnKey]),
    'pki/structure',
  )
  no(
    'as-response',
    'the same content said to be a response',
    'attributes',
    signedData(CMS.pkiResponse, plainData, [byOwnKey]),
    'pki/request-form',
  )
  no(
    'archived-key',
    'a private key to be archived, without its hash',
    'authority',
    signedData(CMS.pkiData, plainData, [{ ...byOwnKey, unsigned: [attribute(ATTRIBUTES.archivedKey, sequence())] }]),
    'pki/key-archival',
  )

  /** @type {(id: string, what: string, octets: Octets, code: string) => void} */
  const noRenewal = (id, what, octets, code) => {
    const more = { ...certificateOfSigner, ...verdict(`${cmcRenewal}-${id}`) }
    requests.refuse(cmcRenewal, id, what, 'renewal', { octets: octets.toString('hex') }, code, more)
  }
  const data = pkiData({ requests: [tagged(renewing)] })
  noRenewal(
    'new-only',
    'not signed by the old key',
    signedData(CMS.pkiData, data, [byOwnKey], { certificates: [old] }),
    'pki/signer-missing',
  )
  noRenewal(
    'old-only',
    'signed by the old key twice',
    signedData(CMS.pkiData, data, [byOld, byOld], { certificates: [old] }),
    'pki/signer-form',
  )
  noRenewal(
    'new-twice',
    'signed by the new key twice',
    signedData(CMS.pkiData, data, [byOwnKey, byOwnKey], { certificates: [old] }),
    'pki/renewal-signer',
  )
  noRenewal(
    'old-signature',
    'the signature of the old key made by the new one',
    signedData(CMS.pkiData, data, [byOwnKey, { ...byOld, key: ec }], { certificates: [old] }),
    'pki/renewal-signature',
  )
  noRenewal(
    'no-certificate',
    'the old certificate not among those of the message',
    signedData(CMS.pkiData, data, [byOwnKey, byOld]),
    'pki/renewal-certificate',
  )
  noRenewal(
    'third',
    'a third signer',
    signedData(CMS.pkiData, data, [byOwnKey, byOld, byOwn], { certificates: [old, own] }),
    'pki/signer-unexpected',
  )
  noRenewal(
    'old-digest',
    'the old key signed the digest of another body',
    signedData(CMS.pkiData, data, [byOwnKey, { ...byOld, attributes: usual(CMS.pkiData, plainData) }], {
      certificates: [old],
    }),
    'pki/cms-message-digest',
  )
}

// ---- responses

const responses = casesOf('response')
const byAuthority = { key: authorityKey, identifier: byNumber(ofAuthority) }
const issued = own

/** @type {(code: number, options?: { requestId?: string, hash?: Octets, more?: Octets[] }) => Octets} */
function responseBody(code, { requestId, hash, more = [] } = {}) {
  const pending =
    requestId === undefined ? [] : [sequence(octetString(ascii(requestId)), value(0x18, ascii('20260601000000Z')))]
  const status = control(1, CONTROL.statusInfo, sequence(integer(code), sequence(integer(1)), utf8('text'), ...pending))
  const added =
    hash && control(2, CONTROL.addAttributes, addition(set(attribute('1.3.6.1.4.1.311.21.17', octetString(hash)))))
  return sequence(sequence(status, ...(added === undefined ? [] : [added]), ...more), sequence(), sequence())
}

/** @type {(body: Octets, options?: Partial<SignerOptions>, more?: SignedOptions) => Octets} */
const response = (body, options = {}, more = {}) =>
  signedData(CMS.pkiResponse, body, [{ ...byAuthority, ...options }], { certificates: [issued, ofAuthority], ...more })

{
  const body = responseBody(0, { hash: digest('sha1', issued) })
  /** @type {(octets: Octets) => object} */
  const input = (octets) => ({ octets: octets.toString('hex'), trusted: [ofAuthority.toString('hex')] })
  const right = responses.accept(
    'response',
    'a CMC response with the certificate that was issued',
    input(response(body)),
    { openssl: 'accepts' },
  )
  const pending = responses.accept(
    'response-pending',
    'one that says that the request is pending',
    input(response(responseBody(3, { requestId: '61' }))),
    { openssl: 'accepts' },
  )
  /** @type {(id: string, what: string, flag: string, octets: Octets, code: string, twin?: string) => void} */
  const no = (id, what, flag, octets, code, twin = right) =>
    responses.refuse(twin, id, what, flag, input(octets), code, verdict(`${twin}-${id}`))
  no('trailing', 'an octet after it', 'der', concat(response(body), Buffer.of(0)), 'pki/not-der')
  no('unsigned', 'no signer', 'signer', response(body, {}, { signerInfos: [] }), 'pki/response-unsigned')
  no(
    'two-signers',
    'its signer twice',
    'signer',
    signedData(CMS.pkiResponse, body, [byAuthority, byAuthority], { certificates: [issued, ofAuthority] }),
    'pki/response-signer',
  )
  no(
    'other-signer',
    'signed by one who is not trusted',
    'signer',
    response(body, { key: oldKey, identifier: byNumber(old) }, { certificates: [issued, old] }),
    'pki/response-signer',
  )
  no(
    'other-key',
    'signed by another key, in the name of the authority',
    'signer',
    response(body, { key: other }),
    'pki/response-signature',
  )
  no(
    'key-identifier',
    'a signer that is named by the key identifier of another',
    'signer',
    response(body, { identifier: byKey(other) }),
    'pki/response-signer',
  )
  no(
    'self-signed',
    "the authority's name and number in a certificate of the attacker's, sent along",
    'signer',
    response(body, { key: other }, { certificates: [issued, impostor()] }),
    'pki/response-signature',
  )
  no(
    'body-after',
    'a body that says denied, put in after signing',
    'after-signing',
    response(body, {}, { written: octetString(responseBody(2)) }),
    'pki/cms-message-digest',
  )
  no(
    'as-request',
    'said to be a request',
    'structure',
    signedData(CMS.pkiData, body, [byAuthority], { certificates: [issued, ofAuthority] }),
    'pki/response-form',
  )
  no(
    'type-data',
    'a signed content type of data',
    'attributes',
    response(body, { attributes: usual(CMS.data, body) }),
    'pki/cms-content-type',
  )
  no('no-attributes', 'no signed attributes', 'attributes', response(body, { attributes: null }), 'pki/cms-attributes')
  no(
    'signature-flipped',
    'a changed last bit of the signature',
    'signature',
    response(body, { signature: flipped }),
    'pki/response-signature',
  )
  no(
    'sha1',
    'SHA-1 as the digest',
    'algorithm',
    response(body, {
      digestAlgorithm: sequence(oid(OIDS.sha1), nullValue),
      attributes: usual(CMS.pkiResponse, body, 'sha1'),
    }),
    'pki/cms-digest',
  )
  no(
    'no-certificate',
    'the certificate that was issued is not there',
    'body',
    response(body, {}, { certificates: [ofAuthority] }),
    'pki/response-certificate',
  )
  no(
    'other-certificate',
    'another certificate in its place',
    'body',
    response(body, {}, { certificates: [old, ofAuthority] }),
    'pki/response-certificate',
  )
  no(
    'altered-certificate',
    'the certificate that was issued with another subject',
    'body',
    response(body, {}, { certificates: [changedAt(issued, [0, 5], () => name('CN=alicf')), ofAuthority] }),
    'pki/response-certificate',
  )
  no('no-hash', 'issued, but no word which certificate', 'body', response(responseBody(0)), 'pki/response-certificate')
  no(
    'denied-with-certificate',
    'denied, and a certificate that was issued',
    'body',
    response(responseBody(2, { hash: digest('sha1', issued) })),
    'pki/response-certificate',
  )
  no('no-status', 'no status', 'body', response(sequence(sequence(), sequence(), sequence())), 'pki/response-form')
  no(
    'two-statuses',
    'two statuses',
    'body',
    response(responseBody(2, { more: [control(3, CONTROL.statusInfo, sequence(integer(0), sequence(integer(1))))] })),
    'pki/structure',
  )
  no('status-unknown', 'a status that there is not', 'body', response(responseBody(9)), 'pki/response-form')
  no(
    'status-negative',
    'a negative status',
    'body',
    response(
      sequence(
        sequence(control(1, CONTROL.statusInfo, sequence(hex('0201ff'), sequence(integer(1))))),
        sequence(),
        sequence(),
      ),
    ),
    'pki/structure',
  )
  no('body-trailing', 'an octet after the body', 'der', response(concat(body, Buffer.of(0))), 'pki/not-der')
  no(
    'time',
    'pending since the 30th of February',
    'der',
    response(
      changedAt(responseBody(3, { requestId: '61' }), [0, 0, 2, 0, 3, 1], () => value(0x18, ascii('20260230000000Z'))),
    ),
    'pki/not-der',
    pending,
  )
  no(
    'certs-only',
    'certificates alone, where a signature is asked for',
    'signer',
    signedData(CMS.data, Buffer.alloc(0), [], {
      written: null,
      version: integer(1),
      digests: [],
      certificates: [issued, ofAuthority],
    }),
    'pki/response-unsigned',
  )
}

/** A certificate of an attacker's key under the authority's issuer and serial number. */
function impostor() {
  const holder = { subject: 'CN=Example CA', key: other }
  return certificate({ ...holder, issuer: holder, extensions: identifiers(other, other) })
}

writeCases(
  'requests.json',
  { source: 'scripts/vectors/negative-requests.mjs; keys are drawn from names, and protect nothing' },
  [requests, responses],
)
