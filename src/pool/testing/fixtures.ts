import { type Subgroup } from '../../../bindings/engine/engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { Issuer } from '../../uprove/issuance/issuer.js'
import type { Revision } from '../../uprove/parameters/revision.js'
import { createPool, type Pool, type PoolOptions } from '../pool.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'

/** The built worker: Node 20 has no TypeScript in workers. */
export const worker = new URL('../../../build/pool-worker.js', import.meta.url)

export const attributes = ['Alice', 'Smith', null]

export const subgroup = async (): Promise<Subgroup> => (await createEngine()).subgroup(L2048N256)

export function createIssuer(group: Subgroup, revision: Revision = 3): Issuer {
  return Issuer.create(group, {
    uid: 'urn:example:issuer',
    attributes: 3,
    recommended: L2048N256,
    device: true,
    revision,
  })
}

export function createTestPool(options: PoolOptions = {}): Promise<Pool> {
  return createPool({ workers: 2, worker, fallback: false, ...options })
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

/** The code of the error that a promise rejects with; undefined if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  )
}

/** Lets everything that can happen without more time happen. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}
