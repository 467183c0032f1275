import { availableParallelism } from 'node:os'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { usefulWorkers } from './ports.js'

afterEach(() => vi.unstubAllGlobals())

describe('the default number of workers', () => {
  it('is what Node says, in Node', () => {
    vi.stubGlobal('navigator', { hardwareConcurrency: 1_000 })
    expect(usefulWorkers()).toBe(availableParallelism())
  })

  it.each([
    [undefined, 1],
    [1, 1],
    [2, 2],
    [3, 2],
    // WebKit's answer on a machine of two processors.
    [4, 2],
    [6, 3],
    [8, 4],
    [32, 16],
  ])('is for a browser that reports %s processors %i', (hardwareConcurrency, workers) => {
    vi.stubGlobal('navigator', { hardwareConcurrency })
    vi.stubGlobal('process', undefined)
    const found = usefulWorkers()
    vi.unstubAllGlobals()
    expect(found).toBe(workers)
  })
})
