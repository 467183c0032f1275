import { wsdlOf, type OperationDescription } from '../../soap/http/wsdl.js'
import { escapeAttribute } from '../../xml/canonicalize.js'
import { TOKEN_TYPE, UP, WST } from '../syntax/names.js'
import { ACTIONS } from './soap-service.js'

const XS = 'http://www.w3.org/2001/XMLSchema'
const DS = 'http://www.w3.org/2000/09/xmldsig#'

/**
 * The XML Schema of the profile's namespace (section 2.2), from the outlines of the specification. It imports `xmldsig.xsd`,
 * which is `XML_SIGNATURE_SCHEMA`.
 */
export const U_PROVE_SCHEMA = `<?xml version="1.0" encoding="utf-8"?>
<!-- U-Prove WS-Trust Profile V1.0: what its outlines say. Numbers in comments are sections. Not said here, because XML Schema
     1.0 cannot: how the lengths of lists depend on N and TokenCount, that indices ascend, which children an Instance has in
     which message, and which elements depend on TokenClass. -->
<xs:schema xmlns:xs="${XS}" xmlns:up="${UP}" xmlns:ds="${DS}"
  targetNamespace="${UP}" elementFormDefault="qualified">
  <xs:import namespace="${DS}" schemaLocation="xmldsig.xsd"/>

  <!-- 3.1 -->
  <xs:simpleType name="Number">
    <xs:restriction base="ds:CryptoBinary">
      <xs:minLength value="1"/>
    </xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="DateTime">
    <xs:restriction base="xs:dateTime">
      <xs:pattern value=".*Z"/>
    </xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Version">
    <xs:restriction base="xs:string">
      <xs:enumeration value="1.0"/>
    </xs:restriction>
  </xs:simpleType>

  <!-- 3.2.1; the signature is that of 3.2.3 -->
  <xs:element name="IssuerParameters">
    <xs:complexType>
      <xs:sequence>
        <xs:element ref="up:UIDP"/>
        <xs:element name="Group">
          <xs:complexType>
            <xs:choice>
              <xs:element name="GroupDescription">
                <xs:complexType>
                  <xs:sequence>
                    <xs:element name="P" type="up:Number"/>
                    <xs:element name="Q" type="up:Number"/>
                    <xs:element name="Gen" type="up:Number"/>
                  </xs:sequence>
                  <xs:attribute name="GroupType" type="xs:string"/>
                </xs:complexType>
              </xs:element>
              <xs:element name="GroupName" type="xs:anyURI"/>
            </xs:choice>
          </xs:complexType>
        </xs:element>
        <xs:element name="HashAlgorithm" type="xs:anyURI"/>
        <xs:element name="Gvalues">
          <xs:complexType>
            <xs:sequence>
              <xs:element name="G" type="up:Number" maxOccurs="unbounded"/>
            </xs:sequence>
            <xs:attribute name="GeneratorsName" type="xs:anyURI"/>
          </xs:complexType>
        </xs:element>
        <xs:element name="Evalues">
          <xs:complexType>
            <xs:sequence>
              <!-- 3.2.2: all are 1 -->
              <xs:element name="E" minOccurs="0" maxOccurs="unbounded">
                <xs:simpleType>
                  <xs:restriction base="xs:unsignedByte">
                    <xs:enumeration value="1"/>
                  </xs:restriction>
                </xs:simpleType>
              </xs:element>
            </xs:sequence>
          </xs:complexType>
        </xs:element>
        <xs:element name="Zvalues">
          <xs:complexType>
            <xs:sequence>
              <xs:element name="Z" type="up:Number" maxOccurs="unbounded"/>
            </xs:sequence>
          </xs:complexType>
        </xs:element>
        <xs:element name="Zd" type="up:Number" minOccurs="0"/>
        <xs:element ref="up:Specification"/>
        <xs:element ref="ds:Signature" minOccurs="0"/>
      </xs:sequence>
      <xs:attribute name="Version" type="up:Version" use="required"/>
      <xs:attribute name="N" type="xs:unsignedShort" use="required"/>
    </xs:complexType>
  </xs:element>
  <xs:element name="UIDP" type="xs:anyURI"/>
  <xs:element name="Specification">
    <xs:complexType>
      <xs:sequence>
        <!-- an application-specific identifier -->
        <xs:element name="Issuer" type="xs:string"/>
        <xs:element name="NotBefore" type="up:DateTime"/>
        <xs:element name="NotOnOrAfter" type="up:DateTime"/>
        <xs:element name="AttributeDescriptions">
          <xs:complexType>
            <xs:sequence>
              <xs:element name="AttributeDescription" minOccurs="0" maxOccurs="unbounded">
                <xs:complexType>
                  <xs:attribute name="ClaimType" type="xs:anyURI" use="required"/>
                </xs:complexType>
              </xs:element>
            </xs:sequence>
          </xs:complexType>
        </xs:element>
      </xs:sequence>
    </xs:complexType>
  </xs:element>

  <!-- 3.3.1; the outline says xs:date, the text an instant in UTC -->
  <xs:element name="TI">
    <xs:complexType>
      <xs:sequence>
        <xs:element ref="up:Gd" minOccurs="0"/>
        <xs:element name="NotOnOrAfter" type="up:DateTime"/>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
  <xs:element name="Gd">
    <xs:complexType>
      <xs:attribute name="GdName" type="xs:anyURI" use="required"/>
    </xs:complexType>
  </xs:element>

  <!-- 3.3.3 -->
  <xs:element name="Attributes">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="Attribute" maxOccurs="unbounded">
          <xs:complexType>
            <xs:simpleContent>
              <xs:extension base="xs:string">
                <xs:attribute name="Index" use="required">
                  <xs:simpleType>
                    <xs:restriction base="xs:short">
                      <xs:minInclusive value="1"/>
                    </xs:restriction>
                  </xs:simpleType>
                </xs:attribute>
              </xs:extension>
            </xs:simpleContent>
          </xs:complexType>
        </xs:element>
      </xs:sequence>
    </xs:complexType>
    <xs:unique name="IndicesAreUnique">
      <xs:selector xpath="up:Attribute"/>
      <xs:field xpath="@Index"/>
    </xs:unique>
  </xs:element>

  <!-- 3.3.4 -->
  <xs:element name="Token">
    <xs:complexType>
      <xs:sequence>
        <xs:element ref="up:UIDP"/>
        <xs:element name="H" type="up:Number"/>
        <xs:element ref="up:TI"/>
        <xs:element name="SigmaZPrime" type="up:Number"/>
        <xs:element name="SigmaCPrime" type="up:Number"/>
        <xs:element name="SigmaRPrime" type="up:Number"/>
      </xs:sequence>
      <xs:attribute name="Version" type="up:Version" use="required"/>
    </xs:complexType>
  </xs:element>

  <!-- 4.1 -->
  <xs:simpleType name="TokenClass">
    <xs:restriction base="xs:token">
      <xs:enumeration value="claim"/>
      <xs:enumeration value="ID"/>
    </xs:restriction>
  </xs:simpleType>

  <!-- 4.2.2: empty; 4.2.3: with the first message; 4.2.4 and 4.2.5: with the second and the third, without attributes -->
  <xs:element name="Instances">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="Instance" maxOccurs="unbounded">
          <xs:complexType>
            <xs:choice minOccurs="0">
              <xs:sequence>
                <xs:element ref="up:Attributes" minOccurs="0"/>
                <xs:element ref="up:TI"/>
                <xs:element name="IssuanceMessage1">
                  <xs:complexType>
                    <xs:sequence>
                      <xs:element name="SigmaPair" maxOccurs="unbounded">
                        <xs:complexType>
                          <xs:sequence>
                            <xs:element name="SigmaA" type="up:Number"/>
                            <xs:element name="SigmaB" type="up:Number"/>
                          </xs:sequence>
                        </xs:complexType>
                      </xs:element>
                    </xs:sequence>
                  </xs:complexType>
                </xs:element>
              </xs:sequence>
              <xs:element name="IssuanceMessage2">
                <xs:complexType>
                  <xs:sequence>
                    <xs:element name="SigmaC" type="up:Number" maxOccurs="unbounded"/>
                  </xs:sequence>
                </xs:complexType>
              </xs:element>
              <xs:element name="IssuanceMessage3">
                <xs:complexType>
                  <xs:sequence>
                    <xs:element name="SigmaR" type="up:Number" maxOccurs="unbounded"/>
                  </xs:sequence>
                </xs:complexType>
              </xs:element>
            </xs:choice>
            <xs:attribute name="TokenClass" type="up:TokenClass"/>
            <xs:attribute name="TokenCount" type="xs:unsignedShort"/>
          </xs:complexType>
        </xs:element>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
  <xs:element name="DeviceParameters">
    <xs:complexType>
      <xs:sequence>
        <xs:element ref="up:Gd"/>
        <xs:element name="Hd" type="up:Number"/>
        <xs:element ref="ds:Signature"/>
      </xs:sequence>
      <xs:attribute name="Id" type="xs:anyURI" use="required"/>
    </xs:complexType>
  </xs:element>

  <!-- 4.3.1 -->
  <xs:element name="Message">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="Nonce" type="xs:string"/>
        <xs:element name="SignedData" type="xs:string" minOccurs="0"/>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
  <xs:element name="PresentationToken">
    <xs:complexType>
      <xs:sequence>
        <xs:element ref="up:Message"/>
        <xs:element name="Presentations">
          <xs:complexType>
            <xs:sequence>
              <xs:element name="Presentation" maxOccurs="unbounded">
                <xs:complexType>
                  <xs:sequence>
                    <xs:element ref="up:Token"/>
                    <xs:element name="SubsetProof">
                      <xs:complexType>
                        <xs:sequence>
                          <xs:element ref="up:Attributes" minOccurs="0"/>
                          <xs:element name="A" type="xs:base64Binary"/>
                          <xs:element name="R0" type="up:Number"/>
                          <xs:element name="Responses" minOccurs="0">
                            <xs:complexType>
                              <xs:sequence>
                                <xs:element name="R" type="up:Number" maxOccurs="unbounded"/>
                              </xs:sequence>
                            </xs:complexType>
                          </xs:element>
                          <xs:element name="Rd" type="up:Number" minOccurs="0"/>
                        </xs:sequence>
                      </xs:complexType>
                    </xs:element>
                  </xs:sequence>
                  <xs:attribute name="TokenClass" type="up:TokenClass" use="required"/>
                </xs:complexType>
              </xs:element>
            </xs:sequence>
          </xs:complexType>
        </xs:element>
      </xs:sequence>
      <xs:attribute name="Version" type="up:Version" use="required"/>
    </xs:complexType>
  </xs:element>
</xs:schema>
`

