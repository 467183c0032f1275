import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Scalar } from '../../bindings/engine/engine.js'
import { chacha20BlockLength, writeChacha20Block } from '../../bindings/octets/chacha20.js'
import { createBigintEngine } from '../../bindings/subgroup/bigint.js'
import { isZero, toBigint, toHex } from '../../bindings/octets/integers.js'
import { concatOctets } from '../../bindings/octets/octets.js'
import type { RandomSource } from '../../bindings/octets/random.js'
import { P256 } from '../params/P256.js'
import { P521 } from '../params/P521.js'
import type { DeviceCommitment } from './device/device.js'
import { Prover } from './issuance/prover.js'
import { authenticateInto, nonceKey, nonces, type Hedge } from './nonces.js'
import type { PresentationOptions } from './presentation/presentation-options.js'
import { presentToken, PresentationSession } from './presentation/presentation.js'
import {
  allowVariableTime,
  createDevice,
  createIssuer,
  errorCode,
  group,
  issueOne,
  issueWithDevice,
  replay,
  scalar,
} from './testing/fixtures.js'
import type { IssuedToken } from './token/token.js'

const { scalars } = group
/** A source that is dead. */
const random: RandomSource = { fill: (bytes) => bytes.fill(7) }
const attributes = ['Alice', null, '']
const issuer = createIssuer({ device: true })
const { parameters } = issuer
/** Each part behind its length: an octet below 127, which stands for an absent part, or four octets with the highest bit set. */
const framed = (parts: readonly (Uint8Array | null | undefined)[]): Uint8Array =>
  concatOctets(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(0x80000000 + (part?.length ?? 0))
      return part ? [part.length < 127 ? Uint8Array.of(part.length) : length, part] : [Uint8Array.of(127)]
    }),
  )
const texts = (values: readonly Uint8Array[]) => values.map(toHex)

afterEach(() => void vi.restoreAllMocks())

describe('with a random source that always gives the same octets', () => {
  it('no two w are equal, in a batch or in two exchanges, so no two answers give y_0', () => {
    const [one, other] = [1, 2].map(() => issuer.begin({ attributes, count: 20, random }).message1.sigmaA)
    expect(new Set(texts([...one!, ...other!]))).toHaveLength(40)
    const ahead = [1, 2].map(() => issuer.precompute(1, { random }))
    const begun = ahead.map((precomputation) => issuer.begin({ attributes, precomputation }).message1.sigmaA[0]!)
    expect(new Set(texts(begun))).toHaveLength(2)
  })

  it('no two presentations have one w_0, so no two proofs give the private key', () => {
    const issued = issueOne(issuer, { attributes })
    const options = { attributes, message: 'm', random, allowVariableTime }
    const proofs = [1, 2].map(() => presentToken(parameters, issued, options).proof)
    expect(new Set(texts(proofs.map(({ a }) => a)))).toHaveLength(2)
    // What equal w_0 would give: (r_0 - r_0*) / (c - c*) = alpha^-1. Here w_0 differs for any two messages.
    const other = presentToken(parameters, issued, { ...options, message: 'n' }).proof
    expect(toHex(other.a)).not.toBe(toHex(proofs[0]!.a))
  })

  it('no two tokens have one alpha, beta_1 or beta_2, and no two Devices or sessions the same secrets', () => {
    const provers = [1, 2].map(() => Prover.begin(parameters, { attributes, count: 2, random, allowVariableTime }))
    const { message1 } = issuer.begin({ attributes, count: 2 })
    const sigmaC = provers.flatMap((prover) => prover.respond(message1).sigmaC)
    expect(new Set(texts(sigmaC))).toHaveLength(4)
    const devices = [1, 2].map(() => createDevice({ random }))
    expect(new Set(texts(devices.map(({ publicKey }) => publicKey)))).toHaveLength(2)
    const sessions = [1, 2].map(() => devices[0]!.begin())
    expect(new Set(texts(sessions.map(({ ad }) => ad)))).toHaveLength(2)
  })

  it('keys of Issuers differ', () => {
    const keys = [1, 2].map(() => createIssuer({ random }).exportPrivateKey())
    expect(new Set(texts(keys))).toHaveLength(2)
  })
})

