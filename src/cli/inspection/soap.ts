import type { Engine } from '../../index.js'
import { readFault, type SoapFault } from '../../soap/envelope/fault.js'
import { SOAP, WSA, WSSE, WSU } from '../../soap/envelope/names.js'
import { WST } from '../../ws-trust/syntax/names.js'
import { readFaultDetail } from '../../wstep/faults/fault-detail.js'
import { KEY_EXCHANGE_TYPE, QUERY_TYPE, WSTEP, X509_V3 } from '../../wstep/messages/names.js'
import { readRequest } from '../../wstep/messages/request-message.js'
import { readResponse } from '../../wstep/messages/response-message.js'
import type { XmlElement } from '../../xml/tree.js'
import { hresult } from '../command/failures.js'
import { explainDer } from './der.js'
import { Inspection } from './inspection.js'
import { some, type ExplainedArtefact, type Facts } from './facts.js'

/** Explains the headers of a SOAP 1.2 envelope. The body is explained separately. */
export function explainEnvelope(envelope: XmlElement): ExplainedArtefact {
  const headers = envelope.child('Header', SOAP)?.elements ?? []
  const text = (localName: string): string | undefined =>
    headers.find((header) => header.is(WSA, localName))?.text?.trim()
  const security = headers.find((header) => header.is(WSSE, 'Security'))
  const others = headers.filter((header) => header.namespace !== WSA && header !== security)
  const facts: Facts = {
    action: text('Action'),
    to: text('To'),
    message: text('MessageID'),
    'in reply to': text('RelatesTo'),
    security: security && ofSecurity(security),
    'other headers': some(others.map(({ localName }) => localName)),
  }
  return { artefact: 'SOAP 1.2 message', facts }
}

/** Names the user and the form of the password, never the password. */
function ofSecurity(security: XmlElement): Facts {
  const token = security.child('UsernameToken', WSSE)
  const type = token && token.child('Password', WSSE)?.attribute('Type')?.split('#').at(-1)
  const timestamp = security.child('Timestamp', WSU)
  return {
    user: token && token.child('Username', WSSE)?.text,
    password: token && (type ?? 'none'),
    'valid until': timestamp && timestamp.child('Expires', WSU)?.text,
  }
}

/** Explains a fault in all its languages. Undefined for an element that is not a SOAP 1.2 fault. */
export function explainFault(element: XmlElement): ExplainedArtefact | undefined {
  const fault = readFault(element)
  return fault && { artefact: 'SOAP fault', facts: ofFault(fault) }
}

function ofFault(fault: SoapFault): Facts {
  const detail = readFaultDetail(fault)
  return {
    code: fault.faultCode,
    subcodes: some(fault.subcodes.map(({ localName }) => localName)),
    reasons: fault.reasons.map(({ language, text }) => `${language}: ${text}`),
    'certificate request': detail && {
      HRESULT: detail.errorCode === undefined ? undefined : hresult(detail.errorCode),
      'request denied': detail.invalidRequest,
      request: detail.requestId,
    },
  }
}

/** Whether a WS-Trust message belongs to WSTEP rather than to the U-Prove profile. */
export function isOfWstep(element: XmlElement): boolean {
  const has = (candidate: XmlElement): boolean =>
    candidate.namespace === WSTEP ||
    candidate.is(WSSE, 'BinarySecurityToken') ||
    (candidate.is(WST, 'TokenType') && candidate.text?.trim() === X509_V3) ||
    (candidate.is(WST, 'RequestType') && [QUERY_TYPE, KEY_EXCHANGE_TYPE].includes(candidate.text?.trim() ?? '')) ||
    candidate.elements.some(has)
  return has(element)
}

/** Explains a WSTEP message and its contents. Throws `WstepError`, `PkiError`. */
export async function explainWstep(element: XmlElement, engine: Engine): Promise<ExplainedArtefact> {
  if (element.localName === 'RequestSecurityToken') {
    const request = readRequest(element)
    const language = request.preferredLanguage
    switch (request.kind) {
      case 'issue': {
        const { artefact, facts } = await explainDer(request.token, new Inspection(engine))
        const items = (request.additionalContext ?? []).map(({ name, value }) => `${name}: ${value}`)
        return {
          artefact: 'WSTEP request for a certificate',
          facts: { language, context: some(items), [artefact]: facts },
        }
      }
      case 'query':
        return { artefact: 'WSTEP query of a status', facts: { request: request.requestId, language } }
      case 'key-exchange':
        return { artefact: 'WSTEP request for the key exchange certificate', facts: { language } }
    }
  }
  const response = readResponse(element)
  if (response.kind === 'key-exchange') {
    const { facts } = await explainDer(response.certificate, new Inspection(engine))
    return { artefact: 'WSTEP answer with the key exchange certificate', facts }
  }
  const { disposition, requestId, response: answer } = response
  const common = { request: requestId, disposition: disposition?.text }
  // The certificate's issuers come in the authority's answer beside it.
  const inspection = new Inspection(engine)
  if (answer !== undefined) inspection.add(answer)
  const inner = async (der: typeof answer): Promise<Facts> => {
    if (der === undefined) return {}
    const { artefact, facts } = await explainDer(der, inspection)
    return { [artefact]: facts }
  }
  return response.kind === 'issued'
    ? {
        artefact: 'WSTEP answer with a certificate',
        facts: { ...common, ...(await inner(response.certificate)), ...(await inner(answer)) },
      }
    : {
        artefact: 'WSTEP answer that a request is pending',
        facts: { ...common, 'ask at': response.reference, ...(await inner(answer)) },
      }
}
