import { itemAt } from '../octets/lists.js'
import { isLess, isZero } from '../octets/integers.js'
import type { Scalar } from './engine.js'
import { UProveError } from '../errors.js'
import { systemRandom, type RandomSource } from '../octets/random.js'

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
  const topMask = 0xff >> (Math.clz32(itemAt(q, 0)) - 24)
  const octets = new Uint8Array(q.length)
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      source.fill(octets)
      octets[0] = itemAt(octets, 0) & topMask
      if (isLess(octets, q) && !isZero(octets)) return octets as Scalar
    }
  } catch (error) {
    octets.fill(0)
    throw error
  }
  octets.fill(0)
  throw new UProveError('random/source-failed', `the random source gave no scalar in ${maxAttempts} attempts`)
}
