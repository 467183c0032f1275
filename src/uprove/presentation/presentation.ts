import type { Element, FixedBase, Group, Scalar } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { attributesDiffer, checkBelongs, checkCertified } from './certified.js'
import { computeChallenge, type Challenge } from './challenge.js'
import {
  commitTo,
  computeR0,
  computeRd,
  computeRi,
  drawWitness,
  elementDigest,
  isElementDigest,
  presentationProduct,
  type PresentationWitness,
  witnessSecrets,
} from './witness.js'
import type { Device, DeviceChallenge, DeviceCommitment } from '../device/device.js'
import { ProtocolError } from '../errors.js'
import type { ZeroEncoding } from '../../hash/index.js'
import { canonicalAttribute, tokenInformationScalar } from '../parameters/attributes.js'
import { nonces } from '../nonces.js'
import { gammaOf, publicKeyOf, rememberCertified } from '../token/held-token.js'
import { factorsWithoutH } from './verification.js'
import { copyOctets, equalOctets, wipe, wipeAll, wipeOnFailure } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import { checkConstantTime } from '../parameters/policy.js'
import { planPresentation, type PresentationOptions, type PresentationPlan } from './presentation-options.js'
import type { CommitmentProof, PresentationProof } from './proof.js'
import { pseudonymPowers, scopeGenerator } from '../device/pseudonym.js'
import type { CommitmentValue, DisclosedValue, PseudonymValue } from '../parameters/revision.js'
import { objectFrom, require } from '../../../bindings/octets/shape.js'
import { checkIssuedTokenShape, tokenIdentifier, type IssuedToken } from '../token/token.js'

/** The opening of a commitment: x_i and o~_i. Secret; only the Prover knows it. */
export interface CommitmentOpening {
  readonly index: number
  readonly x: Scalar
  readonly opening: Scalar
}

export interface Presentation {
  readonly proof: PresentationProof
  /** For each commitment of the proof, in the same order. */
  readonly openings: readonly CommitmentOpening[]
}

/**
 * A proof that the caller holds a token, disclosing some of its attributes. Section 7. Draws w_0 (alpha w_0 where the
 * Prover keeps the tables); w_i for the undisclosed attributes, ascending; with a Device w_d; then o~_i and w~_i for
 * each commitment, ascending.
 *
 * A Device-protected token needs `device`, which answers at once; with a Device that answers later, use `PresentationSession`.
 *
 * The attributes must be those that the token certifies. A different attribute is refused, and the error names its index
 * (`presentation/attribute-differs`). For a token that comes from storage the first proof of each object is verified, unless
 * `checkIssuedToken()` was called, and a wrong attribute is refused without an index (`presentation/attributes-differ`), since only
 * their product is certified.
 *
 * Throws `EngineError` (`engine/variable-time`), `InvalidInputError` (`attribute/...`, `presentation/...`, `token/shape`,
 * `options/type`, `octets/...`, `element/...`, `scalar/...`).
 *
 * @example
 * ```ts
 * import { createEngine, Issuer, presentToken, Prover } from 'uprove-wasm'
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
 *
 * // Discloses the second attribute and signs the Verifier's challenge.
 * const message = new TextEncoder().encode('a challenge')
 * const { proof } = presentToken(parameters, held, { attributes: contents.attributes, disclosed: [2], message })
 * console.log(proof.disclosed.map(({ index }) => index), proof.r.length) // [ 2 ] 1
 * ```
 */
export function presentToken(
  parameters: IssuerParameters,
  issued: IssuedToken,
  options: PresentationOptions & { readonly device?: Device },
): Presentation {
  const { device, pseudonym } = objectFrom(options, 'options/type', 'the options')
  const deviceSession = device?.begin(pseudonym?.source === 'device' ? pseudonym.scope : undefined)
  let session: PresentationSession | undefined
  try {
    session = PresentationSession.begin(parameters, issued, options, deviceSession)
    return session.finish(session.deviceChallenge && deviceSession?.respond(session.deviceChallenge))
  } finally {
    session?.dispose()
    deviceSession?.dispose()
  }
}

/** The values that a presentation commits to before the challenge. */
interface Commitments {
  readonly a: Uint8Array
  readonly commitments: readonly CommitmentValue[]
  readonly pseudonym: PseudonymValue | undefined
}

