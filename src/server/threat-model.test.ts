import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')
const text = read('docs/threat-model.md')

const FILE = /`((?:src|bench|bindings)\/[\w./-]+(?:\.test|-contract)\.ts)`/

/** The tests that a text names: a file, and the titles behind it. */
function citationsIn(part: string): (readonly [file: string, titles: readonly string[]])[] {
  const pieces = part.replace(/\s+/g, ' ').split(FILE).slice(1)
  return pieces.flatMap((file, i) => {
    if (i % 2 === 1) return []
    const [titles = ''] = /^(?:[,;]? ?"[^"]+")*/.exec(pieces[i + 1] ?? '') ?? []
    return [[file, [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title)] as const]
  })
}

/** The items of the lists under **Cannot**. */
function impossible(): string[] {
  return text
    .split('**Cannot**')
    .slice(1)
    .flatMap((part) => {
      const [list = ''] = part.split(/^(?:\*\*Can\*\*|#)/m)
      return list.split(/^- /m).slice(1)
    })
}

describe('docs/threat-model.md', () => {
  it('tells for an account, an address, a key and a backup what an attacker cannot do, each with a test', () => {
    for (const section of ['one account', 'one address', 'a stolen key', 'a stolen backup']) {
      const [, part = ''] = text.split(`## An attacker with ${section}\n`)
      const [own = ''] = part.split(/^## /m)
      expect(own, section).toContain('**Cannot**')
      expect(own, section).toContain('**Can**')
    }
    expect(impossible().length).toBeGreaterThan(25)
    for (const item of impossible()) {
      const titles = citationsIn(item).flatMap(([, each]) => each)
      expect(titles, item).not.toHaveLength(0)
    }
  })

  it.each(citationsIn(text))('%s: %j', (file, titles) => {
    expect(existsSync(new URL(file, root))).toBe(true)
    for (const title of titles) expect(read(file)).toContain(title)
  })
})