/** The part of the XML Schema of XML Signature that this profile uses: an enveloped signature with certificates. */
export const XML_SIGNATURE_SCHEMA = `<?xml version="1.0" encoding="utf-8"?>
<!-- XML Signature Syntax and Processing, as far as the U-Prove WS-Trust Profile uses it: its types of numbers and enveloped
     signatures. The whole schema is http://www.w3.org/TR/xmldsig-core/xmldsig-core-schema.xsd. -->
<xs:schema xmlns:xs="${XS}" xmlns:ds="${DS}" targetNamespace="${DS}" elementFormDefault="qualified">
  <xs:simpleType name="CryptoBinary">
    <xs:restriction base="xs:base64Binary"/>
  </xs:simpleType>
  <xs:complexType name="Algorithm">
    <xs:attribute name="Algorithm" type="xs:anyURI" use="required"/>
  </xs:complexType>
  <xs:element name="Signature">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="SignedInfo">
          <xs:complexType>
            <xs:sequence>
              <xs:element name="CanonicalizationMethod" type="ds:Algorithm"/>
              <xs:element name="SignatureMethod" type="ds:Algorithm"/>
              <xs:element name="Reference">
                <xs:complexType>
                  <xs:sequence>
                    <xs:element name="Transforms">
                      <xs:complexType>
                        <xs:sequence>
                          <xs:element name="Transform" type="ds:Algorithm" minOccurs="2" maxOccurs="2"/>
                        </xs:sequence>
                      </xs:complexType>
                    </xs:element>
                    <xs:element name="DigestMethod" type="ds:Algorithm"/>
                    <xs:element name="DigestValue" type="xs:base64Binary"/>
                  </xs:sequence>
                  <xs:attribute name="Id" type="xs:ID"/>
                  <xs:attribute name="URI" type="xs:anyURI" use="required"/>
                </xs:complexType>
              </xs:element>
            </xs:sequence>
            <xs:attribute name="Id" type="xs:ID"/>
          </xs:complexType>
        </xs:element>
        <xs:element name="SignatureValue" type="xs:base64Binary"/>
        <xs:element name="KeyInfo" minOccurs="0">
          <xs:complexType>
            <xs:sequence>
              <xs:any namespace="##any" processContents="lax" maxOccurs="unbounded"/>
            </xs:sequence>
            <xs:attribute name="Id" type="xs:ID"/>
          </xs:complexType>
        </xs:element>
      </xs:sequence>
      <xs:attribute name="Id" type="xs:ID"/>
    </xs:complexType>
  </xs:element>
  <xs:element name="X509Data">
    <xs:complexType>
      <xs:choice maxOccurs="unbounded">
        <xs:element name="X509Certificate" type="xs:base64Binary"/>
        <xs:any namespace="##other" processContents="lax"/>
      </xs:choice>
    </xs:complexType>
  </xs:element>
</xs:schema>
`

