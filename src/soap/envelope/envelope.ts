import type { Octets } from '../../../bindings/octets/octets.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { XmlError } from '../../xml/errors.js'
import { parseXml, parseXmlInSlices, type ParseOptions } from '../../xml/parse.js'
import { ElementReader, onlyOne } from '../../xml/reader.js'
import { element, XmlElement, type XmlAttribute, type XmlNode } from '../../xml/tree.js'
import { headerRequired, invalidHeader } from './standard-faults.js'
import { faultElement, faultElement11, SoapFault } from './fault.js'
import { a, ANONYMOUS, CONTENT_PREFIX, s, SOAP, SOAP_1_1, SOAP_FAULT_ACTION, WSA, WSSE } from './names.js'
import { collapse, parseBoolean } from './text.js'

/** A SOAP 1.2 message: header blocks for the ultimate receiver, and the one element in its body. */
export interface Envelope {
  /** wsa:Action. Default for faults: `SOAP_FAULT_ACTION`. */
  readonly action: string
  readonly messageId: string | undefined
  /** The message that this one answers. */
  readonly relatesTo: string | undefined
  readonly to: string | undefined
  /** Absent or anonymous; others are refused. */
  readonly replyTo: typeof ANONYMOUS | undefined
  /** wsse:Security. */
  readonly security: XmlElement | undefined
  /** All header blocks that are for this node, those above included. */
  readonly headers: readonly XmlElement[]
  readonly body: XmlElement
}

export interface ReadEnvelopeOptions {
  readonly limits?: ParseOptions
  /** Whether a header block beside those of WS-Addressing is understood. Default: none is. */
  readonly understands?: (header: XmlElement) => boolean
}

export interface EnvelopeToWrite {
  readonly action: string
  readonly messageId?: string
  readonly relatesTo?: string
  readonly to?: string
  /** Header blocks after those of WS-Addressing. */
  readonly headers?: readonly (XmlElement | undefined)[]
  readonly body: XmlElement
}

/** The longest action, address or message identifier. */
const MAX_URI = 2048
const ROLE = `${SOAP}/role/`
const ROLES_OF_THIS_NODE = ['', `${ROLE}next`, `${ROLE}ultimateReceiver`]
const ADDRESSING_HEADERS = ['Action', 'MessageID', 'RelatesTo', 'To', 'From', 'ReplyTo', 'FaultTo']
const REPLY = `${WSA}/reply`

/**
 * Reads a SOAP 1.2 message with WS-Addressing. Throws `SoapFault`: the one to answer with, if the message is a request; where
 * the parser refused the document, its `cause` is the `XmlError`.
 */
export function readEnvelope(
  message: Uint8Array | XmlElement,
  { limits, understands }: ReadEnvelopeOptions = {},
): Envelope {
  const envelope = message instanceof XmlElement ? message : parse(message, limits)
  if (!envelope.is(SOAP, 'Envelope')) throw versionMismatch(envelope.namespace === SOAP_1_1 ? '1.1' : '1.2')
  const parts = partReader(envelope)
  const header = parts.optional('Header')
  const body = parts.next('Body')
  parts.end()
  const [content, ...more] = partReader(body).rest()
  if (content === undefined || more.length > 0) throw malformed()
  const blocks = header === undefined ? [] : partReader(header).rest()
  if (blocks.some(({ namespace }) => namespace === '')) throw malformed()
  const headers = blocks.filter((block) => ROLES_OF_THIS_NODE.includes(collapse(block.attribute('role', SOAP) ?? '')))
  try {
    checkUnderstood(headers, understands)
    return { ...addressing(headers, content), security: only(headers, WSSE, 'Security'), headers, body: content }
  } catch (error) {
    throw error instanceof SoapFault ? error.inReplyTo(likelyMessageId(headers)) : error
  }
}

/**
 * The document element of a message; other work runs while a large one is parsed. Throws `SoapFault` as `readEnvelope` does.
 */
export async function parseMessage(octets: Uint8Array, limits?: ParseOptions): Promise<XmlElement> {
  try {
    return await parseXmlInSlices(octets, limits)
  } catch (error) {
    throw asFault(error)
  }
}

function parse(octets: Uint8Array, limits: ParseOptions | undefined): XmlElement {
  try {
    return parseXml(octets, limits)
  } catch (error) {
    throw asFault(error)
  }
}

function asFault(error: unknown): unknown {
  return error instanceof XmlError ? malformed(error) : error
}

/** Reads an Envelope, Header or Body: only elements, and no encoding (SOAP 1.2 Part 1, section 5.1.1). */
function partReader(part: XmlElement): ElementReader {
  if (part.attribute('encodingStyle', SOAP) !== undefined) throw malformed()
  return new ElementReader(part, { namespace: SOAP, refuse: () => malformed() }, 'any')
}

/** Checks that all mandatory header blocks are understood, before anything is done (SOAP 1.2 Part 1, section 5.2.3). */
function checkUnderstood(headers: readonly XmlElement[], understands: ReadEnvelopeOptions['understands']): void {
  const strange = headers.filter((header) => {
    const flag = header.attribute('mustUnderstand', SOAP)
    const must = flag === undefined ? false : parseBoolean(flag)
    if (must === undefined) throw malformed()
    const known = header.namespace === WSA && ADDRESSING_HEADERS.includes(header.localName)
    return must && !known && understands?.(header) !== true
  })
  if (strange.length > 0) {
    throw new SoapFault({
      faultCode: 'MustUnderstand',
      reasons: 'One or more mandatory SOAP header blocks are not understood.',
      headers: strange.map(({ namespace, localName }) =>
        s('NotUnderstood', { qname: `${CONTENT_PREFIX}:${localName}` }).declaring({ [CONTENT_PREFIX]: namespace }),
      ),
    })
  }
}

