// Locks, moving, the second device, and what is on the disk.
import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasBrowser } from '../testing/browser.js'
import { useDemo, Visitor } from '../testing/wallet-visitor.js'

const passphrase = 'four unusual words together'

describe.skipIf(!hasBrowser)('a wallet', () => {
  const demo = useDemo()
  let visitor: Visitor

  beforeEach(async () => {
    visitor = await demo.arrive()
    await visitor.fillWallet()
  })
  afterEach(async () => {
    await visitor.leave()
  })

  const unfold = (name: string): Promise<void> => visitor.page.getByText(name, { exact: true }).click()

  async function setPassphrase(): Promise<void> {
    await unfold('Lock with a passphrase')
    await visitor.page.getByLabel('Passphrase').first().fill(passphrase)
    const again = visitor.page.getByLabel('The same again').first()
    await again.fill('four unusual words together?')
    await visitor.press('Set the passphrase')
    await visitor.hears('The two are not the same.', 'alert')
    await again.fill(passphrase)
    await visitor.press('Set the passphrase')
    await visitor.hears('From now on the wallet asks for your passphrase.')
  }

  it('is locked by a passphrase', async () => {
    const { page } = visitor
    await unfold('Lock with a passphrase')
    await page.getByLabel('Passphrase').first().fill('short')
    await visitor.press('Set the passphrase')
    expect(
      await page
        .getByLabel('Passphrase')
        .first()
        .evaluate((field: HTMLInputElement) => field.validity.tooShort),
    ).toBe(true)
    await page.reload()
    await visitor.sees('10 tokens left')
    await setPassphrase()
    await visitor.photographBoth('wallet-lock-set')
    await page.reload()
    await visitor.sees('Your wallet is locked')
    expect(await page.getByRole('main').innerText()).not.toMatch(/Anna|tokens left/)
    await visitor.photographBoth('wallet-locked')
    await page.getByLabel('Passphrase').fill('four unusual words apart')
    await visitor.press('Unlock')
    await visitor.hears('This passphrase does not open it.', 'alert')
    await visitor.photographBoth('wallet-wrong-passphrase')
    await page.getByLabel('Passphrase').fill(passphrase)
    await visitor.press('Unlock')
    await visitor.sees('10 tokens left')
    await visitor.goTo('shop')
    await visitor.press('Buy with my wallet')
    await visitor.sees('Your wallet is locked')
    await page.getByText('Corner Cellar asks for something.').waitFor()
    await page.getByLabel('Passphrase').fill(passphrase)
    await visitor.press('Unlock')
    await visitor.sees('Corner Cellar asks')
    await visitor.press('Show nothing')
    await visitor.goTo('wallet')
    await page.getByLabel('Passphrase').fill(passphrase)
    await visitor.press('Unlock')
    await visitor.press('Remove the lock')
    await visitor.hears('From now on the wallet opens without being asked.')
    await page.reload()
    await visitor.sees('10 tokens left')
  })

  it('is locked by a passkey that computes secrets, with the passphrase in reserve', async () => {
    const { page } = visitor
    const session = await visitor.context.newCDPSession(page)
    await session.send('WebAuthn.enable')
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal' },
        ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true, hasPrf: true },
        automaticPresenceSimulation: true,
      },
    })
    await page.reload()
    await setPassphrase()
    await visitor.press('Add this device’s passkey')
    await visitor.hears('From now on the wallet opens with the passkey')
    await page.getByText('Opens with this device’s passkey, or with your passphrase.').waitFor()
    await visitor.photographBoth('wallet-passkey-set')
    await page.reload()
    await visitor.sees('Your wallet is locked')
    await visitor.photographBoth('wallet-locked-passkey')

    await visitor.press('Unlock with the passkey')
    await visitor.sees('10 tokens left')

    // Without the person's finger the authenticator refuses, and after some attempts it does so for good. The passphrase is left.
    await visitor.press('Lock now')
    await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    await visitor.press('Unlock with the passkey')
    await visitor.hears('The passkey did not work.', 'alert')
    await page.getByLabel('Passphrase').fill(passphrase)
    await visitor.press('Unlock')
    await visitor.sees('10 tokens left')
  })

  it('moves in a file, and is then in one place only', async () => {
    const { page } = visitor
    await visitor.visit('forum')
    const before = (await visitor.facts())['Number for members']?.slice(0, 8)
    await visitor.goTo('wallet')
    await visitor.sees('10 tokens left')
    await unfold('Move to another device')
    const makeFile = async (): Promise<void> => {
      const group = page.getByRole('group').filter({ hasText: 'First you save everything in an encrypted file.' })
      await group.getByLabel('Passphrase').fill(passphrase)
      await group.getByLabel('The same again').fill(passphrase)
      await visitor.press('Make the file')
      await visitor.hears('The file is made. Nothing has been removed yet.')
    }
    // A person whose download failed keeps the tokens.
    await makeFile()
    const remove = page.getByRole('button', { name: 'I have it: remove the tokens here' })
    expect(await remove.getAttribute('aria-disabled')).toBe('true')
    await visitor.photographBoth('wallet-file-made')
    await visitor.press('Keep the tokens here')
    await visitor.hears('Nothing has moved.')
    await visitor.sees('10 tokens left')
    await makeFile()
    const [download] = await Promise.all([page.waitForEvent('download'), visitor.follow('Save the file')])
    const path = await download.path()
    await visitor.sees('10 tokens left')
    await visitor.press('I have it: remove the tokens here')
    await visitor.hears('The wallet is in the file, and no longer here.')
    await visitor.sees('Your wallet is empty')
    await visitor.photographBoth('wallet-moved-out')
    const octets = await readFile(path)
    for (const secret of ['Anna', 'Lindqvist', 'walletKey', 'tall', 'given-name']) {
      expect(octets.includes(secret), secret).toBe(false)
    }
    await page.reload()
    await visitor.sees('Your wallet is empty')

    const other = await demo.arrive()
    const bringIn = async (file: string, words: string): Promise<void> => {
      await other.goTo('wallet')
      await other.page.getByText('Bring in a file', { exact: true }).click()
      await other.page.getByLabel('File').setInputFiles(file)
      const group = other.page.getByRole('group').filter({ hasText: 'Bring it in' })
      await group.getByLabel('Passphrase').fill(words)
      await other.press('Bring it in')
    }
    await bringIn('package.json', passphrase)
    await other.hears('This is not a file of this wallet.', 'alert')
    await bringIn(path, 'four wrong words together')
    await other.hears('This file does not open with this passphrase', 'alert')
    await other.photographBoth('wallet-bad-file')
    const damaged = `${path}.damaged`
    octets[octets.length >> 1]! ^= 1
    await writeFile(damaged, octets)
    await bringIn(damaged, passphrase)
    await other.hears('This file does not open with this passphrase', 'alert')
    await bringIn(path, passphrase)
    await other.hears('Your wallet has 10 tokens from the file.')
    await other.photographBoth('wallet-moved-in')
    // The same member there, the history here, and refilling without another log-in.
    await other.page.getByText('can recognise you').waitFor()
    await other.visit('forum')
    expect((await other.facts())['Number for members']?.slice(0, 8)).toBe(before)
    await other.visit('shop')
    await other.goTo('wallet')
    await other.press('Refill to ten')
    await other.sees('10 tokens left')
    await bringIn(path, passphrase)
    await other.hears('This wallet has tokens of its own.', 'alert')
    await other.leave()
  })

  it('binds tokens to a second device, which a tab plays', async () => {
    const { page, context } = visitor
    await unfold('Second device')
    await visitor.press('Bind new tokens to the phone')
    await visitor.hears('The phone does not answer.', 'alert')
    await visitor.photographBoth('wallet-phone-missing')
    const opened = context.waitForEvent('page')
    await visitor.follow('Open the phone in a tab')
    const phone = await opened
    await phone.getByRole('heading', { name: 'Your phone' }).waitFor()
    await phone.getByText('Nothing to approve.').waitFor()
    // As a person does: a tab in the background draws once in a second.
    await page.bringToFront()
    await visitor.press('Bind new tokens to the phone')
    await visitor.hears('New tokens will be bound to the phone.')
    await page.getByText('10 tokens in this wallet work without the phone.').waitFor()
    await visitor.photographBoth('wallet-phone-paired')
    await visitor.press('Deutsch')
    await page.getByText('10 Tokens in dieser Brieftasche gelten ohne das Telefon.').waitFor()
    await page.getByRole('button', { name: 'Jetzt umtauschen' }).waitFor()
    await visitor.press('English')
    await visitor.press('Exchange them now')
    await visitor.hears(
      'Every token for a single visit needs the phone now. Those by which a place recognises you stay as they are.',
    )
    await visitor.sees('10 tokens left')
    await page.getByText('10 of these need your phone.').waitFor()
    await visitor.photographBoth('wallet-bound')

    await visitor.goTo('shop')
    await visitor.press('Buy with my wallet')
    await page.getByText('What it sees in any case').click()
    await page.getByText('And that a second device has approved.').waitFor()
    await visitor.press('Show these 2')
    // Both show the same: who asks, and what would go out.
    await phone.getByRole('heading', { name: 'Show this to Corner Cellar?' }).waitFor()
    await visitor.sees('Approve on your phone')
    const shown = {
      To: expect.stringMatching(/^Corner Cellar\s+shop\./) as string,
      'Over 18': 'yes',
      Country: 'Sweden',
    }
    expect(await visitor.facts()).toEqual(shown)
    expect(await visitor.facts(phone)).toEqual(shown)
    await visitor.photographBoth('wallet-waits-for-phone')
    const decide = async (name: string): Promise<void> => {
      await phone.bringToFront()
      await phone.getByRole('button', { name }).click()
      await page.bringToFront()
    }
    await phone.bringToFront()
    await visitor.photographBoth('phone-asks', phone)
    await decide('Approve')
    await visitor.sees('Ready to send')
    expect(await visitor.facts()).toEqual({ ...shown, 'Second device': 'has approved' })
    await visitor.press('Send to Corner Cellar')
    await visitor.sees('Thank you. Your bottle is packed.')
    expect(await visitor.facts()).toMatchObject({ 'Second device': 'has approved' })

    // Two tokens, one question: the forum recognises by a second one.
    await visitor.goTo('forum')
    await visitor.press('Enter with my wallet')
    await page.getByLabel('Country').check()
    await visitor.press('Show these 2')
    await decide('Approve')
    await visitor.press('Send to Tall Trees')
    await visitor.sees('Welcome to Tall Trees.')

    await visitor.goTo('shop')
    await visitor.press('Buy with my wallet')
    await page.getByLabel('Given name').check()
    await visitor.press('Show these 3')
    await decide('Refuse')
    await visitor.hears('You refused on the phone.', 'alert')
    // The request is back, with what was chosen.
    expect(await page.getByLabel('Given name').isChecked()).toBe(true)
    await page.getByLabel('Given name').uncheck()
    await phone.close()
    await visitor.press('Show these 2')
    await visitor.hears('The phone does not answer.', 'alert')
    await visitor.press('Show nothing')
    await visitor.goTo('wallet')
    await visitor.sees('7 tokens left')
  })

  it('stays where it is if a token was used since the file was made', async () => {
    const { page, context } = visitor
    await unfold('Move to another device')
    const group = page.getByRole('group').filter({ hasText: 'First you save everything in an encrypted file.' })
    await group.getByLabel('Passphrase').fill(passphrase)
    await group.getByLabel('The same again').fill(passphrase)
    await visitor.press('Make the file')
    await visitor.hears('The file is made.')
    const tab = await context.newPage()
    await tab.goto(visitor.address('shop'))
    await tab.getByRole('button', { name: 'Buy with my wallet' }).click()
    await tab.getByRole('button', { name: 'Show these 2' }).click()
    await tab.getByRole('heading', { name: 'Ready to send' }).waitFor()
    await page.bringToFront()
    await Promise.all([page.waitForEvent('download'), visitor.follow('Save the file')])
    await visitor.press('I have it: remove the tokens here')
    await visitor.hears('nothing was removed', 'alert')
    await visitor.sees('9 tokens left')
  })

  it('whose passphrase is forgotten can be deleted', async () => {
    await setPassphrase()
    await visitor.page.reload()
    await visitor.sees('Your wallet is locked')
    await unfold('I have forgotten the passphrase')
    await visitor.photographBoth('wallet-forgotten')
    await visitor.press('Really delete everything')
    await visitor.sees('Your wallet is empty')
  })

  it('is deleted', async () => {
    await unfold('Delete everything')
    await visitor.photographBoth('wallet-delete')
    await visitor.press('Really delete everything')
    await visitor.hears('Everything is deleted.')
    await visitor.sees('Your wallet is empty')
    // A new key, wrapped, is all that there is.
    expect((await visitor.page.evaluate(readStorage)).records.length).toBe(1)
  })

  it('keeps everything encrypted, and no cookie', async () => {
    await visitor.visit('shop')
    await visitor.goTo('wallet')
    await visitor.sees('9 tokens left')
    const { records, keys, others } = await visitor.page.evaluate(readStorage)
    expect(records.length).toBeGreaterThan(12)
    const secrets = ['Anna', 'Lindqvist', '1990', 'given', 'shop', 'Corner', 'history', 'grant']
    for (const secret of secrets) expect(records.filter((record) => record.includes(secret))).toEqual([])
    expect(keys).toEqual([{ extractable: false, exported: false }])
    expect(others).toEqual([])
    expect((await visitor.context.cookies(visitor.address('wallet'))).length).toBe(0)
  })
})

