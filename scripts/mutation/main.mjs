// `npm run mutation`: takes single checks, branches, calls and values out of the code, and counts how many of these mutants a test notices.
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readSource, shuffled } from '../conformance.mjs'
import { Runner } from '../conformance/child.mjs'
import { allChangesOf, changed, switchable } from '../conformance/mutations.mjs'
import { importGraph, sourceFiles } from '../import-graph.mjs'

/** @typedef {import('../conformance/mutations.mjs').Change} Change */
/** @typedef {{ file: string, change: Change, line: number, state: 'noticed' | 'survived' | 'not reached' | 'equivalent' }} Mutant */

/** Where a mutant is a fault of security: protocols, verification, processing rules, readers of what comes from outside. */
const targets = [
  'bindings/octets/',
  'bindings/engine/',
  'bindings/subgroup/',
  'src/uprove/',
  'src/ws-trust/syntax/',
  'src/ws-trust/trust/',
  'src/ws-trust/artefacts/',
  'src/ws-trust/issuance/',
  'src/ws-trust/presentation/',
  'src/wstep/',
  'src/pki/asn1/',
  'src/pki/x509/',
  'src/pki/requests/',
]
/** Whole processes, and arithmetic that takes seconds for each test. */
const notRun =
  /^(?:src\/e2e|src\/server|src\/cli\/(?:commands|demo|self-check)|src\/store\/(?:crash|store)|bindings\/curve)/
/** How many test files are tried for a mutant, the nearest first. */
const nearest = 16

