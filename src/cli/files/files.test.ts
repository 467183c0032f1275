import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FailureError, UsageError } from '../errors.js'
import { readText, writeFileWhole } from './files.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a file that is written whole', () => {
  it('is there with its contents, and nothing beside it', async () => {
    const file = join(folder, 'one')
    await writeFileWhole(file, 'text')
    expect(await readFile(file, 'utf8')).toBe('text')
    await writeFileWhole(file, Uint8Array.of(65), { replace: true, secret: true })
    expect(await readFile(file, 'utf8')).toBe('A')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['one'])
  })

  it('does not take the place of another', async () => {
    const file = join(folder, 'kept')
    await writeFile(file, 'precious')
    const writing = writeFileWhole(file, 'other')
    await expect(writing).rejects.toThrow(FailureError)
    await expect(writing).rejects.toThrow(`cannot write ${file}: it is there already`)
    expect(await readFile(file, 'utf8')).toBe('precious')
    expect((await readdir(folder)).filter((name) => name.includes('new'))).toEqual([])
  })

  it('needs a folder', async () => {
    await expect(writeFileWhole(join(folder, 'no/where'), '')).rejects.toThrow('there is no such folder')
  })
})

describe('a file that the user named', () => {
  it('is read, or is a mistake of theirs', async () => {
    await expect(readText(join(folder, 'nothing'))).rejects.toThrow(UsageError)
    await expect(readText(folder)).rejects.toThrow('it is a folder')
  })
})
