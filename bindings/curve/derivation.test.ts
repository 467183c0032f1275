import { sha256 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import { P256 } from '../../src/params/P256.js'
import { P521 } from '../../src/params/P521.js'
import { powerModulo } from '../engine/power.js'
import { toFixedWidth } from '../octets/integers.js'
import { PlainCurve } from '../testing/plain-curve.js'
import { deriveElement } from './derivation.js'
import { coordinatesOf } from './sec1.js'

const utf8 = new TextEncoder()

describe.each([P256, P521])('an element of $name that is derived', (parameters) => {
  const { name, p, generators, gt } = parameters
  const context = utf8.encode(`U-Prove Recommended Parameters Profile${name}`)
  const plain = new PlainCurve(parameters)
  const [first] = generators
  /** No point has these. */
  const xs = Array.from({ length: 20 }, (_, i) => BigInt(i + 1)).filter((x) => !hasPoint(plain, x))

  it('is that of the recommended parameters', () => {
    const indices = [1, 2, 3, 4]
    expect(indices.map((index) => deriveElement(parameters, context, index, sha256))).toEqual(generators.slice(0, 4))
    expect(deriveElement(parameters, context, 255, sha256)).toEqual(gt)
  })

  it('has the smaller y, and the first x with a point, of digests that fill the bits of p', () => {
    const { x, y } = coordinatesOf(first!)
    const digestLength = 20
    const blocks = Math.ceil(p.toString(2).length / (8 * digestLength))
    const asked: string[] = []
    const hash = (input: Uint8Array): Uint8Array => {
      const text = new TextDecoder().decode(input)
      asked.push(text)
      const [counter, block] = text.slice(-2)
      const value = [xs[0], xs[1], x][Number(counter)]!
      return toFixedWidth(value, blocks * digestLength)
        .subarray(Number(block) * digestLength)
        .subarray(0, digestLength)
    }
    const derived = coordinatesOf(deriveElement(parameters, utf8.encode('context '), 7, hash))
    expect(derived).toEqual({ x, y: y < p - y ? y : p - y })
    const each = Array.from({ length: blocks }, (_, i) => i)
    expect(asked).toEqual([0, 1, 2].flatMap((counter) => each.map((block) => `context 7${counter}${block}`)))
  })

  it('takes its x modulo p', () => {
    const { x } = coordinatesOf(first!)
    const width = Math.ceil(p.toString(2).length / 8) + 1
    const derived = deriveElement(parameters, context, 1, () => toFixedWidth(x + 3n * p, width))
    expect(coordinatesOf(derived).x).toBe(x)
  })

  it('is refused after 256 tries', () => {
    let tries = 0
    const hash = (): Uint8Array => {
      tries++
      return toFixedWidth(xs[0]!, 66)
    }
    expect(() => deriveElement(parameters, context, 1, hash)).toThrow(
      expect.objectContaining({ code: 'group/generator-derivation' }),
    )
    expect(tries).toBe(256)
  })
})

/** Whether the curve has points with a coordinate: x^3 - 3 x + b is a square modulo p, which is 3 modulo 4. */
function hasPoint(plain: PlainCurve, x: bigint): boolean {
  const { p, b } = plain.curve
  return plain.isOnCurve({ x, y: powerModulo((x ** 3n - 3n * x + b) % p, (p + 1n) / 4n, p) })
}
