import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it, vi } from 'vitest'
import type { DenialReason } from '../authority.js'
import { DENIAL_CODES } from './policy/denials.js'

const root = new URL('../../../', import.meta.url)
const document = readFileSync(new URL('docs/pki.md', root), 'utf8')
// Beside the package's own files, so that it can import the package by name.
const file = fileURLToPath(new URL('build/pki-example.mjs', root))

afterEach(() => {
  rmSync(file, { force: true })
  vi.restoreAllMocks()
})

it('the example of docs/pki.md runs, and prints what it says', async () => {
  const example = /```js\n(?<code>[^]*?)```/.exec(document)!.groups!['code']!
  writeFileSync(file, example)
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  await import(/* @vite-ignore */ file)
  expect(log.mock.calls).toEqual([['issued', 'O=Fabrikam', 'alice@fabrikam.example']])
  expect(example).toContain(`// ${log.mock.calls[0]!.join(' ')}\n`)
})

it('docs/pki.md has the HRESULT of every reason', () => {
  for (const reason of Object.keys(DENIAL_CODES) as DenialReason[]) {
    const row = document.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${reason}\``))
    expect(row, reason).toContain(`0x${(DENIAL_CODES[reason] >>> 0).toString(16).toUpperCase().replace('0X', '')}`)
  }
})
