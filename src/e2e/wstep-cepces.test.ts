import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serialText } from '../pki/ca/issuing/sign-certificate.js'
import { parseCertificate } from '../pki/x509/certificate.js'
import { formatName } from '../pki/x509/name.js'
import { createCertificationRequest } from '../pki/requests/pkcs10.js'
import { generateKey } from '../pki/keys/keys.js'
import { decodePem, encodePem } from '../pki/asn1/pem.js'
import { freePorts } from '../cli/demo/demo.js'
import { initialize, type Initialized } from '../server/deployment/init.js'
import { FILES } from '../server/deployment/templates.js'
import { httpsTransport } from '../server/http/https-transport.js'
import { createLog } from '../server/observation/log.js'
import { startService, type Service } from '../server/service.js'
import { WstepClient } from '../wstep/client/client.js'
import { hasProgram } from '../xml/testing/xmllint.js'
import { checkout, PYTHON } from './testing/checkout.js'
import { enrollmentHost, PASSWORD, USERNAME, type EnrollmentHost } from './testing/enrollment-host.js'

/** A checkout of cepces, release 0.3.17. */
const cepces = checkout('UPROVE_CEPCES', 'cepces against the Security Token Service')

/** Exit codes of certmonger's helpers. */
const ISSUED = 0
const REJECTED = 2
const UNREACHABLE = 3
const UNCONFIGURED = 4
const WAIT = 5

