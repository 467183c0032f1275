import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Core } from '../../bindings/core/core.js'
import type { Subgroup } from '../../bindings/engine/engine.js'
import { issueBatch, obtainBatch, type IssuerSource } from './protocol.js'
import { ownProcessorTime } from '../timing/schedule.js'

const [small, large] = [1000, 10_000]

/** A step in batches of 1,000 and of 10,000 tokens. */
export interface Scaling {
  readonly step: string
  /** us of processor time a token, in the best of the rounds. */
  readonly small: number
  readonly large: number
  /** Memory of the core after batches of each size, in bytes. */
  readonly coreSmall: number
  readonly coreLarge: number
  /** By how much the JavaScript heap and its buffers grew from before the first large batch to after the last, in bytes. */
  readonly heapGrowth: number
}

interface ScalingOptions {
  readonly group: Subgroup
  readonly core: Core
  readonly source: IssuerSource
  readonly onBatch: (step: string, count: number) => void
}

/** How often each step takes turns. */
const rounds = { issue: 2, obtain: 1 }

/** How often `onBatch` is called. */
export const scalingBatches = (rounds.issue + rounds.obtain) * (large / small + 1) + 2

/** Compares batches of 1,000 and of 10,000 tokens, for the Issuer and for the Prover, in turns. */
export function measureScaling({ group, core, source, onBatch }: ScalingOptions): Scaling[] {
  const collectGarbage = garbageCollector()
  const issuer = source.issuerOn(group, true)
  const { parameters } = issuer
  const time = (run: () => unknown): number => {
    const start = ownProcessorTime()
    run()
    return ownProcessorTime() - start
  }
  const heapSize = (): number => {
    collectGarbage()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const steps = {
    issue: (count: number) => time(issueBatch(issuer, count)),
    obtain: (count: number) => obtainBatch(parameters, source, count, ownProcessorTime).overriddenDuration,
  }
  return (['issue', 'obtain'] as const).map((step) => {
    const run = (count: number): number => {
      onBatch(step, count)
      return steps[step](count)
    }
    // us a token, over the same number of tokens for each size of a batch.
    const runRound = (count: number): number => {
      let milliseconds = 0
      for (let tokens = 0; tokens < large; tokens += count) milliseconds += run(count)
      return (1000 * milliseconds) / large
    }
    const times: Record<'small' | 'large', number[]> = { small: [], large: [] }
    let [coreSmall, heapBefore] = [0, 0]
    for (let round = 0; round < rounds[step]; round++) {
      times.small.push(runRound(small))
      if (round === 0) [coreSmall, heapBefore] = [core.exports.memory.buffer.byteLength, heapSize()]
      times.large.push(runRound(large))
    }
    // The next batch releases what the last large one left.
    run(small)
    return {
      step,
      small: Math.min(...times.small),
      large: Math.min(...times.large),
      coreSmall,
      coreLarge: core.exports.memory.buffer.byteLength,
      heapGrowth: heapSize() - heapBefore,
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
