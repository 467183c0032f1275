import type { Element, FixedBase, Scalar, Group } from '../../../bindings/engine/engine.js'
import { wipe, wipeAll, wipeOnFailure } from '../../../bindings/octets/octets.js'
import type { NonceSource } from '../nonces.js'
import type { IssuerParameters } from '../parameters/parameters.js'

/** A Prover's secrets of one token: alpha != 0, beta_1, beta_2. */
export interface Blinding {
  readonly alpha: Scalar
  readonly beta1: Scalar
  readonly beta2: Scalar
}

/** gamma and sigma_z of a batch, as tables of powers. */
export interface BatchTables {
  readonly gamma: FixedBase
  readonly sigmaZ: FixedBase
}

/** Takes the secrets of `count` tokens: for each, alpha, beta_1, beta_2 in this order. */
export function drawBlindings(count: number, source: NonceSource): Blinding[] {
  return wipeOnFailure((keep) => {
    const draw = (): Scalar => keep(source.next())
    return Array.from({ length: count }, () => ({ alpha: draw(), beta1: draw(), beta2: draw() }))
  })
}

/** Blindings of a list of alpha, beta_1, beta_2 of each token in turn. */
export function blindingsFrom(scalars: readonly Scalar[]): Blinding[] {
  return Array.from({ length: scalars.length / 3 }, (_, i) => {
    const [alpha, beta1, beta2] = scalars.slice(3 * i, 3 * i + 3) as [Scalar, Scalar, Scalar]
    return { alpha, beta1, beta2 }
  })
}

/** Overwrites the scalars with zeros. */
export function wipeBlindings(blindings: readonly Blinding[]): void {
  for (const { alpha, beta1, beta2 } of blindings) wipe(alpha, beta1, beta2)
}

/** alpha^-1, the private key, of each token of a batch, with one inversion for all (Montgomery's trick). Section 5. */
export function computePrivateKeys({ scalars }: Group, blindings: readonly Blinding[]): Scalar[] {
  return wipeOnFailure((keep) => {
    // prefixes[i] is the product of the alphas before i.
    const prefixes = [scalars.one]
    for (const { alpha } of blindings) prefixes.push(keep(scalars.multiply(prefixes.at(-1)!, alpha)))
    const product = prefixes.pop()!
    let suffixInverse = keep(scalars.invert(product))
    wipe(product)
    const keys = new Array<Scalar>(blindings.length)
    for (let i = blindings.length - 1; i >= 0; i--) {
      keys[i] = keep(scalars.multiply(suffixInverse, prefixes[i]!))
      const next = keep(scalars.multiply(suffixInverse, blindings[i]!.alpha))
      wipe(suffixInverse, prefixes[i])
      suffixInverse = next
    }
    wipe(suffixInverse)
    return keys
  })
}

/** gamma^alpha = h, or sigma_z^alpha = sigma_z', for each token of a batch. Section 5. */
export function blindedPowers(table: FixedBase, blindings: readonly Blinding[]): Element[] {
  return table.exponentiateMany(blindings.map(({ alpha }) => alpha))
}

/** t_a = g_0^beta_1 g^beta_2. Section 5. */
export function computeTA({ group, tables }: IssuerParameters, { beta1, beta2 }: Blinding): Element {
  return group.multiExponentiate([tables.g0, tables.g], [beta1, beta2])
}

/**
 * prod sigma_z'^e gamma'^f for powers of sigma_z' and h, which are powers of sigma_z and gamma themselves: so the tables of
 * the batch serve, at the exponents alpha e and alpha f. Constant time.
 */
function blindedProduct(group: Group, { sigmaZ, gamma }: BatchTables, alpha: Scalar, e: Scalar, f: Scalar): Element {
  const exponents = [group.scalars.multiply(alpha, e), group.scalars.multiply(alpha, f)]
  try {
    return group.multiExponentiate([sigmaZ, gamma], exponents)
  } finally {
    wipe(...exponents)
  }
}

/** t_b = sigma_z'^beta_1 h^beta_2. Section 5. */
export function computeTB(group: Group, tables: BatchTables, { alpha, beta1, beta2 }: Blinding): Element {
  return blindedProduct(group, tables, alpha, beta1, beta2)
}

/**
 * sigma_a' = t_a sigma_a and sigma_b' = t_b sigma_b^alpha for each token of a batch. Section 5. The one place where a base
 * has no table.
 */
export function blindSigmas(
  group: Group,
  blindings: readonly Blinding[],
  { tA, tB }: { readonly tA: readonly Element[]; readonly tB: readonly Element[] },
  { sigmaA, sigmaB }: { readonly sigmaA: readonly Element[]; readonly sigmaB: readonly Element[] },
): { sigmaAPrime: Element[]; sigmaBPrime: Element[] } {
  const powers = group.exponentiateMany(
    sigmaB,
    blindings.map(({ alpha }) => alpha),
  )
  try {
    return {
      sigmaAPrime: sigmaA.map((a, i) => group.multiply(tA[i]!, a)),
      sigmaBPrime: powers.map((power, i) => group.multiply(tB[i]!, power)),
    }
  } finally {
    // sigma_b^alpha would tie a token to the exchange that it comes from.
    wipeAll(powers)
  }
}

/** sigma_b' from a token's own signature: h^sigma_r' sigma_z'^(-sigma_c'), with alpha known. Section 6. */
export function recomputeSigmaBPrime(
  group: Group,
  tables: BatchTables,
  alpha: Scalar,
  sigmaCPrime: Scalar,
  sigmaRPrime: Scalar,
): Element {
  return blindedProduct(group, tables, alpha, group.scalars.negate(sigmaCPrime), sigmaRPrime)
}
