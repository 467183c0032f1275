import { sha256 } from '@noble/hashes/sha2.js'
import { toHex } from '../../../bindings/octets/integers.js'
import { WsTrustError } from '../../ws-trust/errors.js'
import type {
  Answer,
  ExchangeName,
  OpenExchange,
  StateStore,
  StoredExchange,
} from '../../ws-trust/issuance/state-store.js'
import { onlyRow, type Database, type Queryable } from '../database/database.js'
import { StoreError } from '../errors.js'
import type { KeySource, StateKey } from './key-source.js'
import { RowLimit } from '../database/row-limit.js'
import { newRowId, openSecrets, sealSecrets } from './sealed-secrets.js'

interface Row {
  readonly id: Uint8Array<ArrayBuffer>
  readonly principal: string
  readonly uidp: string
  readonly expires: Date
  readonly counts: string
  readonly key_id: string
  readonly sealed: Uint8Array | null
  readonly digest: Uint8Array | null
  readonly answer: Uint8Array | null
}

/** Separates the locks of accounts here from all others. */
const ACCOUNT_LOCK = 0x55_50_45

export interface ExchangesOptions {
  readonly keys: KeySource
  /** Exchanges at once. */
  readonly capacity: number
  /**
   * Open exchanges of one account, and as many answered ones that are remembered. A new one takes the place of the account's
   * oldest.
   */
  readonly maxAccountExchanges: number
  readonly clock: () => Date
}

/**
 * The exchanges of Claim Providers, their secrets sealed. The database records which key is in use, so that a node with another
 * key neither reads nor writes secrets.
 */
export class Exchanges implements StateStore {
  readonly #limit: RowLimit
  /** Exchanges that this node has answered, with their expiry. If one has secrets again, its row was restored. */
  readonly #answered = new Map<string, Date>()

  private constructor(
    private readonly database: Database,
    private readonly options: ExchangesOptions,
    private key: StateKey,
  ) {
    this.#limit = new RowLimit(database, { table: 'uprove_state.exchanges' }, options.capacity, options.clock)
  }

  /** Throws `StoreError` (`store/other-key`) if the database has secrets under another key, and what the key source throws. */
  static async open(database: Database, options: ExchangesOptions): Promise<Exchanges> {
    const key = await options.keys.load()
    const inUse = await keyInUse(database, key.id)
    if (inUse !== key.id) throw new StoreError('store/other-key')
    return new Exchanges(database, options, key)
  }

