import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const uprove = fileURLToPath(new URL('../../build/cli.js', import.meta.url))
const folder = mkdtempSync(path.join(tmpdir(), 'tiny-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a script of the shell on a file system of its own of this size, which only its processes see. */
function onTinyDisk(size: string, script: string): { status: number | null; stdout: string; stderr: string } {
  const mounted = `mount -t tmpfs -o size=${size} tmpfs "$1" && cd "$1" && ${script}`
  const unshared = ['--user', '--map-root-user', '--mount', 'sh', '-c', mounted, 'sh', folder]
  return spawnSync('unshare', unshared, { encoding: 'utf8', timeout: 60_000 })
}

/** Linux, where users may have namespaces of their own. */
function canMount(): boolean {
  if (onTinyDisk('16k', 'true').status === 0) return true
  console.warn('SKIPPED: the tests of a full disk, because this machine lets nobody mount a file system')
  return false
}

describe.runIf(canMount())('uprove init on a disk that gets full', () => {
  // While it writes keys; makes the first cluster of PGlite; copies it; opens both.
  it.each(['16k', '4m', '30m', '60m', '75m'])('of %s says so, and leaves an empty folder', (size) => {
    const { stdout, stderr } = onTinyDisk(size, `{ node ${uprove} init made; echo "exit $?"; ls -A made; }`)
    expect(stderr).toMatch(/^uprove init: .*disk( of the database)? is full/m)
    expect(stderr).not.toMatch(/^ {4}at /m)
    expect(stdout).toBe('exit 1\n')
  })

  it('of 200 MiB works', () => {
    const { stdout } = onTinyDisk('200m', `node ${uprove} init made`)
    expect(stdout).toMatch(/^Created made/)
  })
})
