import { describe, expect, it, vi } from 'vitest'
import { isZero } from '../../../bindings/octets/integers.js'
import type { Element, FixedBase, Scalar } from '../../../bindings/engine/engine.js'
import { blindingsFrom, drawBlindings } from './blinding.js'
import { Issuer } from './issuer.js'
import type { IssuanceMessage1 } from './messages.js'
import { Prover } from './prover.js'
import { nonces } from '../nonces.js'
import {
  allowVariableTime,
  beginExchange,
  createIssuer,
  errorCode,
  flipped,
  group,
  isFreed,
  issue,
  outside,
  recorded,
  replay,
  revisions,
  scalar,
  smallOrders,
  utf8,
} from '../testing/fixtures.js'
import { tokenInformationScalar } from '../parameters/attributes.js'
import { verifyToken } from '../token/token.js'

const { scalars } = group
const contents = { attributes: ['Alice', null, ''], tokenInformation: 'TI', count: 2 }

describe.each(revisions)('issuance in revision %i', (revision) => {
  const issuer = createIssuer({ revision })
  const { parameters } = issuer

  it('makes tokens that verify, each different', () => {
    const tokens = issue(issuer, contents)
    expect(tokens.map(({ token }) => verifyToken(parameters, token).valid)).toEqual([true, true])
    expect(tokens[0]!.token.h).not.toEqual(tokens[1]!.token.h)
    for (const { token } of tokens) {
      expect(token).toMatchObject({ uid: parameters.uid, deviceProtected: false })
    }
  })

  it('draws w for each token, and alpha, beta_1, beta_2 for each token in turn', () => {
    const [ofIssuer, ofProver] = [recorded(), recorded()]
    const { issuing, prover } = beginExchange(issuer, contents, { ofIssuer, ofProver })
    const w = ofIssuer.copies
    expect(issuing.message1.sigmaA).toEqual(w.map((each) => group.exponentiate(group.generator, each)))
    expect(issuing.message1.sigmaB).toEqual(w.map((each) => group.exponentiate(issuing.gamma, each)))

    const message2 = prover.respond(issuing.message1)
    const message3 = issuing.respond(message2)
    const tokens = prover.finish(message3)
    expect(ofProver.copies).toHaveLength(6)
    tokens.forEach(({ token, privateKey }, i) => {
      const [alpha, beta1, beta2] = ofProver.copies.slice(3 * i)
      expect(token.h).toEqual(group.exponentiate(prover.gamma, alpha!))
      expect(privateKey).toEqual(scalars.invert(alpha!))
      expect(message2.sigmaC[i]).toEqual(scalars.add(scalars.from(token.sigmaCPrime), beta1!))
      expect(token.sigmaRPrime).toEqual(scalars.add(message3.sigmaR[i]!, beta2!))
    })
  })

  it('leaves no w, alpha or beta behind', () => {
    const [ofIssuer, ofProver] = [recorded(), recorded()]
    const { issuing, prover } = beginExchange(issuer, contents, { ofIssuer, ofProver })
    const message2 = prover.respond(issuing.message1)
    expect(ofProver.originals.some(isZero)).toBe(true)
    prover.finish(issuing.respond(message2))
    expect([...ofIssuer.originals, ...ofProver.originals].every(isZero)).toBe(true)
  })

  it('frees its tables at its end, however it ends', () => {
    const [tables, ofSigmaZ] = [vi.spyOn(group, 'fixedBase'), vi.spyOn(group, 'fixedBaseOfMember')]
    const usable = () =>
      [...tables.mock.results, ...ofSigmaZ.mock.results].filter(({ value }) => !isFreed(value as FixedBase)).length
    const begin = () => {
      // Tables of parameters stay; those of the exchange are counted.
      issue(issuer, contents)
      const { issuing, prover } = beginExchange(issuer, contents)
      const message2 = prover.respond(issuing.message1)
      const before = usable()
      return { issuing, prover, message2, freed: () => before - usable() }
    }
    const finished = begin()
    finished.prover.finish(finished.issuing.respond(finished.message2))
    expect(finished.freed()).toBe(2)

    const refused = begin()
    expect(errorCode(() => refused.prover.finish({ sigmaR: [scalar(1n), scalar(2n)] }))).toBe('issuance/signature')
    expect(refused.freed()).toBe(2)

    const givenUp = begin()
    givenUp.prover.dispose()
    expect(givenUp.freed()).toBe(2)

    const kept = begin()
    kept.prover.finish(kept.issuing.respond(kept.message2), { keepTables: true })
    expect(kept.freed()).toBe(1)
    kept.prover.dispose()
    expect(kept.freed()).toBe(2)
    vi.restoreAllMocks()
  })

  it('leaves none behind when it is given up', () => {
    const [ofIssuer, ofProver] = [recorded(), recorded()]
    const { issuing, prover } = beginExchange(issuer, contents, { ofIssuer, ofProver })
    issuing.dispose()
    prover.dispose()
    expect([...ofIssuer.originals, ...ofProver.originals].every(isZero)).toBe(true)
    expect(errorCode(() => issuing.respond({ sigmaC: [scalar(1n), scalar(2n)] }))).toBe('issuance/answered')
    expect(errorCode(() => prover.respond(issuing.message1))).toBe('issuance/out-of-order')
  })

  it('answers once on each side', () => {
    const { issuing, prover } = beginExchange(issuer, contents)
    expect(errorCode(() => prover.finish({ sigmaR: [] }))).toBe('issuance/out-of-order')
    const message2 = prover.respond(issuing.message1)
    expect(errorCode(() => prover.respond(issuing.message1))).toBe('issuance/out-of-order')
    // Whatever the message is, even none.
    expect(errorCode(() => prover.respond(null as never))).toBe('issuance/out-of-order')
    expect([issuing.open, issuing.count, prover.count]).toEqual([true, 2, 2])
    const message3 = issuing.respond(message2)
    expect(issuing.open).toBe(false)
    expect(errorCode(() => issuing.respond(message2))).toBe('issuance/answered')
    prover.finish(message3)
    expect(errorCode(() => prover.finish(message3))).toBe('issuance/out-of-order')
  })

  it('refuses messages that are malformed, and goes on with the right ones', () => {
    const { issuing, prover } = beginExchange(issuer, contents)
    const { message1 } = issuing
    const respondTo = (change: Partial<IssuanceMessage1<Uint8Array>>) =>
      errorCode(() => prover.respond({ ...message1, ...change }))
    const [a1, a2] = message1.sigmaA as [Element, Element]
    expect(respondTo({ sigmaA: [a1] })).toBe('issuance/message-length')
    expect(respondTo({ sigmaB: [a1, a2, a2] })).toBe('issuance/message-length')
    expect(respondTo({ sigmaA: [a1, a2.slice(1)] })).toBe('element/length')
    expect(respondTo({ sigmaB: [new Uint8Array(a1.length).fill(0xff), a2] })).toBe('element/range')
    expect(respondTo({ sigmaB: [new Uint8Array(a1.length), a2] })).toBe('element/range')
    expect(respondTo({ sigmaZ: revision === 1 ? a1 : undefined })).toBe('issuance/sigma-z')

    const message2 = prover.respond(message1)
    const answerTo = (...sigmaC: Uint8Array[]) => errorCode(() => issuing.respond({ sigmaC }))
    const [c1, c2] = message2.sigmaC as [Scalar, Scalar]
    expect(answerTo(c1)).toBe('issuance/message-length')
    expect(answerTo(c1, c2.slice(1))).toBe('scalar/length')
    expect(answerTo(c1, scalar(group.q))).toBe('scalar/range')

    const message3 = issuing.respond(message2)
    const finishWith = (...sigmaR: Uint8Array[]) => errorCode(() => prover.finish({ sigmaR }))
    const [r1] = message3.sigmaR as [Scalar, Scalar]
    expect(finishWith(r1)).toBe('issuance/message-length')
    expect(finishWith(r1, scalar(group.q))).toBe('scalar/range')
    expect(prover.finish(message3)).toHaveLength(2)
  })

  it('reads no more values of a message than a batch can have', () => {
    const { issuing, prover } = beginExchange(issuer, contents)
    const many = (value: Uint8Array) => new Array<Uint8Array>(65_536).fill(value)
    const short = new Uint8Array(1)
    const { message1 } = issuing
    expect(errorCode(() => prover.respond({ ...message1, sigmaA: many(short) }))).toBe('issuance/message-length')
    expect(errorCode(() => issuing.respond({ sigmaC: many(short) }))).toBe('issuance/message-length')
    expect(errorCode(() => issuing.respond({ sigmaC: many(short).slice(1) }))).toBe('scalar/length')
  })

  it('refuses a wrong third message, for all tokens and for good', () => {
    const { issuing, prover } = beginExchange(issuer, contents)
    const { sigmaR } = issuing.respond(prover.respond(issuing.message1))
    const wrong = { sigmaR: [sigmaR[0]!, scalars.add(sigmaR[1]!, scalars.one)] }
    expect(errorCode(() => prover.finish(wrong))).toBe('issuance/signature')
    expect(errorCode(() => prover.finish({ sigmaR }))).toBe('issuance/out-of-order')
  })

  const negate = (x: Element): Element => outside(x, 2)
  const cheats: [string, (message1: IssuanceMessage1) => IssuanceMessage1][] = [
    [
      'sigma_a and sigma_b negated, whose product is right',
      (m) => ({ ...m, sigmaA: m.sigmaA.map(negate), sigmaB: m.sigmaB.map(negate) }),
    ],
    ['sigma_a negated', (m) => ({ ...m, sigmaA: m.sigmaA.map(negate) })],
    ['sigma_b negated', (m) => ({ ...m, sigmaB: m.sigmaB.map(negate) })],
    ['sigma_a and sigma_b exchanged', (m) => ({ ...m, sigmaA: m.sigmaB, sigmaB: m.sigmaA })],
    ['another sigma_a', (m) => ({ ...m, sigmaA: [m.sigmaA[1]!, m.sigmaA[0]!] })],
    ['another sigma_a of the last token', (m) => ({ ...m, sigmaA: [m.sigmaA[0]!, m.sigmaA[0]!] })],
  ]
  it.each(cheats)('refuses an Issuer that sends %s', (_, cheat) => {
    const { issuing, prover } = beginExchange(issuer, contents)
    const message2 = prover.respond(cheat(issuing.message1))
    expect(errorCode(() => prover.finish(issuing.respond(message2)))).toBe('issuance/signature')
  })

  it.each(cheats.slice(0, 4))('refuses an Issuer of one token that sends %s', (_, cheat) => {
    const { issuing, prover } = beginExchange(issuer, { ...contents, count: 1 })
    const message2 = prover.respond(cheat(issuing.message1))
    expect(errorCode(() => prover.finish(issuing.respond(message2)))).toBe('issuance/signature')
  })

  // So many are checked in random subsets.
  const many = { ...contents, count: 160 }
  const first = (list: readonly Element[], ...factors: Element[]): Element[] =>
    list.map((x, i) => (factors[i] === undefined ? x : group.multiply(x, factors[i])))
  const { generator } = group
  const ofBatch: [string, (m: IssuanceMessage1) => IssuanceMessage1, (r: readonly Scalar[]) => readonly Scalar[]][] = [
    ['a wrong sigma_r', (m) => m, ([r, ...rest]) => [scalars.add(r!, scalars.one), ...rest]],
    [
      'sigma_r whose errors cancel out',
      (m) => m,
      ([r, s, ...rest]) => [scalars.add(r!, scalars.one), scalars.subtract(s!, scalars.one), ...rest],
    ],
    [
      'sigma_a whose errors cancel out',
      (m) => ({ ...m, sigmaA: first(m.sigmaA, generator, group.invert(generator)) }),
      (r) => r,
    ],
    [
      'a sigma_b with a component of order 13',
      (m) => ({ ...m, sigmaB: [outside(m.sigmaB[0]!, 13), ...m.sigmaB.slice(1)] }),
      (r) => r,
    ],
    [
      'one sigma_a and sigma_b negated',
      (m) => ({
        ...m,
        sigmaA: [negate(m.sigmaA[0]!), ...m.sigmaA.slice(1)],
        sigmaB: [negate(m.sigmaB[0]!), ...m.sigmaB.slice(1)],
      }),
      (r) => r,
    ],
  ]
  it.each(ofBatch)('refuses %s in a long batch', (_, cheat, answer) => {
    const { issuing, prover } = beginExchange(issuer, many)
    const { sigmaR } = issuing.respond(prover.respond(cheat(issuing.message1)))
    expect(() => prover.finish({ sigmaR: answer(sigmaR) })).toThrow(
      expect.objectContaining({ code: 'issuance/signature', message: expect.stringContaining('token 1 ') as string }),
    )
  })

  it('makes a long batch of tokens', () => {
    expect(issue(issuer, many).every(({ token }) => verifyToken(parameters, token).valid)).toBe(true)
  })

  it.each([1, 2])('says so if it computed one of %d tokens wrongly itself', (count) => {
    const { issuing, prover } = beginExchange(issuer, { ...contents, count })
    const message3 = issuing.respond(prover.respond(issuing.message1))
    // A fault of this machine in sigma_r' = sigma_r + beta_2.
    const add = vi.spyOn(scalars, 'add').mockImplementationOnce((a) => a)
    expect(errorCode(() => prover.finish(message3))).toBe('issuance/self-check')
    add.mockRestore()
  })

  it.each(smallOrders)('refuses a sigma_b outside G_q that alpha hides from the hash', (...primes) => {
    const order = primes.reduce((product, prime) => product * prime, 1)
    // sigma_b^alpha is what it would have been: alpha is a multiple of the order.
    const ofProver = replay(scalar(BigInt(order) * 1_000_003n), scalar(5n), scalar(7n))
    const { issuing, prover } = beginExchange(issuer, { ...contents, count: 1 }, { ofProver })
    const sigmaB = issuing.message1.sigmaB.map((b) => outside(b, ...primes))
    const message2 = prover.respond({ ...issuing.message1, sigmaB })
    expect(errorCode(() => prover.finish(issuing.respond(message2)))).toBe('issuance/signature')
  })

  it('refuses an Issuer with another key, attribute or token information', () => {
    const { parameters: others } = createIssuer({ revision })
    for (const [ofProver, change] of [
      [others, {}],
      [parameters, { attributes: ['Bob', null, ''] }],
      [parameters, { tokenInformation: 'other' }],
    ] as const) {
      const issuing = issuer.begin(contents)
      const prover = Prover.begin(ofProver, { ...contents, ...change, allowVariableTime })
      const message2 = prover.respond(issuing.message1)
      expect(errorCode(() => prover.finish(issuing.respond(message2)))).toBe('issuance/signature')
    }
  })

  it('makes batches of 1 to 65,535 tokens', () => {
    for (const count of [0, -1, 1.5, 65_536, Number.NaN]) {
      expect(errorCode(() => issuer.begin({ ...contents, count }))).toBe('issuance/count')
      expect(errorCode(() => issuer.precompute(count))).toBe('issuance/count')
      expect(errorCode(() => Prover.begin(parameters, { ...contents, count, allowVariableTime }))).toBe(
        'issuance/count',
      )
    }
  })

  it('refuses contents of which no token can be made', () => {
    // gamma = g_0 g_1^x_1 ... is 1 for one x_1, which only who knows all discrete logarithms can find.
    const [y0, y1, yt] = [scalar(3n), scalar(5n), scalar(7n)]
    const random = replay(y0, y1, yt)
    const own = createIssuer({ revision, attributes: [0], recommended: undefined, knownAnswer: random })
    const ti = (x1: Uint8Array) => ({ attributes: [x1], tokenInformation: 'TI' })
    const xt = tokenInformationScalar(own.parameters, utf8('TI'), false)
    const x1 = scalars.multiply(scalars.negate(scalars.multiplyAdd(yt, xt, y0)), scalars.invert(y1))
    expect(errorCode(() => own.begin(ti(x1)))).toBe('issuance/gamma-is-one')
    expect(errorCode(() => Prover.begin(own.parameters, { ...ti(x1), allowVariableTime }))).toBe(
      'issuance/gamma-is-one',
    )
    expect(errorCode(() => own.begin(ti(flipped(x1))))).toBeUndefined()
  })
})

