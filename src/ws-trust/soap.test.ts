import { describe, expect, it } from 'vitest'
import { UProveError } from '../../bindings/errors.js'
import { SoapClient } from '../soap/client.js'
import { SoapFault } from '../soap/envelope/fault.js'
import { securityFault } from '../soap/envelope/standard-faults.js'
import { soapService } from '../soap/service.js'
import { directTransport, type Transport } from '../soap/http/transport.js'
import { verifyPassword } from '../soap/security/username-token.js'
import type { XmlElement } from '../xml/tree.js'
import type { Principal } from './issuance/backend.js'
import { up, WST, wst } from './syntax/names.js'
import { createMessage, messageElement, type PresentationMessage } from './artefacts/presentation-message.js'
import { createPresentationToken } from './presentation/present.js'
import { RelyingParty } from './presentation/relying-party.js'
import { soapIssuance, validateOverSoap } from './soap/soap-client.js'
import { ACTIONS, claimProviderService, relyingPartyService, VALIDATE } from './soap/soap-service.js'
import {
  codeOf,
  createParties,
  createTestIssuer,
  edited,
  GIVEN_NAME,
  heldTokens,
  obtainTokens,
  testClock,
  xml,
} from './testing/fixtures.js'

const issuer = createTestIssuer()
const { parameters } = issuer
const url = 'https://cp.example/claims'
const passwords: Record<string, string> = { alice: 'correct horse', mallory: 'sesame' }

/** A Claim Provider over SOAP for users with passwords; and clients that share its clock. */
function claims() {
  const { provider, client, time } = createParties(issuer)
  const service = claimProviderService<Principal>({
    provider,
    now: time.clock,
    authenticate: async ({ securityHeader }) => {
      const token = securityHeader?.usernameToken
      if (token === undefined) return undefined
      if (!(await verifyPassword(token, passwords[token.username] ?? ''))) throw securityFault('FailedAuthentication')
      return { id: token.username }
    },
  })
  const soap = (username?: string, password?: string, transport: Transport = directTransport(service, undefined)) =>
    new SoapClient({
      transport,
      now: time.clock,
      credentials: username === undefined ? undefined : { username, password: password ?? passwords[username]! },
    })
  return { client, soap, service }
}

/** The subcode of the fault that an action ends in. */
async function faultOf(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof SoapFault)) throw new Error(`no fault: ${String(error)}`)
  expect(error.message).not.toMatch(/undefined|stack/)
  return error.subcodes.map(({ localName }) => localName).join('/')
}

describe('a Claim Provider over SOAP', () => {
  it('issues tokens to whom it can authenticate', async () => {
    const { client, soap } = claims()
    const batches = await client.obtain({ claim: 3, ID: 2 }, soapIssuance({ client: soap('alice'), url }))
    expect(batches.map(({ tokenClass, tokens }) => [tokenClass, tokens.length])).toEqual([
      ['claim', 3],
      ['ID', 2],
    ])
  })

  it('refuses a wrong password, and nobody', async () => {
    const { client, soap } = claims()
    const obtain = (as: SoapClient) => client.obtain({ claim: 1 }, soapIssuance({ client: as, url }))
    expect(await faultOf(obtain(soap('alice', 'wrong')))).toBe('FailedAuthentication')
    expect(await faultOf(obtain(soap()))).toBe('FailedAuthentication')
  })

  it('lets nobody go on with the exchange of another', async () => {
    const { client, soap } = claims()
    const [first, second] = [
      soapIssuance({ client: soap('alice'), url }),
      soapIssuance({ client: soap('mallory'), url }),
    ]
    let step = 0
    const transport = (message: XmlElement) => (step++ === 0 ? first : second)(message)
    expect(await faultOf(client.obtain({ claim: 1 }, transport))).toBe('InvalidRequest')
  })

  it('refuses what is no message of the profile, and other actions', async () => {
    const { soap } = claims()
    const call = (action: string, body: XmlElement) =>
      soap('alice').call({ url, action, replyAction: ACTIONS.response, body })
    expect(await faultOf(call(ACTIONS.request, up('Nothing', {})))).toBe('InvalidRequest')
    expect(await faultOf(call(ACTIONS.response, wst('RequestSecurityTokenResponse', {})))).toBe('InvalidRequest')
    expect(await faultOf(call(`${WST}/RST/Cancel`, up('Nothing', {})))).toBe('ActionNotSupported')
    expect(await faultOf(call(ACTIONS.final, up('Nothing', {})))).toBe('ActionNotSupported')
  })

  it.each([
    [new Error('the directory is down: 10.1.2.3')],
    [new UProveError('store/unavailable', 'the store is down: 10.1.2.3')],
  ])('tells nothing of what fails in itself', async (failure) => {
    const { time, provider } = createParties(issuer)
    const errors: unknown[] = []
    const service = claimProviderService<Principal>({
      provider,
      now: time.clock,
      authenticate: () => Promise.reject(failure),
      onError: (error) => errors.push(error),
    })
    const client = new SoapClient({ transport: directTransport(service, undefined), now: time.clock })
    const body = wst('RequestSecurityToken', {})
    const call = client.call({ url, action: ACTIONS.request, replyAction: ACTIONS.response, body })
    await expect(call).rejects.toMatchObject({
      faultCode: 'Receiver',
      message: expect.not.stringContaining('10.1') as string,
    })
    expect(errors).toEqual([failure])
  })
})

