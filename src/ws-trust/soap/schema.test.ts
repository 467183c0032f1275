import { beforeAll, describe, expect, it } from 'vitest'
import { L2048N256 } from '../../params/L2048N256.js'
import { writeEnvelope } from '../../soap/envelope/envelope.js'
import { timestampElement } from '../../soap/security/timestamp.js'
import { securityHeader } from '../../soap/security/security-header.js'
import { usernameTokenElement } from '../../soap/security/username-token.js'
import {
  hasStandardSchemas,
  invalidities,
  standardInvalidities,
  strict,
  type Schemas,
} from '../../soap/testing/schemas.js'
import { SoftwareDevice } from '../../uprove/device/device.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import { ecdsaSha256 } from '../../xml/signature-algorithms.js'
import type { SignOptions } from '../../xml/signature.js'
import { hasProgram } from '../../xml/testing/xmllint.js'
import type { XmlElement } from '../../xml/tree.js'
import { signDeviceParameters } from '../artefacts/device-parameters.js'
import { signIssuerParameters, writeIssuerParameters } from '../artefacts/issuer-parameters.js'
import { createMessage, messageElement } from '../artefacts/presentation-message.js'
import { createPresentationToken, type TokenToPresent } from '../presentation/present.js'
import { RelyingParty } from '../presentation/relying-party.js'
import { UP, WST, wst } from '../syntax/names.js'
import { makeCertificate, type TestCertificate } from '../testing/certificates.js'
import * as figures from '../testing/figures.js'
import {
  alice,
  createParties,
  createTestIssuer,
  group,
  heldTokens,
  obtainTokens,
  testClock,
  xml,
} from '../testing/fixtures.js'
import { certificateTrust, EXTENDED_KEY_USAGE } from '../trust/signer.js'
import { claimProviderWsdl, relyingPartyWsdl, U_PROVE_SCHEMA, WS_TRUST_SCHEMA, XML_SIGNATURE_SCHEMA } from './schema.js'
import { ACTIONS, writeValidation } from './soap-service.js'

const DS = 'http://www.w3.org/2000/09/xmldsig#'
const SERVED: Schemas = {
  files: {
    'u-prove.xsd': U_PROVE_SCHEMA,
    'xmldsig.xsd': strict(XML_SIGNATURE_SCHEMA),
    'wst.xsd': strict(WS_TRUST_SCHEMA),
  },
  namespaces: { [UP]: 'u-prove.xsd', [DS]: 'xmldsig.xsd', [WST]: 'wst.xsd' },
}
/** Only the profile's own, beside the standards'. */
const OWN: Schemas = { files: { 'u-prove.xsd': U_PROVE_SCHEMA }, namespaces: { [UP]: 'u-prove.xsd' } }

const clock = testClock()
const issuer = createTestIssuer()
const { parameters: profile } = issuer
const GD = profile.deviceGenerator ?? ''

/** Every kind of artefact and message that leaves, by name. */
const made = new Map<string, XmlElement>()
const element = (name: string): XmlElement => {
  const found = made.get(name)
  if (found === undefined) throw new Error(`not made: ${name}`)
  return found
}

beforeAll(async () => {
  const root = await makeCertificate({ subject: 'Root', ca: true })
  const signing = ({ keys, der }: TestCertificate): SignOptions => {
    return { key: keys.privateKey, algorithm: ecdsaSha256, certificates: [der] }
  }
  const fabrikam = await makeCertificate({ subject: 'Fabrikam', issuer: root, uris: ['http://fabrikam.com'] })
  const extendedKeyUsage = [EXTENDED_KEY_USAGE['device-parameters']]
  const maker = await makeCertificate({ subject: 'Devices', issuer: root, extendedKeyUsage })
  const device = SoftwareDevice.create(group, L2048N256.gd)
  const deviceGenerator = GD

  const named = { recommended: L2048N256 }
  made.set('parameters by names', writeIssuerParameters(profile, named))
  made.set('parameters in full', writeIssuerParameters(profile))
  made.set('parameters, signed', await signIssuerParameters(profile, { ...signing(fabrikam), ...named }))
  const empty = createTestIssuer({ claimTypes: [], device: false })
  made.set('parameters without attributes', writeIssuerParameters(empty.parameters))

  const deviceParameters = await signDeviceParameters(
    { deviceGenerator, hd: device.publicKey },
    'device',
    signing(maker),
  )
  made.set('Device parameters', deviceParameters)
  const trust = certificateTrust({ anchors: [root.der], clock: clock.clock })
  const { client, provider } = createParties(issuer, { provider: { devices: { trust } } })
  const contribution = device.contribute(profile.parameters)
  const exchange = client.begin({ claim: 2, ID: 1, device: { contribution, parameters: deviceParameters } })
  made.set('token request with a Device', exchange.request)
  made.set('token request for what the Claim Provider gives', createParties(issuer).client.begin().request)
  made.set('first response', await provider.request(alice, exchange.request))
  made.set('second response', exchange.respond(element('first response')))
  made.set('third response', await provider.respond(alice, element('second response')))
  const protectedTokens = heldTokens(exchange.finish(element('third response')))

  const [claim, id] = heldTokens(await obtainTokens(issuer, { claim: 1, ID: 1 }))
  const relyingParty = 'https://contoso.example'
  const present = (tokens: TokenToPresent[], message?: ReturnType<typeof createMessage>) =>
    createPresentationToken({ relyingParty, tokens, message, device, clock: clock.clock, consent: () => true })
  const own = { token: claim!, parameters: profile }
  const message = createMessage(`${'m'.repeat(43)},${relyingParty}`, 'I accept <the terms>')
  made.set('presentation of nothing', await present([own]))
  made.set('presentation of everything', await present([{ ...own, disclose: profile.specification.claimTypes }]))
  made.set('presentation with an ID token', await present([own, { token: id!, parameters: profile }], message))
  made.set('presentation with a Device', await present([{ ...own, token: protectedTokens[0]! }]))
  const party = new RelyingParty({ identifiers: [relyingParty], parameters: [profile], clock: clock.clock })
  made.set('message of a Relying Party', messageElement(await party.challenge('I accept')))
  made.set('request to validate', writeValidation(element('presentation with an ID token'), message))
})

