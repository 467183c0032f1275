import { toHex } from '../../../bindings/octets/integers.js'
import { systemRandom } from '../../../bindings/octets/random.js'
import { WsTrustError } from '../errors.js'
import { encodeText } from '../../../bindings/octets/text.js'
import { subtle } from '../../../bindings/octets/platform.js'

const NONCE_LENGTH = 12

/** OWASP's figure for PBKDF2 with SHA-256. */
const ITERATIONS = 600_000

/** A new wallet key that cannot be exported, for a browser's IndexedDB, which can keep such keys. */
export async function createWalletKey(): Promise<CryptoKey> {
  const octets = new Uint8Array(32)
  systemRandom.fill(octets)
  try {
    return await walletKeyFromOctets(octets)
  } finally {
    octets.fill(0)
  }
}

/** The wallet key of 32 secret octets, which the caller keeps and wipes. */
export function walletKeyFromOctets(octets: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return subtle().importKey('raw', octets, 'HKDF', false, ['deriveKey'])
}

/**
 * The wallet key of a passphrase, by PBKDF2 with SHA-256.
 *
 * @param salt at least 16 random octets, stored with the wallet.
 */
export async function walletKeyFromPassphrase(
  passphrase: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations = ITERATIONS,
): Promise<CryptoKey> {
  const secret = encodeText(passphrase.normalize('NFKC'))
  const base = await subtle()
    .importKey('raw', secret, 'PBKDF2', false, ['deriveBits'])
    .finally(() => secret.fill(0))
  const parameters = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations }
  const octets = new Uint8Array(await subtle().deriveBits(parameters, base, 256))
  try {
    return await walletKeyFromOctets(octets)
  } finally {
    octets.fill(0)
  }
}

/** Encrypts the records of a wallet, and makes record names that reveal nothing. */
export class RecordSealer {
  private constructor(
    private readonly encryption: CryptoKey,
    private readonly naming: CryptoKey,
  ) {}

  /** Derives two keys from the wallet key by HKDF: one encrypts, one makes names. */
  static async create(key: CryptoKey): Promise<RecordSealer> {
    const derive = (
      info: string,
      target: AesKeyGenParams | HmacKeyGenParams,
      usages: KeyUsage[],
    ): Promise<CryptoKey> => {
      const parameters = {
        name: 'HKDF',
        hash: 'SHA-256',
        salt: new Uint8Array(0),
        info: encodeText(info),
      }
      return subtle().deriveKey(parameters, key, target, false, usages)
    }
    const aes = { name: 'AES-GCM', length: 256 }
    const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 }
    return new RecordSealer(
      await derive('uprove-wasm wallet: records', aes, ['encrypt', 'decrypt']),
      await derive('uprove-wasm wallet: names', hmac, ['sign']),
    )
  }

  /**
   * Checks by one record that the storage was written with this key: records of two keys in one storage could not be opened together.
   * Throws `WsTrustError` (`ws-trust/wallet-key`).
   */
  async check(records: ReadonlyMap<string, Uint8Array>): Promise<void> {
    for (const [name, record] of records) {
      ;(await this.open(name, record)).fill(0)
      return
    }
  }

  /** A record name that only holders of the key can compute. */
  async nameOf(...parts: readonly string[]): Promise<string> {
    const octets = encodeText(JSON.stringify(parts))
    return toHex(new Uint8Array(await subtle().sign('HMAC', this.naming, octets)))
  }

  /** Encrypts a record with AES-256-GCM, bound to its name. */
  async seal(name: string, content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const iv = new Uint8Array(NONCE_LENGTH)
    systemRandom.fill(iv)
    const additionalData = encodeText(name)
    const sealed = await subtle().encrypt({ name: 'AES-GCM', iv, additionalData }, this.encryption, content)
    const record = new Uint8Array(NONCE_LENGTH + sealed.byteLength)
    record.set(iv)
    record.set(new Uint8Array(sealed), NONCE_LENGTH)
    return record
  }

  /**
   * Decrypts a record. Throws `WsTrustError` (`ws-trust/wallet-key`) for another key, or a record that was changed or moved.
   */
  async open(name: string, record: Uint8Array): Promise<Uint8Array> {
    const [iv, sealed] = [record.slice(0, NONCE_LENGTH), record.slice(NONCE_LENGTH)]
    const additionalData = encodeText(name)
    try {
      return new Uint8Array(await subtle().decrypt({ name: 'AES-GCM', iv, additionalData }, this.encryption, sealed))
    } catch (cause) {
      throw new WsTrustError('ws-trust/wallet-key', { cause })
    }
  }
}
