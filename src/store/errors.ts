import { errorsWith } from '../../bindings/errors.js'

/** The codes, each with a fixed text, so that no part of a row or a key reaches a log. The cause is the database's own error. */
const MESSAGES = {
  'store/pglite-missing':
    'A store in a folder needs the package @electric-sql/pglite: npm install @electric-sql/pglite',
  'store/pg-missing': 'A store on PostgreSQL needs the package pg: npm install pg',
  'store/options': 'A store needs either a folder or a postgresql:// URL.',
  'store/folder-in-use': 'Another process uses the folder. Several processes need a store on PostgreSQL.',
  'store/unavailable': 'The connection to the database broke, or the database shuts down or recovers. Try again.',
  'store/host': 'The host of the database is unknown. Check the host name in DATABASE_URL.',
  'store/port': 'No database listens at this host and port. Check both in DATABASE_URL, and that PostgreSQL runs.',
  'store/login':
    'The database refuses the user or the password. Check both in DATABASE_URL, and pg_hba.conf of the server.',
  'store/no-database': 'The server has no database of this name. Create it, or check the name in DATABASE_URL.',
  'store/tls':
    'No TLS connection to the database. Name its authority with sslrootcert in DATABASE_URL, or turn TLS on at the server.',
  'store/connections':
    'The database has no free connection. Raise max_connections of the server, or let each node have fewer.',
  'store/disk-full': 'The disk of the database is full. Make room.',
  'store/read-only': 'The database takes no writes: it is a standby, or read-only. Connect to the primary.',
  'store/permission':
    'The database role lacks a right. It must own the schemas uprove and uprove_state, or may create them.',
  'store/failed': 'The database refused a statement.',
  'store/not-durable': 'The database runs with fsync off and may lose acknowledged data.',
  'store/schema-changed': 'The database has a migration that differs from this version’s.',
  'store/schema-newer': 'A newer version has migrated the database.',
  'store/key': 'The key of the issuance state is not 32 octets in base64 or hexadecimal.',
  'store/key-missing': 'The key of the issuance state is missing.',
  'store/other-key':
    'The issuance state is sealed under another key. After a restore, rotate the key of the issuance state.',
  'store/key-not-replaced': 'The key of the issuance state is still the old one. Provide another one first.',
  'store/tampered': 'A row of the issuance state was changed from outside. Find out who can write to the database.',
  'store/full': 'The row limit is reached.',
  'store/closed': 'The store is closed.',
} as const

export type StoreErrorCode = keyof typeof MESSAGES

const OUTAGES: readonly string[] = [
  'store/unavailable',
  'store/host',
  'store/port',
  'store/login',
  'store/no-database',
  'store/tls',
  'store/connections',
  'store/disk-full',
  'store/read-only',
] satisfies readonly StoreErrorCode[]

/** A store cannot be opened, or cannot fulfil a request. */
export class StoreError extends /* @__PURE__ */ errorsWith(MESSAGES) {}

/** Whether an error, or its cause, says that a database cannot do its work now: the same request may succeed later. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (error instanceof StoreError && OUTAGES.includes(error.code)) || isOutage(error.cause)
}
