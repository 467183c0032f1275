import { StoreError, type StoreErrorCode } from '../errors.js'
import { sqlState } from './database.js'

/** Causes by SQLSTATE, the first that begins like it. Appendix A of PostgreSQL's manual. */
const BY_STATE: readonly (readonly [prefix: string, code: StoreErrorCode])[] = [
  ['28', 'store/login'],
  ['3D000', 'store/no-database'],
  ['53100', 'store/disk-full'],
  ['53300', 'store/connections'],
  ['53', 'store/unavailable'],
  ['25006', 'store/read-only'],
  ['42501', 'store/permission'],
  // Too many for this role or database; the server starts, shuts down or recovers; the connection broke.
  ['57', 'store/unavailable'],
  ['08', 'store/unavailable'],
]

/** Causes by the code that Node gives an error of the network or of a file. */
const BY_CODE: Readonly<Record<string, StoreErrorCode>> = {
  ENOTFOUND: 'store/host',
  EAI_AGAIN: 'store/host',
  ECONNREFUSED: 'store/port',
  EHOSTUNREACH: 'store/port',
  ENETUNREACH: 'store/port',
  ETIMEDOUT: 'store/port',
  // A socket of Unix that is not there.
  ENOENT: 'store/port',
  ENOSPC: 'store/disk-full',
  EDQUOT: 'store/disk-full',
  EROFS: 'store/read-only',
}

/** OpenSSL's errors about a certificate, which Node gives as codes, and those of its own checks. */
const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/

/** What the driver says in words alone: it has no code for them. */
const BY_TEXT: readonly (readonly [text: RegExp, code: StoreErrorCode])[] = [
  [/does not support SSL|error establishing an SSL connection/, 'store/tls'],
  [/timeout exceeded when trying to connect/, 'store/connections'],
  [/due to connection timeout/, 'store/port'],
  [/password must be a string/, 'store/login'],
]

/** The error of the store for one of a driver, by its cause; `store/failed` for a statement that the database refused. */
export function storeFailure(cause: unknown): StoreError {
  return new StoreError(codeFor(cause), { cause })
}

function codeFor(cause: unknown): StoreErrorCode {
  const state = sqlState(cause)
  const text = cause instanceof Error ? cause.message : ''
  if (state !== undefined) {
    // The server says so with the SQLSTATE of a wrong password.
    if (state.startsWith('28') && /no encryption|SSL off/.test(text)) return 'store/tls'
    return BY_STATE.find(([prefix]) => state.startsWith(prefix))?.[1] ?? 'store/failed'
  }
  // Node tries all addresses of a name, and reports their failures together.
  if (cause instanceof AggregateError && cause.errors.length > 0) return codeFor(cause.errors[0])
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  if (TLS.test(code)) return 'store/tls'
  return BY_CODE[code] ?? BY_TEXT.find(([pattern]) => pattern.test(text))?.[1] ?? 'store/unavailable'
}
