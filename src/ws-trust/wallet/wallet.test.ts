import { IDBFactory } from 'fake-indexeddb'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { XmlElement } from '../../xml/tree.js'
import { IndexedDbWalletStorage } from './indexed-db.js'
import type { HeldToken, TokenBatch } from '../artefacts/held-tokens.js'
import { RelyingParty } from '../presentation/relying-party.js'
import { SealedWallet } from './sealed-wallet.js'
import { codeOf, createTestIssuer, EMAIL, GIVEN_NAME, obtainTokens, testClock } from '../testing/fixtures.js'
import { testWalletStorage } from '../testing/wallet-storage.js'
import { createWalletKey, walletKeyFromOctets, walletKeyFromPassphrase } from './wallet-key.js'
import { presentFromWallet, type WalletPresentationOptions } from './wallet-presentation.js'
import { MemoryWalletStorage, type WalletStorage } from './wallet-storage.js'
import { createMessage } from '../artefacts/presentation-message.js'

const CONTOSO = 'https://www.contoso.com'
const issuer = createTestIssuer()
const { parameters: profile } = issuer
const query = { uidp: profile.uidp }

let batches: readonly TokenBatch[]
let key: CryptoKey
beforeAll(async () => {
  batches = await obtainTokens(issuer, { claim: 3, ID: 2 })
  key = await createWalletKey()
})

async function openWallet(storage: WalletStorage = new MemoryWalletStorage(), time = testClock()) {
  const wallet = await SealedWallet.open({ storage, key, parameters: [profile], clock: time.clock })
  return { wallet, storage, time }
}

const identityOf = (token: HeldToken | undefined): string => token?.issued.token.h.join() ?? 'none'

describe('in memory', () => {
  let storage: MemoryWalletStorage
  beforeEach(() => {
    storage = new MemoryWalletStorage()
  })
  testWalletStorage('in memory', () => Promise.resolve(storage))
})

describe('in IndexedDB', () => {
  let factory: IDBFactory
  beforeEach(() => {
    factory = new IDBFactory()
  })
  testWalletStorage('in IndexedDB', () => IndexedDbWalletStorage.open('wallet', factory))

  it('has a key that is made once, cannot be exported, and opens the wallet in every page', async () => {
    const [one, two] = [
      await IndexedDbWalletStorage.open('wallet', factory),
      await IndexedDbWalletStorage.open('wallet', factory),
    ]
    const [key1, key2] = await Promise.all([one.key(), two.key()])
    expect(key1.extractable).toBe(false)
    const wallet1 = await SealedWallet.open({
      storage: one,
      key: key1,
      parameters: [profile],
      clock: testClock().clock,
    })
    await wallet1.add(batches)
    const wallet2 = await SealedWallet.open({
      storage: two,
      key: key2,
      parameters: [profile],
      clock: testClock().clock,
    })
    const taken = await Promise.all([wallet1, wallet2, wallet1, wallet2].map((wallet) => wallet.takeClaimToken(query)))
    expect(new Set(taken.map(identityOf)).size).toBe(4)
    expect(taken.filter((token) => token === undefined)).toHaveLength(1)
    one.close()
  })
})

