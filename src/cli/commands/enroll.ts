import { existsSync } from 'node:fs'
import { itemAt } from '../../../bindings/octets/lists.js'
import { rm } from 'node:fs/promises'
import { PATHS } from '../../server/deployment/paths.js'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import { encryptForArchival } from '../../pki/archival/archived-key.js'
import { signatureVerifier, type ExportableKey } from '../../pki/keys/keys.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { findPath } from '../../pki/x509/path.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { formatName } from '../../pki/x509/name.js'
import { decodePems, encodePem } from '../../pki/asn1/pem.js'
import { certificationRequestIn } from '../../pki/requests/enrollment-request.js'
import {
  WstepClient,
  type Enrollment,
  type IssuedEnrollment,
  type WstepClientOptions,
} from '../../wstep/client/client.js'
import { WstepError } from '../../wstep/errors.js'
import { enrollByPolicy } from '../../xcep/client.js'
import { defineCommand, exitCode, type ExitCode } from '../command/command.js'
import { FailureError, UsageError } from '../errors.js'
import { printable } from '../command/failures.js'
import { readOctets, readSecretText, readText, writeFileWhole } from '../files/files.js'
import { KEY_TYPES, newKey, privateKeyPem, readPrivateKey } from '../files/private-key-file.js'
import { formatPending, readPending } from '../files/pending-file.js'
import { passwordOption, readPassword } from '../files/secrets.js'
import { serverOf, serverOptions, type ClientCertificate } from '../servers/server.js'
import { Progress, type Stream, type Terminal } from '../command/terminal.js'

/** Keys that encrypt are RSA keys. */
const ARCHIVED_KEY_TYPE = 'RSA-3072'

const description = `Makes a key and enrols for its certificate over WSTEP. It writes PREFIX.key (PKCS#8, readable only by you) and PREFIX.crt (the
certificate, then those of its issuers). Log in with a password (--user), or with a certificate (--cert, --key)
at the URL that uprove.yaml has for that (clientCertificate). A renewal needs only the old key.

With --policy it first asks the policy service which templates there are, and where to enrol. With --csr it sends a request for a key that
was made elsewhere, such as by OpenSSL or in an HSM, and writes only PREFIX.crt.

If an operator has to approve the request first, it is pending: enroll writes PREFIX.pending instead of PREFIX.crt. Fetch the
certificate later with --query PREFIX.pending, or let --wait wait for it.`

