import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Scalar, ScalarField } from '../../bindings/engine/engine.js'
import { InvalidInputError } from '../../bindings/errors.js'
import { isZero } from '../../bindings/octets/integers.js'
import { wipe } from '../../bindings/octets/octets.js'
import { systemRandom, type RandomSource } from '../../bindings/octets/random.js'

/** Gives secret scalars in [1, q-1] one after another. The caller wipes each scalar that it takes. */
export interface NonceSource {
  next(): Scalar
  /** Wipes the seed. */
  dispose(): void
}

/**
 * The scalars of a known-answer run, in the order in which they would be drawn. They are used as they are and wiped like
 * others, so give copies.
 */
export type KnownAnswer = Iterable<Uint8Array>

/** The source of a call's scalars. */
export interface NonceOptions {
  /** Fresh octets, 32 a call. Default `crypto.getRandomValues`. */
  readonly random?: RandomSource
  /** For known-answer tests only: the scalars themselves. Repeated scalars are not detected. */
  readonly knownAnswer?: KnownAnswer
}

/** The inputs of the derivation besides fresh octets. */
export interface Hedge {
  /** The purpose of the scalars: different purposes derive different scalars. */
  readonly purpose: string
  /** A secret that protects the scalars even from an attacker who knows the random octets. Undefined if there is none. */
  readonly secret?: Uint8Array
  /** A value unique to the call, such as a number that a store assigns. */
  readonly unique?: string
  /** The values that the scalars are used with. */
  readonly context: readonly (Uint8Array | null | undefined)[]
}

/** The integers that are reduced modulo q are longer than q by so many octets: the bias is below 2^-64. */
const surplus = 8

const freshLength = 32

let calls = 0

/**
 * Scalars that do not repeat, and that cannot be computed without the secret, even if the random source repeats or is known:
 *
 *     seed = HMAC-SHA-256(secret, fresh octets || purpose || time || number of the call || unique || context)
 *     scalars = the octets of SHA-256(seed || 0) || SHA-256(seed || 1) || ..., each as many as q has and 8 more, mod q
 *
 * SHA-256 gives as many octets in less time than SHA-512, whose 64-bit words JavaScript halves. One seed serves a whole call.
 * With a random source that always gives the same octets, scalars repeat only for the same context, in the same millisecond of
 * two processes that have made the same number of calls, with the same unique value.
 */
export function nonces(scalars: ScalarField, { random, knownAnswer }: NonceOptions, hedge: Hedge): NonceSource {
  return knownAnswer === undefined ? hedgedNonces(scalars, hedge, random) : knownNonces(scalars, knownAnswer)
}

/** 32 octets that only the owner of a secret can compute, for use as the secret of a `Hedge`. */
export function nonceKey(secret: Uint8Array): Uint8Array {
  return hmac(sha256, secret, new TextEncoder().encode('uprove-wasm key of nonces'))
}

const text = new TextEncoder()

/** Octets of a block of SHA-256, and of a digest. */
const [blockLength, digestLength] = [64, 32]

/** Longer parts of the context are hashed first, so that the whole input fits into one short array. */
const longPart = 1024

/** All that the seed depends on, behind a block that is left free for the key of HMAC. */
function seedInput({ purpose, unique = '', context }: Hedge, random: RandomSource): Uint8Array {
  const parts = [text.encode(`${purpose} ${unique}`), ...context]
  let offset = blockLength + freshLength + 16
  let length = offset
  for (const part of parts) length += 4 + (part ? Math.min(part.length, longPart) : 0)
  const input = new Uint8Array(length)
  random.fill(input.subarray(blockLength, blockLength + freshLength))
  const view = new DataView(input.buffer)
  view.setFloat64(offset - 16, Date.now())
  view.setFloat64(offset - 8, calls++)
  for (const part of parts) {
    // The length of the part comes first, so that absent and empty parts differ and no part runs into the next.
    view.setInt32(offset, part?.length ?? -1)
    offset += 4
    if (!part) continue
    input.set(part.length > longPart ? sha256(part) : part, offset)
    offset += Math.min(part.length, longPart)
  }
  return input
}

/** A state of SHA-256 at its beginning, and one that is used again and again: to make new ones costs more than to hash a block. */
const [initial, state] = [sha256.create(), sha256.create()]

/** Writes SHA-256 of `input` to the first octets of `output`. */
function hashInto(output: Uint8Array, input: Uint8Array): void {
  initial._cloneInto(state).update(input).digestInto(output)
}

/**
 * Writes HMAC-SHA-256 (RFC 2104) of what stands in `input` behind its first block to the first octets of `output`. The block is
 * overwritten with what follows from the key.
 */
export function authenticateInto(output: Uint8Array, secret: Uint8Array, input: Uint8Array): void {
  const key = secret.length > blockLength ? sha256(secret) : secret
  const outer = new Uint8Array(blockLength + digestLength)
  input.fill(0x36, 0, blockLength)
  outer.fill(0x5c, 0, blockLength)
  for (let i = 0; i < key.length; i++) {
    input[i]! ^= key[i]!
    outer[i]! ^= key[i]!
  }
  hashInto(outer.subarray(blockLength), input)
  hashInto(output, outer)
  wipe(outer)
  if (key !== secret) wipe(key)
}

const noSecret = new Uint8Array(0)

function hedgedNonces(scalars: ScalarField, hedge: Hedge, random = systemRandom): NonceSource {
  const input = seedInput(hedge, random)
  // seed || counter
  const seeded = new Uint8Array(digestLength + 4)
  authenticateInto(seeded, hedge.secret ?? noSecret, input)
  wipe(input)
  const counter = new DataView(seeded.buffer, digestLength)
  const digest = new Uint8Array(digestLength)
  const wide = new Uint8Array(scalars.length + surplus)
  let [used, index] = [digestLength, 0]
  const draw = (): Scalar => {
    for (let i = 0; i < wide.length; i++) {
      if (used === digestLength) {
        counter.setUint32(0, index++)
        hashInto(digest, seeded)
        used = 0
      }
      wide[i] = digest[used++]!
    }
    return scalars.reduce(wide)
  }
  return {
    next() {
      for (;;) {
        const scalar = draw()
        if (!isZero(scalar)) return scalar
      }
    },
    dispose() {
      state.destroy()
      wipe(seeded, digest, wide)
    },
  }
}

function knownNonces(scalars: ScalarField, values: KnownAnswer): NonceSource {
  const rest = values[Symbol.iterator]()
  return {
    next() {
      const next: IteratorResult<Uint8Array, unknown> = rest.next()
      if (next.done === true)
        throw new InvalidInputError('known-answer/missing', 'the known answer has too few scalars')
      wipe(scalars.from(next.value))
      if (isZero(next.value)) throw new InvalidInputError('known-answer/zero', 'a scalar of the known answer is 0')
      return next.value as Scalar
    },
    dispose: () => undefined,
  }
}
