import { describe, expect, it, vi } from 'vitest'
import { isZero, toHex } from '../../../bindings/octets/integers.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import type { FixedBase, Scalar } from '../../../bindings/engine/engine.js'
import {
  allowVariableTime,
  createIssuer,
  errorCode,
  flipped,
  group,
  isFreed,
  recorded,
  scalar,
} from '../testing/fixtures.js'
import { exchangeOf, isOpen, writeState } from './exchange.js'
import type { IssuanceMessage1, IssuanceMessage2, IssuanceMessage3 } from './messages.js'
import { Prover } from './prover.js'

const { scalars } = group
const issuer = createIssuer()
const { parameters } = issuer
const contents = { attributes: ['Alice', null, ''], tokenInformation: 'TI', count: 2 }

function begin() {
  const exchange = issuer.beginExchange(contents)
  const prover = Prover.begin(parameters, { ...contents, allowVariableTime })
  return { ...exchange, prover, message2: prover.respond(exchange.message1) }
}

describe('the state of an exchange', () => {
  it('answers once, and is wiped before the answer is there', () => {
    const { state, prover, message2 } = begin()
    expect(isOpen(state)).toBe(true)
    const add = vi.spyOn(scalars, 'multiplyAdd').mockImplementationOnce((c, y0, w) => {
      expect(isZero(state)).toBe(true)
      add.mockRestore()
      return scalars.multiplyAdd(c, y0, w)
    })
    const message3 = issuer.respondTo(state, message2)
    expect(isZero(state)).toBe(true)
    expect(isOpen(state)).toBe(false)
    expect(errorCode(() => issuer.respondTo(state, message2))).toBe('issuance/answered')
    expect(prover.finish(message3)).toHaveLength(2)
  })

  it('has all the w there are', () => {
    const random = recorded()
    const { state } = issuer.beginExchange({ ...contents, knownAnswer: random })
    const w = random.copies.map(toHex)
    expect(random.originals.every(isZero)).toBe(true)
    expect(toHex(state)).toContain(w.join(''))
    const [used] = vi.spyOn(scalars, 'from').mock.results
    expect(used).toBeUndefined()
    vi.restoreAllMocks()
  })

  it('is left of an exchange, and no table of gamma', () => {
    const tables = vi.spyOn(group, 'fixedBase')
    const { gamma } = issuer.beginExchange(contents)
    const ofGamma = tables.mock.results
      .map(({ value }) => value as FixedBase)
      .filter(({ base }) => equalOctets(base, gamma))
    expect(ofGamma.map(isFreed)).toEqual([true])
    vi.restoreAllMocks()
  })

  it('is as it was after a message that is refused', () => {
    const { state, prover, message2 } = begin()
    const before = toHex(state)
    const [c1, c2] = message2.sigmaC as [Scalar, Scalar]
    const codeOf = (...sigmaC: Uint8Array[]) => errorCode(() => issuer.respondTo(state, { sigmaC }))
    expect(codeOf(c1)).toBe('issuance/message-length')
    expect(codeOf(c1, c2, c2)).toBe('issuance/message-length')
    expect(codeOf(c1, c2.slice(1))).toBe('scalar/length')
    expect(codeOf(c1, scalar(group.q))).toBe('scalar/range')
    expect(toHex(state)).toBe(before)
    expect(prover.finish(issuer.respondTo(state, message2))).toHaveLength(2)
  })

  it('is refused if it is damaged or of other parameters, and no w is left of it', () => {
    const { state, message2 } = begin()
    const codeOf = (octets: Uint8Array, by = issuer) => errorCode(() => by.respondTo(octets, message2))
    expect(codeOf(flipped(state, 0))).toBe('state/version')
    expect(codeOf(flipped(state, 9))).toBe('state/other-parameters')
    expect(codeOf(state.slice(0, -1))).toBe('octets/truncated')
    expect(codeOf(state, createIssuer())).toBe('state/other-parameters')
    const read = vi.spyOn(scalars, 'from')
    expect(codeOf(Uint8Array.of(...state, 0))).toBe('octets/malformed')
    const made = read.mock.results.slice(2).map(({ value }) => isZero(value as Scalar))
    expect(made).toEqual([true, true])
    vi.restoreAllMocks()
    expect(codeOf(state)).toBeUndefined()
  })

  it('reserves no memory for tokens that a damaged one announces', () => {
    const { state, message2 } = begin()
    const count = 1 + 4 + 32 + 4 + 8
    state.fill(0xff, count, count + 4)
    expect(errorCode(() => issuer.respondTo(state, message2))).toBe('octets/malformed')
  })

  it('says what its exchange is called', () => {
    const name = { id: 'an exchange', deadline: 1_767_225_600_123 }
    expect(exchangeOf(parameters, writeState(parameters, [scalars.one], name))).toEqual({ ...name, count: 1 })
    expect(exchangeOf(parameters, writeState(parameters, []))).toEqual({ id: '', deadline: 0, count: 0 })
  })
})

describe('a message that answers while it is read', () => {
  /** The message with a getter that runs `action` once, in the middle of whatever reads it. */
  function withGetter<M extends object>(message: M, name: keyof M, action: () => unknown): M {
    let pending = true
    return Object.defineProperty({ ...message }, name, {
      get() {
        if (pending) {
          pending = false
          action()
        }
        return message[name]
      },
    })
  }

  it('gets no second answer of an Issuer', () => {
    const session = issuer.begin(contents)
    const prover = Prover.begin(parameters, { ...contents, allowVariableTime })
    const message2 = prover.respond(session.message1)
    const other: IssuanceMessage2 = { sigmaC: message2.sigmaC.map((c) => scalars.add(c, scalars.one)) }
    let inner: IssuanceMessage3 | undefined
    const trap = withGetter(other, 'sigmaC', () => (inner = session.respond(message2)))
    expect(errorCode(() => session.respond(trap))).toBe('issuance/answered')
    expect(inner?.sigmaR).toHaveLength(2)
  })

  it('gets none from octets that answer when they are measured', () => {
    const session = issuer.begin({ ...contents, count: 1 })
    let inner: IssuanceMessage3 | undefined
    class Trap extends Uint8Array {
      override get length(): number {
        inner ??= session.open ? session.respond({ sigmaC: [scalars.one] }) : undefined
        return 32
      }
    }
    const trap = new Trap(new Uint8Array(32).fill(1))
    expect(errorCode(() => session.respond({ sigmaC: [trap] }))).toBe('issuance/answered')
    expect(inner?.sigmaR).toHaveLength(1)
  })

  it('gets none of a Prover, in either step', () => {
    const [session, second] = [issuer.begin(contents), issuer.begin(contents)]
    const prover = Prover.begin(parameters, { ...contents, allowVariableTime })
    let message2: IssuanceMessage2 | undefined
    const trap: IssuanceMessage1 = withGetter(second.message1, 'sigmaB', () => {
      message2 = prover.respond(session.message1)
    })
    expect(errorCode(() => prover.respond(trap))).toBe('issuance/out-of-order')
    const message3 = session.respond(message2!)
    const tokens: unknown[] = []
    const last = withGetter(message3, 'sigmaR', () => tokens.push(...prover.finish(message3)))
    expect(errorCode(() => prover.finish(last))).toBe('issuance/out-of-order')
    expect(tokens).toHaveLength(2)
  })
})
