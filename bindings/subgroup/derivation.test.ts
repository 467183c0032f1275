import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import { createBigintEngine } from './bigint.js'
import { byteLength, toBigint, toFixedWidth, toHex } from '../octets/integers.js'
import type { Element } from '../engine/engine.js'
import { powerModulo, productOfPowers } from '../engine/power.js'
import { customGroups } from '../testing/groups.js'
import { L1024N160, L2048N256, L3072N256 } from '../../src/params/index.js'
import { deriveGenerator, scopeElement, type PowersOfPublicValues } from './derivation.js'

const octetsOf = (hex: string): Uint8Array => toFixedWidth(BigInt('0x' + hex), hex.length / 2)
const engine = createBigintEngine()

describe('deriveGenerator', () => {
  it.each([
    { parameters: L1024N160, hash: sha1, seed: '42f305c47afaa33b97d725775cc2fe61a8a1aee7' },
    {
      parameters: L2048N256,
      hash: sha256,
      seed: '227cc83035ac2c68e6b4e5fe4b59c0a84ae80330f380de03223e378136d76fc0',
    },
    {
      parameters: L3072N256,
      hash: sha256,
      seed: '31f2d6cfcd652b7db8186e849df14b7560407bca0f0304e09e0d9d2c03d4fa4c',
    },
  ])('gives all 53 generators of $parameters.name from the domain parameter seed', ({ parameters, hash, seed }) => {
    const group = engine.subgroup(parameters, { allowLegacy: true })
    const derive = (index: number): string => toHex(deriveGenerator(group, octetsOf(seed), index, hash))
    expect(derive(0)).toBe(toHex(group.generator))
    parameters.generators.forEach((generator, i) => expect(derive(i + 1), `g${i + 1}`).toBe(toHex(generator)))
    expect(derive(254)).toBe(toHex(parameters.gd))
    expect(derive(255)).toBe(toHex(parameters.gt))
  })

  it('depends on the context, the index and the hash', () => {
    const group = engine.subgroup(L2048N256)
    const context = new TextEncoder().encode('context')
    const derived = [
      deriveGenerator(group, context, 1, sha256),
      deriveGenerator(group, context.subarray(1), 1, sha256),
      deriveGenerator(group, context, 2, sha256),
      deriveGenerator(group, context, 1, sha1),
    ]
    expect(new Set(derived.map(toHex)).size).toBe(4)
    expect(group.areMembers(derived)).toEqual([true, true, true, true])
  })

  it.each(['1024/160 high', '1091/171', '2049/256 low'])('is W^((p-1)/q) on the group %s', (name) => {
    const { p, q } = customGroups[name]!
    const group = engine.subgroup(customGroups[name]!, { allowLegacy: true })
    const w = toBigint(sha256(Uint8Array.of(9, 9, 0x67, 0x67, 0x65, 0x6e, 7, 1)))
    const generator = deriveGenerator(group, Uint8Array.of(9, 9), 7, sha256)
    expect(toBigint(generator)).toBe(powerModulo(w, (p - 1n) / q, p))
  })

  it('goes on to the next count when a digest gives no generator', () => {
    const group = engine.subgroup(L1024N160, { allowLegacy: true })
    const asked: number[] = []
    // 0 has no powers in the group, and 1 only itself.
    const hash = (input: Uint8Array): Uint8Array => {
      asked.push(input.at(-1)!)
      return [Uint8Array.of(0), Uint8Array.of(1), Uint8Array.of(5)][asked.length - 1]!
    }
    const generator = deriveGenerator(group, new Uint8Array(0), 1, hash)
    expect(asked).toEqual([1, 2, 3])
    expect(toBigint(generator)).toBe(powerModulo(5n, (group.p - 1n) / group.q, group.p))
  })

  it('gives up after 255 counts', () => {
    const group = engine.subgroup(L1024N160, { allowLegacy: true })
    expect(() => deriveGenerator(group, new Uint8Array(0), 1, () => Uint8Array.of(0))).toThrow(
      expect.objectContaining({ code: 'group/generator-derivation' }),
    )
  })
})

describe('scopeElement', () => {
  it('gives the published g_s of the scope "VerifierUID" on L2048N256', () => {
    const gs =
      'ceed46e1e934c3e374a31a02a996876005811c2d4a245c5b337a45c1ff9d55925a98f5e0d8e0971a88be5b0924d6520380ce' +
      'e6b9f51a522c35aa5eaba08f79e64599ba8b83068fe715c1953f9b3eda8fa22f591b4755f1a1c6ec0c111ea2b65146956ae5' +
      '2537c623e85de0fa805d8a5523df08f723cb172c1aa2e636dfcb18b2bc64ef3f92447d3731af01b4d951e499d769e9a5270d' +
      '1fa08d9f645aa94577ad029a9a5e135cce53aa131a9dd948459532e0bca0e38e49a81003503ac00632eac5c7c2fa51da724f' +
      'e9f1e761b83be5ff41ab1e9fe95ba5e1f08c6fb910626588994cc2641a72d43a839f635f6965f2badc8664a60749b4b3ba79' +
      '2a6acb0c0db0'
    expect(toHex(scopeElement(engine.subgroup(L2048N256), octetsOf('5665726966696572554944')))).toBe(gs)
  })

  it.each([
    { bits: 160, hash: sha1 },
    { bits: 255, hash: sha1 },
    { bits: 256, hash: sha256 },
    { bits: 511, hash: sha256 },
    { bits: 512, hash: sha512 },
  ])('takes the hash that goes with a q of $bits bits', ({ bits, hash }) => {
    // The cofactor is 6, and neither number needs to be prime.
    const q = (1n << BigInt(bits)) - 1n
    const p = 6n * q + 1n
    const [elementLength, scalarLength] = [byteLength(p), byteLength(q)]
    const group: PowersOfPublicValues = {
      p,
      q,
      elementLength,
      scalarLength,
      identity: toFixedWidth(1n, elementLength) as Element,
      multiExponentiateVartime: (bases, es) =>
        toFixedWidth(
          productOfPowers(
            bases.map((base) => toBigint(base as Element)),
            es.map(toBigint),
            p,
          ),
          elementLength,
        ) as Element,
    }
    const scope = Uint8Array.of(9, 9)
    const w = toBigint(hash(Uint8Array.of(9, 9, 0x67, 0x67, 0x65, 0x6e, 0, 1)))
    expect(toBigint(scopeElement(group, scope))).toBe(powerModulo(w, 6n, p))
  })

  it.each([
    { name: '1024/160 high', hash: sha1 },
    { name: '2048/224 low', hash: sha1 },
    { name: '2400/256', hash: sha256 },
    { name: '4096/512 high', hash: sha512 },
  ])('takes the hash that goes with the size of q on $name', ({ name, hash }) => {
    const group = engine.subgroup(customGroups[name]!, { allowLegacy: true })
    const scope = new TextEncoder().encode('https://verifier.example/')
    expect(scopeElement(group, scope)).toEqual(deriveGenerator(group, scope, 0, hash))
  })
})
