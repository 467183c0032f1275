import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { itemAt, known } from '../../bindings/octets/lists.js'
import { DeploymentClients, type Ports } from '../../src/e2e/testing/deployment-clients.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { generateKey } from '../../src/pki/keys/keys.js'
import { EXAMPLE_CLAIM_TYPES } from '../../src/server/deployment/init.js'
import { SoapError } from '../../src/soap/errors.js'
import type { Transport } from '../../src/soap/http/transport.js'
import { SoapClient } from '../../src/soap/client.js'
import { openStore, stateKeyFromOctets } from '../../src/store/index.js'
import { Prover } from '../../src/uprove/issuance/prover.js'
import { createIssuer } from '../../src/ws-trust/artefacts/issuer-parameters.js'
import {
  readFirstResponse,
  readSecondResponse,
  readThirdResponse,
  writeFirstResponse,
  writeSecondResponse,
  writeThirdResponse,
} from '../../src/ws-trust/issuance/messages.js'
import { soapIssuance } from '../../src/ws-trust/soap/soap-client.js'
import { TokenClient } from '../../src/ws-trust/issuance/token-client.js'
import { createTokenInformation } from '../../src/ws-trust/artefacts/token-information.js'
import { canonicalize } from '../../src/xml/canonicalize.js'
import { parseXml } from '../../src/xml/parse.js'
import type { XmlElement } from '../../src/xml/tree.js'

/** Which deployment is used, and where it listens. */
export interface Target {
  readonly folder: string
  readonly passwords: Readonly<Record<string, string>>
  readonly node: Ports
}

/** Calls of one kind. */
export interface Calls {
  readonly count: number
  readonly seconds: number
  /** Of each, ms, ascending. */
  readonly times: readonly number[]
  /** Processor time of the clients, ms. */
  readonly processor: number
}

/** Processor time since then, ms. */
function since(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e3
}

