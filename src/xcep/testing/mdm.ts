import { encodeBase64 } from '../../../bindings/octets/base64.js'
import { requestText } from '../../wstep/testing/exchange.js'
import { XCEP } from '../names.js'

// Messages of [MS-MDE2], with which Windows enrols for device management: sections 3.1.4.1 (discovery), 3.3.4.1 (policies) and 3.4.4.1
// (enrolment).

const DISCOVERY = 'http://schemas.microsoft.com/windows/management/2012/01/enrollment'
export const DISCOVER_ACTION = `${DISCOVERY}/IDiscoveryService/Discover`

export const discoverText = `<Discover xmlns="${DISCOVERY}"><request><EmailAddress>alice@example.com</EmailAddress>
<RequestVersion>4.0</RequestVersion><DeviceType>CIMClient_Windows</DeviceType><ApplicationVersion>10.0.26100.1</ApplicationVersion>
<OSEdition>4</OSEdition><AuthPolicies><AuthPolicy>OnPremise</AuthPolicy></AuthPolicies></request></Discover>`

/** The body of GetPolicies, as a device sends it. */
export const devicePoliciesText = `<GetPolicies xmlns="${XCEP}"><client><lastUpdate i:nil="true"/><preferredLanguage i:nil="true"/></client>
<requestFilter i:nil="true"/></GetPolicies>`

export const DEVICE_TOKEN = 'http://schemas.microsoft.com/5.0.0.0/ConfigurationManager/Enrollment/DeviceEnrollmentToken'
const WSTEP = 'http://schemas.microsoft.com/windows/pki/2009/01/enrollment'

/** A request for a device certificate with a PKCS#10, DER. */
export const deviceRequestText = (pkcs10: Uint8Array, tokenType = DEVICE_TOKEN): string =>
  requestText({
    tokenType,
    content:
      `<o:BinarySecurityToken ValueType="${WSTEP}#PKCS10" EncodingType="http://docs.oasis-open.org/wss/2004/01/` +
      `oasis-200401-wss-wssecurity-secext-1.0.xsd#base64binary">${encodeBase64(pkcs10)}</o:BinarySecurityToken>` +
      `<c:AdditionalContext><c:ContextItem Name="DeviceType"><c:Value>CIMClient_Windows</c:Value></c:ContextItem>` +
      `<c:ContextItem Name="EnrollmentType"><c:Value>Full</c:Value></c:ContextItem></c:AdditionalContext>`,
  })

/** An answer with a provisioning document that has one certificate, DER, and a password. */
export function provisioningText(certificate: Uint8Array): string {
  const document = `<wap-provisioningdoc version="1.1"><characteristic type="CertificateStore"><characteristic type="Root">
<characteristic type="System"><characteristic type="0123"><parm name="EncodedCertificate" value="${encodeBase64(certificate)}"/>
</characteristic></characteristic></characteristic></characteristic><characteristic type="APPLICATION">
<characteristic type="APPAUTH"><parm name="AAUTHSECRET" value="correct horse"/></characteristic></characteristic></wap-provisioningdoc>`
  return `<t:RequestSecurityTokenResponseCollection><t:RequestSecurityTokenResponse><t:TokenType>${DEVICE_TOKEN}</t:TokenType>
<t:RequestedSecurityToken><o:BinarySecurityToken ValueType="${DEVICE_TOKEN.replace('Token', 'ProvisionDoc')}">${encodeBase64(
    new TextEncoder().encode(document),
  )}</o:BinarySecurityToken></t:RequestedSecurityToken><e:RequestID>0</e:RequestID></t:RequestSecurityTokenResponse>
</t:RequestSecurityTokenResponseCollection>`
}
