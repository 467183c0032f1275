import type { Element, Scalar, Subgroup } from '../../../bindings/engine/engine.js'
import { toHex } from '../../../bindings/octets/integers.js'
import { scopeElement } from '../../group/index.js'

/** How many scope elements of a group are remembered: making one takes longer than a whole presentation. */
const rememberedScopes = 16

const scopeElements = new WeakMap<Subgroup, Map<string, Element>>()

/** g_s, the generator of a scope. Section 8. */
export function scopeGenerator(group: Subgroup, scope: Uint8Array): Element {
  const known = scopeElements.get(group) ?? new Map<string, Element>()
  scopeElements.set(group, known)
  const key = toHex(scope)
  let element = known.get(key)
  if (element === undefined) {
    element = scopeElement(group, scope)
    const oldest = known.keys().next()
    if (known.size >= rememberedScopes && !oldest.done) known.delete(oldest.value)
    known.set(key, element)
  }
  return element
}

/** P_s = g_s^x and g_s^w, for the secret x that a pseudonym stands for and its w. Section 8. */
export function pseudonymPowers(group: Subgroup, gs: Element, x: Scalar, w: Scalar): { pS: Element; power: Element } {
  const [pS, power] = group.exponentiateMany([gs, gs], [x, w])
  return { pS: pS!, power: power! }
}

/** g_s^r P_s^c, which a_p is recomputed from. Public data. Section 8. */
export function recomputePseudonymPower(group: Subgroup, gs: Element, r: Scalar, pSPower: Element): Element {
  return group.multiply(group.multiExponentiateVartime([gs], [r]), pSPower)
}