/** The part of the XML Schema of WS-Trust 1.3 that this profile uses: issuance and validation. */
export const WS_TRUST_SCHEMA = `<?xml version="1.0" encoding="utf-8"?>
<!-- WS-Trust 1.3, as far as the U-Prove WS-Trust Profile uses it. The wildcards hold the elements of u-prove.xsd. -->
<xs:schema xmlns:xs="${XS}" xmlns:wst="${WST}" targetNamespace="${WST}" elementFormDefault="qualified">
  <xs:import namespace="${UP}" schemaLocation="u-prove.xsd"/>
  <xs:element name="RequestSecurityToken" type="wst:RequestSecurityTokenType"/>
  <xs:complexType name="RequestSecurityTokenType">
    <xs:sequence>
      <xs:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>
    <xs:attribute name="Context" type="xs:anyURI"/>
    <xs:anyAttribute namespace="##other" processContents="lax"/>
  </xs:complexType>
  <xs:element name="RequestSecurityTokenResponse" type="wst:RequestSecurityTokenResponseType"/>
  <xs:complexType name="RequestSecurityTokenResponseType">
    <xs:sequence>
      <xs:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>
    <xs:attribute name="Context" type="xs:anyURI"/>
    <xs:anyAttribute namespace="##other" processContents="lax"/>
  </xs:complexType>
  <xs:element name="RequestSecurityTokenResponseCollection" type="wst:RequestSecurityTokenResponseCollectionType"/>
  <xs:complexType name="RequestSecurityTokenResponseCollectionType">
    <xs:sequence>
      <xs:element ref="wst:RequestSecurityTokenResponse"/>
    </xs:sequence>
    <xs:anyAttribute namespace="##other" processContents="lax"/>
  </xs:complexType>
  <xs:element name="TokenType" type="xs:anyURI"/>
  <xs:element name="RequestType" type="xs:anyURI"/>
  <xs:element name="ValidateTarget">
    <xs:complexType>
      <xs:sequence>
        <xs:any namespace="##other" processContents="lax"/>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
  <xs:element name="Status">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="Code" type="xs:anyURI"/>
        <xs:element name="Reason" type="xs:string" minOccurs="0"/>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
</xs:schema>
`

