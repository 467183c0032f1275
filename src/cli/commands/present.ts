import { existsSync } from 'node:fs'
import { createEngine } from '../../index.js'
import { readMessage } from '../../ws-trust/artefacts/presentation-message.js'
import { presentFromWallet } from '../../ws-trust/wallet/wallet-presentation.js'
import { WsTrustError } from '../../ws-trust/errors.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import { defineCommand, exitCode } from '../command/command.js'
import { FailureError, UsageError } from '../errors.js'
import { printable } from '../command/failures.js'
import { readText, writeFileWhole } from '../files/files.js'
import { passphraseOption, readPassphrase } from '../files/secrets.js'
import { claimTypeOf, keptParameters, openWallet, parametersBeside } from '../wallet/wallets.js'

const description = `Takes a fresh claim token out of a wallet and presents it: writes an up:PresentationToken that discloses the claims named and
nothing else. It is for one Relying Party, and for the next minutes only. With --persistent the pair of claim and ID token is
presented that belongs to that Relying Party for good, so that it recognises its user.

--message answers a message of the Relying Party, which must name that Relying Party. If the message has data to be signed, --sign
agrees to sign them.`

export const present = defineCommand({
  name: 'present',
  description,
  options: {
    wallet: { type: 'string', value: 'FILE', description: 'where the tokens are' },
    ...passphraseOption,
    disclose: {
      type: 'string',
      value: 'TYPE,...',
      description: 'claim types, in full or their last part (default: none)',
    },
    'relying-party': { type: 'string', value: 'URL', description: 'for whom it is' },
    message: { type: 'string', value: 'FILE', description: 'the up:Message of the Relying Party' },
    sign: { type: 'boolean', description: 'agree to sign the data in the message' },
    'allow-unnamed-nonce': { type: 'boolean', description: 'answer a message that names no Relying Party' },
    persistent: { type: 'boolean', description: 'let the Relying Party recognise its user' },
    out: { type: 'string', value: 'FILE', description: 'where the presentation goes' },
    json: { type: 'boolean', description: 'print what was presented as JSON' },
  },

  async run({ values, positionals }, terminal) {
    const { wallet: file, out: target, 'relying-party': relyingParty, message: messageFile, json = false } = values
    if (positionals.length > 0) throw new UsageError(`what is ${positionals[0]!}? All is said with options`)
    if (file === undefined) throw new UsageError('--wallet is missing')
    if (target === undefined) throw new UsageError('--out is missing: where does the presentation go?')
    if (existsSync(target)) throw new UsageError(`${target} is there already: give another --out`)
    const persistentIdentifier = values.persistent === true
    if (relyingParty === undefined) {
      throw new UsageError('--relying-party is missing: for whom is it?')
    }
    if (!existsSync(file)) throw new UsageError(`there is no wallet ${file}: uprove obtain makes one`)
    const passphrase = await readPassphrase(values, terminal)
    const engine = await createEngine()
    try {
      const parameters = await keptParameters(parametersBeside(file), engine)
      const names = (values.disclose ?? '').split(',').filter((name) => name !== '')
      const disclose = names.map((name) => claimTypeOf(name, parameters))
      const message = messageFile === undefined ? undefined : readMessage(parseXml(await readText(messageFile)))
      const token = await presentFromWallet({
        wallet: await openWallet(file, passphrase, parameters),
        ...{ parameters, disclose, persistentIdentifier, message },
        relyingParty,
        allowUnnamedNonce: values['allow-unnamed-nonce'] === true,
        consent: (data) => {
          if (values.sign === true) return true
          throw new FailureError(`the message has data to be signed: "${printable(data)}". Agree with --sign`)
        },
      })
      await writeFileWhole(target, canonicalize(token), { secret: true })
      const facts = { presentation: target, disclosed: disclose, persistent: persistentIdentifier }
      terminal.out.write(
        json
          ? `${JSON.stringify(facts)}\n`
          : `${target}: discloses ${disclose.length === 0 ? 'no claims' : disclose.join(', ')}\n`,
      )
      return exitCode.success
    } catch (error) {
      if (error instanceof WsTrustError && error.code === 'ws-trust/no-token') {
        throw new FailureError('the wallet has no fresh token for this: get more with `uprove obtain`', {
          cause: error,
        })
      }
      throw error
    } finally {
      engine.dispose()
    }
  },
})
