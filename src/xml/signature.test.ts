import { beforeAll, describe, expect, it } from 'vitest'
import { InvalidInputError, UProveError } from '../../bindings/errors.js'
import { encodeBase64 } from '../../bindings/octets/base64.js'
import { canonicalize, EXCLUSIVE_C14N } from './canonicalize.js'
import { parseXml } from './parse.js'
import {
  ecdsaSha256,
  ecdsaSha384,
  ecdsaSha512,
  rsaSha256,
  rsaSha384,
  rsaSha512,
  webCryptoAlgorithms,
  type SignatureAlgorithm,
} from './signature-algorithms.js'
import { DSIG_NAMESPACE, signEnveloped, verifySignature, type VerifyOptions } from './signature.js'
import { vocabulary, type XmlElement } from './tree.js'

const x = vocabulary('x', 'urn:x')
const text = (octets: Uint8Array): string => new TextDecoder().decode(octets)
const written = (element: XmlElement): string => text(canonicalize(element))

const rsaPair = (hash: string): Promise<CryptoKeyPair> => {
  const parameters = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash }
  return crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
}
const ecPair = (namedCurve: string): Promise<CryptoKeyPair> => {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify'])
}

let rsa: CryptoKeyPair
let ec: CryptoKeyPair
beforeAll(async () => {
  rsa = await rsaPair('SHA-256')
  ec = await ecPair('P-256')
})

const verify = (
  document: string | XmlElement,
  options: Partial<VerifyOptions> = {},
): ReturnType<typeof verifySignature> => {
  return verifySignature(typeof document === 'string' ? parseXml(document, { comments: 'keep' }) : document, {
    key: ec.publicKey,
    ...options,
  })
}
const codeOf = async (document: string | XmlElement, options?: Partial<VerifyOptions>): Promise<string> => {
  const verification = await verify(document, options)
  return verification.valid ? 'valid' : verification.code
}

/** What a test changes in the signature of `<x:a Id="i">…</x:a>`; everything is then really signed. */
interface Shape {
  /** `TARGET` is the signed element. */
  readonly document?: string
  readonly attributes?: string
  readonly uri?: string
  readonly canonicalization?: string
  readonly method?: string
  readonly transforms?: string
  readonly digestMethod?: string
  readonly reference?: (reference: string) => string
  readonly signedInfo?: (signedInfo: string) => string
  readonly signature?: (signature: string) => string
}

const ENVELOPED = `<ds:Transform Algorithm="${DSIG_NAMESPACE}enveloped-signature"/>`
const EXCLUSIVE = `<ds:Transform Algorithm="${EXCLUSIVE_C14N}"/>`
const method = (name: string, algorithm: string, content = ''): string =>
  `<ds:${name} Algorithm="${algorithm}">${content}</ds:${name}>`
const prefixList = (list: string): string =>
  `<ec:InclusiveNamespaces xmlns:ec="${EXCLUSIVE_C14N}" PrefixList="${list}"/>`

async function sha256(octets: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', octets)))
}

/** A document whose signature is right for ECDSA-SHA256 over what it says, whatever it says. */
async function forge(shape: Shape = {}): Promise<string> {
  const { document = 'TARGET', attributes = 'Id="i"', uri = 'URI="#i"' } = shape
  const content = '<x:b>content</x:b><x:c Id="other"/>'
  const signed = parseXml(`<x:a xmlns:x="urn:x" ${attributes}>${content}</x:a>`)
  const reference =
    `<ds:Reference ${uri}>${shape.transforms ?? `<ds:Transforms>${ENVELOPED}${EXCLUSIVE}</ds:Transforms>`}` +
    (shape.digestMethod ?? method('DigestMethod', 'http://www.w3.org/2001/04/xmlenc#sha256')) +
    `<ds:DigestValue>${await sha256(canonicalize(signed))}</ds:DigestValue></ds:Reference>`
  const identity = (s: string): string => s
  const signedInfo = (shape.signedInfo ?? identity)(
    `<ds:SignedInfo>${shape.canonicalization ?? method('CanonicalizationMethod', EXCLUSIVE_C14N)}` +
      (shape.method ?? method('SignatureMethod', ecdsaSha256.identifier)) +
      `${(shape.reference ?? identity)(reference)}</ds:SignedInfo>`,
  )
  const octets = canonicalize(parseXml(signedInfo.replace('>', ` xmlns:ds="${DSIG_NAMESPACE}">`), { comments: 'keep' }))
  const value = encodeBase64(await ecdsaSha256.sign(ec.privateKey, octets))
  const signature = (shape.signature ?? identity)(
    `<ds:Signature xmlns:ds="${DSIG_NAMESPACE}">${signedInfo}<ds:SignatureValue>${value}</ds:SignatureValue></ds:Signature>`,
  )
  return document.replace('TARGET', `<x:a xmlns:x="urn:x" ${attributes}>${content}${signature}</x:a>`)
}

