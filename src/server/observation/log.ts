import { pino, type DestinationStream, type Level, type Logger } from 'pino'
import { UProveError } from '../../../bindings/errors.js'

export type Log = Logger
export type LogLevel = Level | 'silent'

/**
 * Structured logs, a line of JSON an event. Call it with fixed texts and with fields that are made for logs: never with a
 * message, a claim, a token, a password. Errors are logged by class, code and stack; of those that are not of this library
 * the text is left out, since nobody knows what it has.
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describeError },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  // A stack begins with the text, which may look like a stack itself.
  const stack = error.stack ?? ''
  const text = stack.indexOf(error.message)
  const frames = text < 0 ? [] : stack.slice(text + error.message.length).split('\n')
  return {
    type: error.constructor.name,
    code,
    ...(error instanceof UProveError && { message: error.message }),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
    stack: frames
      .map((line) => line.trim())
      .filter((line) => line.startsWith('at '))
      .slice(0, 8),
  }
}
