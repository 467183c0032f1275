import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyInFile } from '../state/key-source.js'
import { openStore } from '../store.js'

/** Fills a store until the disk is full, which it is after so many writes; says what was acknowledged, and how it was refused. */
const filling = (folder: string, writes: number): string => `
  import fs from 'node:fs'
  import { keyInFile, openStore } from './build/server.js'
  const folder = ${JSON.stringify(folder)}
  const real = fs.writeSync
  const say = (text) => real(1, text + '\\n')
  const store = await openStore({ folder, key: keyInFile(folder + '.key'), sweepInterval: 0 })
  let left = ${String(writes)}
  fs.writeSync = (...values) => {
    if (left-- > 0) return real(...values)
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28 })
  }
  for (let i = 0; i < 1000; i++) {
    try {
      await store.presentations.insert([new Uint8Array(32).fill(i % 250).fill(i / 250, 30)], new Date('2100-01-01'))
      say('kept ' + i)
    } catch (error) {
      say('refused ' + error.code)
      break
    }
  }
  process.exit(0)`

describe('an embedded store on a disk that is full', () => {
  let root: string
  beforeAll(() => {
    root = mkdtempSync(path.join(tmpdir(), 'full-'))
  })
  afterAll(() => rmSync(root, { recursive: true }))

  it.each([1, 40])(
    'after %i writes acknowledges nothing more, and has what it acknowledged when there is room',
    async (writes) => {
      const folder = path.join(root, String(writes))
      await keyInFile(`${folder}.key`).replace?.()
      await (await openStore({ folder, key: keyInFile(`${folder}.key`), sweepInterval: 0 })).close()
      const child = spawnSync(process.execPath, ['--input-type=module', '-e', filling(folder, writes)], {
        encoding: 'utf8',
        timeout: 20_000,
        killSignal: 'SIGKILL',
      })
      const said = child.stdout.split('\n')
      const kept = said.flatMap((line) => (line.startsWith('kept ') ? [Number(line.slice(5))] : []))
      // It did not just go on: the statement was refused, or, where PostgreSQL could not write its log, PGlite never returned.
      expect(kept.length, child.stdout + child.stderr).toBeLessThan(1000)
      const refusal = said.find((line) => line.startsWith('refused '))
      expect(refusal ?? child.signal).toMatch(/^refused store\/disk-full$|^SIGKILL$/)

      const store = await openStore({ folder, key: keyInFile(`${folder}.key`), sweepInterval: 0 })
      const keyOf = (i: number) => new Uint8Array(32).fill(i % 250).fill(i / 250, 30)
      for (const i of kept) expect(await store.presentations.insert([keyOf(i)], new Date('2100-01-01'))).toBe(false)
      expect(await store.presentations.insert([keyOf(999)], new Date('2100-01-01'))).toBe(true)
      await store.close()
    },
    120_000,
  )
})
