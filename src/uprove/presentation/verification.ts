import type { Element, Factor, Scalar } from '../../../bindings/engine/engine.js'
import { isZero } from '../../../bindings/octets/integers.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import type { ZeroEncoding } from '../../hash/index.js'
import { attributeScalar, canonicalAttribute, tokenInformationScalar } from '../parameters/attributes.js'
import { computeChallenge } from './challenge.js'
import { commitmentFactors, isElementDigest } from './witness.js'
import { copyOctets, equalOctets } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import {
  checkMessages,
  signsDeviceMessage,
  type CheckedMessages,
  type PresentationMessages,
} from './presentation-options.js'
import { checkProofShape, undisclosedIndices, type PresentationProof, type PseudonymProof } from './proof.js'
import { scopeGenerator } from '../device/pseudonym.js'
import { memberOrIdentityProduct, memberProducts, scalarOrRefuse } from '../token/received.js'
import { refusal, type Refusal } from '../token/refusal.js'
import type { DisclosedValue, PseudonymValue } from '../parameters/revision.js'
import {
  checkTokenShape,
  receiveToken,
  tokenIdentifier,
  verifySignatureWithProducts,
  type Token,
} from '../token/token.js'

export interface VerificationOptions extends PresentationMessages {
  /**
   * Accept only this form of hashed zeros. By default a proof that discloses an x_i = 0 is tried in the specification's form
   * (`'octet'`), then in that of Microsoft's SDKs (`'empty'`); both denote the same statement.
   */
  readonly zeroEncoding?: ZeroEncoding
}

/** An accepted presentation and what it states, in octets of its own. */
export interface VerifiedPresentation {
  readonly valid: true
  /**
   * The disclosed attributes, by index counted from 1, each in one form: integers without leading zeros, 0 as one octet 00;
   * in Revision 1 the empty string as null, since both are hashed alike.
   */
  readonly attributes: ReadonlyMap<number, Uint8Array | null>
  /** UID_T. */
  readonly tokenIdentifier: Uint8Array
  /** Whether a Device took part: the token cannot be presented without it. */
  readonly deviceProtected: boolean
  /** P_s, if a pseudonym was asked for. */
  readonly pseudonym: Uint8Array | undefined
  /** c~_i by attribute index. */
  readonly commitments: ReadonlyMap<number, Uint8Array>
}

/** The responses of a proof, in range. */
interface Responses {
  readonly r0: Scalar
  /** r_i by attribute index. */
  readonly r: ReadonlyMap<number, Scalar>
  readonly rd: Scalar | undefined
  /** r~_i, in the order of the commitments. */
  readonly rTilde: readonly Scalar[]
}

/** The inputs, besides h, of the recomputed product whose digest is a. */
export interface ProductInput {
  readonly parameters: IssuerParameters
  readonly responses: Pick<Responses, 'r' | 'rd'>
  readonly disclosed: readonly DisclosedValue[]
  readonly xt: Scalar
}

/** The inputs of a proof's equations, in either form of zeros. */
interface Statement extends ProductInput {
  readonly token: Token
  readonly proof: PresentationProof
  readonly messages: CheckedMessages
  readonly responses: Responses
  readonly tokenIdentifier: Uint8Array
  readonly deviceProtected: boolean
}

/**
 * Verifies a token's signature and a presentation of it. Section 7 and, for pseudonyms and commitments, 8. The caller must
 * check that the message is fresh and that the disclosed attributes are the wanted ones. A proof with a pseudonym that was
 * not requested, or without one that was, is refused.
 *
 * A bad token or proof gives a refusal (see `RefusalCode`). Throws `InvalidInputError` for a value that does not have the
 * shape of a token or a proof of this revision, and for malformed options (`token/shape`, `presentation/...`, `options/type`,
 * `element/length`, `scalar/length`, `octets/...`).
 *
 * @example
 * ```ts
 * import { createEngine, Issuer, presentToken, Prover, verifyPresentation } from 'uprove-wasm'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const group = (await createEngine()).curve(P256)
 * const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 2, recommended: P256 })
 * const { parameters } = issuer
 * const contents = { attributes: ['Alice', 'citizen'], count: 1 }
 * const session = issuer.begin(contents)
 * const prover = Prover.begin(parameters, contents)
 * const [held] = prover.finish(session.respond(prover.respond(session.message1)))
 * if (held === undefined) throw new Error('no tokens')
 * const message = new TextEncoder().encode('a challenge')
 * const { proof } = presentToken(parameters, held, { attributes: contents.attributes, disclosed: [2], message })
 *
 * const verdict = verifyPresentation(parameters, held.token, proof, { message })
 * if (verdict.valid) console.log(verdict.attributes.size, verdict.attributes.has(2)) // 1 true
 *
 * // The same proof for another challenge is refused with a code, not with an exception.
 * const replayed = verifyPresentation(parameters, held.token, proof, { message: new TextEncoder().encode('another') })
 * console.log(replayed.valid || replayed.code) // presentation/proof
 * ```
 */
