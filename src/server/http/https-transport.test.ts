import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { selfSigned } from '../testing/tls.js'
import { httpsTransport, type HttpsTransportOptions } from './https-transport.js'

const certificate = selfSigned('server')
let connections = 0
const server = createServer(certificate, (_, response) => response.end('hello'))
server.on('secureConnection', () => connections++)
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

async function connectionsFor(requests: number, options: HttpsTransportOptions = {}, pause = 0): Promise<number> {
  const send = httpsTransport({ ca: certificate.cert, ...options })
  const url = new URL(`https://localhost:${String((server.address() as AddressInfo).port)}/`)
  const before = connections
  const clock = vi.spyOn(performance, 'now')
  for (let i = 0, now = performance.now(); i < requests; i++, now += pause) {
    clock.mockReturnValue(now)
    const { status, body } = await send(url, { method: 'POST', headers: {}, body: new Uint8Array(3) }, { maxBytes: 10 })
    expect([status, new TextDecoder().decode(body)]).toEqual([200, 'hello'])
    // The connection is free for others in a later turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
  clock.mockRestore()
  return connections - before
}

it('keeps a connection for the next request, but not for long', async () => {
  expect(await connectionsFor(3)).toBe(1)
  expect(await connectionsFor(3, { keepAlive: false })).toBe(3)
  // Of a process that computed meanwhile, whose timers did not run.
  expect(await connectionsFor(3, {}, 5_000)).toBe(3)
})
