import * as esbuild from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MemoryOpenTokens, type Pool, type PoolIssuer, type PoolIssuerOptions } from '../../pool/index.js'
import { createTestPool } from '../../pool/testing/fixtures.js'
import { verifyToken } from '../../uprove/token/token.js'
import type { Principal } from './backend.js'
import { ClaimProvider } from './claim-provider.js'
import { poolIssuanceBackend } from './pool-backend.js'
import { MemoryStateStore } from './state-store.js'
import {
  alice,
  bob,
  codeOf,
  createParties,
  createTestIssuer,
  edited,
  testClock,
  transportTo,
} from '../testing/fixtures.js'

const issuer = createTestIssuer()
const { clock } = testClock()

let pools: Pool[]
beforeAll(async () => {
  pools = await Promise.all([createTestPool(), createTestPool({ workers: 1 })])
})
afterAll(() => Promise.all(pools.map((pool) => pool.dispose())))

/** Claim Providers on the nodes of a farm, which count and keep together. */
function createFarm(options: PoolIssuerOptions = {}) {
  const store = new MemoryStateStore({ clock })
  const openTokens = new MemoryOpenTokens()
  const issuers: PoolIssuer[] = pools.map((pool) => pool.issuer(issuer.issuer, { openTokens, ...options }))
  const providers = issuers.map((each) => {
    return new ClaimProvider({ issuer, claims: () => bob, clock, store, backend: poolIssuanceBackend(each) })
  })
  const [here, there] = providers as [ClaimProvider, ClaimProvider]
  return { here, there, openTokens, dispose: () => Promise.all(issuers.map((each) => each.dispose())) }
}

const { client } = createParties(issuer)

describe('a Claim Provider on a pool', () => {
  it('issues a thousand tokens in an exchange', async () => {
    const { here, dispose } = createFarm()
    const batches = await client.obtain({ claim: 1000, ID: 2 }, transportTo(here))
    expect(batches.map(({ tokens }) => tokens.length)).toEqual([1000, 2])
    const tokens = batches.flatMap((batch) => batch.tokens)
    expect(new Set(tokens.map(({ token }) => token.h.join())).size).toBe(1002)
    for (const i of [0, 500, 999, 1001]) {
      expect(verifyToken(issuer.parameters.parameters, tokens[i]!.token).valid).toBe(true)
    }
    await dispose()
  }, 60_000)

  it('answers what another node began, and counts with it', async () => {
    const { here, there, dispose } = createFarm({ maxOpenTokens: 3 })
    const exchange = client.begin({ claim: 3 })
    const first = await here.request(alice, exchange.request)
    // At every node: three are open.
    const carol = { id: 'carol' }
    expect(await codeOf(() => there.request(carol, client.begin({ claim: 1 }).request))).toBe('ws-trust/busy')
    const second = exchange.respond(first)
    const tampered = edited(second, /<up:SigmaC>.*?<\/up:SigmaC>/, '')
    expect(await codeOf(() => there.respond(alice, tampered))).toBe('ws-trust/token-count')
    expect(await codeOf(() => there.request(carol, client.begin({ claim: 1 }).request))).toBe('ws-trust/busy')
    const third = await there.respond(alice, second)
    expect(exchange.finish(third)[0]!.tokens).toHaveLength(3)
    // None is.
    await there.request(alice, client.begin({ claim: 3 }).request)
    await dispose()
  })

  it('does not count exchanges that were not kept', async () => {
    const { here, there, dispose } = createFarm({ maxOpenTokens: 4 })
    const { request } = client.begin({ claim: 2 })
    await here.request(alice, request)
    for (let i = 0; i < 3; i++)
      expect(await codeOf(() => there.request(alice, request))).toBe('ws-trust/context-in-use')
    await there.request(alice, client.begin({ claim: 2 }).request)
    await dispose()
  })

  it('tells a client what the policy of its Issuer refuses', async () => {
    const { here, dispose } = createFarm({ issuance: 'sequential' })
    expect(await codeOf(() => here.request(alice, client.begin({ claim: 2 }).request))).toBe('ws-trust/too-many-tokens')
    await here.request(alice, client.begin({ ID: 1 }).request)
    // The ID token would be the second; the claim token before it is not counted then.
    const both = client.begin({ claim: 1, ID: 1 }).request
    expect(await codeOf(() => here.request({ id: 'carol' }, both))).toBe('ws-trust/busy')
    await here.request(alice, client.begin({ claim: 1 }).request)
    await dispose()
  })

  it('closes the oldest exchange of an account that begins too many, and none of another', async () => {
    const { here, there, dispose } = createFarm({ maxAccountExchanges: 2 })
    const begin = async (principal: Principal) => {
      const exchange = client.begin({ ID: 1 })
      return exchange.respond(await here.request(principal, exchange.request))
    }
    const carol = { id: 'carol' }
    const ofCarol = await begin(carol)
    const [first, second] = [await begin(alice), await begin(alice)]
    await begin(alice)
    expect(await codeOf(() => there.respond(alice, first))).toBe('ws-trust/context-unknown')
    await there.respond(alice, second)
    await there.respond(carol, ofCarol)
    await dispose()
  })
})

describe('the backend', () => {
  it('leaves an exchange open where its state is kept when a message is refused', async () => {
    const openTokens = new MemoryOpenTokens()
    const poolIssuer = pools[0]!.issuer(issuer.issuer, { issuance: 'sequential', openTokens })
    const backend = poolIssuanceBackend(poolIssuer)
    const contents = { attributes: bob, tokenInformation: 'TI' }
    const { secretState } = await backend.begin(contents)
    expect(await codeOf(() => backend.respond(secretState, { sigmaC: [] }))).toBe('issuance/message-length')
    expect(await codeOf(() => backend.begin(contents))).toBe('ws-trust/busy')
    expect(poolIssuer.open).toBe(0)
    const { scalars } = issuer.parameters.parameters.group
    expect((await backend.respond(secretState, { sigmaC: [scalars.one] })).sigmaR).toHaveLength(1)
    const next = await backend.begin(contents)
    await backend.abandon!(next.secretState)
    await backend.begin(contents)
    await poolIssuer.dispose()
  })

  it('passes on what is no refusal of the pool, whatever its code is', async () => {
    const failure = Object.assign(new Error('the disk is full'), { code: 'issuance/count' })
    const fail = () => Promise.reject(failure)
    const backend = poolIssuanceBackend({ beginExchange: fail, respondTo: fail } as unknown as PoolIssuer)
    await expect(backend.begin({ attributes: bob })).rejects.toBe(failure)
    await expect(backend.respond(new Uint8Array(1), { sigmaC: [] })).rejects.toBe(failure)
  })

  it('brings no pool into the bundle of a client', async () => {
    const { metafile } = await esbuild.build({
      entryPoints: ['src/ws-trust/index.ts'],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      logLevel: 'silent',
    })
    const inputs = Object.keys(metafile.inputs)
    expect(inputs).toContain('src/ws-trust/issuance/pool-backend.ts')
    expect(inputs.filter((input) => input.startsWith('src/pool/'))).toEqual([])
  })
})
