import { createECDH } from 'node:crypto'
import type { CurveName } from './curve-cores.js'
import { curves, PlainCurve } from './plain-curve.js'

/** The names of curves that OpenSSL has. */
export const opensslNames = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }

/** Powers of a curve's generator by OpenSSL, which has them sooner than BigInt: for exponents of either sign; zeros for infinity. */
export function opensslPowers(name: CurveName): (k: bigint) => Uint8Array {
  const { q } = curves[name]
  const { octets } = new PlainCurve(curves[name])
  return (k) => {
    const positive = ((k % q) + q) % q
    if (positive === 0n) return new Uint8Array(1 + 2 * octets)
    const key = createECDH(opensslNames[name])
    key.setPrivateKey(Buffer.from(positive.toString(16).padStart(2 * octets, '0'), 'hex'))
    return new Uint8Array(key.getPublicKey())
  }
}
