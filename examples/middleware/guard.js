import { PresentationVerifier, readAuthorization, writeChallengeHeader } from 'uprove-wasm/json'
import { UProveError } from 'uprove-wasm'

/** The lifetime of a challenge in ms, and how many are kept. */
const lifetime = 60_000
const capacity = 10_000

/** The challenges that wait for an answer: the oldest gives way, so that requests from anybody cannot fill the memory. */
class BoundedNonces {
  /** @type {Map<string, { digest: Uint8Array, until: Date }>} the oldest first */
  #nonces = new Map()

  /** @type {import('uprove-wasm/json').NonceStore['add']} */
  async add(nonce, digest, until) {
    const [oldest] = this.#nonces.keys()
    if (oldest !== undefined && this.#nonces.size >= capacity) this.#nonces.delete(oldest)
    this.#nonces.set(nonce, { digest, until })
  }

  /** @type {import('uprove-wasm/json').NonceStore['take']} */
  async take(nonce) {
    const found = this.#nonces.get(nonce)
    this.#nonces.delete(nonce)
    return found !== undefined && new Date() <= found.until ? found.digest : undefined
  }
}

/**
 * Asks for a presentation of a token and verifies it. The presentation signs the service, the request and a nonce, so it is good
 * for one request, once.
 */
export class PresentationGuard {
  #verifier

  /**
   * @param {object} options
   * @param {import('uprove-wasm').IssuerParameters} options.parameters of the tokens to accept
   * @param {string} options.audience names this service
   * @param {(attributes: ReadonlyMap<number, Uint8Array | null>) => boolean} options.accepts checks the disclosed attributes
   */
  constructor({ parameters, audience, accepts }) {
    const nonces = new BoundedNonces()
    this.#verifier = new PresentationVerifier({ audience, keys: [parameters], nonces, nonceLifetime: lifetime })
    this.accepts = accepts
  }

  /**
   * The `WWW-Authenticate` header of a refusal.
   * @param {string} method
   * @param {string} path with its query
   */
  async challenge(method, path) {
    return writeChallengeHeader(await this.#verifier.challenge(`${method} ${path}`))
  }

  /**
   * The disclosed attributes by index; undefined if the request is refused.
   * @param {string} method
   * @param {string} path with its query
   * @param {string | undefined} authorization its header
   * @returns {Promise<ReadonlyMap<number, Uint8Array | null> | undefined>}
   */
  async check(method, path, authorization) {
    const jws = readAuthorization(authorization)
    if (jws === undefined) return undefined
    try {
      const verdict = await this.#verifier.verify(jws, `${method} ${path}`)
      return verdict.valid && this.accepts(verdict.attributes) ? verdict.attributes : undefined
    } catch (error) {
      // Malformed input is refused. Anything else is a bug.
      if (error instanceof UProveError) return undefined
      throw error
    }
  }
}
