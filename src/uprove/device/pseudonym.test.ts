import { describe, expect, it, vi } from 'vitest'
import type { Element, Group } from '../../../bindings/engine/engine.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { P256 } from '../../params/P256.js'
import { P384 } from '../../params/P384.js'
import { P521 } from '../../params/P521.js'
import { hashFunction, type HashAlgorithm } from '../../hash/index.js'
import type { RecommendedParameters } from '../../params/recommended.js'
import { Issuer } from '../issuance/issuer.js'
import { Prover } from '../issuance/prover.js'
import { presentToken } from '../presentation/presentation.js'
import { verifyPresentation } from '../presentation/verification.js'
import { errorCode, utf8 } from '../testing/fixtures.js'
import { SoftwareDevice, type Device } from './device.js'
import { scopeGenerator } from './pseudonym.js'

const engine = await createEngine()
const groups: [RecommendedParameters, () => Group][] = [
  [L2048N256, () => engine.subgroup(L2048N256)],
  ...[P256, P384, P521].map((set): [RecommendedParameters, () => Group] => [set, () => engine.curve(set)]),
]

// Revision 1 has no pseudonyms: `presentation/extensions` there.
describe.each(groups.map(([set, bind]) => ({ name: set.name, set, bind })))(
  'in $name a pseudonym of 1',
  ({ set, bind }) => {
    const group = bind()
    const setup = { uid: 'urn:x', attributes: [1, 0, 1], device: true, recommended: set }
    const issuer = Issuer.create(group, setup)
    const { parameters } = issuer
    const device = SoftwareDevice.create(group, set.gd)
    const attributes = [null, Uint8Array.of(0), 'Alice']
    const contents = { attributes, devicePublicKey: device.publicKey }
    const session = issuer.begin(contents)
    const prover = Prover.begin(parameters, { attributes, device: device.contribute(parameters) })
    const [issued] = prover.finish(session.respond(prover.respond(session.message1)))
    const base = { attributes, message: 'm', deviceMessage: null }
    const scope = 'a'

    it.each([1, 2])('is not presented for attribute %i, whose x is 0', (source) => {
      const options = { ...base, device, pseudonym: { scope, source } }
      expect(errorCode(() => presentToken(parameters, issued!, options))).toBe('presentation/pseudonym-of-zero')
    })

    it('is not taken from a Device', () => {
      const idle: Device = {
        begin: (of) => ({ ...device.begin(of), pseudonym: { pS: group.identity, aPPrime: group.generator } }),
      }
      const options = { ...base, device: idle, pseudonym: { scope, source: 'device' as const } }
      expect(errorCode(() => presentToken(parameters, issued!, options))).toMatch(
        /^(presentation\/pseudonym-of-zero|element\/.*)$/,
      )
    })

    it.each([3, 'device' as const])('is not accepted from a Prover, for %s', (source) => {
      const pseudonym = { scope, source }
      const { proof } = presentToken(parameters, issued!, { ...base, device, pseudonym })
      const verify = (pS: Uint8Array) => {
        const shown = { ...proof, pseudonym: { ...proof.pseudonym!, pS } }
        return verifyPresentation(parameters, issued!.token, shown, { message: 'm', deviceMessage: null, pseudonym })
      }
      expect(verify(proof.pseudonym!.pS)).toMatchObject({ valid: true })
      expect(verify(group.identity)).toEqual({ valid: false, code: 'presentation/pseudonym-is-one' })
    })
  },
)

describe('the generator of a scope', () => {
  /** A group that makes another element at each call. */
  function counting() {
    let made = 0
    const scopeElement = vi.fn(() => Uint8Array.of(++made) as Uint8Array as Element)
    const group = { scopeElement } as Partial<Group> as Group
    const of = (scope: string, hash: HashAlgorithm = 'SHA-256') => scopeGenerator(group, utf8(scope), hash)[0]
    return { scopeElement, of }
  }

  it('is computed once for a group, a scope and a hash', () => {
    const [one, other] = [counting(), counting()]
    expect([one.of('a'), one.of('a'), one.of('b'), one.of('a', 'SHA-384'), one.of('a')]).toEqual([1, 1, 2, 3, 1])
    expect(other.of('a')).toBe(1)
    expect(other.scopeElement).toHaveBeenCalledWith(utf8('a'), hashFunction('SHA-256'))
  })

  it('is remembered for the last sixteen scopes', () => {
    const { of } = counting()
    const scopes = Array.from({ length: 17 }, (_, i) => String(i))
    const numbers = (from: number, to: number) => scopes.slice(from, to).map((scope) => of(scope))
    const first = numbers(0, 16)
    expect(numbers(0, 16)).toEqual(first)
    expect(of('16')).toBe(17)
    expect(numbers(1, 16)).toEqual(first.slice(1))
    expect(of('0')).toBe(18)
  })
})
