import type { CommandOption } from '../command/command.js'
import type { Terminal } from '../command/terminal.js'
import { UsageError } from '../errors.js'
import { readInput, readSecretText } from './files.js'

/** Other processes can read the command line, so secrets come from a file, a pipe or the environment. */
const option = (what: string, variable: string) =>
  ({
    type: 'string',
    value: 'FILE',
    description: `file with the ${what}; - reads standard input (default: the variable ${variable})`,
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
  { input = process.stdin, environment = process.env, err }: Terminal,
): Promise<string> {
  const given =
    file === undefined
      ? environment[variable]
      : await (file === '-' ? new TextDecoder().decode(await readInput(input)) : readSecretText(file, err))
  // Editors and echo add a line break that is no part of the secret.
  const secret = given?.replace(/\r?\n$/, '') ?? ''
  if (secret === '') throw new UsageError(`missing ${what}: use --${what}-file or the variable ${variable}`)
  return secret
}
