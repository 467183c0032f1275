import { Bench, type FnReturnedObject } from 'tinybench'

/** Something to be timed again and again. */
export interface Task {
  readonly id: string
  /** How much of the time it gets, compared with others. */
  readonly weight: number
  /** Synchronous. Where only a part of the call counts, it returns what that part took and what the whole took, in ms. */
  readonly run: () => unknown
}

/** What a task returns that counts only a part of its call. */
export type PartialTiming = Required<FnReturnedObject>

export interface ScheduleOptions<T extends Task> {
  /** For all tasks together, in ms. */
  readonly budget: number
  /** How long a task runs at a stretch, in ms; at least one call. */
  readonly slice: number
  readonly onSlice?: (task: T, elapsed: number) => void
}

/**
 * Times tasks in turns: the next turn is always that of the task that has had the least of its share, so that all are
 * spread evenly over the whole time and a noisy neighbour hits all alike. The first turn of each is for warming up and
 * does not count. Every task gets at least one turn after it, however short the budget.
 *
 * Returns the time of each call, in ms, in the order of the tasks.
 */
export function takeTurns<T extends Task>(tasks: readonly T[], options: ScheduleOptions<T>): number[][] {
  const { budget, slice, onSlice = () => undefined } = options
  const begin = performance.now()
  const states = tasks.map((task) => {
    const bench = new Bench({ time: slice, iterations: 1, warmup: false, retainSamples: true, throws: true })
    const timed = bench.add(task.id, task.run, { async: false }).getTask(task.id)!
    return { task, timed, spent: 0, turns: 0, samples: [] as number[] }
  })
  const takeTurn = (state: (typeof states)[number]): void => {
    const start = performance.now()
    state.timed.reset()
    state.timed.runSync()
    const { result } = state.timed
    if (result.state !== 'completed') throw new Error(`${state.task.id} did not complete`)
    if (state.turns > 0) for (const sample of result.latency.samples ?? []) state.samples.push(sample)
    state.turns++
    const now = performance.now()
    state.spent += now - start
    onSlice(state.task, now - begin)
  }
  for (const state of states) takeTurn(state)
  for (const state of states) takeTurn(state)
  while (performance.now() - begin < budget) {
    takeTurn(
      states.reduce((least, state) =>
        state.spent / state.task.weight < least.spent / least.task.weight ? state : least,
      ),
    )
  }
  return states.map(({ samples }) => samples)
}
