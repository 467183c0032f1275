// Keys and signatures that are the same each time: drawn from names, with nonces of RFC 6979. They protect nothing.
import { checkPrimeSync, createHash, createPrivateKey, constants, privateEncrypt, sign as nodeSign } from 'node:crypto'
import { p256, p384 } from '@noble/curves/nist.js'
import { bitString, concat, hex, integer, nullValue, oid, sequence } from './asn1.mjs'

/** @typedef {import('./asn1.mjs').Octets} Octets */
/**
 * @typedef {object} Key
 * @property {Octets} publicKey SubjectPublicKeyInfo
 * @property {Octets} algorithm AlgorithmIdentifier of its signatures
 * @property {(octets: Uint8Array) => Octets} sign
 */
/** @typedef {Key & { n: bigint, length: number, raw: (block: Uint8Array) => Octets, signPss: Key['sign'] }} RsaKey */
/** @typedef {Key & { order: bigint, point: Octets, signHash: (digest: Uint8Array) => Octets }} EcKey */

export const OIDS = {
  rsa: '1.2.840.113549.1.1.1',
  rsaSha1: '1.2.840.113549.1.1.5',
  rsaMd5: '1.2.840.113549.1.1.4',
  rsaSha256: '1.2.840.113549.1.1.11',
  rsaSha384: '1.2.840.113549.1.1.12',
  rsaSha512: '1.2.840.113549.1.1.13',
  pss: '1.2.840.113549.1.1.10',
  ec: '1.2.840.10045.2.1',
  p224: '1.3.132.0.33',
  p256: '1.2.840.10045.3.1.7',
  p384: '1.3.132.0.34',
  secp256k1: '1.3.132.0.10',
  brainpool: '1.3.36.3.3.2.8.1.1.7',
  ed25519: '1.3.101.112',
  dsa: '1.2.840.10040.4.1',
  dsaSha1: '1.2.840.10040.4.3',
  dsaSha256: '2.16.840.1.101.3.4.3.2',
  dsaSha384: '2.16.840.1.101.3.4.3.3',
  ecdsaSha1: '1.2.840.10045.4.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  ecdsaSha384: '1.2.840.10045.4.3.3',
  sha1: '1.3.14.3.2.26',
  md5: '1.2.840.113549.2.5',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}

/** @type {(hash: string, ...octets: Uint8Array[]) => Octets} */
export const digest = (hash, ...octets) =>
  createHash(hash)
    .update(concat(...octets))
    .digest()
/** @type {(octets: Uint8Array) => bigint} */
export const toNumber = (octets) => BigInt(`0x${Buffer.from(octets).toString('hex') || '0'}`)
/** @type {(number: bigint, length: number) => Octets} */
export const toOctets = (number, length) => hex(number.toString(16).padStart(2 * length, '0'))

/**
 * As many octets as wanted, from a name.
 * @type {(label: string, length: number) => Octets}
 */
export function stretched(label, length) {
  const blocks = Array.from({ length: Math.ceil(length / 64) }, (_, i) =>
    digest('sha512', Buffer.from(`${label} ${i}`)),
  )
  return concat(...blocks).subarray(0, length)
}

/** @type {(algorithm: string, curve: string, point: Uint8Array) => Octets} */
export const ecPublicKey = (algorithm, curve, point) => sequence(sequence(oid(algorithm), oid(curve)), bitString(point))

const CURVES = {
  'P-256': { curve: p256, oid: OIDS.p256, hash: 'sha256', signature: OIDS.ecdsaSha256, length: 32 },
  'P-384': { curve: p384, oid: OIDS.p384, hash: 'sha384', signature: OIDS.ecdsaSha384, length: 48 },
}

