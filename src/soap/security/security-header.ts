import type { XmlElement } from '../../xml/tree.js'
import { o, SOAP, WSSE, WSU } from '../envelope/names.js'
import { securityFault } from './security-faults.js'
import { readTimestamp, type Timestamp } from './timestamp.js'
import { readUsernameToken, type UsernameToken } from './username-token.js'

/** What a wsse:Security header holds. */
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
  if (!header.hasElementContent) throw securityFault('InvalidSecurity')
  let usernameToken: UsernameToken | undefined
  let timestamp: Timestamp | undefined
  for (const child of header.elements) {
    if (child.is(WSSE, 'UsernameToken')) {
      if (usernameToken !== undefined) throw securityFault('InvalidSecurity')
      usernameToken = readUsernameToken(child)
    } else if (child.is(WSU, 'Timestamp')) {
      if (timestamp !== undefined) throw securityFault('InvalidSecurity')
      timestamp = readTimestamp(child)
    } else {
      throw securityFault('UnsupportedSecurityToken')
    }
  }
  return { usernameToken, timestamp }
}

/** The wsse:Security header block around what it holds. */
export function securityHeader(...contents: (XmlElement | undefined)[]): XmlElement {
  return o('Security', [{ prefix: 's', namespace: SOAP, localName: 'mustUnderstand', value: '1' }], ...contents)
}
