// Everything a visitor can do, by what the pages say. Each state leaves a screenshot in `artefacts/wallet`.
import type { Locator, Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasBrowser } from '../testing/browser.js'
import { useDemo, Visitor } from '../testing/wallet-visitor.js'

/** How many parties hold a fact that another one has, too. */
const matches = (panel: Locator, row: string): Promise<number> =>
  panel.getByRole('row', { name: row }).getByText('same', { exact: true }).count()

const rowIn = (panel: Locator, row: string): Promise<string> => panel.getByRole('row', { name: row }).innerText()

async function openTables(page: Page): Promise<void> {
  for (const summary of await page.getByRole('article').locator('summary').all()) await summary.click()
}

describe.skipIf(!hasBrowser)('a visitor', () => {
  const demo = useDemo()
  let visitor: Visitor

  beforeEach(async () => {
    visitor = await demo.arrive()
    await visitor.goTo('story')
    await visitor.press('Clear the notes of the visits')
    await visitor.hears('The notes of the visits are cleared.')
  })
  afterEach(async () => {
    await visitor.leave()
  })

  /** Logs in as somebody else, and takes tokens home. */
  async function comeBackAs(person: 'Anna' | 'Tom'): Promise<void> {
    await visitor.press('Log in again, or as somebody else')
    await visitor.press('Log out')
    await visitor.press(`Fill in for ${person}`)
    await visitor.press('Log in')
    await visitor.press('Send tokens to my wallet')
  }

  it('sees the point with one click, by an example person', async () => {
    const { page } = visitor
    await page.getByText('Nobody has visited anybody yet.').waitFor()
    await visitor.photographBoth('story-empty')
    await visitor.press('Let an example person do it')
    await visitor.hears('An example person got two tokens')
    const [own, ordinary] = [page.getByRole('article').nth(0), page.getByRole('article').nth(1)]
    expect(await own.innerText()).toContain('Nobody can tell by the tokens whether these are one person.')
    expect(await own.innerText()).toContain('The real notes of the servers')
    expect(await ordinary.innerText()).toContain('Together they know that it was Anna Lindqvist.')
    expect(await ordinary.innerText()).toContain('What it would have been. This page supposes that Anna Lindqvist came')
    // The two verdicts are side by side, and the tables closed.
    await visitor.photographBoth('story-verdicts')
    const [left, right] = await Promise.all([own, ordinary].map((panel) => panel.boundingBox()))
    expect(right?.y).toBe(left?.y)
    // The example person's steps are not the visitor's.
    expect(await page.getByText('(done)').count()).toBe(0)
    await openTables(page)
    expect(await matches(own, 'Numbers of the tokens')).toBe(0)
    expect(await rowIn(own, 'Numbers of the tokens')).toMatch(/harmless Different at each place/)
    expect(await rowIn(own, 'Network address')).toMatch(/this machine.*careful/s)
    expect(await matches(ordinary, 'Numbers of the tokens')).toBe(3)
    for (const name of ['Numbers of the tokens', 'Surname']) {
      expect(await rowIn(ordinary, name)).toMatch(/gives you away/)
    }
    for (const name of ['Country', 'Who certified', 'Valid until', 'Hour of the visit', 'Network address']) {
      expect(await matches(own, name), name).toBeGreaterThanOrEqual(2)
    }
    expect(await matches(own, 'Surname')).toBe(0)
    await visitor.photographBoth('story-notes')
  })

  it('visits the shop and the forum, twice, and looks at the notes', async () => {
    const { page } = visitor
    await visitor.goTo('wallet')
    await visitor.sees('Your wallet is empty')
    await visitor.photographBoth('wallet-empty')
    await visitor.fillWallet()
    await visitor.photographBoth('wallet-full')
    await page.getByText('there are 3 tokens of another kind. Such a token is for one place').waitFor()

    await visitor.goTo('shop')
    await page.getByText('The tax depends on it.').waitFor()
    await visitor.photographBoth('shop')
    await visitor.press('Buy with my wallet')
    await visitor.sees('Corner Cellar asks')
    await visitor.photographBoth('wallet-request')
    await page.getByLabel('Country').uncheck()
    await page.getByText('Corner Cellar accepts no answer without: Country.').waitFor()
    expect(await page.getByRole('button', { name: 'Show this one' }).getAttribute('aria-disabled')).toBe('true')
    await visitor.photographBoth('wallet-request-incomplete')
    await page.getByLabel('Country').check()
    await page.getByLabel('Given name').check()
    await visitor.press('Show these 3')
    await visitor.sees('Ready to send')
    expect(await visitor.facts()).toEqual({
      To: expect.stringMatching(/^Corner Cellar\s+shop\.localhost:\d+$/) as string,
      'Over 18': 'yes',
      Country: 'Sweden',
      'Given name': 'Anna',
    })
    await visitor.photographBoth('wallet-outcome')
    // What is not sent is not shown to anybody, but the token is used up.
    await visitor.press('Do not send')
    await visitor.hears('Prepared, not sent. The token is used up all the same.')
    await visitor.sees('9 tokens left')
    expect(await page.getByRole('listitem').filter({ hasText: 'Corner Cellar' }).innerText()).toContain(
      'Prepared, not sent. The token is used up all the same.',
    )
    await visitor.photographBoth('wallet-not-sent')
    await visitor.press('Close')
    expect(await page.getByRole('status').count()).toBe(0)
    await visitor.goTo('shop')
    await visitor.press('Buy with my wallet')
    await page.getByLabel('Given name').check()
    await visitor.press('Show these 3')
    await visitor.press('Send to Corner Cellar')
    await visitor.sees('Thank you. Your bottle is packed.')
    await visitor.press('Send the same proof again')
    await page.getByText('Refused: this proof was used before.').waitFor()
    await visitor.photographBoth('shop-cheated')

    // One visit can be looked at, too; the steps that are done have a tick.
    await visitor.follow('See what all of them hold')
    await page.getByText('One visit so far.').waitFor()
    const own = page.getByRole('article').first()
    expect(await own.innerText()).toContain('But this was shown: Given name. The office can look for all')
    const steps = page.getByRole('listitem').filter({ hasText: '(done)' })
    expect(await steps.getByRole('link').allInnerTexts()).toEqual(['Fill your wallet', 'Buy wine'])
    await openTables(page)
    expect(await rowIn(own, 'Given name')).toMatch(/careful/)
    expect(await rowIn(own, 'Surname')).toMatch(/harmless Known to the office only/)
    await visitor.photographBoth('story-one-visit')

    const numbers: (string | undefined)[] = []
    for (const place of ['forum', 'forum'] as const) {
      await visitor.visit(place)
      numbers.push((await visitor.facts())['Number for members'])
    }
    await visitor.photographBoth('forum-second-visit')
    const [first = '', second = ''] = numbers.map((number) => number?.split('… · ')[0])
    expect(first).toMatch(/^[\w+/]{8}$/)
    expect(second).toBe(first)
    expect(numbers[1]).toContain('visit number 2')
    await visitor.sees('Welcome back to Tall Trees.')
    await page.getByText('If you come again, we know you by your number.').waitFor()
    await visitor.follow('See what all of them hold')
    await page.getByText('Tall Trees knows that the same member came twice, as you allowed.').waitFor()
    expect(await page.getByRole('article').count()).toBe(2)
    expect(await own.innerText()).not.toContain('Anna')
    await openTables(page)
    expect(await matches(own, 'Number for members')).toBe(2)
    expect(await rowIn(own, 'Number for members')).toMatch(/harmless This place knows it again/)
    expect(await rowIn(own, 'Surname')).toMatch(/harmless/)
    await visitor.photographBoth('story-member')
    await visitor.press('Deutsch')
    await page.getByText('Tall Trees weiß, dass dasselbe Mitglied zweimal kam, wie Sie es erlaubt haben.').waitFor()
    await visitor.photographBoth('story-member-german')
    await visitor.press('English')

    // The shop recognises, too, by another number.
    await visitor.goTo('shop')
    await visitor.press('Buy with my wallet')
    await page.getByLabel('Recognise me next time').check()
    await visitor.press('Show these 3')
    await visitor.press('Send to Corner Cellar')
    await visitor.sees('Thank you. Your bottle is packed.')
    expect((await visitor.facts())['Number for members']).not.toContain(first)

    await visitor.follow('See what all of them hold')
    await page.getByText('Nobody can tell by the tokens whether these are one person.').waitFor()
    await openTables(page)
    expect(await matches(own, 'Number for members')).toBe(0)
    await visitor.photographBoth('story-notes-own')

    await visitor.goTo('wallet')
    // The forum saw the same token of a pair; the shop took one token for its first visit and one for its pair.
    await visitor.sees('7 tokens left')
    expect(await page.getByRole('list').getByText('Tall Trees').count()).toBe(2)
    const entry = page.getByRole('listitem').filter({ hasText: /^.*Corner Cellar.*Shown: [^:]*Given name/s })
    await entry.filter({ hasText: 'Over 18' }).filter({ hasText: 'Country' }).first().waitFor()
    await visitor.photographBoth('wallet-history')
  })

  it('is linked at one place only if it wants to be', async () => {
    const { page } = visitor
    await visitor.fillWallet()
    await visitor.visit('shop')
    await visitor.visit('shop')
    await visitor.follow('See what all of them hold')
    const own = page.getByRole('article').first()
    await own.waitFor()
    expect(await own.innerText()).toContain('Nobody can tell')
    await openTables(page)
    expect(await matches(own, 'Numbers of the tokens')).toBe(0)
  })

  it('declines', async () => {
    await visitor.fillWallet()
    await visitor.goTo('shop')
    await visitor.press('Buy with my wallet')
    await visitor.press('Show nothing')
    await visitor.hears('You have shown nothing.')
    await visitor.photographBoth('shop-declined')
    await visitor.goTo('wallet')
    await visitor.sees('10 tokens left')
  })

  it('is asked with an empty wallet, gets tokens and is asked again', async () => {
    const { page } = visitor
    await visitor.goTo('shop')
    await visitor.press('Buy with my wallet')
    await visitor.sees('Corner Cellar asks, and your wallet has no token')
    await page.getByText('It is not told that Corner Cellar has asked, but it sees the time.').waitFor()
    await visitor.photographBoth('wallet-asked-empty')
    await visitor.press('Get tokens')
    await page.getByText('Your wallet has sent you here, to fetch tokens.').waitFor()
    await page.getByText('Tom, born').waitFor()
    await visitor.press('Fill in for Anna')
    await visitor.press('Log in')
    await visitor.press('Send tokens to my wallet')
    await visitor.sees('Corner Cellar asks')
    // A question that is left waits, and does not come in the way.
    await visitor.goTo('wallet')
    await visitor.sees('10 tokens left')
    await page.getByText('Corner Cellar still asks for something.').waitFor()
    await visitor.photographBoth('wallet-still-asked')
    await page.reload()
    await visitor.press('See the question')
    await visitor.sees('Corner Cellar asks')
    await visitor.goTo('wallet')
    await visitor.press('Log in again, or as somebody else')
    await visitor.press('Send tokens to my wallet')
    await visitor.sees('10 tokens left')
  })

  it('finishes a log-in that it began, went back from and began again', async () => {
    const { page } = visitor
    await visitor.goTo('wallet')
    await visitor.press('Get tokens')
    await visitor.press('Fill in for Anna')
    await visitor.press('Log in')
    await visitor.sees('Good day, Anna Lindqvist')
    await visitor.goTo('wallet')
    await visitor.press('Get tokens')
    await visitor.sees('Good day, Anna Lindqvist')
    await page.goBack()
    await visitor.sees('Your wallet is empty')
    await page.goBack()
    await visitor.sees('Good day, Anna Lindqvist')
    await visitor.press('Send tokens to my wallet')
    await visitor.sees('10 tokens left')
  })

  it('is turned down at 17, and cannot change that', async () => {
    const { page } = visitor
    await visitor.goTo('wallet')
    await visitor.press('Get tokens')
    await visitor.press('Fill in for Tom')
    await visitor.press('Log in')
    await visitor.sees('Good day, Tom Becker')
    await visitor.press('Send tokens to my wallet')
    await visitor.sees('10 tokens left')
    await visitor.goTo('shop')
    await visitor.press('Buy with my wallet')
    await page.getByText('Your tokens say that you are not over 18.').waitFor()
    await visitor.photographBoth('wallet-request-minor')
    await visitor.press('Show these 2')
    await visitor.press('Send to Corner Cellar')
    await visitor.sees('No wine for you today')
    await page.getByText('We cannot sell you wine.').waitFor()
    expect(await visitor.facts()).toMatchObject({ 'Over 18': 'no', Country: 'Germany' })
    await visitor.press('Change a fact and send it')
    await page.getByText('Refused: the proof does not fit what it says.').waitFor()
    await visitor.photographBoth('shop-minor')

    // Somebody else logs in: the wallet does not mix two persons.
    await visitor.goTo('wallet')
    await comeBackAs('Anna')
    await visitor.sees('These are not the facts of your tokens')
    await visitor.photographBoth('wallet-other-person')
    await visitor.press('Deutsch')
    await visitor.sees('Das sind nicht die Tatsachen Ihrer Tokens')
    await visitor.press('Behalten, was hier ist')
    await visitor.hears('Nichts hat sich geändert.')
    await visitor.press('English')
    await visitor.sees('9 tokens left')
    await visitor.press('Refill to ten')
    await visitor.hears('Your wallet has 10 tokens.')
    expect(await visitor.facts()).toMatchObject({ 'Given name': 'Tom', Country: 'Germany' })
    await page.getByText('Shown: Over 18 and Country').waitFor()
    await visitor.press('Log in again, or as somebody else')
    await visitor.press('Send tokens to my wallet')
    await visitor.press('Replace everything')
    await visitor.hears('Your wallet has 10 tokens.')
    expect(await visitor.facts()).toMatchObject({ 'Given name': 'Anna', Country: 'Sweden' })
    await page.getByText('Nothing yet. Visit the shop or the forum').waitFor()
    // Two people came, and the notes say so; an ordinary token would have named both.
    await visitor.visit('shop')
    await visitor.follow('See what all of them hold')
    await page.getByText('What was shown differs: these are two people.').waitFor()
    await page.getByText('Together they know that it was Tom Becker and Anna Lindqvist.').waitFor()
    await visitor.photographBoth('story-two-people')
    await visitor.press('Deutsch')
    await page.getByText('Was gezeigt wurde, ist verschieden: Das sind zwei Menschen.').waitFor()
  })

  it('that an earlier version filled, which did not note whose it is, knows it by its tokens', async () => {
    const { page, context } = visitor
    await context.route('**/grant', async (route) => {
      // Node does not know the names below localhost.
      const { host, port } = new URL(route.request().url())
      const headers = { ...(await route.request().allHeaders()), host }
      const response = await route.fetch({ url: `http://127.0.0.1:${port}/grant`, headers })
      const { grant } = (await response.json()) as { grant: string }
      await route.fulfill({ response, json: { grant } })
    })
    await visitor.fillWallet()
    await context.unroute('**/grant')
    await page.reload()
    await visitor.sees('10 tokens left')
    await comeBackAs('Tom')
    await visitor.sees('These are not the facts of your tokens')
    await visitor.press('Keep what is here')
    await visitor.sees('10 tokens left')
    expect(await visitor.facts()).toMatchObject({ 'Given name': 'Anna' })
  })

  it('keeps its tokens if there are none for the other person after all', async () => {
    const { page, context } = visitor
    await visitor.fillWallet()
    await comeBackAs('Tom')
    await visitor.sees('These are not the facts of your tokens')
    await context.route('**/tokens', (route) => route.abort())
    await visitor.press('Replace everything')
    await visitor.hears('The Residents’ Office is closed or cannot be reached.', 'alert')
    await context.unroute('**/tokens')
    await page.reload()
    await visitor.sees('10 tokens left')
    expect(await visitor.facts()).toMatchObject({ 'Given name': 'Anna' })
    // With the log-in of before.
    await visitor.visit('shop')
    await visitor.goTo('wallet')
    await visitor.press('Refill to ten')
    await visitor.hears('Your wallet has 10 tokens.')
    expect(await visitor.facts()).toMatchObject({ 'Given name': 'Anna' })
  })

  it('pays while the office is closed, but gets no tokens', async () => {
    const { page } = visitor
    await visitor.fillWallet()
    await visitor.visit('shop')
    await visitor.goTo('story')
    await visitor.press('Close the office')
    await visitor.hears('The office is closed.')
    try {
      await visitor.visit('shop')
      await visitor.sees('Thank you. Your bottle is packed.')
      await visitor.goTo('wallet')
      await visitor.sees('8 tokens left')
      await visitor.press('Refill to ten')
      await visitor.hears('The Residents’ Office is closed or cannot be reached.', 'alert')
      await visitor.photographBoth('wallet-office-closed')
      await visitor.goTo('claims')
      await visitor.sees('We are closed at the moment')
      await visitor.press('Try again')
      await visitor.sees('We are closed at the moment')
      expect(await page.getByText('The office is closed').count()).toBe(1)
      await visitor.photographBoth('office-closed')
    } finally {
      await visitor.goTo('story')
      await visitor.photographBoth('story-office-closed')
      await visitor.press('Open the office again')
      await visitor.hears('The office is open.')
    }
    await visitor.goTo('wallet')
    await visitor.press('Refill to ten')
    await visitor.hears('Your wallet has 10 tokens.')
  })

  it('is warned when few tokens are left, and refills when asked without any', async () => {
    await visitor.fillWallet()
    for (let i = 0; i < 7; i++) await visitor.visit('shop')
    await visitor.goTo('wallet')
    await visitor.sees('3 tokens left')
    await visitor.page.getByText('Only 3 tokens left. Refill now').waitFor()
    await visitor.photographBoth('wallet-low')
    for (let i = 0; i < 3; i++) await visitor.visit('shop')
    await visitor.goTo('shop')
    await visitor.press('Buy with my wallet')
    await visitor.sees('Corner Cellar asks, and your wallet has no token')
    await visitor.photographBoth('wallet-asked-used-up')
    await visitor.press('Refill to ten')
    await visitor.sees('Corner Cellar asks')
    await visitor.press('Show nothing')
    await visitor.goTo('wallet')
    await visitor.sees('10 tokens left')
  })

  it('takes no answer for a log-in that it has not begun, and no nonsense for a request', async () => {
    const { page } = visitor
    await page.goto(`${visitor.address('wallet')}#code=stolen&state=guessed`)
    await visitor.hears('did not begin to log in from this tab', 'alert')
    await visitor.photographBoth('wallet-foreign-code')
    await visitor.press('Close')
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.goto('about:blank')
    await page.goto(`${visitor.address('wallet')}#request=nonsense`)
    await visitor.sees('The wallet does not understand this request')
    await visitor.photographBoth('wallet-bad-request')
    await visitor.press('Open the wallet')
    await visitor.sees('Your wallet is empty')
  })

  it('does not answer a question that one party passes on for another', async () => {
    const { page } = visitor
    await visitor.fillWallet()
    await visitor.goTo('shop')
    await visitor.press('Buy with my wallet')
    await visitor.sees('Corner Cellar asks')
    const request = await page.evaluate(() => JSON.parse(sessionStorage.getItem('request') ?? '') as { party: string })
    // The forum has asked the shop for a challenge, and hopes to be the customer.
    const forged = { ...request, party: request.party.replace('shop', 'forum') }
    const text = Buffer.from(JSON.stringify(forged)).toString('base64url')
    await page.goto('about:blank')
    await page.goto(`${visitor.address('wallet')}#request=${text}`)
    await visitor.press('Show these 2')
    await visitor.hears('The wallet does not understand this request.', 'alert')
    await visitor.press('Show nothing')
    await visitor.hears('You have shown nothing.')
    await visitor.goTo('wallet')
    await visitor.sees('10 tokens left')
  })

  it('measures the device on request', async () => {
    const { page } = visitor
    const button = page.getByRole('button', { name: 'Measure on this device' })
    await button.evaluate((element) => scrollBy({ top: element.getBoundingClientRect().top, behavior: 'instant' }))
    await button.click()
    await visitor.hears('Measured.')
    // The message pushes the page down instead of covering it.
    const [said, pressed] = await Promise.all([page.getByRole('status'), button].map((each) => each.boundingBox()))
    expect(pressed?.y).toBeGreaterThanOrEqual((said?.y ?? Infinity) + (said?.height ?? 0))
    const bars = await page.getByRole('meter').evaluateAll((all) => all.map((bar) => bar.getAttribute('aria-label')))
    expect(bars).toEqual([
      expect.stringMatching(/^Make a proof, WebAssembly: [\d.]+ ms$/),
      expect.stringMatching(/^Make a proof, BigInt: [\d.]+ ms$/),
      expect.stringMatching(/^Check a proof, WebAssembly: [\d.]+ ms$/),
      expect.stringMatching(/^Check a proof, BigInt: [\d.]+ ms$/),
    ])
    await page
      .getByText(/On a phone, if it is four times slower: about [\d.]+ ms\./)
      .first()
      .waitFor()
    await page.getByText('So nobody has to wait for a proof.').waitFor()
    await visitor.photographBoth('story-measured')
  })
})

