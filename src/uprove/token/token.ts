import type { Base, Element, Factor, Scalar } from '../../../bindings/engine/engine.js'
import { checkElementLength, checkScalarLength } from '../../../bindings/engine/operands.js'
import { computeSigmaCPrime } from './signature.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import { memberProducts, scalarOrRefuse } from './received.js'
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

/** A received token with its scalars in range. */
export interface ReceivedToken {
  readonly token: Token
  readonly sigmaCPrime: Scalar
  readonly sigmaRPrime: Scalar
}

/** The checks that need no arithmetic. Section 6. Throws like `checkTokenShape`. */
export function receiveToken(parameters: IssuerParameters, token: Token): ReceivedToken | Refusal {
  const { group } = parameters
  checkTokenShape(parameters, token)
  if (!equalOctets(token.uid, parameters.uid)) return refusal('token/issuer-parameters')
  if (token.deviceProtected && parameters.gd === undefined) return refusal('token/device')
  const sigmaCPrime = scalarOrRefuse(group, token.sigmaCPrime)
  const sigmaRPrime = scalarOrRefuse(group, token.sigmaRPrime)
  if (sigmaCPrime === undefined || sigmaRPrime === undefined) return refusal('token/scalar-range')
  if (!group.hasEncoding(token.h)) return refusal('token/h-not-in-subgroup')
  if (!group.hasEncoding(token.sigmaZPrime)) return refusal('token/sigma-z-prime-not-in-subgroup')
  return { token, sigmaCPrime, sigmaRPrime }
}

/**
 * Verifies a token's signature, and returns the products that the caller asks for, in which 0 stands for h. They share the
 * work on h. Section 6; h and sigma_z' are checked to be in G_q and not 1.
 */
export function verifySignatureWithProducts(
  parameters: IssuerParameters,
  { token, sigmaCPrime, sigmaRPrime }: ReceivedToken,
  products: readonly (readonly Factor<Base | 0>[])[],
): Element[] | Refusal {
  const { group, publicTables } = parameters
  const { h, sigmaZPrime, proverInformation } = token
  const negated = group.scalars.negate(sigmaCPrime)
  const [sigmaAPrime, sigmaBPrime, ...others] =
    memberProducts(
      group,
      [h, sigmaZPrime],
      [
        // sigma_a' = g^sigma_r' g_0^(-sigma_c')
        [
          [publicTables.g, sigmaRPrime],
          [publicTables.g0, negated],
        ],
        // sigma_b' = h^sigma_r' sigma_z'^(-sigma_c')
        [
          [0, sigmaRPrime],
          [1, negated],
        ],
        ...products,
      ],
    ) ?? []
  if (sigmaAPrime === undefined || sigmaBPrime === undefined) {
    return refusal(group.isMember(h) ? 'token/sigma-z-prime-not-in-subgroup' : 'token/h-not-in-subgroup')
  }
  // Infinity on a curve has no encoding to hash.
  if (!group.hasEncoding(sigmaAPrime) || !group.hasEncoding(sigmaBPrime)) return refusal('token/signature')
  const hashed = computeSigmaCPrime(parameters, proverInformation, { h, sigmaZPrime, sigmaAPrime, sigmaBPrime })
  return equalOctets(hashed, sigmaCPrime) ? others : refusal('token/signature')
}

export type TokenVerification = { readonly valid: true; readonly tokenIdentifier: Uint8Array } | Refusal

/**
 * Whether the Issuer signed a token's h and PI. Section 6. The attributes, TI and the holder's possession are proved by a
 * presentation only: use `verifyPresentation()`.
 *
 * Refuses with `token/issuer-parameters`, `token/device`, `token/scalar-range`, `token/h-not-in-subgroup`,
 * `token/sigma-z-prime-not-in-subgroup`, `token/signature`. Throws `InvalidInputError` (`token/shape`, `octets/type`,
 * `element/length`, `scalar/length`).
 *
 * @example
 * ```ts
 * import { createEngine, Issuer, Prover, verifyToken } from 'uprove-wasm'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const group = (await createEngine()).curve(P256)
 * const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 1, recommended: P256 })
 * const contents = { attributes: ['citizen'], count: 1 }
 * const session = issuer.begin(contents)
 * const prover = Prover.begin(issuer.parameters, contents)
 * const [held] = prover.finish(session.respond(prover.respond(session.message1)))
 * if (held === undefined) throw new Error('no tokens')
 *
 * console.log(verifyToken(issuer.parameters, held.token).valid) // true
 * const changed = { ...held.token, proverInformation: new TextEncoder().encode('changed') }
 * console.log(verifyToken(issuer.parameters, changed)) // { valid: false, code: token/signature }
 * ```
 */
export function verifyToken(parameters: IssuerParameters, token: Token): TokenVerification {
  const received = receiveToken(parameters, token)
  if ('valid' in received) return received
  const result = verifySignatureWithProducts(parameters, received, [])
  return 'valid' in result ? result : { valid: true, tokenIdentifier: tokenIdentifier(parameters, token) }
}
