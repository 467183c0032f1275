import { afterAll, describe, expect, it, vi } from 'vitest'
import { toBigint, toFixedWidth, toHex } from '../../../bindings/octets/integers.js'
import { type Subgroup } from '../../../bindings/engine/engine.js'
import { prepareVector } from '../../cli/vectors/check.js'
import { readDocument } from '../../cli/vectors/document.js'
import { readVector } from '../../cli/testing/vector-files.js'
import { encodeBase64 } from '../../../bindings/octets/base64.js'
import { L1024N160 } from '../../params/L1024N160.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { L3072N256 } from '../../params/L3072N256.js'
import { integer, sequence } from '../asn1/der.js'
import { DsaKey, DsaPublicKey } from './dsa.js'
import { importPrivateKey, signatureVerifier } from './keys.js'
import { decodePem, encodePem } from '../asn1/pem.js'
import {
  createCertificationRequest,
  parseCertificationRequest,
  verifyCertificationRequest,
} from '../requests/pkcs10.js'
import { readPublicKey } from './public-key.js'
import type { DigestName, SigningKey } from './signing.js'
import { hasOpenssl, openssl } from '../testing/openssl.js'
import { wipedBy } from '../testing/wiping.js'
import { toFullWidth } from './algorithms.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'

const engine = await createEngine({ backend: 'wasm' })
const bigint = await createEngine({ backend: 'bigint' })
const group = engine.subgroup(L2048N256)
const rfc = ['1024', '2048'].map((bits) => readVector(`vectors/dsa/rfc6979-${bits}.json`))
const message = new TextEncoder().encode('a message that is signed')
const digests: DigestName[] = ['SHA-256', 'SHA-384', 'SHA-512']

afterAll(() => {
  engine.dispose()
  bigint.dispose()
})

/** Verifies as CSRs and certificates are verified. */
function verifies(key: SigningKey, signature: Uint8Array<ArrayBuffer>, octets = message, other = {}): Promise<boolean> {
  const { publicKey, signatureAlgorithm } = key
  return signatureVerifier({ engine, ...other }).verify({ publicKey, signatureAlgorithm, signature, octets })
}

const isPem = (text: string): text is string => text.startsWith('-----BEGIN ')