export function verifyPresentation(
  parameters: IssuerParameters,
  token: Token,
  proof: PresentationProof,
  options: VerificationOptions,
): VerifiedPresentation | Refusal {
  const messages = checkMessages(parameters, options)
  checkTokenShape(parameters, token)
  checkProofShape(parameters, proof)
  const { deviceProtected } = token
  if (!signsDeviceMessage(parameters, deviceProtected, messages)) return refusal('presentation/device')
  if ((proof.rd !== undefined) !== deviceProtected) return refusal('presentation/device')
  const mismatch = checkExtensions(parameters, proof, messages)
  if (mismatch !== undefined) return mismatch
  const unencodable = checkEncodings(parameters, proof)
  if (unencodable !== undefined) return unencodable
  const responses = responsesOf(parameters, proof)
  if (responses === undefined) return refusal('presentation/scalar-range')

  const received = receiveToken(parameters, token)
  if ('valid' in received) return received
  const disclosed = disclosedValues(parameters, proof)
  if (disclosed === undefined) {
    const verified = verifySignatureWithProducts(parameters, received, [])
    return 'valid' in verified ? verified : refusal('presentation/attribute')
  }

  const xt = tokenInformationScalar(parameters, token.tokenInformation, deviceProtected)
  const identifier = tokenIdentifier(parameters, token)
  const statement: Statement = {
    ...{ parameters, token, proof, messages, responses, disclosed, xt, deviceProtected },
    tokenIdentifier: identifier,
  }
  const [form, otherForm] = formsOf(statement, options.zeroEncoding)
  const c = challengeOf(statement, form)
  const verified = verifySignatureWithProducts(parameters, received, [productOfProof(statement, c)])
  if ('valid' in verified) return verified
  let refused = verifyForm(statement, c, verified[0]!)
  if (refused !== undefined && otherForm !== undefined) {
    const otherC = challengeOf(statement, otherForm)
    refused = verifyForm(
      statement,
      otherC,
      memberProducts(parameters.group, [token.h], [productOfProof(statement, otherC)])![0]!,
    )
  }
  if (refused !== undefined) return refused
  return {
    valid: true,
    attributes: new Map(
      proof.disclosed.map(({ index, attribute }) => [index, canonicalAttribute(parameters, index, attribute)]),
    ),
    tokenIdentifier: identifier,
    deviceProtected,
    pseudonym: proof.pseudonym && copyOctets(proof.pseudonym.pS),
    commitments: new Map(proof.commitments.map(({ index, cTilde }) => [index, copyOctets(cTilde)])),
  }
}

/** Whether the proof has the requested pseudonym, and no part that its revision lacks. */
function checkExtensions(
  { rules, group }: IssuerParameters,
  { pseudonym, commitments }: PresentationProof,
  { pseudonym: requested }: CheckedMessages,
): Refusal | undefined {
  const extended = pseudonym !== undefined || commitments.length > 0
  if (extended && !rules.extensions) return refusal('presentation/extensions')
  if (pseudonym === undefined) return requested && refusal('presentation/pseudonym-missing')
  if (requested === undefined) return refusal('presentation/pseudonym-unexpected')
  if (pseudonym.source !== requested.source) return refusal('presentation/pseudonym-source')
  // For x = 0 (null, or the number 0) P_s is 1 for everyone, so it identifies nobody.
  return equalOctets(pseudonym.pS, group.identity) ? refusal('presentation/pseudonym-is-one') : undefined
}

/** Whether every element that is hashed has an encoding: infinity has none. */
function checkEncodings(
  { group }: IssuerParameters,
  { pseudonym, commitments }: PresentationProof,
): Refusal | undefined {
  if (pseudonym !== undefined && !group.hasEncoding(pseudonym.pS))
    return refusal('presentation/pseudonym-not-in-subgroup')
  const encodable = commitments.every(({ cTilde }) => group.hasEncoding(cTilde))
  return encodable ? undefined : refusal('presentation/commitment-not-in-subgroup')
}

/** The responses; undefined if one is not less than q. */
function responsesOf({ group, n }: IssuerParameters, proof: PresentationProof): Responses | undefined {
  const { disclosed, r0, r, rd, commitments } = proof
  const received = [r0, ...(rd === undefined ? [] : [rd]), ...r, ...commitments.map(({ rTilde }) => rTilde)]
  const scalars = received.map((octets) => scalarOrRefuse(group, octets))
  if (scalars.some((scalar) => scalar === undefined)) return undefined
  const inRange = scalars as Scalar[]
  const next = (count: number): Scalar[] => inRange.splice(0, count)
  const indices = undisclosedIndices(
    n,
    disclosed.map(({ index }) => index),
  )
  return {
    r0: next(1)[0]!,
    rd: rd && next(1)[0],
    r: new Map(next(indices.length).map((scalar, i) => [indices[i]!, scalar])),
    rTilde: inRange,
  }
}

