import type { RevocationReason } from '../../pki/ca/records/store.js'
import type { RelatedCertificate } from '../../pki/ca/related-certificates.js'
import { FailureError, UsageError } from '../errors.js'
import { describeStatus } from '../command/failures.js'
import type { Terminal } from '../command/terminal.js'
import { openDeployment } from './deployment.js'

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

/** An operator's actions on the authority of a running server, through its admin listener. All methods throw `FailureError`. */
export class Operator {
  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** Reads the address of the listener and the token from the folder of a deployment. Throws `ConfigurationError`, `UsageError`. */
  static async of(folder: string, terminal: Pick<Terminal, 'err' | 'environment'>): Promise<Operator> {
    const deployment = await openDeployment(folder, terminal)
    const { admin } = deployment.configuration
    if (admin === null) {
      throw new UsageError('the deployment has no admin listener; set `admin` in its uprove.yaml and restart it')
    }
    const any: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
    const address = any[admin.address] ?? admin.address
    const host = address.includes(':') ? `[${address}]` : address
    return new Operator(`http://${host}:${admin.port}`, await deployment.operatorToken())
  }

  async pending(): Promise<PendingRequest[]> {
    return (await this.#ask('GET', '/authority/pending')) as PendingRequest[]
  }

  /** Returns the status: `issued`, or `denied` if the authority's own checks refuse the request. */
  async approve(requestId: string): Promise<string> {
    return this.#decide('approve', requestId)
  }

  async deny(requestId: string): Promise<string> {
    return this.#decide('deny', requestId)
  }

  /** Returns the certificates that should be revoked as well. */
  async revoke(serial: string, reason: RevocationReason): Promise<readonly RelatedCertificate[]> {
    const path = `/authority/revoke/${encodeURIComponent(serial)}?reason=${encodeURIComponent(reason)}`
    return ((await this.#ask('POST', path)) as { related: readonly RelatedCertificate[] }).related
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
      throw new FailureError(`no server of this deployment runs at ${this.url}; start it with \`uprove serve\``, {
        cause,
      })
    }
    if (response.ok) return response.json()
    if (response.status === 409) throw new FailureError(((await response.json()) as { message: string }).message)
    if (response.status === 401) {
      throw new FailureError(
        `the server at ${this.url} belongs to another deployment: it refuses the token of this one`,
      )
    }
    throw new FailureError(describeStatus(response.status))
  }
}
