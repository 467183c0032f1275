import { setTimeout as sleep } from 'node:timers/promises'
import { type Engine } from '../../bindings/engine/engine.js'
import { itemAt, known } from '../../bindings/octets/lists.js'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { systemRandom } from '../../bindings/octets/random.js'
import { DeploymentClients, PUBLIC_URL } from '../../src/e2e/testing/deployment-clients.js'
import { PASSWORDS, ScratchDeployment, type StoreKind } from '../../src/e2e/testing/scratch-deployment.js'
import { ServiceProcess } from '../../src/e2e/testing/service-process.js'
import { generateKey } from '../../src/pki/keys/keys.js'
import { SoapFault } from '../../src/soap/envelope/fault.js'
import { SoapError } from '../../src/soap/errors.js'
import { equalOctets } from '../../bindings/octets/octets.js'
import type { IssuerParameters } from '../../src/uprove/parameters/parameters.js'
import type { ProfileParameters } from '../../src/ws-trust/artefacts/issuer-parameters.js'
import { readSecondResponse, readThirdResponse } from '../../src/ws-trust/issuance/messages.js'
import { soapIssuance } from '../../src/ws-trust/soap/soap-client.js'
import { TokenClient, type TokenExchange } from '../../src/ws-trust/issuance/token-client.js'
import { canonicalize } from '../../src/xml/canonicalize.js'
import { parseXml } from '../../src/xml/parse.js'
import type { PendingEnrollment } from '../../src/wstep/client/client.js'

export interface KillOptions {
  readonly store: StoreKind
  readonly kills: number
  /** Stops before, after so many seconds. */
  readonly seconds?: number
  /** Told of each kill that everything has been checked after. */
  readonly onKill?: (done: number) => void
}

/** The result. */
export interface KillTally {
  readonly store: StoreKind
  readonly nodes: number
  kills: number
  seconds: number
  /** Exchanges whose first answer arrived; each then had two different second messages sent, at once and again after the kill. */
  exchanges: number
  /** Requests that were under way when the node was killed, and had no answer. */
  interrupted: number
  /** Answers to second messages, repeated ones included. */
  answers: number
  /** Exchanges both of whose messages were answered: none may be. */
  answeredTwice: number
  /** Messages that were answered in two ways: none may be. */
  answeredDifferently: number
  /** Private keys of the Issuer that came out of such answers. */
  keys: number
  /** Exchanges that were begun and cannot be finished: none may be. */
  exchangesLost: number
  /** Enrolments that were acknowledged, as issued or pending, and approvals. */
  acknowledged: number
  /** Those that the service does not have, or has with other contents. Must be none. */
  acknowledgedLost: number
  /** Unexpected events, by name. Must be none. */
  readonly unexpected: string[]
}

/** A second message's number and the answer to it. */
export interface Answered {
  readonly sigmaC: Uint8Array
  readonly sigmaR: Uint8Array
}

/**
 * The Issuer's private key from two answers with one w: sigma_r = sigma_c y_0 + w, so y_0 is the quotient of the differences.
 * Undefined if they are not of one w, or one and the same.
 */
export function keyFromAnswers({ group, g0 }: IssuerParameters, a: Answered, b: Answered): Uint8Array | undefined {
  const { scalars } = group
  const [c1, r1, c2, r2] = [a.sigmaC, a.sigmaR, b.sigmaC, b.sigmaR].map((octets) => scalars.reduce(octets))
  const difference = scalars.subtract(known(c1), known(c2))
  if (equalOctets(difference, scalars.zero)) return undefined
  const y0 = scalars.multiply(scalars.subtract(known(r1), known(r2)), scalars.invert(difference))
  return equalOctets(group.exponentiate(group.generator, y0), g0) ? y0 : undefined
}

const TOKENS = 2
/** Exchanges at once. */
const AT_ONCE = 3

/** An exchange of a client that wants two answers: two second messages to one first, with other blinding. */
class DoubleExchange {
  readonly answers: [Set<string>, Set<string>] = [new Set(), new Set()]

  constructor(
    readonly sides: readonly [TokenExchange, TokenExchange],
    readonly messages: readonly [string, string],
  ) {}
}

const text = (element: Parameters<typeof canonicalize>[0]): string => new TextDecoder().decode(canonicalize(element))

class Adversary {
  readonly tally: KillTally
  readonly #clients: DeploymentClients
  readonly #key = generateKey('ECDSA-P256')
  /** How long a burst takes, in milliseconds. */
  #span = 400

