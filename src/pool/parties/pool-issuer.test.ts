import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Subgroup } from '../../../bindings/engine/engine.js'
import type { ProtocolError } from '../../uprove/errors.js'
import type { Issuer } from '../../uprove/issuance/issuer.js'
import { Prover } from '../../uprove/issuance/prover.js'
import { flipped } from '../../uprove/testing/fixtures.js'
import type { PoolEvent } from '../scheduling/context.js'
import { MemoryOpenTokens, type OpenTokens } from './open-tokens.js'
import type { PoolIssuer, PoolIssuerOptions } from './pool-issuer.js'
import { createPool, type Pool } from '../pool.js'
import { attributes, collect, createIssuer, rejection, subgroup } from '../testing/fixtures.js'

let group: Subgroup
let issuer: Issuer
let pool: Pool
const events: PoolEvent[] = []
const made: PoolIssuer[] = []
beforeAll(async () => {
  group = await subgroup()
  issuer = createIssuer(group)
  pool = await createPool({ workers: 0, onEvent: (event) => events.push(event) })
})
afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await Promise.all(made.splice(0).map((each) => each.dispose()))
})
afterAll(() => pool.dispose())

function poolIssuer(options: PoolIssuerOptions = {}): PoolIssuer {
  const each = pool.issuer(issuer, options)
  made.push(each)
  return each
}

/** A Prover in this thread, who has answered the first message. */
function answer(message1: Parameters<Prover['respond']>[0], count = message1.sigmaA.length) {
  const prover = Prover.begin(issuer.parameters, { attributes, count })
  return { prover, message2: prover.respond(message1) }
}

describe('an exchange', () => {
  it('is answered once', async () => {
    const session = await poolIssuer().begin({ attributes })
    const { prover, message2 } = answer(session.message1)
    const message3 = await session.respond(message2)
    expect(prover.finish(message3)).toHaveLength(1)
    expect(message3.batch).toBe(session.batch)
    expect(session.open).toBe(false)
    expect(await rejection(session.respond(message2))).toBe('issuance/answered')
  })

  it('goes on after a message that is refused', async () => {
    const session = await poolIssuer().begin({ attributes, count: 2 })
    const { prover, message2 } = answer(session.message1)
    const [first, second] = [message2.sigmaC[0]!, message2.sigmaC[1]!]
    expect(await rejection(session.respond({ sigmaC: [first] }))).toBe('issuance/message-length')
    expect(await rejection(session.respond({ sigmaC: [first, second, second] }))).toBe('issuance/message-length')
    expect(await rejection(session.respond({ sigmaC: [first, second.subarray(1)] }))).toBe('scalar/length')
    expect(await rejection(session.respond({ sigmaC: [first, new Uint8Array(32).fill(255)] }))).toBe('scalar/range')
    expect(prover.finish(await session.respond(message2))).toHaveLength(2)
  })

  it('refuses an answer to another batch that says so', async () => {
    const each = poolIssuer()
    const [one, other] = [await each.begin({ attributes }), await each.begin({ attributes })]
    const { message2 } = answer(other.message1)
    expect(await rejection(one.respond({ ...message2, batch: other.batch }))).toBe('issuance/other-batch')
    expect(one.open).toBe(true)
    expect((await other.respond({ ...message2, batch: other.batch })).sigmaR).toHaveLength(1)
  })

  it('is found by its name, while it is open', async () => {
    const each = poolIssuer()
    const session = await each.begin({ attributes })
    const { message2 } = answer(session.message1)
    expect(await rejection(each.respond({ ...message2, batch: 'unknown' }))).toBe('issuance/unknown-batch')
    expect(await each.respond({ ...message2, batch: session.batch })).toMatchObject({ batch: session.batch })
    expect(await rejection(each.respond({ ...message2, batch: session.batch }))).toBe('issuance/unknown-batch')
  })

  it('ends at its deadline', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    const each = poolIssuer({ lifetime: 1000 })
    const [session, other] = [await each.begin({ attributes }), await each.begin({ attributes })]
    const { message2 } = answer(session.message1)
    vi.setSystemTime(session.deadline.getTime() - 1)
    expect(await each.respond({ ...answer(other.message1).message2, batch: other.batch })).toBeDefined()
    vi.setSystemTime(session.deadline)
    expect(await rejection(session.respond(message2))).toBe('issuance/expired')
    const third = await each.begin({ attributes })
    expect(each.open).toBe(1)
    vi.advanceTimersByTime(1000)
    expect(third.open).toBe(false)
    expect(each.open).toBe(0)
  })

  it('is answered by any Issuer object of the same key that has its state, once', async () => {
    const openTokens = new MemoryOpenTokens()
    const options: PoolIssuerOptions = { issuance: 'sequential', openTokens }
    const [here, there] = [poolIssuer(options), poolIssuer(options)]
    const { message1, state } = await here.beginExchange({ attributes })
    const { prover, message2 } = answer(message1)
    expect(here.open).toBe(0)
    expect(await rejection(there.begin({ attributes }))).toBe('issuance/too-many-open')
    expect(await rejection(there.respondTo(flipped(state, 0), message2))).toBe('state/version')
    expect(await rejection(there.respondTo(state, { ...message2, batch: 'other' }))).toBe('issuance/other-batch')
    expect(await rejection(there.begin({ attributes }))).toBe('issuance/too-many-open')
    const copy = state.slice()
    expect(prover.finish(await there.respondTo(state, message2))).toHaveLength(1)
    expect(await rejection(there.respondTo(state, message2))).toBe('issuance/answered')
    // A store may have to have the same message answered once more.
    expect(await rejection(here.respondTo(copy, message2))).toBeUndefined()
    const next = await there.beginExchange({ attributes })
    await there.abandon(next.state)
    await there.abandon(next.state)
    await there.begin({ attributes })
  })

  it('cannot be answered after it gave way to a newer one', async () => {
    const each = poolIssuer({ issuance: 'sequential' })
    const session = await each.begin({ attributes, account: 'alice' })
    expect(await rejection(each.begin({ attributes, account: 'bob' }))).toBe('issuance/too-many-open')
    const newer = await each.begin({ attributes, account: 'alice' })
    expect(await rejection(session.respond(answer(session.message1).message2))).toBe('issuance/gave-way')
    expect(session.open).toBe(false)
    expect((await newer.respond(answer(newer.message1).message2)).sigmaR).toHaveLength(1)
  })

  it('bounds how long an abandoned exchange makes others wait', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    const each = poolIssuer({ issuance: 'sequential', patience: 5000 })
    const abandoned = await each.begin({ attributes, account: 'alice' })
    vi.advanceTimersByTime(4999)
    expect(await rejection(each.begin({ attributes, account: 'bob' }))).toBe('issuance/too-many-open')
    vi.advanceTimersByTime(1)
    await each.begin({ attributes, account: 'bob' })
    expect(await rejection(abandoned.respond(answer(abandoned.message1).message2))).toBe('issuance/gave-way')
  })
})

