import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { concatOctets } from '../octets/octets.js'
import { bitLength, toBigint, toFixedWidth } from '../octets/integers.js'
import type { Base, Digest, Element, Scalar } from '../engine/engine.js'
import { InvalidGroupError } from '../errors.js'

/** The numbers of a subgroup that derivation needs. */
export interface PowersOfPublicValues {
  readonly p: bigint
  readonly q: bigint
  readonly elementLength: number
  readonly scalarLength: number
  readonly identity: Element
  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element
}

const ggen = /* @__PURE__ */ Uint8Array.of(0x67, 0x67, 0x65, 0x6e)

/**
 * base^((p-1)/q) for any base in [1, p-1]: an element of G_q. Public data only.
 *
 * The exponent is longer than a scalar, so it is worked off in pieces of one bit less than q:
 * result = result^(2^bits) * base^piece, both in one simultaneous exponentiation.
 */
function clearCofactor(group: PowersOfPublicValues, base: Uint8Array): Element {
  const cofactor = (group.p - 1n) / group.q
  const pieceBits = bitLength(group.q) - 1
  const toScalar = (value: bigint): Scalar => toFixedWidth(value, group.scalarLength) as Scalar
  const shift = toScalar(1n << BigInt(pieceBits))
  const pieces: Scalar[] = []
  for (let rest = cofactor; rest !== 0n; rest >>= BigInt(pieceBits)) {
    pieces.unshift(toScalar(BigInt.asUintN(pieceBits, rest)))
  }
  // The base is no member yet; simultaneous exponentiation of public values is defined on all of Z_p*.
  const bases = (result: Element): Element[] => [result, base as Element]
  return pieces.reduce((result, piece) => group.multiExponentiateVartime(bases(result), [shift, piece]), group.identity)
}

/**
 * The verifiable generator of G_q for a context (a domain parameter seed, or a scope) and an index from 0 to 255, as in
 * FIPS 186-3 section A.2.3 with a one-octet count: its discrete logarithm to the base of another is unknown.
 *
 * Throws `InvalidGroupError` (`group/generator-derivation`) if no count gives one, which does not happen in practice.
 */
export function deriveGenerator(
  group: PowersOfPublicValues,
  context: Uint8Array,
  index: number,
  hash: Digest,
): Element {
  for (let count = 1; count <= 255; count++) {
    const w = toBigint(hash(concatOctets([context, ggen, Uint8Array.of(index, count)]))) % group.p
    if (w === 0n) continue
    const generator = clearCofactor(group, toFixedWidth(w, group.elementLength))
    if (toBigint(generator) >= 2n) return generator
  }
  throw new InvalidGroupError('group/generator-derivation', 'no generator could be derived')
}

/** The hash of derived generators goes with the size of q and not with UID_H. */
function derivationHash(q: bigint): Digest {
  const bits = bitLength(q)
  if (bits >= 512) return sha512
  return bits >= 256 ? sha256 : sha1
}

/** GenerateScopeElement of the UPCS from Revision 2 on: the base g_s of the pseudonyms in a scope. */
export function scopeElement(group: PowersOfPublicValues, scope: Uint8Array): Element {
  return deriveGenerator(group, scope, 0, derivationHash(group.q))
}
