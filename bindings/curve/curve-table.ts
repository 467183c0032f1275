import { sha256 } from '@noble/hashes/sha2.js'
import type { Element } from '../engine/engine.js'
import { InvalidInputError } from '../errors.js'
import { combWidths } from './curve-cost.js'
import { isOctets } from '../octets/shape.js'
import { encodeText } from '../octets/text.js'

/** An exported fixed-base table of a curve. */
export interface CurveTableImage {
  readonly base: Element
  /** The kind of exponents that the table was made for. */
  readonly exponents: 'secret' | 'public'
  /** Bits of a digit; undefined if the base has no comb: there are no entries then. */
  readonly width: number | undefined
  /** The table as the kernel holds it. */
  readonly entries: Uint8Array
}

/** The owner of an image, since each kernel holds entries in its own form. */
export interface CurveTableOwner {
  /** Curve and kernel. */
  readonly layout: string
  readonly elementLength: number
  readonly bytesOf: (width: number) => number
  readonly isMember: (octets: Uint8Array) => boolean
}

const magic = [0x55, 0x50, 0x43, 0x01]
const digestBytes = 32
const kinds = ['secret', 'public'] as const

/**
 * An image of a table: magic and version "UPC" 1, SHA-256 of the layout (32), kind of exponents (1), width (1), base,
 * entries, SHA-256 of all that (32).
 */
export function encodeCurveTable(owner: CurveTableOwner, image: CurveTableImage): Uint8Array {
  const { base, exponents, width = 0, entries } = image
  const header = [...magic, ...layoutDigest(owner), kinds.indexOf(exponents), width]
  const octets = new Uint8Array(header.length + base.length + entries.length + digestBytes)
  octets.set(header)
  octets.set(base, header.length)
  octets.set(entries, header.length + base.length)
  const body = octets.subarray(0, octets.length - digestBytes)
  octets.set(sha256(body), body.length)
  return octets
}

/**
 * Reads what `encodeCurveTable` wrote. The digest detects corruption, not malice: an image is as trustworthy as the place
 * where it was kept. Its shape is checked nevertheless, so that no image makes the core read outside its table.
 *
 * Throws `InvalidInputError`: `table/malformed`, `table/other-owner` (another kernel or curve), `table/checksum`.
 */
export function decodeCurveTable(owner: CurveTableOwner, image: Uint8Array): CurveTableImage {
  const require = (condition: boolean, code: string, message: string): void => {
    if (!condition) throw new InvalidInputError(`table/${code}`, message)
  }
  require(isOctets(image) && startsWith(image, magic), 'malformed', 'this is not the image of a table')
  const headerBytes = magic.length + digestBytes + 2
  const entriesAt = headerBytes + owner.elementLength
  const body = image.subarray(0, Math.max(0, image.length - digestBytes))
  require(body.length >= entriesAt, 'malformed', 'the image of the table is too short')
  const ours = startsWith(image.subarray(magic.length), layoutDigest(owner))
  require(ours, 'other-owner', 'the table was made by another kernel or for another curve')
  require(startsWith(image.subarray(body.length), sha256(body)), 'checksum', 'the image of the table is damaged')

  const exponents = kinds[image[headerBytes - 2]!]
  const width = combWidths.find((candidate) => candidate === image[headerBytes - 1])
  const base = new Uint8Array(body.subarray(headerBytes, entriesAt)) as Uint8Array as Element
  const entries = body.subarray(entriesAt)
  const complete = entries.length === (width === undefined ? 0 : owner.bytesOf(width))
  const known = width !== undefined || image[headerBytes - 1] === 0
  require(known && complete && owner.isMember(base), 'malformed', 'the image of the table contradicts itself')
  if (exponents === undefined) throw new InvalidInputError('table/malformed', 'unknown kind of table')
  return { base, exponents, width, entries }
}

function layoutDigest({ layout }: CurveTableOwner): Uint8Array {
  return sha256(encodeText(layout))
}

function startsWith(octets: Uint8Array, prefix: ArrayLike<number>): boolean {
  return Array.from(prefix).every((byte, i) => octets[i] === byte)
}
