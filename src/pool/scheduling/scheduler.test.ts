import { describe, expect, it, vi } from 'vitest'
import { InvalidInputError } from '../../../bindings/errors.js'
import { pack } from '../wire/transfer-message.js'
import { sendError } from '../wire/error-codec.js'
import type { JobTypes, Outcome } from '../wire/jobs.js'
import { Scheduler, type SchedulerOptions, type SubmitOptions } from './scheduler.js'
import { fakeTarget, fakeWorkers } from '../testing/fake-workers.js'
import { rejection, settled } from '../testing/fixtures.js'

const target = fakeTarget(1)

async function start(options: Partial<SchedulerOptions> = {}) {
  const { spawn, workers } = fakeWorkers()
  const onLost = vi.fn()
  const defaults = { engine: {}, allowVariableTime: false, workers: 1, maxQueued: 100, chunkMilliseconds: 4, onLost }
  const scheduler = await Scheduler.start(spawn, { ...defaults, ...options })
  // Items are numbers here: what they are is the worker's business.
  const submit = (item: number, more: SubmitOptions & { to?: typeof target } = {}) =>
    scheduler.submit('verify', more.to ?? target, item as unknown as JobTypes['verify']['item'], more)
  return { scheduler, workers, onLost, submit }
}

describe('chunks', () => {
  it('hold what was submitted together, as much as is to take the time of a chunk', async () => {
    const { workers, submit } = await start()
    const results = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((item) => submit(item))
    await settled()
    // One chunk at work and one that waits in the worker; the rest waits here.
    expect(workers[0]?.items).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ])
    await workers[0]?.answer()
    expect(await Promise.all(results.slice(0, 4))).toMatchObject([
      { value: 1 },
      { value: 2 },
      { value: 3 },
      { value: 4 },
    ])
    expect(workers[0]?.items).toEqual([[5, 6, 7, 8], [9]])
  })

  it('get the size that measurement says', async () => {
    const { scheduler, workers, submit } = await start()
    const results = Array.from({ length: 40 }, (_, i) => submit(i))
    await settled()
    expect(scheduler.chunkWeight('verify', target)).toBe(4)
    await workers[0]?.answer({ milliseconds: 1 })
    expect(scheduler.rate('verify', target)).toBe(0.25)
    expect(scheduler.chunkWeight('verify', target)).toBe(16)
    await workers[0]?.answer({ milliseconds: 1 })
    expect(workers[0]?.items.map(({ length }) => length)).toEqual([16, 16])
    while (workers[0]!.jobs.length > 0) await workers[0]?.answer({ milliseconds: 160 })
    await Promise.all(results)
    expect(scheduler.chunkWeight('verify', target)).toBe(1)
  })

  it('are shared out evenly towards the end', async () => {
    const { workers, submit } = await start({ workers: 2, chunkMilliseconds: 100 })
    for (let i = 0; i < 40; i++) void submit(i)
    await settled()
    expect(workers.map(({ items }) => items.map(({ length }) => length))).toEqual([
      [12, 12],
      [12, 4],
    ])
  })

  it('count items by their weight', async () => {
    const { workers, submit } = await start()
    for (const weight of [3, 1, 2, 3, 9]) void submit(weight, { weight })
    await settled()
    expect(workers[0]?.items).toEqual([[3, 1], [2]])
  })

  it('hold work of one kind, and kinds take turns', async () => {
    const { workers, submit } = await start()
    const other = fakeTarget(2)
    for (let i = 0; i < 8; i++) void submit(i)
    for (let i = 0; i < 8; i++) void submit(100 + i, { to: other })
    await settled()
    expect(workers[0]?.jobs.map((job) => job.target)).toEqual([1, 2])
    await workers[0]?.answer()
    await workers[0]?.answer()
    expect(workers[0]?.jobs.map((job) => job.target)).toEqual([1, 2])
  })

  it('of idle work wait until nothing else is to be done', async () => {
    const { workers, submit } = await start()
    void submit(1, { idle: true })
    void submit(2)
    await settled()
    expect(workers[0]?.items).toEqual([[2]])
    await workers[0]?.answer()
    expect(workers[0]?.items).toEqual([[1]])
  })
})

