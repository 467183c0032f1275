import { afterEach, describe, expect, it, vi } from 'vitest'
import { isZero, toHex } from '../../bindings/octets/integers.js'
import { copyOctets, equalOctets } from '../../bindings/octets/octets.js'
import type { FixedBase, Scalar } from '../../bindings/engine/engine.js'
import { L2048N256 } from '../params/L2048N256.js'
import { blindSigmas, computePrivateKeys, computeTAs, computeTBs } from './issuance/blinding.js'
import { SoftwareDevice, type Device } from './device/device.js'
import { Issuer } from './issuance/issuer.js'
import { checkIssuedToken } from './presentation/certified.js'
import { presentToken, PresentationSession } from './presentation/presentation.js'
import { nonces, type KnownAnswer } from './nonces.js'
import { IssuerKey } from './parameters/issuer-key.js'
import { Prover } from './issuance/prover.js'
import type { Attribute } from './parameters/attributes.js'
import {
  allowVariableTime,
  beginExchange,
  createDevice,
  createIssuer,
  errorCode,
  flipped,
  group,
  isFreed,
  issueWithDevice,
  outside,
  recorded,
  replay,
  revisions,
  scalar,
} from './testing/fixtures.js'
import { decodeIssuedToken, encodeIssuedToken } from './token/token-codec.js'
import type { IssuedToken } from './token/token.js'

const { scalars } = group
const attributes = ['Alice', null, '']
const { issuer, parameters, device, software, issued } = issueWithDevice({ attributes })
const presentation = { attributes, message: 'm', committed: [2, 3], allowVariableTime }

afterEach(() => void vi.restoreAllMocks())

describe('when the random source fails', () => {
  const draws: [string, number, (random: KnownAnswer) => unknown][] = [
    ['an Issuer', 5, (random) => createIssuer({ recommended: undefined, knownAnswer: random })],
    ['issuance', 3, (random) => issuer.begin({ attributes, count: 3, knownAnswer: random })],
    ['a precomputation', 3, (random) => issuer.precompute(3, { knownAnswer: random })],
    [
      'a Prover',
      6,
      (random) => Prover.begin(parameters, { attributes, count: 2, knownAnswer: random, allowVariableTime }),
    ],
    // w_0, w_1, w_2, w_3, w_d, and two for each commitment.
    [
      'a presentation',
      9,
      (random) => presentToken(parameters, issued, { ...presentation, device, knownAnswer: random }),
    ],
    [
      'a presentation by a Device',
      2,
      (random) => {
        const failing = createDevice({ knownAnswer: random })
        try {
          failing.begin('scope').dispose()
        } finally {
          failing.dispose()
        }
      },
    ],
  ]
  it.each(draws)('%s leaves nothing of what it drew', (_, count, draw) => {
    for (let limit = 0; limit < count; limit++) {
      const random = recorded(limit)
      expect(() => draw(random)).toThrow('the random source is exhausted')
      expect(random.originals).toHaveLength(limit)
      expect(random.originals.every(isZero)).toBe(true)
    }
    expect(() => draw(recorded(count))).not.toThrow(RangeError)
  })
})

