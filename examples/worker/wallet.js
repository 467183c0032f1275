// All secrets stay in this worker: private keys never reach the page.
import { createEngine, Issuer, presentToken, Prover, verifyPresentation } from 'uprove-wasm'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'

const attributes = ['Alice', 'citizen']
/** @type {import('uprove-wasm').IssuerParameters} */
let parameters
/** @type {import('uprove-wasm').IssuedToken[]} */
let wallet = []

/** The functions that the page can call. */
const functions = {
  /** @param {{ tokens: number }} options */
  async open({ tokens }) {
    const engine = await createEngine()
    // In an application the Issuer is a server, and the three messages travel over the network.
    const group = engine.subgroup(L2048N256)
    const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 2, recommended: L2048N256 })
    ;({ parameters } = issuer)
    const issuing = issuer.begin({ attributes, count: tokens })
    const prover = Prover.begin(parameters, { attributes, count: tokens })
    wallet = prover.finish(issuing.respond(prover.respond(issuing.message1)))
    return { backend: engine.backend, tokens: wallet.length }
  },
  /** @param {{ disclosed: number[], message: Uint8Array }} options */
  present(options) {
    const issued = wallet.pop()
    if (issued === undefined) throw new Error('no token is left')
    const { proof } = presentToken(parameters, issued, { attributes, ...options })
    return { token: issued.token, proof }
  },
  /** @param {any} presentation */
  verify({ token, proof, message }) {
    return verifyPresentation(parameters, token, proof, { message })
  },
}

globalThis.onmessage = async (/** @type {MessageEvent} */ { data: { id, name, argument } }) => {
  try {
    const asked = functions[/** @type {keyof typeof functions} */ (name)]
    postMessage({ id, value: await asked(argument) })
  } catch (error) {
    postMessage({ id, error: String(error) })
  }
}
