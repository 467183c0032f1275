import { Authentication, type Accounts } from '../../../authentication/authentication.js'
import { soapService } from '../../../soap/service.js'
import { SoapFault } from '../../../soap/envelope/fault.js'
import { parseXml } from '../../../xml/parse.js'
import { encodeText } from '../../../../bindings/octets/text.js'
import { UsageError } from '../../errors.js'
import { textOf, type Entry, type RefusalsDocument, type Step, type Tree } from './entry.js'
import { inputOf } from './xml.js'

/** What a service says of a message that is right and comes from nobody. */
const NO_ACCOUNT = 'account/none'

/** One account, which takes digests. */
const accounts: Accounts = {
  verify: (name, password) => Promise.resolve(name === 'alice' && password === 'secret' ? 'alice' : undefined),
  verifyDigest: async (name, matches) => ((await matches('secret')) && name === 'alice' ? 'alice' : undefined),
}

/** Posts messages to a service that has one account: those that came before, and then that of the entry. */
async function message(entry: Entry, document: RefusalsDocument): Promise<string | undefined> {
  const at = { now: new Date(textOf(entry['at'] ?? document['at'])) }
  const authentication = new Authentication({ accounts }, () => at.now)
  let outcome: string | undefined
  const service = soapService({
    receive: async ({ securityHeader }) => {
      const account = await authentication.authenticate(securityHeader?.usernameToken, {})
      outcome = account === undefined ? NO_ACCOUNT : undefined
      return { action: 'urn:example:reply', body: parseXml('<reply xmlns="urn:example"/>') }
    },
    onError: (error) => (outcome = codeOf(error)),
    now: () => at.now,
  })
  const post = async (each: Tree): Promise<string | undefined> => {
    const input = inputOf(each, document)
    const contentType = textOf(each['contentType'] ?? 'application/soap+xml; charset=utf-8')
    outcome = 'http'
    const { status } = await service(
      {
        ...{ method: 'POST', target: '/', headers: { 'content-type': contentType } },
        body: typeof input === 'string' ? encodeText(input) : input,
      },
      undefined,
    )
    return outcome === 'http' ? `http/${String(status)}` : outcome
  }
  for (const earlier of (entry['before'] ?? []) as Tree[]) {
    const code = await post(earlier)
    if (code !== undefined) throw new UsageError(`${entry.id}: what came before is refused (${code})`)
  }
  if (entry['later'] !== undefined) at.now = new Date(textOf(entry['later']))
  return post(entry)
}

/** The code of an error; of a fault its code and subcodes, or what the parser says. */
function codeOf(error: unknown): string {
  const { code } = error as { readonly code: string }
  if (!(error instanceof SoapFault)) return code
  const { cause } = error as { readonly cause?: { readonly code?: string } }
  return cause?.code ?? [error.faultCode, ...error.subcodes.map(({ localName }) => localName)].join('/')
}

/** SOAP messages with a user name and password. */
export const soapSteps: Readonly<Record<string, Step>> = { message }
