import { InvalidInputError } from '../../bindings/errors.js'
import { L1024N160 } from './L1024N160.js'
import { L2048N256 } from './L2048N256.js'
import { L3072N256 } from './L3072N256.js'
import { P256 } from './P256.js'
import { P384 } from './P384.js'
import { P521 } from './P521.js'
import type { RecommendedCurve, RecommendedSubgroup } from './recommended.js'

export { L1024N160, L2048N256, L3072N256, P256, P384, P521 }
export type {
  RecommendedCurve,
  RecommendedGenerators,
  RecommendedParameters,
  RecommendedSubgroup,
} from './recommended.js'

/**
 * The recommended parameters of a name (`'L2048N256'`) or a dotted OID: a subgroup.
 * Throws `InvalidInputError` (`params/unknown`).
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { parametersByName } from 'uprove-wasm/params'
 *
 * const recommended = parametersByName('L2048N256')
 * const group = (await createEngine()).subgroup(recommended)
 * console.log(recommended.name, group.elementLength) // L2048N256 256
 * ```
 */
export function parametersByName(nameOrOid: string): RecommendedSubgroup {
  const found = [L1024N160, L2048N256, L3072N256].find(({ name, oid }) => name === nameOrOid || oid === nameOrOid)
  if (found === undefined) throw new InvalidInputError('params/unknown', 'no recommended parameters have this name')
  return found
}

/**
 * The recommended curve of a name (`'P-256'`) or a dotted OID. Separate from `parametersByName()`, so that a bundle without
 * curves does not contain them. Throws `InvalidInputError` (`params/unknown`).
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { curveByName } from 'uprove-wasm/params'
 *
 * const curve = curveByName('P-256')
 * const group = (await createEngine()).curve(curve)
 * console.log(curve.oid, group.elementLength) // 1.3.6.1.4.1.311.75.1.2.1 65
 * ```
 */
export function curveByName(nameOrOid: string): RecommendedCurve {
  const found = [P256, P384, P521].find(({ name, oid }) => name === nameOrOid || oid === nameOrOid)
  if (found === undefined) throw new InvalidInputError('params/unknown', 'no recommended curve has this name')
  return found
}
