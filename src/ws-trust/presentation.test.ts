import { beforeAll, describe, expect, it, vi } from 'vitest'
import { EngineError } from '../../bindings/errors.js'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { elementOfOrder } from '../../bindings/testing/small-order.js'
import { L2048N256 } from '../params/index.js'
import { SoftwareDevice } from '../uprove/device/device.js'
import { PresentationSession } from '../uprove/presentation/presentation.js'
import { tokenIdentifier } from '../uprove/token/token.js'
import { encodeBase64 } from '../../bindings/octets/base64.js'
import { canonicalize } from '../xml/canonicalize.js'
import { parseXml } from '../xml/parse.js'
import type { XmlElement } from '../xml/tree.js'
import { readIssuerParameters, writeIssuerParameters, type ProfileParameters } from './artefacts/issuer-parameters.js'
import { UP } from './syntax/names.js'
import type { HeldToken } from './artefacts/held-tokens.js'
import { createPresentationToken, type PresentationDeviceSession, type PresentOptions } from './presentation/present.js'
import { clientNonce, createMessage, messageElement, readMessage } from './artefacts/presentation-message.js'
import { RelyingParty, type RelyingPartyOptions } from './presentation/relying-party.js'
import { MemoryNonceStore, MemoryReplayCache } from '../authentication/single-use.js'
import {
  codeOf,
  createTestIssuer,
  edited,
  EMAIL,
  engine,
  GENDER,
  GIVEN_NAME,
  group,
  heldTokens,
  obtainTokens,
  sets,
  testClock,
  xml,
} from './testing/fixtures.js'
import { certificateTrust } from './trust/signer.js'

const CONTOSO = 'https://www.contoso.com'
const issuer = createTestIssuer()
const { parameters: profile } = issuer
const device = SoftwareDevice.create(group, L2048N256.gd)
const start = '2010-01-15T12:00:00Z'

let claimToken: HeldToken
let otherClaimToken: HeldToken
let idToken: HeldToken
let deviceToken: HeldToken

beforeAll(async () => {
  const obtained = heldTokens(await obtainTokens(issuer, { claim: 2, ID: 1 }))
  ;[claimToken, otherClaimToken, idToken] = obtained as [HeldToken, HeldToken, HeldToken]
  const known = () => ({ deviceGenerator: profile.deviceGenerator!, hd: device.publicKey })
  const provider = { devices: { trust: certificateTrust({ anchors: [] }), known } }
  const contribution = device.contribute(profile.parameters)
  ;[deviceToken] = heldTokens(await obtainTokens(issuer, { claim: 1, device: { contribution } }, { provider })) as [
    HeldToken,
  ]
})

const present = (options: Partial<PresentOptions> = {}) =>
  createPresentationToken({
    relyingParty: CONTOSO,
    tokens: [{ token: claimToken, parameters: profile, disclose: [GIVEN_NAME] }],
    clock: testClock(start).clock,
    ...options,
  })

function relyingParty(options: Partial<RelyingPartyOptions> = {}, now = start) {
  const time = testClock(now)
  const party = new RelyingParty({ identifiers: [CONTOSO], parameters: [profile], clock: time.clock, ...options })
  return { party, time }
}

/** What a Relying Party says: `'accepted'`, or the code of a refusal or an error. */
async function verdict(input: XmlElement, options: Partial<RelyingPartyOptions> = {}, now = start): Promise<string> {
  return verdictOf(() => relyingParty(options, now).party.verify(canonicalize(input)))
}

function verdictOf(verify: () => ReturnType<RelyingParty['verify']>): Promise<string> {
  let result: Awaited<ReturnType<RelyingParty['verify']>> | undefined
  return codeOf(async () => {
    result = await verify()
  }).then((code) => (result?.valid === false ? result.code : code))
}

