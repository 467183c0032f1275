import type { ParseOptions } from '../../xml/parse.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import type { ElementReader, XmlInput } from '../../xml/reader.js'
import type { XmlElement } from '../../xml/tree.js'
import { readAttributes, writeAttributes, type ClaimValue } from '../syntax/attributes.js'
import { WsTrustError } from '../errors.js'
import { ISSUE, TOKEN_TYPE, UP, up, upList, WST, wst, type TokenClass } from '../syntax/names.js'
import { artefact, OpenOutline, Outline } from '../syntax/outline.js'
import { readTokenInformation, tokenInformationElement, type TokenInformation } from '../artefacts/token-information.js'
import { cryptoBinary, parseCount, parseTokenClass, readCryptoBinary, readToken, readUri } from '../syntax/values.js'

/** The number of tokens of a class that a request asks for. */
export interface RequestedInstance {
  readonly tokenClass: TokenClass
  /** 0: none of this class. */
  readonly tokenCount: number
}

/** The token request (section 4.2.2). */
export interface TokenRequest {
  readonly context: string
  /** The requested tokens; undefined: the Claim Provider decides. */
  readonly instances: readonly RequestedInstance[] | undefined
  /** The up:DeviceParameters element, whose signature is not verified here. */
  readonly deviceParameters: XmlElement | undefined
}

/** One instance of the first response; numbers are big-endian octets of any width. */
export interface FirstInstance {
  readonly tokenClass: TokenClass
  readonly tokenCount: number
  /** (A_1, ..., A_n) of claim tokens; undefined for ID tokens. */
  readonly attributes: readonly ClaimValue[] | undefined
  readonly tokenInformation: TokenInformation
  readonly sigmaA: readonly Uint8Array[]
  readonly sigmaB: readonly Uint8Array[]
}

/** The first response (section 4.2.3). */
export interface FirstResponse {
  readonly context: string
  readonly uidp: string
  readonly instances: readonly FirstInstance[]
}

/** The second response (section 4.2.4): sigma_c of each token, by instance. */
export interface SecondResponse {
  readonly context: string
  readonly sigmaC: readonly (readonly Uint8Array[])[]
}

/** The third response (section 4.2.5): sigma_r of each token, by instance. */
export interface ThirdResponse {
  readonly context: string
  readonly sigmaR: readonly (readonly Uint8Array[])[]
}

/** UTF-16 code units of a Context. */
const MAX_CONTEXT = 2048

/** The wst:RequestSecurityToken element. */
export function writeTokenRequest({ context, instances, deviceParameters }: TokenRequest): XmlElement {
  return wst(
    'RequestSecurityToken',
    { Context: context },
    wst('TokenType', {}, TOKEN_TYPE),
    wst('RequestType', {}, ISSUE),
    instances &&
      up(
        'Instances',
        {},
        ...instances.map(({ tokenClass, tokenCount }) =>
          up('Instance', { TokenClass: tokenClass, TokenCount: String(tokenCount) }),
        ),
      ),
    deviceParameters,
  )
}

/**
 * Reads a token request. Its children may come in any order; those that are not of this profile, such as wsp:AppliesTo and
 * wst:Lifetime, are ignored. Throws `XmlError`, `WsTrustError` (shape, `ws-trust/context`,
 * `.../token-type`, `.../request-type`, `.../token-class`, `.../integer`).
 */
export function readTokenRequest(input: XmlInput, limits?: ParseOptions): TokenRequest {
  const outline = new OpenOutline(artefact(input, 'RequestSecurityToken', WST, limits), ['Context'])
  const context = readContext(outline)
  const [tokenType, requestType, instances, deviceParameters] = outline.find(
    ['TokenType', WST],
    ['RequestType', WST],
    ['Instances', UP],
    ['DeviceParameters', UP],
  )
  if (tokenType !== undefined && readToken(tokenType) !== TOKEN_TYPE) throw new WsTrustError('ws-trust/token-type')
  if (requestType === undefined || readToken(requestType) !== ISSUE) throw new WsTrustError('ws-trust/request-type')
  return { context, instances: instances && readRequestedInstances(instances), deviceParameters }
}

function readRequestedInstances(element: XmlElement): RequestedInstance[] {
  const outline = new Outline(element)
  const instances = outline.many('Instance', 1).map((child) => {
    const instance = new Outline(child, ['TokenClass', 'TokenCount'])
    instance.end()
    return {
      tokenClass: parseTokenClass(instance.attribute('TokenClass')),
      tokenCount: parseCount(instance.attribute('TokenCount')),
    }
  })
  outline.end()
  return instances
}

/** The wst:RequestSecurityTokenResponse element of the first response. */
export function writeFirstResponse({ context, uidp, instances }: FirstResponse): XmlElement {
  return wst(
    'RequestSecurityTokenResponse',
    { Context: context },
    wst('TokenType', {}, TOKEN_TYPE),
    up('Instances', {}, ...instances.map(writeFirstInstance)),
    up('UIDP', {}, uidp),
  )
}

function writeFirstInstance(instance: FirstInstance): XmlElement {
  const { tokenClass, tokenCount, attributes, tokenInformation, sigmaA, sigmaB } = instance
  return up(
    'Instance',
    { TokenClass: tokenClass, TokenCount: String(tokenCount) },
    attributes && writeAttributes(attributes.map((value, i) => ({ index: i + 1, value }))),
    tokenInformationElement(tokenInformation),
    upList(
      'IssuanceMessage1',
      {},
      sigmaA.map((a, i) =>
        up('SigmaPair', {}, up('SigmaA', {}, cryptoBinary(a)), up('SigmaB', {}, cryptoBinary(itemAt(sigmaB, i)))),
      ),
    ),
  )
}

