import { existsSync } from 'node:fs'
import { itemAt } from '../../../bindings/octets/lists.js'
import { createEngine } from '../../index.js'
import { messageElement, readMessage, type PresentationMessage } from '../../ws-trust/artefacts/presentation-message.js'
import { WsTrustError } from '../../ws-trust/errors.js'
import type { Consent } from '../../ws-trust/presentation/present.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import { defineCommand, exitCode } from '../command/command.js'
import { printable } from '../command/failures.js'
import { Progress, type Stream } from '../command/terminal.js'
import { FailureError, UsageError } from '../errors.js'
import { readText, writeFileWhole } from '../files/files.js'
import { passphraseOption, readPassphrase } from '../files/secrets.js'
import { jsonFrameworkOption } from '../json-framework/options.js'
import { presentInJson } from '../json-framework/present.js'
import { askForMessage, describeVerdict, verifyInJson, type Verdict } from '../servers/relying-party.js'
import { serverOf, serverOptions, type Server } from '../servers/server.js'
import { openDevice } from '../wallet/device-file.js'
import {
  presentSelections,
  selectClaims,
  type MadePresentation,
  type Selection,
  type TokenChoice,
} from '../wallet/presentation.js'
import { keptParameters, openWallet } from '../wallet/wallets.js'

const description = `Takes an unused claim token out of a wallet and presents it: makes an up:PresentationToken that discloses the named claims and
nothing else. If the claims come from several Issuers, it presents a token of each.

With --url it asks the Relying Party of a server for a message, answers it, sends the presentation, and prints the verdict.
With --relying-party it writes a presentation to --out, for that Relying Party, valid for a few minutes. If the Relying Party
gave you a message to answer, name its file with --message; it must name that Relying Party.

With --persistent it presents the claim token and the ID token that belong to the Relying Party for good, so that it recognises
you; with --id-only the ID token alone. If the message contains data to sign, present prints it; agree with --sign.

With --json-framework it presents one token of the U-Prove JSON Framework, as a JWS that answers the challenge of a server (--url), or
the one in --message.`

export const present = defineCommand({
  name: 'present',
  description,
  options: {
    wallet: { type: 'string', value: 'FILE', description: 'the wallet' },
    ...passphraseOption,
    disclose: {
      type: 'string',
      value: 'TYPE,...',
      description: 'the claim types to disclose, in full or only their last part (default: none)',
    },
    uidp: {
      type: 'string',
      multiple: true,
      value: 'URI',
      description: 'Issuer parameters of a token to present; may be repeated (default: those that the claims need)',
    },
    device: { type: 'string', value: 'FILE', description: 'the Device that protects the tokens' },
    ...serverOptions,
    'relying-party': { type: 'string', value: 'URL', description: 'the Relying Party (default: --url)' },
    message: { type: 'string', value: 'FILE', description: 'the up:Message of the Relying Party' },
    sign: { type: 'boolean', description: 'agree to sign the data in the message' },
    'allow-unnamed-nonce': {
      type: 'boolean',
      description: 'answer a message that does not name the Relying Party, and so may be for another one',
    },
    persistent: { type: 'boolean', description: 'let the Relying Party recognise you' },
    'id-only': { type: 'boolean', description: 'let the Relying Party recognise you, and disclose no claims' },
    out: { type: 'string', value: 'FILE', description: 'where to write the presentation; optional with --url' },
    ...jsonFrameworkOption,
    json: { type: 'boolean', description: 'print the result as JSON' },
  },

  async run({ values }, terminal) {
    if (values['json-framework'] === true) return presentInJson(values, terminal)
    const { wallet: file, out: target, device: deviceFile, url, json = false } = values
    if (file === undefined) throw new UsageError('missing --wallet')
    if (target === undefined && url === undefined) throw new UsageError('missing --out for the presentation, or --url')
    if (target !== undefined && existsSync(target)) throw new UsageError(`${target} exists; choose another --out`)
    if (url !== undefined && values.message !== undefined)
      throw new UsageError('--message and --url cannot be combined')
    const relyingParty = values['relying-party'] ?? url?.replace(/\/+$/, '')
    if (relyingParty === undefined) throw new UsageError('missing --relying-party')
    const choice = choiceOf(values)
    if (!existsSync(file)) throw new UsageError(`no such wallet ${file}; create one with \`uprove obtain\``)
    const server = url === undefined ? undefined : await serverOf(values)
    const passphrase = await readPassphrase(values, terminal)
    const progress = new Progress(terminal.err)
    const engine = await createEngine()
    try {
      const kept = await keptParameters(file, engine)
      const selections = selectClaims(kept, namesIn(values.disclose), values.uidp ?? [])
      progress.update('getting the message')
      const message = await messageOf(server, values.message)
      progress.update('presenting')
      const made = await orAdvice(async () => {
        const device =
          deviceFile === undefined
            ? undefined
            : await openDevice(deviceFile, itemAt(selections, 0).parameters, terminal.err)
        return presentSelections({
          wallet: await openWallet(file, passphrase, kept),
          ...{ selections, message, relyingParty, choice, device },
          allowUnnamedNonce: values['allow-unnamed-nonce'],
          consent: consentOf(values.sign === true, terminal.err),
        })
      })
      const text = new TextDecoder().decode(canonicalize(made.token))
      if (target !== undefined) await writeFileWhole(target, text, { secret: true })
      progress.update('waiting for the verdict')
      const verdict = server && (await verifyInJson(server, text, message && textOf(message)))
      progress.clear()
      const report = { target, selections, made, verdict, signedData: message?.signedData }
      terminal.out.write(json ? `${JSON.stringify(factsOf(report))}\n` : describe(report))
      return verdict?.valid === false ? exitCode.failure : exitCode.success
    } finally {
      progress.clear()
      engine.dispose()
    }
  },
})

