import { UProveError } from '../../../bindings/errors.js'
import { XML_NAMESPACE } from '../../xml/names.js'
import { element, type XmlElement } from '../../xml/tree.js'
import { CONTENT_PREFIX, s, SOAP, SOAP_1_1, SOAP_FAULT_ACTION, type QName } from './names.js'
import { readQName } from './text.js'

/** SOAP 1.2 Part 1, section 5.4.6. */
export type FaultCode = 'Sender' | 'Receiver' | 'MustUnderstand' | 'VersionMismatch' | 'DataEncodingUnknown'

const CODES: readonly string[] = ['Sender', 'Receiver', 'MustUnderstand', 'VersionMismatch', 'DataEncodingUnknown']

/** A reason in one language (BCP 47). */
export interface FaultReason {
  readonly language: string
  readonly text: string
}

export interface FaultOptions extends ErrorOptions {
  readonly faultCode: FaultCode
  /** What happened, once for each language. A string is in English. */
  readonly reasons: string | readonly FaultReason[]
  /** From the outermost inwards. */
  readonly subcodes?: readonly QName[]
  /** The entries of the Detail element. */
  readonly detail?: readonly XmlElement[]
  /** The action of the message that carries the fault. Default: that of SOAP's own faults. */
  readonly action?: string
  /** Header blocks that go with the fault: Upgrade, NotUnderstood. */
  readonly headers?: readonly XmlElement[]
  /** MessageID of the request, if known. */
  readonly relatesTo?: string
  /** The SOAP version of the envelope: that of the message that was not understood. */
  readonly version?: '1.1' | '1.2'
}

/** A SOAP fault, to be sent or received. Its `code` is `'soap/fault'`; `message` is the first reason. */
export class SoapFault extends UProveError {
  declare readonly code: 'soap/fault'
  readonly faultCode: FaultCode
  readonly reasons: readonly FaultReason[]
  readonly subcodes: readonly QName[]
  readonly detail: readonly XmlElement[]
  readonly action: string
  readonly headers: readonly XmlElement[]
  readonly relatesTo: string | undefined
  readonly version: '1.1' | '1.2'

  constructor(options: FaultOptions) {
    const { reasons } = options
    const list = typeof reasons === 'string' ? [{ language: 'en-US', text: reasons }] : reasons
    super('soap/fault', list[0]?.text ?? '', options)
    this.faultCode = options.faultCode
    this.reasons = list
    this.subcodes = options.subcodes ?? []
    this.detail = options.detail ?? []
    this.action = options.action ?? SOAP_FAULT_ACTION
    this.headers = options.headers ?? []
    this.relatesTo = options.relatesTo
    this.version = options.version ?? '1.2'
  }

  /** Whether one of the subcodes has this name. */
  hasSubcode(namespace: string, localName: string): boolean {
    return this.subcodes.some((subcode) => subcode.namespace === namespace && subcode.localName === localName)
  }

  /** The same fault with other reasons. */
  inWords(reasons: readonly FaultReason[]): SoapFault {
    return this.#but({ reasons })
  }

  /** The same fault, as the answer to a message. */
  inReplyTo(messageId: string | undefined): SoapFault {
    return this.#but({ relatesTo: messageId })
  }

  #but(change: Partial<FaultOptions>): SoapFault {
    const { faultCode, reasons, subcodes, detail, action, headers, relatesTo, version, cause } = this
    const same = { faultCode, reasons, subcodes, detail, action, headers, relatesTo, version, cause }
    return new SoapFault({ ...same, ...change })
  }
}

/** The soap:Fault element (SOAP 1.2 Part 1, section 5.4). */
export function faultElement({ faultCode, subcodes, reasons, detail }: SoapFault): XmlElement {
  let subcode: XmlElement | undefined
  for (const name of [...subcodes].reverse()) subcode = s('Subcode', {}, qnameElement('Value', name), subcode)
  return s(
    'Fault',
    {},
    s('Code', {}, s('Value', {}, `s:${faultCode}`), subcode),
    s('Reason', {}, ...reasons.map(({ language, text }) => s('Text', [xmlLang(language)], text))),
    detail.length === 0 ? undefined : element({ prefix: 's', namespace: SOAP, localName: 'Detail' }, [], detail),
  )
}

/** An element of the SOAP namespace whose text is a name. */
function qnameElement(localName: string, name: QName): XmlElement {
  return s(localName, {}, `${CONTENT_PREFIX}:${name.localName}`).declaring({ [CONTENT_PREFIX]: name.namespace })
}

/** The attribute xml:lang. */
export function xmlLang(language: string): { prefix: string; namespace: string; localName: string; value: string } {
  return { prefix: 'xml', namespace: XML_NAMESPACE, localName: 'lang', value: language }
}

/** Reads a soap:Fault element; undefined if it is not a valid one of SOAP 1.2. Unknown elements are ignored. */
export function readFault(fault: XmlElement, action?: string, relatesTo?: string): SoapFault | undefined {
  const code = fault.child('Code', SOAP)
  const value = code && code.child('Value', SOAP)
  const name = value && readQName(value)
  if (!fault.is(SOAP, 'Fault') || code === undefined || name?.namespace !== SOAP || !CODES.includes(name.localName)) {
    return undefined
  }
  const subcodes: QName[] = []
  for (let subcode = code.child('Subcode', SOAP); subcode !== undefined; subcode = subcode.child('Subcode', SOAP)) {
    const inner = subcode.child('Value', SOAP)
    const subname = inner && readQName(inner)
    if (subname === undefined) return undefined
    subcodes.push(subname)
  }
  const reasons = (fault.child('Reason', SOAP)?.elements ?? [])
    .filter((text) => text.is(SOAP, 'Text'))
    .map((text) => ({ language: text.attribute('lang', XML_NAMESPACE) ?? '', text: text.text ?? '' }))
  return new SoapFault({
    faultCode: name.localName as FaultCode,
    subcodes,
    reasons,
    detail: fault.child('Detail', SOAP)?.elements ?? [],
    action,
    relatesTo,
  })
}

/** The Fault element of SOAP 1.1, section 4.4, for peers that speak only SOAP 1.1. */
export function faultElement11({ faultCode, reasons }: SoapFault): XmlElement {
  const plain = (localName: string, text: string | undefined): XmlElement =>
    element({ prefix: '', namespace: '', localName }, [], [text])
  return element(
    { prefix: 's', namespace: SOAP_1_1, localName: 'Fault' },
    [],
    [plain('faultcode', `s:${faultCode}`), plain('faultstring', reasons[0]?.text)],
  )
}