describe('begin()', () => {
  it('is refused, however many calls come at once, when as many wait as may', async () => {
    const small = await createPool({ workers: 0, maxQueued: 5 })
    const each = small.issuer(issuer)
    const codes = await Promise.all(Array.from({ length: 20 }, () => rejection(each.begin({ attributes }))))
    expect(codes.filter((code) => code === undefined)).toHaveLength(5)
    expect(codes.filter((code) => code === 'pool/overloaded')).toHaveLength(15)
    const provers = Array.from({ length: 20 }, () => rejection(small.beginProver(issuer.parameters, { attributes })))
    expect((await Promise.all(provers)).filter((code) => code === 'pool/overloaded')).toHaveLength(15)
    expect(await rejection(each.begin({ attributes }))).toBeUndefined()
    await small.dispose()
  })
})

describe('the policy', () => {
  it('lets one token be open after another, where that is asked for', async () => {
    const each = poolIssuer({ issuance: 'sequential' })
    expect(await rejection(each.begin({ attributes, count: 2 }))).toBe('issuance/sequential')
    const session = await each.begin({ attributes })
    expect(await rejection(each.begin({ attributes }))).toBe('issuance/too-many-open')
    await each.begin({ attributes: ['other', 'attributes', null] })
    await session.respond(answer(session.message1).message2)
    const next = await each.begin({ attributes })
    await next.dispose()
    await each.begin({ attributes })
  })

  it('bounds what is open with the same attributes over all Provers', async () => {
    const each = poolIssuer({ maxOpenTokens: 5 })
    const session = await each.begin({ attributes, count: 3 })
    expect(await rejection(each.begin({ attributes, count: 3 }))).toBe('issuance/too-many-open')
    await each.begin({ attributes, count: 3, tokenInformation: 'other' })
    await session.dispose()
    await each.begin({ attributes, count: 3 })
  })

  it('does not count what could not be begun', async () => {
    const each = poolIssuer({ maxOpenTokens: 1 })
    const outside = flipped(group.generator)
    expect(await rejection(each.begin({ attributes, devicePublicKey: outside }))).toBe('device/public-key')
    const controller = new AbortController()
    const aborted = rejection(each.begin({ attributes }, { signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect(await aborted).toMatchObject({ message: 'enough' })
    await each.begin({ attributes })
  })

  it('gives no answer that cannot be counted, and the exchange stays open', async () => {
    const down = new Error('the store is down')
    const openTokens: OpenTokens = {
      open: () => Promise.resolve({ serial: '1' }),
      answer: () => Promise.reject(down),
      close: () => Promise.reject(down),
    }
    const session = await poolIssuer({ openTokens }).begin({ attributes })
    const { message2 } = answer(session.message1)
    await expect(session.respond(message2)).rejects.toThrow(down)
    expect(session.open).toBe(true)
    openTokens.answer = () => Promise.resolve(true)
    expect((await session.respond(message2)).sigmaR).toHaveLength(1)
    await (await poolIssuer({ openTokens }).begin({ attributes })).dispose()
    expect(events).toContainEqual({ type: 'open-tokens-failed', error: down })
  })
})

describe('beginAll()', () => {
  it('gives sessions in the order of the requests, and what is wrong with one in its place', async () => {
    const each = poolIssuer()
    const counts = [1, 40, 2, 0, NaN, -1000, 3]
    const results = await collect(each.beginAll([...counts.map((count) => ({ attributes, count })), null as never]))
    expect(results.map(({ value, error }) => value?.count ?? (error as ProtocolError).code)).toEqual([
      ...[1, 40, 2],
      ...['issuance/count', 'issuance/count', 'issuance/count'],
      ...[3, undefined],
    ])
    expect(each.open).toBe(4)
    for (const { value } of results) {
      if (value !== undefined)
        expect((await value.respond(answer(value.message1).message2)).sigmaR).toHaveLength(value.count)
    }
    expect(each.open).toBe(0)
  })

  it('reads requests as fast as sessions are taken, and closes those that nobody takes', async () => {
    const each = poolIssuer()
    let read = 0
    function* requests() {
      for (;;) {
        read++
        yield { attributes, count: 100 }
      }
    }
    for await (const { value } of each.beginAll(requests())) {
      expect(value?.count).toBe(100)
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(read).toBeLessThan(30)
      break
    }
    await vi.waitFor(() => expect(each.open).toBe(1))
  })
})

describe('precompute()', () => {
  const count = 20

  it('lets begin() do without workers, and replaces what was used', async () => {
    const each = poolIssuer()
    const precomputed = each.precompute({ attributes, count })
    await precomputed.filled()
    expect(precomputed.ready).toBe(count)
    const drawn = vi.spyOn(crypto, 'getRandomValues')
    const session = await each.begin({ attributes, count: 15 })
    // The name of the exchange, and no w.
    expect(drawn.mock.calls.map(([array]) => (array as unknown as Uint8Array).length)).toEqual([16])
    const { prover, message2 } = answer(session.message1)
    expect(prover.finish(await session.respond(message2))).toHaveLength(15)
    await precomputed.filled()
    expect(precomputed.ready).toBe(count)
    // More than there is, and what nobody else gets.
    const larger = await each.begin({ attributes, count: 30 })
    expect(answer(larger.message1).prover.count).toBe(30)
    const all = [...session.message1.sigmaA, ...larger.message1.sigmaA].map((sigmaA) => sigmaA.join())
    expect(new Set(all)).toHaveLength(45)
  })

  it('serves no other attributes', async () => {
    const each = poolIssuer()
    const precomputed = each.precompute({ attributes, count })
    await precomputed.filled()
    await each.begin({ attributes, tokenInformation: 'other' })
    expect(precomputed.ready).toBe(count)
  })

  it('is bounded', () => {
    const each = poolIssuer({ maxPrecomputed: 50 })
    const code = (options: object) =>
      rejection(Promise.resolve().then(() => each.precompute({ attributes, ...options })))
    each.precompute({ attributes, count: 30 })
    return Promise.all([
      expect(code({ count: 51 })).resolves.toBe('issuance/precomputed'),
      expect(code({ count: 21, tokenInformation: 'other' })).resolves.toBe('issuance/precomputed'),
      expect(code({ count: 0 })).resolves.toBe('issuance/count'),
      // In the place of the first.
      expect(code({ count: 50 })).resolves.toBeUndefined(),
    ])
  })

  it('is wiped on demand', async () => {
    const each = poolIssuer()
    const precomputed = each.precompute({ attributes, count })
    await precomputed.filled()
    const drawn = vi.spyOn(crypto, 'getRandomValues')
    precomputed.dispose()
    expect(precomputed.ready).toBe(0)
    await each.begin({ attributes, count: 2 })
    expect(drawn.mock.calls.length).toBeGreaterThan(1)
  })
})

describe('dispose()', () => {
  it('closes exchanges, and the key is gone here and in the workers', async () => {
    const each = poolIssuer()
    const session = await each.begin({ attributes })
    const precomputed = each.precompute({ attributes, count: 5 })
    await precomputed.filled()
    await each.dispose()
    expect(session.open).toBe(false)
    expect(precomputed.ready).toBe(0)
    expect(await rejection(session.respond(answer(session.message1).message2))).toBe('issuance/answered')
    expect(await rejection(each.begin({ attributes }))).toBe('issuer/disposed')
    expect(() => each.setup()).toThrow(expect.objectContaining({ code: 'issuer/disposed' }))
    expect(() => each.precompute({ attributes })).toThrow(expect.objectContaining({ code: 'issuer/disposed' }))
    // The Issuer that it was made from is another copy.
    expect(issuer.begin({ attributes }).count).toBe(1)
  })
})
