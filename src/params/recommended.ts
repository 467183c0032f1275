import { toBigint } from '../../bindings/octets/integers.js'
import type { Element, SubgroupDescription } from '../../bindings/engine/engine.js'

/** A set of recommended subgroup parameters (UPCS recommended parameters profile). */
export interface RecommendedParameters extends SubgroupDescription {
  readonly name: string
  readonly oid: string
  /** g_1 to g_50, fixed-width: `generators[0]` is g_1. */
  readonly generators: readonly Element[]
  /** g_t, the base of the token information. */
  readonly gt: Element
  /** g_d, the base of the Device. */
  readonly gd: Element
}

const generatorCount = 50

type Decoded = Pick<RecommendedParameters, 'p' | 'q' | 'g' | 'generators' | 'gt' | 'gd'>

function decode(base64: string, elementLength: number): Decoded {
  const octets = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
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
 * A set from its data: p, g, g_1 to g_50, g_t, g_d at `elementLength` octets each, then q, in base64. It is decoded at
 * first use, so that importing a set costs nothing.
 */
export function recommendedParameters(
  name: string,
  oid: string,
  elementLength: number,
  base64: string,
): RecommendedParameters {
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
