import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import ts from 'typescript'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { announced, examplesIn, programsIn } from './examples.mjs'
import { sourceFiles } from './import-graph.mjs'

const read = (file: string): string => readFileSync(file, 'utf8')
const documents = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
)
const { exports: exported } = JSON.parse(read('package.json')) as { exports: Record<string, unknown> }
const sources = (await sourceFiles()).filter((file) => /^(?:bindings|src)\//.test(file))
const examples = [
  ...documents.flatMap((document) => programsIn(document, read(document))),
  ...sources.flatMap((file) => examplesIn(file, read(file))),
]

// Within the package, whose name its own files may import. TypeScript writes `.mjs` for `.mts`.
const folder = path.resolve(`build/examples-${process.pid}`)
const files = examples.map((_, i) => path.join(folder, `example-${i}.mts`))
const faults = new Map<string, string[]>()
const home = process.cwd()
const elsewhere = mkdtempSync(path.join(tmpdir(), 'examples-'))

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  for (const [i, { code }] of examples.entries()) writeFileSync(files[i]!, code)
  const strict: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: ['node'],
    skipLibCheck: true,
  }
  const inBundlers = { ...strict, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }
  const inNode = ts.createProgram(files, { ...strict, module: ts.ModuleKind.NodeNext })
  for (const program of [ts.createProgram(files, inBundlers), inNode]) {
    for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program)) {
      const name = path.resolve(file?.fileName ?? '')
      const { line = -1 } = file?.getLineAndCharacterOfPosition(start) ?? {}
      const fault = `${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
      faults.set(name, [...(faults.get(name) ?? []), fault])
    }
  }
  inNode.emit()
  // What programs write goes to a folder that is taken away.
  process.chdir(elsewhere)
}, 120_000)

afterEach(() => {
  vi.restoreAllMocks()
})

afterAll(() => {
  process.chdir(home)
  for (const each of [folder, elsewhere]) rmSync(each, { recursive: true, force: true })
})

describe('the examples', () => {
  it.each(examples.map((example, i) => ({ ...example, file: files[i]! })))(
    '$where compiles, runs, and prints what it says',
    async ({ code, file }) => {
      expect(faults.get(file) ?? []).toEqual([])
      const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
      await import(/* @vite-ignore */ pathToFileURL(file.replace(/\.mts$/, '.mjs')).href)
      const text = (value: unknown): string => (typeof value === 'string' ? value : inspect(value).replaceAll("'", ''))
      const printed = log.mock.calls.map((values: unknown[]) => values.map(text).join(' '))
      expect(printed).toEqual(announced(code))
    },
    60_000,
  )

  it('are there, and show what they do', () => {
    expect(examples.length).toBeGreaterThan(8)
    const inDocuments = examples.filter(({ where }) => where.includes('.md'))
    expect(inDocuments.filter(({ code }) => announced(code).length === 0).map(({ where }) => where)).toEqual([])
  })

  it('show every entry of the package', () => {
    const entries = Object.keys(exported).filter((entry) => !/\*|\.json$|worker$/.test(entry))
    const inDocstrings = examples.filter(({ where }) => where.includes('.ts:')).map(({ code }) => code)
    const isShown = (entry: string): boolean =>
      inDocstrings.some((code) => code.includes(` from 'uprove-wasm${entry.slice(1)}'`))
    expect(entries.filter((entry) => !isShown(entry))).toEqual([])
  })

  it('begin in the README with few lines', () => {
    const first = examples.find(({ where }) => where.startsWith('README.md'))!
    expect(first.code.trim().split('\n').length).toBeLessThanOrEqual(25)
  })
})

describe('programsIn', () => {
  it('takes programs and leaves what says that it is a fragment', () => {
    const text =
      '```ts\nimport 1\n```\n\n```ts\n2\n```\n\n```ts fragment\nconst a = 3\n```\n\n```sh\nimport 4\n```\n\n```js a.js\n5\n```\n'
    expect(programsIn('a.md', text)).toEqual([
      { where: 'a.md 1', code: 'import 1\n' },
      { where: 'a.md 2', code: '2\n' },
    ])
  })

  it('refuses programs in JavaScript, which nobody compiles', () => {
    expect(() => programsIn('a.md', '- x\n\n  ```js\n  f()\n  ```\n')).toThrow('a.md: programs are in TypeScript')
  })
})

describe('examplesIn', () => {
  it('takes what docstrings show', () => {
    const text = [
      'const a = 1',
      '  /**',
      '   * Says it.',
      '   * @example',
      '   * ```ts',
      "   * import { a } from 'a'",
      '   *',
      '   * a()',
      '   * ```',
      '   */',
    ].join('\n')
    expect(examplesIn('a.ts', text)).toEqual([{ where: 'a.ts:2', code: "import { a } from 'a'\n\na()\n" }])
    expect(() => examplesIn('a.ts', '/**\n * @example a()\n */')).toThrow('a.ts:1')
  })
})

describe('announced', () => {
  it('reads comments behind console.log', () => {
    expect(announced("console.log(1, 'a') // 1 'a'\nif (x) console.log(2) // 2\nf() // 3\n")).toEqual(['1 a', '2'])
  })
})
