import { describe, expect, it, vi } from 'vitest'
import { UProveError } from '../../../bindings/errors.js'
import { isZero } from '../../../bindings/octets/integers.js'
import { P384 } from '../../params/P384.js'
import { verifyToken } from '../../uprove/token/token.js'
import { createWalletKey } from '../../ws-trust/wallet/wallet-key.js'
import { MemoryWalletStorage } from '../../ws-trust/wallet/wallet-storage.js'
import { attributes, jsonIssuer, utf8 } from '../testing/fixtures.js'
import { JsonWallet } from './json-wallet.js'
import { obtainTokens, type ObtainedTokens } from './obtain-tokens.js'
import { TokenIssuance } from './token-issuance.js'

const DAY = 86_400_000
const issuer = jsonIssuer()
const other = jsonIssuer(P384)
const { parameters } = issuer

function obtain(count: number, { of = issuer, days = 30 } = {}): Promise<ObtainedTokens> {
  const issuance = new TokenIssuance({
    ...{ issuer: of, attributes: () => attributes },
    tokenInformation: (_principal, now) => ({ expires: new Date(now.getTime() + days * DAY) }),
  })
  return obtainTokens({ parameters: of.parameters, post: (text) => issuance.answer({ id: 'alice' }, text), count })
}

/** The code of what a promise rejects with. */
const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof UProveError ? error.code : error),
  )

describe('a wallet of the JSON Framework', () => {
  it('hands out each token once, and then nothing is left', async () => {
    const [storage, key] = [new MemoryWalletStorage(), await createWalletKey()]
    const wallet = await JsonWallet.open({ storage, key })
    await wallet.add(parameters, await obtain(3))
    await wallet.add(other.parameters, await obtain(1, { of: other }))
    expect([await wallet.count(parameters), await wallet.count(other.parameters)]).toEqual([3, 1])
    expect((await wallet.next(parameters))?.attributes).toEqual(attributes.map(utf8))

    // Two holders of the storage at once.
    const tab = await JsonWallet.open({ storage, key })
    const taken = await Promise.all([wallet, tab, wallet, tab].map((holder) => holder.take(parameters)))
    const held = taken.flatMap((one) => (one === undefined ? [] : [one]))
    expect(new Set(held.map(({ token }) => String(token.token.h))).size).toBe(3)
    expect(held).toHaveLength(3)
    for (const { token, attributes: certified } of held) {
      expect(verifyToken(parameters, token.token).valid).toBe(true)
      expect(certified).toEqual(attributes.map(utf8))
    }
    expect([await wallet.count(parameters), await wallet.next(parameters)]).toEqual([0, undefined])
    expect([...(await storage.load()).keys()].filter((name) => name.split('.').length === 2)).toHaveLength(1)
  })

  it('hands out what expires first, and nothing that has expired', async () => {
    let now = new Date()
    const wallet = await JsonWallet.open({
      ...{ storage: new MemoryWalletStorage(), key: await createWalletKey(), clock: () => now },
    })
    await wallet.add(parameters, await obtain(1, { days: 30 }))
    await wallet.add(parameters, await obtain(2, { days: 3 }))
    const first = (await wallet.next(parameters))?.tokenInformation.expires
    expect(Number(first) - now.getTime()).toBeLessThan(5 * DAY)
    await wallet.take(parameters)
    now = new Date(now.getTime() + 5 * DAY)
    expect(await wallet.count(parameters)).toBe(1)
    now = new Date(now.getTime() + 30 * DAY)
    expect(await wallet.take(parameters)).toBeUndefined()
  })

  it('keeps nothing in the clear, and is refused with another key or a record that was changed', async () => {
    const [storage, key] = [new MemoryWalletStorage(), await createWalletKey()]
    const wallet = await JsonWallet.open({ storage, key })
    await wallet.add(parameters, await obtain(1))
    for (const record of (await storage.load()).values()) {
      for (const text of ['Alice', 'member', 'exp']) expect(Buffer.from(record).includes(text)).toBe(false)
    }
    expect(await refusal(JsonWallet.open({ storage, key: await createWalletKey() }))).toBe('ws-trust/wallet-key')
    const records = await storage.load()
    const [header = ''] = records.keys()
    const tampered = Uint8Array.from(records.get(header) ?? [])
    tampered[20] = (tampered[20] ?? 0) ^ 1
    await storage.commit({ remove: [header], add: new Map([[header, tampered]]) })
    expect(await refusal(wallet.take(parameters))).toBe('ws-trust/wallet-key')
  })

  it('leaves no private key of a token that another holder took, or that it could not take', async () => {
    const storage = new MemoryWalletStorage()
    const wallet = await JsonWallet.open({ storage, key: await createWalletKey() })
    await wallet.add(parameters, await obtain(1))
    const { scalars } = parameters.group
    const from = scalars.from.bind(scalars)
    const read: Uint8Array[] = []
    vi.spyOn(scalars, 'from').mockImplementation((octets) => {
      const scalar = from(octets)
      read.push(scalar)
      return scalar
    })
    vi.spyOn(storage, 'commit').mockResolvedValueOnce(false).mockRejectedValueOnce(new Error('no disk'))
    await expect(wallet.take(parameters)).rejects.toThrow('no disk')
    const taken = await wallet.take(parameters)
    vi.restoreAllMocks()
    expect(read.map(isZero)).toEqual([true, true, false])
    expect(taken?.token.privateKey).toBe(read[2])
  })

  it('says that a storage refuses a change again and again', async () => {
    const wallet = await JsonWallet.open({
      storage: { load: () => Promise.resolve(new Map()), commit: () => Promise.resolve(false) },
      key: await createWalletKey(),
    })
    expect(await refusal(obtain(1).then((obtained) => wallet.add(parameters, obtained)))).toBe('json/wallet-busy')
  })
})