  /** Throws `WsTrustError` (`ws-trust/busy`) when full, `StoreError` (`store/other-key`). */
  async insert(exchange: OpenExchange): Promise<boolean> {
    if (!(await this.#limit.admit())) throw new WsTrustError('ws-trust/busy')
    const inserted = await this.#insert(exchange)
    if (inserted || (await this.#hasCurrentKey())) return inserted
    return this.#insert(exchange)
  }

  async #insert(exchange: OpenExchange): Promise<boolean> {
    const { key } = this
    const { context, principal, uidp, expires, counts } = exchange
    const id = newRowId()
    const sealed = await sealSecrets(key, { ...exchange, id }, exchange.secrets)
    return this.database.transaction(async (transaction) => {
      // An expired exchange makes room for a new one, which has another id.
      const rows = await transaction.query(
        `INSERT INTO uprove_state.exchanges AS old (context, id, principal, uidp, expires, counts, key_id, sealed)
         SELECT $1, $2, $3, $4, $5, $6, key_id, $8 FROM uprove_state.seal WHERE key_id = $7
         ON CONFLICT (context) DO UPDATE SET
           id = excluded.id, principal = excluded.principal, uidp = excluded.uidp, expires = excluded.expires,
           counts = excluded.counts, key_id = excluded.key_id, sealed = excluded.sealed, digest = NULL, answer = NULL
         WHERE old.expires <= $9
         RETURNING 1 AS inserted`,
        [nameOf(context), id, principal, uidp, expires, counts.join(), key.id, sealed, this.options.clock()],
      )
      if (rows.length > 0) await this.#makeRoom(transaction, exchange)
      return rows.length > 0
    })
  }

  /** Deletes the oldest exchanges of an account beyond its share. Exchanges of other accounts never give way. */
  async #makeRoom(transaction: Queryable, { principal, context }: OpenExchange): Promise<void> {
    await transaction.query(`SELECT pg_advisory_xact_lock(${ACCOUNT_LOCK}, hashtext($1))`, [principal])
    const { maxAccountExchanges } = this.options
    const shares = [
      { state: 'sealed IS NOT NULL', others: maxAccountExchanges - 1 },
      { state: 'sealed IS NULL', others: maxAccountExchanges },
    ]
    for (const { state, others } of shares) {
      await transaction.query(
        `DELETE FROM uprove_state.exchanges WHERE ${state} AND context IN (
           SELECT context FROM uprove_state.exchanges
           WHERE principal = $1 AND context <> $2 AND ${state} ORDER BY expires DESC OFFSET $3
         )`,
        [principal, nameOf(context), others],
      )
    }
  }

  /** Throws `StoreError` (`store/tampered`, `store/other-key`). */
  async find(context: string): Promise<StoredExchange | undefined> {
    const [row] = await this.database.query<Row>(
      `SELECT id, principal, uidp, expires, counts, key_id, sealed, digest, answer
       FROM uprove_state.exchanges WHERE context = $1 AND expires > $2`,
      [nameOf(context), this.options.clock()],
    )
    if (row === undefined) return undefined
    const { id, principal, uidp, expires, sealed, digest, answer } = row
    const counts = row.counts.split(',').map(Number)
    const found = { context, principal, uidp, expires, counts }
    if (digest !== null && answer !== null) return { ...found, id: toHex(id), answer: { digest, octets: answer } }
    if (sealed === null || this.#answered.has(toHex(id))) throw new StoreError('store/tampered')
    // Sealed under a key that was replaced, so it is unreadable.
    if (row.key_id !== this.key.id && ((await this.#hasCurrentKey()) || row.key_id !== this.key.id)) return undefined
    return { ...found, id: toHex(id), secrets: await openSecrets(this.key, { ...found, id }, sealed) }
  }

  async answer({ context, id }: ExchangeName, { digest, octets }: Answer): Promise<Answer | undefined> {
    const [name, rowId, now] = [nameOf(context), Buffer.from(id, 'hex'), this.options.clock()]
    if (this.#answered.has(id)) return this.#storedAnswer(this.database, name, rowId)
    const done = await this.database.transaction(async (transaction) => {
      // The first node locks the row until its answer is on the disk; the others wait here and find the secrets gone.
      const [written] = await transaction.query<{ expires: Date }>(
        `UPDATE uprove_state.exchanges SET sealed = NULL, digest = $3, answer = $4
         WHERE context = $1 AND id = $2 AND sealed IS NOT NULL AND expires > $5
           AND key_id = (SELECT key_id FROM uprove_state.seal)
         RETURNING expires`,
        [name, rowId, digest, octets, now],
      )
      const answer = written ? { digest, octets } : await this.#storedAnswer(transaction, name, rowId)
      return { expires: written?.expires, answer }
    })
    // Only now: an answer whose commit failed was given to nobody, and the secrets may still be there by right.
    if (done.expires !== undefined) this.#answered.set(id, done.expires)
    return done.answer
  }

  async #storedAnswer(database: Queryable, name: Uint8Array, id: Uint8Array): Promise<Answer | undefined> {
    const [row] = await database.query<{ digest: Uint8Array; octets: Uint8Array }>(
      `SELECT digest, answer AS octets FROM uprove_state.exchanges
       WHERE context = $1 AND id = $2 AND answer IS NOT NULL AND expires > $3`,
      [name, id, this.options.clock()],
    )
    return row
  }

  /** The number of exchanges that wait for their second message. */
  async openCount(): Promise<number> {
    const rows = await this.database.query<{ open: number }>(
      `SELECT count(*) AS open FROM uprove_state.exchanges WHERE sealed IS NOT NULL AND expires > $1`,
      [this.options.clock()],
    )
    return onlyRow(rows).open
  }

  /** Forgets expired answers. */
  forget(): void {
    const now = this.options.clock()
    for (const [id, expires] of this.#answered) if (expires <= now) this.#answered.delete(id)
  }

  /**
   * Puts another key in use. Everything sealed under the old one is lost, here and in all copies. Throws `StoreError`
   * (`store/key-not-replaced`) if the key source cannot replace its key and still has the old one.
   */
  static async rotateKey(database: Database, keys: KeySource): Promise<StateKey> {
    const key = await (keys.replace?.() ?? keys.load())
    await database.transaction(async (transaction) => {
      const rows = await transaction.query(
        `INSERT INTO uprove_state.seal AS old (key_id) VALUES ($1)
         ON CONFLICT (only_one) DO UPDATE SET key_id = excluded.key_id WHERE old.key_id <> excluded.key_id
         RETURNING 1 AS changed`,
        [key.id],
      )
      if (rows.length === 0) throw new StoreError('store/key-not-replaced')
      await transaction.query(`DELETE FROM uprove_state.exchanges WHERE sealed IS NOT NULL AND key_id <> $1`, [key.id])
    })
    return key
  }

  async rotateKey(): Promise<void> {
    this.key = await Exchanges.rotateKey(this.database, this.options.keys)
  }

  /** Whether this node has the key in use; if not, loads it. Throws `StoreError` (`store/other-key`). */
  async #hasCurrentKey(): Promise<boolean> {
    const inUse = await keyInUse(this.database, this.key.id)
    if (inUse === this.key.id) return true
    const key = await this.options.keys.load()
    if (key.id !== inUse) throw new StoreError('store/other-key')
    this.key = key
    return false
  }
}

/** The id of the key in use; sets it if there is none yet. */
async function keyInUse(database: Database, ifNone: string): Promise<string> {
  return database.transaction(async (transaction) => {
    await transaction.query(`INSERT INTO uprove_state.seal (key_id) VALUES ($1) ON CONFLICT DO NOTHING`, [ifNone])
    return onlyRow(await transaction.query<{ key_id: string }>(`SELECT key_id FROM uprove_state.seal`)).key_id
  })
}

/** A row's key: of fixed length for any Context. */
function nameOf(context: string): Uint8Array {
  return sha256(new TextEncoder().encode(context))
}
