import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { isZero } from '../../../bindings/octets/integers.js'
import { OctetWriter } from '../../../bindings/octets/octet-stream.js'
import { encodeText } from '../../../bindings/octets/text.js'
import type { HeldToken, TokenBatch } from '../artefacts/held-tokens.js'
import type { ProfileParameters } from '../artefacts/issuer-parameters.js'
import { codeOf, createTestIssuer, obtainTokens, testClock } from '../testing/fixtures.js'
import { SealedWallet } from './sealed-wallet.js'
import { createWalletKey, RecordSealer } from './wallet-key.js'
import { MemoryWalletStorage } from './wallet-storage.js'

const CONTOSO = 'https://www.contoso.com'
const issuer = createTestIssuer()
const { parameters: profile } = issuer
const query = { uidp: profile.uidp }
const other = createTestIssuer({ uidp: 'http://fabrikam.com/ip2', notOnOrAfter: new Date('2010-06-01T00:00:00Z') })
const otherQuery = { uidp: other.parameters.uidp }

let key: CryptoKey
let batches: readonly TokenBatch[]
/** Tokens of the other Issuer. */
let others: readonly TokenBatch[]
beforeAll(async () => {
  key = await createWalletKey()
  batches = await obtainTokens(issuer, { claim: 3, ID: 2 })
  const expiry = () => new Date('2010-05-01T00:00:00Z')
  others = await obtainTokens(other, { claim: 2, ID: 1 }, { provider: { expiry } })
})

let storage: MemoryWalletStorage
let time: ReturnType<typeof testClock>
beforeEach(() => {
  storage = new MemoryWalletStorage()
  time = testClock()
})
afterEach(() => void vi.restoreAllMocks())

const open = (parameters: readonly ProfileParameters[] = [profile]) =>
  SealedWallet.open({ storage, key, parameters, clock: time.clock })

async function filled(...added: (readonly TokenBatch[])[]) {
  const wallet = await open([profile, other.parameters])
  for (const each of added) await wallet.add(each)
  return wallet
}

/** The names of the records of some kinds. */
const namesOf = async (...kinds: string[]) =>
  [...(await storage.load()).keys()].filter((name) => kinds.includes(name.split('.')[0] ?? ''))
const identityOf = (token: HeldToken | undefined): string => token?.issued.token.h.join() ?? 'none'

describe('a wallet with tokens of two Issuers', () => {
  it('keeps them apart', async () => {
    const wallet = await filled(batches, others)
    expect(await Promise.all([query, otherQuery].map((each) => wallet.count('claim', each)))).toEqual([3, 2])
    expect(await Promise.all([query, otherQuery].map((each) => wallet.count('ID', each)))).toEqual([2, 1])
    const taken = await wallet.takeClaimToken(otherQuery)
    expect(taken?.uidp).toBe(otherQuery.uidp)
    expect(others[0]!.tokens).toContainEqual(taken?.issued)
    const [pair, otherPair] = [await wallet.pairFor(CONTOSO, query), await wallet.pairFor(CONTOSO, otherQuery)]
    if (!('ID' in pair && 'ID' in otherPair)) throw new Error('a pair was missing')
    expect([pair.claim.uidp, pair.ID.uidp]).toEqual([query.uidp, query.uidp])
    expect([otherPair.claim.uidp, otherPair.ID.uidp]).toEqual([otherQuery.uidp, otherQuery.uidp])
    expect(await wallet.takeClaimToken({ uidp: 'urn:unknown' })).toBeUndefined()
  })

  it('judges each by its own parameters', async () => {
    const wallet = await filled(batches, others)
    // The parameters of the first Issuer end, those of the other do not.
    time.now = new Date('2010-04-01T12:00:00Z')
    expect([await wallet.count('claim', query), await wallet.count('ID', query)]).toEqual([0, 0])
    expect([await wallet.count('claim', otherQuery), await wallet.count('ID', otherQuery)]).toEqual([2, 1])
    expect(await wallet.dropExpired()).toBe(5)
    expect(await wallet.takeClaimToken(otherQuery)).toBeDefined()
  })
})

