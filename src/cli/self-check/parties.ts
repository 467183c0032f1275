import {
  decodeIssuerParameters,
  encodeIssuerParameters,
  Issuer,
  IssuerParameters,
  presentToken,
  Prover,
  SoftwareDevice,
  verifyPresentation,
  type DeviceContribution,
  type Engine,
  type IssuedToken,
  type PresentationMessages,
  type PresentationProof,
  type Refusal,
  type Revision,
  type Subgroup,
  type Token,
  type VerifiedPresentation,
} from '../../index.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { Stopwatch } from './stopwatch.js'

const attributes = ['Alice', '1990-05-17', 'Berlin', 'nurse', 'gold']
const tokenInformation = 'valid until 2030-12-31'
const disclosed = [2, 5]

/** A presentation, and the messages that the Verifier expects. */
export interface Presented {
  readonly token: Token
  readonly proof: PresentationProof
  readonly messages: PresentationMessages
}

/** An Issuer on L2048N256, a Prover with a Device, and a Verifier on one engine. Every step is timed. */
export class Parties {
  readonly times = new Stopwatch()
  readonly group: Subgroup
  readonly #issuer: Issuer
  /** Each party has its own copy, as it was received. */
  readonly #proverParameters: IssuerParameters
  readonly #verifierParameters: IssuerParameters
  readonly #device: SoftwareDevice
  readonly #allowVariableTime: boolean

  constructor(engine: Engine, revision: Revision) {
    this.#allowVariableTime = !engine.constantTime
    const { times } = this
    const allowVariableTime = this.#allowVariableTime
    this.group = engine.subgroup(L2048N256)
    this.#issuer = times.measure('parameters', 1, () =>
      Issuer.create(this.group, {
        uid: `urn:example:issuer:${revision}`,
        attributes: attributes.length,
        recommended: L2048N256,
        device: true,
        revision,
        allowVariableTime,
      }),
    )
    const published = encodeIssuerParameters(this.#issuer.parameters)
    const receive = (): IssuerParameters =>
      times.measure('verification', 1, () => {
        const { values } = decodeIssuerParameters(published)
        return IssuerParameters.verify(this.group, values, { recommended: L2048N256 })
      })
    this.#proverParameters = receive()
    this.#verifierParameters = receive()
    this.#device = SoftwareDevice.create(this.group, L2048N256.gd, { allowVariableTime })
  }

  /** A batch of tokens, in three messages. */
  issue(count: number): IssuedToken[] {
    return this.#issue(count, undefined, this.times)
  }

  /** A Device-protected token; its issuance is not timed. */
  issueWithDevice(): IssuedToken {
    return itemAt(this.#issue(1, this.#device.contribute(this.#proverParameters), new Stopwatch()), 0)
  }

  #issue(count: number, device: DeviceContribution | undefined, times: Stopwatch): IssuedToken[] {
    const contents = { attributes, tokenInformation, count }
    const allowVariableTime = this.#allowVariableTime
    const prover = times.measure('precomputation', count, () =>
      Prover.begin(this.#proverParameters, {
        ...contents,
        device,
        proverInformation: 'one of many',
        allowVariableTime,
      }),
    )
    const session = times.measure('message1', count, () =>
      this.#issuer.begin({ ...contents, devicePublicKey: device?.hd }),
    )
    const message2 = times.measure('message2', count, () => prover.respond(session.message1))
    const message3 = times.measure('message3', count, () => session.respond(message2))
    return times.measure('tokens', count, () => prover.finish(message3))
  }

  /** Presents a token with two of its attributes. */
  present(issued: IssuedToken, message: string): Presented {
    const { deviceProtected } = issued.token
    const messages = deviceProtected ? { message, deviceMessage: 'pay 10 EUR to Bob' } : { message }
    const step = deviceProtected ? 'devicePresentation' : 'presentation'
    const { proof } = this.times.measure(step, 1, () =>
      presentToken(this.#proverParameters, issued, {
        ...messages,
        attributes,
        disclosed,
        device: deviceProtected ? this.#device : undefined,
        allowVariableTime: this.#allowVariableTime,
      }),
    )
    return { token: issued.token, proof, messages }
  }

  /** The Verifier's verdict. */
  verify({ token, proof, messages }: Presented): VerifiedPresentation | Refusal {
    return verifyPresentation(this.#verifierParameters, token, proof, messages)
  }

  /** Whether the Verifier accepts a presentation and sees the disclosed attributes and no others. */
  accepts(presented: Presented): boolean {
    const step = presented.token.deviceProtected ? 'deviceAcceptance' : 'acceptance'
    const result = this.times.measure(step, 1, () => this.verify(presented))
    if (!result.valid) return false
    const text = (octets: Uint8Array | null): string => new TextDecoder().decode(octets ?? undefined)
    const shown = [...result.attributes].map(([index, octets]) => `${index} ${text(octets)}`)
    return shown.join() === disclosed.map((index) => `${index} ${itemAt(attributes, index - 1)}`).join()
  }

  dispose(): void {
    this.#device.dispose()
    this.#issuer.dispose()
    this.group.dispose()
  }
}
