import { limits, octetsFrom } from '../../../bindings/octets/octets.js'
import { strictText } from '../../../bindings/octets/text.js'
import type { Attribute } from '../../uprove/parameters/attributes.js'
import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { up } from './names.js'
import { contentText, Outline } from './outline.js'
import { parseCount } from './values.js'

/** The value of an attribute. Null is written as an empty element. */
export type ClaimValue = string | null

/**
 * A claim as XML carries it: octets are the UTF-8 encoding of text, and an empty value is null.
 * Throws `WsTrustError` (`ws-trust/attribute-encoding`), `InvalidInputError` (`octets/...`).
 */
export function claimValueFrom(claim: Attribute): ClaimValue {
  const text =
    claim === null || typeof claim === 'string' ? claim : strictText(octetsFrom(claim, 'a claim', limits.content))
  if (text === undefined) throw new WsTrustError('ws-trust/attribute-encoding')
  return text || null
}

/** An attribute A_i in a message (section 3.3.3). */
export interface IndexedAttribute {
  /** i, counted from 1. */
  readonly index: number
  readonly value: ClaimValue
}

/** The attributes as an up:Attributes element. Throws `XmlError` (`xml/character`) for values that XML cannot represent. */
export function writeAttributes(attributes: readonly IndexedAttribute[]): XmlElement {
  return up(
    'Attributes',
    {},
    ...attributes.map(({ index, value }) => up('Attribute', { Index: String(index) }, value ?? undefined)),
  )
}

/**
 * Reads an up:Attributes element. The caller checks that no index exceeds n.
 * Throws `WsTrustError` (shape, `ws-trust/integer`, `ws-trust/attribute-indices`).
 */
export function readAttributes(element: XmlElement): IndexedAttribute[] {
  const outline = new Outline(element)
  const attributes = outline.many('Attribute').map((attribute) => {
    const others = attribute.attributes.filter(({ namespace, localName }) => namespace !== '' || localName !== 'Index')
    const index = attribute.attribute('Index')
    if (others.length > 0 || index === undefined) throw new WsTrustError('ws-trust/attribute')
    return { index: parseCount(index), value: contentText(attribute) || null }
  })
  outline.end()
  if (!attributes.every(({ index }, i) => index > (attributes[i - 1]?.index ?? 0))) {
    throw new WsTrustError('ws-trust/attribute-indices')
  }
  return attributes
}
