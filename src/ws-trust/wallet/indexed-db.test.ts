import { IDBFactory, IDBObjectStore } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IndexedDbWalletStorage } from './indexed-db.js'
import { RecordSealer } from './wallet-key.js'

let factory: IDBFactory
beforeEach(() => {
  factory = new IDBFactory()
})
afterEach(() => void vi.restoreAllMocks())

const open = () => IndexedDbWalletStorage.open('wallet', factory)
const added = { remove: [], add: new Map([['a', Uint8Array.of(1)]]) }

const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')?.value as IDBObjectStore['put']

/** Lets the database write, and then ends the transaction in some way. */
function afterWriting(end: (store: IDBObjectStore, key: IDBValidKey) => void): void {
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value: unknown, key) {
    const request = put.call(this, value, key)
    end(this, key as IDBValidKey)
    return request
  })
}

describe('a storage in IndexedDB', () => {
  it('lets another page delete the database', async () => {
    const storage = await open()
    await storage.commit(added)
    const request = factory.deleteDatabase('wallet')
    await new Promise<void>((resolve, reject) => {
      request.onsuccess = () => {
        resolve()
      }
      request.onblocked = () => {
        reject(new Error('the database is still open'))
      }
    })
    await expect(storage.load()).rejects.toMatchObject({ name: 'InvalidStateError' })
    expect((await (await open()).load()).size).toBe(0)
  })

  it('is not used any more once it is closed', async () => {
    const storage = await open()
    storage.close()
    await expect(storage.load()).rejects.toMatchObject({ name: 'InvalidStateError' })
  })

  it('has the key that was made first, and the records, when it is opened again', async () => {
    const storage = await open()
    await storage.commit(added)
    const racing = await open()
    // Both find no key, and make one.
    const keys = await Promise.all([storage.key(), racing.key()])
    storage.close()
    const again = await open()
    const importKey = vi.spyOn(globalThis.crypto.subtle, 'importKey')
    keys.push(await again.key())
    expect(importKey).not.toHaveBeenCalled()
    const names = await Promise.all(keys.map(async (key) => (await RecordSealer.create(key)).nameOf('a')))
    expect(new Set(names).size).toBe(1)
    expect([...(await again.load())]).toEqual([['a', Uint8Array.of(1)]])
  })

  it('gives the reason why a database cannot be opened', async () => {
    await new Promise((resolve) => (factory.open('wallet', 2).onsuccess = resolve))
    await expect(open()).rejects.toMatchObject({ name: 'VersionError' })
  })

  it('gives a reason where the browser has none', async () => {
    const request = { error: null } as IDBOpenDBRequest
    const silent = { open: () => request } as unknown as IDBFactory
    const opening = IndexedDbWalletStorage.open('wallet', silent)
    request.onerror?.(new Event('error'))
    await expect(opening).rejects.toMatchObject({ name: 'UnknownError' })
  })

  const writes: [string, (storage: IndexedDbWalletStorage) => Promise<unknown>][] = [
    ['records', (storage) => storage.commit(added)],
    ['its key', (storage) => storage.key()],
  ]
  it.each(writes)(
    'has kept %s only when all is written: a transaction that ends before is refused',
    async (_, write) => {
      const storage = await open()
      afterWriting((store) => {
        store.transaction.abort()
      })
      await expect(write(storage)).rejects.toMatchObject({ name: 'AbortError' })
      afterWriting((store, key) => store.add('twice', key))
      await expect(write(storage)).rejects.toMatchObject({ name: 'ConstraintError' })
      vi.restoreAllMocks()
      expect((await storage.load()).size).toBe(0)
      await write(storage)
    },
  )
})
