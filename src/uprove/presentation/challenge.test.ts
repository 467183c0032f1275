import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import { createIssuer, group, scalar, utf8 } from '../testing/fixtures.js'
import { computeChallenge } from './challenge.js'

const sha256 = (...parts: Uint8Array[]): Uint8Array =>
  new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest())
const int = (n: number): Uint8Array => toFixedWidth(BigInt(n), 4)
const octets = (value: Uint8Array): Uint8Array => Buffer.concat([int(value.length), value])
/** A number at its minimal width. */
const number = (value: Uint8Array): Uint8Array => octets(value.subarray(value.findIndex((octet) => octet !== 0)))
const NULL = int(0)

describe('a challenge is the digest of all its parts, each in its place', () => {
  it('in revision 3, with or without a pseudonym, messages and commitments', () => {
    const { parameters } = createIssuer()
    const [cTilde, pS] = [parameters.g0, parameters.gt]
    const common = { tokenIdentifier: utf8('UID_T'), a: utf8('a'), n: 3 }
    const disclosed = [1, 3].map((index) => ({ index, x: scalar(BigInt(index) + 256n) }))
    const commitments = [{ index: 2, cTilde, aTilde: utf8('a~') }]
    const pseudonym = { attribute: 2, aP: utf8('a_p'), pS }
    const full = computeChallenge(
      parameters,
      { ...common, disclosed, commitments, pseudonym, message: utf8('m') },
      { deviceMessage: utf8('m_d'), deviceProtected: false },
    )
    const head = [octets(utf8('UID_T')), octets(utf8('a'))]
    const digest = sha256(
      ...head,
      ...[int(2), int(1), int(3), int(2), ...disclosed.map(({ x }) => number(x))],
      ...[int(1), int(2), int(1), number(cTilde), int(1), octets(utf8('a~'))],
      ...[int(2), octets(utf8('a_p')), number(pS), octets(utf8('m'))],
    )
    expect(full.digest).toEqual(digest)
    expect(toBigint(full.c)).toBe(toBigint(sha256(int(2), octets(digest), octets(utf8('m_d')))) % group.q)

    const bare = computeChallenge(
      parameters,
      { ...common, disclosed: [], commitments: [], pseudonym: undefined, message: null },
      { deviceMessage: null, deviceProtected: true },
    )
    const empty = sha256(...head, ...[int(0), int(0), int(0), int(0), int(0)], ...[int(0), NULL, NULL, NULL])
    expect(bare.digest).toEqual(empty)
    expect(toBigint(bare.c)).toBe(toBigint(sha256(int(2), octets(empty), NULL)) % group.q)
  })
})
