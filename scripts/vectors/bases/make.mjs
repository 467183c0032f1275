// `node scripts/vectors/bases/make.mjs` makes new genuine documents for vectors/negative/xml.json, with new keys that are thrown away:
// Issuer parameters, and presentations of tokens issued under them. Then `node scripts/vectors/negative-xml.mjs` derives the cases.
import { writeFileSync } from 'node:fs'
import { createEngine, SoftwareDevice } from 'uprove-wasm'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import {
  canonicalize,
  ClaimProvider,
  createIssuer,
  createMessage,
  createPresentationToken,
  heldTokens,
  TokenClient,
  writeIssuerParameters,
} from 'uprove-wasm/ws-trust'

const clock = () => new Date('2026-06-01T12:00:00Z')
const relyingParty = 'https://rp.example'
const claimTypes = ['email', 'name', 'role'].map((name) => `https://issuer.example/claims/${name}`)
const [email = '', name = ''] = claimTypes

const engine = await createEngine()
const group = engine.subgroup(L2048N256)
const issuer = createIssuer(group, {
  uidp: 'https://issuer.example/parameters/1',
  issuer: 'https://issuer.example',
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notOnOrAfter: new Date('2036-01-01T00:00:00Z'),
  claimTypes,
  recommended: L2048N256,
  device: true,
})
const { parameters } = issuer

/** @type {(file: string, element: import('uprove-wasm/ws-trust').XmlElement) => void} */
const write = (file, element) =>
  writeFileSync(new URL(`${file}.xml`, import.meta.url), `${new TextDecoder().decode(canonicalize(element))}\n`)

/** @type {(values: string[], device?: SoftwareDevice) => Promise<ReturnType<typeof heldTokens>>} */
async function obtain(values, device) {
  const known = device && { deviceGenerator: String(parameters.deviceGenerator), hd: device.publicKey }
  const trust = { findSigner: () => Promise.resolve(undefined) }
  const provider = new ClaimProvider({
    ...{ issuer, claims: () => values, clock, expiry: () => new Date('2027-01-01T00:00:00Z') },
    ...(known && { devices: { trust, known: () => known } }),
  })
  const contribution = device?.contribute(parameters.parameters)
  const exchange = new TokenClient({ parameters, clock }).begin({
    ...{ claim: 1, ID: 1 },
    ...(contribution && { device: { contribution } }),
  })
  const user = { id: 'alice' }
  const second = exchange.respond(await provider.request(user, exchange.request))
  return heldTokens(exchange.finish(await provider.respond(user, second)))
}

/**
 * A presentation of claim tokens, which disclose two claims of three, and of ID tokens.
 * @type {(tokens: ReturnType<typeof heldTokens>, more?: object) => ReturnType<typeof createPresentationToken>}
 */
const present = (tokens, more = {}) =>
  createPresentationToken({
    ...{ relyingParty, clock, consent: () => true },
    tokens: tokens.map((token) => ({ token, parameters, disclose: token.tokenClass === 'ID' ? [] : [email, name] })),
    ...more,
  })

const device = SoftwareDevice.create(group, L2048N256.gd)
const [claims, id] = await obtain(['alice@example.com', 'Alice', 'member'])
const [others, otherId] = await obtain(['eve@example.org', 'Eve', 'guest'])
const [protectedClaims] = await obtain(['alice@example.com', 'Alice', 'member'], device)
if (!claims || !id || !others || !otherId || !protectedClaims) throw new Error('no tokens')

write('parameters', writeIssuerParameters(parameters, { recommended: L2048N256 }))
write('claims', await present([claims], { signedData: 'I accept the terms' }))
write('id', await present([id]))
write('both', await present([claims, id]))
write('others', await present([others, otherId], { signedData: 'I accept the terms' }))
write('device', await present([protectedClaims], { device }))
const message = createMessage(`${Buffer.alloc(32, 7).toString('base64url')},${relyingParty}`, 'I pay 10')
write('challenged', await present([claims], { message }))
