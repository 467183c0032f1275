import type { Element, Group } from '../../../bindings/engine/engine.js'
import {
  hashAlgorithm,
  hashFormat,
  type HashAlgorithm,
  type HashAlgorithmOptions,
  type HashFormat,
  type HashFormatOptions,
} from '../../hash/index.js'
import type { RecommendedParameters } from '../../params/recommended.js'
import { copyOctets, equalOctets, limits, octetsFrom } from '../../../bindings/octets/octets.js'
import type { Revision, RevisionRules } from './revision.js'
import { revision1 } from './revision1.js'
import { revision3 } from './revision3.js'
import { objectFrom, require, requireList, requireOctets } from '../../../bindings/octets/shape.js'
import { ParameterTables, type TableOptions } from './tables.js'

/** The Prover issuance values of Revision 1: z_0, (z_1, ..., z_n), z_t and, for Devices, z_d; each z is its g^y_0. */
export interface ProverIssuanceValues<E extends Uint8Array = Uint8Array> {
  readonly z0: E
  readonly z: readonly E[]
  readonly zt: E
  readonly zd?: E
}

/**
 * Issuer parameters as plain values, as they are sent; the group is sent beside them. Elements are fixed-width
 * big-endian octets.
 */
export interface IssuerParametersValues<E extends Uint8Array = Uint8Array> {
  readonly revision: Revision
  /** UID_P. */
  readonly uid: Uint8Array
  /** UID_H: `'SHA-256'`, `'SHA-384'`, `'SHA-512'` or, for the published vectors, `'SHA-1'`. */
  readonly hash: string
  /** The Issuer's public key, g^y_0. */
  readonly g0: E
  /** g_1 to g_n. */
  readonly g: readonly E[]
  readonly gt: E
  /** Present if Device-protected tokens can be issued. */
  readonly gd?: E
  /** e_1 to e_n: 1 for an attribute that is hashed, 0 for one that is an integer below q. */
  readonly encodings: readonly number[]
  /** S. */
  readonly specification: Uint8Array
  /** Present in Revision 1 only. */
  readonly z?: ProverIssuanceValues<E>
}

export interface IssuerParametersOptions extends HashAlgorithmOptions, TableOptions {
  /** A recommended set: generators equal to its own need no membership test. */
  readonly recommended?: RecommendedParameters
}

/** Checks the shape of parameters: counts, lengths, and which values must occur together. */
function checkShape(group: Group, values: IssuerParametersValues): void {
  const shape = 'parameters/shape'
  const { revision, uid, g0, g, gt, gd, encodings, specification, z } = objectFrom(values, shape, 'parameters')
  requireOctets(uid, shape, 'UID_P')
  requireOctets(specification, shape, 'S')
  require([1, 3].includes(revision), 'parameters/revision', 'the revision must be 1 or 3')
  checkRevision(group, revision)
  requireList(g, shape, 'the generators')
  requireList(encodings, shape, 'the encodings')
  const { length } = g
  const countCode = 'parameters/attribute-count'
  require(length <= limits.attributes, countCode, `at most ${limits.attributes} attributes are supported`)
  require(encodings.length === length, countCode, 'there must be one encoding for each attribute')
  const known = encodings.every((e) => e === 0 || e === 1)
  require(known, 'parameters/encoding', 'an attribute encoding must be 0 or 1')
  for (const element of [g0, ...g, gt, ...(gd === undefined ? [] : [gd])]) requireOctets(element, shape, 'a generator')

  const zCode = 'parameters/z-values'
  require((z !== undefined) === (revision === 1), zCode, 'Revision 1 needs z values, Revision 3 has none')
  if (z === undefined) return
  const { z0, z: zs, zt, zd } = objectFrom(z, shape, 'the z values')
  requireList(zs, shape, 'the z values')
  require(zs.length === length, zCode, 'there must be one z value for each attribute')
  require((zd !== undefined) === (gd !== undefined), zCode, 'z_d and g_d must be present together')
  for (const element of [z0, ...zs, zt, ...(zd === undefined ? [] : [zd])]) requireOctets(element, shape, 'a z value')
}

/** Checks that a revision is defined over a group. Throws `InvalidInputError` (`parameters/group-revision`). */
export function checkRevision({ revisions, name }: Pick<Group, 'revisions' | 'name'>, revision: Revision): void {
  const message = `Revision ${revision} is not defined over ${name ?? 'this group'}; use Revision ${revisions.join(' or ')}`
  require(revisions.includes(revision), 'parameters/group-revision', message)
}

/** The elements that are not in a recommended set and must be tested, with the names that errors give them. */
function elementsToCheck(values: IssuerParametersValues, recommended?: RecommendedParameters): [string, Uint8Array][] {
  const { g0, g, gt, gd, z } = values
  const isOther = (own: Uint8Array, other?: Uint8Array): boolean => other === undefined || !equalOctets(own, other)
  const elements: [string, Uint8Array][] = [['g_0', g0]]
  g.forEach((gi, i) => isOther(gi, recommended?.generators[i]) && elements.push([`g_${i + 1}`, gi]))
  if (isOther(gt, recommended?.gt)) elements.push(['g_t', gt])
  if (gd !== undefined && isOther(gd, recommended?.gd)) elements.push(['g_d', gd])
  if (z !== undefined) {
    elements.push(['z_0', z.z0], ...z.z.map((zi, i): [string, Uint8Array] => [`z_${i + 1}`, zi]), ['z_t', z.zt])
    if (z.zd !== undefined) elements.push(['z_d', z.zd])
  }
  return elements
}