describe('what a wallet counts as expired', () => {
  it('is what outlives its parameters', async () => {
    await filled(batches)
    const { specification } = profile
    const ending = { ...profile, specification: { ...specification, notOnOrAfter: new Date('2010-02-01T00:00:00Z') } }
    const wallet = await open([ending])
    time.now = new Date('2010-01-31T23:59:59.999Z')
    expect(await wallet.count('claim', query)).toBe(3)
    time.now = new Date('2010-02-01T00:00:00Z')
    expect(await wallet.count('claim', query)).toBe(0)
    expect(await wallet.pairFor(CONTOSO, query)).toEqual({ missing: ['claim', 'ID'] })
    expect(await wallet.dropExpired()).toBe(5)
  })

  it('is judged by the date of the tokens alone if their parameters are unknown, and none of these is handed out', async () => {
    await filled(batches)
    const wallet = await open([])
    expect(await wallet.count('claim', query)).toBe(3)
    expect(await codeOf(() => wallet.takeClaimToken(query))).toBe('ws-trust/other-parameters')
    expect(await codeOf(() => wallet.pairFor(CONTOSO, query))).toBe('ws-trust/other-parameters')
    expect([await wallet.count('claim', query), await wallet.dropExpired()]).toEqual([3, 0])
    time.now = new Date('2010-03-01T00:00:00Z')
    expect(await wallet.dropExpired()).toBe(3)
  })

  it('is judged by the time of the system if no clock is given', async () => {
    await filled(batches)
    const wallet = await SealedWallet.open({ storage, key, parameters: [profile] })
    expect(await wallet.count('claim', query)).toBe(0)
  })
})

describe('a wallet', () => {
  it('has no tokens to add of parameters that it does not know, and adds none of the others then', async () => {
    const wallet = await open([profile])
    expect(await codeOf(() => wallet.add([...batches, ...others]))).toBe('ws-trust/other-parameters')
    const empty = others.map((batch) => ({ ...batch, tokens: [] }))
    expect(await codeOf(() => wallet.add([...batches, ...empty]))).toBe('ws-trust/other-parameters')
    expect((await storage.load()).size).toBe(0)
  })

  it('passes over a batch of which no fresh token is left', async () => {
    const expiry = () => new Date('2010-02-01T00:00:00Z')
    const sooner = await obtainTokens(issuer, { claim: 1 }, { provider: { expiry } })
    const wallet = await filled(sooner, batches)
    const pair = await wallet.pairFor(CONTOSO, query)
    expect('ID' in pair && identityOf(pair.claim)).toBe(sooner[0]!.tokens[0]!.token.h.join())
    expect((await wallet.takeClaimToken(query))?.tokenInformation.notOnOrAfter).toEqual(
      new Date('2010-03-01T00:00:00Z'),
    )
  })

  it('writes nothing when a pair is asked for again', async () => {
    const wallet = await filled(batches)
    await wallet.pairFor(CONTOSO, query)
    const commit = vi.spyOn(storage, 'commit')
    await wallet.pairFor(CONTOSO, query)
    await wallet.idTokenFor(CONTOSO, query)
    await wallet.takeClaimToken({ uidp: 'urn:unknown' })
    expect(commit).not.toHaveBeenCalled()
  })

  it('deletes the token of a pair that another replaces, and a batch that has no token any more', async () => {
    const wallet = await filled(await obtainTokens(issuer, { claim: 1 }), batches)
    await wallet.pairFor(CONTOSO, query)
    const before = await namesOf('paired')
    expect(before).toHaveLength(2)
    let isFirst = true
    const where = ({ tokenClass }: { tokenClass: string }) => tokenClass === 'ID' || !isFirst || (isFirst = false)
    await wallet.pairFor(CONTOSO, { ...query, where })
    const after = await namesOf('paired')
    expect(after.filter((name) => before.includes(name))).toHaveLength(1)
    expect(after).toHaveLength(2)
    expect([await namesOf('pair'), await namesOf('batch')].map(({ length }) => length)).toEqual([1, 3])
    expect(await wallet.dropExpired()).toBe(0)
    expect(await namesOf('batch')).toHaveLength(2)
  })

  it('keeps what only some classes lack', async () => {
    const wallet = await filled(batches.slice(0, 1))
    const before = await storage.load()
    expect(await wallet.pairFor(CONTOSO, query)).toEqual({ missing: ['ID'] })
    expect(await wallet.idTokenFor(CONTOSO, query)).toBeUndefined()
    expect(await storage.load()).toEqual(before)
  })

  it('tries again as often as others are faster, up to a hundred times', async () => {
    const wallet = await filled(batches)
    const commit = storage.commit.bind(storage)
    let refusals = 99
    vi.spyOn(storage, 'commit').mockImplementation((changes) =>
      refusals-- > 0 ? Promise.resolve(false) : commit(changes),
    )
    expect(await wallet.takeClaimToken(query)).toBeDefined()
    refusals = 100
    expect(await codeOf(() => wallet.takeClaimToken(query))).toBe('ws-trust/wallet-busy')
    expect(await codeOf(() => wallet.dropExpired())).toBe('accepted')
  })

  it('decrypts what the tokens of a batch share once', async () => {
    const wallet = await filled(batches)
    const decrypt = vi.spyOn(globalThis.crypto.subtle, 'decrypt')
    for (let i = 0; i < 3; i++) await wallet.count('claim', query)
    expect(decrypt).toHaveBeenCalledTimes(batches.length)
    await wallet.takeClaimToken(query)
    expect(decrypt).toHaveBeenCalledTimes(batches.length + 1)
  })
})

