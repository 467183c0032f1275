import type { ContextItem } from '../../pki/authority.js'
import { WSSE } from '../../soap/envelope/names.js'
import { collapse } from '../../soap/envelope/text.js'
import { WST, wst } from '../../ws-trust/syntax/names.js'
import type { ParseOptions } from '../../xml/parse.js'
import { inputElement, type XmlInput } from '../../xml/reader.js'
import type { XmlAttribute, XmlElement } from '../../xml/tree.js'
import { binaryToken, readBinaryToken, type Base64Lines } from './binary-token.js'
import { WstepError } from '../errors.js'
import type { IssueRequest, WstepRequest } from './messages.js'
import {
  auth,
  AUTHORIZATION,
  ENROLLMENT_ACTION,
  ENROLLMENT_REPLY_ACTION,
  ISSUE_TYPE,
  KEY_EXCHANGE_ACTION,
  KEY_EXCHANGE_REPLY_ACTION,
  KEY_EXCHANGE_TYPE,
  PKCS10_VALUE,
  PKCS7_VALUE,
  QUERY_TYPE,
  WSTEP,
  wstep,
  X509_V3,
} from './names.js'
import { childrenOf, definedText, isNil, NIL } from './shape.js'

/** The longest RequestID and language that are looked at. */
const MAX_IDENTIFIER = 256
const MAX_LANGUAGE = 64

/** The actions of a request, and of the answer to it. */
export function actionsOf({ kind }: WstepRequest): { readonly action: string; readonly replyAction: string } {
  return kind === 'key-exchange'
    ? { action: KEY_EXCHANGE_ACTION, replyAction: KEY_EXCHANGE_REPLY_ACTION }
    : { action: ENROLLMENT_ACTION, replyAction: ENROLLMENT_REPLY_ACTION }
}

/**
 * Reads a wst:RequestSecurityToken. What kind it is, RequestType says; whether that goes with the action is not looked at.
 * Unknown elements are ignored, and so is a RequestID where none is asked for. Throws `XmlError`, `WstepError`
 * (`wstep/request`, `.../request-type`, `.../token-type`, `.../token-missing`, `.../token-undecodable`,
 * `.../encoding-type`, `.../request-id`, `.../request-ket`, `.../additional-context`).
 */
export function readRequest(input: XmlInput, limits?: ParseOptions): WstepRequest {
  const request = inputElement(input, 'RequestSecurityToken', WST, () => new WstepError('wstep/request'), limits)
  const children = childrenOf(request, 'wstep/request')
  const requestType = definedText(children.only('RequestType'))
  if (requestType !== ISSUE_TYPE && requestType !== QUERY_TYPE && requestType !== KEY_EXCHANGE_TYPE) {
    throw new WstepError('wstep/request-type')
  }
  if (definedText(children.only('TokenType')) !== X509_V3) throw new WstepError('wstep/token-type')
  const preferredLanguage = readPreferredLanguage(request)
  const token = children.only('BinarySecurityToken', WSSE)
  const requestId = definedText(children.only('RequestID', WSTEP))
  const requestKet = children.only('RequestKET')
  const context = children.only('AdditionalContext', AUTHORIZATION)
  if (requestType === QUERY_TYPE) {
    if (requestId === undefined || requestId.length > MAX_IDENTIFIER) throw new WstepError('wstep/request-id')
    return { kind: 'query', requestId, preferredLanguage }
  }
  if (requestType === KEY_EXCHANGE_TYPE) {
    if (requestKet === undefined) throw new WstepError('wstep/request-ket')
    return { kind: 'key-exchange', preferredLanguage }
  }
  const octets = readBinaryToken(token)
  if (octets === undefined) throw new WstepError('wstep/token-missing')
  return {
    kind: 'issue',
    token: octets,
    valueType: token?.attribute('ValueType'),
    additionalContext: context === undefined ? [] : readContext(context),
    preferredLanguage,
  }
}

