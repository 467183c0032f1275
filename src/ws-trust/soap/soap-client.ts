import type { SoapClient } from '../../soap/client.js'
import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { WST } from '../syntax/names.js'
import type { PresentationMessage } from '../artefacts/presentation-message.js'
import { ACTIONS, STATUS, writeValidation } from './soap-service.js'
import type { IssuanceTransport } from '../issuance/token-client.js'

export interface SoapEndpoint {
  /** The client, with the user's credentials and a transport. */
  readonly client: SoapClient
  readonly url: string | URL
  readonly signal?: AbortSignal
}

/**
 * A transport that carries the messages of `TokenClient.obtain()` to a Claim Provider over SOAP 1.2. It throws what
 * `SoapClient.call` throws.
 */
export function soapIssuance({ client, url, signal }: SoapEndpoint): IssuanceTransport {
  return async (body) => {
    const begins = body.is(WST, 'RequestSecurityToken')
    const { request, response, final } = ACTIONS
    const actions = begins ? { action: request, replyAction: response } : { action: response, replyAction: final }
    return (await client.call({ url, ...actions, body, signal })).body
  }
}

/** The verdict of a Relying Party on a presentation token; `code` is the Relying Party's reason, as received. */
export type Validation = { readonly valid: true } | { readonly valid: false; readonly code: string }

/**
 * The verdict of a Relying Party on a presentation token, over SOAP 1.2. Pass `message` if the Relying Party made it. Throws
 * `WsTrustError` (`ws-trust/element`) for an answer without a status, and what `SoapClient.call` throws.
 */
export async function validateOverSoap(
  { client, url, signal }: SoapEndpoint,
  token: XmlElement,
  message?: PresentationMessage,
): Promise<Validation> {
  const { validate: action, validated: replyAction } = ACTIONS
  const { body } = await client.call({ url, action, replyAction, body: writeValidation(token, message), signal })
  const status = body.child('RequestSecurityTokenResponse', WST)?.child('Status', WST)
  const code = status?.child('Code', WST)?.text?.trim()
  if (code === STATUS.valid) return { valid: true }
  if (code !== STATUS.invalid) throw new WsTrustError('ws-trust/element')
  return { valid: false, code: status?.child('Reason', WST)?.text ?? '' }
}
