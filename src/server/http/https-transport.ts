import { Agent, request } from 'node:https'
import type { Socket } from 'node:net'
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
  /** Whether a connection is kept for the next request. Default true. */
  readonly keepAlive?: boolean
}

/** How long an idle connection is kept, in milliseconds: less than servers keep theirs, or both might end it at once. */
const IDLE = 4_000

/**
 * A transport over Node's https, with trust anchors and client certificates, which Node's `fetch` lacks. Connections are kept for a few
 * seconds for the next request, and keep no process alive.
 */
export function httpsTransport({ timeout = 60_000, keepAlive = true, ...tls }: HttpsTransportOptions = {}): Transport {
  const agent = new Agent({ ...tls, keepAlive, timeout: IDLE, scheduling: 'lifo' })
  const idleSince = new WeakMap<Socket, number>()
  agent.on('free', (socket: Socket) => idleSince.set(socket, performance.now()))
  /** Ends connections that are idle for too long: timers are late in a process that computes, and the server may have ended them. */
  const endIdle = (): void => {
    const oldest = performance.now() - IDLE
    for (const socket of Object.values(agent.freeSockets).flat()) {
      if (socket !== undefined && (idleSince.get(socket) ?? 0) < oldest) socket.destroy()
    }
  }
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
      endIdle()
      const outgoing = request(
        url,
        {
          method,
          agent,
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
