import type { FixedBaseOptions } from '../engine/engine.js'
import { InvalidInputError } from '../errors.js'

/**
 * The shape of a fixed-base comb (Lim and Lee). The exponent is read as `teeth` rows of `blocks * columns` bits; for
 * each block the table holds the 2^teeth products that one column of bits can select, 1 among them. An exponentiation
 * then takes `columns - 1` squarings and about `blocks * columns` multiplications.
 */
export interface CombShape {
  readonly teeth: number
  readonly blocks: number
  readonly columns: number
}

/** Elements in the table of a comb. */
export function combEntries({ teeth, blocks }: CombShape): number {
  return blocks * 2 ** teeth
}

/** The default options of `fixedBase()`. */
const defaultUses = 1000
/** The largest useful number of uses; larger ones, including Infinity, count as this one. */
const manyUses = 1e12
const defaultTableBytes = { secret: 1 << 20, public: 1 << 21 }

/**
 * The comb for the options of `fixedBase()`; undefined if none pays.
 * Throws `InvalidInputError` (`table/options`).
 */
export function combFor(
  {
    expectedUses = defaultUses,
    exponents = 'secret',
    maxTableBytes = defaultTableBytes[exponents],
    basesPerProduct = 1,
  }: FixedBaseOptions,
  {
    entryBytes,
    scanCost,
    ...costs
  }: { exponentBits: number; entryBytes: number; scanCost: number; squareCost: number },
): CombShape | undefined {
  const require = (condition: boolean, what: string): void => {
    if (!condition) throw new InvalidInputError('table/options', what)
  }
  require(['secret', 'public'].includes(exponents), "exponents must be 'secret' or 'public'")
  require(expectedUses > 0, 'expectedUses must be positive')
  require(maxTableBytes >= 0, 'maxTableBytes must not be negative')
  require(basesPerProduct >= 1, 'basesPerProduct must be 1 or more')
  return planComb({
    ...costs,
    expectedUses: Math.min(expectedUses, manyUses),
    maxEntries: Math.floor(maxTableBytes / entryBytes),
    scanCost: exponents === 'public' ? 0 : scanCost,
    basesPerProduct,
  })
}

/** Whether a shape covers exponents of this length, with no more spare bits than rounding causes. */
export function isCombFor({ teeth, blocks, columns }: CombShape, exponentBits: number): boolean {
  const covered = teeth * blocks * columns
  return teeth <= maxTeeth && covered >= exponentBits && covered <= 2 * (exponentBits + maxTeeth)
}

export interface CombLimits {
  readonly exponentBits: number
  /** Exponentiations that the table will serve. */
  readonly expectedUses: number
  /** How many elements the table may hold. */
  readonly maxEntries: number
  /** The cost of a constant-time scan for each entry that it reads, in multiplications. Default 0. */
  readonly scanCost?: number
  /** The cost of a squaring, in multiplications. Default 1. */
  readonly squareCost?: number
  /** How many bases share the squarings of an exponentiation. Default 1. */
  readonly basesPerProduct?: number
}

const maxTeeth = 12

/** How much more a smaller comb may cost than the cheapest. */
const memoryPremium = 1.05

/**
 * The smallest comb among those that take about the fewest multiplications in all, to build and to use; undefined if none of
 * them beats `expectedUses` exponentiations with sliding windows.
 */
export function planComb(limits: CombLimits): CombShape | undefined {
  const { exponentBits, expectedUses, maxEntries, scanCost = 0, squareCost = 1, basesPerProduct = 1 } = limits
  const withoutComb = expectedUses * exponentBits * (squareCost + 0.2)
  const plans: { shape: CombShape; entries: number; cost: number }[] = []
  for (let teeth = 1; teeth <= maxTeeth; teeth++) {
    const bitsOfRow = Math.ceil(exponentBits / teeth)
    for (let blocks = 1; blocks <= bitsOfRow; blocks++) {
      const shape = { teeth, blocks, columns: Math.ceil(bitsOfRow / blocks) }
      const entries = combEntries(shape)
      if (entries > maxEntries) break
      const lookups = shape.blocks * shape.columns
      const use = lookups + (shape.columns * squareCost) / basesPerProduct + lookups * 2 ** teeth * scanCost
      plans.push({ shape, entries, cost: exponentBits * squareCost + entries + expectedUses * use })
    }
  }
  const leastCost = Math.min(...plans.map(({ cost }) => cost))
  if (leastCost >= withoutComb) return undefined
  const cheap = plans.filter(({ cost }) => cost <= leastCost * memoryPremium)
  return cheap.reduce((best, plan) => (plan.entries < best.entries ? plan : best)).shape
}
