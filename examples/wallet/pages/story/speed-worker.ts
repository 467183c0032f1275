// Measures both kinds of arithmetic on the visitor's device.
import { createEngine, Issuer, presentToken, Prover, verifyPresentation } from 'uprove-wasm'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import { answering, report } from '../shared/calls.js'

const backends = ['wasm', 'bigint'] as const
export interface Measured {
  readonly backend: (typeof backends)[number]
  readonly operation: string
  readonly ms: number
}

const attributes = ['Anna', 'Lindqvist', '1990-05-01', 'yes', 'SE']

/** What is measured, by name. */
async function prepare(backend: Measured['backend']): Promise<Record<string, () => unknown>> {
  const engine = await createEngine({ backend })
  // BigInt is not constant time. That is fine for measuring, never for secrets.
  const allowVariableTime = true
  const issuer = Issuer.create(engine.subgroup(L2048N256), {
    uid: 'urn:speed',
    attributes: 5,
    recommended: L2048N256,
    allowVariableTime,
  })
  const { parameters } = issuer
  const issuing = issuer.begin({ attributes, count: 1 })
  const prover = Prover.begin(parameters, { attributes, count: 1, allowVariableTime })
  const [held] = prover.finish(issuing.respond(prover.respond(issuing.message1)))
  if (held === undefined) throw new Error('no token')
  const message = new Uint8Array(32)
  const Present = () => presentToken(parameters, held, { attributes, disclosed: [4, 5], message, allowVariableTime })
  const { proof } = Present()
  return { Present, Verify: () => verifyPresentation(parameters, held.token, proof, { message }) }
}

/** The mean time of some calls; the clock of a page is too coarse for one. */
function turn(call: () => unknown): number {
  const begin = performance.now()
  for (let calls = 1; ; calls++) {
    call()
    const elapsed = performance.now() - begin
    if (elapsed >= 20) return elapsed / calls
  }
}

const functions = {
  async measure({ rounds }: { rounds: number }): Promise<Measured[]> {
    const prepared = await Promise.all(backends.map(async (backend) => [backend, await prepare(backend)] as const))
    const subjects = prepared.flatMap(([backend, operations]) =>
      Object.entries(operations).map(([operation, call]) => ({ backend, operation, call, times: [] as number[] })),
    )
    const results = (): Measured[] =>
      subjects.map(({ backend, operation, times }) => ({
        backend,
        operation,
        // Other work on the device only ever makes a turn slower.
        ms: Math.min(...times),
      }))
    // The first turn warms up.
    for (const { call } of subjects) turn(call)
    for (let round = 0; round < rounds; round++) {
      for (const { call, times } of subjects) times.push(turn(call))
      report(results())
    }
    return results()
  },
}
export type SpeedFunctions = typeof functions
answering(functions)
