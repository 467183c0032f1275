import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { kernels } from '../loading/detect.js'
import { loadInlinedKernel } from '../loading/inlined-kernels.js'
import { curves } from '../../scripts/curve/curves.mjs'

/** The functions that a file exports, by name, with the names of their parameters. */
type Functions = Map<string, string[]>

const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), ts.ScriptTarget.Latest)

const parametersOf = (node: ts.SignatureDeclaration, file: ts.SourceFile): string[] =>
  node.parameters.map(({ name }) => name.getText(file))

/** What an interface of functions declares. */
function declared(path: string, name: string): Functions {
  const found: Functions = new Map()
  const file = parse(path)
  for (const statement of file.statements) {
    if (!ts.isInterfaceDeclaration(statement) || statement.name.text !== name) continue
    for (const member of statement.members) {
      if (!ts.isPropertySignature(member) || member.type === undefined || !ts.isFunctionTypeNode(member.type)) continue
      found.set(member.name.getText(file), parametersOf(member.type, file))
    }
  }
  return found
}

/** What a module of AssemblyScript, whose syntax is TypeScript's, exports. */
function exported(path: string): Functions {
  const found: Functions = new Map()
  const file = parse(path)
  for (const statement of file.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) {
      const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true
      if (isExported) found.set(statement.name.text, parametersOf(statement, file))
    } else if (ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined) {
      const source = statement.moduleSpecifier.getText(file).slice(1, -1)
      if (source === './field') continue // written at build time; measurements alone use its exports
      if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause)) continue
      const target = exported(new URL(`${source}.ts`, `file:///${path}`).pathname.slice(1))
      for (const { name } of statement.exportClause.elements) found.set(name.text, target.get(name.text) ?? [])
    }
  }
  return found
}

const common = declared('bindings/core/core.ts', 'CommonExports')
const cores = {
  'of subgroups': {
    declared: new Map([...common, ...declared('bindings/core/core.ts', 'CoreExports')]),
    exported: exported('assembly/index.ts'),
    modules: kernels.map((kernel) => `${kernel}.wasm`),
  },
  'of curves': {
    declared: new Map([...common, ...declared('bindings/curve/curve-core.ts', 'CurveExports')]),
    exported: exported('assembly/curve/index.ts'),
    modules: curves.flatMap(({ name }) => kernels.map((kernel) => `${name}/${kernel}.wasm`)),
  },
}

/** Pointers and sizes are all numbers to TypeScript, so that it would not notice two that changed places. */
describe.each(Object.entries(cores))('the core %s', (_, core) => {
  it('is declared as its source has it, parameter by parameter', () => {
    expect(core.declared.size).toBeGreaterThan(15)
    expect(Object.fromEntries(core.declared)).toEqual(Object.fromEntries(core.exported))
  })

  it.each(core.modules)('exports from %s what is declared', async (path) => {
    // On Node 20 this makes relaxed SIMD available.
    await loadInlinedKernel('relaxed-fma')
    const octets = readFileSync(new URL(`../../build/kernels/${path}`, import.meta.url))
    const functions = WebAssembly.Module.exports(new WebAssembly.Module(octets)).filter(
      ({ kind }) => kind === 'function',
    )
    expect(functions.map(({ name }) => name)).toEqual(expect.arrayContaining([...core.declared.keys()]))
  })
})
