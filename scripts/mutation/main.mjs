// `npm run mutation`: takes single checks, branches, calls and values out of the code, and counts how many of these mutants a test notices.
import { randomInt } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { readSource, shuffled } from '../conformance.mjs'
import { allChangesOf } from '../conformance/mutations.mjs'
import { testsBySize } from './tests.mjs'
import { Trial } from './trial.mjs'

/** @typedef {import('./trial.mjs').Mutant} Mutant */

/** Where a mutant is a fault of security: protocols, verification, processing rules, readers of what comes from outside. */
const targets = [
  'bindings/',
  'src/uprove/',
  'src/ws-trust/syntax/',
  'src/ws-trust/trust/',
  'src/ws-trust/artefacts/',
  'src/ws-trust/issuance/',
  'src/ws-trust/presentation/',
  'src/ws-trust/wallet/',
  'src/ws-trust/soap/',
  'src/wstep/',
  'src/pki/asn1/',
  'src/pki/x509/',
  'src/pki/requests/',
  'src/pki/keys/',
  'src/pki/archival/',
]

const NOTICED_BY = 'scripts/mutation/noticed-by.json'

const usage = `npm run mutation -- [OPTION...]

Takes single checks, branches, calls and values out of the code, and counts how many of these mutants a test notices. A mutant that changes nothing
that could be noticed is in scripts/mutation/equivalent.json, with the reason, and does not count.

  --files PART    only files whose path contains this; several times: one of these
  --tests PART    only test files whose path contains this; several times: one of these
  --sample N      as many mutants, drawn by the seed (default: all, which takes hours)
  --seed N        of the sample (default: random; it is printed)
  --seconds N     spends so long on a mutant at most, its nearest tests first (default: 4)
  --least N       fails below this score, in percent
  --survivors     lists what no test noticed
  --results FILE  keeps the results in this file; what is noticed in it is not tried again
  --quick         only the tests that noticed mutants of the same file before (scripts/mutation/noticed-by.json), or those of its room
  --write         updates that file
  --help          this text
`
const { values } = parseArgs({
  options: {
    files: { type: 'string', multiple: true, default: [''] },
    tests: { type: 'string', multiple: true, default: [''] },
    sample: { type: 'string' },
    seed: { type: 'string' },
    seconds: { type: 'string', default: '4' },
    least: { type: 'string' },
    survivors: { type: 'boolean', default: false },
    results: { type: 'string' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(usage)
  process.exit(0)
}
process.chdir(fileURLToPath(new URL('../..', import.meta.url)))

/** By the reason why nothing could notice them, the keys of mutants. @type {Record<string, string[]>} */
const reasons = JSON.parse(readFileSync('scripts/mutation/equivalent.json', 'utf8'))
const equivalent = new Set(Object.values(reasons).flat())
/** The tests that noticed mutants of a source file. @type {Record<string, string[]>} */
const noticedBy = JSON.parse(readFileSync(NOTICED_BY, 'utf8'))
const { sources, tests } = await testsBySize()

/** @type {Mutant[]} */
const all = sources
  .filter(
    (file) => targets.some((target) => file.startsWith(target)) && values.files.some((part) => file.includes(part)),
  )
  .flatMap((file) => {
    const text = readSource(file)
    return allChangesOf(file).map((change) => ({
      file,
      change,
      line: text.slice(0, change.from).split('\n').length,
      state: equivalent.has(change.key) ? /** @type {const} */ ('equivalent') : /** @type {const} */ ('not reached'),
      milliseconds: 0,
      untold: new Set(),
    }))
  })
const gone = [...equivalent].filter(
  (key) => all.some(({ file }) => key.startsWith(`${file}: `)) && !all.some(({ change }) => change.key === key),
)
if (gone.length > 0) throw new Error(`equivalent.json names mutants that are not made: ${gone.join('; ')}`)
const seed = Number(values.seed ?? randomInt(2 ** 31))
const chosen = values.sample === undefined ? all : shuffled(all, seed).slice(0, Number(values.sample))

/** @type {Record<string, { state: Mutant['state'], by?: string }>} */
const before =
  values.results !== undefined && existsSync(values.results) ? JSON.parse(readFileSync(values.results, 'utf8')) : {}
for (const mutant of chosen) {
  const known = before[mutant.change.key]
  if (known?.state === 'noticed' && mutant.state !== 'equivalent') Object.assign(mutant, known)
}
function keep() {
  if (values.results === undefined) return
  const results = Object.fromEntries(chosen.map(({ change, state, by, line }) => [change.key, { state, by, line }]))
  const made = new Set(all.map(({ change }) => change.key))
  const files = new Set(all.map(({ file }) => file))
  const kept = Object.entries(before).filter(([key]) => made.has(key) || !files.has(key.slice(0, key.indexOf(': '))))
  writeFileSync(values.results, JSON.stringify({ ...Object.fromEntries(kept), ...results }, null, 1))
}

const trial = new Trial(chosen, Number(values.seconds), keep)
process.on('exit', () => trial.end())
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

const isLeft = (/** @type {Mutant} */ { state }) => state === 'survived' || state === 'not reached'
const seconds = () => Math.round(performance.now() / 1000)
let last = chosen.filter(isLeft).length
const report = (/** @type {string} */ done) => {
  const left = chosen.filter(isLeft).length
  if (left < last)
    console.log(`${done}: ${String(last - left)} noticed, ${String(left)} left (at ${String(seconds())} s)`)
  last = left
}
/** The room of a file, such as `src/pki`. */
const room = (/** @type {string} */ file) => file.split('/', 2).join('/')
/** The folder of a file, with the slash. */
const folder = (/** @type {string} */ file) => file.slice(0, file.lastIndexOf('/') + 1)
// First what is in the folder of a test, then all that it imports.
for (const isNear of [true, false])
  for (const [test, imported] of tests) {
    if (!values.tests.some((part) => test.includes(part))) continue
    const files = [...imported].filter(
      (file) =>
        (folder(file) === folder(test)) === isNear &&
        (!values.quick || (noticedBy[file]?.includes(test) ?? room(file) === room(test))),
    )
    await trial.run(test, new Set(files))
    report(test)
  }
for (const mutant of chosen.filter((each) => isLeft(each) && each.untold.size > 0)) {
  await trial.runAlone(mutant)
  keep()
  report(`${mutant.file}:${String(mutant.line)}, alone`)
}

if (values.write) {
  for (const file of new Set(chosen.map((mutant) => mutant.file))) {
    const by = new Set(chosen.flatMap((mutant) => (mutant.file === file && mutant.by !== undefined ? [mutant.by] : [])))
    if (by.size > 0) noticedBy[file] = [...tests.keys()].filter((test) => by.has(test))
  }
  const sorted = Object.entries(noticedBy).sort(([a], [b]) => (a < b ? -1 : 1))
  const options = { ...(await resolveConfig(NOTICED_BY)), filepath: NOTICED_BY }
  writeFileSync(NOTICED_BY, await format(JSON.stringify(Object.fromEntries(sorted)), options))
}
const counted = chosen.filter(({ state }) => state !== 'equivalent')
const scoreOf = (/** @type {readonly Mutant[]} */ mutants) =>
  (100 * mutants.filter(({ state }) => state === 'noticed').length) / Math.max(1, mutants.length)
if (values.survivors)
  for (const mutant of counted.filter(isLeft))
    console.log(
      `${mutant.state}: ${mutant.file}:${String(mutant.line)}: ${mutant.change.key.slice(mutant.file.length + 2)}`,
    )
const folderOf = (/** @type {Mutant} */ { file }) => folder(file).slice(0, -1)
for (const folder of new Set(counted.map(folderOf))) {
  const mutants = counted.filter((mutant) => folderOf(mutant) === folder)
  const noticed = mutants.filter(({ state }) => state === 'noticed').length
  console.log(`${folder}: ${String(noticed)} of ${String(mutants.length)} noticed, ${scoreOf(mutants).toFixed(1)} %`)
}
const score = scoreOf(counted)
console.log(
  `${String(counted.length - counted.filter(isLeft).length)} of ${String(counted.length)} mutants noticed, ${score.toFixed(1)} %; ${String(chosen.length - counted.length)} equivalent; seed ${String(seed)}, of ${String(all.length)} in all; ${String(seconds())} s`,
)
process.exit(values.least !== undefined && score < Number(values.least) ? 1 : 0)
