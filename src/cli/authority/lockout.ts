import { isIP } from 'node:net'
import { exitCode } from '../command/command.js'
import { printable } from '../command/failures.js'
import { UsageError } from '../errors.js'
import { say, type Action } from './action.js'

/** Forgets the failed logins of an account or an address. */
export const unlock: Action = {
  options: ['account', 'address'],
  async run({ operator, values }, { out }) {
    const { account, address } = values
    if ((account === undefined) === (address === undefined)) {
      throw new UsageError('unlock takes either --account NAME or --address IP')
    }
    if (address !== undefined && isIP(address) === 0) throw new UsageError(`${address} is not an IP address`)
    const { unlocked } = await operator.post<{ unlocked: boolean }>('unlock', '', { account, address })
    const name = printable(account ?? address ?? '')
    const text = unlocked ? `${name}: its failed logins are forgotten.` : `${name}: no failed logins are counted.`
    say(out, values, { unlocked }, text)
    return exitCode.success
  },
}
