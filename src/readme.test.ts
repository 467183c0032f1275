import { readFileSync, writeFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it, vi } from 'vitest'

const root = new URL('../', import.meta.url)
// Beside the package's own files, so that it can import the package by name.
const file = fileURLToPath(new URL('build/readme-example.mjs', root))

afterEach(() => {
  rmSync(file, { force: true })
  vi.restoreAllMocks()
})

it('the example of the README runs, and prints what it says', async () => {
  const readme = readFileSync(new URL('README.md', root), 'utf8')
  const example = /```js\n(?<code>[^]*?)```/.exec(readme)!.groups!['code']!
  writeFileSync(file, example)
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  await import(/* @vite-ignore */ file)
  expect(log.mock.calls).toEqual([[true, 'citizen']])
  expect(example).toContain("// true 'citizen'")
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(25)
})
