import type { Element, Scalar, Group } from '../../../bindings/engine/engine.js'
import { UProveError } from '../../../bindings/errors.js'
import { elementFromOctets, scalarFromOctets } from '../../group/index.js'
import type { PseudonymSource } from '../../uprove/presentation/proof.js'
import { octetsOfHex, type Published } from './forms.js'

type Value = Published['value']

/**
 * An input of a vector file. It is read where it is used, so that one which cannot be used shows at the output that
 * depends on it: everything throws a `UProveError` then.
 */
export class Input {
  readonly #value: Value

  constructor(
    private readonly path: string,
    leaf: Published | undefined,
  ) {
    this.#value = leaf?.value ?? null
  }

  /** Whether the file has a value that is not null. */
  get given(): boolean {
    return this.#value !== null
  }

  /** An octet string, or null. */
  octetsOrNull(): Uint8Array | null {
    return this.given ? octetsOfHex(this.text()) : null
  }

  /** An octet string; null reads as the empty one, as it is hashed. */
  octets(): Uint8Array {
    return this.octetsOrNull() ?? new Uint8Array(0)
  }

  text(): string {
    return String(this.#required())
  }

  integer(): number {
    return Number(this.#required())
  }

  /** A list of integers; none if it is absent. */
  integers(): readonly number[] {
    return this.given ? (this.#value as readonly number[]) : []
  }

  /** The source of a pseudonym: an attribute index, also in decimal digits, or the Device. */
  source(): PseudonymSource {
    const source = this.text()
    if (source === 'device' || source === 'd') return 'device'
    if (!/^[1-9]\d*$/.test(source)) throw new UProveError('vector/source', `there is no attribute ${source}`)
    return Number(source)
  }

  /** p, q or g. */
  bigint(): bigint {
    return BigInt(`0x0${this.text()}`)
  }

  scalar(group: Group): Scalar {
    return scalarFromOctets(group, octetsOfHex(this.text()))
  }

  element(group: Group): Element {
    return elementFromOctets(group, octetsOfHex(this.text()))
  }

  #required(): NonNullable<Value> {
    if (this.#value === null) throw new UProveError('vector/missing', `${this.path} is missing`)
    return this.#value
  }
}
