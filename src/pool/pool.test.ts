import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Subgroup } from '../../bindings/engine/engine.js'
import { EngineError, InvalidInputError } from '../../bindings/errors.js'
import { L2048N256 } from '../params/L2048N256.js'
import { SoftwareDevice } from '../uprove/device/device.js'
import { Issuer } from '../uprove/issuance/issuer.js'
import { presentToken } from '../uprove/presentation/presentation.js'
import { IssuerParameters } from '../uprove/parameters/parameters.js'
import { Prover } from '../uprove/issuance/prover.js'
import { flipped } from '../uprove/testing/fixtures.js'
import type { IssuedToken } from '../uprove/token/token.js'
import { verifyPresentation } from '../uprove/presentation/verification.js'
import { PoolError } from './errors.js'
import type { PoolEvent } from './scheduling/context.js'
import { createPool, type Pool } from './pool.js'
import type { ToWorker, VerificationRequest } from './wire/jobs.js'
import {
  attributes,
  collect,
  createIssuer,
  createTestPool,
  rejection,
  settled,
  subgroup,
  worker,
} from './testing/fixtures.js'

let group: Subgroup
let pool: Pool
beforeAll(async () => {
  group = await subgroup()
  pool = await createTestPool()
})
afterAll(() => pool.dispose())

/** A whole exchange on a pool. */
async function obtain(on: Pool, issuer: Issuer, count: number): Promise<IssuedToken[]> {
  const poolIssuer = on.issuer(issuer)
  const session = await poolIssuer.begin({ attributes, count })
  const prover = await on.beginProver(issuer.parameters, { attributes, count })
  const tokens = await prover.finish(await session.respond(await prover.respond(session.message1)))
  await poolIssuer.dispose()
  return tokens
}

/** For what comes when the machine has time for it. */
const patience = { timeout: 20_000 }

const presentation = { attributes, disclosed: [1], message: 'nonce' }

describe.each([1, 3] as const)('a pool, revision %i', (revision) => {
  it('does what a single thread does: both understand what the other made', async () => {
    const issuer = createIssuer(group, revision)
    const { parameters } = issuer
    const count = 150
    const poolIssuer = pool.issuer(issuer)

    const [session, prover] = await Promise.all([
      poolIssuer.begin({ attributes, count, tokenInformation: 'TI' }),
      pool.beginProver(parameters, { attributes, count, tokenInformation: 'TI', proverInformation: 'PI' }),
    ])
    expect(session.count).toBe(count)
    expect(session.gamma).toEqual(prover.gamma)
    expect(session.message1.sigmaZ === undefined).toBe(revision === 1)
    const message2 = await prover.respond(session.message1)
    const pooled = await prover.finish(await session.respond(message2))
    expect(pooled).toHaveLength(count)

    // The same between a pool and a single thread, both ways.
    const single = Prover.begin(parameters, { attributes, count: 3 })
    const other = await poolIssuer.begin({ attributes, count: 3 })
    const fromPool = single.finish(await other.respond(single.respond(other.message1)))
    const singleIssuing = issuer.begin({ attributes, count: 3 })
    const poolProver = await pool.beginProver(parameters, { attributes, count: 3 })
    const fromSingle = await poolProver.finish(singleIssuing.respond(await poolProver.respond(singleIssuing.message1)))

    const tokens = [...pooled, ...fromPool, ...fromSingle]
    const presented = await collect(
      pool.presentTokens(
        parameters,
        tokens.map((issued) => ({ issued, ...presentation })),
      ),
    )
    const requests = presented.map(({ value }, i): VerificationRequest => {
      return { token: tokens[i]!.token, proof: value!.proof, message: 'nonce' }
    })
    const results = await collect(pool.verifyPresentations(parameters, requests))
    expect(results.every(({ valid }) => valid)).toBe(true)
    expect(results[0]).toEqual(verifyPresentation(parameters, requests[0]!.token, requests[0]!.proof, requests[0]!))
    expect(new Set(tokens.map(({ token }) => token.h.join()))).toHaveLength(tokens.length)

    const { proof } = presentToken(parameters, pooled[0]!, presentation)
    expect(await pool.verifyPresentation(parameters, pooled[0]!.token, proof, presentation)).toMatchObject({
      valid: true,
    })
    expect(await pool.verifyToken(parameters, pooled[1]!.token)).toMatchObject({ valid: true })
    const tampered = { ...pooled[1]!.token, sigmaRPrime: flipped(pooled[1]!.token.sigmaRPrime) }
    expect(await pool.verifyToken(parameters, tampered)).toEqual({ valid: false, code: 'token/signature' })
    await poolIssuer.dispose()
  })

  it('serves Devices, whose keys stay here', async () => {
    const issuer = createIssuer(group, revision)
    const { parameters } = issuer
    const device = SoftwareDevice.create(group, L2048N256.gd)
    const poolIssuer = pool.issuer(issuer)
    const session = await poolIssuer.begin({ attributes, devicePublicKey: device.publicKey })
    const prover = await pool.beginProver(parameters, { attributes, device: device.contribute(parameters) })
    const [issued] = await prover.finish(await session.respond(await prover.respond(session.message1)))
    const { proof } = await pool.presentToken(parameters, issued!, { ...presentation, device, deviceMessage: 'm_d' })
    const verify = (deviceMessage: string) =>
      pool.verifyPresentation(parameters, issued!.token, proof, { message: 'nonce', deviceMessage })
    expect(await verify('m_d')).toMatchObject({ valid: true })
    expect(await verify('other')).toEqual({ valid: false, code: 'presentation/proof' })
    expect(await rejection(pool.presentToken(parameters, issued!, presentation))).toBe('presentation/device')
    await poolIssuer.dispose()
  })
})

