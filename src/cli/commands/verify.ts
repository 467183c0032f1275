import { createEngine } from '../../index.js'
import { readMessage } from '../../ws-trust/artefacts/presentation-message.js'
import { RelyingParty } from '../../ws-trust/presentation/relying-party.js'
import { parseXml } from '../../xml/parse.js'
import { defineCommand, exitCode } from '../command/command.js'
import { UsageError } from '../errors.js'
import { readText } from '../files/files.js'
import { jsonFrameworkOption } from '../json-framework/options.js'
import { verifyInJsonFramework } from '../json-framework/verify.js'
import { describeVerdict, verifyInJson, verifyOverSoap, type Verdict } from '../servers/relying-party.js'
import { serverOf, serverOptions } from '../servers/server.js'
import { trustedParameters } from '../wallet/wallets.js'

const description = `Verifies a presentation token. With --url it sends the token to the Relying Party of a server, in JSON, or with --soap over
WS-Trust. With --parameters it verifies the token on this machine: the authority in --trust must have certified the signer of
each file of Issuer parameters. This machine cannot detect that a presentation was used before.

If the Relying Party gave a message to answer, name its file with --message.

With --json-framework it verifies a JWS or JWP of the U-Prove JSON Framework. --parameters then takes a JWK set or a JWK: a file whose
origin you trust, or its https URL.

Exit codes: 0 accepted; 1 refused, with the code of the reason; 2 wrong usage.`

export const verify = defineCommand({
  name: 'verify',
  positionals: 'FILE',
  description,
  options: {
    ...serverOptions,
    soap: { type: 'boolean', description: 'send it over SOAP; the answer is yes or no, without the claims' },
    message: { type: 'string', value: 'FILE', description: 'the up:Message that the presentation answers' },
    parameters: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      description: 'Issuer parameters, to verify on this machine; may be repeated',
    },
    trust: {
      type: 'string',
      value: 'FILE',
      description: 'the authority that certified the signer of the parameters, PEM',
    },
    'relying-party': {
      type: 'string',
      value: 'URL',
      description: 'the Relying Party that the presentation must be for',
    },
    'received-at': {
      type: 'string',
      value: 'TIME',
      description: 'when it was received, such as 2026-01-31T12:00:00Z, for --parameters (default: now)',
    },
    'allow-legacy': {
      type: 'boolean',
      description: 'accept old Issuer parameters that use L1024N160 or SHA-1, which are weak',
    },
    ...jsonFrameworkOption,
    json: { type: 'boolean', description: 'print the verdict as JSON' },
  },

  async run({ values, positionals: [file, ...others] }, terminal) {
    if (file === undefined) throw new UsageError('missing FILE of a presentation')
    if (others.length > 0) throw new UsageError('too many arguments; verify takes one FILE')
    const { url, parameters } = values
    if ((url === undefined) === (parameters === undefined)) {
      throw new UsageError('give either --url of a Relying Party, or --parameters to verify on this machine')
    }
    if (values['json-framework'] === true) {
      return verifyInJsonFramework(file, values, timeOf(values['received-at']), terminal)
    }
    const presentation = await readText(file)
    const message = values.message === undefined ? undefined : await readText(values.message)
    const verdict =
      parameters === undefined
        ? await (values.soap === true ? verifyOverSoap : verifyInJson)(await serverOf(values), presentation, message)
        : await verifyHere({ ...values, parameters }, presentation, message)
    terminal.out.write(values.json === true ? `${JSON.stringify(verdict, undefined, 2)}\n` : describeVerdict(verdict))
    return verdict.valid ? exitCode.success : exitCode.failure
  },
})

interface LocalValues {
  readonly parameters: readonly string[]
  readonly trust?: string
  readonly 'relying-party'?: string
  readonly 'received-at'?: string
  readonly 'allow-legacy'?: boolean
}

async function verifyHere(values: LocalValues, presentation: string, message: string | undefined): Promise<Verdict> {
  const { trust, 'relying-party': relyingParty, 'allow-legacy': allowLegacy } = values
  if (trust === undefined) throw new UsageError('missing --trust, the authority that certified the Issuer')
  if (relyingParty === undefined && message === undefined) {
    throw new UsageError('missing --relying-party, or --message of the Relying Party')
  }
  const receivedAt = timeOf(values['received-at'])
  const authority = await readText(trust)
  const engine = await createEngine()
  try {
    const parameters = []
    for (const file of values.parameters) {
      parameters.push(await trustedParameters(await readText(file), authority, engine, { allowLegacy, at: receivedAt }))
    }
    const party = new RelyingParty({ identifiers: relyingParty === undefined ? [] : [relyingParty], parameters })
    return await party.audit(presentation, {
      receivedAt,
      message: message === undefined ? undefined : readMessage(parseXml(message)),
    })
  } finally {
    engine.dispose()
  }
}

/** Throws `UsageError`. */
function timeOf(text: string | undefined): Date {
  const time = text === undefined ? new Date() : new Date(text)
  if (text !== undefined && (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) || Number.isNaN(time.getTime()))) {
    throw new UsageError('--received-at takes a time in UTC, such as 2026-01-31T12:00:00Z')
  }
  return time
}