const REQUEST = 'RequestSecurityToken'
const RESPONSE = 'RequestSecurityTokenResponse'
const FINAL = 'RequestSecurityTokenResponseCollection'

/** An operation whose messages are named after it. */
function operation(
  name: string,
  documentation: string,
  [element, action]: readonly [string, string],
  [replyElement, replyAction]: readonly [string, string],
): OperationDescription {
  const request = { name: `${name}RequestMsg`, action, part: 'request', element }
  return {
    name,
    documentation,
    request,
    reply: { name: `${name}ResponseMsg`, action: replyAction, part: 'response', element: replyElement },
  }
}

const wsdl = (name: string, location: string, schemaUrl: string, operations: readonly OperationDescription[]): string =>
  wsdlOf({
    ...{ name, binding: name, portType: name, namespace: WST, prefix: 'wst', location, operations },
    types: `    <xs:schema>
      <xs:import namespace="${WST}" schemaLocation="${escapeAttribute(schemaUrl)}"/>
    </xs:schema>`,
  })

/**
 * The WSDL 1.1 of a Claim Provider at an address (section 4.2), for clients that take one in. `schemaUrl`: where `WS_TRUST_SCHEMA`
 * is served, with `u-prove.xsd` and `xmldsig.xsd` beside it.
 */
export function claimProviderWsdl(serviceUrl: string, schemaUrl: string): string {
  return wsdl('ClaimProvider', serviceUrl, schemaUrl, [
    operation(
      'Request',
      `Token request and first response, of token type ${TOKEN_TYPE}.`,
      [REQUEST, ACTIONS.request],
      [RESPONSE, ACTIONS.response],
    ),
    operation(
      'Respond',
      'Second and third response, with the Context of the request.',
      [RESPONSE, ACTIONS.response],
      [FINAL, ACTIONS.final],
    ),
  ])
}

/** The WSDL 1.1 of a Relying Party at an address: validation by WS-Trust 1.3, section 7. `schemaUrl` as in `claimProviderWsdl`. */
export function relyingPartyWsdl(serviceUrl: string, schemaUrl: string): string {
  return wsdl('RelyingParty', serviceUrl, schemaUrl, [
    operation(
      'Validate',
      'A presentation token in the target, and beside the target the message that the Relying Party gave, if it gave one.',
      [REQUEST, ACTIONS.validate],
      [FINAL, ACTIONS.validated],
    ),
  ])
}
