import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Subgroup } from '../../../bindings/engine/engine.js'
import type { Issuer } from '../../uprove/issuance/issuer.js'
import { scalar } from '../../uprove/testing/fixtures.js'
import { pack, type TransferMessage } from '../wire/transfer-message.js'
import { protocol, type FromWorker, type IssueItem, type Setup, type ToWorker } from '../wire/jobs.js'
import { ParametersTarget } from '../scheduling/parameters-target.js'
import { Runner } from './runner.js'
import { serve, type WorkerEnd } from './serve.js'
import { createIssuer, subgroup } from '../testing/fixtures.js'

let group: Subgroup
let issuer: Issuer
beforeAll(async () => {
  group = await subgroup()
  issuer = createIssuer(group)
})
afterEach(() => vi.restoreAllMocks())

const item: IssueItem = {
  gammaKey: 'k',
  x: [1n, 2n, 3n].map(scalar),
  xt: scalar(4n),
  devicePublicKey: undefined,
  count: 3,
  expected: 3,
  unique: 'item',
}

function start() {
  const posted: FromWorker[] = []
  const end: WorkerEnd = { onmessage: null, postMessage: (message) => posted.push(message as FromWorker) }
  serve(end)
  const send = (message: unknown) => end.onmessage?.({ data: message } as MessageEvent)
  const answer = async <T extends FromWorker['type']>(type: T) =>
    vi.waitFor(() => {
      const found = posted.find((message) => message.type === type)
      if (found === undefined) throw new Error(`no ${type}`)
      return found as FromWorker & { type: T }
    })
  return { posted, send: send as (message: ToWorker) => void, sendAny: send, answer }
}

const begin = { type: 'start', protocol, engine: {}, allowVariableTime: false } as const

function setups(): TransferMessage<Setup>[] {
  const engine = { backend: 'wasm', kernel: 'scalar', constantTime: true } as const
  const target = new ParametersTarget(1, issuer.parameters, {
    workers: 1,
    engine,
    memoryBudget: 0,
    onPlan: () => undefined,
  })
  return [
    target.setup(),
    pack<Setup>({ kind: 'issuer', id: 2, parameters: 1, y0: issuer.exportPrivateKey(), nonceKey: new Uint8Array(32) }),
  ]
}

const isZero = (octets: ArrayBuffer | Uint8Array) => new Uint8Array(octets).every((octet) => octet === 0)

describe('a worker', () => {
  it('starts once it knows its pool, and ignores what is not for it', async () => {
    const { posted, send, sendAny, answer } = start()
    sendAny('hello')
    sendAny({ type: 'job' })
    send(begin)
    expect(await answer('ready')).toMatchObject({ engine: { backend: 'wasm', constantTime: true } })
    expect(posted).toHaveLength(1)
    send({ type: 'dispose' })
    await answer('disposed')
  })

  it('does not start for a pool of another version, nor with an engine that it cannot have', async () => {
    const other = start()
    other.send({ ...begin, protocol: 'another' })
    expect(await other.answer('start-failed')).toMatchObject({ error: { code: 'pool/protocol' } })
    const impossible = start()
    impossible.send({ ...begin, engine: { backend: 'bigint', kernel: 'scalar' } })
    expect(await impossible.answer('start-failed')).toMatchObject({ error: { kind: 'engine', code: 'engine/options' } })
  })

  it('wipes what came and, once it is sent, what it drew: secrets are in what it sent alone', async () => {
    const run = vi.spyOn(Runner.prototype, 'run')
    const { send, answer } = start()
    send(begin)
    const contents = setups()
    for (const content of contents) send({ type: 'setup', content })
    const content = pack<unknown[]>([item])
    send({ type: 'job', id: 1, job: 'issue', target: 2, content })
    const done = await answer('done')
    const { secrets } = run.mock.results[0]!.value as ReturnType<Runner['run']>
    expect(secrets.map(({ length }) => length)).toEqual([3 * group.scalarLength])
    expect(secrets.every(isZero)).toBe(true)
    expect([...contents, content].every(({ octets }) => isZero(octets))).toBe(true)
    const [outcome] = done.content.data as [{ value: { w: Uint8Array } }]
    expect(isZero(outcome.value.w)).toBe(false)

    send({ type: 'forget', id: 2, target: 2 })
    await answer('forgotten')
    send({ type: 'dispose' })
    await answer('disposed')
  })

  it('says so when its engine traps, and wipes what came', async () => {
    vi.spyOn(Runner.prototype, 'run').mockImplementation(() => {
      throw new WebAssembly.RuntimeError('unreachable')
    })
    const { send, answer } = start()
    send(begin)
    const content = pack<unknown[]>([item])
    send({ type: 'job', id: 1, job: 'issue', target: 2, content })
    expect(await answer('broken')).toMatchObject({ reason: 'unreachable' })
    expect(isZero(content.octets)).toBe(true)
  })
})
