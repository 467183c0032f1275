import { defineCommand, exitCode } from '../command/command.js'
import { FailureError, UsageError } from '../errors.js'
import { needing } from '../servers/optional-packages.js'
import { passwordOption, readPassword } from '../files/secrets.js'

const description = `Prints what users.yaml of a deployment has in the place of the password of the account NAME: its scrypt hash. With --digest DIR
instead the password sealed under the key of that deployment, for clients that can send nothing but a digest of it.`

export const password = defineCommand({
  name: 'password',
  positionals: 'NAME',
  description,
  options: {
    ...passwordOption,
    digest: { type: 'string', value: 'DIR', description: 'seal it for the deployment in this folder' },
    json: { type: 'boolean', description: 'print it as JSON' },
  },

  async run({ values, positionals: [name, ...others] }, terminal) {
    if (name === undefined) throw new UsageError('the NAME of an account is missing')
    if (others.length > 0) throw new UsageError('one account at a time; a password never stands here')
    const secret = await readPassword(values, terminal)
    const entry =
      values.digest === undefined
        ? { password: await hash(secret) }
        : { sealedPassword: await seal(secret, name, values.digest) }
    terminal.out.write(`${values.json === true ? JSON.stringify({ name, ...entry }) : Object.values(entry)[0]!}\n`)
    return exitCode.success
  },
})

async function hash(secret: string): Promise<string> {
  const { hashPassword } = await import('../../server/deployment/passwords.js')
  return hashPassword(secret)
}

async function seal(secret: string, name: string, folder: string): Promise<string> {
  const { Deployment } = await needing(() => import('../../server/deployment/deployment.js'))
  const { sealPassword } = await import('../../server/deployment/sealed-passwords.js')
  const key = await (await Deployment.open(folder)).digestKey()
  if (key === undefined) {
    throw new FailureError(
      'the deployment takes no digests of passwords: have `digestKey: keys/digest.key` below `authentication` in its ' +
        'uprove.yaml, and 32 random octets in base64 in that file (openssl rand -base64 32)',
    )
  }
  return sealPassword(secret, name, key)
}
