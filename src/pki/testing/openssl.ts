import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inTemporaryDirectory } from '../../xml/testing/xmllint.js'

/** Whether OpenSSL is installed; if not, says on the console which tests do not run. */
export function hasOpenssl(tests: string): boolean {
  const found = spawnSync('openssl', ['version']).error === undefined
  if (!found) console.warn(`SKIPPED: ${tests}, because openssl is not installed`)
  return found
}

export interface OpensslResult {
  /** Whether it says so by its exit code; `req -verify` always does. */
  readonly ok: boolean
  /** What it said on both channels. */
  readonly said: string
  /** What it wrote into the file `out`. */
  readonly out: Uint8Array<ArrayBuffer>
}

/** Runs openssl with a command without spaces in its words, in a directory with files of these contents. */
export function openssl(command: string, files: Readonly<Record<string, string | Uint8Array>> = {}): OpensslResult {
  return inTemporaryDirectory((directory) => {
    for (const [name, contents] of Object.entries(files)) writeFileSync(path.join(directory, name), contents)
    const { stdout, stderr, status } = spawnSync('openssl', command.split(' '), { cwd: directory, encoding: 'utf8' })
    const file = path.join(directory, 'out')
    const out = existsSync(file) ? new Uint8Array(readFileSync(file)) : new Uint8Array()
    return { ok: status === 0, said: stdout + stderr, out }
  })
}