it('blindings are made of scalars in the order in which they are drawn', () => {
  const drawn = [1n, 2n, 3n, 4n, 5n, 6n].map(scalar)
  const source = nonces(scalars, { knownAnswer: drawn }, { purpose: 'alpha, beta', context: [] })
  const [alpha, beta1, beta2, ...others] = drawn
  const second = { alpha: others[0], beta1: others[1], beta2: others[2] }
  expect(drawBlindings(2, source)).toEqual([{ alpha, beta1, beta2 }, second])
  expect(blindingsFrom(drawn)).toEqual([{ alpha, beta1, beta2 }, second])
})

describe('the Issuer', () => {
  const issuer = createIssuer()

  it('can be made anew from its private key, and from no other', () => {
    const key = issuer.exportPrivateKey()
    const again = Issuer.fromPrivateKey(issuer.parameters, key, { allowVariableTime })
    expect(issue(again, contents)).toHaveLength(2)
    const wrong = () => Issuer.fromPrivateKey(issuer.parameters, flipped(key), { allowVariableTime })
    expect(errorCode(wrong)).toBe('issuer/key-mismatch')
    const zero = () => Issuer.fromPrivateKey(issuer.parameters, scalars.zero, { allowVariableTime })
    expect(errorCode(zero)).toBe('issuer/key-mismatch')
    const long = () => Issuer.fromPrivateKey(issuer.parameters, scalar(group.q), { allowVariableTime })
    expect(errorCode(long)).toBe('scalar/range')
  })

  it('does not answer after dispose(), and its key is gone', () => {
    const random = recorded()
    const other = createIssuer({ knownAnswer: random })
    const { issuing, prover } = beginExchange(other, contents)
    const message2 = prover.respond(issuing.message1)
    other.dispose()
    expect(isZero(random.originals[0]!)).toBe(true)
    expect(errorCode(() => issuing.respond(message2))).toBe('issuer/disposed')
    expect(errorCode(() => other.exportPrivateKey())).toBe('issuer/disposed')
  })

  it('can compute ahead, each pair for one token', () => {
    const random = recorded()
    const precomputation = issuer.precompute(3, { knownAnswer: random })
    const issuing = issuer.begin({ ...contents, precomputation })
    expect(precomputation.remaining).toBe(1)
    expect(issuing.message1.sigmaA).toEqual(
      random.copies.slice(0, 2).map((w) => group.exponentiate(group.generator, w)),
    )
    const prover = Prover.begin(issuer.parameters, { ...contents, allowVariableTime })
    const message2 = prover.respond(issuing.message1)
    expect(prover.finish(issuing.respond(message2))).toHaveLength(2)

    expect(errorCode(() => issuer.begin({ ...contents, precomputation }))).toBe('issuance/precomputation-short')
    const other = createIssuer()
    expect(errorCode(() => other.begin({ ...contents, precomputation }))).toBe('issuance/precomputation-other')
    precomputation.dispose()
    expect(precomputation.remaining).toBe(0)
    expect(random.originals.every(isZero)).toBe(true)
  })
})

describe('sigma_z in revision 3', () => {
  const issuer = createIssuer()

  it.each(smallOrders)('is refused with a component of small order', (...primes) => {
    const { issuing, prover } = beginExchange(issuer, contents)
    const sigmaZ = outside(issuing.message1.sigmaZ!, ...primes)
    expect(errorCode(() => prover.respond({ ...issuing.message1, sigmaZ }))).toBe('issuance/sigma-z')
  })

  it('is refused as 1, and when it is not gamma^y_0', () => {
    const { issuing, prover } = beginExchange(issuer, contents)
    const { message1 } = issuing
    expect(errorCode(() => prover.respond({ ...message1, sigmaZ: group.identity }))).toBe('issuance/sigma-z')
    const message2 = prover.respond({ ...message1, sigmaZ: group.multiply(message1.sigmaZ!, group.generator) })
    expect(errorCode(() => prover.finish(issuing.respond(message2)))).toBe('issuance/signature')
  })
})
