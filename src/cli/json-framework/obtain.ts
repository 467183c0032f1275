import { itemAt } from '../../../bindings/octets/lists.js'
import { createEngine } from '../../index.js'
import { specificationOf } from '../../json/artefacts/specification.js'
import { obtainTokens } from '../../json/parties/obtain-tokens.js'
import { openJsonFileWallet } from '../../store/wallet-file.js'
import { exitCode, type ExitCode } from '../command/command.js'
import { Progress, type Terminal } from '../command/terminal.js'
import { UsageError } from '../errors.js'
import { readPassphrase, readPassword } from '../files/secrets.js'
import { fetchKeys, issuing } from '../servers/json-framework.js'
import { serverOf } from '../servers/server.js'
import { checkNumbers, checkSameOrder, Order } from '../wallet/order.js'
import { countOf } from '../wallet/wallets.js'
import { keepKey, keyNamed, kidOf } from './keys.js'
import { refuseOptions } from './options.js'

/** How many tokens to ask for in one exchange: within the default limits of a deployment, and in steps that show progress. */
const AT_ONCE = 250

export interface ObtainValues {
  readonly url?: string
  readonly ca?: string
  readonly user?: string
  readonly claim?: string
  readonly wallet?: string
  readonly uidp?: string
  readonly resume?: boolean
  readonly json?: boolean
  readonly 'password-file'?: string
  readonly 'passphrase-file'?: string
}

/** `uprove obtain --json-framework`: tokens into a wallet, several exchanges one after another. */
export async function obtainInJson(values: ObtainValues, terminal: Terminal): Promise<ExitCode> {
  refuseOptions({ ...values }, ['id', 'device'])
  const { user, wallet: file, resume = false, json = false } = values
  if (user === undefined) throw new UsageError('missing --user, the account to log in with')
  if (file === undefined) throw new UsageError('missing --wallet for the tokens')
  const ordered = { claim: countOf('claim', values.claim), ID: 0 }
  checkNumbers(ordered, resume)
  const left = resume ? await Order.left(file) : undefined
  const subject = { framework: 'JSON Framework', user, device: false } as const
  if (left !== undefined) checkSameOrder(left, { ...subject, issuer: values.uidp })
  const { claim: total } = left ?? ordered
  const kid = left?.issuer ?? values.uidp
  const server = await serverOf(values)
  const password = await readPassword(values, terminal)
  const passphrase = await readPassphrase(values, terminal)
  const progress = new Progress(terminal.err, true)
  const engine = await createEngine()
  try {
    progress.update('fetching the key')
    const keys = await fetchKeys(server, engine)
    const parameters = kid === undefined ? itemAt(keys, 0) : keyNamed(keys, kid)
    const wallet = await openJsonFileWallet(file, { passphrase })
    await keepKey(file, parameters, engine)
    const post = issuing(server, { username: user, password })
    const order = await Order.begin(file, { ...subject, issuer: kidOf(parameters) }, { claim: total, ID: 0 })
    // The tokens of each exchange are in the wallet before the next one begins. An Issuer may give fewer than it is asked for.
    let obtained = 0
    try {
      while (obtained < total) {
        progress.count('tokens', obtained, total)
        const batch = await obtainTokens({ parameters, post, count: Math.min(total - obtained, AT_ONCE) })
        await wallet.add(parameters, batch)
        obtained += batch.count
        await order.kept('claim', batch.count)
      }
    } catch (error) {
      progress.clear()
      order.report(terminal.err)
      throw error
    }
    progress.count('tokens', obtained, total)
    const fresh = await wallet.count(parameters)
    progress.clear()
    const facts = { obtained, fresh, wallet: file, kid: kidOf(parameters), specification: specificationOf(parameters) }
    terminal.out.write(
      json
        ? `${JSON.stringify(facts)}\n`
        : `Obtained ${obtained} tokens.\n${file} now holds ${fresh} unused tokens under the key ${facts.kid} of ${server.url}.\n`,
    )
    return exitCode.success
  } finally {
    progress.clear()
    engine.dispose()
  }
}
