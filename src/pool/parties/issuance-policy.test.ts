import { describe, expect, it } from 'vitest'
import { errorCode } from '../../uprove/testing/fixtures.js'
import { IssuancePolicy } from './issuance-policy.js'
import { MemoryOpenTokens } from './open-tokens.js'
import { rejection } from '../testing/fixtures.js'

describe('IssuancePolicy', () => {
  it('refuses counts that are not, or beyond the cap', () => {
    const policy = new IssuancePolicy({ maxBatch: 50 })
    for (const count of [0, -1, 1.5, NaN, Infinity, 51]) {
      expect(errorCode(() => policy.checkCount(count))).toBe('issuance/count')
    }
    policy.checkCount(1)
    policy.checkCount(50)
  })

  it('has batches of 10,000 by default, and never more than a message can hold', () => {
    expect(new IssuancePolicy().maxBatch).toBe(10_000)
    expect(new IssuancePolicy({ maxBatch: 1_000_000 }).maxBatch).toBe(65_535)
  })

  it('refuses what is more than an account may have open', () => {
    expect(errorCode(() => new IssuancePolicy({ maxAccountTokens: 7 }).checkCount(8))).toBe('issuance/count')
    new IssuancePolicy({ maxBatch: 65_535 }).checkCount(65_535)
  })

  it('issues one token after another where that is asked for', async () => {
    const policy = new IssuancePolicy({ issuance: 'sequential' })
    expect(errorCode(() => policy.checkCount(2))).toBe('issuance/sequential')
    policy.checkCount(1)
    const first = await policy.open('gamma', 1)
    expect(await rejection(policy.open('gamma', 1))).toBe('issuance/too-many-open')
    await policy.open('other gamma', 1)
    await policy.close(first)
    await policy.open('gamma', 1)
  })

  it('bounds open tokens over all that share the count', async () => {
    const openTokens = new MemoryOpenTokens()
    const [here, there] = [1, 2].map(() => new IssuancePolicy({ maxOpenTokens: 8, openTokens })) as [
      IssuancePolicy,
      IssuancePolicy,
    ]
    expect(errorCode(() => here.checkCount(9))).toBe('issuance/count')
    const reservation = await here.open('gamma', 5)
    expect(await rejection(there.open('gamma', 4))).toBe('issuance/too-many-open')
    await there.open('gamma', 3)
    await here.close(reservation)
    await there.open('gamma', 5)
  })

  it('refuses settings that make no sense', () => {
    for (const options of [
      { maxBatch: 0 },
      { maxOpenTokens: -1 },
      { lifetime: 0.5 },
      { patience: 0 },
      { maxAccountTokens: -1 },
      { maxAccountExchanges: 1.5 },
      { issuance: 'sequential', maxOpenTokens: 2 } as const,
    ]) {
      expect(errorCode(() => new IssuancePolicy(options))).toBe('issuance/policy')
    }
  })
})
