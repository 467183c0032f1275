import type { Element, FixedBase, Scalar, Group } from '../../../bindings/engine/engine.js'
import { ProtocolError } from '../errors.js'
import { nonceKey } from '../nonces.js'
import { copyOctets, equalOctets, wipe } from '../../../bindings/octets/octets.js'

/** sigma_r = sigma_c y_0 + w. Section 5. */
export function computeSigmaR(group: Group, sigmaC: Scalar, y0: Scalar, w: Scalar): Scalar {
  return group.scalars.multiplyAdd(sigmaC, y0, w)
}

/** The Issuer's private key y_0 and its two uses; an Issuer and its open exchanges share one. */
export class IssuerKey {
  readonly #y0: Scalar
  #disposed = false

  /** Takes `y0` over without copying it, and wipes it at the end. */
  constructor(
    private readonly group: Group,
    y0: Scalar,
  ) {
    this.#y0 = y0
  }

  /** Whether g^y_0 = g_0. */
  matches(g0: Element): boolean {
    return equalOctets(this.group.exponentiate(this.group.generator, this.#use()), g0)
  }

  /** sigma_z = gamma^y_0. */
  power(base: FixedBase): Element {
    return base.exponentiate(this.#use())
  }

  /** sigma_r for one token. */
  respond(sigmaC: Scalar, w: Scalar): Scalar {
    return computeSigmaR(this.group, sigmaC, this.#use(), w)
  }

  /** A secret for `nonces()`, which does not reveal y_0. The caller wipes it. */
  nonceKey(): Uint8Array {
    return nonceKey(this.#use())
  }

  /** A copy of y_0. */
  export(): Scalar {
    return copyOctets(this.#use())
  }

  dispose(): void {
    this.#disposed = true
    wipe(this.#y0)
  }

  #use(): Scalar {
    if (this.#disposed) throw new ProtocolError('issuer/disposed', 'the Issuer was used after dispose()')
    return this.#y0
  }
}
