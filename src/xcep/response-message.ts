import { decodeBase64, encodeBase64 } from '../../bindings/octets/base64.js'
import { oid as encodeOid } from '../pki/asn1/der.js'
import { PkiError } from '../pki/errors.js'
import type { Octets } from '../../bindings/octets/octets.js'
import type { ParseOptions } from '../xml/parse.js'
import { inputElement, type XmlInput } from '../xml/reader.js'
import type { XmlElement } from '../xml/tree.js'
import { XcepError } from './errors.js'
import { field, Fields, group, nil, readInteger, textOf } from './fields.js'
import { XCEP, xcep } from './names.js'
import type {
  ClientAuthentication,
  EnrollmentAddress,
  EnrollmentPolicy,
  PolicyAuthority,
  PolicyExtension,
  PolicyResponse,
  PolicyTemplate,
} from './policies.js'

/** [MS-XCEP] 3.1.4.1.3.5 */
const AUTHENTICATIONS: Readonly<Record<ClientAuthentication, number>> = {
  anonymous: 1,
  kerberos: 2,
  password: 4,
  certificate: 8,
}

/** To archive, export or protect the key (section 3.1.4.1.3.1), and the versions of client and authority (3.1.4.1.3.22). */
const PRIVATE_KEY_FLAGS = 0x0f0f0031

/** The kind of object that an identifier names. [MS-XCEP] 3.1.4.1.3.16 */
const GROUP = { hash: 1, encryption: 2, publicKey: 3, extension: 6, purpose: 7, policy: 8, template: 9 } as const

/** The object identifiers of a message: each occurs once, under a number. */
class OidTable {
  readonly #entries = new Map<string, { readonly reference: number; readonly element: XmlElement }>()

  /** The number of an OID; throws `XcepError` (`xcep/policy`) if it is malformed. */
  refer(oid: string, kind: keyof typeof GROUP, name?: string): number {
    const key = `${String(GROUP[kind])} ${oid}`
    const known = this.#entries.get(key)
    if (known !== undefined) return known.reference
    checkOid(oid)
    const reference = this.#entries.size + 1
    const element = xcep(
      'oID',
      {},
      xcep('value', {}, oid),
      xcep('group', {}, String(GROUP[kind])),
      xcep('oIDReferenceID', {}, String(reference)),
      field('defaultName', name ?? oid),
    )
    this.#entries.set(key, { reference, element })
    return reference
  }

