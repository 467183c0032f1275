import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEnvelope } from './envelope.js'
import { readFault } from './fault.js'
import { soapService } from './service.js'
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

describe('a service', () => {
  it('answers whatever it gets: with what it answers, or a fault that can be read', async () => {
    const service = soapService({
      receive: ({ body }) => Promise.resolve({ action: 'urn:pong', body }),
      now: () => new Date('2026-11-22T01:02:03Z'),
    })
    const statuses = new Set<number>()
    const change = fc.record({
      at: fc.nat(MESSAGE.length - 1),
      length: fc.nat(40),
      piece: fc.constantFrom(...PIECES),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 0, maxLength: 3 }), async (changes) => {
        let text = MESSAGE
        for (const { at, length, piece } of changes) text = text.slice(0, at) + piece + text.slice(at + length)
        const headers = { 'content-type': 'application/soap+xml; charset=utf-8' }
        const response = await service({ method: 'POST', target: '/', headers, body: octets(text) }, undefined)
        statuses.add(response.status)
        if (response.headers['content-type'] === 'text/xml; charset=utf-8') return
        const { body, action, relatesTo } = readEnvelope(response.body, { understands: () => true })
        expect(response.status).toBe(readFault(body, action, relatesTo) === undefined ? 200 : 500)
      }),
      { numRuns: 2000 },
    )
    expect(statuses).toEqual(new Set([200, 500]))
  })
})
