import { describe, expect, it } from 'vitest'
import { join, split } from './columns.js'

describe('columns', () => {
  const values = [Uint8Array.of(1, 2), Uint8Array.of(3, 4), Uint8Array.of(5, 6)]

  it('are split into the values that they were joined of, each in an array of its own', () => {
    const column = join(values)
    expect([...column]).toEqual([1, 2, 3, 4, 5, 6])
    const again = split(column, 2)
    expect(again).toEqual(values)
    expect(again.every(({ buffer }) => buffer.byteLength === 2)).toBe(true)
  })

  it('may be empty', () => {
    expect(split(join([]), 2)).toEqual([])
  })
})
