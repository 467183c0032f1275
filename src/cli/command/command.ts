import { parseArgs } from 'node:util'
import { UsageError } from '../errors.js'
import type { Terminal } from './terminal.js'

/** Exit codes of all commands. */
export const exitCode = {
  /** The work was done, or the check passed. */
  success: 0,
  /** Refused, failed, or a mismatch. */
  failure: 1,
  /** Wrong usage. */
  usage: 2,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

/** A sub-command of `uprove`, made by `defineCommand()`. */
export interface Command {
  readonly name: string
  readonly help: string
  /** Throws `UsageError` for wrong arguments. */
  readonly run: (arguments_: readonly string[], terminal: Terminal) => Promise<ExitCode>
}

export interface CommandOption {
  readonly type: 'string' | 'boolean'
  /** Whether the option may be given several times. Default false. */
  readonly multiple?: boolean
  readonly description: string
  /** The placeholder of the value in the help. */
  readonly value?: string
}

type Options = Readonly<Record<string, CommandOption>>
type Parsed<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true; strict: true }>>

export interface CommandDefinition<O extends Options> {
  readonly name: string
  /** The positional arguments as the help shows them, such as `FILE...`. Without it the command takes options only. */
  readonly positionals?: string
  readonly description: string
  readonly options: O
  readonly run: (parsed: Parsed<O>, terminal: Terminal) => Promise<ExitCode>
}

/** A command with its help. If it has no `positionals`, an argument that is no option is a `UsageError`. */
export function defineCommand<const O extends Options>(definition: CommandDefinition<O>): Command {
  const { name, options } = definition
  return {
    name,
    help: helpOf(definition),
    run: (arguments_, terminal) => {
      const parsed = parse(options, arguments_)
      const [unexpected] = parsed.positionals
      if (definition.positionals === undefined && unexpected !== undefined) {
        throw new UsageError(`unexpected argument ${unexpected}; use options`)
      }
      return definition.run(parsed, terminal)
    },
  }
}

function parse<O extends Options>(options: O, arguments_: readonly string[]): Parsed<O> {
  try {
    return parseArgs({ args: [...arguments_], options, allowPositionals: true, strict: true })
  } catch (error) {
    if (error instanceof TypeError && 'code' in error) throw new UsageError(error.message.replace(/\. .*$/, ''))
    throw error
  }
}

function helpOf<O extends Options>({ name, positionals, description, options }: CommandDefinition<O>): string {
  const usage = ['uprove', name, '[options]', positionals].filter((part) => part !== undefined).join(' ')
  const all: Options = { ...options, help: { type: 'boolean', description: 'show this help' } }
  const rows = Object.entries(all).map(
    ([option, { value, description: text }]) =>
      [value === undefined ? `--${option}` : `--${option} ${value}`, text] as const,
  )
  return `Usage: ${usage}\n\n${description.trimEnd()}\n\nOptions:\n${columns(rows)}`
}

/** Rows of two aligned columns, each row on a line of its own. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = rows.reduce((widest, [left]) => Math.max(widest, left.length), 0)
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')
}