describe('DSA', () => {
  it.each([engine, bigint])('gives the signatures of RFC 6979 (%#)', (backend) => {
    for (const vector of rfc) {
      const { values, difference } = prepareVector(backend, readDocument(JSON.stringify(vector))).check()
      expect(difference).toBeUndefined()
      expect(values).toBe(1 + 3 * 10)
    }
  })

  it('gives other signatures than RFC 6979 for other inputs', () => {
    const changed = { ...rfc[1], signatures: [{ ...(rfc[1]!.signatures as object[])[0], message: '00' }] }
    const { difference } = prepareVector(engine, readDocument(JSON.stringify(changed))).check()
    expect(difference?.key).toBe('signatures[0].k')
  })

  it.each([
    ['L2048N256', L2048N256],
    ['L3072N256', L3072N256],
  ])('signs in %s what it verifies, and nothing else', async (_, parameters) => {
    const ours = engine.subgroup(parameters)
    for (const digest of digests) {
      const key = DsaKey.generate(ours, { digest })
      const signature = await key.sign(message)
      expect(await verifies(key, signature)).toBe(true)
      expect(await key.sign(message)).toEqual(signature)
      for (let i = 0; i < signature.length; i += 5) {
        const changed = signature.slice()
        changed[i]! ^= 1 << (i % 8)
        expect(await verifies(key, changed), `octet ${i}`).toBe(false)
      }
      const otherMessage = message.slice()
      otherMessage[0]! ^= 1
      expect(await verifies(key, signature, otherMessage)).toBe(false)
      expect(await verifies(DsaKey.generate(ours, { digest }), signature)).toBe(false)
      key.dispose()
    }
  })

  it('agrees with itself on the other backend', async () => {
    const key = DsaKey.generate(group)
    const twin = await importPrivateKey(await key.exportPrivateKey(), { engine: bigint, allowVariableTime: true })
    expect(twin.publicKey).toEqual(key.publicKey)
    expect(await twin.sign(message)).toEqual(await key.sign(message))
  })

  it('refuses numbers that are 0, q, or beyond', () => {
    const key = DsaKey.generate(group)
    const { q } = group
    const publicKey = publicKeyOf(key, group)
    const [r, s] = halves(key.signNumbers(message))
    const signature = (first: bigint, second: bigint): Uint8Array =>
      Uint8Array.from([...toFixedWidth(first, 32), ...toFixedWidth(second, 32)])
    expect(publicKey.verify(signature(r, s), message)).toBe(true)
    // What q - s would be, would verify too if signatures were those of ECDSA.
    for (const [first, second] of [
      [0n, s],
      [r, 0n],
      [0n, 0n],
      [q, s],
      [r, q],
      [r, q - s],
      [s, r],
    ] as const) {
      expect(publicKey.verify(signature(first, second), message)).toBe(false)
    }
    if (r + q < 1n << 256n) expect(publicKey.verify(signature(r + q, s), message)).toBe(false)
    expect(publicKey.verify(new Uint8Array(63), message)).toBe(false)
    expect(publicKey.verify(new Uint8Array(65), message)).toBe(false)
  })

  it('verifies the same with tables, which come with use, and without', () => {
    const key = DsaKey.generate(group)
    const publicKey = publicKeyOf(key, group)
    const signature = key.signNumbers(message)
    const changed = signature.slice()
    changed[40]! ^= 1
    for (let use = 0; use < 12; use++) {
      expect(publicKey.verify(signature, message), `use ${use}`).toBe(true)
      expect(publicKey.verify(changed, message), `use ${use}`).toBe(false)
      if (use === 8) publicKey.dispose()
    }
  })

  it('forgets keys and groups that are many, and verifies on', async () => {
    const verifier = signatureVerifier({ engine })
    const keys = Array.from({ length: 70 }, () => DsaKey.generate(group))
    for (const key of [...keys, keys[0]!]) {
      const { publicKey, signatureAlgorithm } = key
      const signature = await key.sign(message)
      expect(await verifier.verify({ publicKey, signatureAlgorithm, signature, octets: message })).toBe(true)
    }
    for (const key of keys) key.dispose()
  })

  it('refuses public keys that are not in the group', () => {
    const { p } = group
    for (const y of [0n, 1n, p - 1n, 2n, p]) {
      expect(() => new DsaPublicKey(group, toFixedWidth(y, group.elementLength)), String(y)).toThrow(
        expect.objectContaining({ code: 'pki/key' }),
      )
    }
    expect(() => new DsaPublicKey(group, new Uint8Array(3))).toThrow(expect.objectContaining({ code: 'pki/key' }))
    // With y of order 2, half of all signatures of (r, s) = (g^s mod p mod q, s) would verify.
  })

  it('refuses private keys that are none', () => {
    for (const x of [new Uint8Array(32), toFixedWidth(group.q, 32), new Uint8Array(31).fill(1)]) {
      expect(() => new DsaKey(group, x)).toThrow(expect.objectContaining({ code: 'pki/key' }))
    }
  })

  it('signs on a constant-time engine only, in a group that is strong enough', () => {
    const code = (code: string) => expect.objectContaining({ code }) as object
    const slow = bigint.subgroup(L2048N256)
    expect(() => DsaKey.generate(slow)).toThrow(code('pki/variable-time'))
    expect(DsaKey.generate(slow, { allowVariableTime: true }).digest).toBe('SHA-256')
    const weak = engine.subgroup(L1024N160, { allowLegacy: true })
    expect(() => DsaKey.generate(weak)).toThrow(code('pki/dsa-group'))
    const { p, q, g } = rfc[1]!.group as Record<string, string>
    const [numberP, numberQ, numberG] = [p!, q!, g!].map((hex) => BigInt(`0x${hex}`))
    const other = engine.subgroup({ p: numberP!, q: numberQ!, g: numberG! })
    expect(() => DsaKey.generate(other)).toThrow(code('pki/dsa-group'))
    expect(DsaKey.generate(other, { allowOtherGroups: true }).numberLength).toBe(32)
  })

  it('verifies in small and in other groups only where that is wanted', async () => {
    const weak = DsaKey.generate(engine.subgroup(L1024N160, { allowLegacy: true }), { allowLegacy: true })
    const signature = await weak.sign(message)
    expect(await verifies(weak, signature)).toBe(false)
    expect(await verifies(weak, signature, message, { allowLegacy: true })).toBe(true)
    const withoutEngine = { engine: undefined, allowLegacy: true }
    expect(await verifies(weak, signature, message, withoutEngine)).toBe(false)
  })

  it('draws private keys uniformly below q', () => {
    const draws: number[] = []
    const random = {
      fill(octets: Uint8Array) {
        draws.push(octets.length)
        // First above q, then 0, then 5.
        octets.fill(draws.length === 1 ? 0xff : 0)
        if (draws.length === 3) octets[octets.length - 1] = 5
      },
    }
    const key = DsaKey.generate(group, { random })
    expect(draws).toEqual([32, 32, 32])
    const five = group.exponentiate(group.generator, group.scalars.from(toFixedWidth(5n, 32)))
    expect(publicNumber(key)).toBe(toBigint(five))
  })

  it('leaves no copy of a private key where the arithmetic fails', async () => {
    const x = group.scalars.random()
    const failing = vi.spyOn(group, 'exponentiate').mockImplementation(() => {
      throw new RangeError('out of memory')
    })
    const wiped = await wipedBy(() => new DsaKey(group, x))
    expect(failing).toHaveBeenCalledTimes(1)
    failing.mockRestore()
    expect(wiped).toContain(toHex(x))
  })

  it('is of no use once it is disposed of', async () => {
    const key = DsaKey.generate(group)
    const signature = await key.sign(message)
    key.dispose()
    expect(() => key.signNumbers(message)).toThrow(expect.objectContaining({ code: 'pki/key' }))
    expect(() => key.exportPrivateKey()).toThrow(expect.objectContaining({ code: 'pki/key' }))
    expect(await verifies(key, signature)).toBe(true)
  })
})

