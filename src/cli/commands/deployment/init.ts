import { resolve } from 'node:path'
import { defineCommand, exitCode, columns } from '../../command/command.js'
import { UsageError } from '../../errors.js'
import { profileGroup, profileGroups } from '../../command/profile-group.js'
import { Progress } from '../../command/terminal.js'

const description = `Creates a deployment in a new or empty folder DIR: a certificate authority, a TLS certificate, a Claim Provider with signed
Issuer parameters, two example users, and a commented configuration, uprove.yaml.

It prints the passwords of the users; only their hashes are stored. Only the owner of the folder can read its keys.`

const ARCHIVE = `Take keys/recovery-agent.key off this machine: it decrypts every archived private key.

`

export const init = defineCommand({
  name: 'init',
  positionals: 'DIR',
  description,
  options: {
    url: {
      type: 'string',
      value: 'URL',
      description: 'the URL that clients use (default: https://localhost with the port)',
    },
    address: {
      type: 'string',
      value: 'IP',
      description: 'the address to listen at, such as 0.0.0.0 (default: 127.0.0.1)',
    },
    port: { type: 'string', value: 'N', description: 'the port to listen on (default: the port of the URL, or 8443)' },
    'admin-address': {
      type: 'string',
      value: 'IP',
      description: 'the address to listen at for operators and Prometheus (default: 127.0.0.1)',
    },
    'admin-host': {
      type: 'string',
      value: 'NAME',
      multiple: true,
      description: 'a name by which they call it, beside localhost and IP addresses; may be repeated',
    },
    'admin-port': {
      type: 'string',
      value: 'N',
      description: 'the port for operators, plain HTTP (default: the next port)',
    },
    'http-port': {
      type: 'string',
      value: 'N',
      description: 'the port that publishes the CRL and the authority certificate, plain HTTP (default: the port + 2)',
    },
    'certificate-port': {
      type: 'string',
      value: 'N',
      description: 'the port for clients that log in with a certificate, HTTPS (default: the port + 3)',
    },
    group: {
      type: 'string',
      value: 'NAME',
      description: `the group of the Issuer parameters: ${profileGroups.join(', ')} (default: the first)`,
    },
    'archive-keys': {
      type: 'boolean',
      description:
        'make the keys with which the authority archives private keys that encrypt (default: it archives none)',
    },
    json: { type: 'boolean', description: 'print the result as JSON' },
  },

  async run({ values, positionals: [folder, ...others] }, { out, err }) {
    if (folder === undefined) throw new UsageError('missing folder DIR')
    if (others.length > 0) throw new UsageError('too many arguments; init takes one folder')
    const port = portOf('port', values.port)
    const adminPort = portOf('admin-port', values['admin-port'])
    const group = profileGroup(values.group)
    const url = values.url ?? (port === undefined ? undefined : `https://localhost:${port}`)
    const { initialize } = await import('../../../server/deployment/init.js')
    const progress = new Progress(err, true)
    const made = await initialize(folder, {
      url,
      address: values.address,
      port,
      adminPort,
      adminAddress: values['admin-address'],
      adminHosts: values['admin-host'],
      httpPort: portOf('http-port', values['http-port']),
      certificatePort: portOf('certificate-port', values['certificate-port']),
      archiveKeys: values['archive-keys'],
      group,
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
    out.write(`Created ${folder} for ${made.url}

Users and their passwords. Keep them: they are shown only once.
${columns(Object.entries(made.passwords))}
Clients that log in with a certificate use ${made.certificateUrl}

${values['archive-keys'] === true ? ARCHIVE : ''}Next:
  uprove serve ${folder}
Then, with the password of alice in the file alice.password:
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
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535)
    throw new UsageError(`--${name} takes a number from 1 to 65535`)
  return port
}
