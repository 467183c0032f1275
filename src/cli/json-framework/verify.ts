import { equalOctets } from '../../../bindings/octets/octets.js'
import { createEngine, type Engine, type IssuerParameters } from '../../index.js'
import { readPresentedJwp } from '../../json/artefacts/jwp.js'
import { readJws, type SignedPresentation } from '../../json/artefacts/jws.js'
import { verifyJsonPresentation } from '../../json/artefacts/verification.js'
import { JsonError } from '../../json/errors.js'
import { readChallenge, type Challenge } from '../../json/parties/challenge.js'
import { verdictDocument, type JsonVerdict } from '../../server/routes/json-routes.js'
import { exitCode, type ExitCode } from '../command/command.js'
import type { Terminal } from '../command/terminal.js'
import { UsageError } from '../errors.js'
import { readOctets, readText } from '../files/files.js'
import { describeJsonVerdict, readKeys, verifyJws } from '../servers/json-framework.js'
import { serverOf } from '../servers/server.js'
import { claimTypesOf } from './keys.js'
import { refuseOptions } from './options.js'

export interface VerifyValues {
  readonly url?: string
  readonly ca?: string
  readonly message?: string
  readonly parameters?: readonly string[]
  readonly 'relying-party'?: string
  readonly json?: boolean
}

/** `uprove verify --json-framework`: the verdict of a server, or of this machine as of a time. */
export async function verifyInJsonFramework(
  file: string,
  values: VerifyValues,
  receivedAt: Date,
  { out }: Terminal,
): Promise<ExitCode> {
  refuseOptions({ ...values }, ['soap', 'trust', 'allow-legacy'])
  const { url, message, parameters, json = false } = values
  if (url !== undefined && message !== undefined) {
    throw new UsageError('--message and --url cannot be combined: the presentation contains its message')
  }
  const presentation = (await readText(file)).trim()
  const verdict =
    parameters === undefined
      ? await verifyJws(await serverOf({ ...values, url }), presentation)
      : await verifyHere(presentation, { ...values, parameters }, receivedAt)
  out.write(json ? `${JSON.stringify(verdict, undefined, 2)}\n` : describeJsonVerdict(verdict))
  return verdict.valid ? exitCode.success : exitCode.failure
}

async function verifyHere(
  text: string,
  values: VerifyValues & { readonly parameters: readonly string[] },
  receivedAt: Date,
): Promise<JsonVerdict> {
  const { message, 'relying-party': audience } = values
  if (audience === undefined && message === undefined) {
    throw new UsageError('missing --relying-party, or --message of the Relying Party')
  }
  // A JWS has three parts, a JWP in presented form four.
  const presentation = text.split('.', 5).length === 4 ? readPresentedJwp(text) : readJws(text)
  if (message !== undefined && !equalOctets(presentation.message, await readOctets(message))) {
    return { valid: false, code: 'verifier/message' }
  }
  const challenge = challengeOf(presentation)
  if (audience !== undefined && challenge?.audience !== audience) return { valid: false, code: 'verifier/audience' }
  const engine = await createEngine()
  try {
    const keys: IssuerParameters[] = []
    for (const source of values.parameters) keys.push(...(await keysOf(source, values.ca, engine)))
    const verdict = verifyJsonPresentation(presentation, { keys, receivedAt })
    return verdict.valid
      ? verdictDocument({ ...verdict, challenge }, claimTypesOf(verdict.parameters))
      : verdictDocument(verdict, [])
  } finally {
    engine.dispose()
  }
}

/** The keys in a file, or at an https URL. Throws `UsageError` if there are none. */
async function keysOf(source: string, ca: string | undefined, engine: Engine): Promise<IssuerParameters[]> {
  const text = /^https:/i.test(source) ? await (await serverOf({ url: source, ca })).get('') : await readText(source)
  const keys = readKeys(text, engine)
  if (keys.length === 0) throw new UsageError(`${source} has no key of the JSON Framework`)
  return keys
}

/** The challenge that a presentation answers; undefined for another message, which the framework leaves to applications. */
function challengeOf({ message }: SignedPresentation): Challenge | undefined {
  try {
    return readChallenge(message)
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}