describe.skipIf(cepces === undefined)('cepces', () => {
  let directory: string
  let host: EnrollmentHost
  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'cepces-'))
    host = await enrollmentHost(directory)
    // A stub: cepces imports it for Kerberos, which the test does not use and Debian does not have.
    mkdirSync(path.join(directory, 'python'))
    writeFileSync(path.join(directory, 'python', 'requests_gssapi.py'), 'HTTPSPNEGOAuth = None\n')
  })
  const pythonPath = (): string => [path.join(cepces!, 'src'), path.join(directory, 'python')].join(':')
  afterAll(async () => {
    await host.close()
    rmSync(directory, { recursive: true })
  })

  /** Writes a configuration into a new directory and returns the directory. */
  function write(settings: string): string {
    const at = mkdtempSync(path.join(directory, 'configuration-'))
    writeFileSync(path.join(at, 'cepces.conf'), settings)
    return at
  }

  type Auth = 'UsernamePassword' | 'Certificate'
  /** Whether cepces asks a policy service first, as it does by default. */
  type Type = 'Enrollment' | 'Policy'

  async function configure(auth: Auth, password = PASSWORD, type: Type = 'Enrollment'): Promise<string> {
    const { cert, key } = await host.certificateFiles()
    return write(
      `[global]\nserver=localhost\ntype=${type}\nauth=${auth}\ncas=${host.anchorFile}\n` +
        `endpoint=${type === 'Policy' ? host.policyUrl : host.url}\n` +
        `poll_interval=1\n[usernamepassword]\nusername=${USERNAME}\npassword=${password}\n` +
        `[certificate]\ncertfile=${cert}\nkeyfile=${key}\n`,
    )
  }

  /** Runs the helper as certmonger does. */
  function submit(
    cwd: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<{ code: number | null; out: string }> {
    return new Promise((resolve, reject) => {
      const helper = spawn(PYTHON, [path.join(cepces!, 'bin', 'cepces-submit')], {
        cwd,
        env: { PATH: process.env['PATH'], HOME: cwd, PYTHONPATH: pythonPath(), ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let out = ''
      helper.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
      helper.on('error', reject)
      helper.on('close', (code) => {
        resolve({ code, out })
      })
    })
  }

  async function request(templateName: string, signed = true): Promise<Record<string, string>> {
    const key = await generateKey('ECDSA-P256')
    const { der } = await createCertificationRequest({ key, subject: 'CN=anybody', templateName })
    const octets = new Uint8Array(der)
    // Another number in the signature, which is still DER.
    if (!signed) octets[octets.length - 1]! ^= 1
    return { CERTMONGER_OPERATION: 'SUBMIT', CERTMONGER_CSR: encodePem('CERTIFICATE REQUEST', octets) }
  }
  const subject = (pem: string): string => formatName(parseCertificate(decodePem('CERTIFICATE', pem)).subject)

  /**
   * Runs certmonger on a session bus of its own, with cepces as its authority.
   *
   * @param commands made from the options that name the files of key and certificate
   */
  async function certmonger(
    at: string,
    commands: (files: string) => string,
  ): Promise<{ out: string; key: string; cert: string }> {
    const home = mkdtempSync(path.join(at, 'certmonger-'))
    for (const name of ['requests', 'cas', 'local', 'tmp']) mkdirSync(path.join(home, name), { recursive: true })
    const helper = path.join(home, 'helper')
    writeFileSync(
      helper,
      `#!/bin/sh\ncd ${at} && PYTHONPATH=${pythonPath()} exec ${PYTHON} ${path.join(cepces!, 'bin', 'cepces-submit')} "$@"\n`,
      { mode: 0o755 },
    )
    const [key, cert] = [path.join(home, 'key.pem'), path.join(home, 'cert.pem')]
    const script =
      `certmonger -S -n -d 1 &\n` +
      `for i in 1 2 3 4 5 6 7 8 9 10; do getcert list-cas -s >/dev/null 2>&1 && break; sleep 0.5; done\n` +
      `getcert add-ca -s -c cepces -e ${helper}\n` +
      commands(`-k ${key} -f ${cert}`) +
      `getcert list -s -i one\n`
    const env = {
      ...{ PATH: process.env['PATH'], HOME: home, TMPDIR: path.join(home, 'tmp') },
      CERTMONGER_REQUESTS_DIR: path.join(home, 'requests'),
      CERTMONGER_CAS_DIR: path.join(home, 'cas'),
      CERTMONGER_LOCAL_CA_DIR: path.join(home, 'local'),
      CERTMONGER_CONFIG_DIR: home,
    }
    const out = await new Promise<string>((resolve, reject) => {
      const session = spawn('dbus-run-session', ['--', 'sh', '-c', script], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      let told = ''
      for (const stream of [session.stdout, session.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => (told += text))
      }
      session.on('error', reject)
      session.on('close', () => {
        resolve(told)
      })
    })
    return { out, key, cert }
  }
  const hasCertmonger =
    hasProgram('certmonger', 'certmonger with cepces') && hasProgram('dbus-run-session', 'certmonger with cepces')

  it('enrols with a password', async () => {
    const { code, out } = await submit(await configure('UsernamePassword'), await request('User'))
    expect(code).toBe(ISSUED)
    expect(subject(out)).toBe(`CN=id-of-${USERNAME},O=Fabrikam`)
    // The peculiarities of this peer.
    const { request: message } = host.seen.at(-1)!
    expect(message).toMatch(/<ns\d+:Nonce>/)
    expect(message).toMatch(/ns\d+:Type="[^"]*#PasswordText"/)
    expect(message).toMatch(/ns\d+:Id=""/)
    expect(message).not.toContain('ReplyTo')
  })

  it('enrols with a certificate of TLS', async () => {
    const { code, out } = await submit(await configure('Certificate'), await request('User'))
    expect(code).toBe(ISSUED)
    expect(subject(out)).toContain('O=Fabrikam')
    expect(host.seen.at(-1)!.request).not.toContain('UsernameToken')
  })

  it.each([
    ['a wrong password', 'UsernamePassword', 'User', true, 'Authentication failed.'],
    ['a template that is not there', 'UsernamePassword', 'Nothing', true, 'has no such certificate template'],
    ['a signature that is wrong', 'UsernamePassword', 'User', false, 'The signature of the certificate request'],
  ] as const)('shows why it is refused: %s', async (what, auth, template, signed, reason) => {
    const at = await configure(auth, what === 'a wrong password' ? 'wrong' : PASSWORD)
    const { code, out } = await submit(at, await request(template, signed))
    expect({ code, out }).toEqual({ code: REJECTED, out: expect.stringContaining(reason) as string })
    expect(host.seen.at(-1)!.status).toBe(500)
  })

  it('waits for an operator, and asks again', async () => {
    const at = await configure('UsernamePassword')
    const first = await submit(at, await request('Approved'))
    expect(first.code).toBe(WAIT)
    const [pause, cookie] = first.out.trim().split('\n')
    expect(pause).toBe('1')
    const [requestId, reference] = cookie!.split(',')
    expect(reference).toBe(host.url)

    const poll = { CERTMONGER_OPERATION: 'POLL', CERTMONGER_CA_COOKIE: cookie! }
    expect(await submit(at, poll)).toMatchObject({ code: WAIT, out: first.out })
    expect(host.seen.at(-1)!.request).toMatch(/<ns\d+:BinarySecurityToken[^>]*\/>/)
    await host.authority.approve(requestId!)
    const last = await submit(at, poll)
    expect(last.code).toBe(ISSUED)
    expect(last.out).toContain('BEGIN CERTIFICATE')
  })

  it('hears of a denial while it waits, and of a request that is not its own', async () => {
    const at = await configure('UsernamePassword')
    const [, cookie] = (await submit(at, await request('Approved'))).out.trim().split('\n')
    await host.authority.deny(cookie!.split(',')[0]!)
    const poll = { CERTMONGER_OPERATION: 'POLL', CERTMONGER_CA_COOKIE: cookie! }
    const denied = await submit(at, poll)
    expect(denied).toMatchObject({ code: REJECTED, out: expect.stringContaining('denied') as string })
    const unknown = await submit(at, { ...poll, CERTMONGER_CA_COOKIE: `4294967295,${host.url}` })
    expect(unknown).toMatchObject({ code: REJECTED, out: expect.stringContaining('does not exist') as string })
  })

  it('does not take a server that it cannot trust', async () => {
    const at = await configure('UsernamePassword')
    const file = path.join(at, 'cepces.conf')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^cas=.*$/m, ''))
    const before = host.seen.length
    const { code } = await submit(at, await request('User'))
    expect([UNREACHABLE, UNCONFIGURED]).toContain(code)
    expect(host.seen.length).toBe(before)
  })

  describe('with a policy service, as it is shipped', () => {
    it('lists templates and fetches the chain', async () => {
      const at = await configure('UsernamePassword', PASSWORD, 'Policy')
      const templates = await submit(at, { CERTMONGER_OPERATION: 'GET-SUPPORTED-TEMPLATES' })
      expect(templates).toEqual({ code: ISSUED, out: 'User\nApproved\n' })
      const roots = await submit(at, { CERTMONGER_OPERATION: 'FETCH-ROOTS' })
      expect(roots.code).toBe(ISSUED)
      expect(roots.out.replace(/\s/g, '')).toContain(host.anchor.replace(/\s/g, ''))
      const [policy] = host.seen.filter(({ answer }) => answer.includes('GetPoliciesResponse')).slice(-1)
      expect(policy!.request).toMatch(/clientVersion>0</)
    })

    it('enrols where the policy says', async () => {
      const at = await configure('UsernamePassword', PASSWORD, 'Policy')
      const { code, out } = await submit(at, await request('User'))
      expect({ code, out }).toMatchObject({ code: ISSUED })
      expect(subject(out)).toContain('O=Fabrikam')
    })

    it('waits for an operator, and asks again', async () => {
      const at = await configure('UsernamePassword', PASSWORD, 'Policy')
      const first = await submit(at, await request('Approved'))
      expect(first.code).toBe(WAIT)
      const cookie = first.out.trim().split('\n')[1]!
      await host.authority.approve(cookie.split(',')[0]!)
      expect(await submit(at, { CERTMONGER_OPERATION: 'POLL', CERTMONGER_CA_COOKIE: cookie })).toMatchObject({
        code: ISSUED,
      })
    })

    it('is told no policy with a wrong password', async () => {
      const at = await configure('UsernamePassword', 'wrong', 'Policy')
      const { code, out } = await submit(at, await request('User'))
      expect(code).not.toBe(ISSUED)
      expect(out).not.toContain('BEGIN CERTIFICATE')
      expect(host.seen.at(-1)).toMatchObject({ status: 500 })
    })
  })

  describe('with a certificate alone, at the address of a deployment for that', () => {
    let folder: string
    let made: Initialized
    let service: Service
    /** cepces' configuration, with a certificate of alice. */
    let at: string
    beforeAll(async () => {
      folder = path.join(directory, 'deployment')
      const [port, adminPort, httpPort, certificatePort] = await freePorts()
      const url = `https://localhost:${port}`
      made = await initialize(folder, { ...{ url, port, adminPort, httpPort, certificatePort }, environment: {} })
      service = await startService(folder, { log: createLog('silent'), environment: {} })
      at = write(await certificateSettings(made.certificateUrl))
    }, 120_000)
    afterAll(() => service.close(0))

    /** Settings for the policy service at an address, with a new certificate of alice. */
    async function certificateSettings(url: string): Promise<string> {
      const key = await generateKey('ECDSA-P256', { extractable: true })
      const authority = path.join(folder, FILES.authorityCertificate)
      const client = new WstepClient({
        url: `${made.url}/wstep`,
        credentials: { username: 'alice', password: made.passwords['alice']! },
        transport: httpsTransport({ ca: readFileSync(authority, 'utf8') }),
      })
      const enrolled = await client.enroll({ key, subject: 'CN=alice', templateName: 'User' })
      if (enrolled.status !== 'issued') throw new Error('pending')
      const files = mkdtempSync(path.join(directory, 'alice-'))
      const [cert, keyFile] = [path.join(files, 'crt'), path.join(files, 'key')]
      writeFileSync(cert, encodePem('CERTIFICATE', enrolled.certificate))
      writeFileSync(keyFile, encodePem('PRIVATE KEY', await key.exportPrivateKey()))
      return (
        `[global]\nserver=localhost\ntype=Policy\nauth=Certificate\ncas=${authority}\nendpoint=${url}/policy\n` +
        `poll_interval=1\n[certificate]\ncertfile=${cert}\nkeyfile=${keyFile}\n`
      )
    }

    it('lists templates and fetches the chain', async () => {
      const templates = await submit(at, { CERTMONGER_OPERATION: 'GET-SUPPORTED-TEMPLATES' })
      expect(templates).toEqual({ code: ISSUED, out: 'User\nMachine\n' })
      const roots = await submit(at, { CERTMONGER_OPERATION: 'FETCH-ROOTS' })
      expect(roots.code).toBe(ISSUED)
      const anchor = readFileSync(path.join(folder, FILES.authorityCertificate), 'utf8')
      expect(roots.out.replace(/\s/g, '')).toContain(anchor.replace(/\s/g, ''))
    })

    it('enrols, and renews what it got', async () => {
      const first = await submit(at, await request('User'))
      expect(first.code).toBe(ISSUED)
      expect(subject(first.out)).toBe('CN=Alice Archer,O=Example')
      const renewed = await submit(at, { ...(await request('User')), CERTMONGER_CERTIFICATE: first.out })
      expect(renewed.code).toBe(ISSUED)
      expect(subject(renewed.out)).toBe('CN=Alice Archer,O=Example')
      expect(renewed.out).not.toBe(first.out)
    })

    it('waits for an operator, and asks again at the same address', async () => {
      const first = await submit(at, await request('DeviceIssuer'))
      expect(first.code).toBe(WAIT)
      const cookie = first.out.trim().split('\n')[1]!
      const [requestId, reference] = cookie.split(',')
      expect(reference).toBe(`${made.certificateUrl}/wstep`)
      const poll = { CERTMONGER_OPERATION: 'POLL', CERTMONGER_CA_COOKIE: cookie }
      expect(await submit(at, poll)).toMatchObject({ code: WAIT })
      await service.authority.approve(requestId!)
      expect(await submit(at, poll)).toMatchObject({ code: ISSUED })
    })

    it('is told no policy where nobody asks for its certificate, nor with one that is revoked', async () => {
      const list = (cwd: string): ReturnType<typeof submit> =>
        submit(cwd, { CERTMONGER_OPERATION: 'GET-SUPPORTED-TEMPLATES' })
      const refused = (answer: { code: number | null; out: string }): void => {
        expect([REJECTED, UNREACHABLE, UNCONFIGURED]).toContain(answer.code)
        expect(answer.out).not.toContain('User')
      }
      refused(await list(write(await certificateSettings(made.url))))

      const other = write(await certificateSettings(made.certificateUrl))
      expect(await list(other)).toMatchObject({ code: ISSUED })
      const [, file] = /certfile=(.*)/.exec(readFileSync(path.join(other, 'cepces.conf'), 'utf8'))!
      const { serialNumber } = parseCertificate(decodePem('CERTIFICATE', readFileSync(file!, 'utf8')))
      await service.authority.revoke(serialText(serialNumber))
      refused(await list(other))
    })

    it.skipIf(!hasCertmonger)(
      'is driven by certmonger, which renews',
      async () => {
        const { out, cert } = await certmonger(
          at,
          (files) =>
            `getcert request -s -I one -c cepces ${files} -T User -N CN=anybody -w -t 30\n` +
            `cp $HOME/cert.pem $HOME/first.pem\n` +
            `getcert rekey -s -i one -w -t 30\n`,
        )
        expect(out).toContain('status: MONITORING')
        const first = readFileSync(path.join(path.dirname(cert), 'first.pem'), 'utf8')
        for (const pem of [first, readFileSync(cert, 'utf8')]) expect(subject(pem)).toBe('CN=Alice Archer,O=Example')
        expect(readFileSync(cert, 'utf8')).not.toBe(first)
      },
      120_000,
    )
  })

  it.skipIf(!hasCertmonger)(
    'is driven by certmonger, which makes the key and keeps what it gets',
    async () => {
      const { out, key, cert } = await certmonger(
        await configure('UsernamePassword'),
        (files) => `getcert request -s -I one -c cepces ${files} -T User -N CN=anybody -w -t 30\n`,
      )
      expect(out).toContain('status: MONITORING')
      expect(subject(readFileSync(cert, 'utf8'))).toBe(`CN=id-of-${USERNAME},O=Fabrikam`)
      const keys = ['pkey', 'x509'].map((command, i) => {
        const args = [command, '-in', [key, cert][i]!, command === 'x509' ? '-pubkey' : '-pubout', '-noout']
        return spawnSync('openssl', i === 0 ? args.slice(0, -1) : args).stdout.toString()
      })
      expect(keys[0]).toContain('BEGIN PUBLIC KEY')
      expect(keys[0]).toBe(keys[1])
    },
    60_000,
  )
})
