import { UProveError } from '../../../bindings/errors.js'
import type { RandomSource } from '../../../bindings/octets/random.js'

/** Plays back published scalars, one a call. */
export function playback(scalars: readonly (Uint8Array | undefined)[]): RandomSource {
  const queue = scalars.filter((scalar) => scalar !== undefined)
  return {
    fill(bytes) {
      const next = queue.shift()
      // Who draws a 0 draws again, and then there is one too few.
      if (next === undefined || next.length > bytes.length) {
        throw new UProveError('vector/random', 'a random value is 0, too long, or missing')
      }
      bytes.set(next)
    },
  }
}
