import { SoapClient, type SoapClientOptions } from '../soap/client.js'
import type { Octets } from '../../bindings/octets/octets.js'
import { certificationRequestIn } from '../pki/requests/enrollment-request.js'
import { WstepClient, type CallOptions, type Enrollment, type EnrollOptions } from '../wstep/client/client.js'
import { XcepError } from './errors.js'
import { GET_POLICIES_ACTION, GET_POLICIES_REPLY_ACTION } from './names.js'
import type {
  ClientAuthentication,
  EnrollmentAddress,
  EnrollmentPolicy,
  PolicyAuthority,
  PolicyRequest,
  PolicyResponse,
  PolicyTemplate,
} from './policies.js'
import { writePolicyRequest } from './request-message.js'
import { readPolicyResponse } from './response-message.js'

export interface PolicyClientOptions extends SoapClientOptions {
  /** The address of the policy service: https, unless `allowHttp`. */
  readonly url: string | URL
}

export type GetPoliciesOptions = PolicyClientOptions & PolicyRequest & { readonly signal?: AbortSignal }

/**
 * The templates that an account can enroll for, and the addresses to enroll at, from a policy service. [MS-XCEP] 3.1.4.1
 *
 * The account is that of `credentials`, or of the certificate that the transport presents. With `lastUpdate` the answer may
 * be that nothing has changed since then.
 *
 * Throws the `SoapFault` that the server answers, `SoapError`, `XmlError`, `XcepError` (`xcep/response`, `xcep/reference`,
 * `xcep/certificate`).
 */
export function getPolicies(
  options: GetPoliciesOptions & { readonly lastUpdate?: undefined },
): Promise<EnrollmentPolicy>
export function getPolicies(options: GetPoliciesOptions): Promise<PolicyResponse>
export async function getPolicies(options: GetPoliciesOptions): Promise<PolicyResponse> {
  const { url, signal, lastUpdate } = options
  const envelope = await new SoapClient(options).call({
    url,
    action: GET_POLICIES_ACTION,
    replyAction: GET_POLICIES_REPLY_ACTION,
    body: writePolicyRequest(options),
    signal,
  })
  const response = readPolicyResponse(envelope.body)
  // Without `lastUpdate` the client has no earlier policy, so this answer is useless.
  if (response.unchanged === true && lastUpdate === undefined) throw new XcepError('xcep/response')
  return response
}

interface ByPolicy extends PolicyClientOptions, CallOptions {
  /** The template: its name (case does not count) or its OID. */
  readonly template: string
  /** How this client can authenticate itself. Default: `['password']` with `credentials`, else `['certificate', 'kerberos']`. */
  readonly authentication?: readonly ClientAuthentication[]
  /**
   * Whether credentials may be sent to an enrollment address that the policy names. Default: only at the origin of the policy
   * service.
   */
  readonly mayFollow?: (address: URL) => boolean
}

/** A request that is made from a name and a key; the authority checks that the key fits `template.key`. */
interface RequestContent {
  readonly subject: EnrollOptions['subject']
  readonly key: EnrollOptions['key']
  /**
   * For a template whose keys are archived: the private key, encrypted to the exchange certificate (DER) of the address that the
   * policy names, as `encryptForArchival` gives it. Check first that an authority which you trust issued the certificate. Sections 3.1.1.4.3.6
   * and 2.2.2.8 of [MS-WCCE].
   */
  readonly archiveKey?: (exchangeCertificate: Octets) => Octets | Promise<Octets>
  readonly request?: undefined
}

/** A request that was made elsewhere. */
interface GivenRequest {
  /** PKCS#10, CMS or CMC, DER. It is sent as it is, with the template beside it. */
  readonly request: Octets
  readonly subject?: undefined
  readonly key?: undefined
  readonly archiveKey?: undefined
}

export type EnrollByPolicyOptions = ByPolicy & (RequestContent | GivenRequest)

/** The result of an enrollment by policy, with the template and the address that were used. */
export type PolicyEnrollment = Enrollment & { readonly template: PolicyTemplate; readonly address: string }

