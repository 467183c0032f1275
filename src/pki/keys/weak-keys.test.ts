import { afterAll, describe, expect, it } from 'vitest'
import { inverseModulo, powerModulo } from '../../../bindings/engine/power.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import { createBigintEngine } from '../../../bindings/subgroup/bigint.js'
import { L2048N256 } from '../../params/L2048N256.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { bitString, integer, oid, sequence } from '../asn1/der.js'
import type { PkiError, PkiErrorCode } from '../errors.js'
import { rsaPublicKey } from '../testing/rsa.js'
import { CURVES, KEY_ALGORITHM, type CurveName } from './algorithms.js'
import { generateKey } from './keys.js'
import { readPublicKey } from './public-key.js'
import { checkKeyStrength, isAcceptedGroup, isPrimeModulus } from './weak-keys.js'

const engine = await createEngine()
afterAll(() => engine.dispose())

const ec = (curve: CurveName, point: Uint8Array): Octets =>
  sequence(sequence(oid(KEY_ALGORITHM.ec), oid(CURVES[curve].oid)), bitString(point))

/** Not random, so that a failure can be repeated. */
let state = 1n
const random = (bits: number): bigint => {
  let value = 0n
  for (let i = 0; i < bits; i += 32) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n)
    value = (value << 32n) | (state >> 32n)
  }
  return (value & ((1n << BigInt(bits)) - 1n)) | (3n << BigInt(bits - 2)) | 1n
}
const smallPrimes = [3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n, 43n, 47n, 53n, 59n, 61n, 67n, 71n, 73n]
const isPrime = (n: bigint): boolean =>
  smallPrimes.every((prime) => n % prime !== 0n) && engine.powerVartime(2n, n - 1n, n) === 1n
const nextPrime = (from: bigint, step = 2n): bigint => {
  let n = from
  while (!isPrime(n)) n += step
  return n
}
const p = nextPrime(random(1024))
const q = nextPrime(random(1024))

/** A prime as the library of ROCA makes it: k M + (65537^a mod M), M the product of the first 39 primes. */
function rocaPrime(): bigint {
  const primes: bigint[] = []
  for (let n = 2n; primes.length < 39; n++) if (primes.every((prime) => n % prime !== 0n)) primes.push(n)
  const M = primes.reduce((product, prime) => product * prime, 1n)
  const residue = powerModulo(65537n, random(64), M)
  return nextPrime((random(1024) / M) * M + residue, M)
}

