import { PATHS } from '../../server/deployment/paths.js'
import { readPublicKey } from '../../pki/keys/public-key.js'
import type { ExportableKey } from '../../pki/keys/keys.js'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import type { Certificate } from '../../pki/x509/certificate.js'
import { formatName } from '../../pki/x509/name.js'
import type { Transport } from '../../soap/http/transport.js'
import { defineCommand, exitCode, type ExitCode } from '../command/command.js'
import { printable } from '../command/failures.js'
import type { Terminal } from '../command/terminal.js'
import { UsageError } from '../errors.js'
import { readSecretText, readText } from '../files/files.js'
import { KeyPairFiles } from '../files/key-pair-files.js'
import { KEY_TYPES, newKey, typeOfKey } from '../files/private-key-file.js'
import { runHook } from '../renewal/hook.js'
import { Renewal } from '../renewal/renewal.js'
import { opensAt, readWindow } from '../renewal/schedule.js'
import { watch } from '../renewal/watch.js'
import { serverOf, serverOptions } from '../servers/server.js'

const description = `Renews the certificate in CERTIFICATE over WSTEP. Its key signs the request, and no other login is needed; a server that asks for a
certificate in TLS gets this one. The new certificate and key take the place of the old ones, each in one step, with their modes.

If an operator has to approve the renewal, it is pending: run renew again later, which fetches the certificate (CERTIFICATE.pending).

With --watch it runs until SIGTERM or SIGINT and renews the certificate again and again, in the first tenth of the time that --before
names. It logs on stdout, tries again after failures (after half a minute at first, after an hour at most), asks for what is pending, and
reads the files again at SIGHUP. Exit code 1: the certificate has ended.

The hook is a program, called without a shell and without arguments after each renewal. Variables tell it what is new:
UPROVE_CERTIFICATE and UPROVE_KEY (the files), UPROVE_SUBJECT, UPROVE_SERIAL, UPROVE_NOT_AFTER.`

export const renew = defineCommand({
  name: 'renew',
  positionals: 'CERTIFICATE',
  description,
  options: {
    ...serverOptions,
    key: {
      type: 'string',
      value: 'FILE',
      description: 'the private key, PEM (default: the same name, ending in .key)',
    },
    'same-key': { type: 'boolean', description: 'keep the key (default: a new one)' },
    'key-type': {
      type: 'string',
      value: 'TYPE',
      description: `type of the new key: ${KEY_TYPES.join(', ')} (default: that of the old one)`,
    },
    before: {
      type: 'string',
      value: 'TIME',
      description:
        'renew only so long before the end: 30d, 12h, or a part of the lifetime such as 20% (default: at once; with --watch 20%)',
    },
    hook: { type: 'string', value: 'FILE', description: 'the program to run after a renewal' },
    watch: { type: 'boolean', description: 'keep running, and renew in time' },
    json: { type: 'boolean', description: 'print the result, or log lines, as JSON' },
  },

  async run({ values, positionals: [file, ...others] }, terminal) {
    if (file === undefined) throw new UsageError('missing CERTIFICATE, the file to renew')
    if (others.length > 0) throw new UsageError('too many arguments; renew takes one CERTIFICATE')
    const { hook, json = false, 'same-key': sameKey = false, 'key-type': type } = values
    if (sameKey && type !== undefined) throw new UsageError('--same-key and --key-type cannot be combined')
    if (type !== undefined && !KEY_TYPES.includes(type)) {
      throw new UsageError(`unknown key type ${type}; choose from ${KEY_TYPES.join(', ')}`)
    }
    const files = new KeyPairFiles(file, values.key ?? file.replace(/\.[^./]*$/, '.key'))
    if (files.certificate === files.key) throw new UsageError('give --key: the certificate and the key have one name')
    const { url } = await serverOf(values)
    await files.recover(terminal.err)
    // What is wrong with the files is told at once, also by --watch.
    await files.readCertificate()
    const old = await files.readKey(terminal.err)
    const renewal = new Renewal({
      files,
      url: url + PATHS.securityTokenService,
      connect: () => connect(files, values, old, terminal),
      newKey: sameKey ? undefined : (key) => newKey(type ?? typeOfKey(key.publicKey)),
      err: terminal.err,
    })
    const onRenewed = async (certificate: Certificate): Promise<void> => {
      if (hook !== undefined) await runHook(hook, files, certificate, terminal)
    }
    const { before } = values
    if (values.watch === true) {
      return watch({ files, renewal, window: readWindow(before ?? '20%'), onRenewed, json }, terminal)
    }
    return renewOnce({ files, renewal, before, onRenewed, json }, terminal)
  },
})

/** A transport that shows the present certificate to a server that asks for one, if its key is of a kind that TLS has. */
async function connect(
  files: KeyPairFiles,
  { url, ca }: { readonly url?: string; readonly ca?: string },
  old: ExportableKey,
  { err }: Terminal,
): Promise<Transport> {
  const isForTls = readPublicKey(old.publicKey).type !== 'DSA'
  const shown = isForTls
    ? { cert: await readText(files.certificate), key: await readSecretText(files.key, err) }
    : undefined
  return (await serverOf({ url, ca }, shown)).transport
}

interface Once {
  readonly files: KeyPairFiles
  readonly renewal: Renewal
  readonly before: string | undefined
  readonly onRenewed: (certificate: Certificate) => Promise<void>
  readonly json: boolean
}

async function renewOnce({ files, renewal, before, onRenewed, json }: Once, { out }: Terminal): Promise<ExitCode> {
  const say = (value: object, text: string): void => void out.write(`${json ? JSON.stringify(value) : text}\n`)
  if (before !== undefined && !renewal.isPending) {
    const opens = new Date(opensAt(await files.readCertificate(), readWindow(before)))
    if (opens.getTime() > Date.now()) {
      say(
        { status: 'early', renewAt: opens.toISOString() },
        `${files.certificate} is not due until ${opens.toISOString()}`,
      )
      return exitCode.success
    }
  }
  const result = await renewal.attempt()
  if (result.status === 'pending') {
    const { requestId } = result
    say(
      { status: 'pending', requestId },
      `Request ${printable(requestId)} is pending. An operator approves it with: uprove ca DIR approve ${printable(requestId)}
Run the same command again to fetch the certificate.`,
    )
    return exitCode.success
  }
  const { subject, serialNumber, notAfter } = result.certificate
  const facts = { subject: formatName(subject), serial: serialText(serialNumber), notAfter: notAfter.toISOString() }
  say(
    { status: 'issued', certificate: files.certificate, key: files.key, ...facts },
    `${files.certificate}: renewed, ${printable(facts.subject)}, serial ${facts.serial}, valid until ${facts.notAfter}`,
  )
  await onRenewed(result.certificate)
  return exitCode.success
}
