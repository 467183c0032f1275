import { readPresentationToken } from '../../src/ws-trust/artefacts/presentation-token.js'
import { WST } from '../../src/ws-trust/syntax/names.js'
import type { XmlElement } from '../../src/xml/tree.js'

/** The presentation token in a request to validate it, and its values `a`. */
export function presentedToken(request: XmlElement): { token: XmlElement; witnesses: readonly Uint8Array[] } {
  const token = request.child('ValidateTarget', WST)?.elements.at(-1)
  if (token === undefined) throw new Error('there is no presentation token')
  return { token, witnesses: readPresentationToken(token).presentations.map(({ a }) => a) }
}

/** The Context of a message that begins an exchange, as octets over HTTP; undefined for any other message. */
export function contextOf(body: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(body)
  if (!/<[^<>]*RequestSecurityToken[ >]/.test(text)) return undefined
  return /<[^<>]*RequestSecurityToken [^<>]*Context="([^"]*)"/.exec(text)?.[1]
}

/** Who says to have sent a message. */
export function usernameOf(body: Uint8Array): string {
  return /<[^<>]*Username>([^<]*)</.exec(new TextDecoder().decode(body))?.[1] ?? ''
}
