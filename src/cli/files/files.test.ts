import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FailureError, UsageError } from '../errors.js'
import { recordingTerminal } from '../testing/terminal.js'
import { readSecretText, readText, writeFileWhole } from './files.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('a file that is written in one step', () => {
  it('has its contents, and no other file appears', async () => {
    const file = join(folder, 'one')
    await writeFileWhole(file, 'text')
    expect(await readFile(file, 'utf8')).toBe('text')
    await writeFileWhole(file, Uint8Array.of(65), { replace: true, secret: true })
    expect(await readFile(file, 'utf8')).toBe('A')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['one'])
  })

  it('never overwrites an existing file by default', async () => {
    const file = join(folder, 'kept')
    await writeFile(file, 'precious')
    const writing = writeFileWhole(file, 'other')
    await expect(writing).rejects.toThrow(FailureError)
    await expect(writing).rejects.toThrow(`cannot write ${file}: the file exists`)
    expect(await readFile(file, 'utf8')).toBe('precious')
    expect(await readdir(folder)).toEqual(['kept'])
  })

  it.each(['an existing file', 'a missing file'])('never follows a planted symbolic link to %s', async (target) => {
    const [victim, file] = [join(folder, 'victim'), join(folder, 'secret.key')]
    if (target === 'an existing file') await writeFile(victim, 'precious')
    await symlink(victim, file)
    const before = (await readdir(folder)).sort()
    await expect(writeFileWhole(file, 'key', { secret: true })).rejects.toThrow('the file exists')
    expect((await readdir(folder)).sort()).toEqual(before)

    await writeFileWhole(file, 'key', { secret: true, replace: true })
    expect((await lstat(file)).isSymbolicLink()).toBe(false)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    if (target === 'an existing file') expect(await readFile(victim, 'utf8')).toBe('precious')
    else await expect(stat(victim)).rejects.toThrow('ENOENT')
  })

  it('uses a temporary name that cannot be guessed', async () => {
    const [victim, file] = [join(folder, 'victim'), join(folder, 'secret.key')]
    await writeFile(victim, 'precious')
    // The names that a program might use without thought.
    for (const name of ['new', 'tmp', `${process.pid}`, `${process.pid}.new`]) await symlink(victim, `${file}.${name}`)
    await writeFileWhole(file, 'key', { secret: true })
    expect(await readFile(victim, 'utf8')).toBe('precious')
    expect(await readFile(file, 'utf8')).toBe('key')
  })

  it('needs a folder', async () => {
    await expect(writeFileWhole(join(folder, 'no/where'), '')).rejects.toThrow('no such folder')
  })
})

describe('a file that the user names', () => {
  it('is read, or is a usage error', async () => {
    await expect(readText(join(folder, 'nothing'))).rejects.toThrow(UsageError)
    await expect(readText(folder)).rejects.toThrow('this is a folder')
  })

  it.each([
    [0o600, false],
    [0o640, false],
    [0o644, true],
    [0o602, true],
  ])('is warned of if it is secret and has the mode %o: %s', async (mode, warns) => {
    const file = join(folder, 'key')
    await writeFile(file, 'secret')
    await chmod(file, mode)
    const { err, written } = recordingTerminal()
    expect(await readSecretText(file, err)).toBe('secret')
    expect(written.err).toBe(
      warns ? `Warning: every user of this machine can access ${file}, which is secret. Run: chmod 600 ${file}\n` : '',
    )
  })
})
