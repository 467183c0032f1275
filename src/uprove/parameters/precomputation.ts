import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { equalOctets, wipeAll, wipeOnFailure } from '../../../bindings/octets/octets.js'
import { ProtocolError } from '../errors.js'
import type { NonceSource } from '../nonces.js'
import type { IssuerParameters } from './parameters.js'

/** Secret w and public sigma_a = g^w of some tokens. The caller wipes the w. */
export interface IssuerNonces {
  readonly w: readonly Scalar[]
  readonly sigmaA: readonly Element[]
}

/**
 * Takes a w for each token, in order, and computes sigma_a = g^w. Section 5. Throws `ProtocolError`
 * (`issuance/nonce-repeated`) if two are equal, since their answers would reveal y_0.
 */
export function drawNonces(parameters: IssuerParameters, count: number, source: NonceSource): IssuerNonces {
  return wipeOnFailure((keep) => {
    const w = Array.from({ length: count }, () => keep(source.next()))
    const sigmaA = parameters.tables.gTable.exponentiateMany(w)
    checkDistinct(sigmaA)
    return { w, sigmaA }
  })
}

/**
 * Checks on public values that no two w of a batch are equal: sigma_a = g^w is different for each w.
 * Throws `ProtocolError` (`issuance/nonce-repeated`).
 */
export function checkDistinct(sigmaA: readonly Element[]): void {
  const seen = new Map<number, Element[]>()
  for (const element of sigmaA) {
    // The last octets find candidates; the whole elements decide.
    const key = new DataView(element.buffer, element.byteOffset + element.length - 8).getFloat64(0)
    const candidates = seen.get(key) ?? []
    if (candidates.some((other) => equalOctets(other, element))) {
      throw new ProtocolError('issuance/nonce-repeated', 'two tokens of a batch have the same w')
    }
    candidates.push(element)
    seen.set(key, candidates)
  }
}

/**
 * Work that an Issuer did ahead, before it knows the attributes: pairs of w and sigma_a, each handed out once. Made by
 * `issuer.precompute()`. Secret; `dispose()` wipes it.
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

  /** The number of tokens that it is still enough for. */
  get remaining(): number {
    return this.#w.length
  }

  /** @internal Hands out pairs. Throws `InvalidInputError` (`issuance/precomputation-short`, `.../precomputation-other`). */
  take(parameters: IssuerParameters, count: number): IssuerNonces {
    if (parameters !== this.parameters) {
      throw new InvalidInputError(
        'issuance/precomputation-other',
        'the precomputation belongs to other Issuer parameters',
      )
    }
    if (count > this.remaining) {
      throw new InvalidInputError(
        'issuance/precomputation-short',
        `the precomputation is enough for ${this.remaining} tokens, not ${count}`,
      )
    }
    return { w: this.#w.splice(0, count), sigmaA: this.#sigmaA.splice(0, count) }
  }

  /** Wipes the pairs that were not handed out. */
  dispose(): void {
    wipeAll(this.#w.splice(0))
  }
}