describe('the storage of a wallet', () => {
  const openBy = async (parameters: readonly ProfileParameters[], withKey: CryptoKey) =>
    codeOf(() => SealedWallet.open({ storage, key: withKey, parameters, clock: time.clock }))

  it('that has only a pair of expired tokens is not opened with another key', async () => {
    const wallet = await filled(batches)
    await wallet.pairFor(CONTOSO, query)
    time.now = new Date('2011-01-01T00:00:00Z')
    await wallet.dropExpired()
    expect([...(await storage.load()).keys()].map((name) => name.split('.')[0])).toEqual(['pair'])
    expect(await openBy([profile], key)).toBe('accepted')
    expect(await openBy([profile], await createWalletKey())).toBe('ws-trust/wallet-key')
  })

  /** Puts a record in place of another one. */
  const replace = async (name: string, record: Uint8Array) =>
    expect(await storage.commit({ remove: [name], add: new Map([[name, record]]) })).toBe(true)

  it('is not opened with a batch that was changed', async () => {
    await filled(batches)
    const [, second] = await namesOf('batch')
    const record = (await storage.load()).get(second!)!
    await replace(
      second!,
      record.map((octet, i) => (i === 20 ? octet ^ 1 : octet)),
    )
    expect(await openBy([profile], key)).toBe('ws-trust/wallet-key')
  })

  it('has no record that says more than a wallet writes', async () => {
    const wallet = await filled(batches)
    await wallet.pairFor(CONTOSO, query)
    const sealer = await RecordSealer.create(key)
    const longer = async (name: string) => {
      const opened = await sealer.open(name, (await storage.load()).get(name)!)
      await replace(name, await sealer.seal(name, new OctetWriter().raw(opened).byte(0).finish()))
    }
    const [pair] = await namesOf('pair')
    const sealed = (await storage.load()).get(pair!)!
    await longer(pair!)
    expect(await codeOf(() => wallet.pairFor(CONTOSO, query))).toBe('octets/malformed')
    await replace(pair!, sealed)
    expect(await codeOf(() => wallet.pairFor(CONTOSO, query))).toBe('accepted')
    const [batch] = await namesOf('batch')
    await longer(batch!)
    expect(await openBy([profile], key)).toBe('octets/malformed')
  })

  it('may name tokens for a pair that are gone', async () => {
    const wallet = await filled(batches)
    const sealer = await RecordSealer.create(key)
    const name = `pair.${await sealer.nameOf(CONTOSO, query.uidp)}`
    const writer = new OctetWriter()
    for (const token of ['paired.gone.0', 'paired.gone.1']) writer.octets(encodeText(token))
    await storage.commit({ remove: [], add: new Map([[name, await sealer.seal(name, writer.finish())]]) })
    expect(await wallet.pairFor(CONTOSO, query)).toHaveProperty('ID')
    expect(await namesOf('pair')).toEqual([name])
  })
})

