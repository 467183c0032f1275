import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import { attributesFrom, attributeScalar, canonicalAttribute, tokenInformationScalar } from './attributes.js'
import { createIssuer, errorCode, group, revisions, scalar, utf8 } from '../testing/fixtures.js'

const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
const int = (n: number): Uint8Array => toFixedWidth(BigInt(n), 4)
const hashed = (octets: Uint8Array): Uint8Array => sha256(int(octets.length), octets)

describe.each(revisions)('attributes in revision %i', (revision) => {
  const { parameters } = createIssuer({ revision, attributes: [1, 0], device: true })

  it('are hashed with e = 1', () => {
    const attribute = utf8('Alice')
    const digest = toBigint(hashed(attribute))
    expect(toBigint(attributeScalar(parameters, 1, attribute))).toBe(digest % group.q)
  })

  it('are reduced where the digest exceeds q', () => {
    const candidates = Array.from({ length: 64 }, (_, i) => utf8(String(i)))
    const attribute = candidates.find((candidate) => toBigint(hashed(candidate)) >= group.q)!
    expect(attribute).toBeDefined()
    expect(attributeScalar(parameters, 1, attribute)).toEqual(scalar(toBigint(hashed(attribute)) - group.q))
  })

  it('are 0 when null', () => {
    expect(attributeScalar(parameters, 1, null)).toEqual(group.scalars.zero)
  })

  it(`are ${revision === 1 ? '0' : 'hashed'} when of length 0`, () => {
    const expected = revision === 1 ? 0n : toBigint(sha256(int(0))) % group.q
    expect(attributeScalar(parameters, 1, new Uint8Array())).toEqual(scalar(expected))
  })

  it('are integers with e = 0', () => {
    const value = (...octets: number[]) => attributeScalar(parameters, 2, Uint8Array.of(...octets))
    expect(value(7)).toEqual(scalar(7n))
    expect(value(0, 0, 1, 0)).toEqual(scalar(256n))
    expect(value()).toEqual(group.scalars.zero)
    expect(value(0)).toEqual(group.scalars.zero)
    expect(attributeScalar(parameters, 2, scalar(group.q - 1n))).toEqual(scalar(group.q - 1n))
    const leadingZeros = new Uint8Array(40)
    leadingZeros.set(scalar(group.q - 1n), 8)
    expect(attributeScalar(parameters, 2, leadingZeros)).toEqual(scalar(group.q - 1n))
  })

  it('are refused as integers when null, not below q, or text', () => {
    expect(errorCode(() => attributeScalar(parameters, 2, null))).toBe('attribute/null')
    expect(errorCode(() => attributeScalar(parameters, 2, scalar(group.q)))).toBe('scalar/range')
    expect(errorCode(() => attributeScalar(parameters, 2, new Uint8Array(33).fill(1)))).toBe('scalar/range')
    expect(errorCode(() => attributesFrom(parameters, ['a', '1']))).toBe('attribute/text')
  })

  it('must be as many as the parameters say, octets, text or null, and not too long', () => {
    expect(errorCode(() => attributesFrom(parameters, ['a']))).toBe('attribute/count')
    expect(errorCode(() => attributesFrom(parameters, ['a', null, null]))).toBe('attribute/count')
    expect(errorCode(() => attributesFrom(parameters, [7 as unknown as string, null]))).toBe('octets/type')
    expect(errorCode(() => attributesFrom(parameters, [new Uint8Array((1 << 20) + 1), null]))).toBe('octets/too-long')
    expect(attributesFrom(parameters, ['é', null])).toEqual([utf8('é'), null])
  })

  it('are stated in one form, in octets of its own', () => {
    const stated = (index: number, ...octets: number[]) =>
      canonicalAttribute(parameters, index, Uint8Array.from(octets))
    expect([canonicalAttribute(parameters, 1, null), canonicalAttribute(parameters, 2, null)]).toEqual([null, null])
    expect(stated(1)).toEqual(revision === 1 ? null : new Uint8Array(0))
    expect(stated(1, 0, 7)).toEqual(Uint8Array.of(0, 7))
    expect([stated(2), stated(2, 0), stated(2, 0, 0)]).toEqual([0, 0, 0].map((zero) => Uint8Array.of(zero)))
    expect([stated(2, 7), stated(2, 0, 1, 0)]).toEqual([Uint8Array.of(7), Uint8Array.of(1, 0)])
    for (const index of [1, 2]) {
      const given = Uint8Array.of(7)
      expect(canonicalAttribute(parameters, index, given)).not.toBe(given)
    }
  })

  it('go with a token information that depends on whether there is a Device', () => {
    const ti = utf8('TI')
    const [software, device] = [false, true].map((d) => {
      const digest = parameters.digest(d)
      const expected = toBigint(sha256(Uint8Array.of(1), int(32), digest, int(2), ti)) % group.q
      expect(tokenInformationScalar(parameters, ti, d)).toEqual(scalar(expected))
      return expected
    })
    expect(software).not.toBe(device)
  })
})