describe('results', () => {
  it('are of each item alone', async () => {
    const { workers, submit } = await start()
    const results = [1, 2, 3].map((item) => submit(item))
    await settled()
    const error = sendError(new InvalidInputError('element/length', 'too short'))
    await workers[0]?.answer({ result: (item): Outcome<unknown> => (item === 2 ? { error } : { value: item }) })
    expect(await Promise.allSettled(results)).toMatchObject([
      { value: { value: 1 } },
      { reason: { code: 'element/length', constructor: InvalidInputError } },
      { value: { value: 3 } },
    ])
  })

  it('are not hidden by an item that cannot be sent', async () => {
    const { workers, submit } = await start()
    const bad = submit((() => 1) as unknown as number)
    const good = submit(2)
    await settled()
    expect(await rejection(bad)).toBe('pool/unsendable')
    await workers[0]?.answer()
    expect(await good).toMatchObject({ value: 2 })
  })

  it('that nobody waits for are wiped and not used', async () => {
    const { workers, submit } = await start()
    const controller = new AbortController()
    const result = submit(1, { signal: controller.signal })
    await settled()
    controller.abort(new Error('enough'))
    await expect(result).rejects.toThrow('enough')
    const content = pack([{ value: { w: [Uint8Array.of(7, 7)] } }])
    workers[0]?.send({ type: 'done', id: workers[0].jobs[0]!.id, milliseconds: 1, content })
    expect([...new Uint8Array(content.octets)]).toEqual([0, 0])
  })

  it('of an item that still waits do not come after its signal, nor is it sent', async () => {
    const { workers, submit } = await start({ chunkMilliseconds: 1 })
    const controller = new AbortController()
    void submit(1)
    void submit(2)
    const third = submit(3, { signal: controller.signal })
    void submit(4)
    await settled()
    controller.abort(new Error('enough'))
    await expect(third).rejects.toThrow('enough')
    await workers[0]?.answer()
    expect(workers[0]?.items).toEqual([[2], [4]])
    await expect(submit(5, { signal: controller.signal })).rejects.toThrow('enough')
  })
})

describe('the queue', () => {
  it('is bounded', async () => {
    const { scheduler, workers, submit } = await start({ maxQueued: 3, chunkMilliseconds: 1 })
    for (let i = 0; i < 2; i++) void submit(i)
    await settled()
    for (let i = 0; i < 3; i++) {
      scheduler.admit()
      void submit(i)
    }
    expect(() => scheduler.admit()).toThrow(expect.objectContaining({ code: 'pool/overloaded' }) as Error)
    let room = false
    void scheduler.room(new AbortController().signal)?.then(() => (room = true))
    await settled()
    expect(room).toBe(false)
    await workers[0]?.answer()
    expect(room).toBe(true)
    scheduler.admit()
    expect(scheduler.room(new AbortController().signal)).toBeUndefined()
  })

  it('lets those go that wait for room when their signal aborts', async () => {
    const { scheduler, submit } = await start({ maxQueued: 1 })
    for (let i = 0; i < 9; i++) void submit(i)
    await settled()
    const controller = new AbortController()
    const room = scheduler.room(controller.signal)
    controller.abort(new Error('enough'))
    await expect(room).rejects.toThrow('enough')
  })
})

describe('a worker', () => {
  it('is told of a target before work on it, of what that requires first, and again when it changes', async () => {
    const { workers, submit } = await start()
    const required = fakeTarget(7)
    let version = 0
    const dependent = fakeTarget(8, { requires: required })
    Object.defineProperty(dependent, 'version', { get: () => version })
    void submit(1, { to: dependent })
    await settled()
    expect(workers[0]?.setups.map(({ id }) => id)).toEqual([7, 8])
    await workers[0]?.answer()
    void submit(2, { to: dependent })
    await settled()
    expect(workers[0]?.setups).toHaveLength(2)
    await workers[0]?.answer()
    version = 1
    void submit(3, { to: dependent })
    await settled()
    expect(workers[0]?.setups.map(({ id }) => id)).toEqual([7, 8, 8])
  })

  it('keeps the process alive only while it works', async () => {
    const { workers, submit } = await start()
    expect(workers[0]?.busy).toBe(false)
    void submit(1)
    await settled()
    expect(workers[0]?.busy).toBe(true)
    await workers[0]?.answer()
    expect(workers[0]?.busy).toBe(false)
  })

  it('forgets what it knows', async () => {
    const { scheduler, workers, submit } = await start()
    await scheduler.forget(target)
    expect(workers[0]?.forgotten).toEqual([])
    void submit(1)
    await settled()
    await scheduler.forget(target)
    expect(workers[0]?.forgotten).toEqual([1])
  })
})