describe('a presentation of a claim and an ID token (figure 7)', () => {
  it('tells the claims disclosed, and a persistent identifier', async () => {
    const tokens = [
      { token: claimToken, parameters: profile, disclose: [GIVEN_NAME] },
      { token: idToken, parameters: profile },
    ]
    const element = await present({ tokens })
    const text = xml(element)
    expect(text).toContain(`<up:Nonce>${start},${CONTOSO}</up:Nonce>`)
    expect(text.match(/<up:Attributes>/g)).toHaveLength(1)
    expect(text.match(/<up:R>/g)).toHaveLength(2)
    const { party } = relyingParty()
    const common = { uidp: 'http://fabrikam.com/ip1', issuer: 'http://fabrikam.com', deviceProtected: false }
    const identifier = (token: HeldToken) => encodeBase64(tokenIdentifier(profile.parameters, token.issued.token))
    expect(await party.verify(canonicalize(element))).toEqual({
      valid: true,
      nonce: `${start},${CONTOSO}`,
      signedData: undefined,
      presentations: [
        {
          ...common,
          tokenClass: 'claim',
          claims: [{ claimType: GIVEN_NAME, index: 2, value: 'Bob' }],
          tokenIdentifier: identifier(claimToken),
        },
        { ...common, tokenClass: 'ID', persistentIdentifier: identifier(idToken) },
      ],
    })
  })

  it('has the same identifier whenever it is presented, and with Microsoft’s form of zero', async () => {
    const identifiers = await Promise.all(
      (['octet', 'empty'] as const).map(async (zeroEncoding) => {
        const element = await present({ tokens: [{ token: idToken, parameters: profile }], zeroEncoding })
        const result = await relyingParty().party.verify(element)
        expect(result.valid).toBe(true)
        const strict = { zeroEncoding: 'octet' } as const
        expect(await verdict(element, strict)).toBe(zeroEncoding === 'octet' ? 'accepted' : 'presentation/proof')
        return JSON.stringify(result.valid && result.presentations)
      }),
    )
    expect(new Set(identifiers).size).toBe(1)
  })

  it('discloses nothing, one, or all attributes', async () => {
    for (const disclose of [[], [EMAIL], [GENDER, EMAIL], [EMAIL, GIVEN_NAME, GENDER]]) {
      const element = await present({ tokens: [{ token: claimToken, parameters: profile, disclose }] })
      expect(xml(element).includes('<up:Attributes>')).toBe(disclose.length > 0)
      expect(xml(element).includes('<up:Responses>')).toBe(disclose.length < 3)
      const result = await relyingParty().party.verify(element)
      const claims =
        result.valid && result.presentations[0]?.tokenClass === 'claim' ? result.presentations[0].claims : []
      expect(claims.map(({ claimType }) => claimType).sort()).toEqual([...disclose].sort())
    }
  })

  it('shows null attributes as null', async () => {
    const provider = { claims: () => ['', null, 'x'] }
    const [token] = heldTokens(await obtainTokens(issuer, { claim: 1 }, { provider })) as [HeldToken]
    expect(token.attributes).toEqual([null, null, 'x'])
    const element = await present({ tokens: [{ token, parameters: profile, disclose: [EMAIL, GIVEN_NAME] }] })
    expect(xml(element)).toContain('<up:Attribute Index="1"></up:Attribute>')
    const result = await relyingParty().party.verify(element)
    expect(result).toMatchObject({ presentations: [{ claims: [{ value: null }, { value: null }] }] })
    expect(await verdict(element, { policy: { claims: [{ claimTypes: [EMAIL] }] } })).toBe('relying-party/claims')
  })

  it('discloses one of more attributes than the recommended generators', async () => {
    const types = Array.from({ length: 60 }, (_, i) => `urn:claim:${i}`)
    const many = createTestIssuer({ claimTypes: types, recommended: undefined as never, device: false })
    const provider = { claims: () => types.map((_, i) => String(i)) }
    const [token] = heldTokens(await obtainTokens(many, { claim: 1 }, { provider })) as [HeldToken]
    const element = await present({ tokens: [{ token, parameters: many.parameters, disclose: [types[59]!] }] })
    const { party } = relyingParty({ parameters: [many.parameters] })
    expect(await party.verify(canonicalize(element))).toMatchObject({
      presentations: [{ claims: [{ claimType: 'urn:claim:59', index: 60, value: '59' }] }],
    })
  })

  it('keeps white space and markup in values and in what is signed', async () => {
    const value = ' <b>&amp;\r\n\t"\u{1F511}" '
    const [token] = heldTokens(
      await obtainTokens(issuer, { claim: 1 }, { provider: { claims: () => [value, null, null] } }),
    ) as [HeldToken]
    const tokens = [{ token, parameters: profile, disclose: [EMAIL] }]
    const element = await present({ tokens, signedData: value, consent: (text) => text === value })
    const result = await relyingParty().party.verify(canonicalize(element))
    expect(result).toMatchObject({ signedData: value, presentations: [{ claims: [{ value }] }] })
  })

  it('survives being moved into another document, with its TI and message', async () => {
    const element = await present()
    const wrapped = `<s:Envelope xmlns:s="urn:s" xmlns:up="urn:other"><s:Body>${xml(element)}</s:Body></s:Envelope>`
    const inner = parseXml(wrapped).elements[0]!.elements[0]!
    expect(await verdict(inner)).toBe('accepted')
    const foreign = parseXml(
      `<Envelope xmlns:q="${UP}">${xml(element)
        .replace(/(<\/?)up:/g, '$1q:')
        .replace(/ xmlns:up="[^"]*"/, '')}</Envelope>`,
    )
    // With another prefix m and TI are other octets, which nobody has signed.
    expect(await verdict(foreign.elements[0]!)).toBe('presentation/proof')
  })
})

describe('a presentation of a Device-protected token (figure 8)', () => {
  it('is accepted with the message of the Relying Party', async () => {
    const { party } = relyingParty({ policy: { deviceRequired: true } })
    const message = await party.challenge('I accept the terms and conditions of Contoso')
    const shown: string[] = []
    const consent = (text: string) => shown.push(text) > 0
    const tokens = [{ token: deviceToken, parameters: profile, disclose: [GENDER] }]
    const received = readMessage(parseXml(canonicalize(messageElement(message))))
    const element = await present({ message: received, tokens, consent, device })
    expect(shown).toEqual(['I accept the terms and conditions of Contoso'])
    expect(xml(element)).toMatch(/<up:Rd>.*<\/up:Rd>/)
    expect(await party.verify(element, message)).toMatchObject({
      valid: true,
      signedData: 'I accept the terms and conditions of Contoso',
      presentations: [{ deviceProtected: true, claims: [{ claimType: GENDER, value: '1' }] }],
    })
  })

  it('may wait for the Device', async () => {
    const remote = {
      begin: () => {
        const session = device.begin()
        const respond = (challenge: Parameters<typeof session.respond>[0]) =>
          Promise.resolve(session.respond(challenge))
        return Promise.resolve({ ...session, respond })
      },
    }
    const tokens = [{ token: deviceToken, parameters: profile }]
    expect(await verdict(await present({ tokens, device: remote }))).toBe('accepted')
    expect(await codeOf(() => present({ tokens }))).toBe('ws-trust/device-required')
  })

  it('is refused of another Device, without r_d, and with another Device generator', async () => {
    const tokens = [{ token: deviceToken, parameters: profile }]
    const other = SoftwareDevice.create(group, L2048N256.gd)
    expect(await verdict(await present({ tokens, device: other }))).toBe('presentation/proof')
    const element = await present({ tokens, device })
    expect(await verdict(edited(element, /<up:Rd>.*<\/up:Rd>/, ''))).toBe('presentation/device')
    expect(await verdict(edited(element, 'GdName="urn:oid:', 'GdName="urn:oid:2.'))).toBe(
      'relying-party/device-generator',
    )
    expect(await verdict(edited(element, /<up:Gd .*<\/up:Gd>/, ''))).toBe('presentation/device')
    expect(await verdict(edited(element, /<up:Rd>.{4}/, '<up:Rd>AQEB'))).toBe('presentation/proof')
    expect(await verdict(edited(element, /<up:Rd>[^<]*/, '<up:Rd>AQ=='))).toBe('presentation/proof')
    expect(await verdict(edited(element, '<up:Rd>', '<up:Rd>AQEB'))).toBe('relying-party/number-range')
  })

  it('is refused where parameters support no Device, and r_d of a token without one', async () => {
    const software = createTestIssuer({ device: false })
    const element = await present({ tokens: [{ token: deviceToken, parameters: profile }], device })
    expect(await verdict(element, { parameters: [software.parameters] })).toBe('relying-party/device-generator')
    const withRd = edited(await present(), '</up:Responses>', '</up:Responses><up:Rd>AQ==</up:Rd>')
    expect(await verdict(withRd)).toBe('presentation/device')
    expect(await verdict(await present(), { policy: { deviceRequired: true } })).toBe('relying-party/device-required')
  })
})

