import { existsSync } from 'node:fs'
import { createEngine, type Engine } from '../../index.js'
import { PATHS } from '../../server/deployment/paths.js'
import { SoapClient } from '../../soap/client.js'
import type { ProfileParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import { soapIssuance } from '../../ws-trust/soap/soap-client.js'
import { TokenClient } from '../../ws-trust/issuance/token-client.js'
import type { SealedWallet } from '../../ws-trust/wallet/sealed-wallet.js'
import { defineCommand, exitCode } from '../command/command.js'
import { FailureError, UsageError } from '../errors.js'
import { writeFileWhole } from '../files/files.js'
import { passphraseOption, passwordOption, readPassphrase, readPassword } from '../files/secrets.js'
import { serverOf, serverOptions } from '../servers/server.js'
import { Progress } from '../command/terminal.js'
import { countOf, keptParameters, openWallet, parametersBeside, trustedParameters } from '../wallet/wallets.js'

const description = `Obtains claim and ID tokens of a user from the Claim Provider of a server, over WS-Trust, into a wallet: a file that is encrypted
under a passphrase. The Issuer parameters are fetched, verified with --ca as the authority, and kept beside the wallet.

Claims do not change by being obtained again: a token is to be presented once, an ID token belongs to one Relying Party.`

/** Tokens of each class in one exchange at most: what deployments allow by default, in pieces that show progress. */
const AT_ONCE = { claim: 250, ID: 100 }

export const obtain = defineCommand({
  name: 'obtain',
  description,
  options: {
    ...serverOptions,
    user: { type: 'string', value: 'NAME', description: 'the account whose claims the tokens have' },
    ...passwordOption,
    claim: { type: 'string', value: 'N', description: 'how many claim tokens (default: none)' },
    id: { type: 'string', value: 'N', description: 'how many ID tokens (default: none)' },
    wallet: { type: 'string', value: 'FILE', description: 'where the tokens go; made if it is not there' },
    ...passphraseOption,
    uidp: { type: 'string', value: 'URI', description: 'of other Issuer parameters than the first of the server' },
    json: { type: 'boolean', description: 'print what was obtained as JSON' },
  },

  async run({ values, positionals }, terminal) {
    const { user, wallet: file, json = false } = values
    if (positionals.length > 0) throw new UsageError(`what is ${positionals[0]!}? All is said with options`)
    if (user === undefined) throw new UsageError('--user is missing: whose tokens?')
    if (file === undefined) throw new UsageError('--wallet is missing: where do the tokens go?')
    if (values.ca === undefined) throw new UsageError('--ca is missing: who vouches for the Issuer parameters?')
    const counts = { claim: countOf('claim', values.claim), ID: countOf('id', values.id) }
    if (counts.claim + counts.ID === 0) throw new UsageError('how many tokens? Give --claim, --id or both')
    const server = await serverOf(values)
    const password = await readPassword(values, terminal)
    const passphrase = await readPassphrase(values, terminal)

    const progress = new Progress(terminal.err, true)
    const engine = await createEngine()
    try {
      progress.update('fetching the Issuer parameters')
      const { uidp } = values
      const wanted = uidp === undefined ? '' : `?uidp=${encodeURIComponent(uidp)}`
      const document = await server.get(`${PATHS.issuerParameters}/1${wanted}`)
      const parameters = await trustedParameters(document, server.ca!, engine)
      if (uidp !== undefined && parameters.uidp !== uidp) throw new FailureError('the server gave other parameters')
      await checkWallet(file, parameters, engine)
      await writeFileWhole(parametersBeside(file), document, { secret: true, replace: true })
      const wallet = await openWallet(file, passphrase, parameters)
      const client = new SoapClient({ transport: server.transport, credentials: { username: user, password } })
      const transport = soapIssuance({ client, url: server.url + PATHS.claimProvider })
      await obtainAll(new TokenClient({ parameters, granularity: 'day' }), transport, counts, wallet, progress)
      const fresh = await countFresh(wallet, parameters)
      progress.clear()
      terminal.out.write(
        json
          ? `${JSON.stringify({ obtained: counts, fresh, wallet: file, uidp: parameters.uidp })}\n`
          : `${file}: ${counts.claim} claim and ${counts.ID} ID tokens more; fresh ones in it: ${fresh.claim} and ${fresh.ID}\n`,
      )
      return exitCode.success
    } finally {
      progress.clear()
      engine.dispose()
    }
  },
})

/** A wallet here has the tokens of one Issuer's parameters, which stand beside it. Throws `UsageError`. */
async function checkWallet(file: string, { uidp }: ProfileParameters, engine: Engine): Promise<void> {
  const beside = parametersBeside(file)
  if (!existsSync(beside)) return
  const kept = await keptParameters(beside, engine)
  if (kept.uidp === uidp) return
  throw new UsageError(
    `the tokens in ${file} are of the Issuer parameters ${kept.uidp}: give another --wallet for ${uidp}`,
  )
}

type Counts = Readonly<Record<'claim' | 'ID', number>>

/** In exchanges of their own, each of which is in the wallet before the next one begins. */
async function obtainAll(
  client: TokenClient,
  transport: ReturnType<typeof soapIssuance>,
  counts: Counts,
  wallet: SealedWallet,
  progress: Progress,
): Promise<void> {
  const left = { ...counts }
  const total = counts.claim + counts.ID
  while (left.claim + left.ID > 0) {
    progress.count('tokens', total - left.claim - left.ID, total)
    const [claim, ID] = [Math.min(left.claim, AT_ONCE.claim), Math.min(left.ID, AT_ONCE.ID)]
    const batches = await client.obtain({ claim, ID }, transport)
    await wallet.add(batches)
    // A Claim Provider may give fewer than it is asked for.
    for (const { tokenClass, tokens } of batches) left[tokenClass] = Math.max(0, left[tokenClass] - tokens.length)
    if (batches.every(({ tokens }) => tokens.length === 0)) {
      throw new FailureError(
        `the Claim Provider gives no more: ${left.claim} claim and ${left.ID} ID tokens are lacking`,
      )
    }
  }
  progress.count('tokens', total, total)
}

async function countFresh(wallet: SealedWallet, { uidp }: ProfileParameters): Promise<Counts> {
  return { claim: await wallet.count('claim', { uidp }), ID: await wallet.count('ID', { uidp }) }
}
