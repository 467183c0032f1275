/** Records that come and go together. */
export interface WalletChanges {
  /** Records that must be there. */
  readonly remove: readonly string[]
  /** Records that must not be there, once those above are removed. */
  readonly add: ReadonlyMap<string, Uint8Array>
}

/** Where a wallet keeps its records, which are encrypted. Record names tell nothing but what kind of record it is. */
export interface WalletStorage {
  /** All records as they are now. */
  load(): Promise<ReadonlyMap<string, Uint8Array>>
  /**
   * Makes all changes, or none and returns false if a record is not there, or there, against what they say. Atomic between
   * all holders of the storage, and durable when it returns.
   */
  commit(changes: WalletChanges): Promise<boolean>
}

/** Whether changes fit the records. */
export function fits(records: Pick<ReadonlyMap<string, unknown>, 'has'>, { remove, add }: WalletChanges): boolean {
  return (
    remove.every((name) => records.has(name)) &&
    [...add.keys()].every((name) => remove.includes(name) || !records.has(name))
  )
}

/** A storage that ends with the process. */
export class MemoryWalletStorage implements WalletStorage {
  readonly #records = new Map<string, Uint8Array>()

  load(): Promise<ReadonlyMap<string, Uint8Array>> {
    return Promise.resolve(new Map(this.#records))
  }

  commit(changes: WalletChanges): Promise<boolean> {
    if (!fits(this.#records, changes)) return Promise.resolve(false)
    for (const name of changes.remove) this.#records.delete(name)
    for (const [name, record] of changes.add) this.#records.set(name, record)
    return Promise.resolve(true)
  }
}