describe('a wallet', () => {
  it('hands out each claim token once, and it is gone', async () => {
    const { wallet, storage } = await openWallet()
    await wallet.add(batches)
    expect([await wallet.count('claim', query), await wallet.count('ID', query)]).toEqual([3, 2])
    const taken = [await wallet.takeClaimToken(query), await wallet.takeClaimToken(query)]
    expect(new Set(taken.map(identityOf)).size).toBe(2)
    expect(taken[0]).toMatchObject({ tokenClass: 'claim', attributes: ['bob@contoso.com', 'Bob', '1'] })
    expect(batches[0]!.tokens).toContainEqual(taken[0]!.issued)
    expect(await wallet.count('claim', query)).toBe(1)
    const { wallet: again } = await openWallet(storage)
    const last = await again.takeClaimToken(query)
    expect(taken.map(identityOf)).not.toContain(identityOf(last))
    expect(await wallet.takeClaimToken(query)).toBeUndefined()
    // Claims leave with the last token that has them; what is left is of the ID tokens.
    expect([...(await storage.load()).keys()].map((name) => name.split('.')[0]).sort()).toEqual([
      'batch',
      'fresh',
      'fresh',
    ])
  })

  it('associates a pair with a Relying Party, and with no other', async () => {
    const { wallet, storage } = await openWallet()
    await wallet.add(batches)
    const pairs = []
    for (const party of [CONTOSO, 'https://other.example', CONTOSO]) pairs.push(await wallet.pairFor(party, query))
    const ids = pairs.map((pair) => ('ID' in pair ? [identityOf(pair.claim), identityOf(pair.ID)] : []))
    expect(ids[2]).toEqual(ids[0])
    expect(new Set(ids.slice(0, 2).flat()).size).toBe(4)
    const { wallet: again } = await openWallet(storage)
    const pair = await again.pairFor(CONTOSO, query)
    expect('ID' in pair && identityOf(pair.ID)).toBe(ids[0]![1])
    expect(await again.pairFor('https://third.example', query)).toEqual({ missing: ['ID'] })
    expect([await again.count('claim', query), await again.count('ID', query)]).toEqual([1, 0])
    expect(ids.flat()).not.toContain(identityOf(await again.takeClaimToken(query)))
    expect(await again.pairFor('https://third.example', query)).toEqual({ missing: ['claim', 'ID'] })
    expect([...(await storage.load()).keys()].join()).not.toMatch(/contoso|example/)
  })

  it('gives the ID token of a Relying Party alone, and the same one in its pair', async () => {
    const { wallet } = await openWallet()
    await wallet.add(batches)
    const fresh = await wallet.count('claim', query)
    const alone = await wallet.idTokenFor(CONTOSO, query)
    expect(identityOf(await wallet.idTokenFor(CONTOSO, query))).toBe(identityOf(alone))
    expect(await wallet.count('claim', query)).toBe(fresh)
    const pair = await wallet.pairFor(CONTOSO, query)
    expect('ID' in pair && identityOf(pair.ID)).toBe(identityOf(alone))
    expect(identityOf(await wallet.idTokenFor(CONTOSO, query))).toBe(identityOf(alone))
    const other = await wallet.idTokenFor('https://other.example', query)
    expect(identityOf(other)).not.toBe(identityOf(alone))
    expect(await wallet.idTokenFor('https://third.example', query)).toBeUndefined()
    const after = await wallet.pairFor(CONTOSO, query)
    expect('ID' in after && 'ID' in pair && identityOf(after.claim)).toBe('ID' in pair && identityOf(pair.claim))
  })

  it('keeps the ID token of a pair when its claim token has expired, or will not do', async () => {
    const { wallet, time } = await openWallet()
    await wallet.add(batches)
    const before = await wallet.pairFor(CONTOSO, query)
    const others = await obtainTokens(
      issuer,
      { claim: 1 },
      { provider: { claims: () => ['new@contoso.com', null, null] } },
    )
    await wallet.add(others)
    const where = (contents: { tokenClass: string; attributes: readonly unknown[] }) =>
      contents.tokenClass === 'ID' || contents.attributes[0] === 'new@contoso.com'
    const after = await wallet.pairFor(CONTOSO, { ...query, where })
    if (!('ID' in before && 'ID' in after)) throw new Error('a pair was missing')
    expect(identityOf(after.ID)).toBe(identityOf(before.ID))
    expect(after.claim.attributes[0]).toBe('new@contoso.com')
    time.now = new Date('2010-03-01T00:00:00Z')
    expect(await wallet.pairFor(CONTOSO, query)).toEqual({ missing: ['claim'] })
    const later = { time: testClock('2010-03-01T00:00:00Z') }
    await wallet.add(await obtainTokens(issuer, { claim: 1 }, later))
    const renewed = await wallet.pairFor(CONTOSO, query)
    expect('ID' in renewed && identityOf(renewed.ID)).toBe(identityOf(before.ID))
    expect('ID' in renewed && identityOf(renewed.claim)).not.toBe(identityOf(after.claim))
  })

  it('neither hands out expired tokens nor keeps them', async () => {
    const { wallet, storage, time } = await openWallet()
    await wallet.add(batches)
    expect(await wallet.dropExpired()).toBe(0)
    time.now = new Date('2010-03-01T00:00:00Z')
    expect(await wallet.takeClaimToken(query)).toBeUndefined()
    expect([await wallet.count('claim', query), await wallet.count('ID', query)]).toEqual([0, 2])
    expect(await wallet.dropExpired()).toBe(3)
    time.now = new Date('2010-04-01T12:00:00Z')
    expect(await wallet.dropExpired()).toBe(2)
    expect((await storage.load()).size).toBe(0)
  })

  it('takes those first that expire first', async () => {
    const { wallet } = await openWallet()
    const sooner = await obtainTokens(
      issuer,
      { claim: 1 },
      { provider: { expiry: () => new Date('2010-02-01T00:00:00Z') } },
    )
    await wallet.add(batches)
    await wallet.add(sooner)
    expect(identityOf(await wallet.takeClaimToken(query))).toBe(sooner[0]!.tokens[0]!.token.h.join())
  })

  it('gives two holders that race different tokens and pairs', async () => {
    const { wallet, storage } = await openWallet()
    const { wallet: other } = await openWallet(storage)
    await wallet.add(batches)
    const [taken, pair, otherPair] = await Promise.all([
      wallet.takeClaimToken(query),
      other.pairFor(CONTOSO, query),
      wallet.pairFor('https://other.example', query),
    ])
    if (!('ID' in pair && 'ID' in otherPair)) throw new Error('a pair was missing')
    expect(new Set([taken, pair.claim, otherPair.claim].map(identityOf)).size).toBe(3)
    expect(identityOf(pair.ID)).not.toBe(identityOf(otherPair.ID))
  })

  it('is opened with its key only, and refuses what was changed or moved', async () => {
    const storage = new MemoryWalletStorage()
    const { wallet } = await openWallet(storage)
    await wallet.add(batches)
    const otherKey = await walletKeyFromOctets(new Uint8Array(32))
    const open = (with_: CryptoKey, of: WalletStorage) =>
      codeOf(() => SealedWallet.open({ storage: of, key: with_, parameters: [profile] }))
    expect(await open(key, storage)).toBe('accepted')
    expect(await open(otherKey, storage)).toBe('ws-trust/wallet-key')

    const records = [...(await storage.load())]
    const [fresh, second] = records.filter(([name]) => name.startsWith('fresh')) as [
      [string, Uint8Array],
      [string, Uint8Array],
    ]
    const changed = async (name: string, record: Uint8Array) => {
      const copy = new MemoryWalletStorage()
      await copy.commit({ remove: [], add: new Map([...records, [name, record]]) })
      const { wallet: tampered } = await openWallet(copy)
      return codeOf(() => tampered.takeClaimToken(query))
    }
    expect(await changed(fresh[0], fresh[1])).toBe('accepted')
    expect(await changed(fresh[0], second[1])).toBe('ws-trust/wallet-key')
    expect(
      await changed(
        fresh[0],
        fresh[1].map((octet, i) => (i === 40 ? octet ^ 1 : octet)),
      ),
    ).toBe('ws-trust/wallet-key')
    expect(await changed(fresh[0], new Uint8Array(3))).toBe('ws-trust/wallet-key')
  })

  it('does not take tokens of parameters that it does not know', async () => {
    const { wallet } = await openWallet()
    const stranger = createTestIssuer({ uidp: 'http://fabrikam.com/ip2' })
    const foreign = await obtainTokens(stranger, { claim: 1 })
    expect(await codeOf(() => wallet.add(foreign))).toBe('ws-trust/other-parameters')
  })

  it('gives up when the storage refuses for ever', async () => {
    const { wallet, storage } = await openWallet()
    await wallet.add(batches)
    storage.commit = () => Promise.resolve(false)
    expect(await codeOf(() => wallet.takeClaimToken(query))).toBe('ws-trust/wallet-busy')
    expect(await codeOf(() => wallet.add(batches))).toBe('ws-trust/wallet-busy')
  })

  it('has the same key from the same passphrase and salt only', async () => {
    const salt = new Uint8Array(16)
    const storage = new MemoryWalletStorage()
    const openWith = async (passphrase: string, ofSalt = salt) => {
      const derived = await walletKeyFromPassphrase(passphrase, ofSalt, 1000)
      return SealedWallet.open({ storage, key: derived, parameters: [profile] })
    }
    await (await openWith('caf\u00e9')).add(batches)
    expect(await codeOf(() => openWith('cafe\u0301'))).toBe('accepted')
    expect(await codeOf(() => openWith('cafe'))).toBe('ws-trust/wallet-key')
    expect(await codeOf(() => openWith('caf\u00e9', new Uint8Array(16).fill(1)))).toBe('ws-trust/wallet-key')
  })
})

