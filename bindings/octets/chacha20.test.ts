import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { chacha20BlockLength, writeChacha20Block } from './chacha20.js'
import { toHex } from './integers.js'

function block(key: Uint8Array, counter: number): Uint8Array {
  const output = new DataView(new ArrayBuffer(chacha20BlockLength + 2))
  writeChacha20Block(output, 1, new Int32Array(Uint8Array.from(key).buffer), counter)
  expect([output.getUint8(0), output.getUint8(chacha20BlockLength + 1)]).toEqual([0, 0])
  return new Uint8Array(output.buffer, 1, chacha20BlockLength)
}

const key = (octets: Record<number, number>): Uint8Array => Object.assign(new Uint8Array(32), octets)

it.each([
  [key({}), 0, '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7'],
  [key({}), 1, '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed'],
  [key({ 31: 1 }), 1, '3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a'],
  [key({ 1: 0xff }), 2, '72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca'],
])('gives the blocks of RFC 8439, appendix A.1', (octets, counter, beginning) => {
  expect(toHex(block(octets, counter))).toMatch(new RegExp(`^${beginning}`))
})

it('gives the blocks that OpenSSL gives, for any key and counter', () => {
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(keys, fc.nat({ max: 0xffffffff }), (octets, counter) => {
      const initial = new Uint8Array(16)
      new DataView(initial.buffer).setUint32(0, counter, true)
      const stream = createCipheriv('chacha20', octets, initial).update(new Uint8Array(chacha20BlockLength))
      expect(toHex(block(octets, counter))).toBe(toHex(stream))
    }),
  )
})
