import { createDiffieHellman } from 'node:crypto'
import { init } from 'gmp-wasm'
import { bitLength, byteLength, toBigint, toFixedWidth } from '../../bindings/octets/integers.js'
import { itemAt } from '../../bindings/octets/lists.js'
import type { RecommendedSubgroup } from '../../src/params/recommended.js'
import { measurement, type Measurement } from './measurement.js'
import { squareAndMultiply } from './plain-bigint.js'

/** E: OpenSSL's modular exponentiation, as Node reaches it. */
export const unitName = 'computeSecret'

/** `computeSecret` with private keys of these lengths: from two, its fixed part follows. */
export const overheadBits = [128, 256] as const

export function overheadName(bits: number): string {
  return `${unitName}, ${bits}-bit key`
}

/** An exponent of exactly so many bits without structure: the leading digits of 2 / pi. */
function sampleExponent(bits: number): bigint {
  const digits = 0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561n
  return digits >> BigInt(256 - bits)
}

/** OpenSSL's Diffie-Hellman on p and g, with a private key as long as q. */
export function opensslMeasurements(set: RecommendedSubgroup, { withOverhead = false } = {}): Measurement[] {
  const { p, q, g } = set
  const peerKey = itemAt(set.generators, 0)
  const computeSecret = (bits: number): (() => unknown) => {
    const exchange = createDiffieHellman(octetsOf(p), octetsOf(g))
    exchange.setPrivateKey(octetsOf(sampleExponent(bits)))
    checkPower('openssl', toBigint(exchange.computeSecret(peerKey)), toBigint(peerKey), bits, p)
    return () => exchange.computeSecret(peerKey)
  }
  const subject = { backend: 'openssl' } as const
  const unit = measurement(set.name, subject, unitName, computeSecret(bitLength(q)), { weight: 2 })
  if (!withOverhead) return [unit]
  return [unit, ...overheadBits.map((bits) => measurement(set.name, subject, overheadName(bits), computeSecret(bits)))]
}

/** GMP compiled to WebAssembly: `mpz_powm` alone, without any conversion. */
export async function gmpMeasurements(set: RecommendedSubgroup): Promise<Measurement[]> {
  const { binding } = await init()
  const number = (value: bigint): number => {
    const pointer = binding.mpz_t()
    binding.mpz_init_set_string(pointer, value.toString(16), 16)
    return pointer
  }
  const bits = bitLength(set.q)
  const [result, base] = [number(0n), number(set.g)]
  const [exponent, modulus] = [number(sampleExponent(bits)), number(set.p)]
  const powm = (): void => binding.mpz_powm(result, base, exponent, modulus)
  powm()
  checkPower('gmp-wasm', BigInt(`0x${binding.mpz_to_string(result, 16)}`), set.g, bits, set.p)
  return [measurement(set.name, { backend: 'gmp-wasm' }, 'exponentiate', powm)]
}

/** A peer must compute the same result. */
function checkPower(peer: string, power: bigint, base: bigint, bits: number, p: bigint): void {
  if (power !== squareAndMultiply(base, sampleExponent(bits), p)) throw new Error(`${peer} computes another power`)
}

function octetsOf(value: bigint): Uint8Array {
  return toFixedWidth(value, byteLength(value))
}
