// What the wallet costs: octets to load, and time from the click to the proof.
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, launchBrowser } from '../testing/browser.js'
import { DemoProcess } from '../testing/demo-process.js'
import { desktop, Visitor } from '../testing/wallet-visitor.js'

const kibibytes = 150
const milliseconds = 150
const slowdown = 4

describe.skipIf(!hasBrowser)('the wallet', () => {
  let browser: Browser
  let demo: DemoProcess

  beforeAll(async () => {
    ;[browser, demo] = await Promise.all([launchBrowser(), DemoProcess.start()])
  }, 180_000)
  afterAll(async () => {
    await browser.close()
    await demo.stop()
  })

  it(`loads at most ${kibibytes} KiB of JavaScript, gzipped, with the kernels`, async () => {
    const visitor = await Visitor.arrive(browser, demo, { ...desktop, serviceWorkers: 'block' })
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

  it(`has the first proof within ${milliseconds} ms of the click, ${slowdown} times slower`, async () => {
    const visitor = await Visitor.arrive(browser, demo)
    const { page } = visitor
    await visitor.fillWallet()
    const session = await visitor.context.newCDPSession(page)
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      // A fresh page each time, with a fresh worker: its first proof.
      await visitor.goTo('shop')
      await visitor.press('Buy with my wallet')
      await visitor.sees('Corner Cellar asks')
      await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
      const { whole, inWorker } = await page.evaluate(
        () =>
          new Promise<{ whole: number; inWorker: number }>((resolve) => {
            const button = [...document.querySelectorAll('button')].find((each) => each.textContent === 'Show these 2')
            const begin = performance.now()
            new MutationObserver(() => {
              const made = document.querySelector<HTMLElement>('[data-milliseconds]')
              if (made === null) return
              resolve({ whole: performance.now() - begin, inWorker: Number(made.dataset['milliseconds']) })
            }).observe(document.body, { childList: true, subtree: true })
            button?.click()
          }),
      )
      await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
      // Chromium slows the page's thread down, not the worker's; so that part is multiplied.
      times.push(whole - inWorker + slowdown * inWorker)
    }
    console.log(`milliseconds: ${times.map((time) => time.toFixed(0)).join(', ')}`)
    // The best of some: other work on this machine only ever makes it slower.
    expect(Math.min(...times)).toBeLessThanOrEqual(milliseconds)
    await visitor.leave()
  })
})
