import { bitLength, toBigint } from '../../../../bindings/octets/integers.js'
import { PkiError } from '../../errors.js'
import type { KeyUsage } from '../../x509/extensions.js'
import { isStrong, readPublicKey, type PublicKey } from '../../keys/public-key.js'
import type { Octets } from '../../../../bindings/octets/octets.js'

/** The keys that are certified. What is not named is not. */
export interface KeyRules {
  /** Bits of the modulus. */
  readonly rsa?: { readonly min: number; readonly max: number }
  /** Curves, as WebCrypto names them. */
  readonly ec?: readonly string[]
  /** Bits of p, in the recommended subgroups. */
  readonly dsa?: { readonly min: number }
}

/** All that can be verified and is strong: RSA from 2048 bits, three curves, DSA in the recommended subgroups from 2048 bits. */
export const DEFAULT_KEYS: KeyRules = {
  rsa: { min: 2048, max: 8192 },
  ec: ['P-256', 'P-384', 'P-521'],
  dsa: { min: 2048 },
}

/** What keys of each kind can do: RFC 3279, sections 2.3.1 and 2.3.2; RFC 5480, section 3. */
const USAGES: Readonly<Record<PublicKey['type'], readonly KeyUsage[]>> = {
  RSA: ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment'],
  EC: ['digitalSignature', 'nonRepudiation', 'keyAgreement'],
  DSA: ['digitalSignature', 'nonRepudiation'],
}

/** Those of the usages that the key (SubjectPublicKeyInfo, DER) can have; none if the rules do not accept it. */
export function usagesOfKey(publicKey: Octets, rules: KeyRules, wanted: readonly KeyUsage[]): KeyUsage[] {
  const key = readKey(publicKey)
  if (key === undefined || !isStrong(key, {}) || !isAccepted(key, rules)) return []
  return wanted.filter((usage) => USAGES[key.type].includes(usage))
}

function readKey(publicKey: Octets): PublicKey | undefined {
  try {
    return readPublicKey(publicKey)
  } catch (error) {
    if (error instanceof PkiError) return undefined
    throw error
  }
}

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
