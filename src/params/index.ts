import { InvalidInputError } from '../../bindings/errors.js'
import { L1024N160 } from './L1024N160.js'
import { L2048N256 } from './L2048N256.js'
import { L3072N256 } from './L3072N256.js'
import type { RecommendedParameters } from './recommended.js'

export { L1024N160, L2048N256, L3072N256 }
export type { RecommendedParameters }

/**
 * The recommended parameters of a name (`'L2048N256'`) or a dotted OID.
 * Throws `InvalidInputError` (`params/unknown`).
 */
export function parametersByName(nameOrOid: string): RecommendedParameters {
  const found = [L1024N160, L2048N256, L3072N256].find(({ name, oid }) => name === nameOrOid || oid === nameOrOid)
  if (found === undefined) throw new InvalidInputError('params/unknown', 'no recommended parameters have this name')
  return found
}
