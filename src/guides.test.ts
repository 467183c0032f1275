import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'

const root = new URL('../', import.meta.url)
const guides = ['README.md', ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
)

/** Blocks marked `js` are whole programs; what is only part of one, or for other places, is marked otherwise. */
const programs = guides.flatMap((guide) => {
  const text = readFileSync(new URL(guide, root), 'utf8')
  return [...text.matchAll(/^```js\n(?<code>[^]*?)^```$/gm)].map(({ groups }, i) => ({
    guide,
    number: i + 1,
    code: groups!['code']!,
  }))
})

/** What a program says that it prints: the comments behind `console.log(...)`, or below. Quotes around texts are optional. */
const announced = (code: string): string[] =>
  [...code.matchAll(/^console\.log\(.*\)\s+\/\/ (?<output>.+)$/gm)].map(({ groups }) =>
    groups!['output']!.replaceAll("'", ''),
  )

let file: string | undefined
afterEach(() => {
  if (file !== undefined) rmSync(file, { force: true })
  vi.restoreAllMocks()
})

describe('the guides', () => {
  it.each(programs)('$guide: program $number runs, and prints what it says', async ({ guide, number, code }) => {
    // Beside the package's own files, so that it can import the package by name.
    const name = `guide-${guide.replace(/\W+/g, '-')}-${number}.mjs`
    file = fileURLToPath(new URL(`build/${name}`, root))
    writeFileSync(file, code)
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    await import(/* @vite-ignore */ file)
    const printed = log.mock.calls.map((values: unknown[]) =>
      values
        .map((value) => inspect(value))
        .join(' ')
        .replaceAll("'", ''),
    )
    expect(printed).toEqual(announced(code))
    expect(printed).not.toEqual([])
  })

  it('the README starts in few lines', () => {
    const { code } = programs.find(({ guide }) => guide === 'README.md')!
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(25)
  })

  it('link to what is there', () => {
    for (const guide of guides) {
      const text = readFileSync(new URL(guide, root), 'utf8')
      for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)) {
        expect(() => readFileSync(new URL(target!, new URL(guide, root))), `${guide} links to ${target!}`).not.toThrow(
          /ENOENT/,
        )
      }
    }
  })
})
