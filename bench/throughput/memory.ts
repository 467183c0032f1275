import { retainedByAllThreads } from '../timing/retained-memory.js'
import { itemAt } from '../../bindings/octets/lists.js'
import { ProgressLine } from '../program/progress-line.js'
import { answerSession, requests, type PoolSubject } from './pool.js'
import type { SoakResult, StreamResult } from './report.js'
import { batchOf, type Material } from './work.js'

const mebibyte = 1 << 20
const rss = (): number => process.memoryUsage.rss() / mebibyte

/** Issues up to `tokens` tokens in one stream, or until the deadline (`performance.now()`), and watches the memory. */
export async function measureStream(
  { poolIssuer }: PoolSubject,
  material: Material,
  tokens: number,
  deadline: number,
  onSample: (mebibytes: number) => void = () => undefined,
): Promise<StreamResult> {
  const progress = new ProgressLine('one stream')
  const [start, rssBeforeMiB] = [performance.now(), rss()]
  let [done, rssPeakMiB] = [0, rssBeforeMiB]
  const sample = (): void => {
    const now = rss()
    rssPeakMiB = Math.max(rssPeakMiB, now)
    onSample(now)
  }
  const timer = setInterval(sample, 100)
  for await (const session of poolIssuer.beginAll(requests(tokens, batchOf.issue))) {
    done += await answerSession(session, material)
    const now = performance.now()
    progress.show(Math.max(done / tokens, (now - start) / (deadline - start)), `${done} tokens`)
    if (now > deadline) break
  }
  sample()
  clearInterval(timer)
  progress.end()
  const seconds = (performance.now() - start) / 1000
  const rssGrowthMiB = rssPeakMiB - rssBeforeMiB
  return { tokens: done, seconds, tokensPerSecond: done / seconds, rssBeforeMiB, rssPeakMiB, rssGrowthMiB }
}

/**
 * Issues for some minutes, a stream a minute. After each minute all threads collect their garbage; the rest is the memory
 * that they keep. (The memory that a process occupies rises and falls with what its collectors put off.) `threads` is the
 * number of workers that there are.
 */
export async function soak(
  subject: PoolSubject,
  material: Material,
  minutes: number,
  threads: number,
): Promise<SoakResult> {
  const samples: { minute: number; mebibytes: number }[] = []
  const [streams, kept, occupied]: [StreamResult[], number[], number[]] = [[], [], []]
  const collect = async (): Promise<void> => {
    kept.push((await retainedByAllThreads(threads)) / mebibyte)
    occupied.push(rss())
  }
  await collect()
  let before = 0
  for (let i = 0; i < minutes; i++) {
    const start = performance.now()
    const length = Math.min(1, minutes - i)
    const onSample = (mebibytes: number): void => {
      samples.push({ minute: before + (performance.now() - start) / 60_000, mebibytes })
    }
    streams.push(await measureStream(subject, material, Infinity, start + 60_000 * length, onSample))
    before += length
    await collect()
  }
  const sum = (of: (stream: StreamResult) => number): number => streams.reduce((total, stream) => total + of(stream), 0)
  const [tokens, seconds] = [sum((stream) => stream.tokens), sum((stream) => stream.seconds)]
  const rssBeforeMiB = itemAt(occupied, 0)
  const rssPeakMiB = Math.max(...streams.map((stream) => stream.rssPeakMiB))
  return {
    ...{ tokens, seconds, tokensPerSecond: tokens / seconds },
    ...{ rssBeforeMiB, rssPeakMiB, rssGrowthMiB: rssPeakMiB - rssBeforeMiB },
    rssByMinuteMiB: streams.map((_, i) =>
      mean(samples.filter(({ minute }) => Math.floor(minute) === i).map(({ mebibytes }) => mebibytes)),
    ),
    rssSlopeMiBPerMinute: slope(samples.filter(({ minute }) => minute >= 1)),
    keptMiB: kept,
    rssAfterCollectionMiB: occupied,
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** By how much memory grows in a minute, by least squares; NaN for less than two samples. */
function slope(samples: readonly { readonly minute: number; readonly mebibytes: number }[]): number {
  const [x, y] = [mean(samples.map(({ minute }) => minute)), mean(samples.map(({ mebibytes }) => mebibytes))]
  const covariance = samples.reduce((sum, { minute, mebibytes }) => sum + (minute - x) * (mebibytes - y), 0)
  return covariance / samples.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0)
}
