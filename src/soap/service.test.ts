import { describe, expect, it } from 'vitest'
import { element } from '../xml/tree.js'
import { SoapClient, type SoapCall } from './client.js'
import { readEnvelope, writeEnvelope, writeFault } from './envelope/envelope.js'
import { readFault, SoapFault } from './envelope/fault.js'
import type { HttpRequest, HttpResponse } from './http/http.js'
import { SOAP, SOAP_1_1, WSA, WSSE, WSU } from './envelope/names.js'
import { soapService, type SoapServiceOptions } from './service.js'
import { envelope, HEADERS, MESSAGE_ID, octets } from './testing/envelopes.js'
import { directTransport, fetchTransport, type Transport } from './http/transport.js'
import { actionNotSupported } from './envelope/standard-faults.js'

const PING = element({ prefix: 'p', namespace: 'urn:ping', localName: 'Ping' })
const NOW = new Date('2026-11-22T01:02:03Z')

function service(options: Partial<SoapServiceOptions<string>> = {}) {
  return soapService<string>({
    receive: ({ body }) => Promise.resolve({ action: 'urn:pong', body }),
    now: () => NOW,
    ...options,
  })
}

function request(body: string, overrides: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'POST',
    target: '/',
    headers: { 'content-type': 'application/soap+xml; charset=utf-8' },
    body: octets(body),
    ...overrides,
  }
}

/** The fault in an answer, which must be one. */
function faultIn(response: HttpResponse): SoapFault {
  expect(response.status).toBe(500)
  expect(response.headers['content-type']).toBe('application/soap+xml; charset=utf-8')
  const { body, action, relatesTo } = readEnvelope(response.body, { understands: () => true })
  return readFault(body, action, relatesTo)!
}