/** @type {(label: string, name?: keyof typeof CURVES) => EcKey} */
export function ecKey(label, name = 'P-256') {
  const { curve, oid: curveOid, hash, signature, length } = CURVES[name]
  const secret = toOctets((toNumber(stretched(label, length)) % (curve.Point.Fn.ORDER - 1n)) + 1n, length)
  const point = Buffer.from(curve.getPublicKey(secret, false))
  /** @type {EcKey['signHash']} */
  const signHash = (hashed) => {
    const { r, s } = curve.Signature.fromBytes(curve.sign(hashed, secret, { prehash: false, lowS: false }))
    return sequence(integer(r), integer(s))
  }
  return {
    publicKey: ecPublicKey(OIDS.ec, curveOid, point),
    algorithm: sequence(oid(signature)),
    order: curve.Point.Fn.ORDER,
    point,
    signHash,
    sign: (octets) => signHash(digest(hash, octets)),
  }
}

/** @type {(n: bigint, e?: bigint) => Octets} */
export const rsaPublicKey = (n, e = 65537n) =>
  sequence(sequence(oid(OIDS.rsa), nullValue), bitString(sequence(integer(n), integer(e))))

/** @type {(label: string, bits: number) => bigint} */
function prime(label, bits) {
  const start = toNumber(stretched(label, bits / 8)) | (3n << BigInt(bits - 2)) | 1n
  // Not 1 modulo e.
  for (let candidate = start; ; candidate += 2n) {
    if (candidate % 65537n !== 1n && checkPrimeSync(candidate)) return candidate
  }
}

/** @type {(value: bigint, modulus: bigint) => bigint} */
function inverse(value, modulus) {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n]
  while (b !== 0n) {
    const quotient = a / b
    ;[a, b, x, y] = [b, a - quotient * b, y, x - quotient * y]
  }
  return ((x % modulus) + modulus) % modulus
}

/** @type {(label: string, bits?: number) => RsaKey} */
export function rsaKey(label, bits = 2048) {
  const [p, q] = [prime(`${label} p`, bits / 2), prime(`${label} q`, bits / 2)]
  const [n, e, length] = [p * q, 65537n, bits / 8]
  const d = inverse(e, (p - 1n) * (q - 1n))
  const numbers = { n, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const jwk = Object.entries(numbers).map(([part, number]) => {
    const octets = hex(number.toString(16).padStart(2 * Math.ceil(number.toString(16).length / 2), '0'))
    return [part, octets.toString('base64url')]
  })
  const key = createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(jwk) }, format: 'jwk' })
  return {
    publicKey: rsaPublicKey(n),
    algorithm: sequence(oid(OIDS.rsaSha256), nullValue),
    n,
    length,
    raw: (block) => privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, block),
    sign: (octets) => nodeSign('sha256', octets, key),
    signPss: (octets) => nodeSign('sha256', octets, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 0 }),
  }
}

/**
 * The same key, with another algorithm for its signatures.
 * @type {(key: Key, algorithm: Octets, sign?: Key['sign']) => Key}
 */
export const signingWith = (key, algorithm, sign = key.sign) => ({ ...key, algorithm, sign })

/**
 * A key that says it is `claimed`, and signs with another one.
 * @type {(claimed: Uint8Array, key: Key) => Key}
 */
export const claiming = (claimed, key) => ({ ...key, publicKey: Buffer.from(claimed) })

/**
 * Changes of an ECDSA signature in DER, each of which must be refused: a name, a description, the octets, and the flag.
 * @type {(signature: Octets, order: bigint) => [id: string, what: string, octets: Octets, flag: string][]}
 */
