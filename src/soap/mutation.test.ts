import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UProveError } from '../../bindings/errors.js'
import { element } from '../xml/tree.js'
import { SoapClient } from './client.js'
import { readEnvelope } from './envelope/envelope.js'
import { readFault } from './envelope/fault.js'
import { soapService } from './service.js'
import type { Transport } from './http/transport.js'
import { BODY, envelope, HEADERS, octets, REPLY_TO } from './testing/envelopes.js'

const SECURITY =
  '<o:Security s:mustUnderstand="1"><u:Timestamp u:Id="_0"><u:Created>2026-11-22T01:02:03Z</u:Created></u:Timestamp>' +
  '<o:UsernameToken><o:Username>alice</o:Username><o:Password>secret</o:Password><o:Nonce>AAAA</o:Nonce>' +
  '</o:UsernameToken></o:Security>'
const MESSAGE = envelope(HEADERS + REPLY_TO + SECURITY, BODY)
/** What may stand where something else was. */
const PIECES = [
  '',
  '<',
  '>',
  '/>',
  '&',
  '"',
  ' ',
  '\n',
  '\0',
  '\uFFFE',
  '<!--',
  ']]>',
  '<?x?>',
  's:',
  'a:',
  'xmlns="',
  '1',
  ...MESSAGE.split(/(?=[<>])/),
]

const changes = fc.array(
  fc.record({ at: fc.nat(MESSAGE.length - 1), length: fc.nat(40), piece: fc.constantFrom(...PIECES) }),
  { minLength: 0, maxLength: 3 },
)
const changed = (text: string, list: readonly { at: number; length: number; piece: string }[]): string =>
  list.reduce((result, { at, length, piece }) => result.slice(0, at) + piece + result.slice(at + length), text)
const CONTENT_TYPE = { 'content-type': 'application/soap+xml; charset=utf-8' }
const now = (): Date => new Date('2026-11-22T01:02:03Z')

describe('a service', () => {
  it('answers whatever it gets: with what it answers, or a fault that can be read', async () => {
    const service = soapService({ receive: ({ body }) => Promise.resolve({ action: 'urn:pong', body }), now })
    const statuses = new Set<number>()
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const body = octets(changed(MESSAGE, list))
        const response = await service({ method: 'POST', target: '/', headers: CONTENT_TYPE, body }, undefined)
        statuses.add(response.status)
        if (response.headers['content-type'] === 'text/xml; charset=utf-8') return
        const answer = readEnvelope(response.body, { understands: () => true })
        const fault = readFault(answer.body, answer.action, answer.relatesTo)
        expect(response.status).toBe(fault === undefined ? 200 : 500)
      }),
      { numRuns: 2000 },
    )
    expect([...statuses].sort()).toEqual([200, 500])
  })
})

describe('a client', () => {
  it('returns answers to its request, and throws errors of this library for all else', async () => {
    let list: Parameters<typeof changed>[1] = []
    const transport: Transport = (_, { body }) => {
      const relatesTo = `<a:RelatesTo>${readEnvelope(body).messageId!}</a:RelatesTo>`
      const answer = changed(MESSAGE, list).replace('</a:Action>', `</a:Action>${relatesTo}`)
      return Promise.resolve({ status: 200, headers: CONTENT_TYPE, body: octets(answer) })
    }
    const client = new SoapClient({ transport, now })
    const outcomes = new Set<string>()
    const body = element({ prefix: 'p', namespace: 'urn:ping', localName: 'Ping' })
    await fc.assert(
      fc.asyncProperty(changes, async (next) => {
        list = next
        const call = client.call({ url: 'https://sts.example/', action: 'urn:a', replyAction: 'urn:ping', body })
        const outcome = await call.then(
          ({ action }) => action,
          (error: unknown) => {
            if (error instanceof UProveError) return error.code
            throw error
          },
        )
        outcomes.add(outcome)
      }),
      { numRuns: 2000 },
    )
    expect([...outcomes]).toEqual(expect.arrayContaining(['urn:ping', 'soap/envelope']))
  })
})
