import { spawn } from 'node:child_process'
import path from 'node:path'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import type { Certificate } from '../../pki/x509/certificate.js'
import { formatName } from '../../pki/x509/name.js'
import { printable } from '../command/failures.js'
import type { Terminal } from '../command/terminal.js'
import { FailureError } from '../errors.js'
import type { KeyPairFiles } from '../files/key-pair-files.js'

/** Secrets of this package's commands, which a hook does not need. */
const SECRETS = ['UPROVE_PASSWORD', 'UPROVE_PASSPHRASE', 'UPROVE_STATE_KEY', 'DATABASE_URL', 'STATE_DATABASE_URL']
const PATIENCE = 300_000

/**
 * Runs a program after a renewal, without a shell and without arguments: what a certificate says reaches it in variables only. Its
 * output goes to stderr. Throws `FailureError` if it fails, or takes more than five minutes.
 */
export async function runHook(
  program: string,
  files: KeyPairFiles,
  { subject, serialNumber, notAfter }: Certificate,
  { err, environment = process.env }: Pick<Terminal, 'err' | 'environment'>,
): Promise<void> {
  const inherited = Object.entries(environment).filter(([name]) => !SECRETS.includes(name))
  const env = {
    ...Object.fromEntries(inherited),
    UPROVE_CERTIFICATE: path.resolve(files.certificate),
    UPROVE_KEY: path.resolve(files.key),
    UPROVE_SUBJECT: printable(formatName(subject)),
    UPROVE_SERIAL: serialText(serialNumber),
    UPROVE_NOT_AFTER: notAfter.toISOString(),
  }
  // A name without a slash would be looked up in PATH.
  const child = spawn(path.resolve(program), [], {
    env,
    shell: false,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE,
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => err.write(text))
  }
  const ending = await new Promise<string | undefined>((resolve) => {
    child.once('error', ({ message }) => {
      resolve(message)
    })
    child.once('close', (code, signal) => {
      resolve(code === 0 ? undefined : signal === null ? `exit code ${String(code)}` : `ended by ${signal}`)
    })
  })
  if (ending !== undefined) throw new FailureError(`the hook ${program} failed: ${ending}`)
}
