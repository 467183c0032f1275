import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { circles, importGraph, sourceFiles } from './import-graph.mjs'
import { isForTests, roomOf, rooms } from './rooms.mjs'

const files = await sourceFiles()
const graph = importGraph(files)

/** A folder with more source files of its own than these holds more than one idea. */
const mostFiles = 16

describe('the rooms', () => {
  it('exist', () => {
    expect(rooms.filter((room) => !existsSync(room))).toEqual([])
  })

  it('have no circle of imports, types included', () => {
    expect(circles(graph)).toEqual([])
  })

  it('import no room below them, types included', () => {
    const arrowsBack = [...graph].flatMap(([file, targets]) =>
      roomOf(file) < 0
        ? []
        : targets.filter((target) => roomOf(target) > roomOf(file)).map((target) => `${file} -> ${target}`),
    )
    expect(arrowsBack).toEqual([])
  })

  it(`have at most ${mostFiles} source files a folder`, () => {
    const counts = new Map<string, number>()
    for (const file of files) counts.set(path.posix.dirname(file), (counts.get(path.posix.dirname(file)) ?? 0) + 1)
    expect([...counts].filter(([, count]) => count > mostFiles)).toEqual([])
  })

  it('hold every source file of bindings/ and src/', () => {
    const homeless = files.filter((file) => /^(?:bindings|src)\//.test(file) && roomOf(file) < 0)
    expect(homeless).toEqual([])
  })

  it('stand in ARCHITECTURE.md in their order', () => {
    const text = readFileSync('ARCHITECTURE.md', 'utf8')
    const [, list = ''] = /^## The rooms\n([^]*?)^## /m.exec(text) ?? []
    const named = [...list.matchAll(/^\| `([^`]+)`/gm)].map(([, room]) => room)
    expect(named).toEqual(rooms)
  })
})

describe('ARCHITECTURE.md', () => {
  const text = readFileSync('ARCHITECTURE.md', 'utf8')

  it('names files and what they declare', () => {
    // A stop of a walk: `path/to/file.ts`: `name` and `name`, up to the end of the sentence.
    const stops = [
      ...text.matchAll(/`((?:assembly|bindings|src)\/[\w./-]+\.ts)`(?:[:,] ((?:(?:, | and )?`[\w.#]+`)+))?/g),
    ]
    expect(stops.length).toBeGreaterThan(20)
    const missing = stops.flatMap(([, file = '', names = '']) => {
      if (!existsSync(file)) return [file]
      const source = readFileSync(file, 'utf8')
      return [...names.matchAll(/`([\w.#]+)`/g)].flatMap(([, name = '']) =>
        name.split('.').every((part) => new RegExp(`(?<![\\w$])${part}\\b`).test(source)) ? [] : [`${file}: ${name}`],
      )
    })
    expect(missing).toEqual([])
  })
})

describe('importGraph', () => {
  it('sees imports of values and types, re-exports, and import() in types and code', () => {
    const texts: Record<string, string> = {
      'src/a.ts': `import { b } from './b.js'; import type { C } from './c.js'; export * from './d.js'`,
      'src/b.ts': `let x: import('./c.js').C; await import('./d.js'); import 'node:fs'`,
      'src/c.ts': `import './absent.js'`,
      'src/d.ts': `import { k } from '../assembly'`,
      'assembly/index.ts': '',
    }
    expect(Object.fromEntries(importGraph(Object.keys(texts), (file) => texts[file]!))).toEqual({
      'src/a.ts': ['src/b.ts', 'src/c.ts', 'src/d.ts'],
      'src/b.ts': ['src/c.ts', 'src/d.ts'],
      'src/c.ts': [],
      'src/d.ts': ['assembly/index.ts'],
      'assembly/index.ts': [],
    })
  })
})

describe('circles', () => {
  it.each([
    ['none', { a: ['b', 'c'], b: ['c'], c: [] }, []],
    ['two files', { a: ['b'], b: ['a'] }, [['a', 'b']]],
    ['a file that imports itself', { a: ['a'] }, [['a']]],
    ['two circles', { a: ['b'], b: ['c'], c: ['b', 'd'], d: ['e'], e: ['d'] }, [['d', 'e'], ['b', 'c']]], // prettier-ignore
    ['two circles with a file in common', { a: ['b', 'c'], b: ['a'], c: ['a'] }, [['a', 'b', 'c']]],
  ])('finds %s', (_name, edges, expected) => {
    expect(circles(new Map(Object.entries(edges)))).toEqual(expected)
  })
})

describe('isForTests', () => {
  it('knows tests and folders for them', () => {
    expect(['src/a.test.ts', 'src/testing/a.ts', 'src/a.ts', 'src/latest.ts'].map(isForTests)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
