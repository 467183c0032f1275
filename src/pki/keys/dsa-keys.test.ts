import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { createHash } from 'node:crypto'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Engine, FixedBase, Scalar, Subgroup } from '../../../bindings/engine/engine.js'
import { InvalidGroupError } from '../../../bindings/errors.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { isZero, toBigint, toFixedWidth, toHex } from '../../../bindings/octets/integers.js'
import { concatOctets, type Octets } from '../../../bindings/octets/octets.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { bitString, integer, octetString, oid, sequence } from '../asn1/der.js'
import type { PkiErrorCode } from '../errors.js'
import { rsaPublicKey } from '../testing/rsa.js'
import { wipedBy } from '../testing/wiping.js'
import { KEY_ALGORITHM } from './algorithms.js'
import { deterministicNonces } from './deterministic-nonce.js'
import { bindGroup, DsaKey, DsaPublicKey } from './dsa.js'
import { DsaKeys } from './dsa-keys.js'

const engine = await createEngine({ backend: 'wasm' })
const group = engine.subgroup(L2048N256)
const message = new TextEncoder().encode('a message that is signed')
const refusal = (code: PkiErrorCode): unknown => expect.objectContaining({ name: 'PkiError', code })

afterAll(() => {
  engine.dispose()
})
afterEach(() => void vi.restoreAllMocks())

/** x = 5 */
const five = toFixedWidth(5n, 32)
const publicKeyOf = (): DsaPublicKey =>
  new DsaPublicKey(group, group.exponentiate(group.generator, group.scalars.from(five)))

describe('keys of DSA that are read', () => {
  const spki = (y: bigint, p = 1000003n, q = 1009n, g = 4n): Octets =>
    sequence(sequence(oid(KEY_ALGORITHM.dsa), sequence(integer(p), integer(q), integer(g))), bitString(integer(y)))
  const any = { allowLegacy: true, allowOtherGroups: true }

  /** Binds any numbers. */
  function fakeEngine() {
    const disposed: bigint[] = []
    const subgroup = vi.fn(
      ({ p }: { p: bigint; q: bigint; g: bigint }) =>
        ({ elementLength: 3, isMember: () => true, dispose: () => disposed.push(p) }) as unknown as Subgroup,
    )
    return { engine: { subgroup } as unknown as Engine, subgroup, disposed }
  }

  it('are those of DSA', () => {
    const { engine } = fakeEngine()
    expect(() => new DsaKeys(engine, any).read(rsaPublicKey(15n))).toThrow(refusal('pki/key'))
    expect(() => new DsaKeys(engine, any).read(spki(0x1000000n))).toThrow(refusal('pki/key'))
  })

  it('are bound once, and their groups', () => {
    const { engine, subgroup } = fakeEngine()
    const keys = new DsaKeys(engine, any)
    const key = keys.read(spki(2n))
    expect(keys.read(spki(2n))).toBe(key)
    expect(keys.read(spki(3n))).not.toBe(key)
    expect(subgroup.mock.calls).toEqual([[{ p: 1000003n, q: 1009n, g: 4n }, { allowLegacy: true }]])
    for (const other of [spki(2n, 1000005n), spki(2n, 1000003n, 1013n), spki(2n, 1000003n, 1009n, 5n)])
      expect(keys.read(other)).not.toBe(key)
    expect(subgroup).toHaveBeenCalledTimes(4)
    expect(keys.read(spki(2n))).toBe(key)
  })

  it('are 64 at most: then all are forgotten, and the groups are not', () => {
    const { engine, subgroup, disposed } = fakeEngine()
    const freed = vi.spyOn(DsaPublicKey.prototype, 'dispose')
    const keys = new DsaKeys(engine, any)
    const first = Array.from({ length: 64 }, (_, i) => keys.read(spki(BigInt(i + 2))))
    expect(Array.from({ length: 64 }, (_, i) => keys.read(spki(BigInt(i + 2))))).toEqual(first)
    expect(keys.read(spki(2n))).toBe(first[0])
    expect(freed).not.toHaveBeenCalled()
    const next = keys.read(spki(66n))
    expect(freed.mock.contexts).toEqual(first)
    expect(keys.read(spki(66n))).toBe(next)
    const again = keys.read(spki(2n))
    expect(again).not.toBe(first[0])
    expect(keys.read(spki(2n))).toBe(again)
    expect(freed).toHaveBeenCalledTimes(64)
    expect(subgroup).toHaveBeenCalledTimes(1)
    expect(disposed).toEqual([])
  })

  it('are in 8 groups at most: then all are forgotten, with their keys', () => {
    const { engine, subgroup, disposed } = fakeEngine()
    const freed = vi.spyOn(DsaPublicKey.prototype, 'dispose')
    const keys = new DsaKeys(engine, any)
    const numbers = Array.from({ length: 8 }, (_, i) => 1000003n + 2n * BigInt(i))
    const first = numbers.map((p) => keys.read(spki(2n, p)))
    expect(numbers.map((p) => keys.read(spki(2n, p)))).toEqual(first)
    expect(subgroup).toHaveBeenCalledTimes(8)
    expect(disposed).toEqual([])
    const ninth = keys.read(spki(2n, 2000003n))
    expect(disposed).toEqual(numbers)
    expect(freed).toHaveBeenCalledTimes(8)
    expect(keys.read(spki(2n, 2000003n))).toBe(ninth)
    expect(keys.read(spki(2n, numbers[0]))).not.toBe(first[0])
    expect(subgroup).toHaveBeenCalledTimes(10)
    expect(disposed).toHaveLength(8)
  })

  it('are in groups that are accepted', () => {
    const { engine, subgroup } = fakeEngine()
    for (const requirements of [{}, { allowLegacy: true }, { allowOtherGroups: true }])
      expect(() => new DsaKeys(engine, requirements).read(spki(2n))).toThrow(refusal('pki/dsa-group'))
    expect(subgroup).not.toHaveBeenCalled()
    const { p, q, g } = L2048N256
    expect(() => new DsaKeys(engine).read(spki(2n, p, q, g))).not.toThrow()
    expect(subgroup).toHaveBeenCalledWith({ p, q, g }, { allowLegacy: false })
  })

  it('are not in what the engine says is no group; its other errors are its own', () => {
    const parameters = { p: Uint8Array.of(7), q: Uint8Array.of(3), g: Uint8Array.of(2) }
    const failing = (error: Error): Engine =>
      ({
        subgroup: () => {
          throw error
        },
      }) as unknown as Engine
    const cause = new InvalidGroupError('group/generator', 'none')
    expect(() => bindGroup(failing(cause), parameters, any)).toThrow(
      expect.objectContaining({ code: 'pki/dsa-group', cause }),
    )
    expect(() => bindGroup(failing(new RangeError('memory')), parameters, any)).toThrow(RangeError)
  })
})

