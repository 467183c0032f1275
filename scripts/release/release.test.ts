import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { files, obstacles, placeholder, releaseNotes, withAddress } from './release.mjs'

const read = (file: string): string => readFileSync(file, 'utf8')
const address = 'https://github.com/someone/uprove-wasm'

describe('a release', () => {
  it('finds every placeholder', () => {
    const all = ['ARCHITECTURE.md', 'CHANGELOG.md', ...files].filter((file) => read(file).includes(placeholder))
    expect(all.sort()).toEqual(files.filter((file) => read(file).includes(placeholder)).sort())
  })

  it('is held up by placeholders and by a version without changes', () => {
    const texts: Record<string, string> = { 'CHANGELOG.md': '## [1.2.3] - 2026-12-01' }
    for (const file of files) texts[file] = ''
    const found = (manifest: string): string[] =>
      obstacles((file) => (file === 'package.json' ? manifest : texts[file]!))
    expect(found('{ "version": "1.2.3" }')).toEqual([])
    expect(found('{ "version": "1.2.4" }')).toEqual(['CHANGELOG.md has no section for 1.2.4'])
    expect(found(`{ "version": "1.2.3", "homepage": "${placeholder}" }`)).toHaveLength(1)
  })

  it('is held up by changes that no version has', () => {
    const found = (changes: string): string[] =>
      obstacles((file) => (file === 'CHANGELOG.md' ? changes : '{ "version": "1.2.3" }'))
    const section = '## [1.2.3] - 2026-12-01\n\n### Added\n\n- All.\n'
    expect(found(`# Changelog\n\n## [Unreleased]\n\n${section}`)).toEqual([])
    expect(found(`## [Unreleased]\n\n### Added\n\n- More.\n\n${section}`)).toEqual([
      'CHANGELOG.md has changes without a version',
    ])
  })

  it('finds the version of the package in the changelog, below what is unreleased', () => {
    const [unreleased, newest, ...older] = [...read('CHANGELOG.md').matchAll(/^## \[(.+?)\](?: - \d{4}-\d\d-\d\d)?$/gm)]
    expect(unreleased?.[1]).toBe('Unreleased')
    const { version } = JSON.parse(read('package.json')) as { version: string }
    expect([newest, ...older].map((section) => section?.[1])).toContain(version)
  })

  it('fills in an address, and takes none that is no repository', () => {
    for (const file of files) expect(withAddress(read(file), address)).not.toContain(placeholder)
    expect(withAddress(`${placeholder}/issues`, address)).toBe(`${address}/issues`)
    for (const wrong of ['github.com/a/b', 'https://github.com', `${address}.git`, 'http://github.com/a/b']) {
      expect(() => withAddress('', wrong)).toThrow(TypeError)
    }
  })

  it('has notes with its changes and the digest of its package, and none with that of another', () => {
    const changelog =
      '# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-12-01\n\n- New.\n\n## [1.2.2] - 2026-11-01\n\n- Old.\n'
    const made = { name: 'uprove-wasm-1.2.3.tgz', digest: 'd'.repeat(64), commit: 'c'.repeat(40) }
    const texts = (version: string, name = made.name): Record<string, string> => ({
      'package.json': JSON.stringify({ version }),
      'CHANGELOG.md': changelog,
      'artefacts/digest.json': JSON.stringify({ ...made, name }),
    })
    const notes = (all: Record<string, string>): string => releaseNotes((file) => all[file]!)
    expect(notes(texts('1.2.3'))).toMatch(/^# 1\.2\.3\n\n- New\.\n\n## The package\n/)
    for (const fact of Object.values(made)) expect(notes(texts('1.2.3'))).toContain(`\`${fact}\``)
    expect(notes(texts('1.2.3'))).not.toContain('Old')
    expect(() => notes(texts('1.2.4'))).toThrow('no section for 1.2.4')
    expect(() => notes(texts('1.2.3', 'uprove-wasm-1.2.2.tgz'))).toThrow('supply-chain')
  })
})
