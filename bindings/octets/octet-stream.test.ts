import { describe, expect, it } from 'vitest'
import { OctetReader, OctetWriter } from './octet-stream.js'

const withCode = (code: string): unknown => expect.objectContaining({ code })
const octets = (...values: number[]): Uint8Array => Uint8Array.from(values)

describe('the octet form of values', () => {
  it('is written value by value, and read back', () => {
    const written = new OctetWriter()
      .byte(7)
      .int(0x01020304)
      .raw(octets(8, 9))
      .octets(octets(10))
      .nullable(null)
      .nullable(undefined)
      .nullable(octets(11))
      .list([12, 13], (writer, item) => writer.byte(item))
      .finish()
    const lists = [0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 1, 11, 0, 0, 0, 2, 12, 13]
    expect([...written]).toEqual([7, 1, 2, 3, 4, 8, 9, ...lists])

    const reader = new OctetReader(written)
    expect([reader.byte(), reader.int(), reader.raw(2), reader.octets()]).toEqual([
      7,
      0x01020304,
      octets(8, 9),
      octets(10),
    ])
    expect([reader.nullable(), reader.nullable(), reader.nullable()]).toEqual([null, null, octets(11)])
    expect(reader.list(2, (each) => each.byte())).toEqual([12, 13])
    expect(() => reader.end()).not.toThrow()
  })

  it('is read from a view, into copies', () => {
    const memory = Buffer.from([99, 0, 0, 0, 5, 1, 2, 99])
    const reader = new OctetReader(memory.subarray(1, 7))
    expect(reader.int()).toBe(5)
    const copy = reader.raw(2)
    memory.fill(0)
    expect([...copy]).toEqual([1, 2])
  })

  it.each<[string, () => unknown]>([
    ['raw octets that are text', () => new OctetWriter().raw('text' as never)],
    ['octets that are text', () => new OctetWriter().octets('text' as never)],
    ['octets that are missing', () => new OctetWriter().octets(undefined as never)],
    ['octets that are a list', () => new OctetWriter().octets([1, 2] as never)],
    ['a list that is text', () => new OctetWriter().list('text' as never, () => undefined)],
    ['input that is text', () => new OctetReader('text' as never)],
  ])('refuses %s', (_, call) => expect(call).toThrow(withCode('octets/type')))

  it.each<[string, number[], (reader: OctetReader) => unknown, string]>([
    ['an octet that is missing', [], (reader) => reader.byte(), 'octets/truncated'],
    ['an integer of three octets', [0, 0, 1], (reader) => reader.int(), 'octets/truncated'],
    ['octets that are fewer than their length', [0, 0, 0, 2, 1], (reader) => reader.octets(), 'octets/truncated'],
    ['a flag that is 2', [2], (reader) => reader.flag(), 'octets/malformed'],
    [
      'a list that is longer than the limit',
      [0, 0, 0, 3, 1, 1, 1],
      (reader) => reader.list(2, (each) => each.byte()),
      'octets/malformed',
    ],
    ['what is left over', [1], (reader) => reader.end(), 'octets/malformed'],
  ])('refuses %s', (_, given, read, code) =>
    expect(() => read(new OctetReader(octets(...given)))).toThrow(withCode(code)),
  )

  it('has flags that are 0 or 1', () => {
    const reader = new OctetReader(octets(0, 1))
    expect([reader.flag(), reader.flag()]).toEqual([false, true])
  })
})
