import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBigintEngine } from '../../bindings/subgroup/bigint.js'
import { toBigint, toFixedWidth, toHex } from '../../bindings/octets/integers.js'
import { L2048N256 } from '../params/L2048N256.js'
import { hashAlgorithm, hashFormat, hashFunction, type HashAlgorithm, type HashFormat } from './index.js'

const octets = Uint8Array.of(1, 2, 3, 4, 5)

/** Values published for Revision 3 (C# SDK) and values of Revision 1 (Java SDK): the format is the same. */
const published = {
  'SHA-256': {
    byte: '4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',
    octets: '16df7d2d0c3882334fe0457d298a7b2413e1e5b7a880f0b5ec79eeeae7f58dd8',
    null: 'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119',
    list: 'dfd6a31f867566ffeb6c657af1dafb564c3de74485058426633d4b6c8bad6732',
  },
  'SHA-1': {
    byte: 'bf8b4530d8d246dd74ac53a13471bba17941dff7',
    octets: '4acd4bcea29cfee3a7d8763444f9cb10f91cab6a',
    null: '9069ca78e7450a285173431b3e52c5c25299e473',
    list: '14c8f60aa43bbe81f771c425daed8999f8fe9ede',
  },
} as const

describe.each(Object.entries(published))('hash inputs with %s agree with the published values', (uidH, values) => {
  const format = (): HashFormat => hashFormat(hashAlgorithm(uidH, { allowLegacy: true }))

  it('for a byte, an octet string, null, and a list of the three', () => {
    const appendByte = (input: HashFormat): unknown => input.byte(1)
    const appendOctets = (input: HashFormat): unknown => input.octets(octets)
    const appendNull = (input: HashFormat): unknown => input.null()
    const list = format().list([appendByte, appendOctets, appendNull], (input, append) => append(input))
    expect(toHex(format().byte(1).digest())).toBe(values.byte)
    expect(toHex(format().octets(octets).digest())).toBe(values.octets)
    expect(toHex(format().null().digest())).toBe(values.null)
    expect(toHex(list.digest())).toBe(values.list)
  })
})

describe('group descriptions', () => {
  it('hash to the published value for L2048N256', () => {
    const digest = hashFormat('SHA-256').group(createBigintEngine().subgroup(L2048N256)).digest()
    expect(toHex(digest)).toBe('7b36c8a3cf1552077e1cacb365888d25c9dc54f3faed7aff9b11859aa8e4ba06')
    const other = hashFormat('SHA-256')
      .group({ hashedDescription: [L2048N256.p, L2048N256.q, L2048N256.g + 1n] })
      .digest()
    expect(other).not.toEqual(digest)
  })

  it('over an elliptic curve follow the same formatting (P-256, FIPS 186-4 D.1.2.3)', () => {
    const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
    const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn
    const x = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n
    const y = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n
    const q = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const point = Uint8Array.of(4, ...toFixedWidth(x, 32), ...toFixedWidth(y, 32))
    const digest = hashFormat('SHA-256')
      .number(p)
      .number(p - 3n)
      .number(b)
      .octets(point)
      .number(q)
      .number(1n)
      .digest()
    expect(toHex(digest)).toBe('02bb879cb2f89c19579105be662247db15ab45875cfc63a58745361d193ba248')
  })
})

describe('numbers', () => {
  const input = (...bytes: number[]): Uint8Array => sha256(Uint8Array.from(bytes))

  it('are hashed at their minimal width, whatever their width in memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 5 }), (value, zeros) => {
        const wide = Uint8Array.of(...new Uint8Array(zeros), ...value)
        const digest = hashFormat('SHA-256').number(value).digest()
        expect(hashFormat('SHA-256').number(wide).digest()).toEqual(digest)
        expect(hashFormat('SHA-256').number(toBigint(value)).digest()).toEqual(digest)
      }),
    )
    expect(
      hashFormat('SHA-256')
        .number(Uint8Array.of(0, 0, 0x80, 0))
        .digest(),
    ).toEqual(input(0, 0, 0, 2, 0x80, 0))
  })

  it('include zero, as one octet or as none', () => {
    for (const zero of [0n, new Uint8Array(0), new Uint8Array(32)]) {
      expect(hashFormat('SHA-256').number(zero).digest()).toEqual(input(0, 0, 0, 1, 0))
      expect(hashFormat('SHA-256', { zeroEncoding: 'octet' }).number(zero).digest()).toEqual(input(0, 0, 0, 1, 0))
      expect(hashFormat('SHA-256', { zeroEncoding: 'empty' }).number(zero).digest()).toEqual(input(0, 0, 0, 0))
    }
    const one = Uint8Array.of(0, 1)
    expect(hashFormat('SHA-256', { zeroEncoding: 'empty' }).number(one).digest()).toEqual(input(0, 0, 0, 1, 1))
  })

  it('are told from octet strings, which keep their leading zeros', () => {
    expect(hashFormat('SHA-256').octets(Uint8Array.of(0, 1)).digest()).toEqual(input(0, 0, 0, 2, 0, 1))
    expect(hashFormat('SHA-256').octets(new Uint8Array(0)).digest()).toEqual(hashFormat('SHA-256').null().digest())
  })
})

