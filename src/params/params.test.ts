import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { powerModulo } from '../../bindings/engine/power.js'
import { describe, expect, it } from 'vitest'
import { createBigintEngine } from '../../bindings/subgroup/bigint.js'
import { toBigint, toFixedWidth, toHex } from '../../bindings/octets/integers.js'
import { InvalidGroupError, InvalidInputError } from '../../bindings/errors.js'
import { isRecommended, validateSubgroup } from '../../bindings/subgroup/validation.js'
import {
  curveByName,
  L1024N160,
  L2048N256,
  L3072N256,
  P256,
  P384,
  P521,
  parametersByName,
  type RecommendedSubgroup,
} from './index.js'
import { deriveElement } from '../../bindings/curve/derivation.js'
import { inverseModulo } from '../../bindings/engine/power.js'

const allowLegacy = { allowLegacy: true }

describe.each([
  { parameters: L1024N160, pBits: 1024, qBits: 160 },
  { parameters: L2048N256, pBits: 2048, qBits: 256 },
  { parameters: L3072N256, pBits: 3072, qBits: 256 },
])('$parameters.name', ({ parameters, pBits, qBits }) => {
  const { p, q, g, name, oid } = parameters
  const validate = (description: { p: bigint; q: bigint; g: bigint }): void =>
    validateSubgroup(description, allowLegacy)

  it('has the sizes that its name says, and is recognised by its numbers', () => {
    expect([p.toString(2).length, q.toString(2).length]).toEqual([pBits, qBits])
    expect(isRecommended({ p, q, g })).toBe(true)
    expect(isRecommended({ p, q, g: g + 1n })).toBe(false)
    const group = createBigintEngine().subgroup(parameters, allowLegacy)
    expect([group.name, group.oid, group.legacy]).toEqual([name, oid, pBits < 2048])
    expect(group.generator).toEqual(toFixedWidth(g, pBits / 8))
  })

  it('passes the whole validation, also when it is not recognised', () => {
    // Another generator of the same group makes it a custom one.
    validate({ p, q, g: toBigint(parameters.gt) })
    expect(() => validate({ p, q, g: p - 1n })).toThrow(InvalidGroupError)
    expect(() => validate({ p: p + 2n, q, g })).toThrow(expect.objectContaining({ code: 'group/q-not-divisor' }))
    expect(() => validate({ p: p + 2n * q, q, g })).toThrow(expect.objectContaining({ code: 'group/p-not-prime' }))
  })

  it('has 53 distinct fixed-width generators', () => {
    const all = [toFixedWidth(g, pBits / 8), ...parameters.generators, parameters.gt, parameters.gd]
    expect(all.map((element) => element.length)).toEqual(Array.from({ length: 53 }, () => pBits / 8))
    expect(new Set(all.map(toHex)).size).toBe(53)
    expect(parameters.generators).toBe(parameters.generators)
  })
})

it('holds generators that are shorter than p as fixed-width elements too', () => {
  expect([L1024N160.generators[1]![0], L2048N256.generators[20]![0]]).toEqual([0, 0])
  expect([L1024N160.generators[1]!.length, L2048N256.generators[20]!.length]).toEqual([128, 256])
})

describe('p and q of L2048N256 and L3072N256', () => {
  it.each([
    { parameters: L2048N256, seed: '227cc83035ac2c68e6b4e5fe4b59c0a84ae80330f380de03223e378136d76fc0', counter: 343 },
    { parameters: L3072N256, seed: '31f2d6cfcd652b7db8186e849df14b7560407bca0f0304e09e0d9d2c03d4fa4c', counter: 1132 },
  ])('of $parameters.name come from the seed (FIPS 186-3 A.1.1.2)', ({ parameters, seed, counter }) => {
    const [L, N] = [parameters.p.toString(2).length, 256]
    const seedValue = BigInt('0x' + seed)
    const seedOctets = (offset: number): Uint8Array => toFixedWidth((seedValue + BigInt(offset)) % (1n << 256n), 32)
    const u = BigInt.asUintN(N - 1, toBigint(sha256(seedOctets(0))))
    const q = (1n << BigInt(N - 1)) + u + 1n - (u % 2n)
    expect(parameters.q).toBe(q)
    const blocks = Math.ceil(L / 256)
    const offset = 1 + counter * blocks
    let w = 0n
    for (let j = 0; j < blocks; j++) w += toBigint(sha256(seedOctets(offset + j))) << BigInt(256 * j)
    const x = BigInt.asUintN(L - 1, w) + (1n << BigInt(L - 1))
    expect(parameters.p).toBe(x - ((x % (2n * q)) - 1n))
  })
})