/** The secrets that a presentation keeps until it is finished. */
interface Secrets {
  /** A copy of alpha^-1, since the caller may wipe its own in the meantime. */
  readonly privateKey: Scalar
  readonly witness: PresentationWitness
}

/**
 * A presentation in two steps, for a Device that answers later: `begin()` with the Device's commitment, then `finish()`
 * with its response to `deviceChallenge`.
 *
 * @example
 * ```ts
 * import { createEngine, Issuer, PresentationSession, Prover, SoftwareDevice, verifyPresentation } from 'uprove-wasm'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const group = (await createEngine()).curve(P256)
 * const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 1, device: true, recommended: P256 })
 * const { parameters } = issuer
 * const device = SoftwareDevice.create(group, P256.gd)
 * const attributes = ['citizen']
 * const issuing = issuer.begin({ attributes, devicePublicKey: device.publicKey })
 * const prover = Prover.begin(parameters, { attributes, device: device.contribute(parameters) })
 * const [held] = prover.finish(issuing.respond(prover.respond(issuing.message1)))
 * if (held === undefined) throw new Error('no tokens')
 *
 * // The Device commits; its challenge and response may travel over any channel.
 * const deviceSession = device.begin()
 * const message = new TextEncoder().encode('a challenge')
 * const session = PresentationSession.begin(parameters, held, { attributes, disclosed: [1], message }, deviceSession)
 * const response = deviceSession.respond(session.deviceChallenge!)
 * const { proof } = session.finish(response)
 * console.log(verifyPresentation(parameters, held.token, proof, { message }).valid) // true
 * ```
 */
export class PresentationSession {
  /** The challenge for the Device to answer; undefined without a Device. */
  readonly deviceChallenge: DeviceChallenge | undefined
  #secrets: Secrets | undefined
  /** The token, if what it certifies is not known yet. */
  #unverified: IssuedToken | undefined

  private constructor(
    private readonly parameters: IssuerParameters,
    private readonly plan: PresentationPlan,
    private readonly committed: Commitments,
    private readonly challenge: Challenge,
    secrets: Secrets,
  ) {
    const { revision, hash } = parameters
    const { digest } = challenge
    this.deviceChallenge = secrets.witness.wd && { revision, hash, digest, message: plan.deviceMessage }
    this.#secrets = secrets
  }

  /** Computes everything except the responses. Throws like `presentToken()`. */
  static begin(
    parameters: IssuerParameters,
    issued: IssuedToken,
    options: PresentationOptions,
    device?: DeviceCommitment,
  ): PresentationSession {
    const { group, n } = parameters
    checkConstantTime(group, objectFrom(options, 'options/type', 'the options'))
    checkIssuedTokenShape(parameters, issued)
    checkBelongs(parameters, issued, device !== undefined)
    const { deviceProtected } = issued.token
    const plan = planPresentation(parameters, deviceProtected, options)
    const { message, deviceMessage, x } = plan
    const isCertified = checkCertified(group, issued, x)
    const commitment = device === undefined ? undefined : deviceCommitmentFrom(group, plan, device)
    const gammaTable = gammaOf(group, issued)
    const { zeroEncoding } = options
    const identifier = tokenIdentifier(parameters, issued.token)
    const disclosed = plan.disclosed.map((index) => ({ index, x: x[index - 1]! }))
    return wipeOnFailure((keep) => {
      const privateKey = keep(group.scalars.from(issued.privateKey))
      const context = nonceContext(plan, { identifier, disclosed, zeroEncoding, device: commitment })
      const source = nonces(group.scalars, options, { purpose: 'w_i', secret: privateKey, context })
      const { undisclosed, committed } = plan
      const drawn = { undisclosed, committed, deviceProtected, privateKey: gammaTable && privateKey }
      const witness = drawWitness(group, drawn, source)
      source.dispose()
      for (const secret of witnessSecrets(witness)) if (secret !== undefined) keep(secret)
      const values = commit(parameters, issued, plan, witness, gammaTable, commitment)
      const input = { ...values, tokenIdentifier: identifier, n, disclosed, message }
      const challenge = computeChallenge(parameters, input, { deviceMessage, deviceProtected, zeroEncoding })
      const session = new PresentationSession(parameters, plan, values, challenge, { privateKey, witness })
      if (!isCertified) session.#unverified = issued
      return session
    })
  }

