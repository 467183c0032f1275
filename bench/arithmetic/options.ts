import { parseArgs } from 'node:util'

export const usage = `npm run bench -- [OPTION...]

Measures this library beside its peers; bench/README.md says how. A whole run takes about seven minutes and writes
bench/results/latest.json, latest.md and latest.svg.

  --quick        L2048N256 only, for less than a minute; writes no files
  --only NAME    what has NAME in its id, such as "present", "simd/", "L1024N160" or "calibration"; writes no files
  --json FILE    write the report to FILE as JSON (as well)
  --help         this text`

const choices = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

export interface Options {
  readonly quick: boolean
  readonly only: string | undefined
  readonly json: string | undefined
  readonly help: boolean
}

/** Arguments that are not understood, or that choose nothing. */
export class UsageError extends Error {}

/** Throws `UsageError`. */
export function parseOptions(arguments_: readonly string[]): Options {
  try {
    const { values } = parseArgs({ args: [...arguments_], options: choices })
    const { quick, only, json, help } = values
    return { quick, only, json, help }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