const usage = `npm run mutation -- [OPTION...]

Takes single checks, branches, calls and values out of the code, and counts how many of these mutants a test notices. A mutant that changes nothing
that could be noticed is in scripts/mutation/equivalent.json, with the reason, and does not count.

  --files PART   only files whose path contains this
  --sample N     as many mutants, drawn by the seed (default: all, which takes hours)
  --seed N       of the sample (default: random; it is printed)
  --least N      fails below this score, in percent
  --survivors    lists what no test noticed
  --help         this text
`
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '' },
    sample: { type: 'string' },
    seed: { type: 'string' },
    least: { type: 'string' },
    survivors: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(usage)
  process.exit(0)
}
process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
const scratch = mkdtempSync(path.join(tmpdir(), 'mutation-'))
const log = path.join(scratch, 'log')
const runner = new Runner({ log, plan: path.join(scratch, 'plan.json'), switchedBy: 'scripts/mutation/switch.mjs' })
process.on('exit', () => {
  runner.end()
  rmSync(scratch, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

/** @type {Record<string, string>} by file, line and description: why nothing could notice it */
const equivalent = JSON.parse(readFileSync('scripts/mutation/equivalent.json', 'utf8'))
const keyOf = (/** @type {Mutant} */ { file, change }) => `${file}: ${change.description}`

const sources = await sourceFiles()
const testFiles = (
  await Promise.all(
    ['bindings', 'src'].map((root) =>
      readdir(root, { recursive: true }).then((names) => names.map((name) => `${root}/${name}`)),
    ),
  )
)
  .flat()
  .filter((file) => /\.ts$/.test(file))
const graph = importGraph([...new Set([...sources, ...testFiles])])

/**
 * The test files that import a file, by how far it is from them.
 * @param {string} file
 */
function testsOf(file) {
  /** @type {Map<string, string[]>} */
  const importers = new Map()
  for (const [from, to] of graph)
    for (const target of to) importers.set(target, [...(importers.get(target) ?? []), from])
  const found = []
  const seen = new Set([file])
  for (let ring = [file]; ring.length > 0;) {
    ring = ring
      .flatMap((each) => importers.get(each) ?? [])
      .filter((each) => !seen.has(each) && Boolean(seen.add(each)))
    found.push(...ring.filter((each) => each.endsWith('.test.ts') && !notRun.test(each)))
  }
  const own = file.split('/')
  // Tests in the same rooms come first: the more of the path they share.
  const shared = (/** @type {string} */ test) => test.split('/').findIndex((part, i) => part !== own[i])
  return found.toSorted((a, b) => shared(b) - shared(a)).slice(0, nearest)
}

/** @type {Mutant[]} */
const all = sources
  .filter((file) => targets.some((target) => file.startsWith(target)) && file.includes(values.files))
  .flatMap((file) => {
    const text = readSource(file)
    return allChangesOf(file).map((change) => ({
      file,
      change,
      line: text.slice(0, change.from).split('\n').length,
      state: /** @type {const} */ ('not reached'),
    }))
  })
const seed = Number(values.seed ?? randomInt(2 ** 31))
const chosen = values.sample === undefined ? all : shuffled(all, seed).slice(0, Number(values.sample))
const byFile = new Map(
  [...new Set(chosen.map(({ file }) => file))].map((file) => [file, chosen.filter((mutant) => mutant.file === file)]),
)
let done = 0
for (const [file, mutants] of byFile) {
  await tryAll(file, mutants)
  done += mutants.length
  console.log(
    `${file}: ${String(mutants.filter(({ state }) => state === 'noticed').length)} of ${String(mutants.length)} noticed (${String(done)} of ${String(chosen.length)} tried)`,
  )
}
const counted = chosen.filter(({ state }) => state !== 'equivalent')
const noticed = counted.filter(({ state }) => state === 'noticed').length
const score = (100 * noticed) / Math.max(1, counted.length)
if (values.survivors)
  for (const mutant of counted.filter(({ state }) => state !== 'noticed'))
    console.log(`${mutant.state}: ${mutant.file}:${String(mutant.line)}: ${mutant.change.description}`)
console.log(
  `${String(noticed)} of ${String(counted.length)} mutants noticed, ${score.toFixed(1)} %; ${String(chosen.length - counted.length)} equivalent; seed ${String(seed)}, of ${String(all.length)} in all`,
)
process.exit(values.least !== undefined && score < Number(values.least) ? 1 : 0)

/**
 * Tries the mutants of a file, with all tests together, and those that are left each in a run of its own: what they change may have its effect
 * before a test begins.
 * @param {string} file
 * @param {readonly Mutant[]} mutants
 */
async function tryAll(file, mutants) {
  for (const mutant of mutants) if (keyOf(mutant) in equivalent) mutant.state = 'equivalent'
  const numbered = mutants.flatMap((mutant, i) =>
    mutant.state === 'equivalent' ? [] : [/** @type {const} */ ([i + 1, mutant.change])],
  )
  if (numbered.length === 0) return
  const replaced = {
    [file]: switchable(file, numbered, (number) => `globalThis.mutationIsOn?.(${String(number)}) === true`),
  }
  const tests = testsOf(file)
  /** @type {Set<number>} */
  const endless = new Set()
  for (const test of tests) {
    for (let again = true; again;) {
      const left = numbered
        .map(([number]) => number)
        .filter((number) => mutants[number - 1]?.state !== 'noticed' && !endless.has(number))
      if (left.length === 0) return
      const outcomes = await runner.run({ files: [test], replaced, plan: { log, mutants: left } })
      let last = 0
      for (const line of readFileSync(log, 'utf8').split('\n').filter(Boolean)) {
        const entry = /** @type {import('./switch.mjs').Entry} */ (JSON.parse(line))
        if ('begun' in entry) last = entry.begun
        const numbers = 'noticed' in entry ? [entry.noticed] : 'reached' in entry ? entry.reached : []
        for (const number of numbers) {
          const mutant = mutants[number - 1]
          if (mutant !== undefined && mutant.state !== 'noticed')
            mutant.state = 'noticed' in entry ? 'noticed' : 'survived'
        }
      }
      // A mutant that never ends is noticed by that.
      again = outcomes === undefined && last > 0 && !endless.has(last)
      endless.add(last)
      const stuck = mutants[last - 1]
      if (again && stuck !== undefined) stuck.state = 'noticed'
    }
  }
  for (const mutant of mutants.filter(({ state }) => state === 'survived' || state === 'not reached')) {
    for (const test of tests.slice(0, 3)) {
      const outcomes = await runner.run({ files: [test], replaced: { [file]: changed(file, mutant.change) } })
      if (outcomes?.every(({ state }) => state !== 'failed') === true) continue
      mutant.state = 'noticed'
      break
    }
  }
}
