import { existsSync } from 'node:fs'
import { itemAt } from '../../../bindings/octets/lists.js'
import { rm } from 'node:fs/promises'
import { PATHS } from '../../server/deployment/paths.js'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { formatName } from '../../pki/x509/name.js'
import { decodePems, encodePem } from '../../pki/asn1/pem.js'
import { WstepClient, type Enrollment, type IssuedEnrollment } from '../../wstep/client/client.js'
import { WstepError } from '../../wstep/errors.js'
import { defineCommand, exitCode, type ExitCode } from '../command/command.js'
import { UsageError } from '../errors.js'
import { printable } from '../command/failures.js'
import { readSecretText, readText, writeFileWhole } from '../files/files.js'
import { KEY_TYPES, newKey, privateKeyPem, readPrivateKey } from '../files/private-key-file.js'
import { formatPending, readPending } from '../files/pending-file.js'
import { passwordOption, readPassword } from '../files/secrets.js'
import { serverOf, serverOptions, type ClientCertificate } from '../servers/server.js'
import { Progress, type Stream, type Terminal } from '../command/terminal.js'

const description = `Makes a key and enrols for its certificate over WSTEP. It writes PREFIX.key (PKCS#8, readable only by you) and PREFIX.crt (the
certificate, then those of its issuers). Log in with a password (--user), or with a certificate (--cert, --key)
at the URL that uprove.yaml has for that (clientCertificate). A renewal needs only the old key.

If an operator has to approve the request first, it is pending: enroll writes PREFIX.pending instead of PREFIX.crt. Fetch the
certificate later with --query PREFIX.pending, or let --wait wait for it.`

export const enroll = defineCommand({
  name: 'enroll',
  description,
  options: {
    ...serverOptions,
    user: { type: 'string', value: 'NAME', description: 'the account to log in with' },
    ...passwordOption,
    cert: { type: 'string', value: 'FILE', description: 'the certificate to log in with, PEM' },
    key: { type: 'string', value: 'FILE', description: 'the private key of --cert, PEM' },
    template: { type: 'string', value: 'NAME', description: 'the certificate template, such as User' },
    subject: {
      type: 'string',
      value: 'NAME',
      description: 'the name to ask for, such as CN=Alice (default: the account)',
    },
    'key-type': {
      type: 'string',
      value: 'TYPE',
      description: `type of the new key: ${KEY_TYPES.join(', ')} (default: the first)`,
    },
    out: { type: 'string', value: 'PREFIX', description: 'name of the files to write, without the ending' },
    renew: { type: 'string', value: 'FILE', description: 'the certificate to renew, PEM' },
    'renew-key': {
      type: 'string',
      value: 'FILE',
      description: 'the private key of --renew (default: the same name, ending in .key)',
    },
    query: { type: 'string', value: 'FILE', description: 'fetch the certificate of a pending request' },
    wait: { type: 'string', value: 'SECONDS', description: 'how long to wait for a pending request' },
    json: { type: 'boolean', description: 'print the result as JSON' },
  },

  async run({ values }, terminal) {
    if (values.wait !== undefined && !/^\d{1,7}$/.test(values.wait))
      throw new UsageError('--wait takes a number of seconds')
    if (values.query !== undefined) return queryPending({ ...values, query: values.query }, terminal)
    return requestNew(values, terminal)
  },
})

interface Values {
  readonly url?: string
  readonly ca?: string
  readonly user?: string
  readonly 'password-file'?: string
  readonly cert?: string
  readonly key?: string
  readonly template?: string
  readonly subject?: string
  readonly 'key-type'?: string
  readonly out?: string
  readonly renew?: string
  readonly 'renew-key'?: string
  readonly wait?: string
  readonly json?: boolean
}

async function requestNew(values: Values, terminal: Terminal): Promise<ExitCode> {
  const { out: prefix, template, user, renew, json = false } = values
  if (prefix === undefined) throw new UsageError('missing --out, the name of the files to write')
  if (renew === undefined && template === undefined) throw new UsageError('missing --template, such as User')
  if (renew === undefined && user === undefined && values.cert === undefined) {
    throw new UsageError('give --user, or --cert and --key, to log in')
  }
  for (const end of ['.key', '.crt', '.pending']) {
    if (existsSync(prefix + end)) throw new UsageError(`${prefix}${end} exists; choose another --out`)
  }
  const renewal = renew === undefined ? undefined : await readRenewal(renew, values['renew-key'], terminal.err)
  const { url, client } = await clientOf(values, terminal)
  const progress = new Progress(terminal.err)
  progress.update('making a key')
  const key = await newKey(values['key-type'] ?? itemAt(KEY_TYPES, 0))
  await writeFileWhole(`${prefix}.key`, await privateKeyPem(key), { secret: true })
  try {
    progress.update('asking for the certificate')
    const common = template === undefined ? {} : { templateName: template }
    const enrollment = renewal
      ? await client.renew({ ...renewal, newKey: key, ...common })
      : await client.enroll({ subject: values.subject ?? (user === undefined ? '' : `CN=${user}`), key, ...common })
    const files = { prefix, pendingFile: `${prefix}.pending`, key: `${prefix}.key` }
    return await conclude({ client, url, enrollment, files, wait: values.wait, json }, progress, terminal)
  } catch (error) {
    // A key without a certificate is useless, unless its request is pending.
    if (!existsSync(`${prefix}.pending`)) await rm(`${prefix}.key`, { force: true })
    throw error
  } finally {
    progress.clear()
  }
}

