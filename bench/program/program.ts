// The common part of every program of bench/: its command line and its results.
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs, type ParseArgsConfig } from 'node:util'

/** The options that a program takes, as `parseArgs` wants them. All take `--help` too. */
type Choices = NonNullable<ParseArgsConfig['options']>
type Values<T extends Choices> = ReturnType<typeof parseArgs<{ options: T }>>['values']

export interface Program<T extends Choices> {
  /** Its first words are the npm script, before ` -- `. */
  readonly usage: string
  readonly options: T
  /** Measures and reports. `command` is the command line as a report quotes it. Throws `ArgumentError`. */
  readonly run: (values: Values<T>, command: string) => Promise<void>
}

/** Arguments that the program does not understand, or that select nothing. */
export class ArgumentError extends Error {}

/** Parses a command line. Throws `ArgumentError`. */
export function parseOptions<T extends Choices>(options: T, args: readonly string[]): Values<T> {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error))
  }
}

/** The number that an option has; at least `least`. Throws `ArgumentError`. */
export function numberOf(option: string, text: string, least = 0): number {
  const value = Number(text)
  if (text === '' || !(value >= least)) throw new ArgumentError(`--${option} takes a number of at least ${least}`)
  return value
}

/** Runs a program with the arguments of this process. Arguments that are wrong end in exit code 2, with the usage. */
export function runProgram<T extends Choices>({ usage, options, run }: Program<T>): void {
  const args = process.argv.slice(2)
  const start = async (): Promise<void> => {
    const values = parseOptions({ ...options, help: { type: 'boolean' } }, args) as Values<T> & { help?: boolean }
    if (values.help) {
      console.log(usage)
      return
    }
    const script = usage.slice(0, usage.indexOf(' -- '))
    await run(values, args.length === 0 ? script : `${script} -- ${args.join(' ')}`)
  }
  start().catch((error: unknown) => {
    if (!(error instanceof ArgumentError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    process.exitCode = 2
  })
}

/** Writes the results of a program to `bench/results/`: a file for each ending that has a text, such as `json`, `md`, `svg`. */
export function writeResults(name: string, files: Readonly<Record<string, string | undefined>>): void {
  mkdirSync('bench/results', { recursive: true })
  for (const [ending, text] of Object.entries(files)) {
    if (text !== undefined) writeFileSync(`bench/results/${name}.${ending}`, text)
  }
}

/** A report as it is kept: six digits of each measured number, integers as they are. */
export function toJson(report: object): string {
  const rounded = (_key: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value
  return `${JSON.stringify(report, rounded, 2)}\n`
}
