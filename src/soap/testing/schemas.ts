import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inTemporaryDirectory } from '../../xml/testing/xmllint.js'
import { XML_NAMESPACE_SCHEMA } from '../../wstep/messages/schema.js'
import { SOAP, WSA, WSSE, WSU } from '../envelope/names.js'

const XS = 'http://www.w3.org/2001/XMLSchema'
const XML = 'http://www.w3.org/XML/1998/namespace'
const DS = 'http://www.w3.org/2000/09/xmldsig#'

/** A schema of a namespace, whose prefix is `t`. */
export const schema = (target: string, imports: Readonly<Record<string, string>>, content: string): string =>
  `<xs:schema xmlns:xs="${XS}" xmlns:t="${target}" xmlns:wsse="${WSSE}" xmlns:wsu="${WSU}"` +
  ` targetNamespace="${target}" elementFormDefault="qualified">${Object.entries(imports)
    .map(([namespace, file]) => `<xs:import namespace="${namespace}" schemaLocation="${file}"/>`)
    .join('')}${content}</xs:schema>`

const anything = '<xs:any namespace="##any" processContents="strict" minOccurs="0" maxOccurs="unbounded"/>'
/** An element with text. */
export const text = (name: string, type = 'xs:string', attributes = ''): string =>
  `<xs:element name="${name}"><xs:complexType><xs:simpleContent><xs:extension base="${type}">${attributes}` +
  `</xs:extension></xs:simpleContent></xs:complexType></xs:element>`
/** An element with elements. */
export const list = (name: string, content: string, attributes = ''): string =>
  `<xs:element name="${name}"><xs:complexType><xs:sequence>${content}</xs:sequence>${attributes}</xs:complexType></xs:element>`
const must = '<xs:anyAttribute namespace="##other" processContents="lax"/>'

/** Schema files by name, and the namespaces of those that a whole message may have. */
export interface Schemas {
  readonly files: Readonly<Record<string, string>>
  readonly namespaces: Readonly<Record<string, string>>
}

/**
 * The schemas that a whole message is checked with, by file name: those that are served, and those of SOAP, WS-Addressing and
 * WS-Security as far as messages here have need of them. Nothing is lax but attributes.
 */
export function messageSchemas(served: Schemas): Readonly<Record<string, string>> {
  return {
    'message.xsd': schema(
      'urn:all',
      { [SOAP]: 'soap.xsd', [WSA]: 'wsa.xsd', [WSSE]: 'wsse.xsd', [WSU]: 'wsu.xsd', ...served.namespaces },
      '',
    ),
    'xml.xsd': XML_NAMESPACE_SCHEMA,
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
      { [XML]: 'xml.xsd' },
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
    ...served.files,
  }
}

/** Checks wildcards strictly, so that unknown elements do not pass. */
export const strict = (schema: string): string =>
  schema.replaceAll(/(<xs:any namespace="[^"]*" )processContents="lax"/g, '$1processContents="strict"')

/**
 * The standards' own schemas, where a folder has them: the files of OASIS (WS-Trust 1.3, WS-Security 1.0) and W3C (XML Signature,
 * WS-Addressing, WS-Policy 2004). They are not part of this repository.
 */
const standards = process.env['UPROVE_STANDARD_SCHEMAS']
const STANDARD_FILES = {
  xml: 'xml.xsd',
  ds: 'xmldsig-core-schema.xsd',
  wsu: 'oasis-200401-wss-wssecurity-utility-1.0.xsd',
  wsse: 'oasis-200401-wss-wssecurity-secext-1.0.xsd',
  wsa: 'ws-addr.xsd',
  wsp: 'ws-policy.xsd',
  wst: 'ws-trust-1.3.xsd',
}

/** Whether the standards' own schemas are there; if not, says on the console which tests do not run. */
export function hasStandardSchemas(tests: string): boolean {
  const found =
    standards !== undefined && Object.values(STANDARD_FILES).every((file) => existsSync(path.join(standards, file)))
  if (!found) {
    console.warn(
      `SKIPPED: ${tests}, because UPROVE_STANDARD_SCHEMAS names no folder with ${STANDARD_FILES.wst} and its imports`,
    )
  }
  return found
}

/** What xmllint objects to in each message; '' if it finds it valid. */
export function invalidities(served: Schemas, messages: readonly (string | Uint8Array)[]): string[] {
  return inTemporaryDirectory((cwd) => {
    for (const [name, text] of Object.entries(messageSchemas(served))) writeFileSync(path.join(cwd, name), text)
    return validate(cwd, messages)
  })
}

/**
 * The same by the standards' own schemas of everything but SOAP. `own`: the files and namespaces that are this project's. A
 * namespace is read from the file that is imported first.
 */
export function standardInvalidities(own: Schemas, messages: readonly (string | Uint8Array)[]): string[] {
  return inTemporaryDirectory((cwd) => {
    const { 'soap.xsd': soap = '' } = messageSchemas(own)
    for (const [name, text] of Object.entries({ ...own.files, 'soap.xsd': soap }))
      writeFileSync(path.join(cwd, name), text)
    for (const file of Object.values(STANDARD_FILES))
      copyFileSync(path.join(standards ?? '', file), path.join(cwd, file))
    const imports = {
      [XML]: STANDARD_FILES.xml,
      [WSU]: STANDARD_FILES.wsu,
      [DS]: STANDARD_FILES.ds,
      [WSSE]: STANDARD_FILES.wsse,
      [WSA]: STANDARD_FILES.wsa,
      'http://schemas.xmlsoap.org/ws/2004/09/policy': STANDARD_FILES.wsp,
      'http://docs.oasis-open.org/ws-sx/ws-trust/200512': STANDARD_FILES.wst,
      ...own.namespaces,
      [SOAP]: 'soap.xsd',
    }
    writeFileSync(path.join(cwd, 'message.xsd'), schema('urn:all', imports, ''))
    return validate(cwd, messages)
  })
}

function validate(cwd: string, messages: readonly (string | Uint8Array)[]): string[] {
  messages.forEach((message, i) => {
    writeFileSync(path.join(cwd, `${i}.xml`), message)
  })
  const files = messages.map((_, i) => `${i}.xml`)
  const { stderr } = spawnSync('xmllint', ['--nonet', '--noout', '--schema', 'message.xsd', ...files], { cwd })
  const lines = stderr.toString().split('\n')
  return files.map((file) => {
    if (lines.includes(`${file} validates`)) return ''
    const found = lines.filter((line) => line.startsWith(`${file}:`) || line.startsWith(`${file} `)).join('\n')
    return found === '' ? stderr.toString() : found
  })
}
