import type { Token } from '../../uprove/token/token.js'
import type { XmlElement } from '../../xml/tree.js'
import type { ProfileParameters } from './issuer-parameters.js'
import { up } from '../syntax/names.js'
import { Outline } from '../syntax/outline.js'
import { readTokenInformation, tokenInformationElement, type TokenInformation } from './token-information.js'
import { atWidth, checkVersion, cryptoBinary, readCryptoBinary, readUri } from '../syntax/values.js'

/** A token as written (section 3.3.4). Numbers are big-endian octets of any width. */
export interface TokenDocument {
  readonly uidp: string
  readonly h: Uint8Array
  readonly tokenInformation: TokenInformation
  readonly sigmaZPrime: Uint8Array
  readonly sigmaCPrime: Uint8Array
  readonly sigmaRPrime: Uint8Array
}

/** The up:Token element. */
export function writeToken(token: TokenDocument): XmlElement {
  return up(
    'Token',
    { Version: '1.0' },
    up('UIDP', {}, token.uidp),
    up('H', {}, cryptoBinary(token.h)),
    tokenInformationElement(token.tokenInformation),
    up('SigmaZPrime', {}, cryptoBinary(token.sigmaZPrime)),
    up('SigmaCPrime', {}, cryptoBinary(token.sigmaCPrime)),
    up('SigmaRPrime', {}, cryptoBinary(token.sigmaRPrime)),
  )
}

/** Reads an up:Token element. Nothing is verified. Throws `WsTrustError`. */
export function readToken(element: XmlElement): TokenDocument {
  const outline = new Outline(element, ['Version'])
  checkVersion(outline.attribute('Version'))
  const token = {
    uidp: readUri(outline.next('UIDP')),
    h: readCryptoBinary(outline.next('H')),
    tokenInformation: readTokenInformation(outline.next('TI')),
    sigmaZPrime: readCryptoBinary(outline.next('SigmaZPrime')),
    sigmaCPrime: readCryptoBinary(outline.next('SigmaCPrime')),
    sigmaRPrime: readCryptoBinary(outline.next('SigmaRPrime')),
  }
  outline.end()
  return token
}

/** The token in the form of the cryptography; PI is null in this profile. Throws `WsTrustError` (`ws-trust/number-range`). */
export function tokenFromDocument({ parameters }: ProfileParameters, document: TokenDocument): Token {
  const { elementLength, scalarLength } = parameters.group
  const { tokenInformation } = document
  return {
    uid: parameters.uid,
    h: atWidth(document.h, elementLength),
    tokenInformation: tokenInformation.octets,
    proverInformation: null,
    sigmaZPrime: atWidth(document.sigmaZPrime, elementLength),
    sigmaCPrime: atWidth(document.sigmaCPrime, scalarLength),
    sigmaRPrime: atWidth(document.sigmaRPrime, scalarLength),
    deviceProtected: tokenInformation.deviceGenerator !== undefined,
  }
}
