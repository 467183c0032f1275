import type { Element, Scalar, Group } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import type { RecommendedParameters } from '../../params/recommended.js'
import { limits, octetsFrom, wipe, type OctetsLike } from '../../../bindings/octets/octets.js'
import { checkRevision, type IssuerParametersValues } from './parameters.js'
import type { Revision } from './revision.js'
import { nonces, type NonceOptions, type NonceSource } from '../nonces.js'

/** The options of new Issuer parameters. */
export interface IssuerValuesOptions extends NonceOptions {
  /** UID_P, unique among all Issuer parameters. */
  readonly uid: OctetsLike
  /**
   * How many attributes tokens have, all of them hashed; or e_1 to e_n: 1 hashed, 0 an integer below q. At most 250, in a recommended group 50,
   * for which it has generators.
   */
  readonly attributes: number | readonly number[]
  /** Default 3. The WS-Trust profile needs 1. */
  readonly revision?: Revision
  /** UID_H. Default `'SHA-256'`. */
  readonly hash?: string
  /** S, the application's own data about the tokens. Default empty. */
  readonly specification?: OctetsLike
  /** A set such as `L2048N256`, whose generators are used. Without it new generators are drawn. */
  readonly recommended?: RecommendedParameters
  /** Whether Device-protected tokens can be issued. Default false. */
  readonly device?: boolean
}

interface Generators {
  readonly g: readonly Element[]
  readonly gt: Element
  readonly gd: Element | undefined
}

/** e_1 to e_n, from a list or a number of hashed attributes. */
function encodingsOf(attributes: number | readonly number[]): number[] {
  const count = Array.isArray(attributes) ? attributes.length : (attributes as number)
  if (!Number.isInteger(count) || count < 0 || count > limits.attributes) {
    throw new InvalidInputError('parameters/attribute-count', `0 to ${limits.attributes} attributes are supported`)
  }
  return typeof attributes === 'number' ? new Array<number>(count).fill(1) : [...attributes]
}

/** Random powers of g; the exponents are wiped. */
function drawGenerators(group: Group, n: number, device: boolean, source: NonceSource): Generators {
  const table = group.fixedBase(group.generator, { expectedUses: n + 2 })
  const draw = (): Element => {
    const y = source.next()
    try {
      return table.exponentiate(y)
    } finally {
      wipe(y)
    }
  }
  try {
    return { g: Array.from({ length: n }, draw), gt: draw(), gd: device ? draw() : undefined }
  } finally {
    table.dispose()
  }
}

function recommendedGenerators(group: Group, set: RecommendedParameters, n: number, device: boolean): Generators {
  if (!group.matches(set)) {
    throw new InvalidInputError('parameters/other-group', 'the recommended set belongs to another group')
  }
  return { g: set.generators.slice(0, n), gt: set.gt, gd: device ? set.gd : undefined }
}

/** Draws an Issuer's key y_0 and makes its parameters: g_0 = g^y_0, and in Revision 1 each z as its g^y_0. Section 2. */
export function createIssuerValues(
  group: Group,
  options: IssuerValuesOptions,
): { y0: Scalar; values: IssuerParametersValues<Element> } {
  const { uid, attributes, revision = 3, hash = 'SHA-256', specification = '' } = options
  const { recommended, device = false } = options
  const encodings = encodingsOf(attributes)
  checkRevision(group, revision)
  const uidp = octetsFrom(uid, 'UID_P')
  const source = nonces(group.scalars, options, { purpose: 'Issuer', context: [uidp] })
  const y0 = source.next()
  try {
    const { g, gt, gd } =
      recommended === undefined
        ? drawGenerators(group, encodings.length, device, source)
        : recommendedGenerators(group, recommended, encodings.length, device)
    const g0 = group.exponentiate(group.generator, y0)
    const power = (base: Element): Element => group.exponentiate(base, y0)
    const z = revision === 1 ? { z0: power(g0), z: g.map(power), zt: power(gt), zd: gd && power(gd) } : undefined
    const common = { revision, uid: uidp, hash, g0, g, gt, gd, encodings, z }
    return { y0, values: { ...common, specification: octetsFrom(specification, 'S', limits.content) } }
  } catch (error) {
    wipe(y0)
    throw error
  } finally {
    source.dispose()
  }
}
