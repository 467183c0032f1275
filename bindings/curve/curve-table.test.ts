import { sha256 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import type { Element } from '../engine/engine.js'
import { concatOctets } from '../octets/octets.js'
import { decodeCurveTable, encodeCurveTable, type CurveTableImage, type CurveTableOwner } from './curve-table.js'

// Elements of three octets, of which those with 4 in front are members: small numbers show each part of an image.
const owner: CurveTableOwner = {
  layout: 'P-256 simd',
  elementLength: 3,
  bytesOf: (width) => 2 * width,
  isMember: (octets) => octets[0] === 4,
}
const base = Uint8Array.of(4, 1, 2) as Element
const entries = Uint8Array.of(9, 8, 7, 6, 5, 4)
const table: CurveTableImage = { base, exponents: 'public', width: 3, entries }
const without: CurveTableImage = { base, exponents: 'secret', width: undefined, entries: new Uint8Array(0) }
const image = encodeCurveTable(owner, table)
const headerBytes = 4 + 32 + 2

/** An image of any length with a right digest. */
const sealed = (...parts: Uint8Array[]): Uint8Array => concatOctets([...parts, sha256(concatOctets(parts))])

/** An image with octets changed, and with the digest that belongs to it then. */
function changed(at: number, ...octets: number[]): Uint8Array {
  const body = image.slice(0, -32)
  body.set(octets, at)
  return sealed(body)
}

describe('the image of a table of a curve', () => {
  it.each([
    ['with a comb', table],
    ['without a comb', without],
    ['of the smallest width', { ...table, width: 2, entries: entries.subarray(2) }],
    ['of the largest width', { ...table, width: 8, entries: new Uint8Array(16).fill(7) }],
  ])('%s is read back', (_, given) => {
    expect(decodeCurveTable(owner, encodeCurveTable(owner, given))).toEqual(given)
  })

  it('is laid out as it says', () => {
    expect([...image.subarray(0, 4)]).toEqual([0x55, 0x50, 0x43, 0x01])
    expect(image.subarray(4, 36)).toEqual(sha256(new TextEncoder().encode('P-256 simd')))
    expect([...image.subarray(36, headerBytes)]).toEqual([1, 3])
    expect([...image.subarray(headerBytes, -32)]).toEqual([...base, ...entries])
    expect(image.subarray(-32)).toEqual(sha256(image.subarray(0, -32)))
    expect([...encodeCurveTable(owner, without).subarray(36, -32)]).toEqual([0, 0, ...base])
  })

  it('is read out of larger memory, with a base of its own', () => {
    const memory = concatOctets([Uint8Array.of(9, 9), image, Uint8Array.of(9)])
    const { base: own } = decodeCurveTable(owner, memory.subarray(2, -1))
    memory.fill(0)
    expect(own).toEqual(base)
  })

  const others: [string, unknown, string, Partial<CurveTableOwner>?][] = [
    ['text', 'UPC', 'table/malformed'],
    ['a list of its octets', Array.from(image), 'table/malformed'],
    ['nothing', new Uint8Array(0), 'table/malformed'],
    ['a magic alone', image.slice(0, 4), 'table/malformed'],
    ['another magic', changed(0, 0x56), 'table/malformed'],
    ['another version', changed(3, 2), 'table/malformed'],
    ['a header that is cut off', sealed(image.slice(0, 20)), 'table/malformed'],
    ['a header alone', sealed(image.slice(0, headerBytes)), 'table/malformed'],
    ['a base that is cut off', sealed(image.slice(0, headerBytes + 2)), 'table/malformed'],
    ['an entry that is cut off', sealed(image.slice(0, -33)), 'table/malformed'],
    ['an octet too many', sealed(image.slice(0, -32), Uint8Array.of(0)), 'table/malformed'],
    ['the table of another kernel or curve', image, 'table/other-owner', { layout: 'P-256 scalar' }],
    ['a changed entry', image.map((octet, i) => (i === headerBytes + 5 ? octet ^ 1 : octet)), 'table/checksum'],
    ['a changed digest', image.map((octet, i) => (i === image.length - 1 ? octet ^ 1 : octet)), 'table/checksum'],
    ['an unknown kind', changed(36, 2), 'table/malformed'],
    ['entries without a comb', changed(37, 0), 'table/malformed'],
    ['a comb without entries', sealed(image.slice(0, headerBytes + 3)), 'table/malformed'],
    ['an unknown width without entries', sealed(image.slice(0, 37), Uint8Array.of(9), base), 'table/malformed'],
    [
      'a width of 1, with its entries',
      sealed(image.slice(0, 37), Uint8Array.of(1), base, entries.slice(0, 2)),
      'table/malformed',
    ],
    ['more entries than its width has', changed(37, 2), 'table/malformed'],
    ['fewer entries than its width has', changed(37, 4), 'table/malformed'],
    ['a base that is no member', changed(headerBytes, 0), 'table/malformed'],
  ]
  it.each(others)('is refused if it is %s', (_, given, code, change = {}) => {
    expect(() => decodeCurveTable({ ...owner, ...change }, given as Uint8Array)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})
