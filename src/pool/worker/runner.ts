import { known } from '../../../bindings/octets/lists.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import type { Element, Engine, EngineOptions, Scalar, Group } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { deviceElement } from '../../uprove/parameters/contents.js'
import type { DeviceChallenge } from '../../uprove/device/device.js'
import { ProtocolError } from '../../uprove/errors.js'
import { rememberCertified, rememberGamma } from '../../uprove/token/held-token.js'
import { computeGamma } from '../../uprove/parameters/gamma.js'
import { IssuerKey } from '../../uprove/parameters/issuer-key.js'
import { copyOctets, wipe, wipeAll, concatOctets } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { checkConstantTime } from '../../uprove/parameters/policy.js'
import { drawNonces } from '../../uprove/parameters/precomputation.js'
import { PresentationSession, presentToken, type Presentation } from '../../uprove/presentation/presentation.js'
import { blindingsFrom } from '../../uprove/issuance/blinding.js'
import { nonces } from '../../uprove/nonces.js'
import { Prover } from '../../uprove/issuance/prover.js'
import { verifyToken } from '../../uprove/token/token.js'
import { verifyPresentation } from '../../uprove/presentation/verification.js'
import { receiveGroup } from '../wire/sent-group.js'
import { clone } from '../wire/transfer-message.js'
import { sendError } from '../wire/error-codec.js'
import type {
  DevicePresentationBegin,
  DevicePresentationFinish,
  IssuedPart,
  IssueItem,
  IssuerSetup,
  JobType,
  JobTypes,
  Outcome,
  ParametersSetup,
  PresentItem,
  ProverBegin,
  ProverItem,
  ProverStep,
  Setup,
  WorkerEngine,
} from '../wire/jobs.js'
import { Work } from './work.js'

/** The largest table that a `Prover` makes. Smaller tables would not be shared with it. */
const proverTableBytes = 1 << 20

interface IssuerWork {
  readonly work: Work
  readonly key: IssuerKey | undefined
  readonly nonceKey: Uint8Array
}

interface OpenProver {
  readonly prover: Prover
  readonly batch: string
  readonly expected: number
}

interface OpenPresentation {
  readonly session: PresentationSession
  readonly privateKey: Scalar
}

/** The outcomes of the items of a job, and the secrets in them, which the sender wipes. */
export interface JobResults {
  readonly outcomes: Outcome<unknown>[]
  readonly secrets: readonly Uint8Array[]
}

type Handlers = {
  readonly [T in JobType]: (target: number, item: JobTypes[T]['item'], secrets: Uint8Array[]) => JobTypes[T]['result']
}

/** Does the work of a worker, on an engine of its own, in a worker thread or in the caller's. */
export class Runner {
  readonly #groups: Group[] = []
  readonly #works = new Map<number, Work | Error>()
  readonly #issuers = new Map<number, IssuerWork | Error>()
  readonly #provers = new Map<number, OpenProver>()
  readonly #presentations = new Map<number, OpenPresentation>()

  private constructor(
    private readonly ownEngine: Engine,
    private readonly allowVariableTime: boolean,
  ) {}

  /** Throws like `createEngine()`. */
  static async start(options: EngineOptions, allowVariableTime: boolean): Promise<Runner> {
    return new Runner(await createEngine(options), allowVariableTime)
  }

  get engine(): WorkerEngine {
    const { backend, kernel, constantTime } = this.ownEngine
    return { backend, kernel, constantTime }
  }

  /** Sets up parameters, other tables for them, or an Issuer. An error is thrown to the items that use them. */
  setUp(setup: Setup): void {
    try {
      if (setup.kind === 'parameters') this.#setUpParameters(setup)
      else this.#issuers.set(setup.id, this.#issuerOf(setup))
    } catch (error) {
      const failed: Map<number, unknown> = setup.kind === 'parameters' ? this.#works : this.#issuers
      failed.set(setup.id, error)
    }
  }

  /** Wipes and frees an Issuer or parameters. */
  forget(id: number): void {
    const issuer = this.#issuers.get(id)
    if (issuer !== undefined && !(issuer instanceof Error)) {
      issuer.key?.dispose()
      wipe(issuer.nonceKey)
    }
    this.#issuers.delete(id)
    const work = this.#works.get(id)
    if (work instanceof Work) work.dispose()
    this.#works.delete(id)
  }

