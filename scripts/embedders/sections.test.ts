import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sectionsOf } from './sections.mjs'
import { tools } from './tools.mjs'

const guide = readFileSync('docs/start.md', 'utf8')
const matrix = readFileSync('docs/embedding.md', 'utf8')

describe('the sections of docs/start.md', () => {
  const sections = sectionsOf(guide)

  it('are those that are run, and each has a row in the table', () => {
    const names = tools.map(({ tool }) => tool)
    expect(sections.map(({ tool }) => tool).sort()).toEqual([...names].sort())
    const rows = matrix.split('\n').filter((row) => row.endsWith('| passes |'))
    expect(rows.map((row) => /^\| \[(.+?)\]\(start\.md#/.exec(row)?.[1])).toEqual(names)
  })

  it.each(sections)(
    '$tool: installs the package, and names each file before it shows it',
    ({ files, commands, text }) => {
      expect(commands.some(({ code }) => /^npm install uprove-wasm$/m.test(code))).toBe(true)
      expect([...files.keys()].some((name) => text.includes(`\`${name}\``) || name === 'main.js')).toBe(true)
      for (const [, name] of text.matchAll(/^```\w+ (\S+\.\w+)$/gm)) {
        expect([
          name,
          text.indexOf(`\`${name}\``) >= 0 && text.indexOf(`\`${name}\``) < text.indexOf(` ${name}\n`),
        ]).toEqual([name, true])
      }
    },
  )
})

describe('sectionsOf', () => {
  it('gives each section the shared files, unless it has its own', () => {
    const document =
      'x\n```js a.js\n1\n```\n```js b.js\n2\n```\n## One\n```sh\nnpx one\n```\n```js b.js\n3\n```\n## Two\n`presentation.ts`\n```sh serve\nnpx two\n```\n'
    const [one, two] = sectionsOf(document)
    expect(one?.files).toEqual(
      new Map([
        ['a.js', '1\n'],
        ['b.js', '3\n'],
      ]),
    )
    expect(one?.commands).toEqual([{ code: 'npx one\n', serves: false }])
    expect(two?.files).toEqual(
      new Map([
        ['a.ts', '1\n'],
        ['b.ts', '2\n'],
      ]),
    )
    expect(two?.commands).toEqual([{ code: 'npx two\n', serves: true }])
  })
})
