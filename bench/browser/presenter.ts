// Presentations of stored tokens, over any group.
import type { Engine, Group } from '../../bindings/engine/engine.js'
import { itemAt } from '../../bindings/octets/lists.js'
import {
  checkIssuedToken,
  decodeIssuedToken,
  decodeIssuerParameters,
  IssuerParameters,
  presentToken,
  type RecommendedParameters,
} from '../../src/protocols.js'
import type { Fixture } from './fixture.js'

/** Where the tables of the generators come from: none are made, they are computed, or they are read from IndexedDB. */
export type TableSource = 'none' | 'computed' | 'IndexedDB'

/** Milliseconds of the steps of a cold start, in their order. */
export interface ColdStart {
  readonly engine: number
  readonly parameters: number
  readonly tables: number
  readonly presentation: number
}

/** Milliseconds of presentations after the first. */
export interface Repeated {
  /** Of stored tokens. */
  readonly times: number[]
  /** Stored tokens decoded and checked ahead. */
  readonly prepare: number[]
  /** Of those tokens. */
  readonly prepared: number[]
}

/** What a page works with: a recommended set, and an engine that binds it. */
export interface Opening {
  readonly recommended: RecommendedParameters
  readonly open: () => Promise<Engine>
}

export const disclosed = [2, 4]
export const expectedUses = 1_000
const cacheName = 'bench-tables'

/** From nothing to a first presentation, in this thread. The group stays for more of them. */
export class Presenter {
  private constructor(
    readonly kernel: string,
    readonly steps: ColdStart,
    readonly group: Group,
    private readonly parameters: IssuerParameters,
    private readonly fixture: Fixture,
  ) {}

  static async start(fixture: Fixture, source: TableSource, { recommended, open }: Opening): Promise<Presenter> {
    const watch = stopwatch()
    const engine = await open()
    const group = engine.group(recommended)
    const engineTime = watch()
    const { values } = decodeIssuerParameters(fixture.parameters, {
      curves: 'arithmetic' in recommended ? [recommended] : [],
    })
    const tables = source === 'none' ? {} : { expectedUses }
    const parameters = IssuerParameters.verify(group, values, { recommended, ...tables })
    const parametersTime = watch()
    if (source === 'IndexedDB') for (const image of await readImages()) group.importFixedBase(image)
    if (source !== 'none') for (const generator of parameters.g) group.fixedBase(generator, { expectedUses })
    const tablesTime = watch()
    present(parameters, fixture, 0)
    const steps = { engine: engineTime, parameters: parametersTime, tables: tablesTime, presentation: watch() }
    return new Presenter(engine.kernel ?? '', steps, group, parameters, fixture)
  }

  present(i = 0): void {
    present(this.parameters, this.fixture, i)
  }

  /**
   * Milliseconds of each of so many presentations, of tokens in turn: of tokens as they were stored; of tokens that were decoded
   * and checked ahead; and of that. Between two the page can do something else.
   */
  async repeat(count: number): Promise<Repeated> {
    const { parameters } = this
    const { tokens, attributes } = this.fixture
    const repeated = { times: [] as number[], prepare: [] as number[], prepared: [] as number[] }
    const pause = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve))
    for (let i = 0; i < count; i++) {
      const watch = stopwatch()
      this.present(i)
      repeated.times.push(watch())
      await pause()
    }
    for (let i = 0; i < count; i++) {
      const watch = stopwatch()
      const issued = decodeIssuedToken(parameters, itemAt(tokens, i % tokens.length))
      checkIssuedToken(parameters, issued, { attributes })
      repeated.prepare.push(watch())
      await pause()
      const click = stopwatch()
      presentToken(parameters, issued, { attributes, disclosed, message: message(i) })
      repeated.prepared.push(click())
      await pause()
    }
    return repeated
  }

  /** Keeps the tables of the generators in IndexedDB. Their octets in all. */
  async keepTables(): Promise<number> {
    const images = this.parameters.g.map((generator) => this.group.fixedBase(generator, { expectedUses }).export())
    const database = await openCache()
    const transaction = database.transaction('images', 'readwrite')
    images.forEach((image, i) => transaction.objectStore('images').put(image, i))
    await new Promise((resolve) => (transaction.oncomplete = resolve))
    database.close()
    return images.reduce((sum, { length }) => sum + length, 0)
  }
}

function present(parameters: IssuerParameters, { tokens, attributes }: Fixture, i: number): void {
  const issued = decodeIssuedToken(parameters, itemAt(tokens, i % tokens.length))
  presentToken(parameters, issued, { attributes, disclosed, message: message(i) })
}

export function message(i: number): Uint8Array {
  return new TextEncoder().encode(`presentation ${i}`)
}

/** Milliseconds since it was made or last asked. */
export function stopwatch(): () => number {
  let last = performance.now()
  return () => {
    const before = last
    last = performance.now()
    return last - before
  }
}

async function readImages(): Promise<Uint8Array[]> {
  const database = await openCache()
  const images = await resultOf(
    database.transaction('images').objectStore('images').getAll() as IDBRequest<Uint8Array[]>,
  )
  database.close()
  if (images.length === 0) throw new Error('no tables were kept')
  return images
}

function openCache(): Promise<IDBDatabase> {
  const request = indexedDB.open(cacheName, 1)
  request.onupgradeneeded = () => request.result.createObjectStore('images')
  return resultOf(request)
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'))
  })
}
