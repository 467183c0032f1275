import { fromBER } from 'asn1js'
import * as pkijs from 'pkijs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '../../bindings/octets/integers.js'
import type { Octets } from '../../bindings/octets/octets.js'
import { areMany, Differences, oracleCases } from '../../bindings/testing/differential.js'
import { octetString, oid, parseDer, readDer, setOf, TAG } from './asn1/der.js'
import { PkiError, type PkiErrorCode } from './errors.js'
import { readSignatureAlgorithm } from './keys/algorithms.js'
import { signatureVerifier } from './keys/keys.js'
import {
  digest,
  digestIdentifier,
  identifierOf,
  parseSignedData,
  readAttributes,
  verifySigner,
} from './requests/cms.js'
import { OID } from './requests/cms-names.js'
import { parseCertificationRequest, verifyCertificationRequest, type CertificationRequest } from './requests/pkcs10.js'
import { derMutant, type ArtefactKind } from './testing/artefacts.js'
import { makeIdentity } from './testing/certificates.js'
import { laxity } from './testing/laxity.js'
import { attribute, rawSignedData, usualAttributes, type RawSigner } from './testing/signed-data.js'
import { parseCertificate } from './x509/certificate.js'
import { readName } from './x509/name.js'

/**
 * asn1js and pkijs over mutated requests, certificates and CMS: where both sides agree, that is pinned; where they differ, the difference has a
 * name in a list below. `npm run oracles` tries 20,000.
 */
beforeAll(() => pkijs.setEngine('webcrypto', new pkijs.CryptoEngine({ name: 'webcrypto', crypto })))

const mutants = oracleCases.map((number) => {
  const mutant = derMutant(number)
  if (oracleCases.length === 1) console.log(`case ${String(number)}: ${mutant.kind} ${toHex(mutant.octets)}`)
  return { number, ...mutant }
})

/** The code of a refusal, or the value. */
function attempt<T>(
  read: () => T,
): { readonly value: T } | { readonly code: PkiErrorCode; readonly value?: undefined } {
  try {
    return { value: read() }
  } catch (error) {
    if (error instanceof PkiError) return { code: error.code }
    throw error
  }
}

/** Whatever pkijs and asn1js throw is a refusal. */
function theirs<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

describe('asn1js', () => {
  /** What it accepts and DER has not. */
  const ACCEPTS = [
    ...[
      'a length that is not the shortest',
      'an indefinite length',
      'octets after the value',
      'a tag of several octets',
    ],
    ...['a value that ends behind what it is in', 'a simple value in pieces', 'a SEQUENCE or SET that is primitive'],
    ...['a wrong BOOLEAN', 'a wrong BIT STRING', 'a wrong INTEGER', 'a wrong NULL', 'a wrong OBJECT IDENTIFIER'],
    ...['a wrong end of contents', 'a wrong string', 'a wrong time'],
  ]
  const differences = new Differences()
  afterAll(() => differences.print('what asn1js accepts and is not DER'))

  it('accepts what is accepted here and writes it again octet by octet, and its laxity has a name', () => {
    let same = 0
    const unexplained: string[] = []
    for (const { number, octets } of mutants) {
      const isAccepted = attempt(() => parseDer(octets)).value !== undefined
      const reason = laxity(octets)
      const read = theirs(() => fromBER(octets))
      const isRead = read !== undefined && read.offset !== -1
      // Two readings of X.690.
      if ((reason === undefined) !== isAccepted)
        unexplained.push(`case ${number}: ${reason ?? 'DER'}, ${isAccepted ? 'accepted' : 'refused'} here`)
      if (isAccepted) {
        const again = isRead ? toHex(new Uint8Array(read.result.toBER())) : 'refused'
        if (again === toHex(octets)) same++
        else unexplained.push(`case ${number}: ${again}`)
      } else if (isRead) {
        differences.add(String(reason))
        if (!ACCEPTS.includes(String(reason))) unexplained.push(`case ${number}: asn1js accepts ${reason}`)
      }
    }
    expect(unexplained).toEqual([])
    if (areMany) expect(same).toBeGreaterThan(oracleCases.length / 4)
    if (areMany) expect(differences.names.length).toBeGreaterThan(3)
  })
})

