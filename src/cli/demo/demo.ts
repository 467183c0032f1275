import { rmSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine } from '../../index.js'
import { parseCertificate, type Certificate } from '../../pki/x509/certificate.js'
import { formatName } from '../../pki/x509/name.js'
import { generateKey } from '../../pki/keys/keys.js'
import { initialize, type Initialized } from '../../server/deployment/init.js'
import { createLog } from '../../server/observation/log.js'
import { startService, type Service } from '../../server/service.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import type { ProfileParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import { heldTokens, type TokenBatch } from '../../ws-trust/artefacts/held-tokens.js'
import { EXTENDED_KEY_USAGE } from '../../ws-trust/trust/signer.js'
import type { Enrollment, IssuedEnrollment } from '../../wstep/client/client.js'
import { readFaultDetail } from '../../wstep/faults/fault-detail.js'
import { HRESULT } from '../../pki/ca/policy/denials.js'
import { parseXml } from '../../xml/parse.js'
import { canonicalize } from '../../xml/canonicalize.js'
import type { XmlElement } from '../../xml/tree.js'
import { exitCode, type ExitCode } from '../command/command.js'
import { untilSignalled } from '../commands/serve.js'
import { FailureError } from '../errors.js'
import { describeFailure, describeFault, printable } from '../command/failures.js'
import { Operator } from '../servers/operator.js'
import type { Terminal } from '../command/terminal.js'
import { Steps, must } from './steps.js'
import { Clients } from './clients.js'
import { freePorts } from './ports.js'

export interface DemoOptions {
  /** Claim and ID tokens to be obtained. */
  readonly claimTokens: number
  readonly idTokens: number
  /** Serves on, when all is told, until a signal comes. */
  readonly stay: boolean
}

/**
 * The second half of `npm start`: makes a deployment in a temporary folder, serves it on the loopback interface over TLS, and
 * does through HTTPS what its clients do. Exit code 1 if anything is not as it must be.
 */
export async function runDemo(options: DemoOptions, terminal: Terminal): Promise<ExitCode> {
  const { out, signals = process } = terminal
  const folder = await mkdtemp(join(tmpdir(), 'uprove-start-'))
  // However it ends.
  const removeAtExit = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeAtExit)
  const interrupt = (): never => process.exit(130)
  signals.on('SIGINT', interrupt)
  const steps = new Steps(terminal)
  let service: Service | undefined
  try {
    const made = await steps.step(
      'init: authority, Issuer, users',
      () => deploy(folder),
      ({ url }) => url,
    )
    service = await steps.step(
      'serve',
      () => startService(folder, { log: createLog('silent'), environment: {} }),
      ({ port, adminPort }) => `HTTPS on port ${port}, operators on ${String(adminPort)}`,
    )
    await tell(folder, made, options, steps)
    out.write(`\n4. A service over HTTPS, and its clients\n\n${steps.table()}\nAll verdicts are as they must be.\n`)
    out.write(`\n${whatToTry(folder, made, options.stay)}`)
    signals.off('SIGINT', interrupt)
    if (options.stay) await untilSignalled(service, 10_000, terminal)
    else await service.close()
    service = undefined
    return exitCode.success
  } catch (error) {
    const failure = describeFailure(error)
    if (failure === undefined) throw error
    out.write(`\n${steps.table()}\n${failure}\n`)
    return exitCode.failure
  } finally {
    await service?.close(0)
    await rm(folder, { recursive: true, force: true })
    process.off('exit', removeAtExit)
    signals.off('SIGINT', interrupt)
  }
}

async function deploy(folder: string): Promise<Initialized> {
  const [port, adminPort] = await freePorts()
  const made = await initialize(folder, { url: `https://localhost:${port}`, port, adminPort })
  // A certificate of a minute ago can be renewed then.
  const file = join(folder, 'uprove.yaml')
  await writeFile(file, (await readFile(file, 'utf8')).replaceAll('renewal: 90d', 'renewal: 365d'))
  return made
}

