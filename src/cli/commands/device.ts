import { createEngine } from '../../index.js'
import { toHex } from '../../../bindings/octets/integers.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { columns, defineCommand, exitCode } from '../command/command.js'
import { profileGroups } from '../command/profile-group.js'
import { Progress } from '../command/terminal.js'
import { UsageError } from '../errors.js'
import { createDevice, deviceParametersBeside } from '../wallet/device-file.js'

const description = `Manages Devices in software. A token that a Device protects cannot be presented without it.
${columns([['create', 'make a Device: write its private key to FILE, and its signed parameters to FILE.xml']])}
The certificate of a Device issuer signs the parameters; enrol for one with: uprove enroll --template DeviceIssuer
Then use the Device with: uprove obtain --device FILE, uprove present --device FILE`

export const device = defineCommand({
  name: 'device',
  positionals: 'create',
  description,
  options: {
    out: { type: 'string', value: 'FILE', description: 'where the private key goes, readable only by you' },
    cert: { type: 'string', value: 'FILE', description: 'the certificate of the Device issuer with its chain, PEM' },
    key: { type: 'string', value: 'FILE', description: 'the private key of --cert, PEM' },
    group: {
      type: 'string',
      value: 'NAME',
      description: `the group of the Issuer parameters: ${profileGroups.join(', ')} (default: the first)`,
    },
    json: { type: 'boolean', description: 'print the result as JSON' },
  },

  async run({ values, positionals: [action, ...others] }, { out, err }) {
    const { out: file, cert, key, group = itemAt(profileGroups, 0), json = false } = values
    if (action !== 'create') throw new UsageError('missing or unknown action; the action is create')
    if (others.length > 0) throw new UsageError('too many arguments')
    if (file === undefined) throw new UsageError('missing --out, where the private key goes')
    if (cert === undefined || key === undefined) throw new UsageError('missing --cert and --key of the Device issuer')
    const progress = new Progress(err)
    const engine = await createEngine()
    try {
      progress.update('making the Device')
      const hd = toHex(await createDevice(file, group, { cert, key }, engine, err))
      progress.clear()
      const parameters = deviceParametersBeside(file)
      out.write(
        json
          ? `${JSON.stringify({ device: file, parameters, group, hd })}\n`
          : `${file}: the private key of a Device for ${group}\n${parameters}: its signed parameters\n`,
      )
      return exitCode.success
    } finally {
      progress.clear()
      engine.dispose()
    }
  },
})
