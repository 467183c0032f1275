import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ProcessLock } from './process-lock.js'

describe('a lock', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'lock-'))))
  afterEach(() => rmSync(folder, { recursive: true }))
  const acquire = () => ProcessLock.acquire(path.join(folder, 'lock'))

  it('is held by one until it is released', async () => {
    const lock = await acquire()
    expect(await acquire()).toBeUndefined()
    await lock?.release()
    expect(readdirSync(folder)).toEqual([])
    await (await acquire())?.release()
    expect(readdirSync(folder)).toEqual([])
  })

  const dead = '00000000-0000-4000-8000-00000000000'

  it('is taken over from a process that is gone, or whose number another has', async () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    writeFileSync(path.join(folder, 'lock'), `${pid} 1 ${dead}1`)
    writeFileSync(path.join(folder, `lock.${dead}1`), `${process.pid} 1 ${dead}2`)
    const lock = await acquire()
    expect(readFileSync(path.join(folder, `lock.${dead}2`), 'utf8')).toMatch(new RegExp(`^${process.pid} `))
    expect(await acquire()).toBeUndefined()
    await lock?.release()
    expect(readdirSync(folder)).toEqual(['lock', `lock.${dead}1`])
  })

  it('goes to one of those who take over at once', async () => {
    writeFileSync(path.join(folder, 'lock'), `0 0 ${dead}1`)
    for (let round = 0; round < 10; round++) {
      const results = await Promise.all(Array.from({ length: 5 }, acquire))
      const locks = results.filter((lock) => lock !== undefined)
      expect(locks).toHaveLength(1)
      await locks[0]?.release()
    }
  })

  it('is not taken from somebody unknown', async () => {
    writeFileSync(path.join(folder, 'lock'), 'what')
    expect(await acquire()).toBeUndefined()
  })
})
