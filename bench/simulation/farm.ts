import type { Defect } from './defects.js'
import { makeMaterial, type Material } from './material.js'
import { SimulatedPlatform } from './platform.js'
import { SeededRandom } from './random.js'
import { World, type WorldOptions, type WorldResult } from './world.js'

/** The most exchanges of one world: a seed that fails is run again in seconds. */
export const WORLD_SIZE = 500

export interface FarmOptions {
  /** Of the first world; each further one has the next number. */
  readonly seed: number
  readonly exchanges: number
  readonly defect?: Defect
  /** Told of each world. */
  readonly onWorld?: (result: WorldResult) => void
  readonly onNote?: WorldOptions['onNote']
  /** No further world after so many steps. */
  readonly steps?: number
  /** Asked before each further world. */
  readonly isOver?: () => boolean
}

/** Runs worlds until all exchanges are done, or a property does not hold in one of them. */
export async function runFarm({
  seed,
  exchanges,
  steps = Infinity,
  isOver = () => false,
  onWorld,
  ...rest
}: FarmOptions): Promise<WorldResult[]> {
  const results: WorldResult[] = []
  await withPlatform(async (platform, material) => {
    let [done, stepsDone] = [0, 0]
    for (let i = 0; done < exchanges && stepsDone < steps && !(i > 0 && isOver()); i++) {
      const size = Math.min(WORLD_SIZE, exchanges - done)
      const result = await World.run({ ...rest, seed: seed + i, exchanges: size }, material, platform)
      results.push(result)
      onWorld?.(result)
      if (result.violation !== undefined) return
      done += size
      stepsDone += result.steps
    }
  })
  return results
}

/** Simulates clock, timers and randomness of this process meanwhile. */
async function withPlatform(action: (platform: SimulatedPlatform, material: Material) => Promise<void>): Promise<void> {
  const start = Date.UTC(2025, 11, 1)
  const idle = { now: () => start, after: () => undefined }
  const platform = SimulatedPlatform.install(idle, new SeededRandom(0))
  try {
    const material = await makeMaterial()
    try {
      await action(platform, material)
    } finally {
      await material.dispose()
    }
  } finally {
    platform.remove()
  }
}
