/**
 * Runs work for all who wait for it: once at a time. A caller gets the result of a run that began after its call, so that it sees what
 * was there when it called.
 */
export class SharedRun<T> {
  #running: Promise<T> | undefined
  #next: Promise<T> | undefined

  constructor(private readonly work: () => Promise<T>) {}

  result(): Promise<T> {
    if (this.#next !== undefined) return this.#next
    if (this.#running === undefined) return this.#run()
    const run = (): Promise<T> => this.#run()
    return (this.#next = this.#running.then(run, run))
  }

  #run(): Promise<T> {
    this.#next = undefined
    const run = this.work().finally(() => {
      if (this.#running === run) this.#running = undefined
    })
    this.#running = run
    return run
  }
}
