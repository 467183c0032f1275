import type { Defect } from './defects.js'
import { makeMaterial, type Material } from './material.js'
import { SimulatedPlatform } from './platform.js'
import { SeededRandom } from './random.js'
import { World, type WorldOptions, type WorldResult } from './world.js'

/** The most exchanges of one world: a seed that fails is run again in seconds. */
export const WORLD_SIZE = 500

/** Runs worlds in this thread. Clock, timers and randomness of the thread are simulated until it is closed. */
export class Farm {
  private constructor(
    private readonly platform: SimulatedPlatform,
    private readonly material: Material,
  ) {}

  static async open(): Promise<Farm> {
    const start = Date.UTC(2025, 11, 1)
    const idle = { now: () => start, after: () => undefined }
    const platform = SimulatedPlatform.install(idle, new SeededRandom(0))
    try {
      return new Farm(platform, await makeMaterial())
    } catch (error) {
      platform.remove()
      throw error
    }
  }

  run(options: WorldOptions): Promise<WorldResult> {
    return World.run(options, this.material, this.platform)
  }

  async close(): Promise<void> {
    try {
      await this.material.dispose()
    } finally {
      this.platform.remove()
    }
  }
}

export interface FarmOptions {
  /** Of the first world; each further one has the next number. */
  readonly seed: number
  readonly exchanges: number
  readonly defect?: Defect
  readonly farJumps?: boolean
}

/** Runs worlds until all exchanges are done, or a property does not hold in one of them. */
export async function runFarm({ seed, exchanges, ...options }: FarmOptions): Promise<WorldResult[]> {
  const results: WorldResult[] = []
  const farm = await Farm.open()
  try {
    for (let done = 0; done < exchanges; done += WORLD_SIZE) {
      const size = Math.min(WORLD_SIZE, exchanges - done)
      const result = await farm.run({ seed: seed + results.length, exchanges: size, ...options })
      results.push(result)
      if (result.violation !== undefined) break
    }
  } finally {
    await farm.close()
  }
  return results
}
