import { describe, expect, it } from 'vitest'
import { concatOctets, splitOctets } from './octets.js'

describe('octet strings of one length', () => {
  const values = [Uint8Array.of(1, 2), Uint8Array.of(3, 4), Uint8Array.of(5, 6)]

  it('are split into the values that they were joined from, each in an array of its own', () => {
    const column = concatOctets(values)
    expect([...column]).toEqual([1, 2, 3, 4, 5, 6])
    const again = splitOctets(column, 2)
    expect(again).toEqual(values)
    expect(again.every(({ buffer }) => buffer.byteLength === 2)).toBe(true)
  })

  it('may be empty', () => {
    expect(splitOctets(concatOctets([]), 2)).toEqual([])
  })
})
