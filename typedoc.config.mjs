// The reference of the public interface, from the docstrings: `npm run docs` writes build/docs.
import { readdirSync, readFileSync } from 'node:fs'
import { Converter, OptionDefaults } from 'typedoc'

const { name: packageName, exports } = JSON.parse(readFileSync('package.json', 'utf8'))

/** The entries that package.json exports, by source: `src/pool/index.ts` is `uprove-wasm/pool`. @type {Map<string, string>} */
const entries = new Map()
for (const [specifier, { types = '' }] of Object.entries(exports)) {
  const source = types.replace('./build/types/', '').replace('.d.ts', '.ts')
  const entry = specifier.replace('.', packageName)
  const [folder = '', end] = source.split('*')
  if (end === undefined) {
    if (source !== '') entries.set(source, entry)
  } else {
    const sets = readdirSync(folder).filter((file) => /^[LP]\d+/.test(file) && !file.endsWith('.test.ts'))
    for (const file of sets) entries.set(folder + file, entry.replace('*', file.slice(0, -end.length)))
  }
}

/**
 * Calls the modules what users import.
 * @param {import('typedoc').Application} app
 */
function nameEntries(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const entry = entries.get(project.getSymbolIdFromReflection(module)?.packagePath ?? '')
      if (entry !== undefined) module.name = entry
    }
  })
}

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: packageName,
  entryPoints: [...entries.keys()],
  out: 'build/docs',
  highlightLanguages: [...OptionDefaults.highlightLanguages, 'jsx'],
  tsconfig: 'tsconfig.json',
  readme: 'README.md',
  projectDocuments: ['ARCHITECTURE.md', 'SECURITY.md', 'docs/*.md'],
  plugin: [nameEntries],
  locales: { en: { kind_plural_document: 'Guides', kind_plural_module: 'Entries' } },
  kindSortOrder: [
    'Document',
    'Module',
    'Class',
    'Function',
    'Interface',
    'TypeAlias',
    'Variable',
    'Enum',
    'Namespace',
    'Reference',
  ],
  navigation: { includeGroups: true },
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
