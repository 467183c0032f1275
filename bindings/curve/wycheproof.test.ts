import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Curve, Element, Scalar } from '../engine/engine.js'
import { UProveError } from '../errors.js'
import { toHex } from '../octets/integers.js'
import { curveImplementations } from '../testing/curve-implementations.js'
import { scalarOf, verifiesEcdsa } from '../testing/ecdsa.js'
import { wycheproofVectors } from '../testing/published-vectors.js'

// Wycheproof's vectors of ECDH and ECDSA (github.com/C2SP/wycheproof): points with coordinates at the borders of limbs and
// of p, scalars and addition chains that meet doublings and infinity, points off the curve or in other forms.

interface KeyAgreement {
  readonly tcId: number
  readonly flags: readonly string[]
  readonly public: string
  readonly private: string
  readonly shared: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

interface Signatures {
  readonly publicKey: { readonly uncompressed: string }
  readonly sha: string
  readonly tests: readonly { tcId: number; msg: string; sig: string; result: 'valid' | 'invalid' }[]
}

const folder = wycheproofVectors()
const implementations = await curveImplementations()

function groups<T>(file: string): T[] {
  return (JSON.parse(readFileSync(path.join(folder ?? '', file), 'utf8')) as { testGroups: T[] }).testGroups
}

const fromHex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'))

/** Every way to raise a point: on bigint they are one. */
function powers(curve: Curve, point: Element, e: Scalar): Uint8Array[] {
  const power = curve.exponentiate(point, e)
  if (curve.engine.backend === 'bigint') return [power]
  const table = curve.fixedBase(point)
  const all = [
    power,
    ...curve.memberProductsVartime([point], [[[0, e]]])!,
    curve.multiExponentiate([point], [e]),
    curve.multiExponentiateVartime([point], [e]),
    table.exponentiate(e),
    table.exponentiateVartime(e),
  ]
  table.dispose()
  return all
}

/** The result, or the code of the refusal. */
function outcome<T>(operation: () => T): T | string {
  try {
    return operation()
  } catch (error) {
    if (error instanceof UProveError) return error.code
    throw error
  }
}

describe.skipIf(folder === undefined).each(implementations)('Wycheproof, $name on $on', ({ name, curve }) => {
  const names = { 'P-256': 'secp256r1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }
  const secName = names[name as keyof typeof names]

  it('ECDH: shares what is valid, and refuses points in other forms or off the curve', () => {
    const tests = groups<{ tests: KeyAgreement[] }>(`ecdh_${secName}_ecpoint_test.json`).flatMap((group) => group.tests)
    expect(tests.length).toBeGreaterThan(300)
    for (const test of tests) {
      const point = outcome(() => curve.element(fromHex(test.public)))
      const label = `test ${test.tcId}`
      if (test.result === 'valid') {
        for (const power of powers(curve, point as Element, scalarOf(curve, test.private))) {
          expect(toHex(power.subarray(1, 1 + test.shared.length / 2)), label).toBe(test.shared)
        }
      } else {
        // The only valid points that are refused are compressed.
        if (test.result === 'acceptable') expect(test.flags, label).toContain('CompressedPoint')
        expect(point, label).toMatch(/^element\/(length|encoding|range|not-on-curve)$/)
      }
    }
  }, 300_000)

  it('ECDSA: the products are those that sign, and no others', () => {
    const isWanted = (file: string): boolean => new RegExp(`^ecdsa_${secName}_sha\\d+_p1363_test.json$`).test(file)
    const files = readdirSync(folder ?? '').filter(isWanted)
    expect(files).not.toEqual([])
    for (const { publicKey, sha, tests } of files.flatMap((file) => groups<Signatures>(file))) {
      const key = curve.element(fromHex(publicKey.uncompressed))
      for (const { tcId, msg, sig, result } of tests) {
        const digest = createHash(sha.replace('-', '')).update(fromHex(msg)).digest()
        const signature = fromHex(sig)
        const { length } = curve.scalars
        const verified = outcome(
          () =>
            signature.length === 2 * length &&
            verifiesEcdsa(curve, key, digest, [signature.subarray(0, length), signature.subarray(length)]),
        )
        expect(verified === true, `${sha}, test ${tcId}: ${String(verified)}`).toBe(result === 'valid')
        if (typeof verified === 'string') expect(verified).toBe('scalar/range')
      }
    }
  }, 300_000)
})