  elements(): XmlElement[] {
    return Array.from(this.#entries.values(), ({ element }) => element)
  }
}

/**
 * Windows keeps arcs in 32 bits and silently stops reading at a larger one, so larger arcs are refused.
 */
function checkOid(oid: string): void {
  try {
    encodeOid(oid)
  } catch (error) {
    throw error instanceof PkiError ? new XcepError('xcep/policy', { cause: error }) : error
  }
  if (oid.split('.').some((arc) => Number(arc) >= 2 ** 32)) throw new XcepError('xcep/policy')
}

/**
 * The xcep:GetPoliciesResponse element. As Windows requires, every element is at its place, and nil if it has no value.
 * [MS-XCEP] 3.1.4.1.2.2
 *
 * Throws `XcepError` (`xcep/policy`, `xcep/reference`, `xcep/certificate`), `XmlError` (`xml/character`).
 */
export function writePolicyResponse(response: PolicyResponse): XmlElement {
  const { id, friendlyName, nextUpdateHours } = response
  if (id === '' || (nextUpdateHours !== undefined && !isPositive(nextUpdateHours))) throw new XcepError('xcep/policy')
  const about = (unchanged: boolean | undefined, policies: XmlElement): XmlElement =>
    xcep(
      'response',
      {},
      xcep('policyID', {}, id),
      field('policyFriendlyName', friendlyName),
      field('nextUpdateHours', nextUpdateHours),
      field('policiesNotChanged', unchanged),
      policies,
    )
  if (response.unchanged === true) {
    return xcep('GetPoliciesResponse', {}, about(true, nil('policies')), nil('cAs'), nil('oIDs'))
  }
  const oids = new OidTable()
  checkUnique(response)
  const policies = response.templates.map((template) => policyElement(template, oids))
  return xcep(
    'GetPoliciesResponse',
    {},
    about(undefined, group('policies', policies)),
    group('cAs', response.authorities.map(authorityElement)),
    group('oIDs', oids.elements()),
  )
}

function checkUnique({ templates, authorities }: EnrollmentPolicy): void {
  const references = authorities.map(({ reference }) => reference)
  const areUnique = (values: readonly unknown[]): boolean => new Set(values).size === values.length
  if (
    ![templates.map(({ name }) => name), templates.map(({ oid }) => oid), references].every(areUnique) ||
    !templates.every((template) => areUnique(template.authorities)) ||
    templates.some(({ name }) => name === '')
  ) {
    throw new XcepError('xcep/policy')
  }
  if (templates.some((template) => template.authorities.some((reference) => !references.includes(reference)))) {
    throw new XcepError('xcep/reference')
  }
}

const isPositive = (value: number): boolean => Number.isSafeInteger(value) && value > 0 && value < 2 ** 32
const isUnsigned = (value: number): boolean => value === 0 || isPositive(value)

function unsigned(name: string, value: number | undefined): XmlElement {
  if (value !== undefined && !isUnsigned(value)) throw new XcepError('xcep/policy')
  return field(name, value)
}

function policyElement(template: PolicyTemplate, oids: OidTable): XmlElement {
  const { oid, name, displayName = name, authorities } = template
  return xcep(
    'policy',
    {},
    field('policyOIDReference', oids.refer(oid, 'template', displayName)),
    group(
      'cAs',
      authorities.map((reference) => field('cAReference', reference)),
    ),
    attributesElement(template, oids),
  )
}

function attributesElement(template: PolicyTemplate, oids: OidTable): XmlElement {
  const { key, revision, hashAlgorithm, registrationAuthority, archival, supersedes, extensions } = template
  // Section 3.1.4.1.3.8: longs, positive and not zero.
  const { validitySeconds, renewalSeconds, schema } = template
  if (![validitySeconds, renewalSeconds].every((seconds) => Number.isSafeInteger(seconds) && seconds > 0)) {
    throw new XcepError('xcep/policy')
  }
  if (hashAlgorithm !== undefined && schema !== 3) throw new XcepError('xcep/policy')
  if (![key.minimalLength, revision.major, archival?.keyBits ?? 1].every(isPositive)) throw new XcepError('xcep/policy')
  if (((template.privateKeyFlags ?? 0) & ~PRIVATE_KEY_FLAGS) !== 0) throw new XcepError('xcep/policy')
  const references = (name: string, values: readonly string[] = [], kind: 'purpose' | 'policy'): XmlElement =>
    group(
      name,
      values.map((value) => field('oIDReference', oids.refer(value, kind))),
    )
  return xcep(
    'attributes',
    {},
    xcep('commonName', {}, template.name),
    unsigned('policySchema', template.schema),
    xcep(
      'certificateValidity',
      {},
      field('validityPeriodSeconds', validitySeconds),
      field('renewalPeriodSeconds', renewalSeconds),
    ),
    xcep('permission', {}, field('enroll', template.mayEnroll), field('autoEnroll', template.autoEnroll)),
    xcep(
      'privateKeyAttributes',
      {},
      unsigned('minimalKeyLength', key.minimalLength),
      unsigned('keySpec', key.spec),
      unsigned('keyUsageProperty', key.usageProperty),
      field('permissions', key.permissions),
      field('algorithmOIDReference', key.algorithm && oids.refer(key.algorithm, 'publicKey')),
      group(
        'cryptoProviders',
        key.providers?.map((provider) => xcep('provider', {}, provider)),
      ),
    ),
    xcep('revision', {}, unsigned('majorRevision', revision.major), unsigned('minorRevision', revision.minor)),
    group(
      'supersededPolicies',
      supersedes?.map((name) => xcep('commonName', {}, name)),
    ),
    unsigned('privateKeyFlags', template.privateKeyFlags),
    unsigned('subjectNameFlags', template.subjectNameFlags),
    unsigned('enrollmentFlags', template.enrollmentFlags),
    unsigned('generalFlags', template.generalFlags),
    field('hashAlgorithmOIDReference', hashAlgorithm && oids.refer(hashAlgorithm, 'hash')),
    registrationAuthority === undefined
      ? nil('rARequirements')
      : xcep(
          'rARequirements',
          {},
          unsigned('rASignatures', registrationAuthority.signatures),
          references('rAEKUs', registrationAuthority.purposes, 'purpose'),
          references('rAPolicies', registrationAuthority.policies, 'policy'),
        ),
    archival === undefined
      ? nil('keyArchivalAttributes')
      : xcep(
          'keyArchivalAttributes',
          {},
          field('symmetricAlgorithmOIDReference', oids.refer(archival.algorithm, 'encryption')),
          unsigned('symmetricAlgorithmKeyLength', archival.keyBits),
        ),
    group(
      'extensions',
      extensions?.map(({ oid, critical, value }) =>
        xcep(
          'extension',
          {},
          field('oIDReference', oids.refer(oid, 'extension')),
          field('critical', critical),
          xcep('value', {}, encodeBase64(value)),
        ),
      ),
    ),
  )
}

function authorityElement({ reference, certificate, mayEnroll, addresses }: PolicyAuthority): XmlElement {
  if (addresses.length === 0) throw new XcepError('xcep/policy')
  if (certificate.length === 0) throw new XcepError('xcep/certificate')
  const uris = addresses.map(({ authentication, url, priority, renewalOnly = false }) =>
    xcep(
      'cAURI',
      {},
      field('clientAuthentication', AUTHENTICATIONS[authentication]),
      xcep('uri', {}, url),
      unsigned('priority', priority),
      field('renewalOnly', renewalOnly),
    ),
  )
  return xcep(
    'cA',
    {},
    xcep('uris', {}, ...uris),
    // One line: cepces does not read lines of 76 characters.
    xcep('certificate', {}, encodeBase64(certificate)),
    field('enrollPermission', mayEnroll),
    unsigned('cAReferenceID', reference),
  )
}

/**
 * The policy in an xcep:GetPoliciesResponse element. References are resolved; the order of elements does not matter; absent
 * elements count as nil. Authorities and addresses that cannot be used (another authentication) are left out.
 *
 * Throws `XmlError`, `XcepError` (`xcep/response`, `xcep/reference`, `xcep/certificate`).
 */
export function readPolicyResponse(input: XmlInput, limits?: ParseOptions): PolicyResponse {
  const element = inputElement(input, 'GetPoliciesResponse', XCEP, () => new XcepError('xcep/response'), limits)
  const fields = new Fields(element, 'xcep/response')
  const response = fields.required(fields.fields('response'))
  const identity = {
    id: fields.required(response.text('policyID')),
    friendlyName: response.text('policyFriendlyName'),
    nextUpdateHours: response.integer('nextUpdateHours', 1),
  }
  if (response.boolean('policiesNotChanged') === true) return { ...identity, unchanged: true }
  const oids = readOids(fields.fields('oIDs'))
  const authorities = children(fields.fields('cAs'), 'cA').map(readAuthority)
  const references = authorities.map(({ reference }) => reference)
  if (new Set(references).size !== references.length) throw new XcepError('xcep/response')
  const templates = children(response.fields('policies'), 'policy').map((policy) => readTemplate(policy, oids))
  if (templates.some((template) => template.authorities.some((reference) => !references.includes(reference)))) {
    throw new XcepError('xcep/reference')
  }
  return { ...identity, templates, authorities }
}

const children = (fields: Fields | undefined, name: string): Fields[] =>
  (fields?.all(name) ?? []).map((child) => new Fields(child, 'xcep/response'))

type Oids = ReadonlyMap<number, { readonly oid: string; readonly name: string | undefined }>

function readOids(fields: Fields | undefined): Oids {
  const oids = new Map<number, { oid: string; name: string | undefined }>()
  for (const entry of children(fields, 'oID')) {
    const reference = entry.required(entry.integer('oIDReferenceID', -(2 ** 31)))
    if (oids.has(reference)) throw new XcepError('xcep/response')
    oids.set(reference, { oid: entry.required(entry.text('value')), name: entry.text('defaultName') })
  }
  return oids
}

function resolve(oids: Oids, reference: number) {
  const found = oids.get(reference)
  if (found === undefined) throw new XcepError('xcep/reference')
  return found
}

function readAuthority(fields: Fields): PolicyAuthority {
  const certificate = readOctets(fields.required(fields.text('certificate')))
  if (certificate.length === 0) throw new XcepError('xcep/certificate')
  return {
    reference: fields.required(fields.integer('cAReferenceID', -(2 ** 31))),
    certificate,
    mayEnroll: fields.required(fields.boolean('enrollPermission')),
    addresses: children(fields.fields('uris'), 'cAURI').flatMap(readAddress),
  }
}

function readAddress(fields: Fields): EnrollmentAddress[] {
  const number = fields.integer('clientAuthentication')
  const known = Object.entries(AUTHENTICATIONS) as [ClientAuthentication, number][]
  const authentication = known.find(([, value]) => value === number)?.[0]
  if (authentication === undefined) return []
  return [
    {
      authentication,
      url: fields.required(fields.text('uri')),
      priority: fields.integer('priority'),
      renewalOnly: fields.boolean('renewalOnly') ?? false,
    },
  ]
}

function readOctets(base64: string): Octets {
  const octets = decodeBase64(base64)
  if (octets === undefined) throw new XcepError('xcep/certificate')
  return octets
}

function readTemplate(policy: Fields, oids: Oids): PolicyTemplate {
  const { oid, name } = resolve(oids, policy.required(policy.integer('policyOIDReference', -(2 ** 31))))
  const attributes = policy.required(policy.fields('attributes'))
  const validity = attributes.required(attributes.fields('certificateValidity'))
  const permission = attributes.required(attributes.fields('permission'))
  const key = attributes.required(attributes.fields('privateKeyAttributes'))
  const revision = attributes.required(attributes.fields('revision'))
  const authorities = policy.fields('cAs')?.all('cAReference') ?? []
  const reference = (fields: Fields, field: string): string | undefined => {
    const found = fields.integer(field, -(2 ** 31))
    return found === undefined ? undefined : resolve(oids, found).oid
  }
  const commonName = attributes.required(attributes.text('commonName'))
  return {
    name: commonName,
    oid,
    displayName: name ?? commonName,
    schema: attributes.required(attributes.integer('policySchema')),
    authorities: authorities.map((element) =>
      readInteger(textOf(element, 'xcep/response'), 'xcep/response', -(2 ** 31)),
    ),
    validitySeconds: readSeconds(validity, 'validityPeriodSeconds'),
    renewalSeconds: readSeconds(validity, 'renewalPeriodSeconds'),
    mayEnroll: permission.required(permission.boolean('enroll')),
    autoEnroll: permission.required(permission.boolean('autoEnroll')),
    key: {
      minimalLength: key.required(key.integer('minimalKeyLength')),
      spec: key.integer('keySpec'),
      usageProperty: key.integer('keyUsageProperty'),
      permissions: key.text('permissions'),
      algorithm: reference(key, 'algorithmOIDReference'),
      providers: texts(key.fields('cryptoProviders'), 'provider'),
    },
    revision: {
      major: revision.required(revision.integer('majorRevision')),
      minor: revision.integer('minorRevision'),
    },
    supersedes: texts(attributes.fields('supersededPolicies'), 'commonName'),
    privateKeyFlags: attributes.integer('privateKeyFlags'),
    subjectNameFlags: attributes.integer('subjectNameFlags'),
    enrollmentFlags: attributes.integer('enrollmentFlags'),
    generalFlags: attributes.integer('generalFlags'),
    hashAlgorithm: reference(attributes, 'hashAlgorithmOIDReference'),
    registrationAuthority: readRequirements(attributes.fields('rARequirements'), oids),
    archival: readArchival(attributes.fields('keyArchivalAttributes'), oids),
    extensions: children(attributes.fields('extensions'), 'extension').map((extension): PolicyExtension => ({
      oid: extension.required(reference(extension, 'oIDReference')),
      critical: extension.required(extension.boolean('critical')),
      value: readOctets(extension.text('value') ?? ''),
    })),
  }
}

/** An xs:unsignedLong. Values beyond a double's exact range are longer than any certificate lives. */
function readSeconds(fields: Fields, name: string): number {
  const text = fields.required(fields.text(name))
  if (!/^\+?\d{1,20}$/.test(text)) throw new XcepError('xcep/response')
  return Number(text)
}

function texts(fields: Fields | undefined, name: string): string[] | undefined {
  return fields?.all(name).map((element) => textOf(element, 'xcep/response'))
}

function readRequirements(fields: Fields | undefined, oids: Oids): PolicyTemplate['registrationAuthority'] {
  if (fields === undefined) return undefined
  const list = (name: string): string[] | undefined =>
    texts(fields.fields(name), 'oIDReference')?.map(
      (text) => resolve(oids, readInteger(text, 'xcep/response', -(2 ** 31))).oid,
    )
  const signatures = fields.required(fields.integer('rASignatures'))
  return { signatures, purposes: list('rAEKUs'), policies: list('rAPolicies') }
}

function readArchival(fields: Fields | undefined, oids: Oids): PolicyTemplate['archival'] {
  if (fields === undefined) return undefined
  const reference = fields.required(fields.integer('symmetricAlgorithmOIDReference', -(2 ** 31)))
  return {
    algorithm: resolve(oids, reference).oid,
    keyBits: fields.required(fields.integer('symmetricAlgorithmKeyLength', 1)),
  }
}