describe('when the arithmetic fails', () => {
  const fail = () => {
    throw new RangeError('out of memory')
  }

  it('a Prover leaves no blindings, and no table', () => {
    const random = recorded()
    const tables = vi.spyOn(group, 'fixedBase')
    vi.spyOn(group, 'multiExponentiate')
      .mockImplementationOnce(() => copyOctets(group.generator))
      .mockImplementationOnce(fail)
    expect(() => Prover.begin(parameters, { attributes, knownAnswer: random, allowVariableTime })).toThrow(
      'out of memory',
    )
    expect(random.copies).toHaveLength(3)
    expect(random.originals.every(isZero)).toBe(true)
    const gamma = group.multiply(parameters.g0, group.generator)
    const ofGamma = tables.mock.results
      .map(({ value }) => value as FixedBase)
      .filter(({ base }) => equalOctets(base, gamma))
    expect(ofGamma.map(isFreed)).toEqual([true])
  })

  it.each(revisions)('a Prover that cannot answer leaves no secrets and no tables, revision %i', (revision) => {
    const random = recorded()
    const own = createIssuer({ revision })
    const contents = { attributes, knownAnswer: random, allowVariableTime }
    const { message1 } = own.begin({ attributes })
    const tables = [vi.spyOn(group, 'fixedBase'), vi.spyOn(group, 'fixedBaseOfMember')]
    const prover = Prover.begin(own.parameters, contents)
    vi.spyOn(group, 'multiplyMany').mockImplementationOnce(fail)
    expect(() => prover.respond(message1)).toThrow('out of memory')
    expect(random.originals.every(isZero)).toBe(true)
    const made = tables.flatMap(({ mock }) => mock.results.map(({ value }) => value as FixedBase))
    // Of gamma and sigma_z.
    expect(made.filter(isFreed)).toHaveLength(2)
    expect(errorCode(() => prover.respond(message1))).toBe('issuance/out-of-order')
  })

  it('a Prover frees the table of a sigma_z, and can go on', () => {
    const tables = vi.spyOn(group, 'fixedBaseOfMember')
    const { issuing, prover } = beginExchange(issuer, { attributes })
    vi.spyOn(group, 'multiExponentiateMany').mockImplementationOnce(fail)
    expect(() => prover.respond(issuing.message1)).toThrow('out of memory')
    expect(tables.mock.results.map(({ value }) => isFreed(value as FixedBase))).toEqual([true])
    expect(prover.finish(issuing.respond(prover.respond(issuing.message1)))).toHaveLength(1)
  })

  it('an Issuer leaves no w', () => {
    const random = recorded()
    vi.spyOn(parameters.tables.gTable, 'exponentiateMany').mockImplementationOnce(fail)
    expect(() => issuer.begin({ attributes, count: 2, knownAnswer: random })).toThrow('out of memory')
    expect(random.copies).toHaveLength(2)
    expect(random.originals.every(isZero)).toBe(true)
  })

  it('a presentation leaves no witness', () => {
    const random = recorded()
    vi.spyOn(group, 'multiExponentiate').mockImplementationOnce(fail)
    expect(() => presentToken(parameters, software, { ...presentation, knownAnswer: random })).toThrow('out of memory')
    expect(random.copies).toHaveLength(8)
    expect(random.originals.every(isZero)).toBe(true)
  })

  it("a Device leaves no x_d and no w_d'", () => {
    const random = recorded()
    const create = () => createDevice({ knownAnswer: random })
    const own = create()
    vi.spyOn(group, 'exponentiate').mockImplementation(fail)
    expect(() => own.begin()).toThrow('out of memory')
    expect(create).toThrow('out of memory')
    expect(random.originals.map(isZero)).toEqual([false, true, true])
  })
})

describe('when parameters make no sense', () => {
  it.each([
    [{ hash: 'MD5' }, 'hash/unknown'],
    [{ specification: new Uint8Array((1 << 20) + 1) }, 'octets/too-long'],
  ])('an Issuer leaves no y_0: %j', (options, code) => {
    const random = recorded()
    expect(errorCode(() => createIssuer({ ...options, knownAnswer: random }))).toBe(code)
    expect(random.originals.map(isZero)).toEqual([true])
  })

  it('a Prover whose gamma would be 1 leaves no blindings', () => {
    const random = recorded()
    vi.spyOn(group, 'multiply').mockReturnValueOnce(group.identity)
    const begin = () => Prover.begin(parameters, { attributes, knownAnswer: random, allowVariableTime })
    expect(errorCode(begin)).toBe('issuance/gamma-is-one')
    expect(random.originals.map(isZero)).toEqual([true, true, true])
  })
})

describe('a Device that fails in the middle', () => {
  const inquiries: [string, unknown, string?][] = [
    ['throws', undefined],
    ['answers with a scalar out of range', scalar(group.q), 'scalar/range'],
    ['answers with text', 'r_d', 'octets/type'],
    ['answers later', Promise.resolve(scalar(1n)), 'octets/type'],
  ]
  it.each(inquiries)('and %s leaves no witness', (_, answer, code) => {
    const random = recorded()
    const failing: Device = {
      begin: (scope) => ({
        ...device.begin(scope),
        respond: () => {
          if (answer === undefined) throw new Error('the card was pulled')
          return answer as Scalar
        },
      }),
    }
    const present = () => presentToken(parameters, issued, { ...presentation, knownAnswer: random, device: failing })
    if (code === undefined) expect(present).toThrow('the card was pulled')
    else expect(errorCode(present)).toBe(code)
    expect(random.copies).toHaveLength(9)
    expect(random.originals.every(isZero)).toBe(true)
  })
})

