import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { L2048N256 } from '../params/L2048N256.js'
import { Issuer } from '../uprove/issuance/issuer.js'
import { presentToken } from '../uprove/presentation/presentation.js'
import { PoolError } from './errors.js'
import { createPool, type Pool } from './pool.js'

const script = new URL('../../build/pool-worker.js', import.meta.url)
const attributes = ['Alice', 'citizen']
const group = (await createEngine()).subgroup(L2048N256)
const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 2, recommended: L2048N256 })
const { parameters } = issuer

/** Every kind of message that crosses between a pool and its workers. */
async function useAll(pool: Pool): Promise<void> {
  const poolIssuer = pool.issuer(issuer)
  try {
    const session = await poolIssuer.begin({ attributes, count: 3 })
    const prover = await pool.beginProver(parameters, { attributes, count: 3 })
    const tokens = await prover.finish(await session.respond(await prover.respond(session.message1)))
    expect(tokens).toHaveLength(3)
    const [held] = tokens
    if (held === undefined) throw new Error('no token')
    const message = new Uint8Array(32)
    const { proof } = presentToken(parameters, held, { attributes, disclosed: [2], message })
    expect(await pool.verifyPresentation(parameters, held.token, proof, { message })).toMatchObject({ valid: true })
    expect(await pool.verifyToken(parameters, held.token)).toMatchObject({ valid: true })
  } finally {
    await poolIssuer.dispose()
  }
}

/** A pool with one worker at a time, of which one dies after so many messages to or from it, counted over all. */
async function frailPool(way: 'to' | 'from', dies: number): Promise<{ pool: Pool; messages: { count: number } }> {
  const messages = { count: 0 }
  class Mortal extends Worker {
    constructor() {
      super(script)
      if (way === 'from') this.on('message', () => this.#count())
    }
    override postMessage(...message: Parameters<Worker['postMessage']>): void {
      super.postMessage(...message)
      if (way === 'to') this.#count()
    }
    #count(): void {
      if (++messages.count === dies) void this.terminate()
    }
  }
  const pool = await createPool({ workers: 1, worker: () => new Mortal(), onEvent: () => undefined, fallback: false })
  return { pool, messages }
}

describe.each(['to', 'from'] as const)('a worker that is killed after a message %s it', (way) => {
  it('costs time, or an error with a code; the pool goes on, wherever it was killed', async () => {
    const { pool, messages } = await frailPool(way, Infinity)
    await useAll(pool)
    await pool.dispose()
    const { count } = messages
    expect(count).toBeGreaterThan(8)
    const codes: string[] = []
    for (let dies = 1; dies <= count; dies++) {
      const frail = await frailPool(way, dies).catch((error: unknown) => error)
      // One that dies at its start is no worker.
      if (frail instanceof Error) {
        expect(frail).toMatchObject({ code: 'pool/no-workers' })
        codes.push('pool/no-workers')
        continue
      }
      const { pool: alive } = frail as Awaited<ReturnType<typeof frailPool>>
      try {
        await useAll(alive)
        codes.push('done')
      } catch (error) {
        if (!(error instanceof PoolError)) throw error
        expect(error.code).toBe('pool/worker-lost')
        codes.push(error.code)
      }
      await useAll(alive)
      await alive.dispose()
    }
    expect(codes).toContain('done')
  })
})
