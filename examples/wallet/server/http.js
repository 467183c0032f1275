// A small host for several sites on one port: `claims.localhost`, `shop.localhost` and so on are different origins, with different
// cookies and different storage, as different companies are.
import { createServer } from 'node:http'

/**
 * @typedef {object} Request
 * @property {string} path
 * @property {string} body
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string} address the network address of the client
 * @property {string} session the value of the site's cookie; empty without one
 */
/** @typedef {{ status?: number, headers?: Record<string, string>, body?: string | Uint8Array, json?: unknown }} Answer */
/** @typedef {(request: Request) => Answer | Promise<Answer>} Handler */
/**
 * @typedef {object} Site
 * @property {Record<string, Handler>} routes by method and path, such as `POST /log-in`
 * @property {(path: string) => Answer | undefined} files what is not a route
 * @property {string[]} [connect] other origins that scripts of the site may call
 * @property {string} [calledFrom] another origin whose scripts may call the site, without cookies
 */

const longestBody = 1 << 20

/** @param {readonly string[]} connect */
const policyOf = (connect) =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `connect-src ${["'self'", ...connect].join(' ')}`,
    ...["worker-src 'self'", "style-src 'self'", "img-src 'self'", "manifest-src 'self'"],
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ].join('; ')

/** @param {import('node:http').IncomingMessage} message */
async function read(message) {
  /** @type {Buffer[]} */
  const parts = []
  let length = 0
  for await (const part of message) {
    length += part.length
    if (length > longestBody) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

/** @param {string | undefined} cookies */
const sessionIn = (cookies = '') => /(?:^|; )session=([\w-]+)/.exec(cookies)?.[1] ?? ''

/**
 * Serves sites by the first label of their names: `shop` for `shop.localhost`, `localhost` for the name itself.
 * @param {(name: string) => Site | undefined} siteOf
 */
export function createHost(siteOf) {
  const server = createServer((message, response) => {
    answer(message).then(
      ({ status = 200, headers = {}, body, json }) => {
        if (json !== undefined)
          headers = { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }
        response.writeHead(status, headers).end(json === undefined ? body : JSON.stringify(json))
      },
      (error) => {
        console.error(error)
        response.writeHead(500).end()
      },
    )
  })

  /** @param {import('node:http').IncomingMessage} message @returns {Promise<Answer>} */
  async function answer(message) {
    const { host = '', origin, cookie } = message.headers
    const own = `http://${host}`
    const [, name = ''] = /^([a-z]+)(?:\.localhost)?(?::\d+)?$/.exec(host) ?? []
    const site = siteOf(name)
    if (site === undefined) return { status: 421 }
    const { connect = [], calledFrom } = site
    const always = {
      'content-security-policy': policyOf(connect),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      ...(origin !== undefined && origin === calledFrom
        ? { 'access-control-allow-origin': origin, vary: 'origin' }
        : {}),
    }
    const { pathname: path } = new URL(message.url ?? '/', own)
    const method = message.method ?? 'GET'
    if (method === 'OPTIONS') {
      const allowed = { 'access-control-allow-headers': 'authorization', 'access-control-max-age': '600' }
      return { status: 204, headers: { ...always, ...allowed } }
    }
    // A script of another site may post here, but neither with cookies nor where it is not expected.
    if (method === 'POST' && origin !== own && origin !== calledFrom) return { status: 403, headers: always }
    const handler = site.routes[`${method} ${path}`]
    const found = handler === undefined && method === 'GET' ? site.files(path) : undefined
    if (handler === undefined) return { ...(found ?? { status: 404 }), headers: { ...always, ...found?.headers } }
    const body = await read(message)
    if (body === undefined) return { status: 413, headers: always }
    const session = origin === undefined || origin === own ? sessionIn(cookie) : ''
    const address = message.socket.remoteAddress?.replace('::ffff:', '') ?? ''
    const given = await handler({ path, body, headers: message.headers, address, session })
    return { ...given, headers: { ...always, ...given.headers } }
  }

  return server
}

/** @param {string} session */
export const cookieFor = (session) => ({
  'set-cookie': `session=${session}; HttpOnly; SameSite=Lax; Path=/; Max-Age=86400`,
})

/** The members of a JSON object in a body; empty if it is something else. @param {string} body @returns {Record<string, unknown>} */
export function membersOf(body) {
  try {
    const value = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
