import { actionOptions, checkOptions, type Action } from '../authority/action.js'
import { approve, deny } from '../authority/decisions.js'
import { unlock } from '../authority/lockout.js'
import { list, pending, show } from '../authority/records.js'
import { recover } from '../authority/recovery.js'
import { crl, revoke, revokeListed, unrevoke } from '../authority/revocations.js'
import { templates } from '../authority/templates.js'
import { columns, defineCommand } from '../command/command.js'
import { UsageError } from '../errors.js'
import { REVOCATION_REASONS } from '../../pki/ca/records/store.js'
import { Operator } from '../servers/operator.js'

const ACTIONS: Readonly<Record<string, Action>> = {
  ...{ list, pending, show, approve, deny, revoke, 'revoke-listed': revokeListed, unrevoke },
  ...{ crl, templates, recover, unlock },
}

const description = `Manages the authority of the deployment in DIR: through its server or, if it does not run, by itself.
${columns([
  ['list', 'list requests with their certificates, oldest first'],
  ['pending', 'list the requests that wait for an operator'],
  ['show ID | SERIAL', 'show a request with its history, or a certificate; SERIAL is hexadecimal'],
  ['approve ID', 'issue the certificate of a request'],
  ['deny ID', 'deny a request'],
  ['revoke SERIAL', 'revoke a certificate; with --reason certificateHold until unrevoke'],
  ['revoke-listed FILE', 'revoke what a CRL of this authority lists, after a backup was restored'],
  ['unrevoke SERIAL', 'end the hold of a certificate'],
  ['crl', 'publish a new CRL if one is due, or no server runs, and say what the last one has'],
  ['templates', 'list the profiles, and which of them the policy service offers: all, or to --account NAME'],
  ['recover SERIAL', 'decrypt an archived private key with the key of a recovery agent'],
  ['unlock', 'forget failed logins: --account NAME or --address IP'],
])}
Reasons: ${REVOCATION_REASONS.join(', ')}.
`

export const ca = defineCommand({
  name: 'ca',
  positionals: 'DIR ACTION',
  description,
  options: actionOptions,

  async run({ values, positionals: [folder, name = '', argument, ...others] }, terminal) {
    if (folder === undefined) throw new UsageError('missing folder DIR of a deployment')
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
    if (action === undefined) {
      throw new UsageError(`missing or unknown action; choose from ${Object.keys(ACTIONS).join(', ')}`)
    }
    if (action.takes !== undefined && argument === undefined) throw new UsageError(`missing ${action.takes}`)
    if (others.length > 0 || (action.takes === undefined && argument !== undefined)) {
      throw new UsageError('too many arguments')
    }
    checkOptions(name, action, values)
    const operator = await Operator.of(folder, terminal)
    try {
      return await action.run({ operator, argument: argument ?? '', values }, terminal)
    } finally {
      await operator.close()
    }
  },
})
