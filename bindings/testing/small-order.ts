import { toFixedWidth, byteLength } from '../octets/integers.js'
import type { Element, SubgroupDescription } from '../engine/engine.js'
import { powerModulo } from '../engine/power.js'

/**
 * An element of Z_p* whose order is the product of the given distinct prime factors of p-1: outside G_q, and branded
 * only so that tests can put it where it must be refused.
 */
export function elementOfOrder({ p }: Pick<SubgroupDescription, 'p'>, ...primes: readonly number[]): Element {
  const elementOfPrimeOrder = (prime: bigint): bigint => {
    if ((p - 1n) % prime !== 0n) throw new RangeError(`${prime} does not divide p - 1`)
    for (let base = 2n; ; base++) {
      const x = powerModulo(base, (p - 1n) / prime, p)
      if (x !== 1n) return x
    }
  }
  const product = primes.map((prime) => elementOfPrimeOrder(BigInt(prime))).reduce((a, b) => (a * b) % p, 1n)
  return toFixedWidth(product, byteLength(p)) as Element
}

/** An element of each prime order below 30 that divides p-1; -1 is always among them. */
export function elementsOfSmallOrder(description: Pick<SubgroupDescription, 'p'>): Element[] {
  const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
  return primes
    .filter((prime) => (description.p - 1n) % BigInt(prime) === 0n)
    .map((prime) => elementOfOrder(description, prime))
}
