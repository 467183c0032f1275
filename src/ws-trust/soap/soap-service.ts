import { SoapFault } from '../../soap/envelope/fault.js'
import type { HttpHandler } from '../../soap/http/http.js'
import { actionNotSupported } from '../../soap/envelope/standard-faults.js'
import { soapService, type SoapReply, type SoapRequest, type SoapServiceOptions } from '../../soap/service.js'
import { ElementReader, inputElement } from '../../xml/reader.js'
import type { XmlElement } from '../../xml/tree.js'
import type { Principal } from '../issuance/backend.js'
import type { ClaimProvider } from '../issuance/claim-provider.js'
import { isOwnFailure, wsTrustFault } from './faults.js'
import { TOKEN_TYPE, UP, WST, wst } from '../syntax/names.js'
import { messageElement, readMessage } from '../artefacts/presentation-message.js'
import type { AcceptedPresentation, RefusedPresentation, RelyingParty } from '../presentation/relying-party.js'

/** Actions of WS-Trust 1.3: section 4 for issuance and its further legs, section 7 for validation. */
export const ACTIONS = {
  request: `${WST}/RST/Issue`,
  response: `${WST}/RSTR/Issue`,
  final: `${WST}/RSTRC/IssueFinal`,
  validate: `${WST}/RST/Validate`,
  validated: `${WST}/RSTRC/ValidateFinal`,
} as const

/** The request type and the status codes of validation (WS-Trust 1.3, section 7). */
export const VALIDATE = `${WST}/Validate`
export const STATUS = { valid: `${WST}/status/valid`, invalid: `${WST}/status/invalid` } as const

type ServiceOptions<Context> = Omit<SoapServiceOptions<Context>, 'receive' | 'faultFor'>

export interface ClaimProviderServiceOptions<P extends Principal, Context> extends ServiceOptions<Context> {
  readonly provider: ClaimProvider<P>
  /**
   * The client that sends a request, by the credentials in its security header and by what the host knows (`request.context`).
   * Throws a `SoapFault` for wrong credentials. Undefined if there are none; this profile then refuses the request.
   */
  readonly authenticate: (request: SoapRequest<Context>) => Promise<P | undefined>
}

/**
 * A Claim Provider over SOAP 1.2 (section 4.2 in the bindings of WS-Trust): RST/Issue is answered by RSTR/Issue, that by
 * RSTRC/IssueFinal. A refusal is a fault with a subcode of WS-Trust that says no more.
 */
export function claimProviderService<P extends Principal, Context = undefined>(
  options: ClaimProviderServiceOptions<P, Context>,
): HttpHandler<Context> {
  const { provider, authenticate, ...rest } = options
  return soapService<Context>({
    ...rest,
    faultFor,
    receive: async (request) => {
      const { action, body } = request
      if (action !== ACTIONS.request && action !== ACTIONS.response) throw actionNotSupported(action)
      const principal = await authenticate(request)
      if (action === ACTIONS.request) {
        return { action: ACTIONS.response, body: await provider.request(principal, body) }
      }
      return { action: ACTIONS.final, body: await provider.respond(principal, body) }
    },
  })
}

export interface RelyingPartyServiceOptions<Context> extends ServiceOptions<Context> {
  readonly relyingParty: RelyingParty
  /** Called with every verdict. */
  readonly onVerdict?: (verdict: AcceptedPresentation | RefusedPresentation, request: SoapRequest<Context>) => void
}

/**
 * A Relying Party over SOAP 1.2. It validates the presentation token in the wst:ValidateTarget of an RST/Validate (WS-Trust
 * 1.3, section 7), and answers with the status, and the code of a refusal as the reason. A message that `challenge()` gave
 * stands before the target, or in it before the token; without it, the token must be over a fresh message of the client's own.
 */
export function relyingPartyService<Context = undefined>(
  options: RelyingPartyServiceOptions<Context>,
): HttpHandler<Context> {
  const { relyingParty, onVerdict = () => undefined, ...rest } = options
  return soapService<Context>({
    ...rest,
    faultFor,
    receive: async (request) => {
      if (request.action !== ACTIONS.validate) throw actionNotSupported(request.action)
      const { token, message } = readTarget(request.body)
      const verdict = await relyingParty.verify(token, message && readMessage(message))
      onVerdict(verdict, request)
      return validated(verdict)
    },
  })
}

/** The wst:RequestSecurityToken that asks to validate a presentation token. */
export function writeValidation(token: XmlElement, message?: Parameters<typeof messageElement>[0]): XmlElement {
  return wst(
    'RequestSecurityToken',
    {},
    wst('TokenType', {}, `${WST}/RSTR/Status`),
    wst('RequestType', {}, VALIDATE),
    // Beside the target: the schema of WS-Trust lets a target have one element.
    message && messageElement(message),
    wst('ValidateTarget', {}, token),
  )
}

function readTarget(body: XmlElement): { token: XmlElement; message: XmlElement | undefined } {
  const refuse = (): SoapFault => fault('InvalidRequest')
  const rules = { namespace: WST, refuse }
  const request = new ElementReader(inputElement(body, 'RequestSecurityToken', WST, refuse), rules, 'any')
  const target = request.only('ValidateTarget')
  if (request.only('RequestType')?.text?.trim() !== VALIDATE || target === undefined) throw refuse()
  const beside = request.only('Message', UP)
  const contents = new ElementReader(target, rules, 'any').rest()
  const token = contents.pop()
  // Clients of version 0.1 put the message into the target.
  const [message, ...others] = beside === undefined ? contents : [beside, ...contents]
  if (token === undefined || others.length > 0) throw refuse()
  return { token, message }
}

function validated(verdict: AcceptedPresentation | RefusedPresentation): SoapReply {
  const status = wst(
    'Status',
    {},
    wst('Code', {}, verdict.valid ? STATUS.valid : STATUS.invalid),
    verdict.valid ? undefined : wst('Reason', {}, verdict.code),
  )
  const response = wst('RequestSecurityTokenResponse', {}, wst('TokenType', {}, TOKEN_TYPE), status)
  return { action: ACTIONS.validated, body: wst('RequestSecurityTokenResponseCollection', {}, response) }
}

/** The reasons of WS-Trust 1.3, section 11. */
const REASONS = {
  InvalidRequest: 'The request was invalid or malformed',
  FailedAuthentication: 'Authentication failed',
  InvalidSecurityToken: 'A security token was not accepted',
  RequestFailed: 'The specified request failed',
} as const

function fault(name: keyof typeof REASONS, cause?: unknown): SoapFault {
  return new SoapFault({
    faultCode: 'Sender',
    subcodes: [{ namespace: WST, localName: name }],
    reasons: REASONS[name],
    cause,
  })
}

function faultFor(error: unknown): SoapFault {
  if (error instanceof SoapFault) return error
  if (!isOwnFailure(error)) return fault(wsTrustFault(error), error)
  return new SoapFault({
    faultCode: 'Receiver',
    reasons: 'The server was unable to process the request.',
    cause: error,
  })
}
