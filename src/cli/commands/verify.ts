import { createEngine } from '../../index.js'
import { PATHS } from '../../server/deployment/paths.js'
import { SoapClient } from '../../soap/client.js'
import { readMessage } from '../../ws-trust/artefacts/presentation-message.js'
import { RelyingParty, type AcceptedPresentation } from '../../ws-trust/presentation/relying-party.js'
import { validateOverSoap } from '../../ws-trust/soap/soap-client.js'
import { parseXml } from '../../xml/parse.js'
import { defineCommand, exitCode } from '../command/command.js'
import { FailureError, UsageError } from '../errors.js'
import { describeStatus, printable } from '../command/failures.js'
import { readText } from '../files/files.js'
import { serverOf, serverOptions } from '../servers/server.js'
import { trustedParameters } from '../wallet/wallets.js'

const description = `Has a presentation token verified by the Relying Party of a server (--url), in JSON or with --soap over WS-Trust; or verifies
it here (--parameters): the Issuer parameters have to be signed by whom the authority in --trust certified. Here it cannot be
noticed that a presentation was used before. A message that the Relying Party had given goes along with --message.

Exit code 0: accepted; 1: refused, and the code says why.`

/** What the verdict says to programs. */
type Verdict =
  | {
      readonly valid: true
      readonly presentations?: AcceptedPresentation['presentations']
      readonly signedData?: string
    }
  | { readonly valid: false; readonly code: string }

interface Values {
  readonly url?: string
  readonly ca?: string
  readonly soap?: boolean
  readonly message?: string
  readonly parameters?: string
  readonly trust?: string
  readonly 'relying-party'?: string
}

export const verify = defineCommand({
  name: 'verify',
  positionals: 'FILE',
  description,
  options: {
    ...serverOptions,
    soap: { type: 'boolean', description: 'send it over SOAP, where the answer is yes or no, without claims' },
    message: { type: 'string', value: 'FILE', description: 'the up:Message that was to be answered' },
    parameters: { type: 'string', value: 'FILE', description: 'Issuer parameters, to verify it here' },
    trust: { type: 'string', value: 'FILE', description: 'the authority that certified who signed them, PEM' },
    'relying-party': { type: 'string', value: 'URL', description: 'for whom the presentation has to be' },
    json: { type: 'boolean', description: 'print the verdict as JSON' },
  },

  async run({ values, positionals: [file, ...others] }, { out }) {
    if (file === undefined) throw new UsageError('the FILE of a presentation is missing')
    if (others.length > 0) throw new UsageError('one FILE at a time')
    if ((values.url === undefined) === (values.parameters === undefined)) {
      throw new UsageError('who verifies? Give --url, or --parameters to do it here')
    }
    const presentation = await readText(file)
    const message = values.message === undefined ? undefined : await readText(values.message)
    const verdict =
      values.url === undefined
        ? await verifyHere(values, presentation, message)
        : values.soap === true
          ? await verifyOverSoap(values, presentation, message)
          : await verifyInJson(values, presentation, message)
    out.write(values.json === true ? `${JSON.stringify(verdict, undefined, 2)}\n` : describe(verdict))
    return verdict.valid ? exitCode.success : exitCode.failure
  },
})

async function verifyInJson(values: Values, presentation: string, message: string | undefined): Promise<Verdict> {
  const server = await serverOf(values)
  const { status, body } = await server.post(`${PATHS.relyingParty}/verify`, { presentation, message })
  if (status === 200) return JSON.parse(body) as Verdict
  if (status !== 400) throw new FailureError(describeStatus(status))
  const { code, message: reason } = JSON.parse(body) as { code: string; message: string }
  throw new FailureError(`this is no presentation token: ${printable(`${reason} (${code})`)}`)
}

async function verifyOverSoap(values: Values, presentation: string, message: string | undefined): Promise<Verdict> {
  const server = await serverOf(values)
  const endpoint = {
    client: new SoapClient({ transport: server.transport }),
    url: server.url + PATHS.relyingParty,
  }
  return validateOverSoap(
    endpoint,
    parseXml(presentation),
    message === undefined ? undefined : readMessage(parseXml(message)),
  )
}

async function verifyHere(values: Values, presentation: string, message: string | undefined): Promise<Verdict> {
  const { parameters: file, trust, 'relying-party': relyingParty } = values
  if (trust === undefined) throw new UsageError('--trust is missing: which authority certified the Issuer?')
  if (relyingParty === undefined && message === undefined) {
    throw new UsageError('--relying-party is missing: for whom has it to be?')
  }
  const engine = await createEngine()
  try {
    const parameters = await trustedParameters(await readText(file!), await readText(trust), engine)
    const party = new RelyingParty({
      identifiers: relyingParty === undefined ? [] : [relyingParty],
      parameters: [parameters],
    })
    return await party.audit(presentation, {
      receivedAt: new Date(),
      ...(message !== undefined && { message: readMessage(parseXml(message)) }),
    })
  } finally {
    engine.dispose()
  }
}

function describe(verdict: Verdict): string {
  if (!verdict.valid) return `Refused: ${printable(verdict.code)}\n`
  const lines = (verdict.presentations ?? []).flatMap((presented) => [
    `  ${presented.tokenClass} token of ${presented.issuer}${presented.deviceProtected ? ', with a Device' : ''}`,
    ...(presented.tokenClass === 'ID'
      ? [`    user: ${presented.persistentIdentifier}`]
      : presented.claims.map(({ claimType, value }) => `    ${claimType}: ${value ?? 'none'}`)),
  ])
  const signed = verdict.signedData === undefined ? [] : [`  signed: ${verdict.signedData}`]
  return ['Accepted', ...lines, ...signed].map((line) => `${printable(line)}\n`).join('')
}
