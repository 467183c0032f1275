import { afterEach, describe, expect, it, vi } from 'vitest'
import { Prover } from '../../uprove/issuance/prover.js'
import { alice, codeOf, createParties, createTestIssuer, edited, testClock, transportTo } from '../testing/fixtures.js'
import { readTokenRequest } from './messages.js'
import type { ObtainOptions, TokenClientOptions } from './token-client.js'

const issuer = createTestIssuer()

afterEach(() => void vi.restoreAllMocks())

describe('a client', () => {
  const requested = (request: ObtainOptions, options: Partial<TokenClientOptions> = {}) => {
    const { client } = createParties(issuer, { client: options })
    const { instances } = readTokenRequest(client.begin(request).request)
    return instances?.map(({ tokenClass, tokenCount }) => `${tokenCount} ${tokenClass}`)
  }
  const codeFor = (request: ObtainOptions, options: Partial<TokenClientOptions> = {}) =>
    codeOf(() => requested(request, options))

  it('asks for tokens of both classes, or leaves it to the Claim Provider', () => {
    expect(requested({})).toBeUndefined()
    expect(requested({ claim: 2 })).toEqual(['2 claim', '0 ID'])
    expect(requested({ ID: 3 })).toEqual(['0 claim', '3 ID'])
    expect(requested({ claim: 2, ID: 3 })).toEqual(['2 claim', '3 ID'])
    expect(requested({ claim: 65_535 })).toEqual(['65535 claim', '0 ID'])
  })

  it('asks for no more than it takes, and for no more than a message can say', async () => {
    expect(await codeFor({ claim: 2, ID: 1 }, { maxTokens: 3 })).toBe('accepted')
    expect(await codeFor({ claim: 2, ID: 2 }, { maxTokens: 3 })).toBe('ws-trust/too-many-tokens')
    expect(await codeFor({ claim: 65_535, ID: 1 })).toBe('ws-trust/too-many-tokens')
    for (const count of [-1, 0.5, Number.NaN, 65_536])
      expect(await codeFor({ claim: count, ID: 2 }, { maxTokens: 1e6 })).toBe('ws-trust/too-many-tokens')
    expect(await codeFor({ claim: 0 })).toBe('ws-trust/no-tokens')
    expect(await codeFor({ ID: 0 })).toBe('ws-trust/no-tokens')
  })

  it('goes by the parameters of the time of each message', async () => {
    const { client, provider, time } = createParties(issuer, { time: testClock('2010-04-01T11:59:59Z') })
    const exchange = client.begin({ claim: 1 })
    const first = await provider.request(alice, exchange.request)
    time.now = new Date('2010-04-01T12:00:00Z')
    expect(await codeOf(() => exchange.respond(first))).toBe('ws-trust/parameters-expired')
    time.now = new Date('2010-04-01T11:59:59Z')
    expect(await codeOf(() => exchange.respond(first))).toBe('accepted')
  })

  it('has tokens that expire with the parameters, or just after now', async () => {
    const { client, provider } = createParties(issuer)
    const exchange = client.begin({ claim: 1 })
    const first = await provider.request(alice, exchange.request)
    const codeWith = (date: string) => codeOf(() => exchange.respond(edited(first, '2010-03-01T00:00:00Z', date)))
    expect(await codeWith('2010-01-15T12:00:00Z')).toBe('ws-trust/token-expired')
    expect(await codeWith('2010-04-01T12:00:00.001Z')).toBe('ws-trust/token-outlives-parameters')
    expect(await codeWith('2010-01-15T12:00:00.001Z')).toBe('accepted')
  })

  it('closes each Prover once, whether or not it gets tokens', async () => {
    const { client, provider } = createParties(issuer)
    const begun = vi.spyOn(Prover, 'begin')
    const closed = vi.spyOn(Prover.prototype, 'dispose')
    const answered = client.begin({ claim: 1, ID: 1 })
    const second = answered.respond(await provider.request(alice, answered.request))
    answered.finish(await provider.respond(alice, second))
    const provers = begun.mock.results.map(({ value }) => value as Prover)
    expect(provers).toHaveLength(2)
    expect(closed.mock.contexts).toEqual(provers)
    answered.dispose()
    expect(closed).toHaveBeenCalledTimes(2)

    const exchange = client.begin({ claim: 1, ID: 1 })
    exchange.respond(await provider.request(alice, exchange.request))
    closed.mockClear()
    exchange.dispose()
    exchange.dispose()
    expect(closed.mock.contexts).toEqual(begun.mock.results.slice(2).map(({ value }) => value as Prover))
  })

  it('passes on what a transport throws, and what its user’s review throws', async () => {
    const { client, provider } = createParties(issuer)
    const review = () => {
      throw new Error('the window was closed')
    }
    await expect(client.obtain({ claim: 1, review }, transportTo(provider))).rejects.toThrow('the window was closed')
    await expect(client.obtain({ claim: 1 }, () => Promise.reject(new Error('no network')))).rejects.toThrow(
      'no network',
    )
  })
})
