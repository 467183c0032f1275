import { randomBytes } from 'node:crypto'
import { decodeProof, decodeToken, UProveError, verifyPresentation } from 'uprove-wasm'

/** The lifetime of a nonce in ms, and how many are kept. */
const lifetime = 60_000
const capacity = 10_000

/**
 * Asks for a presentation of a token and verifies it. The presentation signs the service, the request and a nonce, so it is good
 * for one request, once.
 */
export class PresentationGuard {
  /** @type {Map<string, number>} nonces with the time when each expires; the oldest first */
  #nonces = new Map()

  /**
   * @param {object} options
   * @param {import('uprove-wasm').IssuerParameters} options.parameters of the tokens to accept
   * @param {string} options.audience names this service
   * @param {(attributes: ReadonlyMap<number, Uint8Array | null>) => boolean} options.accepts checks the disclosed attributes
   */
  constructor({ parameters, audience, accepts }) {
    this.parameters = parameters
    this.audience = audience
    this.accepts = accepts
  }

  /** The `WWW-Authenticate` header of a refusal. */
  challenge() {
    const [oldest] = this.#nonces.keys()
    if (oldest !== undefined && this.#nonces.size >= capacity) this.#nonces.delete(oldest)
    const nonce = randomBytes(32).toString('base64url')
    this.#nonces.set(nonce, Date.now() + lifetime)
    return `U-Prove audience="${this.audience}", nonce="${nonce}"`
  }

  /**
   * The disclosed attributes by index; undefined if the request is refused.
   * @param {string} method
   * @param {string} path with its query
   * @param {string | undefined} authorization its header
   * @returns {ReadonlyMap<number, Uint8Array | null> | undefined}
   */
  check(method, path, authorization = '') {
    const { nonce, token, proof } =
      /^U-Prove (?<nonce>[\w-]+)\.(?<token>[\w-]+)\.(?<proof>[\w-]+)$/.exec(authorization)?.groups ?? {}
    if (nonce === undefined || token === undefined || proof === undefined || !this.#take(nonce)) return undefined
    try {
      const verdict = verifyPresentation(
        this.parameters,
        decodeToken(this.parameters, Buffer.from(token, 'base64url')),
        decodeProof(this.parameters, Buffer.from(proof, 'base64url')),
        { message: messageOf(this.audience, method, path, nonce) },
      )
      return verdict.valid && this.accepts(verdict.attributes) ? verdict.attributes : undefined
    } catch (error) {
      // Malformed input is refused. Anything else is a bug.
      if (error instanceof UProveError) return undefined
      throw error
    }
  }

  /**
   * Whether a nonce is known, unused and in time. It is used up, whatever the verdict.
   * @param {string} nonce
   */
  #take(nonce) {
    const until = this.#nonces.get(nonce) ?? 0
    this.#nonces.delete(nonce)
    return Date.now() <= until
  }
}

/**
 * The message that a presentation signs.
 * @param {string} audience
 * @param {string} method
 * @param {string} path
 * @param {string} nonce
 */
export const messageOf = (audience, method, path, nonce) =>
  new TextEncoder().encode(JSON.stringify([audience, method, path, nonce]))
