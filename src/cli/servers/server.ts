import { httpsTransport } from '../../server/http/https-transport.js'
import { patiently, type Transport } from '../../soap/http/transport.js'
import { FailureError, UsageError } from '../errors.js'
import { describeStatus } from '../command/failures.js'
import { readText } from '../files/files.js'

/** Options of every command that talks to a server. */
export const serverOptions = {
  url: { type: 'string', value: 'URL', description: 'the server, such as https://localhost:8443' },
  ca: {
    type: 'string',
    value: 'FILE',
    description: 'the authority that certified the server, PEM (default: those of Node)',
  },
} as const

/** A server over HTTPS. */
export interface Server {
  /** Without a trailing slash. */
  readonly url: string
  /** PEM. */
  readonly ca: string | undefined
  readonly transport: Transport
  get(path: string): Promise<string>
  /** @param body an object, or JSON text */
  post(
    path: string,
    body: object | string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: string }>
}

/** The certificate and private key for TLS, PEM. */
export interface ClientCertificate {
  readonly cert: string
  readonly key: string
}

/** Throws `UsageError`. */
export async function serverOf(
  { url, ca: file }: { url?: string; ca?: string },
  client?: ClientCertificate,
): Promise<Server> {
  if (url === undefined) throw new UsageError('missing --url of the server')
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') throw new UsageError(`${url} is not an https URL`)
  const ca = file === undefined ? undefined : await readText(file)
  const transport = httpsTransport({ ca, ...client })
  const base = url.replace(/\/+$/, '')
  const send: Server['post'] = async (path, body, others) => {
    const octets = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
    const headers = { 'content-type': 'application/json', ...others }
    const target = new URL(base + path)
    const request = { method: 'POST', headers, body: octets }
    const answer = await patiently(() => transport(target, request, { maxBytes: MAX_BYTES }), PATIENCE)
    return { status: answer.status, body: new TextDecoder().decode(answer.body) }
  }
  return {
    url: base,
    ca,
    transport,
    post: send,
    get: async (path) => {
      const request = { method: 'GET', headers: {}, body: new Uint8Array() }
      const target = new URL(base + path)
      const { status, body } = await patiently(() => transport(target, request, { maxBytes: MAX_BYTES }), PATIENCE)
      if (status !== 200) throw new FailureError(`${base}${path}: ${describeStatus(status, body)}`)
      return new TextDecoder().decode(body)
    },
  }
}

const MAX_BYTES = 1 << 24
/** How long to ask again while the server is overloaded, in milliseconds. */
const PATIENCE = 10_000
