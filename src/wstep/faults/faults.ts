import type { Disposition } from '../../pki/authority.js'
import { UProveError } from '../../../bindings/errors.js'
import { PkiError } from '../../pki/errors.js'
import { SoapFault, type FaultCode } from '../../soap/envelope/fault.js'
import { WSA, WSSE, type QName } from '../../soap/envelope/names.js'
import { WST } from '../../ws-trust/syntax/names.js'
import { XmlError } from '../../xml/errors.js'
import { WstepError, type WstepErrorCode } from '../errors.js'
import { CAUSES, fillDetail, isCauseCode } from './causes.js'
import { enrollmentFault, writeFaultDetail } from './fault-detail.js'
import type { Language } from './languages.js'
import { DETAILED_FAULT_ACTION } from '../messages/names.js'
import { ENGLISH, type FaultReason, type TextKey } from './texts.js'

/** A request that the Security Token Service refuses itself; the client gets the fault of the reason. */
export class RequestRefusedError extends UProveError {
  readonly reason: FaultReason

  constructor(reason: FaultReason, options?: ErrorOptions) {
    super(`wstep/${reason}`, ENGLISH[reason], options)
    this.reason = reason
  }
}

/** A request that the authority denied. [MS-WSTEP] 3.1.4.2.1.1: its error is a fault. */
export class DeniedError extends UProveError {
  readonly disposition: Extract<Disposition, { status: 'denied' }>

  constructor(disposition: Extract<Disposition, { status: 'denied' }>) {
    super(`wstep/${disposition.reason}`, ENGLISH[disposition.reason])
    this.disposition = disposition
  }
}

interface FaultShape {
  readonly faultCode: FaultCode
  readonly subcode?: QName
  /** HRESULT, signed. Without one a fault has no detail. */
  readonly errorCode?: number
  /** The action of the message. Default: the one that matches the detail. */
  readonly action?: string
}

/** Namespace and actions of WCF's own faults. [MS-WSTEP] 4.1.4.2 */
const DISPATCHER = 'http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher'

const wsse = (localName: string): QName => ({ namespace: WSSE, localName })
const wst = (localName: string): QName => ({ namespace: WST, localName })
const invalidRequest: FaultShape = { faultCode: 'Sender', subcode: wst('InvalidRequest') }
const invalid = (errorCode: number): FaultShape => ({ ...invalidRequest, errorCode: errorCode | 0 })

/** HRESULTs are of [MS-ERREF] 2.1.1 and [MS-WCCE] 3.2.1.4.2.1. Faults of SOAP and WS-Addressing have shapes of their own. */
const SHAPES: Readonly<Record<FaultReason, FaultShape>> = {
  malformed: { faultCode: 'Sender' },
  'too-large': { faultCode: 'Sender' },
  version: { faultCode: 'VersionMismatch' },
  'must-understand': { faultCode: 'MustUnderstand' },
  addressing: { faultCode: 'Sender' },
  action: { faultCode: 'Sender', subcode: { namespace: WSA, localName: 'ActionNotSupported' } },
  'security-header': { faultCode: 'Sender', subcode: wsse('InvalidSecurity') },
  expired: { faultCode: 'Sender', subcode: wsse('MessageExpired') },
  'authentication-required': { faultCode: 'Sender', subcode: wsse('FailedAuthentication') },
  'authentication-failed': { faultCode: 'Sender', subcode: wsse('FailedAuthentication') },
  'not-a-request': invalidRequest,
  'request-type': invalidRequest,
  'request-type-action': invalidRequest,
  'token-type': invalidRequest,
  'encoding-type': invalidRequest,
  'key-exchange-token': invalidRequest,
  // ERROR_INVALID_DATA
  'security-token': invalid(0x8007000d),
  'certificate-request': invalid(0x8007000d),
  // NTE_BAD_SIGNATURE
  signature: invalid(0x80090006),
  // CERTSRV_E_KEY_LENGTH
  key: invalid(0x80094811),
  // CERTSRV_E_KEY_ARCHIVAL_NOT_CONFIGURED
  'archival-unavailable': invalid(0x8009400a),
  // CERTSRV_E_BAD_REQUEST_KEY_ARCHIVAL
  'archived-key': invalid(0x8009400c),
  // E_INVALIDARG
  'request-id': invalid(0x80070057),
  // CERTSRV_E_PROPERTY_EMPTY
  'request-unknown': invalid(0x80094004),
  // CRYPT_E_NOT_FOUND
  'key-exchange-unavailable': {
    faultCode: 'Receiver',
    subcode: wst('RequestFailed'),
    errorCode: 0x80092004 | 0,
  },
  'policy-request': { faultCode: 'Sender' },
  internal: {
    faultCode: 'Receiver',
    subcode: { namespace: DISPATCHER, localName: 'InternalServiceFault' },
    action: `${DISPATCHER}/fault`,
  },
}