const TIME = Date.UTC(2026, 11, 1)

describe('scalars', () => {
  const hedge: Hedge = { purpose: 'w', secret: scalar(5n), unique: '1', context: [Uint8Array.of(1), null] }
  /** As in another process: the clock stands, and the number of the call is the same. */
  const inOtherProcess = (): Promise<typeof import('./nonces.js')> => {
    vi.resetModules()
    vi.spyOn(Date, 'now').mockReturnValue(TIME)
    return import('./nonces.js')
  }
  const first = async (change: Partial<Hedge> = {}, source = random): Promise<string> => {
    return toHex((await inOtherProcess()).nonces(scalars, { random: source }, { ...hedge, ...change }).next())
  }

  it('depend on the fresh octets, the secret, the purpose, the unique value, and each part of the context', async () => {
    const all = [
      await first(),
      await first({}, { fill: (bytes) => bytes.fill(8) }),
      await first({ secret: scalar(6n) }),
      await first({ secret: undefined }),
      await first({ purpose: "w_d'" }),
      await first({ unique: '2' }),
      await first({ context: [Uint8Array.of(1), new Uint8Array(0)] }),
      await first({ context: [Uint8Array.of(1)] }),
      await first({ context: [null, Uint8Array.of(1)] }),
    ]
    expect(new Set(all)).toHaveLength(all.length)
    expect(await first()).toBe(all[0])
  })

  it.each([P256, P521])(
    'are blocks of ChaCha20 under the seed, 64 bits longer than q, reduced ($name)',
    async (set) => {
      const { scalars, q } = createBigintEngine().curve(set)
      const source = (await inOtherProcess()).nonces(scalars, { random }, hedge)
      const drawn = [source.next(), source.next(), source.next()]
      source.dispose()
      const head = Buffer.alloc(43, 7)
      head.writeUIntBE(TIME, 32, 6)
      head.writeUInt32BE(0, 38)
      head[42] = 1
      const seed = hmac(sha256, hedge.secret!, framed([head, ...hedge.context, Buffer.from('1')]))
      const width = scalars.length + 8
      const step = 64 * Math.ceil(width / 64)
      const words = new Int32Array(Uint8Array.from(seed).buffer)
      const stream = new Uint8Array(3 * step)
      for (let at = 0; at < stream.length; at += chacha20BlockLength) {
        writeChacha20Block(new DataView(stream.buffer), at, words, at / chacha20BlockLength)
      }
      const expected = [0, 1, 2].map((i) => toBigint(stream.subarray(i * step, i * step + width)) % q)
      expect(drawn.map(toBigint)).toEqual(expected)
    },
  )

  it('are not 0', () => {
    vi.spyOn(scalars, 'reduce').mockReturnValueOnce(scalars.zero)
    expect(toHex(nonces(scalars, {}, hedge).next())).not.toBe(toHex(scalars.zero))
  })

  it('take 32 fresh octets a call, however many there are', () => {
    const lengths: number[] = []
    const counting: RandomSource = { fill: (bytes) => void lengths.push(bytes.length) }
    issuer.begin({ attributes, count: 50, random: counting })
    expect(lengths).toEqual([32])
  })

  it('come from a seed that is HMAC-SHA-256, whatever the lengths of secret and parts', () => {
    const octets = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 3 * i + length)
    const cases = [0, 1, 32, 64, 65, 131].flatMap((key) =>
      [
        [],
        [0],
        [7],
        [126],
        [127],
        [128],
        [300],
        [955],
        [956],
        [957],
        [958],
        [959],
        [2000],
        [900, 56],
        [900, 57],
        [5000, 3, 1020, 1024],
      ].map((parts) => ({
        key,
        parts,
      })),
    )
    for (const { key, parts } of cases) {
      const context = [...parts.map(octets), null, undefined]
      const output = new Uint8Array(32)
      authenticateInto(output, octets(key), context)
      expect(toHex(output), `${key}, ${parts.join()}`).toBe(toHex(hmac(sha256, octets(key), framed(context))))
    }
  })

  it('come from all of a long context', async () => {
    const long = new Uint8Array(5000)
    const one = await first({ context: [long] })
    expect(await first({ context: [long] })).toBe(one)
    long[4999] = 1
    expect(await first({ context: [long] })).not.toBe(one)
  })

  it('have a key that is HMAC-SHA-256 under the secret, of a name', () => {
    const name = framed([new TextEncoder().encode('uprove-wasm key of nonces')])
    for (const y0 of [5n, 6n].map(scalar)) expect(toHex(nonceKey(y0))).toBe(toHex(hmac(sha256, y0, name)))
  })

  it('come from fresh octets of the system where no source is given', async () => {
    const filled = vi.spyOn(crypto, 'getRandomValues')
    const draw = async () => toHex((await inOtherProcess()).nonces(scalars, {}, hedge).next())
    const drawn = [await draw(), await draw()]
    expect(drawn[0]).not.toBe(drawn[1])
    expect(filled).toHaveBeenCalledTimes(2)
  })

  it('come from the fresh octets of a source that calls the library itself', async () => {
    const calling = async (octet: number): Promise<string> => {
      const { nonces } = await inOtherProcess()
      const fill = (bytes: Uint8Array) => {
        bytes.fill(octet)
        nonces(scalars, { random }, hedge).next()
      }
      return toHex(nonces(scalars, { random: { fill } }, hedge).next())
    }
    const drawn = [await calling(7), await calling(8)]
    expect(drawn[0]).not.toBe(drawn[1])
    expect(await calling(7)).toBe(drawn[0])
  })

  it('leave nothing of what they come from, but in their source', () => {
    /** A state of SHA-256. */
    interface State {
      get(): number[]
      buffer: Uint8Array
      _cloneInto(to: State): State
    }
    const states = Object.getPrototypeOf(Object.getPrototypeOf(sha256.create())) as State
    const [cloned, filled] = [vi.spyOn(states, '_cloneInto'), vi.spyOn(Uint8Array.prototype, 'fill')]
    nonces(scalars, { random }, { ...hedge, secret: new Uint8Array(65) }).next()
    const used = [...new Set(filled.mock.contexts as Uint8Array[])]
    expect(used.every(isZero)).toBe(true)
    // Fresh octets, the digest of a long secret, the seed; the input; both blocks with the key; the head; two blocks of ChaCha20.
    const lengths = used.map(({ length }) => length).filter((length) => length !== 64)
    expect(lengths.sort((a, b) => a - b)).toEqual([32, 32, 32, 43, 96, 128, 1024])
    const [[state]] = cloned.mock.calls as [[State]]
    expect([...state.get(), ...state.buffer].every((word) => word === 0)).toBe(true)
  })
})

