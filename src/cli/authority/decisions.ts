import { exitCode } from '../command/command.js'
import { say, type Action } from './action.js'

/** Issues what a pending request asks for; the authority's own checks may still deny it. */
export const approve = decision('approve', 'issued')
export const deny = decision('deny', 'denied')

function decision(name: 'approve' | 'deny', wanted: 'issued' | 'denied'): Action {
  return {
    takes: 'ID of a request',
    async run({ operator, argument, values }, { out }) {
      const { status } = await operator.post<{ status: string }>(name, argument)
      say(out, values, { requestId: argument, status }, `Request ${argument}: ${status}.`)
      return status === wanted ? exitCode.success : exitCode.failure
    },
  }
}
