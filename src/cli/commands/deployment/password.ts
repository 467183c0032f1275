import { defineCommand, exitCode } from '../../command/command.js'
import { itemAt } from '../../../../bindings/octets/lists.js'
import type { Terminal } from '../../command/terminal.js'
import { FailureError, UsageError } from '../../errors.js'
import { openDeployment } from '../../servers/deployment.js'
import { passwordOption, readPassword } from '../../files/secrets.js'

const description = `Prints the scrypt hash of a password, to be pasted into users.yaml as the \`password\` of the account NAME. With --digest DIR it
prints the password sealed under the key of that deployment, the \`sealedPassword\` of an account whose clients can send only a
digest of the password.`

export const password = defineCommand({
  name: 'password',
  positionals: 'NAME',
  description,
  options: {
    ...passwordOption,
    digest: { type: 'string', value: 'DIR', description: 'seal the password for the deployment in this folder' },
    json: { type: 'boolean', description: 'print the result as JSON' },
  },

  async run({ values, positionals: [name, ...others] }, terminal) {
    if (name === undefined) throw new UsageError('missing NAME of an account')
    if (others.length > 0) throw new UsageError('too many arguments; a password is never an argument')
    const secret = await readPassword(values, terminal)
    const entry =
      values.digest === undefined
        ? { password: await hash(secret) }
        : { sealedPassword: await seal(secret, name, values.digest, terminal) }
    terminal.out.write(
      `${values.json === true ? JSON.stringify({ name, ...entry }) : itemAt(Object.values(entry), 0)}\n`,
    )
    return exitCode.success
  },
})

async function hash(secret: string): Promise<string> {
  const { hashPassword } = await import('../../../server/deployment/passwords.js')
  return hashPassword(secret)
}

async function seal(secret: string, name: string, folder: string, terminal: Terminal): Promise<string> {
  const { sealPassword } = await import('../../../server/deployment/sealed-passwords.js')
  const key = await (await openDeployment(folder, terminal)).digestKey()
  if (key === undefined) {
    throw new FailureError(
      'the deployment accepts no digests of passwords. Set `digestKey: keys/digest.key` under `authentication` in its ' +
        'uprove.yaml, and put 32 random octets in base64 into that file (openssl rand -base64 32)',
    )
  }
  return sealPassword(secret, name, key)
}
