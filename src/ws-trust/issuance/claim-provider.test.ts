import { afterEach, describe, expect, it, vi } from 'vitest'
import { isZero, toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { parseXml } from '../../xml/parse.js'
import {
  alice,
  bob,
  claimTypes,
  codeOf,
  createParties,
  createTestIssuer,
  group,
  mallory,
  testClock,
  transportTo,
  xml,
} from '../testing/fixtures.js'
import type { SignerTrust } from '../trust/signer.js'
import { issuanceBackend, type IssuanceBackend } from './backend.js'
import { ClaimProvider, countsUpTo, expiringAfter, type DevicePolicy } from './claim-provider.js'
import { readFirstResponse } from './messages.js'
import { MemoryStateStore } from './state-store.js'
import { TokenClient } from './token-client.js'

const issuer = createTestIssuer()
const { parameters: profile } = issuer
const { clock } = testClock()

afterEach(() => void vi.restoreAllMocks())

describe('without a clock of its own a Claim Provider goes by the time of the system', () => {
  it('issues under parameters that are in force', async () => {
    const inForce = createTestIssuer({
      notBefore: new Date(Date.now() - 60_000),
      notOnOrAfter: new Date(Date.now() + 86_400_000),
    })
    const provider = new ClaimProvider({ issuer: inForce, claims: () => bob })
    const client = new TokenClient({ parameters: inForce.parameters })
    const [batch] = await client.obtain({ claim: 1 }, transportTo(provider))
    expect(batch?.tokens).toHaveLength(1)
  })

  it('issues under no others', async () => {
    const provider = new ClaimProvider({ issuer, claims: () => bob })
    const { request } = createParties(issuer).client.begin({ claim: 1 })
    expect(await codeOf(() => provider.request(alice, request))).toBe('ws-trust/parameters-expired')
    expect(await codeOf(() => new TokenClient({ parameters: profile }).begin())).toBe('ws-trust/parameters-expired')
  })
})

describe('claims', () => {
  it('are asked for once, by claim type, and only if claim tokens are issued', async () => {
    const claims = vi.fn(() => bob)
    const { provider, client } = createParties(issuer, { provider: { claims } })
    await provider.request(alice, client.begin({ ID: 1 }).request)
    expect(claims).not.toHaveBeenCalled()
    await provider.request(mallory, client.begin({ claim: 2, ID: 1 }).request)
    expect(claims.mock.calls).toEqual([[mallory, claimTypes]])
  })

  it('are certified in claim tokens, and in ID tokens all are null', async () => {
    const begun: unknown[] = []
    const backend = issuanceBackend(issuer.issuer)
    const recording: IssuanceBackend = {
      ...backend,
      begin: (request) => {
        begun.push(request)
        return backend.begin(request)
      },
    }
    const { provider, client } = createParties(issuer, { provider: { backend: recording } })
    await provider.request(alice, client.begin({ claim: 2, ID: 1 }).request)
    await provider.request(alice, client.begin({ ID: 3 }).request)
    const none = [null, null, null]
    expect(begun).toMatchObject([
      { attributes: bob, count: 2, account: 'alice', devicePublicKey: undefined },
      { attributes: none, count: 1, account: 'alice' },
      { attributes: none, count: 3 },
    ])
  })
})

describe('policies', () => {
  it('give what is left of a class, and refuse a class of which there are none only if it is asked for', () => {
    const counts = countsUpTo({ claim: { byDefault: 2, atMost: 5 }, ID: { byDefault: 0, atMost: 0 } })
    const ask = (...tokens: [tokenClass: 'claim' | 'ID', tokenCount: number][]) =>
      counts(
        tokens.map(([tokenClass, tokenCount]) => ({ tokenClass, tokenCount })),
        alice,
      )
    expect(counts(undefined, alice)).toEqual([
      { tokenClass: 'claim', tokenCount: 2 },
      { tokenClass: 'ID', tokenCount: 0 },
    ])
    expect(ask(['claim', 3], ['ID', 0], ['claim', 3])).toEqual([
      { tokenClass: 'claim', tokenCount: 3 },
      { tokenClass: 'ID', tokenCount: 0 },
      { tokenClass: 'claim', tokenCount: 2 },
    ])
    expect(() => ask(['ID', 1])).toThrow(expect.objectContaining({ code: 'ws-trust/class-refused' }) as Error)
  })

  it('round the expiry of each class up to a common date', () => {
    const expiry = expiringAfter({ claim: 1, ID: 40 }, 'month')
    const dates = (['claim', 'ID'] as const).map((tokenClass) => expiry(tokenClass, clock(), alice).toISOString())
    expect(dates).toEqual(['2010-02-01T00:00:00.000Z', '2010-03-01T00:00:00.000Z'])
  })

  it('are asked for each class, with the principal', async () => {
    const expiry = vi.fn(() => new Date('2010-02-01T00:00:00Z'))
    const { provider, client } = createParties(issuer, { provider: { expiry } })
    const first = await provider.request(mallory, client.begin({ claim: 1, ID: 1 }).request)
    expect(expiry.mock.calls).toEqual([
      ['claim', clock(), mallory],
      ['ID', clock(), mallory],
    ])
    const dates = readFirstResponse(first).instances.map(({ tokenInformation }) => tokenInformation.notOnOrAfter)
    expect(dates).toEqual([new Date('2010-02-01T00:00:00Z'), new Date('2010-02-01T00:00:00Z')])
  })

  it('issue at most 16 instances and 65,535 tokens in an exchange', async () => {
    const refusal = (granted: number[]) => {
      const counts = () => granted.map((tokenCount) => ({ tokenClass: 'claim' as const, tokenCount }))
      const { provider, client } = createParties(issuer, { provider: { counts } })
      return codeOf(() => provider.request(alice, client.begin({ claim: 1 }).request))
    }
    expect(await refusal(new Array<number>(16).fill(1))).toBe('accepted')
    expect(await refusal(new Array<number>(17).fill(1))).toBe('ws-trust/too-many-tokens')
    expect(await refusal([...new Array<number>(16).fill(1), 0])).toBe('accepted')
    expect(await refusal([65_535, 1])).toBe('ws-trust/too-many-tokens')
    expect(await refusal([0, 0])).toBe('ws-trust/no-tokens')
  })
})

describe('the Device of a client', () => {
  const trust: SignerTrust = { findSigner: () => Promise.resolve(undefined) }
  const deviceGenerator = profile.deviceGenerator!
  /** A power of g with a first octet of 0, as one h_d of 256 has. */
  const short = (): Uint8Array => {
    const g = toBigint(group.generator)
    for (let power = g; ; power = (power * g) % L2048N256.p) {
      const octets = toFixedWidth(power, group.elementLength)
      if (octets[0] === 0) return octets
    }
  }

  const firstFor = async (devices: Partial<DevicePolicy<{ id: string }>>) => {
    const { provider, client } = createParties(issuer, { provider: { devices: { trust, ...devices } } })
    return readFirstResponse(await provider.request(alice, client.begin({ claim: 1 }).request))
  }
  const codeFor = (devices: Partial<DevicePolicy<{ id: string }>>) => codeOf(() => firstFor(devices))

  it('may be one that is known, where one is required', async () => {
    const known = vi.fn(() => ({ deviceGenerator, hd: group.generator }))
    const { instances } = await firstFor({ required: true, known })
    expect(instances[0]?.tokenInformation.deviceGenerator).toBe(deviceGenerator)
    expect(known.mock.calls).toEqual([[alice]])
    expect(await codeFor({ required: true, known: () => undefined })).toBe('ws-trust/device-required')
    expect(await codeFor({ required: false, known: () => undefined })).toBe('accepted')
    expect(await codeFor({ required: true })).toBe('ws-trust/device-required')
  })

  it('may have an h_d with leading zeros, which messages leave out', async () => {
    const hd = short()
    expect(await codeFor({ known: () => ({ deviceGenerator, hd }) })).toBe('accepted')
    expect(await codeFor({ known: () => ({ deviceGenerator, hd: hd.slice(1) }) })).toBe('accepted')
  })
})

describe('an exchange', () => {
  it('is answered with what the store has, if another node was faster', async () => {
    const store = new MemoryStateStore({ clock })
    const { provider, client } = createParties(issuer, { provider: { store } })
    const exchange = client.begin({ claim: 1 })
    const second = exchange.respond(await provider.request(alice, exchange.request))
    // The other node writes the same answer with another prefix.
    const rewritten = (octets: Uint8Array) =>
      new TextDecoder().decode(octets).replace(/\bwst:|(?<=xmlns:)wst=/g, (name) => `trust${name.at(-1)}`)
    let stored = ''
    store.answer = (_, { digest, octets }) => {
      stored = rewritten(octets)
      return Promise.resolve({ digest, octets: new TextEncoder().encode(stored) })
    }
    const answer = await provider.respond(alice, second)
    expect(stored).toContain('<trust:')
    expect(xml(answer)).toBe(xml(parseXml(stored)))
    expect(exchange.finish(answer)).toHaveLength(1)
  })

  it('that was not kept is given up with each of its secrets, which are wiped', async () => {
    const backend = issuanceBackend(issuer.issuer)
    const abandoned: { secret: Uint8Array; wasZero: boolean }[] = []
    const giving = (abandon: (secret: Uint8Array) => Promise<void>): ClaimProvider =>
      createParties(issuer, { provider: { store, backend: { ...backend, abandon } } }).provider
    const store = new MemoryStateStore({ clock })
    const { request } = createParties(issuer).client.begin({ claim: 1, ID: 1 })
    const recording = giving((secret) => {
      abandoned.push({ secret, wasZero: isZero(secret) })
      return Promise.resolve()
    })
    await recording.request(alice, request)
    expect(abandoned).toEqual([])
    expect(await codeOf(() => recording.request(alice, request))).toBe('ws-trust/context-in-use')
    expect(abandoned.map(({ wasZero }) => wasZero)).toEqual([false, false])
    expect(abandoned.every(({ secret }) => isZero(secret))).toBe(true)

    for (const failing of [
      giving(() => Promise.reject(new Error('the pool is gone'))),
      giving(() => {
        throw new Error('the pool is gone')
      }),
    ])
      expect(await codeOf(() => failing.request(alice, request))).toBe('ws-trust/context-in-use')
    store.insert = () => Promise.reject(new Error('the disk is full'))
    await expect(recording.request(alice, request)).rejects.toThrow('the disk is full')
    expect(abandoned).toHaveLength(4)
    expect(abandoned.every(({ secret }) => isZero(secret))).toBe(true)
  })

  it('is open for five minutes, or as long as the provider says', async () => {
    const lifetimes: number[] = []
    for (const exchangeLifetime of [undefined, 1000]) {
      const store = new MemoryStateStore({ clock })
      const insert = store.insert.bind(store)
      store.insert = (exchange) => {
        lifetimes.push(exchange.expires.getTime() - clock().getTime())
        return insert(exchange)
      }
      const { provider, client } = createParties(issuer, { provider: { store, exchangeLifetime } })
      await provider.request(alice, client.begin({ claim: 1 }).request)
    }
    expect(lifetimes).toEqual([300_000, 1000])
  })
})
