// The process in which `npm run conformance` runs tests: one for many runs, since starting vitest takes longer than most tests.
// It is a child, so that a mutant that never ends ends with it.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createVitest } from 'vitest/node'

/**
 * @typedef {{ files: string[], only?: string[], replaced?: Record<string, string>, plan?: object }} Run
 * tests to run: all of some files, or those with the full names; source files with another text; what is to be tried with each test
 * @typedef {{ file: string, name: string, line: number, state: string }} Outcome of one test, or
 * of loading its file if that failed: without a name
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
/** @type {Map<string, string>} */
let replaced = new Map()
const vitest = await createVitest(
  'test',
  {
    config: false,
    root,
    include: ['{bindings,src,scripts}/**/*.test.ts'],
    setupFiles: ['bindings/testing/octet-equality.ts'],
    runner: process.env['CONFORMANCE_SWITCH'] ?? '',
    reporters: [{}],
    watch: false,
    maxWorkers: 1,
    pool: 'threads',
    testTimeout: 600_000,
    hookTimeout: 120_000,
    includeTaskLocation: true,
    cache: false,
  },
  { plugins: [{ name: 'mutants', enforce: 'pre', load: (id) => replaced.get(id) }] },
)
await vitest.standalone()

/**
 * The full name of a test, as name patterns see it.
 *
 * @param {import('vitest/node').TestCase | import('vitest/node').TestSuite} test
 * @returns {string}
 */
const fullName = (test) => (test.parent.type === 'module' ? test.name : `${fullName(test.parent)} ${test.name}`)

/**
 * @param {Run} run
 * @returns {Promise<Outcome[]>}
 */
async function outcomes(run) {
  const before = replaced
  replaced = new Map(Object.entries(run.replaced ?? {}).map(([file, text]) => [path.join(root, file), text]))
  for (const file of new Set([...before.keys(), ...replaced.keys()]))
    if (before.get(file) !== replaced.get(file)) vitest.invalidateFile(file)
  writeFileSync(process.env['CONFORMANCE_PLAN'] ?? '', JSON.stringify(run.plan ?? { log: '', tests: {} }))
  const { only } = run
  if (only === undefined) vitest.resetGlobalTestNamePattern()
  else
    vitest.setGlobalTestNamePattern(
      new RegExp(`^(?:${only.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|')})$`),
    )
  const wanted = new Set(run.files.map((file) => path.join(root, file)))
  const all = await vitest.globTestSpecifications()
  const { testModules } = await vitest.runTestSpecifications(all.filter(({ moduleId }) => wanted.has(moduleId)))
  // vitest answers with all that it has run before, too.
  const own = testModules.filter(({ moduleId }) => wanted.has(moduleId))
  return own.flatMap((module) => {
    const file = path.relative(root, module.moduleId)
    const tests = [...module.children.allTests()].map((test) => ({
      file,
      name: fullName(test),
      line: test.location?.line ?? 0,
      state: test.result().state,
    }))
    // What failed while the file was loaded belongs to none of its tests.
    return module.errors().length === 0 ? tests : [...tests, { file, name: '', line: 0, state: 'failed' }]
  })
}

process.on('message', (/** @type {Run} */ run) => {
  outcomes(run).then(
    (tests) => process.send?.({ tests }),
    (/** @type {unknown} */ error) => process.send?.({ error: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
