import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const document = read('docs/conformance-xcep.md')

/** The rows of the tables, as cells: statement, code, tests. */
const rows = document
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()))

/** The document names the files of this room without its folder. */
const files = readdirSync(new URL('src/xcep', root))
const inRepository = (file: string): string => (files.includes(file) ? `src/xcep/${file}` : file)

/** What a cell says to be in the files that it names. */
function citations(cell = '', quoted: RegExp): [file: string, text: string][] {
  const parts = cell.split(/`([\w./-]+\.ts)`/)
  return parts.flatMap((part, i) =>
    i % 2 === 0
      ? []
      : Array.from(parts[i + 1]!.matchAll(quoted), ([, text]): [string, string] => [inRepository(part), text!]),
  )
}

it('docs/conformance-xcep.md has the complex types with statements', () => {
  for (const n of [1, 2, 4, 5, 7, 8, 9, 14, 16, 20, 22, 23, 24]) expect(document).toContain(`\n| 3.1.4.1.3.${n} `)
  expect(rows.length).toBeGreaterThan(50)
})

it.each(rows)('docs/conformance-xcep.md: %s', (_, code, tests) => {
  const symbols = citations(code, /`([^`]+)`/g)
  const titles = citations(tests, /"([^"]+)"/g)
  expect(Math.min(symbols.length, titles.length)).toBeGreaterThan(0)
  for (const [file, text] of [...symbols, ...titles]) {
    expect(existsSync(new URL(file, root)), file).toBe(true)
    expect(read(file).includes(text), `${file}: ${text}`).toBe(true)
  }
})
