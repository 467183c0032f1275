import { ElementReader } from '../../xml/reader.js'
import type { XmlElement } from '../../xml/tree.js'
import { o, SOAP, WSSE, WSU } from '../envelope/names.js'
import { securityFault } from '../envelope/standard-faults.js'
import { readTimestamp, type Timestamp } from './timestamp.js'
import { readUsernameToken, type UsernameToken } from './username-token.js'

/** The contents of a wsse:Security header. */
export interface SecurityHeader {
  readonly usernameToken: UsernameToken | undefined
  readonly timestamp: Timestamp | undefined
}

/** Whether a header block is one that `readSecurityHeader` reads. */
export function isSecurityHeader(header: XmlElement): boolean {
  return header.is(WSSE, 'Security')
}

/**
 * Reads a wsse:Security header. It may hold one UsernameToken and one Timestamp; other tokens and signatures would have to
 * be verified, and are refused. Throws `SoapFault` (InvalidSecurity, UnsupportedSecurityToken).
 */
export function readSecurityHeader(header: XmlElement): SecurityHeader {
  const reader = new ElementReader(header, { namespace: WSSE, refuse: () => securityFault('InvalidSecurity') }, 'any')
  const token = reader.only('UsernameToken')
  const timestamp = reader.only('Timestamp', WSU)
  if (reader.rest().some((child) => child !== token && child !== timestamp)) {
    throw securityFault('UnsupportedSecurityToken')
  }
  return { usernameToken: token && readUsernameToken(token), timestamp: timestamp && readTimestamp(timestamp) }
}

/** The wsse:Security header block with these contents. */
export function securityHeader(...contents: (XmlElement | undefined)[]): XmlElement {
  return o('Security', [{ prefix: 's', namespace: SOAP, localName: 'mustUnderstand', value: '1' }], ...contents)
}
