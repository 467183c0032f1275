import { beforeAll, describe, expect, it } from 'vitest'
import type { Subgroup } from '../../../bindings/engine/engine.js'
import { proverContents } from '../../uprove/parameters/contents.js'
import type { Issuer } from '../../uprove/issuance/issuer.js'
import { Prover } from '../../uprove/issuance/prover.js'
import { scalar } from '../../uprove/testing/fixtures.js'
import { pack } from '../wire/transfer-message.js'
import type { JobType, JobTypes, Outcome } from '../wire/jobs.js'
import { ParametersTarget } from '../scheduling/parameters-target.js'
import { Runner } from './runner.js'
import { attributes, createIssuer, subgroup } from '../testing/fixtures.js'

let group: Subgroup
let issuer: Issuer
beforeAll(async () => {
  group = await subgroup()
  issuer = createIssuer(group)
})

const engine = { backend: 'wasm', kernel: 'scalar', constantTime: true } as const
const [parametersId, issuerId] = [1, 2]

async function start() {
  const runner = await Runner.start({}, false)
  const options = { workers: 1, engine, memoryBudget: 1 << 24, onPlan: () => undefined }
  const target = new ParametersTarget(parametersId, issuer.parameters, options)
  target.expect('issue', 100)
  runner.setUp(target.setup().data)
  const run = <T extends JobType>(job: T, item: JobTypes[T]['item'], id = parametersId) => {
    const { outcomes, secrets } = runner.run(job, id, [item])
    return { outcome: outcomes[0] as Outcome<JobTypes[T]['result']>, secrets }
  }
  return { runner, run }
}

function valueOf<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw new Error(outcome.error.code)
  return outcome.value
}

const errorOf = (outcome: Outcome<unknown>) => ('error' in outcome ? outcome.error.code : undefined)
const isZero = (octets: Uint8Array) => octets.every((octet) => octet === 0)

const [x, xt] = [[1n, 2n, 3n].map(scalar), scalar(4n)]
const issueItem = {
  gammaKey: 'k',
  x,
  xt,
  devicePublicKey: undefined,
  count: 2,
  expected: 2,
  unique: 'item',
} as JobTypes['issue']['item']

