/** The tags that certificates have. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const

/** One value in DER. */
export interface DerValue {
  readonly tag: number
  readonly contents: Uint8Array<ArrayBuffer>
  /** Tag and length included. */
  readonly encoded: Uint8Array<ArrayBuffer>
}

/** Octets that are not DER, or not of the structure wanted; never leaves this folder. */
export class DerError extends Error {}

/** Reads the values of a structure in DER one after the other; everything but definite, minimal lengths is refused. */
export class DerReader {
  #at = 0

  constructor(private readonly octets: Uint8Array<ArrayBuffer>) {}

  get done(): boolean {
    return this.#at === this.octets.length
  }

  next(tag?: number): DerValue {
    const { octets } = this
    const start = this.#at
    const found = this.#octet()
    // Tags of several octets do not occur in certificates.
    if ((found & 0x1f) === 0x1f || (tag !== undefined && found !== tag)) throw new DerError('tag')
    const length = this.#length()
    const end = this.#at + length
    if (end > octets.length) throw new DerError('length')
    const contents = octets.subarray(this.#at, end)
    this.#at = end
    return { tag: found, contents, encoded: octets.subarray(start, end) }
  }

  /** The next value, if it has this tag. */
  optional(tag: number): DerValue | undefined {
    return this.octets[this.#at] === tag ? this.next(tag) : undefined
  }

  /** The values within the next one. */
  enter(tag: number = TAG.sequence): DerReader {
    return new DerReader(this.next(tag).contents)
  }

  /** All remaining values. */
  rest(tag?: number): DerValue[] {
    const values: DerValue[] = []
    while (!this.done) values.push(this.next(tag))
    return values
  }

  end(): void {
    if (!this.done) throw new DerError('trailing octets')
  }

  #octet(): number {
    const octet = this.octets[this.#at++]
    if (octet === undefined) throw new DerError('length')
    return octet
  }

  #length(): number {
    const first = this.#octet()
    if (first < 0x80) return first
    const count = first & 0x7f
    if (count === 0 || count > 4) throw new DerError('length')
    let length = 0
    for (let i = 0; i < count; i++) length = length * 256 + this.#octet()
    if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError('length')
    return length
  }
}

/** The one value that the octets are. */
export function readDer(octets: Uint8Array<ArrayBuffer>, tag: number = TAG.sequence): DerReader {
  const reader = new DerReader(octets)
  const value = reader.next(tag)
  reader.end()
  return new DerReader(value.contents)
}

/** An object identifier in dotted form; arcs of any size (2.25 has those of 128 bits). */
export function readOid({ tag, contents }: DerValue): string {
  if (tag !== TAG.oid || contents.length === 0 || contents[contents.length - 1]! >= 0x80) throw new DerError('oid')
  const arcs: bigint[] = []
  let arc = 0n
  let begins = true
  for (const octet of contents) {
    if (begins && octet === 0x80) throw new DerError('oid')
    arc = (arc << 7n) | BigInt(octet & 0x7f)
    begins = octet < 0x80
    if (begins) {
      arcs.push(arc)
      arc = 0n
    }
  }
  const first = arcs[0]! < 80n ? arcs[0]! / 40n : 2n
  return [first, arcs[0]! - 40n * first, ...arcs.slice(1)].join('.')
}

/** The octets of a BIT STRING without unused bits. */
export function readBits({ contents }: DerValue): Uint8Array<ArrayBuffer> {
  if (contents[0] !== 0) throw new DerError('bit string')
  return contents.subarray(1)
}

/** The named bits of a BIT STRING, bit 0 first. */
export function readNamedBits({ contents }: DerValue): boolean[] {
  const [unused, ...octets] = contents
  if (unused === undefined || unused > 7 || (octets.length === 0 && unused > 0)) throw new DerError('bit string')
  return octets.flatMap((octet) => Array.from({ length: 8 }, (_, i) => ((octet << i) & 0x80) !== 0))
}

/** A small INTEGER that is not negative. */
export function readSmallInteger({ contents }: DerValue): number {
  const [first, second] = contents
  const negative = first === undefined || first >= 0x80
  if (negative || contents.length > 4 || (first === 0 && second !== undefined && second < 0x80)) {
    throw new DerError('integer')
  }
  return contents.reduce((value, octet) => value * 256 + octet, 0)
}

/** UTCTime or GeneralizedTime as RFC 5280 has them: with seconds, in UTC. */
export function readTime({ tag, contents }: DerValue): Date {
  const text = String.fromCharCode(...contents)
  const isUtcTime = tag === TAG.utcTime
  if (!isUtcTime && tag !== TAG.generalizedTime) throw new DerError('time')
  const [, year, ...rest] = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  if (year?.length !== (isUtcTime ? 2 : 4)) throw new DerError('time')
  const century = isUtcTime ? (Number(year) < 50 ? '20' : '19') : ''
  const [month, day, hour, minute, second] = rest
  const time = new Date(`${century}${year}-${month!}-${day!}T${hour!}:${minute!}:${second!}Z`)
  if (Number.isNaN(time.getTime())) throw new DerError('time')
  return time
}
