import { EngineError, InvalidGroupError, InvalidInputError, UProveError } from '../../../bindings/errors.js'
import { ProtocolError } from '../../uprove/errors.js'
import { PoolError } from '../errors.js'

/** An error as sent between threads. Classes have fixed names here, since each bundler renames them differently. */
export interface SentError {
  readonly kind: string
  readonly code: string | undefined
  readonly message: string
}

/** Subclasses come before the classes that they extend. */
const coded: readonly (readonly [string, new (code: string, message: string) => UProveError])[] = [
  ['invalid-input', InvalidInputError],
  ['invalid-group', InvalidGroupError],
  ['engine', EngineError],
  ['protocol', ProtocolError],
  ['pool', PoolError],
  ['u-prove', UProveError],
]

const native: readonly (readonly [string, new (message: string) => Error])[] = [
  ['type', TypeError],
  ['range', RangeError],
]

/** An error as a message between threads: kind, code and text, without stack or cause. */
export function sendError(error: unknown): SentError {
  if (!(error instanceof Error))
    return { kind: 'error', code: undefined, message: 'a value that is not an Error was thrown' }
  const kind = [...coded, ...native].find(([, constructor]) => error instanceof constructor)?.[0] ?? 'error'
  return { kind, code: error instanceof UProveError ? error.code : undefined, message: error.message }
}

/** The error again: same class, code and message. */
export function receiveError({ kind, code, message }: SentError): Error {
  const constructor = coded.find(([name]) => name === kind)?.[1]
  if (constructor !== undefined) return new constructor(code ?? '', message)
  const Native = native.find(([name]) => name === kind)?.[1] ?? Error
  return new Native(message)
}