describe('step 1: the message', () => {
  it('of the Relying Party must be the one of this session, and is good once', async () => {
    const { party } = relyingParty()
    const [mine, other] = [await party.challenge(), await party.challenge()]
    expect(mine.nonce).not.toBe(other.nonce)
    expect(mine.nonce).toMatch(/^[\w-]{43},https:\/\/www\.contoso\.com$/)
    const element = await present({ message: mine })
    expect(await verdictOf(() => party.verify(element, other))).toBe('relying-party/message-mismatch')
    expect(await verdictOf(() => party.verify(element))).toBe('relying-party/nonce-form')
    expect(await verdictOf(() => party.verify(element, mine))).toBe('accepted')
    expect(await verdictOf(() => party.verify(element, mine))).toBe('relying-party/nonce-used')
    const again = await present({ message: mine })
    expect(await verdictOf(() => party.verify(again, mine))).toBe('relying-party/nonce-used')
  })

  it('of the Relying Party is matched with what was to be signed', async () => {
    const { party } = relyingParty()
    const message = await party.challenge('I pay 10')
    const consent = () => true
    const forged = await present({ message: createMessage(message.nonce, 'I pay 1'), consent })
    expect(await verdictOf(() => party.verify(forged, message))).toBe('relying-party/message-mismatch')
    const silent = await present({ message: createMessage(message.nonce) })
    expect(await verdictOf(() => party.verify(silent, message))).toBe('relying-party/message-mismatch')
    const changed = edited(
      await present({ message: createMessage(message.nonce, 'I pay 1'), consent }),
      'I pay 1',
      'I pay 10',
    )
    expect(await verdictOf(() => party.verify(changed, message))).toBe('presentation/proof')
    expect(await verdictOf(async () => party.verify(await present({ message, consent }), message))).toBe('accepted')
  })

  it('of the Relying Party is the one that it gave, even if the presenter sends another one along', async () => {
    const consent = () => true
    const given: [signedData: string | undefined, shown: string | undefined][] = [
      ['I pay 10', 'I pay 1'],
      ['I pay 10', undefined],
      [undefined, 'I pay 10'],
      [undefined, ''],
    ]
    for (const [asked, signed] of given) {
      const { party } = relyingParty()
      const { nonce } = await party.challenge(asked)
      const forged = createMessage(nonce, signed)
      const element = await present({ message: forged, consent })
      expect(await verdictOf(() => party.verify(element, forged))).toBe('relying-party/message-mismatch')
    }
    // What the message means counts, not how it is written.
    const { party } = relyingParty()
    const { nonce } = await party.challenge('I pay 10')
    const other = `<q:Message xmlns:q="${UP}"><q:Nonce>${nonce}</q:Nonce><q:SignedData>I pay 10</q:SignedData></q:Message>`
    const rewritten = readMessage(parseXml(other))
    const element = await present({ message: rewritten, consent })
    expect(await verdictOf(() => party.verify(element, rewritten))).toBe('accepted')
  })

  it('of the Relying Party is refused without a digest, as of a store of an older version', async () => {
    const nonces = { add: () => Promise.resolve(), take: () => Promise.resolve(undefined) }
    const { party } = relyingParty({ nonces })
    const message = await party.challenge()
    const element = await present({ message })
    expect(await verdictOf(() => party.verify(element, message))).toBe('relying-party/nonce-used')
  })

  it('of the Relying Party names it by the identifier that is asked for, and needs one', async () => {
    const { party } = relyingParty({ identifiers: [CONTOSO, 'urn:contoso'] })
    const message = await party.challenge(undefined, 'urn:contoso')
    expect(message.nonce).toMatch(/,urn:contoso$/)
    const element = await present({ message, relyingParty: 'urn:contoso' })
    expect(await verdictOf(() => party.verify(element, message))).toBe('accepted')
    expect(await codeOf(() => relyingParty({ identifiers: [] }).party.challenge())).toBe('policy/identifiers')
    expect(await codeOf(() => party.challenge(undefined, ''))).toBe('policy/identifiers')
  })

  it('is answered for the party that the client deals with, and for no other', async () => {
    // A shop hands out the bank's challenge.
    const bank = relyingParty({ identifiers: ['https://bank.example'] }).party
    const challenge = await bank.challenge('I pay 10')
    const own = createMessage(clientNonce(new Date(start), 'https://bank.example'), 'I pay 10')
    const consent = () => true
    for (const message of [challenge, own]) {
      for (const allowUnnamedNonce of [false, true]) {
        const relayed = () => present({ message, consent, allowUnnamedNonce, relyingParty: 'https://shop.example' })
        expect(await codeOf(relayed)).toBe('ws-trust/other-relying-party')
      }
      const answered = await present({ message, consent, relyingParty: 'https://bank.example' })
      const verified = bank.verify(answered, message === challenge ? message : undefined)
      expect(await verdictOf(() => verified)).toBe('accepted')
    }
    const unnamed = ['dGhlc2VhcmVyYW5kb21ieXRlcw==', `${'A'.repeat(42)},${CONTOSO}`, `${'A'.repeat(43)},`, CONTOSO]
    for (const message of unnamed.map((nonce) => createMessage(nonce))) {
      expect(await codeOf(() => present({ message }))).toBe('ws-trust/unnamed-relying-party')
      expect(await codeOf(() => present({ message, allowUnnamedNonce: true }))).toBe('accepted')
    }
  })

  it('of the Relying Party is not used up by what is not valid, and expires', async () => {
    const { party, time } = relyingParty({ nonceLifetime: 1000 })
    const message = await party.challenge()
    const element = await present({ message })
    const tampered = edited(element, '>Bob<', '>Eve<')
    expect(await verdictOf(() => party.verify(tampered, message))).toBe('presentation/proof')
    time.now = new Date(time.now.getTime() + 1000)
    expect(await verdictOf(() => party.verify(element, message))).toBe('accepted')
    const late = await party.challenge()
    time.now = new Date(time.now.getTime() + 1001)
    const lateElement = await present({ message: late, clock: time.clock })
    expect(await verdictOf(() => party.verify(lateElement, late))).toBe('relying-party/nonce-used')
    const foreign = createMessage('never given out')
    const foreignElement = await present({ message: foreign, allowUnnamedNonce: true })
    expect(await verdictOf(() => party.verify(foreignElement, foreign))).toBe('relying-party/nonce-used')
  })

  it.each([
    ['2010-01-15T11:58:59.999Z', 'relying-party/time'],
    ['2010-01-15T11:59:00Z', 'accepted'],
    ['2010-01-15T12:06:00Z', 'accepted'],
    ['2010-01-15T12:06:00.001Z', 'relying-party/time'],
  ])('of the client, made at 12:00:00, is fresh at %s: %s', async (now, code) => {
    expect(await verdict(await present(), {}, now)).toBe(code)
  })

  it.each([
    ['another Relying Party', 'https://www.fabrikam.com'],
    ['a longer identifier', `${CONTOSO}/`],
    ['a prefix of it', 'https://www.contoso.co'],
    ['white space after it, as in figure 7', `${CONTOSO} `],
    ['another case', 'https://www.Contoso.com'],
    ['two identifiers', `${CONTOSO},https://www.fabrikam.com`],
    ['nobody', ''],
  ])('of the client for %s is refused', async (_, identifier) => {
    const element = await present({ relyingParty: identifier })
    expect(await verdict(element)).toBe('relying-party/audience')
    expect(await verdict(element, { identifiers: [CONTOSO, identifier] })).toBe('accepted')
  })

  it.each([
    ['no comma', start],
    ['no time', `,${CONTOSO}`],
    ['a date without separators', `20100115T12:00:00Z,${CONTOSO}`],
    ['a time of another zone', `2010-01-15T13:00:00+01:00,${CONTOSO}`],
    ['white space', ` ${start},${CONTOSO}`],
    ['base64', 'dGhlc2VhcmVyYW5kb21ieXRlcw=='],
  ])('of the client with %s is refused', async (_, nonce) => {
    expect(await verdict(await present({ message: createMessage(nonce), allowUnnamedNonce: true }))).toBe(
      'relying-party/nonce-form',
    )
  })
})