async function queryPending(values: Values & { readonly query: string }, terminal: Terminal): Promise<ExitCode> {
  const { query: pendingFile, wait, json = false } = values
  const { url, pending } = await readPending(pendingFile, terminal.err)
  const prefix = values.out ?? pendingFile.replace(/\.pending$/, '')
  if (existsSync(`${prefix}.crt`)) throw new UsageError(`${prefix}.crt exists; choose another --out`)
  const { client } = await clientOf({ url, ...values }, terminal, url)
  const progress = new Progress(terminal.err)
  try {
    progress.update('asking for the certificate')
    const enrollment = await client.queryStatus(pending)
    const files = { prefix, pendingFile, key: pendingFile.replace(/\.pending$/, '.key') }
    return await conclude({ client, url, enrollment, files, wait, json }, progress, terminal)
  } finally {
    progress.clear()
  }
}

/** The old certificate and its key. */
async function readRenewal(file: string, keyFile: string | undefined, err: Stream) {
  const [certificate] = decodePems('CERTIFICATE', await readText(file))
  if (certificate === undefined) throw new UsageError(`${file} contains no certificate`)
  return { certificate, oldKey: await readPrivateKey(keyFile ?? file.replace(/\.[^./]*$/, '.key'), err) }
}

/** @param service the URL of the Security Token Service. Default: its path in a deployment. */
async function clientOf(
  values: Values,
  terminal: Terminal,
  service?: string,
): Promise<{ readonly url: string; readonly client: WstepClient }> {
  const { user, cert, key } = values
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key go together')
  const shown: ClientCertificate | undefined =
    cert === undefined || key === undefined
      ? undefined
      : { cert: await readText(cert), key: await readSecretText(key, terminal.err) }
  const server = await serverOf(values, shown)
  const url = service ?? server.url + PATHS.securityTokenService
  const credentials =
    user === undefined ? undefined : { username: user, password: await readPassword(values, terminal) }
  return { url, client: new WstepClient({ url, transport: server.transport, credentials }) }
}

interface Conclusion {
  readonly client: WstepClient
  readonly url: string
  readonly enrollment: Enrollment
  readonly files: { readonly prefix: string; readonly pendingFile: string; readonly key: string }
  readonly wait: string | undefined
  readonly json: boolean
}

/** Waits if `--wait` says so, then writes the certificate or the pending request. */
async function conclude(conclusion: Conclusion, progress: Progress, { out }: Terminal): Promise<ExitCode> {
  const { client, url, files, wait, json } = conclusion
  let { enrollment } = conclusion
  const say = (value: object, text: string): void => {
    progress.clear()
    out.write(json ? `${JSON.stringify(value)}\n` : text)
  }
  if (enrollment.status === 'pending') {
    await writeFileWhole(files.pendingFile, formatPending({ url, pending: enrollment }), {
      secret: true,
      replace: true,
    })
    const issued = wait === undefined ? undefined : await waitFor(client, enrollment, Number(wait), progress)
    if (issued === undefined) {
      const { requestId, disposition } = enrollment
      say(
        { status: 'pending', requestId, pending: files.pendingFile, key: files.key },
        `Request ${printable(requestId)} is pending: ${printable(disposition?.text ?? 'an operator has to decide')}
An operator approves it with: uprove ca DIR approve ${printable(requestId)}
Fetch the certificate with: uprove enroll --query ${files.pendingFile}, and the same --ca, --user, --cert, --key
`,
      )
      return exitCode.success
    }
    enrollment = issued
  }
  const file = `${files.prefix}.crt`
  await writeFileWhole(file, enrollment.chain.map((der) => encodePem('CERTIFICATE', der)).join(''))
  await rm(files.pendingFile, { force: true })
  const { subject, serialNumber, notAfter } = parseCertificate(enrollment.certificate)
  const facts = { subject: formatName(subject), serial: serialText(serialNumber), notAfter: notAfter.toISOString() }
  say(
    { status: 'issued', certificate: file, key: files.key, ...facts },
    `${file}: ${printable(facts.subject)}, serial ${facts.serial}, valid until ${facts.notAfter}\n${files.key}: its private key\n`,
  )
  return exitCode.success
}

/** Undefined if the request is still pending when the time is over. */
async function waitFor(
  client: WstepClient,
  pending: Extract<Enrollment, { status: 'pending' }>,
  timeoutSeconds: number,
  progress: Progress,
): Promise<IssuedEnrollment | undefined> {
  const onPending = ({ requestId }: { requestId: string }, seconds: number): void => {
    progress.update(`request ${printable(requestId)} is pending; next query in ${seconds.toFixed(0)} s`)
  }
  try {
    return await client.waitFor(pending, { firstSeconds: 2, maxSeconds: 60, timeoutSeconds, onPending })
  } catch (error) {
    if (error instanceof WstepError && error.code === 'wstep/still-pending') return undefined
    throw error
  }
}
