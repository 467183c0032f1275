import { expect, it } from 'vitest'
import { SharedRun } from './shared-run.js'

it('runs once at a time, and once more for all who come meanwhile', async () => {
  const finish: (() => void)[] = []
  let begun = 0
  const shared = new SharedRun(async () => {
    const number = ++begun
    await new Promise<void>((resolve) => finish.push(resolve))
    if (number === 2) throw new Error('second')
    return number
  })
  const first = shared.result()
  const others = [shared.result(), shared.result(), shared.result()].map((each) => each.catch(String))
  finish[0]?.()
  expect(await first).toBe(1)
  await new Promise(setImmediate)
  // A failure is that of its own waiters.
  const last = shared.result()
  expect(begun).toBe(2)
  finish[1]?.()
  expect(await Promise.all(others)).toEqual(['Error: second', 'Error: second', 'Error: second'])
  await new Promise(setImmediate)
  finish[2]?.()
  expect(await last).toBe(3)
  expect(begun).toBe(3)
})