describe('a presentation in a process that repeats another one, clock and random octets too', () => {
  const same = ['same', 'same', 'other']
  const { parameters, device, software, issued } = issueWithDevice({ attributes: same })
  const base: PresentationOptions = {
    ...{ attributes: same, disclosed: [1], committed: [2], message: 'm', random, allowVariableTime },
    pseudonym: { scope: 'scope', source: 3 },
  }
  /** The first scalar that it draws, w_0: with two challenges it would give the private key. */
  async function firstOf(token: IssuedToken, options: PresentationOptions, commitment?: DeviceCommitment) {
    vi.resetModules()
    vi.spyOn(Date, 'now').mockReturnValue(TIME)
    const { PresentationSession } = await import('./presentation/presentation.js')
    const drawn: string[] = []
    const reduce = scalars.reduce.bind(scalars)
    vi.spyOn(scalars, 'reduce').mockImplementation((octets) => {
      const scalar = reduce(octets)
      if (octets.length === scalars.length + 8) drawn.push(toHex(scalar))
      return scalar
    })
    PresentationSession.begin(parameters, token, options, commitment).dispose()
    vi.restoreAllMocks()
    return drawn[0]
  }

  it('has another w_0 for everything that makes another challenge', async () => {
    const [one, other] = [device.begin(), device.begin()]
    const [inScope, inOther] = [device.begin('scope'), device.begin('other')]
    const ofDevice: PresentationOptions = { ...base, pseudonym: { scope: 'scope', source: 'device' } }
    const all = [
      await firstOf(software, base),
      await firstOf(software, { ...base, message: 'n' }),
      await firstOf(software, { ...base, message: null }),
      await firstOf(software, { ...base, deviceMessage: 'm_d' }),
      await firstOf(software, { ...base, zeroEncoding: 'empty' }),
      await firstOf(software, { ...base, disclosed: [] }),
      await firstOf(software, { ...base, attributes: ['differs', 'same', 'other'] }),
      await firstOf(software, { ...base, disclosed: [2], committed: [1] }),
      await firstOf(software, { ...base, committed: [] }),
      await firstOf(software, { ...base, committed: [3] }),
      await firstOf(software, { ...base, committed: [2, 3] }),
      await firstOf(software, { ...base, pseudonym: undefined }),
      await firstOf(software, { ...base, pseudonym: { scope: 'other', source: 3 } }),
      await firstOf(software, { ...base, pseudonym: { scope: 'scope', source: 2 } }),
      await firstOf(issued, base, one),
      await firstOf(issued, base, other),
      await firstOf(issued, ofDevice, inScope),
      await firstOf(issued, ofDevice, inOther),
    ]
    expect(new Set(all)).toHaveLength(all.length)
    expect(all).not.toContain(undefined)
    expect(await firstOf(software, base)).toBe(all[0])
    // Disclosed attributes of equal values, each with its index.
    const [first, second] = [
      await firstOf(software, { ...base, disclosed: [1], committed: [] }),
      await firstOf(software, { ...base, disclosed: [2], committed: [] }),
    ]
    expect(first).not.toBe(second)
  })
})

