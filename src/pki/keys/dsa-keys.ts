import { toHex } from '../../../bindings/octets/integers.js'
import type { Engine, Subgroup } from '../../../bindings/engine/engine.js'
import { bindGroup, DsaPublicKey } from './dsa.js'
import { PkiError } from '../errors.js'
import { readPublicKey, type DsaParameters, type KeyRequirements } from './public-key.js'
import type { Octets } from '../../../bindings/octets/octets.js'

const MAX_GROUPS = 8
const MAX_KEYS = 64

/** Public keys of DSA on an engine. A limited number of groups and keys is cached, so that each is bound and checked once. */
export class DsaKeys {
  readonly #groups = new Map<string, Subgroup>()
  readonly #keys = new Map<string, DsaPublicKey>()

  constructor(
    private readonly engine: Engine,
    private readonly requirements: KeyRequirements = {},
  ) {}

  /**
   * A key from SubjectPublicKeyInfo, DER. If other than the recommended groups are accepted, use it before you read the next
   * key. Throws `PkiError` (`pki/key`, `pki/dsa-group`, `pki/not-der`, `pki/structure`).
   */
  read(publicKey: Octets): DsaPublicKey {
    const key = readPublicKey(publicKey)
    if (key.type !== 'DSA') throw new PkiError('pki/key')
    const name = nameOf(key)
    const group = this.#group(name, key)
    const keyName = `${name}:${toHex(key.y)}`
    return this.#keys.get(keyName) ?? this.#remember(keyName, DsaPublicKey.fromMagnitude(group, key.y))
  }

  #group(name: string, parameters: DsaParameters): Subgroup {
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const group = bindGroup(this.engine, parameters, this.requirements)
    if (this.#groups.size === MAX_GROUPS) this.#forget()
    this.#groups.set(name, group)
    return group
  }

  #remember(name: string, key: DsaPublicKey): DsaPublicKey {
    if (this.#keys.size === MAX_KEYS) this.#forgetKeys()
    this.#keys.set(name, key)
    return key
  }

  #forget(): void {
    this.#forgetKeys()
    for (const group of this.#groups.values()) group.dispose()
    this.#groups.clear()
  }

  #forgetKeys(): void {
    for (const key of this.#keys.values()) key.dispose()
    this.#keys.clear()
  }
}

const nameOf = ({ p, q, g }: DsaParameters): string => [p, q, g].map(toHex).join(':')
