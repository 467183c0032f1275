import { sha256 } from '@noble/hashes/sha2.js'
import { byteLength, toFixedWidth } from './bytes.js'
import { combEntries, type CombShape } from './comb.js'
import type { Element } from './engine.js'
import { InvalidInputError } from './errors.js'

/** An exported fixed-base table. */
export interface TableImage {
  readonly base: Element
  /** Undefined if the base has no comb; there are no entries then. */
  readonly shape: CombShape | undefined
  /** The table as its backend holds it. */
  readonly entries: Uint8Array
}

/** Whose image it is: kernels hold entries each in a form of their own. */
export interface TableOwner {
  readonly layout: string
  readonly p: bigint
  readonly entryBytes: number
}

const magic = [0x55, 0x50, 0x54, 0x01]
const digestBytes = 32

/**
 * An image of a table: magic and version "UPT" 1, SHA-256 of layout and p (32), teeth (1), blocks (2), columns (2),
 * base, entries, SHA-256 of all that (32).
 */
export function encodeTable(owner: TableOwner, { base, shape, entries }: TableImage): Uint8Array {
  const { teeth, blocks, columns } = shape ?? { teeth: 0, blocks: 0, columns: 0 }
  const header = [...magic, ...ownerDigest(owner), teeth, blocks >> 8, blocks & 0xff, columns >> 8, columns & 0xff]
  const image = new Uint8Array(header.length + base.length + entries.length + digestBytes)
  image.set(header)
  image.set(base, header.length)
  image.set(entries, header.length + base.length)
  const body = image.subarray(0, image.length - digestBytes)
  image.set(sha256(body), body.length)
  return image
}

/**
 * Reads what `encodeTable` wrote. The digest finds corruption, not malice: an image is as trustworthy as where it was
 * kept.
 *
 * Throws `InvalidInputError`: `table/malformed`, `table/other-owner` (another kernel or group), `table/checksum`.
 */
export function decodeTable(owner: TableOwner, image: Uint8Array): TableImage {
  const elementLength = byteLength(owner.p)
  const headerBytes = magic.length + digestBytes + 5
  const body = image.subarray(0, Math.max(0, image.length - digestBytes))
  if (body.length < headerBytes + elementLength || magic.some((byte, i) => image[i] !== byte)) {
    throw new InvalidInputError('table/malformed', 'this is not the image of a table')
  }
  if (!startsWith(image.subarray(magic.length), ownerDigest(owner))) {
    throw new InvalidInputError('table/other-owner', 'the table was made by another kernel or for another group')
  }
  if (!startsWith(image.subarray(body.length), sha256(body))) {
    throw new InvalidInputError('table/checksum', 'the image of the table is damaged')
  }
  const at = (i: number): number => image[magic.length + digestBytes + i]!
  const [teeth, blocks, columns] = [at(0), (at(1) << 8) | at(2), (at(3) << 8) | at(4)]
  const shape = teeth === 0 ? undefined : { teeth, blocks, columns }
  const entries = body.subarray(headerBytes + elementLength)
  if (entries.length !== (shape === undefined ? 0 : combEntries(shape) * owner.entryBytes)) {
    throw new InvalidInputError('table/malformed', 'the image of the table has the wrong length')
  }
  return { base: body.slice(headerBytes, headerBytes + elementLength) as Element, shape, entries }
}

function ownerDigest({ layout, p }: TableOwner): Uint8Array {
  const name = new TextEncoder().encode(`${layout}\n`)
  const numbers = toFixedWidth(p, byteLength(p))
  const input = new Uint8Array(name.length + numbers.length)
  input.set(name)
  input.set(numbers, name.length)
  return sha256(input)
}

function startsWith(octets: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, i) => octets[i] === byte)
}
