import { abortReason } from '../../../bindings/octets/platform.js'
import type { Element } from '../../../bindings/engine/engine.js'
import { itemAt, known } from '../../../bindings/octets/lists.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { ProtocolError } from '../../uprove/errors.js'
import {
  checkBatchSize,
  checkMessageLength,
  elementsFrom,
  messageFrom,
  scalarsFrom,
  type IssuanceMessage1,
  type IssuanceMessage2,
  type IssuanceMessage3,
} from '../../uprove/issuance/messages.js'
import { wipeAll } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { blindingNonces, type ProverOptions } from '../../uprove/issuance/prover.js'
import { proverContents, type ProverContents } from '../../uprove/parameters/contents.js'
import type { IssuedToken } from '../../uprove/token/token.js'
import { onAbort } from '../queue/signal.js'
import { clone } from '../wire/transfer-message.js'
import type { PoolContext } from '../scheduling/context.js'
import { PoolError } from '../errors.js'
import { checkBatch, type Identified, type Received } from './issuer-session.js'
import { randomId } from '../../../bindings/octets/random.js'
import type { ProverBegin, ProverItem, ProverStep } from '../wire/jobs.js'
import { type CallOptions, mapOrdered } from '../queue/map-ordered.js'
import type { WorkerHandle } from '../scheduling/worker-handle.js'
import type { ParametersTarget } from '../scheduling/parameters-target.js'
import { rememberToken } from './held-tokens.js'

/** A batch to obtain. */
export type PoolProverOptions = Omit<ProverOptions, 'random' | 'knownAnswer' | 'allowVariableTime'>

/** The most tokens that one worker has in one piece. */
const largestPart = 512

/** Some tokens of a batch, which one worker computes. */
interface Part {
  readonly id: number
  readonly first: number
  readonly count: number
  readonly begin: ProverBegin
  /** The worker that has it. Undefined if that is not known, or the worker is gone. */
  home: WorkerHandle | undefined
  /** Whether a worker may hold its secrets. */
  open: boolean
}

/**
 * A Prover's side of one exchange, computed by the workers of a pool like `Prover`'s. Made by `pool.beginProver()`.
 *
 * The blindings are drawn and kept here, so that another worker can take over from a lost one: blindings and messages
 * determine all that a Prover sends, so nothing is answered twice in different ways. At the end they are wiped, here and in
 * the workers.
 */
export class PoolProver {
  readonly #parts: readonly Part[]
  #message1: IssuanceMessage1<Uint8Array> | undefined
  readonly #target: ParametersTarget
  /** Names gamma, here and in the workers. */
  readonly #name: string
  readonly #contents: ProverContents
  /** Ends the running calls. */
  readonly #stop = new AbortController()
  #batch: string | undefined
  #gamma: Element | undefined
  #step: 'begun' | 'answered' | 'busy' | 'closed' = 'busy'