describe('results', () => {
  it('are of each item: one that is bad, or not even a token, hides no other', async () => {
    const issuer = createIssuer(group)
    const { parameters } = issuer
    const tokens = await obtain(pool, issuer, 5)
    const requests = tokens.map((issued): VerificationRequest => {
      return { token: issued.token, proof: presentToken(parameters, issued, presentation).proof, message: 'nonce' }
    })
    const [good, forged, short, wild, last] = requests as [VerificationRequest, ...VerificationRequest[]]
    const results = await collect(
      pool.verifyPresentations(parameters, [
        good,
        { ...forged!, token: { ...forged!.token, h: flipped(forged!.token.h) } },
        { ...short!, proof: { ...short!.proof, r0: new Uint8Array(3) } },
        { ...wild!, proof: null as never },
        null as never,
        { ...wild!, message: (() => 1) as never },
        last!,
      ]),
    )
    expect(results).toMatchObject([
      { valid: true },
      { valid: false, code: 'token/h-not-in-subgroup' },
      { valid: false, code: 'scalar/length', error: { constructor: InvalidInputError } },
      { valid: false, code: 'presentation/shape', error: { constructor: InvalidInputError } },
      { valid: false, code: 'presentation/malformed', error: { constructor: TypeError } },
      { valid: false, code: 'pool/unsendable', error: { constructor: PoolError } },
      { valid: true },
    ])
    const presented = await collect(
      pool.presentTokens(parameters, [
        null as never,
        { issued: null as never, ...presentation },
        { issued: tokens[0]!, ...presentation, attributes: [] },
        { issued: tokens[0]!, ...presentation },
      ]),
    )
    expect(presented.map(({ error }) => error === undefined)).toEqual([false, false, false, true])
    expect(presented[2]).toMatchObject({ error: { code: 'attribute/count' } })
    // Single calls reject as single threads throw.
    const bad = pool.verifyPresentation(parameters, short!.token, { ...short!.proof, r0: new Uint8Array(3) }, short!)
    await expect(bad).rejects.toBeInstanceOf(InvalidInputError)
  })

  it('are own arrays, which hold nothing of their neighbours', async () => {
    const tokens = await obtain(pool, createIssuer(group), 3)
    for (const { privateKey, token } of tokens) {
      for (const octets of [privateKey, token.h, token.uid]) expect(octets.buffer.byteLength).toBe(octets.length)
    }
  })

  it('come from sources that are read no faster than results are taken', async () => {
    const issuer = createIssuer(group)
    const { parameters } = issuer
    const [issued] = await obtain(pool, issuer, 1)
    const { proof } = presentToken(parameters, issued!, presentation)
    let read = 0
    async function* source(): AsyncGenerator<VerificationRequest> {
      for (;;) {
        read++
        yield await Promise.resolve({ token: issued!.token, proof, message: 'nonce' })
      }
    }
    const results = pool.verifyPresentations(parameters, source())
    expect(read).toBe(0)
    expect((await results.next()).value).toMatchObject({ valid: true })
    // However long nobody takes the next result, the source is not read beyond a bound.
    await vi.waitFor(() => expect(read).toBeGreaterThan(1), patience)
    let before: number
    do {
      before = read
      await new Promise((resolve) => setTimeout(resolve, 100))
    } while (read > before)
    expect(read).toBeLessThan(5000)
    for (let i = 0; i <= before; i++) await results.next()
    await vi.waitFor(() => expect(read).toBeGreaterThan(before), patience)
    await results.return()
  })
})

