import { hmac } from '@noble/hashes/hmac.js'
import type { CHash } from '@noble/hashes/utils.js'
import { bitLength, isLess, isZero, toFixedWidth } from '../../../bindings/octets/integers.js'
import type { Scalar, Subgroup } from '../../../bindings/engine/engine.js'
import { wipe, concatOctets } from '../../../bindings/octets/octets.js'

/** bits2int of RFC 6979, section 2.3.2, as octets of rlen: the leftmost qlen bits. Constant time. */
function leftmostBits(octets: Uint8Array, bits: number, length: number): Uint8Array {
  const taken = new Uint8Array(length)
  if (8 * octets.length <= bits) {
    taken.set(octets, length - octets.length)
    return taken
  }
  const shift = 8 * length - bits
  let before = 0
  for (let i = 0; i < length; i++) {
    taken[i] = ((before << 8) | octets[i]!) >> shift
    before = octets[i]!
  }
  return taken
}

/** The number that a digest stands for: its leftmost bits, modulo q. FIPS 186-4, section 4.6 */
export function reducedDigest({ q, scalars }: Subgroup, digest: Uint8Array): Scalar {
  return scalars.reduce(leftmostBits(digest, bitLength(q), scalars.length))
}

/**
 * The nonces k of RFC 6979, section 3.2, for a private key and the digest of a message (HMAC is over the same hash); a second
 * one is needed with negligible probability. Each is wiped when the next is asked for, or the iteration ends.
 */
export function* deterministicNonces(
  group: Subgroup,
  hash: CHash,
  x: Scalar,
  digest: Uint8Array,
): Generator<Scalar, never> {
  const { length } = group.scalars
  const [bits, q] = [bitLength(group.q), toFixedWidth(group.q, length)]
  const reduced = reducedDigest(group, digest)
  let key: Uint8Array = new Uint8Array(hash.outputLen)
  let value: Uint8Array = new Uint8Array(hash.outputLen).fill(1)
  let candidate: Uint8Array | undefined
  const advance = (): void => {
    const last = value
    value = hmac(hash, key, last)
    wipe(last)
  }
  const rekey = (...parts: readonly Uint8Array[]): void => {
    const seed = concatOctets([value, ...parts])
    const last = key
    key = hmac(hash, last, seed)
    wipe(last, seed)
    advance()
  }
  try {
    rekey(Uint8Array.of(0), x, reduced)
    rekey(Uint8Array.of(1), x, reduced)
    for (;;) {
      const blocks: Uint8Array[] = []
      for (let drawn = 0; 8 * drawn < bits; drawn += hash.outputLen) {
        advance()
        blocks.push(value.slice())
      }
      const joined = concatOctets(blocks)
      candidate = leftmostBits(joined, bits, length)
      wipe(joined, ...blocks)
      if (isLess(candidate, q) && !isZero(candidate)) yield candidate as Scalar
      wipe(candidate)
      rekey(Uint8Array.of(0))
    }
  } finally {
    wipe(key, value, candidate)
  }
}
