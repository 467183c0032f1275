import { L2048N256, L3072N256, type RecommendedSubgroup } from '../../params/index.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { UsageError } from '../errors.js'

const sets = [L2048N256, L3072N256]

/** The groups for deployments and Devices, by name; the first is the default. */
export const profileGroups: readonly string[] = sets.map(({ name }) => name)

/** The recommended set with a name. Throws `UsageError`; for a curve it explains why, and the remedy. */
export function profileGroup(name = itemAt(profileGroups, 0)): RecommendedSubgroup {
  const set = sets.find((known) => known.name === name)
  if (set !== undefined) return set
  const choose = `choose from ${profileGroups.join(', ')}`
  if (!/^P-?\d+$/i.test(name)) throw new UsageError(`unknown group ${name}; ${choose}`)
  throw new UsageError(
    `${name} is an elliptic curve, and the WS-Trust profile uses Revision 1, which is defined over subgroups only: ${choose}. ` +
      'For Revision 3 over curves use the library (docs/curves.md)',
  )
}