describe('step 2: each presentation', () => {
  let element: XmlElement
  let idElement: XmlElement
  beforeAll(async () => {
    element = await present()
    idElement = await present({ tokens: [{ token: idToken, parameters: profile }] })
  })

  const order2 = encodeBase64(elementOfOrder(L2048N256, 2))
  it.each<[string, string | RegExp, string, string]>([
    ['2a: another class', 'TokenClass="claim"', 'TokenClass="other"', 'relying-party/token-class'],
    ['2a: a claim token as an ID token', 'TokenClass="claim"', 'TokenClass="ID"', 'relying-party/id-disclosure'],
    ['2b.i: unknown parameters', 'com/ip1<', 'com/ip2<', 'relying-party/unknown-parameters'],
    [
      '2b.ii: a date beyond that of the parameters',
      '2010-03-01T',
      '2010-05-01T',
      'relying-party/token-outlives-parameters',
    ],
    ['2b.ii: a date that has passed', '2010-03-01T', '2010-01-01T', 'relying-party/token-expired'],
    ['2b.ii: another date', '2010-03-01T', '2010-04-01T', 'presentation/proof'],
    ['2c: another value', '>Bob<', '>Eve<', 'presentation/proof'],
    ['2c: a value made null', '>Bob<', '><', 'presentation/proof'],
    ['2c: another attribute', 'Index="2"', 'Index="3"', 'presentation/proof'],
    ['2c: an index above n', 'Index="2"', 'Index="4"', 'relying-party/attribute-indices'],
    ['2c: an attribute too few', /<up:Attributes>.*<\/up:Attributes>/, '', 'relying-party/response-count'],
    ['2c: a response too few', /<up:R>.*?<\/up:R>/, '', 'relying-party/response-count'],
    ['2c: a response too many', /(<up:R>.*?<\/up:R>)/, '$1$1', 'relying-party/response-count'],
    ['2c: responses in another order', /(<up:R>.*?<\/up:R>)(<up:R>.*?<\/up:R>)/, '$2$1', 'presentation/proof'],
    ['2c: another response', /<up:R>.{4}/, '<up:R>AQEB', 'presentation/proof'],
    ['2c: a response of q', /<up:R>[^<]*/, `<up:R>${'/'.repeat(42)}8=`, 'presentation/scalar-range'],
    ['2c: a response that is too long', '<up:R>', '<up:R>AQEB', 'relying-party/number-range'],
    ['2c: another r_0', /<up:R0>.{4}/, '<up:R0>AQEB', 'presentation/proof'],
    ['2c: another a', /<up:A>.{4}/, '<up:A>AQEB', 'presentation/proof'],
    ['2c: an a that is too short', /<up:A>[^<]*/, '<up:A>AQEB', 'relying-party/number-range'],
    ['2c: another message', CONTOSO, `${CONTOSO}x`, 'relying-party/audience'],
    [
      '2c: something signed that was not',
      '</up:Nonce>',
      '</up:Nonce><up:SignedData>x</up:SignedData>',
      'presentation/proof',
    ],
    ['2c: an h of order 2', /<up:H>[^<]*/, `<up:H>${order2}`, 'token/h-not-in-subgroup'],
    ['2c: an h of 1', /<up:H>[^<]*/, '<up:H>AQ==', 'token/h-not-in-subgroup'],
    ['2c: an h that is too long', '<up:H>', '<up:H>AQEB', 'relying-party/number-range'],
    [
      '2c: a sigma_z of order 2',
      /<up:SigmaZPrime>[^<]*/,
      `<up:SigmaZPrime>${order2}`,
      'token/sigma-z-prime-not-in-subgroup',
    ],
    ['2c: another signature', /<up:SigmaCPrime>.{4}/, '<up:SigmaCPrime>AQEB', 'token/signature'],
    [
      '2c: a signature out of range',
      /<up:SigmaRPrime>[^<]*/,
      `<up:SigmaRPrime>${'/'.repeat(42)}8=`,
      'token/scalar-range',
    ],
  ])('is refused with %s', async (_, from, to, code) => {
    expect(await verdict(edited(element, from, to))).toBe(code)
  })

  it.each<[string, string | RegExp, string, string]>([
    ['another version', '"1.0"', '"1.1"', 'ws-trust/version'],
    ['another version of the token', '<up:Token Version="1.0"', '<up:Token Version="2.0"', 'ws-trust/version'],
    ['no message', /<up:Message>.*<\/up:Message>/, '', 'ws-trust/element'],
    ['no nonce', /<up:Nonce>.*<\/up:Nonce>/, '', 'ws-trust/element'],
    ['an empty nonce', /<up:Nonce>.*<\/up:Nonce>/, '<up:Nonce/>', 'ws-trust/nonce'],
    ['a long nonce', '<up:Nonce>', `<up:Nonce>${'x'.repeat(4096)}`, 'ws-trust/nonce'],
    ['no presentations', /<up:Presentation .*<\/up:Presentation>/, '', 'ws-trust/element'],
    ['no class', ' TokenClass="claim"', '', 'ws-trust/attribute'],
    ['no token', /<up:Token .*<\/up:Token>/, '', 'ws-trust/element'],
    ['no proof', /<up:SubsetProof>.*<\/up:SubsetProof>/, '', 'ws-trust/element'],
    ['no a', /<up:A>.*<\/up:A>/, '', 'ws-trust/element'],
    ['an a that is no base64', /<up:A>[^<]*/, '<up:A>?', 'ws-trust/base64'],
    ['an empty list of attributes', /<up:Attribute .*<\/up:Attribute>/, '', 'ws-trust/element'],
    ['an empty list of responses', /<up:R>.*<\/up:R>/, '', 'ws-trust/element'],
    ['indices that do not ascend', /(<up:Attribute .*<\/up:Attribute>)/, '$1$1', 'ws-trust/attribute-indices'],
    ['an index that is no number', 'Index="2"', 'Index="two"', 'ws-trust/integer'],
    ['an attribute without an index', ' Index="2"', '', 'ws-trust/attribute'],
    ['leading zeros', /<up:R0>[^<]*/, '<up:R0>AAE=', 'ws-trust/crypto-binary'],
    ['white space in TI', '<up:TI>', '<up:TI>\n', 'ws-trust/white-space'],
    ['an unknown element', '<up:A>', '<up:X/><up:A>', 'ws-trust/element'],
    ['a processing instruction', '<up:A>', '<?x?><up:A>', 'xml/processing-instruction'],
  ])('is malformed with %s', async (_, from, to, code) => {
    expect(await verdict(element)).toBe('accepted')
    const changed = xml(element).replace(from, to)
    expect(changed).not.toBe(xml(element))
    expect(await verdictOf(() => relyingParty().party.verify(changed))).toBe(code)
  })

  it.each<[string, string | RegExp, string, string]>([
    [
      'written attributes',
      '<up:A>',
      '<up:Attributes><up:Attribute Index="1"/></up:Attributes><up:A>',
      'relying-party/id-disclosure',
    ],
    ['responses', '</up:R0>', '</up:R0><up:Responses><up:R>AQ==</up:R></up:Responses>', 'relying-party/id-disclosure'],
    ['the class of a claim token', 'TokenClass="ID"', 'TokenClass="claim"', 'relying-party/response-count'],
    ['another a', /<up:A>.{4}/, '<up:A>AQEB', 'presentation/proof'],
    ['the token of another', /<up:SigmaCPrime>.{4}/, '<up:SigmaCPrime>AQEB', 'token/signature'],
  ])('of an ID token is refused with %s', async (_, from, to, code) => {
    expect(await verdict(idElement)).toBe('accepted')
    expect(await verdict(edited(idElement, from, to))).toBe(code)
  })

  it('of a token with claims is not one of an ID token', async () => {
    const disguised = await present({ tokens: [{ token: { ...claimToken, tokenClass: 'ID' }, parameters: profile }] })
    expect(await verdict(disguised)).toBe('presentation/proof')
  })

  it('is refused before and after the parameters are valid', async () => {
    const early = createTestIssuer({ notBefore: new Date('2010-01-15T12:00:00.001Z') })
    const swapped: ProfileParameters = { ...profile, specification: early.parameters.specification }
    expect(await verdict(element, { parameters: [swapped] })).toBe('relying-party/parameters-not-yet-valid')
    const ended = { ...profile.specification, notOnOrAfter: new Date('2010-02-01T00:00:00Z') }
    expect(await verdict(element, { parameters: [{ ...profile, specification: ended }] })).toBe(
      'relying-party/token-outlives-parameters',
    )
  })

  it('is refused of another Issuer under the same UIDP', async () => {
    const impostor = createTestIssuer()
    const [token] = heldTokens(await obtainTokens(impostor, { claim: 1 })) as [HeldToken]
    const forged = await present({ tokens: [{ token, parameters: impostor.parameters, disclose: [GIVEN_NAME] }] })
    expect(await verdict(forged, { parameters: [impostor.parameters] })).toBe('accepted')
    expect(await verdict(forged)).toBe('token/signature')
  })

  it('is one of at most so many', async () => {
    const tokens = [claimToken, otherClaimToken, idToken].map((token) => ({ token, parameters: profile }))
    const three = await present({ tokens })
    expect(await verdict(three, { maxPresentations: 3 })).toBe('accepted')
    expect(await verdict(three, { maxPresentations: 2 })).toBe('relying-party/too-many-presentations')
  })

  it('spoils all others if it is refused', async () => {
    const tokens = [claimToken, otherClaimToken].map((token) => ({
      token,
      parameters: profile,
      disclose: [GIVEN_NAME],
    }))
    const two = await present({ tokens })
    expect(await verdict(two)).toBe('accepted')
    expect(await verdict(edited(two, /(.*)>Bob</, '$1>Eve<'))).toBe('presentation/proof')
    expect(await verdict(edited(two, '>Bob<', '>Eve<'))).toBe('presentation/proof')
  })
})