  private constructor(
    private readonly context: PoolContext,
    private readonly parameters: IssuerParameters,
    /** Number of tokens. */
    readonly count: number,
    begin: Omit<ProverBegin, 'blindings' | 'expected'>,
    seed: Pick<ProverOptions, 'walletSeed'>,
  ) {
    this.#name = begin.batch
    this.#contents = begin.contents
    this.#target = context.targetOf(parameters)
    this.#target.pins++
    const { scheduler } = context
    // As few parts as keep all workers busy: tables, and the check of values in random subsets, cost as much for a small part as for a large one.
    const size = Math.min(largestPart, Math.ceil(count / scheduler.size))
    const expected = Math.ceil(count / Math.min(scheduler.size, Math.ceil(count / size)))
    const source = blindingNonces(parameters, begin.contents, seed)
    this.#parts = Array.from({ length: Math.ceil(count / size) }, (_, i): Part => {
      const [first, length] = [i * size, Math.min(size, count - i * size)]
      const blindings = Array.from({ length: 3 * length }, () => source.next())
      return {
        id: context.nextId(),
        first,
        count: length,
        begin: { ...begin, expected, blindings },
        home: undefined,
        open: false,
      }
    })
    source.dispose()
  }

  /** @internal */
  static async begin(
    context: PoolContext,
    parameters: IssuerParameters,
    options: PoolProverOptions,
    { signal }: CallOptions,
  ): Promise<PoolProver> {
    const { count = 1, walletSeed, ...rest } = options
    checkBatchSize(count)
    const contents = proverContents(parameters, rest)
    const prover = new PoolProver(context, parameters, count, { contents, batch: randomId() }, { walletSeed })
    prover.#target.expect('obtain', count)
    const steps = await prover.#run((part) => prover.#submit(part, {}), signal)
    prover.#gamma = itemAt(steps, 0).gamma
    prover.#step = 'begun'
    return prover
  }

  get gamma(): Element {
    return known(this.#gamma)
  }

  /**
   * Answers the first message with the second, like `Prover.respond()`. Section 5.
   *
   * Rejects like that, and with `PoolError` (`pool/...`) or the reason of the signal, which close the exchange.
   */
  async respond(
    message1: Received<IssuanceMessage1<Uint8Array>>,
    { signal }: CallOptions = {},
  ): Promise<IssuanceMessage2 & Partial<Identified>> {
    this.#expect('begun')
    const { sigmaZ, sigmaA, sigmaB, batch } = messageFrom(message1)
    const checked = (values: readonly Uint8Array[]): Element[] => {
      const elements = elementsFrom(this.parameters.group, values)
      checkMessageLength(elements.length, this.count)
      return elements
    }
    const copy = { sigmaZ: clone(sigmaZ), sigmaA: checked(sigmaA), sigmaB: checked(sigmaB) }
    // Checked again, since a getter on the message may have answered it.
    this.#expect('begun')
    this.#message1 = copy
    const steps = await this.#run((part) => this.#advance(part, { message1: this.#message1Of(part) }), signal)
    this.#batch = batch
    this.#step = 'answered'
    return {
      sigmaC: steps.flatMap(({ sigmaC }) => known(sigmaC)),
      batch,
    }
  }

  /**
   * Makes the tokens from the third message, like `Prover.finish()`: if one does not verify, none is accepted.
   *
   * Rejects like that, and with `ProtocolError` (`issuance/other-batch`), `PoolError` (`pool/...`) or the reason of the signal.
   */
  async finish(message3: Received<IssuanceMessage3<Uint8Array>>, { signal }: CallOptions = {}): Promise<IssuedToken[]> {
    this.#expect('answered')
    const { batch, sigmaR: received } = messageFrom(message3)
    checkBatch({ batch }, this.#batch)
    const sigmaR = scalarsFrom(this.parameters.group, received)
    checkMessageLength(sigmaR.length, this.count)
    // Checked again, since a getter on the message may have finished it.
    this.#expect('answered')
    const steps = await this.#run(
      (part) => this.#advance(part, { sigmaR: sigmaR.slice(part.first, part.first + part.count) }),
      signal,
    )
    this.dispose()
    const tokens = steps.flatMap((step) => known(step.tokens))
    const gamma = { name: this.#name, element: this.gamma }
    const { x } = this.#contents.scalars
    for (const token of tokens) rememberToken(this.parameters, token, x, gamma)
    return tokens
  }

  /** Wipes the secrets, here and in the workers. An open exchange cannot be finished any more. */
  dispose(): void {
    if (this.#step === 'closed') return
    this.#step = 'closed'
    this.#target.pins--
    // First, so that no wiped value is sent.
    this.#stop.abort(new ProtocolError('issuance/out-of-order', 'the exchange was closed'))
    const { scheduler } = this.context
    for (const { id, home, open, begin } of this.#parts) {
      wipeAll(begin.blindings)
      if (open) scheduler.close(this.#target, { prover: id }, home)
    }
  }

  #expect(step: 'begun' | 'answered'): void {
    if (this.#step !== step) {
      throw new ProtocolError('issuance/out-of-order', `the exchange is ${this.#step}, not ${step}`)
    }
  }

  /**
   * A step of all parts. What fails closes the exchange, except for a message that is refused: all parts refuse it, and are as
   * they were.
   */
  async #run(step: (part: Part) => Promise<ProverStep>, signal: AbortSignal | undefined): Promise<ProverStep[]> {
    const before = this.#step
    this.#step = 'busy'
    const { scheduler } = this.context
    const steps: ProverStep[] = []
    let removeListener = (): void => undefined
    try {
      removeListener = onAbort(signal, () => this.#stop.abort(signal && abortReason(signal)))
      const results = mapOrdered(this.#parts, step, {
        capacity: () => scheduler.capacity('prover', this.#target),
        weight: ({ count }) => count,
        room: (stop) => scheduler.room(stop),
        signal: this.#stop.signal,
        discard: wipeTokens,
      })
      for await (const result of results) steps.push(result)
      return steps
    } catch (error) {
      steps.forEach(wipeTokens)
      if (before === 'begun' && error instanceof InvalidInputError) this.#step = before
      else this.dispose()
      throw error
    } finally {
      removeListener()
    }
  }

  /** A step of a part, in its worker. If that worker is lost, another one does all steps up to this one. */
  async #advance(part: Part, step: Pick<ProverItem, 'message1' | 'sigmaR'>): Promise<ProverStep> {
    if (part.home?.working === true) {
      try {
        return await this.#submit(part, step)
      } catch (error) {
        if (!(error instanceof PoolError && error.code === 'pool/worker-lost')) throw error
      }
    }
    part.home = undefined
    return this.#submit(part, { message1: this.#message1Of(part), ...step })
  }

  async #submit(part: Part, step: Pick<ProverItem, 'message1' | 'sigmaR'>): Promise<ProverStep> {
    const { id, count, home, first } = part
    const item = { ...step, prover: id, begin: home === undefined ? part.begin : undefined }
    const options = { weight: count, on: home, signal: this.#stop.signal }
    part.open = true
    try {
      const { value, by } = await this.context.scheduler.submit('prover', this.#target, item, options)
      part.home = by
      part.open = value.tokens === undefined
      return value
    } catch (error) {
      if (!(error instanceof ProtocolError) || this.#parts.length === 1) throw error
      throw new ProtocolError(error.code, `of tokens ${first + 1} to ${first + count}: ${error.message}`)
    }
  }

  #message1Of({ first, count }: Part): IssuanceMessage1<Uint8Array> | undefined {
    if (this.#message1 === undefined) return undefined
    const { sigmaZ, sigmaA, sigmaB } = this.#message1
    const own = (values: readonly Uint8Array[]): readonly Uint8Array[] => values.slice(first, first + count)
    return { sigmaZ, sigmaA: own(sigmaA), sigmaB: own(sigmaB) }
  }
}

function wipeTokens({ tokens }: ProverStep): void {
  wipeAll((tokens ?? []).map(({ privateKey }) => privateKey))
}
