import { describe, expect, it } from 'vitest'
import { faultsOf, readSource, rowsOf, TABLES } from './conformance.mjs'

describe.each(TABLES)('%s', (table) => {
  const rows = rowsOf(table)

  it('counts its statements, and has each once', () => {
    const counts = { done: 0, partly: 0, 'by decision': 0 }
    for (const { state } of rows) counts[state]++
    const said = `**${rows.length} statements: ${counts.done} done, ${counts.partly} partly, ${counts['by decision']} by decision.**`
    expect(readSource(table)).toContain(`\n${said}\n`)
    expect(new Set(rows.map(({ statement }) => statement)).size).toBe(rows.length)
  })

  it.each(rows.map((row) => [row.statement, row] as const))('%s', (_, row) => {
    expect(faultsOf(row)).toEqual([])
  })
})
