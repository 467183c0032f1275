import type { CommandOption } from '../command/command.js'
import { UsageError } from '../errors.js'
import { readText } from './files.js'
import type { Terminal } from '../command/terminal.js'

/** Secrets never stand on the command line, where other processes see them: they come from a file, a pipe, the environment. */
const option = (what: string, variable: string) =>
  ({
    type: 'string',
    value: 'FILE',
    description: `the ${what}, in a file; - for standard input (default: ${variable} of the environment)`,
  }) as const satisfies CommandOption

export const passwordOption = { 'password-file': option('password', 'UPROVE_PASSWORD') } as const
export const passphraseOption = {
  'passphrase-file': option('passphrase of the wallet', 'UPROVE_PASSPHRASE'),
} as const

/** Throws `UsageError` if there is none. */
export function readPassword(values: { 'password-file'?: string }, terminal: Terminal): Promise<string> {
  return readSecret('password', 'UPROVE_PASSWORD', values['password-file'], terminal)
}

/** Throws `UsageError` if there is none. */
export function readPassphrase(values: { 'passphrase-file'?: string }, terminal: Terminal): Promise<string> {
  return readSecret('passphrase', 'UPROVE_PASSPHRASE', values['passphrase-file'], terminal)
}

async function readSecret(
  what: string,
  variable: string,
  file: string | undefined,
  { input = process.stdin, environment = process.env }: Terminal,
): Promise<string> {
  const given = file === undefined ? environment[variable] : await (file === '-' ? readAll(input) : readText(file))
  // Editors and echo end files with a line break that belongs to nobody's password.
  const secret = given?.replace(/\r?\n$/, '') ?? ''
  if (secret === '') throw new UsageError(`a ${what} is missing: give it with --${what}-file, or in ${variable}`)
  return secret
}

async function readAll(input: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of input) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}
