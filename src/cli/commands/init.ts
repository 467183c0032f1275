import { resolve } from 'node:path'
import { defineCommand, exitCode, columns } from '../command/command.js'
import { UsageError } from '../errors.js'
import { needing } from '../servers/optional-packages.js'
import { Progress } from '../command/terminal.js'

const description = `Makes a deployment in a new or empty folder DIR: an authority for certificates, a TLS certificate, a Claim Provider that
enrolled over WSTEP and signed its Issuer parameters, two example users, and a configuration with comments, uprove.yaml.

It prints the passwords of the users, which are nowhere else but hashed. Keys are files that only their owner can read.`

export const init = defineCommand({
  name: 'init',
  positionals: 'DIR',
  description,
  options: {
    url: {
      type: 'string',
      value: 'URL',
      description: 'what clients call it (default: https://localhost and the port)',
    },
    port: { type: 'string', value: 'N', description: 'where it listens (default: that of the URL, or 8443)' },
    'admin-port': { type: 'string', value: 'N', description: 'for operators, plain HTTP (default: the port after it)' },
    json: { type: 'boolean', description: 'print what was made as JSON' },
  },

  async run({ values, positionals: [folder, ...others] }, { out, err }) {
    if (folder === undefined) throw new UsageError('a folder DIR is missing')
    if (others.length > 0) throw new UsageError('one folder at a time')
    const port = portOf('port', values.port)
    const adminPort = portOf('admin-port', values['admin-port'])
    const url = values.url ?? (port === undefined ? undefined : `https://localhost:${port}`)
    const { initialize } = await needing(() => import('../../server/deployment/init.js'))
    const progress = new Progress(err, true)
    const made = await initialize(folder, {
      url,
      port,
      adminPort,
      onStep: (step) => progress.update(step),
    })
    progress.clear()
    const authority = `${folder.replace(/\/+$/, '')}/keys/authority.crt`
    if (values.json === true) {
      out.write(
        `${JSON.stringify({ folder: resolve(folder), authority: resolve(authority), ...made }, undefined, 2)}\n`,
      )
      return exitCode.success
    }
    const server = `--url ${made.url} --ca ${authority}`
    out.write(`${folder} serves ${made.url}

Users and their passwords, which are nowhere else:
${columns(Object.entries(made.passwords))}
Next:
  uprove serve ${folder}
With the password of alice in a file of hers, alice.password:
  uprove enroll ${server} --user alice --password-file alice.password --template User --out alice
  uprove obtain ${server} --user alice --password-file alice.password --claim 10 --id 1 \\
    --wallet alice.wallet --passphrase-file alice.password
  uprove present --wallet alice.wallet --passphrase-file alice.password --disclose givenname \\
    --relying-party ${made.url} --out presentation.xml
  uprove verify ${server} presentation.xml
`)
    return exitCode.success
  },
})

function portOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const port = Number(value)
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535) throw new UsageError(`--${name} is a number from 1 to 65535`)
  return port
}
