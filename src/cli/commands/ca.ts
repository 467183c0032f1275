import { columns, defineCommand, exitCode, type ExitCode } from '../command/command.js'
import { REVOCATION_REASONS, type RevocationReason } from '../../pki/ca/records/store.js'
import { UsageError } from '../errors.js'
import { printable } from '../command/failures.js'
import { Operator } from '../servers/operator.js'
import type { Terminal } from '../command/terminal.js'

const description = `Manages the authority of the deployment in DIR, whose server must be running:
${columns([
  ['pending', 'list the requests that wait for an operator'],
  ['approve ID', 'issue the certificate of a request'],
  ['deny ID', 'deny a request'],
  ['revoke SERIAL', 'revoke a certificate; SERIAL is hexadecimal'],
])}`

export const ca = defineCommand({
  name: 'ca',
  positionals: 'DIR pending | approve ID | deny ID | revoke SERIAL',
  description,
  options: {
    reason: {
      type: 'string',
      value: 'REASON',
      description: `why a certificate is revoked: ${REVOCATION_REASONS.join(', ')} (default: unspecified)`,
    },
    json: { type: 'boolean', description: 'print the result as JSON' },
  },

  async run({ values: { reason, json = false }, positionals: [folder, action, argument, ...others] }, terminal) {
    if (folder === undefined) throw new UsageError('missing folder DIR of a deployment')
    const wanted = Object.entries(ACTIONS).find(([name]) => name === action)?.[1]
    if (wanted === undefined)
      throw new UsageError(`missing or unknown action; choose from ${Object.keys(ACTIONS).join(', ')}`)
    if (wanted.takes !== undefined && argument === undefined) throw new UsageError(`missing ${wanted.takes}`)
    if (others.length > 0 || (wanted.takes === undefined && argument !== undefined)) {
      throw new UsageError('too many arguments')
    }
    const known = REVOCATION_REASONS.find((one) => one === (reason ?? 'unspecified'))
    if (known === undefined)
      throw new UsageError(`unknown reason ${reason}; choose from ${REVOCATION_REASONS.join(', ')}`)
    if (reason !== undefined && action !== 'revoke') throw new UsageError('--reason is for revoke only')
    const operator = await Operator.of(folder, terminal)
    return wanted.run({ operator, argument: argument ?? '', reason: known, json }, terminal)
  },
})

interface Call {
  readonly operator: Operator
  readonly argument: string
  readonly reason: RevocationReason
  readonly json: boolean
}

interface Action {
  /** The argument that it needs, in words. */
  readonly takes?: string
  run(call: Call, terminal: Terminal): Promise<ExitCode>
}

const ACTIONS: Readonly<Record<'pending' | 'approve' | 'deny' | 'revoke', Action>> = {
  pending: {
    async run({ operator, json }, { out }) {
      const requests = await operator.pending()
      if (json) out.write(`${JSON.stringify(requests, undefined, 2)}\n`)
      else if (requests.length === 0) out.write('No request is pending.\n')
      else {
        const rows = requests.map(({ requestId, account, profile, subject, submittedAt, renews }): [string, string] => {
          const renewing = renews === undefined ? '' : `, renews ${renews}`
          return [requestId, printable(`${profile} for ${account}: ${subject}${renewing}, since ${submittedAt}`)]
        })
        out.write(columns(rows))
      }
      return exitCode.success
    },
  },
  approve: {
    takes: 'ID of a request',
    async run({ operator, argument, json }, { out }) {
      const status = await operator.approve(argument)
      say(out, json, { requestId: argument, status }, `Request ${argument}: ${status}.`)
      return status === 'issued' ? exitCode.success : exitCode.failure
    },
  },
  deny: {
    takes: 'ID of a request',
    async run({ operator, argument, json }, { out }) {
      const status = await operator.deny(argument)
      say(out, json, { requestId: argument, status }, `Request ${argument}: ${status}.`)
      return status === 'denied' ? exitCode.success : exitCode.failure
    },
  },
  revoke: {
    takes: 'SERIAL number of a certificate',
    async run({ operator, argument, reason, json }, { out }) {
      // OpenSSL prints serial numbers with colons.
      const serial = argument.toLowerCase().replaceAll(':', '')
      const related = await operator.revoke(serial, reason)
      const others = related.map(({ serial: other, account, why }) => {
        const reasonToo = why === 'renewal' ? 'renewed it' : 'has the same key'
        return `\nRevoke ${other} too, if it is in the same hands: it ${reasonToo}${account === undefined ? '' : ` (account ${printable(account)})`}.`
      })
      const text = `Certificate ${serial}: revoked (${reason}).${others.join('')}`
      say(out, json, { serial, status: 'revoked', reason, related }, text)
      return exitCode.success
    },
  },
}

function say(out: Terminal['out'], json: boolean, value: object, text: string): void {
  out.write(`${json ? JSON.stringify(value) : text}\n`)
}
