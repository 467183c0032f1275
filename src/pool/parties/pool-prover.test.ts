import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Subgroup } from '../../../bindings/engine/engine.js'
import type { Issuer } from '../../uprove/issuance/issuer.js'
import { flipped, outside } from '../../uprove/testing/fixtures.js'
import { createPool, type Pool } from '../pool.js'
import { attributes, createIssuer, rejection, subgroup } from '../testing/fixtures.js'

let group: Subgroup
let issuer: Issuer
let pool: Pool
beforeAll(async () => {
  group = await subgroup()
  issuer = createIssuer(group)
  // Small chunks have batches done in several parts.
  pool = await createPool({ workers: 0, chunkMilliseconds: 1 })
})
afterAll(() => pool.dispose())

const count = 3

async function begin(more: { count?: number } = {}) {
  const contents = { attributes, count, ...more }
  const issuing = issuer.begin(contents)
  return { issuing, prover: await pool.beginProver(issuer.parameters, contents) }
}

describe('a Prover in a pool', () => {
  it('obtains batches of several parts', async () => {
    const { issuing, prover } = await begin({ count: 300 })
    const tokens = await prover.finish(issuing.respond(await prover.respond(issuing.message1)))
    expect(tokens).toHaveLength(300)
  })

  it('refuses first messages that are not for it, and goes on', async () => {
    const { issuing, prover } = await begin()
    const { message1 } = issuing
    const [first, ...rest] = message1.sigmaA
    const code = (changes: object) => rejection(prover.respond({ ...message1, ...changes }))
    expect(await code({ sigmaA: rest })).toBe('issuance/message-length')
    expect(await code({ sigmaB: [...message1.sigmaB, first] })).toBe('issuance/message-length')
    expect(await code({ sigmaA: [first!.subarray(1), ...rest] })).toBe('element/length')
    expect(await code({ sigmaA: [new Uint8Array(256).fill(255), ...rest] })).toBe('element/range')
    expect(await code({ sigmaZ: undefined })).toBe('issuance/sigma-z')
    expect(await code({ sigmaZ: outside(message1.sigmaZ!, 2) })).toBe('issuance/sigma-z')
    const message2 = await prover.respond(message1)
    expect(await prover.finish(issuing.respond(message2))).toHaveLength(count)
  })

  it('answers a first message once, and takes steps in order', async () => {
    const { issuing, prover } = await begin()
    expect(await rejection(prover.finish({ sigmaR: [] }))).toBe('issuance/out-of-order')
    const message2 = prover.respond(issuing.message1)
    expect(await rejection(prover.respond(issuing.message1))).toBe('issuance/out-of-order')
    const message3 = issuing.respond(await message2)
    expect(await rejection(prover.respond(issuing.message1))).toBe('issuance/out-of-order')
    await prover.finish(message3)
    expect(await rejection(prover.finish(message3))).toBe('issuance/out-of-order')
  })

  it('refuses third messages that are not for it', async () => {
    const { issuing, prover } = await begin()
    const { sigmaR } = issuing.respond(await prover.respond({ ...issuing.message1, batch: 'this' }))
    const code = (changes: object) => rejection(prover.finish({ sigmaR, ...changes }))
    expect(await code({ sigmaR: sigmaR.slice(1) })).toBe('issuance/message-length')
    expect(await code({ sigmaR: [...sigmaR.slice(1), new Uint8Array(32).fill(255)] })).toBe('scalar/range')
    expect(await code({ batch: 'other' })).toBe('issuance/other-batch')
    expect(await prover.finish({ sigmaR, batch: 'this' })).toHaveLength(count)
  })

  it('sends back what batch it answers', async () => {
    const { issuing, prover } = await begin()
    expect(await prover.respond({ ...issuing.message1, batch: 'this' })).toMatchObject({ batch: 'this' })
    prover.dispose()
    const other = await begin()
    expect((await other.prover.respond(other.issuing.message1)).batch).toBeUndefined()
    other.prover.dispose()
  })

  it('accepts no token if one does not verify, be it of another batch', async () => {
    const forged = await begin({ count: 300 })
    const { sigmaR } = forged.issuing.respond(await forged.prover.respond(forged.issuing.message1))
    const tampered = sigmaR.map((r, i) => (i === 299 ? flipped(r) : r))
    expect(await rejection(forged.prover.finish({ sigmaR: tampered }))).toBe('issuance/signature')
    expect(await rejection(forged.prover.finish({ sigmaR }))).toBe('issuance/out-of-order')

    const [one, other] = [await begin(), await begin()]
    await one.prover.respond(one.issuing.message1)
    const message3 = other.issuing.respond(await other.prover.respond(other.issuing.message1))
    expect(await rejection(one.prover.finish(message3))).toBe('issuance/signature')
    other.prover.dispose()
  })

  it('is closed by dispose(), whatever is under way, and by its signal', async () => {
    const { issuing, prover } = await begin()
    const code = rejection(prover.respond(issuing.message1))
    prover.dispose()
    expect(await code).toBe('issuance/out-of-order')
    expect(await rejection(prover.respond(issuing.message1))).toBe('issuance/out-of-order')

    const other = await begin()
    const controller = new AbortController()
    const aborted = rejection(other.prover.respond(other.issuing.message1, { signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect(await aborted).toMatchObject({ message: 'enough' })
    expect(await rejection(other.prover.respond(other.issuing.message1))).toBe('issuance/out-of-order')
  })
})