/**
 * The requested language of a wst:RequestSecurityToken, even if the rest is malformed. The attribute is unqualified on the
 * wire and in the namespace of the protocol in its specification, older editions of which misspell it.
 */
export function readPreferredLanguage(request: XmlElement): string | undefined {
  for (const name of ['PreferredLanguage', 'PrefferedLanguage']) {
    const language = collapse(request.attribute(name) ?? request.attribute(name, WSTEP) ?? '')
    if (language !== '' && language.length <= MAX_LANGUAGE) return language
  }
  return undefined
}

function readContext(context: XmlElement): ContextItem[] {
  if (isNil(context)) return []
  return childrenOf(context, 'wstep/additional-context')
    .rest()
    .filter((item) => item.is(AUTHORIZATION, 'ContextItem'))
    .map((item) => {
      const name = item.attribute('Name')
      const element = childrenOf(item, 'wstep/additional-context').only('Value', AUTHORIZATION)
      const value = element === undefined || isNil(element) ? '' : element.text
      if (name === undefined || value === undefined) throw new WstepError('wstep/additional-context')
      return { name, value }
    })
}

export interface WriteRequestOptions {
  /** `'64'` by default: lines of 64 characters. */
  readonly lines?: Base64Lines
  /** Writes a nil RequestID where there is none, as Windows did in 2009; today it writes none. */
  readonly nilRequestId?: boolean
  /**
   * Writes wstep:PreferredLanguage, as the specification has it (3.1.4.1.3.3) and the schema of WS-Trust allows. Default: false,
   * an attribute without a namespace, as Windows writes and reads it.
   */
  readonly qualifiedLanguage?: boolean
}

/** The wst:RequestSecurityToken element, as Windows writes it. Throws `XmlError` (`xml/character`). */
export function writeRequest(request: WstepRequest, options: WriteRequestOptions = {}): XmlElement {
  const { lines = '64', nilRequestId = false, qualifiedLanguage = false } = options
  const { kind, preferredLanguage } = request
  return wst(
    'RequestSecurityToken',
    preferredLanguage === undefined ? [] : [languageAttribute(preferredLanguage, qualifiedLanguage)],
    wst('TokenType', {}, X509_V3),
    wst('RequestType', {}, { issue: ISSUE_TYPE, query: QUERY_TYPE, 'key-exchange': KEY_EXCHANGE_TYPE }[kind]),
    ...(kind === 'issue' ? issueElements(request, lines) : []),
    kind === 'key-exchange' ? wst('RequestKET') : undefined,
    kind === 'query' ? wstep('RequestID', {}, request.requestId) : undefined,
    kind !== 'query' && nilRequestId ? wstep('RequestID', NIL) : undefined,
  )
}

function languageAttribute(value: string, isQualified: boolean): XmlAttribute {
  const name = isQualified ? { prefix: 'wstep', namespace: WSTEP } : { prefix: '', namespace: '' }
  return { ...name, localName: 'PreferredLanguage', value }
}

function issueElements({ token, valueType, additionalContext = [] }: IssueRequest, lines: Base64Lines): XmlElement[] {
  const items = additionalContext.map(({ name, value }) =>
    auth('ContextItem', { Name: name }, auth('Value', {}, value)),
  )
  const binary = binaryToken(token, valueType ?? (isCms(token) ? PKCS7_VALUE : PKCS10_VALUE), lines)
  return items.length === 0 ? [binary] : [binary, auth('AdditionalContext', {}, ...items)]
}

/** Whether DER is a CMS ContentInfo, which starts with an OBJECT IDENTIFIER; PKCS#10 starts with a SEQUENCE. */
export function isCms(der: Uint8Array): boolean {
  const length = der[1] ?? 0
  const header = length < 0x80 ? 2 : 2 + (length & 0x7f)
  return der[0] === 0x30 && der[header] === 0x06
}
