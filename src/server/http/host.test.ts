import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { connect, type Socket } from 'node:net'
import { X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { Host, type HostOptions } from './host.js'
import { json, text, type Route } from './http.js'
import { selfSigned } from '../testing/tls.js'

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

const hosts: Host[] = []
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close(100)))
})

async function start(options: HostOptions): Promise<{ host: Host; port: number }> {
  const host = new Host(options)
  hosts.push(host)
  return { host, port: (await host.listen(0, '127.0.0.1')).port }
}

async function send(
  port: number,
  options: RequestOptions & { tls?: boolean; body?: string | Buffer } = {},
): Promise<Answer> {
  const { tls = false, body, ...rest } = options
  const request = (tls ? httpsRequest : httpRequest)({ host: '127.0.0.1', port, agent: false, ...rest })
  request.end(body)
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage]
  let received = ''
  for await (const piece of response as AsyncIterable<Buffer>) received += piece.toString()
  return { status: response.statusCode!, headers: response.headers, body: received }
}

const echo: Route = {
  name: 'echo',
  method: 'POST',
  path: '/echo',
  handle: ({ body }) => Promise.resolve({ status: 200, headers: { 'content-type': 'text/plain' }, body }),
}

/** A route that answers when it is told to. */
function held(): { route: Route; entered: () => number; release: () => void } {
  let release!: () => void
  let entered = 0
  const released = new Promise<void>((resolve) => (release = resolve))
  const handle = async () => {
    entered++
    await released
    return text(200, 'done')
  }
  return { route: { name: 'held', method: 'GET', path: '/held', handle }, entered: () => entered, release }
}

const health: Route = {
  name: 'health',
  method: 'GET',
  path: '/health',
  always: true,
  handle: () => Promise.resolve(text(200, 'ok')),
}

