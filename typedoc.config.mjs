// The reference of the public interface, from the docstrings: `npm run docs` writes build/docs.
import { readdirSync, readFileSync } from 'node:fs'

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))

/** The sources of the entries that package.json exports. */
const entryPoints = Object.values(exports).flatMap(({ types = '' }) => {
  const source = types.replace('./build/types/', '').replace('.d.ts', '.ts')
  if (!source.includes('*')) return source === '' ? [] : [source]
  const [folder = '', end = ''] = source.split('*')
  return readdirSync(folder)
    .filter((name) => /^L\d+N\d+/.test(name) && name.endsWith(end))
    .map((name) => folder + name)
})

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'uprove-wasm',
  entryPoints,
  out: 'build/docs',
  tsconfig: 'tsconfig.json',
  readme: 'README.md',
  projectDocuments: ['docs/*.md'],
  excludePrivate: true,
  excludeInternal: true,
  githubPages: false,
  // Which commit is on the network is not known here.
  disableSources: true,
  sort: ['kind', 'alphabetical'],
  treatWarningsAsErrors: true,
  // Types that signatures name and embedders never write, such as the brands of elements.
  validation: { notExported: false, invalidLink: true, notDocumented: false },
}
