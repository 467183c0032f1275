import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { UProveError } from '../../../bindings/errors.js'
import { SoapError } from '../../soap/errors.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { WSSE } from '../../soap/envelope/names.js'
import { enrollmentFault } from '../../wstep/faults/fault-detail.js'
import { FailureError } from '../errors.js'
import { describeFailure, describeStatus } from './failures.js'

describe('the description of a failure', () => {
  it.each<[string, Error, string]>([
    ['a failure of a command', new FailureError('no such thing'), 'no such thing'],
    ['an error of the library', new UProveError('a/b', 'It is so.'), 'It is so (a/b)'],
    [
      'a fault',
      new SoapFault({
        faultCode: 'Sender',
        reasons: 'Go\u001b[2J away.',
        subcodes: [{ namespace: WSSE, localName: 'FailedAuthentication' }],
      }),
      'the server refused: Go\\u001b[2J away (Sender, FailedAuthentication)',
    ],
    [
      'a fault of an authority',
      enrollmentFault({ errorCode: 0x80094012 | 0, invalidRequest: true, requestId: '7' }, [
        { language: 'en-US', text: 'Denied.' },
      ]),
      'the server refused: Denied (Receiver, 0x80094012, request 7)',
    ],
    [
      'a server that is overloaded',
      new SoapError('soap/http-status', { status: 503 }),
      'the server is overloaded or shutting down (status 503); try again later',
    ],
    [
      'an answer that is no message',
      new SoapError('soap/content-type'),
      'The media type of the answer must be application/soap+xml, in UTF-8 (soap/content-type)',
    ],
    [
      'a server that does not answer',
      new SoapError('soap/transport', { cause: new Error('timed out') }),
      'cannot reach the server: the server does not answer',
    ],
    [
      'a connection that broke',
      new SoapError('soap/transport', { cause: new Error('whatever') }),
      'cannot reach the server: the connection broke',
    ],
  ])('%s', (_, error, expected) => {
    expect(describeFailure(error)).toBe(expected)
  })

  it('an address in use', async () => {
    const first = createServer().listen(0, '127.0.0.1')
    await once(first, 'listening')
    const { port } = first.address() as AddressInfo
    const [error] = (await once(createServer().listen(port, '127.0.0.1'), 'error')) as [Error]
    first.close()
    expect(describeFailure(error)).toBe(`127.0.0.1:${port}: the address is in use by another server`)
  })

  it.each([[new TypeError('a bug')], [new Error('a bug')], ['a bug'], [undefined]])(
    'is missing for %s, which is a bug',
    (error) => {
      expect(describeFailure(error)).toBeUndefined()
    },
  )

  it.each([
    ['{"code":"store/unavailable","message":"m"}', 'the database of the server is unavailable (status 503)'],
    ['{"code":"limit/in-flight","message":"m"}', 'the server is overloaded or shutting down (status 503)'],
    ['{"code":7}', 'the server is overloaded'],
    ['null', 'the server is overloaded'],
    ['Service Unavailable', 'the server is overloaded'],
  ])('tells overload from a missing database: 503 with %s', (body, expected) => {
    expect(describeStatus(503, body)).toContain(expected)
    expect(describeStatus(503, new TextEncoder().encode(body))).toContain(expected)
    expect(describeStatus(500, body)).toBe('the server answered with HTTP status 500')
  })

  it('gives no advice for an uncommon status', () => {
    expect(describeStatus(418)).toBe('the server answered with HTTP status 418')
  })
})
