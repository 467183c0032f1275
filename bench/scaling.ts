import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Core } from '../bindings/core.js'
import type { Subgroup } from '../bindings/engine.js'
import { issueBatch, obtainBatch, type IssuerSource } from './protocol.js'

const [small, large] = [1000, 10_000]
const rounds = 2

/** A step in batches of 1,000 and of 10,000 tokens. */
export interface Scaling {
  readonly step: string
  /** us a token, in the best of the rounds. */
  readonly small: number
  readonly large: number
  /** Memory of the core after batches of each size, in bytes. */
  readonly coreSmall: number
  readonly coreLarge: number
  /** By how much the JavaScript heap and its buffers grew from before a large batch to after it, ten small ones last, in bytes. */
  readonly heapGrowth: number
}

interface ScalingOptions {
  readonly group: Subgroup
  readonly core: Core
  readonly source: IssuerSource
  readonly onBatch: (step: string, count: number) => void
}

/** How often `onBatch` is called. */
export const scalingBatches = 2 * rounds * (large / small + 1)

/** Compares batches of 1,000 and of 10,000 tokens, for the Issuer and for the Prover, in turns. */
export function measureScaling({ group, core, source, onBatch }: ScalingOptions): Scaling[] {
  const collectGarbage = garbageCollector()
  const issuer = source.issuerOn(group, true)
  const { parameters } = issuer
  const time = (run: () => unknown): number => {
    const start = performance.now()
    run()
    return performance.now() - start
  }
  const steps = {
    issue: (count: number) => {
      const run = issueBatch(issuer, count)
      return time(run)
    },
    obtain: (count: number) => obtainBatch(parameters, source.reference, count).overriddenDuration,
  }
  return Object.entries(steps).map(([step, run]) => {
    // us a token, over as many tokens whatever the size of a batch: what disturbs the machine disturbs both.
    const runRound = (count: number): number => {
      let milliseconds = 0
      for (let tokens = 0; tokens < large; tokens += count) {
        onBatch(step, count)
        milliseconds += run(count)
      }
      return (1000 * milliseconds) / large
    }
    const times: Record<'small' | 'large', number[]> = { small: [], large: [] }
    const heaps: number[] = []
    let coreSmall = 0
    for (let round = 0; round < rounds; round++) {
      times.small.push(runRound(small))
      if (round === 0) coreSmall = core.exports.memory.buffer.byteLength
      collectGarbage()
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      heaps.push(heapUsed + arrayBuffers)
      times.large.push(runRound(large))
    }
    return {
      step,
      small: Math.min(...times.small),
      large: Math.min(...times.large),
      coreSmall,
      coreLarge: core.exports.memory.buffer.byteLength,
      heapGrowth: heaps.at(-1)! - heaps[0]!,
    }
  })
}

/** The collector that `node --expose-gc` exposes, run twice: buffers are freed when the next collection begins. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  return () => {
    collect()
    collect()
  }
}
