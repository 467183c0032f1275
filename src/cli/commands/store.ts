import { defineCommand, exitCode } from '../command/command.js'
import { UsageError } from '../errors.js'
import { needing } from '../servers/optional-packages.js'

const description = `rotate-key replaces the key of the issuance state of the deployment in DIR, whose servers have to be stopped: to be done after
the store was restored from a backup. What the old key has sealed can never be read again, here or in any copy, so that no
exchange of before the backup is answered a second time. Exchanges that were open begin anew; nothing else is lost.`

export const store = defineCommand({
  name: 'store',
  positionals: 'rotate-key DIR',
  description,
  options: { json: { type: 'boolean', description: 'print the result as JSON' } },

  async run({ values: { json = false }, positionals: [action, folder, ...others] }, { out, environment }) {
    if (action !== 'rotate-key') throw new UsageError('what to do is rotate-key')
    if (folder === undefined) throw new UsageError('the folder DIR of a deployment is missing')
    if (others.length > 0) throw new UsageError('one folder at a time')
    const { Deployment } = await needing(() => import('../../server/deployment/deployment.js'))
    const { rotateStateKey } = await import('../../store/store.js')
    const deployment = await Deployment.open(folder, environment)
    await rotateStateKey(deployment.storeOptions())
    out.write(json ? `${JSON.stringify({ rotated: true })}\n` : 'The key of the issuance state is a new one.\n')
    return exitCode.success
  },
})
