import type { DestinationStream, Level, Logger } from 'pino'
import { UProveError } from '../../../bindings/errors.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { requestContext } from '../http/request-context.js'
import { pino } from '../packages.js'

export type Log = Logger
export type LogLevel = Level | 'silent'

/**
 * A structured log: one line of JSON an event, with `id`, `route`, `from` and `trace` of the request that is being answered. Call it with
 * fixed texts and with fields made for logs, never with a message, a claim, a token or a password. Of an error it writes class,
 * code and stack; the text only if the error is of this library, since other texts may contain anything.
 *
 * @param destination default: stdout
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describeError },
    mixin: () => {
      const request = requestContext.getStore()
      if (request === undefined) return {}
      const { id, route, address: from, trace } = request
      return { id, route, from, trace }
    },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/** The codes of an error and of its causes, the outermost first. */
export function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const code = codeOf(error)
  return [...(code === undefined ? [] : [code]), ...codesOf(error.cause)]
}

function codeOf(error: Error): string | undefined {
  if (error instanceof SoapFault) return `soap/${error.subcodes.at(-1)?.localName ?? error.faultCode}`
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error }
  // A stack begins with the text, which may look like a stack itself.
  const stack = error.stack ?? ''
  const text = stack.indexOf(error.message)
  const frames = text < 0 ? [] : stack.slice(text + error.message.length).split('\n')
  return {
    type: error.constructor.name,
    code: codeOf(error),
    message: error instanceof UProveError ? error.message : undefined,
    cause: error.cause === undefined ? undefined : describeError(error.cause),
    stack: frames
      .map((line) => line.trim())
      .filter((line) => line.startsWith('at '))
      .slice(0, 8),
  }
}