const code = (key: Octets): PkiErrorCode | undefined => {
  try {
    checkKeyStrength(key)
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ name: 'PkiError', code: expect.stringMatching(/^pki\//) as string })
    return (error as PkiError).code
  }
}

describe('an RSA key', () => {
  it('is accepted if nothing is wrong with it', () => {
    expect(code(rsaPublicKey(p * q))).toBeUndefined()
    expect(code(rsaPublicKey(p * q, 3n))).toBeUndefined()
  })

  it.each<[string, PkiErrorCode, () => bigint, bigint?]>([
    ['of 2047 bits', 'pki/rsa-too-small', () => nextPrime(random(1023)) * p],
    ['of 8193 bits', 'pki/rsa-too-large', () => (1n << 8192n) + 1n],
    ['that is even', 'pki/rsa-even', () => 2n * p * q],
    ['of 0', 'pki/rsa-even', () => 0n],
    ['with e = 0', 'pki/rsa-exponent', () => p * q, 0n],
    ['with e = 1', 'pki/rsa-exponent', () => p * q, 1n],
    ['with an even e', 'pki/rsa-exponent', () => p * q, 65538n],
    ['with e of 65 bits', 'pki/rsa-exponent', () => p * q, (1n << 64n) + 1n],
    ['that 3 divides', 'pki/rsa-small-factor', () => 3n * p * q],
    ['that 65521 divides', 'pki/rsa-small-factor', () => 65521n * p * q],
    ['that is a square', 'pki/rsa-close-primes', () => p * p],
    ['of two primes that follow each other', 'pki/rsa-close-primes', () => p * nextPrime(p + 2n)],
    [
      'of primes that share more than half of their bits',
      'pki/rsa-close-primes',
      () => p * nextPrime(p + (1n << 515n)),
    ],
    ['with the fingerprint of ROCA', 'pki/rsa-roca', () => rocaPrime() * rocaPrime()],
  ])('is refused with a modulus %s', (_, expected, modulus, e) => {
    expect(code(rsaPublicKey(modulus(), e))).toBe(expected)
  })

  it('is refused if its primes are found in 100 rounds, and not if it takes one more', () => {
    // n = a^2 - b^2, and a is b^2 / 2a above the square root of n.
    const distant = (rounds: number): bigint => {
      let b = 1n << 600n
      const wanted = (p * 2n * BigInt(4 * rounds + 1)) / 4n
      for (let next = (b + wanted / b) >> 1n; next < b; next = (b + wanted / b) >> 1n) b = next
      return p * nextPrime(p + 2n * b)
    }
    expect(code(rsaPublicKey(distant(99)))).toBe('pki/rsa-close-primes')
    expect(code(rsaPublicKey(distant(100)))).toBeUndefined()
  })

  it('has no fingerprint of ROCA where only one prime is flawed', () => {
    expect(code(rsaPublicKey(rocaPrime() * q))).toBeUndefined()
  })

  it('has a prime modulus, or not', () => {
    const prime = L2048N256.p
    for (const one of [engine, createBigintEngine()]) {
      const power = one.powerVartime.bind(one)
      expect(isPrimeModulus(readPublicKey(rsaPublicKey(prime)), power)).toBe(true)
      expect(isPrimeModulus(readPublicKey(rsaPublicKey(p * q)), power)).toBe(false)
    }
    // Everything else is right with it, and it can sign.
    expect(code(rsaPublicKey(prime))).toBeUndefined()
    const d = inverseModulo(65537n, prime - 1n)!
    expect(powerModulo(powerModulo(42n, d, prime), 65537n, prime)).toBe(42n)
  })

  it.each(['RSA-2048', 'RSA-3072'] as const)('of the platform, %s, is accepted', async (type) => {
    expect(code((await generateKey(type)).publicKey)).toBeUndefined()
  })
})

describe('powers of public numbers', () => {
  it('are the same on the core and in BigInt', () => {
    for (const bits of [160, 1024, 2048, 3072, 4096, 4160]) {
      const [modulus, exponent] = [random(bits), random(bits)]
      expect(engine.powerVartime(2n, exponent, modulus)).toBe(powerModulo(2n, exponent, modulus))
    }
    expect(engine.powerVartime(7n, 0n, p)).toBe(1n)
  })
})

describe('an EC key', () => {
  const CASES: [CurveName, 'ECDSA-P256' | 'ECDSA-P384' | 'ECDSA-P521'][] = [
    ['P-256', 'ECDSA-P256'],
    ['P-384', 'ECDSA-P384'],
    ['P-521', 'ECDSA-P521'],
  ]
  it.each(CASES)('on %s is accepted on the curve, and refused beside it', async (curve, type) => {
    const { publicKey } = await generateKey(type)
    expect(code(publicKey)).toBeUndefined()
    const key = readPublicKey(publicKey)
    if (key.type !== 'EC') throw new Error('not EC')
    const { x, y } = key
    const flipped = y.map((octet, i) => (i === y.length - 1 ? octet ^ 1 : octet))
    expect(code(ec(curve, Uint8Array.of(4, ...x, ...y)))).toBeUndefined()
    expect(code(ec(curve, Uint8Array.of(4, ...x, ...flipped)))).toBe('pki/ec-point')
    expect(code(ec(curve, Uint8Array.of(4, ...y, ...x)))).toBe('pki/ec-point')
    expect(code(ec(curve, new Uint8Array(1 + 2 * x.length).fill(4, 0, 1)))).toBe('pki/ec-point')
    expect(code(ec(curve, new Uint8Array(1 + 2 * x.length).fill(0xff).fill(4, 0, 1)))).toBe('pki/ec-point')
    expect(code(ec(curve, Uint8Array.of(2, ...x)))).toBe('pki/ec-compressed')
  })

  it('with coordinates that are not reduced is refused', () => {
    const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
    // b is a square modulo p, so (0, sqrt b) is on the curve, and (p, sqrt b) the same point written otherwise.
    const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn
    const root = powerModulo(b, (prime + 1n) / 4n, prime)
    const octets = (n: bigint): Uint8Array => Uint8Array.from(Buffer.from(n.toString(16).padStart(64, '0'), 'hex'))
    expect(code(ec('P-256', Uint8Array.of(4, ...octets(0n), ...octets(root))))).toBeUndefined()
    expect(code(ec('P-256', Uint8Array.of(4, ...octets(prime), ...octets(root))))).toBe('pki/ec-point')
  })

  it('with a y that is not reduced is refused', async () => {
    const key = readPublicKey((await generateKey('ECDSA-P521')).publicKey)
    if (key.type !== 'EC') throw new Error('not EC')
    const y = toFixedWidth(toBigint(key.y) + 2n ** 521n - 1n, 66)
    expect(code(ec('P-521', Uint8Array.of(4, ...key.x, ...y)))).toBe('pki/ec-point')
  })

  it('has no modulus that is prime', async () => {
    const key = readPublicKey((await generateKey('ECDSA-P256')).publicKey)
    expect(isPrimeModulus(key, () => 1n)).toBe(false)
  })

  it('on another curve is refused', () => {
    const key = sequence(sequence(oid(KEY_ALGORITHM.ec), oid('1.3.132.0.10')), bitString(new Uint8Array(65).fill(4)))
    expect(code(key)).toBe('pki/ec-curve')
  })
})

describe('a DSA key', () => {
  it('in a group that is not recommended is refused', () => {
    const dsa = sequence(
      sequence(oid(KEY_ALGORITHM.dsa), sequence(integer(p * q), integer((1n << 255n) + 1n), integer(4))),
      bitString(integer(16)),
    )
    expect(code(dsa)).toBe('pki/dsa-group')
  })

  it('in a group beyond 4096 bits is refused, whatever is allowed', () => {
    const any = { allowLegacy: true, allowOtherGroups: true }
    const small = Uint8Array.of(7)
    const [longest, longer] = [512, 513].map((length) => new Uint8Array(length).fill(0xff))
    for (const name of ['p', 'q', 'g']) {
      expect(isAcceptedGroup({ p: small, q: small, g: small, [name]: longest! }, any)).toBe(true)
      expect(isAcceptedGroup({ p: small, q: small, g: small, [name]: longer! }, any)).toBe(false)
    }
  })

  it('that is 0, 1, p - 1 or more is refused', () => {
    const { p: prime, q: order, g } = L2048N256
    const dsa = (y: bigint): Octets =>
      sequence(
        sequence(oid(KEY_ALGORITHM.dsa), sequence(integer(prime), integer(order), integer(g))),
        bitString(integer(y)),
      )
    expect([0n, 1n, prime - 1n, prime, prime + g].map((y) => code(dsa(y)))).toEqual(new Array(5).fill('pki/key'))
    expect(code(dsa(g))).toBeUndefined()
  })
})
