// `node scripts/vectors/negative-xml.mjs` writes vectors/negative/xml.json (`--check` compares it): documents and messages of the U-Prove
// WS-Trust Profile, each changed in one place. The genuine presentations are in `bases/`; signatures are made here, over documents that
// are written in their canonical form, so that nothing of the package computes what it is tested with.
import { readFileSync } from 'node:fs'
import { p256 } from '@noble/curves/nist.js'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import { ascii, boolean, flipped, hex, oid, sequence, value } from './parts/asn1.mjs'
import { casesOf, writeCases } from './parts/cases.mjs'
import { certificate, extension, EXTENSIONS, identifiers, USAGE } from './parts/certificates.mjs'
import * as keys from './parts/keys.mjs'

/** @typedef {import('./parts/keys.mjs').Key} Key */
/** @typedef {readonly (readonly [find: string, put: string])[]} Edits */

const UP = 'http://schemas.xmlsoap.org/ws/2011/02/u-prove'
const WST = 'http://docs.oasis-open.org/ws-sx/ws-trust/200512'
const DS = 'http://www.w3.org/2000/09/xmldsig#'
const C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const AT = '2026-06-01T12:00:00Z'

/** What xmllint and xmlsec1 accept: see vectors/negative/README.md. */
const acceptedByXmllint = new Set(
  `document-comment document-comment-before document-declaration-version document-doctype document-doctype-default
   document-doctype-external document-doctype-id document-doctype-internal document-doctype-parameter document-doctype-public
   document-instruction document-instruction-after document-instruction-stylesheet document-latin-1-declared document-relative
   document-utf-16 document-utf-7`.split(/\s+/),
)
const acceptedByXmlsec = new Set(
  `device-parameters-c14n-comments device-parameters-comment device-parameters-comment-value device-parameters-digest-md5
   device-parameters-digest-sha1 device-parameters-doctype device-parameters-empty-reference device-parameters-generator
   device-parameters-generator-relative device-parameters-id-space device-parameters-id-twice device-parameters-id-xpointer
   device-parameters-key-empty device-parameters-key-padded device-parameters-key-twice device-parameters-many-certificates
   device-parameters-object device-parameters-one-transform device-parameters-purpose device-parameters-reference-type
   device-parameters-root device-parameters-third-transform device-parameters-wrapped-child device-parameters-wrapped-id-upper
   device-parameters-wrapped-outside device-parameters-wrapped-sibling issuer-parameters-c14n-comments issuer-parameters-comment
   issuer-parameters-comment-value issuer-parameters-digest-md5 issuer-parameters-digest-sha1 issuer-parameters-doctype
   issuer-parameters-many-certificates issuer-parameters-object issuer-parameters-one-transform issuer-parameters-purpose
   issuer-parameters-reference-type issuer-parameters-root issuer-parameters-third-transform`.split(/\s+/),
)

/** @type {(name: string) => string} */
const read = (name) => readFileSync(new URL(`bases/${name}.xml`, import.meta.url), 'utf8').trimEnd()

/** @type {Record<string, string>} */
const bases = Object.fromEntries(
  ['parameters', 'claims', 'id', 'both', 'others', 'device', 'challenged'].map((name) => [name, read(name)]),
)
/** @type {(base: string) => string} */
const baseOf = (base) => bases[base] ?? ''
/**
 * The one piece of a base that begins and ends so.
 * @type {(base: string, begin: string, end: string) => string}
 */
function pieceOf(base, begin, end) {
  const text = baseOf(base)
  const start = text.indexOf(begin)
  const stop = text.indexOf(end, start) + end.length
  if (start < 0 || stop < end.length) throw new Error(`${base} has no ${begin}`)
  return text.slice(start, stop)
}
/** @type {(base: string, name: string) => string} */
const elementOf = (base, name) => pieceOf(base, `<up:${name}>`, `</up:${name}>`)
/** @type {(base: string, name: string) => string} */
const textIn = (base, name) => elementOf(base, name).slice(name.length + 5, -name.length - 6)

/** @type {(octets: Uint8Array) => string} */
const base64 = (octets) => Buffer.from(octets).toString('base64')
/** @type {(number: bigint) => string} */
const binary = (number) => {
  const digits = number.toString(16)
  return base64(hex(digits.length % 2 === 0 ? digits : `0${digits}`))
}

// ---- documents

const documents = casesOf('document')
{
  const right = documents.accept(
    'document',
    'a small document',
    { text: '<a xmlns="urn:a" b="1"><c>text</c></a>' },
    { xmllint: 'accepts' },
  )
  /** @type {(id: string) => { xmllint: string }} */
  const verdict = (id) => ({ xmllint: acceptedByXmllint.has(`${right}-${id}`) ? 'accepts' : 'refuses' })
  /** @type {(id: string, changed: string, flag: string, text: string, code?: string) => void} */
  const no = (id, changed, flag, text, code = 'xml/not-well-formed') =>
    documents.refuse(right, id, changed, flag, { text }, code, verdict(id))
  /** @type {(id: string, changed: string, octets: Uint8Array, code?: string) => void} */
  const noOctets = (id, changed, octets, code = 'xml/encoding') =>
    documents.refuse(right, id, changed, 'encoding', { octets: Buffer.from(octets).toString('hex') }, code, verdict(id))

  const doctype = 'doctype'
  no('doctype', 'a document type declaration', doctype, '<!DOCTYPE a><a/>', 'xml/doctype')
  no('doctype-internal', 'one with an entity', doctype, '<!DOCTYPE a [<!ENTITY e "text">]><a>&e;</a>', 'xml/doctype')
  no(
    'doctype-external',
    'one with an external entity',
    doctype,
    '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    'xml/doctype',
  )
  no(
    'doctype-public',
    'one with a public identifier',
    doctype,
    '<!DOCTYPE a PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://attacker.example/a.dtd"><a/>',
    'xml/doctype',
  )
  no(
    'doctype-parameter',
    'one with a parameter entity',
    doctype,
    '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://attacker.example/p.dtd">%p;]><a/>',
    'xml/doctype',
  )
  no(
    'doctype-laughs',
    'one with entities of entities, which grow to 10^9 pieces',
    doctype,
    `<!DOCTYPE a [<!ENTITY e0 "lol">${Array.from({ length: 9 }, (_, i) => `<!ENTITY e${String(i + 1)} "${`&e${String(i)};`.repeat(10)}">`).join('')}]><a>&e9;</a>`,
    'xml/doctype',
  )
  no(
    'doctype-default',
    'one that gives an attribute a default value',
    doctype,
    '<!DOCTYPE a [<!ATTLIST a b CDATA "1">]><a/>',
    'xml/doctype',
  )
  no(
    'doctype-id',
    'one that makes an attribute an identifier',
    doctype,
    '<!DOCTYPE a [<!ATTLIST a b ID #IMPLIED>]><a b="x"/>',
    'xml/doctype',
  )
  no('doctype-inside', 'a document type declaration inside of the element', doctype, '<a><!DOCTYPE a></a>')
  const entity = 'entity'
  no('entity-unknown', 'an entity that is not declared', entity, '<a>&nbsp;</a>')
  no('entity-attribute', 'an entity that is not declared in an attribute', entity, '<a b="&x;"/>')
  no('entity-open', 'an entity without a semicolon', entity, '<a>&amp</a>')
  no('entity-bare', 'an ampersand alone', entity, '<a>a & b</a>')
  no('reference-0', 'a reference to the character 0', entity, '<a>&#0;</a>')
  no('reference-1f', 'a reference to a control character', entity, '<a>&#x1F;</a>')
  no('reference-surrogate', 'a reference to a surrogate', entity, '<a>&#xD800;</a>')
  no('reference-pair', 'references to a pair of surrogates', entity, '<a>&#xD83D;&#xDD11;</a>')
  no('reference-fffe', 'a reference to U+FFFE', entity, '<a>&#xFFFE;</a>')
  no('reference-beyond', 'a reference beyond Unicode', entity, '<a>&#x110000;</a>')
  no('reference-upper', 'a reference with a large X', entity, '<a>&#X41;</a>')
  no('reference-empty', 'a reference without digits', entity, '<a>&#;</a>')
  no('reference-negative', 'a reference to -1', entity, '<a>&#-1;</a>')

  const instruction = 'instruction'
  no('instruction', 'a processing instruction', instruction, '<a><?target data?></a>', 'xml/processing-instruction')
  no(
    'instruction-stylesheet',
    'a style sheet',
    instruction,
    '<?xml-stylesheet href="a.xsl"?><a/>',
    'xml/processing-instruction',
  )
  no(
    'instruction-after',
    'a processing instruction after the element',
    instruction,
    '<a/><?target?>',
    'xml/processing-instruction',
  )
  no('declaration-second', 'a second XML declaration', instruction, '<?xml version="1.0"?><?xml version="1.0"?><a/>')
  no('declaration-late', 'an XML declaration after a blank', instruction, ' <?xml version="1.0"?><a/>')
  no('declaration-upper', 'an XML declaration in capitals', instruction, '<?XML version="1.0"?><a/>')
  no('declaration-version', 'XML 1.1', instruction, '<?xml version="1.1"?><a/>', 'xml/version')
  no('declaration-no-version', 'an XML declaration without a version', instruction, '<?xml encoding="utf-8"?><a/>')
  no(
    'declaration-standalone',
    'an XML declaration that is neither alone nor not',
    instruction,
    '<?xml version="1.0" standalone="maybe"?><a/>',
  )
  no(
    'declaration-order',
    'an XML declaration in another order',
    instruction,
    '<?xml version="1.0" standalone="yes" encoding="utf-8"?><a/>',
  )
  const comment = 'comment'
  no('comment', 'a comment', comment, '<a>te<!-- -->xt</a>', 'xml/comment')
  no('comment-before', 'a comment before the element', comment, '<!-- --><a/>', 'xml/comment')
  no('comment-dashes', 'a comment with two dashes in it', comment, '<a><!-- -- --></a>', 'xml/comment')
  no('comment-open', 'a comment that does not end', comment, '<a><!-- </a>')

  const form = 'form'
  no('empty', 'nothing', form, '')
  no('blank', 'a blank', form, ' ')
  no('text', 'text alone', form, 'text')
  no('open', 'an element that does not end', form, '<a><b></b>')
  no('crossed', 'elements that cross', form, '<a><b></a></b>')
  no('case', 'an end tag in another case', form, '<a></A>')
  no('two', 'two elements', form, '<a/><b/>')
  no('after', 'text after the element', form, '<a/>text')
  no('before', 'text before the element', form, 'text<a/>')
  no('end-first', 'an end tag first', form, '</a><a/>')
  no('cdata-open', 'a CDATA section that does not end', form, '<a><![CDATA[ </a>')
  no('cdata-outside', 'a CDATA section outside of the element', form, '<a/><![CDATA[ ]]>')
  no('cdata-end', 'the end of a CDATA section in text', form, '<a>]]></a>')
  no('less-than', 'a < in an attribute', form, '<a b="<"/>')
  no('unquoted', 'an attribute without quotes', form, '<a b=1/>')
  no('no-value', 'an attribute without a value', form, '<a b/>')
  no('no-space', 'two attributes without a blank between them', form, '<a b="1"c="2"/>')
  no('attribute-twice', 'an attribute twice', form, '<a b="1" b="2"/>')
  no('name-digit', 'a name that begins with a digit', form, '<1a/>')
  no('name-dash', 'a name that begins with a dash', form, '<-a/>')
  no('control', 'a control character', form, '<a>\u0001</a>')
  no('nul', 'a zero character', form, '<a>\0</a>')
  no('fffe', 'the character U+FFFE', form, '<a>\ufffe</a>')
  no('space-in-tag', 'a blank before the name of a tag', form, '< a/>')
  no('end-attribute', 'an attribute in an end tag', form, '<a></a b="1">')

  const names = 'namespace'
  no('prefix-unbound', 'a prefix that is bound to nothing', names, '<p:a/>')
  no('prefix-attribute', 'an attribute whose prefix is bound to nothing', names, '<a p:b="1"/>')
  no('prefix-out', 'a prefix that was bound in a neighbour', names, '<a><b xmlns:p="urn:p"/><p:c/></a>')
  no(
    'prefix-end',
    'an end tag with another prefix for the same name',
    names,
    '<p:a xmlns:p="urn:p" xmlns:q="urn:p"></q:a>',
  )
  no(
    'attribute-same',
    'two attributes of one name by two prefixes',
    names,
    '<a xmlns:p="urn:p" xmlns:q="urn:p" p:b="1" q:b="2"/>',
  )
  no('prefix-unbinding', 'a prefix that is bound to no name', names, '<a xmlns:p=""/>')
  no('prefix-xml', 'the prefix xml bound to another name', names, '<a xmlns:xml="urn:x"/>')
  no(
    'prefix-of-xml',
    "another prefix bound to xml's name",
    names,
    '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
  )
  no('prefix-xmlns', 'the prefix xmlns bound', names, '<a xmlns:xmlns="urn:x"/>')
  no('default-xmlns', "no prefix bound to xmlns's name", names, '<a xmlns="http://www.w3.org/2000/xmlns/"/>')
  no('two-colons', 'a name with two colons', names, '<p:a:b xmlns:p="urn:p"/>')
  no('colon-first', 'a name that begins with a colon', names, '<:a/>')
  no('colon-last', 'a name that ends with a colon', names, '<p: xmlns:p="urn:p"/>')
  no('local-digit', 'a local name that begins with a digit', names, '<p:1 xmlns:p="urn:p"/>')
  no('relative', 'a relative namespace name', names, '<a xmlns="names"/>', 'xml/namespace-name')
  no('blank-name', 'a namespace name with a blank at its end', names, '<a xmlns="urn:a "/>', 'xml/namespace-name')
  no('tab-name', 'a namespace name with a line feed in it', names, '<a xmlns="urn:&#10;a"/>', 'xml/namespace-name')

  const small = '<a>\u00e4</a>'
  noOctets('latin-1', 'octets of ISO 8859-1', ascii(small))
  noOctets('latin-1-declared', 'the same, declared', ascii(`<?xml version="1.0" encoding="ISO-8859-1"?>${small}`))
  documents.refuse(
    right,
    'utf-16-declared',
    'another encoding declared than the one used',
    'encoding',
    { text: '<?xml version="1.0" encoding="UTF-16"?><a/>' },
    'xml/encoding',
    verdict('utf-16-declared'),
  )
  noOctets('utf-16', 'octets of UTF-16, with a mark', Buffer.from(`\ufeff${small}`, 'utf16le'))
  noOctets('overlong', 'an overlong form of <', Buffer.concat([ascii('<a>'), hex('c0bc'), ascii('/a>')]))
  noOctets(
    'surrogates',
    'surrogates as UTF-8 (CESU-8)',
    Buffer.concat([ascii('<a>'), hex('eda0bdedb491'), ascii('</a>')]),
  )
  noOctets('cut', 'a character that is cut short', Buffer.concat([ascii('<a>'), hex('e282'), ascii('</a>')]))
  noOctets('continuation', 'a continuation octet alone', Buffer.concat([ascii('<a>'), hex('80'), ascii('</a>')]))
  noOctets('beyond', 'a character beyond Unicode', Buffer.concat([ascii('<a>'), hex('f4908080'), ascii('</a>')]))
  noOctets('utf-7', 'UTF-7, declared', ascii('<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-'))
}

