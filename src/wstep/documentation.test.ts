import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** The rows of all tables with code and tests, as cells. */
const rows = read('docs/conformance-wstep.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()))
  .filter(([, code = '']) => code.includes('.ts') || code === 'same')

/** The files of these rooms; the document names them without their folders. */
const files = ['src/wstep', 'src/authentication'].flatMap((room) =>
  readdirSync(new URL(room, root), { recursive: true, encoding: 'utf8' }).map((name) => `${room}/${name}`),
)
const inRepository = (file: string): string =>
  file.includes('/') ? file : (files.find((path) => path.endsWith(`/${file}`)) ?? file)

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

it('the example of docs/wstep.md runs, and prints what it says', async () => {
  const example = /```js\n(?<code>[^]*?)```/.exec(read('docs/wstep.md'))!.groups!['code']!
  // Beside the package's own files, so that it can import the package by name.
  const file = fileURLToPath(new URL('build/wstep-example.mjs', root))
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  try {
    writeFileSync(file, example)
    await import(/* @vite-ignore */ file)
    const said = Array.from(example.matchAll(/^console\.log.* \/\/ (.*)$/gm), ([, text]) => text)
    expect(said).toHaveLength(5)
    expect(log.mock.calls.map((line) => line.join(' '))).toEqual(said)
  } finally {
    rmSync(file, { force: true })
    log.mockRestore()
  }
})
