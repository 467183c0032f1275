import { wsdlOf } from '../../soap/http/wsdl.js'
import { WST } from '../../ws-trust/syntax/names.js'
import { escapeAttribute } from '../../xml/canonicalize.js'
import { ENROLLMENT_ACTION, ENROLLMENT_REPLY_ACTION, WSTEP } from './names.js'

const XS = 'http://www.w3.org/2001/XMLSchema'
const XML = 'http://www.w3.org/XML/1998/namespace'

/**
 * The XML Schema of the protocol's own namespace: [MS-WSTEP] appendix A, with the type of the fault detail, which the
 * appendix refers to (3.1.4.1.3.7). It imports `xml.xsd`: `XML_NAMESPACE_SCHEMA`.
 */
export const WSTEP_SCHEMA = `<?xml version="1.0" encoding="utf-8"?>
<xs:schema xmlns:xs="${XS}" xmlns:wstep="${WSTEP}" targetNamespace="${WSTEP}" elementFormDefault="qualified">
  <xs:import namespace="${XML}" schemaLocation="xml.xsd"/>
  <xs:element name="DispositionMessage" type="wstep:DispositionMessageType" nillable="true"/>
  <xs:complexType name="DispositionMessageType">
    <xs:simpleContent>
      <xs:extension base="xs:string">
        <xs:attribute ref="xml:lang" use="optional"/>
      </xs:extension>
    </xs:simpleContent>
  </xs:complexType>
  <xs:element name="CertificateEnrollmentWSDetail" type="wstep:CertificateEnrollmentWSDetailType" nillable="true"/>
  <xs:complexType name="CertificateEnrollmentWSDetailType">
    <xs:sequence>
      <xs:element name="BinaryResponse" type="xs:string" minOccurs="0" maxOccurs="1" nillable="true"/>
      <xs:element name="ErrorCode" type="xs:int" minOccurs="0" maxOccurs="1" nillable="true"/>
      <xs:element name="InvalidRequest" type="xs:boolean" minOccurs="0" maxOccurs="1" nillable="true"/>
      <xs:element name="RequestID" type="xs:string" minOccurs="0" maxOccurs="1" nillable="true"/>
    </xs:sequence>
  </xs:complexType>
  <xs:element name="RequestID" type="xs:string" nillable="true"/>
</xs:schema>
`

/** The attribute `xml:lang`, for `WSTEP_SCHEMA`: clients need not ask w3.org for it. */
export const XML_NAMESPACE_SCHEMA = `<?xml version="1.0" encoding="utf-8"?>
<xs:schema xmlns:xs="${XS}" targetNamespace="${XML}">
  <xs:attribute name="lang" type="xs:language"/>
</xs:schema>
`

/**
 * The WSDL 1.1 of a Security Token Service at an address: the port type and messages of WS-Trust 1.3 as far as the protocol
 * uses them, with its operation RequestSecurityToken2 ([MS-WSTEP] 3.1.4.1), bound to SOAP 1.2 over HTTPS. `schemaUrl`: where
 * `WSTEP_SCHEMA` is served.
 */
export function wstepWsdl(serviceUrl: string, schemaUrl: string): string {
  return wsdlOf({
    name: 'SecurityTokenService',
    binding: 'SecurityTokenService',
    portType: 'SecurityTokenService',
    namespace: WST,
    prefix: 'wst',
    types: embeddedTypes(schemaUrl),
    operations: [
      {
        name: 'RequestSecurityToken2',
        documentation: `Requests for a key exchange token have the action ${WST}/RST/KET.`,
        request: {
          name: 'RequestSecurityTokenMsg',
          action: ENROLLMENT_ACTION,
          part: 'request',
          element: 'RequestSecurityToken',
        },
        reply: {
          name: 'RequestSecurityTokenResponseCollectionMsg',
          action: ENROLLMENT_REPLY_ACTION,
          part: 'responseCollection',
          element: 'RequestSecurityTokenResponseCollection',
        },
      },
    ],
    location: serviceUrl,
  })
}

const embeddedTypes = (
  schemaUrl: string,
): string => `    <xs:schema targetNamespace="${WST}" elementFormDefault="qualified">
      <xs:import namespace="${WSTEP}" schemaLocation="${escapeAttribute(schemaUrl)}"/>
      <xs:element name="RequestSecurityToken" type="wst:RequestSecurityTokenType"/>
      <xs:complexType name="RequestSecurityTokenType">
        <xs:sequence>
          <xs:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
        </xs:sequence>
        <xs:attribute name="Context" type="xs:anyURI" use="optional"/>
        <xs:attribute name="PreferredLanguage" type="xs:string" use="optional"/>
        <xs:anyAttribute namespace="##other" processContents="lax"/>
      </xs:complexType>
      <xs:element name="RequestSecurityTokenResponseCollection" type="wst:RequestSecurityTokenResponseCollectionType"/>
      <xs:complexType name="RequestSecurityTokenResponseCollectionType">
        <xs:sequence>
          <xs:element ref="wst:RequestSecurityTokenResponse"/>
        </xs:sequence>
        <xs:anyAttribute namespace="##other" processContents="lax"/>
      </xs:complexType>
      <xs:element name="RequestSecurityTokenResponse" type="wst:RequestSecurityTokenResponseType"/>
      <xs:complexType name="RequestSecurityTokenResponseType">
        <xs:sequence>
          <xs:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
        </xs:sequence>
        <xs:attribute name="Context" type="xs:anyURI" use="optional"/>
        <xs:anyAttribute namespace="##other" processContents="lax"/>
      </xs:complexType>
      <xs:element name="TokenType" type="xs:anyURI"/>
      <xs:element name="RequestType" type="xs:anyURI"/>
      <xs:element name="RequestKET">
        <xs:complexType/>
      </xs:element>
      <xs:element name="KeyExchangeToken" type="wst:AnyType"/>
      <xs:element name="RequestedSecurityToken" type="wst:AnyType"/>
      <xs:complexType name="AnyType">
        <xs:sequence>
          <xs:any namespace="##any" processContents="lax"/>
        </xs:sequence>
      </xs:complexType>
    </xs:schema>`
