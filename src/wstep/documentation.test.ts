import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** The rows of all tables with code and tests, as cells. */
const rows = read('docs/conformance-wstep.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()))
  .filter(([, code = '']) => code.includes('.ts') || code === 'same')

const inRepository = (file: string): string => (file.includes('/') ? file : `src/wstep/${file}`)

/** The files that a cell names, each with what it says to be there. */
function citations(cell: string, quoted: RegExp): [file: string, texts: string[]][] {
  const parts = cell.split(/`([\w./-]+\.ts)`/)
  return parts.flatMap((file, i) =>
    i % 2 === 0 ? [] : [[inRepository(file), [...parts[i + 1]!.matchAll(quoted)].map(([, text]) => text!)]],
  )
}

describe('docs/conformance-wstep.md', () => {
  it('has every section of the processing rules', () => {
    expect(rows.length).toBeGreaterThan(50)
    for (const [statement, code, test] of rows) {
      expect(code, statement).not.toBe('')
      expect(test, statement).not.toBe('')
    }
  })

  it.each(rows.map(([statement, code, test]) => [statement!, code!, test!]))('%s', (_, code, test) => {
    const named = [...citations(code, /`([^`]+)`/g), ...citations(test, /"([^"]+)"/g)]
    expect(named.length).toBeGreaterThan(code === 'same' || test === 'same' ? 0 : 1)
    for (const [file, texts] of named) {
      expect(existsSync(new URL(file, root)), file).toBe(true)
      const content = read(file)
      for (const text of texts) expect(content.includes(text), `${file}: ${text}`).toBe(true)
    }
  })
})
