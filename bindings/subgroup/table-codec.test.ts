import { sha256 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import type { Element } from '../engine/engine.js'
import { concatOctets } from '../octets/octets.js'
import { decodeTable, encodeTable, type TableImage, type TableOwner } from './table-codec.js'

// Two octets for p, eight bits for q: small numbers show each part of an image.
const owner: TableOwner = { layout: 'simd', p: 0x1234n, q: 0xfdn, entryBytes: 3 }
const shape = { teeth: 2, blocks: 2, columns: 2 }
const base = Uint8Array.of(0x01, 0x02) as Element
const entries = Uint8Array.from({ length: 2 * 2 ** 2 * 3 }, (_, i) => i)
const table: TableImage = { base, exponents: 'public', shape, entries }
const without: TableImage = { base, exponents: 'secret', shape: undefined, entries: new Uint8Array(0) }
const image = encodeTable(owner, table)
const headerBytes = 4 + 32 + 6

/** An image with octets changed, and with the digest that belongs to it then. */
function changed(at: number, ...octets: number[]): Uint8Array {
  const body = image.slice(0, -32)
  body.set(octets, at)
  return concatOctets([body, sha256(body)])
}

/** An image of any length with a right digest. */
const sealed = (...parts: Uint8Array[]): Uint8Array => concatOctets([...parts, sha256(concatOctets(parts))])

describe('the image of a table', () => {
  it.each([
    ['with a comb', table],
    ['without a comb', without],
    ['of a large shape', { ...table, shape: { teeth: 1, blocks: 4, columns: 2 } }],
  ])('%s is read back', (_, given) => {
    expect(decodeTable(owner, encodeTable(owner, given))).toEqual(given)
  })

  it('is laid out as it says', () => {
    expect([...image.subarray(0, 4)]).toEqual([0x55, 0x50, 0x54, 0x01])
    expect(image.subarray(4, 36)).toEqual(sha256(new TextEncoder().encode('simd:1234:fd')))
    expect([...image.subarray(36, headerBytes)]).toEqual([1, 2, 0, 2, 0, 2])
    expect([...image.subarray(headerBytes, -32)]).toEqual([...base, ...entries])
    expect(image.subarray(-32)).toEqual(sha256(image.subarray(0, -32)))
    const wide = encodeTable(owner, { ...table, shape: { teeth: 1, blocks: 0x102, columns: 0x304 } })
    expect([...wide.subarray(36, headerBytes)]).toEqual([1, 1, 1, 2, 3, 4])
  })

  it('is read out of larger memory, into octets of its own', () => {
    const memory = concatOctets([Uint8Array.of(9, 9), image, Uint8Array.of(9)])
    const { base: own } = decodeTable(owner, memory.subarray(2, -1))
    memory.fill(0)
    expect(own).toEqual(base)
  })

  const others: [string, unknown, string, Partial<TableOwner>?][] = [
    ['text', 'UPT', 'table/malformed'],
    ['a list of its octets', Array.from(image), 'table/malformed'],
    ['nothing', new Uint8Array(0), 'table/malformed'],
    ['a header that is cut off', sealed(image.slice(0, 20)), 'table/malformed'],
    ['another magic', changed(0, 0x56), 'table/malformed'],
    ['another version', changed(3, 2), 'table/malformed'],
    ['a header alone', sealed(image.slice(0, headerBytes)), 'table/malformed'],
    ['a base that is cut off', sealed(image.slice(0, headerBytes + 1)), 'table/malformed'],
    ['an entry that is cut off', sealed(image.slice(0, -33)), 'table/malformed'],
    ['an octet too many', sealed(image.slice(0, -32), Uint8Array.of(0)), 'table/malformed'],
    ['the table of another kernel', image, 'table/other-owner', { layout: 'scalar' }],
    ['the table of another p', image, 'table/other-owner', { p: 0x1235n }],
    ['the table of another q', image, 'table/other-owner', { q: 0xfbn }],
    ['a changed entry', image.map((octet, i) => (i === headerBytes + 5 ? octet ^ 1 : octet)), 'table/checksum'],
    ['a changed digest', image.map((octet, i) => (i === image.length - 1 ? octet ^ 1 : octet)), 'table/checksum'],
    ['an unknown kind', changed(36, 2), 'table/malformed'],
    ['entries without a comb', changed(37, 0), 'table/malformed'],
    ['more columns than the exponents need', changed(40, 0, 11), 'table/malformed'],
    ['fewer columns than the exponents need', changed(40, 0, 1), 'table/malformed'],
    ['more teeth than there are entries', changed(37, 3, 0, 2, 0, 2), 'table/malformed'],
    ['a base of 0', changed(headerBytes, 0, 0), 'table/malformed'],
    ['a base of p', changed(headerBytes, 0x12, 0x34), 'table/malformed'],
  ]
  it.each(others)('is refused if it is %s', (_, given, code, change = {}) => {
    expect(() => decodeTable({ ...owner, ...change }, given as Uint8Array)).toThrow(expect.objectContaining({ code }))
  })
})
