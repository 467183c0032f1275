import { wipe } from '../../../bindings/octets/octets.js'
import { importDecryptionKey, type DecryptionKey } from '../archival/key-transport.js'
import type { ArchivalOptions } from '../ca/archival.js'
import type { ExportableKey } from '../keys/keys.js'
import { makeIdentity, type Identity } from './certificates.js'

/** The keys of an archive. */
export interface TestArchive {
  readonly exchange: ExportableKey
  /** Recovery agents. */
  readonly agents: readonly [Identity, Identity]
  readonly options: ArchivalOptions
}

export async function decryptionKeyOf(key: ExportableKey): Promise<DecryptionKey> {
  const pkcs8 = await key.exportPrivateKey()
  try {
    return await importDecryptionKey(pkcs8)
  } finally {
    wipe(pkcs8)
  }
}

/** An exchange key and two recovery agents. */
export async function makeArchive(): Promise<TestArchive> {
  const [exchange, one, two] = await Promise.all([
    makeIdentity('RSA-2048'),
    makeIdentity('RSA-2048', 'CN=Agent 1'),
    makeIdentity('RSA-2048', 'CN=Agent 2'),
  ])
  return {
    exchange: exchange.key,
    agents: [one, two],
    options: {
      keys: [await decryptionKeyOf(exchange.key)],
      agents: [one.certificate.der, two.certificate.der],
    },
  }
}
