import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import type { ZeroEncoding } from '../../hash/index.js'
import { createIssuer, group, revisions, scalar, utf8 } from '../testing/fixtures.js'
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

  describe.each([null, 'm', 'n'])('in revision 1, of the message %j', (text) => {
    const { parameters } = createIssuer({ revision: 1 })
    const message = text === null ? null : utf8(text)
    const disclosed = [2, 5].map((index) => ({ index, x: scalar(BigInt(index) + 256n) }))
    const input = {
      tokenIdentifier: utf8('UID_T'),
      a: utf8('a'),
      disclosed,
      commitments: [],
      pseudonym: undefined,
      message,
    }
    const challengeOf = (n: number, deviceMessage: Uint8Array | null, deviceProtected: boolean) =>
      computeChallenge(parameters, { ...input, n }, { deviceMessage, deviceProtected })
    const [x2, x5] = disclosed.map(({ x }) => number(x)) as [Uint8Array, Uint8Array]
    /** m_d', in which F has null for what is not disclosed. */
    const digestOf = (...values: Uint8Array[]) => {
      const f = sha256(int(2), int(2), int(5), int(values.length), ...values)
      return sha256(octets(utf8('UID_T')), octets(utf8('a')), message === null ? NULL : octets(message), octets(f))
    }

    it.each([
      [5, digestOf(NULL, x2, NULL, NULL, x5)],
      [6, digestOf(NULL, x2, NULL, NULL, x5, NULL)],
    ])('with %i attributes, without a Device: no message for a Device is in it', (n, digest) => {
      const c = toBigint(digest) % group.q
      for (const deviceMessage of [null, utf8('m_d')]) {
        const challenge = challengeOf(n, deviceMessage, false)
        expect(challenge.digest).toEqual(digest)
        expect(toBigint(challenge.c)).toBe(c)
      }
    })

    it('with a Device, whose message comes first', () => {
      const digest = digestOf(NULL, x2, NULL, NULL, x5)
      for (const deviceMessage of [null, utf8('m_d')]) {
        const challenge = challengeOf(5, deviceMessage, true)
        expect(challenge.digest).toEqual(digest)
        const hashed = sha256(deviceMessage === null ? NULL : octets(deviceMessage), octets(digest))
        expect(toBigint(challenge.c)).toBe(toBigint(hashed) % group.q)
      }
    })
  })

  it.each(revisions)('in revision %i with a disclosed zero, as one octet or as none', (revision) => {
    const { parameters } = createIssuer({ revision })
    const disclosed = [{ index: 1, x: scalar(0n) }]
    const input = {
      ...{ tokenIdentifier: utf8('UID_T'), a: utf8('a'), n: 1, disclosed, commitments: [], pseudonym: undefined },
      message: null,
    }
    const digestOf = (zeroEncoding?: ZeroEncoding) =>
      computeChallenge(parameters, input, { deviceMessage: null, deviceProtected: true, zeroEncoding }).digest
    const head = [octets(utf8('UID_T')), octets(utf8('a'))]
    const expected = (zero: Uint8Array) =>
      revision === 1
        ? sha256(...head, NULL, octets(sha256(int(1), int(1), int(1), zero)))
        : sha256(...head, ...[int(1), int(1), int(1), zero], ...[int(0), int(0), int(0)], int(0), NULL, NULL, NULL)
    const zero = octets(Uint8Array.of(0))
    expect([digestOf(), digestOf('octet'), digestOf('empty')]).toEqual([zero, zero, NULL].map(expected))
  })
})
