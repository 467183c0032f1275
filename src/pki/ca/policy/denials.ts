import type { DenialReason } from '../../authority.js'
import type { Denial } from '../records/store.js'

/** The HRESULTs that say why a request is denied ([MS-WCCE] 3.2.1.4.2.1, [MS-ERREF] 2.1.1), signed as xs:int has them. */
export const HRESULT = {
  CERTSRV_E_BAD_REQUESTSUBJECT: 0x80094001 | 0,
  CERTSRV_E_KEY_ARCHIVAL_NOT_CONFIGURED: 0x8009400a | 0,
  CERTSRV_E_NO_VALID_KRA: 0x8009400b | 0,
  CERTSRV_E_BAD_REQUEST_KEY_ARCHIVAL: 0x8009400c | 0,
  CERTSRV_E_BAD_RENEWAL_CERT_ATTRIBUTE: 0x8009400e | 0,
  CERTSRV_E_ENROLL_DENIED: 0x80094011 | 0,
  CERTSRV_E_TEMPLATE_DENIED: 0x80094012 | 0,
  CERTSRV_E_ADMIN_DENIED_REQUEST: 0x80094014 | 0,
  CERTSRV_E_UNSUPPORTED_CERT_TYPE: 0x80094800 | 0,
  CERTSRV_E_NO_CERT_TYPE: 0x80094801 | 0,
  CERTSRV_E_TEMPLATE_CONFLICT: 0x80094802 | 0,
  CERTSRV_E_ARCHIVED_KEY_REQUIRED: 0x80094804 | 0,
  CERTSRV_E_BAD_TEMPLATE_VERSION: 0x80094807 | 0,
  CERTSRV_E_ARCHIVED_KEY_UNEXPECTED: 0x80094810 | 0,
  CERTSRV_E_KEY_LENGTH: 0x80094811 | 0,
  CRYPT_E_REVOKED: 0x80092010 | 0,
  NTE_BAD_KEY: 0x80090003 | 0,
  NTE_BAD_SIGNATURE: 0x80090006 | 0,
} as const

/** The HRESULT of each reason; an unknown version of a template has one of its own. */
export const DENIAL_CODES: Readonly<Record<DenialReason, number>> = {
  'denied-by-operator': HRESULT.CERTSRV_E_ADMIN_DENIED_REQUEST,
  'denied-by-policy': HRESULT.CERTSRV_E_ENROLL_DENIED,
  'template-unknown': HRESULT.CERTSRV_E_UNSUPPORTED_CERT_TYPE,
  'template-missing': HRESULT.CERTSRV_E_NO_CERT_TYPE,
  'template-denied': HRESULT.CERTSRV_E_TEMPLATE_DENIED,
  'template-conflict': HRESULT.CERTSRV_E_TEMPLATE_CONFLICT,
  'subject-missing': HRESULT.CERTSRV_E_BAD_REQUESTSUBJECT,
  'subject-refused': HRESULT.CERTSRV_E_BAD_REQUESTSUBJECT,
  'key-refused': HRESULT.CERTSRV_E_KEY_LENGTH,
  'key-compromised': HRESULT.NTE_BAD_KEY,
  'renewal-refused': HRESULT.CERTSRV_E_BAD_RENEWAL_CERT_ATTRIBUTE,
  'archival-unavailable': HRESULT.CERTSRV_E_KEY_ARCHIVAL_NOT_CONFIGURED,
  'archival-unexpected': HRESULT.CERTSRV_E_ARCHIVED_KEY_UNEXPECTED,
  'archival-required': HRESULT.CERTSRV_E_ARCHIVED_KEY_REQUIRED,
  'archived-key': HRESULT.CERTSRV_E_BAD_REQUEST_KEY_ARCHIVAL,
  revoked: HRESULT.CRYPT_E_REVOKED,
}

/** A denial for a reason; `cause` is a code for logs, more precise than the client's answer. */
export const denial = (reason: DenialReason, cause?: string, errorCode = DENIAL_CODES[reason]): Denial => ({
  status: 'denied',
  reason,
  errorCode,
  cause,
})

/** Whether a verdict is a denial. */
export const isDenial = (value: object): value is Denial => 'status' in value && value.status === 'denied'
