import type { Subgroup } from '../../../bindings/engine/engine.js'
import type { RecommendedParameters } from '../../params/recommended.js'

/** The URI of a recommended set: it names the group, the generators and the Device generator (GroupName, GeneratorsName, GdName). */
export function uriOf({ oid }: RecommendedParameters): string {
  return `urn:oid:${oid}`
}

export function setByUri(sets: readonly RecommendedParameters[], uri: string): RecommendedParameters | undefined {
  return sets.find((set) => uriOf(set) === uri)
}

/** The set whose group has these numbers, whatever it is called. */
export function setOfGroup(
  sets: readonly RecommendedParameters[],
  { p, q, g }: Pick<Subgroup, 'p' | 'q' | 'g'>,
): RecommendedParameters | undefined {
  return sets.find((set) => set.p === p && set.q === q && set.g === g)
}
