import type { EngineOptions, Scalar } from '../../bindings/engine/engine.js'
import { InvalidInputError, UProveError } from '../../bindings/errors.js'
import { portable } from '../../bindings/loading/kernel-source.js'
import type { Device } from '../uprove/device/device.js'
import type { Issuer } from '../uprove/issuance/issuer.js'
import { attributesFrom, attributeScalars } from '../uprove/parameters/attributes.js'
import type { IssuerParameters } from '../uprove/parameters/parameters.js'
import type { VariableTimeOption } from '../uprove/parameters/policy.js'
import type { Presentation } from '../uprove/presentation/presentation.js'
import type { PresentationProof } from '../uprove/presentation/proof.js'
import type { Refusal } from '../uprove/token/refusal.js'
import type { IssuedToken, Token, TokenVerification } from '../uprove/token/token.js'
import type { VerificationOptions, VerifiedPresentation } from '../uprove/presentation/verification.js'
import type { PoolContext, PoolEvent } from './scheduling/context.js'
import type { Operation } from './scheduling/cost-model.js'
import { PoolError } from './errors.js'
import { describeTables, explain, type Explanation } from './scheduling/explain.js'
import { recallToken, rememberToken } from './parties/held-tokens.js'
import type {
  JobType,
  PoolPresentationOptions,
  PresentationRequest,
  PresentItem,
  VerificationRequest,
  WorkerEngine,
} from './wire/jobs.js'
import { type CallOptions, mapOrdered, settle, type Settled } from './queue/map-ordered.js'
import { ParametersTarget } from './scheduling/parameters-target.js'
import { PoolIssuer, type PoolIssuerOptions } from './parties/pool-issuer.js'
import { PoolProver, type PoolProverOptions } from './parties/pool-prover.js'
import { hasWorkers, spawnFrom, spawnInThread, usefulWorkers, type WorkerSource } from './worker/ports.js'
import { Scheduler } from './scheduling/scheduler.js'
import { Targets } from './scheduling/targets.js'

export interface PoolOptions extends VariableTimeOption {
  /**
   * The number of workers. Default: as many as the machine runs threads at once, in browsers half of what `navigator.hardwareConcurrency` says but
   * not less than 2, and at most 16. 0: the work is done in this thread.
   */
  readonly workers?: number
  /** The engine of each worker. By default the fastest that works there. */
  readonly engine?: EngineOptions
  /** The worker script, or a function that starts a worker. Default: the file `pool-worker.js` beside this one. */
  readonly worker?: WorkerSource
  /**
   * How far workers give way to other threads, 0 to 19, on Linux; ignored where `worker` is a function. With 5 a server's main thread answers
   * in time although every core computes. Default 0.
   */
  readonly niceness?: number
  /** Whether to work in this thread where workers cannot start. Default true. */
  readonly fallback?: boolean
  /** How many items may wait for workers before more are refused. Default 10,000. */
  readonly maxQueued?: number
  /**
   * For the tables of generators in all workers together, in bytes. Default 64 MiB. Beside them each worker keeps up to eight
   * tables of gammas at work for each Issuer, of at most 144 KiB, for a Prover 1 MiB.
   */
  readonly memoryBudget?: number
  /** How long a chunk of work should take, in ms. Default 20; in this thread 5. */
  readonly chunkMilliseconds?: number
  /** Hears what happens. By default `fallback` is written to the console, once. */
  readonly onEvent?: (event: PoolEvent) => void
}

/**
 * An item that could not be verified, because it does not have the shape of a token or proof. `error` is what a single call
 * rejects with.
 */
export interface VerificationFailure {
  readonly valid: false
  readonly code: string
  readonly error: Error
}

const mebibyte = 1 << 20

let hasWarned = false

/** Says once that there are no workers: a page would only notice that it is slow. */
function warnOfFallback(event: PoolEvent): void {
  if (event.type !== 'fallback' || hasWarned) return
  hasWarned = true
  console.warn(
    `uprove-wasm/pool works in this thread, since no worker started: ${event.reason}. What your bundler needs: docs/embedding.md, Tools`,
  )
}

/** The most workers that are started by default. */
const mostWorkers = 16