describe('known answers', () => {
  it('are used as they are, and refused if they are 0, out of range, or too few', () => {
    const session = issuer.begin({ attributes, count: 2, knownAnswer: replay(scalar(3n), scalar(4n)) })
    expect(session.message1.sigmaA[1]).toEqual(group.exponentiate(group.generator, scalar(4n)))
    const codeOf = (...values: Uint8Array[]) =>
      errorCode(() => issuer.begin({ attributes, count: 2, knownAnswer: replay(...values) }))
    expect(codeOf(scalar(3n))).toBe('known-answer/missing')
    expect(codeOf(scalar(3n), scalars.zero)).toBe('known-answer/zero')
    expect(codeOf(scalar(3n), scalar(group.q))).toBe('scalar/range')
  })

  it('with equal w in a batch are refused', () => {
    const equal = replay(scalar(3n), scalar(4n), scalar(3n))
    const begin = () => issuer.begin({ attributes, count: 3, knownAnswer: equal })
    expect(errorCode(begin)).toBe('issuance/nonce-repeated')
  })
})

it('a Device answers once, whatever is read from the challenge', () => {
  const { parameters, device, issued } = issueWithDevice({ attributes })
  const session = device.begin()
  const options = { attributes, message: 'm', allowVariableTime }
  const challenge = PresentationSession.begin(parameters, issued, options, session).deviceChallenge!
  let inner: Uint8Array | undefined
  class Trap extends Uint8Array {
    override get length(): number {
      inner ??= session.respond(challenge)
      return 32
    }
  }
  const trap = { ...challenge, digest: new Trap(challenge.digest) }
  const code = errorCode(() => session.respond(trap))
  // Either the trap did not run, or it did and had the one answer.
  expect(inner === undefined ? code : 'device/answered').toBe(inner === undefined ? undefined : code)
  expect(errorCode(() => session.respond(challenge))).toBe('device/answered')
})

it('an answer to a known w is the formula', () => {
  const w = scalar(3n)
  const session = issuer.begin({ attributes, knownAnswer: replay(w) })
  const sigmaC = scalar(9n)
  const [sigmaR] = session.respond({ sigmaC: [sigmaC] }).sigmaR as [Scalar]
  expect(sigmaR).toEqual(scalars.multiplyAdd(sigmaC, issuer.exportPrivateKey(), w))
})
