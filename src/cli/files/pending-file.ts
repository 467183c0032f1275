import type { PendingEnrollment } from '../../wstep/client/client.js'
import { decodeBase64, encodeBase64 } from '../../../bindings/octets/base64.js'
import { UsageError } from '../errors.js'
import { readText } from './files.js'

/** What `enroll` keeps of a request that is pending, to ask for its certificate later. */
export interface PendingFile {
  /** Where the Security Token Service is. */
  readonly url: string
  readonly pending: PendingEnrollment
}

/** As JSON. It may name the request to whom nothing else authenticates: to be kept secret. */
export function formatPending({ url, pending }: PendingFile): string {
  const { requestId, reference, publicKey } = pending
  return `${JSON.stringify({ url, requestId, reference, publicKey: encodeBase64(publicKey) }, undefined, 2)}\n`
}

/** Throws `UsageError`. */
export async function readPending(file: string): Promise<PendingFile> {
  const text = await readText(file)
  try {
    const { url, requestId, reference, publicKey } = JSON.parse(text) as Record<string, unknown>
    const octets = typeof publicKey === 'string' ? decodeBase64(publicKey) : undefined
    if (typeof url === 'string' && typeof requestId === 'string' && typeof reference === 'string' && octets) {
      return { url, pending: { status: 'pending', requestId, reference, publicKey: octets, disposition: undefined } }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new UsageError(`${file} is no request that \`uprove enroll\` has kept`)
}
