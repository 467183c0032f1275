// A thread of `npm run farm`: runs one world after another, as it is told.
import { parentPort } from 'node:worker_threads'
import { Farm } from './farm.js'
import type { WorldOptions, WorldResult } from './world.js'

/** Which world to run, and whether each line of its trace is wanted. */
export interface Order extends Omit<WorldOptions, 'onNote'> {
  readonly trace: boolean
}

/** What happened in a world. */
export interface Report extends Omit<WorldResult, 'violation'> {
  readonly violation: string | undefined
}

// Refusals are errors, and nobody looks at where in the code they were thrown.
Error.stackTraceLimit = 0
const parent = parentPort
if (parent === null) throw new Error('this is no thread of npm run farm')
const opened = Farm.open()
const onNote = (line: string): void => void process.stdout.write(line)

async function run({ trace, ...world }: Order): Promise<Report> {
  const farm = await opened
  const result = await farm.run({ ...world, onNote: trace ? onNote : undefined })
  return { ...result, violation: result.violation?.message }
}

parent.on('message', (order: Order) => void run(order).then((report) => parent.postMessage(report)))