async function tell(
  folder: string,
  { url, passwords }: Initialized,
  { claimTokens, idTokens }: DemoOptions,
  steps: Steps,
): Promise<void> {
  const clients = await Clients.of(url, join(folder, 'keys/authority.crt'), passwords)
  await enrol(clients, await Operator.of(folder, {}), steps)
  const engine = await createEngine()
  try {
    const parameters = await steps.step(
      'Issuer parameters fetched, verified',
      () => clients.parameters(engine),
      ({ specification }) => `of ${specification.issuer}, signed by whom the authority certified`,
    )
    const batches = await steps.step(
      `WS-Trust: ${claimTokens} claim, ${idTokens} ID tokens`,
      () => clients.obtain('alice', parameters, claimTokens, idTokens),
      describeBatches,
    )
    checkBatches(batches, claimTokens, idTokens)
    await presentAll(clients, parameters, batches, steps)
  } finally {
    engine.dispose()
  }
}

/** Certificates: issued at once, pended and approved, renewed, refused. */
async function enrol(clients: Clients, operator: Operator, steps: Steps): Promise<void> {
  const key = await generateKey('ECDSA-P256')
  const user = await steps.step(
    'WSTEP: alice enrols as a user',
    async () => issued(await clients.enrolling('alice').enroll({ subject: 'CN=alice', key, templateName: 'User' })),
    describeCertificate,
  )
  must(formatName(user.subject).startsWith('CN=Alice Archer'), 'the certificate is not in the name of the account')

  const pending = await steps.step(
    'WSTEP: alice enrols as Device issuer',
    async () => {
      const enrollment = await clients.enrolling('alice').enroll({ subject: 'CN=x', key, templateName: 'DeviceIssuer' })
      must(enrollment.status === 'pending', 'a certificate was issued that an operator has to approve')
      return enrollment
    },
    ({ requestId, disposition }) => `pending, request ${requestId}: ${disposition?.text ?? ''}`,
  )
  await steps.step(
    'uprove ca DIR approve',
    async () => {
      const waiting = (await operator.pending()).map(({ requestId }) => requestId)
      must(waiting.join() === pending.requestId, 'the request is not the one that waits')
      return operator.approve(pending.requestId)
    },
    (status) => `request ${pending.requestId}: ${status}`,
  )
  const device = await steps.step(
    'WSTEP: alice queries its status',
    async () => issued(await clients.enrolling('alice').queryStatus(pending)),
    describeCertificate,
  )
  const purposes = device.extendedKeyUsage ?? []
  must(purposes.includes(EXTENDED_KEY_USAGE['device-parameters']), 'the certificate is not for Device parameters')

  const newKey = await generateKey('ECDSA-P384')
  const renewed = await steps.step(
    'WSTEP: renewed by its old key alone',
    async () => issued(await clients.enrolling().renew({ certificate: user.der, oldKey: key, newKey })),
    describeCertificate,
  )
  must(equalOctets(renewed.subject, user.subject), 'the renewed certificate is for somebody else')
  must(equalOctets(renewed.publicKey, newKey.publicKey), 'the renewed certificate is for another key')

  const refused = await steps.step(
    'WSTEP: bob enrols as Device issuer',
    () => faultOf(clients.enrolling('bob').enroll({ subject: 'CN=bob', key, templateName: 'DeviceIssuer' })),
    describeFault,
  )
  must(readFaultDetail(refused)?.errorCode === HRESULT.CERTSRV_E_TEMPLATE_DENIED, 'the fault has another HRESULT')
}

function issued(enrollment: Enrollment): Certificate {
  must(enrollment.status === 'issued', 'the certificate is not issued')
  return parseCertificate((enrollment satisfies IssuedEnrollment).certificate)
}

const describeCertificate = ({ subject, notAfter }: Certificate): string =>
  `issued: ${printable(formatName(subject))}, until ${notAfter.toISOString().slice(0, 10)}`

async function faultOf(answer: Promise<unknown>): Promise<SoapFault> {
  try {
    await answer
  } catch (error) {
    if (error instanceof SoapFault) return error
    throw error
  }
  throw new FailureError('WRONG: a request was granted that has to be refused')
}

