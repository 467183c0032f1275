import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codeOf, createTestIssuer, obtainTokens, testClock } from '../ws-trust/testing/fixtures.js'
import { testWalletStorage } from '../ws-trust/testing/wallet-storage.js'
import { FileWalletStorage, openFileWallet } from './wallet-file.js'

let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'wallet-'))
  file = path.join(directory, 'wallet')
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

testWalletStorage('in a file', () => FileWalletStorage.open(file))

describe('a wallet in a file', () => {
  it('keeps tokens between two runs, under its passphrase, and nothing in the clear', async () => {
    const issuer = createTestIssuer()
    const options = { passphrase: 'correct horse', parameters: [issuer.parameters], clock: testClock().clock }
    const query = { uidp: issuer.parameters.uidp }
    const wallet = await openFileWallet(file, options)
    await wallet.add(await obtainTokens(issuer, { claim: 2 }))
    const first = await wallet.takeClaimToken(query)

    const again = await openFileWallet(file, options)
    const second = await again.takeClaimToken(query)
    expect(second?.attributes).toEqual(['bob@contoso.com', 'Bob', '1'])
    expect(second?.issued.token.h).not.toEqual(first?.issued.token.h)
    expect(await again.takeClaimToken(query)).toBeUndefined()

    await again.add(await obtainTokens(issuer, { claim: 1 }))
    const octets = readFileSync(file)
    for (const text of ['bob', 'fabrikam', 'up:TI']) expect(octets.includes(text)).toBe(false)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(directory)).toEqual(['wallet'])
    const wrong = { ...options, passphrase: 'correct house' }
    expect(await codeOf(() => openFileWallet(file, wrong))).toBe('ws-trust/wallet-key')
  })

  it('is refused when it is not one, or locked', async () => {
    writeFileSync(file, 'something else')
    expect(await codeOf(() => FileWalletStorage.open(file))).toBe('wallet-file/format')
    rmSync(file)
    const storage = await FileWalletStorage.open(file, { lockTimeout: 20 })
    writeFileSync(`${file}.lock`, '')
    expect(await codeOf(() => storage.commit({ remove: [], add: new Map() }))).toBe('wallet-file/locked')
    rmSync(`${file}.lock`)
    // A killed process keeps nothing.
    writeFileSync(`${file}.lock`, '0 0 00000000-0000-4000-8000-000000000001')
    expect(await storage.commit({ remove: [], add: new Map() })).toBe(true)
    expect(await storage.commit({ remove: [], add: new Map() })).toBe(true)
    writeFileSync(file, readFileSync(file).subarray(0, -1))
    expect(await codeOf(() => storage.load())).toBe('wallet-file/format')
    rmSync(file)
    expect(await codeOf(() => storage.load())).toBe('wallet-file/format')
  })
})