/**
 * Reads a first response. Throws `XmlError`, `WsTrustError` (shape, `ws-trust/context`, `.../token-type`,
 * `.../token-class`, `.../integer`, `.../attributes-presence`, `.../attribute-indices`, `.../token-count`, those of TI).
 */
export function readFirstResponse(input: XmlInput, limits?: ParseOptions): FirstResponse {
  const outline = new OpenOutline(artefact(input, 'RequestSecurityTokenResponse', WST, limits), ['Context'])
  const context = readContext(outline)
  const [tokenType, instances, uidp] = outline.find(['TokenType', WST], ['Instances', UP], ['UIDP', UP])
  if (tokenType === undefined || readToken(tokenType) !== TOKEN_TYPE) throw new WsTrustError('ws-trust/token-type')
  if (instances === undefined || uidp === undefined) throw new WsTrustError('ws-trust/element')
  return { context, uidp: readUri(uidp), instances: readInstances(instances, readFirstInstance) }
}

function readFirstInstance(element: XmlElement): FirstInstance {
  const outline = new Outline(element, ['TokenClass', 'TokenCount'])
  const tokenClass = parseTokenClass(outline.attribute('TokenClass'))
  const tokenCount = parseCount(outline.attribute('TokenCount'), 1)
  const attributesElement = outline.optional('Attributes')
  if ((attributesElement !== undefined) !== (tokenClass === 'claim')) {
    throw new WsTrustError('ws-trust/attributes-presence')
  }
  const indexed = attributesElement && readAttributes(attributesElement)
  // All attributes are there, so each index is its position.
  if (indexed?.some(({ index }, i) => index !== i + 1) === true) throw new WsTrustError('ws-trust/attribute-indices')
  const tokenInformation = readTokenInformation(outline.next('TI'))
  const message1 = new Outline(outline.next('IssuanceMessage1'))
  outline.end()
  const sigmaA: Uint8Array[] = []
  const sigmaB: Uint8Array[] = []
  for (const child of message1.many('SigmaPair')) {
    const pair = new Outline(child)
    sigmaA.push(readCryptoBinary(pair.next('SigmaA')))
    sigmaB.push(readCryptoBinary(pair.next('SigmaB')))
    pair.end()
  }
  message1.end()
  if (sigmaA.length !== tokenCount) throw new WsTrustError('ws-trust/token-count')
  const attributes = indexed?.map(({ value }) => value)
  return { tokenClass, tokenCount, attributes, tokenInformation, sigmaA, sigmaB }
}

/** The wst:RequestSecurityTokenResponse element of the second response. */
export function writeSecondResponse({ context, sigmaC }: SecondResponse): XmlElement {
  return wst('RequestSecurityTokenResponse', { Context: context }, writeNumbers(sigmaC, 'IssuanceMessage2', 'SigmaC'))
}

/** Reads a second response. Throws `XmlError`, `WsTrustError` (shape, `ws-trust/context`). */
export function readSecondResponse(input: XmlInput, limits?: ParseOptions): SecondResponse {
  const outline = new Outline(artefact(input, 'RequestSecurityTokenResponse', WST, limits), ['Context'])
  const context = readContext(outline)
  const sigmaC = readNumbers(outline.next('Instances'), 'IssuanceMessage2', 'SigmaC')
  outline.end()
  return { context, sigmaC }
}

/** The wst:RequestSecurityTokenResponseCollection element of the third response. */
export function writeThirdResponse({ context, sigmaR }: ThirdResponse): XmlElement {
  return wst(
    'RequestSecurityTokenResponseCollection',
    {},
    wst('RequestSecurityTokenResponse', { Context: context }, writeNumbers(sigmaR, 'IssuanceMessage3', 'SigmaR')),
  )
}

/** Reads a third response. Throws `XmlError`, `WsTrustError` (shape, `ws-trust/context`). */
export function readThirdResponse(input: XmlInput, limits?: ParseOptions): ThirdResponse {
  const collection = new Outline(artefact(input, 'RequestSecurityTokenResponseCollection', WST, limits))
  const outline = new Outline(collection.next('RequestSecurityTokenResponse', WST), ['Context'])
  collection.end()
  const context = readContext(outline)
  const sigmaR = readNumbers(outline.next('Instances'), 'IssuanceMessage3', 'SigmaR')
  outline.end()
  return { context, sigmaR }
}

function writeNumbers(
  instances: readonly (readonly Uint8Array[])[],
  messageName: string,
  numberName: string,
): XmlElement {
  const write = (number: Uint8Array): XmlElement => up(numberName, {}, cryptoBinary(number))
  return upList(
    'Instances',
    {},
    instances.map((numbers) => up('Instance', {}, upList(messageName, {}, numbers.map(write)))),
  )
}

function readNumbers(element: XmlElement, messageName: string, numberName: string): Uint8Array[][] {
  return readInstances(element, (child) => {
    const instance = new Outline(child)
    const message = new Outline(instance.next(messageName))
    instance.end()
    const numbers = message.many(numberName, 1).map(readCryptoBinary)
    message.end()
    return numbers
  })
}

function readInstances<T>(element: XmlElement, read: (instance: XmlElement) => T): T[] {
  const outline = new Outline(element)
  const instances = outline.many('Instance', 1).map(read)
  outline.end()
  return instances
}

function readContext({ element }: ElementReader): string {
  const context = element.attribute('Context') ?? ''
  if (context === '' || context.length > MAX_CONTEXT) throw new WsTrustError('ws-trust/context')
  return context
}