describe('parametersByName', () => {
  it('finds a set by name and by OID', () => {
    const sets: RecommendedSubgroup[] = [L1024N160, L2048N256, L3072N256]
    expect(sets.map(({ name }) => parametersByName(name))).toEqual(sets)
    expect(sets.map(({ oid }) => parametersByName(oid))).toEqual(sets)
    expect(sets.map(({ oid }) => oid)).toEqual(['0', '1', '2'].map((last) => `1.3.6.1.4.1.311.75.1.1.${last}`))
  })

  it('throws for any other', () => {
    for (const unknown of ['', 'l2048n256', '1.3.6.1.4.1.311.75.1.2.1', 'P-256']) {
      expect(() => parametersByName(unknown)).toThrow(InvalidInputError)
      expect(() => parametersByName(unknown)).toThrow(expect.objectContaining({ code: 'params/unknown' }))
    }
  })
})

describe.each([
  { parameters: P256, last: '1', octets: 32 },
  { parameters: P384, last: '2', octets: 48 },
  { parameters: P521, last: '3', octets: 66 },
])('$parameters.name', ({ parameters, last, octets }) => {
  const context = new TextEncoder().encode(`U-Prove Recommended Parameters Profile${parameters.name}`)
  const derive = (index: number): string => toHex(deriveElement(parameters, context, index, sha256))

  it('has the 52 generators that the profile derives, all on the curve', () => {
    const { generators, gt, gd } = parameters
    expect(generators.map(toHex)).toEqual(generators.map((_, i) => derive(i + 1)))
    expect([toHex(gt), toHex(gd)]).toEqual([derive(255), derive(254)])
    const curve = createBigintEngine().curve(parameters)
    expect(curve.areMembers([curve.generator, ...generators, gt, gd])).toEqual(Array.from({ length: 53 }, () => true))
    expect([generators.length, curve.elementLength, curve.scalarLength]).toEqual([50, 1 + 2 * octets, octets])
    expect(parameters.generators).toBe(parameters.generators)
  })

  it('has a generator of order q, and is found by its name and OID', () => {
    const curve = createBigintEngine().curve(parameters)
    const { q, p } = parameters
    expect(toBigint(curve.scalars.negate(curve.scalars.one))).toBe(q - 1n)
    const inverse = curve.exponentiate(curve.generator, curve.scalars.negate(curve.scalars.one))
    expect(curve.multiply(inverse, curve.generator)).toEqual(curve.identity)
    // Hasse: the cofactor is 1.
    expect((p + 1n - q) ** 2n).toBeLessThanOrEqual(4n * p)
    expect(inverseModulo(4n, p)).toBe((p + 1n) / 4n)
    expect([curveByName(parameters.name), curveByName(`1.3.6.1.4.1.311.75.1.2.${last}`)]).toEqual([
      parameters,
      parameters,
    ])
  })

  it('derives other elements from another context, index or hash, and gives up after 256 counters', () => {
    const other = [
      deriveElement(parameters, context.subarray(1), 1, sha256),
      deriveElement(parameters, context, 1, sha512),
    ].map(toHex)
    expect(new Set([derive(1), derive(2), ...other]).size).toBe(4)
    let tries = 0
    const hash = (input: Uint8Array): Uint8Array => {
      tries++
      return new Uint8Array(sha256(input).length).fill(squareless(parameters.p, parameters.b))
    }
    expect(() => deriveElement(parameters, context, 1, hash)).toThrow(
      expect.objectContaining({ code: 'group/generator-derivation' }),
    )
    expect(tries).toBe(256 * Math.ceil((8 * octets - 7) / 256))
  })
})

/** An octet that, repeated, is an x of no point. */
function squareless(p: bigint, b: bigint): number {
  for (let octet = 1; octet < 256; octet++) {
    const width = 32 * Math.ceil(p.toString(2).length / 256)
    const x = toBigint(new Uint8Array(width).fill(octet)) % p
    const z = (((x ** 3n - 3n * x + b) % p) + p) % p
    if (powerModulo(z, (p - 1n) / 2n, p) === p - 1n) return octet
  }
  throw new RangeError('there is none')
}

it('curveByName throws for what is no recommended curve', () => {
  for (const unknown of ['', 'P256', 'L2048N256', '1.3.6.1.4.1.311.75.1.3.1']) {
    expect(() => curveByName(unknown)).toThrow(expect.objectContaining({ code: 'params/unknown' }))
  }
})