describe('a runner', () => {
  it('keeps the key of an Issuer, not the octets that it came in, and forgets it', async () => {
    const { runner, run } = await start()
    const y0 = issuer.exportPrivateKey()
    expect(isZero(y0)).toBe(false)
    runner.setUp({ kind: 'issuer', id: issuerId, parameters: parametersId, y0, nonceKey: new Uint8Array(32) })
    expect(isZero(y0)).toBe(true)
    expect(valueOf(run('issue', issueItem, issuerId).outcome).sigmaZ).toBeDefined()
    runner.forget(issuerId)
    expect(errorOf(run('issue', issueItem, issuerId).outcome)).toBe('issuer/disposed')
    runner.dispose()
  })

  it('names the secrets of its results', async () => {
    const { runner, run } = await start()
    runner.setUp({
      kind: 'issuer',
      id: issuerId,
      parameters: parametersId,
      y0: issuer.exportPrivateKey(),
      nonceKey: new Uint8Array(32),
    })
    const issued = run('issue', issueItem, issuerId)
    expect(issued.secrets).toEqual([valueOf(issued.outcome).w])
    expect(issued.secrets[0]).toHaveLength(2 * group.scalarLength)

    const session = issuer.begin({ attributes })
    const prover = Prover.begin(issuer.parameters, { attributes })
    const [token] = prover.finish(session.respond(prover.respond(session.message1)))
    const options = { attributes, disclosed: [1], committed: [2], message: 'nonce' }
    const presented = run('present', { request: { issued: token!, ...options }, x: undefined, gamma: undefined })
    const [opening] = valueOf(presented.outcome).openings
    expect(presented.secrets).toContain(opening?.opening)
    runner.dispose()
  })

  it('works from octets that are wiped between the steps', async () => {
    const { runner, run } = await start()
    const session = issuer.begin({ attributes })
    const blindings = [1, 2, 3].map(() => group.scalars.random())
    const send = <T extends JobType>(job: T, item: JobTypes[T]['item']) => {
      const content = pack(item)
      const { outcome, secrets } = run(job, content.data)
      const value = structuredClone(valueOf(outcome))
      new Uint8Array(content.octets).fill(0)
      return { value, secrets }
    }
    const begin = {
      contents: proverContents(issuer.parameters, { attributes }),
      batch: 'batch',
      expected: 1,
      blindings,
    }
    send('prover', { prover: 5, begin })
    const { sigmaC } = send('prover', { prover: 5, message1: session.message1 }).value
    const { sigmaR } = session.respond({ sigmaC: sigmaC! })
    const finished = send('prover', { prover: 5, sigmaR })
    const [issued] = finished.value.tokens!
    expect(finished.secrets).toEqual([issued?.privateKey])
    // Done, and so gone.
    expect(errorOf(run('prover', { prover: 5, sigmaR }).outcome)).toBe('issuance/out-of-order')

    const { gamma } = finished.value
    const options = { attributes, disclosed: [1], message: 'nonce' }
    const named = { name: 'gamma', element: gamma }
    for (const known of [undefined, named, named, named]) {
      const { proof } = send('present', { request: { issued: issued!, ...options }, x: undefined, gamma: known }).value
      const { token } = issued!
      expect(send('verify', { token, proof, message: 'nonce' }).value).toMatchObject({ valid: true })
    }
    runner.dispose()
  })

  it('takes a Prover up again from its blindings, with the same answers', async () => {
    const { runner, run } = await start()
    const session = issuer.begin({ attributes, count: 2 })
    const blindings = [1, 2, 3, 4, 5, 6].map(() => group.scalars.random())
    const begin = {
      contents: proverContents(issuer.parameters, { attributes }),
      batch: 'batch',
      expected: 2,
      blindings,
    }
    const { message1 } = session
    const { sigmaC } = valueOf(run('prover', { prover: 1, begin, message1 }).outcome)
    expect(valueOf(run('prover', { prover: 2, begin, message1 }).outcome).sigmaC).toEqual(sigmaC)
    const { sigmaR } = session.respond({ sigmaC: sigmaC! })
    const { tokens } = valueOf(run('prover', { prover: 3, begin, message1, sigmaR }).outcome)
    expect(valueOf(run('prover', { prover: 1, sigmaR }).outcome).tokens).toEqual(tokens)
    runner.dispose()
  })

  it('closes what will not go on', async () => {
    const { runner, run } = await start()
    const begin = {
      contents: proverContents(issuer.parameters, { attributes }),
      batch: 'batch',
      expected: 1,
      blindings: [1, 2, 3].map(() => group.scalars.random()),
    }
    valueOf(run('prover', { prover: 1, begin }).outcome)
    run('close', { prover: 1, presentation: 7 })
    expect(errorOf(run('prover', { prover: 1, sigmaR: [] }).outcome)).toBe('issuance/out-of-order')
    runner.dispose()
  })

  it('tells those who want to use parameters or an Issuer what was wrong with them', async () => {
    const { runner, run } = await start()
    runner.setUp({ kind: 'issuer', id: 8, parameters: 99, y0: undefined, nonceKey: new Uint8Array(32) })
    expect(errorOf(run('issue', issueItem, 8).outcome)).toBe('issuer/disposed')
    const variable = await Runner.start({ backend: 'bigint' }, false)
    const options = { workers: 1, engine, memoryBudget: 0, onPlan: () => undefined }
    variable.setUp(new ParametersTarget(parametersId, issuer.parameters, options).setup().data)
    variable.setUp({
      kind: 'issuer',
      id: issuerId,
      parameters: parametersId,
      y0: issuer.exportPrivateKey(),
      nonceKey: new Uint8Array(32),
    })
    const { outcomes } = variable.run('issue', issuerId, [issueItem])
    expect(errorOf(outcomes[0]!)).toBe('engine/variable-time')
    for (const each of [runner, variable]) each.dispose()
  })
})
