import { known } from '../../bindings/octets/lists.js'
import { Bench, type FnReturnedObject } from 'tinybench'

/** Something to be timed again and again. */
export interface Task {
  readonly id: string
  /** How much of the time it gets, compared with others. */
  readonly weight: number
  /** Synchronous. Where only a part of the call counts, it returns what that part took and what the whole took, in ms. */
  readonly run: () => unknown
}

/** The result of a task that counts only a part of its call. */
export type PartialTiming = Required<FnReturnedObject>

export interface ScheduleOptions<T extends Task> {
  /** For all tasks together, in ms. */
  readonly budget: number
  /** How long a task runs at a stretch, in ms; at least one call. */
  readonly slice: number
  /** Turns that every task gets, however short the budget. */
  readonly minTurns: number
  readonly onSlice?: (task: T, elapsed: number) => void
  /** By default this process's. */
  readonly processorTime?: () => number
}

/** A clock that stands still while other processes run, in ms. */
export function ownProcessorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** A call of so many ms needs none before it to warm up. */
const longCall = 100

/**
 * Times tasks in turns: the next turn is always that of the task that has had the least of its share, so that all are spread
 * evenly over the whole time and other load affects all alike. The first turn of each is for warming up and does not count,
 * unless a call is so long that it warms itself up. Where a call fills a turn alone, the time in which other processes had
 * the processor does not count: of short calls some always run undisturbed, of long ones none may.
 *
 * Returns the time of each call, in ms, in the order of the tasks.
 */
export function takeTurns<T extends Task>(tasks: readonly T[], options: ScheduleOptions<T>): number[][] {
  const { budget, slice, minTurns, onSlice = () => undefined, processorTime = ownProcessorTime } = options
  const begin = performance.now()
  const states = tasks.map((task) => {
    const bench = new Bench({ time: slice, iterations: 1, warmup: false, retainSamples: true, throws: true })
    const timed = known(bench.add(task.id, task.run, { async: false }).getTask(task.id))
    return { task, timed, spent: 0, turns: 0, samples: [] as number[] }
  })
  const takeTurn = (state: (typeof states)[number]): void => {
    const processorStart = processorTime()
    const start = performance.now()
    state.timed.reset()
    state.timed.runSync()
    const { result } = state.timed
    if (result.state !== 'completed') throw new Error(`${state.task.id} did not complete`)
    const now = performance.now()
    const undisturbed = Math.min(1, (processorTime() - processorStart) / (now - start))
    const samples = result.latency.samples ?? []
    const warm = state.turns > 0 || result.latency.min > longCall
    if (warm) for (const sample of samples) state.samples.push(samples.length === 1 ? sample * undisturbed : sample)
    state.turns++
    state.spent += now - start
    onSlice(state.task, now - begin)
  }
  for (let turn = 0; turn < minTurns; turn++) for (const state of states) takeTurn(state)
  while (performance.now() - begin < budget) {
    takeTurn(
      states.reduce((least, state) =>
        state.spent / state.task.weight < least.spent / least.task.weight ? state : least,
      ),
    )
  }
  return states.map(({ samples }) => samples)
}
