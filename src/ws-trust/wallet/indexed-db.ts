import { createWalletKey } from './wallet-key.js'
import { fits, type WalletChanges, type WalletStorage } from './wallet-storage.js'
import { provided } from '../../../bindings/octets/platform.js'

const RECORDS = 'records'
const KEYS = 'keys'
const KEY_NAME = 'wallet'

/** A wallet's storage in a browser's IndexedDB. All pages of an origin share it. */
export class IndexedDbWalletStorage implements WalletStorage {
  private constructor(private readonly database: IDBDatabase) {}

  /** Opens or creates the database. Throws the browser's `DOMException`s, like all functions here, and `EngineError` (`engine/platform`). */
  static async open(name: string, factory: IDBFactory = provided('indexedDB')): Promise<IndexedDbWalletStorage> {
    const request = factory.open(name, 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore(RECORDS)
      request.result.createObjectStore(KEYS)
    }
    const database = await resultOf(request)
    // Lets another page delete or upgrade the database.
    database.onversionchange = () => {
      database.close()
    }
    return new IndexedDbWalletStorage(database)
  }

  /** The wallet's key, created once. It cannot be exported and never leaves the browser. */
  async key(): Promise<CryptoKey> {
    const existing = await this.#getKey()
    if (existing !== undefined) return existing
    const made = await createWalletKey()
    const transaction = this.#begin('readwrite', KEYS)
    const store = transaction.objectStore(KEYS)
    const raced = (await resultOf(store.get(KEY_NAME))) as CryptoKey | undefined
    if (raced === undefined) store.put(made, KEY_NAME)
    await completionOf(transaction)
    return raced ?? made
  }

  async load(): Promise<ReadonlyMap<string, Uint8Array>> {
    const store = this.#begin('readonly', RECORDS).objectStore(RECORDS)
    const [names, records] = await Promise.all([resultOf(store.getAllKeys()), resultOf(store.getAll())])
    return new Map(names.map((name, i) => [name as string, records[i] as Uint8Array]))
  }

  async commit(changes: WalletChanges): Promise<boolean> {
    const transaction = this.#begin('readwrite', RECORDS)
    const store = transaction.objectStore(RECORDS)
    const names = [...new Set([...changes.remove, ...changes.add.keys()])]
    const counts = await Promise.all(names.map((name) => resultOf(store.count(name))))
    const isFit = fits(new Set(names.filter((_, i) => counts[i] !== 0)), changes)
    if (isFit) {
      for (const name of changes.remove) store.delete(name)
      for (const [name, record] of changes.add) store.put(record, name)
    }
    await completionOf(transaction)
    return isFit
  }

  close(): void {
    this.database.close()
  }

  #getKey(): Promise<CryptoKey | undefined> {
    const store = this.#begin('readonly', KEYS).objectStore(KEYS)
    return resultOf(store.get(KEY_NAME)) as Promise<CryptoKey | undefined>
  }

  #begin(mode: IDBTransactionMode, store: string): IDBTransaction {
    // A token that was taken must not come back after a crash.
    return this.database.transaction(store, mode, { durability: 'strict' })
  }
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result)
    }
    request.onerror = () => {
      reject(request.error ?? new DOMException('', 'UnknownError'))
    }
  })
}

function completionOf(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve()
    }
    // Also after an error of a request: only then is its reason known.
    transaction.onabort = () => {
      reject(transaction.error ?? new DOMException('', 'AbortError'))
    }
  })
}
