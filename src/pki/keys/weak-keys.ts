import { lastOf } from '../../../bindings/octets/lists.js'
import { bitLength, toBigint } from '../../../bindings/octets/integers.js'
import { isLegacy, isRecommended } from '../../../bindings/subgroup/validation.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { PkiError, type PkiErrorCode } from '../errors.js'
import type { CurveName } from './algorithms.js'
import { readPublicKey, type DsaParameters, type KeyRequirements, type PublicKey } from './public-key.js'

// The tests of public keys. `unfitFor...` functions return the code of the first fault, or undefined.

type RsaKey = Extract<PublicKey, { type: 'RSA' }>

/** Larger keys would cost too much arithmetic, and the client chooses the size. */
const MAX_RSA_BITS = 8192
/** The largest groups that an engine has. */
const MAX_DSA_OCTETS = 512

/** The reason why a key is refused, from its size and parameters alone: enough to verify a signature. */
export function unfitForUse(key: PublicKey, requirements: KeyRequirements = {}): PkiErrorCode | undefined {
  switch (key.type) {
    case 'RSA':
      return unfitRsa(key, requirements)
    case 'EC':
      return isOnCurve(key) ? undefined : 'pki/ec-point'
    case 'DSA':
      if (!isAcceptedGroup(key, requirements)) return 'pki/dsa-group'
      return isDsaElement(toBigint(key.y), toBigint(key.p)) ? undefined : 'pki/key'
  }
}

/**
 * The reason why a key must not be certified: `unfitForUse`, and moduli that can be factored. The cost grows with the square
 * of the modulus' length and is about a millisecond for 2048 bits. `isPrimeModulus` tests for one more fault.
 */
export function unfitForCertificate(key: PublicKey, requirements: KeyRequirements = {}): PkiErrorCode | undefined {
  const unfit = unfitForUse(key, requirements)
  if (unfit !== undefined || key.type !== 'RSA') return unfit
  const n = toBigint(key.modulus)
  if (hasSmallFactor(n)) return 'pki/rsa-small-factor'
  if (hasClosePrimes(n)) return 'pki/rsa-close-primes'
  return hasRocaFingerprint(n) ? 'pki/rsa-roca' : undefined
}

/**
 * Checks that a public key (SubjectPublicKeyInfo, DER) may be certified. Throws `PkiError` with a code for each fault:
 * `pki/rsa-too-small`, `.../rsa-too-large`, `.../rsa-even`, `.../rsa-exponent`, `.../rsa-small-factor`, `.../rsa-close-primes`,
 * `.../rsa-roca`, `.../ec-curve`, `.../ec-point`, `.../dsa-group`, `.../key`, `.../not-der`, `.../structure`.
 *
 * @example
 * ```ts
 * import { checkKeyStrength, generateKey } from 'uprove-wasm/pki'
 *
 * const { publicKey } = await generateKey('RSA-2048')
 * checkKeyStrength(publicKey)
 * ```
 */
export function checkKeyStrength(der: Octets, requirements: KeyRequirements = {}): void {
  const code = unfitForCertificate(readPublicKey(der), requirements)
  if (code !== undefined) throw new PkiError(code)
}

function unfitRsa({ modulus, exponent }: RsaKey, { minRsaBits = 2048 }: KeyRequirements): PkiErrorCode | undefined {
  // 0 has no octets.
  const isOdd = (number: Uint8Array): boolean => number.length > 0 && (lastOf(number) & 1) === 1
  // Checked before any arithmetic, since the client chooses the numbers.
  if (8 * modulus.length > MAX_RSA_BITS) return 'pki/rsa-too-large'
  if (!isOdd(modulus)) return 'pki/rsa-even'
  if (bitLength(toBigint(modulus)) < minRsaBits) return 'pki/rsa-too-small'
  return exponent.length <= 8 && isOdd(exponent) && toBigint(exponent) >= 3n ? undefined : 'pki/rsa-exponent'
}

/** Whether keys in a DSA group are accepted, judged by its numbers; `bindGroup` validates the group. */
export function isAcceptedGroup(parameters: DsaParameters, requirements: KeyRequirements): boolean {
  const { allowLegacy = false, allowOtherGroups = false } = requirements
  if ([parameters.p, parameters.q, parameters.g].some(({ length }) => length > MAX_DSA_OCTETS)) return false
  const numbers = { p: toBigint(parameters.p), q: toBigint(parameters.q), g: toBigint(parameters.g) }
  return (allowLegacy || !isLegacy(numbers)) && (allowOtherGroups || isRecommended(numbers))
}