// ---- signatures

const rootKey = keys.ecKey('xml root')
const signerKey = keys.ecKey('xml signer')
const otherKey = keys.ecKey('xml other')
const PURPOSE = {
  parameters: '2.25.80431215331923866204540506039740046950',
  device: '2.25.276210947154323492951890878943260482840',
}
const rootParty = { subject: 'CN=Root', key: rootKey }
const rootCertificate = certificate({
  ...rootParty,
  issuer: rootParty,
  extensions: [
    ...identifiers(rootKey, rootKey),
    extension(EXTENSIONS.basicConstraints, sequence(boolean(true)), true),
    extension(EXTENSIONS.keyUsage, USAGE.signsCertificates, true),
  ],
})
/** @type {(key: Key, uri?: string, purposes?: string[]) => Buffer} */
const signerCertificate = (key, uri = 'https://issuer.example', purposes = Object.values(PURPOSE)) =>
  certificate({
    ...{ subject: 'CN=Signer', key, issuer: rootParty },
    extensions: [
      ...identifiers(key, rootKey),
      extension(EXTENSIONS.keyUsage, USAGE.signs, true),
      extension(EXTENSIONS.extendedKeyUsage, sequence(...purposes.map(oid))),
      extension(EXTENSIONS.subjectAltName, sequence(value(0x86, ascii(uri)))),
    ],
  })
const selfSigned = certificate({
  ...{ subject: 'CN=Signer', key: otherKey, issuer: { subject: 'CN=Signer', key: otherKey } },
  extensions: [
    ...identifiers(otherKey, otherKey),
    extension(EXTENSIONS.extendedKeyUsage, sequence(...Object.values(PURPOSE).map(oid))),
    extension(EXTENSIONS.subjectAltName, sequence(value(0x86, ascii('https://issuer.example')))),
  ],
})

const ALGORITHM = {
  ecdsa: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
  ecdsaSha1: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1',
  rsa: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  hmac: 'http://www.w3.org/2000/09/xmldsig#hmac-sha1',
}
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
const ENVELOPED = `${DS}enveloped-signature`

/**
 * @typedef {object} SignatureOptions
 * @property {string} uri
 * @property {Key} [key]
 * @property {readonly Uint8Array[]} [certificates]
 * @property {string} [method] of the signature
 * @property {string} [canonicalization]
 * @property {readonly string[]} [transforms]
 * @property {string} [digestMethod]
 * @property {string} [digest] base64
 * @property {string} [more] in SignedInfo after the Reference
 * @property {string} [referenceAttributes]
 * @property {(numbers: Buffer) => Uint8Array} [signature]
 */

/**
 * A signature over a document in canonical form.
 * @type {(document: string, options: SignatureOptions) => string}
 */
function signatureOver(document, { uri, key = signerKey, ...options }) {
  const {
    certificates = [signerCertificate(key)],
    method = ALGORITHM.ecdsa,
    canonicalization = C14N,
    more = '',
  } = options
  const { transforms = [ENVELOPED, C14N], digestMethod = SHA256, referenceAttributes = '' } = options
  const digest = options.digest ?? base64(keys.digest('sha256', Buffer.from(document)))
  const signedInfo = [
    `<ds:CanonicalizationMethod Algorithm="${canonicalization}"></ds:CanonicalizationMethod>`,
    `<ds:SignatureMethod Algorithm="${method}"></ds:SignatureMethod>`,
    `<ds:Reference${referenceAttributes} URI="${uri}">`,
    `<ds:Transforms>${transforms.map((one) => `<ds:Transform Algorithm="${one}"></ds:Transform>`).join('')}</ds:Transforms>`,
    `<ds:DigestMethod Algorithm="${digestMethod}"></ds:DigestMethod>`,
    `<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>${more}`,
  ].join('')
  const canonical = `<ds:SignedInfo xmlns:ds="${DS}">${signedInfo}</ds:SignedInfo>`
  const [r, s] = keys.numbersIn(key.sign(Buffer.from(canonical)))
  const numbers = Buffer.concat([keys.toOctets(r, 32), keys.toOctets(s, 32)])
  const signature = options.signature?.(numbers) ?? numbers
  const x509 = certificates.map((one) => `<ds:X509Certificate>${base64(one)}</ds:X509Certificate>`).join('')
  const keyInfo = certificates.length === 0 ? '' : `<ds:KeyInfo><ds:X509Data>${x509}</ds:X509Data></ds:KeyInfo>`
  return `<ds:Signature xmlns:ds="${DS}"><ds:SignedInfo>${signedInfo}</ds:SignedInfo><ds:SignatureValue>${base64(signature)}</ds:SignatureValue>${keyInfo}</ds:Signature>`
}

/**
 * A document with a signature as its last child.
 * @type {(document: string, options: SignatureOptions) => string}
 */
function signed(document, options) {
  const end = document.lastIndexOf('</')
  return `${document.slice(0, end)}${signatureOver(document, options)}${document.slice(end)}`
}

const set = `urn:oid:1.3.6.1.4.1.311.75.1.1.1`
const hd = binary(L2048N256.generators[0] === undefined ? L2048N256.g : keys.toNumber(L2048N256.generators[0]))
/** @type {(id?: string, more?: string) => string} */
const plainDevice = (id = 'device', more = '') =>
  `<up:DeviceParameters xmlns:up="${UP}" Id="${id}"><up:Gd GdName="${set}"></up:Gd><up:Hd>${hd}</up:Hd>${more}</up:DeviceParameters>`

bases['device-parameters'] = signed(plainDevice(), { uri: '#device' })
bases['issuer-parameters'] = signed(baseOf('parameters'), { uri: '' })