/** Throws `UsageError`. */
function choiceOf(values: {
  readonly persistent?: boolean
  readonly 'id-only'?: boolean
  readonly disclose?: string
}): TokenChoice {
  if (values['id-only'] !== true) return values.persistent === true ? 'pair' : 'claims'
  if (values.disclose !== undefined) throw new UsageError('--id-only and --disclose cannot be combined')
  return 'ID'
}

const namesIn = (list = ''): string[] => list.split(',').filter((name) => name !== '')

/** The message to answer: a new one of the server, or the one in a file. Undefined for a message of the client's own. */
async function messageOf(
  server: Server | undefined,
  file: string | undefined,
): Promise<PresentationMessage | undefined> {
  if (server !== undefined) return askForMessage(server)
  return file === undefined ? undefined : readMessage(parseXml(await readText(file)))
}

const textOf = (message: PresentationMessage): string => new TextDecoder().decode(canonicalize(messageElement(message)))

/** Shows the data to be signed. Without --sign that is a failure. */
const consentOf =
  (agreed: boolean, err: Stream): Consent =>
  (data) => {
    if (!agreed) throw new FailureError(`the message contains data to sign: "${printable(data)}". Agree with --sign`)
    err.write(`Signing: "${printable(data)}"\n`)
    return true
  }

async function orAdvice<T>(present: () => Promise<T>): Promise<T> {
  try {
    return await present()
  } catch (error) {
    if (!(error instanceof WsTrustError)) throw error
    const advice: Readonly<Record<string, string>> = {
      'ws-trust/no-token': 'the wallet has no unused token for this; get more with `uprove obtain`',
      'ws-trust/other-relying-party': 'the message names another Relying Party, which could use your answer there',
      'ws-trust/unnamed-relying-party':
        'the message does not name the Relying Party; answer it with --allow-unnamed-nonce if you know where it comes from',
      'ws-trust/device-required': 'a Device protects this token; name its file with --device',
    }
    const text = advice[error.code]
    throw text === undefined ? error : new FailureError(`${text} (${error.code})`, { cause: error })
  }
}

interface Report {
  readonly target: string | undefined
  readonly selections: readonly Selection[]
  readonly made: MadePresentation
  readonly verdict: Verdict | undefined
  readonly signedData: string | undefined
}

function factsOf({ target, selections, made, verdict, signedData }: Report): object {
  return {
    presentation: target,
    disclosed: selections.flatMap(({ disclose }) => disclose),
    issuers: selections.map(({ parameters }) => parameters.specification.issuer),
    persistentIdentifiers: made.persistentIdentifiers,
    signedData,
    verdict,
  }
}

function describe({ target, selections, made, verdict, signedData }: Report): string {
  const claims = selections.flatMap(({ disclose }) => disclose)
  const lines = [
    `${target ?? 'The presentation'} discloses ${claims.length === 0 ? 'no claims' : claims.join(', ')}`,
    ...made.persistentIdentifiers.map((identifier) => `persistent identifier: ${identifier}`),
    ...(signedData === undefined ? [] : [`signed: ${signedData}`]),
  ]
  const text = lines.map((line) => `${printable(line)}\n`).join('')
  return verdict === undefined ? text : text + describeVerdict(verdict)
}
