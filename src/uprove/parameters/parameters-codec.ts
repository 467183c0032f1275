import type { CurveDescription, GroupDescription } from '../../../bindings/engine/engine.js'
import { groupVersion, readGroup, writeGroup } from '../../group/index.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { limits } from '../../../bindings/octets/octets.js'
import { OctetReader, OctetWriter } from '../../../bindings/octets/octet-stream.js'
import {
  checkRevision,
  type IssuerParameters,
  type IssuerParametersValues,
  type ProverIssuanceValues,
} from './parameters.js'
import type { Revision } from './revision.js'
import { decodeText, encodeText } from '../../../bindings/octets/text.js'

/** Issuer parameters as read from octets, not verified. */
export interface DecodedParameters {
  /** For `engine.group()`, which validates it. */
  readonly group: GroupDescription
  /** For `IssuerParameters.verify()`. */
  readonly values: IssuerParametersValues
}

/**
 * Issuer parameters with their group as octets.
 *
 * @example
 * ```ts
 * import { createEngine, decodeIssuerParameters, encodeIssuerParameters, Issuer, IssuerParameters } from 'uprove-wasm'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const engine = await createEngine()
 * const issuer = Issuer.create(engine.curve(P256), { uid: 'urn:example:1', attributes: 2, recommended: P256 })
 * const published = encodeIssuerParameters(issuer.parameters)
 *
 * // A Prover or Verifier reads the octets, then verifies every value before it uses them.
 * const { group, values } = decodeIssuerParameters(published, { curves: [P256] })
 * const parameters = IssuerParameters.verify(engine.group(group), values, { recommended: P256 })
 * console.log(parameters.n, parameters.group.name) // 2 P-256
 * ```
 */
export function encodeIssuerParameters(parameters: IssuerParameters): Uint8Array {
  const { group, revision, uid, hash, g0, g, gt, gd, encodings, specification, z } = parameters
  const writer = new OctetWriter().byte(groupVersion(group.description)).byte(revision)
  writeGroup(writer, group.description)
  writer
    .octets(uid)
    .octets(encodeText(hash))
    .octets(specification)
    .list(encodings, (list, e) => list.byte(e))
  writer
    .raw(g0)
    .list(g, (list, gi) => list.raw(gi))
    .raw(gt)
    .list(gd === undefined ? [] : [gd], (list, d) => list.raw(d))
  if (z !== undefined) {
    for (const element of [z.z0, ...z.z, z.zt]) writer.raw(element)
    if (z.zd !== undefined) writer.raw(z.zd)
  }
  return writer.finish()
}

export interface DecodeParametersOptions {
  /** The curves that parameters may be over, such as `P256`. Default none. */
  readonly curves?: readonly CurveDescription[]
}

/**
 * Reads what `encodeIssuerParameters` wrote. Throws `InvalidInputError` (`parameters/version`, `parameters/revision`,
 * `parameters/group-revision`, `parameters/unknown-curve`, `octets/...`).
 */
export function decodeIssuerParameters(
  octets: Uint8Array,
  { curves = [] }: DecodeParametersOptions = {},
): DecodedParameters {
  const reader = new OctetReader(octets)
  const version = reader.byte()
  if (version !== 1 && version !== 2) {
    throw new InvalidInputError('parameters/version', 'unknown version of Issuer parameters')
  }
  const revision = readRevision(reader)
  const { description: group, elementLength, revisions } = readGroup(reader, version, curves)
  checkRevision({ revisions, name: group.name }, revision)
  const readElement = (): Uint8Array => reader.raw(elementLength)
  const text = {
    uid: reader.octets(),
    hash: decodeText(reader.octets()),
    specification: reader.octets(),
    encodings: reader.list(limits.attributes, (list) => list.byte()),
  }
  const g0 = readElement()
  const g = reader.list(limits.attributes, readElement)
  const gt = readElement()
  const [gd] = reader.list(1, readElement)
  const z: ProverIssuanceValues | undefined =
    revision === 1
      ? { z0: readElement(), z: g.map(readElement), zt: readElement(), zd: gd && readElement() }
      : undefined
  reader.end()
  return { group, values: { revision, ...text, g0, g, gt, gd, z } }
}

function readRevision(reader: OctetReader): Revision {
  const revision = reader.byte()
  if (revision !== 1 && revision !== 3) {
    throw new InvalidInputError('parameters/revision', 'the revision must be 1 or 3')
  }
  return revision
}