describe('replays', () => {
  it('are refused for as long as the message is fresh on any node', async () => {
    const element = await present()
    const time = testClock(start)
    // The caches of nodes whose clocks differ by a minute are one.
    const behind = testClock('2010-01-15T11:59:00Z')
    const replayCache = new MemoryReplayCache({ clock: time.clock })
    const { party } = relyingParty({ replayCache, clock: time.clock })
    const { party: other } = relyingParty({ replayCache, clock: behind.clock })
    expect(await verdictOf(() => party.verify(element))).toBe('accepted')
    expect(await verdictOf(() => party.verify(element))).toBe('relying-party/replayed')
    expect(await verdictOf(() => other.verify(element))).toBe('relying-party/replayed')
    time.now = new Date('2010-01-15T12:07:00Z')
    behind.now = new Date('2010-01-15T12:06:00Z')
    expect(await verdictOf(() => party.verify(element))).toBe('relying-party/time')
    expect(await verdictOf(() => other.verify(element))).toBe('relying-party/replayed')
  })

  it('are told by the octets of a, however its base64 is written', async () => {
    const { party } = relyingParty()
    const element = await present()
    expect(await verdictOf(() => party.verify(element))).toBe('accepted')
    expect(await verdictOf(() => party.verify(edited(element, '<up:A>', '<up:A>\n ')))).toBe('relying-party/replayed')
  })

  it('are told within one presentation token too', async () => {
    const element = await present()
    const doubled = edited(element, /(<up:Presentation .*<\/up:Presentation>)/, '$1$1')
    expect(await verdict(doubled)).toBe('relying-party/replayed')
  })

  it('are one of two at once', async () => {
    const { party } = relyingParty()
    const element = await present()
    const verdicts = await Promise.all([1, 2].map(() => verdictOf(() => party.verify(element))))
    expect(verdicts.sort()).toEqual(['accepted', 'relying-party/replayed'])
  })

  it('are not what was refused before: nothing is remembered of it', async () => {
    const { party } = relyingParty()
    const element = await present()
    expect(await verdictOf(() => party.verify(edited(element, '>Bob<', '>Eve<')))).toBe('presentation/proof')
    expect(await verdictOf(() => party.verify(element))).toBe('accepted')
  })

  it('are forgotten once they are stale', async () => {
    const time = testClock()
    const until = new Date(time.now.getTime() + 1000)
    const cache = new MemoryReplayCache({ clock: time.clock })
    const nonces = new MemoryNonceStore({ clock: time.clock })
    const [one, two] = [Uint8Array.of(1), Uint8Array.of(2)]
    expect(await cache.insert([one], until)).toBe(true)
    expect(await cache.insert([two, one], until)).toBe(false)
    expect(await cache.insert([two, two], until)).toBe(false)
    expect(await cache.insert([two], until)).toBe(true)
    await nonces.add('n', one, until)
    time.now = until
    expect(await cache.insert([one], until)).toBe(false)
    expect([await nonces.take('n'), await nonces.take('n')]).toEqual([one, undefined])
    await nonces.add('m', two, until)
    time.now = new Date(until.getTime() + 10_000)
    expect(await cache.insert([one], until)).toBe(true)
    expect(await nonces.take('m')).toBeUndefined()
  })
})

