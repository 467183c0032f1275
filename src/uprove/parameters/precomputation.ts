import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { wipeAll, wipeOnFailure } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from './parameters.js'
import type { RandomSource } from '../../../bindings/octets/random.js'

/** Secret w and public sigma_a = g^w of some tokens. The caller that takes the w wipes them. */
export interface IssuerNonces {
  readonly w: readonly Scalar[]
  readonly sigmaA: readonly Element[]
}

/** Draws a w for each token, in order, and computes sigma_a = g^w. Section 5. */
export function drawNonces(parameters: IssuerParameters, count: number, random?: RandomSource): IssuerNonces {
  return wipeOnFailure((keep) => {
    const w = Array.from({ length: count }, () => keep(parameters.group.scalars.random(random)))
    return { w, sigmaA: parameters.tables.gTable.exponentiateMany(w) }
  })
}

/**
 * What an Issuer can compute before it knows for whom: pairs of w and sigma_a, each handed out once. Made by
 * `issuer.precompute()`; secret, and wiped by `dispose()`.
 */
export class IssuerPrecomputation {
  readonly #w: Scalar[]
  readonly #sigmaA: Element[]

  /** @internal */
  constructor(
    readonly parameters: IssuerParameters,
    { w, sigmaA }: IssuerNonces,
  ) {
    this.#w = [...w]
    this.#sigmaA = [...sigmaA]
  }

  /** How many tokens it still serves. */
  get remaining(): number {
    return this.#w.length
  }

  /** @internal Hands out pairs. Throws `InvalidInputError` (`issuance/precomputation-short`, `.../precomputation-other`). */
  take(parameters: IssuerParameters, count: number): IssuerNonces {
    if (parameters !== this.parameters) {
      throw new InvalidInputError('issuance/precomputation-other', 'the precomputation is of other Issuer parameters')
    }
    if (count > this.remaining) {
      throw new InvalidInputError('issuance/precomputation-short', `${this.remaining} tokens precomputed, not ${count}`)
    }
    return { w: this.#w.splice(0, count), sigmaA: this.#sigmaA.splice(0, count) }
  }

  /** Wipes what was not handed out. */
  dispose(): void {
    wipeAll(this.#w.splice(0))
    this.#sigmaA.length = 0
  }
}
