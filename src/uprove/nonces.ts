import { sha256 } from '@noble/hashes/sha2.js'
import { chacha20BlockLength, writeChacha20Block } from '../../bindings/octets/chacha20.js'
import type { Scalar, ScalarField } from '../../bindings/engine/engine.js'
import { InvalidInputError } from '../../bindings/errors.js'
import { isZero } from '../../bindings/octets/integers.js'
import { wipe } from '../../bindings/octets/octets.js'
import { systemRandom, type RandomSource } from '../../bindings/octets/random.js'
import { encodeText } from '../../bindings/octets/text.js'

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

const purposes = ['Issuer', 'w', 'w ahead', 'alpha, beta', 'w_i', 'x_d', "w_d'"] as const

/** The inputs of the derivation besides fresh octets. */
export interface Hedge {
  /** The purpose of the scalars: different purposes derive different scalars. */
  readonly purpose: (typeof purposes)[number]
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
 *     seed = HMAC-SHA-256(secret, fresh octets || time || number of the call || purpose || context || unique)
 *     scalar i = the first octets of block i of ChaCha20 under the seed, as many as q has and 8 more, mod q
 *
 * One seed serves a whole call. A block of ChaCha20 takes a third of the time of one of SHA-256, and gives twice as much. A scalar
 * of P-521 takes two.
 * With a random source that always gives the same octets, scalars repeat only for the same context, in the same millisecond of
 * two processes that have made the same number of calls, with the same unique value.
 */
export function nonces(scalars: ScalarField, { random, knownAnswer }: NonceOptions, hedge: Hedge): NonceSource {
  return knownAnswer === undefined ? hedgedNonces(scalars, hedge, random) : knownNonces(scalars, knownAnswer)
}

/** 32 octets that only the owner of a secret can compute, for use as the secret of a `Hedge`. */
export function nonceKey(secret: Uint8Array): Uint8Array {
  const key = new Uint8Array(digestLength)
  authenticateInto(key, secret, [encodeText('uprove-wasm key of nonces')])
  return key
}

const noSecret = new Uint8Array(0)

/** What follows is used by every call, since making it anew costs as much as the hashing. Each call leaves it wiped. */
const [initial, hash] = [sha256.create(), sha256.create()]
const { blockLen: blockLength, outputLen: digestLength } = sha256
/** Collects input, since each piece that the hash is given costs as much as half a block. */
const input = new DataView(new ArrayBuffer(16 * blockLength))
const inputOctets = new Uint8Array(input.buffer)
/** A key of HMAC behind its block, and an inner digest. */
const outer = new Uint8Array(blockLength + digestLength)
const innerDigest = outer.subarray(blockLength)
/** Fresh octets, time, number of the call, purpose. */
const head = new DataView(new ArrayBuffer(freshLength + 11))
const headOctets = new Uint8Array(head.buffer)
const freshOctets = headOctets.subarray(0, freshLength)
const digest = new DataView(new ArrayBuffer(digestLength))
const digestOctets = new Uint8Array(digest.buffer)
const stream = new DataView(new ArrayBuffer(2 * chacha20BlockLength))
const streamOctets = new Uint8Array(stream.buffer)

/** In place of the length of a part that is absent. */
const ABSENT = 0x7f

/**
 * Writes HMAC-SHA-256 (RFC 2104) of the parts to `output`, 32 octets. Each part comes behind its length, so that absent and empty parts
 * differ and no part runs into the next: in one octet below 127, or else in four with the highest bit set.
 */
export function authenticateInto(
  output: Uint8Array,
  secret: Uint8Array,
  parts: readonly (Uint8Array | null | undefined)[],
): void {
  const key = secret.length > blockLength ? sha256(secret) : secret
  inputOctets.fill(0x36, 0, blockLength)
  outer.fill(0x5c, 0, blockLength)
  for (let i = 0; i < key.length; i++) {
    inputOctets[i]! ^= key[i]!
    outer[i]! ^= key[i]!
  }
  if (key !== secret) wipe(key)
  initial._cloneInto(hash)
  let collected = blockLength
  for (const part of parts) {
    if (collected + 4 + (part?.length ?? 0) > inputOctets.length) {
      hash.update(inputOctets.subarray(0, collected))
      collected = 0
    }
    if (!part || part.length < ABSENT) input.setUint8(collected++, part?.length ?? ABSENT)
    else {
      input.setUint32(collected, 0x80000000 + part.length)
      collected += 4
    }
    if (!part) continue
    if (collected + part.length > inputOctets.length) {
      hash.update(inputOctets.subarray(0, collected))
      hash.update(part)
      collected = 0
    } else {
      inputOctets.set(part, collected)
      collected += part.length
    }
  }
  hash.update(inputOctets.subarray(0, collected))
  hash.digestInto(innerDigest)
  initial._cloneInto(hash).update(outer).digestInto(output)
  hash.destroy()
  wipe(inputOctets, outer)
}

function fillFresh(random: RandomSource): void {
  if (random === systemRandom) {
    random.fill(freshOctets)
    return
  }
  // Another source may call the library, which uses the head.
  const fresh = new Uint8Array(freshLength)
  random.fill(fresh)
  freshOctets.set(fresh)
  wipe(fresh)
}

function hedgedNonces(scalars: ScalarField, hedge: Hedge, random = systemRandom): NonceSource {
  const { purpose, secret = noSecret, unique, context } = hedge
  fillFresh(random)
  const now = Date.now()
  head.setUint16(freshLength, now / 2 ** 32)
  head.setUint32(freshLength + 2, now)
  head.setUint32(freshLength + 6, calls++)
  head.setUint8(freshLength + 10, purposes.indexOf(purpose))
  const parts = [headOctets, ...context]
  if (unique !== undefined) parts.push(encodeText(unique))
  authenticateInto(digestOctets, secret, parts)
  const seed = new Int32Array(digestLength / 4)
  for (let i = 0; i < seed.length; i++) seed[i] = digest.getInt32(4 * i, true)
  wipe(headOctets, digestOctets)
  const wide = streamOctets.subarray(0, scalars.length + surplus)
  let block = 0
  return {
    next() {
      for (;;) {
        for (let at = 0; at < wide.length; at += chacha20BlockLength) writeChacha20Block(stream, at, seed, block++)
        const scalar = scalars.reduce(wide)
        wipe(streamOctets)
        if (!isZero(scalar)) return scalar
      }
    },
    dispose: () => void seed.fill(0),
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