describe('a policy', () => {
  const both = () =>
    present({
      tokens: [
        { token: claimToken, parameters: profile, disclose: [GIVEN_NAME] },
        { token: otherClaimToken, parameters: profile, disclose: [EMAIL] },
      ],
    })

  it('wants claims, all of one requirement from one token', async () => {
    const needs = (...requirements: string[][]) => ({
      policy: { claims: requirements.map((claimTypes) => ({ claimTypes })) },
    })
    expect(await verdict(await present(), needs([GIVEN_NAME]))).toBe('accepted')
    expect(await verdict(await present(), needs([EMAIL]))).toBe('relying-party/claims')
    expect(await verdict(await both(), needs([GIVEN_NAME], [EMAIL]))).toBe('accepted')
    expect(await verdict(await both(), needs([GIVEN_NAME, EMAIL]))).toBe('relying-party/claims')
    const id = await present({ tokens: [{ token: idToken, parameters: profile }] })
    expect(await verdict(id, needs([GIVEN_NAME]))).toBe('relying-party/claims')
    expect(() => relyingParty(needs([]))).toThrow(expect.objectContaining({ code: 'policy/claims' }))
  })

  it('wants certain Issuers', async () => {
    const claims = (issuers: string[]) => [{ claimTypes: [GIVEN_NAME], issuers }]
    expect(await verdict(await present(), { policy: { claims: claims(['http://fabrikam.com']) } })).toBe('accepted')
    expect(await verdict(await present(), { policy: { claims: claims(['http://contoso.com']) } })).toBe(
      'relying-party/claims',
    )
    expect(await verdict(await present(), { policy: { issuers: ['http://fabrikam.com'] } })).toBe('accepted')
    expect(await verdict(await present(), { policy: { issuers: ['http://contoso.com'] } })).toBe('relying-party/issuer')
  })

  it('wants a persistent identifier, which a claim token does not give', async () => {
    const policy = { persistentIdentifier: true }
    expect(await verdict(await present(), { policy })).toBe('relying-party/identifier')
    const tokens = [claimToken, idToken].map((token) => ({ token, parameters: profile }))
    expect(await verdict(await present({ tokens }), { policy })).toBe('accepted')
  })

  it('wants a text to be signed, in its own message and in the client’s', async () => {
    const { party } = relyingParty({ policy: { signedData: 'I agree' } })
    const consent = () => true
    const message = await party.challenge()
    expect(message.signedData).toBe('I agree')
    expect(await verdictOf(async () => party.verify(await present({ message, consent }), message))).toBe('accepted')
    const own = async (signedData?: string) => party.verify(await present({ signedData, consent }))
    expect(await verdictOf(() => own('I agree'))).toBe('accepted')
    for (const signedData of [undefined, '', 'I agree not']) {
      expect(await verdictOf(() => own(signedData))).toBe('relying-party/signed-data')
    }
    const other = await party.challenge('I refuse')
    expect(await verdictOf(async () => party.verify(await present({ message: other, consent }), other))).toBe(
      'relying-party/signed-data',
    )
  })

  it('that is not met uses nothing up', async () => {
    const { party } = relyingParty({ policy: { claims: [{ claimTypes: [EMAIL] }] } })
    const message = await party.challenge()
    const tokens = [{ token: claimToken, parameters: profile, disclose: [EMAIL] }]
    expect(await verdictOf(async () => party.verify(await present({ message }), message))).toBe('relying-party/claims')
    expect(await verdictOf(async () => party.verify(await present({ message, tokens }), message))).toBe('accepted')
  })
})

