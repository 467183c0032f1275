import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { L2048N256 } from '../params/L2048N256.js'
import { DsaKeys } from '../pki/keys/dsa-keys.js'
import { DsaKey } from '../pki/keys/dsa.js'
import { encodePem } from '../pki/asn1/pem.js'
import { canonicalize, EXCLUSIVE_C14N } from './canonicalize.js'
import { dsaSha256 } from '../ws-trust/trust/signer.js'
import { parseXml } from './parse.js'
import * as algorithms from './signature-algorithms.js'
import { DSIG_NAMESPACE, signEnveloped, verifySignature } from './signature.js'
import { documents, PREFIXES } from './testing/documents.js'
import { hasProgram, inTemporaryDirectory } from './testing/xmllint.js'
import { vocabulary } from './tree.js'

const UP = 'http://schemas.xmlsoap.org/ws/2011/02/u-prove'
const up = vocabulary('up', UP)
const text = (octets: Uint8Array): string => new TextDecoder().decode(octets)

interface Case {
  readonly name: string
  readonly algorithm: algorithms.SignatureAlgorithm
  /** Undefined for DSA. */
  readonly parameters: RsaHashedKeyGenParams | EcKeyGenParams | undefined
}
const rsa = (hash: string, modulusLength = 2048): RsaHashedKeyGenParams => {
  return { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash }
}
const ecdsa = (namedCurve: string): EcKeyGenParams => ({ name: 'ECDSA', namedCurve })
const CASES: readonly Case[] = [
  { name: 'RSA-SHA256', algorithm: algorithms.rsaSha256, parameters: rsa('SHA-256') },
  { name: 'RSA-SHA384', algorithm: algorithms.rsaSha384, parameters: rsa('SHA-384') },
  { name: 'RSA-SHA512', algorithm: algorithms.rsaSha512, parameters: rsa('SHA-512') },
  { name: 'ECDSA-SHA256 on P-256', algorithm: algorithms.ecdsaSha256, parameters: ecdsa('P-256') },
  { name: 'ECDSA-SHA384 on P-384', algorithm: algorithms.ecdsaSha384, parameters: ecdsa('P-384') },
  { name: 'ECDSA-SHA512 on P-521', algorithm: algorithms.ecdsaSha512, parameters: ecdsa('P-521') },
  { name: 'ECDSA-SHA256 on P-384', algorithm: algorithms.ecdsaSha256, parameters: ecdsa('P-384') },
  { name: 'DSA-SHA256', algorithm: dsaSha256, parameters: undefined },
]
const ALGORITHMS = [...algorithms.webCryptoAlgorithms, dsaSha256]

/** A pair of keys as the algorithm takes them, and as xmlsec1 does. */
interface Keys {
  readonly privateKey: object
  readonly publicKey: object
  readonly privatePem: string
  readonly publicPem: string
}

async function generateKeys(parameters: Case['parameters']): Promise<Keys> {
  if (parameters === undefined) {
    const key = DsaKey.generate((await createEngine()).subgroup(L2048N256))
    const publicPem = encodePem('PUBLIC KEY', key.publicKey)
    const privatePem = encodePem('PRIVATE KEY', await key.exportPrivateKey())
    return { privateKey: key, publicKey: new DsaKeys(await createEngine()).read(key.publicKey), privatePem, publicPem }
  }
  const { privateKey, publicKey } = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
  const exported = async (key: CryptoKey, format: 'spki' | 'pkcs8'): Promise<Uint8Array> =>
    new Uint8Array(await crypto.subtle.exportKey(format, key))
  const publicPem = encodePem('PUBLIC KEY', await exported(publicKey, 'spki'))
  const privatePem = encodePem('PRIVATE KEY', await exported(privateKey, 'pkcs8'))
  return { privateKey, publicKey, privatePem, publicPem }
}

interface Run {
  readonly ok: boolean
  readonly output: string
}

