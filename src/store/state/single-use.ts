import { sha256 } from '@noble/hashes/sha2.js'
import { toHex } from '../../../bindings/octets/integers.js'
import type { NonceStore, ReplayCache } from '../../authentication/single-use.js'
import type { Database } from '../database/database.js'
import { StoreError } from '../errors.js'
import { RowLimit } from '../database/row-limit.js'

/** The kinds of values that are used once. Each kind has its own keys and limit. */
export type SingleUseKind = 'nonce' | 'replay:presentations' | 'replay:password-digests'

/** The limit of the rows of one kind. */
export function singleUseLimit(database: Database, kind: SingleUseKind, rows: number, clock: () => Date): RowLimit {
  const where = { condition: 'kind = $3', value: kind }
  return new RowLimit(database, { table: 'uprove_state.single_use', where }, rows, clock)
}

/** Remembers keys that must not occur twice, over all nodes that share a database. Throws `StoreError` (`store/full`). */
export class SharedReplayCache implements ReplayCache {
  constructor(
    private readonly database: Database,
    private readonly kind: SingleUseKind,
    private readonly limit: RowLimit,
    private readonly clock: () => Date,
  ) {}

  async insert(keys: readonly Uint8Array[], until: Date): Promise<boolean> {
    // Hashed to one length; sorted, so that two callers with the same keys cannot deadlock.
    const names = [...new Set(keys.map((key) => toHex(sha256(key))))].sort()
    if (names.length < keys.length) return false
    if (!(await this.limit.admit(names.length))) throw new StoreError('store/full')
    return this.database
      .transaction(async (transaction) => {
        const rows = await transaction.query(
          `INSERT INTO uprove_state.single_use AS old (kind, key, expires)
           SELECT $1, decode(name, 'hex'), $3 FROM unnest($2::text[]) AS name
           ON CONFLICT (kind, key) DO UPDATE SET expires = excluded.expires WHERE old.expires < $4
           RETURNING 1 AS kept`,
          [this.kind, names, until, this.clock()],
        )
        if (rows.length < names.length) throw new Replayed()
        return true
      })
      .catch((error: unknown) => {
        if (error instanceof Replayed) return false
        throw error
      })
  }
}

/** Rolls back a transaction that has inserted some keys and found another one there. */
class Replayed extends Error {}

/** Keeps the nonces of challenges, over all nodes that share a database. Throws `StoreError` (`store/full`). */
export class SharedNonces implements NonceStore {
  constructor(
    private readonly database: Database,
    private readonly limit: RowLimit,
    private readonly clock: () => Date,
  ) {}

  async add(nonce: string, digest: Uint8Array, until: Date): Promise<void> {
    if (!(await this.limit.admit())) throw new StoreError('store/full')
    await this.database.transaction(async (transaction) => {
      await transaction.query(
        `INSERT INTO uprove_state.single_use (kind, key, digest, expires) VALUES ('nonce', $1, $2, $3)
         ON CONFLICT (kind, key) DO UPDATE SET digest = excluded.digest, expires = excluded.expires`,
        [keyOf(nonce), digest, until],
      )
    })
  }

  take(nonce: string): Promise<Uint8Array | undefined> {
    return this.database.transaction(async (transaction) => {
      const [taken] = await transaction.query<{ digest: Uint8Array | null; expires: Date }>(
        `DELETE FROM uprove_state.single_use WHERE kind = 'nonce' AND key = $1 RETURNING digest, expires`,
        [keyOf(nonce)],
      )
      return taken !== undefined && this.clock() <= taken.expires ? (taken.digest ?? undefined) : undefined
    })
  }
}

function keyOf(nonce: string): Uint8Array {
  return sha256(new TextEncoder().encode(nonce))
}
