import { check, format } from 'prettier'
import { describe, expect, it } from 'vitest'
import * as plugin from './prettier-assemblyscript.mjs'

const options = { parser: 'assemblyscript', plugins: [plugin], semi: false, singleQuote: true }

describe('the formatter of assembly/', () => {
  it('keeps decorators where they are', async () => {
    const text = [
      '/** Doubles. */',
      '@inline export function double(a: i32): i32 {',
      '  return a << 1',
      '}',
      '',
      '@lazy',
      'const ONE = i64x2.splat(1) /* @inline is a word here */',
      '',
    ].join('\n')
    expect(await format(text, options)).toBe(text)
  })

  it('sets parameters one a line where they do not fit, each with its type', async () => {
    const long = `function f(${Array.from({ length: 12 }, (_, i) => `parameter${i}: usize`).join(', ')}): void {}\n`
    const formatted = await format(`@inline ${long}`, options)
    expect(formatted).toContain('@inline function f(\n  parameter0: usize,\n')
    expect(await check(`@inline ${long}`, options)).toBe(false)
    expect(await check(formatted, options)).toBe(true)
  })
})
