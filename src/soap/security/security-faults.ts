import { SoapFault } from '../envelope/fault.js'
import { WSSE } from '../envelope/names.js'

/** Faults of SOAP Message Security 1.0, section 12 (MessageExpired: 1.1). They never say what exactly was wrong. */
const REASONS = {
  InvalidSecurity: 'An error was discovered processing the Security header.',
  UnsupportedSecurityToken: 'An unsupported token was provided.',
  FailedAuthentication: 'The security token could not be authenticated or authorized.',
  MessageExpired: 'The message has expired.',
} as const

export type SecurityFaultCode = keyof typeof REASONS

/** A fault of WS-Security, its text in English unless others are given. */
export function securityFault(
  code: SecurityFaultCode,
  reasons?: ConstructorParameters<typeof SoapFault>[0]['reasons'],
) {
  return new SoapFault({
    faultCode: 'Sender',
    subcodes: [{ namespace: WSSE, localName: code }],
    reasons: reasons ?? REASONS[code],
  })
}
