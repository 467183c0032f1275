import type { Octets } from '../../../bindings/octets/octets.js'
import { o } from '../../soap/envelope/names.js'
import { isBase64Encoding } from '../../soap/security/username-token.js'
import { decodeBase64, encodeBase64 } from '../../../bindings/octets/base64.js'
import type { XmlElement } from '../../xml/tree.js'
import { WstepError } from '../errors.js'
import { BASE64_ENCODING } from './names.js'
import { isNil } from './shape.js'

/** The layout of base64. cepces reads one line, or lines of 64 characters; Windows writes the latter, ending in CR LF. */
export type Base64Lines = 'one' | '64'

/**
 * The octets of a wsse:BinarySecurityToken; undefined if it is absent or empty. White space, ValueType and wsu:Id are
 * ignored. Throws `WstepError` (`wstep/encoding-type`, `wstep/token-undecodable`).
 */
export function readBinaryToken(token: XmlElement | undefined): Octets | undefined {
  if (token === undefined || isNil(token)) return undefined
  const { text } = token
  if (text === undefined) throw new WstepError('wstep/token-undecodable')
  if (!isBase64Encoding(token.attribute('EncodingType'))) throw new WstepError('wstep/encoding-type')
  const octets = decodeBase64(text)
  if (octets === undefined) throw new WstepError('wstep/token-undecodable')
  return octets.length === 0 ? undefined : octets
}

/** A wsse:BinarySecurityToken element. */
export function binaryToken(octets: Uint8Array, valueType: string, lines: Base64Lines): XmlElement {
  const base64 = encodeBase64(octets)
  return o(
    'BinarySecurityToken',
    { ValueType: valueType, EncodingType: BASE64_ENCODING },
    lines === 'one' ? base64 : base64.replace(/.{64}(?=.)/g, '$&\r\n'),
  )
}
