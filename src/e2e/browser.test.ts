import { mkdirSync } from 'node:fs'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, launchBrowser } from './testing/browser.js'
import { DemoProcess } from './testing/demo-process.js'

const isCi = (process.env.CI ?? 'false') !== 'false'

const artefacts = 'artefacts/browser'
const desktop = { viewport: { width: 1280, height: 800 } }
const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

it.runIf(isCi)('has a browser where that is promised', () => {
  expect(hasBrowser).toBe(true)
})

describe.skipIf(!hasBrowser)('the demo page', () => {
  let browser: Browser
  let demo: DemoProcess

  beforeAll(async () => {
    mkdirSync(artefacts, { recursive: true })
    ;[browser, demo] = await Promise.all([launchBrowser(), DemoProcess.start()])
  }, 90_000)
  afterAll(async () => {
    await browser.close()
    expect(await demo.stop()).toBe(0)
  }, 30_000)

  /** Opens the page in a browser that has nothing of it; whatever the browser complains of fails the test. */
  async function visit(options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options })
    try {
      const complaints: string[] = []
      const page = await context.newPage()
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
      })
      page.on('requestfailed', (request) => {
        const { errorText = '' } = request.failure() ?? {}
        // Chromium also says that of answers which a worker has read to their end as streams.
        if (errorText !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${errorText}`)
      })
      await page.addInitScript(() => {
        addEventListener('securitypolicyviolation', ({ violatedDirective }) => {
          console.error(`policy: ${violatedDirective}`)
        })
      })
      await page.goto(demo.url)
      await says(page, 'Ready.')
      await use(page)
      expect(complaints).toEqual([])
    } finally {
      await context.close()
    }
  }

  const says = (page: Page, text: string): Promise<void> =>
    page.getByRole('status').filter({ hasText: text }).waitFor({ timeout: 20_000 })
  const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
  const photograph = (page: Page, name: string): Promise<unknown> =>
    page.screenshot({ path: `${artefacts}/${name}.png`, fullPage: true })

  async function obtain(page: Page, count: number): Promise<void> {
    await press(page, 'Log in')
    await says(page, 'The wallet of alice is open.')
    await page.getByLabel('How many to obtain').fill(String(count))
    await press(page, 'Obtain tokens')
    await says(page, 'obtained in')
  }

  async function present(page: Page, ...claims: string[]): Promise<void> {
    for (const claim of claims) await page.getByLabel(claim).check()
    await press(page, 'Make a presentation')
    await says(page, 'Presentation made in')
  }

  /** The newest verdict. */
  const verdict = (page: Page): Promise<string> => page.getByRole('log').getByRole('listitem').first().innerText()

  describe.each([
    ['on a desktop', 'desktop', desktop],
    ['on a phone', 'phone', phone],
  ])('%s', (_, name, options) => {
    it('issues, presents, refuses and measures', { timeout: 60_000 }, async () => {
      await visit(options, async (page) => {
        await photograph(page, `${name}-1-ready`)
        expect(await page.locator('#trust').innerText()).toMatch(
          / signed .* Arithmetic: (relaxed-fma|simd|scalar), in a worker/,
        )
        await obtain(page, 3)
        expect(await page.locator('#wallet').innerText()).toBe('In the wallet: 3 tokens.')
        await present(page, 'Country')
        expect(await page.locator('#wallet').innerText()).toBe('In the wallet: 2 tokens.')
        expect(await page.locator('#summary').innerText()).toMatch(/^It discloses Country, and nothing that links/)
        await page.getByText('The XML that is sent').click()
        const xml = await page.locator('#xml').innerText()
        expect(xml).toContain('<up:Attribute Index="5">SE</up:Attribute>')
        expect(xml).not.toContain('Archer')

        await press(page, 'With a claim changed')
        await says(page, 'refused it: presentation/')
        expect(await verdict(page)).toMatch(/^Refused with a claim changed: presentation\//)
        await press(page, 'With one bit of the proof flipped')
        await expect.poll(() => verdict(page)).toMatch(/^Refused with one bit of the proof flipped: presentation\//)
        await press(page, 'As it is')
        await says(page, 'accepted')
        expect(await verdict(page)).toMatch(/^Accepted as it is\s+Country\s+SE$/)
        await press(page, 'As it is')
        await says(page, 'refused it: relying-party/replayed')
        expect(await page.getByRole('log').getByRole('listitem').count()).toBe(4)
        await photograph(page, `${name}-2-verdicts`)

        await press(page, 'Measure on this device')
        await says(page, 'Measured.')
        expect(await page.getByRole('img').getAttribute('aria-label')).toMatch(
          /^(\w+: WebAssembly [\d.]+ ms, BigInt [\d.]+ ms(; |\.$)){3}$/,
        )
        // Nothing is wider than the screen. Phones would make the page wider than that.
        const width = await page.evaluate(() => document.documentElement.scrollWidth)
        expect(width).toBeLessThanOrEqual(options.viewport.width)
        await photograph(page, `${name}-3-measured`)
      })
    })
  })

  it('shows both constructions, in one wallet, and what differs', { timeout: 60_000 }, async () => {
    await visit(desktop, async (page) => {
      await obtain(page, 2)
      await present(page, 'Country')
      await page.getByLabel('Construction').selectOption('json')
      await says(page, 'These are the tokens on the curve.')
      expect(await page.locator('#wallet').innerText()).toBe('In the wallet: 0 tokens.')
      expect(await page.locator('#document').isVisible()).toBe(false)
      expect(await page.getByLabel('Let the Relying Party recognise me').isDisabled()).toBe(true)
      await page.getByLabel('How many to obtain').fill('3')
      await press(page, 'Obtain tokens')
      await says(page, '3 tokens obtained in')
      await present(page, 'Country')
      expect(await page.locator('#wallet').innerText()).toBe('In the wallet: 2 tokens.')
      await page.getByText('The JSON that is sent').click()
      const json = JSON.parse(await page.locator('#xml').innerText()) as { presentation: { pp: { A: object } } }
      expect(json).toMatchObject({ header: { alg: 'UP256' }, message: { aud: new URL(demo.url).origin } })
      expect(json.presentation.pp.A).toEqual({ 5: Buffer.from('SE').toString('base64url') })

      await press(page, 'With a claim changed')
      await says(page, 'refused it: presentation/proof')
      await press(page, 'With one bit of the proof flipped')
      await expect.poll(() => verdict(page)).toMatch(/^Refused with one bit of the proof flipped: presentation\/proof/)
      await press(page, 'As it is')
      await says(page, 'accepted')
      expect(await verdict(page)).toMatch(/^Accepted as it is\s+Country\s+SE$/)
      await press(page, 'As it is')
      await says(page, 'refused it: verifier/challenge-used')

      const row = async (name: string): Promise<number[]> => {
        const cells = await page.getByRole('row', { name }).getByRole('cell').allInnerTexts()
        return cells.map((cell) => Number(cell.replace(/[ ,ms]/g, '')))
      }
      for (const name of ['Obtaining, per token', 'Making a presentation']) {
        const [xml = 0, own = 0] = await row(name)
        expect(Math.min(xml, own), name).toBeGreaterThan(0)
      }
      const [xml = 0, own = 0] = await row('Its characters')
      expect(own).toBeGreaterThan(500)
      expect(own).toBeLessThan(0.75 * xml)
      await photograph(page, 'desktop-constructions')

      // Both are still there after a reload.
      await page.reload()
      await says(page, 'Ready.')
      await press(page, 'Log in')
      await says(page, 'is open')
      expect(await page.locator('#wallet').innerText()).toBe('In the wallet: 1 token.')
      await page.getByLabel('Construction').selectOption('json')
      await says(page, 'on the curve')
      expect(await page.locator('#wallet').innerText()).toBe('In the wallet: 2 tokens.')
    })
  })

  it('says that a password is wrong in JSON too', { timeout: 60_000 }, async () => {
    await visit(desktop, async (page) => {
      await page.getByLabel('Password').fill('guessed')
      await press(page, 'Log in')
      await says(page, 'is open')
      await page.getByLabel('Construction').selectOption('json')
      await says(page, 'on the curve')
      await press(page, 'Obtain tokens')
      await says(page, 'refused the password')
    })
  })

  it('is recognised when, and only when, it wants to be', { timeout: 60_000 }, async () => {
    await visit(desktop, async (page) => {
      await obtain(page, 4)
      const identifiers: string[] = []
      await page.getByLabel('Let the Relying Party recognise me').check()
      for (let i = 0; i < 2; i++) {
        await present(page)
        await press(page, 'As it is')
        await says(page, 'accepted')
        identifiers.push(await page.getByRole('log').getByRole('definition').first().innerText())
      }
      expect(identifiers[0]).toMatch(/^[\w+/]{43}=$/)
      expect(identifiers[1]).toBe(identifiers[0])
      await page.getByLabel('Let the Relying Party recognise me').uncheck()
      await present(page)
      await press(page, 'As it is')
      await says(page, 'accepted')
      expect(await verdict(page)).toMatch(/^Accepted as it is\s+Claims\s+none; it knows/)
    })
  })

  it('forgets the presentation of one user when another logs in', { timeout: 60_000 }, async () => {
    await visit(desktop, async (page) => {
      await obtain(page, 1)
      await present(page)
      const send = page.getByRole('button', { name: 'As it is' })
      expect([await send.isEnabled(), await page.locator('#document').isVisible()]).toEqual([true, true])
      await page.getByLabel('User').selectOption({ index: 1 })
      await press(page, 'Log in')
      await says(page, 'is open')
      expect([await send.isEnabled(), await page.locator('#document').isVisible()]).toEqual([false, false])
      expect(await page.locator('#xml').textContent()).toBe('')
    })
  })

  it('says that a password is wrong', { timeout: 60_000 }, async () => {
    await visit(desktop, async (page) => {
      await page.getByLabel('Password').fill('guessed')
      await press(page, 'Log in')
      await says(page, 'is open')
      await press(page, 'Obtain tokens')
      await says(page, 'refused the password')
      expect(await page.locator('#wallet').innerText()).toBe('In the wallet: 0 tokens.')
    })
  })

  it('can be used with the keyboard alone', { timeout: 60_000 }, async () => {
    await visit(desktop, async (page) => {
      const { keyboard } = page
      /** Tab until something with this text or label has the focus, which must be visible. */
      const reach = async (wanted: RegExp): Promise<void> => {
        for (let i = 0; i < 40; i++) {
          await keyboard.press('Tab')
          const { text, outline } = await page.evaluate(() => {
            const element = document.activeElement as HTMLInputElement
            const labels = Array.from(element.labels ?? [], (label) => label.innerText)
            return { text: labels.join() || element.innerText, outline: getComputedStyle(element).outlineStyle }
          })
          if (!wanted.test(text)) continue
          expect(outline).not.toBe('none')
          return
        }
        throw new Error(`nothing with ${String(wanted)} can be reached`)
      }
      await reach(/^User$/)
      await keyboard.press('ArrowDown')
      await reach(/^Password$/)
      await keyboard.press('Enter')
      await says(page, 'The wallet of bob is open.')
      await reach(/^How many to obtain$/)
      await keyboard.press('ArrowDown')
      await keyboard.press('Enter')
      await says(page, '4 tokens obtained')
      await reach(/^Country PT$/)
      await keyboard.press('Space')
      await reach(/^Make a presentation$/)
      await keyboard.press('Enter')
      await says(page, 'Presentation made')
      await reach(/^The XML that is sent$/)
      await keyboard.press('Enter')
      await reach(/^<up:PresentationToken/)
      await reach(/^With a claim changed$/)
      await keyboard.press('Space')
      await says(page, 'refused')
      await keyboard.press('Shift+Tab')
      await keyboard.press('Space')
      await says(page, 'accepted')
      await reach(/^Measure on this device$/)
      await keyboard.press('Enter')
      await says(page, 'Measured.')
    })
  })

  it.each(['light', 'dark'] as const)('has labels, and contrast in %s colours', async (colorScheme) => {
    await visit({ ...phone, colorScheme, reducedMotion: 'reduce' }, async (page) => {
      await obtain(page, 1)
      await present(page, 'Surname')
      await press(page, 'As it is')
      await says(page, 'accepted')
      await press(page, 'With a claim changed')
      await says(page, 'refused')
      await page.getByText('The XML that is sent').click()
      await photograph(page, `phone-${colorScheme}`)
      const { faint, unlabelled, texts } = await page.evaluate(judgeLooks)
      expect(texts).toBeGreaterThan(40)
      expect(faint).toEqual([])
      expect(unlabelled).toEqual([])
    })
  })

  it('respects the preference for reduced motion', async () => {
    for (const reducedMotion of ['reduce', 'no-preference'] as const) {
      await visit({ ...desktop, reducedMotion }, async (page) => {
        await press(page, 'Measure on this device')
        const bar = page.locator('rect').first()
        await bar.waitFor()
        const duration = await bar.evaluate((rect) => getComputedStyle(rect).transitionDuration)
        await says(page, 'Measured.')
        expect(duration).toBe(reducedMotion === 'reduce' ? '0s' : '0.2s')
      })
    }
  })

  it('works in a webview, and keeps tokens encrypted', { timeout: 60_000 }, async () => {
    const userAgent =
      'Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A.240205.004; wv) AppleWebKit/537.36 (KHTML, like Gecko) ' +
      'Version/4.0 Chrome/121.0.6167.178 Mobile Safari/537.36'
    await visit({ ...phone, viewport: { width: 360, height: 600 }, userAgent }, async (page) => {
      const isolation = await page.evaluate(() => [crossOriginIsolated, typeof SharedArrayBuffer])
      expect(isolation).toEqual([false, 'undefined'])
      await obtain(page, 3)
      await page.reload()
      await says(page, 'Ready.')
      await press(page, 'Log in')
      await says(page, 'The wallet of alice is open.')
      expect(await page.locator('#wallet').innerText()).toBe('In the wallet: 3 tokens.')
      await present(page, 'Given name')
      await press(page, 'As it is')
      await says(page, 'accepted')
      expect(await verdict(page)).toMatch(/Given name\s+Alice$/)

      const { databases, keys, stored, others } = await page.evaluate(readStorage)
      expect(databases).toEqual([expect.stringMatching(/^uprove-demo \w+ alice$/)])
      expect(keys).toEqual([{ extractable: false, exported: false }])
      // What tokens of a batch share, two claim tokens, and an ID token with what it shares.
      expect(stored.length).toBe(5)
      expect(others).toBe(0)
      const secrets = ['alice@example.com', 'Archer', '1990-05-17', 'emailaddress', 'issuer-parameters']
      for (const secret of secrets) expect(stored.filter((record) => record.includes(secret))).toEqual([])
    })
  })
})

/** The texts with too little contrast (WCAG 2, 1.4.3) and the fields without a label. Runs in the page. */
function judgeLooks(): { faint: string[]; unlabelled: string[]; texts: number } {
  const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (color: string): number => {
    const [r = 0, g = 0, b = 0] = channels(color).map((value) => {
      const share = value / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const background = (element: Element | null): string => {
    if (element === null) throw new Error('the page has no background')
    const color = getComputedStyle(element).backgroundColor
    return channels(color)[3] === 0 ? background(element.parentElement) : color
  }
  const faint: string[] = []
  let texts = 0
  for (const element of document.body.querySelectorAll<HTMLElement>('*')) {
    const isText = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.textContent?.trim() !== '')
    if (!isText || !element.checkVisibility()) continue
    texts++
    const [a, b] = [getComputedStyle(element).color, background(element)].map(luminance).sort((x, y) => y - x)
    const contrast = (a! + 0.05) / (b! + 0.05)
    if (contrast < 4.5) faint.push(`${element.innerText.slice(0, 40)}: ${contrast.toFixed(2)}`)
  }
  const fields = document.querySelectorAll<HTMLInputElement>('input, select')
  return { faint, unlabelled: Array.from(fields).flatMap((field) => (field.labels?.length ? [] : [field.id])), texts }
}

/** What the browser keeps for this page: names, what can be done with keys, and octets as text. Runs in the page. */
async function readStorage(): Promise<{
  databases: string[]
  keys: { extractable: boolean; exported: boolean }[]
  stored: string[]
  others: number
}> {
  const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(new Error('IndexedDB failed'))
    })
  const databases = (await indexedDB.databases()).map(({ name = '' }) => name)
  const keys: { extractable: boolean; exported: boolean }[] = []
  const stored: string[] = []
  for (const name of databases) {
    const database = await resultOf(indexedDB.open(name))
    for (const store of database.objectStoreNames) {
      const values = await resultOf(database.transaction(store).objectStore(store).getAll() as IDBRequest<unknown[]>)
      for (const value of values) {
        if (value instanceof CryptoKey) {
          const attempts = (['raw', 'jwk', 'pkcs8'] as const).map((format) =>
            crypto.subtle.exportKey(format as 'raw', value).then(
              () => true,
              () => false,
            ),
          )
          keys.push({ extractable: value.extractable, exported: (await Promise.all(attempts)).includes(true) })
        } else {
          stored.push(new TextDecoder('latin1').decode(value as Uint8Array))
        }
      }
    }
    database.close()
  }
  return { databases, keys, stored, others: localStorage.length + sessionStorage.length + document.cookie.length }
}
