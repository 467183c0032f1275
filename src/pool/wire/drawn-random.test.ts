import { afterEach, describe, expect, it, vi } from 'vitest'
import { DrawnRandom } from './drawn-random.js'

afterEach(() => vi.restoreAllMocks())

/** Counts up instead of drawing. */
function counting() {
  let next = 1
  return vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    const octets = array as unknown as Uint8Array
    octets.forEach((_, i) => (octets[i] = next++))
    return array
  })
}

describe('DrawnRandom', () => {
  it('hands out each octet once, of one draw, and wipes it', () => {
    const system = counting()
    const random = new DrawnRandom(6)
    const own = system.mock.calls[0]![0] as unknown as Uint8Array
    const [first, second] = [new Uint8Array(2), new Uint8Array(3)]
    random.fill(first)
    expect([...first]).toEqual([1, 2])
    expect([...new Uint8Array(own.buffer)]).toEqual([0, 0, 3, 4, 5, 6])
    random.fill(second)
    expect([...second]).toEqual([3, 4, 5])
    expect(system).toHaveBeenCalledTimes(1)
    random.dispose()
    expect([...new Uint8Array(own.buffer)]).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('has the system give what it has not', () => {
    const system = counting()
    const random = new DrawnRandom(2)
    const octets = new Uint8Array(4)
    random.fill(octets)
    expect([...octets]).toEqual([3, 4, 5, 6])
    expect(system).toHaveBeenCalledTimes(2)
  })
})