/** Both kinds of signed artefacts. */
const artefacts = {
  device: { step: casesOf('device-parameters'), base: 'device-parameters', plain: plainDevice(), uri: '#device' },
  issuer: { step: casesOf('issuer-parameters'), base: 'issuer-parameters', plain: baseOf('parameters'), uri: '' },
}
for (const [kind, { step, base, plain, uri }] of Object.entries(artefacts)) {
  const right = step.accept(
    base,
    kind === 'device' ? 'signed Device parameters' : 'signed Issuer parameters',
    { base },
    { xmlsec1: 'accepts' },
  )
  /** @type {(id: string) => object} */
  const verdict = (id) => ({ xmlsec1: acceptedByXmlsec.has(`${right}-${id}`) ? 'accepts' : 'refuses' })
  /** @type {(id: string, changed: string, flag: string, edits: Edits, code: string) => void} */
  const no = (id, changed, flag, edits, code) =>
    step.refuse(right, id, changed, flag, { base, edits }, code, verdict(id))
  /** @type {(id: string, changed: string, flag: string, text: string, code: string) => void} */
  const noText = (id, changed, flag, text, code) => step.refuse(right, id, changed, flag, { text }, code, verdict(id))
  /** @type {(id: string, changed: string, flag: string, options: Partial<SignatureOptions>, code: string) => void} */
  const noSigned = (id, changed, flag, options, code) =>
    noText(id, changed, flag, signed(plain, { uri, ...options }), code)
  const digestOf = base64(keys.digest('sha256', Buffer.from(plain)))
  const root = `up:${kind === 'device' ? 'Device' : 'Issuer'}Parameters`
  const signature = baseOf(base).slice(
    baseOf(base).indexOf('<ds:Signature '),
    baseOf(base).indexOf('</ds:Signature>') + 15,
  )
  const inner = kind === 'device' ? `<up:Hd>${hd}` : '<up:UIDP>https://issuer.example/parameters/1'
  const changedInner =
    kind === 'device' ? `<up:Hd>${binary(L2048N256.g)}` : '<up:UIDP>https://issuer.example/parameters/2'

  // What the signature covers was changed.
  const content = 'content'
  no('value', 'another value', content, [[inner, changedInner]], 'xml-signature/digest')
  no('element', 'an element more', content, [[inner, `<up:X></up:X>${inner}`]], 'xml-signature/digest')
  no('attribute', 'an attribute more', content, [[`<${root}`, `<${root} X="1"`]], 'xml-signature/digest')
  no('space', 'a blank between elements', content, [[inner, ` ${inner}`]], 'xml-signature/digest')
  no('space-in', 'a line feed inside a value', content, [[inner, `${inner}\n`]], 'xml-signature/digest')
  no('return', 'a carriage return inside a value', content, [[inner, `${inner}&#13;`]], 'xml-signature/digest')
  no('tail', 'text after the signature', content, [['</ds:Signature>', '</ds:Signature>text']], 'xml-signature/digest')
  no(
    'after',
    'an element after the signature',
    content,
    [['</ds:Signature>', '</ds:Signature><up:X></up:X>']],
    'xml-signature/digest',
  )
  no(
    'namespace',
    'its namespace by another prefix: the canonical form keeps prefixes',
    content,
    [
      [`<${root} xmlns:up="${UP}"`, `<${root} xmlns:up="${UP}" xmlns:pu="${UP}"`],
      [inner, inner.replace('up:', 'pu:')],
      ...closing(inner),
    ],
    'xml-signature/digest',
  )
  no('comment', 'a comment, which the canonical form leaves out', content, [[inner, `<!-- -->${inner}`]], 'xml/comment')
  no(
    'comment-value',
    'a comment inside a value',
    content,
    [[inner, `${inner.slice(0, -4)}<!-- -->${inner.slice(-4)}`]],
    'xml/comment',
  )
  no(
    'doctype',
    'a document type declaration',
    content,
    [[`<${root}`, `<!DOCTYPE x [<!ENTITY e "">]><${root}`]],
    'xml/doctype',
  )
  no('instruction', 'a processing instruction', content, [[inner, `<?x?>${inner}`]], 'xml/processing-instruction')
  no(
    'root-name',
    'another name of the element',
    content,
    [
      [`<${root}`, '<up:Other'],
      [`</${root}>`, '</up:Other>'],
    ],
    'ws-trust/element',
  )

  // The signature was changed.
  const part = 'signature'
  no('missing', 'no signature', part, [[signature, '']], 'xml-signature/missing')
  no(
    'twice',
    'the signature twice',
    part,
    [['</ds:Signature>', `</ds:Signature>${signature}`]],
    'xml-signature/multiple',
  )
  no(
    'other-first',
    "an attacker's signature before the right one",
    part,
    [['<ds:Signature ', `${signatureOver(plain, { uri, key: otherKey, certificates: [selfSigned] })}<ds:Signature `]],
    'xml-signature/multiple',
  )
  no(
    'deep',
    'the signature in an element of its own',
    part,
    [
      ['<ds:Signature ', '<up:X><ds:Signature '],
      ['</ds:Signature>', '</ds:Signature></up:X>'],
    ],
    'xml-signature/missing',
  )
  no(
    'digest-value',
    'another digest',
    part,
    [[digestOf, base64(keys.digest('sha256', Buffer.alloc(0)))]],
    'xml-signature/signature',
  )
  no('digest-empty', 'an empty digest', part, [[digestOf, '']], 'xml-signature/signature')
  no(
    'reference-uri',
    'another URI in the Reference',
    part,
    [[`<ds:Reference URI="${uri}">`, '<ds:Reference URI="#other">']],
    'xml-signature/reference',
  )
  no('reference-none', 'no URI', part, [[` URI="${uri}"`, '']], 'xml-signature/reference')
  no(
    'reference-external',
    'a URI of another document',
    part,
    [[`<ds:Reference URI="${uri}">`, '<ds:Reference URI="http://attacker.example/a.xml">']],
    'xml-signature/reference',
  )
  no(
    'reference-xpointer',
    'an XPointer',
    part,
    [[`<ds:Reference URI="${uri}">`, '<ds:Reference URI="#xpointer(/)">']],
    'xml-signature/reference',
  )
  no(
    'signed-info-space',
    'a blank in SignedInfo',
    part,
    [['<ds:SignedInfo>', '<ds:SignedInfo> ']],
    'xml-signature/signature',
  )
  no(
    'signed-info-id',
    'an identifier of SignedInfo',
    part,
    [['<ds:SignedInfo>', '<ds:SignedInfo Id="x">']],
    'xml-signature/signature',
  )
  no(
    'signed-info-twice',
    'SignedInfo twice',
    part,
    [
      [
        '<ds:SignatureValue>',
        `${signature.slice(signature.indexOf('<ds:SignedInfo>'), signature.indexOf('<ds:SignatureValue>'))}<ds:SignatureValue>`,
      ],
    ],
    'xml-signature/structure',
  )
  no(
    'object',
    'an Object in the signature',
    part,
    [['</ds:Signature>', '<ds:Object></ds:Object></ds:Signature>']],
    'xml-signature/structure',
  )
  no(
    'object-first',
    'an Object before SignedInfo',
    part,
    [['<ds:SignedInfo>', '<ds:Object></ds:Object><ds:SignedInfo>']],
    'xml-signature/structure',
  )
  no(
    'value-base64',
    'a signature that is no base64',
    part,
    [['<ds:SignatureValue>', '<ds:SignatureValue>*']],
    'xml-signature/structure',
  )
  no(
    'value-url',
    'a signature in the URL-safe alphabet of base64',
    part,
    [['<ds:SignatureValue>', '<ds:SignatureValue>_-']],
    'xml-signature/structure',
  )
  no(
    'key-info-first',
    'KeyInfo before the signature',
    part,
    [['<ds:SignatureValue>', '<ds:KeyInfo></ds:KeyInfo><ds:SignatureValue>']],
    'xml-signature/structure',
  )
  noSigned('value-empty', 'an empty signature', part, { signature: () => Buffer.alloc(0) }, 'xml-signature/structure')
  noSigned('value-flipped', 'a changed bit of the signature', part, { signature: flipped }, 'xml-signature/signature')
  noSigned('value-zeros', 'r and s 0', part, { signature: () => Buffer.alloc(64) }, 'xml-signature/signature')
  noSigned(
    'value-der',
    'r and s in DER, as X.509 has them',
    part,
    {
      signature: (numbers) =>
        sequence(value(2, Buffer.of(0), numbers.subarray(0, 32)), value(2, Buffer.of(0), numbers.subarray(32))),
    },
    'xml-signature/signature',
  )
  noSigned(
    'value-short',
    'an octet less',
    part,
    { signature: (numbers) => numbers.subarray(0, 63) },
    'xml-signature/signature',
  )
  noSigned(
    'value-long',
    'an octet more',
    part,
    { signature: (numbers) => Buffer.concat([numbers, Buffer.of(0)]) },
    'xml-signature/signature',
  )
  noSigned(
    'value-swapped',
    'r and s swapped',
    part,
    { signature: (numbers) => Buffer.concat([numbers.subarray(32), numbers.subarray(0, 32)]) },
    'xml-signature/signature',
  )
  noSigned(
    'value-s-order',
    's the order of the group',
    part,
    { signature: (numbers) => Buffer.concat([numbers.subarray(0, 32), keys.toOctets(p256.Point.Fn.ORDER, 32)]) },
    'xml-signature/signature',
  )

  // What was signed is no signature that is accepted.
  const rule = 'algorithm'
  noSigned('sha1', 'SHA-1 in the signature', rule, { method: ALGORITHM.ecdsaSha1 }, 'xml-signature/algorithm')
  noSigned(
    'hmac',
    'HMAC, whose key would be the public one',
    rule,
    { method: ALGORITHM.hmac },
    'xml-signature/algorithm',
  )
  noSigned('rsa', 'an algorithm for another kind of key', rule, { method: ALGORITHM.rsa }, 'xml-signature/unknown-key')
  noSigned(
    'digest-sha1',
    'SHA-1 as the digest',
    rule,
    { digestMethod: `${DS}sha1`, digest: base64(keys.digest('sha1', Buffer.from(plain))) },
    'xml-signature/digest-method',
  )
  noSigned(
    'digest-md5',
    'MD5 as the digest',
    rule,
    {
      digestMethod: 'http://www.w3.org/2001/04/xmldsig-more#md5',
      digest: base64(keys.digest('md5', Buffer.from(plain))),
    },
    'xml-signature/digest-method',
  )
  noSigned(
    'digest-sha512',
    'a digest of SHA-256 said to be one of SHA-512',
    rule,
    { digestMethod: 'http://www.w3.org/2001/04/xmlenc#sha512' },
    'xml-signature/digest',
  )
  noSigned(
    'digest-short',
    'a digest cut to 16 octets',
    rule,
    { digest: base64(keys.digest('sha256', Buffer.from(plain)).subarray(0, 16)) },
    'xml-signature/digest',
  )
  noSigned(
    'c14n-inclusive',
    'SignedInfo in inclusive canonical form',
    rule,
    { canonicalization: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' },
    'xml-signature/canonicalization',
  )
  noSigned(
    'c14n-comments',
    'a canonical form with comments',
    rule,
    { canonicalization: `${C14N}WithComments` },
    'xml-signature/canonicalization',
  )
  const transforms = 'transforms'
  noSigned('no-transforms', 'no transforms', transforms, { transforms: [] }, 'xml-signature/transforms')
  noSigned(
    'one-transform',
    "the enveloped signature's transform alone",
    transforms,
    { transforms: [ENVELOPED] },
    'xml-signature/transforms',
  )
  noSigned('not-enveloped', 'the canonical form alone', transforms, { transforms: [C14N] }, 'xml-signature/transforms')
  noSigned(
    'transforms-swapped',
    'the transforms in another order',
    transforms,
    { transforms: [C14N, ENVELOPED] },
    'xml-signature/transforms',
  )
  noSigned(
    'third-transform',
    'a third transform',
    transforms,
    { transforms: [ENVELOPED, C14N, C14N] },
    'xml-signature/transforms',
  )
  noSigned(
    'xslt',
    'XSLT',
    transforms,
    { transforms: [ENVELOPED, 'http://www.w3.org/TR/1999/REC-xslt-19991116', C14N] },
    'xml-signature/transforms',
  )
  noSigned(
    'xpath',
    'XPath',
    transforms,
    { transforms: ['http://www.w3.org/TR/1999/REC-xpath-19991116', C14N] },
    'xml-signature/transforms',
  )
  noSigned(
    'base64-transform',
    'a transform of base64',
    transforms,
    { transforms: [ENVELOPED, `${DS}base64`] },
    'xml-signature/transforms',
  )
  noSigned(
    'two-references',
    'a second Reference',
    'reference',
    {
      more: `<ds:Reference URI="${uri}"><ds:DigestMethod Algorithm="${SHA256}"></ds:DigestMethod><ds:DigestValue>${digestOf}</ds:DigestValue></ds:Reference>`,
    },
    'xml-signature/reference',
  )
  noSigned(
    'reference-type',
    'a Reference to a manifest',
    'reference',
    { referenceAttributes: ` Type="${DS}Manifest"` },
    'xml-signature/structure',
  )

  // Who signed.
  const signer = 'signer'
  noSigned(
    'other-key',
    'signed by another key, with the certificate of the right one',
    signer,
    { key: otherKey, certificates: [signerCertificate(signerKey)] },
    'xml-signature/signature',
  )
  noSigned(
    'self-signed',
    'signed by one whom no anchor certifies',
    signer,
    { key: otherKey, certificates: [selfSigned] },
    'xml-signature/unknown-key',
  )
  noSigned(
    'self-signed-first',
    "the attacker's certificate before the right one",
    signer,
    { key: otherKey, certificates: [selfSigned, signerCertificate(signerKey)] },
    'xml-signature/unknown-key',
  )
  noSigned('no-certificate', 'no certificate', signer, { certificates: [] }, 'xml-signature/unknown-key')
  noSigned(
    'root',
    'the certificate of the anchor',
    signer,
    { key: rootKey, certificates: [rootCertificate] },
    'xml-signature/unknown-key',
  )
  const otherPurpose = kind === 'device' ? PURPOSE.parameters : PURPOSE.device
  noSigned(
    'purpose',
    'a certificate for the other purpose',
    signer,
    { certificates: [signerCertificate(signerKey, undefined, [otherPurpose])] },
    'xml-signature/unknown-key',
  )
  noSigned(
    'certificate-flipped',
    'a changed signature of the certificate',
    signer,
    { certificates: [flipped(signerCertificate(signerKey))] },
    'xml-signature/unknown-key',
  )
  noSigned(
    'certificate-none',
    'octets that are not a certificate',
    signer,
    { certificates: [Buffer.from('certificate')] },
    'xml-signature/unknown-key',
  )
  noSigned(
    'many-certificates',
    'seventeen certificates',
    'limit',
    { certificates: Array.from({ length: 17 }, () => signerCertificate(signerKey)) },
    'xml-signature/unknown-key',
  )
}
/** @type {(start: string) => [string, string][]} */
function closing(start) {
  const [, name = ''] = /^<up:(\w+)>/.exec(start) ?? []
  return [[`</up:${name}>`, `</pu:${name}>`]]
}

// Wrapping, and references by identifiers.
{
  const { step } = artefacts.device
  const right = 'device-parameters'
  const evil = `<up:Gd GdName="${set}"></up:Gd><up:Hd>${binary(L2048N256.g)}</up:Hd>`
  const genuine = baseOf(right)
  const signature = genuine.slice(genuine.indexOf('<ds:Signature '), genuine.indexOf('</ds:Signature>') + 15)
  /** @type {(id: string, changed: string, text: string, code: string, flag?: string) => void} */
  const no = (id, changed, text, code, flag = 'wrapping') =>
    step.refuse(right, id, changed, flag, { text }, code, {
      xmlsec1: acceptedByXmlsec.has(`${right}-${id}`) ? 'accepts' : 'refuses',
    })
  const open = `<up:DeviceParameters xmlns:up="${UP}"`
  no(
    'wrapped-child',
    "the signed element inside of the attacker's",
    `${open} Id="evil">${evil}${genuine}</up:DeviceParameters>`,
    'xml-signature/missing',
  )
  no(
    'wrapped-object',
    "the signed element in an Object of its signature, which stands in the attacker's",
    `${open} Id="evil">${evil}${signature.replace('</ds:Signature>', `<ds:Object>${plainDevice()}</ds:Object></ds:Signature>`)}</up:DeviceParameters>`,
    'xml-signature/structure',
  )
  no(
    'wrapped-sibling',
    "the signed element beside its signature, in the attacker's",
    `${open} Id="evil">${evil}${plainDevice()}${signature}</up:DeviceParameters>`,
    'xml-signature/reference',
  )
  no(
    'wrapped-same-id',
    "the attacker's with the same identifier",
    `${open} Id="device">${evil}${plainDevice()}${signature}</up:DeviceParameters>`,
    'xml-signature/duplicate-id',
  )
  no(
    'wrapped-signature',
    "the signature alone in the attacker's",
    `${open} Id="device">${evil}${signature}</up:DeviceParameters>`,
    'xml-signature/digest',
  )
  no(
    'wrapped-outside',
    'the signed element in another one',
    `<up:X xmlns:up="${UP}">${genuine}</up:X>`,
    'ws-trust/element',
  )
  no(
    'wrapped-id-upper',
    "the attacker's with the same identifier in an attribute ID, which is not an identifier here",
    `${open} ID="device">${evil}${plainDevice()}${signature}</up:DeviceParameters>`,
    'xml-signature/reference',
  )
  no(
    'empty-reference',
    'a signature over the whole document',
    signed(plainDevice(), { uri: '' }),
    'xml-signature/reference',
    'reference',
  )
  no(
    'id-space',
    'a Reference to the identifier with a blank',
    signed(plainDevice('device'), { uri: '#device ' }),
    'xml-signature/reference',
    'reference',
  )
  no(
    'id-escaped',
    'a Reference to the identifier, escaped as in URIs',
    signed(plainDevice('device'), { uri: '#%64evice' }),
    'xml-signature/reference',
    'reference',
  )
  no(
    'id-xpointer',
    'an XPointer to the identifier',
    signed(plainDevice('device'), { uri: "#xpointer(id('device'))" }),
    'xml-signature/reference',
    'reference',
  )
  no(
    'id-case',
    'a Reference to the identifier in capitals',
    signed(plainDevice('device'), { uri: '#DEVICE' }),
    'xml-signature/reference',
    'reference',
  )
  no(
    'no-id',
    'no identifier',
    signed(plainDevice().replace(' Id="device"', ''), { uri: '#device' }),
    'xml-signature/reference',
    'reference',
  )
  no(
    'id-twice',
    'the identifier a second time, in an element that was signed with it',
    signed(plainDevice('device', '<up:X Id="device"></up:X>'), { uri: '#device' }),
    'xml-signature/duplicate-id',
    'reference',
  )
  /** @type {(id: string, changed: string, plain: string, code: string) => void} */
  const validlySigned = (id, changed, plain, code) =>
    no(id, changed, signed(plain, { uri: '#device' }), code, 'signed-fault')
  validlySigned(
    'generator',
    'no name of the generator, validly signed',
    plainDevice().replace(` GdName="${set}"`, ''),
    'ws-trust/attribute',
  )
  validlySigned(
    'generator-relative',
    'a relative name of the generator, validly signed',
    plainDevice().replace(set, 'gd'),
    'ws-trust/uri',
  )
  validlySigned(
    'key-empty',
    'an empty public key, validly signed',
    plainDevice().replace(hd, ''),
    'ws-trust/crypto-binary',
  )
  validlySigned(
    'key-padded',
    'a public key with a zero octet more, validly signed',
    plainDevice().replace(hd, base64(Buffer.concat([Buffer.of(0), Buffer.from(hd, 'base64')]))),
    'ws-trust/crypto-binary',
  )
  validlySigned(
    'key-twice',
    'two public keys, validly signed',
    plainDevice('device', `<up:Hd>${hd}</up:Hd>`),
    'ws-trust/element',
  )
}
{
  // Issuer parameters that their Issuer signed although they are wrong.
  const { step } = artefacts.issuer
  const plain = baseOf('parameters')
  /** @type {(id: string, changed: string, edits: Edits, code: string, options?: Partial<SignatureOptions>) => void} */
  const no = (id, changed, edits, code, options) => {
    let text = plain
    for (const [find, put] of edits) {
      if (text.split(find).length !== 2) throw new Error(`${id}: ${find}`)
      text = text.replace(find, put)
    }
    step.refuse(
      'issuer-parameters',
      id,
      `validly signed: ${changed}`,
      'signed-fault',
      { text: signed(text, { uri: '', ...options }) },
      code,
      { xmlsec1: 'accepts' },
    )
  }
  const [first = '', second = '', third = '', , zt = ''] = [...plain.matchAll(/<up:Z>[^<]*<\/up:Z>/g)].map(
    ([element]) => element,
  )
  const minus1 = binary(L2048N256.p - 1n)
  no(
    'identity',
    'an Issuer that the certificate does not name',
    [['<up:Issuer>https://issuer.example<', '<up:Issuer>https://other.example<']],
    'ws-trust/issuer-identity',
  )
  no(
    'identity-prefix',
    'an Issuer whose name begins with that in the certificate',
    [['<up:Issuer>https://issuer.example<', '<up:Issuer>https://issuer.example.attacker.example<']],
    'ws-trust/issuer-identity',
  )
  no('version', 'version 2.0', [['Version="1.0"', 'Version="2.0"']], 'ws-trust/version')
  no('n', 'N one higher', [['N="3"', 'N="4"']], 'ws-trust/n-mismatch')
  no('n-negative', 'N -3', [['N="3"', 'N="-3"']], 'ws-trust/integer')
  no('n-hex', 'N in hexadecimal', [['N="3"', 'N="0x3"']], 'ws-trust/integer')
  no(
    'group-unknown',
    'an unknown group',
    [[`<up:GroupName>${set}`, '<up:GroupName>urn:oid:1.2.3']],
    'ws-trust/unknown-group',
  )
  no(
    'group-curve',
    'a curve',
    [[`<up:GroupName>${set}`, '<up:GroupName>urn:oid:1.3.6.1.4.1.311.75.1.2.1']],
    'ws-trust/curve-group',
  )
  no(
    'generators-other',
    'generators of another group',
    [[`GeneratorsName="${set}"`, 'GeneratorsName="urn:oid:1.3.6.1.4.1.311.75.1.1.2"']],
    'ws-trust/unknown-generators',
  )
  no(
    'hash-md5',
    'an unknown hash algorithm',
    [[SHA256, 'http://www.w3.org/2001/04/xmldsig-more#md5']],
    'ws-trust/unknown-hash',
  )
  no('e-0', 'an attribute that is not hashed', [['<up:Evalues><up:E>1<', '<up:Evalues><up:E>0<']], 'ws-trust/e-value')
  no('e-missing', 'one E value less', [['<up:Evalues><up:E>1</up:E>', '<up:Evalues>']], 'ws-trust/n-mismatch')
  no('z-missing', 'one z value less', [[second, '']], 'ws-trust/n-mismatch')
  no('z-more', 'one z value more', [[second, second + second]], 'ws-trust/n-mismatch')
  no('z-order-2', 'a z value of order 2', [[second, `<up:Z>${minus1}</up:Z>`]], 'parameters/not-in-subgroup')
  no('z-one', 'a z value of 1', [[third, '<up:Z>AQ==</up:Z>']], 'parameters/not-in-subgroup')
  no('z-zero', 'a z value of 0', [[zt, '<up:Z>AA==</up:Z>']], 'parameters/not-in-subgroup')
  no('z-p', 'a z value of p', [[first, `<up:Z>${binary(L2048N256.p)}</up:Z>`]], 'parameters/not-in-subgroup')
  no('z-long', 'a z value of 257 octets', [[first, `<up:Z>${binary(1n << 2048n)}</up:Z>`]], 'ws-trust/number-range')
  no('g0-order-2', 'g_0 of order 2', [[textIn('parameters', 'G'), minus1]], 'parameters/not-in-subgroup')
  no('zd-order-2', 'z_d of order 2', [[textIn('parameters', 'Zd'), minus1]], 'parameters/not-in-subgroup')
  no(
    'z-padded',
    'a z value with a zero octet more',
    [[first, `<up:Z>${base64(Buffer.concat([Buffer.of(0), Buffer.from(first.slice(6, -7), 'base64')]))}</up:Z>`]],
    'ws-trust/crypto-binary',
  )
  no('order', 'dates in the wrong order', [['<up:NotBefore>2026', '<up:NotBefore>2037']], 'ws-trust/validity-order')
  no(
    'date-local',
    'a date without a time zone',
    [['<up:NotBefore>2026-01-01T00:00:00Z', '<up:NotBefore>2026-01-01T00:00:00']],
    'ws-trust/date-time',
  )
  no(
    'claim-relative',
    'a claim type that is no URI',
    [['ClaimType="https://issuer.example/claims/role"', 'ClaimType="role"']],
    'ws-trust/uri',
  )
  no(
    'claims-missing',
    'one claim type less',
    [['<up:AttributeDescription ClaimType="https://issuer.example/claims/role"></up:AttributeDescription>', '']],
    'ws-trust/n-mismatch',
  )
  no('uidp-empty', 'an empty UIDP', [['>https://issuer.example/parameters/1<', '><']], 'ws-trust/uri')
  no(
    'uidp-space',
    'a UIDP with a blank',
    [['>https://issuer.example/parameters/1<', '>https://issuer.example/parameters/1 <']],
    'ws-trust/uri',
  )
  no('extra', 'an element that is not known', [['<up:Evalues>', '<up:X></up:X><up:Evalues>']], 'ws-trust/element')
  no(
    'foreign',
    'an element of another namespace',
    [['<up:Evalues>', '<x xmlns="urn:x"></x><up:Evalues>']],
    'ws-trust/element',
  )
  const own = `<up:GroupDescription><up:P>${binary(L2048N256.p)}</up:P><up:Q>${binary(L2048N256.q)}</up:Q><up:Gen>${binary(L2048N256.g)}</up:Gen></up:GroupDescription>`
  const named = `<up:GroupName>${set}</up:GroupName>`
  no(
    'group-composite',
    'a group modulo a composite number',
    [[named, own.replace(binary(L2048N256.p), binary(L2048N256.p + 2n * L2048N256.q))]],
    'group/p-not-prime',
  )
  no(
    'group-q',
    'a q that does not divide p - 1',
    [[named, own.replace(binary(L2048N256.q), binary(L2048N256.q + 2n))]],
    'group/q-not-divisor',
  )
  no(
    'group-generator',
    'a generator of order 2',
    [[named, own.replace(binary(L2048N256.g), minus1)]],
    'group/generator-order',
  )
}

// ---- presentations

const presentations = casesOf('presentation')
{
  const policy = { claims: [{ claimTypes: ['https://issuer.example/claims/email'] }] }
  const challenge = { nonce: textIn('challenged', 'Nonce'), signedData: 'I pay 10' }
  const claims = presentations.accept('claims', 'a claim token that discloses two claims, with signed data', {
    base: 'claims',
    policy,
  })
  const id = presentations.accept('id', 'an ID token', { base: 'id', policy: { persistentIdentifier: true } })
  const both = presentations.accept('both', 'a claim token and an ID token', { base: 'both' })
  const device = presentations.accept('device', 'a Device-protected token', {
    base: 'device',
    policy: { deviceRequired: true },
  })
  const challenged = presentations.accept('challenged', 'the message of the Relying Party', {
    base: 'challenged',
    message: challenge,
  })
  presentations.accept('others', 'the tokens of another holder', { base: 'others' })

  /** @type {(twin: string, more?: object) => (id: string, changed: string, flag: string, edits: Edits, code: string) => void} */
  const against =
    (twin, more = {}) =>
    (name, changed, flag, edits, code) =>
      presentations.refuse(twin, name, changed, flag, { base: twin, edits, ...more }, code)
  const no = against(claims, { policy })
  /** @type {(name: string) => string} */
  const of = (name) => textIn('claims', name)
  const numbers = ['H', 'SigmaZPrime', 'SigmaCPrime', 'SigmaRPrime', 'A', 'R0', 'R']
  const outside = { H: 'token/h-not-in-subgroup', SigmaZPrime: 'token/sigma-z-prime-not-in-subgroup' }
  for (const [name, code] of Object.entries(outside)) {
    const number = of(name)
    no(`${name}-order-2`, `${name} of order 2`, 'membership', [[number, binary(L2048N256.p - 1n)]], code)
    no(
      `${name}-negated`,
      `${name} times an element of order 2`,
      'membership',
      [[number, binary(L2048N256.p - keys.toNumber(Buffer.from(number, 'base64')))]],
      code,
    )
    no(`${name}-one`, `${name} 1`, 'neutral', [[number, 'AQ==']], code)
    no(`${name}-zero`, `${name} 0`, 'range', [[number, 'AA==']], code)
    no(`${name}-p`, `${name} p`, 'range', [[number, binary(L2048N256.p)]], code)
    no(`${name}-long`, `${name} of 257 octets`, 'range', [[number, binary(1n << 2048n)]], 'relying-party/number-range')
    no(`${name}-generator`, `${name} g`, 'wrong', [[number, binary(L2048N256.g)]], 'token/signature')
  }
  for (const name of ['SigmaCPrime', 'SigmaRPrime', 'R0', 'R']) {
    const [range, wrong] = name.startsWith('Sigma')
      ? ['token/scalar-range', 'token/signature']
      : ['presentation/scalar-range', 'presentation/proof']
    no(`${name}-q`, `${name} q`, 'range', [[of(name), binary(L2048N256.q)]], range)
    no(`${name}-long`, `${name} of 33 octets`, 'range', [[of(name), binary(1n << 256n)]], 'relying-party/number-range')
    no(`${name}-zero`, `${name} 0`, 'wrong', [[of(name), 'AA==']], wrong)
    no(
      `${name}-plus-1`,
      `${name} one more`,
      'wrong',
      [[of(name), binary((keys.toNumber(Buffer.from(of(name), 'base64')) + 1n) % L2048N256.q)]],
      wrong,
    )
  }
  // Forms of base64.
  const forms = 'base64'
  for (const name of numbers) {
    const code = name === 'A' ? 'ws-trust/base64' : 'ws-trust/crypto-binary'
    const text = of(name)
    no(
      `${name}-unpadded`,
      `${name} without its padding`,
      forms,
      [[`<up:${name}>${text}`, `<up:${name}>${text.replace(/=+$/, '')}`]],
      code,
    )
  }
  const r0 = of('R0')
  /** @type {(id: string, changed: string, text: string, code?: string) => void} */
  const form = (name, changed, text, code = 'ws-trust/crypto-binary') =>
    no(`R0-${name}`, `R0 ${changed}`, forms, [[r0, text]], code)
  const octets = Buffer.from(r0, 'base64')
  form('padded', 'with a zero octet more', base64(Buffer.concat([Buffer.of(0), octets])))
  form('empty', 'without octets', '')
  form('url', 'in the URL-safe alphabet', octets.toString('base64').replace(/^../, '-_'))
  form('padding-more', 'with more padding than needed', `${r0}=`)
  form('padding-inside', 'with padding inside', `${r0.slice(0, 4)}=${r0.slice(4)}`)
  form(
    'bits',
    'with a last character whose unused bits are not 0',
    r0.replace(/.=$/, (end) => `${nextCharacter(end[0] ?? '')}=`),
  )
  form('hex', 'in hexadecimal, which is base64 of another number', octets.toString('hex'), 'relying-party/number-range')
  form('minus', 'with a sign', `-${r0}`)
  form('nbsp', 'with a blank that XML does not know', `\u00a0${r0}`)
  form('comment', 'with a comment inside', `${r0.slice(0, 4)}<!-- -->${r0.slice(4)}`, 'xml/comment')
  form('element', 'with an element inside', `${r0.slice(0, 4)}<up:X></up:X>${r0.slice(4)}`, 'ws-trust/text')
  form('cut', 'with an octet less', base64(octets.subarray(1)), 'presentation/proof')

  // What is proven.
  const proof = 'proof'
  no('claim', 'another value of a claim', proof, [['>Alice<', '>Mallory<']], 'presentation/proof')
  no('claim-case', 'a claim in capitals', proof, [['>Alice<', '>ALICE<']], 'presentation/proof')
  no('claim-space', 'a blank after a claim', proof, [['>Alice<', '>Alice <']], 'presentation/proof')
  no('claim-line-feed', 'a line feed before a claim', proof, [['>Alice<', '>\nAlice<']], 'presentation/proof')
  no(
    'claim-zero-width',
    'a character without width in a claim',
    proof,
    [['>Alice<', '>Al\u200bice<']],
    'presentation/proof',
  )
  no('claim-homoglyph', 'a Cyrillic letter in a claim', proof, [['>Alice<', '>\u0410lice<']], 'presentation/proof')
  no('claim-null', 'a claim that is made null', proof, [['>Alice<', '><']], 'presentation/proof')
  no(
    'claim-comment',
    'a comment that cuts a claim',
    proof,
    [['>alice@example.com<', '>alice@example.com<!-- -->.attacker.example<']],
    'xml/comment',
  )
  no(
    'claim-element',
    'an element that cuts a claim',
    proof,
    [['>alice@example.com<', '>alice@example.com<up:X></up:X>.attacker.example<']],
    'ws-trust/text',
  )
  no('claim-entity', 'an entity in a claim', proof, [['>Alice<', '>&name;<']], 'xml/not-well-formed')
  no(
    'claims-swapped',
    'two claims swapped',
    'swapped',
    [
      ['>alice@example.com<', '>{}<'],
      ['>Alice<', '>alice@example.com<'],
      ['>{}<', '>Alice<'],
    ],
    'presentation/proof',
  )
  no('index', 'a claim under another index', proof, [['Index="2"', 'Index="3"']], 'presentation/proof')
  no(
    'index-hidden',
    'the hidden claim disclosed in place of its response',
    proof,
    [
      ['Alice</up:Attribute>', 'Alice</up:Attribute><up:Attribute Index="3">member</up:Attribute>'],
      [elementOf('claims', 'Responses'), ''],
    ],
    'presentation/proof',
  )
  no('index-0', 'the index 0', 'structure', [['Index="1"', 'Index="0"']], 'ws-trust/attribute-indices')
  no('index-4', 'an index above n', 'structure', [['Index="2"', 'Index="4"']], 'relying-party/attribute-indices')
  no('index-twice', 'an index twice', 'structure', [['Index="2"', 'Index="1"']], 'ws-trust/attribute-indices')
  no(
    'index-descending',
    'indices that descend',
    'structure',
    [
      ['Index="1">alice@example.com<', 'Index="2">Alice<'],
      ['Index="2">Alice</up:Attribute></up:Attributes>', 'Index="1">alice@example.com</up:Attribute></up:Attributes>'],
    ],
    'ws-trust/attribute-indices',
  )
  no('index-sign', 'an index with a sign', 'structure', [['Index="1"', 'Index="+1"']], 'ws-trust/integer')
  no('index-fraction', 'an index of 1.0', 'structure', [['Index="1"', 'Index="1.0"']], 'ws-trust/integer')
  no('index-fullwidth', 'an index in wide digits', 'structure', [['Index="1"', 'Index="\uff11"']], 'ws-trust/integer')
  no(
    'index-65537',
    'an index that is 1 modulo 65,536',
    'structure',
    [['Index="1"', 'Index="65537"']],
    'ws-trust/integer',
  )
  no(
    'response-missing',
    'no responses',
    'structure',
    [[elementOf('claims', 'Responses'), '']],
    'relying-party/response-count',
  )
  no(
    'response-twice',
    'a response twice',
    'structure',
    [[elementOf('claims', 'R'), elementOf('claims', 'R').repeat(2)]],
    'relying-party/response-count',
  )
  no('responses-empty', 'an empty list of responses', 'structure', [[elementOf('claims', 'R'), '']], 'ws-trust/element')
  no(
    'attributes-empty',
    'an empty list of attributes',
    'structure',
    [[pieceOf('claims', '<up:Attribute ', '</up:Attribute></up:Attributes>'), '</up:Attributes>']],
    'ws-trust/element',
  )
  no(
    'device-response',
    'the response of a Device that there is not',
    'device',
    [['</up:Responses>', `</up:Responses><up:Rd>${r0}</up:Rd>`]],
    'presentation/device',
  )
  no(
    'device-claimed',
    'a Device generator put into the token information',
    'device',
    [
      ['<up:TI>', `<up:TI><up:Gd GdName="${set}"></up:Gd>`],
      ['</up:Responses>', `</up:Responses><up:Rd>${r0}</up:Rd>`],
    ],
    'presentation/proof',
  )

  // What the token says.
  const contents = 'contents'
  no('expiry', 'a later end', contents, [['>2027-01-01T00:00:00Z<', '>2028-01-01T00:00:00Z<']], 'presentation/proof')
  no(
    'expiry-written',
    'the same end, written otherwise: the octets are hashed',
    contents,
    [['>2027-01-01T00:00:00Z<', '>2027-01-01T00:00:00.0Z<']],
    'presentation/proof',
  )
  no(
    'expired',
    'an end in the past',
    contents,
    [['>2027-01-01T00:00:00Z<', '>2026-01-01T00:00:00Z<']],
    'relying-party/token-expired',
  )
  no(
    'outlives',
    'an end after that of the Issuer parameters',
    contents,
    [['>2027-01-01T00:00:00Z<', '>2037-01-01T00:00:00Z<']],
    'relying-party/token-outlives-parameters',
  )
  no(
    'expiry-zone',
    'an end in another zone',
    contents,
    [['>2027-01-01T00:00:00Z<', '>2027-01-01T01:00:00+01:00<']],
    'ws-trust/date-time',
  )
  no(
    'expiry-24',
    'an end at 24:00',
    contents,
    [['>2027-01-01T00:00:00Z<', '>2026-12-31T24:00:00Z<']],
    'ws-trust/date-time',
  )
  no(
    'expiry-space',
    'a blank around the end',
    contents,
    [['>2027-01-01T00:00:00Z<', '> 2027-01-01T00:00:00Z<']],
    'ws-trust/white-space',
  )
  no('ti-space', 'a blank in the token information', contents, [['<up:TI>', '<up:TI> ']], 'ws-trust/white-space')
  no('ti-comment', 'a comment in it', contents, [['<up:TI>', '<up:TI><!-- -->']], 'xml/comment')
  no('ti-attribute', 'an attribute of it', contents, [['<up:TI>', '<up:TI X="1">']], 'ws-trust/attribute')
  no('ti-element', 'an element more in it', contents, [['</up:TI>', '<up:X></up:X></up:TI>']], 'ws-trust/element')
  no(
    'ti-prefix',
    'another prefix in it: the canonical form keeps prefixes',
    contents,
    [
      ['<up:TI><up:NotOnOrAfter>', `<pu:TI xmlns:pu="${UP}"><pu:NotOnOrAfter>`],
      ['</up:NotOnOrAfter></up:TI>', '</pu:NotOnOrAfter></pu:TI>'],
    ],
    'presentation/proof',
  )
  no(
    'ti-default',
    'no prefix in it',
    contents,
    [
      ['<up:TI><up:NotOnOrAfter>', `<TI xmlns="${UP}"><NotOnOrAfter>`],
      ['</up:NotOnOrAfter></up:TI>', '</NotOnOrAfter></TI>'],
    ],
    'presentation/proof',
  )
  no('ti-namespace', 'another namespace in it', contents, [['<up:TI>', '<up:TI xmlns:up="urn:x">']], 'ws-trust/element')
  no(
    'uidp',
    'other Issuer parameters',
    contents,
    [['parameters/1<', 'parameters/2<']],
    'relying-party/unknown-parameters',
  )
  no(
    'uidp-slash',
    'the UIDP with a slash after it',
    contents,
    [['parameters/1<', 'parameters/1/<']],
    'relying-party/unknown-parameters',
  )
  no(
    'uidp-case',
    'the UIDP in other letters',
    contents,
    [['>https://issuer.example/parameters', '>HTTPS://ISSUER.EXAMPLE/parameters']],
    'relying-party/unknown-parameters',
  )
  no(
    'uidp-escaped',
    'the UIDP with an escaped letter',
    contents,
    [['parameters/1<', 'parameters/%31<']],
    'relying-party/unknown-parameters',
  )
  no('class', 'another class', contents, [['TokenClass="claim"', 'TokenClass="CLAIM"']], 'relying-party/token-class')
  no(
    'class-id',
    'said to be an ID token',
    contents,
    [['TokenClass="claim"', 'TokenClass="ID"']],
    'relying-party/id-disclosure',
  )
  no('class-none', 'no class', contents, [[' TokenClass="claim"', '']], 'ws-trust/attribute')
  no(
    'signature-swapped',
    'the two numbers of the signature swapped',
    'swapped',
    [
      [of('SigmaCPrime'), '{}'],
      [of('SigmaRPrime'), of('SigmaCPrime')],
      ['{}', of('SigmaRPrime')],
    ],
    'token/signature',
  )
  no(
    'elements-swapped',
    'h and sigma_z swapped',
    'swapped',
    [
      [of('H'), '{}'],
      [of('SigmaZPrime'), of('H')],
      ['{}', of('SigmaZPrime')],
    ],
    'token/signature',
  )

  // The message.
  const message = 'message'
  no('nonce-time', 'the message a second later', message, [['12:00:00Z,', '12:00:01Z,']], 'presentation/proof')
  no(
    'nonce-old',
    'a message of six minutes and a second ago',
    message,
    [['T12:00:00Z,', 'T11:53:59Z,']],
    'relying-party/time',
  )
  no('nonce-early', 'a message of the next hour', message, [['T12:00:00Z,', 'T13:00:00Z,']], 'relying-party/time')
  no(
    'nonce-audience',
    'another Relying Party',
    message,
    [[',https://rp.example<', ',https://other.example<']],
    'relying-party/audience',
  )
  no(
    'nonce-audience-longer',
    'a Relying Party whose name begins alike',
    message,
    [[',https://rp.example<', ',https://rp.example.attacker.example<']],
    'relying-party/audience',
  )
  no(
    'nonce-audience-slash',
    'the name of the Relying Party with a slash',
    message,
    [[',https://rp.example<', ',https://rp.example/<']],
    'relying-party/audience',
  )
  no(
    'nonce-audience-case',
    'the name of the Relying Party in capitals',
    message,
    [[',https://rp.example<', ',HTTPS://RP.EXAMPLE<']],
    'relying-party/audience',
  )
  no(
    'nonce-two',
    'two Relying Parties',
    message,
    [[',https://rp.example<', ',https://rp.example,https://other.example<']],
    'relying-party/audience',
  )
  no(
    'nonce-no-comma',
    'a nonce without a Relying Party',
    message,
    [[',https://rp.example<', '<']],
    'relying-party/nonce-form',
  )
  no(
    'nonce-space',
    'a nonce with a blank before it',
    message,
    [['<up:Nonce>', '<up:Nonce> ']],
    'relying-party/nonce-form',
  )
  no(
    'nonce-empty',
    'an empty nonce',
    message,
    [[elementOf('claims', 'Nonce'), '<up:Nonce></up:Nonce>']],
    'ws-trust/nonce',
  )
  no(
    'nonce-twice',
    'two nonces',
    message,
    [[elementOf('claims', 'Nonce'), elementOf('claims', 'Nonce').repeat(2)]],
    'ws-trust/element',
  )
  no('nonce-comment', 'a comment in the nonce', message, [['<up:Nonce>', '<up:Nonce><!-- -->']], 'xml/comment')
  no(
    'nonce-attribute',
    'an attribute of the nonce',
    message,
    [['<up:Nonce>', '<up:Nonce X="1">']],
    'ws-trust/attribute',
  )
  no(
    'data',
    'other data than was signed',
    message,
    [['>I accept the terms<', '>I accept all terms<']],
    'presentation/proof',
  )
  no(
    'data-space',
    'a blank more in the data',
    message,
    [['>I accept the terms<', '>I accept  the terms<']],
    'presentation/proof',
  )
  no(
    'data-return',
    'a carriage return after the data',
    message,
    [['>I accept the terms<', '>I accept the terms&#13;<']],
    'presentation/proof',
  )
  no('data-missing', 'no data', message, [[elementOf('claims', 'SignedData'), '']], 'presentation/proof')
  no(
    'data-twice',
    'data twice',
    message,
    [[elementOf('claims', 'SignedData'), elementOf('claims', 'SignedData').repeat(2)]],
    'ws-trust/element',
  )
  no(
    'data-first',
    'data before the nonce',
    message,
    [
      [
        `${elementOf('claims', 'Nonce')}${elementOf('claims', 'SignedData')}`,
        `${elementOf('claims', 'SignedData')}${elementOf('claims', 'Nonce')}`,
      ],
    ],
    'ws-trust/element',
  )
  no(
    'message-space',
    'a line feed in the message: its octets are signed',
    message,
    [['<up:Message>', '<up:Message>\n']],
    'presentation/proof',
  )
  no(
    'message-prefix',
    'another prefix in the message',
    message,
    [
      [
        elementOf('claims', 'Message'),
        elementOf('claims', 'Message')
          .replaceAll('up:', 'pu:')
          .replace('<pu:Message>', `<pu:Message xmlns:pu="${UP}">`),
      ],
    ],
    'presentation/proof',
  )
  no(
    'message-extra',
    'an element more in the message',
    message,
    [['</up:Message>', '<up:X></up:X></up:Message>']],
    'ws-trust/element',
  )
  no(
    'message-twice',
    'two messages',
    message,
    [[elementOf('claims', 'Message'), elementOf('claims', 'Message').repeat(2)]],
    'ws-trust/element',
  )

  // The document.
  const shape = 'structure'
  no(
    'version',
    'version 1.1',
    shape,
    [['xmlns:up="' + UP + '" Version="1.0"', 'xmlns:up="' + UP + '" Version="1.1"']],
    'ws-trust/version',
  )
  no(
    'token-version',
    'version 2.0 of the token',
    shape,
    [['<up:Token Version="1.0"', '<up:Token Version="2.0"']],
    'ws-trust/version',
  )
  no('namespace', 'another namespace', shape, [[UP, `${UP}/`]], 'ws-trust/element')
  no(
    'namespace-case',
    'the namespace in other letters',
    shape,
    [[UP, UP.replace('u-prove', 'U-Prove')]],
    'ws-trust/element',
  )
  no(
    'element-rebound',
    'a part whose prefix was bound to another namespace',
    shape,
    [['<up:SubsetProof>', '<up:SubsetProof xmlns:up="urn:x">']],
    'ws-trust/element',
  )
  no(
    'default',
    'a part without a prefix and a namespace',
    shape,
    [[elementOf('claims', 'R0'), elementOf('claims', 'R0').replaceAll('up:', '')]],
    'ws-trust/element',
  )
  no(
    'foreign',
    'an element of another namespace',
    shape,
    [['<up:SubsetProof>', '<x xmlns="urn:x"></x><up:SubsetProof>']],
    'ws-trust/element',
  )
  no(
    'foreign-attribute',
    'an attribute of another namespace',
    shape,
    [['<up:SubsetProof>', '<up:SubsetProof xmlns:x="urn:x" x:y="1">']],
    'ws-trust/attribute',
  )
  no('text', 'text between elements', shape, [['<up:SubsetProof>', 'text<up:SubsetProof>']], 'ws-trust/text')
  no(
    'order',
    'A after R0',
    shape,
    [
      [
        `${elementOf('claims', 'A')}${elementOf('claims', 'R0')}`,
        `${elementOf('claims', 'R0')}${elementOf('claims', 'A')}`,
      ],
    ],
    'ws-trust/element',
  )
  no('a-twice', 'A twice', shape, [[elementOf('claims', 'A'), elementOf('claims', 'A').repeat(2)]], 'ws-trust/element')
  no(
    'a-short',
    'A with an octet less',
    shape,
    [[of('A'), base64(Buffer.from(of('A'), 'base64').subarray(1))]],
    'relying-party/number-range',
  )
  no('a-empty', 'an empty A', shape, [[of('A'), '']], 'relying-party/number-range')
  no('a', 'another A', proof, [[of('A'), base64(flipped(Buffer.from(of('A'), 'base64')))]], 'presentation/proof')
  no(
    'token-twice',
    'two tokens',
    shape,
    [['<up:SubsetProof>', `${pieceOf('claims', '<up:Token ', '</up:Token>')}<up:SubsetProof>`]],
    'ws-trust/element',
  )
  no(
    'proof-twice',
    'two proofs',
    shape,
    [['</up:SubsetProof>', `</up:SubsetProof>${elementOf('claims', 'SubsetProof')}`]],
    'ws-trust/element',
  )
  no(
    'no-presentation',
    'no presentation',
    shape,
    [[pieceOf('claims', '<up:Presentation ', '</up:Presentation>'), '']],
    'ws-trust/element',
  )
  no(
    'nine',
    'nine presentations',
    'limit',
    [
      [
        pieceOf('claims', '<up:Presentation ', '</up:Presentation>'),
        pieceOf('claims', '<up:Presentation ', '</up:Presentation>').repeat(9),
      ],
    ],
    'relying-party/too-many-presentations',
  )
  no(
    'doctype',
    'a document type declaration',
    'doctype',
    [['<up:PresentationToken', '<!DOCTYPE x><up:PresentationToken']],
    'xml/doctype',
  )
  no(
    'instruction',
    'a processing instruction',
    'instruction',
    [['<up:SubsetProof>', '<?x?><up:SubsetProof>']],
    'xml/processing-instruction',
  )
  no(
    'wrapped',
    'the presentation inside of another element',
    'wrapping',
    [
      ['<up:PresentationToken', '<x><up:PresentationToken'],
      ['</up:PresentationToken>', '</up:PresentationToken></x>'],
    ],
    'ws-trust/element',
  )

  // Parts of others.
  const foreign = 'foreign'
  no(
    'foreign-token',
    "the token of another holder, with this one's proof",
    foreign,
    [[pieceOf('claims', '<up:Token ', '</up:Token>'), pieceOf('others', '<up:Token ', '</up:Token>')]],
    'presentation/proof',
  )
  no(
    'foreign-proof',
    "the proof of another holder, with this one's token",
    foreign,
    [[elementOf('claims', 'SubsetProof'), elementOf('others', 'SubsetProof')]],
    'presentation/proof',
  )
  no('foreign-h', 'h of another token', foreign, [[of('H'), textIn('others', 'H')]], 'token/signature')
  no(
    'foreign-response',
    'a response of another proof',
    foreign,
    [[of('R'), textIn('others', 'R')]],
    'presentation/proof',
  )
  no(
    'foreign-claims',
    'the claims of another holder',
    foreign,
    [[elementOf('claims', 'Attributes'), elementOf('others', 'Attributes')]],
    'presentation/proof',
  )
  no(
    'foreign-message',
    'the message of another presentation',
    foreign,
    [[elementOf('claims', 'Message'), elementOf('both', 'Message')]],
    'presentation/proof',
  )
  no(
    'challenged-message',
    'a message of the Relying Party that was not asked for',
    foreign,
    [[elementOf('claims', 'Message'), elementOf('challenged', 'Message')]],
    'relying-party/nonce-form',
  )

  const noId = against(id, { policy: { persistentIdentifier: true } })
  noId(
    'claim-class',
    'said to be a claim token',
    contents,
    [['TokenClass="ID"', 'TokenClass="claim"']],
    'relying-party/response-count',
  )
  noId(
    'attributes',
    'an attribute written out',
    proof,
    [['<up:SubsetProof>', '<up:SubsetProof><up:Attributes><up:Attribute Index="1"></up:Attribute></up:Attributes>']],
    'relying-party/id-disclosure',
  )
  noId(
    'responses',
    'a response',
    proof,
    [['</up:R0>', `</up:R0><up:Responses><up:R>${r0}</up:R></up:Responses>`]],
    'relying-party/id-disclosure',
  )
  noId(
    'claims-token',
    'the token with claims in it',
    foreign,
    [[pieceOf('id', '<up:Token ', '</up:Token>'), pieceOf('claims', '<up:Token ', '</up:Token>')]],
    'presentation/proof',
  )
  noId(
    'other-token',
    'the ID token of another holder',
    foreign,
    [[pieceOf('id', '<up:Token ', '</up:Token>'), lastToken('others')]],
    'presentation/proof',
  )
  noId(
    'a',
    'another A',
    proof,
    [[textIn('id', 'A'), base64(flipped(Buffer.from(textIn('id', 'A'), 'base64')))]],
    'presentation/proof',
  )

  const noBoth = against(both)
  const [one = '', two = ''] = [...baseOf('both').matchAll(/<up:SubsetProof>.*?<\/up:SubsetProof>/g)].map(
    ([text]) => text,
  )
  noBoth(
    'proofs-swapped',
    'the proofs of the two tokens swapped',
    'swapped',
    [
      [one, '{}'],
      [two, one],
      ['{}', two],
    ],
    'relying-party/response-count',
  )
  noBoth(
    'classes-swapped',
    'their classes swapped',
    'swapped',
    [
      ['TokenClass="claim"', 'TokenClass="{}"'],
      ['TokenClass="ID"', 'TokenClass="claim"'],
      ['TokenClass="{}"', 'TokenClass="ID"'],
    ],
    'relying-party/id-disclosure',
  )
  noBoth(
    'second-spoilt',
    'the second proof spoilt',
    proof,
    [[two, two.replace(/<up:R0>[^<]*/, '<up:R0>AQ==')]],
    'presentation/proof',
  )
  noBoth(
    'second-class',
    'a second presentation of an unknown class',
    contents,
    [['TokenClass="ID"', 'TokenClass="x"']],
    'relying-party/token-class',
  )

  const noDevice = against(device, { policy: { deviceRequired: true } })
  noDevice(
    'no-response',
    'no response of the Device',
    'device',
    [[elementOf('device', 'Rd'), '']],
    'presentation/device',
  )
  noDevice(
    'response',
    'another response of the Device',
    'device',
    [[textIn('device', 'Rd'), 'AQ==']],
    'presentation/proof',
  )
  noDevice(
    'response-q',
    'q as the response of the Device',
    'range',
    [[textIn('device', 'Rd'), binary(L2048N256.q)]],
    'presentation/scalar-range',
  )
  noDevice(
    'response-r0',
    'r_0 and r_d swapped',
    'swapped',
    [
      [textIn('device', 'Rd'), '{}'],
      [textIn('device', 'R0'), textIn('device', 'Rd')],
      ['{}', textIn('device', 'R0')],
    ],
    'presentation/proof',
  )
  noDevice(
    'unprotected',
    'no Device generator and no response',
    'device',
    [
      [`<up:Gd GdName="${set}"></up:Gd>`, ''],
      [elementOf('device', 'Rd'), ''],
    ],
    'presentation/proof',
  )
  noDevice(
    'generator',
    'another Device generator',
    'device',
    [[`GdName="${set}"`, 'GdName="urn:oid:1.3.6.1.4.1.311.75.1.1.2"']],
    'relying-party/device-generator',
  )
  noDevice(
    'generator-contents',
    'something in the Device generator',
    'device',
    [[`<up:Gd GdName="${set}"></up:Gd>`, `<up:Gd GdName="${set}"><up:X></up:X></up:Gd>`]],
    'ws-trust/element',
  )

  const noChallenged = against(challenged, { message: challenge })
  noChallenged(
    'nonce',
    'another nonce',
    message,
    [[challenge.nonce, `C${challenge.nonce.slice(1)}`]],
    'relying-party/message-mismatch',
  )
  noChallenged('data', 'other data', message, [['>I pay 10<', '>I pay 1<']], 'relying-party/message-mismatch')
  noChallenged(
    'data-missing',
    'no data',
    message,
    [[elementOf('challenged', 'SignedData'), '']],
    'relying-party/message-mismatch',
  )
  noChallenged(
    'own-message',
    "a message of the client's own in its place",
    message,
    [[elementOf('challenged', 'Message'), elementOf('claims', 'Message')]],
    'relying-party/message-mismatch',
  )
  const asked = { nonce: challenge.nonce, signedData: 'I pay 1' }
  presentations.refuse(
    challenged,
    'asked-less',
    'data that was not asked for',
    message,
    { base: 'challenged', message: asked },
    'relying-party/message-mismatch',
  )

  // Replays, and policies.
  const replay = 'replay'
  /** @type {(id: string, changed: string, before: object[], more: object, code?: string, twin?: string) => void} */
  const again = (name, changed, before, more, code = 'relying-party/replayed', twin = claims) =>
    presentations.refuse(twin, name, changed, replay, { before, ...more }, code)
  again('replay', 'a second time', [{ base: 'claims' }], { base: 'claims' })
  again('replay-later', 'a second time, at the end of its time', [{ base: 'claims' }], {
    base: 'claims',
    later: '2026-06-01T12:06:00Z',
  })
  again(
    'replay-expired',
    'a second time, after its time',
    [{ base: 'claims' }],
    { base: 'claims', later: '2026-06-01T12:06:01Z' },
    'relying-party/time',
  )
  again('replay-written', 'a second time, written otherwise', [{ base: 'claims' }], {
    base: 'claims',
    edits: [['</up:Presentation>', '</up:Presentation>\n']],
  })
  again('replay-base64', 'a second time, with A in two lines', [{ base: 'claims' }], {
    base: 'claims',
    edits: [[of('A'), `${of('A').slice(0, 8)}\n${of('A').slice(8)}`]],
  })
  const [firstOfBoth = ''] = [...baseOf('both').matchAll(/<up:Presentation .*?<\/up:Presentation>/g)].map(
    ([text]) => text,
  )
  again(
    'replay-part',
    'one of the two presentations a second time',
    [{ base: 'both' }],
    { base: 'both', edits: [[firstOfBoth, '']] },
    'relying-party/replayed',
    both,
  )
  again(
    'replay-whole',
    'both, of which one was seen',
    [{ base: 'both', edits: [[firstOfBoth, '']] }],
    { base: 'both' },
    'relying-party/replayed',
    both,
  )
  again(
    'replay-twice-inside',
    'one presentation twice in one document',
    [],
    { base: 'both', edits: [[firstOfBoth, firstOfBoth.repeat(2)]] },
    'relying-party/replayed',
    both,
  )
  /** @type {(twin: string, name: string, changed: string, more: object, code: string) => void} */
  const unmet = (twin, name, changed, more, code) =>
    presentations.refuse(twin, `policy-${name}`, changed, 'policy', { base: twin, policy: more }, code)
  unmet(
    claims,
    'claim',
    'a policy that asks for a claim that is hidden',
    { claims: [{ claimTypes: ['https://issuer.example/claims/role'] }] },
    'relying-party/claims',
  )
  unmet(
    claims,
    'issuer',
    'a policy that asks for another Issuer',
    { issuers: ['https://other.example'] },
    'relying-party/issuer',
  )
  unmet(
    claims,
    'identifier',
    'a policy that asks for an identifier',
    { persistentIdentifier: true },
    'relying-party/identifier',
  )
  unmet(claims, 'device', 'a policy that asks for a Device', { deviceRequired: true }, 'relying-party/device-required')
  unmet(
    claims,
    'data',
    'a policy that asks for other data',
    { signedData: 'I accept nothing' },
    'relying-party/signed-data',
  )
  unmet(id, 'claims', 'a policy that asks for claims', policy, 'relying-party/claims')
}
/** @type {(base: string) => string} */
function lastToken(base) {
  const tokens = [...baseOf(base).matchAll(/<up:Token .*?<\/up:Token>/g)].map(([text]) => text)
  return tokens.at(-1) ?? ''
}
/** @type {(character: string) => string} */
function nextCharacter(character) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  return alphabet[alphabet.indexOf(character) + 1] ?? '/'
}

