import type { Environment } from '../../server/deployment/deployment.js'
import type { RevocationReason } from '../../pki/ca/records/store.js'
import { FailureError, UsageError } from '../errors.js'
import { describeStatus } from '../command/failures.js'
import { needing } from './optional-packages.js'

/** A request for a certificate that waits for an operator. */
export interface PendingRequest {
  readonly requestId: string
  readonly account: string
  readonly method: string
  readonly submittedAt: string
  readonly profile: string
  readonly subject: string
  /** Serial number of the certificate that it renews. */
  readonly renews?: string
}

/** What operators do to the authority of a server that runs, by its admin listener. All methods throw `FailureError`. */
export class Operator {
  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** Finds the listener and the token in the folder of a deployment. Throws `ConfigurationError`, `UsageError`. */
  static async of(folder: string, environment?: Environment): Promise<Operator> {
    const { Deployment } = await needing(() => import('../../server/deployment/deployment.js'))
    const deployment = await Deployment.open(folder, environment)
    const { admin } = deployment.configuration
    if (admin === null) {
      throw new UsageError('the deployment has no admin listener: set `admin` in its uprove.yaml, and start it again')
    }
    const any: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
    const address = any[admin.address] ?? admin.address
    const host = address.includes(':') ? `[${address}]` : address
    return new Operator(`http://${host}:${admin.port}`, await deployment.operatorToken())
  }

  async pending(): Promise<PendingRequest[]> {
    return (await this.#ask('GET', '/authority/pending')) as PendingRequest[]
  }

  /** Returns the status: `issued`, or `denied` by the authority itself. */
  async approve(requestId: string): Promise<string> {
    return this.#decide('approve', requestId)
  }

  async deny(requestId: string): Promise<string> {
    return this.#decide('deny', requestId)
  }

  async revoke(serial: string, reason: RevocationReason): Promise<void> {
    await this.#ask('POST', `/authority/revoke/${encodeURIComponent(serial)}?reason=${encodeURIComponent(reason)}`)
  }

  async #decide(action: 'approve' | 'deny', requestId: string): Promise<string> {
    const path = `/authority/${action}/${encodeURIComponent(requestId)}`
    return ((await this.#ask('POST', path)) as { status: string }).status
  }

  async #ask(method: string, path: string): Promise<unknown> {
    let response: Response
    try {
      response = await fetch(this.url + path, { method, headers: { authorization: `Bearer ${this.token}` } })
    } catch (cause) {
      const advice = 'start it with `uprove serve`'
      throw new FailureError(`the server of this deployment does not run at ${this.url}: ${advice}`, { cause })
    }
    if (response.ok) return response.json()
    if (response.status === 409) throw new FailureError(((await response.json()) as { message: string }).message)
    const isOther = response.status === 401 ? 'the server there does not know the token of this deployment' : undefined
    throw new FailureError(isOther ?? describeStatus(response.status))
  }
}
