import type { Scalar } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { stripLeadingZeros } from '../../../bindings/octets/integers.js'
import { scalarFromOctets } from '../../group/index.js'
import { copyOctets, limits, nullableOctetsFrom, type OctetsLike } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from './parameters.js'
import { require, requireList } from '../../../bindings/octets/shape.js'

/** An attribute A_i; null is a value of its own. Text stands for its UTF-8 encoding. */
export type Attribute = OctetsLike | null

/**
 * Checks the attributes of a token as they enter, all n of them.
 * Throws `InvalidInputError` (`attribute/count`, `attribute/text` for text where the parameters want an integer, `octets/...`).
 */
export function attributesFrom(parameters: IssuerParameters, attributes: readonly Attribute[]): (Uint8Array | null)[] {
  requireList(attributes, 'attribute/count', 'the attributes')
  const { n } = parameters
  require(attributes.length === n, 'attribute/count', `${n} attributes are needed, not ${attributes.length}`)
  return attributes.map((attribute, i) => {
    if (typeof attribute === 'string' && parameters.encodings[i] === 0) {
      throw new InvalidInputError('attribute/text', `attribute ${i + 1} is an integer: pass octets, not text`)
    }
    return nullableOctetsFrom(attribute, `attribute ${i + 1}`, limits.content)
  })
}

/**
 * x_i of an attribute, counted from 1. Section 3.
 * Throws `InvalidInputError` (`attribute/null` for null where an integer is wanted, `scalar/range` for an integer >= q).
 */
export function attributeScalar(parameters: IssuerParameters, index: number, attribute: Uint8Array | null): Scalar {
  const { group, encodings, rules } = parameters
  if (encodings[index - 1] === 0) {
    if (attribute === null) throw new InvalidInputError('attribute/null', `attribute ${index} must not be null`)
    return scalarFromOctets(group, attribute)
  }
  if (attribute === null) return group.scalars.zero
  if (attribute.length === 0 && rules.zeroLengthIsNull) return group.scalars.zero
  return parameters.beginHash().octets(attribute).digestScalar(group.scalars)
}

/**
 * The one form of an attribute among those with the same x_i: an integer without leading zeros, 0 as one octet 00; where the
 * empty string counts as null, null. A copy. Section 9.
 */
export function canonicalAttribute(
  { encodings, rules }: IssuerParameters,
  index: number,
  attribute: Uint8Array | null,
): Uint8Array | null {
  if (attribute === null) return null
  if (encodings[index - 1] === 0) {
    const minimal = stripLeadingZeros(attribute)
    return minimal.length === 0 ? new Uint8Array(1) : copyOctets(minimal)
  }
  return attribute.length === 0 && rules.zeroLengthIsNull ? null : copyOctets(attribute)
}

/** (x_1, ..., x_n). Throws like `attributeScalar`. */
export function attributeScalars(parameters: IssuerParameters, attributes: readonly (Uint8Array | null)[]): Scalar[] {
  return attributes.map((attribute, i) => attributeScalar(parameters, i + 1, attribute))
}

/** x_t, from the digest P of the parameters and the token information TI. Section 3. */
export function tokenInformationScalar(
  parameters: IssuerParameters,
  tokenInformation: Uint8Array,
  deviceProtected: boolean,
): Scalar {
  return parameters
    .beginHash()
    .byte(1)
    .octets(parameters.digest(deviceProtected))
    .octets(tokenInformation)
    .digestScalar(parameters.group.scalars)
}