const target = (document: XmlElement): XmlElement => {
  const all = (element: XmlElement): XmlElement[] => [element, ...element.elements.flatMap(all)]
  return all(document).find((element) => element.is('urn:x', 'a')) as XmlElement
}

describe('signEnveloped and verifySignature', () => {
  it.each<[string, SignatureAlgorithm, () => Promise<CryptoKeyPair>]>([
    ['RSA-SHA256', rsaSha256, () => Promise.resolve(rsa)],
    ['RSA-SHA384', rsaSha384, () => rsaPair('SHA-384')],
    ['RSA-SHA512', rsaSha512, () => rsaPair('SHA-512')],
    ['ECDSA-SHA256 with P-256', ecdsaSha256, () => Promise.resolve(ec)],
    ['ECDSA-SHA384 with P-384', ecdsaSha384, () => ecPair('P-384')],
    ['ECDSA-SHA512 with P-521', ecdsaSha512, () => ecPair('P-521')],
  ])('agree on %s, and refuse its tampered twins', async (_name, algorithm, pair) => {
    const keys = await pair()
    const element = x('a', { Id: 'i' }, x('b', {}, 'content'))
    for (const digest of ['SHA-256', 'SHA-384', 'SHA-512'] as const) {
      const document = written(await signEnveloped(element, { key: keys.privateKey, algorithm, digest }))
      const verification = await verify(document, { key: keys.publicKey })
      expect(verification).toMatchObject({ valid: true, algorithm: algorithm.identifier })
      if (!verification.valid) return
      expect(written(verification.element)).toBe(written(element))
      expect(text(verification.octets)).toBe(written(element))

      const options = { key: keys.publicKey }
      expect(await codeOf(document.replace('content', 'Content'), options)).toBe('xml-signature/digest')
      expect(await codeOf(document.replace('<x:b>', '<x:b y="">'), options)).toBe('xml-signature/digest')
      const flipped = (of: string): string =>
        document.replace(new RegExp(`(<ds:${of}>)(.)`), (_, tag: string, c: string) => tag + (c === 'A' ? 'B' : 'A'))
      expect(await codeOf(flipped('SignatureValue'), options)).toBe('xml-signature/signature')
      expect(await codeOf(flipped('DigestValue'), options)).toBe('xml-signature/signature')
      expect(await codeOf(document, { key: (await ecPair('P-256')).publicKey })).toMatch(/key-mismatch|signature$/)
    }
  })

  it('refer to a document without an identifier by an empty URI', async () => {
    const element = x('a', { Version: '1.0' }, 'content')
    const document = written(await signEnveloped(element, { key: ec.privateKey, algorithm: ecdsaSha256 }))
    expect(document).toContain('<ds:Reference URI="">')
    expect(await codeOf(document)).toBe('valid')
    // Inside another document the empty URI means that one.
    const outer = x('outer', {}, parseXml(document))
    expect(await codeOf(outer, { target: outer.elements[0] as XmlElement })).toBe('xml-signature/reference')
    expect(await codeOf(outer)).toBe('xml-signature/missing')
  })

  it('survive being moved to where other namespaces are declared', async () => {
    const signed = await signEnveloped(x('a', { Id: 'i' }, x('b')), { key: ec.privateKey, algorithm: ecdsaSha256 })
    const document = `<x:o xmlns:x="urn:other" xmlns="urn:d" xmlns:ds="urn:ds"><y/>${written(signed)}</x:o>`
    const root = parseXml(document)
    expect(await codeOf(root, { target: target(root) })).toBe('valid')
  })

  it('return only what was signed', async () => {
    const document = (await forge())
      .replace('content', 'con<!--, --><![CDATA[tent]]>')
      .replace('<x:c ', '<x:c  xmlns:y="urn:y" ')
    const withUnsigned = document.replace(
      '</ds:SignatureValue>',
      '</ds:SignatureValue><ds:KeyInfo><x:d>unsigned</x:d></ds:KeyInfo>',
    )
    const verification = await verify(withUnsigned)
    expect(verification.valid && written(verification.element)).toBe(
      '<x:a xmlns:x="urn:x" Id="i"><x:b>content</x:b><x:c Id="other"></x:c></x:a>',
    )
    expect(verification.valid && verification.element.elements[0]?.children).toEqual(['content'])
    expect(verification.valid && verification.element.elements[1]?.lookupNamespace('y')).toBeUndefined()
  })

  it('read the digest from what was signed, not around comments', async () => {
    const document = await forge({ signedInfo: (s) => s.replace('<ds:DigestValue>', '<ds:DigestValue><!--AAAA-->') })
    expect(await codeOf(document)).toBe('valid')
    expect(await codeOf(document.replace('content', 'other'))).toBe('xml-signature/digest')
  })

  it('take line-wrapped base64 and indented signatures', async () => {
    const indented = await forge({
      signedInfo: (s) => s.replace(/></g, '>\n  <'),
      signature: (s) => s.replace(/(<ds:SignatureValue>.{30})/, '$1\n').replace('<ds:SignatureValue>', '\n  $&\n'),
    })
    expect(await codeOf(indented)).toBe('valid')
  })

  it('take identifiers of the forms that are declared', async () => {
    const utility = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'
    expect(await codeOf(await forge({ attributes: 'ID="i"' }))).toBe('valid')
    expect(await codeOf(await forge({ attributes: `xmlns:wsu="${utility}" wsu:Id="i"` }))).toBe('valid')
    expect(await codeOf(await forge({ attributes: 'Id="urn:uuid:5-4a?b/c" ', uri: 'URI="#urn:uuid:5-4a?b/c"' }))).toBe(
      'valid',
    )
    expect(await codeOf(await forge({ attributes: 'xmlns:y="urn:y" y:Id="i"' }))).toBe('xml-signature/reference')
    expect(await codeOf(await forge({ attributes: 'xml:id="i"' }))).toBe('xml-signature/reference')
    const idAttributes = [{ namespace: 'urn:y', localName: 'Key' }]
    const own = await forge({ attributes: 'xmlns:y="urn:y" y:Key="i"' })
    expect(await codeOf(own, { idAttributes })).toBe('valid')
    expect(await codeOf(await forge(), { idAttributes })).toBe('xml-signature/reference')
  })

  describe('refuse', () => {
    const SHA1 = `${DSIG_NAMESPACE}sha1`
    const INCLUSIVE = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'
    const MORE = 'http://www.w3.org/2001/04/xmldsig-more#'
    const prefixed = (list: string): string => transforms(ENVELOPED, method('Transform', EXCLUSIVE_C14N, list))
    const transforms = (...list: string[]): string => `<ds:Transforms>${list.join('')}</ds:Transforms>`

    it.each<[string, string, Shape]>([
      // References
      ['a reference to another element', 'reference', { uri: 'URI="#other"' }],
      ['a reference to no element', 'reference', { uri: 'URI="#none"' }],
      ['a reference without #', 'reference', { uri: 'URI="i"' }],
      ['a reference without a URI', 'reference', { uri: '' }],
      ['a fragment without an identifier', 'reference', { uri: 'URI="#"' }],
      ['an XPointer to the document', 'reference', { uri: 'URI="#xpointer(/)"' }],
      ['an XPointer to the element', 'reference', { uri: `URI="#xpointer(id('i'))"` }],
      ['an identifier that is an XPointer', 'reference', { attributes: 'Id="xpointer(/)"', uri: 'URI="#xpointer(/)"' }],
      ['an identifier that is percent-encoded', 'reference', { attributes: 'Id="%69"', uri: 'URI="#%69"' }],
      ['an identifier with white space', 'reference', { attributes: 'Id="i "', uri: 'URI="#i "' }],
      ['an empty identifier', 'reference', { attributes: 'Id=""', uri: 'URI="#"' }],
      ['a reference elsewhere', 'reference', { uri: 'URI="http://example.com/#i"' }],
      ['a reference to a file', 'reference', { uri: 'URI="file:///etc/passwd"' }],
      ['two references', 'reference', { reference: (r) => r + r }],
      ['no reference', 'reference', { reference: () => '' }],
      ['a reference that is of a type', 'structure', { uri: `URI="#i" Type="${DSIG_NAMESPACE}Manifest"` }],
      [
        'a reference in another namespace',
        'structure',
        { reference: (r) => r.replace(/ds:Reference/g, 'x:Reference').replace(' ', ' xmlns:x="urn:x" ') },
      ],
      // Transforms
      ['no transforms', 'transforms', { transforms: '' }],
      ['an empty list of transforms', 'transforms', { transforms: transforms() }],
      ['only enveloped-signature', 'transforms', { transforms: transforms(ENVELOPED) }],
      ['only exclusive C14N', 'transforms', { transforms: transforms(EXCLUSIVE) }],
      ['the transforms in the wrong order', 'transforms', { transforms: transforms(EXCLUSIVE, ENVELOPED) }],
      ['a transform twice', 'transforms', { transforms: transforms(ENVELOPED, EXCLUSIVE, EXCLUSIVE) }],
      [
        'the misspelt identifier of the profile',
        'transforms',
        { transforms: transforms(ENVELOPED.replace('enveloped-', 'enveloped'), EXCLUSIVE) },
      ],
      [
        'inclusive C14N as transform',
        'transforms',
        { transforms: transforms(ENVELOPED, method('Transform', INCLUSIVE)) },
      ],
      [
        'exclusive C14N with comments',
        'transforms',
        { transforms: transforms(ENVELOPED, method('Transform', `${EXCLUSIVE_C14N}WithComments`)) },
      ],
      [
        'base64',
        'transforms',
        { transforms: transforms(ENVELOPED, method('Transform', `${DSIG_NAMESPACE}base64`), EXCLUSIVE) },
      ],
      [
        'XPath',
        'transforms',
        {
          transforms: transforms(
            ENVELOPED,
            method('Transform', 'http://www.w3.org/TR/1999/REC-xpath-19991116', '<ds:XPath>false()</ds:XPath>'),
            EXCLUSIVE,
          ),
        },
      ],
      [
        'XSLT',
        'transforms',
        {
          transforms: transforms(
            ENVELOPED,
            EXCLUSIVE,
            method('Transform', 'http://www.w3.org/TR/1999/REC-xslt-19991116'),
          ),
        },
      ],
      [
        'an XPath in enveloped-signature',
        'transforms',
        { transforms: transforms(ENVELOPED.replace('/>', '><ds:XPath/></ds:Transform>'), EXCLUSIVE) },
      ],
      [
        'text in a transform',
        'structure',
        { transforms: transforms(ENVELOPED, EXCLUSIVE.replace('/>', '>x</ds:Transform>')) },
      ],
      [
        'a prefix list of no prefixes',
        'transforms',
        { transforms: transforms(ENVELOPED, method('Transform', EXCLUSIVE_C14N, prefixList('x a:b'))) },
      ],
      [
        'a long prefix list',
        'transforms',
        { transforms: transforms(ENVELOPED, method('Transform', EXCLUSIVE_C14N, prefixList('x '.repeat(65)))) },
      ],
      [
        'two prefix lists',
        'transforms',
        { transforms: transforms(ENVELOPED, method('Transform', EXCLUSIVE_C14N, prefixList('x') + prefixList('x'))) },
      ],
      // Algorithms
      [
        'inclusive C14N of SignedInfo',
        'canonicalization',
        { canonicalization: method('CanonicalizationMethod', INCLUSIVE) },
      ],
      [
        'C14N 1.1 of SignedInfo',
        'canonicalization',
        { canonicalization: method('CanonicalizationMethod', 'http://www.w3.org/2006/12/xml-c14n11') },
      ],
      [
        'SignedInfo with comments',
        'canonicalization',
        { canonicalization: method('CanonicalizationMethod', `${EXCLUSIVE_C14N}WithComments`) },
      ],
      ['no canonicalization', 'canonicalization', { canonicalization: '' }],
      [
        'a long prefix list for SignedInfo',
        'canonicalization',
        { canonicalization: method('CanonicalizationMethod', EXCLUSIVE_C14N, prefixList('x '.repeat(65))) },
      ],
      ['SHA-1 as digest', 'digest-method', { digestMethod: method('DigestMethod', SHA1) }],
      ['MD5 as digest', 'digest-method', { digestMethod: method('DigestMethod', `${MORE}md5`) }],
      ['a digest without an algorithm', 'digest-method', { digestMethod: '<ds:DigestMethod/>' }],
      ['RSA-SHA1', 'algorithm', { method: method('SignatureMethod', `${DSIG_NAMESPACE}rsa-sha1`) }],
      ['ECDSA-SHA1', 'algorithm', { method: method('SignatureMethod', `${MORE}ecdsa-sha1`) }],
      ['DSA-SHA1', 'algorithm', { method: method('SignatureMethod', `${DSIG_NAMESPACE}dsa-sha1`) }],
      ['RSA-MD5', 'algorithm', { method: method('SignatureMethod', `${MORE}rsa-md5`) }],
      ['HMAC-SHA256', 'algorithm', { method: method('SignatureMethod', `${MORE}hmac-sha256`) }],
      [
        'an algorithm that is not registered',
        'algorithm',
        { method: method('SignatureMethod', 'http://www.w3.org/2009/xmldsig11#dsa-sha256') },
      ],
      ['an algorithm of another key', 'key-mismatch', { method: method('SignatureMethod', rsaSha256.identifier) }],
      ['another algorithm of the same key', 'signature', { method: method('SignatureMethod', ecdsaSha384.identifier) }],
      [
        'a truncated output',
        'structure',
        { method: method('SignatureMethod', ecdsaSha256.identifier, '<ds:HMACOutputLength>8</ds:HMACOutputLength>') },
      ],
      // Structure
      ['SignedInfo twice', 'structure', { signature: (s) => s.replace(/<ds:SignedInfo>.*<\/ds:SignedInfo>/, '$&$&') }],
      [
        'SignatureValue first',
        'structure',
        { signature: (s) => s.replace(/(<ds:SignedInfo>.*)(<ds:SignatureValue>.*)(<\/ds:Signature>)/, '$2$1$3') },
      ],
      [
        'no SignatureValue',
        'structure',
        { signature: (s) => s.replace(/<ds:SignatureValue>.*<\/ds:SignatureValue>/, '') },
      ],
      [
        'an empty SignatureValue',
        'structure',
        { signature: (s) => s.replace(/(<ds:SignatureValue>).*(<\/ds:SignatureValue>)/, '$1$2') },
      ],
      [
        'a SignatureValue with an element',
        'structure',
        { signature: (s) => s.replace('<ds:SignatureValue>', '$&<ds:X/>') },
      ],
      [
        'a SignatureValue that is no base64',
        'structure',
        { signature: (s) => s.replace('<ds:SignatureValue>', '$&*') },
      ],
      ['an Object', 'structure', { signature: (s) => s.replace('</ds:Signature>', '<ds:Object/></ds:Signature>') }],
      [
        'KeyInfo twice',
        'structure',
        { signature: (s) => s.replace('</ds:Signature>', '<ds:KeyInfo/><ds:KeyInfo/></ds:Signature>') },
      ],
      ['text in the signature', 'structure', { signature: (s) => s.replace('<ds:SignatureValue>', 'x$&') }],
      ['text in SignedInfo', 'structure', { signedInfo: (s) => s.replace('<ds:Reference', 'x$&') }],
      ['an attribute of the signature', 'structure', { signature: (s) => s.replace('>', ' x="">') }],
      ['an attribute of SignedInfo', 'structure', { signedInfo: (s) => s.replace('>', ' x="">') }],
      ['an attribute of a method', 'structure', { signedInfo: (s) => s.replace('<ds:SignatureMethod', '$& x=""') }],
      [
        'an element too many in the reference',
        'structure',
        { reference: (r) => r.replace('</ds:Reference>', '<ds:X/>$&') },
      ],
      ['no digest', 'structure', { reference: (r) => r.replace(/<ds:DigestValue>.*<\/ds:DigestValue>/, '') }],
      ['a digest that is no base64', 'structure', { reference: (r) => r.replace('<ds:DigestValue>', '$&=') }],
      [
        'a shorter digest',
        'digest',
        { reference: (r) => r.replace(/(<ds:DigestValue>).*(<\/ds:DigestValue>)/, '$1AAAA$2') },
      ],
      ['an attribute of SignatureValue', 'structure', { signature: (s) => s.replace('<ds:SignatureValue', '$& x=""') }],
      ['an attribute of a namespace', 'structure', { signature: (s) => s.replace('>', ' xmlns:x="urn:x" x:Id="s">') }],
      ['SignedInfo of another name', 'structure', { signature: (s) => s.replaceAll('ds:SignedInfo', 'ds:Info') }],
      [
        'SignedInfo in another namespace',
        'structure',
        { signature: (s) => s.replaceAll('ds:SignedInfo', 'x:SignedInfo') },
      ],
      ['a canonicalization of another name', 'structure', { canonicalization: method('C14nMethod', EXCLUSIVE_C14N) }],
      ['a signature method of another name', 'structure', { method: method('Method', ecdsaSha256.identifier) }],
      [
        'a digest method of another name',
        'structure',
        { reference: (r) => r.replaceAll('ds:DigestMethod', 'ds:Method') },
      ],
      [
        'a digest method with an element',
        'structure',
        { reference: (r) => r.replace('</ds:DigestMethod>', '<ds:X/>$&') },
      ],
      ['a digest of another name', 'structure', { reference: (r) => r.replaceAll('ds:DigestValue', 'ds:Value') }],
      ['an attribute of the digest', 'structure', { reference: (r) => r.replace('<ds:DigestValue', '$& x=""') }],
      ['an attribute of the transforms', 'structure', { reference: (r) => r.replace('<ds:Transforms', '$& x=""') }],
      ['a transform of another name', 'transforms', { transforms: transforms(ENVELOPED, method('X', EXCLUSIVE_C14N)) }],
      [
        'a prefix list of another name',
        'transforms',
        { transforms: prefixed(prefixList('x').replace('Inclusive', '')) },
      ],
      [
        'an attribute of a prefix list',
        'structure',
        { transforms: prefixed(prefixList('x').replace('/>', ' x=""/>')) },
      ],
      [
        'a prefix list with content',
        'transforms',
        { transforms: prefixed(prefixList('x').replace('/>', '>y</ec:InclusiveNamespaces>')) },
      ],
      ['no signature', 'missing', { signature: () => '' }],
      ['a signature in another namespace', 'missing', { signature: (s) => s.replace(DSIG_NAMESPACE, 'urn:ds') }],
      ['two signatures', 'multiple', { signature: (s) => s + s }],
      // Wrapping
      ['a signature deeper inside', 'missing', { signature: (s) => `<x:d>${s}</x:d>` }],
      ['an identifier twice', 'duplicate-id', { document: '<x:o xmlns:x="urn:x"><x:evil Id="i"/>TARGET</x:o>' }],
      [
        'an identifier twice in different attributes',
        'duplicate-id',
        { document: '<x:o xmlns:x="urn:x" ID="i">TARGET</x:o>' },
      ],
      [
        'an identifier twice among others',
        'duplicate-id',
        { document: '<x:o xmlns:x="urn:x"><x:b Id="j"/><x:b Id="j"/>TARGET</x:o>' },
      ],
      [
        'an empty reference inside a document',
        'reference',
        { uri: 'URI=""', document: '<x:o xmlns:x="urn:x">TARGET</x:o>' },
      ],
    ])('%s: %s', async (_name, code, shape) => {
      const document = parseXml(await forge(shape))
      expect(await codeOf(document, { target: target(document) })).toBe(`xml-signature/${code}`)
    })

    it('the classic wrapping: the signed element elsewhere, its signature in another', async () => {
      const honest = await forge()
      expect(await codeOf(honest)).toBe('valid')
      const signature = /<ds:Signature.*<\/ds:Signature>/.exec(honest)?.[0] ?? ''
      const original = honest.replace(signature, '')
      const evil = (attributes: string, inside: string): string =>
        `<x:a xmlns:x="urn:x" ${attributes}><x:b>evil</x:b>${inside}</x:a>`
      const cases: [string, string][] = [
        [evil('Id="i"', signature), 'digest'],
        [evil('Id="j"', signature + original), 'reference'],
        [evil('Id="i"', signature + original), 'duplicate-id'],
        [
          evil('Id="j"', signature.replace('</ds:Signature>', `<ds:Object>${original}</ds:Object></ds:Signature>`)),
          'structure',
        ],
        [evil('Id="j"', honest), 'missing'],
        [evil('', signature), 'reference'],
      ]
      for (const [document, code] of cases) expect(await codeOf(document), document).toBe(`xml-signature/${code}`)
    })
  })

  it('verify with the prefix lists that a signer chose', async () => {
    const inclusive = { inclusivePrefixes: ['y', '#default'] }
    const outer = parseXml(
      '<o xmlns="urn:d" xmlns:y="urn:y" xmlns:z="urn:z"><x:a xmlns:x="urn:x" Id="i"><x:b t="y:T"/></x:a></o>',
    )
    const digest = await sha256(canonicalize(target(outer), inclusive))
    const list = prefixList('y #default')
    const document = (
      await forge({
        transforms: `<ds:Transforms>${ENVELOPED}${method('Transform', EXCLUSIVE_C14N, list)}</ds:Transforms>`,
        reference: (r) => r.replace(/(<ds:DigestValue>).*(<\/ds:DigestValue>)/, `$1${digest}$2`),
        document: '<o xmlns="urn:d" xmlns:y="urn:y" xmlns:z="urn:z">TARGET</o>',
      })
    ).replace(/<x:b>.*<x:c Id="other"\/>/, '<x:b t="y:T"/>')
    const root = parseXml(document)
    const verification = await verify(root, { target: target(root) })
    expect(verification.valid && text(verification.octets)).toBe(text(canonicalize(target(outer), inclusive)))
    expect(verification.valid && verification.element.lookupNamespace('y')).toBe('urn:y')
    // Another binding of the listed prefix is another document.
    const rebound = parseXml(document.replace('xmlns:y="urn:y"', 'xmlns:y="urn:z"'))
    expect(await codeOf(rebound, { target: target(rebound) })).toBe('xml-signature/digest')
  })

  describe('keys', () => {
    it('come from a function that is given the certificates, where one asks', async () => {
      const certificates = [Uint8Array.of(0x30, 1, 2), Uint8Array.of(0x30, 3)]
      const element = x('a', { Id: 'i' })
      const signed = await signEnveloped(element, { key: ec.privateKey, algorithm: ecdsaSha256, certificates })
      const document = written(signed)
      let hint: unknown
      const key = (given: unknown): object => {
        hint = given
        return ec.publicKey
      }
      expect(await codeOf(document, { key })).toBe('valid')
      expect(hint).toEqual({ algorithm: ecdsaSha256.identifier, certificates })
      expect(await codeOf(document, { key: () => Promise.resolve(ec.publicKey) })).toBe('valid')
      expect(await codeOf(document, { key: () => undefined })).toBe('xml-signature/unknown-key')
      await expect(verify(document, { key: () => Promise.reject(new Error('offline')) })).rejects.toThrow('offline')
      const elsewhere = document.replaceAll('ds:X509Data', 'ds:Other')
      expect(await codeOf(elsewhere, { key })).toBe('valid')
      expect(hint).toEqual({ algorithm: ecdsaSha256.identifier, certificates: [] })
      const broken = document.replace('<ds:X509Certificate>', '$&*')
      expect(await codeOf(broken, { key })).toBe('xml-signature/structure')
      expect(await codeOf(broken)).toBe('valid')
      expect(
        await codeOf(written(await signEnveloped(element, { key: ec.privateKey, algorithm: ecdsaSha256 })), { key }),
      ).toBe('valid')
      expect(hint).toEqual({ algorithm: ecdsaSha256.identifier, certificates: [] })
    })

    it('are never taken from KeyInfo', async () => {
      const other = await ecPair('P-256')
      const forged = await signEnveloped(x('a', { Id: 'i' }), { key: other.privateKey, algorithm: ecdsaSha256 })
      expect(await codeOf(written(forged))).toBe('xml-signature/signature')
    })

    it('must fit the algorithm and the use', async () => {
      const spki = await crypto.subtle.exportKey('spki', rsa.publicKey)
      const imported = (hash: string, usages: KeyUsage[]): Promise<CryptoKey> => {
        return crypto.subtle.importKey('spki', spki, { name: 'RSASSA-PKCS1-v1_5', hash }, true, usages)
      }
      const sha384 = await imported('SHA-384', ['verify'])
      const unusable = await imported('SHA-256', [])
      const signed = await signEnveloped(x('a', { Id: 'i' }), { key: rsa.privateKey, algorithm: rsaSha256 })
      expect(await codeOf(signed, { key: rsa.publicKey })).toBe('valid')
      for (const key of [sha384, unusable, rsa.privateKey, ec.publicKey, {}, Uint8Array.of(1)]) {
        expect(await codeOf(signed, { key })).toBe('xml-signature/key-mismatch')
      }
      for (const key of [rsa.publicKey, ec.privateKey, {}]) {
        const attempt = signEnveloped(x('a'), { key, algorithm: rsaSha256 })
        await expect(attempt).rejects.toMatchObject({ code: 'xml-signature/key-mismatch' })
      }
    })

    it('may be of an algorithm that the caller registers', async () => {
      const checksum = (octets: Uint8Array): Uint8Array =>
        Uint8Array.of(octets.reduce((sum, octet) => (sum + octet) % 251, 1))
      const own: SignatureAlgorithm = {
        identifier: 'urn:own',
        accepts: (key) => 'own' in key,
        sign: (_, octets) => Promise.resolve(checksum(octets)),
        verify: (_, signature, octets) =>
          Promise.resolve(signature.length === 1 && signature[0] === checksum(octets)[0]),
      }
      const document = written(await signEnveloped(x('a', { Id: 'i' }), { key: { own: true }, algorithm: own }))
      const algorithms = [...webCryptoAlgorithms, own]
      expect(await verify(document, { key: { own: true }, algorithms })).toMatchObject({
        valid: true,
        algorithm: 'urn:own',
      })
      expect(await codeOf(document, { key: ec.publicKey, algorithms })).toBe('xml-signature/key-mismatch')
      expect(await codeOf(document, { key: { own: true } })).toBe('xml-signature/algorithm')
    })
  })

  it('refuse what callers must not ask for', async () => {
    const options = { key: ec.privateKey, algorithm: ecdsaSha256 }
    const refusals: [string, Promise<unknown>][] = [
      ['xml-signature/already-signed', signEnveloped(await signEnveloped(x('a'), options), options)],
      ['xml-signature/duplicate-id', signEnveloped(x('a', { Id: 'i' }, x('b', { ID: 'i' })), options)],
      ['xml-signature/unusable-id', signEnveloped(x('a', { Id: 'xpointer(/)' }), options)],
      ['xml-signature/unusable-id', signEnveloped(x('a', { Id: '' }), options)],
      ['xml-signature/target', verify(x('a'), { target: x('a') })],
    ]
    for (const [code, refusal] of refusals) {
      await expect(refusal).rejects.toBeInstanceOf(InvalidInputError)
      await expect(refusal).rejects.toMatchObject({ code })
    }
  })

  it('keep to the limits', async () => {
    // Short as written; its canonical form repeats the declaration a hundred times.
    const long = `<x:o xmlns:x="urn:x" xmlns:y="urn:${'y'.repeat(1000)}">TARGET</x:o>`
    const document = parseXml((await forge({ document: long })).replace('content', '<y:c/>'.repeat(100)))
    const attempt = verify(document, { target: target(document), limits: { maxBytes: 20_000 } })
    await expect(attempt).rejects.toMatchObject({ code: 'xml/limit-bytes' })
    await expect(attempt).rejects.toBeInstanceOf(UProveError)
    expect(await codeOf(document, { target: target(document) })).toBe('xml-signature/digest')
  })
})