function addressing(headers: readonly XmlElement[], body: XmlElement): Omit<Envelope, 'security' | 'headers' | 'body'> {
  const uri = (localName: string): string | undefined => {
    const header = only(headers, WSA, localName)
    return header && readAddress(header, localName)
  }
  // A peer that could not read a message may not know its addressing.
  const action = uri('Action') ?? (body.is(SOAP, 'Fault') ? SOAP_FAULT_ACTION : undefined)
  if (action === undefined) throw headerRequired('Action')
  const messageId = uri('MessageID')
  const to = uri('To')
  const replyTo = endpoint(headers, 'ReplyTo')
  endpoint(headers, 'FaultTo')
  return { action, messageId, relatesTo: relation(headers), to, replyTo }
}

/** The message that this one answers. RelatesTo may also state other relationships, which are ignored. */
function relation(headers: readonly XmlElement[]): string | undefined {
  const replies = headers.filter((header) => collapse(header.attribute('RelationshipType') ?? REPLY) === REPLY)
  const reply = only(replies, WSA, 'RelatesTo')
  return reply && readAddress(reply, 'RelatesTo')
}

/** Reads an endpoint, which must be anonymous: an answer goes back in the same HTTP exchange. */
function endpoint(headers: readonly XmlElement[], localName: string): typeof ANONYMOUS | undefined {
  const header = only(headers, WSA, localName)
  if (header === undefined) return undefined
  const address = only(header.elements, WSA, 'Address')
  if (address === undefined) throw invalidHeader(localName, 'MissingAddressInEPR')
  if (readAddress(address, localName) !== ANONYMOUS) throw invalidHeader(localName, 'OnlyAnonymousAddressSupported')
  return ANONYMOUS
}

function readAddress(header: XmlElement, localName: string): string {
  const text = collapse(header.text ?? '')
  if (!isAddress(text)) throw invalidHeader(localName, 'InvalidAddress')
  return text
}

function isAddress(text: string): boolean {
  return text !== '' && text.length <= MAX_URI && !/\s/.test(text)
}

/** The only header block of a name; undefined if there is none. */
function only(elements: readonly XmlElement[], namespace: string, localName: string): XmlElement | undefined {
  return onlyOne(elements, localName, namespace, () =>
    namespace === WSA ? invalidHeader(localName, 'InvalidCardinality') : malformed(),
  )
}

/** The message that a fault answers, even if the headers are malformed. */
function likelyMessageId(headers: readonly XmlElement[]): string | undefined {
  const [header, ...others] = headers.filter((candidate) => candidate.is(WSA, 'MessageID'))
  const text = collapse(header?.text ?? '')
  return isAddress(text) && others.length === 0 ? text : undefined
}

function malformed(cause?: XmlError): SoapFault {
  return new SoapFault({
    faultCode: 'Sender',
    reasons: 'The message is not a valid SOAP 1.2 message.',
    cause,
  })
}

/** SOAP 1.2 Part 1, section 5.4.7 and appendix A. */
export function versionMismatch(version: '1.1' | '1.2'): SoapFault {
  return new SoapFault({
    faultCode: 'VersionMismatch',
    reasons: 'Only SOAP 1.2 messages are understood.',
    headers: [
      s(
        'Upgrade',
        {},
        s('SupportedEnvelope', { qname: `${CONTENT_PREFIX}:Envelope` }).declaring({ [CONTENT_PREFIX]: SOAP }),
      ),
    ],
    version,
  })
}

/** A SOAP 1.2 message, as UTF-8. Throws `XmlError` (`xml/character`). */
export function writeEnvelope({ action, messageId, relatesTo, to, headers = [], body }: EnvelopeToWrite): Octets {
  const must = [{ prefix: 's', namespace: SOAP, localName: 'mustUnderstand', value: '1' }]
  return serialize(
    SOAP,
    [
      a('Action', must, action),
      messageId === undefined ? undefined : a('MessageID', {}, messageId),
      relatesTo === undefined ? undefined : a('RelatesTo', {}, relatesTo),
      to === undefined ? undefined : a('To', must, to),
      ...headers,
    ],
    body,
  )
}

/** A message with a fault, in the SOAP version of the fault. */
export function writeFault(fault: SoapFault, headers: readonly (XmlElement | undefined)[] = []): Octets {
  const { action, relatesTo } = fault
  if (fault.version === '1.1') return serialize(SOAP_1_1, fault.headers, faultElement11(fault))
  return writeEnvelope({ action, relatesTo, headers: [...fault.headers, ...headers], body: faultElement(fault) })
}

function serialize(namespace: string, headers: readonly (XmlElement | undefined)[], body: XmlElement): Octets {
  const part = (localName: string, attributes: readonly XmlAttribute[], children: readonly (XmlNode | undefined)[]) =>
    element({ prefix: 's', namespace, localName }, attributes, children)
  const envelope = part('Envelope', [], [part('Header', [], headers), part('Body', [], [body])])
  // Declared once, as Windows does it.
  return canonicalize(envelope.declaring({ a: WSA }), { inclusivePrefixes: ['a', CONTENT_PREFIX] })
}
