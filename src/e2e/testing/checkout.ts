import { existsSync } from 'node:fs'
import path from 'node:path'

/** A Python with the packages that the peers import. Default: Debian's. */
export const PYTHON = process.env['UPROVE_PYTHON'] ?? '/usr/bin/python3'

/** The checkout of a peer that an environment variable names. Undefined, with a message on the console, if there is none. */
export function checkout(variable: string, tests: string, guide = 'docs/interop.md'): string | undefined {
  const directory = process.env[variable]
  if (directory !== undefined && existsSync(directory)) return path.resolve(directory)
  console.warn(`SKIPPED: ${tests}, because ${variable} names no checkout (${guide})`)
  return undefined
}
