import { itemAt, known } from '../../bindings/octets/lists.js'
import { systemRandom } from '../../bindings/octets/random.js'
import { equalOctets } from '../../bindings/octets/octets.js'
import type { UsernameCredentials } from '../../src/soap/security/username-token.js'
import { SoapClient } from '../../src/soap/client.js'
import { SoapFault } from '../../src/soap/envelope/fault.js'
import { SoapError } from '../../src/soap/errors.js'
import type { Transport } from '../../src/soap/http/transport.js'
import { heldTokens, type HeldToken } from '../../src/ws-trust/artefacts/held-tokens.js'
import { readMessage, type PresentationMessage } from '../../src/ws-trust/artefacts/presentation-message.js'
import { TokenClient, type ObtainOptions, type TokenExchange } from '../../src/ws-trust/issuance/token-client.js'
import { createPresentationToken } from '../../src/ws-trust/presentation/present.js'
import { soapIssuance, validateOverSoap } from '../../src/ws-trust/soap/soap-client.js'
import { WstepClient, type Enrollment, type PendingEnrollment } from '../../src/wstep/client/client.js'
import { canonicalize } from '../../src/xml/canonicalize.js'
import { parseXml } from '../../src/xml/parse.js'
import type { XmlElement } from '../../src/xml/tree.js'
import type { Checker } from './checker.js'
import { CLAIM_TYPE, type Material } from './material.js'
import { GUESSED, HOST, PASSWORD, PATHS, type SimulatedNode } from './node.js'
import type { SeededRandom } from './random.js'
import type { Actor, Scheduler } from './scheduler.js'

/** How long a client tries to finish what was acknowledged, in ms: less than an exchange lives, whatever the clocks. */
const PERSISTENCE = 200_000

export interface Surroundings {
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  readonly material: Material
  readonly checker: Checker
  readonly nodes: readonly SimulatedNode[]
  readonly transport: (client: Actor) => Transport
}

/** An enrolment as a client was told of it. */
interface Acknowledged {
  readonly pending: PendingEnrollment
  readonly certificate: Uint8Array | undefined
}

type Outcome<T> = { readonly value: T } | { readonly refused: SoapFault } | undefined

/** One account and what it does: now as it should, now as an attacker would. */
export class SimulatedClient implements Actor {
  offset = 0
  readonly #transport: Transport
  readonly #soap: SoapClient
  readonly #tokenClient: TokenClient
  readonly #tokens: HeldToken[] = []
  readonly #enrolments: Acknowledged[] = []