describe('a Relying Party over SOAP', () => {
  const identifier = 'https://rp.example/'
  const time = testClock()
  const present = async (message?: PresentationMessage) => {
    const [token] = heldTokens(await obtainTokens(issuer, { claim: 1, ID: 0 }))
    const tokens = [{ token: token!, parameters, disclose: [GIVEN_NAME] }]
    return createPresentationToken({
      relyingParty: identifier,
      message,
      tokens,
      clock: time.clock,
      consent: () => true,
    })
  }
  function validating() {
    const relyingParty = new RelyingParty({ identifiers: [identifier], parameters: [parameters], clock: time.clock })
    const verdicts: unknown[] = []
    const service = relyingPartyService({ relyingParty, now: time.clock, onVerdict: (v) => verdicts.push(v) })
    const client = new SoapClient({ transport: directTransport(service, undefined), now: time.clock })
    return { relyingParty, verdicts, endpoint: { client, url: identifier } }
  }

  it('accepts a presentation once, and refuses one that was tampered with', async () => {
    const { endpoint, verdicts } = validating()
    const token = await present()
    const tampered = edited(token, '>Bob<', '>Rob<')
    expect(await validateOverSoap(endpoint, tampered)).toEqual({ valid: false, code: 'presentation/proof' })
    expect(await validateOverSoap(endpoint, token)).toEqual({ valid: true })
    expect(await validateOverSoap(endpoint, token)).toEqual({ valid: false, code: 'relying-party/replayed' })
    expect(verdicts).toMatchObject([{ valid: false }, { valid: true }, { valid: false }])
  })

  it('accepts a presentation over a message that it gave', async () => {
    const { endpoint, relyingParty } = validating()
    const message = await relyingParty.challenge()
    const token = await present(message)
    const other = await relyingParty.challenge()
    expect(await validateOverSoap(endpoint, token, other)).toEqual({
      valid: false,
      code: 'relying-party/message-mismatch',
    })
    expect(await validateOverSoap(endpoint, token)).toEqual({ valid: false, code: 'relying-party/nonce-form' })
    expect(await validateOverSoap(endpoint, token, message)).toEqual({ valid: true })
    expect(await validateOverSoap(endpoint, token, message)).toEqual({ valid: false, code: 'relying-party/nonce-used' })
  })

  it('finds the message that it gave in the target too, as version 0.1 sent it', async () => {
    const { endpoint, relyingParty } = validating()
    const message = await relyingParty.challenge()
    const token = await present(message)
    const statusOf = async (given: PresentationMessage) => {
      const target = wst('ValidateTarget', {}, messageElement(given), token)
      const body = wst('RequestSecurityToken', {}, wst('RequestType', {}, VALIDATE), target)
      const actions = { action: ACTIONS.validate, replyAction: ACTIONS.validated }
      const answer = await endpoint.client.call({ url: identifier, ...actions, body })
      return xml(answer.body)
    }
    expect(await statusOf(await relyingParty.challenge())).toContain('relying-party/message-mismatch')
    const accepted = await statusOf(message)
    expect(accepted).toContain(`${WST}/status/valid`)
    expect(accepted).not.toContain('Reason')
  })

  it('accepts no other message in place of the one that it gave', async () => {
    const { endpoint, relyingParty } = validating()
    const { nonce } = await relyingParty.challenge('I pay 10')
    const forged = createMessage(nonce, 'I pay 1')
    const verdict = await validateOverSoap(endpoint, await present(forged), forged)
    expect(verdict).toEqual({ valid: false, code: 'relying-party/message-mismatch' })
  })

  it('refuses what is no request to validate', async () => {
    const { endpoint } = validating()
    const { client } = endpoint
    const token = await present()
    const call = (body: XmlElement, action: string = ACTIONS.validate) =>
      client.call({ url: identifier, action, replyAction: ACTIONS.validated, body })
    const request = (...children: XmlElement[]) => wst('RequestSecurityToken', {}, ...children)
    const type = wst('RequestType', {}, VALIDATE)
    const target = wst('ValidateTarget', {}, token)
    expect(await faultOf(call(request(target)))).toBe('InvalidRequest')
    expect(await faultOf(call(request(wst('RequestType', {}, `${WST}/Issue`), target)))).toBe('InvalidRequest')
    expect(await faultOf(call(request(type)))).toBe('InvalidRequest')
    expect(await faultOf(call(request(type, target, target)))).toBe('InvalidRequest')
    expect(await faultOf(call(request(type, wst('ValidateTarget', {}))))).toBe('InvalidRequest')
    const message = messageElement(createMessage('n'))
    expect(await faultOf(call(request(type, message, wst('ValidateTarget', {}))))).toBe('InvalidRequest')
    expect(await faultOf(call(request(type, message, message, target)))).toBe('InvalidRequest')
    for (const beside of [[], [message]])
      expect(await faultOf(call(request(type, ...beside, wst('ValidateTarget', {}, message, message, token))))).toBe(
        'InvalidRequest',
      )
    expect(await faultOf(call(request(type, message, wst('ValidateTarget', {}, message, token))))).toBe(
      'InvalidRequest',
    )
    expect(await faultOf(call(request(type, wst('ValidateTarget', {}, up('Message', {})))))).toBe('InvalidRequest')
    expect(await faultOf(call(request(type, up('Message', {}), wst('ValidateTarget', {}))))).toBe('InvalidRequest')
    expect(await faultOf(call(request(type, target), ACTIONS.request))).toBe('ActionNotSupported')
    expect(await validateOverSoap(endpoint, token)).toEqual({ valid: true })
  })

  it('tells nothing of what fails in itself', async () => {
    const failure = new Error('the database is down: 10.1.2.3')
    const failing = { add: () => Promise.reject(failure), take: () => Promise.reject(failure) }
    const options = { identifiers: [identifier], parameters: [parameters], clock: time.clock }
    const errors: unknown[] = []
    const service = relyingPartyService({
      relyingParty: new RelyingParty({ ...options, nonces: failing }),
      now: time.clock,
      onError: (error) => errors.push(error),
    })
    const client = new SoapClient({ transport: directTransport(service, undefined), now: time.clock })
    const message = await new RelyingParty(options).challenge()
    const verdict = validateOverSoap({ client, url: identifier }, await present(message), message)
    await expect(verdict).rejects.toMatchObject({
      faultCode: 'Receiver',
      message: expect.not.stringContaining('10.1') as string,
    })
    expect(errors).toEqual([failure])
  })

  it('is not believed without a status', async () => {
    const answers = (body: XmlElement): Transport =>
      directTransport(soapService({ receive: () => Promise.resolve({ action: ACTIONS.validated, body }) }), undefined)
    const client = (body: XmlElement) => ({ client: new SoapClient({ transport: answers(body) }), url: identifier })
    const response = (...children: XmlElement[]) =>
      wst('RequestSecurityTokenResponseCollection', {}, wst('RequestSecurityTokenResponse', {}, ...children))
    const code = (text: string) => response(wst('Status', {}, wst('Code', {}, text)))
    const token = up('UProvePresentationToken', {})
    for (const body of [wst('Nothing', {}), response(), code(''), code(`${WST}/status/VALID`), code('valid')]) {
      expect(await codeOf(() => validateOverSoap(client(body), token))).toBe('ws-trust/element')
    }
    expect(await validateOverSoap(client(code(`${WST}/status/valid`)), token)).toEqual({ valid: true })
    const reason = (...reasons: XmlElement[]) =>
      response(wst('Status', {}, wst('Code', {}, ` ${WST}/status/invalid\n`), ...reasons))
    expect(await validateOverSoap(client(reason()), token)).toEqual({ valid: false, code: '' })
    expect(await validateOverSoap(client(reason(wst('Reason', {}, 'why'))), token)).toEqual({
      valid: false,
      code: 'why',
    })
  })
})
