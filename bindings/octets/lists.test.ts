import { describe, expect, it } from 'vitest'
import { itemAt, known, lastOf, zip } from './lists.js'

describe('zip', () => {
  it('puts items side by side', () => {
    expect(zip([1, 2], ['a', 'b'], [true, false])).toEqual([
      [1, 'a', true],
      [2, 'b', false],
    ])
    expect([zip([], []), zip()]).toEqual([[], []])
  })

  it('refuses lists of different lengths', () => {
    expect(() => zip([1, 2], ['a'])).toThrow(RangeError)
    expect(() => zip([1], ['a', 'b'])).toThrow(RangeError)
  })
})

describe('itemAt', () => {
  it('gives the item', () => {
    expect(itemAt(['a', 'b'], 1)).toBe('b')
    expect(itemAt(Uint8Array.of(0), 0)).toBe(0)
  })

  it.each([-1, 1, 0.5])('refuses %s, where nothing stands', (index) => {
    expect(() => itemAt([1], index)).toThrow(RangeError)
  })
})

describe('lastOf', () => {
  it('gives the last item', () => {
    expect(lastOf([1, 2])).toBe(2)
    expect(() => lastOf([])).toThrow(RangeError)
  })
})

describe('known', () => {
  it('gives the value', () => {
    expect(known(new Map([['a', 0]]).get('a'))).toBe(0)
    expect(() => known(new Map([['a', 0]]).get('b'))).toThrow(RangeError)
    expect(() => known(null)).toThrow(RangeError)
  })
})
