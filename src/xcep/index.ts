/**
 * The X.509 Certificate Enrollment Policy Protocol, [MS-XCEP]: which templates an account can enroll for, and at which
 * address. A service for Windows and cepces, and a client.
 *
 * @module
 */
export { enrollByPolicy, getPolicies, type EnrollByPolicyOptions, type GetPoliciesOptions } from './client.js'
export type { PolicyClientOptions, PolicyEnrollment } from './client.js'
export { XcepError, type XcepErrorCode } from './errors.js'
export type * from './policies.js'
export { PolicyService, type PolicyServiceEvents, type PolicyServiceOptions } from './policy-service.js'
export {
  profilePolicy,
  templatesOf,
  whyNotOffered,
  type NotOffered,
  type OfferedProfile,
  type ProfilePolicyOptions,
} from './profile-policy.js'
export { readPolicyRequest, writePolicyRequest } from './request-message.js'
export { readPolicyResponse, writePolicyResponse } from './response-message.js'
export { XCEP_SCHEMA, xcepWsdl } from './schema.js'
