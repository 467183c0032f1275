import { describe, expect, it } from 'vitest'
import { element } from '../xml/tree.js'
import { soapService } from './service.js'
import { SoapClient } from './client.js'
import { directTransport } from './transport.js'

const PING = element({ prefix: 'p', namespace: 'urn:ping', localName: 'Ping' })

describe('a service and a client', () => {
  it('exchange messages', async () => {
    const service = soapService<string>({
      receive: (request) => Promise.resolve({ action: 'urn:pong', body: request.body }),
    })
    const client = new SoapClient({ transport: directTransport(service, 'peer') })
    const answer = await client.call({
      url: 'https://sts.example/',
      action: 'urn:ping',
      replyAction: 'urn:pong',
      body: PING,
    })
    expect(answer.body.is('urn:ping', 'Ping')).toBe(true)
  })
})
