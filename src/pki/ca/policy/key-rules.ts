import { bitLength, toBigint } from '../../../../bindings/octets/integers.js'
import type { Octets } from '../../../../bindings/octets/octets.js'
import { PkiError } from '../../errors.js'
import { readPublicKey, type PublicKey } from '../../keys/public-key.js'
import { isPrimeModulus, unfitForCertificate, type PublicPower } from '../../keys/weak-keys.js'
import type { KeyUsage } from '../../x509/extensions.js'

/** The keys that a profile certifies. A kind that is left out is refused. */
export interface KeyRules {
  /** Bits of the modulus. Below 2048 they are weak: the request is then only read with `requirements` that allow it. */
  readonly rsa?: { readonly min: number; readonly max: number }
  /** Curves, as WebCrypto names them. */
  readonly ec?: readonly string[]
  /** Bits of p, in the recommended subgroups. */
  readonly dsa?: { readonly min: number }
}

/**
 * RSA of 2048 to 4096 bits, three curves, DSA in the recommended subgroups from 2048 bits. Larger RSA moduli cost the
 * authority half a second each, since it tests that they are not prime.
 */
export const DEFAULT_KEYS: KeyRules = {
  rsa: { min: 2048, max: 4096 },
  ec: ['P-256', 'P-384', 'P-521'],
  dsa: { min: 2048 },
}

/** The possible usages of each kind of key: RFC 3279, sections 2.3.1 and 2.3.2; RFC 5480, section 3. */
const USAGES: Readonly<Record<PublicKey['type'], readonly KeyUsage[]>> = {
  RSA: ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment'],
  EC: ['digitalSignature', 'nonRepudiation', 'keyAgreement'],
  DSA: ['digitalSignature', 'nonRepudiation'],
}

/** A key that a profile certifies, with its usages; or the code of its fault. */
export type AssessedKey = { readonly key: PublicKey; readonly usages: readonly KeyUsage[] } | { readonly unfit: string }

/** Assesses a key (SubjectPublicKeyInfo, DER). `wanted` are the usages of the profile. */
export function assessKey(
  publicKey: Octets,
  rules: KeyRules,
  wanted: readonly KeyUsage[],
  power: PublicPower,
): AssessedKey {
  let key: PublicKey
  try {
    key = readPublicKey(publicKey)
  } catch (error) {
    if (error instanceof PkiError) return { unfit: error.code }
    throw error
  }
  if (!isAccepted(key, rules)) return { unfit: 'denial/key-kind' }
  // `isAccepted` has compared the sizes with the rules, which may go below what is strong.
  const unfit = unfitForCertificate(key, {
    minRsaBits: rules.rsa?.min,
    allowLegacy: rules.dsa !== undefined && rules.dsa.min < 2048,
  })
  if (unfit !== undefined) return { unfit }
  const usages = usagesOf(key, wanted)
  if (usages.length === 0) return { unfit: 'denial/key-usage' }
  return isPrimeModulus(key, power) ? { unfit: 'pki/rsa-prime' } : { key, usages }
}

/** The kinds of keys that can have some of these usages. */
export const kindsFor = (wanted: readonly KeyUsage[]): readonly PublicKey['type'][] =>
  (Object.keys(USAGES) as PublicKey['type'][]).filter((type) => wanted.some((usage) => USAGES[type].includes(usage)))

/** The usages that a key of its kind can have. */
export const usagesOf = ({ type }: PublicKey, wanted: readonly KeyUsage[]): readonly KeyUsage[] =>
  wanted.filter((usage) => USAGES[type].includes(usage))

const bits = (magnitude: Octets): number => bitLength(toBigint(magnitude))

function isAccepted(key: PublicKey, { rsa, ec, dsa }: KeyRules): boolean {
  switch (key.type) {
    case 'RSA':
      return rsa !== undefined && bits(key.modulus) >= rsa.min && bits(key.modulus) <= rsa.max
    case 'EC':
      return ec?.includes(key.curve) === true
    case 'DSA':
      return dsa !== undefined && bits(key.p) >= dsa.min
  }
}
