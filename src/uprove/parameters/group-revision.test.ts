import { expect, it } from 'vitest'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { createBigintEngine } from '../../../bindings/subgroup/bigint.js'
import { P256, P384, P521 } from '../../params/index.js'
import { Issuer } from '../issuance/issuer.js'
import { allowVariableTime, errorCode } from '../testing/fixtures.js'
import { IssuerParameters } from './parameters.js'
import { decodeIssuerParameters, encodeIssuerParameters } from './parameters-codec.js'

// Revision 1 is defined over subgroups only. Over a curve it is refused by its own name wherever parameters come in.

const curves = [P256, P384, P521]
const engines = [await createEngine({ backend: 'wasm' }), createBigintEngine()]
const cases = engines.flatMap((engine) => curves.map((set) => ({ set, engine, on: engine.backend, name: set.name })))

it.each(cases)('Revision 1 over $name is refused on $on', ({ set, engine, name }) => {
  const group = engine.curve(set)
  const options = { uid: 'urn:example:issuer', attributes: 2, device: true, recommended: set, allowVariableTime }
  expect(() => Issuer.create(group, { ...options, revision: 1 })).toThrow(
    expect.objectContaining({
      code: 'parameters/group-revision',
      message: `Revision 1 is not defined over ${name}; use Revision 3`,
    }),
  )
  // Before anything is drawn.
  const own = { ...options, revision: 1, recommended: undefined, knownAnswer: [] } as const
  expect(errorCode(() => Issuer.create(group, own))).toBe('parameters/group-revision')

  const { parameters } = Issuer.create(group, options)
  const values = parameters.values()
  const { g0, g, gt, gd } = values
  const revision = 1
  const forged = [
    { ...values, revision: 1 as const },
    { ...values, revision: 1 as const, z: { z0: g0, z: g, zt: gt, zd: gd } },
  ]
  for (const one of forged) {
    expect(errorCode(() => IssuerParameters.verify(group, one, { recommended: set }))).toBe('parameters/group-revision')
    expect(errorCode(() => new IssuerParameters(group, one as typeof values))).toBe('parameters/group-revision')
  }

  const octets = encodeIssuerParameters(parameters)
  expect(octets.subarray(0, 2)).toEqual(Uint8Array.of(2, 3))
  const read = decodeIssuerParameters(octets, { curves })
  expect(IssuerParameters.verify(engine.group(read.group), read.values).values()).toEqual(values)
  const changed = Uint8Array.of(2, revision, ...octets.subarray(2))
  expect(errorCode(() => decodeIssuerParameters(changed, { curves }))).toBe('parameters/group-revision')
  const withZ = Uint8Array.of(...changed, ...g0, ...g[0]!, ...g[1]!, ...gt, ...gd!)
  expect(errorCode(() => decodeIssuerParameters(withZ, { curves }))).toBe('parameters/group-revision')
})