// ---- messages of issuance

const CONTEXT = 'urn:uuid:11111111-1111-4111-9111-111111111111'
{
  const scalar = binary(12345n)
  const element = binary(L2048N256.g)
  const open = `xmlns:wst="${WST}" xmlns:up="${UP}"`
  const type = `<wst:TokenType>${UP}/token</wst:TokenType>`
  const pair = `<up:SigmaPair><up:SigmaA>${element}</up:SigmaA><up:SigmaB>${element}</up:SigmaB></up:SigmaPair>`
  const ti = '<up:TI><up:NotOnOrAfter>2027-01-01T00:00:00Z</up:NotOnOrAfter></up:TI>'
  const attributes = ['alice@example.com', 'Alice', 'member'].map(
    (text, i) => `<up:Attribute Index="${String(i + 1)}">${text}</up:Attribute>`,
  )
  bases['token-request'] =
    `<wst:RequestSecurityToken ${open} Context="${CONTEXT}">${type}<wst:RequestType>${WST}/Issue</wst:RequestType><up:Instances><up:Instance TokenClass="claim" TokenCount="1"></up:Instance><up:Instance TokenClass="ID" TokenCount="1"></up:Instance></up:Instances></wst:RequestSecurityToken>`
  bases['first-response'] =
    `<wst:RequestSecurityTokenResponse ${open} Context="${CONTEXT}">${type}<up:Instances><up:Instance TokenClass="claim" TokenCount="1"><up:Attributes>${attributes.join('')}</up:Attributes>${ti}<up:IssuanceMessage1>${pair}</up:IssuanceMessage1></up:Instance></up:Instances><up:UIDP>https://issuer.example/parameters/1</up:UIDP></wst:RequestSecurityTokenResponse>`
  bases['second-response'] =
    `<wst:RequestSecurityTokenResponse ${open} Context="${CONTEXT}"><up:Instances><up:Instance><up:IssuanceMessage2><up:SigmaC>${scalar}</up:SigmaC></up:IssuanceMessage2></up:Instance><up:Instance><up:IssuanceMessage2><up:SigmaC>AQ==</up:SigmaC></up:IssuanceMessage2></up:Instance></up:Instances></wst:RequestSecurityTokenResponse>`
}
const messages = {
  request: casesOf('token-request'),
  first: casesOf('first-response'),
  second: casesOf('second-response'),
  third: casesOf('third-response'),
}
{
  /** @type {(step: import('./parts/cases.mjs').Cases, twin: string) => (id: string, changed: string, flag: string, edits: Edits, code: string, more?: object) => void} */
  const against =
    (step, twin) =>
    (id, changed, flag, edits, code, more = {}) =>
      step.refuse(
        twin,
        id,
        changed,
        flag,
        { ...(twin === 'third-response' ? {} : { base: twin }), ...(edits.length === 0 ? {} : { edits }), ...more },
        code,
      )
  for (const [step, id, what] of /** @type {const} */ ([
    [messages.request, 'token-request', 'a token request'],
    [messages.first, 'first-response', 'a first response'],
    [messages.second, 'second-response', 'a second response'],
  ]))
    step.accept(id, what, { base: id })
  messages.third.accept('third-response', 'the third response of a run', {})
  const context = ` Context="${CONTEXT}"`

  const request = against(messages.request, 'token-request')
  request('no-context', 'no Context', 'context', [[context, '']], 'ws-trust/context')
  request('empty-context', 'an empty Context', 'context', [[context, ' Context=""']], 'ws-trust/context')
  request(
    'long-context',
    'a Context of 2,049 characters',
    'context',
    [[context, ` Context="urn:x:${'x'.repeat(2043)}"`]],
    'ws-trust/context',
  )
  request(
    'namespaced-context',
    'a Context in a namespace',
    'context',
    [[context, ` wst:Context="${CONTEXT}"`]],
    'ws-trust/context',
  )
  request('type', 'another token type', 'contents', [[`${UP}/token<`, `${UP}/tokens<`]], 'ws-trust/token-type')
  request(
    'request-type',
    'another request type',
    'contents',
    [[`${WST}/Issue<`, `${WST}/Renew<`]],
    'ws-trust/request-type',
  )
  request(
    'no-request-type',
    'no request type',
    'structure',
    [[`<wst:RequestType>${WST}/Issue</wst:RequestType>`, '']],
    'ws-trust/request-type',
  )
  request(
    'two-request-types',
    'two request types',
    'structure',
    [[`<wst:RequestType>${WST}/Issue</wst:RequestType>`, `<wst:RequestType>${WST}/Issue</wst:RequestType>`.repeat(2)]],
    'ws-trust/element',
  )
  request(
    'class',
    'an unknown class',
    'contents',
    [['TokenClass="claim"', 'TokenClass="claims"']],
    'ws-trust/token-class',
  )
  request(
    'count-negative',
    'a negative count',
    'contents',
    [['TokenClass="claim" TokenCount="1"', 'TokenClass="claim" TokenCount="-1"']],
    'ws-trust/integer',
  )
  request(
    'count-65536',
    'a count of 65,536',
    'contents',
    [['TokenClass="claim" TokenCount="1"', 'TokenClass="claim" TokenCount="65536"']],
    'ws-trust/integer',
  )
  request(
    'count-exponent',
    'a count of 1e3',
    'contents',
    [['TokenClass="claim" TokenCount="1"', 'TokenClass="claim" TokenCount="1e3"']],
    'ws-trust/integer',
  )
  request(
    'no-count',
    'no count',
    'structure',
    [['TokenClass="claim" TokenCount="1"', 'TokenClass="claim"']],
    'ws-trust/attribute',
  )
  request(
    'nothing',
    'no tokens of either class',
    'contents',
    [
      ['TokenClass="claim" TokenCount="1"', 'TokenClass="claim" TokenCount="0"'],
      ['TokenClass="ID" TokenCount="1"', 'TokenClass="ID" TokenCount="0"'],
    ],
    'ws-trust/no-tokens',
  )
  request(
    'instances-empty',
    'an empty list of instances',
    'structure',
    [
      ['<up:Instance TokenClass="claim" TokenCount="1"></up:Instance>', ''],
      ['<up:Instance TokenClass="ID" TokenCount="1"></up:Instance>', ''],
    ],
    'ws-trust/element',
  )
  request(
    'instances-twice',
    'two lists of instances',
    'structure',
    [
      [
        '</up:Instances>',
        '</up:Instances><up:Instances><up:Instance TokenClass="claim" TokenCount="9"></up:Instance></up:Instances>',
      ],
    ],
    'ws-trust/element',
  )
  request(
    'unknown',
    'an unknown element of the profile',
    'structure',
    [['<up:Instances>', '<up:X></up:X><up:Instances>']],
    'ws-trust/element',
  )
  request(
    'device',
    'Device parameters where Devices are not accepted',
    'device',
    [['</up:Instances>', `</up:Instances>${baseOf('device-parameters')}`]],
    'ws-trust/device-refused',
  )
  request(
    'response',
    'a response in place of a request',
    'structure',
    [
      ['<wst:RequestSecurityToken ', '<wst:RequestSecurityTokenResponse '],
      ['</wst:RequestSecurityToken>', '</wst:RequestSecurityTokenResponse>'],
    ],
    'ws-trust/element',
  )
  request(
    'namespace',
    'another version of WS-Trust',
    'namespace',
    [[`xmlns:wst="${WST}"`, 'xmlns:wst="http://schemas.xmlsoap.org/ws/2005/02/trust"']],
    'ws-trust/element',
  )
  request('expired', 'Issuer parameters that have ended', 'contents', [], 'ws-trust/parameters-expired', {
    at: '2036-01-01T00:00:00Z',
  })

  const first = against(messages.first, 'first-response')
  first(
    'context',
    'the Context of another exchange',
    'context',
    [[context, ' Context="urn:uuid:21111111-1111-4111-9111-111111111111"']],
    'ws-trust/context-mismatch',
  )
  first(
    'context-case',
    'the Context in capitals',
    'context',
    [[context, context.replace('urn:uuid', 'URN:UUID')]],
    'ws-trust/context-mismatch',
  )
  first(
    'context-space',
    'the Context with a blank',
    'context',
    [[context, ` Context=" ${CONTEXT}"`]],
    'ws-trust/context-mismatch',
  )
  first('no-context', 'no Context', 'context', [[context, '']], 'ws-trust/context')
  first(
    'uidp',
    'other Issuer parameters',
    'contents',
    [['parameters/1<', 'parameters/2<']],
    'ws-trust/other-parameters',
  )
  first(
    'no-type',
    'no token type',
    'structure',
    [[`<wst:TokenType>${UP}/token</wst:TokenType>`, '']],
    'ws-trust/token-type',
  )
  first(
    'attribute-less',
    'an attribute less',
    'structure',
    [['<up:Attribute Index="3">member</up:Attribute>', '']],
    'ws-trust/attribute-count',
  )
  first(
    'attribute-more',
    'an attribute more',
    'structure',
    [['member</up:Attribute>', 'member</up:Attribute><up:Attribute Index="4">x</up:Attribute>']],
    'ws-trust/attribute-count',
  )
  first(
    'attribute-gap',
    'a gap in the indices',
    'structure',
    [['Index="3"', 'Index="4"']],
    'ws-trust/attribute-indices',
  )
  first(
    'no-attributes',
    'no attributes of a claim token',
    'structure',
    [[pieceOf('first-response', '<up:Attributes>', '</up:Attributes>'), '']],
    'ws-trust/attributes-presence',
  )
  first(
    'id-attributes',
    'an ID token with attributes',
    'structure',
    [['TokenClass="claim"', 'TokenClass="ID"']],
    'ws-trust/attributes-presence',
  )
  first(
    'count',
    'a count that differs from the number of values',
    'structure',
    [['TokenCount="1"', 'TokenCount="2"']],
    'ws-trust/token-count',
  )
  first('count-0', 'a count of 0', 'contents', [['TokenCount="1"', 'TokenCount="0"']], 'ws-trust/integer')
  first(
    'no-pair',
    'no values',
    'structure',
    [[pieceOf('first-response', '<up:SigmaPair>', '</up:SigmaPair>'), '']],
    'ws-trust/token-count',
  )
  first(
    'pair-half',
    'half of a pair',
    'structure',
    [[pieceOf('first-response', '<up:SigmaB>', '</up:SigmaB>'), '']],
    'ws-trust/element',
  )
  first(
    'pair-p',
    'sigma_a p',
    'range',
    [[`<up:SigmaA>${binary(L2048N256.g)}`, `<up:SigmaA>${binary(L2048N256.p)}`]],
    'element/range',
  )
  first(
    'pair-long',
    'sigma_a of 257 octets',
    'range',
    [[`<up:SigmaA>${binary(L2048N256.g)}`, `<up:SigmaA>${binary(1n << 2048n)}`]],
    'ws-trust/number-range',
  )
  first(
    'pair-padded',
    'sigma_b with a zero octet more',
    'base64',
    [
      [
        `<up:SigmaB>${binary(L2048N256.g)}`,
        `<up:SigmaB>${base64(Buffer.concat([Buffer.of(0), octetsOf(L2048N256.g)]))}`,
      ],
    ],
    'ws-trust/crypto-binary',
  )
  first(
    'expired',
    'tokens that have expired',
    'contents',
    [['2027-01-01T00:00:00Z', '2026-06-01T12:00:00Z']],
    'ws-trust/token-expired',
  )
  first(
    'outlives',
    'tokens that outlive their Issuer parameters',
    'contents',
    [['2027-01-01T00:00:00Z', '2036-01-01T00:00:01Z']],
    'ws-trust/token-outlives-parameters',
  )
  first(
    'device',
    'Device-protected tokens that nobody asked for',
    'device',
    [['<up:TI>', `<up:TI><up:Gd GdName="${set}"></up:Gd>`]],
    'ws-trust/device-unexpected',
  )
  first(
    'ti-space',
    'a blank in the token information, which could mark a token',
    'contents',
    [['<up:TI>', '<up:TI> ']],
    'ws-trust/white-space',
  )
  first(
    'no-ti',
    'no token information',
    'structure',
    [[pieceOf('first-response', '<up:TI>', '</up:TI>'), '']],
    'ws-trust/element',
  )
  first(
    'no-uidp',
    'no UIDP',
    'structure',
    [['<up:UIDP>https://issuer.example/parameters/1</up:UIDP>', '']],
    'ws-trust/element',
  )

  const second = against(messages.second, 'second-response')
  const [sigmaC, another] = [binary(12345n), binary(54321n)]
  second(
    'context',
    'a Context that there is not',
    'context',
    [[context, ' Context="urn:uuid:21111111-1111-4111-9111-111111111111"']],
    'ws-trust/context-unknown',
  )
  second('account', 'the Context of another account', 'context', [], 'ws-trust/context-unknown', { account: 'mallory' })
  second('no-context', 'no Context', 'context', [[context, '']], 'ws-trust/context')
  second(
    'different',
    'another number after one was answered: two answers with one w reveal the key',
    'replay',
    [[sigmaC, another]],
    'ws-trust/different-message',
    { before: [{ base: 'second-response' }] },
  )
  second(
    'swapped',
    'the numbers of the two instances swapped after they were answered',
    'replay',
    [
      [`>${sigmaC}<`, '>{}<'],
      ['>AQ==<', `>${sigmaC}<`],
      ['>{}<', '>AQ==<'],
    ],
    'ws-trust/different-message',
    { before: [{ base: 'second-response' }] },
  )
  second('q', 'q', 'range', [[sigmaC, binary(L2048N256.q)]], 'scalar/range')
  second('long', 'a number of 33 octets', 'range', [[sigmaC, binary(1n << 256n)]], 'ws-trust/number-range')
  second(
    'padded',
    'a number with a zero octet more',
    'base64',
    [[sigmaC, base64(Buffer.concat([Buffer.of(0), Buffer.from(sigmaC, 'base64')]))]],
    'ws-trust/crypto-binary',
  )
  second('empty', 'no number', 'structure', [[`<up:SigmaC>${sigmaC}</up:SigmaC>`, '']], 'ws-trust/element')
  second(
    'two',
    'two numbers for one token',
    'structure',
    [[`<up:SigmaC>${sigmaC}</up:SigmaC>`, `<up:SigmaC>${sigmaC}</up:SigmaC>`.repeat(2)]],
    'ws-trust/token-count',
  )
  second(
    'instance-less',
    'an instance less',
    'structure',
    [['<up:Instance><up:IssuanceMessage2><up:SigmaC>AQ==</up:SigmaC></up:IssuanceMessage2></up:Instance>', '']],
    'ws-trust/instance-count',
  )
  second(
    'instance-more',
    'an instance more',
    'structure',
    [
      [
        '</up:Instances>',
        '<up:Instance><up:IssuanceMessage2><up:SigmaC>AQ==</up:SigmaC></up:IssuanceMessage2></up:Instance></up:Instances>',
      ],
    ],
    'ws-trust/instance-count',
  )
  second(
    'foreign',
    'an element of another namespace',
    'structure',
    [['<up:Instances>', '<x xmlns="urn:x"></x><up:Instances>']],
    'ws-trust/element',
  )
  second('expired', 'an exchange that has ended', 'context', [], 'ws-trust/context-unknown', {
    later: '2026-06-01T12:05:00Z',
  })

  const third = against(messages.third, 'third-response')
  third('context', 'a Context that there is not', 'context', [['"{context}"', '"urn:x"']], 'ws-trust/context-mismatch')
  third(
    'other-context',
    'the Context of another run',
    'context',
    [['"{context}"', '"{other context}"']],
    'ws-trust/context-mismatch',
  )
  third(
    'swapped',
    'the numbers of the two tokens swapped',
    'swapped',
    [
      ['>{first}<', '>*<'],
      ['>{second}<', '>{first}<'],
      ['>*<', '>{second}<'],
    ],
    'issuance/signature',
  )
  third('equal', 'the first number twice', 'swapped', [['>{second}<', '>{first}<']], 'issuance/signature')
  third('other-number', 'a number of another run', 'foreign', [['>{first}<', '>{other first}<']], 'issuance/signature')
  third(
    'other-numbers',
    'both numbers of another run',
    'replay',
    [
      ['>{first}<', '>{other first}<'],
      ['>{second}<', '>{other second}<'],
    ],
    'issuance/signature',
  )
  third('zero', 'the number 0', 'wrong', [['>{first}<', '>AA==<']], 'issuance/signature')
  third('q', 'q', 'range', [['>{first}<', `>${binary(L2048N256.q)}<`]], 'scalar/range')
  third('long', 'a number of 33 octets', 'range', [['>{first}<', `>${binary(1n << 256n)}<`]], 'ws-trust/number-range')
  third('less', 'a number less', 'structure', [['<up:SigmaR>{second}</up:SigmaR>', '']], 'ws-trust/token-count')
  third(
    'more',
    'a number more',
    'structure',
    [['<up:SigmaR>{second}</up:SigmaR>', '<up:SigmaR>{second}</up:SigmaR><up:SigmaR>{second}</up:SigmaR>']],
    'ws-trust/token-count',
  )
  third(
    'instance',
    'an instance more',
    'structure',
    [
      [
        '</up:Instances>',
        '<up:Instance><up:IssuanceMessage3><up:SigmaR>AQ==</up:SigmaR></up:IssuanceMessage3></up:Instance></up:Instances>',
      ],
    ],
    'ws-trust/instance-count',
  )
  third(
    'collection',
    'two responses in the collection',
    'structure',
    [
      [
        '</wst:RequestSecurityTokenResponse>',
        '</wst:RequestSecurityTokenResponse><wst:RequestSecurityTokenResponse Context="x"></wst:RequestSecurityTokenResponse>',
      ],
    ],
    'ws-trust/element',
  )
}
/** @type {(number: bigint) => Buffer} */
function octetsOf(number) {
  return Buffer.from(binary(number), 'base64')
}

writeCases(
  'xml.json',
  {
    source: 'scripts/vectors/negative-xml.mjs; keys are drawn from names or thrown away, and protect nothing',
    at: AT,
    anchors: [rootCertificate.toString('hex')],
    signerKey: signerKey.publicKey.toString('hex'),
    bases,
  },
  [documents, ...Object.values(artefacts).map(({ step }) => step), presentations, ...Object.values(messages)],
)
