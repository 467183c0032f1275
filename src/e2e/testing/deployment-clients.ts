import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import path from 'node:path'
import type { Engine } from '../../../bindings/engine/engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { decodePem } from '../../pki/asn1/pem.js'
import { httpsTransport, type HttpsTransportOptions } from '../../server/http/https-transport.js'
import { FILES } from '../../server/deployment/templates.js'
import { SoapClient } from '../../soap/client.js'
import type { Transport } from '../../soap/http/transport.js'
import { loadIssuerParameters, type ProfileParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import type { SoapEndpoint } from '../../ws-trust/soap/soap-client.js'
import { certificateTrust } from '../../ws-trust/trust/signer.js'
import { WstepClient } from '../../wstep/client/client.js'

/** The public URL of the deployment; the ports of its nodes differ. */
export const PUBLIC_URL = 'https://localhost:8443'

/** The ports of a node. */
export interface Ports {
  readonly port: number
  readonly adminPort: number
}

/** Clients of a deployment whose nodes run in other processes. */
export class DeploymentClients {
  readonly #ca: string
  readonly #operatorToken: string

  constructor(
    private readonly folder: string,
    private readonly passwords: Readonly<Record<string, string>>,
  ) {
    this.#ca = readFileSync(path.join(folder, FILES.authorityCertificate), 'utf8')
    this.#operatorToken = readFileSync(path.join(folder, FILES.operatorToken), 'utf8').trim()
  }

  /** Sends each request to a chosen node, so that the legs of an exchange can meet different nodes. */
  transport(choose: () => Ports, options: Pick<HttpsTransportOptions, 'keepAlive'> = {}): Transport {
    const send = httpsTransport({ ca: this.#ca, ...options })
    return (url, message, options) => {
      const target = new URL(url)
      target.port = String(choose().port)
      return send(target, message, options)
    }
  }

  #soap(choose: () => Ports, user?: string): SoapClient {
    const credentials = user === undefined ? undefined : { username: user, password: this.passwords[user] ?? '' }
    // Tests see what a server answers when it has no room, not what it answers a little later.
    return new SoapClient({ transport: this.transport(choose), credentials, patience: 0 })
  }

  /** The Claim Provider, for a user. */
  claims(choose: () => Ports, user: string): SoapEndpoint {
    return { client: this.#soap(choose, user), url: `${PUBLIC_URL}/claims` }
  }

  /** The Relying Party. */
  presenting(choose: () => Ports): SoapEndpoint {
    return { client: this.#soap(choose), url: `${PUBLIC_URL}/present` }
  }

  enrolling(choose: () => Ports, user: string): WstepClient {
    return new WstepClient({
      url: `${PUBLIC_URL}/wstep`,
      transport: this.transport(choose),
      credentials: { username: user, password: this.passwords[user] ?? '' },
    })
  }

  parameters(engine: Engine): Promise<ProfileParameters> {
    const document = readFileSync(path.join(this.folder, FILES.issuerParameters), 'utf8')
    const trust = certificateTrust({ anchors: [decodePem('CERTIFICATE', this.#ca)] })
    return loadIssuerParameters(document, { engine, sets: [L2048N256], trust })
  }

  /** What an operator asks a node for. Throws for what is not answered with 200. */
  operate(node: Ports, method: 'GET' | 'POST', target: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.#operatorToken}` }
      const options = { host: '127.0.0.1', port: node.adminPort, path: target, method, headers, agent: false }
      request(options, (incoming) => {
        let body = ''
        incoming.setEncoding('utf8').on('data', (piece: string) => (body += piece))
        incoming.on('error', reject)
        incoming.on('end', () => {
          if (incoming.statusCode === 200)
            resolve(/json/.test(incoming.headers['content-type'] ?? '') ? JSON.parse(body) : body)
          else reject(new Error(`${target}: ${String(incoming.statusCode)} ${body}`))
        })
      })
        .on('error', reject)
        .end()
    })
  }
}
