import { describe, expect, it } from 'vitest'
import { UProveError } from '../../../bindings/errors.js'
import { UsageError } from '../errors.js'
import { plain } from './forms.js'
import { Sheet } from './sheet.js'

/** A sheet of numbers, whose keys are their paths in capitals. */
function sheetOf(values: Record<string, number | null>): Sheet {
  return new Sheet(
    Object.entries(values).map(([path, value]) => ({ path, key: path.toUpperCase(), value, allDigits: true })),
  )
}

/** a is an input, b = a + 1, c = 2 b through a cell that is no output, and d = a + 10. */
function chain(values: Record<string, number | null>) {
  const sheet = sheetOf(values)
  const a = sheet.input('a')
  const b = sheet.output('b', plain, () => a.integer() + 1)
  const doubled = sheet.cell(() => 2 * b.value)
  const c = sheet.output('c', plain, () => doubled.value)
  const d = sheet.output('d', plain, () => a.integer() + 10)
  return { sheet, b, c, d }
}

describe('a sheet', () => {
  it('finds nothing where all agrees', () => {
    const { sheet } = chain({ a: 1, b: 2, c: 4, d: 11 })
    expect(sheet.firstDifference()).toBeUndefined()
    expect(sheet.outputCount).toBe(3)
  })

  it('reports a wrong output at its own key', () => {
    expect(chain({ a: 1, b: 2, c: 5, d: 11 }).sheet.firstDifference()).toEqual({
      key: 'C',
      expected: '5',
      computed: '4',
    })
  })

  it('reports a wrong input at the first output that depends on it, whatever the order of the file', () => {
    expect(chain({ a: 7, b: 2, c: 4, d: 11 }).sheet.firstDifference()?.key).toBe('B')
    expect(chain({ c: 4, b: 2, a: 7, d: 11 }).sheet.firstDifference()?.key).toBe('B')
    expect(chain({ d: 11, c: 4, b: 2, a: 7 }).sheet.firstDifference()?.key).toBe('D')
    // An output that the file does not have cannot be named.
    expect(chain({ c: 4, a: 7 }).sheet.firstDifference()?.key).toBe('C')
  })

  it('reports what cannot be computed where it is needed first', () => {
    const { sheet, c } = chain({ c: 4, b: 2, d: 11 })
    expect(sheet.firstDifference()).toEqual({ key: 'B', expected: '2', reason: 'a is missing' })
    expect(() => c.value).toThrow(UProveError)
  })

  it('knows values that do not exist', () => {
    const sheet = sheetOf({ a: null, b: 1 })
    const absent = (): number | undefined => undefined
    sheet.output('a', plain, absent)
    expect(sheet.firstDifference()).toBeUndefined()
    sheet.output('b', plain, absent)
    expect(sheet.firstDifference()).toEqual({ key: 'B', expected: '1', computed: 'null' })
    const other = sheetOf({ a: null })
    other.output('a', plain, () => 1)
    expect(other.firstDifference()).toEqual({ key: 'A', expected: 'null', computed: '1' })
  })

  it('counts cells that are used without being read', () => {
    const sheet = sheetOf({ b: 0, a: 0 })
    const a = sheet.output('a', plain, () => 1)
    sheet.output('b', plain, () => 1, [a])
    expect(sheet.firstDifference()?.key).toBe('A')
  })

  it('computes each cell once', () => {
    let computed = 0
    const sheet = sheetOf({ a: 1, b: 1 })
    const cell = sheet.cell(() => ++computed)
    for (const path of ['a', 'b']) sheet.output(path, plain, () => cell.value)
    expect([sheet.firstDifference(), computed]).toEqual([undefined, 1])
  })

  it('lets mistakes of the program through', () => {
    const sheet = sheetOf({ a: 1 })
    sheet.output('a', plain, () => {
      throw new RangeError('a mistake')
    })
    expect(() => sheet.firstDifference()).toThrow(RangeError)
  })

  it('refuses values that nobody claimed', () => {
    const { sheet } = chain({ a: 1, e: 5 })
    expect(() => sheet.refuseUnclaimed()).toThrow(new UsageError('unknown key E'))
    sheet.input('e')
    expect(() => sheet.refuseUnclaimed()).not.toThrow()
  })

  it('counts the elements of lists', () => {
    const sheet = sheetOf({ 'x[0].a': 1, 'x[0].b': 2, 'x[1].a': 3, 'y[0]': 4 })
    expect([sheet.count('x'), sheet.count('y'), sheet.count('z')]).toEqual([2, 1, 0])
  })
})