// With a demo of its own: Tom's account has to wait for a minute afterwards.
describe.skipIf(!hasBrowser)('somebody at the log-in', () => {
  const demo = useDemo()

  it('is told of wrong passwords, and waits after five', async () => {
    const visitor = await demo.arrive()
    const { page } = visitor
    await visitor.goTo('claims')
    await visitor.sees('Log in')
    await visitor.photographBoth('office-log-in')
    await page.getByLabel('User name').fill('tom')
    for (let i = 0; i < 5; i++) {
      await page.getByLabel('Password').fill(`guess ${i}`)
      await visitor.press('Log in')
      await visitor.hears('do not belong together', 'alert')
    }
    await visitor.photographBoth('office-wrong-password')
    await page.getByLabel('Password').fill('paper boats')
    await visitor.press('Log in')
    await visitor.hears('Five wrong passwords in a row.', 'alert')
    await visitor.photographBoth('office-paused')
    await page.getByLabel('User name').fill('anna')
    await page.getByLabel('Password').fill('harbour lights')
    await visitor.press('Log in')
    await visitor.sees('Good day, Anna Lindqvist')
    expect(await visitor.facts()).toMatchObject({ 'Given name': 'Anna', 'Over 18': 'yes', Country: 'Sweden' })
    await visitor.photographBoth('office')
    await visitor.press('Log out')
    await visitor.sees('Log in')
    await visitor.leave()
  })
})
