import type { Element, Scalar, Group } from '../../../bindings/engine/engine.js'
import { toHex } from '../../../bindings/octets/integers.js'
import { hashFunction, type HashAlgorithm } from '../../hash/index.js'

/** How many scope elements of a group are remembered: making one takes longer than a whole presentation. */
const rememberedScopes = 16

const scopeElements = new WeakMap<Group, Map<string, Element>>()

/** g_s, the generator of a scope. `hash` is UID_H. Section 8. */
export function scopeGenerator(group: Group, scope: Uint8Array, hash: HashAlgorithm): Element {
  const known = scopeElements.get(group) ?? new Map<string, Element>()
  scopeElements.set(group, known)
  const key = `${hash} ${toHex(scope)}`
  let element = known.get(key)
  if (element === undefined) {
    element = group.scopeElement(scope, hashFunction(hash))
    const oldest = known.keys().next()
    if (known.size >= rememberedScopes && !oldest.done) known.delete(oldest.value)
    known.set(key, element)
  }
  return element
}

/** P_s = g_s^x and g_s^w, for the secret x that a pseudonym stands for and its w. Section 8. */
export function pseudonymPowers(group: Group, gs: Element, x: Scalar, w: Scalar): { pS: Element; power: Element } {
  const [pS, power] = group.exponentiateMany([gs, gs], [x, w])
  return { pS: pS!, power: power! }
}