/** The x_i of D; undefined if an attribute cannot be encoded. */
function disclosedValues(parameters: IssuerParameters, { disclosed }: PresentationProof): DisclosedValue[] | undefined {
  try {
    return disclosed.map(({ index, attribute }) => ({ index, x: attributeScalar(parameters, index, attribute) }))
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined
    throw error
  }
}

/** The forms of hashed zeros to try: the second only if a disclosed zero makes it differ. */
function formsOf({ disclosed }: Statement, only?: ZeroEncoding): [ZeroEncoding, ZeroEncoding?] {
  if (only !== undefined) return [only]
  return disclosed.some(({ x }) => isZero(x)) ? ['octet', 'empty'] : ['octet']
}

function challengeOf(statement: Statement, zeroEncoding: ZeroEncoding): Scalar {
  const { parameters, proof, messages, disclosed, tokenIdentifier, deviceProtected } = statement
  const { a, commitments } = proof
  const { message, deviceMessage } = messages
  const pseudonym = proof.pseudonym && pseudonymValue(proof.pseudonym)
  const input = { tokenIdentifier, a, n: parameters.n, disclosed, commitments, pseudonym, message }
  return computeChallenge(parameters, input, { deviceMessage, deviceProtected, zeroEncoding }).c
}

/** Verifies the equations of a proof, whose digest a is that of `product`. */
function verifyForm(statement: Statement, c: Scalar, product: Element): Refusal | undefined {
  if (!isElementDigest(statement.parameters, product, statement.proof.a)) return refusal('presentation/proof')
  return verifyPseudonym(statement, c) ?? verifyCommitments(statement, c)
}

function pseudonymValue({ source, aP, pS }: PseudonymProof): PseudonymValue {
  return { attribute: source === 'device' ? 0 : source, aP, pS }
}

/** h^r_0 with the other factors of the product whose digest must be a; 0 stands for h. */
function productOfProof(statement: Statement, c: Scalar): Factor<Factor[0] | 0>[] {
  return [[0, statement.responses.r0], ...factorsWithoutH(statement, c)]
}

/**
 * (g_0 g_t^x_t prod_{i in D} g_i^x_i)^(-c) prod_{i in U} g_i^r_i [g_d^r_d]: with h^r_0 the product whose digest must be a.
 *
 * @param tables those of which the generators are taken; a Prover has its own already
 */
export function factorsWithoutH(
  { parameters, responses, disclosed, xt }: ProductInput,
  c: Scalar,
  tables = parameters.publicTables,
): Factor[] {
  const { scalars } = parameters.group
  const negatedC = scalars.negate(c)
  return [
    ...tables.contextFactors(xt, negatedC),
    ...disclosed.map(({ index, x }): Factor => [tables.gi(index), scalars.multiply(negatedC, x)]),
    ...[...responses.r].map(([index, r]): Factor => [tables.gi(index), r]),
    ...(responses.rd === undefined ? [] : [[tables.gd, responses.rd] as const]),
  ]
}

function verifyPseudonym({ parameters, proof, messages, responses }: Statement, c: Scalar): Refusal | undefined {
  const { pseudonym } = proof
  if (pseudonym === undefined || messages.pseudonym === undefined) return undefined
  const { group } = parameters
  const gs = scopeGenerator(group, messages.pseudonym.scope, parameters.hash)
  const r = pseudonym.source === 'device' ? responses.rd! : responses.r.get(pseudonym.source)!
  // P_s^c g_s^r, whose digest must be a_p.
  const products = memberProducts(
    group,
    [pseudonym.pS],
    [
      [
        [0, c],
        [gs, r],
      ],
    ],
  )
  if (products === undefined) return refusal('presentation/pseudonym-not-in-subgroup')
  return isElementDigest(parameters, products[0]!, pseudonym.aP) ? undefined : refusal('presentation/proof')
}

function verifyCommitments({ parameters, proof, responses }: Statement, c: Scalar): Refusal | undefined {
  for (const [i, { index, cTilde, aTilde }] of proof.commitments.entries()) {
    const others = commitmentFactors(parameters, responses.r.get(index)!, responses.rTilde[i]!)
    const witness = memberOrIdentityProduct(parameters.group, cTilde, c, others)
    if (witness === undefined) return refusal('presentation/commitment-not-in-subgroup')
    if (!isElementDigest(parameters, witness, aTilde)) return refusal('presentation/proof')
  }
  return undefined
}
