import { throwIfAborted } from '../../../bindings/octets/platform.js'
import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { contentScalars } from '../../uprove/parameters/contents.js'
import { ProtocolError } from '../../uprove/errors.js'
import { checkDistinct } from '../../uprove/parameters/precomputation.js'
import { randomId } from '../../../bindings/octets/random.js'
import { IssuerKey } from '../../uprove/parameters/issuer-key.js'
import { exchangeOf, isOpen, respondToMessage2, writeState, type ExchangeName } from '../../uprove/issuance/exchange.js'
import type { Issuer, IssueOptions } from '../../uprove/issuance/issuer.js'
import {
  checkMessageLength,
  messageFrom,
  scalarsFrom,
  type IssuanceMessage2,
  type IssuanceMessage3,
} from '../../uprove/issuance/messages.js'
import { splitOctets, wipe, wipeAll } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { pack, type TransferMessage } from '../wire/transfer-message.js'
import type { PoolContext } from '../scheduling/context.js'
import { IssuancePolicy, type IssuancePolicyOptions } from './issuance-policy.js'
import {
  checkBatch,
  PoolIssuerSession,
  type Identified,
  type PoolExchange,
  type Received,
  type SessionOwner,
} from './issuer-session.js'
import type { IssueItem, Setup } from '../wire/jobs.js'
import { type CallOptions, mapOrdered, settle, type Settled } from '../queue/map-ordered.js'
import type { Target } from '../scheduling/worker-handle.js'
import { gammaKey } from './open-tokens.js'
import type { ParametersTarget } from '../scheduling/parameters-target.js'
import type { SubmitOptions } from '../scheduling/scheduler.js'
import { NoncePool, type Nonces, type IssueContents } from './nonce-pool.js'

/** A batch to issue. */
export interface PoolIssueOptions extends Omit<IssueOptions, 'precomputation' | 'random' | 'knownAnswer' | 'unique'> {
  /** The account that asks: its open exchanges and tokens count together. Leave it out where there are no accounts. */
  readonly account?: string
}

export interface PoolIssuerOptions extends IssuancePolicyOptions {
  /** How many tokens may be precomputed, for all attributes together: about 600 bytes each. Default 10,000. */
  readonly maxPrecomputed?: number
}

/** Precomputation for some attributes. */
export interface Precomputed {
  /** The number of tokens that are ready. */
  readonly ready: number
  /** Resolves when all the requested tokens are ready, or precomputation stopped. */
  filled(): Promise<void>
  /** Wipes it. */
  dispose(): void
}

/**
 * An Issuer whose batches are computed by the workers of a pool. Made by `pool.issuer()`.
 *
 * The worker that computes sigma_a and sigma_b draws the w and moves it to this thread with them (transferred, so no copy
 * stays there). Here each w answers one message and is wiped before the answer leaves. If a worker is lost with a chunk,
 * nothing of that chunk was sent to a Prover, and it is computed again with new w; so a failure never makes a w answer twice.
 * In Revision 3 y_0 is sent to each worker once, to compute sigma_z, and `dispose()` wipes it there. A worker that is killed
 * cannot wipe what it holds.
 */
export class PoolIssuer implements SessionOwner, Target {
  readonly id: number
  readonly version = 0
  readonly requires: ParametersTarget
  readonly #key: IssuerKey
  readonly #policy: IssuancePolicy
  readonly #maxPrecomputed: number
  readonly #sessions = new Map<string, PoolIssuerSession>()
  readonly #noncePools = new Map<string, NoncePool>()
  /** Takes the place of an exchange's number where w are computed ahead. */
  readonly #ahead = randomId()
  #disposed = false

  /** @internal */
  constructor(
    private readonly context: PoolContext,
    issuer: Issuer,
    options: PoolIssuerOptions,
    private readonly onDispose: () => void,
  ) {
    const { parameters } = issuer
    this.id = context.nextId()
    this.requires = context.targetOf(parameters)
    this.#policy = new IssuancePolicy(options)
    this.#maxPrecomputed = options.maxPrecomputed ?? 10_000
    this.#key = new IssuerKey(parameters.group, issuer.exportPrivateKey())
    this.requires.pins++
  }

