import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

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
