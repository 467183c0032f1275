import type { Group, Scalar } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { equalOctets, equalSecrets, wipe, wipeOnFailure } from '../../../bindings/octets/octets.js'
import { objectFrom, require } from '../../../bindings/octets/shape.js'
import { attributesFrom, attributeScalars, tokenInformationScalar, type Attribute } from '../parameters/attributes.js'
import { computeGamma } from '../parameters/gamma.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import { checkConstantTime, type VariableTimeOption } from '../parameters/policy.js'
import { certifiedScalars, publicKeyOf, rememberCertified } from '../token/held-token.js'
import { checkIssuedTokenShape, type IssuedToken } from '../token/token.js'

export interface CheckIssuedTokenOptions extends VariableTimeOption {
  /** All attributes of the token, (A_1, ..., A_n). */
  readonly attributes: readonly Attribute[]
  /** h_d, for a Device-protected token. */
  readonly devicePublicKey?: Uint8Array
}

/**
 * Checks ahead that a token which was stored certifies these attributes: h^(1/alpha) = gamma. Section 5. Without this, its
 * first presentation checks that, and takes twice as long. What was checked is remembered with the object, so present the same
 * object.
 *
 * Throws `InvalidInputError` (`presentation/attributes-differ`, `presentation/other-parameters`, `presentation/device`,
 * `token/shape`, `attribute/...`, `element/...`, `scalar/...`, `octets/...`, `options/type`), `EngineError`
 * (`engine/variable-time`).
 *
 * @example
 * ```ts
 * import { checkIssuedToken, createEngine, decodeIssuedToken, encodeIssuedToken, Issuer, presentToken, Prover } from 'uprove-wasm'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const group = (await createEngine()).curve(P256)
 * const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 1, recommended: P256 })
 * const { parameters } = issuer
 * const attributes = ['citizen']
 * const session = issuer.begin({ attributes, count: 1 })
 * const prover = Prover.begin(parameters, { attributes, count: 1 })
 * const [held] = prover.finish(session.respond(prover.respond(session.message1)))
 * if (held === undefined) throw new Error('no tokens')
 * const stored = encodeIssuedToken(parameters, held)
 *
 * // When the wallet opens, not when the user clicks.
 * const token = decodeIssuedToken(parameters, stored)
 * checkIssuedToken(parameters, token, { attributes })
 * console.log(presentToken(parameters, token, { attributes, message: 'a challenge' }).proof.r.length) // 1
 * ```
 */
export function checkIssuedToken(
  parameters: IssuerParameters,
  issued: IssuedToken,
  options: CheckIssuedTokenOptions,
): void {
  const { attributes, devicePublicKey } = objectFrom(options, 'options/type', 'the options')
  const { group } = parameters
  checkConstantTime(group, options)
  checkIssuedTokenShape(parameters, issued)
  checkBelongs(parameters, issued, devicePublicKey !== undefined)
  const x = attributeScalars(parameters, attributesFrom(parameters, attributes))
  const hd = devicePublicKey === undefined ? undefined : group.element(devicePublicKey)
  const { tokenInformation, deviceProtected } = issued.token
  const xt = tokenInformationScalar(parameters, tokenInformation, deviceProtected)
  const h = publicKeyOf(group, issued)
  wipeOnFailure((keep) => {
    const privateKey = keep(group.scalars.from(issued.privateKey))
    const gamma = keep(computeGamma(parameters, { x, xt }, hd))
    const power = keep(group.exponentiate(h, privateKey))
    if (!equalSecrets(power, gamma)) throw attributesDiffer()
    // Who knows both gamma and h can link what is shown to its issuance: neither power stays.
    wipe(privateKey, gamma, power)
  })
  rememberCertified(group, issued, x)
}

/** @internal Checks that a token belongs to parameters, and that a Device takes part exactly if it must. */
export function checkBelongs(parameters: IssuerParameters, { token }: IssuedToken, withDevice: boolean): void {
  const { uid, deviceProtected } = token
  require(equalOctets(
    uid,
    parameters.uid,
  ), 'presentation/other-parameters', 'the token belongs to other Issuer parameters')
  require(deviceProtected ===
    withDevice, 'presentation/device', 'pass a Device exactly if the token is Device-protected')
}

/** @internal The error for a token whose attributes are certified as a whole, or not. */
export function attributesDiffer(): InvalidInputError {
  return new InvalidInputError(
    'presentation/attributes-differ',
    'the token does not certify these attributes, or not with this Device',
  )
}

/**
 * @internal Whether the attributes that the token certifies are known. Throws `InvalidInputError`
 * (`presentation/attribute-differs`) if they differ from those given. In constant time except for the index.
 */
export function checkCertified(group: Group, issued: IssuedToken, x: readonly Scalar[]): boolean {
  const certified = certifiedScalars(group, issued)
  if (certified === undefined) return false
  const index = x.findIndex((xi, i) => !equalSecrets(xi, certified[i]!)) + 1
  const message = `attribute ${index} is not the one that the token certifies`
  if (index > 0) throw new InvalidInputError('presentation/attribute-differs', message)
  return true
}
