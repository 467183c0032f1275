// Which test files can notice a mutant of which source files, those that import least first.
import { readdir } from 'node:fs/promises'
import { importGraph, sourceFiles } from '../import-graph.mjs'

/** Whole processes, browsers and databases. */
const notRun =
  /^(?:src\/e2e|src\/server|src\/cli\/(?:commands|demo|self-check)|src\/store\/(?:crash|store|database)|src\/pool\/(?:killed-workers|bundling))/
/** Arithmetic on every kernel, every set and every curve, for seconds each: tried last. */
const slow =
  /^bindings\/(?:testing\/equivalence|out-of-memory|constant-time|subgroup\/(?:validation|derivation|wasm-engine))|^bindings\/curve\/(?:constant-time|curve|nist|wasm-curve|wycheproof)\.|^src\/pool|^src\/uprove\/related-bases|^src\/xml/

/**
 * The source files, and the test files with what each imports, near or far. The order is from a unit's own tests to those of whole protocols.
 * @returns {Promise<{ sources: string[], tests: Map<string, Set<string>> }>}
 */
export async function testsBySize() {
  const sources = await sourceFiles()
  const all = await Promise.all(
    ['bindings', 'src'].map(async (root) =>
      (await readdir(root, { recursive: true })).map((name) => `${root}/${name.replaceAll('\\', '/')}`),
    ),
  )
  const graph = importGraph([...new Set([...sources, ...all.flat().filter((file) => file.endsWith('.ts'))])])
  /** @param {string} file */
  const closure = (file) => {
    const found = new Set([file])
    for (const each of found) for (const target of graph.get(each) ?? []) found.add(target)
    return found
  }
  /** Arithmetic and cryptography are tried with their own tests before those of what uses them. */
  const rank = (/** @type {string} */ test) =>
    slow.test(test) ? 3 : test.startsWith('bindings/') ? 0 : test.startsWith('src/uprove/') ? 1 : 2
  const tests = [...graph.keys()]
    .filter((file) => file.endsWith('.test.ts') && !notRun.test(file))
    .map((file) => /** @type {const} */ ([file, closure(file)]))
    .sort(([a, { size: ofA }], [b, { size: ofB }]) => rank(a) - rank(b) || ofA - ofB)
  return { sources, tests: new Map(tests) }
}
