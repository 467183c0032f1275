import { byteLength, toBigint, toFixedWidth } from '../../bindings/octets/integers.js'
import type { OctetReader, OctetWriter } from '../../bindings/octets/octet-stream.js'
import type { CurveDescription, GroupDescription } from '../../bindings/engine/engine.js'
import { InvalidInputError } from '../../bindings/errors.js'
import { decodeText, encodeText } from '../../bindings/octets/text.js'

/** A group as read, the length of its elements, and the revisions that are defined over it. */
export interface DecodedGroup {
  readonly description: GroupDescription
  readonly revisions: readonly number[]
  readonly elementLength: number
}

/** How a group is written: 1 with all its numbers, a subgroup; 2 by its name, a curve. */
export function groupVersion(description: GroupDescription): number {
  return 'arithmetic' in description ? 2 : 1
}

/** Writes a group in the form of `groupVersion()`. */
export function writeGroup(writer: OctetWriter, description: GroupDescription): void {
  if ('arithmetic' in description) {
    writer.octets(encodeText(description.name))
    return
  }
  const { p, q, g } = description
  for (const number of [p, q, g]) writer.octets(toFixedWidth(number, byteLength(number)))
}

/**
 * Reads what `writeGroup` wrote. A curve must be among those that are given.
 * Throws `InvalidInputError` (`octets/...`, `parameters/unknown-curve`).
 */
export function readGroup(reader: OctetReader, version: number, curves: readonly CurveDescription[]): DecodedGroup {
  if (version === 1) {
    const p = toBigint(reader.octets())
    const description = { p, q: toBigint(reader.octets()), g: toBigint(reader.octets()) }
    return { description, revisions: [1, 3], elementLength: byteLength(p) }
  }
  const name = decodeText(reader.octets())
  const curve = curves.find((candidate) => candidate.name === name)
  if (curve === undefined) {
    throw new InvalidInputError(
      'parameters/unknown-curve',
      `pass the curve ${name} of these parameters in the option curves`,
    )
  }
  return { description: curve, revisions: [3], elementLength: 1 + 2 * byteLength(curve.p) }
}