/** The reason for a fault, by the fault of the message. */
const REASONS: Partial<Record<WstepErrorCode, FaultReason>> = {
  'wstep/request': 'not-a-request',
  'wstep/request-type': 'request-type',
  'wstep/token-type': 'token-type',
  'wstep/token-missing': 'security-token',
  'wstep/token-undecodable': 'security-token',
  'wstep/encoding-type': 'encoding-type',
  'wstep/request-id': 'request-id',
  'wstep/request-ket': 'key-exchange-token',
  'wstep/additional-context': 'not-a-request',
}

/**
 * Whether an error may be reported to the client. Any other error is a failure of this side, of which the client learns
 * nothing.
 */
export function isRefusal(error: unknown): error is UProveError {
  return error instanceof DeniedError || error instanceof SoapFault || refusalReason(error) !== undefined
}

/** The code of the cause of a refusal, more precise than the client's answer. */
export function causeOf(error: UProveError): string {
  if (error instanceof DeniedError) return causeOfDenial(error.disposition)
  if (error.cause instanceof UProveError) return error.cause.code
  if (error instanceof SoapFault)
    return `soap/${error.subcodes[error.subcodes.length - 1]?.localName ?? error.faultCode}`
  return error.code
}

/** The code and the detail of the cause, if the client is told of it. An authentication that failed stays without a cause. */
function tellableCause(error: unknown): { readonly code: string; readonly detail?: string } | undefined {
  if (error instanceof DeniedError) {
    const { cause, detail } = error.disposition
    // An authority that says nothing more than its reason gets the text of the reason.
    return cause === undefined && detail === undefined ? undefined : { code: causeOfDenial(error.disposition), detail }
  }
  const isOfRequest = error instanceof RequestRefusedError && error.cause instanceof PkiError
  return isOfRequest ? (error.cause as PkiError) : undefined
}

/** What the authority says of the cause, or else its reason. */
const causeOfDenial = ({ cause, reason }: DeniedError['disposition']): string => cause ?? `denial/${reason}`

/** The fault for an error, in one language. */
export function faultFor(error: unknown, { tag, texts }: Language): SoapFault {
  const cause = tellableCause(error)
  const known = cause !== undefined && isCauseCode(cause.code) ? cause.code : undefined
  const reasons = (key: TextKey) => {
    const text = known && texts[known]
    return [{ language: tag, text: text ? `${fillDetail(text, cause?.detail)} (${known})` : texts[key] }]
  }
  if (error instanceof DeniedError) {
    const { reason, response, errorCode, requestId } = error.disposition
    return enrollmentFault({ binaryResponse: response, errorCode, invalidRequest: true, requestId }, reasons(reason))
  }
  if (error instanceof SoapFault) return error.inWords(reasons(soapReason(error)))
  const reason = refusalReason(error) ?? 'internal'
  const { faultCode, subcode, action, ...shape } = SHAPES[reason]
  const errorCode = (known && CAUSES[known].errorCode) ?? shape.errorCode
  const hasDetail = errorCode !== undefined
  return new SoapFault({
    faultCode,
    reasons: reasons(reason),
    subcodes: subcode === undefined ? [] : [subcode],
    detail: hasDetail ? [writeFaultDetail({ errorCode, invalidRequest: false })] : [],
    action: hasDetail ? DETAILED_FAULT_ACTION : action,
  })
}

function refusalReason(error: unknown): FaultReason | undefined {
  if (error instanceof RequestRefusedError) return error.reason
  return error instanceof WstepError ? REASONS[error.code] : undefined
}

/** The reason of a fault of SOAP, WS-Addressing or WS-Security. */
function soapReason(fault: SoapFault): FaultReason {
  const { faultCode, cause } = fault
  if (faultCode === 'VersionMismatch') return 'version'
  if (faultCode === 'MustUnderstand') return 'must-understand'
  if (cause instanceof XmlError) return cause.code.startsWith('xml/limit-') ? 'too-large' : 'malformed'
  const [subcode] = fault.subcodes
  if (subcode?.localName === 'ActionNotSupported') return 'action'
  if (subcode?.localName === 'MessageExpired') return 'expired'
  if (subcode?.namespace === WSA) return 'addressing'
  return subcode?.namespace === WSSE ? 'security-header' : 'malformed'
}
