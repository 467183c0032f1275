import { byteLength, toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import type { SubgroupDescription } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { limits } from '../../../bindings/octets/octets.js'
import { OctetReader, OctetWriter } from '../../../bindings/octets/octet-stream.js'
import type { IssuerParameters, IssuerParametersValues, ProverIssuanceValues } from './parameters.js'
import type { Revision } from './revision.js'

const parametersVersion = 1

/** Issuer parameters as they were read: nothing is verified yet. */
export interface DecodedParameters {
  /** For `engine.subgroup()`, which validates it. */
  readonly group: SubgroupDescription
  /** For `IssuerParameters.verify()`. */
  readonly values: IssuerParametersValues
}

/** Issuer parameters with their group as octets. */
export function encodeIssuerParameters(parameters: IssuerParameters): Uint8Array {
  const { group, revision, uid, hash, g0, g, gt, gd, encodings, specification, z } = parameters
  const writer = new OctetWriter().byte(parametersVersion).byte(revision)
  for (const number of [group.p, group.q, group.g]) writer.octets(toFixedWidth(number, byteLength(number)))
  writer
    .octets(uid)
    .octets(new TextEncoder().encode(hash))
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

/** Reads what `encodeIssuerParameters` wrote. Throws `InvalidInputError` (`parameters/version`, `.../revision`, `octets/...`). */
export function decodeIssuerParameters(octets: Uint8Array): DecodedParameters {
  const reader = new OctetReader(octets)
  if (reader.byte() !== parametersVersion) {
    throw new InvalidInputError('parameters/version', 'unknown version of Issuer parameters')
  }
  const revision = readRevision(reader)
  const p = toBigint(reader.octets())
  const group = { p, q: toBigint(reader.octets()), g: toBigint(reader.octets()) }
  const readElement = (): Uint8Array => reader.raw(byteLength(p))
  const text = {
    uid: reader.octets(),
    hash: new TextDecoder().decode(reader.octets()),
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
