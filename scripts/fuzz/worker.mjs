// Runs in a worker thread, so that the program can end it when an input takes for ever or all memory.
import { inspect } from 'node:util'
import { workerData, parentPort } from 'node:worker_threads'
import { Corpus, mutant } from './fuzzer.mjs'
import { COUNTERS } from './instrument.mjs'

const { bundle, name, places, seed, kept, runs, milliseconds, shared } = workerData
Reflect.set(globalThis, COUNTERS, new Uint8Array(places))
const { targets, pseudorandom } = await import(bundle)
/** @type {import('./fuzzer.mjs').Target} */
const target = targets[name]
const check = await target.prepare()
const below = pseudorandom(seed)
const encoder = new TextEncoder()
const words = target.words.map((word) => encoder.encode(word))
const corpus = new Corpus(places)
/** The input under test and its length, and how many inputs were begun, for the program to see. */
const [current, counts] = [new Uint8Array(shared, 8), new Int32Array(shared, 0, 2)]

/** @param {Uint8Array} input */
async function trial(input) {
  current.set(input.subarray(0, current.length))
  counts[0] = input.length
  Atomics.add(counts, 1, 1)
  try {
    await corpus.try(check, input)
  } catch (error) {
    parentPort?.postMessage({ failed: inspect(error), input })
    throw error
  }
}

for (const input of [...kept, ...(await target.seeds())]) await trial(input)
const end = performance.now() + milliseconds
let reported = performance.now()
for (let run = 0; run < runs && performance.now() < end; run++) {
  await trial(mutant(corpus.inputs, words, below))
  if (performance.now() - reported < 1000) continue
  reported = performance.now()
  parentPort?.postMessage({ reached: corpus.reached, inputs: corpus.inputs.length })
  // Timers and promises of the code under test have their turn.
  await new Promise((resolve) => setImmediate(resolve))
}
parentPort?.postMessage({ done: true, reached: corpus.reached, inputs: corpus.inputs.length, corpus: corpus.inputs })
