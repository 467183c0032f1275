// Measures both backends on the visitor's device, in its own worker.
import { createEngine, Issuer, presentToken, Prover, verifyPresentation } from 'uprove-wasm'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import { answering } from './ask.js'

const attributes = ['Alice', 'Archer', 'alice@example.com', 'SE', '1990-05-17']
const backends = /** @type {const} */ (['wasm', 'bigint'])

/** The operations to measure, by name. @param {'wasm' | 'bigint'} backend */
async function prepare(backend) {
  const engine = await createEngine({ backend })
  const group = engine.subgroup(L2048N256)
  // BigInt is not constant time. That is fine for measuring, never for secrets.
  const allowVariableTime = true
  const options = { uid: 'urn:demo', attributes: 5, recommended: L2048N256, allowVariableTime }
  const issuer = Issuer.create(group, options)
  const { parameters } = issuer
  const issuing = issuer.begin({ attributes, count: 1 })
  const prover = Prover.begin(parameters, { attributes, count: 1, allowVariableTime })
  const [issued] = prover.finish(issuing.respond(prover.respond(issuing.message1)))
  if (issued === undefined) throw new Error('no token')
  const message = new Uint8Array(32)
  const exponent = group.scalars.random()
  const present = () =>
    presentToken(parameters, issued, { attributes, disclosed: [2, 4], message, allowVariableTime }).proof
  const proof = present()
  return {
    Exponentiate: () => group.exponentiate(group.generator, exponent),
    Present: present,
    Verify: () => verifyPresentation(parameters, issued.token, proof, { message }),
  }
}

answering({
  /** @param {{ rounds: number }} options */
  async measure({ rounds }) {
    const prepared = await Promise.all(
      backends.map(async (backend) => /** @type {const} */ ([backend, await prepare(backend)])),
    )
    const subjects = prepared.flatMap(([backend, operations]) =>
      Object.entries(operations).map(([operation, call]) => ({
        backend,
        operation,
        call,
        times: /** @type {number[]} */ ([]),
      })),
    )
    // The first turn warms up.
    for (const { call } of subjects) turn(call)
    for (let round = 0; round < rounds; round++) {
      for (const { call, times } of subjects) times.push(turn(call))
      postMessage({ progress: subjects.map(resultOf) })
    }
    return subjects.map(resultOf)
  },
})

/** The mean time of several calls in milliseconds; the clock of a page is too coarse for one. @param {() => unknown} call */
function turn(call) {
  const begin = performance.now()
  for (let calls = 1; ; calls++) {
    call()
    const elapsed = performance.now() - begin
    if (elapsed >= 20) return elapsed / calls
  }
}

/** @param {{ backend: 'wasm' | 'bigint', operation: string, times: readonly number[] }} subject */
function resultOf({ backend, operation, times }) {
  return { backend, operation, ms: [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0 }
}
