// What the wallet costs: octets to load, and time from the click to the proof.
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { hasBrowser } from '../testing/browser.js'
import { desktop, useDemo } from '../testing/wallet-visitor.js'

const kibibytes = 150
const milliseconds = 150
const slowdown = 4

describe.skipIf(!hasBrowser)('the wallet', () => {
  const demo = useDemo()

  it(`loads at most ${kibibytes} KiB of JavaScript, gzipped, with the kernels`, async () => {
    const visitor = await demo.arrive({ ...desktop, serviceWorkers: 'block' })
    const sizes = new Map<string, Promise<number>>()
    visitor.context.on('response', (response) => {
      const { pathname, hostname } = new URL(response.url())
      if (!hostname.startsWith('wallet.') || !/\.(?:js|wasm)$/.test(pathname)) return
      sizes.set(
        pathname,
        response.body().then((body) => gzipSync(body, { level: 9 }).length),
      )
    })
    await visitor.fillWallet()
    await visitor.visit('shop')
    const all = await Promise.all(sizes.values())
    const sum = all.reduce((total, size) => total + size, 0) / 1024
    console.log(`${sum.toFixed(1)} KiB in ${all.length} files`)
    expect(all.length).toBeGreaterThanOrEqual(3)
    // The kernels are in it: with them it is more than this.
    expect(sum).toBeGreaterThan(60)
    expect(sum).toBeLessThanOrEqual(kibibytes)
    await visitor.leave()
  })

  it(`computes at most ${milliseconds} ms from the click to a page's first proof, ${slowdown} times slower, in the median of five pages`, async () => {
    const visitor = await demo.arrive()
    const { page } = visitor
    await visitor.fillWallet()
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      // A fresh page each time, with a fresh worker: its first proof.
      await visitor.goTo('shop')
      await visitor.press('Buy with my wallet')
      await visitor.sees('Corner Cellar asks')
      // The person reads.
      await page.waitForTimeout(1_500)
      await demo.browser.startTracing(page, { categories: ['toplevel', '__metadata', 'blink.user_timing'] })
      await page.evaluate(
        () =>
          new Promise<void>((resolve) => {
            const button = [...document.querySelectorAll('button')].find((each) => each.textContent === 'Show these 2')
            new MutationObserver((_, observer) => {
              if (document.querySelector('h1')?.textContent !== 'Ready to send') return
              observer.disconnect()
              performance.mark('made')
              resolve()
            }).observe(document.body, { childList: true, subtree: true })
            performance.mark('clicked')
            button?.click()
          }),
      )
      times.push(slowdown * processorTime(await demo.browser.stopTracing()))
    }
    times.sort((one, other) => one - other)
    console.log(`milliseconds, of five pages: ${times.map((time) => time.toFixed(0)).join(', ')}`)
    const [, , median = 0] = times
    expect(median).toBeLessThanOrEqual(milliseconds)
    expect(median).toBeGreaterThan(4)
    await visitor.leave()
  })
})

interface TraceEvent {
  readonly name: string
  readonly cat: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/**
 * What the page's thread and its worker's computed between the marks, in milliseconds: the sum, as if neither ran beside the other.
 * Chromium's own throttling slows the page's thread down, but not the worker's; and the clock would also measure what else this machine
 * does. Waiting for the disk, between the deletion of the token and its proof, is not in it. On a machine that is busy with other work
 * the same instructions take up to three times as long.
 */
function processorTime(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }
  const at = (mark: string): number => {
    const found = traceEvents.find(({ name, cat }) => name === mark && cat.includes('user_timing'))
    if (found === undefined) throw new Error(`the trace has no mark ${mark}`)
    return found.ts
  }
  const [begin, end] = [at('clicked'), at('made')]
  const ours = ['CrRendererMain', 'DedicatedWorker thread']
  const names = traceEvents.filter(({ name, args }) => name === 'thread_name' && ours.includes(args?.name ?? ''))
  const threads = new Set(names.map(({ pid, tid }) => `${pid}/${tid}`))
  const tasks = traceEvents.filter(({ name, ph, pid, tid, ts, dur = 0 }) => {
    return ph === 'X' && name.endsWith('RunTask') && threads.has(`${pid}/${tid}`) && ts + dur > begin && ts < end
  })
  return tasks.reduce((sum, { tdur = 0 }) => sum + tdur, 0) / 1_000
}
