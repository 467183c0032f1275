import type { CurveNumbers, Digest, Element } from '../engine/engine.js'
import { powerModulo } from '../engine/power.js'
import { InvalidGroupError } from '../errors.js'
import { bitLength, toBigint } from '../octets/integers.js'
import { concatOctets } from '../octets/octets.js'
import { coordinateLength, uncompressed } from './sec1.js'
import { encodeText } from '../octets/text.js'

/** Counters run from 0 to here; each gives a point with probability 1/2. */
const lastCounter = 255

/**
 * The verifiable element for a context and an index, as in ComputeVerifiablyRandomElement (UPCS V1.1 Revision 5, figure 6):
 * its discrete logarithm to the base of another is unknown. Variable time in the context, which is public.
 *
 * Throws `InvalidGroupError` (`group/generator-derivation`) if no counter gives one, which does not happen in practice.
 */
export function deriveElement(curve: CurveNumbers, context: Uint8Array, index: number, hash: Digest): Element {
  const { p, b } = curve
  for (let counter = 0; counter <= lastCounter; counter++) {
    const x = digestsOf(context, `${index}${counter}`, bitLength(p), hash) % p
    // x^3 - 3 x is at least -2.
    const y = squareRoot((x ** 3n - 3n * x + b) % p, p)
    if (y !== undefined) return uncompressed({ x, y: y < p - y ? y : p - y }, coordinateLength(curve)) as Element
  }
  throw new InvalidGroupError('group/generator-derivation', 'no generator could be derived')
}

/** H(context, suffix, 0) || H(context, suffix, 1) || ..., as many as the bits of p need; the numbers in decimal digits. */
function digestsOf(context: Uint8Array, suffix: string, bits: number, hash: Digest): bigint {
  const blocks: Uint8Array[] = []
  for (let i = 0; i === 0 || 8 * blocks.length * blocks[0]!.length < bits; i++) {
    blocks.push(hash(concatOctets([context, encodeText(`${suffix}${i}`)])))
  }
  return toBigint(concatOctets(blocks))
}

/** A square root modulo p, which is 3 modulo 4; undefined if there is none. */
function squareRoot(z: bigint, p: bigint): bigint | undefined {
  const root = powerModulo(z, (p + 1n) / 4n, p)
  return (root * root) % p === z ? root : undefined
}
