import { afterEach, describe, expect, it, vi } from 'vitest'
import { isZero } from '../../../bindings/octets/integers.js'
import { codeOf } from '../testing/fixtures.js'
import { createWalletKey, RecordSealer, walletKeyFromOctets, walletKeyFromPassphrase } from './wallet-key.js'

afterEach(() => void vi.restoreAllMocks())

const salt = new Uint8Array(16).fill(7)
const nameBy = async (key: CryptoKey) => (await RecordSealer.create(key)).nameOf('a', 'b')

describe('the key of a wallet', () => {
  it('is another one each time it is made, and that of its octets or passphrase otherwise', async () => {
    const made = await Promise.all([createWalletKey(), createWalletKey(), walletKeyFromOctets(new Uint8Array(32))])
    expect(new Set(await Promise.all(made.map(nameBy))).size).toBe(3)
    const again = [walletKeyFromOctets(new Uint8Array(32)), walletKeyFromPassphrase('p', salt, 10)]
    const names = await Promise.all(
      [...again, walletKeyFromPassphrase('p', salt, 10)].map(async (key) => nameBy(await key)),
    )
    expect(names[0]).toBe(await nameBy(made[2]))
    expect(names[2]).toBe(names[1])
    for (const key of made) expect(key.extractable).toBe(false)
  })

  it('leaves no copy of itself or of a passphrase', async () => {
    const { subtle } = globalThis.crypto
    const importKey = subtle.importKey.bind(subtle) as (...args: unknown[]) => Promise<CryptoKey>
    const imported: { algorithm: unknown; octets: Uint8Array; was: Uint8Array }[] = []
    vi.spyOn(subtle, 'importKey').mockImplementation((...args: unknown[]) => {
      const octets = args[1] as Uint8Array
      imported.push({ algorithm: args[2], octets, was: octets.slice() })
      return importKey(...args)
    })
    await createWalletKey()
    await walletKeyFromPassphrase('passphrase', salt, 10)
    expect(imported.map(({ algorithm }) => algorithm)).toEqual(['HKDF', 'PBKDF2', 'HKDF'])
    expect(imported.some(({ was }) => isZero(was))).toBe(false)
    expect(imported.every(({ octets }) => isZero(octets))).toBe(true)
  })

  it('leaves no copy where a platform does not import it', async () => {
    const refused: Uint8Array[] = []
    vi.spyOn(globalThis.crypto.subtle, 'importKey').mockImplementation((...args: unknown[]) => {
      refused.push(args[1] as Uint8Array)
      return Promise.reject(new Error('not here'))
    })
    await expect(createWalletKey()).rejects.toThrow('not here')
    await expect(walletKeyFromPassphrase('passphrase', salt, 10)).rejects.toThrow('not here')
    expect(refused.map(({ length }) => length)).toEqual([32, 10])
    expect(refused.every(isZero)).toBe(true)
  })
})

describe('a record', () => {
  it('is sealed anew each time, and opened under its name only', async () => {
    const sealer = await RecordSealer.create(await createWalletKey())
    const content = Uint8Array.of(1, 2, 3)
    const [one, two] = [await sealer.seal('name', content), await sealer.seal('name', content)]
    expect(one.slice(0, 12)).not.toEqual(two.slice(0, 12))
    expect([await sealer.open('name', one), await sealer.open('name', two)]).toEqual([content, content])
    expect(await codeOf(() => sealer.open('other', one))).toBe('ws-trust/wallet-key')
    expect(await codeOf(() => sealer.open('name', one.slice(0, -1)))).toBe('ws-trust/wallet-key')
  })

  it('of a party has a name that no other parts have', async () => {
    const sealer = await RecordSealer.create(await createWalletKey())
    const names = await Promise.all([sealer.nameOf('a', 'b'), sealer.nameOf('ab'), sealer.nameOf('a","b')])
    expect(new Set(names).size).toBe(3)
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{64}$/)
  })
})
