import { known } from '../../../bindings/octets/lists.js'
import { createEngine } from '../../index.js'
import { PATHS } from '../../server/deployment/paths.js'
import { SoapClient } from '../../soap/client.js'
import { TokenClient, type IssuanceTransport, type RequestedDevice } from '../../ws-trust/issuance/token-client.js'
import { soapIssuance } from '../../ws-trust/soap/soap-client.js'
import type { SealedWallet } from '../../ws-trust/wallet/sealed-wallet.js'
import { defineCommand, exitCode } from '../command/command.js'
import { Progress } from '../command/terminal.js'
import { FailureError, UsageError } from '../errors.js'
import { passphraseOption, passwordOption, readPassphrase, readPassword } from '../files/secrets.js'
import { obtainInJson } from '../json-framework/obtain.js'
import { jsonFrameworkOption } from '../json-framework/options.js'
import { serverOf, serverOptions } from '../servers/server.js'
import { openDevice, requestedDevice } from '../wallet/device-file.js'
import { checkNumbers, checkSameOrder, Order, type TokenCounts } from '../wallet/order.js'
import { countOf, keepParameters, openWallet, trustedParameters } from '../wallet/wallets.js'

const description = `Obtains claim and ID tokens from the Claim Provider of a server, over WS-Trust, into a wallet: a file that is encrypted under a
passphrase. It fetches the Issuer parameters, verifies that the authority in --ca certified their signer, and keeps them beside
the wallet. A wallet can hold tokens of several Issuers.

A claim token carries the claims of the user and is presented once. An ID token carries none; it lets one Relying Party
recognise the user. Either can be obtained without the other.

Tokens of each exchange are in the wallet before the next exchange begins. If one fails, it prints what was kept and what is missing; the
file WALLET.missing remembers that, also after Ctrl-C or a crash, and --resume goes on.

With --json-framework it obtains claim tokens over the U-Prove JSON Framework, on a curve, into the same file. The key of the Issuer
is the one that the server publishes over TLS.`

/** How many tokens of each class to ask for in one exchange: within the default limits of a deployment, and in steps that show progress. */
const AT_ONCE = { claim: 250, ID: 100 }

export const obtain = defineCommand({
  name: 'obtain',
  description,
  options: {
    ...serverOptions,
    user: { type: 'string', value: 'NAME', description: 'the account to log in with; the tokens carry its claims' },
    ...passwordOption,
    claim: { type: 'string', value: 'N', description: 'number of claim tokens (default: none)' },
    id: { type: 'string', value: 'N', description: 'number of ID tokens (default: none)' },
    resume: { type: 'boolean', description: 'fetch what is missing of the last order, instead of --claim and --id' },
    wallet: { type: 'string', value: 'FILE', description: 'the wallet; created if it does not exist' },
    ...passphraseOption,
    device: { type: 'string', value: 'FILE', description: 'the Device that protects the tokens' },
    uidp: {
      type: 'string',
      value: 'URI',
      description: 'the Issuer parameters to use, with --json-framework their kid (default: the first of the server)',
    },
    ...jsonFrameworkOption,
    json: { type: 'boolean', description: 'print the result as JSON' },
  },

  async run({ values }, terminal) {
    if (values['json-framework'] === true) return obtainInJson(values, terminal)
    const { user, wallet: file, device: deviceFile, resume = false, json = false } = values
    if (user === undefined) throw new UsageError('missing --user, the account to log in with')
    if (file === undefined) throw new UsageError('missing --wallet for the tokens')
    if (values.ca === undefined) throw new UsageError('missing --ca, the authority that certified the Issuer')
    const ordered = { claim: countOf('claim', values.claim), ID: countOf('id', values.id) }
    checkNumbers(ordered, resume)
    const left = resume ? await Order.left(file) : undefined
    const subject = { framework: 'WS-Trust', user, device: deviceFile !== undefined } as const
    if (left !== undefined) checkSameOrder(left, { ...subject, issuer: values.uidp })
    const { claim, ID } = left ?? ordered
    const counts = { claim, ID }
    const uidp = left?.issuer ?? values.uidp
    const server = await serverOf(values)
    const password = await readPassword(values, terminal)
    const passphrase = await readPassphrase(values, terminal)

    const progress = new Progress(terminal.err, true)
    const engine = await createEngine()
    try {
      progress.update('fetching the Issuer parameters')
      const wanted = uidp === undefined ? 'current' : `1?uidp=${encodeURIComponent(uidp)}`
      const document = await server.get(`${PATHS.issuerParameters}/${wanted}`)
      const parameters = await trustedParameters(document, known(server.ca), engine)
      if (uidp !== undefined && parameters.uidp !== uidp)
        throw new FailureError('the server sent other Issuer parameters')
      const software = deviceFile === undefined ? undefined : await openDevice(deviceFile, parameters, terminal.err)
      const device = deviceFile && software && (await requestedDevice(deviceFile, software, parameters))
      const wallet = await openWallet(file, passphrase, await keepParameters(file, parameters, document, engine))
      const client = new SoapClient({ transport: server.transport, credentials: { username: user, password } })
      const order = await Order.begin(file, { ...subject, issuer: parameters.uidp }, counts)
      await obtainAll({
        client: new TokenClient({ parameters, granularity: 'day' }),
        transport: soapIssuance({ client, url: server.url + PATHS.claimProvider }),
        ...{ order, wallet, progress },
        device: device || undefined,
      }).catch((error: unknown) => {
        progress.clear()
        order.report(terminal.err)
        throw error
      })
      software?.dispose()
      const query = { uidp: parameters.uidp }
      const fresh = { claim: await wallet.count('claim', query), ID: await wallet.count('ID', query) }
      progress.clear()
      const isProtected = device === undefined ? '' : ', protected by the Device'
      terminal.out.write(
        json
          ? `${JSON.stringify({ obtained: counts, fresh, wallet: file, ...query, deviceProtected: device !== undefined })}\n`
          : `Obtained ${counts.claim} claim tokens and ${counts.ID} ID tokens${isProtected}.
${file} now holds ${fresh.claim} unused claim tokens and ${fresh.ID} unused ID tokens of ${parameters.specification.issuer}.
`,
      )
      return exitCode.success
    } finally {
      progress.clear()
      engine.dispose()
    }
  },
})

interface Obtaining {
  readonly client: TokenClient
  readonly transport: IssuanceTransport
  readonly order: Order
  readonly device: RequestedDevice | undefined
  readonly wallet: SealedWallet
  readonly progress: Progress
}

/** Obtains tokens in several exchanges. The tokens of each are in the wallet before the next exchange begins. */
async function obtainAll({ client, transport, order, device, wallet, progress }: Obtaining): Promise<void> {
  const sum = ({ claim, ID }: TokenCounts): number => claim + ID
  const total = sum(order.missing)
  while (sum(order.missing) > 0) {
    const { missing } = order
    progress.count('tokens', total - sum(missing), total)
    const [claim, ID] = [Math.min(missing.claim, AT_ONCE.claim), Math.min(missing.ID, AT_ONCE.ID)]
    const batches = await client.obtain({ claim, ID, device }, transport)
    await wallet.add(batches)
    // A Claim Provider may issue fewer than requested.
    for (const { tokenClass, tokens } of batches) await order.kept(tokenClass, tokens.length)
    if (batches.every(({ tokens }) => tokens.length === 0)) {
      throw new FailureError('the Claim Provider issued fewer tokens')
    }
  }
  progress.count('tokens', total, total)
}
