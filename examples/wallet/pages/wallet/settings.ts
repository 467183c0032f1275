// What the wallet keeps beside its tokens: the locks, the Claim Provider's public parameters, and sealed notes.
import type { Lock } from './vault.js'

export interface Settings {
  locks: readonly Lock[]
  /** The XML of the Issuer parameters. */
  parameters: Uint8Array
  /** Encrypted: the history, and what lets the wallet in at the Claim Provider. */
  notes: Uint8Array
}

const store = 'settings'

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new DOMException('', 'UnknownError'))
  })
}

async function database(): Promise<IDBDatabase> {
  const request = indexedDB.open('wallet settings', 1)
  request.onupgradeneeded = () => request.result.createObjectStore(store)
  return resultOf(request)
}

let opened: Promise<IDBDatabase> | undefined

export async function read<K extends keyof Settings>(name: K): Promise<Settings[K] | undefined> {
  const found = (await (opened ??= database())).transaction(store).objectStore(store)
  return resultOf(found.get(name)) as Promise<Settings[K] | undefined>
}

export async function write<K extends keyof Settings>(name: K, value: Settings[K]): Promise<void> {
  const transaction = (await (opened ??= database())).transaction(store, 'readwrite', { durability: 'strict' })
  await resultOf(transaction.objectStore(store).put(value, name))
}

export async function removeAll(): Promise<void> {
  const transaction = (await (opened ??= database())).transaction(store, 'readwrite', { durability: 'strict' })
  await resultOf(transaction.objectStore(store).clear())
}
