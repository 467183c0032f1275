import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { wipeAll } from '../../../bindings/octets/octets.js'
import type { IssueItem } from '../wire/jobs.js'

/** What an Issuer computes for some tokens of one gamma. */
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

/** What the tokens are to hold, as workers get it. */
export type IssueContents = Pick<IssueItem, 'gammaKey' | 'x' | 'xt' | 'devicePublicKey'>

/** How much an idle worker computes at a time: little, so that it is soon free for others. */
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
    /** For how many tokens, at most. */
    readonly capacity: number,
    private readonly compute: ComputeNonces,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#fill()
  }

  /** For how many tokens there is enough. */
  get ready(): number {
    return this.#w.length
  }

  /** Resolves when there is enough for `capacity` tokens, or precomputation stopped. */
  async filled(): Promise<void> {
    await this.#filling
  }

  /** Hands out what there is for up to `count` tokens. The caller wipes the w. */
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

  /** Wipes what was not handed out. */
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
    this.#w.push(...w)
    this.#sigmaA.push(...sigmaA)
    this.#sigmaB.push(...sigmaB)
  }
}
