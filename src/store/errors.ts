import { errorsWith } from '../../bindings/errors.js'

/** What can be wrong. Fixed texts: nothing of a row or a key reaches a log; the cause is what the database said. */
const MESSAGES = {
  'store/pglite-missing':
    'A store in a folder needs the package @electric-sql/pglite: npm install @electric-sql/pglite',
  'store/pg-missing': 'A store on PostgreSQL needs the package pg: npm install pg',
  'store/options': 'A store is either in a folder or at a postgresql:// URL.',
  'store/folder-in-use': 'Another process has the folder open. Only PostgreSQL serves several processes.',
  'store/unavailable': 'The database is not reached, or has no connection left.',
  'store/failed': 'The database refused a statement.',
  'store/not-durable': 'The database runs with fsync off: what it acknowledges may be lost.',
  'store/schema-changed': 'A migration that was applied is not the one that this version knows.',
  'store/schema-newer': 'A newer version has migrated the database.',
  'store/key': 'The key of the issuance state is not 32 octets in base64 or hexadecimal.',
  'store/key-missing': 'There is no key for the issuance state.',
  'store/other-key': 'The issuance state is under another key. After a restore, rotate the key of the issuance state.',
  'store/key-not-replaced': 'The key of the issuance state is still the old one: provide another first.',
  'store/tampered': 'A row of the issuance state is not as it was written.',
  'store/full': 'As many rows are kept as may.',
  'store/closed': 'The store is closed.',
} as const

export type StoreErrorCode = keyof typeof MESSAGES

/** A store that cannot be opened, or cannot do what it is asked to. */
export class StoreError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
