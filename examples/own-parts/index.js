// Your own randomness, and your own store for a Relying Party, instead of those of the package.
import { createCipheriv, randomBytes } from 'node:crypto'
import { createEngine } from 'uprove-wasm'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import {
  canonicalize,
  ClaimProvider,
  createIssuer,
  createWalletKey,
  MemoryWalletStorage,
  presentFromWallet,
  RelyingParty,
  SealedWallet,
  TokenClient,
} from 'uprove-wasm/ws-trust'

/**
 * Your own generator: here AES in counter mode with a seed from the operating system, in an application perhaps a hardware module.
 */
class CounterMode {
  #cipher = createCipheriv('aes-256-ctr', randomBytes(32), randomBytes(16))
  drawn = 0

  /** @param {Uint8Array} bytes */
  fill(bytes) {
    bytes.set(this.#cipher.update(new Uint8Array(bytes.length)))
    this.drawn += bytes.length
  }
}

/**
 * Your own store: here a map in place of Redis (`SET key value NX PX time`), which all nodes share.
 */
class SharedMap {
  /** @type {Map<string, { until: number, value: Uint8Array }>} */
  #keys = new Map()

  /**
   * @param {string[]} keys
   * @param {Date} until
   * @param {Uint8Array} [value]
   */
  insert(keys, until, value = new Uint8Array()) {
    const known =
      new Set(keys).size < keys.length || keys.some((key) => (this.#keys.get(key)?.until ?? 0) >= Date.now())
    if (!known) keys.forEach((key) => this.#keys.set(key, { until: until.getTime(), value }))
    return !known
  }

  /** @param {string} key */
  take(key) {
    const entry = this.#keys.get(key)
    this.#keys.delete(key)
    return entry !== undefined && entry.until >= Date.now() ? entry.value : undefined
  }
}

/** @type {import('uprove-wasm').RandomSource & { drawn: number }} */
const random = new CounterMode()
const shared = new SharedMap()
/** @type {import('uprove-wasm/ws-trust').ReplayCache} */
const replayCache = {
  insert: async (keys, until) =>
    shared.insert(
      keys.map((key) => `seen:${Buffer.from(key).toString('hex')}`),
      until,
    ),
}
/** @type {import('uprove-wasm/ws-trust').NonceStore} */
const nonces = {
  add: async (nonce, digest, until) => void shared.insert([`nonce:${nonce}`], until, digest),
  take: async (nonce) => shared.take(`nonce:${nonce}`),
}

const engine = await createEngine()
const issuer = createIssuer(engine.subgroup(L2048N256), {
  uidp: 'https://issuer.example/parameters/1',
  issuer: 'https://issuer.example',
  notBefore: new Date(Date.now() - 60_000),
  notOnOrAfter: new Date(Date.now() + 86_400_000),
  claimTypes: ['urn:example:role'],
  recommended: L2048N256,
})
const { parameters } = issuer
// Authentication is the host's task: it calls the Claim Provider with the user.
const users = new Map([['secret of alice', { id: 'alice', role: 'member' }]])
const provider = new ClaimProvider({
  issuer,
  claims: (/** @type {{ id: string, role: string }} */ user) => [user.role],
})
const transportFor = (/** @type {string} */ secret) => {
  let leg = 0
  return (/** @type {import('uprove-wasm/ws-trust').XmlElement} */ message) =>
    leg++ === 0 ? provider.request(users.get(secret), message) : provider.respond(users.get(secret), message)
}

const wallet = await SealedWallet.open({
  storage: new MemoryWalletStorage(),
  key: await createWalletKey(),
  parameters: [parameters],
})
const client = new TokenClient({ parameters, random })
await wallet.add(await client.obtain({ claim: 2 }, transportFor('secret of alice')))
const refused = await client.obtain({ claim: 2 }, transportFor('guessed')).catch((/** @type {Error} */ error) => error)

const party = new RelyingParty({
  identifiers: ['https://party.example'],
  parameters: [parameters],
  policy: { claims: [{ claimTypes: ['urn:example:role'] }] },
  random,
  replayCache,
  nonces,
})
const present = async () => {
  const message = await party.challenge('I enter')
  const token = await presentFromWallet({
    wallet,
    parameters,
    message,
    relyingParty: 'https://party.example',
    disclose: ['urn:example:role'],
    consent: () => true,
  })
  return { octets: canonicalize(token), message }
}
const { octets, message } = await present()
const first = await party.verify(octets, message)
const again = await party.verify(octets, message)
console.log(
  JSON.stringify({ first: first.valid, again: again.valid, refused: refused instanceof Error, drew: random.drawn > 0 }),
)
