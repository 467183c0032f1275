import type { Engine } from '../../index.js'
import { PATHS } from '../../server/deployment/paths.js'
import { SoapClient } from '../../soap/client.js'
import type { ProfileParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import { messageElement, readMessage, type PresentationMessage } from '../../ws-trust/artefacts/presentation-message.js'
import type { HeldToken, TokenBatch } from '../../ws-trust/artefacts/held-tokens.js'
import { createPresentationToken } from '../../ws-trust/presentation/present.js'
import { soapIssuance, validateOverSoap, type Validation } from '../../ws-trust/soap/soap-client.js'
import { TokenClient } from '../../ws-trust/issuance/token-client.js'
import { WstepClient } from '../../wstep/client/client.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import { serverOf, type Server } from '../servers/server.js'
import { trustedParameters } from '../wallet/wallets.js'
import { must } from './steps.js'

/** What clients of the demo do, each through HTTPS with the authority of the deployment as the only one trusted. */
export class Clients {
  private constructor(
    private readonly server: Server,
    private readonly passwords: Readonly<Record<string, string>>,
  ) {}

  /** @param ca the file of the authority's certificate. */
  static async of(url: string, ca: string, passwords: Readonly<Record<string, string>>): Promise<Clients> {
    return new Clients(await serverOf({ url, ca }), passwords)
  }

  /** Who enrols; without a user, nobody known. */
  enrolling(user?: string): WstepClient {
    return new WstepClient({
      url: this.server.url + PATHS.securityTokenService,
      transport: this.server.transport,
      credentials: this.#credentials(user),
    })
  }

  /** Verified up to the authority. */
  async parameters(engine: Engine): Promise<ProfileParameters> {
    return trustedParameters(await this.server.get(`${PATHS.issuerParameters}/1`), this.server.ca!, engine)
  }

  obtain(user: string, parameters: ProfileParameters, claim: number, ID: number): Promise<TokenBatch[]> {
    const client = new SoapClient({ transport: this.server.transport, credentials: this.#credentials(user) })
    const transport = soapIssuance({ client, url: this.server.url + PATHS.claimProvider })
    return new TokenClient({ parameters }).obtain({ claim, ID }, transport)
  }

  /** Discloses claims of a token, in answer to a message of the Relying Party if there is one. */
  present(
    token: HeldToken,
    parameters: ProfileParameters,
    disclose: readonly string[],
    message?: PresentationMessage,
  ): Promise<XmlElement> {
    return createPresentationToken({
      relyingParty: this.server.url,
      message,
      tokens: [{ token, parameters, disclose }],
    })
  }

  /** Over SOAP. */
  validate(presentation: XmlElement): Promise<Validation> {
    const client = new SoapClient({ transport: this.server.transport })
    return validateOverSoap({ client, url: this.server.url + PATHS.relyingParty }, presentation)
  }

  /** A message of the Relying Party, with a nonce. */
  async challenge(): Promise<PresentationMessage> {
    const { status, body } = await this.server.post(`${PATHS.relyingParty}/challenge`, {})
    must(status === 200, 'there is no challenge')
    return readMessage(parseXml((JSON.parse(body) as { message: string }).message))
  }

  /** In JSON. */
  async verify(presentation: XmlElement, message: PresentationMessage): Promise<Verdict> {
    const text = (element: XmlElement): string => new TextDecoder().decode(canonicalize(element))
    const request = { presentation: text(presentation), message: text(messageElement(message)) }
    const { status, body } = await this.server.post(`${PATHS.relyingParty}/verify`, request)
    must(status === 200, `the Relying Party answers with HTTP status ${status}`)
    return JSON.parse(body) as Verdict
  }

  #credentials(user: string | undefined) {
    return user === undefined ? undefined : { username: user, password: this.passwords[user]! }
  }
}

/** What the Relying Party says in JSON. */
export type Verdict =
  | {
      readonly valid: true
      readonly presentations: readonly { readonly claims: readonly { readonly value: string }[] }[]
    }
  | { readonly valid: false; readonly code: string }