describe('lists and integers', () => {
  it('carry their count, and integers four octets', () => {
    const list = hashFormat('SHA-256').list([3, 0x01020304], (input, index) => input.int(index))
    expect(list.digest()).toEqual(sha256(Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4)))
    expect(
      hashFormat('SHA-256')
        .list([], (input) => input.byte(1))
        .digest(),
    ).toEqual(sha256(new Uint8Array(4)))
    expect(() => hashFormat('SHA-256').int(2 ** 32)).toThrow(RangeError)
  })
})

describe('digests as scalars', () => {
  it('are reduced modulo q, also those that exceed it', () => {
    const { scalars, q } = createBigintEngine().subgroup(L2048N256)
    let exceeding = 0
    for (let i = 0; i < 64; i++) {
      const digest = toBigint(hashFormat('SHA-256').int(i).digest())
      expect(toBigint(hashFormat('SHA-256').int(i).digestScalar(scalars))).toBe(digest % q)
      if (digest >= q) exceeding++
    }
    expect(exceeding).toBeGreaterThan(0)
    const long = toBigint(hashFormat('SHA-512').int(1).digest())
    expect(toBigint(hashFormat('SHA-512').int(1).digestScalar(scalars))).toBe(long % q)
  })
})

describe('a collector', () => {
  const algorithms = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] as const

  it('hashes inputs of any length as one, whatever the lengths of the values are', () => {
    const lengths = fc.array(fc.oneof(fc.nat({ max: 200 }), fc.constantFrom(1019, 1020, 1021, 1024, 1025, 5000)))
    fc.assert(
      fc.property(fc.constantFrom(...algorithms), lengths, (algorithm, values) => {
        const format = hashFormat(algorithm)
        const parts: number[] = []
        for (const [i, length] of values.entries()) {
          const value = new Uint8Array(length).fill(i + 1)
          format.octets(value).byte(i)
          parts.push(...[length >>> 24, length >>> 16, length >>> 8, length].map((octet) => octet & 0xff), ...value, i)
        }
        expect(format.digest()).toEqual(hashFunction(algorithm)(Uint8Array.from(parts)))
      }),
    )
  })

  it('does not disturb another that is open', () => {
    const [one, other] = [hashFormat('SHA-256').int(1), hashFormat('SHA-256').int(2)]
    one.octets(octets)
    other.octets(new Uint8Array(2000))
    expect(one.digest()).toEqual(hashFormat('SHA-256').int(1).octets(octets).digest())
    expect(other.digest()).toEqual(hashFormat('SHA-256').int(2).octets(new Uint8Array(2000)).digest())
  })

  it('is used up by its digest, and does not reach the input of a later one', () => {
    const used = hashFormat('SHA-256').octets(octets)
    used.digest()
    const later = hashFormat('SHA-256').int(7)
    expect(() => used.byte(1)).toThrow('digested already')
    expect(() => used.digest()).toThrow('digested already')
    expect(later.digest()).toEqual(hashFormat('SHA-256').int(7).digest())
  })
})

describe('hash identifiers', () => {
  it.each<[HashAlgorithm, number, string]>([
    ['SHA-1', 20, 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['SHA-256', 32, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['SHA-384', 48, 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7'],
    [
      'SHA-512',
      64,
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
        '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    ],
  ])('name %s', (algorithm, length, digestOfAbc) => {
    expect(hashAlgorithm(algorithm, { allowLegacy: true })).toBe(algorithm)
    expect(hashFormat(algorithm).null().digest().length).toBe(length)
    expect(toHex(hashFunction(algorithm)(new TextEncoder().encode('abc')))).toBe(digestOfAbc)
  })

  it('are refused when unknown, and SHA-1 without allowLegacy', () => {
    for (const unknown of ['sha-256', 'MD5', '', 'toString', '__proto__']) {
      expect(() => hashAlgorithm(unknown)).toThrow(expect.objectContaining({ code: 'hash/unknown' }))
    }
    expect(() => hashAlgorithm('SHA-1')).toThrow(expect.objectContaining({ code: 'hash/legacy' }))
    expect(() => hashAlgorithm('SHA-1', { allowLegacy: false })).toThrow(
      expect.objectContaining({ code: 'hash/legacy' }),
    )
    expect(hashAlgorithm('SHA-384')).toBe('SHA-384')
  })
})
