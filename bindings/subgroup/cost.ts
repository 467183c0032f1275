import type { KernelName } from '../engine/engine.js'

/** Costs in multiplications modulo a p of 2048 bits, as `npm run bench -- --only calibration` measures them. */
export interface Costs {
  readonly square: number
  /** Reading one entry in a constant-time scan of a table. */
  readonly scan: number
}

export const costsOf: Readonly<Record<KernelName, Costs>> = {
  'relaxed-fma': { square: 0.83, scan: 0.0065 },
  simd: { square: 0.78, scan: 0.0036 },
  scalar: { square: 0.79, scan: 0.0076 },
}

function cheapest(from: number, to: number, cost: (width: number) => number): number {
  let best = from
  for (let width = from + 1; width <= to; width++) if (cost(width) < cost(best)) best = width
  return best
}

/**
 * The width of the fixed windows of a constant-time exponentiation: 2^width entries to make, and to scan for each
 * window.
 */
export function windowWidth(bits: number, { scan }: Costs): number {
  return cheapest(2, 8, (width) => 2 ** width + Math.ceil(bits / width) * (1 + scan * 2 ** width))
}

/**
 * The width of the sliding windows of a public exponent: 2^(width-1) odd powers, and a multiplication in width + 1
 * bits.
 */
export function slidingWidth(bits: number): number {
  return cheapest(1, 8, (width) => 2 ** (width - 1) + bits / (width + 1))
}

/**
 * The width of powers that share their squarings, of which each product has 2^(width-1) buckets: a bucket costs two multiplications
 * in the end, and saves one, since what comes into it first is only copied.
 */
export function sharedWidth(bits: number): number {
  return cheapest(1, 8, (width) => 2 ** (width - 1) + bits / (width + 1))
}

/**
 * The width of the buckets' windows for a product of many powers; undefined where sliding windows for each base cost
 * less.
 */
export function bucketWidth(count: number, bits: number): number | undefined {
  const buckets = (width: number): number => Math.ceil(bits / width) * (count + 2 ** (width + 1))
  const best = cheapest(2, 12, buckets)
  const sliding = slidingWidth(bits)
  return buckets(best) < count * (2 ** (sliding - 1) + bits / (sliding + 1)) ? best : undefined
}

/**
 * Whether to compare `count` claimed products of two combs in random subsets, eight draws of eight, rather than one by one. A draw
 * costs a multiplication for each value and 512 more; a product about one for four bits of its exponents.
 */
export function subsetsPay(count: number, bits: number): boolean {
  return 8 * (count + 512) < (count - 64) * (bits / 4)
}

/** Sliding windows of one fixed public exponent. */
export interface SlidingPlan {
  readonly width: number
  /** How many odd powers its digits use: base, base^3, ..., base^(2 powers - 1). */
  readonly powers: number
}

/** The sliding windows, from the low end, in which a fixed exponent takes the fewest multiplications. */
export function planSliding(exponent: bigint): SlidingPlan {
  const plans = [2, 3, 4, 5, 6, 7, 8].map((width) => {
    let [windows, largest] = [0, 1]
    for (let rest = exponent; rest !== 0n;) {
      if ((rest & 1n) === 0n) {
        rest >>= 1n
        continue
      }
      windows++
      largest = Math.max(largest, Number(BigInt.asUintN(width, rest)))
      rest >>= BigInt(width)
    }
    const powers = (largest + 1) / 2
    return { width, powers, cost: powers + windows }
  })
  return plans.reduce((best, plan) => (plan.cost < best.cost ? plan : best))
}
