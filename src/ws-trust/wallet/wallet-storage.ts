/** Changes that are committed together. */
export interface WalletChanges {
  /** Records to remove, all of which must exist. */
  readonly remove: readonly string[]
  /** Records to add, none of which may exist after the removal. */
  readonly add: ReadonlyMap<string, Uint8Array>
}

/** The place where a wallet keeps its encrypted records. Record names reveal only the kind of record. */
export interface WalletStorage {
  /** All current records. */
  load(): Promise<ReadonlyMap<string, Uint8Array>>
  /**
   * Makes all changes; makes none and returns false if they do not fit the records. It must be atomic between all holders of
   * the storage, and durable when it returns.
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

/** A storage in the memory of the process. */
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
