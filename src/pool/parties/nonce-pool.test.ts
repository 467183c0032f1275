import { describe, expect, it, vi } from 'vitest'
import { group, scalar } from '../../uprove/testing/fixtures.js'
import { Stock, type Nonces, type StockedContents } from './nonce-pool.js'
import { settled } from '../testing/fixtures.js'

const contents: StockedContents = { gammaKey: 'gamma', x: [], xt: scalar(1n), devicePublicKey: undefined }

/** A stock whose nonces count up from 1. */
function start(capacity: number) {
  const made: Nonces[] = []
  let next = 1n
  const restock = vi.fn((_: StockedContents, count: number) => {
    const w = Array.from({ length: count }, () => scalar(next++))
    const part = { gamma: group.generator, sigmaZ: undefined, w, sigmaA: w as never, sigmaB: w as never }
    made.push(part)
    return Promise.resolve(part)
  })
  const onError = vi.fn()
  return { stock: new Stock(contents, capacity, restock, onError), made, restock, onError }
}

const numbers = (part: Nonces | undefined) => part?.w.map((octets) => octets.at(-1))

describe('a stock', () => {
  it('fills up to its capacity, and no further', async () => {
    const { stock, restock } = start(40)
    expect(stock.take(1)).toBeUndefined()
    await stock.filled()
    expect(stock.ready).toBe(40)
    expect(restock.mock.calls.map(([, count]) => count)).toEqual([16, 16, 8])
  })

  it('hands everything out once, in step, and fills up again', async () => {
    const { stock } = start(4)
    await stock.filled()
    const part = stock.take(3)
    expect(numbers(part)).toEqual([1, 2, 3])
    expect(part?.sigmaA).toEqual(part?.w)
    expect(part?.sigmaB).toEqual(part?.w)
    await stock.filled()
    expect(stock.ready).toBe(4)
    expect(numbers(stock.take(9))).toEqual([4, 5, 6, 7])
    expect(stock.take(1)).toBeUndefined()
  })

  it('wipes what was not handed out, also what arrives too late', async () => {
    const { stock, made } = start(20)
    await stock.filled()
    const taken = stock.take(2)
    stock.dispose()
    await settled()
    expect(numbers(taken)).toEqual([1, 2])
    const rest = made.flatMap(({ w }) => w).slice(2)
    expect(rest.length).toBeGreaterThan(18)
    expect(rest.every((octets) => octets.every((octet) => octet === 0))).toBe(true)
    expect(stock.ready).toBe(0)
  })

  it('stops when it cannot be filled, and tries again when it is used', async () => {
    const { stock, restock, onError } = start(20)
    restock.mockRejectedValueOnce(new Error('no worker'))
    await stock.filled()
    await stock.filled()
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('no worker'))
    expect(stock.ready).toBe(16)
    stock.take(1)
    await stock.filled()
    expect(stock.ready).toBe(20)
  })
})