export function ecdsaChanges(signature, order) {
  const [r, s] = numbersIn(signature)
  const half = signature.subarray(2)
  return [
    ['empty', 'no octets', Buffer.alloc(0), 'encoding'],
    ['zeros', 'r and s 0', sequence(integer(0), integer(0)), 'range'],
    ['r-zero', 'r 0', sequence(integer(0), integer(s)), 'range'],
    ['s-zero', 's 0', sequence(integer(r), integer(0)), 'range'],
    ['s-order', 's the order of the group', sequence(integer(r), integer(order)), 'range'],
    ['r-order', 'r the order of the group', sequence(integer(order), integer(s)), 'range'],
    [
      'r-plus-order',
      'r and the order more, which is r modulo the order',
      sequence(integer(r + order), integer(s)),
      'range',
    ],
    ['s-plus-order', 's and the order more', sequence(integer(r), integer(s + order)), 'range'],
    ['ones', 'r and s 1', sequence(integer(1), integer(1)), 'wrong'],
    ['r-negated', 'the negative of r modulo the order', sequence(integer(order - r), integer(s)), 'wrong'],
    ['swapped', 'r and s swapped', sequence(integer(s), integer(r)), 'swapped'],
    ['r-alone', 'r without s', sequence(integer(r)), 'structure'],
    ['three', 'a third INTEGER', sequence(integer(r), integer(s), integer(0)), 'structure'],
    [
      'plain',
      'r and s side by side, as XML signatures have them',
      concat(toOctets(r, 32), toOctets(s, 32)),
      'encoding',
    ],
    ['set', 'a SET in place of the SEQUENCE', concat(Buffer.of(0x31), signature.subarray(1)), 'encoding'],
    ['r-octets', 'r an OCTET STRING', concat(signature.subarray(0, 2), Buffer.of(4), half.subarray(1)), 'encoding'],
    [
      'r-padded',
      'r with a zero octet more',
      sequence(concat(Buffer.of(2, 34), toOctets(r, 34)), integer(s)),
      'encoding',
    ],
    ['r-negative', 'r minus its order of 2^256: its sign octet left out', negativeR(signature), 'encoding'],
    [
      'long-length',
      'a length in more octets than needed',
      concat(Buffer.of(0x30, 0x81), signature.subarray(1)),
      'encoding',
    ],
    ['indefinite', 'an indefinite length', concat(Buffer.of(0x30, 0x80), half, Buffer.of(0, 0)), 'encoding'],
    ['trailing', 'an octet after it', concat(signature, Buffer.of(0)), 'encoding'],
    ['short', 'an octet less', signature.subarray(0, -1), 'encoding'],
  ]
}

/** @type {(signature: Octets) => [r: bigint, s: bigint]} */
export function numbersIn(signature) {
  const length = signature[3] ?? 0
  return [toNumber(signature.subarray(4, 4 + length)), toNumber(signature.subarray(6 + length))]
}

/** @type {(signature: Octets) => Octets} */
function negativeR(signature) {
  if (signature[4] !== 0) throw new Error('r has no sign octet: draw another key')
  const length = signature[3] ?? 0
  return sequence(concat(Buffer.of(2, length - 1), signature.subarray(5, 4 + length)), signature.subarray(4 + length))
}

/** @type {(hash: string, hashed: Uint8Array, parameters?: Uint8Array) => Octets} */
export const digestInfo = (hash, hashed, parameters = nullValue) =>
  sequence(sequence(oid(hash), parameters), concat(Buffer.of(4, hashed.length), hashed))

/**
 * Changes of an RSA signature (PKCS #1 v1.5, SHA-256) over octets, made with the private key: what a careless verifier of the
 * padding takes (Bleichenbacher 2006, and its successors).
 * @type {(key: RsaKey, octets: Uint8Array) => [id: string, what: string, octets: Octets, flag: string][]}
 */