/** Whether y is not one of 0, 1 and p - 1, nor above: SP 800-89, section 5.3.1. That its order is q is tested where the group is bound. */
const isDsaElement = (y: bigint, p: bigint): boolean => y > 1n && y < p - 1n

/** The curves of FIPS 186-4, appendix D.1.2: y^2 = x^3 - 3x + b mod p. */
const EQUATIONS: Readonly<Record<CurveName, { readonly p: bigint; readonly b: bigint }>> = /* @__PURE__ */ (() => ({
  'P-256': {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  'P-384': {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  'P-521': {
    p: 2n ** 521n - 1n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
}))()

function isOnCurve({ curve, x, y }: Extract<PublicKey, { type: 'EC' }>): boolean {
  const { p, b } = EQUATIONS[curve]
  const [X, Y] = [toBigint(x), toBigint(y)]
  return X < p && Y < p && (Y * Y - X * X * X + 3n * X - b) % p === 0n
}

/** Whether an odd prime below 2^16 divides n: the greatest common divisor with their product, which costs one division. */
function hasSmallFactor(n: bigint): boolean {
  const product = (smallProduct ??= smallPrimes().reduce((all, prime) => all * BigInt(prime), 1n))
  let [a, b] = [n, product % n]
  while (b !== 0n) [a, b] = [b, a % b]
  return a !== 1n
}

let smallProduct: bigint | undefined
let primes: readonly number[] | undefined

/** The odd primes below 2^16, sieved when they are first needed. */
const smallPrimes = (): readonly number[] => (primes ??= sieve())

function sieve(): readonly number[] {
  const isComposite = new Uint8Array(1 << 16)
  const found: number[] = []
  for (let n = 3; n < isComposite.length; n += 2) {
    if (isComposite[n] === 1) continue
    found.push(n)
    for (let multiple = n * n; multiple < isComposite.length; multiple += 2 * n) isComposite[multiple] = 1
  }
  return found
}

/** Fermat's factoring finds primes that share half of their leading bits and more at once; CVE-2022-26320 took one to four rounds. */
const FERMAT_ROUNDS = 100

/** Whether n = a^2 - b^2 for an a close to the square root of n; b = 0 is the square of a prime. */
function hasClosePrimes(n: bigint): boolean {
  let a = squareRoot(n)
  if (a * a < n) a++
  let difference = a * a - n
  for (let round = 0; round < FERMAT_ROUNDS; round++) {
    if (isSquare(difference)) return true
    difference += 2n * a + 1n
    a++
  }
  return false
}

/** The integer square root, by Newton's method from above. */
function squareRoot(n: bigint): bigint {
  if (n === 0n) return 0n
  let root = 1n << BigInt(Math.ceil(bitLength(n) / 2))
  for (;;) {
    const next = (root + n / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** Squares modulo 64, as a mask: the last six bits rule out most numbers. */
const SQUARES_MODULO_64 = 0x0202021202030213n

function isSquare(n: bigint): boolean {
  if (((SQUARES_MODULO_64 >> (n & 63n)) & 1n) === 0n) return false
  const root = squareRoot(n)
  return root * root === n
}

/**
 * The primes of the fingerprint of ROCA (CVE-2017-15361; Nemec et al., ACM CCS 2017, section 3): moduli of the flawed library
 * are powers of 65537 modulo each of them. A good modulus is so with a probability below 2^-27.
 */
const ROCA_LARGEST_PRIME = 167

function hasRocaFingerprint(n: bigint): boolean {
  return smallPrimes()
    .filter((prime) => prime <= ROCA_LARGEST_PRIME)
    .every((prime) => isPowerOf65537(Number(n % BigInt(prime)), prime))
}

function isPowerOf65537(residue: number, prime: number): boolean {
  let power = 1
  do {
    if (power === residue) return true
    power = (power * 65537) % prime
  } while (power !== 1)
  return false
}

/** base^exponent modulo an odd modulus, all public; `Engine.powerVartime` is the fast one. */
export type PublicPower = (base: bigint, exponent: bigint, modulus: bigint) => bigint

/**
 * Whether the modulus of an RSA key is prime, by one Fermat test with base 2: its private exponent follows from the
 * public key. It takes as long as an exponentiation of the modulus' size, so it comes after all other checks.
 */
export function isPrimeModulus(key: PublicKey, power: PublicPower): boolean {
  if (key.type !== 'RSA') return false
  const n = toBigint(key.modulus)
  return power(2n, n - 1n, n) === 1n
}
