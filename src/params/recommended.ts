import { octetsOfBase64 } from '../../bindings/octets/base64.js'
import { toBigint } from '../../bindings/octets/integers.js'
import type { CurveDescription, Element, SubgroupDescription } from '../../bindings/engine/engine.js'

/** The generators of a recommended set (UPCS recommended parameters profile). */
export interface RecommendedGenerators {
  readonly name: string
  readonly oid: string
  /** g_1 to g_50, fixed-width: `generators[0]` is g_1. */
  readonly generators: readonly Element[]
  /** g_t, the base of the token information. */
  readonly gt: Element
  /** g_d, the base of the Device. */
  readonly gd: Element
}

/** A recommended subgroup with its generators. */
export interface RecommendedSubgroup extends SubgroupDescription, RecommendedGenerators {
  readonly name: string
  readonly oid: string
}

/** A recommended curve with its generators. */
export interface RecommendedCurve extends CurveDescription, RecommendedGenerators {
  readonly name: string
  readonly oid: string
}

/** A recommended set, over a subgroup or a curve. */
export type RecommendedParameters = RecommendedSubgroup | RecommendedCurve

const generatorCount = 50

type Decoded = Pick<RecommendedSubgroup, 'p' | 'q' | 'g' | 'generators' | 'gt' | 'gd'>

function decode(base64: string, elementLength: number): Decoded {
  const octets = octetsOfBase64(base64)
  const elementAt = (i: number): Element => octets.slice(i * elementLength, (i + 1) * elementLength) as Element
  return {
    p: toBigint(elementAt(0)),
    g: toBigint(elementAt(1)),
    generators: Array.from({ length: generatorCount }, (_, i) => elementAt(2 + i)),
    gt: elementAt(2 + generatorCount),
    gd: elementAt(3 + generatorCount),
    q: toBigint(octets.subarray((4 + generatorCount) * elementLength)),
  }
}

/**
 * A subgroup from its data: p, g, g_1 to g_50, g_t, g_d at `elementLength` octets each, then q, in base64. It is decoded at
 * first use, so that importing a set costs nothing.
 */
export function recommendedSubgroup(
  name: string,
  oid: string,
  elementLength: number,
  base64: string,
): RecommendedSubgroup {
  let decoded: Decoded | undefined
  const data = (): Decoded => (decoded ??= decode(base64, elementLength))
  return {
    name,
    oid,
    get p() {
      return data().p
    },
    get q() {
      return data().q
    },
    get g() {
      return data().g
    },
    get generators() {
      return data().generators
    },
    get gt() {
      return data().gt
    },
    get gd() {
      return data().gd
    },
  }
}