/**
 * A pool with its workers started. Each worker has an engine of its own and keeps its tables warm. An idle pool does not keep
 * a Node process alive.
 *
 * Rejects with `EngineError` if the workers cannot load the requested engine, `PoolError` (`pool/no-workers` without
 * `fallback`), `InvalidInputError` (`pool/options`).
 *
 * @example
 * ```ts
 * import { createEngine, Issuer } from 'uprove-wasm'
 * import { createPool } from 'uprove-wasm/pool'
 * import { L2048N256 } from 'uprove-wasm/params/L2048N256'
 *
 * const group = (await createEngine()).subgroup(L2048N256)
 * const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 1, recommended: L2048N256 })
 *
 * const pool = await createPool({ workers: 1 })
 * const session = await pool.issuer(issuer).begin({ attributes: ['citizen'], count: 100 })
 * console.log(session.message1.sigmaA.length) // 100
 * await pool.dispose()
 * ```
 */
export async function createPool(options: PoolOptions = {}): Promise<Pool> {
  const { workers = Math.min(mostWorkers, usefulWorkers()), fallback = true, worker } = options
  const { maxQueued = 10_000, memoryBudget = 64 * mebibyte, engine = {}, allowVariableTime = false } = options
  const { onEvent = warnOfFallback } = options
  requirePositive({ maxQueued, chunkMilliseconds: options.chunkMilliseconds ?? 1 })
  requireNatural({ workers, memoryBudget })
  const common = {
    engine: portable(engine),
    allowVariableTime,
    maxQueued,
    onLost: (reason: string, items: number) => onEvent({ type: 'worker-lost', reason, items }),
  }
  const inThread = (): Promise<Scheduler> =>
    Scheduler.start(spawnInThread, { ...common, workers: 1, chunkMilliseconds: options.chunkMilliseconds ?? 5 })
  const start = async (): Promise<[Scheduler, boolean]> => {
    if (workers === 0) return [await inThread(), true]
    try {
      if (!hasWorkers() && typeof worker !== 'function')
        throw new PoolError('pool/no-workers', 'this platform has no workers')
      const chunkMilliseconds = options.chunkMilliseconds ?? 20
      return [
        await Scheduler.start(spawnFrom(worker, options.niceness), { ...common, workers, chunkMilliseconds }),
        false,
      ]
    } catch (error) {
      // If a worker cannot load the engine, neither can this thread.
      if (error instanceof UProveError && !(error instanceof PoolError)) throw error
      const reason = error instanceof Error ? error.message : 'no worker started'
      if (!fallback) throw new PoolError('pool/no-workers', reason, { cause: error })
      onEvent({ type: 'fallback', reason })
      return [await inThread(), true]
    }
  }
  const [scheduler, isInThread] = await start()
  return new Pool(scheduler, await scheduler.engine(), isInThread, memoryBudget, onEvent)
}

/**
 * The protocols on several cores. `issuer.begin()`, `Prover.begin()`, `presentToken()` and `verifyPresentation()` are
 * asynchronous here and run in the workers. Errors have the same classes and codes as in the single-threaded functions.
 *
 * Results of lists and streams come in order and item by item. The queue of a pool is bounded: calls beyond it reject with
 * `PoolError` (`pool/overloaded`), and streams wait, reading no more of their source.
 *
 * A worker that fails is replaced, and its work is done again: verifications and presentations, since no result left it;
 * parts of an Issuer's batch, with a new w (see `PoolIssuer`); a Prover's steps (see `PoolProver`). A presentation with a
 * Device is not repeated, since the Device would have to answer twice. An item whose worker is lost twice is given up with
 * `PoolError` (`pool/worker-lost`).
 */
export class Pool {
  readonly #context: PoolContext
  readonly #issuers = new Set<PoolIssuer>()

