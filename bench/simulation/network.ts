import { SoapError } from '../../src/soap/errors.js'
import type { HttpRequest, HttpResponse } from '../../src/soap/http/http.js'
import type { Transport } from '../../src/soap/http/transport.js'
import type { SeededRandom } from './random.js'
import type { Actor, Scheduler } from './scheduler.js'

/** Who answers HTTP requests. */
export interface Host extends Actor {
  readonly isUp: boolean
  readonly incarnation: number
  /** Whether clients reach it. */
  isReachable: boolean
  handle(request: HttpRequest): Promise<HttpResponse>
}

/** How the network treats messages now. Each is a probability. */
export interface Weather {
  loss: number
  duplicates: number
}

export interface NetworkOptions {
  readonly weather: Weather
  /** When copies of a request come again, in ms after it: somebody who has recorded them. Undefined: never. */
  readonly recorded: (request: HttpRequest) => number | undefined
  readonly onDelivery: (request: HttpRequest) => void
}

/** How long a client waits for an answer, in ms. */
const PATIENCE = 10_000

/** Carries requests and answers, late, in another order, twice, or not at all. */
export class Network {
  readonly #actor: Actor = { name: 'network', offset: 0 }

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: SeededRandom,
    private readonly hosts: readonly Host[],
    private readonly options: NetworkOptions,
  ) {}

  /** A client's transport: each request goes to one of the hosts. */
  transport(client: Actor): Transport {
    return (url, request) =>
      new Promise((resolve, reject) => {
        const { scheduler, random } = this
        const message: HttpRequest = { ...request, target: url.pathname }
        let isOver = false
        const end = (what: string, action: () => void): void => {
          scheduler.after(this.#latency(), client, what, () => {
            if (!isOver) action()
            isOver = true
          })
        }
        const fail = (): void => end('learns that the connection broke', () => reject(new SoapError('soap/transport')))
        const answer = (response: HttpResponse): void =>
          end(`is answered ${String(response.status)}`, () => resolve(response))
        scheduler.after(PATIENCE, client, 'waits no longer', () => {
          if (!isOver) reject(new SoapError('soap/transport'))
          isOver = true
        })
        this.#carry(message, answer, fail)
        if (random.chance(this.options.weather.duplicates)) this.#carry(message)
        const again = this.options.recorded(message)
        if (again !== undefined) {
          scheduler.after(again, this.#actor, `repeats ${message.target}`, () => this.#carry(message))
        }
      })
  }

  /** Carries one copy of a request. */
  #carry(message: HttpRequest, answer?: (response: HttpResponse) => void, fail?: () => void): void {
    const { scheduler, random } = this
    const host = random.pick(this.hosts)
    if (random.chance(this.options.weather.loss)) return
    scheduler.after(this.#latency(), host, `receives ${message.target}`, () => {
      if (!host.isUp || !host.isReachable) {
        fail?.()
        return
      }
      const { incarnation } = host
      this.options.onDelivery(message)
      void host.handle(message).then((response) => {
        if (host.incarnation !== incarnation) return
        scheduler.note(`${host.name} answers ${message.target} ${String(response.status)}`)
        if (answer !== undefined && !random.chance(this.options.weather.loss)) answer(response)
      })
    })
  }

  #latency(): number {
    return this.random.chance(0.02) ? this.random.integer(100, 3_000) : 1 + 20 * this.random.fraction()
  }
}