  constructor(
    readonly name: string,
    private readonly around: Surroundings,
  ) {
    this.#transport = around.transport(this)
    this.#soap = this.#soapClient({
      username: name,
      password: PASSWORD,
      type: name.includes('digest') ? 'digest' : 'text',
    })
    this.#tokenClient = new TokenClient({ parameters: around.material.issuer.parameters })
  }

  /** Does one thing, whatever comes to its mind. */
  async act(): Promise<string> {
    const { random } = this.around
    if (this.name === GUESSED) return this.#guess()
    if (this.name.startsWith('greedy'))
      return random.chance(0.5) ? this.#hoard() : this.#obtain({ claim: 2, ID: 1 }, false)
    if (random.chance(0.04)) return this.#enrol()
    if (this.#tokens.length > 0 && random.chance(0.4))
      return random.chance(0.3) ? this.#meetChallenge() : this.#present()
    return random.chance(0.4) ? this.#wantTwoAnswers() : this.#obtain({ claim: random.integer(1, 2), ID: 0 }, true)
  }

  /** At the end, when everything works again: what was acknowledged is there. */
  async verify(): Promise<void> {
    for (const enrolment of this.#enrolments) await this.#verifyEnrolment(enrolment)
  }

  #soapClient(credentials?: UsernameCredentials): SoapClient {
    return new SoapClient({ transport: this.#transport, credentials, patience: 0 })
  }

  /** A call; undefined if nobody knows whether it was heard, or the service said that it cannot now. */
  async #try<T>(call: () => Promise<T>): Promise<Outcome<T>> {
    try {
      return { value: await call() }
    } catch (error) {
      if (error instanceof SoapError && error.code === 'soap/transport') return undefined
      // The Timestamp of the answer is of another time.
      if (error instanceof SoapError && error.code === 'soap/clock' && this.around.checker.clocksJump) return undefined
      if (error instanceof SoapFault) return isRefusal(error) ? { refused: error } : undefined
      this.around.checker.fail('nothing unexpected happens', `${this.name}: ${String(error)}`)
      return undefined
    }
  }

  #send(body: XmlElement): Promise<Outcome<Awaited<ReturnType<ReturnType<typeof soapIssuance>>>>> {
    return this.#try(() => soapIssuance({ client: this.#soap, url: HOST + PATHS.claims })(body))
  }

  /** Sends the second message until it is answered. What was begun must be there to be finished. */
  async #finish(exchange: TokenExchange, second: XmlElement, acknowledgedAt: number): Promise<boolean> {
    const { scheduler, random, checker } = this.around
    while (scheduler.time - acknowledgedAt < PERSISTENCE) {
      const outcome = await this.#send(second)
      if (outcome === undefined) {
        await scheduler.sleep(random.integer(50, 2_000))
      } else if ('value' in outcome) {
        this.#keep(heldTokens(exchange.finish(outcome.value)))
        return true
      } else if (isAuthentication(outcome.refused)) {
        // A digest that came twice: the next one is new.
        await scheduler.sleep(1_000)
      } else {
        if (!checker.mayLose(this.name)) {
          checker.fail(
            'no acknowledged item is lost',
            `${this.name} cannot finish ${exchange.context}: ${outcome.refused.message}`,
          )
        }
        return false
      }
    }
    return false
  }

  #keep(tokens: readonly HeldToken[]): void {
    this.#tokens.push(...tokens.filter(({ tokenClass }) => tokenClass === 'claim'))
    this.#tokens.splice(0, Math.max(0, this.#tokens.length - 4))
  }

  async #obtain(wanted: ObtainOptions, expected: boolean): Promise<string> {
    const { scheduler, random, checker } = this.around
    const exchange = this.#tokenClient.begin(wanted)
    const first = await this.#send(exchange.request)
    if (first === undefined || !('value' in first)) return 'obtain: not begun'
    const acknowledgedAt = scheduler.time
    const second = exchange.respond(first.value)
    if (!expected) {
      const outcome = await this.#send(second)
      if (outcome !== undefined && 'value' in outcome) exchange.finish(outcome.value)
      return 'obtain: greedily'
    }
    if (!(await this.#finish(exchange, second, acknowledgedAt))) return 'obtain: not finished'
    // The same message again has an answer again, of which the client makes nothing.
    if (!random.chance(0.3) || scheduler.time - acknowledgedAt > PERSISTENCE) return 'obtain'
    const again = await this.#send(second)
    if (again !== undefined && 'refused' in again && !isAuthentication(again.refused) && !checker.mayLose(this.name)) {
      checker.fail('no acknowledged item is lost', `${this.name} has no answer again to ${exchange.context}`)
    }
    return 'obtain: asked again'
  }

  /** Begins exchanges that it never continues. */
  async #hoard(): Promise<string> {
    const { random } = this.around
    const begun = Array.from({ length: random.integer(2, 6) }, () =>
      this.#send(this.#tokenClient.begin({ claim: random.integer(1, 4), ID: random.integer(0, 2) }).request),
    )
    await Promise.all(begun)
    return 'hoard'
  }

  /** Sends two different second messages to one first message, at once and again. */
  async #wantTwoAnswers(): Promise<string> {
    const { scheduler, random, material } = this.around
    const context = new Uint8Array(16)
    systemRandom.fill(context)
    const sides = [0, 1].map(() => {
      let drawn = 0
      // The Context is drawn first.
      const fill = (octets: Uint8Array): void => (drawn++ === 0 ? octets.set(context) : systemRandom.fill(octets))
      return new TokenClient({ parameters: material.issuer.parameters, random: { fill } }).begin({ claim: 1, ID: 0 })
    })
    const first = await this.#send(itemAt(sides, 0).request)
    if (first === undefined || !('value' in first)) return 'two answers: not begun'
    const acknowledgedAt = scheduler.time
    const octets = canonicalize(first.value as XmlElement)
    const messages = sides.map((side) => side.respond(octets))
    const burst = random.shuffle([0, 1, random.integer(0, 1)])
    await Promise.all(burst.map((side) => this.#send(itemAt(messages, side))))
    const answered = await this.#anyOf(sides, messages, acknowledgedAt)
    return answered ? 'two answers: one' : 'two answers: none'
  }

  /** One of the two messages is answered in the end, if the exchange was acknowledged. */
  async #anyOf(
    sides: readonly TokenExchange[],
    messages: readonly XmlElement[],
    acknowledgedAt: number,
  ): Promise<boolean> {
    const { scheduler, random, checker } = this.around
    const refused = new Set<number>()
    for (let i = random.integer(0, 1); scheduler.time - acknowledgedAt < PERSISTENCE; i++) {
      const side = i % 2
      const outcome = await this.#send(itemAt(messages, side))
      if (outcome === undefined) await scheduler.sleep(random.integer(50, 2_000))
      else if ('value' in outcome) {
        this.#keep(heldTokens(itemAt(sides, side).finish(outcome.value)))
        return true
      } else if (isAuthentication(outcome.refused)) await scheduler.sleep(1_000)
      else refused.add(side)
      if (refused.size === 2) {
        if (!checker.mayLose(this.name)) {
          checker.fail('no acknowledged item is lost', `${this.name} cannot finish ${itemAt(sides, 0).context}`)
        }
        return false
      }
    }
    return false
  }

  async #presentation(message?: PresentationMessage): Promise<XmlElement> {
    const { random, material } = this.around
    const { parameters } = material.issuer
    const tokens = [{ token: random.pick(this.#tokens), parameters, disclose: random.chance(0.5) ? [CLAIM_TYPE] : [] }]
    return createPresentationToken({ relyingParty: HOST, tokens, message })
  }

  #validate(presentation: XmlElement, message?: PresentationMessage) {
    const client = this.#soapClient()
    return this.#try(() => validateOverSoap({ client, url: HOST + PATHS.present }, presentation, message))
  }

  /** Presents over a message of its own, then shows the same again, also in other words. */
  async #present(): Promise<string> {
    const { random, scheduler } = this.around
    const presentation = await this.#presentation()
    const forms = [presentation, presentation, reworded(presentation)]
    await Promise.all(
      random
        .shuffle(forms)
        .slice(0, random.integer(1, 3))
        .map((form) => this.#validate(form)),
    )
    if (random.chance(0.3)) await scheduler.sleep(random.chance(0.5) ? 1_000 : random.integer(280_000, 430_000))
    if (random.chance(0.5)) await this.#validate(random.pick(forms))
    return 'present'
  }

  /** Presents over a message of the Relying Party, twice. */
  async #meetChallenge(): Promise<string> {
    const { random } = this.around
    const request = { method: 'POST', headers: {}, body: new Uint8Array(0) }
    const response = await this.#try(() =>
      this.#transport(new URL(HOST + PATHS.challenge), request, { maxBytes: 10_000 }),
    )
    if (response === undefined || !('value' in response) || response.value.status !== 200) return 'challenge: none'
    const message = readMessage(parseXml(response.value.body))
    const presentation = await this.#presentation(message)
    const times = Array.from({ length: random.integer(1, 3) }, () => this.#validate(presentation, message))
    await Promise.all(times)
    return 'challenge'
  }

  async #guess(): Promise<string> {
    const { random } = this.around
    const client = this.#soapClient({ username: GUESSED, password: 'wrong' })
    const guesses = Array.from({ length: random.integer(1, 4) }, () =>
      this.#try(() => soapIssuance({ client, url: HOST + PATHS.claims })(this.#tokenClient.begin().request)),
    )
    await Promise.all(guesses)
    return 'guess'
  }

  #wstep(): WstepClient {
    const credentials = { username: this.name, password: PASSWORD }
    return new WstepClient({ url: HOST + PATHS.wstep, transport: this.#transport, credentials, patience: 0 })
  }

  /** Enrols, has it approved or revoked at times, and looks whether older ones are still there. */
  async #enrol(): Promise<string> {
    const { random, material, nodes } = this.around
    const { key } = material
    const old = this.#enrolments.length > 0 ? random.pick(this.#enrolments) : undefined
    if (old !== undefined) await this.#verifyEnrolment(old)
    const templateName = random.pick(['User', 'Reviewed'])
    const outcome = await this.#try(() => this.#wstep().enroll({ subject: 'CN=x', key, templateName }))
    if (outcome === undefined || !('value' in outcome)) return 'enrol: no answer'
    const enrolment = acknowledged(outcome.value, key.publicKey)
    this.#enrolments.push(enrolment)
    const node = random.pick(nodes)
    if (enrolment.certificate !== undefined || !node.isUp || random.chance(0.3)) return 'enrol'
    // An operator at a node's console: it may end before it says anything.
    void node.authority.approve(enrolment.pending.requestId, 'operator').catch(() => undefined)
    return 'enrol: approved'
  }

  async #verifyEnrolment({ pending, certificate }: Acknowledged): Promise<void> {
    const { checker } = this.around
    const outcome = await this.#try(() => this.#wstep().queryStatus(pending))
    if (outcome === undefined) return
    const now = 'value' in outcome ? outcome.value : undefined
    const isThere = now !== undefined && (certificate === undefined || now.status === 'issued')
    const isSame = certificate === undefined || (now?.status === 'issued' && equalOctets(now.certificate, certificate))
    if (isThere && isSame) return
    const found = 'refused' in outcome ? outcome.refused.message : 'another one'
    checker.fail('no acknowledged item is lost', `${this.name}: request ${pending.requestId}: ${found}`)
  }
}

