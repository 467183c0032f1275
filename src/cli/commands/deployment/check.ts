import { defineCommand, exitCode } from '../../command/command.js'
import { printable } from '../../command/failures.js'
import { UsageError } from '../../errors.js'

const description = `Looks whether the deployment in DIR can be served, and changes nothing: configuration, permissions, clock, certificates and when they
end, keys, Issuer parameters, database, versions. It also works beside a running server.

It ends with 1 if something keeps the service, or a part of it, from working; warnings do not count. The variables DATABASE_URL and
UPROVE_STATE_KEY mean what they mean to serve.`

export const check = defineCommand({
  name: 'check',
  positionals: 'DIR',
  description,
  options: { json: { type: 'boolean', description: 'print the findings as JSON' } },

  async run({ values: { json = false }, positionals: [folder, ...others] }, { out, environment }) {
    if (folder === undefined) throw new UsageError('missing folder DIR of a deployment')
    if (others.length > 0) throw new UsageError('too many arguments; check takes one folder')
    const { checkDeployment } = await import('../../../server/checks/check.js')
    const findings = await checkDeployment(folder, environment === undefined ? {} : { environment })
    const isRight = findings.every(({ level }) => level !== 'error')
    if (json) out.write(`${JSON.stringify({ ok: isRight, findings })}\n`)
    else {
      for (const { check: name, level, text, code } of findings) {
        const reason = code === undefined ? text : `${text.replace(/\.$/, '')} (${code})`
        out.write(`${level.padEnd(7)}  ${name.padEnd(17)}  ${printable(reason)}\n`)
      }
    }
    return isRight ? exitCode.success : exitCode.failure
  },
})
