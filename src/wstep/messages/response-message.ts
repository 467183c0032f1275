import { o, WSSE } from '../../soap/envelope/names.js'
import { xmlLang } from '../../soap/envelope/fault.js'
import { collapse } from '../../soap/envelope/text.js'
import { WST, wst } from '../../ws-trust/syntax/names.js'
import { XML_NAMESPACE } from '../../xml/names.js'
import type { ParseOptions } from '../../xml/parse.js'
import { inputElement, type XmlInput } from '../../xml/reader.js'
import type { XmlElement } from '../../xml/tree.js'
import { binaryToken, readBinaryToken, type Base64Lines } from './binary-token.js'
import { WstepError } from '../errors.js'
import type { DispositionMessage, WstepResponse } from './messages.js'
import { PKCS7_VALUE, WSTEP, wstep, X509_V3 } from './names.js'
import { childrenOf, definedText, isNil, NIL } from './shape.js'

/**
 * Reads a wst:RequestSecurityTokenResponseCollection, which has one response. What the response is, its tokens say, by where
 * they stand: unknown elements and the order of elements do not matter. Throws `XmlError`, `WstepError` (`wstep/response`,
 * `.../response-count`, `.../token-type`, `.../token-undecodable`, `.../encoding-type`).
 */
export function readResponse(input: XmlInput, limits?: ParseOptions): WstepResponse {
  const malformed = (): WstepError => new WstepError('wstep/response')
  const collection = inputElement(input, 'RequestSecurityTokenResponseCollection', WST, malformed, limits)
  const [response, ...others] = childrenOf(collection, 'wstep/response')
    .rest()
    .filter((child) => child.is(WST, 'RequestSecurityTokenResponse'))
  if (response === undefined || others.length > 0) throw new WstepError('wstep/response-count')

  const children = childrenOf(response, 'wstep/response')
  const tokenType = definedText(children.only('TokenType'))
  if (tokenType !== undefined && tokenType !== X509_V3) throw new WstepError('wstep/token-type')
  const requested = children.only('RequestedSecurityToken')
  const inner = requested && childrenOf(requested, 'wstep/response')

  // Nested in the specification's example and on the wire; directly in the response in its schema. 3.1.4.1.3.4
  const exchange = inner?.only('KeyExchangeToken') ?? children.only('KeyExchangeToken')
  if (exchange !== undefined) {
    const certificate = readBinaryToken(childrenOf(exchange, 'wstep/response').only('BinarySecurityToken', WSSE))
    if (certificate === undefined) throw new WstepError('wstep/response')
    return { kind: 'key-exchange', certificate }
  }
  const common = {
    disposition: readDisposition(children.only('DispositionMessage', WSTEP)),
    response: readBinaryToken(children.only('BinarySecurityToken', WSSE)),
    requestId: definedText(children.only('RequestID', WSTEP)),
  }
  const certificate = readBinaryToken(inner?.only('BinarySecurityToken', WSSE))
  if (certificate !== undefined) return { kind: 'issued', ...common, certificate }
  const tokenReference = inner?.only('SecurityTokenReference', WSSE)
  if (tokenReference === undefined) throw new WstepError('wstep/response')
  const reference = childrenOf(tokenReference, 'wstep/response').only('Reference', WSSE)?.attribute('URI')
  return { kind: 'pending', ...common, reference: reference === undefined ? undefined : collapse(reference) }
}

function readDisposition(element: XmlElement | undefined): DispositionMessage | undefined {
  if (element === undefined || isNil(element)) return undefined
  const { text } = element
  if (text === undefined) throw new WstepError('wstep/response')
  return { text: collapse(text), language: element.attribute('lang', XML_NAMESPACE) }
}

export interface WriteResponseOptions {
  /** `'64'` by default: lines of 64 characters. */
  readonly lines?: Base64Lines
}

/**
 * The wst:RequestSecurityTokenResponseCollection element, as Windows writes it. Throws `XmlError` (`xml/character`), and
 * `WstepError` (`wstep/response`) for a pending request without a reference.
 */
export function writeResponse(response: WstepResponse, { lines = '64' }: WriteResponseOptions = {}): XmlElement {
  return wst(
    'RequestSecurityTokenResponseCollection',
    {},
    wst('RequestSecurityTokenResponse', {}, wst('TokenType', {}, X509_V3), ...contents(response, lines)),
  )
}

function contents(response: WstepResponse, lines: Base64Lines): (XmlElement | undefined)[] {
  if (response.kind === 'key-exchange') {
    const token = binaryToken(response.certificate, X509_V3, lines)
    return [wst('RequestedSecurityToken', {}, wst('KeyExchangeToken', {}, token))]
  }
  const { disposition, response: outer, requestId } = response
  return [
    disposition === undefined
      ? undefined
      : wstep(
          'DispositionMessage',
          disposition.language === undefined ? [] : [xmlLang(disposition.language)],
          disposition.text,
        ),
    outer && binaryToken(outer, PKCS7_VALUE, lines),
    wst(
      'RequestedSecurityToken',
      {},
      response.kind === 'issued' ? binaryToken(response.certificate, X509_V3, lines) : referenceTo(response.reference),
    ),
    requestId === undefined ? wstep('RequestID', NIL) : wstep('RequestID', {}, requestId),
  ]
}

/** The server MUST provide its own URI. Section 3.1.4.1.3.2 */
function referenceTo(uri: string | undefined): XmlElement {
  if (uri === undefined) throw new WstepError('wstep/response')
  return o('SecurityTokenReference', {}, o('Reference', { URI: uri }))
}
