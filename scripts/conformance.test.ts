import { describe, expect, it } from 'vitest'
import { digestOf, faultsOf, partsOf, readResults, readSource, rowsOf, shuffled, TABLES } from './conformance.mjs'
import { changed, changesOf, switchable } from './conformance/mutations.mjs'
import { testsMeant } from './conformance/targets.mjs'

const results = readResults()

describe.each(TABLES)('%s', (table) => {
  const rows = rowsOf(table)

  it('counts its statements, and has each once', () => {
    const counts = { done: 0, partly: 0, 'by decision': 0 }
    for (const { state } of rows) counts[state]++
    const read = rows.filter(({ byReading }) => byReading).length
    const said = `**${rows.length} statements: ${counts.done} done, ${counts.partly} partly, ${counts['by decision']} by decision; ${rows.length - read} shown by a mutant, ${read} by reading.**`
    expect(readSource(table)).toContain(`\n${said}\n`)
    expect(new Set(rows.map(({ statement }) => statement)).size).toBe(rows.length)
  })

  it.each(rows.map((row) => [row.statement, row] as const))('%s', (_, row) => {
    expect(faultsOf(row)).toEqual([])
    const shown = results[table]?.[row.statement]
    if (row.byReading) expect(shown).toBeUndefined()
    else {
      // The mutant is of what the row names, and so is the test: a row that has changed since is tried again.
      const symbols = row.code.flatMap(({ names }) => names)
      expect(symbols.filter((symbol) => shown?.without.startsWith(`${symbol}: `))).not.toEqual([])
      expect(row.tests.flatMap(({ names }) => names)).toContain(shown?.fails)
    }
  })

  it('has results of its rows only', () => {
    const statements = rows.map(({ statement }) => statement)
    expect(Object.keys(results[table] ?? {}).filter((statement) => !statements.includes(statement))).toEqual([])
  })

  it('links each decision', () => {
    const headings = [...readSource('docs/decisions.md').matchAll(/^### (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    for (const { statement, state } of rows) {
      const anchor = /\(decisions\.md#([\w-]+)\)/.exec(statement)?.[1]
      if (state === 'by decision') expect(headings).toContain(anchor)
    }
  })
})

describe('a mutant', () => {
  const file = 'src/ws-trust/syntax/values.ts'

  it('is a file without a refusal first, then without what is left', () => {
    const [first, second, ...others] = changesOf(file, 'checkVersion')
    if (first === undefined || second === undefined) throw new Error('no mutants')
    expect(first.description).toBe("checkVersion: no throw new WsTrustError('ws-trust/version')")
    expect(changed(file, first)).toContain("if (version !== '1.0') ;")
    expect(second.description).toBe("checkVersion: always version !== '1.0'")
    expect(changed(file, second)).toContain("if (true) throw new WsTrustError('ws-trust/version')")
    expect(others).toEqual([])
  })

  it('can be one of many in a file, switched on by its number', () => {
    const numbered = changesOf(file, 'checkVersion').map((change, i) => [i + 1, change] as const)
    expect(switchable(file, numbered)).toContain(
      "if ((globalThis.conformanceMutant === 2 ? (true) : (version !== '1.0'))) " +
        "{ if (!(globalThis.conformanceMutant === 1)) { throw new WsTrustError('ws-trust/version') } }",
    )
    // A constant has its effect when the file is loaded.
    expect(changesOf(file, 'MAX_URI').map(({ kind }) => kind)).toContain(undefined)
  })

  it('is found by the text of an error, by a piece of code, by a constant', () => {
    const first = (symbol: string) => changesOf(file, symbol)[0]?.description
    expect(first('ws-trust/version')).toBe("ws-trust/version: no throw new WsTrustError('ws-trust/version')")
    expect(first('minimal.length > length')).toBe('minimal.length > length: always minimal.length > length')
    expect(first('MAX_URI')).toBe('MAX_URI: one more')
    expect(first('UTC')).toBe('UTC: matches nothing')
    expect(changesOf(file, 'nothing of this name')).toEqual([])
  })

  it.each([
    ['a case', 'one of two'],
    ['another case', 'two of two'],
  ])('is shown by %s of a table: %s', (_, text) => {
    expect(text).toMatch(/of two$/)
  })

  it('is shown by the tests that are meant: by name, by case, by text', () => {
    const here = 'scripts/conformance.test.ts'
    const lines = readSource(here).split('\n')
    const line = (text: string): number => lines.findIndex((each) => each.includes(text)) + 1
    const at = (name: string, where: number) => ({ file: here, name, line: where, state: 'passed' })
    const one = at('a mutant is shown by a case of a table: one', line('is shown by %s of a table'))
    const two = at('a mutant is shown by another case of a table: two', line('is shown by %s of a table'))
    const found = at('a mutant is found by the text of an error', line('is found by the text of an error,'))
    const tests = [one, two, found]
    expect(testsMeant(here, 'is shown by … of a table', tests)).toEqual([one, two])
    expect(testsMeant(here, 'two of two', tests)).toEqual([two])
    expect(testsMeant(here, 'const first = (symbol', tests)).toEqual([found])
    expect(partsOf('a … b')).toEqual(['a', 'b'])
  })
})

describe('rows that are tried again', () => {
  const [row] = rowsOf('docs/conformance-xcep.md')

  it('are those that say something else, or whose files do', () => {
    if (row === undefined) throw new Error('no rows')
    expect(digestOf(row)).toBe(digestOf({ ...row }))
    expect(digestOf(row)).not.toBe(digestOf({ ...row, line: `${row.line} ` }))
    expect(digestOf(row)).not.toBe(digestOf({ ...row, code: [{ file: 'package.json', names: [] }] }))
  })

  it('are tried in an order that a seed decides', () => {
    const list = Array.from({ length: 50 }, (_, i) => i)
    expect(shuffled(list, 1)).toEqual(shuffled(list, 1))
    expect(shuffled(list, 1)).not.toEqual(shuffled(list, 2))
    expect(shuffled(list, 1).sort((a, b) => a - b)).toEqual(list)
  })
})