describe('a public key of DSA', () => {
  const signature = new DsaKey(group, five).signNumbers(message)

  it('has tables from its fifth use on, until it is disposed of', () => {
    const tables: FixedBase[] = []
    const freed: unknown[] = []
    const make = group.fixedBase.bind(group)
    const fixedBase = vi.spyOn(group, 'fixedBase').mockImplementation((...args) => {
      const table = make(...args)
      freed.push(vi.spyOn(table, 'dispose'))
      tables.push(table)
      return table
    })
    const multiply = vi.spyOn(group, 'multiExponentiateVartime')
    const key = publicKeyOf()
    const used = (): unknown[] => {
      expect(key.verify(signature, message)).toBe(true)
      return [...multiply.mock.lastCall![0]]
    }
    key.dispose()
    for (let use = 1; use <= 4; use++) expect(used()).not.toContain(tables[0])
    expect(fixedBase).not.toHaveBeenCalled()
    for (let use = 5; use <= 7; use++) expect(used()).toEqual(tables)
    const options = { exponents: 'public', maxTableBytes: 65536 }
    expect(fixedBase.mock.calls.map(([, given]) => given)).toEqual([options, options])
    key.dispose()
    key.dispose()
    for (const dispose of freed) expect(dispose).toHaveBeenCalledTimes(1)
    for (let use = 1; use <= 4; use++) used()
    expect(fixedBase).toHaveBeenCalledTimes(2)
    used()
    expect(fixedBase).toHaveBeenCalledTimes(4)
    key.dispose()
  })

  it('refuses numbers that are no scalars, and says what else fails', () => {
    const key = publicKeyOf()
    const changed = (from: number, octets: Uint8Array): Uint8Array => {
      const copy = signature.slice()
      copy.set(octets, from)
      return copy
    }
    expect(key.numberLength).toBe(32)
    const q = toFixedWidth(group.q, 32)
    const multiply = vi.spyOn(group, 'multiExponentiateVartime')
    for (const [what, wrong] of Object.entries({
      'r = 0': changed(0, new Uint8Array(32)),
      's = 0': changed(32, new Uint8Array(32)),
      'r = q': changed(0, q),
      's = q': changed(32, q),
      short: signature.subarray(0, 63),
      long: Uint8Array.from([...signature, 0]),
      'r alone': signature.subarray(0, 32),
      nothing: new Uint8Array(),
    }))
      expect(key.verify(wrong, message), what).toBe(false)
    expect(multiply).not.toHaveBeenCalled()
    vi.spyOn(group.scalars, 'from').mockImplementation(() => {
      throw new RangeError('memory')
    })
    expect(() => key.verify(signature, message)).toThrow(RangeError)
  })

  it('is a number of the length of its group at most', () => {
    const y = group.exponentiate(group.generator, group.scalars.from(five))
    expect(DsaPublicKey.fromMagnitude(group, y).verify(signature, message)).toBe(true)
    expect(() => DsaPublicKey.fromMagnitude(group, Uint8Array.from([0, ...y]))).toThrow(refusal('pki/key'))
    expect(() => DsaPublicKey.fromMagnitude(group, new Uint8Array())).toThrow(refusal('pki/key'))
  })
})

