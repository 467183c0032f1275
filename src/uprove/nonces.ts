import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import type { Scalar, ScalarField } from '../../bindings/engine/engine.js'
import { InvalidInputError } from '../../bindings/errors.js'
import { isZero } from '../../bindings/octets/integers.js'
import { wipe } from '../../bindings/octets/octets.js'
import { systemRandom, type RandomSource } from '../../bindings/octets/random.js'

/** Gives secret scalars in [1, q-1] one after another; who takes one wipes it. */
export interface NonceSource {
  next(): Scalar
  /** Wipes what the scalars are derived from. */
  dispose(): void
}

/**
 * The scalars of a known-answer run, in the order in which they would be drawn. They are used as they are and wiped like
 * others, so give copies.
 */
export type KnownAnswer = Iterable<Uint8Array>

/** Where the scalars of a call come from. */
export interface NonceOptions {
  /** Fresh octets, 32 a call. Default `crypto.getRandomValues`. */
  readonly random?: RandomSource
  /** For known-answer tests only: the scalars themselves. Nothing protects from scalars that repeat. */
  readonly knownAnswer?: KnownAnswer
}

/** What scalars are derived from besides fresh octets. */
export interface Hedge {
  /** What they are for: calls for different things derive different scalars. */
  readonly purpose: string
  /** A secret that an attacker who knows the random octets does not know. Undefined where there is none. */
  readonly secret?: Uint8Array
  /** A value that no other call has, such as the number that a store gives. */
  readonly unique?: string
  /** What the scalars are used with. */
  readonly context: readonly (Uint8Array | null | undefined)[]
}

/** How much longer than q the integers are that are reduced modulo q, in octets: the bias is below 2^-64. */
const surplus = 8

const freshLength = 32

let calls = 0

/**
 * Scalars that do not repeat, and that nobody can compute without the secret, even if the random source repeats or is known:
 *
 *     seed = HMAC-SHA-256(secret, fresh octets || purpose || time || number of the call || unique || context)
 *     scalars = the octets of SHA-512(seed || 0) || SHA-512(seed || 1) || ..., each as many as q has and 8 more, mod q
 *
 * One seed serves a whole call. With a random source that always gives the same octets, scalars repeat only for the same
 * context, in the same millisecond of two processes that have made the same number of calls, with the same unique value.
 */
export function nonces(scalars: ScalarField, { random, knownAnswer }: NonceOptions, hedge: Hedge): NonceSource {
  return knownAnswer === undefined ? hedgedNonces(scalars, seedOf(hedge, random)) : knownNonces(scalars, knownAnswer)
}

/** 32 octets that only the owner of a secret can compute, to be the secret of a `Hedge` elsewhere. */
export function nonceKey(secret: Uint8Array): Uint8Array {
  return hmac(sha256, secret, new TextEncoder().encode('uprove-wasm key of nonces'))
}

const text = new TextEncoder()

/** Parts of the context that are longer are hashed by themselves, so that the input is put together in one short array. */
const longPart = 1024

function seedOf(
  { purpose, secret = new Uint8Array(0), unique = '', context }: Hedge,
  random = systemRandom,
): Uint8Array {
  const parts = [text.encode(`${purpose} ${unique}`), ...context]
  const short = parts.map((part) => (part && part.length > longPart ? sha256(part) : part))
  const input = new Uint8Array(short.reduce((sum, part) => sum + 4 + (part?.length ?? 0), freshLength + 16))
  try {
    random.fill(input.subarray(0, freshLength))
    const view = new DataView(input.buffer)
    view.setFloat64(freshLength, Date.now())
    view.setFloat64(freshLength + 8, calls++)
    let offset = freshLength + 16
    short.forEach((part, i) => {
      // The length of the part itself: absent parts are told from empty ones, and no part runs into the next.
      view.setInt32(offset, parts[i]?.length ?? -1)
      if (part !== null && part !== undefined) input.set(part, offset + 4)
      offset += 4 + (part?.length ?? 0)
    })
    return hmac(sha256, secret, input)
  } finally {
    wipe(input)
  }
}

function hedgedNonces(scalars: ScalarField, seed: Uint8Array): NonceSource {
  const width = scalars.length + surplus
  const input = new Uint8Array(seed.length + 4)
  input.set(seed)
  wipe(seed)
  const counter = new DataView(input.buffer, seed.length)
  const wide = new Uint8Array(width)
  let [block, used, index] = [new Uint8Array(0), 0, 0]
  const draw = (): Scalar => {
    for (let filled = 0; filled < width;) {
      if (used === block.length) {
        wipe(block)
        counter.setUint32(0, index++)
        block = sha512(input)
        used = 0
      }
      const part = block.subarray(used, used + width - filled)
      wide.set(part, filled)
      used += part.length
      filled += part.length
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
    dispose: () => wipe(input, block, wide),
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
