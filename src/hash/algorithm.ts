import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { InvalidInputError } from '../../bindings/errors.js'

/** A hash identifier UID_H. */
export type HashAlgorithm = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'

const functions = { 'SHA-1': sha1, 'SHA-256': sha256, 'SHA-384': sha384, 'SHA-512': sha512 }

/** The hash function of an identifier: octets to digest, with `create()` for input in pieces. */
export function hashFunction(algorithm: HashAlgorithm): (typeof functions)[HashAlgorithm] {
  return functions[algorithm]
}

/** The state of a hash function while its input comes in pieces. */
export interface HashState {
  update(octets: Uint8Array): HashState
  digest(): Uint8Array
}

/** Digests with one state that is used again and again, and wiped each time: a new one costs more than to hash a block. */
function reusing<State extends HashState & { _cloneInto(to: State): State }>(hash: {
  create(): State
}): (octets: Uint8Array) => Uint8Array {
  const [initial, state] = [hash.create(), hash.create()]
  return (octets) => initial._cloneInto(state).update(octets).digest()
}

const digests: Partial<Record<HashAlgorithm, (octets: Uint8Array) => Uint8Array>> = {}

/** The digest of a short input. */
export function digestOf(algorithm: HashAlgorithm, octets: Uint8Array): Uint8Array {
  return (digests[algorithm] ??= reusing(functions[algorithm]))(octets)
}

export interface HashAlgorithmOptions {
  /** Accept SHA-1, for the published vectors. Never for new deployments. */
  readonly allowLegacy?: boolean
}

/**
 * Checks a hash identifier UID_H that was received.
 * Throws `InvalidInputError` (`hash/unknown`, or `hash/legacy` for SHA-1 without `allowLegacy`).
 */
export function hashAlgorithm(uidH: string, { allowLegacy = false }: HashAlgorithmOptions = {}): HashAlgorithm {
  if (!Object.keys(functions).includes(uidH)) {
    throw new InvalidInputError('hash/unknown', 'the hash identifier must be SHA-1, SHA-256, SHA-384 or SHA-512')
  }
  if (uidH === 'SHA-1' && !allowLegacy) throw new InvalidInputError('hash/legacy', 'SHA-1 needs allowLegacy')
  return uidH as HashAlgorithm
}
