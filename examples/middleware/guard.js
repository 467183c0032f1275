import { randomBytes } from 'node:crypto'
import { decodeProof, decodeToken, UProveError, verifyPresentation } from 'uprove-wasm'

/** How long a nonce may be used, in ms, and how many are kept. */
const lifetime = 60_000
const capacity = 10_000

/**
 * Asks for a presentation of a token and judges what comes. The message that a presentation signs names the service, the
 * request and a nonce, so that it opens one door once.
 */
export class PresentationGuard {
  /** @type {Map<string, number>} nonces, and until when each is good; the oldest first */
  #nonces = new Map()

  /**
   * @param {object} options
   * @param {import('uprove-wasm').IssuerParameters} options.parameters whose tokens are accepted
   * @param {string} options.audience names this service
   * @param {(attributes: ReadonlyMap<number, Uint8Array | null>) => boolean} options.accepts what has to be disclosed
   */
  constructor({ parameters, audience, accepts }) {
    this.parameters = parameters
    this.audience = audience
    this.accepts = accepts
  }

  /** The value of `WWW-Authenticate` of a refusal. */
  challenge() {
    const [oldest] = this.#nonces.keys()
    if (oldest !== undefined && this.#nonces.size >= capacity) this.#nonces.delete(oldest)
    const nonce = randomBytes(32).toString('base64url')
    this.#nonces.set(nonce, Date.now() + lifetime)
    return `U-Prove audience="${this.audience}", nonce="${nonce}"`
  }

  /**
   * The attributes that a request discloses, by index, if it may pass.
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
      // Malformed, and so no better than wrong. Anything else is a fault of this program.
      if (error instanceof UProveError) return undefined
      throw error
    }
  }

  /**
   * Whether a nonce was given out, is in time, and was not used; it is used now, whatever the verdict.
   * @param {string} nonce
   */
  #take(nonce) {
    const until = this.#nonces.get(nonce) ?? 0
    this.#nonces.delete(nonce)
    return Date.now() <= until
  }
}

/**
 * What a presentation signs.
 * @param {string} audience
 * @param {string} method
 * @param {string} path
 * @param {string} nonce
 */
export const messageOf = (audience, method, path, nonce) =>
  new TextEncoder().encode(JSON.stringify([audience, method, path, nonce]))
