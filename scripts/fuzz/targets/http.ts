import { TestAccounts } from '../../../src/authentication/testing/accounts.js'
import { signatureVerifier } from '../../../src/pki/keys/keys.js'
import { artefacts } from '../../../src/pki/testing/artefacts.js'
import { isNetwork, TrustedProxies } from '../../../src/server/http/forwarded.js'
import { networkOf } from '../../../src/server/http/ip-address.js'
import { readEnvelope } from '../../../src/soap/envelope/envelope.js'
import { parseContentType } from '../../../src/soap/http/content-type.js'
import { retryAfter } from '../../../src/soap/http/transport.js'
import { SecurityTokenService } from '../../../src/wstep/security-token-service.js'
import { envelopeText, exchangeText, issueText, passwordText, queryText } from '../../../src/wstep/testing/exchange.js'
import { ScriptedAuthority } from '../../../src/wstep/testing/scripted-authority.js'
import { textOf, utf8, type Target } from './property.js'

const XML = 'POST\napplication/soap+xml; charset=utf-8\n192.0.2.1, 10.0.0.1\n120\0'

export const http: Target = {
  explores:
    'requests to the Security Token Service as its HTTP handler gets them: a status, and for each SOAP message a reply or a fault; headers of proxies',
  words: [
    ...[
      'POST\n',
      'GET\n',
      'application/soap+xml',
      '; charset=utf-8',
      '; action="urn:a"',
      'text/xml',
      '\n',
      '\0',
      '[2001:db8::1]:80',
      'for="',
      ';by=',
      '::ffff:192.0.2.1',
    ],
    ...[
      '<s:Header>',
      '<a:MessageID>',
      '<o:UsernameToken>',
      '<u:Timestamp>',
      '<t:RequestSecurityToken',
      '<t:RequestType>',
      '<o:BinarySecurityToken',
      'i:nil="true"',
      's:mustUnderstand="1"',
    ],
  ],
  seeds: () => {
    const security = passwordText('alice', 'wonderland')
    const bodies = [...artefacts.request.slice(0, 4).map(issueText), queryText('5'), exchangeText, '']
    return Promise.resolve([
      ...bodies.map((body) => utf8(XML + envelopeText({ security, body }))),
      utf8(`GET\ntext/xml\nfor="[2001:db8::1]:80";by=x\nSun, 29 Nov 2026 10:00:00 GMT\0`),
    ])
  },
  prepare: () => {
    const verifier = signatureVerifier()
    const failures: unknown[] = []
    // A new one for each input, since both remember what they saw.
    const serviceNow = (): SecurityTokenService => {
      const authority = new ScriptedAuthority()
      authority.submitted = () => Promise.resolve({ status: 'pending', requestId: '5', queryToken: 'unguessable' })
      return new SecurityTokenService({
        authority,
        verifier,
        address: 'https://sts.example/wstep',
        accounts: new TestAccounts({ alice: 'wonderland' }),
        events: { failed: (error) => void failures.push(error) },
      })
    }
    const proxies = (['x-forwarded-for', 'forwarded'] as const).map(
      (header) => new TrustedProxies({ addresses: ['10.0.0.0/8'], header }),
    )
    return Promise.resolve(async (input: Uint8Array) => {
      const end = input.indexOf(0)
      const [method = '', contentType = '', forwarded = '', later = ''] = textOf(
        end < 0 ? input : input.subarray(0, end),
      ).split('\n')
      const body = end < 0 ? new Uint8Array() : input.slice(end + 1)
      parseContentType(contentType)
      retryAfter({ status: 503, headers: { 'retry-after': later }, body })
      isNetwork(forwarded)
      for (const each of proxies) networkOf(each.clientOf('10.0.0.1', { 'x-forwarded-for': forwarded, forwarded }))
      failures.length = 0
      const response = await serviceNow().handle(
        { method, target: '/wstep', headers: { 'content-type': contentType }, body },
        undefined,
      )
      if (failures.length > 0) throw new Error('the service failed', { cause: failures[0] })
      if (![200, 405, 415, 500].includes(response.status)) throw new Error(`status ${String(response.status)}`)
      // A reply and a fault alike have to be messages that a client can read.
      const isOld = response.headers['content-type']?.startsWith('text/xml') === true
      if ([200, 500].includes(response.status) && !isOld) readEnvelope(response.body, { understands: () => true })
    })
  },
}