  get parameters(): IssuerParameters {
    return this.requires.parameters
  }

  /** The number of exchanges that wait for their second message. */
  get open(): number {
    return this.#sessions.size
  }

  /** @internal */
  setup(): TransferMessage<Setup> {
    const y0 = this.parameters.rules.issuerSendsSigmaZ ? this.#key.export() : undefined
    const nonceKey = this.#key.nonceKey()
    try {
      return pack<Setup>({ kind: 'issuer', id: this.id, parameters: this.requires.id, y0, nonceKey })
    } finally {
      wipe(y0, nonceKey)
    }
  }

  /** @internal */
  estimate(): number {
    return this.requires.estimate('issue')
  }

  /**
   * Begins to issue a batch of tokens that share attributes and TI, like `Issuer.begin()`. Section 5.
   *
   * Rejects like that, and with `InvalidInputError` (`issuance/sequential`), `ProtocolError` (`issuance/too-many-open`,
   * `issuer/disposed`), `PoolError` (`pool/...`), or the reason of the signal.
   */
  async begin(options: PoolIssueOptions, { signal }: CallOptions = {}): Promise<PoolIssuerSession> {
    return this.#enter(await this.beginExchange(options, { signal }))
  }

  /**
   * Begins exchange after exchange, several at once; sessions come in the order of the requests. Requests are read only as
   * fast as sessions are taken. A request that fails gives an error in its place.
   */
  beginAll(
    requests: Iterable<PoolIssueOptions> | AsyncIterable<PoolIssueOptions>,
    { signal }: CallOptions = {},
  ): AsyncGenerator<Settled<PoolIssuerSession>, void, undefined> {
    const { scheduler } = this.context
    return mapOrdered(requests, (request, stop) => settle(this.#beginSession(request, stop), stop), {
      capacity: () => scheduler.capacity('issue', this),
      weight: tokensOf,
      room: (stop) => scheduler.room(stop),
      signal,
      discard: ({ value }) => void value?.dispose(),
    })
  }

  /**
   * Answers a second message that names its exchange. See `PoolIssuerSession.respond()`.
   *
   * Rejects like that, and with `ProtocolError` (`issuance/unknown-batch`) if no open exchange of this object has its name.
   */
  async respond(message2: IssuanceMessage2<Uint8Array> & Identified): Promise<IssuanceMessage3 & Identified> {
    const session = this.#sessions.get(message2.batch)
    if (session === undefined) {
      throw new ProtocolError('issuance/unknown-batch', 'the exchange is not open here: answered, expired or unknown')
    }
    return session.respond(message2)
  }

