import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it, vi } from 'vitest'

const root = new URL('../../', import.meta.url)
// Beside the package's own files, so that it can import the package by name.
const file = fileURLToPath(new URL('build/ws-trust-example.mjs', root))

afterEach(() => {
  rmSync(file, { force: true })
  vi.restoreAllMocks()
})

it('the example of docs/ws-trust.md runs, and prints what it says', async () => {
  const document = readFileSync(new URL('docs/ws-trust.md', root), 'utf8')
  const example = /```js\n(?<code>[^]*?)```/.exec(document)!.groups!['code']!
  writeFileSync(file, example)
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  await import(/* @vite-ignore */ file)
  expect(log.mock.calls).toEqual([[true, 'member']])
  expect(example).toContain("// true 'member'")
})
