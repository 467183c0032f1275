import { createHash } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { known } from '../../../bindings/octets/lists.js'
import { toFixedWidth, toHex } from '../../../bindings/octets/integers.js'
import type { Element, FixedBase } from '../../../bindings/engine/engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { Issuer } from '../issuance/issuer.js'
import { contentScalars, deviceElement } from './contents.js'
import { computeSigmaZ } from './gamma.js'
import { checkRevision, IssuerParameters, type IssuerParametersValues } from './parameters.js'
import {
  allowVariableTime,
  createIssuer,
  errorCode,
  group,
  isFreed,
  outside,
  revisions,
  scalar,
  smallOrders,
  utf8,
} from '../testing/fixtures.js'

const verify = (values: IssuerParametersValues): IssuerParameters => IssuerParameters.verify(group, values)
const codeOf = (values: IssuerParametersValues): string | undefined => errorCode(() => verify(values))

describe.each(revisions)('Issuer parameters of revision %i', (revision) => {
  const issuer = createIssuer({ revision, device: true, attributes: [1, 0] })
  const values = issuer.parameters.values()

  it('are verified and come out as they went in', () => {
    expect(verify(values).values()).toEqual(values)
    expect(verify(values).digest(true)).toEqual(issuer.parameters.digest(true))
  })

  const elements: [string, (x: (e: Element) => Element) => Partial<IssuerParametersValues>][] = [
    ['g_0', (x) => ({ g0: x(values.g0) })],
    ['g_2', (x) => ({ g: [values.g[0]!, x(values.g[1]!)] })],
    ['g_t', (x) => ({ gt: x(values.gt) })],
    ['g_d', (x) => ({ gd: x(values.gd!) })],
  ]
  if (revision === 1) {
    const z = values.z!
    elements.push(
      ['z_0', (x) => ({ z: { ...z, z0: x(z.z0) } })],
      ['z_1', (x) => ({ z: { ...z, z: [x(z.z[0]!), z.z[1]!] } })],
      ['z_t', (x) => ({ z: { ...z, zt: x(z.zt) } })],
      ['z_d', (x) => ({ z: { ...z, zd: x(z.zd!) } })],
    )
  }
  describe.each(elements)('%s', (_, change) => {
    it.each(smallOrders)('is refused with a component of small order', (...primes) => {
      expect(codeOf({ ...values, ...change((e) => outside(e, ...primes)) })).toBe('parameters/not-in-subgroup')
    })

    it('is refused as 1, as 0, as p and at another length', () => {
      const p = toFixedWidth(group.p, group.elementLength)
      for (const bad of [group.identity, new Uint8Array(group.elementLength), p, values.g0.slice(1)]) {
        expect(codeOf({ ...values, ...change(() => bad as Element) })).toBe('parameters/not-in-subgroup')
      }
    })

    it.each([7, 'text', null, [2]])('is no element if it is no octets: %j', (value) => {
      expect(codeOf({ ...values, ...change(() => value as never) })).toBe('parameters/shape')
    })

    it('may not be vouched for by a recommended set that differs', () => {
      const tampered = { ...values, ...change((e) => outside(e, 2)) }
      const action = () => IssuerParameters.verify(group, tampered, { recommended: L2048N256 })
      expect(errorCode(action)).toBe('parameters/not-in-subgroup')
    })
  })

  it('are refused with counts, encodings or z values that do not fit', () => {
    expect(codeOf({ ...values, encodings: [1] })).toBe('parameters/attribute-count')
    expect(codeOf({ ...values, encodings: [1, 2] })).toBe('parameters/encoding')
    expect(codeOf({ ...values, revision: 2 as 1 })).toBe('parameters/revision')
    expect(codeOf({ ...values, revision: revision === 1 ? 3 : 1 })).toBe('parameters/z-values')
    if (revision === 3) return
    expect(codeOf({ ...values, z: { ...values.z!, z: [] } })).toBe('parameters/z-values')
    expect(codeOf({ ...values, z: { ...values.z!, zd: undefined } })).toBe('parameters/z-values')
    expect(codeOf({ ...values, gd: undefined })).toBe('parameters/z-values')
  })

  it('are refused with more than 250 attributes', () => {
    const of = (n: number): IssuerParametersValues<Element> => {
      const g = new Array<Element>(n).fill(values.g0)
      return { ...values, g, encodings: g.map(() => 1), z: values.z && { ...values.z, z: g } }
    }
    expect(codeOf(of(251))).toBe('parameters/attribute-count')
    expect(new IssuerParameters(group, of(250)).n).toBe(250)
  })

  it('are refused with fields that are too long', () => {
    expect(codeOf({ ...values, uid: new Uint8Array(0x10000) })).toBe('octets/too-long')
    expect(codeOf({ ...values, specification: new Uint8Array((1 << 20) + 1) })).toBe('octets/too-long')
  })

  it('need leave for SHA-1, and a known hash', () => {
    expect(codeOf({ ...values, hash: 'SHA-1' })).toBe('hash/legacy')
    expect(codeOf({ ...values, hash: 'MD5' })).toBe('hash/unknown')
    expect(
      IssuerParameters.verify(group, { ...values, hash: 'SHA-1' }, { allowLegacy: true }).digest(false),
    ).toHaveLength(20)
  })

  it('have 0 to 250 attributes', () => {
    for (const attributes of [0, 50]) {
      const { parameters } = createIssuer({ revision, attributes })
      expect(parameters.n).toBe(attributes)
      expect(parameters.encodings).toEqual(new Array(attributes).fill(1))
    }
    for (const attributes of [251, -1, 1.5, 2 ** 32, new Array<number>(251).fill(1)]) {
      expect(errorCode(() => createIssuer({ revision, attributes }))).toBe('parameters/attribute-count')
    }
    expect(errorCode(() => createIssuer({ revision, attributes: [1, 2] }))).toBe('parameters/encoding')
  })

  it('have the public key g^y_0, and in revision 1 the power y_0 of each generator as a z value', () => {
    const y0 = scalar(1_000_003n)
    const own = createIssuer({ revision, device: true, attributes: 2, knownAnswer: [y0.slice()] }).parameters
    const power = (base: Element): Element => group.exponentiate(base, y0)
    expect(own.g0).toEqual(power(group.generator))
    const { g0, g, gt, gd } = own
    const z = { z0: power(g0), z: g.map(power), zt: power(gt), zd: power(known(gd)) }
    expect(own.z).toEqual(revision === 1 ? z : undefined)
    if (revision === 3) {
      const contents = contentScalars(own, { attributes: ['Alice', null] }, false)
      expect(errorCode(() => computeSigmaZ(own, contents))).toBe('parameters/z-values')
    }
  })

  it('take elements of Devices only if they have g_d, and only those that are in G_q and not 1', () => {
    const read = (from: IssuerParameters, octets: Uint8Array | undefined) => deviceElement(from, 'public-key', octets)
    const { parameters } = issuer
    const element = read(parameters, values.g0)
    expect(element).toEqual(values.g0)
    expect(element).not.toBe(values.g0)
    for (const bad of [undefined, [...values.g0] as never, group.identity, outside(values.g0, 2)])
      expect(errorCode(() => read(parameters, bad))).toBe('device/public-key')
    expect(errorCode(() => read(createIssuer({ revision }).parameters, values.g0))).toBe('parameters/no-device')
  })

  it('can have generators of their own', () => {
    const tables = vi.spyOn(group, 'fixedBase')
    const own = createIssuer({ revision, recommended: undefined, device: true }).parameters
    expect(tables.mock.results.map(({ value }) => isFreed(value as FixedBase))).toEqual([true])
    tables.mockRestore()
    expect(verify(own.values()).g).toHaveLength(3)
    const generators = [...own.g, own.gt, own.gd!].map(toHex)
    expect(new Set(generators).size).toBe(5)
    expect(group.areMembers([...own.g, own.gt, own.gd!])).toEqual(new Array(5).fill(true))
  })

  it('bind g_d for Device-protected tokens only, whatever the parameters carry', () => {
    const z = values.z && { ...values.z, zd: undefined }
    const without = verify({ ...values, gd: undefined, z })
    expect(issuer.parameters.digest(false)).toEqual(without.digest(false))
    expect(issuer.parameters.digest(true)).not.toEqual(without.digest(false))
    expect(errorCode(() => without.digest(true))).toBe('parameters/no-device')
  })

  it('hash numbers at their minimal width: g_21 of L2048N256 has 255 octets', () => {
    const { parameters } = createIssuer({ revision, attributes: 21, specification: 'S' })
    expect(parameters.g[20]![0]).toBe(0)
    const int = (n: number): string => n.toString(16).padStart(8, '0')
    const octets = (hex: string): string => int(hex.length / 2) + hex
    const number = (x: Uint8Array): string => octets(toHex(x).replace(/^(00)+/, ''))
    const big = (x: bigint): string => octets(x.toString(16).padStart(2 * Math.ceil(x.toString(16).length / 2), '0'))
    const { g0, g, gt } = parameters
    const input = [
      octets(toHex(parameters.uid)),
      ...[group.p, group.q, group.g].map(big),
      int(23),
      ...[g0, ...g, gt].map(number),
      int(21) + '01'.repeat(21),
      octets(toHex(utf8('S'))),
    ]
    const digest = createHash('sha256')
      .update(Buffer.from(input.join(''), 'hex'))
      .digest('hex')
    expect(toHex(parameters.digest(false))).toBe(digest)
  })
})