describe('Issuer parameters', () => {
  it('may be as many as there are Issuers: workers do not keep them all', async () => {
    const issuer = createIssuer(group)
    const { parameters } = issuer
    const [issued] = await obtain(pool, issuer, 1)
    const { proof } = presentToken(parameters, issued!, presentation)
    for (let i = 0; i < 70; i++) {
      // As a Verifier would receive them each time.
      const received = IssuerParameters.verify(group, parameters.values(), { recommended: L2048N256 })
      const result = await pool.verifyPresentation(received, issued!.token, proof, { message: 'nonce' })
      expect(result).toMatchObject({ valid: true })
    }
    // Those of an Issuer in use are never forgotten; those of others are taken up again.
    expect(await pool.verifyPresentation(parameters, issued!.token, proof, { message: 'nonce' })).toMatchObject({
      valid: true,
    })
  })

  it('are forgotten once nothing is done with them any more, however many were in use at once', async () => {
    const known = new Set<number>()
    const { Worker } = process.getBuiltinModule('node:worker_threads')
    class Watched extends Worker {
      override postMessage(message: ToWorker, transfer: ArrayBuffer[]): void {
        if (message.type === 'setup') known.add(message.content.data.id)
        if (message.type === 'forget') known.delete(message.target)
        super.postMessage(message, transfer)
      }
    }
    const watched = await createTestPool({ workers: 1, worker: () => new Watched(worker) })
    const issuer = createIssuer(group)
    const [issued] = await obtain(pool, issuer, 1)
    const verify = () => {
      const received = IssuerParameters.verify(group, issuer.parameters.values(), { recommended: L2048N256 })
      return watched.verifyToken(received, issued!.token)
    }
    const results = await Promise.all(Array.from({ length: 100 }, verify))
    expect(results.every(({ valid }) => valid)).toBe(true)
    expect(known.size).toBeGreaterThan(64)
    await verify()
    expect(known.size).toBe(64)
    await watched.dispose()
  })
})

