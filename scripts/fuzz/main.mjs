// `npm run fuzz`: searches inputs for which the library does what it must not, guided by the places in its code that they reach.
import { createHash, randomInt } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { bundleInstrumented } from './instrument.mjs'
import { least, readCorpus, writeCorpus } from './corpus.mjs'

const names = ['xml', 'soap', 'artefacts', 'der', 'vectors', 'arguments', 'http']
const usage = `npm run fuzz -- [TARGET...] [OPTION...]

Changes genuine inputs, keeps what reaches new places in the code, and changes that further. Fails on an error without a code, on a value
that does not come back as it was written, and where an input takes more than ten seconds or a gigabyte.

Targets: ${names.join(', ')}. Default: all, one after the other.

  --seconds N    how long to search each target (default 10)
  --runs N       how many inputs to try at most
  --seed N       of the changes (default: random; it is printed)
  --input FILE   check this input alone
  --keep         add what was found to the corpus in scripts/fuzz/corpus, the smallest inputs that reach all places
  --help         this text
`
const hangs = 10_000
const memoryMiB = 1024

const { values, positionals } = (() => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: 'string' },
        runs: { type: 'string' },
        seed: { type: 'string' },
        input: { type: 'string' },
        keep: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
})()
if (values.help === true) {
  process.stdout.write(usage)
  process.exit(0)
}
const unknown = positionals.find((name) => !names.includes(name))
if (unknown !== undefined) fail(`unknown target ${unknown}; there are ${names.join(', ')}`)
const chosen = positionals.length === 0 ? names : positionals
if (values.input !== undefined && chosen.length !== 1) fail('--input takes one target')
const seconds = numberOf('seconds', 10)
const runs = numberOf('runs', Number.MAX_SAFE_INTEGER)
const seed = numberOf('seed', randomInt(2 ** 32))

process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
mkdirSync('artefacts/fuzz/built', { recursive: true })
const outfile = 'artefacts/fuzz/built/targets.js'
const places = await bundleInstrumented('scripts/fuzz/targets/index.ts', outfile)
let failures = 0
for (const name of chosen) if (!(await search(name))) failures++
process.exitCode = failures === 0 ? 0 : 1

/**
 * Searches a target. Prints what it did.
 * @param {string} name
 * @returns {Promise<boolean>} whether nothing was found
 */
async function search(name) {
  const only = values.input === undefined ? undefined : new Uint8Array(readFileSync(values.input))
  const kept = only === undefined ? readCorpus(name) : [only]
  const shared = new SharedArrayBuffer(8 + 65_536)
  const counts = new Int32Array(shared, 0, 2)
  const started = performance.now()
  const worker = new Worker(new URL('worker.mjs', import.meta.url), {
    workerData: {
      ...{ name, places, seed, kept, shared, runs: only === undefined ? runs : 0, milliseconds: 1000 * seconds },
      bundle: pathToFileURL(outfile).href,
    },
    resourceLimits: { maxOldGenerationSizeMb: memoryMiB },
    stderr: true,
  })
  /** @type {{ corpus?: Uint8Array[], reached: number, inputs: number }} */
  let state = { reached: 0, inputs: 0 }
  let failed = ''
  let [before, since] = [-1, 0]
  const watch = setInterval(() => {
    // Of processor time, since others may have the processor.
    const { user } = process.cpuUsage()
    if (counts[1] !== before) [before, since] = [counts[1] ?? 0, user]
    if (before <= 0 || user - since < 1000 * hangs) return
    failed = `an input takes more than ${String(hangs / 1000)} s`
    void worker.terminate()
  }, 1000)
  worker.on('message', (message) => {
    if (message.failed === undefined) state = message
    else failed ||= message.failed
    if (process.stderr.isTTY && message.done !== true) {
      process.stderr.write(`\r${name}: ${String(counts[1])} inputs, ${String(state.reached)} places reached`)
    }
  })
  await new Promise((resolve) => {
    worker.on('error', (error) => {
      failed ||= error.stack ?? error.message
    })
    worker.on('exit', resolve)
  })
  clearInterval(watch)
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  const took = (performance.now() - started) / 1000
  if (failed !== '') {
    const input = new Uint8Array(shared, 8, Math.min(counts[0] ?? 0, 65_536)).slice()
    const file = `artefacts/fuzz/${name}-${createHash('sha256').update(input).digest('hex').slice(0, 16)}`
    writeFileSync(file, input)
    console.log(`${name}: FOUND after ${String(counts[1])} inputs, seed ${String(seed)}\n${failed}`)
    console.log(`again: npm run fuzz -- ${name} --input ${file}\n`)
    return false
  }
  const { reached, inputs, corpus } = state
  const rate = Math.round((counts[1] ?? 0) / took)
  const count = `${String(counts[1])} inputs in ${took.toFixed(0)} s (${String(rate)} a second), seed ${String(seed)}`
  console.log(`${name}: ${count}; ${String(reached)} places reached, ${String(inputs)} inputs kept`)
  if (values.keep === true && corpus !== undefined) writeCorpus(name, await least(outfile, name, places, corpus))
  return true
}

/** @param {'seconds' | 'runs' | 'seed'} option @param {number} byDefault */
function numberOf(option, byDefault) {
  const text = values[option]
  if (text === undefined) return byDefault
  if (!/^\d{1,15}$/.test(text)) fail(`--${option} takes a whole number`)
  return Number(text)
}

/** @param {string} message @returns {never} */
function fail(message) {
  process.stderr.write(`${message}\nTry 'npm run fuzz -- --help'.\n`)
  process.exit(2)
}
