import type { Element, Scalar, Group } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { attributesFrom, attributeScalars, tokenInformationScalar, type Attribute } from '../parameters/attributes.js'
import { deviceElement } from '../parameters/contents.js'
import { computeGamma } from '../parameters/gamma.js'
import { createIssuerValues, type IssuerValuesOptions } from '../parameters/issuer-values.js'
import { IssuerKey } from '../parameters/issuer-key.js'
import { IssuerSession, PendingIssuance, readSecretState } from './issuer-session.js'
import { checkBatchSize, type IssuanceMessage1 } from './messages.js'
import { octetsFrom, wipeAll, wipeOnFailure, type OctetsLike } from '../../../bindings/octets/octets.js'
import { IssuerParameters, type IssuerParametersOptions } from '../parameters/parameters.js'
import { checkConstantTime, type VariableTimeOption } from '../parameters/policy.js'
import { objectFrom } from '../../../bindings/octets/shape.js'
import { drawNonces, IssuerPrecomputation, type IssuerNonces } from '../parameters/precomputation.js'
import type { RandomSource } from '../../../bindings/octets/random.js'

export interface IssuerOptions extends IssuerValuesOptions, VariableTimeOption, IssuerParametersOptions {}

export interface IssueOptions {
  /** (A_1, ..., A_n). */
  readonly attributes: readonly Attribute[]
  /** TI, which every Verifier sees: anything in it that is not common to many tokens links them. Default empty. */
  readonly tokenInformation?: OctetsLike
  /** How many tokens, 1 to 65,535. Default 1. */
  readonly count?: number
  /** h_d, for Device-protected tokens. */
  readonly devicePublicKey?: Uint8Array
  /** Let `session.exportSecretState()` give the w away; read there what that costs. Default false. */
  readonly exportable?: boolean
  /** Work done ahead with `issuer.precompute()`. */
  readonly precomputation?: IssuerPrecomputation
  readonly random?: RandomSource
}

/**
 * An Issuer: Issuer parameters with their private key y_0. Each exchange is `begin()`, which gives the first message, and
 * `respond()` on the session, which answers the second message with the third. In the end dispose of it and of its
 * parameters, or its key stays in memory and their tables in WebAssembly memory until the group is disposed of.
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
        throw new InvalidInputError('issuer/key-mismatch', 'the private key is not that of the Issuer parameters')
      }
      return new Issuer(parameters, key)
    })
  }

  /** A copy of y_0. Whoever has it can issue any token: wipe it after use. */
  exportPrivateKey(): Scalar {
    return this.#key.export()
  }

  /**
   * Does the work of `count` tokens that needs neither attributes nor TI: w and sigma_a = g^w. Bounded by what the caller
   * asks for; secret, to be disposed of.
   */
  precompute(count: number, random?: RandomSource): IssuerPrecomputation {
    checkBatchSize(count)
    return new IssuerPrecomputation(this.parameters, drawNonces(this.parameters, count, random))
  }

  /**
   * Begins to issue a batch of tokens that share attributes and TI: computes gamma, sigma_a, sigma_b, and in Revision 3
   * sigma_z. Section 5. Draws a w for each token, in order.
   *
   * Throws `InvalidInputError` (`attribute/...`, `scalar/range`, `issuance/...`, `octets/...`, `parameters/no-device`,
   * `element/...`, `device/public-key` for an h_d that is not in G_q, or 1).
   */
  begin(options: IssueOptions): IssuerSession {
    const { parameters } = this
    const { count = 1, exportable = false, precomputation, random } = objectFrom(options, 'options/type', 'the options')
    checkBatchSize(count)
    const gamma = this.#gamma(options)
    const nonces = precomputation?.take(parameters, count) ?? drawNonces(parameters, count, random)
    try {
      const message1 = this.#message1(gamma, nonces)
      return new IssuerSession(parameters, this.#key, nonces.w, message1, gamma, exportable)
    } catch (error) {
      wipeAll(nonces.w)
      throw error
    }
  }

  /**
   * Takes up an exchange from the octets of `session.exportSecretState()`; read there what that costs. The octets stay with
   * the caller, who must see to it that they are restored once.
   *
   * Throws `InvalidInputError` (`state/...`, `octets/...`, `scalar/...`).
   */
  restoreSecretState(state: Uint8Array): PendingIssuance {
    return new PendingIssuance(this.parameters, this.#key, readSecretState(this.parameters, state), true)
  }

  /** Wipes y_0; open sessions cannot answer any more. The parameters remain usable. */
  dispose(): void {
    this.#key.dispose()
  }

  #gamma({ attributes, tokenInformation = '', devicePublicKey }: IssueOptions): Element {
    const { parameters } = this
    const hd = devicePublicKey === undefined ? undefined : deviceElement(parameters, 'public-key', devicePublicKey)
    const octets = octetsFrom(tokenInformation, 'TI')
    const x = attributeScalars(parameters, attributesFrom(parameters, attributes))
    return computeGamma(parameters, { x, xt: tokenInformationScalar(parameters, octets, hd !== undefined) }, hd)
  }

  #message1(gamma: Element, { w, sigmaA }: IssuerNonces): IssuanceMessage1 {
    const { group, rules } = this.parameters
    const table = group.fixedBase(gamma, { expectedUses: w.length + 1 })
    try {
      const sigmaB = table.exponentiateMany(w)
      return rules.issuerSendsSigmaZ ? { sigmaZ: this.#key.power(table), sigmaA, sigmaB } : { sigmaA, sigmaB }
    } finally {
      table.dispose()
    }
  }
}
