import type { Element, Scalar, Group } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { nonces, type Hedge, type NonceOptions } from '../nonces.js'
import type { Attribute } from '../parameters/attributes.js'
import { contentScalars, deviceElement } from '../parameters/contents.js'
import { computeGamma } from '../parameters/gamma.js'
import { createIssuerValues, type IssuerValuesOptions } from '../parameters/issuer-values.js'
import { IssuerKey } from '../parameters/issuer-key.js'
import { beginExchange, respondToMessage2, type BegunExchange } from './exchange.js'
import { IssuerSession } from './issuer-session.js'
import { checkBatchSize, type IssuanceMessage2, type IssuanceMessage3 } from './messages.js'
import { wipe, wipeOnFailure, type OctetsLike } from '../../../bindings/octets/octets.js'
import { IssuerParameters, type IssuerParametersOptions } from '../parameters/parameters.js'
import { checkConstantTime, type VariableTimeOption } from '../parameters/policy.js'
import { objectFrom } from '../../../bindings/octets/shape.js'
import { drawNonces, IssuerPrecomputation, type IssuerNonces } from '../parameters/precomputation.js'

export interface IssuerOptions extends IssuerValuesOptions, VariableTimeOption, IssuerParametersOptions {}

export interface IssueOptions extends NonceOptions {
  /** (A_1, ..., A_n). */
  readonly attributes: readonly Attribute[]
  /** TI, which every Verifier sees. A TI that few tokens share makes them linkable. Default empty. */
  readonly tokenInformation?: OctetsLike
  /** How many tokens, 1 to 65,535. Default 1. */
  readonly count?: number
  /** h_d, for Device-protected tokens. */
  readonly devicePublicKey?: Uint8Array
  /** Work done ahead with `issuer.precompute()`. */
  readonly precomputation?: IssuerPrecomputation
  /** A number or name, unique among all exchanges of this Issuer, if a store assigns one. It enters the derivation of w. */
  readonly unique?: string
}

/**
 * An Issuer: Issuer parameters with their private key y_0. Each exchange is `begin()`, which gives the first message, and
 * `respond()` on the session, which answers the second message with the third. Dispose of it and of its parameters when you
 * are done: until then the key stays in memory, and the tables stay in WebAssembly memory.
 *
 * @example
 * ```ts
 * import { createEngine, Issuer, Prover } from 'uprove-wasm'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const group = (await createEngine()).curve(P256)
 * const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 2, recommended: P256 })
 *
 * const contents = { attributes: ['Alice', 'citizen'], count: 3 }
 * const session = issuer.begin(contents)
 * const prover = Prover.begin(issuer.parameters, contents)
 * const tokens = prover.finish(session.respond(prover.respond(session.message1)))
 * console.log(tokens.length, session.open) // 3 false
 * ```
 */
export class Issuer {
  readonly #key: IssuerKey

  private constructor(
    readonly parameters: IssuerParameters,
    key: IssuerKey,
  ) {
    this.#key = key
  }

  /**
   * Draws a key, and generators unless a recommended set is given. Section 2. Draws y_0, then for own generators the
   * exponents of g_1 to g_n, g_t and, with `device`, g_d.
   *
   * Throws `EngineError` (`engine/variable-time`), `InvalidInputError` (`parameters/...`, `hash/...`, `octets/...`).
   */
  static create(group: Group, options: IssuerOptions): Issuer {
    checkConstantTime(group, objectFrom(options, 'options/type', 'the options'))
    const { y0, values } = createIssuerValues(group, options)
    const key = new IssuerKey(group, y0)
    try {
      return new Issuer(new IssuerParameters(group, values, options), key)
    } catch (error) {
      key.dispose()
      throw error
    }
  }

  /**
   * An Issuer from its parameters and the private key that `exportPrivateKey()` gave.
   *
   * Throws `EngineError` (`engine/variable-time`), `InvalidInputError` (`scalar/...`, `issuer/key-mismatch`).
   */
  static fromPrivateKey(
    parameters: IssuerParameters,
    privateKey: Uint8Array,
    options: VariableTimeOption = {},
  ): Issuer {
    const { group } = parameters
    checkConstantTime(group, options)
    return wipeOnFailure((keep) => {
      const key = new IssuerKey(group, keep(group.scalars.from(privateKey)))
      if (!key.matches(parameters.g0)) {
        throw new InvalidInputError('issuer/key-mismatch', 'the private key does not belong to the Issuer parameters')
      }
      return new Issuer(parameters, key)
    })
  }

  /** A copy of y_0. Its holder can issue any token: wipe it after use. */
  exportPrivateKey(): Scalar {
    return this.#key.export()
  }

  /**
   * Computes the values that need neither attributes nor TI ahead of time: w and sigma_a = g^w for `count` tokens. The result
   * is secret; dispose of it.
   */
  precompute(count: number, options: NonceOptions = {}): IssuerPrecomputation {
    checkBatchSize(count)
    return new IssuerPrecomputation(this.parameters, this.#nonces(count, options, { purpose: 'w ahead', context: [] }))
  }

  /**
   * Begins to issue a batch of tokens that share attributes and TI: computes gamma, sigma_a, sigma_b, and in Revision 3
   * sigma_z. Section 5. Takes a w for each token, in order.
   *
   * Throws `InvalidInputError` (`attribute/...`, `scalar/range`, `issuance/...`, `octets/...`, `parameters/no-device`,
   * `element/...`, `device/public-key` for an h_d that is not in G_q, or 1).
   */
  begin(options: IssueOptions): IssuerSession {
    return new IssuerSession(this.parameters, this.#key, this.beginExchange(options))
  }

  /** @internal Begins an exchange whose state the caller keeps. Throws like `begin()`. */
  beginExchange(options: IssueOptions): BegunExchange {
    const { parameters } = this
    const {
      count = 1,
      precomputation,
      unique,
      random,
      knownAnswer,
      ...contents
    } = objectFrom(options, 'options/type', 'the options')
    checkBatchSize(count)
    const gamma = this.#gamma(contents)
    const drawn = (): IssuerNonces =>
      this.#nonces(count, { random, knownAnswer }, { purpose: 'w', unique, context: [gamma] })
    return beginExchange(parameters, this.#key, gamma, precomputation?.take(parameters, count) ?? drawn())
  }

  /** @internal See `respondToMessage2()`. */
  respondTo(state: Uint8Array, message2: IssuanceMessage2<Uint8Array>): IssuanceMessage3 {
    return respondToMessage2(this.parameters, this.#key, state, message2)
  }

  /** Wipes y_0; open sessions cannot answer any more. The parameters remain usable. */
  dispose(): void {
    this.#key.dispose()
  }

  #nonces(count: number, options: NonceOptions, hedge: Hedge): IssuerNonces {
    const { parameters } = this
    const secret = this.#key.nonceKey()
    const source = nonces(parameters.group.scalars, options, { ...hedge, secret })
    try {
      return drawNonces(parameters, count, source)
    } finally {
      source.dispose()
      wipe(secret)
    }
  }

  #gamma({ attributes, tokenInformation, devicePublicKey }: IssueOptions): Element {
    const { parameters } = this
    const hd = devicePublicKey === undefined ? undefined : deviceElement(parameters, 'public-key', devicePublicKey)
    return computeGamma(parameters, contentScalars(parameters, { attributes, tokenInformation }, hd !== undefined), hd)
  }
}
