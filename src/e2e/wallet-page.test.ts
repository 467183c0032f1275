import { describe, expect, it } from 'vitest'
import { hasBrowser } from './testing/browser.js'
import { useDemo } from './testing/wallet-visitor.js'

const isCi = (process.env.CI ?? 'false') !== 'false'

it.runIf(isCi)('has a browser where that is promised', () => {
  expect(hasBrowser).toBe(true)
})

// A short walk. `npm run test:wallet` goes everywhere.
describe.skipIf(!hasBrowser)('the wallet page', () => {
  const demo = useDemo()

  it('obtains tokens, shows two claims, and has copies and changes refused', async () => {
    const visitor = await demo.arrive()
    const { page } = visitor
    await visitor.goTo('wallet')
    await visitor.sees('Your wallet is empty')
    await visitor.press('Get tokens')
    await page.getByLabel('User name').fill('anna')
    await page.getByLabel('Password').fill('guessed')
    await visitor.press('Log in')
    await visitor.hears('do not belong together', 'alert')
    await page.getByLabel('Password').fill('harbour lights')
    await visitor.press('Log in')
    await visitor.press('Send tokens to my wallet')
    await visitor.sees('10 tokens left')

    await visitor.goTo('shop')
    await visitor.press('Buy with my wallet')
    await visitor.sees('Corner Cellar asks')
    await visitor.press('Show these 2')
    await visitor.sees('Ready to send')
    await visitor.press('Send to Corner Cellar')
    await visitor.sees('Thank you. Your bottle is packed.')
    // All that the server has written down, with what nobody asked about.
    expect(await visitor.facts()).toEqual({
      'Over 18': 'yes',
      Country: 'Sweden',
      'Who certified': 'Residents’ Office',
      'Numbers of the tokens': expect.stringMatching(/^5 numbers, such as [\w+/]{8}…$/) as string,
      'Valid until': expect.stringMatching(/ 20\d\d$/) as string,
      'Hour of the visit': expect.stringMatching(/^\d+:00\s[AP]M$/) as string,
      'Network address': 'this machine',
    })

    for (const [button, answer] of [
      ['Send the same proof again', 'this proof was used before'],
      ['Change a fact and send it (Over 18: yes → no)', 'Somebody has changed it'],
      ['Change one bit and send it', 'Somebody has changed it'],
    ] as const) {
      await visitor.press(button.replace(/ \(.*/, ''))
      const newest = page.getByRole('log').getByRole('listitem').first()
      await newest.filter({ hasText: button }).filter({ hasText: answer }).waitFor()
    }

    await visitor.goTo('wallet')
    await visitor.sees('9 tokens left')
    await page.getByText('Shown: Over 18 and Country').waitFor()
    await visitor.leave()
  })
})