  constructor(
    private readonly deployment: ScratchDeployment,
    private readonly parameters: ProfileParameters,
    private readonly nodes: ServiceProcess[],
    store: StoreKind,
  ) {
    this.#clients = new DeploymentClients(deployment.folder, PASSWORDS)
    this.tally = {
      ...{
        store,
        nodes: nodes.length,
        kills: 0,
        seconds: 0,
        exchanges: 0,
        interrupted: 0,
        answers: 0,
        answeredTwice: 0,
      },
      ...{ answeredDifferently: 0, keys: 0, exchangesLost: 0, acknowledged: 0, acknowledgedLost: 0, unexpected: [] },
    }
  }

  /** Begins, sends everything at once, kills a node meanwhile, starts it again, and sees what there is. */
  async round(): Promise<void> {
    const { nodes, tally } = this
    const exchanges: DoubleExchange[] = []
    await this.#each(AT_ONCE, async () => exchanges.push(await this.#begin(this.#any())))
    const waiting = await this.#enroll('DeviceIssuer', this.#any())
    const acknowledged = [waiting]

    const victim = pick(nodes.length)
    const start = performance.now()
    const burst = Promise.all([
      ...exchanges.flatMap((exchange) => this.#shuffled().map((side) => this.#send(exchange, side, this.#any()))),
      this.#burst(async () => exchanges.push(await this.#begin(this.#any()))),
      ...['User', 'User', 'DeviceIssuer'].map((template) =>
        this.#burst(async () => acknowledged.push(await this.#enroll(template, this.#any()))),
      ),
      this.#burst(async () => {
        const { pending } = waiting
        await this.#clients.operate(this.#any(), 'POST', `/authority/approve/${pending.requestId}`)
        acknowledged.push({ pending, status: 'issued' })
      }),
    ]).then(() => (this.#span = 0.7 * this.#span + 0.3 * (performance.now() - start)))
    await sleep(Math.random() * 1.2 * this.#span)
    await itemAt(nodes, victim).kill()
    tally.kills++
    // If there is another node, the killed one left half-done work there.
    const survivors = nodes.filter((_, i) => i !== victim)
    for (const exchange of survivors.length > 0 ? exchanges : []) {
      await this.#send(exchange, pick(2), itemAt(survivors, pick(survivors.length)))
    }
    nodes[victim] = await ServiceProcess.start(this.deployment.folder, this.deployment.environment)
    await burst

    tally.exchanges += exchanges.length
    for (const exchange of exchanges) {
      for (const side of this.#shuffled()) for (let i = 0; i < 2; i++) await this.#send(exchange, side, this.#any())
      this.#judge(exchange)
    }
    for (const each of acknowledged) await this.#verify(each)
  }

  #any(): ServiceProcess {
    return itemAt(this.nodes, pick(this.nodes.length))
  }

  #shuffled(): (0 | 1)[] {
    return pick(2) === 0 ? [0, 1] : [1, 0]
  }

  async #each(count: number, action: () => Promise<unknown>): Promise<void> {
    for (let i = 0; i < count; i++) await action()
  }

