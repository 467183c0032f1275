import { runInThisContext } from 'node:vm'
import { transformSync } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { pseudorandom } from '../../bindings/testing/differential.js'
import { readCorpus } from './corpus.mjs'
import { Corpus, mutant } from './fuzzer.mjs'
import { COUNTERS, instrumented } from './instrument.mjs'
import { targets } from './targets/index.js'

/** The counters that code under test increments, for the time of an action. */
async function withCounters<T>(places: number, action: (counters: Uint8Array) => Promise<T>): Promise<T> {
  const counters = new Uint8Array(places)
  Reflect.set(globalThis, COUNTERS, counters)
  try {
    return await action(counters)
  } finally {
    Reflect.deleteProperty(globalThis, COUNTERS)
  }
}

/** After how many mutants of an empty input the word is found, one octet of which is compared after the other. */
function search(word: string, isGuided: boolean, runs: number): Promise<number | undefined> {
  return withCounters(word.length + 1, async (counters) => {
    let found = 0
    const check = (input: Uint8Array): void => {
      let i = 0
      while (i < word.length && input[i] === word.charCodeAt(i)) i++
      if (isGuided) counters[i] = 1
      if (i === word.length) found++
    }
    const corpus = new Corpus(word.length + 1)
    const below = pseudorandom(1)
    await corpus.try(check, new Uint8Array())
    for (let run = 1; run <= runs; run++) {
      await corpus.try(check, mutant(corpus.inputs, [], below))
      if (found > 0) return run
    }
    return undefined
  })
}

describe('the search', () => {
  it('finds by what it reaches what it would not find by chance', async () => {
    expect(await search('uprove', true, 200_000)).toBeGreaterThan(100)
    expect(await search('uprove', false, 200_000)).toBeUndefined()
  })

  it('repeats itself from a seed', async () => {
    expect(await search('uprove', true, 200_000)).toBe(await search('uprove', true, 200_000))
  })
})

describe('instrumented code', () => {
  it('counts each side of each choice, and does the same', async () => {
    let places = 0
    const source = `
      export function f(a: number | undefined): string {
        if (a === 1) return 'one'
        const text = a === 2 ? 'two' : 'many'
        for (const x of [1, 2, 3]) if (x === a) return text
        switch (a) { case 4: return 'four'; default: return String(a ?? (() => 'none')()) }
      }`
    const { code } = transformSync(
      instrumented(source, 'f.ts', () => places++),
      { format: 'cjs' },
    )
    await withCounters(100, (counters) => {
      const module = { exports: {} as { f: (a: number | undefined) => string } }
      const run = runInThisContext(`(function (module) { ${code} })`) as (to: typeof module) => void
      run(module)
      const reached = (a: number | undefined): [string, number[]] => {
        counters.fill(0)
        return [module.exports.f(a), [...counters.subarray(0, places)]]
      }
      const all = [1, 2, 3, 4, 5, undefined].map(reached)
      expect(all.map(([text]) => text)).toEqual(['one', 'two', 'many', 'four', '5', 'none'])
      expect(new Set(all.map(([, counts]) => counts.join())).size).toBe(6)
      // Every place was reached by one of them.
      for (let i = 0; i < places; i++) expect(all.some(([, counts]) => (counts[i] ?? 0) > 0)).toBe(true)
      return Promise.resolve()
    })
  })
})

describe.each(Object.entries(targets))('%s', (name, target) => {
  it('holds for genuine inputs, and for those that the search found', async () => {
    const [check, seeds] = [await target.prepare(), await target.seeds()]
    expect(seeds.length).toBeGreaterThan(2)
    for (const input of [...seeds, ...readCorpus(name)]) await check(input)
  })
})
