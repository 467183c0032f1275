import { defineCommand, exitCode } from '../../command/command.js'
import { UsageError } from '../../errors.js'
import { openDeployment } from '../../servers/deployment.js'

const description = `rotate-key replaces the key of the issuance state of the deployment in DIR. Do this after you restore the store from a backup,
while its servers are stopped. Secrets under the old key are then unreadable, here and in every copy, so no exchange from before the
backup is answered twice. Clients must start open exchanges again; nothing else is lost.

migrate brings the schema of the store up to date, as the next server would when it starts. Older versions then refuse to start.`

export const store = defineCommand({
  name: 'store',
  positionals: 'rotate-key|migrate DIR',
  description,
  options: { json: { type: 'boolean', description: 'print the result as JSON' } },

  async run({ values: { json = false }, positionals: [action, folder, ...others] }, terminal) {
    if (action !== 'rotate-key' && action !== 'migrate') {
      throw new UsageError('missing or unknown action; choose from rotate-key, migrate')
    }
    if (folder === undefined) throw new UsageError('missing folder DIR of a deployment')
    if (others.length > 0) throw new UsageError(`too many arguments; ${action} takes one folder`)
    const deployment = await openDeployment(folder, terminal)
    await deployment.requireStore()
    if (action === 'migrate') {
      await (await deployment.openStore()).close()
      terminal.out.write(json ? `${JSON.stringify({ migrated: true })}\n` : 'The schema is up to date.\n')
      return exitCode.success
    }
    const { rotateStateKey } = await import('../../../store/store.js')
    await rotateStateKey(deployment.storeOptions())
    terminal.out.write(json ? `${JSON.stringify({ rotated: true })}\n` : 'The issuance state has a new key.\n')
    return exitCode.success
  },
})
