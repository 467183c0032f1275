import { sha256 } from '@noble/hashes/sha2.js'
import { onlyRow, type Database } from '../database/database.js'

export interface LoginPolicy {
  /** Failed attempts in a row until the lock. Default 10. */
  readonly attempts?: number
  /** How long attempts count, from the first, in milliseconds. Default 15 minutes. */
  readonly window?: number
  /** How long the lock lasts, in milliseconds. Default 15 minutes. */
  readonly lockout?: number
}

/** Counts login attempts of accounts and addresses, over all nodes that share a database. */
export class LoginAttempts {
  readonly #policy: Required<LoginPolicy>

  constructor(
    private readonly database: Database,
    { attempts = 10, window = 900_000, lockout = 900_000 }: LoginPolicy,
    private readonly clock: () => Date,
  ) {
    this.#policy = { attempts, window, lockout }
  }

  /**
   * Counts an attempt before the password is verified, so that simultaneous attempts all count. Returns the end of the lock,
   * or undefined if this attempt may go on.
   *
   * @param subject an account or address, with a prefix for its kind
   * @param attempts failed attempts until the lock, if not the policy's; the same each time for a subject
   */
  begin(subject: string, attempts = this.#policy.attempts): Promise<Date | undefined> {
    const { window, lockout } = this.#policy
    const now = this.clock()
    const after = (milliseconds: number): Date => new Date(now.getTime() + milliseconds)
    return this.database.transaction(async (transaction) => {
      const rows = await transaction.query<{ count: number; expires: Date }>(
        `INSERT INTO uprove_state.login_attempts AS old (subject, count, expires) VALUES ($1, 1, $3)
         ON CONFLICT (subject) DO UPDATE SET
           count = CASE WHEN old.expires <= $2 THEN 1 ELSE least(old.count, $5) + 1 END,
           expires = CASE WHEN old.expires <= $2 THEN $3 WHEN old.count = $5 THEN $4 ELSE old.expires END
         RETURNING count, expires`,
        [nameOf(subject), now, after(window), after(lockout), attempts],
      )
      const { count, expires } = onlyRow(rows)
      return count > attempts ? expires : undefined
    })
  }

  /** Forgets the attempts of a subject after a successful one. */
  async succeeded(subject: string): Promise<void> {
    await this.unlock(subject)
  }

  /** Forgets the attempts of a subject, and so ends its lock. Returns whether any were counted. */
  unlock(subject: string): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const sql = `DELETE FROM uprove_state.login_attempts WHERE subject = $1 RETURNING 1 AS counted`
      return (await transaction.query(sql, [nameOf(subject)])).length > 0
    })
  }
}

function nameOf(subject: string): Uint8Array {
  return sha256(new TextEncoder().encode(subject))
}
