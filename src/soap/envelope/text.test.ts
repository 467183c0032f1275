import { describe, expect, it } from 'vitest'
import { collapse } from './text.js'

describe('white space at the ends of a text', () => {
  it.each([
    ['', ''],
    [' ', ''],
    ['\t\n\r a b \r\n\t', 'a b'],
    ['a', 'a'],
    ['\u00a0a\u2003', '\u00a0a\u2003'],
    ['\fa\v', '\fa\v'],
  ])('is cut off: %j', (text, collapsed) => {
    expect(collapse(text)).toBe(collapsed)
  })

  it('takes no time beyond what it is long', () => {
    const text = `x${' '.repeat(1_000_000)}x`
    expect(collapse(` ${text} `)).toBe(text)
  })
})