/** The messages in envelopes, as they go over the wire. */
async function envelopes(): Promise<Map<string, Uint8Array>> {
  const credentials = { username: 'alice', password: 'secret', type: 'digest' } as const
  const security = securityHeader(timestampElement(clock.now), await usernameTokenElement(credentials, clock.now))
  const messages = [...made].filter(([, { namespace }]) => namespace === WST)
  expect(messages.length).toBeGreaterThan(5)
  return new Map(
    messages.map(([name, body]) => [
      name,
      writeEnvelope({
        action: ACTIONS.request,
        messageId: 'urn:m',
        to: 'https://cp.example/',
        headers: [security],
        body,
      }),
    ]),
  )
}

const verdicts = (names: readonly string[], found: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name, i) => [name, found[i] ?? 'no answer']))
const allValid = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, '']))

/** A change of what was made that the schema must not let pass. */
const TAMPERED: readonly (readonly [name: string, from: string | RegExp, to: string])[] = [
  ['parameters by names', ' Version="1.0"', ' Version="1.1"'],
  ['parameters by names', ' N="3"', ''],
  ['parameters by names', ' N="3"', ' N="-1"'],
  ['parameters by names', /<up:UIDP>.*?<\/up:UIDP>/, ''],
  ['parameters by names', /<up:GroupName>.*<\/up:GroupName>/, ''],
  ['parameters by names', '<up:E>1</up:E>', '<up:E>0</up:E>'],
  ['parameters by names', '<up:E>1</up:E>', '<up:E></up:E>'],
  ['parameters by names', /(<up:NotBefore>.*?)Z/, '$1+00:00'],
  ['parameters by names', /<up:NotBefore>.*?<\/up:NotBefore>/, '<up:NotBefore>20090416T00:40:02.781Z</up:NotBefore>'],
  ['parameters by names', /<up:Zd>[^<]*/, '<up:Zd>'],
  ['parameters by names', /<up:Zd>[^<]*/, '<up:Zd>!!!!'],
  ['parameters by names', / ClaimType="[^"]*"/, ''],
  ['parameters in full', '<up:GroupDescription', '<up:GroupDescription Kind="prime"'],
  ['parameters in full', /<up:Gen>.*?<\/up:Gen>/, ''],
  ['parameters without attributes', '<up:Evalues></up:Evalues>', ''],
  ['parameters, signed', /<ds:DigestValue>.*?<\/ds:DigestValue>/, ''],
  ['Device parameters', / Id="[^"]*"/, ''],
  ['Device parameters', /<ds:Signature .*<\/ds:Signature>/, ''],
  ['token request with a Device', 'TokenClass="ID"', 'TokenClass="id"'],
  ['token request with a Device', /TokenCount="\d+"/, 'TokenCount="65536"'],
  ['first response', 'Index="1"', 'Index="0"'],
  ['first response', 'Index="2"', 'Index="1"'],
  ['first response', /<up:SigmaB>.*?<\/up:SigmaB>/, ''],
  ['first response', /<up:TI>.*?<\/up:TI>/, ''],
  ['second response', /up:SigmaC>/g, 'up:SigmaR>'],
  ['third response', /<up:SigmaR>[^<]*/, '<up:SigmaR>'],
  ['presentation of nothing', '<up:Responses>', '<up:Responses><up:R0>AQ==</up:R0>'],
  ['presentation of everything', /<up:R0>.*?<\/up:R0>/, ''],
  ['presentation with an ID token', /<up:Nonce>.*?<\/up:Nonce>/, ''],
  ['presentation with a Device', /<up:Gd GdName="[^"]*">/, '<up:Gd>'],
  ['request to validate', '<wst:ValidateTarget>', `<wst:ValidateTarget><up:UIDP xmlns:up="${UP}">urn:x</up:UIDP>`],
]

