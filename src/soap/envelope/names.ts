import { vocabulary } from '../../xml/tree.js'

/** SOAP 1.2, and SOAP 1.1, which is only recognised. */
export const SOAP = 'http://www.w3.org/2003/05/soap-envelope'
export const SOAP_1_1 = 'http://schemas.xmlsoap.org/soap/envelope/'
/** WS-Addressing 1.0. */
export const WSA = 'http://www.w3.org/2005/08/addressing'
/** WS-Security 1.0. */
export const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'
export const WSU = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'
/** SOAP Message Security 1.0: encodings are named by its fragments. */
export const WSS_MESSAGE_SECURITY = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0'
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance'

/** The address that means "in the answer of this HTTP exchange" (WS-Addressing 1.0 Core, section 2.1). */
export const ANONYMOUS = `${WSA}/anonymous`

/** Actions of faults (WS-Addressing 1.0 SOAP Binding, section 6): of addressing, and of SOAP itself and all others. */
export const ADDRESSING_FAULT_ACTION = `${WSA}/fault`
export const SOAP_FAULT_ACTION = `${WSA}/soap/fault`

/** Builders of elements, with the prefixes that Windows uses. */
export const s = /* @__PURE__ */ vocabulary('s', SOAP)
export const a = /* @__PURE__ */ vocabulary('a', WSA)
export const o = /* @__PURE__ */ vocabulary('o', WSSE)
export const u = /* @__PURE__ */ vocabulary('u', WSU)

/** A qualified name as a value: of a subcode, or of a header block that was not understood. */
export interface QName {
  readonly namespace: string
  readonly localName: string
}

/** The prefix of all qualified names that are written as values; `writeEnvelope` declares it where it is bound. */
export const CONTENT_PREFIX = 'q'
