import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { itemAt, known } from '../../../bindings/octets/lists.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { systemRandom } from '../../../bindings/octets/random.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { keyIdentifier, newSerialNumber, signCertificate, wholeSeconds } from '../../pki/ca/issuing/sign-certificate.js'
import { decodePem, decodePems, encodePem } from '../../pki/asn1/pem.js'
import { generateKey, importPrivateKey } from '../../pki/keys/keys.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import {
  authorityKeyIdentifier,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
  type Extension,
} from '../../pki/x509/extensions.js'
import { parseName } from '../../pki/x509/name.js'
import { SoapClient } from '../../soap/client.js'
import { readIssuerParameters, signIssuerParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import { TokenClient } from '../../ws-trust/issuance/token-client.js'
import { soapIssuance } from '../../ws-trust/soap/soap-client.js'
import { WstepClient } from '../../wstep/client/client.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import { ecdsaSha256 } from '../../xml/signature-algorithms.js'
import { withoutSignature } from '../../xml/signature.js'
import { Deployment } from '../deployment/deployment.js'
import { initialize } from '../deployment/init.js'
import { PATHS } from '../deployment/paths.js'
import { PURPOSES } from '../deployment/profile-settings.js'
import { httpsTransport } from '../http/https-transport.js'
import { createLog, type Log } from '../observation/log.js'
import { Metrics } from '../observation/metrics.js'
import { startService } from '../service.js'
import { checkDeployment, type CheckOptions } from './check.js'
import { ExpiryWatch } from './expiry.js'

const DAY = 86_400_000
const passwords = { alice: 'correct horse', bob: 'battery staple' }

let folder: string
let made: string
const file = (name: string): string => path.join(folder, name)
const read = (name: string): string => readFileSync(file(name), 'utf8')

beforeAll(async () => {
  made = mkdtempSync(path.join(tmpdir(), 'checked-'))
  folder = path.join(made, 'deployment')
  await initialize(folder, { passwords, archiveKeys: true, environment: {} })
}, 120_000)
afterAll(() => rmSync(made, { recursive: true }))

/** What is wrong, without what is right. */
async function problems(options: CheckOptions = {}): Promise<string[]> {
  const findings = await checkDeployment(folder, { environment: {}, database: false, ...options })
  return findings.filter(({ level }) => level !== 'ok').map(({ check, level, text }) => `${level} ${check}: ${text}`)
}

/** Runs with other contents of a file, and puts the old ones back. */
async function changed<T>(name: string, change: (text: string) => string, run: () => Promise<T>): Promise<T> {
  const saved = path.join(made, 'saved')
  copyFileSync(file(name), saved)
  try {
    writeFileSync(file(name), change(read(name)))
    return await run()
  } finally {
    renameSync(saved, file(name))
    chmodSync(file(name), 0o600)
  }
}

const authorityCertificate = () => parseCertificate(decodePem('CERTIFICATE', read('keys/authority.crt')))

/** A certificate of the deployment's authority that ended two seconds ago. */
async function endedCertificate(publicKey: Octets, subject: string, extensions: readonly Extension[]) {
  const authority = authorityCertificate()
  const now = Date.now()
  return signCertificate(
    {
      ...{
        serialNumber: newSerialNumber(systemRandom),
        issuer: authority.subject,
        subject: parseName(subject),
        publicKey,
      },
      // The authority is as young as the test.
      ...{ notBefore: wholeSeconds(now - 240_000), notAfter: wholeSeconds(now - 2_000) },
      extensions: [
        ...extensions,
        subjectKeyIdentifier(await keyIdentifier(publicKey)),
        authorityKeyIdentifier(known(authority.subjectKeyIdentifier)),
      ],
    },
    await importPrivateKey(decodePem('PRIVATE KEY', read('keys/authority.key'))),
  )
}

const startHere = (log: Log) =>
  startService(folder, {
    ...{ listen: { address: '127.0.0.1', port: 0 }, adminListen: null, certificateListen: null },
    ...{ publicationListen: null, environment: {}, log },
  })

describe('a deployment that can be served', () => {
  it('has no problem, and each kind of check says so', async () => {
    const findings = await checkDeployment(folder, { environment: {} })
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([])
    expect(new Set(findings.map(({ check }) => check))).toEqual(
      new Set([
        ...['configuration', 'versions', 'permissions', 'clock', 'certificates', 'keys', 'issuer-parameters'],
        'database',
      ]),
    )
  }, 60_000)
})

describe('a check names', () => {
  it('the place of an error in the configuration, and goes no further', async () => {
    const findings = await changed(
      'uprove.yaml',
      (yaml) => yaml.replace('tls:', 'tsl:'),
      () => checkDeployment(folder, { environment: {} }),
    )
    expect(findings).toMatchObject([{ check: 'configuration', level: 'error', code: 'server/configuration' }])
    expect(findings[0]?.text).toMatch(/tls: is missing; the file: there is no setting tsl/)
  })

  it('certificates that end within 30 days, and those that have ended', async () => {
    const { notAfter } = parseCertificate(itemAt(decodePems('CERTIFICATE', read('keys/tls.crt')), 0))
    const at = (days: number) => problems({ clock: () => new Date(notAfter.getTime() + days * DAY) })
    expect(await at(-31)).toEqual([])
    expect(await at(-29.5)).toEqual([
      expect.stringMatching(/^warning certificates: tls: .*tls\.crt ends on .* 29 days/),
    ])
    expect(await at(1)).toEqual([expect.stringMatching(/^error certificates: tls: .*tls\.crt ended on/)])
  })

  it('a clock that is behind', async () => {
    const found = await problems({ clock: () => new Date('2020-01-01') })
    expect(found).toContainEqual(expect.stringMatching(/^error clock: it is 2020-01-01.*set the clock$/))
  })

  it('a TLS certificate for another name', async () => {
    const found = await changed(
      'uprove.yaml',
      (yaml) => yaml.replace('url: https://localhost:8443', 'url: https://elsewhere.example'),
      () => problems(),
    )
    expect(found).toContainEqual(expect.stringMatching(/^error certificates: tls: clients of https:\/\/elsewhere/))
  })

  it('secrets that others can read, and folders that they can change', async () => {
    chmodSync(file('keys/tls.key'), 0o644)
    chmodSync(file('keys'), 0o703)
    expect(await problems()).toEqual([
      expect.stringMatching(/^warning permissions: .*tls\.key: chmod 600/),
      expect.stringMatching(/^error permissions: .*keys: chmod 700/),
    ])
    chmodSync(file('keys/tls.key'), 0o600)
    chmodSync(file('keys'), 0o700)
  })

  it('a key where a certificate belongs, and keys of others', async () => {
    const other = encodePem(
      'PRIVATE KEY',
      await (await generateKey('ECDSA-P256', { extractable: true })).exportPrivateKey(),
    )
    const cases = [
      [
        'keys/recovery-agent.crt',
        () => read('keys/recovery-agent.key'),
        /certificates: .*recovery-agent\.crt: contains no/,
      ],
      ['keys/exchange.key', () => read('keys/recovery-agent.crt'), /keys: .*exchange\.key/],
      ['keys/tls.key', () => other, /keys: .*tls\.key is not its private key/],
      ['keys/authority.key', () => other, /keys: .*\(ca\/key-mismatch\)|keys: .*key/],
      ['keys/state.key', () => 'c2hvcnQ=', /keys: .*32 octets/],
      ['keys/operator.token', () => 'short', /keys: .*operator\.token/],
      ['keys/issuer.key', () => `${Buffer.alloc(32, 7).toString('base64')}\n`, /issuer-parameters: .*issuer\.key/],
    ] as const
    for (const [name, contents, expected] of cases) {
      const found = await changed(name, contents, () => problems())
      expect(found, name).toContainEqual(expect.stringMatching(expected))
      expect(
        found.every((problem) => problem.startsWith('error ')),
        name,
      ).toBe(true)
    }
    expect(await problems()).toEqual([])
  }, 60_000)

  it('every file that is missing, or a folder, as a finding, and looks at the rest', async () => {
    const files = [
      ['uprove.yaml', 'configuration'],
      ['users.yaml', 'configuration'],
      ['issuer-parameters.xml', 'certificates'],
      ['keys/authority.crt', 'certificates'],
      ['keys/authority.key', 'keys'],
      ['keys/exchange.key', 'keys'],
      ['keys/issuer.jwk', 'keys'],
      ['keys/issuer.key', 'issuer-parameters'],
      ['keys/operator.token', 'keys'],
      ['keys/recovery-agent.crt', 'certificates'],
      ['keys/state.key', 'keys'],
      ['keys/tls.crt', 'certificates'],
      ['keys/tls.key', 'keys'],
    ] as const
    for (const [name, check] of files) {
      const saved = path.join(made, 'missing')
      renameSync(file(name), saved)
      try {
        const missing = await checkDeployment(folder, { environment: {} })
        mkdirSync(file(name))
        const unreadable = await problems()
        const wrong = missing.filter(({ level }) => level === 'error')
        expect(
          wrong.map((finding) => finding.check),
          name,
        ).toContain(check)
        expect(unreadable, name).toContainEqual(expect.stringMatching(new RegExp(`^error ${check}: `)))
        if (check !== 'configuration')
          expect(missing, name).toContainEqual(expect.objectContaining({ check: 'database' }))
      } finally {
        rmSync(file(name), { recursive: true, force: true })
        renameSync(saved, file(name))
      }
    }
    expect(await problems()).toEqual([])
  }, 120_000)

  it('a store in the environment, where the environment has none', async () => {
    const found = await changed(
      'uprove.yaml',
      (yaml) => yaml.replace(/^store: .*\n/m, 'store: environment\n').replace(/^state: .*\n/m, ''),
      () => problems({ database: true }),
    )
    expect(found).toEqual([
      expect.stringMatching(/^error database: .*uprove\.yaml: store: is `environment`, and DATABASE_URL is not set/),
    ])
  })

  it('a database that cannot be reached, another key of the state, and a store that is gone', async () => {
    const unreachable = { DATABASE_URL: 'postgresql://uprove@127.0.0.1:1/uprove' }
    const findings = await checkDeployment(folder, { environment: unreachable })
    expect(findings).toContainEqual(expect.objectContaining({ check: 'database', level: 'error', code: 'store/port' }))
    const otherKey = await changed(
      'keys/state.key',
      () => Buffer.alloc(32, 7).toString('base64'),
      () => problems({ database: true }),
    )
    expect(otherKey).toEqual([expect.stringMatching(/^error database: .*sealed under another key/)])
    const copy = path.join(made, 'copy')
    cpSync(folder, copy, { recursive: true, filter: (name) => !name.endsWith('/records') })
    const gone = await checkDeployment(copy, { environment: {} })
    expect(gone.filter(({ level }) => level === 'error')).toMatchObject([{ check: 'database' }])
  }, 60_000)
})

describe('the end of a certificate', () => {
  it('is logged at the start and from 30 days on, and measured', async () => {
    const deployment = await Deployment.open(folder, {})
    const { notAfter } = parseCertificate(itemAt(decodePems('CERTIFICATE', read('keys/tls.crt')), 0))
    let log = ''
    let now = new Date(notAfter.getTime() - 31 * DAY)
    const metrics = new Metrics()
    const closing: (() => unknown)[] = []
    const watch = await ExpiryWatch.start(deployment, {
      log: createLog('info', { write: (line: string) => void (log += line) }),
      ...{ metrics, onClose: (close) => closing.push(close), clock: () => now },
    })
    expect(log).toBe('')
    now = new Date(notAfter.getTime() - 2.5 * DAY)
    await watch.read()
    expect(JSON.parse(log)).toMatchObject({
      level: 'warn',
      certificate: 'tls',
      days: 2,
      msg: 'a certificate ends soon',
    })
    log = ''
    now = new Date(notAfter.getTime() + 1_000)
    await watch.read()
    expect(JSON.parse(log)).toMatchObject({ level: 'error', certificate: 'tls', msg: 'a certificate has ended' })
    const { body } = await metrics.expose()
    expect(body).toMatch(/^uprove_certificate_expiry_seconds\{name="tls"\} -1$/m)
    expect(body).toMatch(/^uprove_certificate_expiry_seconds\{name="issuer-parameters"\} \d+$/m)
    for (const close of closing) close()
    metrics.dispose()
  })

  it('that is the one of TLS: the service starts, with an error in the log', async () => {
    const key = await generateKey('ECDSA-P256', { extractable: true })
    const extensions = [extendedKeyUsage(PURPOSES.server), subjectAltName({ dnsNames: ['localhost'] })]
    const pem = encodePem('CERTIFICATE', await endedCertificate(key.publicKey, 'CN=localhost', extensions))
    const pkcs8 = encodePem('PRIVATE KEY', await key.exportPrivateKey())
    let log = ''
    const serve = async (): Promise<void> => {
      const service = await startHere(createLog('info', { write: (line: string) => void (log += line) }))
      try {
        const ended = log.split('\n').filter((line) => line.includes('a certificate has ended'))
        expect(ended.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ level: 'error', certificate: 'tls' }])
        const outgoing = request({ port: service.port, path: '/healthz', rejectUnauthorized: false }).end()
        const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
        expect(answer.resume().statusCode).toBe(200)
        const trusting = httpsTransport({ ca: read('keys/authority.crt') })
        const asked = trusting(
          new URL(`https://localhost:${String(service.port)}/healthz`),
          { method: 'GET', headers: {}, body: new Uint8Array(0) },
          { maxBytes: 1 << 20 },
        )
        await expect(asked).rejects.toMatchObject({ cause: { code: 'CERT_HAS_EXPIRED' } })
      } finally {
        await service.close(0)
      }
    }
    const withKey = () => changed('keys/tls.key', () => pkcs8, serve)
    const saved = path.join(made, 'saved-certificate')
    copyFileSync(file('keys/tls.crt'), saved)
    writeFileSync(file('keys/tls.crt'), pem)
    await withKey().finally(() => renameSync(saved, file('keys/tls.crt')))
  }, 60_000)

  it('keeps a service from signing, not from starting; other parts go on', async () => {
    const engine = await createEngine()
    const unsigned = withoutSignature(parseXml(read('issuer-parameters.xml')))
    const parameters = readIssuerParameters(unsigned, { engine, sets: [L2048N256] })
    const signer = await generateKey('ECDSA-P256', { extractable: true })
    const ended = await endedCertificate(signer.publicKey, 'CN=Claim Provider,O=Example', [
      keyUsage('digitalSignature'),
      extendedKeyUsage(PURPOSES['issuer-parameters']),
      subjectAltName({ uris: ['https://localhost:8443'] }),
    ])
    const key = await crypto.subtle.importKey(
      ...(['pkcs8', await signer.exportPrivateKey(), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']] as const),
    )
    const signed = await signIssuerParameters(parameters, {
      ...{ recommended: L2048N256, key, algorithm: ecdsaSha256, certificates: [ended, authorityCertificate().der] },
    })
    const document = new TextDecoder().decode(canonicalize(signed))
    let log = ''
    await changed(
      'issuer-parameters.xml',
      () => document,
      async () => {
        expect(await problems()).toEqual([expect.stringMatching(/^error certificates: issuer-parameters: /)])
        const service = await startHere(createLog('info', { write: (line: string) => void (log += line) }))
        try {
          expect(log).toMatch(/"level":"error".*"certificate":"issuer-parameters".*a certificate has ended/)
          const base = `https://localhost:${String(service.port)}`
          const transport = httpsTransport({ ca: read('keys/authority.crt') })
          const credentials = { username: 'alice', password: passwords.alice }
          const enrolling = new WstepClient({ url: base + PATHS.securityTokenService, transport, credentials })
          const userKey = await generateKey('ECDSA-P256')
          const enrolled = await enrolling.enroll({ key: userKey, subject: 'CN=alice', templateName: 'User' })
          expect(enrolled.status).toBe('issued')
          const client = new SoapClient({ transport, credentials })
          const claims = soapIssuance({ client, url: base + PATHS.claimProvider })
          const obtaining = new TokenClient({ parameters }).obtain({ claim: 1 }, claims)
          await expect(obtaining).rejects.toMatchObject({ subcodes: [{ localName: 'RequestFailed' }] })
          expect(log).toMatch(/"code":"ws-trust\/parameters-expired"/)
          const inJson = await transport(
            new URL(`${base}${PATHS.jsonFramework}/issue`),
            {
              method: 'POST',
              headers: {
                ...{ 'content-type': 'application/json' },
                authorization: `Basic ${Buffer.from(`alice:${passwords.alice}`).toString('base64')}`,
              },
              body: new TextEncoder().encode('{"n":1}'),
            },
            { maxBytes: 1 << 20 },
          )
          expect(inJson.status).toBe(500)
          expect(JSON.parse(new TextDecoder().decode(inJson.body))).toMatchObject({ code: 'server/signing-ended' })
          expect(log).toMatch(/"code":"server\/signing-ended".*"msg":"refused"/)
          // Beside a server that runs, the check says so.
          const findings = await checkDeployment(folder, { environment: {} })
          expect(findings).toContainEqual(expect.objectContaining({ check: 'database', level: 'ok' }))
        } finally {
          await service.close(0)
        }
      },
    )
    engine.dispose()
  }, 120_000)
})
