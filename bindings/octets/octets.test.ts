import { describe, expect, it } from 'vitest'
import {
  concatOctets,
  equalOctets,
  equalSecrets,
  nullableOctetsFrom,
  octetsFrom,
  splitOctets,
  wipe,
  wipeOnFailure,
} from './octets.js'
import { newUuidUrn, randomId, systemRandom } from './random.js'
import { objectFrom, require, requireList } from './shape.js'

const withCode = (code: string): unknown => expect.objectContaining({ code })

describe('octet strings of one length', () => {
  const values = [Uint8Array.of(1, 2), Uint8Array.of(3, 4), Uint8Array.of(5, 6)]

  it('are split into the values that they were joined from, each in an array of its own', () => {
    const column = concatOctets(values)
    expect([...column]).toEqual([1, 2, 3, 4, 5, 6])
    const again = splitOctets(column, 2)
    expect(again).toEqual(values)
    expect(again.every(({ buffer }) => buffer.byteLength === 2)).toBe(true)
  })

  it('may be empty', () => {
    expect(splitOctets(concatOctets([]), 2)).toEqual([])
  })
})

describe('octets from a caller', () => {
  it('are a copy, or the UTF-8 encoding of text', () => {
    const given = Uint8Array.of(1, 2)
    const copy = octetsFrom(given, 'TI')
    given.fill(0)
    expect([...copy]).toEqual([1, 2])
    expect([...octetsFrom('é', 'TI')]).toEqual([0xc3, 0xa9])
    expect([...octetsFrom('12', 'TI', 2)]).toEqual([0x31, 0x32])
  })

  it('may be null where that is allowed', () => {
    expect([nullableOctetsFrom(null, 'PI'), nullableOctetsFrom(undefined, 'PI')]).toEqual([null, null])
    expect(nullableOctetsFrom(Uint8Array.of(3), 'PI')).toEqual(Uint8Array.of(3))
    expect(nullableOctetsFrom('', 'PI')).toEqual(new Uint8Array(0))
  })

  it.each<[string, unknown, string]>([
    ['a number', 1, 'octets/type'],
    ['a list of numbers', [1, 2], 'octets/type'],
    ['null', null, 'octets/type'],
    ['octets over the limit', new Uint8Array(3), 'octets/too-long'],
    ['text whose encoding is over the limit', 'éé', 'octets/too-long'],
    ['a lone surrogate', '\ud800', 'octets/not-unicode'],
  ])('refuses %s', (_, value, code) => expect(() => octetsFrom(value as string, 'TI', 2)).toThrow(withCode(code)))

  it('refuses what is too long where null is allowed', () => {
    expect(() => nullableOctetsFrom(new Uint8Array(3), 'PI', 2)).toThrow(withCode('octets/too-long'))
  })
})

describe.each([
  ['equalOctets', equalOctets],
  ['equalSecrets', equalSecrets],
])('%s', (_, equal) => {
  it.each<[number[], number[], boolean]>([
    [[], [], true],
    [[1, 2], [1, 2], true],
    [[1, 2], [1, 3], false],
    [[2, 1], [3, 1], false],
    [[1], [1, 0], false],
    [[1, 0], [1], false],
    [[0x80], [0], false],
  ])('of %j and %j is %j', (a, b, expected) => expect(equal(Uint8Array.from(a), Uint8Array.from(b))).toBe(expected))
})

describe('secrets', () => {
  it('are wiped, and may be absent', () => {
    const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(3)]
    wipe(a, undefined, b)
    expect([...a, ...b]).toEqual([0, 0, 0])
  })

  it('are wiped if what they are made for fails, and only then', () => {
    const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)]
    const failure = new Error('no scalar')
    expect(() =>
      wipeOnFailure((keep) => {
        expect(keep(a)).toBe(a)
        keep(b)
        throw failure
      }),
    ).toThrow(failure)
    expect([...a, ...b]).toEqual([0, 0])
    expect(wipeOnFailure((keep) => keep(Uint8Array.of(3)))).toEqual(Uint8Array.of(3))
  })
})

describe('identifiers', () => {
  it('are 128 random bits', () => {
    const ids = Array.from({ length: 100 }, () => randomId())
    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true)
    expect(new Set(ids).size).toBe(100)
  })

  it('are UUIDs of version 4 whose other bits are all random', () => {
    expect(newUuidUrn({ fill: (octets) => void octets.fill(0) })).toBe('urn:uuid:00000000-0000-4000-8000-000000000000')
    expect(newUuidUrn({ fill: (octets) => void octets.fill(0xff) })).toBe(
      'urn:uuid:ffffffff-ffff-4fff-bfff-ffffffffffff',
    )
    expect(newUuidUrn()).not.toBe(newUuidUrn())
  })

  it('come from a generator that fills arrays of any length', () => {
    const octets = new Uint8Array(200_000)
    systemRandom.fill(octets)
    // 64 octets in a row are zero by chance once in 2^512 times.
    for (let start = 0; start + 64 <= octets.length; start += 64)
      expect(octets.subarray(start, start + 64).some((octet) => octet !== 0)).toBe(true)
  })
})

describe('shapes', () => {
  it('are checked', () => {
    const value = { a: 1 }
    expect(objectFrom(value, 'x/type', 'it')).toBe(value)
    expect(() => requireList([], 'x/type', 'it')).not.toThrow()
    expect(() => require(true, 'x/type', 'it')).not.toThrow()
  })

  it.each<[string, () => void]>([
    ['null as an object', () => void objectFrom(null, 'x/type', 'it')],
    ['undefined as an object', () => void objectFrom(undefined, 'x/type', 'it')],
    ['text as an object', () => void objectFrom('text', 'x/type', 'it')],
    ['an object as a list', () => requireList({ length: 0 }, 'x/type', 'it')],
    ['what does not hold', () => require(false, 'x/type', 'it')],
  ])('refuse %s', (_, call) => expect(call).toThrow(withCode('x/type')))
})