function acknowledged(enrolment: Enrollment, publicKey: Uint8Array<ArrayBuffer>): Acknowledged {
  if (enrolment.status === 'pending') return { pending: enrolment, certificate: undefined }
  const requestId = known(enrolment.requestId)
  const pending = {
    status: 'pending',
    requestId,
    reference: HOST + PATHS.wstep,
    publicKey,
    disposition: undefined,
  } as const
  return { pending, certificate: enrolment.certificate }
}

/** Whether a fault says something of the request, and not that the service failed. */
function isRefusal({ faultCode, subcodes }: SoapFault): boolean {
  const isInternal = subcodes.some(({ localName }) => localName === 'InternalServiceFault')
  return faultCode === 'Sender' || (subcodes.length > 0 && !isInternal)
}

function isAuthentication(fault: SoapFault): boolean {
  return fault.subcodes.some(({ localName }) => localName === 'FailedAuthentication')
}

/** The same presentation in other octets: its root has another prefix. The message in it is signed, and stays as it is. */
function reworded(presentation: XmlElement): XmlElement {
  const text = new TextDecoder().decode(canonicalize(presentation))
  const [root = '', prefix = '', namespace = ''] = /^<(\w+):PresentationToken xmlns:\w+="([^"]*)"/.exec(text) ?? []
  const renamed = `<other:PresentationToken xmlns:other="${namespace}" xmlns:${prefix}="${namespace}"`
  return parseXml(text.replace(root, renamed).replace(`</${prefix}:PresentationToken>`, '</other:PresentationToken>'))
}