describe('private keys', () => {
  /** What WebCrypto encrypts and decrypts from now on: the octets, and what was in them. */
  function plaintexts() {
    const seen: { octets: Uint8Array; was: Buffer }[] = []
    const see = (octets: Uint8Array) => seen.push({ octets, was: Buffer.from(octets) })
    const { subtle } = globalThis.crypto
    const [encrypt, decrypt] = [subtle.encrypt.bind(subtle), subtle.decrypt.bind(subtle)]
    vi.spyOn(subtle, 'encrypt').mockImplementation((algorithm, by, data) => {
      see(data as Uint8Array)
      return encrypt(algorithm, by, data)
    })
    vi.spyOn(subtle, 'decrypt').mockImplementation(async (...args) => {
      const buffer = await decrypt(...args)
      see(new Uint8Array(buffer))
      return buffer
    })
    return (secret: Uint8Array) => seen.filter(({ was }) => was.includes(Buffer.from(secret)))
  }

  it('are left in nothing that is encrypted or decrypted', async () => {
    const wallet = await open()
    const holding = plaintexts()
    await wallet.add(batches)
    const taken = await wallet.takeClaimToken(query)
    const pair = await wallet.pairFor(CONTOSO, query)
    if (taken === undefined || !('ID' in pair)) throw new Error('a token was missing')
    // Encrypted once and decrypted once; those of the pair are encrypted again.
    for (const [{ issued }, times] of [
      [taken, 2],
      [pair.claim, 3],
      [pair.ID, 3],
    ] as const) {
      const found = holding(issued.privateKey)
      expect(found).toHaveLength(times)
      expect(found.every(({ octets }) => isZero(octets))).toBe(true)
      expect(isZero(issued.privateKey)).toBe(false)
    }
  })

  it('are not left either when encryption fails', async () => {
    const wallet = await open()
    const given: Uint8Array[] = []
    vi.spyOn(globalThis.crypto.subtle, 'encrypt').mockImplementation((_algorithm, _key, data) => {
      given.push(data as Uint8Array)
      return given.length === 1 ? Promise.resolve(new ArrayBuffer(0)) : Promise.reject(new Error('out of memory'))
    })
    await expect(wallet.add(batches)).rejects.toThrow('out of memory')
    expect(given.map(isZero)).toEqual([false, true])
  })

  it('of tokens that are opened in vain are wiped', async () => {
    const wallet = await filled(batches)
    const { scalars } = profile.parameters.group
    const from = scalars.from.bind(scalars)
    const read: Uint8Array[] = []
    vi.spyOn(scalars, 'from').mockImplementation((octets) => {
      const scalar = from(octets)
      read.push(scalar)
      return scalar
    })
    const commit = storage.commit.bind(storage)
    let refusals = 1
    vi.spyOn(storage, 'commit').mockImplementation((changes) =>
      refusals-- > 0 ? Promise.resolve(false) : commit(changes),
    )
    const taken = await wallet.takeClaimToken(query)
    expect(read.map(isZero)).toEqual([true, false])
    expect(taken?.issued.privateKey).toBe(read[1])

    storage.commit = () => Promise.reject(new Error('the disk is full'))
    await expect(wallet.pairFor(CONTOSO, query)).rejects.toThrow('the disk is full')
    expect(read.map(isZero)).toEqual([true, false, true, true])
  })
})
