import { SoapFault } from './fault.js'
import { a, ADDRESSING_FAULT_ACTION, CONTENT_PREFIX, WSA, WSSE } from './names.js'

/** A required header is missing (WS-Addressing 1.0, SOAP Binding, section 6.4.2). */
export function headerRequired(localName: string): SoapFault {
  return addressingFault(
    ['MessageAddressingHeaderRequired'],
    'A required header representing a Message Addressing Property is not present.',
    a('ProblemHeaderQName', {}, `${CONTENT_PREFIX}:${localName}`).declaring({ [CONTENT_PREFIX]: WSA }),
  )
}

/** A header is invalid; the second subcode says why (section 6.4.1). */
export function invalidHeader(
  localName: string,
  why:
    | 'InvalidAddress'
    | 'InvalidEPR'
    | 'InvalidCardinality'
    | 'MissingAddressInEPR'
    | 'ActionMismatch'
    | 'OnlyAnonymousAddressSupported',
): SoapFault {
  return addressingFault(
    ['InvalidAddressingHeader', why],
    'A header representing a Message Addressing Property is not valid and the message cannot be processed.',
    a('ProblemHeaderQName', {}, `${CONTENT_PREFIX}:${localName}`).declaring({ [CONTENT_PREFIX]: WSA }),
  )
}

/** This service does not have the action (section 6.4.4). */
export function actionNotSupported(action: string): SoapFault {
  return addressingFault(
    ['ActionNotSupported'],
    'The action is invalid: it cannot be processed at the receiver.',
    a('ProblemAction', {}, a('Action', {}, action)),
  )
}

function addressingFault(subcodes: readonly string[], reason: string, detail: ReturnType<typeof a>): SoapFault {
  return new SoapFault({
    faultCode: 'Sender',
    subcodes: subcodes.map((localName) => ({ namespace: WSA, localName })),
    reasons: reason,
    detail: [detail],
    action: ADDRESSING_FAULT_ACTION,
  })
}

/** Faults of SOAP Message Security 1.0, section 12 (MessageExpired: 1.1). They do not say what exactly was wrong. */
const REASONS = {
  InvalidSecurity: 'An error was discovered processing the Security header.',
  UnsupportedSecurityToken: 'An unsupported token was provided.',
  FailedAuthentication: 'The security token could not be authenticated or authorized.',
  MessageExpired: 'The message has expired.',
} as const

export type SecurityFaultCode = keyof typeof REASONS

/** A fault of WS-Security. Default of `reasons`: English. */
export function securityFault(
  code: SecurityFaultCode,
  reasons?: ConstructorParameters<typeof SoapFault>[0]['reasons'],
  cause?: unknown,
) {
  return new SoapFault({
    faultCode: 'Sender',
    subcodes: [{ namespace: WSSE, localName: code }],
    reasons: reasons ?? REASONS[code],
    cause,
  })
}
