import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { checkElementLength, checkScalarLength } from '../../../bindings/engine/operands.js'
import { computeSigmaCPrime, recomputeSigmaAPrime } from './signature.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import { memberPowers, scalarOrRefuse } from './received.js'
import { refusal, type Refusal } from './refusal.js'
import { objectFrom, require, requireOctets } from '../../../bindings/octets/shape.js'

/** A U-Prove token as it is sent. It is public; `verifyToken()` or `verifyPresentation()` verifies it. Section 5. */
export interface Token {
  /** UID_P of its Issuer parameters. */
  readonly uid: Uint8Array
  /** The token's public key. */
  readonly h: Uint8Array
  /** TI. */
  readonly tokenInformation: Uint8Array
  /** PI. */
  readonly proverInformation: Uint8Array | null
  readonly sigmaZPrime: Uint8Array
  readonly sigmaCPrime: Uint8Array
  readonly sigmaRPrime: Uint8Array
  /** Whether a Device must take part in presentations, d. */
  readonly deviceProtected: boolean
}

/** A token that a Prover holds, with its private key alpha^-1. */
export interface IssuedToken {
  readonly token: Token
  /** Secret. */
  readonly privateKey: Scalar
}

/**
 * Checks the shape of a token that a Prover holds.
 * Throws like `checkTokenShape`.
 */
export function checkIssuedTokenShape(parameters: IssuerParameters, issued: IssuedToken): void {
  const { token, privateKey } = objectFrom(issued, 'token/shape', 'a held token')
  checkTokenShape(parameters, token)
  checkScalarLength(privateKey, parameters.group.scalarLength)
}

/**
 * UID_T = H(h, sigma_z', sigma_c', sigma_r'). Only the holder can link it to the issuance. Section 6.
 * Throws `InvalidInputError` (`token/shape`, `octets/type`, `element/length`, `scalar/length`).
 */
export function tokenIdentifier(parameters: IssuerParameters, token: Token): Uint8Array {
  checkTokenShape(parameters, token)
  const { h, sigmaZPrime, sigmaCPrime, sigmaRPrime } = token
  const { group } = parameters
  return parameters
    .beginHash()
    .element(group, h)
    .element(group, sigmaZPrime)
    .number(sigmaCPrime)
    .number(sigmaRPrime)
    .digest()
}

/**
 * Checks the types and lengths of a token's values. Throws `InvalidInputError` (`token/shape`, `octets/type`,
 * `element/length`, `scalar/length`).
 */
export function checkTokenShape({ group }: IssuerParameters, token: Token): void {
  const { uid, tokenInformation, proverInformation, deviceProtected } = objectFrom(token, 'token/shape', 'a token')
  requireOctets(uid, 'token/shape', 'UID_P')
  requireOctets(tokenInformation, 'token/shape', 'TI')
  if (proverInformation !== null) requireOctets(proverInformation, 'token/shape', 'PI')
  require(typeof deviceProtected === 'boolean', 'token/shape', 'd must be true or false')
  checkElementLength(token.h, group.elementLength)
  checkElementLength(token.sigmaZPrime, group.elementLength)
  checkScalarLength(token.sigmaCPrime, group.scalarLength)
  checkScalarLength(token.sigmaRPrime, group.scalarLength)
}

/**
 * Verifies a token's signature, and returns the powers of h that the caller asks for, which share its squarings.
 * Section 6; h and sigma_z' are checked to be in G_q and not 1. Throws like `checkTokenShape`.
 */
export function verifySignatureWithPowers(
  parameters: IssuerParameters,
  token: Token,
  es: readonly Scalar[],
): Element[] | Refusal {
  const { group } = parameters
  checkTokenShape(parameters, token)
  if (!equalOctets(token.uid, parameters.uid)) return refusal('token/issuer-parameters')
  if (token.deviceProtected && parameters.gd === undefined) return refusal('token/device')
  const sigmaCPrime = scalarOrRefuse(group, token.sigmaCPrime)
  const sigmaRPrime = scalarOrRefuse(group, token.sigmaRPrime)
  if (sigmaCPrime === undefined || sigmaRPrime === undefined) return refusal('token/scalar-range')

  const powersOfH = memberPowers(group, token.h, [sigmaRPrime, ...es])
  if (powersOfH === undefined) return refusal('token/h-not-in-subgroup')
  const powersOfSigmaZPrime = memberPowers(group, token.sigmaZPrime, [group.scalars.negate(sigmaCPrime)])
  if (powersOfSigmaZPrime === undefined) return refusal('token/sigma-z-prime-not-in-subgroup')

  const sigmaAPrime = recomputeSigmaAPrime(parameters, sigmaCPrime, sigmaRPrime)
  const sigmaBPrime = group.multiply(powersOfH[0]!, powersOfSigmaZPrime[0]!)
  // Infinity on a curve has no encoding to hash.
  if (!group.hasEncoding(sigmaAPrime) || !group.hasEncoding(sigmaBPrime)) return refusal('token/signature')
  const { h, sigmaZPrime, proverInformation } = token
  const hashed = computeSigmaCPrime(parameters, proverInformation, { h, sigmaZPrime, sigmaAPrime, sigmaBPrime })
  if (!equalOctets(hashed, sigmaCPrime)) return refusal('token/signature')
  return powersOfH.slice(1)
}

export type TokenVerification = { readonly valid: true; readonly tokenIdentifier: Uint8Array } | Refusal

/**
 * Whether the Issuer signed a token. It does not show who holds it: `verifyPresentation` does. Section 6.
 *
 * Refuses with `token/issuer-parameters`, `token/device`, `token/scalar-range`, `token/h-not-in-subgroup`,
 * `token/sigma-z-prime-not-in-subgroup`, `token/signature`. Throws `InvalidInputError` (`token/shape`, `octets/type`,
 * `element/length`, `scalar/length`).
 */
export function verifyToken(parameters: IssuerParameters, token: Token): TokenVerification {
  const result = verifySignatureWithPowers(parameters, token, [])
  return 'valid' in result ? result : { valid: true, tokenIdentifier: tokenIdentifier(parameters, token) }
}