describe('what is asked for', () => {
  it('is refused with the errors of a single thread', async () => {
    const issuer = createIssuer(group)
    const { parameters } = issuer
    const poolIssuer = pool.issuer(issuer, { maxBatch: 50 })
    const begin = (options: object) => rejection(poolIssuer.begin({ attributes, ...options }))
    for (const count of [0, -1, 1.5, 51]) expect(await begin({ count })).toBe('issuance/count')
    expect(await begin({ attributes: ['one'] })).toBe('attribute/count')
    expect(await begin({ devicePublicKey: group.identity })).toBe('device/public-key')
    for (const count of [0, -1, 65_536]) {
      expect(await rejection(pool.beginProver(parameters, { attributes, count }))).toBe('issuance/count')
    }
    expect(await rejection(pool.beginProver(parameters, { attributes: [] }))).toBe('attribute/count')
    await poolIssuer.dispose()
    expect(await begin({})).toBe('issuer/disposed')
  })

  it('must make sense', async () => {
    for (const options of [{ workers: -1 }, { workers: 1.5 }, { maxQueued: 0 }, { chunkMilliseconds: 0 }]) {
      expect(await rejection(createPool(options))).toBe('pool/options')
    }
    const { parameters } = createIssuer(group)
    expect(() => pool.explain(parameters, 'issue', 0)).toThrow(InvalidInputError)
    expect(() => pool.warmUp(parameters, { verify: -1 })).toThrow(InvalidInputError)
  })
})

