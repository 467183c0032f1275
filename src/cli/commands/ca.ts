import { columns, defineCommand, exitCode, type ExitCode } from '../command/command.js'
import { REVOCATION_REASONS, type RevocationReason } from '../../pki/ca/records/store.js'
import { UsageError } from '../errors.js'
import { printable } from '../command/failures.js'
import { Operator } from '../servers/operator.js'
import type { Terminal } from '../command/terminal.js'

const description = `Does what an operator does, on the server of the deployment in DIR, which has to run:
${columns([
  ['pending', 'lists the requests for certificates that wait'],
  ['approve ID', 'has the certificate issued that a request asks for'],
  ['deny ID', 'denies it'],
  ['revoke SERIAL', 'revokes a certificate, whose serial number is in hexadecimal'],
])}`

export const ca = defineCommand({
  name: 'ca',
  positionals: 'DIR pending | approve ID | deny ID | revoke SERIAL',
  description,
  options: {
    reason: { type: 'string', value: 'REASON', description: `of a revocation: ${REVOCATION_REASONS.join(', ')}` },
    json: { type: 'boolean', description: 'print the answer as JSON' },
  },

  async run({ values: { reason, json = false }, positionals: [folder, action, argument, ...others] }, terminal) {
    if (folder === undefined) throw new UsageError('the folder DIR of a deployment is missing')
    const wanted = Object.entries(ACTIONS).find(([name]) => name === action)?.[1]
    if (wanted === undefined) throw new UsageError(`what to do is one of ${Object.keys(ACTIONS).join(', ')}`)
    if (wanted.takes !== undefined && argument === undefined) throw new UsageError(`${wanted.takes} is missing`)
    if (others.length > 0 || (wanted.takes === undefined && argument !== undefined)) {
      throw new UsageError('there are more arguments than it takes')
    }
    const known = REVOCATION_REASONS.find((one) => one === (reason ?? 'unspecified'))
    if (known === undefined)
      throw new UsageError(`there is no reason ${reason}: choose from ${REVOCATION_REASONS.join(', ')}`)
    if (reason !== undefined && action !== 'revoke') throw new UsageError('only revocations have a --reason')
    const operator = await Operator.of(folder, terminal.environment)
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
  /** The argument that it needs. */
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
    takes: 'the ID of a request',
    async run({ operator, argument, json }, { out }) {
      const status = await operator.approve(argument)
      say(out, json, { requestId: argument, status }, `Request ${argument}: ${status}.`)
      return status === 'issued' ? exitCode.success : exitCode.failure
    },
  },
  deny: {
    takes: 'the ID of a request',
    async run({ operator, argument, json }, { out }) {
      const status = await operator.deny(argument)
      say(out, json, { requestId: argument, status }, `Request ${argument}: ${status}.`)
      return status === 'denied' ? exitCode.success : exitCode.failure
    },
  },
  revoke: {
    takes: 'the SERIAL number of a certificate',
    async run({ operator, argument, reason, json }, { out }) {
      // As OpenSSL prints it, too.
      const serial = argument.toLowerCase().replaceAll(':', '')
      await operator.revoke(serial, reason)
      say(out, json, { serial, status: 'revoked', reason }, `Certificate ${serial}: revoked (${reason}).`)
      return exitCode.success
    },
  },
}

function say(out: Terminal['out'], json: boolean, value: object, text: string): void {
  out.write(`${json ? JSON.stringify(value) : text}\n`)
}
