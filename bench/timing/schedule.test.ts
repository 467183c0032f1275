import { describe, expect, it } from 'vitest'
import { takeTurns, type PartialTiming } from './schedule.js'

/** As if nothing else ran on the machine. */
const alone = { budget: 0, slice: 0, minTurns: 2, processorTime: () => performance.now() }

describe('takeTurns', () => {
  const task = (id: string, log: string[]) => ({ id, weight: 1, run: () => void log.push(id) })

  it('takes the first turn of each for warming up, and gives each as many as it must', () => {
    const log: string[] = []
    const samples = takeTurns([task('a', log), task('b', log)], alone)
    expect(log).toEqual(['a', 'b', 'a', 'b'])
    expect(samples.map((times) => times.length)).toEqual([1, 1])
  })

  it('counts only the part that a task reports', () => {
    const run = (): PartialTiming => ({ overriddenDuration: 3, overriddenIterationCost: 5 })
    expect(takeTurns([{ id: 'part', weight: 1, run }], alone)).toEqual([[3]])
  })

  it('counts the first turn of a long call', () => {
    const run = (): PartialTiming => ({ overriddenDuration: 300, overriddenIterationCost: 300 })
    expect(takeTurns([{ id: 'long', weight: 1, run }], alone)).toEqual([[300, 300]])
  })

  it('does not charge a call that is alone in its turn for the time of other processes', () => {
    const run = (): PartialTiming => ({ overriddenDuration: 3, overriddenIterationCost: 3 })
    const tasks = [{ id: 'starved', weight: 1, run }]
    expect(takeTurns(tasks, { ...alone, processorTime: () => 0 })).toEqual([[0]])
    expect(takeTurns(tasks, { ...alone, slice: 5, processorTime: () => 0 })).toEqual([[3, 3]])
  })

  it('tells which task had its turn', () => {
    const log: string[] = []
    takeTurns([task('a', []), task('b', [])], { ...alone, onSlice: ({ id }) => log.push(id) })
    expect(log).toEqual(['a', 'b', 'a', 'b'])
  })

  it('lets errors through', () => {
    const run = (): never => {
      throw new RangeError('broken')
    }
    expect(() => takeTurns([{ id: 'broken', weight: 1, run }], alone)).toThrow('broken')
  })
})
