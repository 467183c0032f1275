import { existsSync } from 'node:fs'
import { known } from '../../../bindings/octets/lists.js'
import { createEngine, presentToken, type IssuerParameters } from '../../index.js'
import { algorithmOf } from '../../json/artefacts/algorithms.js'
import { writeJws } from '../../json/artefacts/jws.js'
import { JsonError } from '../../json/errors.js'
import { checkChallenge, readChallenge } from '../../json/parties/challenge.js'
import { openJsonFileWallet } from '../../store/wallet-file.js'
import { exitCode, type ExitCode } from '../command/command.js'
import { printable } from '../command/failures.js'
import { Progress, type Terminal } from '../command/terminal.js'
import { FailureError, UsageError } from '../errors.js'
import { readOctets, writeFileWhole } from '../files/files.js'
import { readPassphrase } from '../files/secrets.js'
import { askForChallenge, describeJsonVerdict, verifyJws } from '../servers/json-framework.js'
import { serverOf } from '../servers/server.js'
import { claimTypeOf } from '../wallet/wallets.js'
import { claimTypesOf, keptKeys, keyNamed, kidOf } from './keys.js'
import { refuseOptions } from './options.js'

export interface PresentValues {
  readonly wallet?: string
  readonly 'passphrase-file'?: string
  readonly disclose?: string
  readonly uidp?: readonly string[]
  readonly url?: string
  readonly ca?: string
  readonly 'relying-party'?: string
  readonly message?: string
  readonly sign?: boolean
  readonly 'allow-unnamed-nonce'?: boolean
  readonly out?: string
  readonly json?: boolean
}

/** `uprove present --json-framework`: a token out of a wallet, as a JWS that answers a challenge. */
export async function presentInJson(values: PresentValues, terminal: Terminal): Promise<ExitCode> {
  refuseOptions({ ...values }, ['device', 'persistent', 'id-only'])
  const { wallet: file, out: target, url, json = false, uidp: kids = [] } = values
  if (file === undefined) throw new UsageError('missing --wallet')
  if (target === undefined && url === undefined) throw new UsageError('missing --out for the presentation, or --url')
  if (target !== undefined && existsSync(target)) throw new UsageError(`${target} exists; choose another --out`)
  if (kids.length > 1) throw new UsageError('a presentation of the JSON Framework has one token; give one --uidp')
  if ((url === undefined) === (values.message === undefined)) {
    throw new UsageError('give either --url of a Verifier, or the --message to answer')
  }
  const audience = values['relying-party'] ?? url?.replace(/\/+$/, '')
  if (audience === undefined) throw new UsageError('missing --relying-party, which the message must name')
  if (!existsSync(file)) throw new UsageError(`no such wallet ${file}; create one with \`uprove obtain\``)
  const server = url === undefined ? undefined : await serverOf(values)
  const passphrase = await readPassphrase(values, terminal)
  const progress = new Progress(terminal.err)
  const engine = await createEngine()
  try {
    const { parameters, disclosed, claimTypes } = choose(
      await keptKeys(file, engine),
      namesIn(values.disclose),
      kids[0],
    )
    progress.update('getting the challenge')
    const message =
      values.message === undefined ? utf8(await askForChallenge(known(server))) : await readOctets(values.message)
    const signedData = await agreedData(message, { ...values, audience }, terminal)
    progress.update('presenting')
    const held = await (await openJsonFileWallet(file, { passphrase })).take(parameters)
    if (held === undefined) {
      throw new FailureError('the wallet has no unused token for this; get more with `uprove obtain --json-framework`')
    }
    const { token, attributes } = held
    const { proof } = presentToken(parameters, token, { attributes, disclosed, message })
    const jws = writeJws(algorithmOf(parameters), message, { token: token.token }, proof)
    if (target !== undefined) await writeFileWhole(target, `${jws}\n`, { secret: true })
    progress.update('waiting for the verdict')
    const verdict = server && (await verifyJws(server, jws))
    progress.clear()
    const facts = { presentation: target, disclosed: claimTypes, kid: kidOf(parameters), signedData, verdict }
    terminal.out.write(
      json
        ? `${JSON.stringify(facts)}\n`
        : describe(facts) + (verdict === undefined ? '' : describeJsonVerdict(verdict)),
    )
    return verdict?.valid === false ? exitCode.failure : exitCode.success
  } finally {
    progress.clear()
    engine.dispose()
  }
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const namesIn = (list = ''): string[] => list.split(',').filter((name) => name !== '')

interface Choice {
  readonly parameters: IssuerParameters
  /** Indices of the attributes. */
  readonly disclosed: readonly number[]
  readonly claimTypes: readonly string[]
}

/** The first key whose tokens have all the claims, or the one that is named. Throws `UsageError`. */
function choose(keys: readonly IssuerParameters[], names: readonly string[], kid: string | undefined): Choice {
  const candidates = kid === undefined ? keys : [keyNamed(keys, kid)]
  let failure = new UsageError('the wallet has no tokens of the JSON Framework')
  for (const parameters of candidates) {
    const known = claimTypesOf(parameters)
    try {
      const claimTypes = [...new Set(names.map((name) => claimTypeOf(name, known)))]
      const disclosed = claimTypes.map((type) => known.indexOf(type) + 1).sort((one, other) => one - other)
      return { parameters, disclosed, claimTypes }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      failure = error
    }
  }
  throw failure
}

/** Checks a message before a token is taken, and returns its data to sign. Throws `FailureError`, `JsonError`. */
async function agreedData(
  message: Uint8Array,
  { audience, sign, 'allow-unnamed-nonce': allowUnnamed }: PresentValues & { readonly audience: string },
  { err }: Terminal,
): Promise<string | undefined> {
  const consent = (data: string): boolean => {
    if (sign !== true)
      throw new FailureError(`the message contains data to sign: "${printable(data)}". Agree with --sign`)
    err.write(`Signing: "${printable(data)}"\n`)
    return true
  }
  try {
    const challenge = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message)
    const { request, signedData } = readChallenge(challenge)
    await checkChallenge(challenge, { audience, request, consent })
    return signedData
  } catch (error) {
    if (error instanceof JsonError && error.code === 'json/other-audience') {
      const text = 'the message names another Verifier, which could use your answer there'
      throw new FailureError(`${text} (${error.code})`, { cause: error })
    }
    if (error instanceof FailureError) throw error
    // Not a challenge: the framework leaves to applications what a message is.
    if (allowUnnamed === true) return undefined
    throw new FailureError(
      'the message does not name the Verifier; answer it with --allow-unnamed-nonce if you know where it comes from',
      { cause: error },
    )
  }
}

function describe({
  presentation = 'The presentation',
  disclosed,
  signedData,
}: {
  readonly presentation: string | undefined
  readonly disclosed: readonly string[]
  readonly signedData: string | undefined
}): string {
  const lines = [
    `${presentation} discloses ${disclosed.length === 0 ? 'no claims' : disclosed.join(', ')}`,
    ...(signedData === undefined ? [] : [`signed: ${signedData}`]),
  ]
  return lines.map((line) => `${printable(line)}\n`).join('')
}
