import { PkiError } from '../errors.js'
import { concatOctets, type Octets } from '../../../bindings/octets/octets.js'
import { encode, TAG, type DerLimits } from './der.js'

const notBer = (): PkiError => new PkiError('pki/not-der')
const CONSTRUCTED = 0x20
const INDEFINITE = 0x80

/**
 * The DER of a value in BER (X.690, section 8), as CMS may have it: lengths that are indefinite or too long, and OCTET STRINGs in
 * parts. All else stays as it is, and `parseDer` checks it. What an OCTET STRING holds is not looked into. Throws `PkiError`
 * (`pki/not-der` for what is no BER either, `pki/limit`).
 */
export function derFromBer(octets: Octets, { maxOctets = 1 << 20, maxDepth = 32 }: DerLimits = {}): Octets {
  if (octets.length > maxOctets) throw new PkiError('pki/limit')
  const { der, end } = convert(octets, 0, octets.length, maxDepth)
  if (end !== octets.length) throw notBer()
  return der
}

interface Converted {
  readonly tag: number
  readonly contents: Octets
  readonly der: Octets
  /** Where the value ends. */
  readonly end: number
}

function convert(octets: Octets, start: number, limit: number, depth: number): Converted {
  const tag = octets[start]
  if (tag === undefined || (tag & 0x1f) === 0x1f) throw notBer()
  const isConstructed = (tag & CONSTRUCTED) !== 0
  const { length, at } = readLength(octets, start + 1, limit)
  if (!isConstructed) {
    if (length === undefined) throw notBer()
    return made(tag, octets.subarray(at, at + length), at + length)
  }
  if (depth === 0) throw new PkiError('pki/limit')
  const { children, end } = convertAll(octets, at, length === undefined ? undefined : at + length, limit, depth - 1)
  if (tag !== (TAG.octetString | CONSTRUCTED)) return made(tag, concatOctets(children.map(({ der }) => der)), end)
  if (children.some((child) => child.tag !== TAG.octetString)) throw notBer()
  return made(TAG.octetString, concatOctets(children.map(({ contents }) => contents)), end)
}

const made = (tag: number, contents: Octets, end: number): Converted => ({
  tag,
  contents,
  der: encode(tag, contents),
  end,
})

/** The values up to an end; without one, up to the two zero octets that end an indefinite length, and lie within the limit. */
function convertAll(octets: Octets, start: number, end: number | undefined, limit: number, depth: number) {
  const children: Converted[] = []
  let at = start
  while (end === undefined ? octets[at] !== 0 : at < end) {
    const child = convert(octets, at, end ?? limit, depth)
    children.push(child)
    at = child.end
  }
  if (end !== undefined) return { children, end }
  if (octets[at + 1] !== 0 || at + 2 > limit) throw notBer()
  return { children, end: at + 2 }
}

/** A length, undefined if it is indefinite, and where the contents begin. The contents end within the limit. */
function readLength(octets: Octets, start: number, limit: number): { length: number | undefined; at: number } {
  const first = octets[start]
  if (first === undefined) throw notBer()
  if (first === INDEFINITE) return { length: undefined, at: start + 1 }
  const count = first < 0x80 ? 0 : first & 0x7f
  const at = start + 1 + count
  if (count > 8) throw notBer()
  const length = count === 0 ? first : octets.subarray(start + 1, at).reduce((sum, octet) => sum * 256 + octet, 0)
  if (length > limit - at) throw notBer()
  return { length, at }
}
