import type { Octets } from '../../../bindings/octets/octets.js'
import type { FaultReason, SoapFault } from '../../soap/envelope/fault.js'
import { SoapFault as Fault } from '../../soap/envelope/fault.js'
import { parseBoolean } from '../../soap/envelope/text.js'
import { decodeBase64, encodeBase64 } from '../../../bindings/octets/base64.js'
import type { XmlElement } from '../../xml/tree.js'
import { DETAILED_FAULT_ACTION, WSTEP, wstep } from '../messages/names.js'
import { definedText, NIL } from '../messages/shape.js'

/** wstep:CertificateEnrollmentWSDetail: the part of a fault for programs. [MS-WSTEP] 3.1.4.1.3.7 */
export interface EnrollmentFaultDetail {
  /** The issuer's own response, DER. */
  readonly binaryResponse?: Octets
  /** HRESULT, signed. */
  readonly errorCode?: number
  /** Whether the issuer denied the request. */
  readonly invalidRequest: boolean
  readonly requestId?: string
}

/** A fault with a detail: for a request that the issuer denied or could not process. Its code is `Receiver`, as in Windows. */
export function enrollmentFault(detail: EnrollmentFaultDetail, reasons: readonly FaultReason[]): SoapFault {
  return new Fault({
    faultCode: 'Receiver',
    reasons,
    detail: [writeFaultDetail(detail)],
    action: DETAILED_FAULT_ACTION,
  })
}

/** The wstep:CertificateEnrollmentWSDetail element. Absent values are nil. */
export function writeFaultDetail(detail: EnrollmentFaultDetail): XmlElement {
  const { binaryResponse, errorCode, invalidRequest, requestId } = detail
  const nillable = (localName: string, value: string | undefined): XmlElement =>
    value === undefined ? wstep(localName, NIL) : wstep(localName, {}, value)
  return wstep(
    'CertificateEnrollmentWSDetail',
    {},
    nillable('BinaryResponse', binaryResponse && encodeBase64(binaryResponse)),
    nillable('ErrorCode', errorCode === undefined ? undefined : String(errorCode | 0)),
    nillable('InvalidRequest', String(invalidRequest)),
    nillable('RequestID', requestId),
  )
}

/**
 * The detail of a fault; undefined if it has none. A value that cannot be read counts as absent, since the fault itself
 * matters more. An HRESULT may also be unsigned.
 */
export function readFaultDetail({ detail }: SoapFault): EnrollmentFaultDetail | undefined {
  const element = detail.find((entry) => entry.is(WSTEP, 'CertificateEnrollmentWSDetail'))
  if (element === undefined) return undefined
  const text = (localName: string): string | undefined => definedText(element.child(localName, WSTEP))
  const binaryResponse = text('BinaryResponse')
  const errorCode = text('ErrorCode')
  return {
    binaryResponse: binaryResponse === undefined ? undefined : decodeBase64(binaryResponse),
    errorCode: errorCode === undefined || !/^[-+]?\d{1,10}$/.test(errorCode) ? undefined : Number(errorCode) | 0,
    invalidRequest: parseBoolean(text('InvalidRequest') ?? '') ?? false,
    requestId: text('RequestID'),
  }
}
