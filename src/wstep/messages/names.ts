import { vocabulary } from '../../xml/tree.js'
import { WSSE } from '../../soap/envelope/names.js'
import { WST } from '../../ws-trust/syntax/names.js'

/** The namespaces of [MS-WSTEP] 2.2.1 that SOAP, WS-Security and WS-Trust do not name. */
export const WSTEP = 'http://schemas.microsoft.com/windows/pki/2009/01/enrollment'
export const AUTHORIZATION = 'http://schemas.xmlsoap.org/ws/2006/12/authorization'

/** Actions of requests and of their answers. [MS-WSTEP] 3.1.4.2 and section 4 */
export const ENROLLMENT_ACTION = `${WSTEP}/RST/wstep`
export const ENROLLMENT_REPLY_ACTION = `${WSTEP}/RSTRC/wstep`
export const KEY_EXCHANGE_ACTION = `${WST}/RST/KET`
export const KEY_EXCHANGE_REPLY_ACTION = `${WST}/RSTR/KETFinal`
/** The action of faults that have a wstep:CertificateEnrollmentWSDetail. */
export const DETAILED_FAULT_ACTION = `${WSTEP}/RequestSecurityTokenCertificateEnrollmentWSDetailFault`

/** Request types. [MS-WSTEP] 3.1.4.1.2.7 */
export const ISSUE_TYPE = `${WST}/Issue`
export const QUERY_TYPE = `${WSTEP}/QueryTokenStatus`
export const KEY_EXCHANGE_TYPE = `${WST}/KET`

/** The one token type, and the ValueType of certificates. [MS-WSTEP] 3.1.4.1.2.8 */
export const X509_V3 = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3'
/** Other ValueTypes, as Windows writes them. They are ignored when read: the DER shows the kind of token. */
export const PKCS10_VALUE = `${WSTEP}#PKCS10`
export const PKCS7_VALUE = `${WSSE}#PKCS7`
/** The EncodingType as Windows writes it; it refuses the one of OASIS. */
export const BASE64_ENCODING = `${WSSE}#base64binary`

/** Builders of elements. */
export const wstep = /* @__PURE__ */ vocabulary('wstep', WSTEP)
export const auth = /* @__PURE__ */ vocabulary('auth', AUTHORIZATION)
