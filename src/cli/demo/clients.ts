import { itemAt, known } from '../../../bindings/octets/lists.js'
import type { Engine, IssuerParameters } from '../../index.js'
import { obtainTokens, type ObtainedTokens } from '../../json/parties/obtain-tokens.js'
import { PATHS } from '../../server/deployment/paths.js'
import { SoapClient } from '../../soap/client.js'
import type { ProfileParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import { messageElement, type PresentationMessage } from '../../ws-trust/artefacts/presentation-message.js'
import type { HeldToken, TokenBatch } from '../../ws-trust/artefacts/held-tokens.js'
import { TokenClient, type RequestedDevice } from '../../ws-trust/issuance/token-client.js'
import { createPresentationToken, type PresentationDevice } from '../../ws-trust/presentation/present.js'
import { soapIssuance } from '../../ws-trust/soap/soap-client.js'
import { WstepClient } from '../../wstep/client/client.js'
import { canonicalize } from '../../xml/canonicalize.js'
import type { XmlElement } from '../../xml/tree.js'
import type { JsonVerdict } from '../../server/routes/json-routes.js'
import { askForChallenge, fetchKeys, issuing, verifyJws } from '../servers/json-framework.js'
import { askForMessage, verifyInJson, verifyOverSoap, type Verdict } from '../servers/relying-party.js'
import { serverOf, type Server } from '../servers/server.js'
import { trustedParameters } from '../wallet/wallets.js'

/** The clients of the demo. All use HTTPS and trust only the authority of the deployment. */
export class Clients {
  private constructor(
    private readonly server: Server,
    private readonly passwords: Readonly<Record<string, string>>,
  ) {}

  /** @param ca the file of the authority's certificate. */
  static async of(url: string, ca: string, passwords: Readonly<Record<string, string>>): Promise<Clients> {
    return new Clients(await serverOf({ url, ca }), passwords)
  }

  /** A client that enrols as a user, or without logging in. */
  enrolling(user?: string): WstepClient {
    return new WstepClient({
      url: this.server.url + PATHS.securityTokenService,
      transport: this.server.transport,
      credentials: this.#credentials(user),
    })
  }

  /** The Issuer parameters, verified up to the authority. */
  async parameters(engine: Engine): Promise<ProfileParameters> {
    return trustedParameters(await this.server.get(`${PATHS.issuerParameters}/current`), known(this.server.ca), engine)
  }

  obtain(
    user: string,
    parameters: ProfileParameters,
    counts: { readonly claim: number; readonly ID: number },
    device?: RequestedDevice,
  ): Promise<TokenBatch[]> {
    const client = new SoapClient({ transport: this.server.transport, credentials: this.#credentials(user) })
    const transport = soapIssuance({ client, url: this.server.url + PATHS.claimProvider })
    return new TokenClient({ parameters }).obtain({ ...counts, device }, transport)
  }

  /** Discloses claims of a token, in answer to the Relying Party's message if there is one. */
  present(
    token: HeldToken,
    parameters: ProfileParameters,
    disclose: readonly string[],
    { message, device }: { readonly message?: PresentationMessage; readonly device?: PresentationDevice } = {},
  ): Promise<XmlElement> {
    return createPresentationToken({
      relyingParty: this.server.url,
      message,
      tokens: [{ token, parameters, disclose }],
      device,
    })
  }

  /** The verdict over SOAP. */
  validate(presentation: XmlElement): Promise<Verdict> {
    return verifyOverSoap(this.server, textOf(presentation))
  }

  /** A new message of the Relying Party. */
  challenge(): Promise<PresentationMessage> {
    return askForMessage(this.server)
  }

  /** The verdict in JSON. */
  verify(presentation: XmlElement, message?: PresentationMessage): Promise<Verdict> {
    return verifyInJson(this.server, textOf(presentation), message && textOf(messageElement(message)))
  }

  /** The key of the JSON Framework's Issuer, which comes over TLS. */
  async jsonKey(engine: Engine): Promise<IssuerParameters> {
    return itemAt(await fetchKeys(this.server, engine), 0)
  }

  obtainInJson(user: string, parameters: IssuerParameters, count: number): Promise<ObtainedTokens> {
    const post = issuing(this.server, { username: user, password: known(this.passwords[user]) })
    return obtainTokens({ parameters, count, post })
  }

  /** A challenge of the JSON Framework's Verifier, and the name that it must have. */
  async jsonChallenge(): Promise<{ readonly challenge: string; readonly audience: string }> {
    return { challenge: await askForChallenge(this.server), audience: this.server.url }
  }

  /** The verdict on a JWS. */
  verifyJws(presentation: string): Promise<JsonVerdict> {
    return verifyJws(this.server, presentation)
  }

  #credentials(user: string | undefined) {
    return user === undefined ? undefined : { username: user, password: known(this.passwords[user]) }
  }
}

const textOf = (element: XmlElement): string => new TextDecoder().decode(canonicalize(element))
