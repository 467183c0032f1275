import { lastOf } from '../../../bindings/octets/lists.js'
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
    for (const { alpha } of blindings) prefixes.push(keep(scalars.multiply(lastOf(prefixes), alpha)))
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

/** t_a = g_0^beta_1 g^beta_2 for each token of a batch. Section 5. */
export function computeTAs({ group, tables }: IssuerParameters, blindings: readonly Blinding[]): Element[] {
  const exponents = blindings.map(({ beta1, beta2 }) => [beta1, beta2])
  return group.multiExponentiateMany(tables.signatureBases(blindings.length), exponents)
}

/**
 * t_b = sigma_z'^beta_1 h^beta_2 for each token of a batch. sigma_z' and h are powers of sigma_z and gamma themselves, so the tables
 * of the batch are used, with the exponents alpha beta_1 and alpha beta_2. Constant time. Section 5.
 */
export function computeTBs(group: Group, { sigmaZ, gamma }: BatchTables, blindings: readonly Blinding[]): Element[] {
  const exponents: Scalar[][] = []
  try {
    for (const { alpha, beta1, beta2 } of blindings) {
      exponents.push([group.scalars.multiply(alpha, beta1), group.scalars.multiply(alpha, beta2)])
    }
    return group.multiExponentiateMany([sigmaZ, gamma], exponents)
  } finally {
    wipeAll(exponents.flat())
  }
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
      sigmaAPrime: group.multiplyMany(tA, sigmaA),
      sigmaBPrime: group.multiplyMany(tB, powers),
    }
  } finally {
    // sigma_b^alpha would tie a token to the exchange that it comes from.
    wipeAll(powers)
  }
}
