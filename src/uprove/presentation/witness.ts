import type { Element, Factor, FixedBase, Scalar, Group } from '../../../bindings/engine/engine.js'
import { publicKeyOf } from '../token/held-token.js'
import { equalOctets, wipeOnFailure } from '../../../bindings/octets/octets.js'
import type { NonceSource } from '../nonces.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import type { IssuedToken } from '../token/token.js'

/** The secrets of one commitment: o~_i opens it, w~_i proves it. */
export interface CommitmentWitness {
  readonly index: number
  readonly opening: Scalar
  readonly wTilde: Scalar
}

/** The random secrets of one presentation, used once. */
export interface PresentationWitness {
  readonly w0: Scalar
  /** alpha w_0, if there is a table of gamma = h^(1/alpha). */
  readonly alphaW0?: Scalar
  /** w_i by attribute index, for i in U, ascending. */
  readonly w: ReadonlyMap<number, Scalar>
  readonly wd: Scalar | undefined
  readonly commitments: readonly CommitmentWitness[]
}

export interface WitnessOptions {
  /** U, ascending. */
  readonly undisclosed: readonly number[]
  /** C, ascending. */
  readonly committed: readonly number[]
  readonly deviceProtected: boolean
  /** alpha^-1, if alpha w_0 is needed: then alpha w_0 is drawn instead of w_0. It is as uniform, and saves an inversion. */
  readonly privateKey?: Scalar
}

/** Draws w_0 (or alpha w_0); w_i for i in U, ascending; w_d with a Device; then o~_i and w~_i for i in C, ascending. */
export function drawWitness(
  { scalars }: Group,
  { undisclosed, committed, deviceProtected, privateKey }: WitnessOptions,
  source: NonceSource,
): PresentationWitness {
  return wipeOnFailure((keep) => {
    const draw = (): Scalar => keep(source.next())
    const first = draw()
    const w0 = privateKey === undefined ? first : keep(scalars.multiply(first, privateKey))
    const alphaW0 = privateKey === undefined ? undefined : first
    const w = new Map(undisclosed.map((index) => [index, draw()]))
    const wd = deviceProtected ? draw() : undefined
    const commitments = committed.map((index) => {
      const opening = draw()
      return { index, opening, wTilde: draw() }
    })
    return { w0, alphaW0, w, wd, commitments }
  })
}

/** The secrets of a witness, for wiping. */
export function witnessSecrets({ w0, alphaW0, w, wd, commitments }: PresentationWitness): (Scalar | undefined)[] {
  return [w0, alphaW0, ...w.values(), wd, ...commitments.flatMap(({ opening, wTilde }) => [opening, wTilde])]
}

/**
 * h^w_0 prod_{i in U} g_i^w_i [g_d^w_d a_d], whose digest is a. Section 7. With the table of gamma h^w_0 is
 * gamma^(alpha w_0).
 */
export function presentationProduct(
  { group, tables }: IssuerParameters,
  issued: IssuedToken,
  { w0, alphaW0, w, wd }: PresentationWitness,
  gammaTable: FixedBase | undefined,
  ad?: Element,
): Element {
  const viaGamma = gammaTable !== undefined && alphaW0 !== undefined
  const bases = [viaGamma ? gammaTable : publicKeyOf(group, issued), ...[...w.keys()].map((index) => tables.gi(index))]
  const exponents = [viaGamma ? alphaW0 : w0, ...w.values()]
  if (wd !== undefined) {
    bases.push(tables.gd)
    exponents.push(wd)
  }
  const product = group.multiExponentiate(bases, exponents)
  return ad === undefined ? product : group.multiply(product, ad)
}

/** The digest of an element: a, a_p, a~_i. Section 7. */
export function elementDigest(parameters: IssuerParameters, element: Element): Uint8Array {
  return parameters.beginHash().element(parameters.group, element).digest()
}

/** c~_i = g^x_i g_1^o~_i, or the witness g^w_i g_1^w~_i, which has the same form. Section 8. */
export function commitTo({ group, tables }: IssuerParameters, value: Scalar, opening: Scalar): Element {
  return group.multiExponentiate([tables.g, tables.gi(1)], [value, opening])
}

/** g^r_i g_1^r~_i, the factors beside c~_i^c of the product whose digest is a~_i. Public data. Section 8. */
export function commitmentFactors({ publicTables: tables }: IssuerParameters, r: Scalar, rTilde: Scalar): Factor[] {
  return [
    [tables.g, r],
    [tables.gi(1), rTilde],
  ]
}

/** Whether a digest is that of a recomputed element; false for an element without an encoding. Public data. */
export function isElementDigest(parameters: IssuerParameters, element: Element, digest: Uint8Array): boolean {
  return parameters.group.hasEncoding(element) && equalOctets(elementDigest(parameters, element), digest)
}

/** r_0 = c alpha^-1 + w_0. Section 7. */
export function computeR0({ scalars }: Group, c: Scalar, privateKey: Scalar, w0: Scalar): Scalar {
  return scalars.multiplyAdd(c, privateKey, w0)
}

/** r_i = -c x_i + w_i; with o~_i and w~_i the same formula gives r~_i. Sections 7 and 8. */
export function computeRi({ scalars }: Group, c: Scalar, value: Scalar, w: Scalar): Scalar {
  return scalars.multiplyAdd(scalars.negate(c), value, w)
}

/** r_d = r_d' + w_d. Section 7. */
export function computeRd({ scalars }: Group, rdPrime: Scalar, wd: Scalar): Scalar {
  return scalars.add(rdPrime, wd)
}
