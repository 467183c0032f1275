import { readFile } from 'node:fs/promises'
import { constants, deflateRawSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { inflate } from './inflate.js'

/** Octets that repeat themselves, near and far, in several blocks. */
const text = await readFile(new URL(import.meta.url))
const noise = Uint8Array.from({ length: 40_000 }, (_, i) => (i * i * 2_654_435) >>> 16)
const samples = {
  text,
  'text and noise by turns': Buffer.concat([text, noise, text, noise.subarray(0, 9_000), text]),
  'one octet over and over': Buffer.concat([text, Buffer.alloc(70_000, 7)]),
  'all octets': Buffer.concat([Uint8Array.from({ length: 4_096 }, (_, i) => i & (i >> 4)), noise, text]),
}

it.each(Object.entries(samples))('gives back what zlib deflated: %s', (_, octets) => {
  const { Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED } = constants
  for (const strategy of [Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED]) {
    for (const level of [0, 1, 9]) {
      const inflated = inflate(deflateRawSync(octets, { level, strategy }), octets.length)
      expect(Buffer.compare(inflated, octets)).toBe(0)
    }
  }
})

it.each([0, 9])('stops where it is told, at level %i', (level) => {
  const deflated = deflateRawSync(samples['text and noise by turns'], { level })
  expect(Buffer.compare(inflate(deflated, 1_000), text.subarray(0, 1_000))).toBe(0)
})

it.each([0, 9])('refuses octets that end early, at level %i', (level) => {
  const deflated = deflateRawSync(text, { level })
  expect(() => inflate(deflated.subarray(0, deflated.length >> 1), text.length)).toThrow(RangeError)
  expect(() => inflate(deflated, text.length + 1)).toThrow(RangeError)
})
