import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { wipeAll } from '../../../bindings/octets/octets.js'
import type { IssueItem } from '../wire/jobs.js'

/** The values that an Issuer computes for some tokens of one gamma. */
export interface Nonces {
  readonly gamma: Element
  readonly sigmaZ: Element | undefined
  /** Secret. */
  readonly w: readonly Scalar[]
  readonly sigmaA: readonly Element[]
  readonly sigmaB: readonly Element[]
}

/** Computes nonces in idle time. */
export type ComputeNonces = (contents: IssueContents, count: number) => Promise<Nonces>

/** The contents of the tokens, as sent to workers. */
export type IssueContents = Pick<IssueItem, 'gammaKey' | 'x' | 'xt' | 'devicePublicKey'>

/** How much an idle worker computes at a time: little, so that it is soon free for other work. */
const portion = 16

/**
 * w, sigma_a and sigma_b of tokens to come, for attributes that are known: computed while workers have nothing else to do,
 * each handed out once. Secret.
 */
export class NoncePool {
  readonly #w: Scalar[] = []
  readonly #sigmaA: Element[] = []
  readonly #sigmaB: Element[] = []
  #common: Pick<Nonces, 'gamma' | 'sigmaZ'> | undefined
  #filling: Promise<void> | undefined
  #disposed = false

  constructor(
    readonly contents: IssueContents,
    /** The most tokens to compute for. */
    readonly capacity: number,
    private readonly compute: ComputeNonces,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#fill()
  }

  /** The number of tokens that are ready. */
  get ready(): number {
    return this.#w.length
  }

  /** Resolves when `capacity` tokens are ready, or precomputation stopped. */
  async filled(): Promise<void> {
    await this.#filling
  }

  /** Hands out what is ready, for up to `count` tokens. The caller wipes the w. */
  take(count: number): Nonces | undefined {
    if (this.#common === undefined || this.#w.length === 0) return undefined
    const part = {
      ...this.#common,
      w: this.#w.splice(0, count),
      sigmaA: this.#sigmaA.splice(0, count),
      sigmaB: this.#sigmaB.splice(0, count),
    }
    this.#fill()
    return part
  }

  /** Wipes the values that were not handed out. */
  dispose(): void {
    this.#disposed = true
    wipeAll(this.#w.splice(0))
  }

  #fill(): void {
    this.#filling ??= this.#fillUp()
      .catch(this.onError)
      .finally(() => (this.#filling = undefined))
  }

  async #fillUp(): Promise<void> {
    while (this.#missing > 0) {
      const part = await this.compute(this.contents, Math.min(portion, this.#missing))
      if (this.#missing > 0) this.#add(part)
      else wipeAll(part.w)
    }
  }

  get #missing(): number {
    return this.#disposed ? 0 : this.capacity - this.#w.length
  }

  #add({ gamma, sigmaZ, w, sigmaA, sigmaB }: Nonces): void {
    this.#common = { gamma, sigmaZ }
    // A batch may have more items than a call may have arguments.
    for (const item of w) this.#w.push(item)
    for (const item of sigmaA) this.#sigmaA.push(item)
    for (const item of sigmaB) this.#sigmaB.push(item)
  }
}
