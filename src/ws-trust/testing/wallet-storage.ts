import { describe, expect, it } from 'vitest'
import type { WalletStorage } from '../wallet/wallet-storage.js'

/** What every storage of a wallet must do. `open` gives the same storage each time within a test. */
export function testWalletStorage(name: string, open: () => Promise<WalletStorage>): void {
  const record = (octet: number): Uint8Array => Uint8Array.of(octet)
  const add = (...names: string[]) => new Map(names.map((name, i) => [name, record(i)]))

  describe(`the storage of a wallet ${name}`, () => {
    it('keeps what is added, and gives it to all who open it', async () => {
      const [one, two] = [await open(), await open()]
      expect(await one.commit({ remove: [], add: add('a', 'b') })).toBe(true)
      expect([...(await two.load())].sort()).toEqual([...add('a', 'b')])
    })

    it('makes all changes or none', async () => {
      const storage = await open()
      await storage.commit({ remove: [], add: add('a', 'b') })
      expect(await storage.commit({ remove: ['a', 'missing'], add: add('c') })).toBe(false)
      expect(await storage.commit({ remove: ['a'], add: add('c', 'b') })).toBe(false)
      expect([...(await storage.load()).keys()].sort()).toEqual(['a', 'b'])
      expect(await storage.commit({ remove: ['a', 'b'], add: add('c', 'd', 'b') })).toBe(true)
      expect([...(await storage.load())].sort()).toEqual([
        ['b', record(2)],
        ['c', record(0)],
        ['d', record(1)],
      ])
    })

    it('gives each record to one of many who would take it', async () => {
      const storages = await Promise.all([open(), open(), open()])
      await storages[0].commit({ remove: [], add: add('a') })
      const taken = await Promise.all(storages.map((storage) => storage.commit({ remove: ['a'], add: new Map() })))
      expect(taken.filter(Boolean)).toHaveLength(1)
      expect((await storages[1].load()).size).toBe(0)
    })
  })
}
