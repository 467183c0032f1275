// Which source file imports which, types included, and the circles among them. Tests are left out: they may import anything.
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import ts from 'typescript'
import { isForTests } from './rooms.mjs'

/** A file, and the files that it imports. @typedef {ReadonlyMap<string, readonly string[]>} ImportGraph */

/** The folders with sources. */
const roots = ['assembly', 'bindings', 'src', 'bench', 'scripts']

/** The source files, without tests and what serves them, with forward slashes. */
export async function sourceFiles() {
  const found = await Promise.all(
    roots.map(async (root) =>
      (await readdir(root, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name).replaceAll('\\', '/')),
    ),
  )
  return found
    .flat()
    .filter((file) => /\.(?:ts|mjs)$/.test(file) && !isForTests(file))
    .sort()
}

/**
 * @param {readonly string[]} files
 * @param {(file: string) => string} [read]
 * @returns {ImportGraph}
 */
export function importGraph(files, read = (file) => readFileSync(file, 'utf8')) {
  const known = new Set(files)
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(read(file), true, true)
      const targets = importedFiles.flatMap(({ fileName }) => {
        if (!fileName.startsWith('.')) return []
        const target = path.posix.join(path.posix.dirname(file), fileName)
        // TypeScript says `.js` for a `.ts`; AssemblyScript leaves the ending out.
        const names = [target, target.replace(/\.js$/, '.ts'), `${target}.ts`, `${target}/index.ts`]
        return names.find((name) => known.has(name)) ?? []
      })
      return /** @type {const} */ ([file, [...new Set(targets)]])
    }),
  )
}

/**
 * The circles of a graph: sets of files each of which reaches every other one (R. Tarjan, 1972).
 * @param {ImportGraph} graph
 * @returns {string[][]}
 */
export function circles(graph) {
  /** @type {string[][]} */
  const found = []
  /** @type {string[]} */
  const stack = []
  /** @type {Map<string, { index: number, low: number, onStack: boolean }>} */
  const visited = new Map()
  const visit = (/** @type {string} */ file) => {
    const own = { index: visited.size, low: visited.size, onStack: true }
    visited.set(file, own)
    stack.push(file)
    for (const target of graph.get(file) ?? []) {
      const other = visited.get(target) ?? visit(target)
      if (other.onStack) own.low = Math.min(own.low, other.low)
    }
    if (own.low === own.index) {
      const members = stack.splice(stack.indexOf(file))
      for (const member of members) {
        const state = visited.get(member)
        if (state !== undefined) state.onStack = false
      }
      if (members.length > 1 || graph.get(file)?.includes(file)) found.push(members.sort())
    }
    return own
  }
  for (const file of graph.keys()) if (!visited.has(file)) visit(file)
  return found
}