/** Runs xmlsec1 on a document with one key; identifiers are `Id` of the elements named. */
function xmlsec(command: '--sign' | '--verify', document: string | Uint8Array, key: string, ...ids: string[]): Run {
  return inTemporaryDirectory((directory) => {
    const [input, output, keyFile] = ['input.xml', 'output.xml', 'key.pem'].map((name) =>
      path.join(directory, name),
    ) as [string, string, string]
    writeFileSync(input, document)
    writeFileSync(keyFile, key)
    const { status, stderr } = spawnSync('xmlsec1', [
      command,
      ...[command === '--sign' ? '--privkey-pem' : '--pubkey-pem', keyFile],
      ...ids.flatMap((id) => ['--id-attr:Id', id]),
      ...(command === '--sign' ? ['--output', output] : []),
      input,
    ])
    const ok = status === 0
    return { ok, output: ok && command === '--sign' ? readFileSync(output, 'utf8') : String(stderr) }
  })
}

const DIGESTS = {
  'SHA-256': 'http://www.w3.org/2001/04/xmlenc#sha256',
  'SHA-384': 'http://www.w3.org/2001/04/xmldsig-more#sha384',
  'SHA-512': 'http://www.w3.org/2001/04/xmlenc#sha512',
} as const

/** A signature to be filled in by xmlsec1. */
function template(algorithm: string, digest: keyof typeof DIGESTS, uris: readonly string[], prefixes = ''): string {
  const list = `<ec:InclusiveNamespaces xmlns:ec="${EXCLUSIVE_C14N}" PrefixList="${prefixes}"/>`
  const exclusive = `Algorithm="${EXCLUSIVE_C14N}">${prefixes === '' ? '' : list}`
  const references = uris.map(
    (uri) => `<Reference URI="${uri}">
      <Transforms>
        <Transform Algorithm="${DSIG_NAMESPACE}enveloped-signature"/>
        <Transform ${exclusive}</Transform>
      </Transforms>
      <DigestMethod Algorithm="${DIGESTS[digest]}"/>
      <DigestValue/>
    </Reference>`,
  )
  return `<Signature xmlns="${DSIG_NAMESPACE}">
  <SignedInfo>
    <CanonicalizationMethod ${exclusive}</CanonicalizationMethod>
    <SignatureMethod Algorithm="${algorithm}"/>
    ${references.join('\n    ')}
  </SignedInfo>
  <SignatureValue/>
</Signature>`
}

const CONTENT = `<up:Gd GdName="urn:oid:1.2.3"/>
  <!-- a comment --><up:Hd xmlns:unused="urn:unused">AQ==</up:Hd>&#13;<![CDATA[<&>]]>`

