import { sha256 } from '@noble/hashes/sha2.js'
import { bitLength, byteLength, toFixedWidth } from '../octets/integers.js'
import { combEntries, isCombFor, type CombShape } from './comb.js'
import type { Element } from '../engine/engine.js'
import { InvalidInputError } from '../errors.js'
import { isInElementRange } from '../engine/operands.js'
import { isOctets } from '../octets/shape.js'
import { encodeText } from '../octets/text.js'

/** An exported fixed-base table. */
export interface TableImage {
  readonly base: Element
  /** The kind of exponents that the table was made for. */
  readonly exponents: 'secret' | 'public'
  /** Undefined if the base has no comb; there are no entries then. */
  readonly shape: CombShape | undefined
  /** The table as its backend holds it. */
  readonly entries: Uint8Array
}

/** The owner of an image, since each kernel holds entries in its own form. */
export interface TableOwner {
  readonly layout: string
  readonly p: bigint
  readonly q: bigint
  readonly entryBytes: number
}

const magic = [0x55, 0x50, 0x54, 0x01]
const digestBytes = 32
const kinds = ['secret', 'public'] as const

/**
 * An image of a table: magic and version "UPT" 1, SHA-256 of layout, p and q (32), kind of exponents (1), teeth (1), blocks (2),
 * columns (2), base, entries, SHA-256 of all that (32).
 */
export function encodeTable(owner: TableOwner, { base, exponents, shape, entries }: TableImage): Uint8Array {
  const { teeth, blocks, columns } = shape ?? { teeth: 0, blocks: 0, columns: 0 }
  const numbers = [kinds.indexOf(exponents), teeth, blocks >> 8, blocks & 0xff, columns >> 8, columns & 0xff]
  const header = [...magic, ...ownerDigest(owner), ...numbers]
  const image = new Uint8Array(header.length + base.length + entries.length + digestBytes)
  image.set(header)
  image.set(base, header.length)
  image.set(entries, header.length + base.length)
  const body = image.subarray(0, image.length - digestBytes)
  image.set(sha256(body), body.length)
  return image
}

/**
 * Reads what `encodeTable` wrote. The digest finds corruption, not malice: an image is as trustworthy as where it was kept.
 * Its shape is checked nevertheless, so that no image makes the core read outside its table.
 *
 * Throws `InvalidInputError`: `table/malformed`, `table/other-owner` (another kernel or group), `table/checksum`.
 */
export function decodeTable(owner: TableOwner, image: Uint8Array): TableImage {
  const require = (condition: boolean, code: string, message: string): void => {
    if (!condition) throw new InvalidInputError(`table/${code}`, message)
  }
  require(isOctets(image) && startsWith(image, magic), 'malformed', 'this is not the image of a table')
  const p = toFixedWidth(owner.p, byteLength(owner.p))
  const headerBytes = magic.length + digestBytes + 6
  const body = image.subarray(0, Math.max(0, image.length - digestBytes))
  require(body.length >= headerBytes + p.length, 'malformed', 'the image of the table is too short')
  const ours = startsWith(image.subarray(magic.length), ownerDigest(owner))
  require(ours, 'other-owner', 'the table was made by another kernel or for another group')
  require(startsWith(image.subarray(body.length), sha256(body)), 'checksum', 'the image of the table is damaged')

  const numbers = new DataView(image.buffer, image.byteOffset + magic.length + digestBytes)
  const exponents = kinds[numbers.getUint8(0)]
  const [teeth, blocks, columns] = [numbers.getUint8(1), numbers.getUint16(2), numbers.getUint16(4)]
  const shape = teeth === 0 ? undefined : { teeth, blocks, columns }
  const base = new Uint8Array(body.subarray(headerBytes, headerBytes + p.length))
  const entries = body.subarray(headerBytes + p.length)
  const fits = shape === undefined ? entries.length === 0 : isCombFor(shape, bitLength(owner.q))
  const complete = shape === undefined || entries.length === combEntries(shape) * owner.entryBytes
  require(fits && complete && isInElementRange(base, p), 'malformed', 'the image of the table contradicts itself')
  if (exponents === undefined) throw new InvalidInputError('table/malformed', 'unknown kind of table')
  return { base: base as Element, exponents, shape, entries }
}

function ownerDigest({ layout, p, q }: TableOwner): Uint8Array {
  return sha256(encodeText([layout, p.toString(16), q.toString(16)].join(':')))
}

function startsWith(octets: Uint8Array, prefix: ArrayLike<number>): boolean {
  return Array.from(prefix).every((octet, i) => octets[i] === octet)
}