/** Calls again and again, some at once, as often as `more` says. */
async function repeat(atOnce: number, more: () => boolean, call: (i: number) => Promise<unknown>): Promise<Calls> {
  const times: number[] = []
  const [begin, processor] = [performance.now(), process.cpuUsage()]
  let next = 0
  const work = async (): Promise<void> => {
    while (more()) {
      const start = performance.now()
      await call(next++)
      times.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  times.sort((a, b) => a - b)
  return { count: times.length, seconds: (performance.now() - begin) / 1e3, times, processor: since(processor) }
}

function forSeconds(seconds: number): () => boolean {
  const end = performance.now() + 1e3 * seconds
  return () => performance.now() < end
}

function times(count: number): () => boolean {
  let left = count
  return () => left-- > 0
}

/** Whole exchanges. */
export async function obtainTokens(target: Target, tokens: number, atOnce: number, exchanges: number): Promise<Calls> {
  const engine = await createEngine()
  const { folder, passwords, node } = target
  const clients = new DeploymentClients(folder, passwords)
  const client = new TokenClient({ parameters: await clients.parameters(engine) })
  const transport = soapIssuance(clients.claims(() => node, 'alice'))
  await client.obtain({ claim: 50 }, transport)
  const calls = await repeat(atOnce, times(exchanges), () => client.obtain({ claim: tokens }, transport))
  engine.dispose()
  return calls
}

/** Enrolments by one account whose password the server remembers; or each by another account, whose it has to hash. */
export async function enroll(
  { folder, passwords, node }: Target,
  accounts: readonly string[],
  atOnce: number,
  seconds: number,
): Promise<Calls> {
  const clients = new DeploymentClients(folder, passwords)
  const key = await generateKey('ECDSA-P256')
  const enrollAs = async (account: string): Promise<void> => {
    const client = clients.enrolling(() => node, account)
    const { status } = await client.enroll({ subject: 'CN=x', key, templateName: 'User' })
    if (status !== 'issued') throw new Error('not issued')
  }
  const [only, ...others] = accounts
  if (others.length > 0) return repeat(atOnce, times(accounts.length), (i) => enrollAs(itemAt(accounts, i)))
  await enrollAs(known(only))
  return repeat(atOnce, forSeconds(seconds), () => enrollAs(known(only)))
}

/** The outcomes of many first messages. */
export interface Offered {
  readonly sent: number
  readonly seconds: number
  /** The number of answers by status. */
  readonly statuses: Readonly<Record<string, number>>
  /** Of the answers with 503, how many said when to try again. */
  readonly withRetryAfter: number
  /** Of the answers with 200, ms, ascending. */
  readonly answered: readonly number[]
  readonly refused: readonly number[]
  /** From the end of a load to the first message that is answered within `normal`, ms. Undefined if none was asked for. */
  readonly recovery: number | undefined
}

export interface Load {
  /** Messages a second, sent without waiting for answers. Default: the next one follows the answer. */
  readonly perSecond?: number
  /** Without a rate, how many wait for an answer at once. */
  readonly atOnce?: number
  /** Whether connections are kept; otherwise each message has one of its own. */
  readonly keepAlive: boolean
  /** How long an answer takes without a load, ms: after the load, messages follow one another until one takes no longer. */
  readonly normal?: number
}

/** Sends first messages of exchanges. */
export async function offer(
  { folder, passwords, node }: Target,
  tokens: number,
  seconds: number,
  { perSecond, atOnce = 4, keepAlive, normal }: Load,
): Promise<Offered> {
  const engine = await createEngine()
  const clients = new DeploymentClients(folder, passwords)
  const parameters = await clients.parameters(engine)
  const statuses: Record<string, number> = {}
  const [answered, refused]: [number[], number[]] = [[], []]
  let [withRetryAfter, sent] = [0, 0]
  const inner = clients.transport(() => node, { keepAlive })
  const client = new TokenClient({ parameters })
  const call = async (): Promise<void> => {
    sent++
    const start = performance.now()
    const transport: Transport = async (...request) => {
      const response = await inner(...request)
      const name = String(response.status)
      statuses[name] = (statuses[name] ?? 0) + 1
      if (response.status === 503 && response.headers['retry-after'] !== undefined) withRetryAfter++
      ;(response.status === 200 ? answered : refused).push(performance.now() - start)
      // The answer is not read: the client's work is not measured here.
      throw new SoapError('soap/http-status', { status: response.status })
    }
    const credentials = { username: 'alice', password: known(passwords.alice) }
    const endpoint = { client: new SoapClient({ transport, credentials }), url: 'https://localhost:8443/claims' }
    await soapIssuance(endpoint)(client.begin({ claim: tokens }).request).catch((error: unknown) => {
      const isAnswer = error instanceof SoapError && error.code === 'soap/http-status'
      if (isAnswer) return
      const name = error instanceof SoapError ? error.code : String(error)
      statuses[name] = (statuses[name] ?? 0) + 1
    })
  }
  const begin = performance.now()
  let recovery: number | undefined
  if (perSecond === undefined) await repeat(atOnce, forSeconds(seconds), call)
  else {
    const more = forSeconds(seconds)
    const underWay: Promise<void>[] = []
    while (more()) {
      const due = ((performance.now() - begin) / 1e3) * perSecond
      while (underWay.length < due) underWay.push(call())
      await sleep(5)
    }
    const end = performance.now()
    while (normal !== undefined && recovery === undefined) {
      const [start, before] = [performance.now(), answered.length]
      await call()
      const isAnswered = answered.length > before && performance.now() - start <= normal
      if (isAnswered) recovery = performance.now() - end
    }
    await Promise.all(underWay)
  }
  engine.dispose()
  const ascending = (values: number[]): number[] => values.sort((a, b) => a - b)
  return {
    ...{ sent, seconds: (performance.now() - begin) / 1e3, statuses, withRetryAfter },
    ...{ answered: ascending(answered), refused: ascending(refused), recovery },
  }
}

/** Connections that are made one after another, some at once, each for one small request. */
export async function connect({ folder, passwords, node }: Target, seconds: number, atOnce: number): Promise<Calls> {
  const send = new DeploymentClients(folder, passwords).transport(() => node, { keepAlive: false })
  const request = { method: 'GET', headers: {}, body: new Uint8Array() }
  return repeat(atOnce, forSeconds(seconds), async () => {
    const { status } = await send(new URL('https://localhost:8443/healthz'), request, { maxBytes: 1_024 })
    if (status !== 200) throw new Error(`answered ${String(status)}`)
  })
}

/** The cost of each part of an exchange, measured alone in this process: processor time, ms. */
export interface Parts {
  readonly issuer: number
  readonly prover: number
  readonly xml: number
  readonly store: number
}

/** Does the parts of an exchange one by one. */
export async function measureParts(tokens: number, rounds: number): Promise<Parts> {
  const engine = await createEngine()
  const folder = mkdtempSync(path.join(tmpdir(), 'parts-'))
  const octets = crypto.getRandomValues(new Uint8Array(32))
  const store = await openStore({ folder, key: { load: () => stateKeyFromOctets(octets) } })
  const { issuer, parameters } = createIssuer(engine.subgroup(L2048N256), {
    uidp: 'urn:example:parameters',
    issuer: 'urn:example:issuer',
    notBefore: new Date(Date.now() - 1000),
    notOnOrAfter: new Date(Date.now() + 365 * 86_400_000),
    claimTypes: EXAMPLE_CLAIM_TYPES,
    recommended: L2048N256,
    device: true,
  })
  const sums = { issuer: 0, prover: 0, xml: 0, store: 0 }
  const timed = async <T>(part: keyof Parts, action: () => T | Promise<T>): Promise<T> => {
    const start = process.cpuUsage()
    const result = await action()
    sums[part] += since(start)
    return result
  }
  /** Written and canonicalised by one side, parsed and read by the other. */
  const carry = <T>(write: () => XmlElement, read: (element: XmlElement) => T): Promise<T> =>
    timed('xml', () => read(parseXml(canonicalize(write()), { maxBytes: 1 << 28, maxNodes: 1 << 24 })))
  try {
    for (let round = -1; round < rounds; round++) {
      // The first is for the compiler.
      if (round === 0) for (const part of Object.keys(sums) as (keyof Parts)[]) sums[part] = 0
      const attributes = EXAMPLE_CLAIM_TYPES.map((type, i) => `${type} ${String(i)}`)
      const tokenInformation = createTokenInformation(new Date(Date.now() + 30 * 86_400_000))
      const contents = { attributes, tokenInformation: tokenInformation.octets, count: tokens }
      const { message1, state: secret } = await timed('issuer', () => issuer.beginExchange(contents))
      const { sigmaA, sigmaB } = message1
      const context = `urn:uuid:${crypto.randomUUID()}`
      const instance = {
        tokenClass: 'claim' as const,
        tokenCount: tokens,
        attributes,
        tokenInformation,
        sigmaA,
        sigmaB,
      }
      const first = () => writeFirstResponse({ context, uidp: parameters.uidp, instances: [instance] })
      await carry(first, readFirstResponse)
      const prover = await timed('prover', () => Prover.begin(parameters.parameters, contents))
      const { sigmaC } = await timed('prover', () => prover.respond({ sigmaA, sigmaB }))
      await carry(() => writeSecondResponse({ context, sigmaC: [sigmaC] }), readSecondResponse)
      const { sigmaR } = await timed('issuer', () => issuer.respondTo(secret.slice(), { sigmaC }))
      const third = (): XmlElement => writeThirdResponse({ context, sigmaR: [sigmaR] })
      await carry(third, readThirdResponse)
      await timed('prover', () => prover.finish({ sigmaR }))
      const answer = canonicalize(third())
      await timed('store', async () => {
        const { uidp } = parameters
        const expires = new Date(Date.now() + 300_000)
        const limits = { tokens: 1e9, accountTokens: 1e9, accountExchanges: 64, patience: 30_000 }
        const [since, account] = [Date.now(), 'alice']
        const open = { id: context, key: 'gamma', account, count: tokens, since, expires: expires.getTime() }
        await store.openTokens.open(open, limits)
        await store.exchanges.insert({
          context,
          principal: 'alice',
          uidp,
          expires,
          counts: [tokens],
          secrets: [secret],
        })
        const found = known(await store.exchanges.find(context))
        await store.openTokens.answer(context)
        await store.exchanges.answer(found, { digest: octets, octets: answer })
      })
    }
  } finally {
    await store.close()
    engine.dispose()
    rmSync(folder, { recursive: true })
  }
  const perRound = (part: keyof Parts): number => sums[part] / rounds
  return { issuer: perRound('issuer'), prover: perRound('prover'), xml: perRound('xml'), store: perRound('store') }
}
