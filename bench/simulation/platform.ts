import { createHash, KeyObject, sign, verify } from 'node:crypto'
import { SeededRandom } from './random.js'

/** What the code under simulation sees of its surroundings. */
export interface Surroundings {
  /** The time that the running party reads, in ms since 1970. */
  now(): number
  /** Calls back after so many simulated milliseconds. */
  after(milliseconds: number, action: () => void): void
}

const RealDate = globalThis.Date
const realSetImmediate = globalThis.setImmediate
/** What is asynchronous in WebCrypto and used here. */
const ASYNCHRONOUS = ['importKey', 'exportKey', 'generateKey'] as const

interface Ecdsa {
  readonly hash: string
}
/** What is used often in WebCrypto: the same OpenSSL in this thread, since another thread costs more than the work. */
const SYNCHRONOUS = {
  digest: (name: string, octets: Uint8Array) => createHash(nodeName(name)).update(octets).digest(),
  sign: ({ hash }: Ecdsa, key: CryptoKey, octets: Uint8Array) => sign(nodeName(hash), octets, ecdsaKey(key)),
  verify: ({ hash }: Ecdsa, key: CryptoKey, signature: Uint8Array, octets: Uint8Array) =>
    verify(nodeName(hash), octets, ecdsaKey(key), signature),
}

/** SHA-256 is sha256 for Node. */
function nodeName(hash: string): string {
  return hash.replace('-', '').toLowerCase()
}

function ecdsaKey(key: CryptoKey) {
  if (key.algorithm.name !== 'ECDSA') throw new Error(`keys for ${key.algorithm.name} are not simulated`)
  return { key: KeyObject.from(key), dsaEncoding: 'ieee-p1363' } as const
}

/**
 * Replaces clock, timers and randomness of this thread by simulated ones. WebCrypto imports and makes keys in threads of its
 * own: these calls take turns, and `settle()` waits for them.
 */
export class SimulatedPlatform {
  #surroundings: Surroundings
  #random: SeededRandom
  #underWay = 0
  #readings = 0
  readonly #restore: (() => void)[] = []

  private constructor(surroundings: Surroundings, random: SeededRandom) {
    this.#surroundings = surroundings
    this.#random = random
  }

  static install(surroundings: Surroundings, random: SeededRandom): SimulatedPlatform {
    const platform = new SimulatedPlatform(surroundings, random)
    platform.#replaceTime()
    platform.#replaceTimers()
    platform.#replaceRandomness()
    platform.#replaceWebCrypto()
    return platform
  }

  /** Goes on with another world. */
  enter(surroundings: Surroundings, random: SeededRandom): void {
    this.#surroundings = surroundings
    this.#random = random
    this.#readings = 0
  }

  /** Puts the real ones back. */
  remove(): void {
    for (const restore of this.#restore.splice(0).reverse()) restore()
  }

  /** Waits until all code waits for something simulated. */
  async settle(): Promise<void> {
    do await new Promise((resolve) => realSetImmediate(resolve))
    while (this.#underWay > 0)
  }

  #replace(target: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(target, name)
    Object.defineProperty(target, name, { value, configurable: true, writable: true })
    this.#restore.push(() => {
      if (before === undefined) Reflect.deleteProperty(target, name)
      else Object.defineProperty(target, name, before)
    })
  }

  #replaceTime(): void {
    const now = (): number => this.#surroundings.now()
    class SimulatedDate extends RealDate {
      constructor(...values: unknown[]) {
        super(...((values.length === 0 ? [now()] : values) as [number]))
      }
      static override now(): number {
        return now()
      }
      static override [Symbol.hasInstance](value: unknown): boolean {
        return RealDate.prototype.isPrototypeOf.call(RealDate.prototype, value as object)
      }
    }
    this.#replace(globalThis, 'Date', SimulatedDate)
    // It moves a little with each reading, so that no rate is infinite.
    this.#replace(performance, 'now', () => ++this.#readings / 1_000)
  }

  #replaceTimers(): void {
    interface Timer {
      ended: boolean
      ref(): Timer
      unref(): Timer
      hasRef(): boolean
      [Symbol.toPrimitive](): number
    }
    let count = 0
    const start = (action: () => void, milliseconds: number, repeats: boolean): Timer => {
      const id = ++count
      const timer: Timer = {
        ended: false,
        ref: () => timer,
        unref: () => timer,
        hasRef: () => true,
        [Symbol.toPrimitive]: () => id,
      }
      const wait = (): void =>
        this.#surroundings.after(Math.max(milliseconds, 1), () => {
          if (timer.ended) return
          action()
          if (repeats) wait()
        })
      wait()
      return timer
    }
    const end = (timer: Timer | undefined): void => {
      if (timer !== undefined) timer.ended = true
    }
    this.#replace(globalThis, 'setTimeout', (action: () => void, milliseconds = 0) =>
      start(action, milliseconds, false),
    )
    this.#replace(globalThis, 'setInterval', (action: () => void, milliseconds = 0) =>
      start(action, milliseconds, true),
    )
    this.#replace(globalThis, 'clearTimeout', end)
    this.#replace(globalThis, 'clearInterval', end)
  }

  #replaceRandomness(): void {
    this.#replace(Math, 'random', () => this.#random.fraction())
    this.#replace(crypto, 'getRandomValues', (octets: Uint8Array) => {
      this.#random.fill(octets)
      return octets
    })
  }

  #replaceWebCrypto(): void {
    const { subtle } = crypto
    for (const [name, compute] of Object.entries(SYNCHRONOUS) as [string, (...values: unknown[]) => unknown][]) {
      this.#replace(subtle, name, (...values: unknown[]) => {
        const result = compute(...values)
        return Promise.resolve(result instanceof Uint8Array ? Uint8Array.from(result).buffer : result)
      })
    }
    // One after another, so that they always end in one order.
    let last: Promise<unknown> = Promise.resolve()
    for (const name of ASYNCHRONOUS) {
      const real = subtle[name].bind(subtle) as (...values: unknown[]) => Promise<unknown>
      this.#replace(subtle, name, (...values: unknown[]) => {
        this.#underWay++
        const result = last.then(() => real(...values)).finally(() => this.#underWay--)
        last = result.catch(() => undefined)
        return result
      })
    }
  }
}
