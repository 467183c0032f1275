import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { connect } from 'node:net'
import { X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
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
  })

  it('answers 503 with Retry-After while it has enough to do, and goes on', async () => {
    const { route, entered, release } = held()
    const { host, port } = await start({ routes: [route, health], limits: { inFlight: 2 } })
    const first = [send(port, { path: '/held' }), send(port, { path: '/held' })]
    while (entered() < 2) await sleep(5)
    expect(host.inFlight).toBe(2)
    expect(await send(port, { path: '/held' })).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(await send(port, { path: '/health' })).toMatchObject({ status: 200 })
    release()
    expect(await Promise.all(first)).toMatchObject([{ status: 200 }, { status: 200 }])
    expect(await send(port, { path: '/held' })).toMatchObject({ status: 200 })
    expect(host.inFlight).toBe(0)
  })

  it('is not kept busy by who sends slowly, and gives up on them', async () => {
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
      handle: () => Promise.resolve({ status: 200, body: new Uint8Array(64 << 20) }),
    }
    const { port } = await start({ routes: [large, health], limits: { connections: 1, requestTimeout: 500 } })
    const slow = connect(port, '127.0.0.1')
    slow.on('error', () => undefined).pause()
    slow.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n')
    await sleep(100)
    await expect(send(port, { path: '/health' })).rejects.toThrow()
    await expect.poll(() => send(port, { path: '/health' }).catch(() => undefined)).toMatchObject({ status: 200 })
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

  it('passes on what certificate a client has shown, and whether its issuer is trusted', async () => {
    const { port } = await start({ routes: [whoami], tls: { ...server!, clientAuthorities: [known!.cert] } })
    expect(await ask(port)).toBeUndefined()
    expect(await ask(port, known)).toEqual({ subject: 'CN=known', trusted: true })
    expect(await ask(port, stranger)).toEqual({ subject: 'CN=stranger', trusted: false })
  })

  it('refuses older TLS, and plain HTTP', async () => {
    const { port } = await start({ routes: [whoami], tls: server! })
    await expect(
      ask(port, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
    ).rejects.toThrow()
    await expect(send(port)).rejects.toThrow()
    expect(await ask(port)).toBeUndefined()
  })

  it('takes another certificate for new connections', async () => {
    const renewed = selfSigned('renewed')
    const { host, port } = await start({ routes: [whoami], tls: server! })
    host.renewCertificate(renewed)
    await expect(ask(port)).rejects.toThrow()
    expect(await ask(port, { ca: [renewed.cert] })).toBeUndefined()
  })
})
