import { UProveError } from '../../../bindings/errors.js'
import type { WsTrustError, WsTrustErrorCode } from '../errors.js'

/** The faults of WS-Trust 1.4, section 11, that this profile uses: local names in its namespace. */
export type WsTrustFault = 'FailedAuthentication' | 'InvalidRequest' | 'InvalidSecurityToken' | 'RequestFailed'

const FAULTS: Partial<Record<WsTrustErrorCode, WsTrustFault>> = {
  'ws-trust/not-authenticated': 'FailedAuthentication',
  'ws-trust/signature': 'InvalidSecurityToken',
  'ws-trust/signer': 'InvalidSecurityToken',
  'ws-trust/device-key': 'InvalidSecurityToken',
  'ws-trust/device-mismatch': 'InvalidSecurityToken',
  'ws-trust/device-unsupported': 'InvalidSecurityToken',
  'ws-trust/device-refused': 'InvalidSecurityToken',
  'ws-trust/device-required': 'RequestFailed',
  'ws-trust/class-refused': 'RequestFailed',
  'ws-trust/no-tokens': 'RequestFailed',
  'ws-trust/too-many-tokens': 'RequestFailed',
  'ws-trust/parameters-expired': 'RequestFailed',
  'ws-trust/parameters-not-yet-valid': 'RequestFailed',
  'ws-trust/token-expired': 'RequestFailed',
  'ws-trust/attribute-count': 'RequestFailed',
  'ws-trust/attribute-encoding': 'RequestFailed',
  'ws-trust/busy': 'RequestFailed',
}

/** The codes of failures on this side. */
const OWN_FAILURES = /^(?:engine|pool|store)\//

/** Whether an error is a failure of this side (its store, its workers, a bug) and not the fault of a client. */
export function isOwnFailure(error: unknown): boolean {
  return !(error instanceof UProveError) || OWN_FAILURES.test(error.code)
}

/**
 * The fault that a client gets for an error of a Claim Provider, without details. `RequestFailed` for errors that are not of
 * this library.
 */
export function wsTrustFault(error: unknown): WsTrustFault {
  if (isOwnFailure(error)) return 'RequestFailed'
  return FAULTS[(error as WsTrustError).code] ?? 'InvalidRequest'
}