describe('an audit', () => {
  const receivedAt = new Date('2010-01-15T12:01:00Z')

  it('judges by the time of receipt, again and again, and long after the parameters have expired', async () => {
    const { party } = relyingParty({}, '2020-01-01T00:00:00Z')
    const element = await present()
    expect(await verdictOf(() => party.verify(element))).toBe('relying-party/time')
    expect(await verdictOf(() => party.audit(element, { receivedAt }))).toBe('accepted')
    expect(await verdictOf(() => party.audit(element, { receivedAt }))).toBe('accepted')
    const later = new Date('2010-01-15T13:00:00Z')
    expect(await verdictOf(() => party.audit(element, { receivedAt: later }))).toBe('relying-party/time')
    expect(await verdictOf(() => party.audit(edited(element, '>Bob<', '>Eve<'), { receivedAt }))).toBe(
      'presentation/proof',
    )
  })

  it('knows the Relying Party’s message', async () => {
    const { party } = relyingParty()
    const message = await party.challenge()
    const element = await present({ message })
    expect(await verdictOf(() => party.audit(element, { receivedAt, message }))).toBe('accepted')
    const other = createMessage('other')
    expect(await verdictOf(() => party.audit(element, { receivedAt, message: other }))).toBe(
      'relying-party/message-mismatch',
    )
    const expired = new Date('2010-03-01T00:00:00Z')
    expect(await verdictOf(() => party.audit(element, { receivedAt: expired, message }))).toBe(
      'relying-party/token-expired',
    )
    expect(await verdictOf(() => party.verify(element, message))).toBe('accepted')
  })
})

describe('a Relying Party', () => {
  it('is not made with two parameter sets that one token would fit', async () => {
    const make =
      (...parameters: ProfileParameters[]) =>
      () =>
        new RelyingParty({ identifiers: [], parameters })
    const other = createTestIssuer({ uidp: 'http://fabrikam.com/ip2' }).parameters
    expect(await codeOf(make(profile, other))).toBe('accepted')
    expect(await codeOf(make(profile, createTestIssuer().parameters))).toBe('policy/parameters')
    const revision3 = (parameters: ProfileParameters['parameters']) =>
      Object.create(parameters, { revision: { value: 3 } }) as ProfileParameters['parameters']
    expect(await codeOf(make(profile, { ...other, parameters: revision3(profile.parameters) }))).toBe(
      'policy/parameters',
    )
    expect(await codeOf(make(profile, { ...other, parameters: revision3(other.parameters) }))).toBe('accepted')
    expect(await codeOf(make(profile, { ...other, parameters: profile.parameters }))).toBe('accepted')
  })

  it('has a verdict on presentation tokens only: other documents are errors', async () => {
    const { party } = relyingParty()
    const element = await present()
    const tampered = edited(element, '>Bob<', '>Eve<')
    const malformed = edited(element, '<up:A>', '<up:X/><up:A>')
    const received = { receivedAt: new Date(start) }
    const refused = { valid: false, code: 'presentation/proof' }
    expect([await party.verify(tampered), await party.audit(tampered, received)]).toEqual([refused, refused])
    for (const [input, code] of [
      ['<a', 'xml/not-well-formed'],
      ['<a/>', 'ws-trust/element'],
      [malformed, 'ws-trust/element'],
    ] as const) {
      await expect(party.verify(input)).rejects.toMatchObject({ code })
      await expect(party.audit(input, received)).rejects.toMatchObject({ code })
    }
  })

  it('takes no more octets and nodes than a presentation may have', async () => {
    const { party } = relyingParty()
    const flood = `<a>${'<a/>'.repeat(100_000)}</a>`
    expect(await codeOf(() => party.verify(flood))).toBe('xml/limit-nodes')
    expect(await codeOf(() => party.verify(`<a>${'<a/>'.repeat(200_000)}</a>`))).toBe('xml/limit-bytes')
    expect(await codeOf(() => party.audit(flood, { receivedAt: new Date() }))).toBe('xml/limit-nodes')
    expect(await codeOf(() => relyingParty({ limits: { maxNodes: 200_000 } }).party.verify(flood))).toBe(
      'ws-trust/element',
    )
    const tokens = await present()
    expect(await verdict(tokens, { limits: { maxNodes: 10 } })).toBe('xml/limit-nodes')
  })
})

