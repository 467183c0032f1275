// The client, in a worker: private keys, passwords and arithmetic stay off the page's thread.
import { createEngine } from 'uprove-wasm'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import {
  canonicalize,
  certificateTrust,
  IndexedDbWalletStorage,
  loadIssuerParameters,
  presentFromWallet,
  SealedWallet,
  SoapClient,
  SoapFault,
  soapIssuance,
  TokenClient,
} from 'uprove-wasm/ws-trust'
import { JsonWallet } from 'uprove-wasm/json'
import { answering } from './ask.js'
import * as json from './json.js'

const claimProvider = new URL('/claims', location.origin)
const relyingParty = new URL('/present', location.origin)
const prefix = 'uprove-demo '

/** @type {Promise<Awaited<ReturnType<typeof load>>> | undefined} */
let loading
/** Both wallets are in one storage: that of WS-Trust, and that of the JSON Framework. */
/** @typedef {{ wallet: SealedWallet, jsonWallet: JsonWallet, credentials: { username: string, password: string } }} Session */
/** @type {Session | undefined} */
let session
/** @typedef {'xml' | 'json'} Construction a subgroup of Z_p* and WS-Trust, or the curve P-256 and the JSON Framework */

/** Makes the engine and verifies the Issuer parameters, which the Claim Provider must have signed. */
async function load() {
  const [authority, document] = await Promise.all([fetchOctets('/authority.crt'), fetchOctets('/issuer-parameters/1')])
  const engine = await createEngine()
  // A real client ships with the authority's certificate. The authority of this demo is created when the demo starts.
  const trust = certificateTrust({ anchors: [authority], engine })
  const parameters = await loadIssuerParameters(document, { engine, sets: [L2048N256], trust })
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', document))
  return {
    engine,
    parameters,
    key: await json.loadKey(engine),
    fingerprint: Array.from(digest.subarray(0, 8), (octet) => octet.toString(16).padStart(2, '0')).join(''),
  }
}

/** @param {string} address */
async function fetchOctets(address) {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`${address}: ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

/** Deletes the tokens of earlier demos, which no service accepts any more. @param {string} fingerprint */
async function forgetOthers(fingerprint) {
  for (const { name = '' } of (await indexedDB.databases?.()) ?? []) {
    if (name.startsWith(prefix) && !name.startsWith(prefix + fingerprint)) indexedDB.deleteDatabase(name)
  }
}

/** @param {unknown} error */
const isAboutPassword = (error) =>
  error instanceof SoapFault && error.subcodes.some(({ localName }) => localName === 'FailedAuthentication')

function loggedIn() {
  if (session === undefined) throw new Error('Log in first.')
  return session
}

/** @param {Session} session */
const inJson = ({ jsonWallet, credentials }) => ({ wallet: jsonWallet, credentials })

/** The number of tokens, and their claims. @param {Construction} construction */
async function contents(construction) {
  const { parameters, key } = await (loading ??= load())
  if (construction === 'json') return json.contents(key, inJson(loggedIn()))
  const { wallet } = loggedIn()
  const { uidp, specification } = parameters
  /** @type {readonly (string | null)[] | undefined} */
  let values
  const where = (/** @type {{ attributes: readonly (string | null)[] }} */ { attributes }) => {
    values = attributes
    return true
  }
  const tokens = await wallet.count('claim', { uidp, where })
  return { tokens, claims: values && specification.claimTypes.map((type, i) => ({ type, value: values?.[i] ?? null })) }
}

answering({
  async load() {
    const { engine, parameters, fingerprint } = await (loading ??= load())
    await forgetOthers(fingerprint)
    return { issuer: parameters.specification.issuer, backend: engine.backend, kernel: engine.kernel }
  },

  /** @param {{ username: string, password: string, construction: Construction }} login */
  async logIn({ construction, ...credentials }) {
    const { parameters, fingerprint } = await (loading ??= load())
    const storage = await IndexedDbWalletStorage.open(`${prefix}${fingerprint} ${credentials.username}`)
    const key = await storage.key()
    const wallet = await SealedWallet.open({ storage, key, parameters: [parameters] })
    session = { wallet, jsonWallet: await JsonWallet.open({ storage, key }), credentials }
    return contents(construction)
  },

  /** @param {{ construction: Construction }} options */
  contents: ({ construction }) => contents(construction),

  /** @param {{ count: number, construction: Construction }} options */
  async obtain({ count, construction }) {
    const { parameters, key } = await (loading ??= load())
    if (construction === 'json') {
      const milliseconds = await json.obtain(key, inJson(loggedIn()), count)
      return { ...(await contents(construction)), milliseconds, perToken: milliseconds / count }
    }
    const { wallet, credentials } = loggedIn()
    const client = new SoapClient({ credentials })
    const before = performance.now()
    const wanted = { claim: count, ID: 1 }
    // An unusually fine expiry date could mark a token.
    const obtained = new TokenClient({ parameters, granularity: 'month' }).obtain(
      wanted,
      soapIssuance({ client, url: claimProvider }),
    )
    const batches = await obtained.catch((error) => {
      throw isAboutPassword(error) ? new Error('The Claim Provider refused the password.') : error
    })
    const milliseconds = performance.now() - before
    await wallet.add(batches)
    const perToken = milliseconds / (wanted.claim + wanted.ID)
    return { ...(await contents(construction)), milliseconds, perToken }
  },

  /** @param {{ disclose: string[], recognise: boolean, construction: Construction }} options */
  async present({ disclose, recognise, construction }) {
    const { parameters, key } = await (loading ??= load())
    if (construction === 'json') {
      const made = await json.present(key, inJson(loggedIn()), disclose)
      return { ...(await contents(construction)), ...made }
    }
    const { wallet } = loggedIn()
    const before = performance.now()
    const token = await presentFromWallet({
      wallet,
      parameters,
      relyingParty: relyingParty.href,
      disclose,
      persistentIdentifier: recognise,
    })
    const text = new TextDecoder().decode(canonicalize(token))
    const milliseconds = performance.now() - before
    return { ...(await contents(construction)), text, milliseconds }
  },

  /** Returns the Relying Party's verdict. @param {{ text: string, construction: Construction }} presentation */
  async send({ text, construction }) {
    if (construction === 'json') return json.send(text)
    const response = await fetch(`${relyingParty}/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ presentation: text }),
    })
    return response.json()
  },
})
