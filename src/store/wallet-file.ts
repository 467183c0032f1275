import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidInputError, UProveError } from '../../bindings/errors.js'
import { OctetReader, OctetWriter } from '../../bindings/octets/octet-stream.js'
import { JsonWallet } from '../json/parties/json-wallet.js'
import type { ProfileParameters } from '../ws-trust/artefacts/issuer-parameters.js'
import { SealedWallet } from '../ws-trust/wallet/sealed-wallet.js'
import { walletKeyFromPassphrase } from '../ws-trust/wallet/wallet-key.js'
import { fits, type WalletChanges, type WalletStorage } from '../ws-trust/wallet/wallet-storage.js'
import { ProcessLock } from './process-lock.js'
import { replaceSecretFile } from './secret-file.js'

const FORMAT = new TextEncoder().encode('uprove-wasm wallet 1\n')
const SALT_LENGTH = 16
const MAX_RECORDS = 1_000_000

interface Contents {
  readonly salt: Uint8Array<ArrayBuffer>
  readonly records: Map<string, Uint8Array>
}

export interface FileWalletStorageOptions {
  /** How long to wait for a lock that another process holds, in milliseconds. Default 10,000. */
  readonly lockTimeout?: number
}

/**
 * A wallet's storage in one file. Each change replaces the file, so that a crash leaves the old one or the new one; processes
 * take turns by a lock file beside it. One that a killed process left behind is taken over.
 */
export class FileWalletStorage implements WalletStorage {
  private constructor(
    private readonly file: string,
    /** The file's random octets, for deriving a key from a passphrase. */
    readonly salt: Uint8Array<ArrayBuffer>,
    private readonly lockTimeout: number,
  ) {}

  /** Opens or makes the file. Throws `InvalidInputError` (`wallet-file/format`), `UProveError` (`wallet-file/locked`). */
  static async open(file: string, { lockTimeout = 10_000 }: FileWalletStorageOptions = {}): Promise<FileWalletStorage> {
    const { salt } = await locked(file, lockTimeout, async () => {
      const existing = await read(file)
      if (existing !== undefined) return existing
      const fresh = { salt: Uint8Array.from(randomBytes(SALT_LENGTH)), records: new Map<string, Uint8Array>() }
      await write(file, fresh)
      return fresh
    })
    return new FileWalletStorage(file, salt, lockTimeout)
  }

  async load(): Promise<ReadonlyMap<string, Uint8Array>> {
    return (await this.#read()).records
  }

  /** Throws `UProveError` (`wallet-file/locked`). */
  commit(changes: WalletChanges): Promise<boolean> {
    return locked(this.file, this.lockTimeout, async () => {
      const contents = await this.#read()
      if (!fits(contents.records, changes)) return false
      for (const name of changes.remove) contents.records.delete(name)
      for (const [name, record] of changes.add) contents.records.set(name, record)
      await write(this.file, contents)
      return true
    })
  }

  async #read(): Promise<Contents> {
    const contents = await read(this.file)
    if (contents === undefined) throw new InvalidInputError('wallet-file/format', 'the wallet file was deleted')
    return contents
  }
}

export interface FileWalletOptions extends FileWalletStorageOptions {
  readonly passphrase: string
  /** The Issuer parameters of its tokens. */
  readonly parameters: readonly ProfileParameters[]
  readonly clock?: () => Date
}

/**
 * Opens or makes a wallet in a file, encrypted under a passphrase. Throws like `FileWalletStorage.open`, and `WsTrustError`
 * (`ws-trust/wallet-key`) for a wrong passphrase.
 */
export async function openFileWallet(file: string, options: FileWalletOptions): Promise<SealedWallet> {
  const { passphrase, parameters, clock } = options
  const storage = await FileWalletStorage.open(file, options)
  const key = await walletKeyFromPassphrase(passphrase, storage.salt)
  return SealedWallet.open({ storage, key, parameters, clock })
}

/**
 * Opens or makes the wallet of the JSON Framework in a file, encrypted under a passphrase. The file may hold tokens of WS-Trust too,
 * under the same passphrase. Throws like `openFileWallet`.
 */
export async function openJsonFileWallet(
  file: string,
  options: Omit<FileWalletOptions, 'parameters'>,
): Promise<JsonWallet> {
  const { passphrase, clock } = options
  const storage = await FileWalletStorage.open(file, options)
  return JsonWallet.open({ storage, key: await walletKeyFromPassphrase(passphrase, storage.salt), clock })
}

async function read(file: string): Promise<Contents | undefined> {
  let octets: Uint8Array
  try {
    octets = await readFile(file)
  } catch (error) {
    if (isError(error, 'ENOENT')) return undefined
    throw error
  }
  const reader = new OctetReader(octets)
  try {
    if (Buffer.compare(reader.raw(FORMAT.length), FORMAT) !== 0) throw new Error('another format')
    const salt = Uint8Array.from(reader.raw(SALT_LENGTH))
    const records = reader.list(MAX_RECORDS, (list): [string, Uint8Array] => {
      return [new TextDecoder().decode(list.octets()), list.octets()]
    })
    reader.end()
    return { salt, records: new Map(records) }
  } catch (cause) {
    throw new InvalidInputError('wallet-file/format', 'the file is not a wallet', { cause })
  }
}

async function write(file: string, { salt, records }: Contents): Promise<void> {
  const writer = new OctetWriter().raw(FORMAT).raw(salt)
  writer.list([...records], (list, [name, record]) => list.octets(new TextEncoder().encode(name)).octets(record))
  // On the disk before this resolves, or a crash might bring back a used token.
  await replaceSecretFile(file, writer.finish())
}

/** Runs an action while no other process changes the file. */
async function locked<T>(file: string, timeout: number, action: () => Promise<T>): Promise<T> {
  const end = Date.now() + timeout
  let lock = await ProcessLock.acquire(`${file}.lock`)
  while (lock === undefined) {
    if (Date.now() >= end) {
      const advice =
        'The wallet is being changed by another process. Try again; if no process uses it, delete its .lock file.'
      throw new UProveError('wallet-file/locked', advice)
    }
    await sleep(5 + Math.random() * 20)
    lock = await ProcessLock.acquire(`${file}.lock`)
  }
  try {
    return await action()
  } finally {
    await lock.release()
  }
}

function isError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
