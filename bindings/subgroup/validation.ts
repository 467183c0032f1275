import { sha256 } from '@noble/hashes/sha2.js'
import { bitLength, byteLength, toBigint, toHex } from '../octets/integers.js'
import type { SubgroupDescription, SubgroupOptions } from '../engine/engine.js'
import { InvalidGroupError } from '../errors.js'
import { powerModulo } from '../engine/power.js'
import { type RandomSource, systemRandom } from '../octets/random.js'
import { encodeText } from '../octets/text.js'

/** Sizes in bits of (p, q): those that the arithmetic supports, and those that need no `allowLegacy`. */
const smallest = { p: 1024, q: 160 }
const largest = { p: 4096, q: 512 }
const smallestModern = { p: 2048, q: 224 }

/** Prepares x -> x^e mod `modulus` for one odd modulus. */
export type PowerPreparer = (modulus: bigint) => (base: bigint, exponent: bigint) => bigint

export interface ValidationOptions extends SubgroupOptions {
  /** Powers modulo the large modulus p; by default with BigInt. */
  readonly preparePower?: PowerPreparer
}

const prepareBigintPower: PowerPreparer = (modulus) => (base, exponent) => powerModulo(base, exponent, modulus)

type Numbers = Pick<SubgroupDescription, 'p' | 'q' | 'g'>

interface KnownGroup {
  readonly name: string
  readonly oid: string
}

/** The recommended groups by the SHA-256 digest of their numbers (see `digestOf`). */
const recommendedGroups: ReadonlyMap<string, KnownGroup> = /* @__PURE__ */ new Map([
  [
    'cecd584ad9b5804b4099d45037acc1ded090792e7a5b5ece7e49aa126c12db23',
    { name: 'L1024N160', oid: '1.3.6.1.4.1.311.75.1.1.0' },
  ],
  [
    '0f01fa8760dffcc955a35a9b9276ef5048590bd5182c6550c1aa3625cdf86d0b',
    { name: 'L2048N256', oid: '1.3.6.1.4.1.311.75.1.1.1' },
  ],
  [
    'c9bd531d3e8b517c49fd78ccc7d8080da1f119e1847d98927d2cf46d8446f5f2',
    { name: 'L3072N256', oid: '1.3.6.1.4.1.311.75.1.1.2' },
  ],
])

function digestOf({ p, q, g }: Numbers): string {
  return toHex(sha256(encodeText([p, q, g].map((n) => n.toString(16)).join(':'))))
}

/**
 * Digests of the groups that passed, most recent last: an artefact's group comes again and again, and its primality
 * test takes a while.
 */
const validated = /* @__PURE__ */ new Set<string>()
const maxValidated = 64

function rememberValidated(digest: string): void {
  validated.add(digest)
  if (validated.size > maxValidated) for (const oldest of validated) return void validated.delete(oldest)
}

/** Whether (p, q, g) is one of the three recommended groups, judged by the numbers and not by the name. */
export function isRecommended(description: Numbers): boolean {
  return recommendedGroups.has(digestOf(description))
}

/** Whether the group is below 2048/224 bits. */
export function isLegacy({ p, q }: Pick<Numbers, 'p' | 'q'>): boolean {
  return bitLength(p) < smallestModern.p || bitLength(q) < smallestModern.q
}

/** Each round passes a composite with probability at most 1/4, even if an attacker chose it: 50 rounds leave less than 2^-100. */
const millerRabinRounds = 51

const smallPrimes: readonly bigint[] = /* @__PURE__ */ (() => {
  const primes: number[] = []
  for (let n = 2; n < 2000; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes.map(BigInt)
})()

/** Uniform in [2, n-2]. */
function randomBase(n: bigint, source: RandomSource): bigint {
  // 64 surplus bits make the bias of the reduction negligible.
  const octets = new Uint8Array(byteLength(n) + 8)
  source.fill(octets)
  return 2n + (toBigint(octets) % (n - 3n))
}

/** Whether n is prime, by trial division and Miller-Rabin with random bases; wrong with probability below 2^-100. */
export function isProbablePrime(
  n: bigint,
  preparePower: PowerPreparer = prepareBigintPower,
  source: RandomSource = systemRandom,
): boolean {
  if (n < 2n) return false
  for (const prime of smallPrimes) if (n % prime === 0n) return n === prime
  const power = preparePower(n)
  let odd = n - 1n
  let twos = 0
  for (; (odd & 1n) === 0n; odd >>= 1n) twos++
  const isWitness = (base: bigint): boolean => {
    let x = power(base, odd)
    if (x === 1n || x === n - 1n) return false
    for (let i = 1; i < twos; i++) {
      x = (x * x) % n
      if (x === n - 1n) return false
    }
    return true
  }
  for (let round = 0; round < millerRabinRounds; round++) if (isWitness(randomBase(n, source))) return false
  return true
}

/**
 * Checks that (p, q, g) is a subgroup that the arithmetic and the protocols can stand on: sizes; p and q prime with an
 * error below 2^-100; q | p-1; g of order q. The recommended groups and those that passed lately are recognised and
 * need no test.
 *
 * Throws `InvalidGroupError`: `group/not-subgroup` (a curve), `group/too-small` (below 1024/160 bits), `group/too-large` (above 4096/512),
 * `group/legacy` (below 2048/224 without `allowLegacy`), `group/name-mismatch` (the name or OID of a recommended group
 * on other numbers), `group/even`, `group/q-not-divisor`, `group/generator-range`, `group/q-not-prime`,
 * `group/p-not-prime`, `group/generator-order`.
 */
export function validateSubgroup(
  description: SubgroupDescription,
  { allowLegacy = false, preparePower = prepareBigintPower }: ValidationOptions = {},
): void {
  const { p, q, g, name, oid } = description
  const require = (condition: boolean, code: string, message: string): void => {
    if (!condition) throw new InvalidGroupError(`group/${code}`, message)
  }
  require(!('arithmetic' in description), 'not-subgroup', 'use engine.curve()')
  const [pBits, qBits] = [bitLength(p), bitLength(q)]
  const sizes = `p has ${pBits} bits, q has ${qBits}`
  require(p > 0n && q > 0n && pBits >= smallest.p && qBits >= smallest.q, 'too-small', sizes)
  require(pBits <= largest.p && qBits <= largest.q, 'too-large', sizes)
  require(allowLegacy || !isLegacy(description), 'legacy', `${sizes}: this needs allowLegacy`)

  const digest = digestOf(description)
  const known = recommendedGroups.get(digest)
  for (const { name: knownName, oid: knownOid } of recommendedGroups.values()) {
    const claimed = name === knownName || oid === knownOid
    require(!claimed || known?.name === knownName, 'name-mismatch', `these are not the numbers of ${knownName}`)
  }
  if (known !== undefined || validated.has(digest)) return

  // Cheap tests come first, so that a hostile description costs little before it is refused.
  require((p & 1n) === 1n && (q & 1n) === 1n, 'even', 'p and q must be odd')
  require((p - 1n) % q === 0n, 'q-not-divisor', 'q does not divide p - 1')
  require(1n < g && g < p, 'generator-range', 'g must be in [2, p-1]')
  require(isProbablePrime(q), 'q-not-prime', 'q is not prime')
  require(isProbablePrime(p, preparePower), 'p-not-prime', 'p is not prime')
  require(preparePower(p)(g, q) === 1n, 'generator-order', 'g is not of order q')
  rememberValidated(digest)
}
