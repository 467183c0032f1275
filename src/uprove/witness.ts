import type { Element, FixedBase, RandomSource, Scalar, Subgroup } from '../../bindings/engine.js'
import { publicKeyOf } from './held-token.js'
import { wipe, wipeAll } from './octets.js'
import type { IssuerParameters } from './parameters.js'
import type { IssuedToken } from './token.js'

/** The secrets of one commitment: o~_i opens it, w~_i proves it. */
export interface CommitmentWitness {
  readonly index: number
  readonly opening: Scalar
  readonly wTilde: Scalar
}

/** The random secrets of one presentation, used once. */
export interface PresentationWitness {
  readonly w0: Scalar
  /** w_i by attribute index, for i in U, ascending. */
  readonly w: ReadonlyMap<number, Scalar>
  readonly wd: Scalar | undefined
  readonly commitments: readonly CommitmentWitness[]
}

/** Draws w_0; w_i for i in U, ascending; w_d with a Device; then o~_i and w~_i for i in C, ascending. */
export function drawWitness(
  { scalars }: Subgroup,
  undisclosed: readonly number[],
  deviceProtected: boolean,
  committed: readonly number[],
  random?: RandomSource,
): PresentationWitness {
  const draw = (): Scalar => scalars.random(random)
  const w0 = draw()
  const w = new Map(undisclosed.map((index) => [index, draw()]))
  const wd = deviceProtected ? draw() : undefined
  const commitments = committed.map((index) => {
    const opening = draw()
    return { index, opening, wTilde: draw() }
  })
  return { w0, w, wd, commitments }
}

/** Wipes all but the openings o~_i, which belong to the Prover. */
export function wipeWitness({ w0, w, wd, commitments }: PresentationWitness): void {
  wipe(w0, wd)
  wipeAll([...w.values()])
  wipeAll(commitments.map(({ wTilde }) => wTilde))
}

/**
 * h^w_0 prod_{i in U} g_i^w_i [g_d^w_d a_d], whose digest is a. Section 7. With the table of gamma h^w_0 is
 * gamma^(alpha w_0).
 */
export function presentationProduct(
  parameters: IssuerParameters,
  issued: IssuedToken,
  { w0, w, wd }: PresentationWitness,
  gammaTable: FixedBase | undefined,
  ad?: Element,
): Element {
  const { group, tables } = parameters
  const { scalars } = group
  const bases = [...w.keys()].map((index) => tables.gi(index))
  const exponents = [...w.values()]
  if (wd !== undefined) {
    bases.push(tables.gd)
    exponents.push(wd)
  }
  const withDevice = (product: Element): Element => (ad === undefined ? product : group.multiply(product, ad))
  if (gammaTable === undefined) {
    return withDevice(group.multiExponentiate([publicKeyOf(group, issued), ...bases], [w0, ...exponents]))
  }
  const alpha = scalars.invert(issued.privateKey)
  const alphaW0 = scalars.multiply(alpha, w0)
  try {
    return withDevice(group.multiExponentiate([gammaTable, ...bases], [alphaW0, ...exponents]))
  } finally {
    wipe(alpha, alphaW0)
  }
}

/** The digest of an element: a, a_p, a~_i. Section 7. */
export function elementDigest(parameters: IssuerParameters, element: Element): Uint8Array {
  return parameters.beginHash().number(element).digest()
}

/** r_0 = c alpha^-1 + w_0. Section 7. */
export function computeR0({ scalars }: Subgroup, c: Scalar, privateKey: Scalar, w0: Scalar): Scalar {
  return scalars.multiplyAdd(c, privateKey, w0)
}

/** r_i = -c x_i + w_i; with o~_i and w~_i it is r~_i. Sections 7 and 8. */
export function computeRi({ scalars }: Subgroup, c: Scalar, value: Scalar, w: Scalar): Scalar {
  return scalars.multiplyAdd(scalars.negate(c), value, w)
}

/** r_d = r_d' + w_d. Section 7. */
export function computeRd({ scalars }: Subgroup, rdPrime: Scalar, wd: Scalar): Scalar {
  return scalars.add(rdPrime, wd)
}
