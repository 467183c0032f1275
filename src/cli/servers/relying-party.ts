import { PATHS } from '../../server/deployment/paths.js'
import { SoapClient } from '../../soap/client.js'
import { readMessage, type PresentationMessage } from '../../ws-trust/artefacts/presentation-message.js'
import type { AcceptedPresentation } from '../../ws-trust/presentation/relying-party.js'
import { validateOverSoap } from '../../ws-trust/soap/soap-client.js'
import { parseXml } from '../../xml/parse.js'
import { describeStatus, printable } from '../command/failures.js'
import { FailureError } from '../errors.js'
import type { Server } from './server.js'

/** A Relying Party's verdict, as `--json` prints it. Over SOAP it has no claims. */
export type Verdict =
  | {
      readonly valid: true
      readonly presentations?: AcceptedPresentation['presentations']
      readonly signedData?: string
    }
  | { readonly valid: false; readonly code: string }

/** A new message of the Relying Party, with a nonce, to be answered once. Throws `FailureError`. */
export async function askForMessage(server: Server): Promise<PresentationMessage> {
  const { status, body } = await server.post(`${PATHS.relyingParty}/challenge`, {})
  if (status !== 200) throw new FailureError(describeStatus(status, body))
  return readMessage(parseXml((JSON.parse(body) as { message: string }).message))
}

/** Sends a presentation token, with the message that it answers if there is one, in JSON. Throws `FailureError`. */
export async function verifyInJson(server: Server, presentation: string, message?: string): Promise<Verdict> {
  const { status, body } = await server.post(`${PATHS.relyingParty}/verify`, { presentation, message })
  if (status === 200) return JSON.parse(body) as Verdict
  if (status !== 400) throw new FailureError(describeStatus(status, body))
  const { code, message: reason } = JSON.parse(body) as { code: string; message: string }
  throw new FailureError(`this is not a presentation token: ${printable(`${reason} (${code})`)}`)
}

/** The same over SOAP. Throws `FailureError`, `SoapError`, `SoapFault`. */
export function verifyOverSoap({ transport, url }: Server, presentation: string, message?: string): Promise<Verdict> {
  return validateOverSoap(
    { client: new SoapClient({ transport }), url: url + PATHS.relyingParty },
    parseXml(presentation),
    message === undefined ? undefined : readMessage(parseXml(message)),
  )
}

/** A verdict in words, one fact a line. */
export function describeVerdict(verdict: Verdict): string {
  if (!verdict.valid) return `Refused: ${printable(verdict.code)}\n`
  const lines = (verdict.presentations ?? []).flatMap((presented) => [
    `  ${presented.tokenClass} token of ${presented.issuer}${presented.deviceProtected ? ', with a Device' : ''}`,
    ...(presented.tokenClass === 'ID'
      ? [`    persistent identifier: ${presented.persistentIdentifier}`]
      : presented.claims.map(({ claimType, value }) => `    ${claimType}: ${value ?? 'none'}`)),
  ])
  const signed = verdict.signedData === undefined ? [] : [`  signed: ${verdict.signedData}`]
  return ['Accepted', ...lines, ...signed].map((line) => `${printable(line)}\n`).join('')
}
