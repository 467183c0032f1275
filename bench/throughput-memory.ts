import { Progress } from './progress.js'
import { answerSession, requests, type PoolSubject } from './throughput-pool.js'
import type { SoakResult, StreamResult } from './throughput-report.js'
import { batchOf, type Material } from './throughput-work.js'

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
  const progress = new Progress('one stream')
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

/** Issues for some minutes. */
export async function soak(subject: PoolSubject, material: Material, minutes: number): Promise<SoakResult> {
  const start = performance.now()
  const samples: { minute: number; mebibytes: number }[] = []
  const onSample = (mebibytes: number): void => {
    samples.push({ minute: (performance.now() - start) / 60_000, mebibytes })
  }
  const result = await measureStream(subject, material, Infinity, start + 60_000 * minutes, onSample)
  const rssByMinuteMiB = Array.from({ length: Math.ceil(minutes) }, (_, i) =>
    mean(samples.filter(({ minute }) => Math.floor(minute) === i).map(({ mebibytes }) => mebibytes)),
  )
  return { ...result, rssByMinuteMiB, rssSlopeMiBPerMinute: slope(samples.filter(({ minute }) => minute >= 1)) }
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
