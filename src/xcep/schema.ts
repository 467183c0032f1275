import { wsdlOf } from '../soap/http/wsdl.js'
import { escapeAttribute } from '../xml/canonicalize.js'
import { GET_POLICIES_ACTION, GET_POLICIES_REPLY_ACTION, XCEP } from './names.js'

const XS = 'http://www.w3.org/2001/XMLSchema'

type Occurrence = 'one' | 'nil' | 'many'

/** An element of a sequence: exactly one; one that may be nil; or one and more. */
const item = (name: string, type: string, occurrence: Occurrence = 'one'): string =>
  `<xs:element name="${name}" type="${type}"${
    { one: '', nil: ' nillable="true"', many: ' maxOccurs="unbounded"' }[occurrence]
  }/>`
const commonNames = '<xs:element ref="xcep:commonName" maxOccurs="unbounded"/>'
/** The place for vendors' elements. */
const open = '<xs:any namespace="##other" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>'
const type = (name: string, ...items: readonly string[]): string =>
  `<xs:complexType name="${name}"><xs:sequence>${items.join('')}</xs:sequence></xs:complexType>`
const root = (name: string, ...items: readonly string[]): string =>
  `<xs:element name="${name}"><xs:complexType><xs:sequence>${items.join('')}</xs:sequence></xs:complexType></xs:element>`

/**
 * The XML schema of the protocol, as [MS-XCEP] 3.1.4.1.3 describes its types. (The schema in the appendix of the specification
 * forgets clientVersion and serverVersion, and nil for renewalOnly and minorRevision.)
 */
