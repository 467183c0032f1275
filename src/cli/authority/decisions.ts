import { exitCode } from '../command/command.js'
import { say, type Action } from './action.js'

/** Issues what a pending request asks for; the authority's own checks may still deny it, and the answer names the cause. */
export const approve = decision('approve', 'issued')
export const deny = decision('deny', 'denied')

function decision(name: 'approve' | 'deny', wanted: 'issued' | 'denied'): Action {
  return {
    takes: 'ID of a request',
    async run({ operator, argument, values }, { out }) {
      const { status, cause } = await operator.post<{ status: string; cause?: string }>(name, argument)
      const because = cause === undefined ? '' : `, because of ${cause}`
      say(out, values, { requestId: argument, status, cause }, `Request ${argument}: ${status}${because}.`)
      return status === wanted ? exitCode.success : exitCode.failure
    },
  }
}
