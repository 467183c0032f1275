// The inputs that are kept in the repository: a file for each target, an input a line in Base64.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { Corpus } from './fuzzer.mjs'
import { COUNTERS } from './instrument.mjs'

/** How much of a target is kept, in octets. */
const most = 48 * 1024

/** @param {string} name */
const fileOf = (name) => new URL(`corpus/${name}.txt`, import.meta.url)

/**
 * @param {string} name of a target
 * @returns {Uint8Array[]}
 */
export function readCorpus(name) {
  const file = fileOf(name)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => new Uint8Array(Buffer.from(line, 'base64')))
}

/**
 * @param {string} name
 * @param {readonly Uint8Array[]} inputs
 */
export function writeCorpus(name, inputs) {
  writeFileSync(fileOf(name), inputs.map((input) => `${Buffer.from(input).toString('base64')}\n`).join(''))
}

/**
 * Of some inputs those that are needed to reach the same places, short ones first; without those that the target's seeds make superfluous.
 * @param {string} bundle
 * @param {string} name
 * @param {number} places
 * @param {readonly Uint8Array[]} inputs
 */
export async function least(bundle, name, places, inputs) {
  Reflect.set(globalThis, COUNTERS, new Uint8Array(places))
  const { targets } = await import(pathToFileURL(bundle).href)
  /** @type {import('./fuzzer.mjs').Target} */
  const target = targets[name]
  const check = await target.prepare()
  const corpus = new Corpus(places)
  for (const seed of await target.seeds()) await corpus.try(check, seed)
  let octets = 0
  /** @type {Uint8Array[]} */
  const kept = []
  for (const input of inputs.toSorted((a, b) => a.length - b.length)) {
    const reached = corpus.reached
    await corpus.try(check, input)
    if (corpus.reached === reached || octets + input.length > most) continue
    kept.push(input)
    octets += input.length
  }
  return kept
}
