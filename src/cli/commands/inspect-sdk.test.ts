import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { encodeBase64 } from '../../../bindings/octets/base64.js'
import { toFixedWidth, byteLength, toHex } from '../../../bindings/octets/integers.js'
import { concatOctets } from '../../../bindings/octets/octets.js'
import { encodeText } from '../../../bindings/octets/text.js'
import { customGroups } from '../../../bindings/testing/groups.js'
import {
  createEngine,
  encodeToken,
  encodeIssuerParameters,
  Issuer,
  minimalOctets,
  presentToken,
  Prover,
  SoftwareDevice,
  type IssuerParameters,
  type PresentationProof,
  type Token,
} from '../../index.js'
import { L2048N256, P256, P384, P521 } from '../../params/index.js'
import { run } from '../testing/terminal.js'

const folder = mkdtempSync(path.join(tmpdir(), 'inspect-sdk-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
let files = 0
function fileOf(octets: Uint8Array): string {
  const file = path.join(folder, String(++files))
  writeFileSync(file, octets)
  return file
}

/** A value as the SDK's serialiser writes it: null members left out by their attribute, slashes escaped. */
const serialised = (document: object): Uint8Array =>
  encodeText(JSON.stringify(document).replaceAll('/', String.raw`\/`))
const base64 = (octets: Uint8Array): string => encodeBase64(octets)
/** Elements and numbers of its big integers have no leading zeros. */
const number = (octets: Uint8Array): string => encodeBase64(minimalOctets(octets))

/** A file of the SDK's tests: `flags` octets, a type name and JSON, each behind its length. */
function dat(type: string, json: Uint8Array, flags = [0]): Uint8Array {
  const name = encodeText(`UProveCrypto.${type}`)
  const length = [0x80 | (json.length & 0x7f), json.length >> 7]
  expect(json.length >> 7).toBeLessThan(0x80)
  return concatOctets([Uint8Array.of(...flags, name.length), name, Uint8Array.from(length), json])
}

const engine = await createEngine()
const attributes = ['Alice', 'citizen', '\u009b31m']

const ofParameters = ({ uid, hash, g0, encodings, specification }: IssuerParameters, group: object) => ({
  ...{ uidp: base64(uid), descGq: group, uidh: hash, g: [number(g0)], e: base64(Uint8Array.from(encodings)) },
  s: base64(specification),
})
const ofToken = (token: Token) => ({
  ...{ uidp: base64(token.uid), h: number(token.h), ti: base64(token.tokenInformation) },
  ...{ pi: base64(token.proverInformation ?? new Uint8Array()), szp: number(token.sigmaZPrime) },
  ...{ scp: number(token.sigmaCPrime), srp: number(token.sigmaRPrime), d: token.deviceProtected },
})
const ofProof = ({ disclosed, a, r0, r, rd, pseudonym, commitments }: PresentationProof) => ({
  D: disclosed.map(({ attribute }) => base64(attribute ?? new Uint8Array())),
  a: base64(a),
  ...(pseudonym && { ap: base64(pseudonym.aP), Ps: number(pseudonym.pS) }),
  r: [r0, ...r, ...(rd === undefined ? [] : [rd])].map(number),
  tc: commitments.map(({ cTilde }) => number(cTilde)),
  ta: commitments.map(({ aTilde }) => base64(aTilde)),
  tr: commitments.map(({ rTilde }) => number(rTilde)),
})

describe.each([P256, P384, P521, L2048N256])('uprove inspect, of the C# SDK over $name', (set) => {
  const group = engine.group(set)
  const issuer = Issuer.create(group, {
    ...{ uid: 'urn:example:1', attributes: 3, device: true, specification: 'S', recommended: set },
  })
  const { parameters } = issuer
  const device = SoftwareDevice.create(group, set.gd)
  const contents = { attributes, tokenInformation: 'until 2030', count: 2 }
  const issuing = issuer.begin({ ...contents, devicePublicKey: device.publicKey })
  const prover = Prover.begin(parameters, {
    ...{ ...contents, proverInformation: 'PI' },
    device: device.contribute(parameters),
  })
  const message2 = prover.respond(issuing.message1)
  const message3 = issuing.respond(message2)
  const [held] = prover.finish(message3)
  const { proof } = presentToken(parameters, held!, {
    ...{ attributes, disclosed: [2, 3], committed: [1], message: 'm', device },
    pseudonym: { scope: 'a forum', source: 'device' },
  })
  const document = ofParameters(parameters, { type: 'named', name: set.oid })
  const key = number(issuer.exportPrivateKey())
  const file = fileOf(serialised(document))
  const token = ofToken(held!.token)
  const inspect = (artefact: object, ...options: string[]) => run('inspect', ...options, fileOf(serialised(artefact)))
  const known = ['--parameters', file]
  async function factsOf(octets: Uint8Array, ...options: string[]): Promise<{ artefact: string; facts: object }> {
    const { code, out, err } = await run('inspect', '--json', ...options, fileOf(octets))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const [explained, ...others] = JSON.parse(out) as { artefact: string; facts: object }[]
    expect(others).toEqual([])
    return explained!
  }
  /** An artefact is explained alike in JSON and in the files of the SDK's tests, old and new; under another type name it is refused. */
  async function explained(type: string, artefact: object, ...options: string[]): Promise<unknown> {
    const json = serialised(artefact)
    const explanation = await factsOf(json, ...options)
    for (const flags of [[0], [1, 1]]) expect(await factsOf(dat(type, json, flags), ...options)).toEqual(explanation)
    const other = await run('inspect', ...options, fileOf(dat('UProveTokens', json)))
    expect(other).toMatchObject({ code: 1, out: '', err: expect.stringContaining('(sdk/type)') as string })
    return explanation
  }
  const refused = async (artefact: object, code: string, ...options: string[]) => {
    expect(await inspect(artefact, ...options)).toMatchObject({
      ...{ code: 1, out: '', err: expect.stringContaining(`(${code})`) as string },
    })
  }

  it('explains Issuer parameters, whose generators it takes from the named group', async () => {
    expect(await explained('IssuerParameters', document)).toMatchObject({
      artefact: 'Issuer parameters, of an SDK',
      facts: {
        ...{ UID_P: 'urn:example:1', S: 'S', group: expect.stringContaining(set.name) as string },
        'P, without a Device': toHex(parameters.digest(false)),
        'P, with a Device': toHex(parameters.digest(true)),
      },
    })
    const { g, gt } = parameters
    const long = { ...document, g: [parameters.g0, ...g, gt].map(number), uidh: 'SHA256', MaxNumberOfAttributes: 3 }
    expect(await factsOf(serialised(long))).toMatchObject({
      facts: {
        ...{ 'P, with a Device': toHex(parameters.digest(true)) },
        'members that the SDK ignores': ['MaxNumberOfAttributes'],
      },
    })
    const other = parameters.g0.slice()
    other[other.length - 1]! ^= 1
    const code = set === L2048N256 ? 'element/not-in-subgroup' : 'element/not-on-curve'
    await refused({ ...document, g: [number(other)] }, code)
    await refused({ ...document, g: long.g.slice(1) }, 'sdk/count')
    await refused({ ...document, g: [] }, 'sdk/count')
    await refused({ ...document, e: base64(Uint8Array.of(1, 2, 1)) }, 'parameters/encoding')
    await refused({ ...document, uidh: 'MD5' }, 'hash/unknown')
    await refused({ ...document, descGq: { type: 'named', name: '1.3.6.1.4.1.311.75.1.3.1' } }, 'sdk/group')
    await refused({ ...document, descGq: { type: 'ec' } }, 'sdk/group')
    await refused({ ...document, s: 'x' }, 'sdk/base64')
    await refused({ ...document, g: number(parameters.g0) }, 'json/type')
  })

  it('explains the private key of an Issuer, and does not show it', async () => {
    const both = { ip: document, key }
    expect(await explained('IssuerKeyAndParameters', both)).toMatchObject({
      artefact: 'private key and parameters of an Issuer, of an SDK',
      facts: { UID_P: 'urn:example:1', 'private key': expect.stringContaining('not shown') as string },
    })
    const shown = (await inspect(both)).out + (await inspect(both, '--json')).out
    for (const secret of [key, toHex(issuer.exportPrivateKey())]) expect(shown).not.toContain(secret)
    const others = Issuer.create(group, { uid: 'urn:example:1', attributes: 3, recommended: set })
    await refused({ ip: document, key: number(others.exportPrivateKey()) }, 'issuer/key-mismatch')
    await refused({ ip: document, key: number(toFixedWidth(group.q, group.scalarLength)) }, 'scalar/range')
  })

  it('explains messages, whose values it tests under Issuer parameters', async () => {
    const { sigmaZ, sigmaA, sigmaB } = issuing.message1
    const first = { sz: number(sigmaZ!), sa: sigmaA.map(number), sb: sigmaB.map(number) }
    const second = { sc: message2.sigmaC.map(number) }
    const third = { sr: message3.sigmaR.map(number) }
    const unverified = { tokens: 2, verified: expect.stringContaining('--parameters') as string }
    const verified = { tokens: 2, verified: expect.stringMatching(/^that all/) as string }
    for (const [type, artefact, what] of [
      ['FirstIssuanceMessage', first, 'first'],
      ['SecondIssuanceMessage', second, 'second'],
      ['ThirdIssuanceMessage', third, 'third'],
    ] as const) {
      const name = `${what} message of issuance, of an SDK`
      expect(await explained(type, artefact)).toMatchObject({ artefact: name, facts: unverified })
      expect(await explained(type, artefact, ...known)).toMatchObject({ artefact: name, facts: verified })
    }
    await refused({ ...first, sb: [] }, 'sdk/count')
    const strange = { ...first, sb: [first.sb[0]!, number(new Uint8Array(group.elementLength).fill(255))] }
    expect((await inspect(strange)).code).toBe(0)
    expect((await inspect(strange, ...known)).err).toMatch(/\(element\//)
    await refused({ sc: [number(toFixedWidth(group.q, group.scalarLength))] }, 'scalar/range', ...known)
    await refused({ sr: ['*'] }, 'sdk/base64')
  })

  it('explains a token, and verifies its signature', async () => {
    const facts = { UID_P: 'urn:example:1', TI: 'until 2030', PI: 'PI', 'with a Device': true }
    const unverified = { ...facts, signature: expect.stringContaining('not verified') as string }
    expect(await explained('UProveToken', token)).toMatchObject({ artefact: 'token, of an SDK', facts: unverified })
    const verified = { ...facts, signature: 'verified' }
    expect(await explained('UProveToken', token, ...known)).toMatchObject({ facts: verified })
    const withKey = ['--parameters', fileOf(dat('IssuerKeyAndParameters', serialised({ ip: document, key })))]
    expect(await factsOf(serialised(token), ...withKey)).toMatchObject({ facts: verified })
    const octets = ['--parameters', fileOf(encodeIssuerParameters(parameters))]
    expect(await factsOf(serialised(token), ...octets)).toMatchObject({ facts: verified })
    expect(await factsOf(encodeToken(parameters, held!.token), ...known)).toMatchObject({
      ...{ artefact: 'token', facts: verified },
    })
    for (const tampered of [
      { ...token, pi: base64(encodeText('x')) },
      { ...token, srp: token.scp },
    ]) {
      expect(await factsOf(serialised(tampered), ...known)).toMatchObject({
        facts: { signature: 'refused: token/signature' },
      })
    }
    await refused({ ...token, d: 1 }, 'json/type')
    await refused({ ...token, h: undefined }, 'json/type')
    await refused(
      { ...token, h: token.scp },
      set === L2048N256 ? 'element/not-in-subgroup' : 'element/length',
      ...known,
    )
  })

  it('explains a held token without its private key', async () => {
    const secret = number(held!.privateKey)
    const both = { token, key: secret }
    expect(await explained('UProveKeyAndToken', both, ...known)).toMatchObject({
      artefact: 'held token, of an SDK',
      facts: { signature: 'verified', 'private key': expect.stringContaining('not shown') as string },
    })
    const shown = (await inspect(both)).out + (await inspect(both, ...known)).out
    for (const text of [secret, toHex(held!.privateKey)]) expect(shown).not.toContain(text)
    await refused({ token, key: number(toFixedWidth(group.q, group.scalarLength)) }, 'scalar/range', ...known)
    // As the JavaScript SDK gives it.
    const { h, szp, scp, srp } = token
    expect(await factsOf(serialised({ token: { h, szp, scp, srp }, key: secret }), ...known)).toMatchObject({
      facts: { UID_P: 'urn:example:1', signature: 'refused: token/signature' },
    })
  })

  it('explains a proof, and does not let it steer the terminal', async () => {
    const artefact = ofProof(proof)
    const facts = {
      ...{ 'disclosed, without their indices': ['citizen', '\u009b31m'], a: toHex(proof.a) },
      ...{ pseudonym: { P_s: expect.any(String) as string }, commitments: [expect.any(String) as string] },
    }
    expect(await explained('PresentationProof', artefact)).toMatchObject({
      artefact: 'presentation proof, of an SDK',
      facts,
    })
    expect(await explained('PresentationProof', artefact, ...known)).toMatchObject({
      facts: { ...facts, undisclosed: 1, 'with a Device': true },
    })
    expect((await inspect(artefact)).out).toContain('- \\u009b31m\n')
    await refused({ ...artefact, tr: [] }, 'sdk/count')
    await refused({ ...artefact, Ps: undefined }, 'sdk/count')
    await refused({ ...artefact, r: [] }, 'sdk/count')
    await refused({ ...artefact, r: artefact.r.slice(2) }, 'sdk/count', ...known)
    await refused({ ...artefact, a: base64(proof.a.subarray(1)) }, 'sdk/digest', ...known)
    await refused({ ...artefact, D: [7] }, 'json/type')
  })

  it('explains the states between messages, and shows no secret', async () => {
    const secret = number(held!.privateKey)
    const issuers = { W: [secret, secret] }
    expect(await explained('PostFirstMessageState', issuers, ...known)).toMatchObject({ facts: { tokens: 2 } })
    const [numbers, elements] = [[secret], [token.h]]
    const provers = {
      ...{ ti: token.ti, pi: null, ai: numbers, b2: numbers, h: elements, szp: elements, sap: elements, sbp: elements },
      ...{ scp: numbers, d: false },
    }
    expect(await explained('PostSecondMessageState', provers, ...known)).toMatchObject({
      facts: { tokens: 1, PI: null },
    })
    expect((await inspect(issuers)).out + (await inspect(provers)).out).not.toContain(secret)
    await refused({ ...provers, scp: [] }, 'sdk/count')
    await refused({ W: secret }, 'json/type')
  })
})

describe('uprove inspect, of the C# SDK', () => {
  const { p, q, g } = customGroups['1091/171']!
  const group = engine.subgroup({ p, q, g }, { allowLegacy: true })
  const { parameters } = Issuer.create(group, { uid: 'urn:example:2', attributes: 2, hash: 'SHA-1', allowLegacy: true })
  const integer = (value: bigint): string => base64(toFixedWidth(value, byteLength(value)))
  const custom = {
    ...ofParameters(parameters, { type: 'sg', sgDesc: { p: integer(p), q: integer(q), g: integer(g) } }),
    ...{ g: [parameters.g0, ...parameters.g, parameters.gt].map(number), uidh: 'SHA1' },
  }
  const json = serialised(custom)
  const inspect = (octets: Uint8Array, ...options: string[]) => run('inspect', ...options, fileOf(octets))

  it('explains Issuer parameters in a group of their own', async () => {
    const { code, out } = await inspect(json)
    expect(code).toBe(0)
    expect(out).toContain('group: not a recommended one, q of 171 bits')
    expect(out).toContain('Device-protected tokens: not supported')
    expect(out).toContain(`P, without a Device: ${toHex(parameters.digest(false))}`)
    const composite = { ...custom.descGq, sgDesc: { p: integer(p + 2n), q: integer(q), g: integer(g) } }
    expect((await inspect(serialised({ ...custom, descGq: composite }))).err).toMatch(/refused: .*\(group\//)
    expect((await inspect(serialised({ ...custom, g: custom.g.slice(0, 1) }))).err).toContain('(sdk/count)')
  })

  it('refuses a file that is cut off, or has something behind it', async () => {
    const file = dat('IssuerParameters', json)
    for (const broken of [file.subarray(0, -1), concatOctets([file, Uint8Array.of(0)]), file.subarray(0, 40)]) {
      expect(await inspect(broken)).toMatchObject({
        ...{ code: 1, out: '', err: expect.stringContaining('(sdk/file)') as string },
      })
    }
    const twice = encodeText('{"uidp":"AA==","uidp":"AA==","descGq":{}}')
    expect((await inspect(dat('IssuerParameters', twice))).err).toContain('(json/duplicate-member)')
    expect((await inspect(dat('IssuerParameters', json, [2]))).code).not.toBe(0)
    expect(
      (await inspect(json, '--parameters', fileOf(dat('UProveToken', encodeText('{"uidp":"AA==","szp":"AA=="}'))))).err,
    ).toContain('the file of --parameters has no Issuer parameters')
  })
})
