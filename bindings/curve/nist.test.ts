import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Curve } from '../engine/engine.js'
import { InvalidInputError } from '../errors.js'
import { toFixedWidth } from '../octets/integers.js'
import { curveImplementations } from '../testing/curve-implementations.js'
import { scalarOf, verifiesEcdsa } from '../testing/ecdsa.js'
import { nistVectors } from '../testing/published-vectors.js'
import { coordinateLength } from './sec1.js'

// NIST's vectors of ECDSA and ECDH (CAVP, FIPS 186-3 and SP 800-56A) as Debian's python3-cryptography-vectors has them.

type Entry = Readonly<Record<string, string>>

const folder = nistVectors('the curves of NIST (CAVP)', 'CAVP_DATA', 'asymmetric')
const implementations = await curveImplementations()

/** The entries of a file below the headings that a curve has there: `[P-256]`, `[P-256,SHA-512]`, `[EC - SHA256]`. */
function entriesOf(file: string, isWanted: (heading: string) => boolean): (Entry & { heading: string })[] {
  const entries: (Entry & { heading: string })[] = []
  let heading = ''
  for (const block of readFileSync(path.join(folder ?? '', file), 'utf8').split(/\r?\n\s*\r?\n/)) {
    const title = /^\[(P-|E[A-E] - )[^\]]*\]/m.exec(block)?.[0]
    if (title !== undefined) heading = title.slice(1, -1)
    else if (/^\[[KB]-/m.test(block)) heading = ''
    const fields = [...block.matchAll(/^(\w+) = (.*?)\s*$/gm)].map(([, key, value]): [string, string] => [key!, value!])
    if (fields.length > 1 && isWanted(heading)) entries.push({ ...Object.fromEntries(fields), heading })
  }
  return entries
}

const fromHex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'))

/** 04 || x || y from hexadecimal digits; too long for the curve where a coordinate is. */
function pointOf(curve: Curve, ...coordinates: [x: string, y: string]): Uint8Array {
  const width = 2 * coordinateLength(curve)
  const digits = coordinates.map((number) => BigInt(`0x${number}`).toString(16).padStart(width, '0'))
  return fromHex(`04${digits.join('')}`)
}

function isElement(curve: Curve, octets: Uint8Array): boolean {
  try {
    return curve.element(octets).length > 0
  } catch (error) {
    if (error instanceof InvalidInputError) return false
    throw error
  }
}

describe.skipIf(folder === undefined).each(implementations)('NIST, $name on $on', ({ name, curve }) => {
  const ofCurve = (heading: string): boolean => heading === name || heading.startsWith(`${name},`)

  it('raises the generator to the public key', () => {
    const pairs = entriesOf('ECDSA/FIPS_186-3/KeyPair.rsp', ofCurve).filter(({ d }) => d !== undefined)
    expect(pairs.length).toBeGreaterThan(5)
    const table = curve.fixedBase(curve.generator)
    for (const { d, Qx, Qy } of pairs) {
      const expected = pointOf(curve, Qx!, Qy!)
      const e = scalarOf(curve, d!)
      expect(curve.exponentiate(curve.generator, e)).toEqual(expected)
      expect(table.exponentiate(e)).toEqual(expected)
    }
  })

  it('lets in the public keys that pass, and no others', () => {
    const keys = entriesOf('ECDSA/FIPS_186-3/PKV.rsp', ofCurve)
    const passes = keys.map(({ Result }) => Result!.startsWith('P'))
    expect(new Set(passes)).toEqual(new Set([true, false]))
    expect(keys.map(({ Qx, Qy }) => isElement(curve, pointOf(curve, Qx!, Qy!)))).toEqual(passes)
  })

  it('computes the products of signatures that verify, and of others', () => {
    const signatures = entriesOf('ECDSA/FIPS_186-3/SigVer.rsp', ofCurve).filter(({ Msg }) => Msg !== undefined)
    expect(signatures.length).toBeGreaterThan(50)
    for (const { heading, Msg, Qx, Qy, R, S, Result } of signatures) {
      const key = curve.element(pointOf(curve, Qx!, Qy!))
      const hash = heading.split(',')[1]!.replace('-', '')
      const digest = createHash(hash).update(Buffer.from(Msg!, 'hex')).digest()
      const verified = verifiesEcdsa(curve, key, digest, [scalarOf(curve, R!), scalarOf(curve, S!)])
      expect(verified, `${heading} ${Msg!.slice(0, 16)}`).toBe(Result!.startsWith('P'))
    }
  }, 120_000)

  it('agrees on the secrets of Diffie-Hellman', () => {
    const letter = { 'P-256': 'EC', 'P-384': 'ED', 'P-521': 'EE' }[name]!
    const file = 'ECDH/KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_init.fax'
    const agreements = entriesOf(file, (heading) => heading.startsWith(`${letter} - `))
    const correct = agreements.filter(({ Result }) => Result!.startsWith('P'))
    expect([agreements.length, correct.length]).toEqual([30, 18])
    for (const { QsCAVSx, QsCAVSy, dsIUT, Z } of correct) {
      const secret = curve.exponentiate(curve.element(pointOf(curve, QsCAVSx!, QsCAVSy!)), scalarOf(curve, dsIUT!))
      const { length } = curve.scalars
      expect(secret.subarray(1, 1 + length)).toEqual(toFixedWidth(BigInt(`0x${Z!}`), length))
    }
    // Keys that are not on the curve, which the vectors hold too.
    const refused = agreements.filter(({ Result }) => /CAVS's Static public key/.test(Result!))
    expect(refused.length).toBeGreaterThan(2)
    for (const { QsCAVSx, QsCAVSy } of refused) expect(isElement(curve, pointOf(curve, QsCAVSx!, QsCAVSy!))).toBe(false)
  })
})
