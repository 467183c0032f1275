import { UProveError } from '../../../bindings/errors.js'
import type { WsTrustErrorCode } from '../errors.js'

/** Faults of WS-Trust 1.4, section 11, as far as this profile has use for them: local names in its namespace. */
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
  'ws-trust/busy': 'RequestFailed',
}

/** What fails on this side. */
const OWN_FAILURES = /^(?:engine|pool|store)\//

/** Whether an error is no answer to a client, but a failure of this side: of its store, its workers, or a bug. */
export function isOwnFailure(error: unknown): boolean {
  return !(error instanceof UProveError) || OWN_FAILURES.test(error.code)
}

/**
 * The fault that tells a client what a Claim Provider threw, and no more than that. What is no error of this library is
 * `RequestFailed`.
 */
export function wsTrustFault(error: unknown): WsTrustFault {
  if (!(error instanceof UProveError) || isOwnFailure(error)) return 'RequestFailed'
  return FAULTS[error.code as WsTrustErrorCode] ?? 'InvalidRequest'
}