const countOf = (batches: readonly TokenBatch[], wanted: TokenBatch['tokenClass']): number =>
  heldTokens(batches).filter(({ tokenClass }) => tokenClass === wanted).length

const describeBatches = (batches: readonly TokenBatch[]): string => {
  return `${countOf(batches, 'claim')} and ${countOf(batches, 'ID')} tokens, each verified`
}

function checkBatches(batches: readonly TokenBatch[], claimTokens: number, idTokens: number): void {
  const isAll = countOf(batches, 'claim') === claimTokens && countOf(batches, 'ID') === idTokens
  must(isAll, 'the tokens are not as many as were asked for')
}

/** Each verdict over SOAP, then in JSON. */
async function presentAll(
  clients: Clients,
  parameters: ProfileParameters,
  batches: readonly TokenBatch[],
  steps: Steps,
): Promise<void> {
  const [first, second] = heldTokens(batches)
  const disclose = parameters.specification.claimTypes.filter((type) => /givenname|country/.test(type))
  const told = (verdict: { valid: boolean; code?: string }): string => verdict.code ?? 'accepted'
  const overSoap = async (title: string, presentation: XmlElement, expected: string): Promise<void> => {
    const verdict = await steps.step(`SOAP: ${title}`, () => clients.validate(presentation), told)
    must(told(verdict) === expected, `${title}: ${told(verdict)} instead of ${expected}`)
  }
  const own = await clients.present(first!, parameters, disclose)
  await overSoap('presentation, tampered with', tampered(own), 'presentation/proof')
  await overSoap('presentation of two claims', own, 'accepted')
  await overSoap('the same again', own, 'relying-party/replayed')

  const message = await steps.step(
    'JSON: a challenge',
    () => clients.challenge(),
    ({ nonce }) => nonce,
  )
  const answer = await clients.present(second!, parameters, disclose, message)
  const inJson = async (title: string, presentation: XmlElement, expected: string): Promise<void> => {
    const verdict = await steps.step(
      `JSON: ${title}`,
      () => clients.verify(presentation, message),
      (result) =>
        result.valid
          ? `accepted: ${result.presentations[0]!.claims.map(({ value }) => value).join(', ')}`
          : result.code,
    )
    const seen = verdict.valid ? verdict.presentations[0]!.claims.map(({ value }) => value).join(', ') : verdict.code
    must(seen === expected, `${title}: ${seen} instead of ${expected}`)
  }
  await inJson('its answer, tampered with', tampered(answer), 'presentation/proof')
  await inJson('its answer', answer, 'Alice, SE')
  await inJson('the same again', answer, 'relying-party/nonce-used')
}

/** With another given name. */
function tampered(presentation: XmlElement): XmlElement {
  const text = new TextDecoder().decode(canonicalize(presentation))
  const changed = text.replace('>Alice<', '>Mallory<')
  must(changed !== text, 'there is nothing to tamper with')
  return parseXml(changed)
}

function whatToTry(folder: string, { url, passwords }: Initialized, stay: boolean): string {
  const uprove = 'node build/cli.js'
  if (!stay) {
    return `It was served at ${url}, from a folder that is gone. To have such a server, and commands to try on it:

  npm start -- --serve
  ${uprove} init DIR && ${uprove} serve DIR
  ${uprove} --help
`
  }
  const server = `--url ${url} --ca ${join(folder, 'keys/authority.crt')}`
  return `Serving ${url} until Ctrl-C; then the folder ${folder} is removed. In another terminal:

  export UPROVE_PASSWORD=${passwords.alice!} UPROVE_PASSPHRASE=secret
  ${uprove} enroll ${server} --user alice --template User --out alice
  ${uprove} enroll ${server} --user alice --template DeviceIssuer --out device
  ${uprove} ca ${folder} pending
  ${uprove} obtain ${server} --user alice --claim 10 --id 1 --wallet alice.wallet
  ${uprove} present --wallet alice.wallet --disclose givenname,country --relying-party ${url} --out presentation.xml
  ${uprove} verify ${server} presentation.xml
  ${uprove} inspect presentation.xml
`
}
