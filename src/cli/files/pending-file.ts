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
  const { requestId, reference, publicKey } = pending
  return `${JSON.stringify({ url, requestId, reference, publicKey: encodeBase64(publicKey) }, undefined, 2)}\n`
}

/** Throws `UsageError`. */
export async function readPending(file: string, err: Stream): Promise<PendingFile> {
  const text = await readSecretText(file, err)
  try {
    const { url, requestId, reference, publicKey } = JSON.parse(text) as Record<string, unknown>
    const octets = typeof publicKey === 'string' ? decodeBase64(publicKey) : undefined
    if (typeof url === 'string' && typeof requestId === 'string' && typeof reference === 'string' && octets) {
      return { url, pending: { status: 'pending', requestId, reference, publicKey: octets, disposition: undefined } }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new UsageError(`${file} is not a pending request of \`uprove enroll\``)
}
