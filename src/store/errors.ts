import { errorsWith } from '../../bindings/errors.js'

/** The codes, each with a fixed text, so that no part of a row or a key reaches a log. The cause is the database's own error. */
const MESSAGES = {
  'store/pglite-missing':
    'A store in a folder needs the package @electric-sql/pglite: npm install @electric-sql/pglite',
  'store/pg-missing': 'A store on PostgreSQL needs the package pg: npm install pg',
  'store/options': 'A store needs either a folder or a postgresql:// URL.',
  'store/folder-in-use': 'Another process uses the folder. Several processes need a store on PostgreSQL.',
  'store/unavailable': 'The database cannot be reached, or has no free connection.',
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

/** A store cannot be opened, or cannot fulfil a request. */
export class StoreError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
