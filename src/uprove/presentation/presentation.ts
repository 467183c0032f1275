import type { FixedBase, Scalar } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { computeChallenge, type Challenge } from './challenge.js'
import {
  commitTo,
  computeR0,
  computeRd,
  computeRi,
  drawWitness,
  elementDigest,
  presentationProduct,
  type PresentationWitness,
  witnessSecrets,
} from './witness.js'
import type { Device, DeviceChallenge, DeviceCommitment } from '../device/device.js'
import { ProtocolError } from '../errors.js'
import { gammaOf } from '../token/held-token.js'
import { copyOctets, equalOctets, wipe, wipeAll, wipeOnFailure } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import { checkConstantTime } from '../parameters/policy.js'
import { planPresentation, type PresentationOptions, type PresentationPlan } from './presentation-options.js'
import type { CommitmentProof, PresentationProof } from './proof.js'
import { pseudonymPowers, scopeGenerator } from '../device/pseudonym.js'
import type { CommitmentValue, PseudonymValue } from '../parameters/revision.js'
import { objectFrom } from '../../../bindings/octets/shape.js'
import { checkIssuedTokenShape, tokenIdentifier, type IssuedToken } from '../token/token.js'

/** What opens a commitment: x_i and o~_i. Secret, and the Prover's. */
export interface CommitmentOpening {
  readonly index: number
  readonly x: Scalar
  readonly opening: Scalar
}

export interface Presentation {
  readonly proof: PresentationProof
  /** For each commitment of the proof, in its order. */
  readonly openings: readonly CommitmentOpening[]
}

/**
 * Presents a token: proves to hold it and discloses some of its attributes. Section 7. Draws w_0 (alpha w_0 where the
 * Prover keeps the tables); w_i for the undisclosed attributes, ascending; with a Device w_d; then o~_i and w~_i for
 * each commitment, ascending.
 *
 * A Device-protected token needs `device`, which answers at once; for one that does not, use `PresentationSession`.
 *
 * Throws `EngineError` (`engine/variable-time`), `InvalidInputError` (`attribute/...`, `presentation/...`, `token/shape`,
 * `options/type`, `octets/...`, `element/...`, `scalar/...`).
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

/** What a presentation commits to before the challenge. */
interface Commitments {
  readonly a: Uint8Array
  readonly commitments: readonly CommitmentValue[]
  readonly pseudonym: PseudonymValue | undefined
}

/** What a presentation keeps until it is finished. */
interface Secrets {
  /** alpha^-1, a copy: the caller may wipe its own meanwhile. */
  readonly privateKey: Scalar
  readonly witness: PresentationWitness
}

/**
 * A presentation in two steps, for a Device that answers later: `begin()` with the Device's commitment, then `finish()`
 * with its response to `deviceChallenge`.
 */
export class PresentationSession {
  /** What the Device is to answer; undefined without one. */
  readonly deviceChallenge: DeviceChallenge | undefined
  #secrets: Secrets | undefined

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

  /** Computes all but the responses. Draws and throws like `presentToken()`. */
  static begin(
    parameters: IssuerParameters,
    issued: IssuedToken,
    options: PresentationOptions,
    device?: DeviceCommitment,
  ): PresentationSession {
    const { group, n } = parameters
    checkConstantTime(group, objectFrom(options, 'options/type', 'the options'))
    checkIssuedTokenShape(parameters, issued)
    const { deviceProtected, uid } = issued.token
    if (!equalOctets(uid, parameters.uid)) {
      throw new InvalidInputError('presentation/other-parameters', 'the token is of other Issuer parameters')
    }
    if (deviceProtected !== (device !== undefined)) {
      throw new InvalidInputError('presentation/device', 'a Device-protected token needs its Device, others have none')
    }
    const plan = planPresentation(parameters, deviceProtected, options)
    const { message, deviceMessage, x } = plan
    const gammaTable = gammaOf(group, issued)
    return wipeOnFailure((keep) => {
      const privateKey = keep(group.scalars.from(issued.privateKey))
      const witness = drawWitness(group, {
        undisclosed: plan.undisclosed,
        committed: plan.committed,
        deviceProtected,
        privateKey: gammaTable && privateKey,
        random: options.random,
      })
      for (const secret of witnessSecrets(witness)) if (secret !== undefined) keep(secret)
      const committed = commit(parameters, issued, plan, witness, gammaTable, device)
      const disclosed = plan.disclosed.map((index) => ({ index, x: x[index - 1]! }))
      const input = { ...committed, tokenIdentifier: tokenIdentifier(parameters, issued.token), n, disclosed, message }
      const { zeroEncoding } = options
      const challenge = computeChallenge(parameters, input, { deviceMessage, deviceProtected, zeroEncoding })
      return new PresentationSession(parameters, plan, committed, challenge, { privateKey, witness })
    })
  }

  /**
   * Computes the responses, once. `rdPrime` is the Device's response r_d', if there is a Device.
   *
   * Throws `ProtocolError` (`presentation/finished`), `InvalidInputError` (`presentation/device`, `scalar/...`).
   */
  finish(rdPrime?: Uint8Array): Presentation {
    const secrets = this.#secrets
    if (secrets === undefined) throw new ProtocolError('presentation/finished', 'this presentation was finished')
    const { witness } = secrets
    if ((rdPrime !== undefined) !== (witness.wd !== undefined)) {
      throw new InvalidInputError(
        'presentation/device',
        'a response of the Device is needed with a Device, and only then',
      )
    }
    const deviceResponse = rdPrime === undefined ? undefined : this.parameters.group.scalars.from(rdPrime)
    try {
      const proof = this.#proof(secrets, deviceResponse)
      const openings = witness.commitments.map(({ index, opening }) => ({
        index,
        x: this.#x(index),
        opening: copyOctets(opening),
      }))
      return { proof, openings }
    } finally {
      wipe(deviceResponse)
      this.dispose()
    }
  }

  /** Wipes what is secret. */
  dispose(): void {
    if (this.#secrets === undefined) return
    const { privateKey, witness } = this.#secrets
    wipe(privateKey)
    wipeAll(witnessSecrets(witness))
    this.#secrets = undefined
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
      disclosed: plan.disclosed.map((index) => ({ index, attribute: plan.attributes[index - 1]! })),
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

function commit(
  parameters: IssuerParameters,
  issued: IssuedToken,
  plan: PresentationPlan,
  witness: PresentationWitness,
  gammaTable: FixedBase | undefined,
  device: DeviceCommitment | undefined,
): Commitments {
  const ad = device && parameters.group.element(device.ad)
  const product = presentationProduct(parameters, issued, witness, gammaTable, ad)
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
  device: DeviceCommitment | undefined,
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
  const { pS: receivedPS, aPPrime } = objectFrom(device.pseudonym, 'presentation/device', "the Device's pseudonym")
  const pS = group.element(receivedPS)
  const ownPower = group.exponentiate(gs, wd)
  try {
    const power = group.multiply(ownPower, group.element(aPPrime))
    return { attribute: 0, aP: elementDigest(parameters, power), pS }
  } finally {
    wipe(ownPower)
  }
}