/**
 * Reads the policy, and enrolls for one of its templates at the authority that it names. [MS-XCEP] 1.3
 *
 * Throws what `getPolicies` and `WstepClient.enroll` do, and `XcepError`: `xcep/template-unknown`, `xcep/template-refused`
 * (the account may not enroll for it), `xcep/no-address` (no address accepts new requests with one of the authentications, or
 * `mayFollow` refuses them all); `PkiError` for a `request` that cannot be read.
 *
 * @example
 * ```ts
 * import { generateKey } from 'uprove-wasm/pki'
 * import { enrollByPolicy } from 'uprove-wasm/xcep'
 *
 * const enrollment = enrollByPolicy({
 *   url: 'https://ca.example/xcep',
 *   credentials: { username: 'alice', password: 'secret' },
 *   template: 'User',
 *   subject: 'CN=alice',
 *   key: await generateKey('ECDSA-P256'),
 *   // Default: fetch.
 *   transport: () => Promise.reject(new Error('no network in this example')),
 * })
 * await enrollment.catch((error: Error) => console.log(error.message)) // no network in this example
 * ```
 */
export async function enrollByPolicy(options: EnrollByPolicyOptions): Promise<PolicyEnrollment> {
  const { url, template: wanted, mayFollow } = options
  const policy = await getPolicies({ ...options, lastUpdate: undefined, templates: undefined })
  const template = findTemplate(policy, wanted)
  if (!template.mayEnroll) throw new XcepError('xcep/template-refused')
  const origin = new URL(url).origin
  const address = chooseAddress(policy, template, {
    authentication: options.authentication ?? (options.credentials ? ['password'] : ['certificate', 'kerberos']),
    mayFollow: mayFollow ?? ((candidate) => candidate.origin === origin),
  })
  const enrollment = await request(new WstepClient({ ...options, url: address }), options, template)
  return { ...enrollment, template, address: address.href }
}

/** Names the template in the PKCS#10, or beside a request that was made elsewhere. */
async function request(
  client: WstepClient,
  { subject, key, archiveKey, request: made, signal, additionalContext = [] }: EnrollByPolicyOptions,
  { name, oid, revision }: PolicyTemplate,
): Promise<Enrollment> {
  if (made === undefined) {
    const archivedKey = archiveKey && (await archiveKey(await client.keyExchangeToken({ signal })))
    return client.enroll({ subject, key, archivedKey, signal, additionalContext, template: { oid, ...revision } })
  }
  return client.submit(made, certificationRequestIn(made).publicKey, {
    signal,
    additionalContext: [...additionalContext, { name: 'CertificateTemplate', value: name }],
  })
}

function findTemplate({ templates }: EnrollmentPolicy, wanted: string): PolicyTemplate {
  const name = wanted.toLowerCase()
  const found = templates.find(({ oid, name: known }) => oid === wanted || known.toLowerCase() === name)
  if (found === undefined) throw new XcepError('xcep/template-unknown')
  return found
}

interface AddressRules {
  readonly authentication: readonly ClientAuthentication[]
  readonly mayFollow: (address: URL) => boolean
}

/** The address of the lowest priority number that takes new requests of such a client. [MS-XCEP] 3.1.4.1.3.5 */
function chooseAddress(policy: EnrollmentPolicy, template: PolicyTemplate, rules: AddressRules): URL {
  const isUsable = ({ authentication, url, renewalOnly = false }: EnrollmentAddress): boolean =>
    !renewalOnly && rules.authentication.includes(authentication) && URL.canParse(url) && rules.mayFollow(new URL(url))
  const offers = (authority: PolicyAuthority): boolean =>
    authority.mayEnroll && template.authorities.includes(authority.reference)
  const [first] = policy.authorities
    .filter(offers)
    .flatMap(({ addresses }) => addresses.filter(isUsable))
    .sort((a, b) => (a.priority ?? 2 ** 32) - (b.priority ?? 2 ** 32))
  if (first === undefined) throw new XcepError('xcep/no-address')
  return new URL(first.url)
}
