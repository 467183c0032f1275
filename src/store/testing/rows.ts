import type { Database } from '../database/database.js'

/** How many rows of each kind. */
export interface Rows {
  readonly certificates: number
  /** Of the certificates. */
  readonly revoked: number
  readonly pending: number
  /** Remembered presentations. */
  readonly replays: number
  /** Exchanges that wait for their second message, and their open tokens. */
  readonly exchanges: number
  /** Accounts and addresses with failed logins. */
  readonly logins: number
}

/** Fills the tables of a store with rows as they look after years, and counts them for the planner. */
export async function fillRows(
  { records, state }: { readonly records: Database; readonly state: Database },
  { certificates, revoked, pending, replays, exchanges, logins }: Rows,
): Promise<void> {
  // Millions of rows take longer than a statement of the service may.
  await records.run(`
    SET statement_timeout = 0;
    INSERT INTO uprove.requests
      (der, account, method, submitted_at, profile, public_key, subject, subject_text, status, decided_at)
      SELECT sha256(('r' || i)::bytea), 'account ' || i % 10000, 'password', now(), 'User', sha256(('k' || i)::bytea),
        sha256(('s' || i)::bytea), 'CN=person ' || i,
        CASE WHEN i > ${certificates} THEN 'pending' ELSE 'issued' END, CASE WHEN i > ${certificates} THEN NULL ELSE now() END
      FROM generate_series(1, ${certificates + pending}) AS i;
    INSERT INTO uprove.certificates
      (serial, kind, der, not_before, not_after, request_id, key_fingerprint, revoked_at, revocation_reason)
      SELECT '1' || substr(encode(sha256(('c' || id)::bytea), 'hex'), 1, 31), 'end-entity',
        sha256(('a' || id)::bytea) || sha256(('b' || id)::bytea), now(), now() + interval '1 year', id,
        encode(sha256(('f' || id)::bytea), 'hex'), revoked, CASE WHEN revoked IS NULL THEN NULL ELSE 'superseded' END
      FROM (SELECT id, CASE WHEN id % ${Math.max(1, Math.floor(certificates / Math.max(1, revoked)))} = 0 THEN now() END AS revoked
            FROM uprove.requests WHERE status = 'issued') AS issued;
    UPDATE uprove.authority SET revision = 1;
    ANALYZE uprove.requests; ANALYZE uprove.certificates;
    RESET statement_timeout`)
  await state.run(`
    SET statement_timeout = 0;
    INSERT INTO uprove_state.single_use (kind, key, expires)
      SELECT 'replay:presentations', sha256(('p' || i)::bytea), now() + i * interval '1 hour' / ${Math.max(1, replays)} + interval '1 hour'
      FROM generate_series(1, ${replays}) AS i;
    INSERT INTO uprove_state.exchanges (context, id, principal, uidp, expires, counts, key_id, sealed)
      SELECT sha256(('x' || i)::bytea), substr(sha256(('i' || i)::bytea), 1, 16), 'account ' || i % 10000, 'uidp',
        now() + interval '1 hour', '1', 'none', sha256(('z' || i)::bytea)
      FROM generate_series(1, ${exchanges}) AS i;
    INSERT INTO uprove_state.open_tokens (id, gamma, account, count, expires)
      SELECT 'filled ' || i, 'gamma ' || i % 10000, 'account ' || i % 10000, 1, now() + interval '1 hour'
      FROM generate_series(1, ${exchanges}) AS i;
    INSERT INTO uprove_state.login_attempts (subject, count, expires)
      SELECT sha256(('l' || i)::bytea), 1, now() + interval '1 hour' FROM generate_series(1, ${logins}) AS i;
    ANALYZE uprove_state.single_use; ANALYZE uprove_state.exchanges;
    ANALYZE uprove_state.open_tokens; ANALYZE uprove_state.login_attempts;
    RESET statement_timeout`)
}