  /**
   * Does one item after another. Results may refer to the octets of the items.
   * Throws only if the engine cannot be trusted any more: it trapped.
   */
  run<T extends JobType>(job: T, target: number, items: readonly JobTypes[T]['item'][]): JobResults {
    const secrets: Uint8Array[] = []
    const handler = this.#handlers[job]
    const outcomes = items.map((item): Outcome<unknown> => {
      try {
        return { value: handler(target, item, secrets) }
      } catch (error) {
        if (typeof WebAssembly !== 'undefined' && error instanceof WebAssembly.RuntimeError) throw error
        return { error: sendError(error) }
      }
    })
    return { outcomes, secrets }
  }

  /** Closes open Provers and presentations, wipes all secrets, and disposes of the engine. */
  dispose(): void {
    for (const id of this.#provers.keys()) this.#closeProver(id)
    for (const id of this.#presentations.keys()) this.#closePresentation(id)
    for (const id of [...this.#issuers.keys(), ...this.#works.keys()]) this.forget(id)
    this.ownEngine.dispose()
  }

  readonly #handlers: Handlers = {
    issue: (target, item, secrets) => {
      const part = this.#issue(found(this.#issuers, target), item)
      secrets.push(part.w)
      return part
    },
    prover: (target, item, secrets) => {
      const step = this.#stepProver(found(this.#works, target), item)
      for (const { privateKey } of step.tokens ?? []) secrets.push(privateKey)
      return step
    },
    present: (target, item, secrets) => {
      const work = found(this.#works, target)
      recall(work, item)
      const options = { ...item.request, allowVariableTime: this.allowVariableTime }
      return withOpenings(presentToken(work.parameters, item.request.issued, options), secrets)
    },
    presentBegin: (target, item) => this.#beginPresentation(found(this.#works, target), item),
    presentFinish: (_, item, secrets) => withOpenings(this.#finishPresentation(item), secrets),
    close: (_, { prover, presentation }) => {
      if (prover !== undefined) this.#closeProver(prover)
      if (presentation !== undefined) this.#closePresentation(presentation)
    },
    verify: (target, request) =>
      verifyPresentation(found(this.#works, target).parameters, request.token, request.proof, request),
    verifyToken: (target, token) => verifyToken(found(this.#works, target).parameters, token),
  }

  #setUpParameters(setup: ParametersSetup): void {
    const known = this.#works.get(setup.id)
    const work = known instanceof Work ? known : new Work(this.#group(setup), setup)
    this.#works.set(setup.id, work)
    work.order(setup)
  }

  #group({ group: sent, allowLegacy }: ParametersSetup): Group {
    const description = receiveGroup(sent)
    const known = this.#groups.find((group) => group.matches(description))
    if (known !== undefined) return known
    const group = this.ownEngine.group(description, { allowLegacy })
    this.#groups.push(group)
    return group
  }

  #issuerOf({ parameters, y0, nonceKey }: IssuerSetup): IssuerWork {
    const work = found(this.#works, parameters)
    const { group } = work.parameters
    try {
      checkConstantTime(group, { allowVariableTime: this.allowVariableTime })
      return { work, key: y0 && new IssuerKey(group, group.scalars.from(y0)), nonceKey: copyOctets(nonceKey) }
    } finally {
      wipe(y0, nonceKey)
    }
  }

  /** sigma_a and sigma_b of new w, and in Revision 3 sigma_z. */
  #issue({ work: { parameters, gammas }, key, nonceKey }: IssuerWork, item: IssueItem): IssuedPart {
    const { gammaKey, x, xt, devicePublicKey, count, expected, unique } = item
    const gamma = gammas.use(gammaKey, { uses: count, expected }, () => {
      const hd = devicePublicKey && deviceElement(parameters, 'public-key', devicePublicKey)
      return computeGamma(parameters, { x, xt }, hd)
    })
    gamma.sigmaZ ??= key?.power(gamma.table)
    const { scalars } = parameters.group
    const source = nonces(scalars, {}, { purpose: 'w', secret: nonceKey, unique, context: [gamma.base] })
    const { w, sigmaA } = drawNonces(parameters, count, source)
    source.dispose()
    try {
      const sigmaB = gamma.table.exponentiateMany(w)
      return {
        gamma: gamma.base,
        sigmaZ: gamma.sigmaZ,
        w: concatOctets(w),
        sigmaA: concatOctets(sigmaA),
        sigmaB: concatOctets(sigmaB),
      }
    } finally {
      wipeAll(w)
    }
  }

  #stepProver(work: Work, { prover: id, begin, message1, sigmaR }: ProverItem): ProverStep {
    const open = begin === undefined ? this.#provers.get(id) : this.#beginProver(work, begin)
    if (open === undefined) throw new ProtocolError('issuance/out-of-order', 'this Prover is not open')
    this.#provers.set(id, open)
    const { prover, batch, expected } = open
    const { sigmaZ } = message1 ?? {}
    // The tables are built before the Prover needs them, so that it shares them.
    if (sigmaZ !== undefined) {
      const uses = { uses: 4 * prover.count, expected: 4 * expected, maxTableBytes: proverTableBytes }
      work.gammas.use(`${batch} sigma_z`, uses, () => memberOf(work.parameters, sigmaZ))
    }
    const sigmaC = message1 && prover.respond(message1).sigmaC
    if (sigmaR === undefined) return { gamma: prover.gamma, sigmaC, tokens: undefined }
    const tokens = prover.finish({ sigmaR })
    this.#closeProver(id)
    return { gamma: prover.gamma, sigmaC, tokens }
  }

  #beginProver({ parameters, gammas }: Work, { contents, batch, expected, blindings }: ProverBegin): OpenProver {
    const count = blindings.length / 3
    const uses = { uses: 5 * count, expected: 5 * expected, maxTableBytes: proverTableBytes }
    gammas.use(`${batch} gamma`, uses, () => computeGamma(parameters, contents.scalars, contents.hd))
    checkConstantTime(parameters.group, { allowVariableTime: this.allowVariableTime })
    // The Prover outlives the octets that the item came in.
    const prover = Prover.withBlindings(parameters, clone(contents), blindingsFrom(clone(blindings)))
    return { prover, batch, expected }
  }

  #closeProver(id: number): void {
    this.#provers.get(id)?.prover.dispose()
    this.#provers.delete(id)
  }

  #beginPresentation(work: Work, { presentation, commitment, ...received }: DevicePresentationBegin): DeviceChallenge {
    // The session outlives the octets that the item came in.
    const item = clone<PresentItem>(received)
    const { request } = item
    const { privateKey } = request.issued
    try {
      recall(work, item)
      const session = PresentationSession.begin(
        work.parameters,
        request.issued,
        { ...request, allowVariableTime: this.allowVariableTime },
        commitment,
      )
      this.#presentations.set(presentation, { session, privateKey })
      return known(session.deviceChallenge)
    } catch (error) {
      wipe(privateKey)
      throw error
    }
  }

  #finishPresentation({ presentation: id, rdPrime }: DevicePresentationFinish): Presentation {
    const open = this.#presentations.get(id)
    if (open === undefined) throw new ProtocolError('presentation/finished', 'this presentation was already finished')
    try {
      return open.session.finish(rdPrime)
    } finally {
      this.#closePresentation(id)
    }
  }

  #closePresentation(id: number): void {
    const open = this.#presentations.get(id)
    open?.session.dispose()
    wipe(open?.privateKey)
    this.#presentations.delete(id)
  }
}

function memberOf({ group }: IssuerParameters, sigmaZ: Uint8Array): Element {
  if (!group.isMember(sigmaZ)) throw new InvalidInputError('issuance/sigma-z', 'sigma_z is not in G_q, or is 1')
  return sigmaZ as Element
}

/** The target that was set up under an id; throws the error of the set-up. */
function found<T extends object>(entries: ReadonlyMap<number, T | Error>, id: number): T {
  const entry = entries.get(id)
  if (entry === undefined) throw new ProtocolError('issuer/disposed', 'the Issuer was used after dispose()')
  if (entry instanceof Error) throw entry
  return entry
}

/** Makes known to a presentation that its token was checked, and the table of its gamma. */
function recall({ parameters, gammas }: Work, { request: { issued }, x, gamma }: PresentItem): void {
  if (x !== undefined) rememberCertified(parameters.group, issued, x)
  if (gamma === undefined) return
  const { table } = gammas.use(gamma.name, { uses: 1, expected: 1 }, () => gamma.element)
  rememberGamma(issued, () => table)
}

function withOpenings(presentation: Presentation, secrets: Uint8Array[]): Presentation {
  for (const { x, opening } of presentation.openings) secrets.push(x, opening)
  return presentation
}
