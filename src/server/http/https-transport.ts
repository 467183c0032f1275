import { request } from 'node:https'
import { SoapError } from '../../soap/errors.js'
import type { Transport } from '../../soap/http/transport.js'

export interface HttpsTransportOptions {
  /** Trusted authorities, PEM. Default: those of Node. */
  readonly ca?: string
  /** The client's certificate with its chain, and its key, PEM. */
  readonly cert?: string
  readonly key?: string
  /** The name that the server's certificate must have. Default: the URL's. */
  readonly servername?: string
  /** Milliseconds to wait for an answer. Default: 60,000. */
  readonly timeout?: number
}

/**
 * A transport over Node's https, with trust anchors and client certificates, which Node's `fetch` lacks. Each
 * request has a connection of its own.
 */
export function httpsTransport({ timeout = 60_000, ...tls }: HttpsTransportOptions = {}): Transport {
  return (url, { method, headers, body }, { signal, maxBytes }) =>
    new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => {
        reject(
          signal?.aborted === true
            ? (signal.reason as Error)
            : cause instanceof SoapError
              ? cause
              : new SoapError('soap/transport', { cause }),
        )
      }
      const outgoing = request(
        url,
        {
          ...tls,
          method,
          agent: false,
          headers: { ...headers, 'content-length': body.length },
          signal,
        },
        (incoming) => {
          const pieces: Buffer[] = []
          let length = 0
          incoming.on('data', (piece: Buffer) => {
            length += piece.length
            if (length > maxBytes) incoming.destroy(new SoapError('soap/too-long'))
            else pieces.push(piece)
          })
          incoming.on('error', fail)
          incoming.on('end', () => {
            const received = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])
            resolve({
              status: incoming.statusCode ?? 0,
              headers: Object.fromEntries(received) as Record<string, string>,
              body: Uint8Array.from(Buffer.concat(pieces)),
            })
          })
        },
      )
      outgoing.setTimeout(timeout, () => outgoing.destroy(new Error('timed out')))
      outgoing.on('error', fail)
      outgoing.end(body)
    })
}
