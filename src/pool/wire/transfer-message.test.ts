import { createContext, runInContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { clone, pack, unpack, wipeMessage } from './transfer-message.js'
import { PoolError } from '../errors.js'

const octets = (...values: number[]) => Uint8Array.from(values)
const isZero = (buffer: ArrayBuffer) => new Uint8Array(buffer).every((octet) => octet === 0)

describe('a transfer message', () => {
  const data = {
    list: [octets(1, 2), octets(), [octets(3)]],
    map: new Map([[2, octets(4, 5)]]),
    plain: { text: 'x', number: 1n, nothing: null, absent: undefined, flag: true },
  }

  it('has the data, its octets in one buffer of just their size', () => {
    const message = pack(data)
    expect(message.data).toEqual(data)
    expect(message.octets.byteLength).toBe(5)
    expect(message.data.map.get(2)?.buffer).toBe(message.octets)
  })

  it('leaves nothing behind when it is moved, and arrives whole', () => {
    const message = pack(data)
    const moved = structuredClone(message, { transfer: [message.octets] })
    expect(message.octets.byteLength).toBe(0)
    expect(message.data.list[0]).toHaveLength(0)
    expect(unpack(moved)).toEqual(data)
  })

  it('does not take along what else is in the buffers of views', () => {
    const slab = octets(9, 9, 1, 9)
    expect([...new Uint8Array(pack(slab.subarray(2, 3)).octets)]).toEqual([1])
    expect([...new Uint8Array(pack(Buffer.from('ab')).octets)]).toEqual([97, 98])
  })

  it('is wiped when it is unpacked, and the data are not', () => {
    const message = pack(data)
    const unpacked = unpack(message)
    expect(unpacked).toEqual(data)
    expect(unpacked.map.get(2)?.buffer.byteLength).toBe(2)
    expect(isZero(message.octets)).toBe(true)
  })

  it('is wiped on demand', () => {
    const message = pack(data)
    wipeMessage(message)
    expect(isZero(message.octets)).toBe(true)
    expect(data.list[0]).toEqual(octets(1, 2))
  })

  it('refuses what is not plain data', () => {
    class Thing {
      readonly x = 1
    }
    for (const item of [() => 1, Symbol('x'), new Thing(), new Date(), [{ random: { fill: () => undefined } }]]) {
      expect(() => pack(item)).toThrow(PoolError)
      expect(() => pack(item)).toThrow(expect.objectContaining({ code: 'pool/unsendable' }) as Error)
    }
  })

  it('takes plain data of another realm, and no objects with a class from there', () => {
    const elsewhere = createContext({})
    const foreign = (code: string): unknown => runInContext(`(${code})`, elsewhere)
    const copy = clone(foreign('{ octets: Uint8Array.of(1), map: new Map([[1, Uint8Array.of(2)]]), list: [{}] }'))
    expect(copy).toEqual({ octets: octets(1), map: new Map([[1, octets(2)]]), list: [{}] })
    for (const item of ['new Date()', 'new (class A {})()']) expect(() => clone(foreign(item))).toThrow(PoolError)
  })

  it('does not let keys of data change prototypes', () => {
    const data = JSON.parse('{ "__proto__": { "polluted": 1 } }') as object
    expect(() => clone(data)).toThrow(PoolError)
    expect(() => pack([data])).toThrow(PoolError)
  })
})