export const enroll = defineCommand({
  name: 'enroll',
  description,
  options: {
    ...serverOptions,
    policy: {
      type: 'string',
      value: 'URL',
      description: 'the policy service, such as https://localhost:8443/policy, in place of --url',
    },
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
    csr: {
      type: 'string',
      value: 'FILE',
      description: 'the request to send: PKCS#10 in PEM or DER, or CMS or CMC in DER',
    },
    out: { type: 'string', value: 'PREFIX', description: 'name of the files to write, without the ending' },
    renew: { type: 'string', value: 'FILE', description: 'the certificate to renew, PEM' },
    'renew-key': {
      type: 'string',
      value: 'FILE',
      description: 'the private key of --renew (default: the same name, ending in .key)',
    },
    query: { type: 'string', value: 'FILE', description: 'fetch the certificate of a pending request' },
    'archive-key': {
      type: 'boolean',
      description:
        'send the private key too, an RSA key, encrypted, to be archived (needs --ca, the authority that archives it)',
    },
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
  readonly policy?: string
  readonly user?: string
  readonly 'password-file'?: string
  readonly cert?: string
  readonly key?: string
  readonly template?: string
  readonly subject?: string
  readonly 'key-type'?: string
  readonly csr?: string
  readonly out?: string
  readonly renew?: string
  readonly 'renew-key'?: string
  readonly 'archive-key'?: boolean
  readonly wait?: string
  readonly json?: boolean
}

async function requestNew(values: Values, terminal: Terminal): Promise<ExitCode> {
  const { out: prefix, renew, csr, wait, json = false } = values
  if (prefix === undefined) throw new UsageError('missing --out, the name of the files to write')
  checkUsage(values)
  for (const end of csr === undefined ? ['.key', '.crt', '.pending'] : ['.crt', '.pending']) {
    if (existsSync(prefix + end)) throw new UsageError(`${prefix}${end} exists; choose another --out`)
  }
  const renewal = renew === undefined ? undefined : await readRenewal(renew, values['renew-key'], terminal.err)
  const request = csr === undefined ? undefined : await readRequest(csr)
  const client = await clientOf(values, terminal)
  const progress = new Progress(terminal.err)
  const files = { prefix, pendingFile: `${prefix}.pending`, key: csr === undefined ? `${prefix}.key` : undefined }
  const content = request === undefined ? await newRequest(values, `${prefix}.key`, progress) : { request }
  try {
    progress.update('asking for the certificate')
    const asked = await (renewal && content.request === undefined
      ? renewed(client, values, renewal, content.key)
      : ask(client, values, content))
    return await conclude({ ...asked, files, wait, json }, progress, terminal)
  } catch (error) {
    // A key without a certificate is useless, unless its request is pending.
    if (files.key !== undefined && !existsSync(files.pendingFile)) await rm(files.key, { force: true })
    throw error
  } finally {
    progress.clear()
  }
}

/** Throws `UsageError` for options that contradict each other, or are missing. */
function checkUsage({ url, ca, policy, template, user, cert, csr, renew, subject, ...others }: Values): void {
  if (policy !== undefined && url !== undefined) throw new UsageError('--policy takes the place of --url')
  if (policy !== undefined && renew !== undefined) throw new UsageError('a renewal goes to --url, without --policy')
  if (csr !== undefined && renew !== undefined) throw new UsageError('--csr is for new requests, --renew for others')
  if (csr !== undefined && (subject !== undefined || others['key-type'] !== undefined)) {
    throw new UsageError('the request in --csr has its subject and key already: leave out --subject and --key-type')
  }
  if (others['archive-key'] === true && [renew, csr].some((value) => value !== undefined)) {
    throw new UsageError('--archive-key is for new keys: leave out --renew and --csr')
  }
  if (others['archive-key'] === true && ca === undefined) throw new UsageError('--archive-key needs --ca')
  const needsTemplate = policy !== undefined || (renew === undefined && csr === undefined)
  if (needsTemplate && template === undefined) throw new UsageError('missing --template, such as User')
  if (renew === undefined && user === undefined && cert === undefined) {
    throw new UsageError('give --user, or --cert and --key, to log in')
  }
}

/** The contents of a new request. */
interface NewRequest {
  readonly subject: string
  readonly key: ExportableKey
  /** Encrypts the private key for the archive, to an exchange certificate. */
  readonly archiveKey?: (exchangeCertificate: Octets) => Promise<Octets>
  readonly request?: undefined
}

/** The name and the key of a new request; the key is in the file. */
async function newRequest(values: Values, file: string, progress: Progress): Promise<NewRequest> {
  const { user, subject, 'key-type': type, 'archive-key': isArchived } = values
  progress.update('making a key')
  const key = await newKey(type ?? (isArchived === true ? ARCHIVED_KEY_TYPE : itemAt(KEY_TYPES, 0)))
  await writeFileWhole(file, await privateKeyPem(key), { secret: true })
  const archiveKey = isArchived === true ? (token: Octets) => encryptToExchange(key, token, values.ca) : undefined
  return { subject: subject ?? (user === undefined ? '' : `CN=${user}`), key, archiveKey }
}

/** A request in a file, DER or PEM. */
async function readRequest(file: string): Promise<Octets> {
  const octets = await readOctets(file)
  const der = 0x30
  if (octets[0] === der) return new Uint8Array(octets)
  const [request, ...others] = decodePems('CERTIFICATE REQUEST', new TextDecoder().decode(octets))
  if (request === undefined || others.length > 0) throw new UsageError(`${file} is not one certificate request`)
  return request
}

/** An answer, and the client and address for later queries. */
type Asked = Pick<Conclusion, 'client' | 'url' | 'enrollment'>

/** Asks for a certificate at the server, or where its policy says. */
async function ask(
  { options, url }: Client,
  { policy, template }: Values,
  content: NewRequest | { readonly request: Octets },
): Promise<Asked> {
  if (policy !== undefined) {
    const { hostname } = new URL(policy)
    const enrollment = await enrollByPolicy({
      ...{ ...options, ...content, url: policy, template: template ?? '' },
      // The listeners of a deployment are ports of one host.
      mayFollow: (address) => address.hostname === hostname,
    })
    const { address } = enrollment
    return { client: new WstepClient({ ...options, url: address }), url: address, enrollment }
  }
  const client = new WstepClient({ ...options, url })
  if (content.request === undefined) {
    const { subject, key, archiveKey } = content
    const archivedKey = archiveKey && (await archiveKey(await client.keyExchangeToken()))
    return { client, url, enrollment: await client.enroll({ subject, key, archivedKey, templateName: template }) }
  }
  const { publicKey } = certificationRequestIn(content.request)
  const additionalContext = template === undefined ? [] : [{ name: 'CertificateTemplate', value: template }]
  return { client, url, enrollment: await client.submit(content.request, publicKey, { additionalContext }) }
}

/** Asks for a renewal. */
async function renewed(
  { options, url }: Client,
  { template }: Values,
  renewal: Awaited<ReturnType<typeof readRenewal>>,
  newKey: NewRequest['key'],
): Promise<Asked> {
  const client = new WstepClient({ ...options, url })
  return { client, url, enrollment: await client.renew({ ...renewal, newKey, templateName: template }) }
}

async function queryPending(values: Values & { readonly query: string }, terminal: Terminal): Promise<ExitCode> {
  const { query: pendingFile, wait, json = false } = values
  const { url, pending } = await readPending(pendingFile, terminal.err)
  const prefix = values.out ?? pendingFile.replace(/\.pending$/, '')
  if (existsSync(`${prefix}.crt`)) throw new UsageError(`${prefix}.crt exists; choose another --out`)
  const { options } = await clientOf({ url, ...values }, terminal)
  const client = new WstepClient({ ...options, url })
  const progress = new Progress(terminal.err)
  try {
    progress.update('asking for the certificate')
    const enrollment = await client.queryStatus(pending)
    const key = pendingFile.replace(/\.pending$/, '.key')
    const files = { prefix, pendingFile, key: existsSync(key) ? key : undefined }
    return await conclude({ client, url, enrollment, files, wait, json }, progress, terminal)
  } finally {
    progress.clear()
  }
}

/** The private key, encrypted to the exchange certificate, which the authority in `--ca` must have issued. [MS-WCCE] 3.1.1.4.3.6 */
async function encryptToExchange(key: ExportableKey, token: Octets, authority: string | undefined): Promise<Octets> {
  const anchors =
    authority === undefined ? [] : decodePems('CERTIFICATE', await readText(authority)).map(parseCertificate)
  const path = await findPath(parseCertificate(token), {
    anchors,
    others: [],
    at: new Date(),
    verifier: signatureVerifier(),
  })
  if (path === undefined) {
    throw new FailureError('the exchange certificate is not of the authority in --ca; the private key was not sent')
  }
  return encryptForArchival(key, token)
}

/** The old certificate and its key. */
async function readRenewal(file: string, keyFile: string | undefined, err: Stream) {
  const [certificate] = decodePems('CERTIFICATE', await readText(file))
  if (certificate === undefined) throw new UsageError(`${file} contains no certificate`)
  return { certificate, oldKey: await readPrivateKey(keyFile ?? file.replace(/\.[^./]*$/, '.key'), err) }
}

/** How to reach the server and log in. */
interface Client {
  readonly options: Pick<WstepClientOptions, 'transport' | 'credentials'>
  /** The Security Token Service of a deployment. */
  readonly url: string
}

export async function clientOf(
  values: Pick<Values, 'url' | 'policy' | 'ca' | 'user' | 'password-file' | 'cert' | 'key'>,
  terminal: Terminal,
): Promise<Client> {
  const { user, cert, key, url, policy, ca } = values
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key go together')
  const shown: ClientCertificate | undefined =
    cert === undefined || key === undefined
      ? undefined
      : { cert: await readText(cert), key: await readSecretText(key, terminal.err) }
  const server = await serverOf({ url: policy ?? url, ca }, shown)
  const credentials =
    user === undefined ? undefined : { username: user, password: await readPassword(values, terminal) }
  return { options: { transport: server.transport, credentials }, url: server.url + PATHS.securityTokenService }
}

interface Conclusion {
  readonly client: WstepClient
  readonly url: string
  readonly enrollment: Enrollment
  /** `key`: of the private key, if it is in a file here. */
  readonly files: { readonly prefix: string; readonly pendingFile: string; readonly key: string | undefined }
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
    `${file}: ${printable(facts.subject)}, serial ${facts.serial}, valid until ${facts.notAfter}\n${
      files.key === undefined ? '' : `${files.key}: its private key\n`
    }`,
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
