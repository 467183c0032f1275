import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { mapOrdered } from './map-ordered.js'
import { collect, settled } from '../testing/fixtures.js'

/** A source of 0, 1, 2, ..., which says how far it was read and whether it was closed. */
function numbers(end = Infinity) {
  const state = { read: 0, closed: false }
  async function* generate() {
    try {
      while (state.read < end) yield await Promise.resolve(state.read++)
    } finally {
      state.closed = true
    }
  }
  return { state, source: generate() }
}

const capacity = () => 4
const double = (value: number) => Promise.resolve(2 * value)

describe('mapOrdered', () => {
  it('gives results in the order of the items, however long each takes', async () => {
    const apply = async (delay: number) => {
      await sleep(delay)
      return delay
    }
    expect(await collect(mapOrdered([9, 1, 5, 0, 3, 0], apply, { capacity }))).toEqual([9, 1, 5, 0, 3, 0])
  })

  it('takes iterables that are not asynchronous, and empty ones', async () => {
    expect(await collect(mapOrdered([1, 2], double, { capacity }))).toEqual([2, 4])
    expect(await collect(mapOrdered([], double, { capacity }))).toEqual([])
  })

  it('stalls the source when results are not taken', async () => {
    const { state, source } = numbers()
    const results = mapOrdered(source, double, { capacity })
    await settled()
    expect(state.read).toBe(0)
    for (let taken = 1; taken <= 20; taken++) {
      expect((await results.next()).value).toBe(2 * (taken - 1))
      await settled()
      // The result that was taken last counts until the next is asked for.
      expect(state.read).toBe(taken + 3)
    }
    await results.return()
  })

  it('counts items by their weight, and admits one that outweighs the capacity', async () => {
    const { state, source } = numbers()
    const results = mapOrdered(source, double, { capacity, weight: (value) => (value === 2 ? 100 : 2) })
    await results.next()
    await settled()
    expect(state.read).toBe(2)
    await results.next()
    await settled()
    expect(state.read).toBe(3)
    await results.next()
    await settled()
    expect(state.read).toBe(3)
    await results.return()
  })

  it('reads nothing while there is no room elsewhere', async () => {
    const { state, source } = numbers()
    let open: () => void = () => undefined
    const room = () => new Promise<void>((resolve) => (open = resolve))
    const results = mapOrdered(source, double, { capacity, room })
    const first = results.next()
    await settled()
    expect(state.read).toBe(0)
    open()
    expect((await first).value).toBe(0)
    expect(state.read).toBe(1)
    void results.return()
    open()
  })

  it('ends with the first rejection, after the results before it, and closes the source', async () => {
    const { state, source } = numbers()
    const failing = (value: number) => (value === 2 ? Promise.reject(new Error('third')) : double(value))
    const results = mapOrdered(source, failing, { capacity })
    expect([(await results.next()).value, (await results.next()).value]).toEqual([0, 2])
    await expect(results.next()).rejects.toThrow('third')
    expect(state.closed).toBe(true)
  })

  it('passes on an error of the source, after the results before it', async () => {
    function* source() {
      yield 1
      throw new Error('source')
    }
    const results = mapOrdered(source(), double, { capacity })
    expect((await results.next()).value).toBe(2)
    await expect(results.next()).rejects.toThrow('source')
  })

  it('stops at the signal, with its reason, even if the source never answers', async () => {
    const silent: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    }
    const controller = new AbortController()
    const next = mapOrdered(silent, double, { capacity, signal: controller.signal }).next()
    controller.abort(new Error('enough'))
    await expect(next).rejects.toThrow('enough')
    const aborted = mapOrdered([1], double, { capacity, signal: controller.signal })
    await expect(aborted.next()).rejects.toThrow('enough')
  })

  it('tells what is under way to stop, and hands over results that nobody took', async () => {
    const { state, source } = numbers()
    const signals: AbortSignal[] = []
    const discarded: number[] = []
    const apply = (value: number, signal: AbortSignal) => {
      signals.push(signal)
      return double(value)
    }
    for await (const result of mapOrdered(source, apply, { capacity, discard: (unused) => discarded.push(unused) })) {
      if (result === 2) break
    }
    await settled()
    expect(state.closed).toBe(true)
    expect(signals.every(({ aborted }) => aborted)).toBe(true)
    expect(discarded).toEqual(Array.from({ length: signals.length - 2 }, (_, i) => 2 * (i + 2)))
    expect(discarded.length).toBeGreaterThan(0)
  })
})