  /** Does something that a kill may interrupt. */
  async #burst(action: () => Promise<unknown>): Promise<void> {
    try {
      await action()
    } catch (error) {
      this.#note(error)
    }
  }

  /** Counts requests without an answer. Refusals are judged by the final answer. */
  #note(error: unknown): void {
    if (error instanceof SoapFault) return
    if (error instanceof SoapError && error.code === 'soap/transport') this.tally.interrupted++
    else if (error instanceof Error && 'code' in error && /^ECONN|EPIPE/.test(String(error.code)))
      this.tally.interrupted++
    else
      this.tally.unexpected.push(error instanceof Error ? `${error.constructor.name} ${error.message}` : String(error))
  }

  async #begin(node: ServiceProcess): Promise<DoubleExchange> {
    const context = crypto.getRandomValues(new Uint8Array(16))
    const [one, two] = [0, 1].map(() => {
      let drawn = 0
      // The Context is drawn first.
      const random = { fill: (octets: Uint8Array) => (drawn++ === 0 ? octets.set(context) : systemRandom.fill(octets)) }
      return new TokenClient({ parameters: this.parameters, random }).begin({ claim: TOKENS })
    }) as [TokenExchange, TokenExchange]
    const first = await soapIssuance(this.#clients.claims(() => node, 'alice'))(one.request)
    const octets = canonicalize(first as Parameters<typeof canonicalize>[0])
    return new DoubleExchange([one, two], [text(one.respond(octets)), text(two.respond(octets))])
  }

  async #send({ messages, answers }: DoubleExchange, side: number, node: ServiceProcess): Promise<void> {
    try {
      const answer = await soapIssuance(this.#clients.claims(() => node, 'alice'))(parseXml(known(messages[side])))
      known(answers[side]).add(text(answer as Parameters<typeof text>[0]))
      this.tally.answers++
    } catch (error) {
      this.#note(error)
    }
  }

  #judge({ sides, messages, answers }: DoubleExchange): void {
    const { tally } = this
    const answered = answers.flatMap((of, side) => (of.size > 0 ? [side] : []))
    if (answered.length === 0) tally.exchangesLost++
    if (answered.length > 1) tally.answeredTwice++
    if (answers.some((of) => of.size > 1)) tally.answeredDifferently++
    // Does any pair of answers reveal the key?
    const all = answered.flatMap((side) => {
      const { sigmaC } = readSecondResponse(known(messages[side]))
      return [...known(answers[side])].flatMap((answer) =>
        readThirdResponse(answer).sigmaR.flatMap((numbers, i) =>
          numbers.map((sigmaR, j) => ({ name: `${i} ${j}`, sigmaC: itemAt(itemAt(sigmaC, i), j), sigmaR })),
        ),
      )
    })
    const { parameters } = this.parameters
    const pairs = all.flatMap((a, i) => all.slice(i + 1).map((b) => [a, b] as const))
    if (pairs.some(([a, b]) => keyFromAnswers(parameters, a, b) !== undefined)) tally.keys++
    for (const [side, exchange] of sides.entries()) {
      const [answer] = known(answers[side])
      // The client checks that the tokens are right.
      if (answer !== undefined) exchange.finish(answer)
      exchange.dispose()
    }
  }

  async #enroll(templateName: string, node: ServiceProcess): Promise<Acknowledged> {
    const key = await this.#key
    const enrolled = await this.#clients.enrolling(() => node, 'alice').enroll({ subject: 'CN=x', key, templateName })
    if (enrolled.status === 'pending') return { pending: enrolled, status: 'pending' }
    const { requestId, certificate } = enrolled
    const reference = `${PUBLIC_URL}/wstep`
    const pending = { requestId: known(requestId), reference, publicKey: key.publicKey, disposition: undefined }
    return { pending: { status: 'pending', ...pending }, status: 'issued', certificate }
  }

  /** Checks that acknowledged requests are there: an issued one unchanged, a pending one as pending or decided. */
  async #verify({ pending, status, certificate }: Acknowledged): Promise<void> {
    this.tally.acknowledged++
    try {
      const now = await this.#clients.enrolling(() => this.#any(), 'alice').queryStatus(pending)
      const isThere = status === 'pending' || now.status === 'issued'
      const isSame = certificate === undefined || (now.status === 'issued' && equalOctets(now.certificate, certificate))
      if (!isThere || !isSame) this.tally.acknowledgedLost++
    } catch (error) {
      this.tally.acknowledgedLost++
      this.tally.unexpected.push(String(error))
    }
  }
}

/** An enrolment as the client was told of it. */
interface Acknowledged {
  readonly pending: PendingEnrollment
  readonly status: 'pending' | 'issued'
  readonly certificate?: Uint8Array
}

function pick(below: number): number {
  return Math.floor(Math.random() * below)
}

/**
 * Kills nodes of a deployment at random points: with an embedded store the only one, which then starts again; with PostgreSQL
 * one of two. Clients meanwhile enrol, have enrolments approved, and try to get two answers with one w.
 */
export async function killNodes({ store, kills, seconds = Infinity, onKill }: KillOptions): Promise<KillTally> {
  const deployment = await ScratchDeployment.make(store, [
    ['workers: auto', 'workers: 0'],
    ['requestsPerSecond: 50', 'requestsPerSecond: 10000'],
  ])
  const nodes: ServiceProcess[] = []
  const engine: Engine = await createEngine()
  const start = performance.now()
  const elapsed = (): number => (performance.now() - start) / 1_000
  try {
    for (let i = 0; i < (store === 'PGlite' ? 1 : 2); i++) {
      nodes.push(await ServiceProcess.start(deployment.folder, deployment.environment))
    }
    const parameters = await new DeploymentClients(deployment.folder, PASSWORDS).parameters(engine)
    const adversary = new Adversary(deployment, parameters, nodes, store)
    const { tally } = adversary
    while (tally.kills < kills && elapsed() < seconds) {
      await adversary.round()
      onKill?.(tally.kills)
    }
    tally.seconds = Math.round(elapsed())
    return tally
  } finally {
    await Promise.all(nodes.map((node) => node.kill()))
    await deployment.remove()
    engine.dispose()
  }
}