/**
 * Issuer parameters that were verified or made here, bound to a group and thereby to an engine. Do not write to their octets,
 * which were checked once; `values()` returns copies. They hold tables of powers, made when first needed. Dispose of them
 * when you are done: until then the tables stay in WebAssembly memory.
 */
export class IssuerParameters {
  readonly revision: Revision
  /** UID_P. */
  readonly uid: Uint8Array
  readonly hash: HashAlgorithm
  readonly g0: Element
  /** g_1 to g_n. */
  readonly g: readonly Element[]
  readonly gt: Element
  /** Present if Device-protected tokens can be issued. */
  readonly gd: Element | undefined
  /** e_1 to e_n. */
  readonly encodings: readonly number[]
  /** S. */
  readonly specification: Uint8Array
  readonly z: ProverIssuanceValues<Element> | undefined
  /** @internal */
  readonly rules: RevisionRules
  /** @internal Tables for secret exponents. */
  readonly tables: ParameterTables
  /** @internal Tables for public exponents. */
  readonly publicTables: ParameterTables
  readonly #digests = new Map<boolean, Uint8Array>()

  /** @internal Takes values whose elements are known to be in G_q; received ones go through `verify()`. */
  constructor(
    readonly group: Group,
    values: IssuerParametersValues<Element>,
    options: IssuerParametersOptions = {},
  ) {
    checkShape(group, values)
    this.revision = values.revision
    this.uid = octetsFrom(values.uid, 'UID_P')
    this.hash = hashAlgorithm(values.hash, options)
    this.specification = octetsFrom(values.specification, 'S', limits.content)
    this.encodings = [...values.encodings]
    this.g0 = values.g0
    this.g = [...values.g]
    this.gt = values.gt
    this.gd = values.gd
    this.z = values.z
    this.rules = rulesOf(values.revision)
    this.tables = new ParameterTables(this, { ...options, exponents: 'secret' })
    this.publicTables = new ParameterTables(this, { ...options, exponents: 'public' })
  }

  /**
   * Verifies received parameters once, before they are used: counts, encodings, hash, lengths, and that each element is in
   * G_q and not 1. The group was validated by `engine.subgroup()`. UPCS-R1-and-R3 section 9.
   *
   * Throws `InvalidInputError`: `parameters/...` (`shape`, `revision`, `group-revision`, `attribute-count`, `encoding`, `z-values`,
   * `not-in-subgroup`, `other-group`), `hash/...`, `octets/...`.
   */
  static verify(group: Group, values: IssuerParametersValues, options: IssuerParametersOptions = {}): IssuerParameters {
    const { recommended } = options
    const fits = recommended === undefined || group.matches(recommended)
    require(fits, 'parameters/other-group', 'the recommended set belongs to another group')
    checkShape(group, values)
    const elements = elementsToCheck(values, recommended)
    const areMembers = group.areMembers(elements.map(([, element]) => element))
    elements.forEach(([name], i) =>
      require(areMembers[i] === true, 'parameters/not-in-subgroup', `${name} is not in G_q, or is 1`),
    )
    return new IssuerParameters(group, copyOf(values as IssuerParametersValues<Element>), options)
  }

  /** Number of attributes, n. */
  get n(): number {
    return this.g.length
  }

  /** The values, for sending. */
  values(): IssuerParametersValues<Element> {
    const { revision, uid, hash, g0, g, gt, gd, encodings, specification, z } = this
    return copyOf({ revision, uid, hash, g0, g, gt, gd, encodings, specification, z })
  }

  /** P, the digest that tokens are bound to. g_d is in it for Device-protected tokens only. Section 2. */
  digest(deviceProtected: boolean): Uint8Array {
    let digest = this.#digests.get(deviceProtected)
    if (digest === undefined) this.#digests.set(deviceProtected, (digest = this.#computeDigest(deviceProtected)))
    return copyOctets(digest)
  }

  /** g_d. Throws `InvalidInputError` (`parameters/no-device`) if the parameters have none. */
  deviceGenerator(): Element {
    require(this.gd !==
      undefined, 'parameters/no-device', 'these Issuer parameters do not support Device-protected tokens')
    return this.gd
  }

  /** @internal Begins a hash input in the parameters' hash. */
  beginHash(options?: HashFormatOptions): HashFormat {
    return hashFormat(this.hash, options)
  }

  /** Frees the tables of powers. The parameters remain usable and rebuild them on demand. */
  dispose(): void {
    this.tables.dispose()
    this.publicTables.dispose()
  }

  #computeDigest(deviceProtected: boolean): Uint8Array {
    const generators = [this.g0, ...this.g, this.gt]
    if (deviceProtected) generators.push(this.deviceGenerator())
    return this.beginHash()
      .octets(this.uid)
      .group(this.group)
      .list(generators, (format, generator) => format.element(this.group, generator))
      .list(this.encodings, (format, e) => format.byte(e))
      .octets(this.specification)
      .digest()
  }
}

function copyOf<E extends Uint8Array>(values: IssuerParametersValues<E>): IssuerParametersValues<E> {
  const { uid, specification, g0, g, gt, gd, encodings, z } = values
  return {
    ...values,
    uid: copyOctets(uid),
    specification: copyOctets(specification),
    encodings: [...encodings],
    g0: copyOctets(g0),
    g: g.map((gi) => copyOctets(gi)),
    gt: copyOctets(gt),
    gd: gd && copyOctets(gd),
    z: z && {
      z0: copyOctets(z.z0),
      z: z.z.map((zi) => copyOctets(zi)),
      zt: copyOctets(z.zt),
      zd: z.zd && copyOctets(z.zd),
    },
  }
}

/** The rules of a revision. */
export function rulesOf(revision: Revision): RevisionRules {
  return revision === 1 ? revision1 : revision3
}