it('parameters have tables no larger than they may be, for secret and for public exponents', () => {
  const maxTableBytes = 1 << 13
  // New generators, of which the group has no tables yet.
  const { parameters } = createIssuer({ recommended: undefined, maxTableBytes, expectedUses: 1000 })
  const { tables, publicTables } = parameters
  for (const table of [tables.gi(1), publicTables.gi(2)] as FixedBase[]) {
    expect(table.tableBytes).toBeGreaterThan(0)
    expect(table.tableBytes).toBeLessThanOrEqual(maxTableBytes)
  }
  parameters.dispose()
})

it('a revision that a group without a name does not have is refused', () => {
  expect(() => {
    checkRevision({ revisions: [3], name: undefined }, 1)
  }).toThrow(
    expect.objectContaining({
      code: 'parameters/group-revision',
      message: 'Revision 1 is not defined over this group; use Revision 3',
    }),
  )
})

it('parameters of a recommended set need the group of that set', () => {
  const { p, q, g } = L2048N256
  const other = group.engine.subgroup({ p, q, g: (g * g) % p })
  const values = createIssuer().parameters.values()
  const action = () => IssuerParameters.verify(other, values, { recommended: L2048N256 })
  expect(errorCode(action)).toBe('parameters/other-group')
  expect(
    errorCode(() => Issuer.create(other, { uid: '', attributes: 1, recommended: L2048N256, allowVariableTime })),
  ).toBe('parameters/other-group')
})

it('text in parameters must be Unicode', () => {
  expect(errorCode(() => createIssuer({ uid: '\ud800', allowVariableTime }))).toBe('octets/not-unicode')
  expect(createIssuer({ uid: 'urn:\u{1f511}' }).parameters.uid).toEqual(utf8('urn:\u{1f511}'))
})
