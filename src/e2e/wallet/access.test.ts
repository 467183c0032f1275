// For everybody: axe-core, the keyboard alone, narrow screens and large text, dark colours, less motion, two languages, no network.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { hasBrowser } from '../testing/browser.js'
import { desktop, excessWidth, phone, type Place, useDemo, Visitor } from '../testing/wallet-visitor.js'

/** The script of axe-core, which only these tests need: fetched from npm once, and kept beside the screenshots. */
function axeCore(): string {
  const folder = 'artefacts/axe-core'
  const script = `${folder}/node_modules/axe-core/axe.min.js`
  if (!existsSync(script)) {
    mkdirSync(folder, { recursive: true })
    const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock']
    execFileSync('npm', ['install', '--prefix', folder, ...options, 'axe-core@4.14.1'], { stdio: 'inherit' })
  }
  return readFileSync(script, 'utf8')
}
const axe = hasBrowser ? axeCore() : ''

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
  readonly passes: readonly unknown[]
}

/** What axe-core finds wrong with the page as it is. The policy allows no foreign script, so it is run by the debugger. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const found = await page.evaluate<AxeResults>('axe.run({ resultTypes: ["violations", "passes"] })')
  expect(found.passes.length).toBeGreaterThan(10)
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
}

describe.skipIf(!hasBrowser)('the pages', () => {
  const demo = useDemo()

  async function with_(options: BrowserContextOptions, use: (visitor: Visitor) => Promise<void>): Promise<void> {
    const visitor = await demo.arrive(options)
    try {
      await use(visitor)
    } finally {
      await visitor.leave()
    }
  }

  /** Goes through all views, and looks at each. */
  async function tour(visitor: Visitor, look: (name: string) => Promise<void>): Promise<void> {
    const { page } = visitor
    await visitor.goTo('story')
    await visitor.press('Let an example person do it')
    await visitor.hears('An example person got two tokens')
    for (const summary of await page.getByRole('article').locator('summary').all()) await summary.click()
    await look('story')
    await visitor.goTo('claims')
    await visitor.sees('Log in')
    await look('office-log-in')
    await visitor.press('Log in')
    await visitor.goTo('wallet')
    await visitor.sees('Your wallet is empty')
    await look('wallet-empty')
    await visitor.press('Get tokens')
    await visitor.press('Fill in for Anna')
    await visitor.press('Log in')
    await visitor.sees('Good day, Anna Lindqvist')
    await look('office')
    await visitor.press('Send tokens to my wallet')
    await visitor.sees('10 tokens left')
    // What is unfolded stays so.
    for (const summary of await page.locator('summary').all()) await summary.click()
    await look('wallet')
    await visitor.goTo('shop')
    await page.getByText('The tax depends on it.').waitFor()
    await look('shop')
    await visitor.press('Buy with my wallet')
    await visitor.sees('Corner Cellar asks')
    await page.getByText('What it sees in any case').click()
    await look('request')
    await visitor.press('Show these 2')
    await visitor.sees('Ready to send')
    await look('outcome')
    await visitor.press('Send to Corner Cellar')
    await visitor.sees('Thank you. Your bottle is packed.')
    await visitor.press('Send the same proof again')
    await page.getByText('Refused: this proof was used before.').waitFor()
    await look('shop-after')
    await visitor.visit('forum')
    await look('forum-after')
    await page.goto(visitor.address('wallet').replace('/?', '/device.html?'))
    await visitor.sees('Your phone')
    await look('phone')
  }

  it.each([
    ['on a desktop, light', 'desktop', { ...desktop, colorScheme: 'light' }],
    ['on a desktop, dark', 'desktop-dark', { ...desktop, colorScheme: 'dark' }],
    ['on a phone', 'phone', { ...phone, colorScheme: 'light', reducedMotion: 'reduce' }],
    ['on a phone, dark', 'phone-dark', { ...phone, colorScheme: 'dark' }],
    // 200 % zoom of a window of 1280 pixels.
    ['at 200 % zoom', 'zoom', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
    ['on a wide screen', 'wide', { viewport: { width: 2560, height: 1300 } }],
  ] as const)('have no violation that axe-core finds, and fit, %s', async (_, name, options) => {
    await with_(options, async (visitor) => {
      const found: string[] = []
      const { page } = visitor
      await tour(visitor, async (view) => {
        await visitor.photograph(`${name}-${view}`)
        found.push(...(await violations(page)).map((violation) => `${view}: ${violation}`))
        for (const language of ['Deutsch', 'English']) {
          const excess = await excessWidth(page)
          if (excess > 0) found.push(`${view}: ${excess} pixels too wide before ${language}`)
          await visitor.press(language)
          if (language === 'Deutsch') await visitor.photograph(`${name}-${view}-german`)
        }
      })
      expect(found).toEqual([])
    })
  })

  it('speak German', async () => {
    await with_({ ...phone, locale: 'de-DE' }, async (visitor) => {
      const { page } = visitor
      await page.goto(demo.url)
      await visitor.sees('Etwas beweisen, ohne verfolgt zu werden')
      expect(await page.evaluate(() => document.documentElement.lang)).toBe('de')
      await visitor.press('Eine Beispielperson schicken')
      await visitor.hears('Eine Beispielperson hat zwei Tokens geholt')
      await visitor.photograph('german-story')
      expect(await page.getByRole('article').first().innerText()).toContain('Niemand kann an den Tokens erkennen, ob')
      const ordinary = page.getByRole('article').nth(1)
      expect(await ordinary.innerText()).toContain('Diese Seite nimmt an, dass Anna Lindqvist zu Besuch war')
      expect(await ordinary.innerText()).toContain('Zusammen wissen sie, wer es war: Anna Lindqvist.')
      await ordinary.getByText('Tatsache für Tatsache').click()
      const row = await ordinary.getByRole('row', { name: 'Nummern der Tokens' }).innerText()
      expect(row).toContain('verrät Sie')
      await visitor.photograph('german-story-table')
      await page.getByRole('link', { name: 'Brieftasche füllen' }).click()
      await visitor.sees('Ihre Brieftasche ist leer')
      await visitor.press('Tokens holen')
      await page.getByText('Ihre Brieftasche hat Sie hierher geschickt').waitFor()
      await visitor.press('Für Anna ausfüllen')
      await visitor.press('Anmelden')
      await visitor.sees('Guten Tag, Anna Lindqvist')
      await visitor.photograph('german-office')
      await visitor.press('Tokens in meine Brieftasche')
      await visitor.sees('Noch 10 Tokens')
      await page.getByText('Ein solches Token ist für eine Stelle').waitFor()
      await visitor.photograph('german-wallet')
      const birthDate = page.getByRole('term').filter({ hasText: 'Geburtsdatum' })
      const lines = await birthDate.evaluate((term) => {
        const range = document.createRange()
        range.selectNodeContents(term)
        return range.getClientRects().length
      })
      expect(lines).toBe(1)
      await visitor.follow('Corner Cellar besuchen')
      await visitor.press('Mit meiner Brieftasche kaufen')
      await visitor.sees('Corner Cellar fragt')
      await page.getByText('Wein dürfen wir nur an Erwachsene verkaufen.').waitFor()
      await visitor.photograph('german-request')
      expect(await violations(page)).toEqual([])
      await visitor.press('Diese 2 zeigen')
      await visitor.sees('Bereit zum Senden')
      await visitor.photograph('german-outcome')
      await visitor.press('Nicht senden')
      await visitor.hears('Vorbereitet, nicht gesendet. Das Token ist trotzdem verbraucht.')
      await visitor.press('Schließen')
      await visitor.goTo('shop', 'de')
      await visitor.press('Mit meiner Brieftasche kaufen')
      await visitor.sees('Corner Cellar fragt')
      await visitor.goTo('wallet', 'de')
      await page.getByText('Corner Cellar hat noch eine Frage offen.').waitFor()
      await visitor.press('Die Frage ansehen')
      await visitor.sees('Corner Cellar fragt')
      // The language can be changed on the spot, and stays.
      await page.getByRole('button', { name: 'English' }).click()
      await visitor.sees('Corner Cellar asks')
      await visitor.press('Show these 2')
      await visitor.press('Send to Corner Cellar')
      await visitor.sees('Thank you. Your bottle is packed.')
      await visitor.goTo('story', 'de')
      const steps = page.getByRole('listitem').filter({ hasText: '(erledigt)' }).getByRole('link')
      await steps.filter({ hasText: 'Wein kaufen' }).waitFor()
    })
  })

  it('can be used with the keyboard alone', async () => {
    await with_(desktop, async (visitor) => {
      const { page } = visitor
      const { keyboard } = page
      /** Tab until something with this name has the focus, which must be visible; then press a key. */
      const use = async (name: RegExp, key: string): Promise<void> => {
        for (let i = 0; i < 60; i++) {
          await keyboard.press('Tab')
          const { text, outline } = await page.evaluate(() => {
            const element = document.activeElement as HTMLInputElement
            const labels = Array.from(element.labels ?? [], (label) => label.innerText)
            return { text: labels.join() || element.innerText || '', outline: getComputedStyle(element).outlineStyle }
          })
          if (!name.test(text)) continue
          expect(outline, text).not.toBe('none')
          await keyboard.press(key)
          return
        }
        throw new Error(`nothing with ${String(name)} can be reached`)
      }
      await visitor.goTo('wallet')
      await visitor.sees('Your wallet is empty')
      await use(/^Get tokens$/, 'Enter')
      await visitor.sees('Log in')
      await use(/^User name$/, 'a')
      await keyboard.type('nna')
      await use(/^Password$/, 'h')
      await keyboard.type('arbour lights')
      await keyboard.press('Enter')
      await visitor.sees('Good day, Anna Lindqvist')
      // The focus is on the heading of what is new.
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
      await use(/^Send tokens to my wallet$/, 'Enter')
      await visitor.sees('10 tokens left')
      await use(/^Visit Corner Cellar$/, 'Enter')
      await visitor.sees('A bottle for tonight')
      await use(/^Buy with my wallet$/, 'Enter')
      await visitor.sees('Corner Cellar asks')
      await use(/^Given name/, 'Space')
      await use(/^Show these 3$/, 'Enter')
      await visitor.sees('Ready to send')
      await use(/^Send to Corner Cellar$/, 'Enter')
      await visitor.sees('Thank you. Your bottle is packed.')
      await use(/^Send the same proof again$/, 'Space')
      await page.getByText('Refused: this proof was used before.').waitFor()
    })
  })

  it('move only for those who like it', async () => {
    for (const reducedMotion of ['reduce', 'no-preference'] as const) {
      await with_({ ...desktop, reducedMotion }, async (visitor) => {
        await visitor.goTo('wallet')
        const button = visitor.page.getByRole('button', { name: 'Get tokens' })
        const duration = await button.evaluate((element) => getComputedStyle(element).transitionDuration)
        expect(duration).toBe(reducedMotion === 'reduce' ? '0s' : '0.15s, 0.15s')
      })
    }
  })

  it('have a wallet that can be installed, and starts and presents without its server', async () => {
    await with_(desktop, async (visitor) => {
      const { page, context } = visitor
      await visitor.fillWallet()
      await page.evaluate(async () => {
        await navigator.serviceWorker.ready
      })
      const session = await context.newCDPSession(page)
      const { errors } = await session.send('Page.getAppManifest')
      expect(errors).toEqual([])
      const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
      // Contexts of tests are like private windows.
      expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([])
      await visitor.goTo('shop')
      await visitor.press('Buy with my wallet')
      await visitor.sees('Corner Cellar asks')
      await context.setOffline(true)
      await page.reload()
      await visitor.sees('Corner Cellar asks')
      await visitor.press('Show these 2')
      await visitor.sees('Ready to send')
      await visitor.goTo('wallet')
      await visitor.sees('9 tokens left')
      await visitor.press('Refill to ten')
      await visitor.hears('The Residents’ Office is closed or cannot be reached.', 'alert')
      await visitor.photograph('wallet-offline')
      await context.setOffline(false)
    })
  })

  it('are apart from each other', async () => {
    await with_(desktop, async (visitor) => {
      const { page } = visitor
      const policies: string[] = []
      for (const place of ['story', 'claims', 'wallet', 'shop', 'forum'] satisfies Place[]) {
        const response = await page.goto(visitor.address(place))
        policies.push(response?.headers()['content-security-policy'] ?? '')
        expect(await page.evaluate(() => [isSecureContext, crossOriginIsolated])).toEqual([true, false])
      }
      for (const policy of policies) {
        expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; /)
        expect(policy).not.toContain('unsafe-inline')
      }
      const { hostname, port } = new URL(demo.url)
      /** The status of an answer. Node knows names below `localhost` on some systems only. */
      const status = (method: string, path: string, headers: Record<string, string>): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          const sent = request({ hostname, port, method, path, headers }, (response) => {
            response.resume()
            resolve(response.statusCode)
          })
          sent.on('error', reject).end(method === 'POST' ? '{}' : undefined)
        })
      const host = `claims.localhost:${port}`
      for (const origin of [`http://shop.localhost:${port}`, 'http://evil.example']) {
        expect(await status('POST', '/log-in', { host, origin })).toBe(403)
      }
      expect(await status('POST', '/log-in', { host, origin: `http://${host}` })).toBe(401)
      expect(await status('POST', '/tokens', { host, origin: `http://wallet.localhost:${port}` })).toBe(401)
      expect(await status('GET', '/records', { host })).toBe(404)
      expect(await status('GET', '/', { host: 'other.example' })).toBe(421)
    })
  })
})
