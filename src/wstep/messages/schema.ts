import { WST } from '../../ws-trust/syntax/names.js'
import { ENROLLMENT_ACTION, ENROLLMENT_REPLY_ACTION, WSTEP } from './names.js'

const XS = 'http://www.w3.org/2001/XMLSchema'
const XML = 'http://www.w3.org/XML/1998/namespace'

/**
 * The XML Schema of the protocol's own namespace: [MS-WSTEP] appendix A, with the type of the fault detail, which the
 * appendix refers to (3.1.4.1.3.7).
 */
export const WSTEP_SCHEMA = `<?xml version="1.0" encoding="utf-8"?>
<xs:schema xmlns:xs="${XS}" xmlns:wstep="${WSTEP}" targetNamespace="${WSTEP}" elementFormDefault="qualified">
  <xs:import namespace="${XML}" schemaLocation="http://www.w3.org/2001/xml.xsd"/>
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

/**
 * The WSDL 1.1 of a Security Token Service at an address: the port type and messages of WS-Trust 1.3 as far as the protocol
 * uses them, with its operation RequestSecurityToken2 ([MS-WSTEP] 3.1.4.1), bound to SOAP 1.2 over HTTPS. `schemaUrl`: where
 * `WSTEP_SCHEMA` is served.
 */
export function wstepWsdl(serviceUrl: string, schemaUrl: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
  xmlns:wsam="http://www.w3.org/2007/05/addressing/metadata" xmlns:wst="${WST}" xmlns:xs="${XS}"
  targetNamespace="${WST}" name="SecurityTokenService">
  <wsdl:types>
    <xs:schema targetNamespace="${WST}" elementFormDefault="qualified">
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
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="RequestSecurityTokenMsg">
    <wsdl:part name="request" element="wst:RequestSecurityToken"/>
  </wsdl:message>
  <wsdl:message name="RequestSecurityTokenResponseCollectionMsg">
    <wsdl:part name="responseCollection" element="wst:RequestSecurityTokenResponseCollection"/>
  </wsdl:message>
  <wsdl:portType name="SecurityTokenService">
    <wsdl:operation name="RequestSecurityToken2">
      <wsdl:documentation>Requests for a key exchange token have the action ${WST}/RST/KET.</wsdl:documentation>
      <wsdl:input message="wst:RequestSecurityTokenMsg" wsam:Action="${ENROLLMENT_ACTION}"/>
      <wsdl:output message="wst:RequestSecurityTokenResponseCollectionMsg" wsam:Action="${ENROLLMENT_REPLY_ACTION}"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="SecurityTokenServiceBinding" type="wst:SecurityTokenService">
    <soap12:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="RequestSecurityToken2">
      <soap12:operation soapAction="${ENROLLMENT_ACTION}" soapActionRequired="false"/>
      <wsdl:input>
        <soap12:body use="literal"/>
      </wsdl:input>
      <wsdl:output>
        <soap12:body use="literal"/>
      </wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="SecurityTokenService">
    <wsdl:port name="SecurityTokenServicePort" binding="wst:SecurityTokenServiceBinding">
      <soap12:address location="${escapeAttribute(serviceUrl)}"/>
    </wsdl:port>
  </wsdl:service>
</wsdl:definitions>
`
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