  /** @internal */
  constructor(
    private readonly scheduler: Scheduler,
    /** The engine of the workers. */
    readonly engine: WorkerEngine,
    /** Whether the work is done in this thread. */
    readonly inThread: boolean,
    memoryBudget: number,
    onEvent: (event: PoolEvent) => void,
  ) {
    let ids = 0
    const nextId = (): number => ids++
    const onPlan = ({ plan }: ParametersTarget): void => {
      targets.trim()
      onEvent({ type: 'plan', text: describeTables(plan.tables).join('\n') })
    }
    const targets = new Targets(
      (parameters) => new ParametersTarget(nextId(), parameters, { workers: this.size, engine, memoryBudget, onPlan }),
      (target) => void scheduler.forget(target),
      memoryBudget / this.size,
    )
    this.#context = {
      scheduler,
      onEvent,
      nextId,
      targetOf: (parameters) => targets.of(parameters),
    }
  }

  /** How many workers there are; 1 in this thread. */
  get size(): number {
    return this.scheduler.size
  }

  /**
   * An Issuer on this pool, with a copy of the private key of `issuer`: dispose of both.
   *
   * Throws `InvalidInputError` (`issuance/policy`), `ProtocolError` (`issuer/disposed`).
   */
  issuer(issuer: Issuer, options: PoolIssuerOptions = {}): PoolIssuer {
    const made = new PoolIssuer(this.#context, issuer, options, () => this.#issuers.delete(made))
    this.#issuers.add(made)
    return made
  }

  /**
   * Begins to obtain a batch of tokens, like `Prover.begin()`. Section 5.
   *
   * Rejects like that, and with `PoolError` (`pool/...`) or the reason of the signal.
   */
  async beginProver(
    parameters: IssuerParameters,
    options: PoolProverOptions,
    call: CallOptions = {},
  ): Promise<PoolProver> {
    return this.scheduler.call(() => PoolProver.begin(this.#context, parameters, options, call))
  }

  /**
   * Presents a token, like `presentToken()`. Section 7. A Device answers in this thread.
   *
   * Rejects like that, and with `PoolError` (`pool/...`) or the reason of the signal.
   */
  async presentToken(
    parameters: IssuerParameters,
    issued: IssuedToken,
    options: PoolPresentationOptions,
    { signal }: CallOptions = {},
  ): Promise<Presentation> {
    this.scheduler.admit()
    return this.#present(parameters, { ...options, issued }, signal)
  }

  /** Presents tokens. A presentation that fails gives an error in its place. */
  presentTokens(
    parameters: IssuerParameters,
    requests: Iterable<PresentationRequest> | AsyncIterable<PresentationRequest>,
    call: CallOptions = {},
  ): AsyncGenerator<Settled<Presentation>, void, undefined> {
    return this.#map('present', parameters, requests, call, (request, stop) =>
      settle(this.#present(parameters, request, stop), stop),
    )
  }

  /**
   * Verifies a token and a presentation of it, like `verifyPresentation()`. Sections 6 and 7.
   *
   * Rejects as that throws, and with `PoolError` (`pool/...`) or the reason of the signal.
   */
  async verifyPresentation(
    parameters: IssuerParameters,
    token: Token,
    proof: PresentationProof,
    options: VerificationOptions,
    { signal }: CallOptions = {},
  ): Promise<VerifiedPresentation | Refusal> {
    this.scheduler.admit()
    return this.#verify(parameters, { ...options, token, proof }, signal)
  }

  /**
   * Verifies presentations. They share the tables of the parameters and nothing else: each h and sigma_z' is tested for
   * membership by itself, and each signature by its own hash. So each result depends on its item alone.
   */
  verifyPresentations(
    parameters: IssuerParameters,
    requests: Iterable<VerificationRequest> | AsyncIterable<VerificationRequest>,
    call: CallOptions = {},
  ): AsyncGenerator<VerifiedPresentation | Refusal | VerificationFailure, void, undefined> {
    return this.#map('verify', parameters, requests, call, async (request, stop) => {
      const { value, error } = await settle(this.#verify(parameters, request, stop), stop)
      if (error === undefined) return value
      return { valid: false, code: error instanceof UProveError ? error.code : 'presentation/malformed', error }
    })
  }

  /** Verifies a token by itself, like `verifyToken()`. Section 6. Rejects like `verifyPresentation()` here. */
  async verifyToken(
    parameters: IssuerParameters,
    token: Token,
    { signal }: CallOptions = {},
  ): Promise<TokenVerification> {
    this.scheduler.admit()
    return this.#with('verify', parameters, async (target) => {
      return (await this.scheduler.submit('verifyToken', target, token, { signal })).value
    })
  }

  /**
   * Announces work to the workers, so that they build the tables for it now.
   *
   * Throws `InvalidInputError` (`pool/options`) for counts that are not positive integers.
   */
  warmUp(parameters: IssuerParameters, workload: Partial<Record<Operation, number>>): void {
    requirePositive(workload)
    const target = this.#context.targetOf(parameters)
    for (const [operation, count] of Object.entries(workload)) target.expect(operation as Operation, count)
    this.scheduler.introduce(target)
  }

  /**
   * How this pool would do an operation for a number of tokens: workers, chunks, tables and time. It is based on measurements
   * so far and on a model that minimises the total time within the memory budget.
   *
   * Throws `InvalidInputError` (`pool/options`) for a count that is not a positive integer.
   */
  explain(parameters: IssuerParameters, operation: Operation, count: number): Explanation {
    requirePositive({ count })
    return explain(this.scheduler, this.#context.targetOf(parameters), operation, count)
  }

  /** Ends all work with `PoolError` (`pool/disposed`), wipes all secrets here and in the workers, and ends the workers. */
  async dispose(): Promise<void> {
    const issuers = [...this.#issuers].map((issuer) => issuer.dispose())
    await Promise.all([...issuers, this.scheduler.dispose()])
  }

  /** Works on a token. Until that is done the workers keep its Issuer parameters. */
  async #with<T>(
    operation: Operation,
    parameters: IssuerParameters,
    work: (target: ParametersTarget) => Promise<T>,
  ): Promise<T> {
    const target = this.#context.targetOf(parameters)
    target.pins++
    try {
      target.expect(operation, 1)
      return await work(target)
    } finally {
      target.pins--
    }
  }

  #map<I, O>(
    job: JobType,
    parameters: IssuerParameters,
    source: Iterable<I> | AsyncIterable<I>,
    { signal }: CallOptions,
    apply: (item: I, stop: AbortSignal) => Promise<O>,
  ): AsyncGenerator<O, void, undefined> {
    const { scheduler } = this
    const target = this.#context.targetOf(parameters)
    return mapOrdered(source, apply, {
      capacity: () => scheduler.capacity(job, target),
      room: (stop) => scheduler.room(stop),
      signal,
    })
  }

  #verify(
    parameters: IssuerParameters,
    request: VerificationRequest,
    signal: AbortSignal | undefined,
  ): Promise<VerifiedPresentation | Refusal> {
    return this.#with('verify', parameters, async (target) => {
      return (await this.scheduler.submit('verify', target, request, { signal })).value
    })
  }

  async #present(
    parameters: IssuerParameters,
    request: PresentationRequest,
    signal: AbortSignal | undefined,
  ): Promise<Presentation> {
    const { issued, device } = request
    const { x, gamma } = recallToken(parameters, issued)
    const item = { request, x, gamma }
    const presentation = await this.#with('present', parameters, async (target) =>
      device === undefined
        ? (await this.scheduler.submit('present', target, item, { signal })).value
        : this.#presentWithDevice(target, item, device, signal),
    )
    if (x === undefined) rememberToken(parameters, issued, scalarsOf(parameters, request))
    return presentation
  }

  async #presentWithDevice(
    target: ParametersTarget,
    { request, ...known }: PresentItem,
    device: Device,
    signal: AbortSignal | undefined,
  ): Promise<Presentation> {
    const { pseudonym } = request
    const session = device.begin(pseudonym?.source === 'device' ? pseudonym.scope : undefined)
    const presentation = this.#context.nextId()
    try {
      const commitment = { ad: session.ad, pseudonym: session.pseudonym }
      // If this worker is lost, the presentation is lost: a Device answers once.
      const { value: challenge, by } = await this.scheduler.submit(
        'presentBegin',
        target,
        { ...known, request: { ...request, device: undefined }, presentation, commitment },
        { signal },
      )
      const finish = { presentation, rdPrime: session.respond(challenge) }
      return (await this.scheduler.submit('presentFinish', target, finish, { signal, on: by })).value
    } catch (error) {
      this.scheduler.close(target, { presentation })
      throw error
    } finally {
      session.dispose()
    }
  }
}

/** The (x_1, ..., x_n) that a request presents. */
function scalarsOf(parameters: IssuerParameters, { attributes }: PresentationRequest): Scalar[] {
  return attributeScalars(parameters, attributesFrom(parameters, attributes))
}

function requirePositive(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isInteger(value) || value < 1) throw optionError(name, 'a positive integer')
  }
}

function requireNatural(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isInteger(value) || value < 0) throw optionError(name, 'an integer of 0 or more')
  }
}

function optionError(name: string, wanted: string): InvalidInputError {
  return new InvalidInputError('pool/options', `${name} must be ${wanted}`)
}
