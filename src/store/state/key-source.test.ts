import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codeOf } from '../../ws-trust/testing/fixtures.js'
import { keyInEnvironment, keyInFile, stateKeyFromOctets } from './key-source.js'

const octets = Uint8Array.from({ length: 32 }, (_, i) => i)
const base64 = Buffer.from(octets).toString('base64')
const hex = Buffer.from(octets).toString('hex')

describe('the key of the issuance state', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'key-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  it('is the same wherever it comes from, and its id tells keys apart', async () => {
    const file = path.join(folder, 'key')
    const { id } = await stateKeyFromOctets(octets)
    for (const text of [base64, hex, hex.toUpperCase(), `${base64}\n`]) {
      writeFileSync(file, text)
      expect((await keyInFile(file).load()).id).toBe(id)
      expect((await keyInEnvironment('KEY', { KEY: text }).load()).id).toBe(id)
    }
    const other = Uint8Array.from(octets)
    other[31]! ^= 1
    expect((await stateKeyFromOctets(other)).id).not.toBe(id)
    expect(hex).not.toContain(id)
  })

  it.each(['', 'x', base64.slice(4), `${base64}AAAA`, hex.slice(2), `${hex}00`])('is not %j', async (text) => {
    const file = path.join(folder, 'key')
    writeFileSync(file, text)
    expect(await codeOf(() => keyInFile(file).load())).toBe('store/key')
    const inEnvironment = text === '' ? 'store/key-missing' : 'store/key'
    expect(await codeOf(() => keyInEnvironment('KEY', { KEY: text }).load())).toBe(inEnvironment)
  })

  it('may be missing, or of another length', async () => {
    expect(await codeOf(() => keyInFile(path.join(folder, 'none')).load())).toBe('store/key-missing')
    expect(await codeOf(() => keyInEnvironment('KEY', {}).load())).toBe('store/key-missing')
    expect(await codeOf(() => stateKeyFromOctets(new Uint8Array(16)))).toBe('store/key')
  })

  it('is replaced in its file, which only its owner reads, and nothing of the old one stays', async () => {
    const file = path.join(folder, 'key')
    const source = keyInFile(file)
    const first = await source.replace!()
    const text = readFileSync(file, 'utf8')
    expect((await source.load()).id).toBe(first.id)
    const second = await source.replace!()
    expect(second.id).not.toBe(first.id)
    expect((await source.load()).id).toBe(second.id)
    expect(readFileSync(file, 'utf8')).not.toBe(text)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['key'])
    expect('replace' in keyInEnvironment()).toBe(false)
  })
})
