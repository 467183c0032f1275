import { ANONYMOUS, SOAP, WSA, WSSE, WSU } from '../envelope/names.js'

export const octets = (text: string): Uint8Array => new TextEncoder().encode(text)

export const MESSAGE_ID = 'urn:uuid:00000000-0000-4000-8000-000000000001'
export const ACTION = `<a:Action s:mustUnderstand="1">urn:ping</a:Action>`
export const HEADERS = `${ACTION}<a:MessageID>${MESSAGE_ID}</a:MessageID>`
export const BODY = `<s:Body><p:Ping xmlns:p="urn:ping"/></s:Body>`
export const REPLY_TO = `<a:ReplyTo><a:Address>${ANONYMOUS}</a:Address></a:ReplyTo>`

/** The text of a message in SOAP 1.2, from the contents of its Header and what follows the Header. */
export function envelope(headers: string, rest = BODY, namespace = SOAP): string {
  return (
    `<s:Envelope xmlns:s="${namespace}" xmlns:a="${WSA}" xmlns:o="${WSSE}" xmlns:u="${WSU}">` +
    `<s:Header>${headers}</s:Header>${rest}</s:Envelope>`
  )
}