describe('a private key of DSA', () => {
  it('is not 0, nor of another length, and is wiped if it is refused', () => {
    const from = vi.spyOn(group.scalars, 'from')
    for (const x of [
      new Uint8Array(32),
      new Uint8Array(31).fill(1),
      new Uint8Array(33).fill(1),
      toFixedWidth(group.q, 32),
    ]) {
      const given = x.slice()
      expect(() => new DsaKey(group, x)).toThrow(refusal('pki/key'))
      expect(x).toEqual(given)
    }
    expect(from).toHaveBeenCalledTimes(3)
    expect(from.mock.calls.every(([copy]) => isZero(copy))).toBe(true)
    from.mockImplementation(() => {
      throw new RangeError('memory')
    })
    expect(() => new DsaKey(group, five)).toThrow(RangeError)
    expect(isZero(from.mock.lastCall![0])).toBe(true)
  })

  it('leaves nothing of it once it is disposed of, or was generated or exported', async () => {
    const from = vi.spyOn(group.scalars, 'from')
    const random = vi.spyOn(group.scalars, 'random')
    const fixedBase = vi.spyOn(group, 'fixedBase')
    const key = DsaKey.generate(group)
    expect(isZero(random.mock.results[0]!.value as Scalar)).toBe(true)
    const x = from.mock.results[0]!.value as Scalar
    expect(isZero(x)).toBe(false)
    const value = integer(x)
    const wiped = await wipedBy(() => key.exportPrivateKey())
    expect(wiped).toEqual([toHex(value), toHex(octetString(value))])
    key.signNumbers(message)
    key.signNumbers(message)
    expect(fixedBase).toHaveBeenCalledTimes(1)
    const dispose = vi.spyOn(fixedBase.mock.results[0]!.value as FixedBase, 'dispose')
    key.dispose()
    key.dispose()
    expect(isZero(x)).toBe(true)
    expect(dispose).toHaveBeenCalledTimes(1)
    expect(key.numberLength).toBe(32)
  })

  it('signs on a constant-time engine only, unless that is not wanted', () => {
    const slow = new Proxy(group, {
      get(target, name): unknown {
        if (name === 'engine') return { constantTime: false }
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    expect(() => new DsaKey(slow, five)).toThrow(refusal('pki/variable-time'))
    expect(new DsaKey(slow, five, { allowVariableTime: true }).digest).toBe('SHA-256')
    expect(new DsaKey(group, five, { allowVariableTime: true }).digest).toBe('SHA-256')
  })

  it('takes another nonce if a number would be 0, and wipes what leads to the private key', () => {
    const key = new DsaKey(group, five)
    const publicKey = publicKeyOf()
    const usual = key.signNumbers(message)
    const table = { exponentiate: vi.fn(group.exponentiate.bind(group, group.generator)), dispose: () => undefined }
    vi.spyOn(group, 'fixedBase').mockReturnValue(table as unknown as FixedBase)
    const multiply = vi.spyOn(group.scalars, 'multiply')
    const invert = vi.spyOn(group.scalars, 'invert')
    const multiplyAdd = vi.spyOn(group.scalars, 'multiplyAdd')
    const sign = (): Octets => new DsaKey(group, five).signNumbers(message)

    table.exponentiate.mockReturnValueOnce(toFixedWidth(group.q, group.elementLength) as never)
    const withoutR = sign()
    multiply.mockReturnValueOnce(new Uint8Array(32) as never)
    const withoutS = sign()
    expect(withoutR).toEqual(withoutS)
    expect(withoutR).not.toEqual(usual)
    const inverses = invert.mock.results.map(({ value }) => value as Scalar)
    // x r + z
    const sums = multiplyAdd.mock.results
      .filter((_, i) => toBigint(multiplyAdd.mock.calls[i]![0]) === 5n)
      .map(({ value }) => value as Scalar)
    expect([inverses.length, sums.length]).toEqual([4, 4])
    expect([...inverses, ...sums].every(isZero)).toBe(true)
    vi.restoreAllMocks()
    expect(publicKey.verify(withoutR, message)).toBe(true)
  })
})

describe('nonces', () => {
  /** Of any order. */
  function scalarsOf(q: bigint): Subgroup {
    const length = Math.ceil(q.toString(2).length / 8)
    const reduce = (octets: Uint8Array): Uint8Array => toFixedWidth(toBigint(octets) % q, length)
    return { q, scalars: { length, reduce } } as unknown as Subgroup
  }
  const nonces = (q: bigint, x: bigint, digest: Uint8Array): Generator<Scalar, never> => {
    const group = scalarsOf(q)
    return deterministicNonces(group, sha256, toFixedWidth(x, group.scalars.length) as Scalar, digest)
  }
  const sample = new Uint8Array(createHash('sha256').update('sample').digest())

  it('are those of RFC 6979 for an order of 163 bits, the third of which is the first below it', () => {
    // Appendix A.1.
    const q = 0x4000000000000000000020108a2e0cc0d99f8a5efn
    const k = nonces(q, 0x09a4d6792295a7f730fc3f2b49cbc0f62e862272fn, sample).next().value
    expect(toBigint(k)).toBe(0x23af4074c90a02b3fe61d286d5c87f425e6bdd81bn)
  })

  it('are in [1, q-1], and each is wiped before the next', () => {
    const seen = new Set<bigint>()
    let last: Scalar | undefined
    let drawn = 0
    for (const k of nonces(5n, 3n, sample)) {
      if (last !== undefined) expect(isZero(last)).toBe(true)
      seen.add(toBigint(k))
      last = k
      if (++drawn === 64) break
    }
    expect([...seen].sort()).toEqual([1n, 2n, 3n, 4n])
    expect(isZero(last!)).toBe(true)
  })

  it('have the seeds and keys that they come from wiped', async () => {
    const q = (1n << 256n) - 189n
    const x = toFixedWidth(7n, 32)
    const wiped = await wipedBy(() => {
      for (const k of nonces(q, 7n, sample)) return k
      return undefined
    })
    // RFC 6979, section 3.2
    const keys = [new Uint8Array(32)]
    const values = [new Uint8Array(32).fill(1)]
    const seeds: Uint8Array[] = []
    const [key, value] = [() => keys.at(-1)!, () => values.at(-1)!]
    for (const octet of [0, 1]) {
      seeds.push(concatOctets([value(), Uint8Array.of(octet), x, sample]))
      keys.push(hmac(sha256, key(), seeds.at(-1)!))
      values.push(hmac(sha256, key(), value()))
    }
    const k = hmac(sha256, key(), value())
    const times = (octets: Uint8Array): number => wiped.filter((one) => one === toHex(octets)).length
    for (const octets of [...keys, ...values, ...seeds]) expect(times(octets), toHex(octets)).toBeGreaterThanOrEqual(1)
    // The last value, a block of it, the blocks together, and the nonce.
    expect(times(k)).toBe(4)
  })
})
