import type { IssuedToken } from '../../src/index.js'
import { itemAt } from '../../bindings/octets/lists.js'
import { createPool, type Pool, type PoolIssuer, type PoolIssuerSession, type Settled } from '../../src/pool/index.js'
import { batchOf, disclosed, freshAttributes, type Done, type Kind, type Material } from './work.js'

/** A pool with an Issuer, and with tokens that it obtained, whose gamma it knows. */
export interface PoolSubject {
  readonly pool: Pool
  readonly poolIssuer: PoolIssuer
  readonly tokens: readonly IssuedToken[]
}

/** Starts a pool of so many workers. */
export async function createSubject(workers: number, { issuer, attributes }: Material): Promise<PoolSubject> {
  const worker = new URL('throughput-worker.js', import.meta.url)
  const pool = await createPool({ workers, worker, fallback: false })
  const poolIssuer = pool.issuer(issuer)
  const session = await poolIssuer.begin({ attributes, count: 16 })
  const prover = await pool.beginProver(issuer.parameters, { attributes, count: 16 })
  const tokens = await prover.finish(await session.respond(await prover.respond(session.message1)))
  return { pool, poolIssuer, tokens }
}

/** Works on a number of tokens with a pool, exchanges in batches and the rest in one stream, and waits for the last. */
export function workWith(subject: PoolSubject, material: Material, kind: Kind, tokens: number): Promise<Done> {
  return { issue, obtain, prove, verify }[kind](subject, material, tokens)
}

async function timed(tokens: number, work: () => Promise<void>): Promise<Done> {
  const start = performance.now()
  await work()
  return { tokens, milliseconds: performance.now() - start }
}

/** Requests for exchanges of `batch` tokens each, `tokens` in all. */
export function* requests(tokens: number, batch: number): Generator<{ attributes: string[]; count: number }> {
  for (let rest = tokens; rest > 0; rest -= batch) yield { attributes: freshAttributes(), count: Math.min(rest, batch) }
}

/** Answers the second message of a session that an Issuer began. Returns how many tokens that were. */
export async function answerSession(
  { value, error }: Settled<PoolIssuerSession>,
  { answer }: Material,
): Promise<number> {
  if (error !== undefined) throw error
  await value.respond(answer(value.count))
  return value.count
}

async function issue({ poolIssuer }: PoolSubject, material: Material, tokens: number): Promise<Done> {
  return timed(tokens, async () => {
    for await (const session of poolIssuer.beginAll(requests(tokens, batchOf.issue)))
      await answerSession(session, material)
  })
}

/** Two exchanges at a time. The Issuer's first part is done before, off the clock; its second takes next to nothing. */
async function obtain({ pool }: PoolSubject, { issuer, parameters }: Material, tokens: number): Promise<Done> {
  const sessions = [...requests(tokens, batchOf.obtain)].map((request) => ({ request, session: issuer.begin(request) }))
  const obtainNext = async (): Promise<void> => {
    for (let next = sessions.shift(); next !== undefined; next = sessions.shift()) {
      const { request, session } = next
      const prover = await pool.beginProver(parameters, request)
      await prover.finish(session.respond(await prover.respond(session.message1)))
    }
  }
  return timed(tokens, async () => {
    await Promise.all([obtainNext(), obtainNext()])
  })
}

async function prove({ pool, tokens: held }: PoolSubject, material: Material, tokens: number): Promise<Done> {
  const { parameters, attributes, message } = material
  const source = Array.from({ length: tokens }, (_, i) => {
    return { issued: itemAt(held, i % held.length), attributes, disclosed, message }
  })
  return timed(tokens, async () => {
    for await (const { error } of pool.presentTokens(parameters, source)) if (error !== undefined) throw error
  })
}

async function verify({ pool }: PoolSubject, material: Material, tokens: number): Promise<Done> {
  const { parameters, message, presented } = material
  const source = Array.from({ length: tokens }, (_, i) => {
    const { issued, proof } = itemAt(presented, i % presented.length)
    return { token: issued.token, proof, message }
  })
  return timed(tokens, async () => {
    for await (const { valid } of pool.verifyPresentations(parameters, source)) {
      if (!valid) throw new Error('a proof is refused')
    }
  })
}