describe('a client does not present', () => {
  it.each<[string, Partial<PresentOptions>, string]>([
    ['nothing', { tokens: [] }, 'ws-trust/no-token'],
    ['after the parameters', { clock: testClock('2010-04-01T12:00:00Z').clock }, 'ws-trust/parameters-expired'],
    ['before the parameters', { clock: testClock('2009-01-01T00:00:00Z').clock }, 'ws-trust/parameters-not-yet-valid'],
    ['an expired token', { clock: testClock('2010-03-01T00:00:00Z').clock }, 'ws-trust/token-expired'],
    ['data without consent', { signedData: 'x' }, 'ws-trust/consent'],
    [
      'data that was declined',
      { message: createMessage('n', 'x'), allowUnnamedNonce: true, consent: () => Promise.resolve(false) },
      'ws-trust/consent',
    ],
  ])('%s', async (_, options, code) => {
    expect(await codeOf(() => present(options))).toBe(code)
  })

  it('claims that the token has not, or tokens of other parameters', async () => {
    const tokens = (disclose: string[], parameters = profile) => ({
      tokens: [{ token: claimToken, parameters, disclose }],
    })
    expect(await codeOf(() => present(tokens(['urn:age'])))).toBe('ws-trust/claims')
    const other = createTestIssuer({ uidp: 'http://fabrikam.com/ip2' })
    expect(await codeOf(() => present(tokens([], other.parameters)))).toBe('ws-trust/other-parameters')
  })

  it('an empty message, or one that XML cannot hold', async () => {
    expect(await codeOf(() => createMessage(''))).toBe('ws-trust/nonce')
    expect(await codeOf(() => createMessage('x'.repeat(4097)))).toBe('ws-trust/nonce')
    expect(await codeOf(() => createMessage('n', '\u0000'))).toBe('xml/character')
  })
})

describe('a Device that fails', () => {
  const tokens = () => [{ token: deviceToken, parameters: profile }]
  /** The device with other answers, and how often its sessions end. */
  function watched(changes: Partial<PresentationDeviceSession>) {
    const ended: string[] = []
    const begin = () => {
      const session = device.begin()
      const dispose = () => {
        ended.push('session')
        session.dispose()
      }
      return { ad: session.ad, respond: session.respond.bind(session), ...changes, dispose }
    }
    return { device: { begin }, ended }
  }

  it('leaves no session open, on either side', async () => {
    const begun = vi.spyOn(PresentationSession, 'begin')
    try {
      const refusing = () => Promise.reject(new EngineError('engine/disposed', 'The Device is gone.'))
      const failing = watched({ respond: refusing })
      expect(await codeOf(() => present({ tokens: tokens(), device: failing.device }))).toBe('engine/disposed')
      expect(failing.ended).toEqual(['session'])
      const [session] = begun.mock.results.map(({ value }) => value as PresentationSession)
      expect(await codeOf(() => session!.finish())).toBe('presentation/finished')
    } finally {
      begun.mockRestore()
    }
  })

  it('at its commitment ends its session, as one that answers does', async () => {
    const failing = watched({ ad: Uint8Array.of(1) })
    expect(await codeOf(() => present({ tokens: tokens(), device: failing.device }))).toBe('element/length')
    const answering = watched({})
    expect(await verdict(await present({ tokens: tokens(), device: answering.device }))).toBe('accepted')
    expect([failing.ended, answering.ended]).toEqual([['session'], ['session']])
  })

  it('is not asked for a token without a Device', async () => {
    const { device: unused, ended } = watched({})
    expect(await verdict(await present({ device: unused }))).toBe('accepted')
    expect(ended).toEqual([])
  })
})

describe('the clock', () => {
  it('is that of the machine, unless there is another', async () => {
    const [minute, day] = [60_000, 86_400_000]
    const now = Date.now()
    const current = createTestIssuer({ notBefore: new Date(now - minute), notOnOrAfter: new Date(now + 365 * day) })
    const time = testClock(new Date(now).toISOString())
    const [token] = heldTokens(await obtainTokens(current, { claim: 1 }, { time })) as [HeldToken]
    const tokens = [{ token, parameters: current.parameters }]
    const element = await createPresentationToken({ relyingParty: CONTOSO, tokens })
    const party = new RelyingParty({ identifiers: [CONTOSO], parameters: [current.parameters] })
    expect(await verdictOf(() => party.verify(element))).toBe('accepted')
    expect(await verdictOf(() => party.verify(element))).toBe('relying-party/replayed')
    expect(
      await codeOf(() =>
        createPresentationToken({ relyingParty: CONTOSO, tokens: [{ token: claimToken, parameters: profile }] }),
      ),
    ).toBe('ws-trust/parameters-expired')
  })
})

describe('two engines', () => {
  it.each([
    ['wasm', 'bigint'],
    ['bigint', 'wasm'],
  ] as const)('agree: presented on %s, verified on %s', async (from, to) => {
    const parameters = new Map<string, ProfileParameters>()
    const document = canonicalize(writeIssuerParameters(profile, { recommended: L2048N256 }))
    for (const backend of [from, to]) {
      parameters.set(backend, readIssuerParameters(document, { engine: await createEngine({ backend }), sets }))
    }
    const [mine, theirs] = [parameters.get(from)!, parameters.get(to)!]
    const tokens = [claimToken, idToken, deviceToken].map((token) => ({ token, parameters: mine, disclose: [EMAIL] }))
    const element = await present({ tokens, device, allowVariableTime: true })
    expect(await verdict(element, { parameters: [theirs] })).toBe('accepted')
    expect(await verdict(edited(element, '>bob@', '>eve@'), { parameters: [theirs] })).toBe('presentation/proof')
    expect(engine.backend).toBe('wasm')
  })
})