describe('a host', () => {
  it('answers by method and path', async () => {
    const under: Route = {
      name: 'under',
      method: 'GET',
      path: '/under/*',
      handle: ({ url }) => Promise.resolve(json(200, url.pathname)),
    }
    const { port } = await start({ routes: [echo, under] })
    expect(await send(port, { method: 'POST', path: '/echo', body: 'hello' })).toMatchObject({
      status: 200,
      body: 'hello',
    })
    expect(await send(port, { path: '/under/a%20b?q' })).toMatchObject({ status: 200, body: '"/under/a%20b"\n' })
    expect(await send(port, { path: '/nowhere' })).toMatchObject({ status: 404 })
    expect(await send(port, { path: '/echo' })).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    expect(await send(port, { method: 'PUT', path: '/under/a' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    })
    expect(await send(port, { method: 'HEAD', path: '/under/a' })).toMatchObject({
      status: 200,
      headers: { 'content-length': '11' },
      body: '',
    })
    expect(await send(port, { path: '//elsewhere/echo' })).toMatchObject({ status: 400 })
  })

  it('refuses bodies that are too large, announced or not', async () => {
    const { port } = await start({ routes: [{ ...echo, maxBody: 10 }] })
    expect(await send(port, { method: 'POST', path: '/echo', body: 'x'.repeat(10) })).toMatchObject({ status: 200 })
    expect(await send(port, { method: 'POST', path: '/echo', body: 'x'.repeat(11) })).toMatchObject({ status: 413 })
    const headers = { 'transfer-encoding': 'chunked' }
    expect(await send(port, { method: 'POST', path: '/echo', headers, body: 'x'.repeat(11) })).toMatchObject({
      status: 413,
    })
  })

  it('refuses bodies that together are more than it may hold', async () => {
    const { port } = await start({ routes: [echo], limits: { bodies: 10 } })
    expect(await send(port, { method: 'POST', path: '/echo', body: 'x'.repeat(11) })).toMatchObject({ status: 503 })
    expect(await send(port, { method: 'POST', path: '/echo', body: 'x'.repeat(10) })).toMatchObject({ status: 200 })
    const begin = async (length: number): Promise<{ socket: Socket; answer: string }> => {
      const socket = connect(port, '127.0.0.1')
      socket.write(`POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: ${length}\r\n\r\n`)
      const [answer] = (await once(socket, 'data')) as [Buffer]
      return { socket, answer: answer.toString() }
    }
    // By what is announced, before the body; and by what has come, of those that were too small each.
    const announced = await begin(11)
    expect(announced.answer).toMatch(/^HTTP\/1.1 503 /)
    const [one, two] = [await begin(7), await begin(7)]
    expect([one.answer, two.answer].join()).not.toContain('503')
    const answer = Promise.race([once(one.socket, 'data'), once(two.socket, 'data')])
    one.socket.write('x'.repeat(5))
    two.socket.write('x'.repeat(6))
    expect(String((await answer)[0])).toMatch(/^HTTP\/1.1 503 /)
    for (const { socket } of [announced, one, two]) socket.destroy()
  })

  it('holds each address to its octets of bodies, before it reads them: others go on', async () => {
    const limited: unknown[] = []
    const { port } = await start({
      routes: [echo],
      limits: { body: 10, bodiesPerAddress: 20 },
      events: { limited: (...what) => limited.push(what) },
    })
    const unfinished = (localAddress: string, header = 'content-length: 10') => {
      const socket = connect({ port, host: '127.0.0.1', localAddress })
      socket.write(`POST /echo HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`)
      return socket
    }
    // A body of unknown length may take all that one has.
    const slow = [unfinished('127.0.0.1'), unfinished('127.0.0.1', 'transfer-encoding: chunked')]
    await sleep(50)
    const request = { method: 'POST', path: '/echo', body: 'hello' }
    expect(await send(port, request)).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
    // It is refused without a word of its body.
    const third = unfinished('127.0.0.1')
    const [answer] = (await once(third, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 429 /)
    expect(limited).toEqual([
      ['bodies', '127.0.0.1'],
      ['bodies', '127.0.0.1'],
    ])
    expect(await send(port, { ...request, localAddress: '127.0.0.2' })).toMatchObject({ status: 200 })
    for (const socket of slow) socket.destroy()
    await expect.poll(() => send(port, request)).toMatchObject({ status: 200 })
  })

  it('asks for a body only if it may come', async () => {
    const { port } = await start({ routes: [{ ...echo, maxBody: 10 }] })
    const asking = async (length: number): Promise<string> => {
      const socket = connect(port, '127.0.0.1')
      socket.write(
        `POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: ${String(length)}\r\n\r\n`,
      )
      const [answer] = (await once(socket, 'data')) as [Buffer]
      socket.destroy()
      return answer.toString()
    }
    expect(await asking(11)).toMatch(/^HTTP\/1.1 413 /)
    expect(await asking(10)).toMatch(/^HTTP\/1.1 100 /)
  })

  it('holds each address to its rate on every route except health', async () => {
    const limited: unknown[] = []
    const { port } = await start({
      routes: [echo, health],
      rate: { burst: 2, perSecond: 0.01 },
      events: { limited: (...what) => limited.push(what) },
    })
    const echoed = { method: 'POST', path: '/echo', body: 'x' }
    expect(await send(port, echoed)).toMatchObject({ status: 200 })
    expect(await send(port, { path: '/nowhere' })).toMatchObject({ status: 404 })
    expect(await send(port, echoed)).toMatchObject({ status: 429, headers: { 'retry-after': '100' } })
    expect(await send(port, { path: '/nowhere' })).toMatchObject({ status: 429 })
    expect(await send(port, { path: '/health' })).toMatchObject({ status: 200 })
    expect(await send(port, { ...echoed, localAddress: '127.0.0.2' })).toMatchObject({ status: 200 })
    expect(limited).toEqual([
      ['rate', '127.0.0.1'],
      ['rate', '127.0.0.1'],
    ])
  })

  it('holds each address to its connections, silent ones too, and closes those soon', async () => {
    const limited: unknown[] = []
    const { port } = await start({
      routes: [health],
      limits: { connectionsPerAddress: 3, headersTimeout: 500 },
      events: { limited: (...what) => limited.push(what) },
    })
    const silent = Array.from({ length: 20 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    // The fourth may ask, and would be told.
    const closed = await Promise.all(silent.slice(4).map((socket) => once(socket, 'close')))
    expect(closed).toHaveLength(16)
    expect(limited).toHaveLength(17)
    await expect(send(port, { path: '/health' })).rejects.toThrow()
    expect(await send(port, { path: '/health', localAddress: '127.0.0.2' })).toMatchObject({ status: 200 })
    await expect.poll(() => send(port, { path: '/health' }).catch(() => undefined)).toMatchObject({ status: 200 })
  })

  it('tells who is beyond a limit of connections so, on every route except health, and ends the connection', async () => {
    const { port } = await start({
      routes: [echo, health],
      limits: { connections: 8, connectionsPerAddress: 4 },
    })
    const idle = Array.from({ length: 4 }, () => connect(port, '127.0.0.1'))
    await Promise.all(idle.map((socket) => once(socket, 'connect')))
    const echoed = { method: 'POST', path: '/echo', body: 'x'.repeat(100_000) }
    const headers = { 'retry-after': '1', connection: 'close' }
    expect(await send(port, echoed)).toMatchObject({ status: 429, headers })
    expect(await send(port, { path: '/health' })).toMatchObject({ status: 200 })
    idle.push(...Array.from({ length: 4 }, () => connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })))
    await Promise.all(idle.slice(4).map((socket) => once(socket, 'connect')))
    expect(await send(port, { ...echoed, localAddress: '127.0.0.3' })).toMatchObject({ status: 503, headers })
    for (const socket of idle) socket.destroy()
    await expect.poll(() => send(port, echoed)).toMatchObject({ status: 200 })
  })

  it('keeps a connection whose request it refuses, and discards the body', async () => {
    const { route, entered, release } = held()
    const { port } = await start({ routes: [route, echo], limits: { inFlight: 1 } })
    const first = send(port, { path: '/held' })
    while (entered() < 1) await sleep(5)
    const socket = connect(port, '127.0.0.1')
    let answers = ''
    socket.on('data', (piece: Buffer) => (answers += piece.toString()))
    const head = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 500000\r\n\r\n'
    // Refused before the body comes; the next request is told from its rest.
    socket.write(head)
    await expect.poll(() => answers).toMatch(/^HTTP\/1.1 503 /)
    release()
    await first
    for (let i = 0; i < 5; i++) socket.write('x'.repeat(100_000))
    socket.write('POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello')
    await expect.poll(() => answers).toMatch(/hello$/)
    expect(answers.match(/^HTTP\/1.1 \d+/gm)).toEqual(['HTTP/1.1 503', 'HTTP/1.1 200'])
    socket.destroy()
  })

  it('answers few requests at once that compute, and others meanwhile; refusals are in the form of the route', async () => {
    const { route, entered, release } = held()
    const refusal = ({ status, headers }: { status: number; headers: object }) => ({
      ...{ status, headers: { ...headers, 'content-type': 'a/fault' } },
      body: new TextEncoder().encode('a fault'),
    })
    const computing: Route = { ...route, computes: true, refusal }
    const { port } = await start({ routes: [computing, echo], limits: { inFlight: 2, computing: 1 } })
    const first = send(port, { path: '/held' })
    while (entered() < 1) await sleep(5)
    const headers = { 'retry-after': '1', 'content-type': 'a/fault' }
    expect(await send(port, { path: '/held' })).toMatchObject({ status: 503, headers, body: 'a fault' })
    expect(await send(port, { method: 'POST', path: '/echo', body: 'x' })).toMatchObject({ status: 200 })
    release()
    expect(await first).toMatchObject({ status: 200 })
  })

  it('takes any number of connections from a trusted proxy, and limits whom it forwards', async () => {
    const seen: string[] = []
    const addresses: Route = {
      ...{ name: 'a', method: 'GET', path: '/a' },
      handle: ({ client: { address } }) => {
        seen.push(address)
        return Promise.resolve(text(200, address))
      },
    }
    const { port } = await start({
      routes: [addresses],
      limits: { connectionsPerAddress: 1 },
      rate: { burst: 1, perSecond: 0.01 },
      proxies: { addresses: ['127.0.0.1'] },
    })
    const idle = [1, 2, 3].map(() => connect(port, '127.0.0.1'))
    const from = (address: string, localAddress = '127.0.0.1') =>
      send(port, { path: '/a', localAddress, headers: { 'x-forwarded-for': `6.6.6.6, ${address}` } })
    expect(await from('192.0.2.1')).toMatchObject({ status: 200, body: '192.0.2.1\n' })
    expect(await from('192.0.2.1')).toMatchObject({ status: 429 })
    expect(await from('192.0.2.2')).toMatchObject({ status: 200 })
    // Of anybody else the header counts for nothing.
    expect(await from('192.0.2.3', '127.0.0.2')).toMatchObject({ status: 200, body: '127.0.0.2\n' })
    expect(seen).toEqual(['192.0.2.1', '192.0.2.2', '127.0.0.2'])
    for (const socket of idle) socket.destroy()
  })

  it('answers to its own names only, where it has been given them', async () => {
    const { port } = await start({ routes: [health], hosts: ['metrics.example'] })
    const named = (host: string) => send(port, { path: '/health', headers: { host } })
    for (const host of ['localhost:9', '127.0.0.1', '[::1]:80', 'Metrics.example:9090']) {
      expect(await named(host), host).toMatchObject({ status: 200 })
    }
    for (const host of ['rebound.example', 'localhost.example', '127.0.0.1.example', '[::1']) {
      expect(await named(host), host).toMatchObject({ status: 421 })
    }
  })

  it('answers 503 with Retry-After while it has enough to do, and goes on', async () => {
    const { route, entered, release } = held()
    const { host, port } = await start({ routes: [route, health], limits: { inFlight: 2 } })
    const first = [send(port, { path: '/held' }), send(port, { path: '/held' })]
    while (entered() < 2) await sleep(5)
    expect(host.inFlight).toBe(2)
    const refused = await send(port, { path: '/held' })
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'limit/in-flight' })
    expect(await send(port, { path: '/health' })).toMatchObject({ status: 200 })
    release()
    expect(await Promise.all(first)).toMatchObject([{ status: 200 }, { status: 200 }])
    expect(await send(port, { path: '/held' })).toMatchObject({ status: 200 })
    expect(host.inFlight).toBe(0)
  })

  it('is not kept busy by slow senders, and gives up on them', async () => {
    const { host, port } = await start({ routes: [echo], limits: { inFlight: 1, requestTimeout: 500 } })
    const slow = connect(port, '127.0.0.1')
    slow.write('POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc')
    await sleep(50)
    expect(host.inFlight).toBe(0)
    expect(await send(port, { method: 'POST', path: '/echo', body: 'quick' })).toMatchObject({ status: 200 })
    const [answer] = (await once(slow, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 408 /)
  })

  it('gives up on who does not take its answer', async () => {
    const large: Route = {
      ...{ name: 'large', method: 'GET', path: '/large' },
      handle: () => Promise.resolve({ status: 200, headers: {}, body: new Uint8Array(64 << 20) }),
    }
    const { port } = await start({ routes: [large, echo], limits: { connections: 1, requestTimeout: 500 } })
    const slow = connect(port, '127.0.0.1')
    slow.on('error', () => undefined).pause()
    slow.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n')
    await sleep(100)
    const request = { method: 'POST', path: '/echo', body: 'x' }
    expect(await send(port, request)).toMatchObject({ status: 503 })
    await expect.poll(() => send(port, request)).toMatchObject({ status: 200 })
    slow.destroy()
  })

  it('survives an answer that cannot be sent', async () => {
    const failures: unknown[] = []
    const handle = () => Promise.resolve(text(200, 'x', { 'x-name': 'a\nb' }))
    const { port } = await start({
      routes: [{ ...echo, handle }, health],
      events: { failed: (...failure) => failures.push(failure) },
    })
    await expect(send(port, { method: 'POST', path: '/echo' })).rejects.toThrow()
    expect(failures).toMatchObject([['echo', expect.any(String), { code: 'ERR_INVALID_CHAR' }]])
    expect(await send(port, { path: '/health' })).toMatchObject({ status: 200 })
  })

  it('tells nothing of what failed, but its events do', async () => {
    const failures: unknown[] = []
    const route: Route = { ...echo, handle: () => Promise.reject(new Error('the secret')) }
    const { port } = await start({ routes: [route], events: { failed: (...failure) => failures.push(failure) } })
    const answer = await send(port, { method: 'POST', path: '/echo' })
    expect(answer).toMatchObject({ status: 500 })
    expect(answer.body).not.toContain('secret')
    expect(failures).toMatchObject([['echo', expect.any(String), { message: 'the secret' }]])
  })

  it('tells what it answered', async () => {
    const answers: unknown[] = []
    const { port } = await start({ routes: [echo], events: { answered: (answer) => answers.push(answer) } })
    await send(port, { method: 'POST', path: '/echo', body: 'hello' })
    await send(port, { path: '/secret-path' })
    expect(answers).toMatchObject([
      { route: 'echo', status: 200, request: { client: { address: '127.0.0.1' } } },
      { route: 'none', status: 404 },
    ])
    expect(JSON.stringify(answers)).not.toContain('secret-path')
  })

  it('drains: what has begun is answered, nothing new is taken', async () => {
    const { route, entered, release } = held()
    const { host, port } = await start({ routes: [route] })
    const begun = send(port, { path: '/held' })
    while (entered() < 1) await sleep(5)
    const closed = host.close(5_000)
    await expect(send(port, { path: '/held' })).rejects.toThrow(/ECONNREFUSED/)
    release()
    expect(await begun).toMatchObject({ status: 200, headers: { connection: 'close' } })
    await closed
  })

  it('lets nobody keep it from ending', async () => {
    const { route, entered } = held()
    const { host, port } = await start({ routes: [route] })
    const begun = send(port, { path: '/held' })
    begun.catch(() => undefined)
    while (entered() < 1) await sleep(5)
    await host.close(50)
    await expect(begun).rejects.toThrow()
  })
})

describe('a host with TLS', () => {
  const [server, known, stranger] = ['server', 'known', 'stranger'].map(selfSigned)
  const whoami: Route = {
    name: 'whoami',
    method: 'GET',
    path: '/',
    handle: ({ client: { certificate } }) =>
      Promise.resolve(
        json(
          200,
          certificate && { subject: new X509Certificate(certificate.der).subject, trusted: certificate.trusted },
        ),
      ),
  }
  const ask = async (port: number, credentials: object = {}): Promise<unknown> => {
    const { status, body } = await send(port, {
      tls: true,
      ca: [server!.cert],
      servername: 'localhost',
      ...credentials,
    })
    expect(status).toBe(200)
    return body === 'undefined\n' ? undefined : JSON.parse(body)
  }

  it.each([
    ['in the handshake', 'handshake'],
    ['in the headers', 'GET /health HTTP/1.1\r\nhost: lo'],
    ['in a body', 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345'],
    ['while the answer is computed', 'GET /held HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['in the answer', 'GET /large HTTP/1.1\r\nhost: x\r\n\r\n'],
  ])('keeps nothing for clients that vanish %s: others have their places', async (when, begun) => {
    const { route, entered, release } = held()
    const large: Route = {
      ...{ name: 'large', method: 'GET', path: '/large' },
      handle: () => Promise.resolve({ status: 200, headers: {}, body: new Uint8Array(16 << 20) }),
    }
    const { host, port } = await start({
      routes: [route, large, echo, health],
      tls: server!,
      limits: { connections: 2, inFlight: 1, bodies: 10, requestTimeout: 60_000, headersTimeout: 60_000 },
    })
    // One after another: with places for two, a third is served only if those before have left nothing.
    for (let round = 1; round <= 5; round++) {
      if (begun === 'handshake') {
        const socket = connect(port, '127.0.0.1')
        await once(socket, 'connect')
        // The head of a ClientHello that never comes.
        socket.write(Uint8Array.of(22, 3, 1, 2, 0))
        await sleep(20)
        socket.resetAndDestroy()
      } else {
        const socket = tls.connect({ port, host: '127.0.0.1', ca: [server!.cert], servername: 'localhost' })
        await once(socket, 'secureConnect')
        socket.on('error', () => undefined).write(begun)
        if (begun.includes('/held')) while (entered() < round) await sleep(5)
        else if (begun.includes('/large')) await once(socket, 'data')
        else await sleep(20)
        socket.destroy()
      }
      if (when.includes('computed')) release()
      const body = 'x'.repeat(10)
      const ask = () =>
        send(port, { tls: true, ca: [server!.cert], servername: 'localhost', method: 'POST', path: '/echo', body })
      await expect.poll(ask, { timeout: 5_000 }).toMatchObject({ status: 200, body })
    }
    await host.close(1_000)
  })

  it('passes on what certificate a client has shown, and whether its issuer is trusted', async () => {
    const { port } = await start({ routes: [whoami], tls: { ...server!, clientAuthorities: [known!.cert] } })
    expect(await ask(port)).toBeUndefined()
    expect(await ask(port, known)).toEqual({ subject: 'CN=known', trusted: true })
    expect(await ask(port, stranger)).toEqual({ subject: 'CN=stranger', trusted: false })
  })

  it('refuses older TLS by its version, and plain HTTP', async () => {
    // Without a floor of its own the host would take the default of Node, which a flag or an older Node may lower.
    const { DEFAULT_MIN_VERSION: before } = tls
    tls.DEFAULT_MIN_VERSION = 'TLSv1'
    try {
      const { host, port } = await start({ routes: [whoami], tls: server! })
      const old = () => ask(port, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' })
      await expect(old()).rejects.toThrow(/alert protocol version/i)
      host.renewCertificate(server!)
      await expect(old()).rejects.toThrow(/alert protocol version/i)
      await expect(send(port)).rejects.toThrow()
      expect(await ask(port)).toBeUndefined()
    } finally {
      tls.DEFAULT_MIN_VERSION = before
    }
  })

  it('takes suites with authenticated encryption only', async () => {
    const { host, port } = await start({ routes: [whoami], tls: server! })
    const by = (ciphers: string) => ask(port, { maxVersion: 'TLSv1.2', ciphers })
    for (const renewed of [false, true]) {
      if (renewed) host.renewCertificate(server!)
      for (const suite of ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305']) {
        expect(await by(suite)).toBeUndefined()
      }
      for (const suite of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-ECDSA-AES128-SHA256']) {
        await expect(by(suite), suite).rejects.toThrow(/alert handshake failure/i)
      }
    }
  })

  it('closes connections that do not begin a handshake, and holds each address to its own', async () => {
    const { port } = await start({
      routes: [whoami],
      tls: server!,
      limits: { connectionsPerAddress: 2, headersTimeout: 500 },
    })
    const silent = Array.from({ length: 10 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    await Promise.all(silent.slice(2).map((socket) => once(socket, 'close')))
    expect(await ask(port, { localAddress: '127.0.0.2' })).toBeUndefined()
    await expect.poll(() => ask(port).catch(() => 'refused')).toBeUndefined()
  })

  it('takes the certificate of a proxy for nobody’s', async () => {
    const { port } = await start({
      routes: [whoami],
      tls: { ...server!, clientAuthorities: [known!.cert] },
      proxies: { addresses: ['127.0.0.1'] },
    })
    expect(await ask(port, { ...known, headers: { 'x-forwarded-for': '192.0.2.1' } })).toBeUndefined()
    expect(await ask(port, known)).toEqual({ subject: 'CN=known', trusted: true })
  })

  it('takes another certificate for new connections', async () => {
    const renewed = selfSigned('renewed')
    const { host, port } = await start({ routes: [whoami], tls: server! })
    host.renewCertificate(renewed)
    await expect(ask(port)).rejects.toThrow()
    expect(await ask(port, { ca: [renewed.cert] })).toBeUndefined()
  })
})