  /**
   * Computes the responses, once. `rdPrime` is the Device's response r_d', if there is a Device.
   *
   * Throws `ProtocolError` (`presentation/finished`), `InvalidInputError` (`presentation/device`, `scalar/...`).
   */
  finish(rdPrime?: Uint8Array): Presentation {
    // Read before the secrets are taken, so that a getter on the response cannot make the presentation finish twice.
    const deviceResponse = rdPrime === undefined ? undefined : this.parameters.group.scalars.from(rdPrime)
    const secrets = this.#secrets
    try {
      if (secrets === undefined)
        throw new ProtocolError('presentation/finished', 'this presentation was already finished')
      const { witness } = secrets
      if ((deviceResponse !== undefined) !== (witness.wd !== undefined)) {
        throw new InvalidInputError(
          'presentation/device',
          'pass the response of the Device exactly if there is a Device',
        )
      }
      this.#secrets = undefined
      const proof = this.#proof(secrets, deviceResponse)
      this.#verifyOnce(proof, witness)
      const openings = witness.commitments.map(({ index, opening }) => ({
        index,
        x: this.#x(index),
        opening: copyOctets(opening),
      }))
      return { proof, openings }
    } finally {
      wipe(deviceResponse)
      if (secrets !== undefined && this.#secrets === undefined) wipeSecrets(secrets)
    }
  }

  /** Wipes the secrets. */
  dispose(): void {
    if (this.#secrets !== undefined) wipeSecrets(this.#secrets)
    this.#secrets = undefined
  }

  /**
   * Checks the first proof of a token whose attributes are not known here, as a Verifier does: the token certifies these
   * attributes if and only if the recomputed product equals the commitment. Remembers them for the next presentation.
   */
  #verifyOnce(proof: PresentationProof, { w }: PresentationWitness): void {
    const issued = this.#unverified
    if (issued === undefined) return
    const { parameters, plan } = this
    const { group } = parameters
    const { tokenInformation, deviceProtected } = issued.token
    const responses = {
      r: new Map([...w.keys()].map((index, i) => [index, proof.r[i] as Scalar])),
      rd: proof.rd as Scalar | undefined,
    }
    const disclosed = plan.disclosed.map((index) => ({ index, x: this.#x(index) }))
    const xt = tokenInformationScalar(parameters, tokenInformation, deviceProtected)
    // With the tables that presentations use anyway: others, for public exponents, would cost more than they save here.
    const factors = factorsWithoutH({ parameters, responses, disclosed, xt }, this.challenge.c, parameters.tables)
    const product = group.multiExponentiateVartime(
      [publicKeyOf(group, issued), ...factors.map(([base]) => base)],
      [proof.r0 as Scalar, ...factors.map(([, e]) => e)],
    )
    if (!isElementDigest(parameters, product, proof.a)) throw attributesDiffer()
    rememberCertified(group, issued, plan.x)
  }

  #x(index: number): Scalar {
    return this.plan.x[index - 1]!
  }

  #proof({ privateKey, witness }: Secrets, rdPrime: Scalar | undefined): PresentationProof {
    const { plan } = this
    const { c } = this.challenge
    const { a, pseudonym, commitments } = this.committed
    const { group } = this.parameters
    return {
      disclosed: plan.disclosed.map((index) => ({
        index,
        attribute: canonicalAttribute(this.parameters, index, plan.attributes[index - 1]!),
      })),
      a,
      r0: computeR0(group, c, privateKey, witness.w0),
      r: [...witness.w].map(([index, w]) => computeRi(group, c, this.#x(index), w)),
      rd: rdPrime && witness.wd && computeRd(group, rdPrime, witness.wd),
      pseudonym: pseudonym && { source: pseudonym.attribute || 'device', aP: pseudonym.aP, pS: pseudonym.pS },
      commitments: witness.commitments.map(({ opening, wTilde }, i): CommitmentProof => ({
        ...commitments[i]!,
        rTilde: computeRi(group, c, opening, wTilde),
      })),
    }
  }
}

function wipeSecrets({ privateKey, witness }: Secrets): void {
  wipe(privateKey)
  wipeAll(witnessSecrets(witness))
}

/** A Device's commitment, known to be in G_q. */
interface CheckedCommitment {
  readonly ad: Element
  readonly pseudonym?: { readonly pS: Element; readonly aPPrime: Element }
}

/** Reads a Device's commitment. Throws `InvalidInputError` (`presentation/device`, `element/...`). */
function deviceCommitmentFrom(
  group: Group,
  { pseudonym }: PresentationPlan,
  device: DeviceCommitment,
): CheckedCommitment {
  const { ad, pseudonym: received } = objectFrom(device, 'presentation/device', "the Device's commitment")
  if (pseudonym?.source !== 'device') return { ad: group.element(ad) }
  const { pS, aPPrime } = objectFrom(received, 'presentation/device', "the Device's pseudonym")
  const checked = { pS: group.element(pS), aPPrime: group.element(aPPrime) }
  require(!equalOctets(checked.pS, group.identity), 'presentation/pseudonym-of-zero', "the Device's pseudonym is 1")
  return { ad: group.element(ad), pseudonym: checked }
}

/** The inputs of the challenge that do not depend on the nonces. */
function nonceContext(
  { committed, pseudonym, message, deviceMessage }: PresentationPlan,
  {
    identifier,
    disclosed,
    zeroEncoding = 'octet',
    device,
  }: {
    readonly identifier: Uint8Array
    readonly disclosed: readonly DisclosedValue[]
    readonly zeroEncoding?: ZeroEncoding
    readonly device: CheckedCommitment | undefined
  },
): (Uint8Array | null | undefined)[] {
  const { scope, source = 255 } = pseudonym ?? {}
  const numbers = [
    zeroEncoding === 'octet' ? 1 : 0,
    source === 'device' ? 0 : source,
    disclosed.length,
    ...disclosed.map(({ index }) => index),
    ...committed,
  ]
  return [
    identifier,
    Uint8Array.from(numbers),
    ...disclosed.map(({ x }) => x),
    ...[message, deviceMessage],
    // The numbers say whether there is a scope; who leaves something out has a shorter list, which differs from every other.
    ...(scope ? [scope] : []),
    ...(device ? [device.ad, device.pseudonym?.aPPrime, device.pseudonym?.pS] : []),
  ]
}

function commit(
  parameters: IssuerParameters,
  issued: IssuedToken,
  plan: PresentationPlan,
  witness: PresentationWitness,
  gammaTable: FixedBase | undefined,
  device: CheckedCommitment | undefined,
): Commitments {
  const product = presentationProduct(parameters, issued, witness, gammaTable, device?.ad)
  const commitments = witness.commitments.map(({ index, opening, wTilde }) => ({
    index,
    cTilde: commitTo(parameters, plan.x[index - 1]!, opening),
    aTilde: elementDigest(parameters, commitTo(parameters, witness.w.get(index)!, wTilde)),
  }))
  return {
    a: elementDigest(parameters, product),
    commitments,
    pseudonym: commitPseudonym(parameters, plan, witness, device),
  }
}

function commitPseudonym(
  parameters: IssuerParameters,
  { pseudonym, x }: PresentationPlan,
  { w, wd }: PresentationWitness,
  device: CheckedCommitment | undefined,
): PseudonymValue | undefined {
  if (pseudonym === undefined) return undefined
  const { group } = parameters
  const { scope, source } = pseudonym
  const gs = scopeGenerator(group, scope, parameters.hash)
  if (source !== 'device') {
    const { pS, power } = pseudonymPowers(group, gs, x[source - 1]!, w.get(source)!)
    return { attribute: source, aP: elementDigest(parameters, power), pS }
  }
  if (device?.pseudonym === undefined || wd === undefined) {
    throw new InvalidInputError('presentation/device', 'the Device gave no pseudonym')
  }
  const { pS, aPPrime } = device.pseudonym
  const ownPower = group.exponentiate(gs, wd)
  try {
    const power = group.multiply(ownPower, aPPrime)
    return { attribute: 0, aP: elementDigest(parameters, power), pS }
  } finally {
    wipe(ownPower)
  }
}
