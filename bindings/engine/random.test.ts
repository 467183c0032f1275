import { afterEach, describe, expect, it, vi } from 'vitest'
import { toBigint } from '../octets/integers.js'
import { type RandomSource, systemRandom } from '../octets/random.js'
import { randomScalar } from './random.js'

afterEach(() => vi.restoreAllMocks())

/** Gives the listed octets, one list an attempt, and notes how many were asked for. */
function scripted(...attempts: number[][]): RandomSource & { readonly asked: number[] } {
  const asked: number[] = []
  return {
    asked,
    fill(bytes) {
      asked.push(bytes.length)
      bytes.set(attempts.shift()!)
    },
  }
}

describe('systemRandom', () => {
  it('asks for at most 65,536 octets at once and fills all of them', () => {
    const pieces = vi.spyOn(crypto, 'getRandomValues')
    const bytes = new Uint8Array(150_000)
    systemRandom.fill(bytes)
    expect(pieces.mock.calls.map(([piece]) => piece.byteLength)).toEqual([65_536, 65_536, 18_928])
    for (let start = 0; start < bytes.length; start += 10_000) {
      expect(bytes.subarray(start, start + 10_000).some((byte) => byte !== 0)).toBe(true)
    }
  })
})

describe('randomScalar', () => {
  const q = Uint8Array.of(0x05, 0x0b) // 1291, of 11 bits

  it('yields exactly the scalar whose octets the source gives', () => {
    const source = scripted([0x05, 0x0a])
    expect(randomScalar(q, source)).toEqual(Uint8Array.of(0x05, 0x0a))
    expect(source.asked).toEqual([2])
  })

  it('masks the bits above the top bit of q', () => {
    expect(randomScalar(q, scripted([0xfd, 0x0a]))).toEqual(Uint8Array.of(0x05, 0x0a))
  })

  it('draws again for 0 and for q and more', () => {
    const source = scripted([0, 0], [0xf8, 0], [0x05, 0x0b], [0x07, 0xff], [0, 1])
    expect(randomScalar(q, source)).toEqual(Uint8Array.of(0, 1))
    expect(source.asked).toEqual([2, 2, 2, 2, 2])
  })

  it('gives up on a source that never gives a scalar, and leaves nothing of what it gave', () => {
    for (const byte of [0x00, 0xff]) {
      let drawn: Uint8Array | undefined
      const broken: RandomSource = { fill: (bytes) => void (drawn = bytes).fill(byte) }
      expect(() => randomScalar(q, broken)).toThrow(expect.objectContaining({ code: 'random/source-failed' }))
      expect(drawn).toEqual(new Uint8Array(q.length))
    }
  })

  it('reaches every scalar of a small field, and none outside', () => {
    const seen = new Set(Array.from({ length: 500 }, () => toBigint(randomScalar(Uint8Array.of(11)))))
    expect([...seen].sort((a, b) => Number(a - b))).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n])
  })
})

it('leaves nothing of a scalar whose source fails halfway', () => {
  let drawn: Uint8Array | undefined
  const source: RandomSource = {
    fill(bytes) {
      drawn = bytes
      bytes.fill(0x5a, 0, 8)
      throw new Error('no more')
    },
  }
  expect(() => randomScalar(new Uint8Array(20).fill(0xff), source)).toThrow('no more')
  expect(drawn).toEqual(new Uint8Array(20))
})