describe('a worker that is lost', () => {
  it('is replaced, and what it had is done by the new one: alone what it was at work on', async () => {
    const { workers, submit, onLost } = await start({ chunkMilliseconds: 2 })
    const results = [1, 2, 3, 4].map((item) => submit(item))
    await settled()
    await workers[0]?.die('out of memory')
    expect(onLost).toHaveBeenCalledWith('out of memory', 4)
    expect(workers).toHaveLength(2)
    expect(workers[0]?.terminated).toBe(true)
    expect(workers[1]?.items).toEqual([[1], [2]])
    while (workers[1]!.jobs.length > 0) await workers[1]?.answer()
    expect((await Promise.all(results)).map(({ value }) => value as unknown)).toEqual([1, 2, 3, 4])
    // It knows nothing yet.
    expect(workers[1]?.setups).toHaveLength(1)
  })

  it('twice with the same item has that item given up, and no other', async () => {
    const { workers, submit } = await start({ chunkMilliseconds: 2 })
    const results = [1, 2, 3, 4].map((item) => submit(item))
    const codes = results.map(rejection)
    await settled()
    await workers[0]?.die()
    await workers[1]?.answer()
    await workers[1]?.die()
    while (workers[2]!.jobs.length > 0) await workers[2]?.answer()
    expect(await Promise.all(codes)).toEqual([undefined, 'pool/worker-lost', undefined, undefined])
  })

  it('takes with it what only it could do', async () => {
    const { workers, submit } = await start()
    const first = submit(1)
    await settled()
    await workers[0]?.answer()
    const { by } = await first
    const [atWork, other] = [submit(2, { on: by }), submit(3)]
    await settled()
    const waiting = submit(4, { on: by })
    const codes = [atWork, waiting].map(rejection)
    await workers[0]?.die()
    expect(await Promise.all(codes)).toEqual(['pool/worker-lost', 'pool/worker-lost'])
    expect(await rejection(submit(5, { on: by }))).toBe('pool/worker-lost')
    await workers[1]?.answer()
    expect(await other).toMatchObject({ value: 3 })
  })

  it('is one whose engine trapped, too; what it says afterwards is not used', async () => {
    const { workers, submit } = await start()
    const result = submit(1)
    await settled()
    const { id } = workers[0]!.jobs[0]!
    workers[0]?.send({ type: 'broken', reason: 'unreachable' })
    await settled()
    workers[0]?.send({ type: 'done', id, milliseconds: 1, content: pack([{ value: 'late' }]) })
    await workers[1]?.answer()
    expect(await result).toMatchObject({ value: 1 })
  })

  it('lets forget() and dispose() end', async () => {
    const { scheduler, workers, submit } = await start({ workers: 2 })
    void rejection(submit(1))
    await settled()
    workers[0]!.post = () => undefined
    const forgotten = scheduler.forget(target)
    await workers[0]?.die()
    await forgotten
    workers[1]!.post = () => undefined
    const disposed = scheduler.dispose()
    await workers[1]?.die()
    await disposed
    expect(workers.every(({ terminated }) => terminated)).toBe(true)
  })

  it('and cannot be replaced leaves its work to others, the last one to nobody', async () => {
    const { spawn, workers } = fakeWorkers()
    let starts = 0
    const scheduler = await Scheduler.start(
      (events) => {
        if (++starts > 2) throw new Error('no more workers')
        return spawn(events)
      },
      { engine: {}, allowVariableTime: false, workers: 2, maxQueued: 9, chunkMilliseconds: 1, onLost: () => undefined },
    )
    const codes = [1, 2, 3, 4, 5, 6].map((item) => rejection(scheduler.submit('verify', target, item as never)))
    await settled()
    await workers[0]?.die()
    expect(scheduler.size).toBe(1)
    await workers[1]?.answer()
    await workers[1]?.die()
    expect(await Promise.all(codes)).toEqual([
      'pool/no-workers',
      undefined,
      ...Array.from({ length: 4 }, () => 'pool/no-workers'),
    ])
  })
})

describe('dispose()', () => {
  it('ends all work and all workers', async () => {
    const { scheduler, workers, submit } = await start({ workers: 2, chunkMilliseconds: 1 })
    const codes = [1, 2, 3, 4, 5].map((item) => rejection(submit(item)))
    await settled()
    await scheduler.dispose()
    expect(new Set(await Promise.all(codes))).toEqual(new Set(['pool/disposed']))
    expect(workers.every(({ terminated }) => terminated)).toBe(true)
    expect(await rejection(submit(6))).toBe('pool/disposed')
    expect(() => scheduler.admit()).toThrow(expect.objectContaining({ code: 'pool/disposed' }) as Error)
  })
})
