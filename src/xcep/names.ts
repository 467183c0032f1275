import { vocabulary } from '../xml/tree.js'

/** The namespace of [MS-XCEP] 2.2.1. */
export const XCEP = 'http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy'

/** The actions of the one operation. [MS-XCEP] 3.1.4.1 */
export const GET_POLICIES_ACTION = `${XCEP}/IPolicy/GetPolicies`
export const GET_POLICIES_REPLY_ACTION = `${XCEP}/IPolicy/GetPoliciesResponse`

/** Builds elements. */
export const xcep = /* @__PURE__ */ vocabulary('xcep', XCEP)
