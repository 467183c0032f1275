import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { up } from '../syntax/names.js'
import { Outline, simpleText } from '../syntax/outline.js'
import { checkIdentifier, checkUri, dateTime, readDateTime } from '../syntax/values.js'

/** The specification in Issuer parameters. The canonical form of its element is S (section 3.2.1). */
export interface Specification {
  /** The Claim Provider: an identifier of the application, usually a URL. */
  readonly issuer: string
  readonly notBefore: Date
  readonly notOnOrAfter: Date
  /** The claim type of each attribute, in order. */
  readonly claimTypes: readonly string[]
}

/** The up:Specification element. Throws `WsTrustError` (`ws-trust/uri`, `ws-trust/identifier`, `ws-trust/date-time`, `ws-trust/validity-order`). */
export function writeSpecification({ issuer, notBefore, notOnOrAfter, claimTypes }: Specification): XmlElement {
  checkOrder(notBefore, notOnOrAfter)
  return up(
    'Specification',
    {},
    up('Issuer', {}, checkIdentifier(issuer)),
    up('NotBefore', {}, dateTime(notBefore)),
    up('NotOnOrAfter', {}, dateTime(notOnOrAfter)),
    up(
      'AttributeDescriptions',
      {},
      ...claimTypes.map((claimType) => up('AttributeDescription', { ClaimType: checkUri(claimType) })),
    ),
  )
}

/** Reads an up:Specification element. Throws `WsTrustError` (shape, `ws-trust/uri`, `.../date-time`, `.../validity-order`). */
export function readSpecification(element: XmlElement): Specification {
  const outline = new Outline(element)
  const issuer = checkIdentifier(simpleText(outline.next('Issuer')))
  const notBefore = readDateTime(outline.next('NotBefore'))
  const notOnOrAfter = readDateTime(outline.next('NotOnOrAfter'))
  const descriptions = new Outline(outline.next('AttributeDescriptions'))
  outline.end()
  checkOrder(notBefore, notOnOrAfter)
  const claimTypes = descriptions.many('AttributeDescription').map((description) => {
    const entry = new Outline(description, ['ClaimType'])
    entry.end()
    return checkUri(entry.attribute('ClaimType'))
  })
  descriptions.end()
  return { issuer, notBefore, notOnOrAfter, claimTypes }
}

function checkOrder(notBefore: Date, notOnOrAfter: Date): void {
  if (notBefore.getTime() >= notOnOrAfter.getTime()) throw new WsTrustError('ws-trust/validity-order')
}