  /**
   * Lets idle workers compute w, sigma_a and sigma_b for up to `count` tokens with known attributes and TI, which `begin()`
   * then uses and idle workers replace. `dispose()` wipes them.
   *
   * Throws `InvalidInputError` (`issuance/count`, `issuance/precomputed` beyond `maxPrecomputed`; `attribute/...`).
   */
  precompute(options: PoolIssueOptions): Precomputed {
    this.#checkUsable()
    const { count = 1 } = options
    if (!Number.isInteger(count) || count < 1) {
      throw new InvalidInputError('issuance/count', 'precompute a positive number of tokens')
    }
    const contents = this.#contents(options)
    const others = [...this.#noncePools].filter(([key]) => key !== contents.gammaKey)
    if (others.reduce((sum, [, { capacity }]) => sum + capacity, count) > this.#maxPrecomputed) {
      throw new InvalidInputError('issuance/precomputed', `at most ${this.#maxPrecomputed} tokens may be precomputed`)
    }
    this.requires.expect('issue', count)
    this.#noncePools.get(contents.gammaKey)?.dispose()
    const compute = (known: IssueContents, portion: number): Promise<Nonces> =>
      this.#compute({ ...known, count: portion, expected: count }, this.#ahead, { idle: true })
    const noncePool = new NoncePool(contents, count, compute, (error) => {
      if (!this.#disposed) this.context.onEvent({ type: 'precomputation-failed', error })
    })
    this.#noncePools.set(contents.gammaKey, noncePool)
    return {
      get ready() {
        return noncePool.ready
      },
      filled: () => noncePool.filled(),
      dispose: () => {
        noncePool.dispose()
        if (this.#noncePools.get(contents.gammaKey) === noncePool) this.#noncePools.delete(contents.gammaKey)
      },
    }
  }

  /**
   * @internal Begins an exchange whose state the caller keeps; its tokens count as open until `respondTo()`, `abandon()`, or
   * its deadline. Rejects like `begin()`.
   */
  async beginExchange(options: PoolIssueOptions, { signal }: CallOptions = {}): Promise<PoolExchange> {
    return this.context.scheduler.call(() => this.#begin(options, signal))
  }

  /**
   * @internal Answers with a state, in this thread. A refused message leaves the state as it was. Rejects like
   * `PoolIssuerSession.respond()`.
   */
  async respondTo(
    state: Uint8Array,
    message2: Received<IssuanceMessage2<Uint8Array>>,
  ): Promise<IssuanceMessage3 & Identified> {
    const { parameters } = this
    const { batch, sigmaC: received } = messageFrom(message2)
    const sigmaC = scalarsFrom(parameters.group, received)
    const name = exchangeOf(parameters, state)
    checkBatch({ batch }, name.id)
    checkMessageLength(sigmaC.length, name.count)
    this.#checkUsable()
    if (Date.now() >= name.deadline) {
      await this.abandon(state)
      throw new ProtocolError('issuance/expired', 'the exchange has expired: begin a new exchange')
    }
    try {
      await this.#policy.answer(name)
    } catch (error) {
      // Another exchange has its place now.
      if (error instanceof ProtocolError) wipe(state)
      throw error
    }
    return { ...respondToMessage2(parameters, this.#key, state, { sigmaC }), batch: name.id }
  }

  /** @internal Wipes a state that will not be answered. */
  async abandon(state: Uint8Array): Promise<void> {
    if (!isOpen(state)) return
    const name = exchangeOf(this.parameters, state)
    wipe(state)
    await this.#closeCount(name)
  }

  /** Wipes y_0, here and in the workers, open exchanges, and precomputed values. */
  async dispose(): Promise<void> {
    if (this.#disposed) return
    this.#disposed = true
    this.requires.pins--
    this.onDispose()
    for (const noncePool of this.#noncePools.values()) noncePool.dispose()
    this.#noncePools.clear()
    this.#key.dispose()
    const sessions = [...this.#sessions.values()].map((session) => session.dispose())
    await Promise.all([...sessions, this.context.scheduler.forget(this)])
  }

  /** @internal */
  closed(session: PoolIssuerSession): void {
    this.#sessions.delete(session.batch)
  }

  async #beginSession(options: PoolIssueOptions, signal: AbortSignal): Promise<PoolIssuerSession> {
    return this.#enter(await this.#begin(options, signal))
  }

  async #begin(options: PoolIssueOptions, signal: AbortSignal | undefined): Promise<PoolExchange> {
    const { count = 1, account, ...contents } = options
    this.#checkUsable()
    this.#policy.checkCount(count)
    const known = this.#contents(contents)
    throwIfAborted(signal)
    const name = await this.#policy.open(known.gammaKey, count, account)
    const parts: Nonces[] = []
    try {
      const ready = this.#noncePools.get(known.gammaKey)?.take(count)
      if (ready !== undefined) parts.push(ready)
      await this.#issue(known, count - (ready?.w.length ?? 0), name.serial, parts, signal)
      this.#checkUsable()
      return this.#exchange(name, parts)
    } catch (error) {
      await this.#closeCount(name)
      throw error
    } finally {
      for (const { w } of parts) wipeAll(w)
    }
  }

  /** Stops counting an exchange. If that fails, its entry expires by itself. */
  async #closeCount(name: ExchangeName): Promise<void> {
    try {
      await this.#policy.close(name)
    } catch (error) {
      this.context.onEvent({ type: 'open-tokens-failed', error })
    }
  }

  /** Has workers compute `count` tokens, in parts that are added to `parts` in order. */
  async #issue(
    contents: IssueContents,
    count: number,
    serial: string,
    parts: Nonces[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (count === 0) return
    const { scheduler } = this.context
    this.requires.expect('issue', count)
    const expected = Math.ceil(count / Math.min(scheduler.size, Math.ceil(count / this.#portion(count)))) + 1
    const compute = (portion: number, stop: AbortSignal | undefined): Promise<Nonces> =>
      this.#compute({ ...contents, count: portion, expected }, serial, { signal: stop })
    if (this.#portion(count) === count) {
      parts.push(await compute(count, signal))
      return
    }
    const results = mapOrdered(this.#portions(count), compute, {
      capacity: () => scheduler.capacity('issue', this),
      weight: (portion) => portion,
      room: (stop) => scheduler.room(stop),
      signal,
      discard: ({ w }) => wipeAll(w),
    })
    for await (const part of results) parts.push(part)
  }

  async #compute(item: Omit<IssueItem, 'unique'>, serial: string, options: SubmitOptions): Promise<Nonces> {
    const { elementLength, scalarLength } = this.parameters.group
    const unique = `${serial}/${this.context.nextId()}`
    const { value } = await this.context.scheduler.submit(
      'issue',
      this,
      { ...item, unique },
      {
        ...options,
        weight: item.count,
      },
    )
    try {
      const { gamma, sigmaZ, w, sigmaA, sigmaB } = value
      const elements = (column: Uint8Array): Element[] => splitOctets(column, elementLength)
      return {
        gamma,
        sigmaZ,
        w: splitOctets<Scalar>(w, scalarLength),
        sigmaA: elements(sigmaA),
        sigmaB: elements(sigmaB),
      }
    } finally {
      wipe(value.w)
    }
  }

  /** How many tokens of a batch go to a worker at a time. */
  #portion(count: number): number {
    const { scheduler } = this.context
    const most = scheduler.chunkWeight('issue', this)
    const fair = Math.ceil(count / (2 * scheduler.size))
    return Math.min(count, Math.max(1, Math.ceil(most / 8), Math.min(most, fair)))
  }

  *#portions(count: number): Generator<number> {
    for (let rest = count; rest > 0;) {
      const portion = this.#portion(rest)
      rest -= portion
      yield portion
    }
  }

  #exchange(name: ExchangeName, parts: readonly Nonces[]): PoolExchange {
    const { gamma, sigmaZ } = itemAt(parts, 0)
    const message1 = {
      sigmaZ,
      sigmaA: parts.flatMap(({ sigmaA }): readonly Element[] => sigmaA),
      sigmaB: parts.flatMap(({ sigmaB }): readonly Element[] => sigmaB),
      batch: name.id,
    }
    // Each worker has checked its own part.
    checkDistinct(message1.sigmaA)
    const w = parts.flatMap((part): readonly Scalar[] => part.w)
    return { message1, gamma, name, state: writeState(this.parameters, w, name) }
  }

  /** A session that has an exchange, found by its name while it is open. */
  #enter(exchange: PoolExchange): PoolIssuerSession {
    const session = new PoolIssuerSession(this, exchange)
    this.#sessions.set(session.batch, session)
    return session
  }

  /** Throws `InvalidInputError` (`attribute/...`, `octets/...`, `scalar/range`, `parameters/no-device`). */
  #contents({ attributes, tokenInformation, devicePublicKey }: PoolIssueOptions): IssueContents {
    const { parameters } = this
    if (devicePublicKey !== undefined) parameters.deviceGenerator()
    const scalars = contentScalars(parameters, { attributes, tokenInformation }, devicePublicKey !== undefined)
    const hd = devicePublicKey && new Uint8Array(devicePublicKey)
    return { ...scalars, devicePublicKey: hd, gammaKey: gammaKey(scalars, hd) }
  }

  #checkUsable(): void {
    if (this.#disposed) throw new ProtocolError('issuer/disposed', 'the Issuer was used after dispose()')
  }
}

/** The number of tokens that a request is for. Whether it is valid is checked when its turn comes. */
function tokensOf(request: unknown): number {
  const { count } = { count: 1, ...(request as object | null | undefined) }
  return Number.isInteger(count) && count > 0 ? count : 1
}
