import type { FixedBaseOptions, KernelName } from '../engine/engine.js'
import { InvalidInputError } from '../errors.js'

/** Costs in additions of an affine point, as `npm run bench:curves` measures them. */
interface Costs {
  /** A power of a base without a comb, for each bit of the exponent. */
  readonly power: number
  /** Reading one entry in a constant-time scan of a comb. */
  readonly scan: number
  /** Making one entry of a comb. */
  readonly entry: number
}

const costsOf: Readonly<Record<KernelName, Costs>> = {
  'relaxed-fma': { power: 1.03, scan: 0.011, entry: 2 },
  simd: { power: 1.13, scan: 0.008, entry: 2 },
  scalar: { power: 1.02, scan: 0.02, entry: 2 },
}

/** The default number of uses of `fixedBase()`. */
const defaultUses = 1000
/** The largest useful number of uses; larger ones, including Infinity, count as this one. */
const manyUses = 1e12
const defaultTableBytes = { secret: 1 << 20, public: 1 << 21 }

/** How much more a smaller comb may cost than the cheapest. */
const memoryPremium = 1.05

/** Widths of a comb's digits. */
export const combWidths = [2, 3, 4, 5, 6, 7, 8] as const

export interface CombLimits {
  readonly kernel: KernelName
  readonly qBits: number
  readonly entryBytes: number
}

/** Entries in a comb of digits of `width` bits: (2^w - 1) odd multiples, of either sign, for each digit. */
export function combEntries(width: number, qBits: number): number {
  return Math.ceil(qBits / width) * 2 ** (width - 1)
}

/**
 * The width of the digits of the comb that the options of `fixedBase()` ask for: the smallest of those that cost about
 * the least, to build and to use; undefined if none pays. Throws `InvalidInputError` (`table/options`).
 */
export function combWidth(
  { expectedUses = defaultUses, exponents = 'secret', maxTableBytes = defaultTableBytes[exponents] }: FixedBaseOptions,
  { kernel, qBits, entryBytes }: CombLimits,
): number | undefined {
  const require = (condition: boolean, what: string): void => {
    if (!condition) throw new InvalidInputError('table/options', what)
  }
  require(['secret', 'public'].includes(exponents), "exponents must be 'secret' or 'public'")
  require(expectedUses > 0, 'expectedUses must be positive')
  require(maxTableBytes >= 0, 'maxTableBytes must not be negative')
  const { power, scan, entry } = costsOf[kernel]
  const uses = Math.min(expectedUses, manyUses)
  const plans = combWidths
    .map((width) => {
      const entries = combEntries(width, qBits)
      const lookup = 1 + (exponents === 'secret' ? scan * 2 ** (width - 1) : 0)
      return { width, entries, cost: qBits + entries * entry + uses * Math.ceil(qBits / width) * lookup }
    })
    .filter(({ entries }) => entries * entryBytes <= maxTableBytes)
  const least = Math.min(...plans.map(({ cost }) => cost))
  if (least >= uses * qBits * power) return undefined
  return plans.find(({ cost }) => cost <= least * memoryPremium)?.width
}

/** The width of the sliding windows of public exponents, of which each base has `uses`: an addition in width + 1 bits. */
export function slidingWidth(bits: number, uses = 1): number {
  return cheapest([2, 3, 4, 5, 6, 7], (width) => slidingCost(width, bits, uses))
}

/** 2^(width-2) odd multiples, and the additions. */
function slidingCost(width: number, bits: number, uses: number): number {
  return 2 ** (width - 2) + (uses * bits) / (width + 1)
}

/** The cost of adding an affine point, in additions. */
const affineAddition = 0.8

/** The width of the buckets' digits for a product of many powers; undefined where sliding windows cost less. */
export function bucketWidth(count: number, bits: number): number | undefined {
  const buckets = (width: number): number => Math.ceil((bits + 1) / width) * (affineAddition * count + 2 ** width)
  const best = cheapest([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], buckets)
  return buckets(best) < count * slidingCost(slidingWidth(bits), bits, 1) ? best : undefined
}

function cheapest(widths: readonly number[], cost: (width: number) => number): number {
  return widths.reduce((best, width) => (cost(width) < cost(best) ? width : best))
}
