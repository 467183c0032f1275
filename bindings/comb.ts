import type { FixedBaseOptions } from './engine.js'

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

/** What `fixedBase()` assumes when it is told nothing. */
const defaultUses = 1000
const defaultTableBytes = { secret: 1 << 20, public: 1 << 21 }

/** The comb for the options of `fixedBase()`; undefined if none pays. */
export function combFor(
  { expectedUses = defaultUses, exponents = 'secret', maxTableBytes = defaultTableBytes[exponents] }: FixedBaseOptions,
  { exponentBits, entryBytes, scanCost }: { exponentBits: number; entryBytes: number; scanCost: number },
): CombShape | undefined {
  const maxEntries = Math.floor(maxTableBytes / entryBytes)
  return planComb({ exponentBits, expectedUses, maxEntries, scanCost: exponents === 'public' ? 0 : scanCost })
}

export interface CombLimits {
  readonly exponentBits: number
  /** Exponentiations that the table will serve. */
  readonly expectedUses: number
  /** How many elements the table may hold. */
  readonly maxEntries: number
  /** What a constant-time scan takes for each entry of a block that it reads, in multiplications. Default 0. */
  readonly scanCost?: number
}

const maxTeeth = 8

/**
 * The comb that takes the fewest multiplications in all, to build and to use; undefined if none of them beats
 * `expectedUses` exponentiations with sliding windows.
 */
export function planComb(limits: CombLimits): CombShape | undefined {
  const { exponentBits, expectedUses, maxEntries, scanCost = 0 } = limits
  let best: CombShape | undefined
  let leastCost = expectedUses * exponentBits * 1.2
  for (let teeth = 1; teeth <= maxTeeth; teeth++) {
    const bitsOfRow = Math.ceil(exponentBits / teeth)
    for (let blocks = 1; blocks <= bitsOfRow; blocks++) {
      const shape = { teeth, blocks, columns: Math.ceil(bitsOfRow / blocks) }
      const entries = combEntries(shape)
      if (entries > maxEntries) break
      const lookups = shape.blocks * shape.columns
      const use = lookups + shape.columns + lookups * 2 ** teeth * scanCost
      const cost = exponentBits + entries + expectedUses * use
      if (cost < leastCost) [best, leastCost] = [shape, cost]
    }
  }
  return best
}
