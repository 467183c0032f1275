import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Group, Scalar } from '../../bindings/engine/engine.js'
import { kernels } from '../../bindings/loading/detect.js'
import { toFixedWidth } from '../../bindings/octets/integers.js'
import { known } from '../../bindings/octets/lists.js'
import { WasmCurve } from '../../bindings/curve/wasm-curve.js'
import { WasmEngine } from '../../bindings/subgroup/wasm-engine.js'
import { traceCurve, traceKernel, type Trace } from '../../bindings/testing/traced.js'
import { L1024N160 } from '../params/L1024N160.js'
import { P256 } from '../params/P256.js'
import { SoftwareDevice } from './device/device.js'
import { Issuer } from './issuance/issuer.js'
import { Prover } from './issuance/prover.js'
import type { KnownAnswer } from './nonces.js'
import { presentToken } from './presentation/presentation.js'

interface Subject {
  readonly name: string
  readonly group: Group
  readonly recommended: typeof L1024N160 | typeof P256
  readonly trace: (operation: () => unknown) => Trace
}

const subjects: readonly Subject[] = (
  await Promise.all(
    kernels.map(async (kernel): Promise<Subject[]> => {
      const [subgroups, curves] = [await traceKernel(kernel), await traceCurve('P-256', kernel)]
      const engine = new WasmEngine(subgroups.core)
      return [
        {
          name: `L1024N160 on the ${kernel} kernel`,
          group: engine.subgroup(L1024N160, { allowLegacy: true }),
          recommended: L1024N160,
          trace: subgroups.trace,
        },
        {
          name: `P-256 on the ${kernel} kernel`,
          group: new WasmCurve(engine, curves.core, P256),
          recommended: P256,
          trace: curves.trace,
        },
      ]
    }),
  )
).flat()

// Tests of received values draw coefficients, which are public.
beforeEach(() => {
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((octets) => {
    const view = octets as unknown as Uint8Array
    view.forEach((_, i) => (view[i] = (37 * i + 11) & 0x7f))
    return octets
  })
})
afterEach(() => void vi.restoreAllMocks())

/** Whole steps of the protocols do the same in the core, whatever the secrets are that they draw. */
describe.each(subjects)('$name', ({ group, recommended, trace }) => {
  const { scalars, q } = group
  const scalar = (value: bigint): Scalar => toFixedWidth(value, group.scalarLength) as Scalar
  const drawing = (secret: Scalar): KnownAnswer => ({
    [Symbol.iterator]: () => ({ next: () => ({ value: secret.slice() }) }),
  })
  const attributes = ['Alice', null]
  const issuer = Issuer.create(group, { uid: 'urn:x', attributes: 2, device: true, recommended })
  const { parameters } = issuer
  const device = SoftwareDevice.create(group, known(recommended.gd))
  const contents = { attributes, device: device.contribute(parameters) }
  const issuing = { attributes, devicePublicKey: device.publicKey }
  const message1 = issuer.begin(issuing).message1
  const ordinary = scalars.random()
  const secrets = [
    scalar(1n),
    scalar(2n),
    scalar(q - 1n),
    scalar((1n << BigInt(q.toString(2).length - 1)) - 1n),
    scalars.random(),
  ]

  const prover = (secret: Scalar): Prover => Prover.begin(parameters, { ...contents, knownAnswer: drawing(secret) })
  const issued = () => {
    const session = issuer.begin(issuing)
    const client = Prover.begin(parameters, contents)
    return known(client.finish(session.respond(client.respond(session.message1)))[0])
  }
  const token = issued()
  const message2 = prover(ordinary).respond(message1)

  it.each<[string, (secret: Scalar) => () => unknown]>([
    ['an Issuer’s first message, by w', (secret) => () => issuer.begin({ ...issuing, knownAnswer: drawing(secret) })],
    [
      'an Issuer’s answer, by w',
      (secret) => {
        const session = issuer.begin({ ...issuing, knownAnswer: drawing(secret) })
        return () => session.respond(message2)
      },
    ],
    ['a Prover’s blinding, by alpha and beta', (secret) => () => prover(secret).dispose()],
    [
      'a presentation, by w_i',
      (secret) => () =>
        presentToken(parameters, token, {
          attributes,
          disclosed: [1],
          message: 'm',
          device,
          knownAnswer: drawing(secret),
        }),
    ],
  ])('%s', (_, prepare) => {
    const tracesOf = (secret: Scalar): Trace => trace(prepare(secret))
    // Bases that are used again and again get tables.
    for (let i = 0; i < 5; i++) tracesOf(ordinary)
    const expected = tracesOf(ordinary)
    expect(expected.events).toBeGreaterThan(20)
    for (const secret of secrets) expect(tracesOf(secret)).toEqual(expected)
  })
})
