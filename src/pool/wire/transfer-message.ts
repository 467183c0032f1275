import { PoolError } from '../errors.js'
import { isOctets, kindOf } from '../../../bindings/octets/shape.js'

/**
 * Plain data as sent to or from a worker. All its octets lie in one buffer of their own, which is moved, not copied: no copy
 * stays with the sender, and the receiver wipes them all at once. (Views of larger buffers, such as Node's, would take the
 * whole buffers along.)
 */
export interface TransferMessage<T> {
  /** The data, with views of `octets`. */
  readonly data: T
  readonly octets: ArrayBuffer
}

/**
 * Copies plain data (primitives, octets, arrays, maps, objects of these) into a message.
 * Throws `PoolError` (`pool/unsendable`) for anything else, such as functions.
 */
export function pack<T>(data: T): TransferMessage<T> {
  const packed = new Uint8Array(octetsIn(data))
  let offset = 0
  const packedData = copy(data, (octets) => {
    const view = packed.subarray(offset, (offset += octets.length))
    view.set(octets)
    return view
  })
  return { data: packedData, octets: packed.buffer }
}

/** The data of a message, in arrays of its own. The message is wiped. */
export function unpack<T>(message: TransferMessage<T>): T {
  try {
    return clone(message.data)
  } finally {
    wipeMessage(message)
  }
}

/** Plain data in arrays of its own. */
export function clone<T>(data: T): T {
  // Not slice(): on a Buffer of Node it gives a view.
  return copy(data, (octets) => new Uint8Array(octets))
}

/** Overwrites the octets of a message with zeros. */
export function wipeMessage({ octets }: TransferMessage<unknown>): void {
  new Uint8Array(octets).fill(0)
}

/** How many octets there are in plain data. */
function octetsIn(item: unknown): number {
  if (typeof item !== 'object' || item === null) return 0
  if (isOctets(item)) return item.length
  let sum = 0
  if (Array.isArray(item)) for (const entry of item) sum += octetsIn(entry)
  else if (isMap(item)) for (const [key, entry] of item) sum += octetsIn(key) + octetsIn(entry)
  else for (const key of Object.keys(item)) sum += octetsIn((item as Record<string, unknown>)[key])
  return sum
}

/** Copies plain data; `onOctets` copies its octets. */
function copy<T>(value: T, onOctets: (octets: Uint8Array) => Uint8Array): T {
  const copyAny = (item: unknown): unknown => {
    if (typeof item === 'function' || typeof item === 'symbol') throw unsendable(typeof item)
    if (typeof item !== 'object' || item === null) return item
    if (isOctets(item)) return onOctets(item)
    if (Array.isArray(item)) return item.map(copyAny)
    if (isMap(item)) return new Map([...item].map(([key, entry]) => [copyAny(key), copyAny(entry)]))
    const prototype: unknown = Object.getPrototypeOf(item)
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw unsendable('an object with a class')
    const result: Record<string, unknown> = {}
    for (const key of Object.keys(item)) {
      if (key === '__proto__') throw unsendable('a prototype')
      result[key] = copyAny((item as Record<string, unknown>)[key])
    }
    return result
  }
  return copyAny(value) as T
}

function isMap(item: unknown): item is Map<unknown, unknown> {
  return kindOf(item) === 'Map'
}

function unsendable(what: string): PoolError {
  return new PoolError('pool/unsendable', `${what} cannot be sent to a worker: pass plain data`)
}
