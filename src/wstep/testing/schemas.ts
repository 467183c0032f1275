import { AUTHORIZATION, WSTEP } from '../messages/names.js'
import { SOAP, WSA, WSSE, WSU } from '../../soap/envelope/names.js'
import { WST } from '../../ws-trust/syntax/names.js'
import { WSTEP_SCHEMA, wstepWsdl } from '../messages/schema.js'

const XS = 'http://www.w3.org/2001/XMLSchema'
const XML = 'http://www.w3.org/XML/1998/namespace'

const schema = (target: string, imports: Readonly<Record<string, string>>, content: string): string =>
  `<xs:schema xmlns:xs="${XS}" xmlns:t="${target}" xmlns:wsse="${WSSE}" xmlns:wsu="${WSU}" xmlns:wst="${WST}"` +
  ` xmlns:wstep="${WSTEP}" targetNamespace="${target}" elementFormDefault="qualified">${Object.entries(imports)
    .map(([namespace, file]) => `<xs:import namespace="${namespace}" schemaLocation="${file}"/>`)
    .join('')}${content}</xs:schema>`

const anything = '<xs:any namespace="##any" processContents="strict" minOccurs="0" maxOccurs="unbounded"/>'
const text = (name: string, type = 'xs:string', attributes = ''): string =>
  `<xs:element name="${name}"><xs:complexType><xs:simpleContent><xs:extension base="${type}">${attributes}` +
  `</xs:extension></xs:simpleContent></xs:complexType></xs:element>`
const list = (name: string, content: string, attributes = ''): string =>
  `<xs:element name="${name}"><xs:complexType><xs:sequence>${content}</xs:sequence>${attributes}</xs:complexType></xs:element>`
const must = '<xs:anyAttribute namespace="##other" processContents="lax"/>'

/** The schema of WS-Trust, as the WSDL that is served has it. */
function wstSchema(): string {
  const wsdl = wstepWsdl('https://sts.example/', 'wstep.xsd')
  const found = /<xs:schema [\s\S]*<\/xs:schema>/.exec(wsdl)?.[0]
  if (found === undefined) throw new Error('the WSDL has no schema')
  // Stands alone with the namespaces that the WSDL declares, and checks what stands in the wildcards.
  return found
    .replace('<xs:schema ', `<xs:schema xmlns:xs="${XS}" xmlns:wst="${WST}" `)
    .replaceAll('processContents="lax" minOccurs', 'processContents="strict" minOccurs')
    .replaceAll('processContents="lax"/>\n        </xs:sequence>', 'processContents="strict"/>\n        </xs:sequence>')
}

/**
 * The schemas that a whole message is checked with, by file name: the two that are served, and those of SOAP, WS-Addressing
 * and WS-Security as far as messages of this protocol have need of them. Nothing is lax but attributes.
 */
export function schemaFiles(): Readonly<Record<string, string>> {
  return {
    'message.xsd': schema(
      'urn:all',
      {
        [SOAP]: 'soap.xsd',
        [WSA]: 'wsa.xsd',
        [WSSE]: 'wsse.xsd',
        [WSU]: 'wsu.xsd',
        [WST]: 'wst.xsd',
        [AUTHORIZATION]: 'auth.xsd',
      },
      '',
    ),
    'wstep.xsd': WSTEP_SCHEMA,
    'wst.xsd': wstSchema(),
    'xml.xsd': `<xs:schema xmlns:xs="${XS}" targetNamespace="${XML}"><xs:attribute name="lang" type="xs:language"/></xs:schema>`,
    'auth.xsd': schema(
      AUTHORIZATION,
      {},
      list('AdditionalContext', '<xs:element ref="t:ContextItem" minOccurs="0" maxOccurs="unbounded"/>') +
        list(
          'ContextItem',
          '<xs:element ref="t:Value"/>',
          '<xs:attribute name="Name" type="xs:anyURI" use="required"/>',
        ) +
        text('Value'),
    ),
    'wsu.xsd': schema(
      WSU,
      {},
      '<xs:attribute name="Id" type="xs:ID"/>' +
        text('Created', 'xs:dateTime') +
        text('Expires', 'xs:dateTime') +
        list('Timestamp', '<xs:element ref="t:Created"/><xs:element ref="t:Expires"/>', '<xs:attribute ref="t:Id"/>'),
    ),
    'wsse.xsd': schema(
      WSSE,
      { [WSU]: 'wsu.xsd' },
      text(
        'BinarySecurityToken',
        'xs:base64Binary',
        '<xs:attribute name="ValueType" type="xs:anyURI"/><xs:attribute name="EncodingType" type="xs:anyURI"/>',
      ) +
        list('SecurityTokenReference', '<xs:element ref="t:Reference"/>') +
        list('Reference', '', '<xs:attribute name="URI" type="xs:anyURI"/>') +
        text('Username') +
        text('Password', 'xs:string', '<xs:attribute name="Type" type="xs:anyURI"/>') +
        text('Nonce', 'xs:base64Binary', '<xs:attribute name="EncodingType" type="xs:anyURI"/>') +
        list('UsernameToken', anything) +
        list('Security', anything, must),
    ),
    'wsa.xsd': schema(
      WSA,
      {},
      ['Action', 'MessageID', 'RelatesTo', 'To'].map((name) => text(name, 'xs:anyURI', must)).join('') +
        text('ProblemHeaderQName', 'xs:QName'),
    ),
    'soap.xsd': schema(
      SOAP,
      { [XML]: 'http://www.w3.org/2001/xml.xsd' },
      list('Envelope', '<xs:element ref="t:Header"/><xs:element ref="t:Body"/>') +
        list('Header', anything) +
        list('Body', anything) +
        list('Upgrade', list('SupportedEnvelope', '', '<xs:attribute name="qname" type="xs:QName"/>')) +
        `<xs:complexType name="Code"><xs:sequence><xs:element name="Value" type="xs:QName"/>` +
        `<xs:element name="Subcode" type="t:Code" minOccurs="0"/></xs:sequence></xs:complexType>` +
        list(
          'Fault',
          '<xs:element name="Code" type="t:Code"/>' +
            list('Reason', text('Text', 'xs:string', '<xs:attribute ref="xml:lang"/>')) +
            `<xs:element name="Detail" minOccurs="0"><xs:complexType><xs:sequence>${anything}</xs:sequence></xs:complexType></xs:element>`,
        ),
    ),
    // Where the schema that is served says its import is, without a network.
    'catalog.xml':
      '<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">' +
      '<system systemId="http://www.w3.org/2001/xml.xsd" uri="xml.xsd"/><uri name="http://www.w3.org/2001/xml.xsd" uri="xml.xsd"/></catalog>',
  }
}
