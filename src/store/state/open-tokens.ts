import {
  heldSince,
  makeRoom,
  type Admission,
  type OpenExchange,
  type OpenLimits,
  type OpenTokens,
} from '../../pool/parties/open-tokens.js'
import type { Database, Queryable } from '../database/database.js'

/** Separate the locks of gammas and of accounts from all others. */
const GAMMA_LOCK = 0x55_50_47
const ACCOUNT_LOCK = 0x55_50_41

interface Row extends Omit<OpenExchange, 'account' | 'since' | 'expires'> {
  readonly account: string | null
  readonly since: Date
  readonly expires: Date
}

const COLUMNS = 'id, gamma AS key, account, count, since, expires'

/** Counts over all nodes that share a database. */
export class SharedOpenTokens implements OpenTokens {
  constructor(
    private readonly database: Database,
    private readonly clock: () => Date,
  ) {}

  open(exchange: OpenExchange, limits: OpenLimits): Promise<Admission | undefined> {
    const { id, key, account, count, expires } = exchange
    return this.database.transaction(async (transaction) => {
      await lock(transaction, exchange)
      const now = this.clock()
      const own = account === undefined ? [] : await openOf(transaction, account, now)
      const tokens = await tokensOf(transaction, key, now)
      const overdue = new Date(now.getTime() - limits.patience)
      const abandoned = tokens + count > limits.tokens ? await abandonedOf(transaction, exchange, overdue, now) : []
      const displaced = makeRoom(exchange, limits, { tokens, own, abandoned })
      if (displaced === undefined) return undefined
      for (const each of displaced) {
        await transaction.query(`DELETE FROM uprove_state.open_tokens WHERE id = $1 AND NOT answered`, [each.id])
      }
      const since = new Date(heldSince(exchange, displaced))
      const [row] = await transaction.query<{ serial: string }>(
        `INSERT INTO uprove_state.open_tokens (id, gamma, account, count, since, expires)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING nextval('uprove_state.admissions')::text AS serial`,
        [id, key, account ?? null, count, since, new Date(expires)],
      )
      return row
    })
  }

  answer(id: string): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const rows = await transaction.query(
        `UPDATE uprove_state.open_tokens SET answered = true WHERE id = $1 AND expires > $2 RETURNING 1 AS answered`,
        [id, this.clock()],
      )
      return rows.length > 0
    })
  }

  async close(id: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction.query(`DELETE FROM uprove_state.open_tokens WHERE id = $1`, [id])
    })
  }
}

/** Lets exchanges of one account, and tokens of one gamma, be counted one after another: always the account first. */
async function lock(transaction: Queryable, { key, account }: OpenExchange): Promise<void> {
  if (account !== undefined) {
    await transaction.query(`SELECT pg_advisory_xact_lock(${ACCOUNT_LOCK}, hashtext($1))`, [account])
  }
  await transaction.query(`SELECT pg_advisory_xact_lock(${GAMMA_LOCK}, hashtext($1))`, [key])
}

async function tokensOf(transaction: Queryable, key: string, now: Date): Promise<number> {
  const [row] = await transaction.query<{ tokens: number | string }>(
    `SELECT coalesce(sum(count), 0) AS tokens FROM uprove_state.open_tokens
     WHERE gamma = $1 AND NOT answered AND expires > $2`,
    [key, now],
  )
  return Number(row?.tokens ?? 0)
}

async function openOf(transaction: Queryable, account: string, now: Date): Promise<OpenExchange[]> {
  const rows = await transaction.query<Row>(
    `SELECT ${COLUMNS} FROM uprove_state.open_tokens
     WHERE account = $1 AND NOT answered AND expires > $2 ORDER BY since`,
    [account, now],
  )
  return rows.map(exchangeOf)
}

async function abandonedOf(
  transaction: Queryable,
  { key, account, count }: OpenExchange,
  overdue: Date,
  now: Date,
): Promise<OpenExchange[]> {
  const rows = await transaction.query<Row>(
    `SELECT ${COLUMNS} FROM uprove_state.open_tokens
     WHERE gamma = $1 AND NOT answered AND expires > $2 AND since <= $3 AND account IS DISTINCT FROM $4
     ORDER BY since LIMIT $5`,
    [key, now, overdue, account ?? null, count],
  )
  return rows.map(exchangeOf)
}

function exchangeOf({ account, since, expires, ...row }: Row): OpenExchange {
  return { ...row, account: account ?? undefined, since: since.getTime(), expires: expires.getTime() }
}
