import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { placeholder } from './release/release.mjs'
import { rooms } from './rooms.mjs'

const read = (file: string): string => readFileSync(file, 'utf8')
const inFolder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => path.posix.join(folder, name.replaceAll('\\', '/')))
const documents = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...['docs', 'bench', 'src', 'bindings', 'assembly', 'vectors', 'examples', 'scripts'].flatMap(inFolder),
]

/** The targets of links, inline or by reference, as paths in the repository. Those that lead elsewhere are left out. */
function targetsOf(document: string): string[] {
  const text = read(document)
  const found = [...text.matchAll(/\]\(([^)\s]+)\)/g), ...text.matchAll(/^\[[^\]]+\]: (\S+)$/gm)].map(([, to]) => to!)
  return found.flatMap((target) => {
    const [address = ''] = target.split('#')
    if (address.startsWith(placeholder)) {
      return address.slice(placeholder.length).replace(/^\/(?:blob|tree)\/main\//, '') || []
    }
    if (address === '' || address.includes(':')) return []
    return path.posix.join(path.posix.dirname(document), address)
  })
}

/** The anchors of a document's headings, as forges make them. */
function anchorsOf(document: string): string[] {
  return [...read(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('the documents', () => {
  it.each(documents)('%s links to what is there', (document) => {
    const isPage = (target: string): boolean => /^\/(?:issues|security)\b/.test(target)
    expect(targetsOf(document).filter((target) => !isPage(target) && !existsSync(target))).toEqual([])
  })

  it.each(documents)('%s links to headings that are there', (document) => {
    const found = [...read(document).matchAll(/\]\(([^)#\s:]*)#([^)\s]+)\)/g)].filter(([, file = '', anchor = '']) => {
      const target = file === '' ? document : path.posix.join(path.posix.dirname(document), file)
      return !anchorsOf(target).includes(anchor)
    })
    expect(found.map(([link]) => link)).toEqual([])
  })

  it.each(documents)('%s names files that are there', (document) => {
    const named = read(document).match(
      /(?<=`)(?:assembly|bindings|bench|docs|examples|scripts|src|vectors)\/[\w./-]*(?=`)/g,
    )
    // Rooms have a test of their own.
    const isKnown = (file: string): boolean => existsSync(file) || rooms.includes(file)
    expect((named ?? []).filter((file) => !isKnown(file))).toEqual([])
  })

  it('that are in the package link absolutely: npm shows the README, and the guides are not beside them', () => {
    for (const document of ['README.md', 'CHANGELOG.md']) {
      expect(read(document).match(/\]\((?!https:)[^)]+\)|^\[[^\]]+\]: (?!https:).*$/gm) ?? []).toEqual([])
    }
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(132)
  })
})
