import { describe, expect, it, vi } from 'vitest'
import { group, scalar } from '../../uprove/testing/fixtures.js'
import { NoncePool, type Nonces, type IssueContents } from './nonce-pool.js'
import { settled } from '../testing/fixtures.js'

const contents: IssueContents = { gammaKey: 'gamma', x: [], xt: scalar(1n), devicePublicKey: undefined }

/** A noncePool whose nonces count up from 1. */
function start(capacity: number) {
  const made: Nonces[] = []
  let next = 1n
  const compute = vi.fn((_: IssueContents, count: number) => {
    const w = Array.from({ length: count }, () => scalar(next++))
    const part = { gamma: group.generator, sigmaZ: undefined, w, sigmaA: w as never, sigmaB: w as never }
    made.push(part)
    return Promise.resolve(part)
  })
  const onError = vi.fn()
  return { noncePool: new NoncePool(contents, capacity, compute, onError), made, compute, onError }
}

const numbers = (part: Nonces | undefined) => part?.w.map((octets) => octets.at(-1))

describe('a noncePool', () => {
  it('fills up to its capacity, and no further', async () => {
    const { noncePool, compute } = start(40)
    expect(noncePool.take(1)).toBeUndefined()
    await noncePool.filled()
    expect(noncePool.ready).toBe(40)
    expect(compute.mock.calls.map(([, count]) => count)).toEqual([16, 16, 8])
  })

  it('hands everything out once, in step, and fills up again', async () => {
    const { noncePool } = start(4)
    await noncePool.filled()
    const part = noncePool.take(3)
    expect(numbers(part)).toEqual([1, 2, 3])
    expect(part?.sigmaA).toEqual(part?.w)
    expect(part?.sigmaB).toEqual(part?.w)
    await noncePool.filled()
    expect(noncePool.ready).toBe(4)
    expect(numbers(noncePool.take(9))).toEqual([4, 5, 6, 7])
    expect(noncePool.take(1)).toBeUndefined()
  })

  it('wipes what was not handed out, also what arrives too late', async () => {
    const { noncePool, made } = start(20)
    await noncePool.filled()
    const taken = noncePool.take(2)
    noncePool.dispose()
    await settled()
    expect(numbers(taken)).toEqual([1, 2])
    const rest = made.flatMap(({ w }) => w).slice(2)
    expect(rest.length).toBeGreaterThan(18)
    expect(rest.every((octets) => octets.every((octet) => octet === 0))).toBe(true)
    expect(noncePool.ready).toBe(0)
  })

  it('stops when it cannot be filled, and tries again when it is used', async () => {
    const { noncePool, compute, onError } = start(20)
    compute.mockRejectedValueOnce(new Error('no worker'))
    await noncePool.filled()
    await noncePool.filled()
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('no worker'))
    expect(noncePool.ready).toBe(16)
    noncePool.take(1)
    await noncePool.filled()
    expect(noncePool.ready).toBe(20)
  })
})