describe('a service', () => {
  it('answers a request', async () => {
    const response = await service()(request(envelope(HEADERS)), 'peer')
    expect(response).toMatchObject({ status: 200, headers: { 'content-type': 'application/soap+xml; charset=utf-8' } })
    expect(readEnvelope(response.body)).toMatchObject({
      action: 'urn:pong',
      relatesTo: MESSAGE_ID,
      security: undefined,
    })
  })

  it('hands over the target, the context and who the security header names', async () => {
    const seen: unknown[] = []
    const handle = service({
      receive: ({ http, context, securityHeader, body }) => {
        seen.push(http.target, context, securityHeader?.usernameToken?.username)
        return Promise.resolve({ action: 'urn:pong', body })
      },
    })
    const security =
      '<o:Security s:mustUnderstand="1"><o:UsernameToken><o:Username>alice</o:Username></o:UsernameToken></o:Security>'
    await handle(request(envelope(HEADERS + security), { target: '/x?y=z' }), 'peer')
    expect(seen).toEqual(['/x?y=z', 'peer', 'alice'])
  })

  const stamp = (created: string) =>
    `<o:Security s:mustUnderstand="1"><u:Timestamp><u:Created>${created}</u:Created></u:Timestamp></o:Security>`

  it('answers a Timestamp with one, faults too', async () => {
    const expectStamped = (response: HttpResponse) => {
      const security = readEnvelope(response.body, { understands: () => true }).security
      const created = security?.elements[0]?.elements[0]
      expect(created?.is(WSU, 'Created')).toBe(true)
      expect(created?.text).toBe(NOW.toISOString())
    }
    const stamped = request(envelope(HEADERS + stamp(NOW.toISOString())))
    expectStamped(await service()(stamped, ''))
    expectStamped(await service({ receive: () => Promise.reject(actionNotSupported('urn:ping')) })(stamped, ''))
  })

  it('refuses messages of another time, unless its clock may be off', async () => {
    const early = request(envelope(HEADERS + stamp('2026-11-22T01:12:03Z')))
    const fault = faultIn(await service()(early, ''))
    expect(fault.hasSubcode(WSSE, 'MessageExpired')).toBe(true)
    expect((await service({ skewSeconds: 3600 })(early, '')).status).toBe(200)
  })

  it('sends the faults of its receiver, and nothing of other errors', async () => {
    const errors: unknown[] = []
    const onError = (error: unknown): void => void errors.push(error)
    const fault = faultIn(
      await service({ receive: () => Promise.reject(actionNotSupported('urn:ping')), onError })(
        request(envelope(HEADERS)),
        '',
      ),
    )
    expect(fault).toMatchObject({ faultCode: 'Sender', relatesTo: MESSAGE_ID, action: `${WSA}/fault` })
    expect(fault.hasSubcode(WSA, 'ActionNotSupported')).toBe(true)
    const secret = new Error('the password is swordfish')
    const response = await service({ receive: () => Promise.reject(secret), onError })(request(envelope(HEADERS)), '')
    expect(faultIn(response)).toMatchObject({ faultCode: 'Receiver', relatesTo: MESSAGE_ID, detail: [] })
    expect(new TextDecoder().decode(response.body)).not.toContain('swordfish')
    expect(errors[1]).toBe(secret)
  })

  it('answers with a fault when its answer cannot be written', async () => {
    const receive = () => Promise.resolve({ action: 'urn:\u0000', body: PING })
    expect(faultIn(await service({ receive })(request(envelope(HEADERS)), '')).faultCode).toBe('Receiver')
  })

  it('lets faults be chosen', async () => {
    const faultFor = (_: unknown, received?: { action: string }) =>
      new SoapFault({ faultCode: 'Receiver', reasons: received?.action ?? 'none' })
    expect(faultIn(await service({ faultFor })(request(envelope('')), '')).message).toBe('none')
    const receive = () => Promise.reject(new Error())
    expect(faultIn(await service({ faultFor, receive })(request(envelope(HEADERS)), ''))).toMatchObject({
      message: 'urn:ping',
      relatesTo: MESSAGE_ID,
    })
  })

  it('says what a malformed request was called, if it can be told', async () => {
    expect(faultIn(await service()(request(envelope(HEADERS + HEADERS)), '')).relatesTo).toBeUndefined()
    const strange = `${HEADERS}<x:x xmlns:x="urn:x" s:mustUnderstand="1"/>`
    expect(faultIn(await service()(request(envelope(strange)), ''))).toMatchObject({
      faultCode: 'MustUnderstand',
      relatesTo: MESSAGE_ID,
    })
  })

  it('wants a MessageID, and no To and ReplyTo', async () => {
    const fault = faultIn(await service()(request(envelope('<a:Action>urn:ping</a:Action>')), ''))
    expect(fault.hasSubcode(WSA, 'MessageAddressingHeaderRequired')).toBe(true)
  })

  it.each([
    'application/soap+xml;action="urn:ping";charset=utf-8',
    'application/soap+xml; charset="UTF-8"; action=urn:ping',
    'application/soap+xml',
  ])('takes the content type %s', async (type) => {
    expect((await service()(request(envelope(HEADERS), { headers: { 'content-type': type } }), '')).status).toBe(200)
  })

  it('has a fault for another action in the content type', async () => {
    const headers = { 'content-type': 'application/soap+xml; action="urn:other"' }
    expect(
      faultIn(await service()(request(envelope(HEADERS), { headers }), '')).hasSubcode(WSA, 'ActionMismatch'),
    ).toBe(true)
  })

  it.each([
    undefined,
    '',
    'application/xml',
    'application/json',
    'application/soap+xml; charset=utf-16',
    'application/soap+xml; charset',
  ])('refuses the content type %s', async (type) => {
    const response = await service()(request(envelope(HEADERS), { headers: { 'content-type': type } }), '')
    expect(response.status).toBe(415)
  })

  it('refuses other methods', async () => {
    expect(await service()(request('', { method: 'GET' }), '')).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    })
  })

  it.each([
    ['its media type', request('x', { headers: { 'content-type': 'text/xml; charset=utf-8' } })],
    ['its envelope', request(envelope('').replace(SOAP, SOAP_1_1))],
  ])('tells who speaks SOAP 1.1 by %s what it speaks', async (_, old) => {
    const response = await service()(old, '')
    expect(response).toMatchObject({ status: 500, headers: { 'content-type': 'text/xml; charset=utf-8' } })
    const text = new TextDecoder().decode(response.body)
    expect(text).toContain('<faultcode>s:VersionMismatch</faultcode>')
    expect(text).toContain(`<s:SupportedEnvelope xmlns:q="${SOAP}" qname="q:Envelope">`)
  })
})

