import { DerReader, integer, oid, readBigint, readOid, sequence, setOf, TAG, type DerValue } from '../asn1/der.js'
import { PkiError } from '../errors.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** TaggedAttribute (RFC 5272, section 3.2.1.1). */
export interface Control {
  readonly bodyPartId: bigint
  readonly type: string
  readonly values: readonly DerValue[]
}

/** The next value of a reader: controlSequence of a PKIData or a ResponseBody. */
export function readControls(reader: DerReader): Control[] {
  const sequenceOf = reader.enter()
  const controls: Control[] = []
  while (!sequenceOf.done) {
    const control = sequenceOf.enter()
    const bodyPartId = readBodyPartId(control.next(TAG.integer))
    const type = readOid(control.next(TAG.oid))
    const values = control.enter(TAG.set).rest()
    control.end()
    controls.push({ bodyPartId, type, values })
  }
  return controls
}

/** BodyPartID: 0 to 2^32 - 1. */
export function readBodyPartId(value: DerValue): bigint {
  const bodyPartId = readBigint(value)
  if (bodyPartId >= 1n << 32n) throw new PkiError('pki/structure')
  return bodyPartId
}

/** The only value of a control. Throws `PkiError` (`pki/structure`). */
export function onlyValueOf({ values }: Control): DerValue {
  const [value] = values
  if (value === undefined || values.length > 1) throw new PkiError('pki/structure')
  return value
}

/** A TaggedAttribute with one value. RFC 5272, section 3.2.1.2.1 */
export const writeControl = (bodyPartId: number, type: string, value: Octets): Octets =>
  sequence(integer(bodyPartId), oid(type), setOf(value))

/**
 * AddExtensions of RFC 5272, section 6.5.2, or CmcAddAttributes of Microsoft, which has the same form with a SET of
 * attributes: the values to add, and the requests to add them to.
 */
export interface Addition {
  readonly dataReference: bigint
  readonly references: readonly bigint[]
  /** Extensions or attributes. */
  readonly added: DerValue
}

/** The addition that a control holds, of a SEQUENCE of extensions or a SET of attributes. Throws `PkiError` (`pki/structure`). */
export function readAddition(control: Control, tag: number): Addition {
  const value = onlyValueOf(control)
  if (value.tag !== TAG.sequence) throw new PkiError('pki/structure')
  const reader = new DerReader(value.contents)
  const dataReference = readBodyPartId(reader.next(TAG.integer))
  const references = reader.enter().rest(TAG.integer).map(readBodyPartId)
  const added = reader.next(tag)
  reader.end()
  return { dataReference, references, added }
}

/** An addition to body part 1 of this same message. */
export const writeAddition = (added: Octets): Octets => sequence(integer(0), sequence(integer(1)), added)
