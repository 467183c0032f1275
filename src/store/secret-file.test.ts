import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSecretFile, replaceSecretFile } from './secret-file.js'

describe('a secret file', () => {
  let folder: string
  let file: string
  let other: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'secret-'))
    file = path.join(folder, 'key')
    other = path.join(folder, 'other')
    writeFileSync(other, 'theirs', { mode: 0o644 })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('is made for its owner only', async () => {
    await createSecretFile(file, 'secret')
    expect(readFileSync(file, 'utf8')).toBe('secret')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('is never written over a file, nor through a symbolic link, even one that leads nowhere', async () => {
    await expect(createSecretFile(other, 'secret')).rejects.toMatchObject({ code: 'EEXIST' })
    for (const target of [other, path.join(folder, 'nowhere')]) {
      symlinkSync(target, file)
      await expect(createSecretFile(file, 'secret')).rejects.toMatchObject({ code: 'EEXIST' })
      rmSync(file)
    }
    expect(readFileSync(other, 'utf8')).toBe('theirs')
    expect(readdirSync(folder)).toEqual(['other'])
  })

  it('is replaced whole, with its mode; a symbolic link is replaced itself', async () => {
    writeFileSync(file, 'old', { mode: 0o644 })
    await replaceSecretFile(file, 'new')
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['new', 0o600])
    rmSync(file)
    symlinkSync(other, file)
    await replaceSecretFile(file, 'newer')
    expect(readFileSync(other, 'utf8')).toBe('theirs')
    expect(readFileSync(file, 'utf8')).toBe('newer')
    // Somebody may have foreseen a fixed name of the file that is to take its place.
    symlinkSync(other, `${file}.new`)
    await replaceSecretFile(file, 'newest')
    expect(readFileSync(other, 'utf8')).toBe('theirs')
    expect(readdirSync(folder).sort()).toEqual(['key', 'key.new', 'other'])
  })

  it('leaves nothing behind where it cannot take its place', async () => {
    await expect(replaceSecretFile(folder, 'x')).rejects.toThrow()
    expect(readdirSync(path.dirname(folder)).filter((name) => name.startsWith(`${path.basename(folder)}.`))).toEqual([])
  })
})