describe('signals', () => {
  it('end calls with their reason, and the pool goes on', async () => {
    const issuer = createIssuer(group)
    const poolIssuer = pool.issuer(issuer)
    const controller = new AbortController()
    const begun = poolIssuer.begin({ attributes, count: 5000 }, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(begun).rejects.toThrow('enough')
    await expect(poolIssuer.begin({ attributes }, { signal: controller.signal })).rejects.toThrow('enough')
    expect(poolIssuer.open).toBe(0)
    expect(await obtain(pool, issuer, 1)).toHaveLength(1)
    await poolIssuer.dispose()
  })
})

/** How many threads of this process have a priority, from /proc. */
function threadsWithNiceness(niceness: number): number {
  const threads = readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/stat`, 'utf8'))
  // Field 19, counted from behind the name, which may have blanks. proc(5)
  return threads.filter((stat) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]) === niceness).length
}

describe('the workers', () => {
  it.runIf(process.platform === 'linux')('give way to other threads, if they are told to', async () => {
    // More than this process has, which may have been started with less priority.
    const own = getPriority()
    const niceness = own + 7
    const before = threadsWithNiceness(niceness)
    const nice = await createTestPool({ workers: 2, niceness })
    expect(threadsWithNiceness(niceness)).toBe(before + 2)
    await nice.dispose()
    expect(getPriority()).toBe(own)
  })

  it('have the engine that was asked for', async () => {
    const scalar = await createTestPool({ workers: 1, engine: { backend: 'wasm', kernel: 'scalar' } })
    expect(scalar.engine).toEqual({ backend: 'wasm', kernel: 'scalar', constantTime: true })
    await scalar.dispose()
    const impossible = createTestPool({ workers: 1, engine: { backend: 'bigint', kernel: 'scalar' }, fallback: true })
    await expect(impossible).rejects.toBeInstanceOf(EngineError)
  })

  it('do not use secrets on an engine that is not constant time, unless they may', async () => {
    const variable = await createTestPool({ workers: 1, engine: { backend: 'bigint' } })
    const own = createIssuer(group)
    const { parameters } = own
    expect(await rejection(variable.issuer(own).begin({ attributes }))).toBe('engine/variable-time')
    expect(await rejection(variable.beginProver(parameters, { attributes }))).toBe('engine/variable-time')
    await variable.dispose()
    const allowed = await createTestPool({ workers: 1, engine: { backend: 'bigint' }, allowVariableTime: true })
    expect(await obtain(allowed, own, 1)).toHaveLength(1)
    await allowed.dispose()
  })

  it('are replaced when they die, and nothing is lost but time', async () => {
    const { Worker } = process.getBuiltinModule('node:worker_threads')
    const started: { worker: InstanceType<typeof Worker>; ready: Promise<unknown> }[] = []
    const events: PoolEvent[] = []
    const frail = await createTestPool({
      chunkMilliseconds: 2,
      worker: () => {
        const made = new Worker(new URL('../../build/pool-worker.js', import.meta.url))
        started.push({ worker: made, ready: once(made, 'message') })
        return made
      },
      onEvent: (event) => events.push(event),
    })
    /** Kills all workers that there are. */
    const kill = async () => {
      const alive = started.slice(-2)
      await Promise.all(alive.map(({ ready }) => ready))
      await Promise.all(alive.map(({ worker: each }) => each.terminate()))
      const lost = () => events.filter(({ type }) => type === 'worker-lost')
      await vi.waitFor(() => expect(lost()).toHaveLength(started.length), patience)
    }
    const issuer = createIssuer(group)
    const { parameters } = issuer
    const poolIssuer = frail.issuer(issuer)
    const count = 150

    const begun = poolIssuer.begin({ attributes, count })
    await settled()
    await started[0]?.worker.terminate()
    const session = await begun
    expect(new Set(session.message1.sigmaA.map((a) => a.join()))).toHaveLength(count)

    const prover = await frail.beginProver(parameters, { attributes, count })
    await kill()
    const message2 = await prover.respond(session.message1)
    await kill()
    const message3 = await session.respond(message2)
    const tokens = await prover.finish(message3)
    expect(tokens).toHaveLength(count)

    const verified = collect(
      frail.verifyPresentations(
        parameters,
        tokens.slice(0, 60).map((issued) => {
          return { token: issued.token, proof: presentToken(parameters, issued, presentation).proof, message: 'nonce' }
        }),
      ),
    )
    await settled()
    await started.at(-1)?.worker.terminate()
    expect((await verified).every(({ valid }) => valid)).toBe(true)
    expect(started.length).toBeGreaterThan(5)
    await frail.dispose()
  })
})

describe('without workers', () => {
  it('the work is done in this thread', async () => {
    const inThread = await createPool({ workers: 0 })
    expect(inThread).toMatchObject({ inThread: true, size: 1 })
    expect(await obtain(inThread, createIssuer(group), 3)).toHaveLength(3)
    await inThread.dispose()
  })

  it('the pool falls back to this thread and says so, or does not start', async () => {
    const events: PoolEvent[] = []
    const worker = new URL('../../build/no-such-worker.js', import.meta.url)
    const fallen = await createPool({ workers: 1, worker, onEvent: (event) => events.push(event) })
    expect(fallen.inThread).toBe(true)
    expect(events).toMatchObject([{ type: 'fallback' }])
    await fallen.dispose()
    expect(await rejection(createPool({ workers: 1, worker, fallback: false }))).toBe('pool/no-workers')
  })

  it('a pool that falls back where nobody listens warns, once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const worker = new URL('../../build/no-such-worker.js', import.meta.url)
    for (const pool of [await createPool({ workers: 1, worker }), await createPool({ workers: 1, worker })])
      await pool.dispose()
    expect(warn.mock.calls.map(String)).toEqual([expect.stringMatching(/^uprove-wasm\/pool works in this thread/)])
    warn.mockRestore()
  })
})

describe('explain()', () => {
  it('says what is chosen for what reason', () => {
    const { parameters } = createIssuer(group)
    const explained = pool.explain(parameters, 'issue', 1000)
    expect(explained).toMatchObject({ operation: 'issue', count: 1000, workers: 2, measured: false })
    expect(explained.text).toMatch(/^issue 1000 tokens: 2 workers, \d+ tokens at a time, about \d+ ms/)
    expect(explained.text).toContain('\ng, secret exponents, 500 uses: ')
    expect(explained.tableBytes).toBeLessThanOrEqual(32 << 20)
    expect(pool.explain(parameters, 'verify', 1).workers).toBe(1)
  })
})

describe('dispose()', () => {
  it('ends what is under way', async () => {
    const ended = await createTestPool({ workers: 1 })
    const poolIssuer = ended.issuer(createIssuer(group))
    const code = rejection(poolIssuer.begin({ attributes, count: 1000 }))
    await settled()
    await ended.dispose()
    expect(['pool/disposed', 'issuer/disposed']).toContain(await code)
    expect(await rejection(ended.beginProver(createIssuer(group).parameters, { attributes }))).toBe('pool/disposed')
    await ended.dispose()
  })
})
