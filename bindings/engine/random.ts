import { isLess, isZero } from '../octets/integers.js'
import type { RandomSource, Scalar } from './engine.js'
import { UProveError } from '../errors.js'

/** The most that `crypto.getRandomValues` gives at once. */
const maxPiece = 65_536

/** `crypto.getRandomValues`, for arrays of any length. */
export const systemRandom: RandomSource = {
  fill(bytes) {
    for (let start = 0; start < bytes.length; start += maxPiece) {
      // The cast only says that the memory is not shared, which getRandomValues would refuse anyway.
      crypto.getRandomValues(bytes.subarray(start, start + maxPiece) as Uint8Array<ArrayBuffer>)
    }
  },
}

/** An honest source fails an attempt with probability at most 1/2 (q has its top bit set), so never this often. */
const maxAttempts = 1000

/**
 * A uniformly random scalar in [1, q-1] by rejection. Each attempt draws exactly `q.length` octets and masks away the
 * bits above the top bit of q, so a source that plays back a scalar's octets yields that scalar.
 *
 * @param q the order, minimal big-endian.
 * Throws `UProveError` (`random/source-failed`) if the source keeps failing.
 */
export function randomScalar(q: Uint8Array, source: RandomSource = systemRandom): Scalar {
  const topMask = 0xff >> (Math.clz32(q[0]!) - 24)
  const octets = new Uint8Array(q.length)
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      source.fill(octets)
      octets[0]! &= topMask
      if (isLess(octets, q) && !isZero(octets)) return octets as Scalar
    }
  } catch (error) {
    octets.fill(0)
    throw error
  }
  octets.fill(0)
  throw new UProveError('random/source-failed', `the random source gave no scalar in ${maxAttempts} attempts`)
}