export const XCEP_SCHEMA = `<?xml version="1.0" encoding="utf-8"?>
<xs:schema xmlns:xs="${XS}" xmlns:xcep="${XCEP}" targetNamespace="${XCEP}" elementFormDefault="qualified">
${[
  '<xs:element name="commonName" type="xs:string"/>',
  root('GetPolicies', item('client', 'xcep:Client'), item('requestFilter', 'xcep:RequestFilter', 'nil')),
  root(
    'GetPoliciesResponse',
    item('response', 'xcep:Response', 'nil'),
    item('cAs', 'xcep:CACollection', 'nil'),
    item('oIDs', 'xcep:OIDCollection', 'nil'),
  ),
  type('Client', item('lastUpdate', 'xs:dateTime', 'nil'), item('preferredLanguage', 'xs:language', 'nil'), open),
  type(
    'RequestFilter',
    item('policyOIDs', 'xcep:FilterOIDCollection', 'nil'),
    item('clientVersion', 'xs:int', 'nil'),
    item('serverVersion', 'xs:int', 'nil'),
    open,
  ),
  type('FilterOIDCollection', item('oid', 'xs:string', 'many')),
  type(
    'Response',
    item('policyID', 'xs:string'),
    item('policyFriendlyName', 'xs:string', 'nil'),
    item('nextUpdateHours', 'xs:unsignedInt', 'nil'),
    item('policiesNotChanged', 'xs:boolean', 'nil'),
    item('policies', 'xcep:PolicyCollection', 'nil'),
    open,
  ),
  type('PolicyCollection', item('policy', 'xcep:CertificateEnrollmentPolicy', 'many')),
  type(
    'CertificateEnrollmentPolicy',
    item('policyOIDReference', 'xs:int'),
    item('cAs', 'xcep:CAReferenceCollection', 'nil'),
    item('attributes', 'xcep:Attributes'),
    open,
  ),
  type('CAReferenceCollection', item('cAReference', 'xs:int', 'many')),
  type(
    'Attributes',
    '<xs:element ref="xcep:commonName"/>',
    item('policySchema', 'xs:unsignedInt'),
    item('certificateValidity', 'xcep:CertificateValidity'),
    item('permission', 'xcep:EnrollmentPermission'),
    item('privateKeyAttributes', 'xcep:PrivateKeyAttributes'),
    item('revision', 'xcep:Revision'),
    item('supersededPolicies', 'xcep:SupersededPolicies', 'nil'),
    item('privateKeyFlags', 'xs:unsignedInt', 'nil'),
    item('subjectNameFlags', 'xs:unsignedInt', 'nil'),
    item('enrollmentFlags', 'xs:unsignedInt', 'nil'),
    item('generalFlags', 'xs:unsignedInt', 'nil'),
    item('hashAlgorithmOIDReference', 'xs:int', 'nil'),
    item('rARequirements', 'xcep:RARequirements', 'nil'),
    item('keyArchivalAttributes', 'xcep:KeyArchivalAttributes', 'nil'),
    item('extensions', 'xcep:ExtensionCollection', 'nil'),
    open,
  ),
  type(
    'CertificateValidity',
    item('validityPeriodSeconds', 'xs:unsignedLong'),
    item('renewalPeriodSeconds', 'xs:unsignedLong'),
  ),
  type('EnrollmentPermission', item('enroll', 'xs:boolean'), item('autoEnroll', 'xs:boolean')),
  type(
    'PrivateKeyAttributes',
    item('minimalKeyLength', 'xs:unsignedInt'),
    item('keySpec', 'xs:unsignedInt', 'nil'),
    item('keyUsageProperty', 'xs:unsignedInt', 'nil'),
    item('permissions', 'xs:string', 'nil'),
    item('algorithmOIDReference', 'xs:int', 'nil'),
    item('cryptoProviders', 'xcep:CryptoProviders', 'nil'),
  ),
  type('CryptoProviders', item('provider', 'xs:string', 'many')),
  type('Revision', item('majorRevision', 'xs:unsignedInt'), item('minorRevision', 'xs:unsignedInt', 'nil')),
  type('SupersededPolicies', commonNames),
  type(
    'RARequirements',
    item('rASignatures', 'xs:unsignedInt'),
    item('rAEKUs', 'xcep:OIDReferenceCollection', 'nil'),
    item('rAPolicies', 'xcep:OIDReferenceCollection', 'nil'),
  ),
  type('OIDReferenceCollection', item('oIDReference', 'xs:int', 'many')),
  type(
    'KeyArchivalAttributes',
    item('symmetricAlgorithmOIDReference', 'xs:int'),
    item('symmetricAlgorithmKeyLength', 'xs:unsignedInt'),
  ),
  type('ExtensionCollection', item('extension', 'xcep:Extension', 'many')),
  type(
    'Extension',
    item('oIDReference', 'xs:int'),
    item('critical', 'xs:boolean'),
    item('value', 'xs:base64Binary', 'nil'),
  ),
  type('CACollection', item('cA', 'xcep:CA', 'many')),
  type(
    'CA',
    item('uris', 'xcep:CAURICollection'),
    item('certificate', 'xs:base64Binary'),
    item('enrollPermission', 'xs:boolean'),
    item('cAReferenceID', 'xs:int'),
    open,
  ),
  type('CAURICollection', item('cAURI', 'xcep:CAURI', 'many')),
  type(
    'CAURI',
    item('clientAuthentication', 'xs:unsignedInt'),
    item('uri', 'xs:anyURI'),
    item('priority', 'xs:unsignedInt', 'nil'),
    item('renewalOnly', 'xs:boolean', 'nil'),
    open,
  ),
  type('OIDCollection', item('oID', 'xcep:OID', 'many')),
  type(
    'OID',
    item('value', 'xs:string'),
    item('group', 'xs:unsignedInt'),
    item('oIDReferenceID', 'xs:int'),
    item('defaultName', 'xs:string', 'nil'),
    open,
  ),
].join('\n')}
</xs:schema>
`

/** The WSDL 1.1 of a policy service at an address. `schemaUrl`: where `XCEP_SCHEMA` is served. [MS-XCEP] 3.1.4.1 */
export function xcepWsdl(serviceUrl: string, schemaUrl: string): string {
  return wsdlOf({
    name: 'PolicyService',
    binding: 'Policy',
    portType: 'IPolicy',
    namespace: XCEP,
    prefix: 'xcep',
    types: `    <xs:schema>
      <xs:import namespace="${XCEP}" schemaLocation="${escapeAttribute(schemaUrl)}"/>
    </xs:schema>`,
    operations: [
      {
        name: 'GetPolicies',
        request: {
          name: 'IPolicy_GetPolicies_InputMessage',
          action: GET_POLICIES_ACTION,
          part: 'request',
          element: 'GetPolicies',
        },
        reply: {
          name: 'IPolicy_GetPolicies_OutputMessage',
          action: GET_POLICIES_REPLY_ACTION,
          part: 'response',
          element: 'GetPoliciesResponse',
        },
      },
    ],
    location: serviceUrl,
  })
}
