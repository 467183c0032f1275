import type { PendingEnrollment } from '../../wstep/client/client.js'
import { decodeBase64, encodeBase64 } from '../../../bindings/octets/base64.js'
import { UsageError } from '../errors.js'
import type { Stream } from '../command/terminal.js'
import { readSecretText } from './files.js'

/** The data of a pending request that `enroll` keeps, so that it can fetch the certificate later. */
export interface PendingFile {
  /** The URL of the Security Token Service. */
  readonly url: string
  readonly pending: PendingEnrollment
}

/** As JSON. Secret: its reference may be all that a server asks for before it hands out the certificate. */
export function formatPending({ url, pending }: PendingFile): string {
  const { requestId, reference, publicKey, encryptedKeyHash } = pending
  const octets = {
    publicKey: encodeBase64(publicKey),
    encryptedKeyHash: encryptedKeyHash && encodeBase64(encryptedKeyHash),
  }
  return `${JSON.stringify({ url, requestId, reference, ...octets }, undefined, 2)}\n`
}

/** Throws `UsageError`. */
export async function readPending(file: string, err: Stream): Promise<PendingFile> {
  const text = await readSecretText(file, err)
  try {
    const { url, requestId, reference, ...others } = JSON.parse(text) as Record<string, unknown>
    const octetsOf = (value: unknown) => (typeof value === 'string' ? decodeBase64(value) : undefined)
    const [publicKey, encryptedKeyHash] = [octetsOf(others.publicKey), octetsOf(others.encryptedKeyHash)]
    const isWhole = others.encryptedKeyHash === undefined || encryptedKeyHash !== undefined
    if (
      typeof url === 'string' &&
      typeof requestId === 'string' &&
      typeof reference === 'string' &&
      publicKey &&
      isWhole
    ) {
      const known = { requestId, reference, publicKey, encryptedKeyHash }
      return { url, pending: { status: 'pending', ...known, disposition: undefined } }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new UsageError(`${file} is not a pending request of \`uprove enroll\``)
}