describe('a client', () => {
  const call = (client: SoapClient, overrides: Partial<SoapCall> = {}) =>
    client.call({
      url: 'https://sts.example/x?y=z',
      action: 'urn:ping',
      replyAction: 'urn:pong',
      body: PING,
      ...overrides,
    })
  const client = (transport: Transport) => new SoapClient({ transport, now: () => NOW })
  const soap = { 'content-type': 'application/soap+xml; charset=utf-8' }
  /** Answers with what is made of the MessageID. */
  const answering =
    (status: number, make: (messageId: string) => Uint8Array, headers: Record<string, string> = soap): Transport =>
    (_, { body }) =>
      Promise.resolve({ status, headers, body: make(readEnvelope(body, { understands: () => true }).messageId!) })
  const pong = (messageId: string) => writeEnvelope({ action: 'urn:pong', relatesTo: messageId, body: PING })

  it('reads the answer of a service', async () => {
    const answer = await call(client(directTransport(service(), 'peer')))
    expect(answer.body.is('urn:ping', 'Ping')).toBe(true)
  })

  it('names the receiver, and shows its credentials to it', async () => {
    let seen: unknown
    const receive: SoapServiceOptions<string>['receive'] = ({ to, securityHeader, body }) => {
      seen = { to, ...securityHeader }
      return Promise.resolve({ action: 'urn:pong', body })
    }
    const transport = directTransport(service({ receive }), 'peer')
    await call(new SoapClient({ transport, now: () => NOW, credentials: { username: 'alice', password: 'secret' } }))
    expect(seen).toMatchObject({
      to: 'https://sts.example/x?y=z',
      usernameToken: { username: 'alice', type: 'text', password: 'secret' },
      timestamp: { created: NOW },
    })
  })

  it('throws the faults of the server', async () => {
    const receive = () => Promise.reject(actionNotSupported('urn:ping'))
    const failed = call(client(directTransport(service({ receive }), '')))
    await expect(failed).rejects.toMatchObject({ code: 'soap/fault', faultCode: 'Sender' })
    await expect(failed).rejects.toBeInstanceOf(SoapFault)
  })

  const timed = (name: string, time: string) =>
    octets(envelope(`${HEADERS}<o:Security><u:Timestamp><u:${name}>${time}</u:${name}></u:Timestamp></o:Security>`))

  const fault = new SoapFault({ faultCode: 'Receiver', reasons: 'No.' })
  it.each([200, 400, 500])('knows a fault with status %d, related or not', async (status) => {
    for (const make of [() => writeFault(fault), (id: string) => writeFault(fault.inReplyTo(id))]) {
      await expect(call(client(answering(status, make)))).rejects.toMatchObject({ code: 'soap/fault', message: 'No.' })
    }
  })

  it('knows a fault without any headers', async () => {
    const bare = `<s:Envelope xmlns:s="${SOAP}"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code></s:Fault></s:Body></s:Envelope>`
    await expect(call(client(answering(400, () => octets(bare))))).rejects.toMatchObject({ faultCode: 'Sender' })
  })

  it.each<[string, Transport]>([
    ['soap/relates-to', answering(500, () => writeFault(fault.inReplyTo('urn:other')))],
    ['soap/relates-to', answering(200, () => pong('urn:other'))],
    ['soap/relates-to', answering(200, () => writeEnvelope({ action: 'urn:pong', body: PING }))],
    ['soap/action', answering(200, (id) => writeEnvelope({ action: 'urn:peng', relatesTo: id, body: PING }))],
    ['soap/http-status', answering(500, pong)],
    ['soap/http-status', answering(401, () => octets('no'), { 'content-type': 'text/html' })],
    ['soap/http-status', answering(302, () => octets(''), {})],
    ['soap/content-type', answering(200, pong, { 'content-type': 'text/xml' })],
    ['soap/content-type', answering(200, pong, {})],
    ['soap/envelope', answering(200, () => octets('<html/>'))],
    ['soap/envelope', answering(200, () => octets(envelope(`${HEADERS}<x:x xmlns:x="urn:x" s:mustUnderstand="1"/>`)))],
    ['soap/envelope', answering(500, () => octets(envelope(HEADERS, '<s:Body><s:Fault/></s:Body>')))],
    ['soap/clock', answering(200, () => timed('Expires', '2020-01-01T00:00:00Z'))],
    ['soap/clock', answering(200, () => timed('Created', '9020-01-01T00:00:00Z'))],
    ['soap/envelope', answering(200, () => timed('Expires', 'soon'))],
  ])('has %s for what is no answer', async (code, transport) => {
    await expect(call(client(transport))).rejects.toMatchObject({ code })
  })

  it('speaks to https only, unless told otherwise', async () => {
    const transport = directTransport(service(), '')
    const url = 'http://sts.example/'
    await expect(call(client(transport), { url })).rejects.toMatchObject({ code: 'soap/insecure-url' })
    await expect(call(client(transport), { url: 'ftp://sts.example/' })).rejects.toMatchObject({
      code: 'soap/insecure-url',
    })
    expect((await call(new SoapClient({ transport, allowHttp: true }), { url })).action).toBe('urn:pong')
  })

  it('ends with its signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(call(client(directTransport(service(), '')), { signal })).rejects.toThrow('enough')
  })
})

describe('fetchTransport', () => {
  const send = (fetch: typeof globalThis.fetch, options = {}) =>
    fetchTransport({ fetch })(
      new URL('https://sts.example/'),
      { method: 'POST', headers: {}, body: octets('x') },
      { maxBytes: 10, ...options },
    )

  it('sends no cookies, follows no redirects, and reads what comes', async () => {
    let seen: RequestInit | undefined
    const response = await send((_, init) => {
      seen = init
      return Promise.resolve(new Response('0123456789', { status: 500, headers: { 'X-Y': 'z' } }))
    })
    expect(seen).toMatchObject({ method: 'POST', redirect: 'error', credentials: 'omit' })
    expect(response).toMatchObject({ status: 500, headers: { 'x-y': 'z' }, body: octets('0123456789') })
  })

  it('refuses long answers, and says what the network says', async () => {
    await expect(send(() => Promise.resolve(new Response('0123456789a')))).rejects.toMatchObject({
      code: 'soap/too-long',
    })
    const cause = new TypeError('fetch failed')
    await expect(send(() => Promise.reject(cause))).rejects.toMatchObject({ code: 'soap/transport', cause })
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(send(() => Promise.reject(cause), { signal })).rejects.toThrow('enough')
  })
})