describe('pkijs', () => {
  /** With the parts that are kept as octets here until they are used. */
  const own: Readonly<Record<ArtefactKind, (octets: Octets) => readonly string[]>> = {
    request: (octets) => {
      const { subject, publicKey, signature, attributes } = parseCertificationRequest(octets)
      readName(subject)
      return [toHex(subject), toHex(publicKey), toHex(signature), [...attributes.keys()].sort().join()]
    },
    certificate: (octets) => {
      const { issuer, subject, publicKey, signature, serialNumber, extensions, notAfter } = parseCertificate(octets)
      const numbers = [serialNumber, issuer, subject, publicKey, signature].map(toHex)
      return [...numbers, notAfter.toISOString(), [...extensions.keys()].sort().join()]
    },
    cms: (octets) => {
      const { contentType, content, certificates, signers } = parseSignedData(octets)
      certificates.forEach(parseCertificate)
      for (const { signedAttributes, unsignedAttributes } of signers)
        [signedAttributes, unsignedAttributes].forEach(readAttributes)
      const signatures = signers.map(({ signature }) => toHex(signature)).join()
      return [contentType, content === undefined ? 'none' : toHex(content), certificates.map(toHex).join(), signatures]
    },
  }
  const written = (value: { toSchema(encode?: boolean): { toBER(): ArrayBuffer } }): string =>
    toHex(new Uint8Array(value.toSchema().toBER()))
  const bits = (value: { readonly valueBlock: { readonly valueHexView: Uint8Array } }): string =>
    toHex(value.valueBlock.valueHexView)
  const their: typeof own = {
    request: (octets) => {
      const {
        subject,
        subjectPublicKeyInfo,
        signatureValue,
        attributes = [],
      } = pkijs.CertificationRequest.fromBER(octets)
      const types = [...new Set(attributes.map(({ type }) => type))].sort().join()
      return [written(subject), written(subjectPublicKeyInfo), bits(signatureValue), types]
    },
    certificate: (octets) => {
      const certificate = pkijs.Certificate.fromBER(octets)
      const {
        serialNumber,
        issuer,
        subject,
        subjectPublicKeyInfo,
        signatureValue,
        notAfter,
        extensions = [],
      } = certificate
      const names = [written(issuer), written(subject), written(subjectPublicKeyInfo), bits(signatureValue)]
      return [
        bits(serialNumber),
        ...names,
        notAfter.value.toISOString(),
        extensions
          .map(({ extnID }) => extnID)
          .sort()
          .join(),
      ]
    },
    cms: (octets) => {
      const info = pkijs.ContentInfo.fromBER(octets)
      const {
        encapContentInfo,
        certificates = [],
        signerInfos,
      } = new pkijs.SignedData({ schema: info.content as object })
      const { eContentType, eContent } = encapContentInfo
      const inside = certificates.map((one) => ('tbsView' in one ? written(one) : 'other')).join()
      const signatures = signerInfos.map(({ signature }) => bits(signature)).join()
      return [
        eContentType,
        eContent === undefined ? 'none' : toHex(new Uint8Array(eContent.getValue())),
        inside,
        signatures,
      ]
    },
  }

  /** What pkijs takes, and is refused here by these codes; \`pki/not-der\` is asn1js's laxity. */
  const TAKES: readonly string[] = [
    'pki/cms-type',
    'pki/duplicate',
    'pki/empty',
    'pki/not-der',
    'pki/pairs',
    'pki/request-version',
    'pki/structure',
  ]
  /** Why signatures that pkijs verifies are refused here. */
  const STRICTER: Readonly<
    Record<string, (refusal: string, algorithm: string, request: CertificationRequest) => boolean>
  > = {
    'a weak key': (refusal) => refusal.startsWith('pki/rsa-'),
    'a key of RSASSA-PSS, where nobody allows it': (refusal) => refusal === 'pki/key-type',
    'ECDSA with parameters (RFC 5758, section 3.2)': (refusal, algorithm) =>
      refusal === 'pki/signature' && algorithm.includes('2a8648ce3d0403') && algorithm.endsWith('0500'),
    'parameters that are not those of the algorithm (RFC 4055, sections 3.1 and 5)': (
      refusal,
      _,
      { signatureAlgorithm },
    ) => refusal === 'pki/signature' && attempt(() => readSignatureAlgorithm(signatureAlgorithm)).value === undefined,
    'ECDSA of other values than two INTEGERs': (refusal, algorithm, { signature }) =>
      refusal === 'pki/signature' && algorithm.includes('2a8648ce3d0403') && !isPair(signature),
  }
  const isPair = (signature: Octets): boolean =>
    attempt(() => {
      const numbers = readDer(signature)
      numbers.next(TAG.integer)
      numbers.next(TAG.integer)
      numbers.end()
      return true
    }).value === true
  /** Whether a value is an EC key, in hexadecimal, of another curve than pkijs knows. It is kept as octets here until it is used. */
  const isOfOtherCurve = (value: string): boolean =>
    value.includes('06072a8648ce3d0201') &&
    !['06082a8648ce3d030107', '06052b81040022', '06052b81040023'].some((curve) => value.includes(curve))

  const differences = new Differences()
  afterAll(() => differences.print('what pkijs takes and is refused here'))

  it('reads the same values from what is accepted here, and takes more for named reasons', () => {
    let same = 0
    const unexplained: string[] = []
    for (const { number, kind, octets } of mutants) {
      const read = attempt(() => own[kind](octets))
      const other = theirs(() => their[kind](octets))
      if (read.value !== undefined) {
        const at = read.value.findIndex((value, i) => value !== other?.[i])
        if (at < 0) same++
        else if (other === undefined && read.value.some(isOfOtherCurve))
          differences.add(`${kind}: a curve that pkijs refuses`)
        else
          unexplained.push(
            `case ${number}: ${kind}, ${other === undefined ? 'refused' : `value ${at} is ${other[at]}`}`,
          )
      } else if (other !== undefined) {
        differences.add(`${kind}: ${read.code}`)
        if (!TAKES.includes(read.code)) unexplained.push(`case ${number}: ${kind}, ${read.code}`)
      }
    }
    expect(unexplained).toEqual([])
    if (areMany) expect(same).toBeGreaterThan(oracleCases.length / 4)
  })

  it('verifies the same signatures', async () => {
    const verifier = signatureVerifier({ allowSha1: true })
    const unexplained: string[] = []
    let verified = 0
    for (const { number, kind, octets } of mutants) {
      const read = kind === 'request' ? attempt(() => parseCertificationRequest(octets)).value : undefined
      const other = read && theirs(() => pkijs.CertificationRequest.fromBER(octets))
      if (read === undefined || other === undefined) continue
      const refusal = await verifyCertificationRequest(read, verifier).then(
        () => undefined,
        (error: unknown) => (error instanceof PkiError ? error.code : String(error)),
      )
      const isTheirs = await other.verify().catch(() => false)
      if (refusal === undefined) {
        verified++
        if (!isTheirs) unexplained.push(`case ${number}: pkijs does not verify it`)
      } else if (isTheirs) {
        const name = Object.keys(STRICTER).find(
          (one) => STRICTER[one]?.(refusal, toHex(read.signatureAlgorithm), read) === true,
        )
        if (name === undefined) unexplained.push(`case ${number}: ${refusal}`)
        else differences.add(`signature with ${name}`)
      }
    }
    expect(unexplained).toEqual([])
    if (areMany) expect(verified).toBeGreaterThan(oracleCases.length / 50)
  })

  it('verifies crafted messages that are refused here, each for its reason', async () => {
    const { key, certificate } = await makeIdentity('ECDSA-P256')
    const content = new TextEncoder().encode('content')
    const [type, messageDigest] = await usualAttributes(OID.pkiData, content)
    const other = octetString(await digest('SHA-256', new TextEncoder().encode('other')))
    const signer: RawSigner = { key, identifier: identifierOf(certificate) }
    const make = (contentType: string, octets: Octets, changes: Partial<RawSigner>): Promise<Octets> =>
      rawSignedData({
        contentType,
        content: octets,
        certificates: [certificate.der],
        signers: [{ ...signer, ...changes }],
      })
    const withAttributes = (...attributes: Octets[]): Promise<Octets> => make(OID.pkiData, content, { attributes })
    // The signature over attributes, shown as one over data that looks like them.
    const whole = await make(OID.pkiData, content, {})
    const frozen = {
      ...key,
      sign: () => Promise.resolve(parseSignedData(whole).signers[0]?.signature ?? new Uint8Array()),
    }
    const shown = setOf(type, messageDigest)

    // Its verifier accepts all but one.
    const crafted: readonly (readonly [string, Octets, PkiErrorCode | 'does not verify', isTheirs: boolean])[] = [
      [
        'another type in content-type',
        await withAttributes(attribute(OID.contentType, oid(OID.data)), messageDigest),
        'pki/cms-content-type',
        true,
      ],
      [
        'message-digest twice, the second wrong',
        await withAttributes(type, messageDigest, attribute(OID.messageDigest, other)),
        'pki/cms-attributes',
        true,
      ],
      ['content-type twice', await withAttributes(type, type, messageDigest), 'pki/cms-attributes', true],
      [
        'no signed attributes for content other than data',
        await make(OID.pkiData, content, { attributes: null }),
        'pki/cms-attributes',
        true,
      ],
      [
        'SHA-512 named with ecdsa-with-SHA256',
        await make(OID.data, content, { digestAlgorithm: digestIdentifier('SHA-512') }),
        'does not verify',
        true,
      ],
      ...(await Promise.all(
        [OID.pkiData, OID.data].map(async (contentType) => {
          const octets = await make(contentType, shown, { key: frozen, attributes: null })
          return [
            `signed attributes of another message as content, ${contentType}`,
            octets,
            'pki/cms-attributes',
            true,
          ] as const
        }),
      )),
      [
        'message-digest with two values',
        await withAttributes(type, attribute(OID.messageDigest, octetString(await digest('SHA-256', content)), other)),
        'pki/cms-attributes',
        false,
      ],
      ['version 3 with an issuer', await make(OID.pkiData, content, { version: 3 }), 'pki/structure', true],
    ]
    for (const [name, octets, expected, isTheirs] of crafted) {
      const message = attempt(() => parseSignedData(octets))
      const outcome =
        message.value === undefined
          ? message.code
          : await verifySigner(
              message.value,
              message.value.signers[0]!,
              certificate.publicKey,
              signatureVerifier(),
            ).then(
              (isValid) => (isValid ? 'verifies' : 'does not verify'),
              (error: unknown) => (error instanceof PkiError ? error.code : String(error)),
            )
      expect(outcome, name).toBe(expected)
      const verdict = await new pkijs.SignedData({ schema: pkijs.ContentInfo.fromBER(octets).content as object })
        .verify({ signer: 0 })
        .catch(() => false)
      expect(verdict, name).toBe(isTheirs)
    }
  })
})