it("a presentation that cannot be begun leaves no w_d'", () => {
  const random = recorded()
  const own = createDevice({ knownAnswer: random })
  const differing = { ...presentation, attributes: ['Bob', null, ''], device: own }
  expect(errorCode(() => presentToken(parameters, issued, differing))).toBe('presentation/attribute-differs')
  expect(random.originals.map(isZero)).toEqual([false, true])
})

describe('nothing is drawn', () => {
  const random = recorded(0)
  it.each([
    [
      'for a Device with an unknown hash',
      () => SoftwareDevice.create(group, L2048N256.gd, { hash: 'MD5', knownAnswer: random }),
    ],
    ['for a Device with a bad generator', () => SoftwareDevice.create(group, group.identity, { knownAnswer: random })],
    ['for a batch of none', () => issuer.begin({ attributes, count: 0, knownAnswer: random })],
    ['for attributes that do not fit', () => issuer.begin({ attributes: [], knownAnswer: random })],
    [
      'for a Prover whose attributes do not fit',
      () => Prover.begin(parameters, { attributes: [], knownAnswer: random }),
    ],
    [
      'for a presentation that makes no sense',
      () => presentToken(parameters, software, { ...presentation, disclosed: [9], knownAnswer: random }),
    ],
  ])('%s', (_, action) => {
    expect(errorCode(action)).not.toBe('engine/variable-time')
    expect(errorCode(action)).toMatch(/^[a-z]+\//)
  })
})

describe('of what was computed', () => {
  it('sigma_b^alpha is wiped', () => {
    const random = recorded()
    const source = nonces(scalars, { knownAnswer: random }, { purpose: 'alpha, beta', context: [] })
    const draw = (): Scalar => source.next()
    const blindings = [0, 1].map(() => ({ alpha: draw(), beta1: draw(), beta2: draw() }))
    const elements = [parameters.g[0]!, parameters.g[1]!]
    const powers = vi.spyOn(group, 'exponentiateMany')
    const { sigmaBPrime } = blindSigmas(
      group,
      blindings,
      { tA: elements, tB: elements },
      { sigmaA: elements, sigmaB: elements },
    )
    const [result] = powers.mock.results
    expect((result!.value as Uint8Array[]).map(isZero)).toEqual([true, true])
    expect(sigmaBPrime[0]).toEqual(group.multiply(elements[0]!, group.exponentiate(elements[0]!, blindings[0]!.alpha)))
  })

  it.each(revisions)(
    't_a and t_b are wiped with the answer, and when the exchange is given up, revision %i',
    (revision) => {
      for (const giveUp of [false, true]) {
        const products = vi.spyOn(group, 'multiExponentiate')
        const random = recorded()
        const own = createIssuer({ revision })
        const prover = Prover.begin(own.parameters, { attributes, knownAnswer: random, allowVariableTime })
        const [alpha, beta1, beta2] = random.copies as [Scalar, Scalar, Scalar]
        const issuing = own.begin({ attributes })
        const sigmaZ = issuing.message1.sigmaZ ?? group.exponentiate(prover.gamma, own.exportPrivateKey())
        const made = () => products.mock.results.map(({ value }) => toHex(value as Uint8Array))
        const tA = toHex(computeTAs(own.parameters, [{ alpha, beta1, beta2 }])[0]!)
        const tB = toHex(
          group.multiExponentiate(
            [group.exponentiate(sigmaZ, alpha), group.exponentiate(prover.gamma, alpha)],
            [beta1, beta2],
          ),
        )
        products.mockClear()
        const again = Prover.begin(own.parameters, {
          attributes,
          knownAnswer: replay(...random.copies),
          allowVariableTime,
        })
        expect(made()).toContain(tA)
        if (revision === 1) expect(made()).toContain(tB)
        if (giveUp) again.dispose()
        else again.respond(issuing.message1)
        expect(products).toHaveBeenCalled()
        expect(made()).not.toContain(tA)
        expect(made()).not.toContain(tB)
        vi.restoreAllMocks()
      }
    },
  )

  it('only the private keys are left of a batch, and no products of blindings', () => {
    const blindings = [3n, 5n, 7n].map((alpha) => ({ alpha: scalar(alpha), beta1: scalar(2n), beta2: scalar(4n) }))
    const [products, inverses] = [vi.spyOn(scalars, 'multiply'), vi.spyOn(scalars, 'invert')]
    const made = () => [...products.mock.results, ...inverses.mock.results].map(({ value }) => value as Scalar)
    const keys = computePrivateKeys(group, blindings)
    expect(made().filter((value) => !keys.includes(value) && !isZero(value))).toEqual([])
    expect(keys.map((key, i) => scalars.multiply(key, blindings[i]!.alpha))).toEqual([1n, 1n, 1n].map(scalar))
  })

  it('the exponents of t_b are wiped', () => {
    const blindings = [3n, 5n].map((alpha) => ({ alpha: scalar(alpha), beta1: scalar(2n), beta2: scalar(4n) }))
    const [sigmaZ, gamma] = [group.fixedBase(parameters.g0), group.fixedBase(group.generator)]
    const products = vi.spyOn(scalars, 'multiply')
    const tBs = computeTBs(group, { sigmaZ, gamma }, blindings)
    expect(products.mock.results.map(({ value }) => isZero(value as Scalar))).toEqual([true, true, true, true])
    expect(tBs[1]).toEqual(group.multiExponentiate([sigmaZ, gamma], [scalar(10n), scalar(20n)]))
  })

  it('w is wiped when it has answered, and where it was read from', () => {
    const { prover, issuing } = beginExchange(issuer, { attributes, count: 2 })
    const message2 = prover.respond(issuing.message1)
    const read = vi.spyOn(scalars, 'from')
    issuing.respond(message2)
    // Two sigma_c, then two w.
    expect(read.mock.calls.slice(2).map(([octets]) => isZero(octets))).toEqual([true, true])
    expect(read.mock.results.slice(2).map(({ value }) => isZero(value as Scalar))).toEqual([true, true])
  })

  it('products of alphas are wiped when they have no inverse', () => {
    const products = vi.spyOn(scalars, 'multiply')
    const blinding = (alpha: Scalar) => ({ alpha, beta1: scalars.one, beta2: scalars.one })
    const blindings = [scalar(3n), scalar(5n)].map(blinding)
    expect(computePrivateKeys(group, blindings)).toEqual([scalar(3n), scalar(5n)].map((alpha) => scalars.invert(alpha)))
    products.mockClear()
    vi.spyOn(scalars, 'invert').mockImplementationOnce(() => {
      throw new RangeError('out of memory')
    })
    expect(() => computePrivateKeys(group, blindings)).toThrow('out of memory')
    expect(products.mock.results.map(({ value }) => isZero(value as Scalar))).toEqual([true, true])
  })

  it('the private key of a damaged token, and of an Issuer that it is not of, are wiped', () => {
    const tampered = { ...software, token: { ...software.token, h: outside(software.token.h, 2) } }
    const octets = encodeIssuedToken(parameters, tampered)
    const key = flipped(issuer.exportPrivateKey())
    const read = vi.spyOn(scalars, 'from')
    expect(errorCode(() => decodeIssuedToken(parameters, octets))).toBe('element/not-in-subgroup')
    expect(errorCode(() => Issuer.fromPrivateKey(parameters, key, { allowVariableTime }))).toBe('issuer/key-mismatch')
    expect(read.mock.results.map(({ value }) => isZero(value as Scalar))).toEqual([true, true])
    expect(isZero(key)).toBe(false)
  })

  it('the private key, gamma, its parts and the power of h are wiped after a check ahead, whatever it finds', () => {
    const { publicKey } = device
    const read = vi.spyOn(scalars, 'from')
    const powers = [vi.spyOn(group, 'exponentiate'), vi.spyOn(group, 'multiExponentiate'), vi.spyOn(group, 'multiply')]
    const check = (stored: IssuedToken, given: readonly Attribute[], devicePublicKey?: Uint8Array) =>
      errorCode(() => checkIssuedToken(parameters, stored, { attributes: given, devicePublicKey, allowVariableTime }))
    for (const [held, hd] of [[software], [issued, publicKey]] as const) {
      for (const [given, code] of [[attributes], [['Bob', null, ''], 'presentation/attributes-differ']] as const) {
        const stored = structuredClone(held)
        expect(check(stored, given, hd)).toBe(code)
        expect(isZero(stored.privateKey)).toBe(false)
      }
    }
    const left = [read, ...powers].flatMap(({ mock }) =>
      mock.results.filter(({ value }) => !isZero(value as Uint8Array)),
    )
    expect(read).toHaveBeenCalledTimes(4)
    // g_0 h_d, twice, which is public.
    const known = group.multiply(parameters.g0, publicKey)
    expect(left.map(({ value }) => value as unknown)).toEqual([known, known])
  })

  it('the private key and what was computed are wiped when a check ahead fails in the middle', () => {
    const products = vi.spyOn(group, 'multiply')
    const made = [vi.spyOn(scalars, 'from'), vi.spyOn(group, 'multiExponentiate'), products]
    const left = () => made.flatMap(({ mock }) => mock.results.map(({ value }) => isZero(value as Uint8Array)))
    const check = () => {
      checkIssuedToken(parameters, structuredClone(software), { attributes, allowVariableTime })
    }
    vi.spyOn(group, 'exponentiate').mockImplementationOnce(() => {
      throw new RangeError('out of memory')
    })
    expect(check).toThrow('out of memory')
    expect(left()).toEqual([true, true, true])
    // An Issuer whose generators make it so.
    products.mockReturnValueOnce(group.identity)
    expect(errorCode(check)).toBe('issuance/gamma-is-one')
    expect(left()).toEqual([true, true, true, true, true, false])
  })

  it('the copy of the private key is wiped when a presentation ends, and the openings of one given up', () => {
    const random = recorded()
    const read = vi.spyOn(scalars, 'from')
    const begin = () => PresentationSession.begin(parameters, software, { ...presentation, knownAnswer: random })
    begin().dispose()
    begin().finish()
    expect(read.mock.results.every(({ value }) => isZero(value as Scalar))).toBe(true)
    expect(read.mock.results.length).toBeGreaterThan(1)
    expect(random.originals.every(isZero)).toBe(true)
    expect(isZero(software.privateKey)).toBe(false)
  })
})

describe('the seed that scalars are derived from', () => {
  const scope = { pseudonym: { scope: 'scope', source: 'device' } } as const
  it.each<[string, () => unknown]>([
    ['a new Issuer', () => createIssuer()],
    ['issuance', () => issuer.begin({ attributes, count: 2 })],
    ['a precomputation', () => issuer.precompute(2)],
    ['a Prover', () => Prover.begin(parameters, { attributes, allowVariableTime })],
    ['a presentation', () => PresentationSession.begin(parameters, software, presentation)],
    ['a new Device', () => createDevice()],
    ['a presentation by a Device', () => device.begin('scope')],
  ])('is wiped by %s', (_, action) => {
    const wiped = vi.spyOn(Int32Array.prototype, 'fill')
    action()
    expect(wiped.mock.contexts).toHaveLength(1)
    expect(wiped.mock.contexts).toEqual([new Int32Array(8)])
  })

  it('is protected by keys that are wiped too', () => {
    const keys = vi.spyOn(IssuerKey.prototype, 'nonceKey')
    issuer.begin({ attributes })
    issuer.precompute(1)
    expect(keys.mock.results.map(({ value }) => isZero(value as Uint8Array))).toEqual([true, true])
    // The copy of a wallet's seed is known by its length.
    const walletSeed = new Uint8Array(37).fill(1)
    const wiped = vi.spyOn(Uint8Array.prototype, 'fill')
    Prover.begin(parameters, { attributes, walletSeed, allowVariableTime })
    const copies = (wiped.mock.contexts as Uint8Array[]).filter(({ length }) => length === 37)
    expect(copies).toEqual([new Uint8Array(37)])
    expect(isZero(walletSeed)).toBe(false)
  })

  it('leaves neither the response of a Device, nor its part of a pseudonym', () => {
    const session = device.begin('scope')
    const powers = vi.spyOn(group, 'exponentiate')
    const own = PresentationSession.begin(parameters, issued, { ...presentation, ...scope }, session)
    expect(powers.mock.results.map(({ value }) => isZero(value as Uint8Array))).toEqual([true])
    const response = session.respond(own.deviceChallenge!)
    const read = vi.spyOn(scalars, 'from')
    own.finish(response)
    expect(read.mock.results.map(({ value }) => isZero(value as Scalar))).toEqual([true])
  })
})

it('an exchange goes on after all this', () => {
  const { issuing, prover } = beginExchange(issuer, { attributes })
  expect(prover.finish(issuing.respond(prover.respond(issuing.message1)))).toHaveLength(1)
})