/** What the browser keeps for this page: octets as text, what can be done with keys, and names of the rest. Runs in the page. */
async function readStorage(): Promise<{
  records: string[]
  keys: { extractable: boolean; exported: boolean }[]
  others: string[]
}> {
  const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(new Error('IndexedDB failed'))
    })
  const keys: { extractable: boolean; exported: boolean }[] = []
  const records: string[] = []
  const read = async (value: unknown): Promise<void> => {
    if (value instanceof CryptoKey) {
      const exported = await crypto.subtle.exportKey('raw', value).then(
        () => true,
        () => false,
      )
      keys.push({ extractable: value.extractable, exported })
    } else if (value instanceof Uint8Array) {
      const text = new TextDecoder('latin1').decode(value)
      // The Claim Provider's parameters are public.
      if (!text.includes('IssuerParameters')) records.push(text)
    } else if (Array.isArray(value)) {
      for (const lock of value as Record<string, unknown>[])
        for (const member of Object.values(lock)) await read(member)
    }
  }
  for (const { name = '' } of await indexedDB.databases()) {
    const database = await resultOf(indexedDB.open(name))
    for (const store of database.objectStoreNames) {
      const values = await resultOf(database.transaction(store).objectStore(store).getAll() as IDBRequest<unknown[]>)
      for (const value of values) await read(value)
    }
    database.close()
  }
  const others = [...Object.keys(localStorage), ...Object.keys(sessionStorage)]
  return { records, keys, others }
}
