import { UProveError } from '../../../../bindings/errors.js'
import { createEngine } from '../../../index.js'
import { serialText } from '../../../pki/ca/issuing/sign-certificate.js'
import { parseCertificate } from '../../../pki/x509/certificate.js'
import { formatName } from '../../../pki/x509/name.js'
import { itemAt } from '../../../../bindings/octets/lists.js'
import { defineCommand, exitCode } from '../../command/command.js'
import { printable } from '../../command/failures.js'
import { FailureError, UsageError } from '../../errors.js'
import { KeyPairFiles } from '../../files/key-pair-files.js'
import { KEY_TYPES, newKey, typeOfKey } from '../../files/private-key-file.js'
import { openDeployment } from '../../servers/deployment.js'

const description = `renew issues a new TLS certificate for the server of the deployment in DIR, by the deployment's own authority, and puts it and its key
into the files of \`tls\` in uprove.yaml. It needs no server and no connection, and also works when the old certificate has ended. The
names stay, unless --name gives others.

It opens the deployment's store. An embedded store belongs to the running server alone: stop it first. With PostgreSQL it may run;
it takes the new certificate at SIGHUP.`

export const tls = defineCommand({
  name: 'tls',
  positionals: 'renew DIR',
  description,
  options: {
    name: {
      type: 'string',
      value: 'NAME',
      multiple: true,
      description: 'a DNS name or IP address of the server, in place of the present names; may be repeated',
    },
    template: {
      type: 'string',
      value: 'NAME',
      description: 'the profile (default: that of the present certificate, or the only one for servers)',
    },
    'same-key': { type: 'boolean', description: 'keep the key (default: a new one)' },
    'key-type': {
      type: 'string',
      value: 'TYPE',
      description: 'type of the new key (default: that of the old one)',
    },
    json: { type: 'boolean', description: 'print the result as JSON' },
  },

  async run({ values, positionals: [action, folder, ...others] }, terminal) {
    if (action !== 'renew') throw new UsageError('missing or unknown action; the action is renew')
    if (folder === undefined) throw new UsageError('missing folder DIR of a deployment')
    if (others.length > 0) throw new UsageError('too many arguments; tls renew takes one folder')
    const { name = [], template, 'same-key': sameKey = false, 'key-type': type, json = false } = values
    if (sameKey && type !== undefined) throw new UsageError('--same-key and --key-type cannot be combined')
    if (type !== undefined && !TLS_KEY_TYPES.includes(type)) {
      throw new UsageError(`unknown key type ${type}; choose from ${TLS_KEY_TYPES.join(', ')}`)
    }
    const { err, out } = terminal
    const deployment = await openDeployment(folder, terminal)
    const tlsCertificate = await import('../../../server/deployment/tls-certificate.js')
    const { url, clientCertificate, tls: configured } = deployment.configuration
    const files = new KeyPairFiles(deployment.path(configured.certificate), deployment.path(configured.key))
    await files.recover(err)
    const present = await files.readCertificate()
    const oldKey = await files.readKey(err)

    const [first, ...more] = name
    const names = first === undefined ? tlsCertificate.namesIn(present) : tlsCertificate.serverNames([first, ...more])
    for (const address of [url, clientCertificate?.url]) {
      if (address === undefined || tlsCertificate.covers(names, new URL(address).hostname)) continue
      err.write(`Warning: clients of ${address} will refuse the certificate, which has no such name.\n`)
    }
    await deployment.requireStore()
    const store = await deployment.openStore().catch(refusedWhileInUse)
    const engine = await createEngine()
    try {
      const key = sameKey ? oldKey : await newKey(type ?? typeOfKey(oldKey.publicKey))
      await (sameKey ? files.dropStagedKey() : files.stageKey(key))
      const chain = await tlsCertificate
        .issueTlsCertificate(deployment, { store, engine, key, present, names, template })
        .catch(async (error: unknown) => {
          await files.dropStagedKey()
          throw error
        })
      await files.install(chain)
      const { subject, serialNumber, notAfter } = parseCertificate(itemAt(chain, 0))
      const facts = { subject: formatName(subject), serial: serialText(serialNumber), notAfter: notAfter.toISOString() }
      out.write(
        json
          ? `${JSON.stringify({ certificate: files.certificate, key: files.key, ...facts })}\n`
          : `${files.certificate}: ${printable(facts.subject)}, serial ${facts.serial}, valid until ${facts.notAfter}\n` +
              'A server that runs takes it at SIGHUP, another one when it starts.\n',
      )
      return exitCode.success
    } finally {
      engine.dispose()
      await store.close()
    }
  },
})

/** TLS 1.3 has no DSA. */
const TLS_KEY_TYPES = KEY_TYPES.filter((type) => !type.startsWith('DSA'))

function refusedWhileInUse(error: unknown): never {
  if (!(error instanceof UProveError) || error.code !== 'store/folder-in-use') throw error
  throw new FailureError(
    'the server of this deployment runs, and its embedded store is for one process: stop it, renew, and start it. ' +
      'Without a stop, once its profile allows a renewal (90 days before the end): uprove renew with --url, an approval, and SIGHUP',
    { cause: error },
  )
}
