import type { Schema } from '../database/migrate.js'

/**
 * Data for minutes: exchanges, and values that must be used only once. If it is lost, clients in the middle of an exchange
 * begin again; if it is copied, the Issuer's key may leak. So it is durable, but in no backup and no replica.
 */
export const stateSchema: Schema = {
  name: 'uprove_state',
  migrations: [
    `
    -- The key that secrets are sealed with now.
    CREATE TABLE uprove_state.seal (
      only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
      key_id text NOT NULL
    );

    -- Issuance between the first and the third message. Either the secrets are there, or the answer.
    CREATE TABLE uprove_state.exchanges (
      context bytea PRIMARY KEY,
      id bytea NOT NULL,
      principal text NOT NULL,
      uidp text NOT NULL,
      expires timestamptz NOT NULL,
      counts text NOT NULL,
      key_id text NOT NULL,
      sealed bytea,
      digest bytea,
      answer bytea,
      CHECK ((sealed IS NULL) = (digest IS NOT NULL)),
      CHECK ((digest IS NULL) = (answer IS NULL))
    );
    CREATE INDEX exchanges_expires ON uprove_state.exchanges (expires);
    -- Random octets and base64: to compress them is for nothing.
    ALTER TABLE uprove_state.exchanges
      ALTER COLUMN sealed SET STORAGE EXTERNAL,
      ALTER COLUMN answer SET STORAGE EXTERNAL;

    -- Tokens that are open, by gamma.
    CREATE TABLE uprove_state.open_tokens (
      id text PRIMARY KEY,
      gamma text NOT NULL,
      count integer NOT NULL,
      expires timestamptz NOT NULL
    );
    CREATE INDEX open_tokens_gamma ON uprove_state.open_tokens (gamma, expires);
    CREATE INDEX open_tokens_expires ON uprove_state.open_tokens (expires);

    -- Presentations, nonces and messages, each good for one use until a time.
    CREATE TABLE uprove_state.single_use (
      kind text NOT NULL,
      key bytea NOT NULL,
      expires timestamptz NOT NULL,
      PRIMARY KEY (kind, key)
    );
    CREATE INDEX single_use_expires ON uprove_state.single_use (expires);

    -- Attempts to log in that were not successful, by account or address.
    CREATE TABLE uprove_state.login_attempts (
      subject bytea PRIMARY KEY,
      count integer NOT NULL,
      expires timestamptz NOT NULL
    );
    CREATE INDEX login_attempts_expires ON uprove_state.login_attempts (expires);
    `,
    `
    -- What the message of a nonce means. Nonces that an older version gave out have none, and are refused.
    ALTER TABLE uprove_state.single_use ADD COLUMN digest bytea;
    `,
    `
    -- Shares of accounts, and limits of kinds.
    CREATE INDEX exchanges_principal ON uprove_state.exchanges (principal, expires);
    CREATE INDEX single_use_kind ON uprove_state.single_use (kind, expires);
    `,
    `
    -- Quotas by account: the oldest exchange of an account gives way first, and one that others abandoned.
    ALTER TABLE uprove_state.open_tokens
      ADD COLUMN account text,
      ADD COLUMN since timestamptz NOT NULL DEFAULT now(),
      ADD COLUMN answered boolean NOT NULL DEFAULT false;
    DROP INDEX uprove_state.open_tokens_gamma;
    CREATE INDEX open_tokens_gamma ON uprove_state.open_tokens (gamma, since) WHERE NOT answered;
    CREATE INDEX open_tokens_account ON uprove_state.open_tokens (account, since) WHERE NOT answered;
    -- Numbers the exchanges: no two ever have the same.
    CREATE SEQUENCE uprove_state.admissions;
    -- The secret state of an exchange has another form now: clients in the middle of an exchange begin again.
    DELETE FROM uprove_state.exchanges WHERE sealed IS NOT NULL;
    DELETE FROM uprove_state.open_tokens;
    `,
  ],
}