describe.skipIf(!hasProgram('xmllint', 'artefacts of the profile against its schema'))(
  'the schema of the profile',
  () => {
    it('has all that leaves', () => {
      const found = invalidities(
        SERVED,
        Array.from(made.values(), (document) => canonicalize(document)),
      )
      expect(verdicts([...made.keys()], found)).toEqual(allValid([...made.keys()]))
    })

    it('has all messages that leave, in their envelopes', async () => {
      const messages = await envelopes()
      const names = [...messages.keys()]
      expect(verdicts(names, invalidities(SERVED, [...messages.values()]))).toEqual(allValid(names))
    })

    it('has the figures of the specification, mended', () => {
      const { figure3, figure4, figure5, figure6, figure7, figure8 } = figures
      const all = { figure3, figure4, figure5, figure6, figure7, figure8 }
      const found = invalidities(
        SERVED,
        Object.values(all).map((figure) => figure.trim()),
      )
      expect(verdicts(Object.keys(all), found)).toEqual(allValid(Object.keys(all)))
    })

    it('has what only other implementations write', () => {
      const grouped = xml(element('parameters in full')).replace(
        '<up:GroupDescription',
        '<up:GroupDescription GroupType=""',
      )
      const open = xml(wst('RequestSecurityToken', { Context: 'c' })).replace('></', ' xmlns:o="urn:o" o:x="1"></')
      expect(invalidities(SERVED, [grouped, open])).toEqual(['', ''])
    })

    it('has nothing that was tampered with', () => {
      const changed = TAMPERED.map(([name, from, to]) => {
        const before = xml(element(name))
        const after = before.replace(from, to)
        if (before === after) throw new Error(`nothing to replace in ${name}: ${String(from)}`)
        return after
      })
      const found = invalidities(SERVED, changed)
      for (const [i, text] of found.entries()) expect(text, TAMPERED[i]!.join(' ')).toContain('fails to validate')
    })
  },
)

describe.skipIf(
  !hasProgram('xmllint', 'messages against OASIS’ schemas') || !hasStandardSchemas('messages of the profile'),
)('OASIS’ own schemas of WS-Trust and WS-Security, and W3C’s of signatures', () => {
  // The files that are served import a part of XML Signature; here the whole is imported first.
  it('have all that leaves', async () => {
    const messages = new Map<string, Uint8Array>([
      ...Array.from(made, ([name, document]) => [name, canonicalize(document)] as const),
      ...Array.from(await envelopes(), ([name, message]) => [`${name}, in an envelope`, message] as const),
    ])
    const found = standardInvalidities(OWN, [...messages.values()])
    const names = [...messages.keys()]
    expect(verdicts(names, found)).toEqual(allValid(names))
  })

  it('have no target with two elements', () => {
    const both = xml(element('request to validate')).replace(
      '<wst:ValidateTarget>',
      `<wst:ValidateTarget><up:UIDP xmlns:up="${UP}">urn:x</up:UIDP>`,
    )
    expect(standardInvalidities(OWN, [both])[0]).toContain('This element is not expected')
  })
})

describe('the documents that are served', () => {
  const schemaUrl = 'https://cp.example/schemas/ws-trust.xsd'

  it.each([
    ['a Claim Provider', claimProviderWsdl('https://cp.example/claims?a&b="<"', schemaUrl), ['Request', 'Respond']],
    ['a Relying Party', relyingPartyWsdl('https://cp.example/claims?a&b="<"', schemaUrl), ['Validate']],
  ])('describe %s at its address', (_, wsdl, operations) => {
    const document = parseXml(wsdl)
    const named = (parent: XmlElement | undefined, name: string): XmlElement[] =>
      parent?.elements.filter(({ localName }) => localName === name) ?? []
    const [portType] = named(document, 'portType')
    expect(named(portType, 'operation').map((operation) => operation.attribute('name'))).toEqual(operations)
    const [port] = named(named(document, 'service')[0], 'port')
    expect(port?.elements[0]?.attribute('location')).toBe('https://cp.example/claims?a&b="<"')
    const [types] = named(document, 'types')
    expect(types?.elements[0]?.elements[0]?.attribute('schemaLocation')).toBe(schemaUrl)
  })
})
