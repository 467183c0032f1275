import { mkdirSync } from 'node:fs'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { launchBrowser } from './browser.js'
import { DemoProcess } from './demo-process.js'

export type Place = 'story' | 'claims' | 'wallet' | 'shop' | 'forum'

export const desktop = { viewport: { width: 1280, height: 800 } }
export const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

const folder = 'artefacts/wallet'
/** Of a whole page, when colours have stopped changing. */
const shutter = { fullPage: true, animations: 'disabled' } as const

/** How much wider something is than the screen. */
export const excessWidth = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

export interface Demo {
  readonly browser: Browser
  readonly url: string
  readonly arrive: (options?: BrowserContextOptions) => Promise<Visitor>
}

/** A browser and a demo for the tests of one `describe` block, from before the first one until after the last. */
export function useDemo(): Demo {
  let browser: Browser
  let demo: DemoProcess
  beforeAll(async () => {
    ;[browser, demo] = await Promise.all([launchBrowser(), DemoProcess.start()])
  }, 180_000)
  afterAll(async () => {
    await browser.close()
    expect(await demo.stop()).toBe(0)
  }, 30_000)
  return {
    get browser() {
      return browser
    },
    get url() {
      return demo.url
    },
    arrive: (options) => Visitor.arrive(browser, demo, options),
  }
}

/** Somebody with a browser of their own, who visits the pages of `examples/wallet` and does what a person does. */
export class Visitor {
  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly demo: DemoProcess,
    private readonly complaints: string[],
  ) {}

  static async arrive(browser: Browser, demo: DemoProcess, options: BrowserContextOptions = desktop): Promise<Visitor> {
    const context = await browser.newContext({ locale: 'en-GB', ...options })
    const complaints: string[] = []
    context.on('page', (page) => {
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => {
        // The browser says itself that a log-in was refused, that the office is closed, or that there is no network.
        const isStatus = /^Failed to load resource: .*\b(401|429|503|ERR_INTERNET_DISCONNECTED)\b/.test(message.text())
        const isOfTest = message.text() === 'Service Worker registration blocked by Playwright'
        if (['error', 'warning'].includes(message.type()) && !isStatus && !isOfTest) complaints.push(message.text())
      })
    })
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ violatedDirective }) => {
        console.error(`policy: ${violatedDirective}`)
      })
    })
    mkdirSync(folder, { recursive: true })
    return new Visitor(context, await context.newPage(), demo, complaints)
  }

  /** Goes home. Whatever the browser complained of fails the test. */
  async leave(): Promise<void> {
    await this.context.close()
    expect(this.complaints).toEqual([])
  }

  address(place: Place, language = 'en'): string {
    const url = new URL(this.demo.url)
    if (place !== 'story') url.hostname = `${place}.localhost`
    url.searchParams.set('lang', language)
    return url.href
  }

  async goTo(place: Place, language?: string): Promise<void> {
    await this.page.goto(this.address(place, language))
  }

  async press(name: string | RegExp): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click()
  }

  async follow(name: string | RegExp): Promise<void> {
    await this.page.getByRole('link', { name, exact: true }).click()
  }

  /** Waits until the page is about something. */
  async sees(heading: string | RegExp): Promise<void> {
    await this.page.getByRole('heading', { name: heading, level: 1, exact: true }).waitFor({ timeout: 60_000 })
  }

  /** Waits until the page says something, aloud for who cannot see it. */
  async hears(text: string | RegExp, role: 'status' | 'alert' = 'status'): Promise<void> {
    await this.page.getByRole(role).filter({ hasText: text }).waitFor({ timeout: 60_000 })
  }

  async photograph(name: string): Promise<void> {
    await this.page.screenshot({ path: `${folder}/${name}.png`, ...shutter })
  }

  /** A photograph of a state on a wide and light, and on a narrow and dark screen. */
  async photographBoth(name: string, page = this.page): Promise<void> {
    await page.screenshot({ path: `${folder}/${name}.png`, ...shutter })
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.setViewportSize(phone.viewport)
    await page.screenshot({ path: `${folder}/${name}-narrow-dark.png`, ...shutter })
    expect(await excessWidth(page), name).toBe(0)
    await page.emulateMedia({ colorScheme: null })
    await page.setViewportSize(desktop.viewport)
  }

  /** Logs in at the office, from an empty wallet, and comes back with tokens. */
  async fillWallet(person: 'Anna' | 'Tom' = 'Anna'): Promise<void> {
    await this.goTo('wallet')
    await this.press('Get tokens')
    await this.press(`Fill in for ${person}`)
    await this.press('Log in')
    await this.press('Send tokens to my wallet')
    await this.sees('10 tokens left')
  }

  /** Visits the shop or the forum, shows what is preselected, and delivers it. */
  async visit(place: 'shop' | 'forum'): Promise<void> {
    await this.goTo(place)
    await this.press(/with my wallet$/)
    await this.press(/^Show this one|^Show these/)
    await this.press(/^Send to /)
    await this.sees(/^Thank you|^Welcome|^No wine/)
  }

  /** What a page lists, by name. */
  async facts(page = this.page): Promise<Record<string, string>> {
    const [names, values] = await Promise.all(
      (['term', 'definition'] as const).map((role) => page.getByRole(role).allInnerTexts()),
    )
    return Object.fromEntries((names ?? []).map((name, i) => [name, values?.[i] ?? '']))
  }
}
