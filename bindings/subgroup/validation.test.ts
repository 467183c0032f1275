import { randomInt } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { L1024N160, L2048N256, L3072N256 } from '../../src/params/index.js'
import type { SubgroupDescription } from '../engine/engine.js'
import { InvalidGroupError } from '../errors.js'
import { powerModulo } from '../engine/power.js'
import { customGroups } from '../testing/groups.js'
import { isLegacy, isRecommended, validateSubgroup, type ValidationOptions } from './validation.js'

const allowLegacy = { allowLegacy: true }
const small = customGroups['1024/160 high']!

function codeOf(description: SubgroupDescription, options: ValidationOptions = allowLegacy): string | undefined {
  try {
    validateSubgroup(description, options)
    return undefined
  } catch (error) {
    if (error instanceof InvalidGroupError) return error.code
    throw error
  }
}

describe('validateSubgroup', () => {
  it.each(['1024/160 high', '1091/171', '1536/224', '2048/224 low', '2400/256'])('accepts %s', (name) => {
    expect(codeOf(customGroups[name]!)).toBeUndefined()
  })

  it('does not test what is recommended', () => {
    const preparePower = vi.fn()
    for (const description of [L1024N160, L2048N256, { ...L3072N256, name: 'mine' }])
      expect(codeOf(description, { ...allowLegacy, preparePower })).toBeUndefined()
    expect(preparePower).not.toHaveBeenCalled()
  })

  it('remembers the last 64', () => {
    let tested = 0
    // With every power 1 any g passes.
    const preparePower = () => {
      tested++
      return () => 1n
    }
    const isTested = (g: bigint): boolean => {
      const before = tested
      expect(codeOf({ ...small, g }, { ...allowLegacy, preparePower })).toBeUndefined()
      return tested > before
    }
    // Another run has remembered others.
    const first = BigInt(randomInt(2 ** 40))
    for (let i = 0n; i < 64n; i++) expect(isTested(first + i)).toBe(true)
    for (let i = 0n; i < 64n; i++) expect(isTested(first + i)).toBe(false)
    expect(isTested(first + 64n)).toBe(true)
    expect([isTested(first + 1n), isTested(first), isTested(first + 63n)]).toEqual([false, true, false])
  })

  it('computes modulo p with the function that it is given', () => {
    const preparePower = vi.fn(
      (modulus: bigint) => (base: bigint, exponent: bigint) => powerModulo(base, exponent, modulus),
    )
    const description = { ...small, g: powerModulo(small.g, 2n, small.p) }
    expect(codeOf(description, { ...allowLegacy, preparePower })).toBeUndefined()
    expect(new Set(preparePower.mock.calls.flat())).toEqual(new Set([small.p]))
    expect(codeOf({ ...small, g: 4n }, { ...allowLegacy, preparePower: () => () => 1n })).toBeUndefined()
  })

  it('lets groups below 2048/224 bits in on request only', () => {
    expect(
      Object.entries(customGroups)
        .filter(([, group]) => isLegacy(group))
        .map(([name]) => name),
    ).toEqual(['1024/160 high', '1091/171', '1536/224'])
    expect(codeOf(small, {})).toBe('group/legacy')
    expect(codeOf(customGroups['1536/224']!, { allowLegacy: false })).toBe('group/legacy')
    expect(codeOf({ ...customGroups['2400/256']!, q: customGroups['1091/171']!.q }, {})).toBe('group/legacy')
  })

  it('refuses sizes that the arithmetic is not made for', () => {
    expect(codeOf({ ...small, p: (1n << 1023n) - 1n })).toBe('group/too-small')
    expect(codeOf({ ...small, q: (1n << 159n) - 1n })).toBe('group/too-small')
    expect(codeOf({ ...small, p: -small.p })).toBe('group/too-small')
    expect(codeOf({ ...small, q: 0n })).toBe('group/too-small')
    expect(codeOf({ ...small, q: -small.q })).toBe('group/too-small')
    expect(codeOf({ ...small, p: 1n << 4096n })).toBe('group/too-large')
    expect(codeOf({ ...small, q: 1n << 512n })).toBe('group/too-large')
  })

  it('refuses p and q that are even, composite, or do not go together', () => {
    const { p, q, g } = small
    expect(codeOf({ p: p - 1n, q, g })).toBe('group/even')
    expect(codeOf({ p, q: q + 1n, g })).toBe('group/even')
    expect(codeOf({ p: p + 2n, q, g })).toBe('group/q-not-divisor')
    expect(codeOf({ p, q: q + 2n, g })).toBe('group/q-not-divisor')
    // p = 1 modulo q, but composite.
    expect(codeOf({ p: p - 2n * q, q, g })).toBe('group/p-not-prime')
    // q divides p - 1, but is composite.
    const factor = 3n
    const composite = { p: 2n * factor * q * (1n << 900n) + 1n, q: factor * q, g }
    expect(codeOf(composite)).toBe('group/q-not-prime')
  })

  it('refuses generators that are out of range or not of order q', () => {
    const { p, q, g } = small
    for (const bad of [0n, 1n, p, p + g, -g]) expect(codeOf({ p, q, g: bad })).toBe('group/generator-range')
    for (const bad of [2n, p - 1n, p - g]) expect(codeOf({ p, q, g: bad })).toBe('group/generator-order')
  })

  it('refuses the name or OID of a recommended group on other numbers', () => {
    expect(codeOf({ ...small, name: 'L2048N256' })).toBe('group/name-mismatch')
    expect(codeOf({ ...small, oid: '1.3.6.1.4.1.311.75.1.1.2' })).toBe('group/name-mismatch')
    expect(codeOf({ ...small, name: 'mine', oid: '1.2.3' })).toBeUndefined()
    const named: SubgroupDescription = { ...small, name: 'L1024N160' }
    expect(isRecommended(named)).toBe(false)
  })
})