describe('presenting from a wallet', () => {
  async function setUp() {
    const time = testClock()
    const { wallet } = await openWallet(undefined, time)
    const party = new RelyingParty({ identifiers: [CONTOSO], parameters: [profile], clock: time.clock })
    const refilled: string[] = []
    const refill = async (tokenClass: 'claim' | 'ID') => {
      refilled.push(tokenClass)
      await wallet.add(await obtainTokens(issuer, { [tokenClass]: 1 }))
    }
    const present = (options: Partial<WalletPresentationOptions> = {}): Promise<XmlElement> =>
      presentFromWallet({
        wallet,
        parameters: profile,
        relyingParty: CONTOSO,
        disclose: [GIVEN_NAME],
        clock: time.clock,
        ...options,
      })
    const seen = async (element: XmlElement, message?: Parameters<RelyingParty['verify']>[1]) => {
      const result = await party.verify(element, message)
      if (!result.valid) throw new Error(result.code)
      return result.presentations.map((p) => (p.tokenClass === 'ID' ? p.persistentIdentifier : p.tokenIdentifier))
    }
    return { wallet, party, present, refill, refilled, seen }
  }

  it('shows another token each time, and refills when none is left', async () => {
    const { wallet, present, refill, refilled, seen } = await setUp()
    expect(await codeOf(() => present())).toBe('ws-trust/no-token')
    await wallet.add(batches.slice(0, 1))
    const identifiers = []
    for (let i = 0; i < 4; i++) identifiers.push(...(await seen(await present({ refill }))))
    expect(new Set(identifiers).size).toBe(4)
    expect(refilled).toEqual(['claim'])
    expect(await codeOf(() => present({ refill: () => Promise.resolve() }))).toBe('ws-trust/no-token')
  })

  it('shows the same pair to be recognised, and refills what it lacks', async () => {
    const { present, refill, refilled, seen, wallet } = await setUp()
    await wallet.add(batches.slice(0, 1))
    const options = { persistentIdentifier: true, refill }
    const first = await seen(await present(options))
    expect(await seen(await present(options))).toEqual(first)
    expect(first).toHaveLength(2)
    expect(refilled).toEqual(['ID'])
    const anonymous = await seen(await present())
    expect(first).not.toContain(anonymous[0])
    expect(
      await codeOf(() => present({ ...options, relyingParty: 'urn:other', refill: () => Promise.resolve() })),
    ).toBe('ws-trust/no-token')
  })

  it('asks before it takes a token', async () => {
    const { wallet, party, present, seen } = await setUp()
    await wallet.add(batches)
    const message = await party.challenge('I agree')
    expect(await codeOf(() => present({ message }))).toBe('ws-trust/consent')
    expect(await codeOf(() => present({ message, consent: () => false }))).toBe('ws-trust/consent')
    expect(await codeOf(() => present({ disclose: ['urn:age'] }))).toBe('ws-trust/claims')
    expect(await wallet.count('claim', query)).toBe(3)
    const asked: string[] = []
    const element = await present({ message, consent: (text) => asked.push(text) > 0 })
    expect(asked).toEqual(['I agree'])
    expect(await seen(element, message)).toHaveLength(1)
    const unnamed = createMessage('n')
    expect(await codeOf(() => present({ message: unnamed }))).toBe('ws-trust/unnamed-relying-party')
    expect(await codeOf(() => present({ message, relyingParty: 'urn:shop' }))).toBe('ws-trust/other-relying-party')
    expect(await wallet.count('claim', query)).toBe(2)
    expect(await codeOf(() => present({ message: unnamed, allowUnnamedNonce: true }))).toBe('accepted')
    expect(await codeOf(() => present({ signedData: 'I agree', consent: () => false }))).toBe('ws-trust/consent')
    expect(await wallet.count('claim', query)).toBe(1)
  })

  it('takes tokens that have the claims to disclose', async () => {
    const { wallet, present, refill, refilled } = await setUp()
    const provider = { claims: () => [null, 'Bob', null], expiry: () => new Date('2010-02-01T00:00:00Z') }
    await wallet.add(await obtainTokens(issuer, { claim: 1 }, { provider }))
    await present({ disclose: [EMAIL], refill })
    expect(refilled).toEqual(['claim'])
    expect(await wallet.count('claim', query)).toBe(1)
    expect(await codeOf(() => present({ disclose: [GIVEN_NAME], where: () => false }))).toBe('ws-trust/no-token')
    await present({ disclose: [GIVEN_NAME] })
    expect(await wallet.count('claim', query)).toBe(0)
  })
})