describe.skipIf(!hasProgram('xmlsec1', 'XML signatures exchanged with xmlsec1'))('beside xmlsec1', () => {
  const pairs = new Map<Case, Keys>()
  beforeAll(async () => {
    for (const c of CASES) {
      pairs.set(c, await generateKeys(c.parameters))
    }
  })

  it.each(CASES)('$name: ours is verified by it, and a tampered one is not', async (c) => {
    const { privateKey, publicPem: key } = pairs.get(c)!
    const parameters = up(
      'DeviceParameters',
      { Id: 'device' },
      up('Gd', { GdName: 'urn:oid:1.2.3' }),
      '\r\n',
      up('Hd', {}, 'AQ=='),
    )
    const signed = await signEnveloped(parameters, { key: privateKey, algorithm: c.algorithm, digest: 'SHA-384' })
    const envelope = text(canonicalize(vocabulary('o', 'urn:o')('Outer', {}, signed)))
    expect(xmlsec('--verify', envelope, key, `${UP}:DeviceParameters`)).toMatchObject({ ok: true })
    const tampered = envelope.replace('AQ==', 'Ag==')
    expect(xmlsec('--verify', tampered, key, `${UP}:DeviceParameters`)).toMatchObject({ ok: false })

    const whole = canonicalize(
      await signEnveloped(up('IssuerParameters', { Version: '1.0' }, '\u{1F511}'), {
        key: privateKey,
        algorithm: c.algorithm,
      }),
    )
    expect(xmlsec('--verify', whole, key)).toMatchObject({ ok: true })
  })

  it.each(CASES)('$name: its is verified by ours, and tampered ones are not', async (c) => {
    const { privatePem: key, publicKey } = pairs.get(c)!
    const cases = [
      { uri: '#device', digest: 'SHA-256', prefixes: '' },
      { uri: '#device', digest: 'SHA-512', prefixes: 'unused q #default' },
      { uri: '', digest: 'SHA-384', prefixes: '' },
    ] as const
    for (const { uri, digest, prefixes } of cases) {
      const signature = template(c.algorithm.identifier, digest, [uri], prefixes)
      const inner = `<up:DeviceParameters xmlns:up="${UP}" Id="device">${CONTENT}${signature}tail</up:DeviceParameters>`
      const document = uri === '' ? inner : `<o xmlns="urn:o" xmlns:q="urn:q" xmlns:r="urn:r">${inner}</o>`
      const { ok, output } = xmlsec('--sign', document, key, `${UP}:DeviceParameters`)
      expect(ok, output).toBe(true)
      const check = (signed: string): ReturnType<typeof verifySignature> => {
        const root = parseXml(signed, { comments: 'keep' })
        return verifySignature(root, {
          key: publicKey,
          algorithms: ALGORITHMS,
          target: uri === '' ? root : root.elements[0],
        })
      }
      const verification = await check(output)
      expect(verification).toMatchObject({ valid: true })
      expect(verification.valid && verification.element.elements.map((e) => e.localName)).toEqual(['Gd', 'Hd'])
      const rebound = uri === '' ? [] : [output.replace('urn:q', 'urn:Q')]
      for (const tampered of [
        output.replace('AQ==', 'Ag=='),
        output.replace('tail', 'tale'),
        output.replace(/&#(?:13|xD);/, '&#10;'),
      ]) {
        expect(tampered).not.toBe(output)
        expect(await check(tampered)).toMatchObject({ valid: false, code: 'xml-signature/digest' })
      }
      for (const tampered of rebound) expect((await check(tampered)).valid).toBe(prefixes === '')
      expect(await check(output.replace(/(<DigestValue>)./, (_, tag: string) => `${tag}*`))).toMatchObject({
        valid: false,
      })
    }
  })

  it('gives the digests that it gives of subtrees of generated documents, with prefix lists', () => {
    const c = CASES[3] as Case
    const { privatePem: key } = pairs.get(c)!
    const declarations = PREFIXES.map((prefix) => `xmlns:${prefix}="urn:outer"`).join(' ')
    for (const prefixes of [
      '#default p q',
      'Q é p1 #default',
      '\u{10000} p xml unbound',
      'q Q é \uF900 \u{10000} p1 #default',
    ]) {
      const wrapped = fc
        .sample(documents, 100)
        .map(({ withComments }, i) => `<e:e xmlns:e="urn:e" Id="i${i}">${withComments}</e:e>`)
      const root = `<o ${declarations} xmlns="urn:outer"><n xmlns="" xmlns:q="urn:inner">${wrapped.join('\n')}</n>`
      const signature = template(
        c.algorithm.identifier,
        'SHA-256',
        wrapped.map((_, i) => `#i${i}`),
        prefixes,
      )
      const { ok, output } = xmlsec('--sign', `${root}${signature}</o>`, key, 'urn:e:e')
      expect(ok, output).toBe(true)
      const digests = [...output.matchAll(/<DigestValue>([^<]*)<\/DigestValue>/g)].map((match) => match[1])
      const subtrees = parseXml(`${root}</o>`, { comments: 'keep' }).elements[0]?.elements ?? []
      expect(subtrees).toHaveLength(100)
      for (const [i, subtree] of subtrees.entries()) {
        const octets = canonicalize(subtree, { inclusivePrefixes: prefixes.split(' ') })
        expect(createHash('sha256').update(octets).digest('base64'), `${prefixes}: ${text(octets)}`).toBe(digests[i])
      }
    }
  })
})
