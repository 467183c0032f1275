import { toHex } from '../../bindings/bytes.js'
import type { Engine, Subgroup } from '../../bindings/engine.js'
import type { HashName } from './algorithms.js'
import { bindGroup, DsaPublicKey } from './dsa.js'
import type { DsaParameters, KeyRequirements } from './public-key.js'
import type { SignatureToVerify } from './signing.js'
import { toFullWidth } from './two-integers.js'

const MAX_GROUPS = 8
const MAX_KEYS = 64

/** Verifies signatures of any key of DSA. Groups are bound and keys looked into once, as long as there are few. */
export class DsaVerifier {
  readonly #groups = new Map<string, Subgroup>()
  readonly #keys = new Map<string, DsaPublicKey>()

  constructor(
    private readonly engine: Engine,
    private readonly requirements: KeyRequirements,
  ) {}

  /** Throws `PkiError` for malformed signatures, and keys that are malformed or not accepted. */
  verify(
    { y, ...parameters }: DsaParameters & { readonly y: Uint8Array },
    { signature, octets }: SignatureToVerify,
    hash: HashName,
  ): boolean {
    const group = this.#group(parameters)
    const numbers = toFullWidth(signature, group.scalarLength)
    return numbers !== undefined && this.#key(group, y).verify(numbers, octets, hash)
  }

  #group({ p, q, g }: DsaParameters): Subgroup {
    const name = [p, q, g].map(toHex).join(':')
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const group = bindGroup(this.engine, { p, q, g }, this.requirements)
    if (this.#groups.size === MAX_GROUPS) this.#forget()
    this.#groups.set(name, group)
    return group
  }

  #key(group: Subgroup, y: Uint8Array): DsaPublicKey {
    const name = [...this.#groups.values()].indexOf(group).toString() + toHex(y)
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const key = new DsaPublicKey(group, y)
    if (this.#keys.size === MAX_KEYS) this.#keys.clear()
    this.#keys.set(name, key)
    return key
  }

  #forget(): void {
    for (const group of this.#groups.values()) group.dispose()
    this.#groups.clear()
    this.#keys.clear()
  }
}