export function rsaChanges(key, octets) {
  const { n, length } = key
  const hashed = digest('sha256', octets)
  const info = digestInfo(OIDS.sha256, hashed)
  const right = key.sign(octets)
  /** @type {(head: readonly number[], tail: Uint8Array, fill?: number) => Octets} */
  const block = (head, tail, fill = 0xff) => {
    const padding = Buffer.alloc(length - head.length - 1 - tail.length, fill)
    return key.raw(concat(Buffer.from(head), padding, Buffer.of(0), tail))
  }
  /** @type {(tail: Uint8Array) => Octets} */
  const garbage = (tail) =>
    key.raw(
      concat(Buffer.of(0, 1), Buffer.alloc(8, 0xff), Buffer.of(0), tail, Buffer.alloc(length - 11 - tail.length, 0x5a)),
    )
  const longNull = concat(Buffer.of(5, 1), Buffer.of(0))
  return [
    ['empty', 'no octets', Buffer.alloc(0), 'encoding'],
    ['zero', '0', Buffer.alloc(length), 'range'],
    ['one', '1', toOctets(1n, length), 'range'],
    ['n', 'the modulus', toOctets(n, length), 'range'],
    ['n-minus-1', 'the modulus minus 1', toOctets(n - 1n, length), 'wrong'],
    ['negated', 'the modulus minus the right number', toOctets(n - toNumber(right), length), 'wrong'],
    ['short', 'an octet less', right.subarray(1), 'encoding'],
    ['long', 'a leading zero octet more', concat(Buffer.of(0), right), 'encoding'],
    ['trailing', 'a zero octet after it', concat(right, Buffer.of(0)), 'encoding'],
    ['garbage', 'eight octets of padding, and other octets after the DigestInfo', garbage(info), 'padding'],
    ['garbage-in-parameters', 'other octets in place of the NULL', garbageInParameters(key, hashed), 'padding'],
    [
      'trailing-in-block',
      'a zero octet after the DigestInfo, inside the block',
      block([0, 1], concat(info, Buffer.of(0))),
      'padding',
    ],
    ['type-0', 'block type 0', block([0, 0], info, 0), 'padding'],
    ['type-2', 'block type 2', block([0, 2], info), 'padding'],
    ['first-octet', 'a first octet of 1', block([1, 1], info), 'padding'],
    ['padding-fe', 'an octet FE in the padding', block([0, 1, 0xff, 0xff, 0xfe], info), 'padding'],
    ['padding-zero', 'the padding ends early, with a second zero octet', block([0, 1, 0xff, 0xff, 0], info), 'padding'],
    [
      'no-null',
      'a DigestInfo without its NULL',
      block([0, 1], digestInfo(OIDS.sha256, hashed, Buffer.alloc(0))),
      'padding',
    ],
    ['long-null', 'a NULL with an octet in it', block([0, 1], digestInfo(OIDS.sha256, hashed, longNull)), 'padding'],
    [
      'ber-length',
      'a DigestInfo whose length takes two octets',
      block([0, 1], concat(Buffer.of(0x30, 0x81), info.subarray(1))),
      'padding',
    ],
    [
      'other-oid',
      'a DigestInfo of SHA-512/256 with this digest',
      block([0, 1], digestInfo('2.16.840.1.101.3.4.2.6', hashed)),
      'algorithm',
    ],
    ['sha-1', 'a DigestInfo of SHA-1', block([0, 1], digestInfo(OIDS.sha1, digest('sha1', octets))), 'algorithm'],
    [
      'sha-512',
      'a DigestInfo of SHA-512',
      block([0, 1], digestInfo(OIDS.sha512, digest('sha512', octets))),
      'algorithm',
    ],
    ['bare-digest', 'the digest without a DigestInfo', block([0, 1], hashed), 'padding'],
    ['no-padding', 'the digest alone, as the number', key.raw(concat(Buffer.alloc(length - 32), hashed)), 'padding'],
  ]
}

/** @type {(key: RsaKey, hashed: Uint8Array) => Octets} */
function garbageInParameters({ raw, length }, hashed) {
  const room = length - 3 - 8
  // SEQUENCE { SEQUENCE { OID, OCTET STRING }, OCTET STRING }: as long as there is room.
  const frame = digestInfo(OIDS.sha256, hashed, Buffer.alloc(0)).length
  const filler = Buffer.alloc(room - frame - 2 - 3 - 1 - 1, 0x5a)
  const parameters = concat(Buffer.of(4, 0x81, filler.length), filler)
  const info = digestInfo(OIDS.sha256, hashed, parameters)
  return raw(concat(Buffer.of(0, 1), Buffer.alloc(length - 3 - info.length, 0xff), Buffer.of(0), info))
}
