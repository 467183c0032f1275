import type { Schema } from '../database/migrate.js'

/** Data for years: requests for certificates, certificates, revocations, the CRL. Back it up and replicate it. */
export const recordsSchema: Schema = {
  name: 'uprove',
  // Release 0.1.0 had another comment in it.
  earlierTexts: { '48d9e061618721dd32e2891250e4375a0e6825e99e6bbedc186968fbeabe5275': 1 },
  migrations: [
    `
    CREATE TABLE uprove.requests (
      id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 4294967295) PRIMARY KEY,
      der bytea NOT NULL,
      account text NOT NULL,
      method text NOT NULL,
      submitted_at timestamptz NOT NULL,
      idempotence_key text UNIQUE,
      renews text,
      query_token text,
      -- What the certificate is to say, if that was settled.
      profile text,
      public_key bytea,
      subject bytea,
      subject_alternative_name bytea,
      -- How, when and by whom it was decided.
      status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'issued', 'denied')),
      reason text,
      error_code integer,
      decided_at timestamptz,
      operator text,
      CHECK ((status = 'pending') = (decided_at IS NULL)),
      CHECK ((status = 'denied') = (reason IS NOT NULL)),
      CHECK ((status = 'denied') = (error_code IS NOT NULL)),
      CHECK ((profile IS NULL) = (public_key IS NULL)),
      CHECK ((profile IS NULL) = (subject IS NULL))
    );
    CREATE INDEX requests_pending ON uprove.requests (id) WHERE status = 'pending';

    CREATE TABLE uprove.certificates (
      serial text PRIMARY KEY,
      kind text NOT NULL,
      der bytea NOT NULL,
      not_before timestamptz NOT NULL,
      not_after timestamptz NOT NULL,
      request_id bigint UNIQUE REFERENCES uprove.requests,
      revoked_at timestamptz,
      revocation_reason text,
      CHECK ((revoked_at IS NULL) = (revocation_reason IS NULL))
    );
    CREATE INDEX certificates_revoked ON uprove.certificates (not_after) WHERE revoked_at IS NOT NULL;

    -- One row, whose lock is taken by a node that revokes, publishes a CRL or replaces the exchange certificate.
    CREATE TABLE uprove.authority (
      only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
      revision bigint NOT NULL,
      exchange_serial text REFERENCES uprove.certificates
    );
    INSERT INTO uprove.authority (revision) VALUES (0);

    CREATE TABLE uprove.crl (
      only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
      number bigint NOT NULL,
      revision bigint NOT NULL,
      der bytea NOT NULL,
      this_update timestamptz NOT NULL,
      next_update timestamptz NOT NULL
    );
    `,
    // The certificates for a key, and the requests that renew a certificate. Older rows have no fingerprint.
    `
    ALTER TABLE uprove.certificates ADD COLUMN key_fingerprint text;
    CREATE INDEX certificates_key ON uprove.certificates (key_fingerprint);
    CREATE INDEX certificates_compromised ON uprove.certificates (key_fingerprint)
      WHERE revocation_reason = 'keyCompromise';
    CREATE INDEX requests_renews ON uprove.requests (renews) WHERE renews IS NOT NULL;
    `,
    // What operators look for. Older rows have no text of the subject.
    `
    ALTER TABLE uprove.requests ADD COLUMN subject_text text;
    CREATE INDEX requests_account ON uprove.requests (account, id);
    CREATE INDEX certificates_end ON uprove.certificates (not_after);
    `,
    // The account in Active Directory that a certificate is mapped to.
    `
    ALTER TABLE uprove.requests ADD COLUMN sid text;
    `,
    // Private keys that came with requests, encrypted to the recovery agents: an EnvelopedData each.
    `
    CREATE TABLE uprove.archived_keys (
      request_id bigint PRIMARY KEY REFERENCES uprove.requests,
      envelope bytea NOT NULL
    );
    `,
    // What a CRL lists, in its order, read from the index alone; and what operators look for by status.
    `
    CREATE INDEX certificates_listed ON uprove.certificates (serial) INCLUDE (not_after, revoked_at, revocation_reason)
      WHERE revoked_at IS NOT NULL;
    DROP INDEX uprove.certificates_revoked;
    CREATE INDEX certificates_held ON uprove.certificates (request_id) WHERE revocation_reason = 'certificateHold';
    CREATE INDEX requests_denied ON uprove.requests (id) WHERE status = 'denied';
    `,
  ],
}
