// The Claim Provider: people log in, see what it certifies, and let their wallet fetch tokens.
import { randomBytes } from 'node:crypto'
import { UProveError } from 'uprove-wasm'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import {
  canonicalize,
  ClaimProvider,
  countsUpTo,
  createIssuer,
  expiringAfter,
  parseXml,
  readSecondResponse,
  writeIssuerParameters,
} from 'uprove-wasm/ws-trust'
import { cookieFor, membersOf } from './http.js'
import { claimsOf, claimTypes, createLogIn, people } from './people.js'

/** @typedef {import('./people.js').Person} Person */
/** @typedef {{ id: string, person: Person, device?: import('uprove-wasm/ws-trust').DeviceParameters }} Client */

const day = 86_400_000
const codeLifetime = 120_000
const grantLifetime = 30 * day
/** What a wallet may fetch in one exchange, and how many exchanges a grant is good for. */
const most = { claim: 30, ID: 10 }
const mostExchanges = 50

const newSecret = () => randomBytes(32).toString('base64url')

/**
 * @param {import('uprove-wasm').Engine} engine
 * @param {{ own: string, wallet: string }} origins
 * @param {(record: import('./ledger.js').Fact[], person: Person) => void} keep writes down what the Claim Provider learns
 */
export async function createClaimProvider(engine, { own, wallet }, keep) {
  const issuer = createIssuer(engine.subgroup(L2048N256), {
    // A demonstration makes a new key each time.
    uidp: `${own}/parameters/${newSecret().slice(0, 8)}`,
    issuer: own,
    notBefore: new Date(Date.now() - 60_000),
    notOnOrAfter: new Date(Date.now() + 365 * day),
    claimTypes,
    recommended: L2048N256,
    device: true,
  })
  const published = canonicalize(writeIssuerParameters(issuer.parameters, { recommended: L2048N256 }))
  const expiry = expiringAfter({ claim: 30, ID: 330 }, 'month')
  const provider = new ClaimProvider({
    issuer,
    claims: (/** @type {Client} */ { person }) => claimsOf(person),
    counts: countsUpTo({ claim: { byDefault: 10, atMost: most.claim }, ID: { byDefault: 3, atMost: most.ID } }),
    expiry,
    // A person registers a second device with the grant of a log-in. A real Claim Provider may want the maker's signature, too.
    devices: { trust: { findSigner: () => Promise.resolve(undefined) }, known: ({ device }) => device },
  })

  const logIn = await createLogIn()
  /** @type {Map<string, Person>} */
  const sessions = new Map()
  /** @type {Map<string, { person: Person, until: number }>} */
  const codes = new Map()
  /** @type {Map<string, { person: Person, until: number, exchanges: number, device?: Client['device'] }>} */
  const grants = new Map()

  /** @param {import('./http.js').Request} request */
  function grantOf({ headers }) {
    const grant = grants.get(/^Bearer ([\w-]+)$/.exec(headers.authorization ?? '')?.[1] ?? '')
    return grant !== undefined && grant.until > Date.now() && grant.exchanges < mostExchanges ? grant : undefined
  }

  /** @type {import('./http.js').Site['routes']} */
  const routes = {
    // Only for the demonstration: a real log-in page does not say the passwords.
    'GET /people': () => ({
      json: people.map(({ id, password, givenName, birthDate }) => ({ id, password, givenName, birthDate })),
    }),

    'POST /log-in': async ({ body }) => {
      const { name, password } = membersOf(body)
      const person = await logIn(name, password)
      if (typeof person === 'string') return { status: person === 'paused' ? 429 : 401, json: { refused: person } }
      const session = newSecret()
      sessions.set(session, person)
      return { headers: cookieFor(session), json: {} }
    },

    'POST /log-out': ({ session }) => {
      sessions.delete(session)
      return { json: {} }
    },

    'GET /me': ({ session }) => {
      const person = sessions.get(session)
      if (person === undefined) return { json: { resident: null } }
      const values = claimsOf(person)
      const resident = {
        name: `${person.givenName} ${person.surname}`,
        claims: claimTypes.map((type, i) => ({ type, value: values[i] })),
        expires: expiry('claim', new Date(), { id: person.id }),
      }
      return { json: { resident } }
    },

    // The person has agreed on this site; the wallet gets a code that is good once.
    'POST /authorise': ({ session }) => {
      const person = sessions.get(session)
      if (person === undefined) return { status: 401, json: {} }
      const code = newSecret()
      codes.set(code, { person, until: Date.now() + codeLifetime })
      return { json: { code, wallet } }
    },

    // From here on the wallet calls, with the code and then with the grant, and never with the person's cookie.
    'POST /grant': ({ body }) => {
      const code = codes.get(body)
      codes.delete(body)
      if (code === undefined || code.until < Date.now()) return { status: 401, json: {} }
      const grant = newSecret()
      grants.set(grant, { person: code.person, until: Date.now() + grantLifetime, exchanges: 0 })
      // With what will be certified, the wallet sees whether this is the person whose tokens it has.
      return { json: { grant, facts: claimsOf(code.person) } }
    },

    // Tokens of this grant are protected by a second device from now on; with an empty body they no longer are.
    'POST /device': (request) => {
      const grant = grantOf(request)
      if (grant === undefined) return { status: 401, json: {} }
      const hd = Uint8Array.from(Buffer.from(request.body, 'base64url'))
      const { deviceGenerator = '' } = issuer.parameters
      grant.device = hd.length === 0 ? undefined : { deviceGenerator, hd }
      return { json: {} }
    },

    'GET /parameters': () => ({ headers: { 'content-type': 'application/xml' }, body: published }),

    'POST /tokens': async (request) => {
      const grant = grantOf(request)
      if (grant === undefined) return { status: 401, json: {} }
      const { person, device } = grant
      const client = { id: person.id, person, device }
      try {
        const message = parseXml(request.body)
        const isFirst = message.localName === 'RequestSecurityToken'
        if (isFirst) grant.exchanges++
        const answer = isFirst ? await provider.request(client, message) : await provider.respond(client, message)
        if (!isFirst) keepExchange(person, message, request.address)
        return { headers: { 'content-type': 'application/xml' }, body: canonicalize(answer) }
      } catch (error) {
        if (!(error instanceof UProveError)) throw error
        return { status: 400, json: { code: error.code } }
      }
    },
  }

  /**
   * Writes down all that the Claim Provider can know about an exchange.
   * @param {Person} person
   * @param {import('uprove-wasm/ws-trust').XmlElement} message
   * @param {string} address
   */
  function keepExchange(person, message, address) {
    const values = claimsOf(person)
    const seen = readSecondResponse(message).sigmaC.flat()
    const facts = [
      { kind: 'account', value: person.id },
      ...claimTypes.map((type, i) => ({ kind: type, value: values[i] ?? '' })),
      { kind: 'issuer', value: issuer.parameters.uidp },
      { kind: 'expiry', value: expiry('claim', new Date(), { id: person.id }).toISOString().slice(0, 10) },
      ...seen.map((number) => ({ kind: 'token', value: Buffer.from(number).toString('base64') })),
      { kind: 'hour', value: new Date().toISOString().slice(0, 13) },
      { kind: 'address', value: address },
    ]
    keep(facts, person)
  }

  return { routes, parameters: issuer.parameters, provider, keepExchange }
}