const halves = (signature: Uint8Array): [bigint, bigint] => [
  toBigint(signature.subarray(0, signature.length / 2)),
  toBigint(signature.subarray(signature.length / 2)),
]

function publicNumber({ publicKey }: SigningKey): bigint {
  const key = readPublicKey(publicKey)
  return key.type === 'DSA' ? toBigint(key.y) : 0n
}

function publicKeyOf(key: SigningKey, { elementLength }: Subgroup): DsaPublicKey {
  return new DsaPublicKey(group, toFixedWidth(publicNumber(key), elementLength))
}

describe.runIf(hasOpenssl('DSA against OpenSSL'))('DSA and OpenSSL', () => {
  const parameters = (numbers: { p: bigint; q: bigint; g: bigint }): string => {
    const { p, q, g } = numbers
    const body = encodeBase64(sequence(integer(p), integer(q), integer(g))).match(/.{1,64}/g)!
    return ['-----BEGIN DSA PARAMETERS-----', ...body, '-----END DSA PARAMETERS-----', ''].join('\n')
  }
  const algorithm = (digest: DigestName): string => `-${digest.replace('-', '').toLowerCase()}`

  it.each([
    ['L2048N256', L2048N256],
    ['L3072N256', L3072N256],
  ])('our keys, signatures and requests in %s are accepted', async (_, numbers) => {
    for (const digest of digests) {
      const key = DsaKey.generate(engine.subgroup(numbers), { digest })
      const files = {
        public: encodePem('PUBLIC KEY', key.publicKey),
        private: encodePem('PRIVATE KEY', await key.exportPrivateKey()),
        message,
        signature: await key.sign(message),
        request: (await createCertificationRequest({ subject: 'CN=user', key })).der,
      }
      expect(openssl('pkey -in private -check -noout', files).said).toContain('Key is valid')
      const fromPrivate = openssl('pkey -in private -pubout -out out', files).out
      expect(new TextDecoder().decode(fromPrivate)).toBe(files.public)
      const verify = `dgst ${algorithm(digest)} -verify public -signature signature message`
      expect(openssl(verify, files).said).toBe('Verified OK\n')
      const changed = message.slice()
      changed[3]! ^= 1
      expect(openssl(verify, { ...files, message: changed }).said).toContain('Verification failure')
      // OpenSSL 3.0 knows no dsa-with-SHA384 and SHA512 in X.509, though it signs with them.
      if (digest !== 'SHA-256') continue
      const request = 'req -verify -noout -inform DER -in request'
      expect(openssl(request, files).said).toContain('self-signature verify OK')
      files.request[files.request.length - 1]! ^= 1
      expect(openssl(request, files).said).not.toContain('verify OK')
    }
  })

  it.each([
    ['L2048N256', L2048N256, {}],
    ['L3072N256', L3072N256, {}],
    ['L1024N160', L1024N160, { allowLegacy: true }],
    ['another group', numbersOf(rfc[1]!.group as Record<string, string>), { allowOtherGroups: true }],
  ])('its keys, signatures and requests in %s are accepted', async (_, numbers, requirements) => {
    const { out: pkcs1 } = openssl('gendsa -out out parameters', { parameters: parameters(numbers) })
    const { out } = openssl('pkcs8 -topk8 -nocrypt -in key -out out', { key: pkcs1 })
    const pem = new TextDecoder().decode(out)
    expect(isPem(pem)).toBe(true)
    const options = { engine, ...requirements }
    const key = await importPrivateKey(decodePem('PRIVATE KEY', pem), options)
    expect(encodePem('PRIVATE KEY', await key.exportPrivateKey())).toBe(pem)
    const spki = openssl('pkey -in key -pubout -outform DER -out out', { key: pem }).out
    expect(key.publicKey).toEqual(spki)

    for (const digest of digests) {
      const { signatureAlgorithm } = await importPrivateKey(decodePem('PRIVATE KEY', pem), { ...options, digest })
      const sign = `dgst ${algorithm(digest)} -sign key -out out message`
      const signature = openssl(sign, { key: pem, message }).out
      const verifier = signatureVerifier(options)
      const whole = { publicKey: spki, signatureAlgorithm, signature, octets: message }
      expect(await verifier.verify(whole)).toBe(true)
      const changed = message.slice()
      changed[0]! ^= 4
      expect(await verifier.verify({ ...whole, octets: changed })).toBe(false)

      const make = `req -new ${algorithm(digest)} -key key -subj /CN=user -outform DER -out out`
      const request = parseCertificationRequest(openssl(make, { key: pem }).out)
      await expect(verifyCertificationRequest(request, verifier, requirements)).resolves.toBeUndefined()
      const twin = request.der.slice()
      twin[twin.length - 1]! ^= 1
      await expect(
        verifyCertificationRequest(parseCertificationRequest(twin), verifier, requirements),
      ).rejects.toMatchObject({ code: 'pki/signature' })
    }
  })
})

function numbersOf({ p, q, g }: Record<string, string>): { p: bigint; q: bigint; g: bigint } {
  return { p: BigInt(`0x${p!}`), q: BigInt(`0x${q!}`), g: BigInt(`0x${g!}`) }
}

describe('numbers of signatures', () => {
  it('are minimal and not negative', () => {
    const numbers = (...octets: number[]) => toFullWidth(Uint8Array.from(octets), 2)
    expect(numbers(0x30, 6, 2, 1, 1, 2, 1, 2)).toEqual(Uint8Array.of(0, 1, 0, 2))
    expect(numbers(0x30, 9, 2, 4, 0, 0x80, 0, 0, 2, 1, 2)).toBeUndefined()
    for (const wrong of [
      [0x30, 7, 2, 2, 0, 1, 2, 1, 2],
      [0x30, 6, 2, 1, 0x81, 2, 1, 2],
      [0x30, 9, 2, 1, 1, 2, 1, 2, 2, 1, 3],
      [0x30, 6, 2, 1, 1, 2, 1, 2, 0],
      [0x30, 3, 2, 1, 1],
    ])
      expect(() => numbers(...wrong)).toThrow(expect.objectContaining({ name: 'PkiError' }))
  })
})
