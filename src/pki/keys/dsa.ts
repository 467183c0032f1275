import type { CHash } from '@noble/hashes/utils.js'
import { isZero, toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import type { Base, Element, Engine, FixedBase, Scalar, Subgroup } from '../../../bindings/engine/engine.js'
import { InvalidGroupError, InvalidInputError } from '../../../bindings/errors.js'
import { hashFunction } from '../../hash/algorithm.js'
import { wipe, wipeOnFailure, concatOctets, type Octets } from '../../../bindings/octets/octets.js'
import { KEY_ALGORITHM, signatureAlgorithm, type HashName } from './algorithms.js'
import { bitString, integer, magnitudeOf, octetString, oid, sequence } from '../asn1/der.js'
import { deterministicNonces, reducedDigest } from './deterministic-nonce.js'
import { PkiError } from '../errors.js'
import type { DsaParameters, KeyRequirements } from './public-key.js'
import { isAcceptedGroup } from './weak-keys.js'
import type { DigestName, SigningKey } from './signing.js'
import { toSequence } from './algorithms.js'
import type { RandomSource } from '../../../bindings/octets/random.js'

/**
 * An element modulo q. Not constant time: r and g^k are public, since verifiers compute them.
 */
const elementModuloQ = ({ q, scalarLength }: Subgroup, element: Element): Scalar =>
  toFixedWidth(toBigint(element) % q, scalarLength) as Scalar

/**
 * After this number of signatures a key gets tables, of this number of bytes each. Building them costs about two
 * verifications.
 */
const USES_WITHOUT_TABLES = 4
const TABLE_BYTES = 1 << 16

/** A public key of DSA in a group of an engine (FIPS 186-4, section 4). That y is in the group was checked. */
export class DsaPublicKey {
  readonly #y: Element
  #uses = 0
  #tables: readonly FixedBase[] | undefined

  /** Throws `PkiError` (`pki/key`) for a y that is not in the group, or 1. */
  constructor(
    private readonly group: Subgroup,
    y: Uint8Array,
  ) {
    if (!group.isMember(y)) throw new PkiError('pki/key')
    this.#y = new Uint8Array(y) as Uint8Array as Element
  }

  /** A key whose y has no leading zeros. Throws as the constructor does. */
  static fromMagnitude(group: Subgroup, y: Uint8Array): DsaPublicKey {
    if (y.length > group.elementLength) throw new PkiError('pki/key')
    const octets = new Uint8Array(group.elementLength)
    octets.set(y, octets.length - y.length)
    return new DsaPublicKey(group, octets)
  }

  /** Octets of r and of s. */
  get numberLength(): number {
    return this.group.scalarLength
  }

  /** Whether a signature, r and s at full width, is this key's over the octets. */
  verify(signature: Uint8Array, octets: Uint8Array, hash: HashName = 'SHA-256'): boolean {
    return this.verifyDigest(signature, hashFunction(hash)(octets))
  }

  /** Whether a signature, r and s at full width, is this key's over the octets that have this digest. */
  verifyDigest(signature: Uint8Array, digest: Uint8Array): boolean {
    const { group } = this
    const { scalars } = group
    const numbers = this.#numbersOf(signature)
    if (numbers === undefined) return false
    const [r, s] = numbers
    const w = scalars.invert(s)
    const u1 = scalars.multiply(reducedDigest(group, digest), w)
    const u2 = scalars.multiply(r, w)
    const v = group.multiExponentiateVartime(this.#bases(), [u1, u2])
    return toBigint(elementModuloQ(group, v)) === toBigint(r)
  }

  /** Frees its tables, if it has any. The key remains usable. */
  dispose(): void {
    for (const table of this.#tables ?? []) table.dispose()
    this.#tables = undefined
    this.#uses = 0
  }

  /** g and y. */
  #bases(): readonly Base[] {
    const { group } = this
    const bases = [group.generator, this.#y]
    if (this.#tables === undefined && ++this.#uses > USES_WITHOUT_TABLES) {
      const options = { exponents: 'public', maxTableBytes: TABLE_BYTES } as const
      this.#tables = bases.map((base) => group.fixedBase(base, options))
    }
    return this.#tables ?? bases
  }

  /** r and s, if both are in [1, q-1] at full width. */
  #numbersOf(signature: Uint8Array): readonly [Scalar, Scalar] | undefined {
    const { scalars, scalarLength } = this.group
    try {
      const r = scalars.from(signature.subarray(0, scalarLength))
      const s = scalars.from(signature.subarray(scalarLength))
      return isZero(r) || isZero(s) ? undefined : [r, s]
    } catch (error) {
      if (error instanceof InvalidInputError) return undefined
      throw error
    }
  }
}

/**
 * A signature, r and s at full width, with a nonce of RFC 6979 (FIPS 186-4, section 4.6). Constant time in x, if the engine
 * is.
 *
 * @param generator the table of g.
 */
export function signDsa(generator: FixedBase, group: Subgroup, x: Scalar, hash: CHash, octets: Uint8Array): Octets {
  const { scalars } = group
  const digest = hash(octets)
  const z = reducedDigest(group, digest)
  for (const k of deterministicNonces(group, hash, x, digest)) {
    const r = elementModuloQ(group, generator.exponentiate(k))
    const inverse = scalars.invert(k)
    const sum = scalars.multiplyAdd(x, r, z)
    const s = scalars.multiply(inverse, sum)
    wipe(inverse, sum)
    // Another k if either is 0, which happens with negligible probability.
    if (!isZero(r) && !isZero(s)) return concatOctets([r, s])
  }
  // Unreachable: the nonces do not end.
  throw new PkiError('pki/signature')
}

export interface DsaKeyOptions extends KeyRequirements {
  /** Default SHA-256. */
  readonly digest?: DigestName
  /** Signs on an engine that is not constant time: for tests. */
  readonly allowVariableTime?: boolean
}

export interface DsaGenerationOptions extends DsaKeyOptions {
  readonly random?: RandomSource
}

/**
 * A private key of DSA on the core. Its arithmetic is constant time; its nonces are those of RFC 6979, which need no randomness.
 * The group belongs to the caller and must outlive the key.
 */
export class DsaKey implements SigningKey {
  readonly publicKey: Octets
  readonly signatureAlgorithm: Octets
  readonly digest: DigestName
  #x: Scalar | undefined
  #table: FixedBase | undefined

  /**
   * @param x the private key; it is copied.
   * Throws `PkiError` (`pki/key` for x = 0 or above q, `pki/dsa-group`, `pki/variable-time`).
   */
  constructor(
    private readonly group: Subgroup,
    x: Uint8Array,
    options: DsaKeyOptions = {},
  ) {
    const { digest = 'SHA-256', allowVariableTime = false } = options
    if (!group.engine.constantTime && !allowVariableTime) throw new PkiError('pki/variable-time')
    checkGroup(group, options)
    const scalar = privateScalar(group, x)
    this.#x = scalar
    this.digest = digest
    this.signatureAlgorithm = signatureAlgorithm({ name: 'DSA', hash: digest })
    const y = wipeOnFailure((keep) => group.exponentiate(group.generator, keep(scalar)))
    this.publicKey = sequence(algorithmIdentifier(group), bitString(integer(y)))
  }

  /** A new key, x uniform in [1, q-1]. */
  static generate(group: Subgroup, options: DsaGenerationOptions = {}): DsaKey {
    const x = group.scalars.random(options.random)
    try {
      return new DsaKey(group, x, options)
    } finally {
      wipe(x)
    }
  }

  /** Octets of r and of s. */
  get numberLength(): number {
    return this.group.scalarLength
  }

  sign(octets: Octets): Promise<Octets> {
    return Promise.resolve(toSequence(this.signNumbers(octets)))
  }

  /** r and s at full width, as XML signatures have them. */
  signNumbers(octets: Uint8Array): Octets {
    const x = this.#secret()
    this.#table ??= this.group.fixedBase(this.group.generator)
    return signDsa(this.#table, this.group, x, hashFunction(this.digest), octets)
  }

  /** PrivateKeyInfo, DER; the caller wipes it. */
  exportPrivateKey(): Promise<Octets> {
    const value = integer(this.#secret())
    const string = octetString(value)
    const pkcs8 = sequence(integer(0), algorithmIdentifier(this.group), string)
    wipe(value, string)
    return Promise.resolve(pkcs8)
  }

  /** Wipes the private key. Any use afterwards throws `PkiError` (`pki/key`). */
  dispose(): void {
    wipe(this.#x)
    this.#x = undefined
    this.#table?.dispose()
    this.#table = undefined
  }

  #secret(): Scalar {
    if (this.#x === undefined) throw new PkiError('pki/key')
    return this.#x
  }
}

/** The key's algorithm with Dss-Parms (RFC 3279, section 2.3.2). */
function algorithmIdentifier({ p, q, g }: Subgroup): Octets {
  return sequence(oid(KEY_ALGORITHM.dsa), sequence(integer(p), integer(q), integer(g)))
}

function checkGroup({ p, q, g }: Subgroup, requirements: KeyRequirements): void {
  const numbers = { p: magnitudeOf(p), q: magnitudeOf(q), g: magnitudeOf(g) }
  if (!isAcceptedGroup(numbers, requirements)) throw new PkiError('pki/dsa-group')
}

function privateScalar({ scalars }: Subgroup, x: Uint8Array): Scalar {
  if (isZero(x)) throw new PkiError('pki/key')
  const copy = new Uint8Array(x)
  try {
    return scalars.from(copy)
  } catch (error) {
    wipe(copy)
    if (error instanceof InvalidInputError) throw new PkiError('pki/key')
    throw error
  }
}

/**
 * The group of Dss-Parms, DER, on an engine. Throws `PkiError` (`pki/dsa-group` for numbers that are not a group, or not an
 * accepted one; `pki/key`, `pki/not-der`, `pki/structure`).
 */
export function bindGroup(engine: Engine, parameters: DsaParameters, requirements: KeyRequirements): Subgroup {
  const { p, q, g } = parameters
  if (!isAcceptedGroup(parameters, requirements)) throw new PkiError('pki/dsa-group')
  const numbers = { p: toBigint(p), q: toBigint(q), g: toBigint(g) }
  try {
    return engine.subgroup(numbers, { allowLegacy: requirements.allowLegacy === true })
  } catch (error) {
    if (error instanceof InvalidGroupError) throw new PkiError('pki/dsa-group', { cause: error })
    throw error
  }
}
