import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodePem } from '../../pki/asn1/pem.js'
import { hasOpenssl, openssl } from '../../pki/testing/openssl.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { ServedDeployment } from '../testing/deployment.js'
import { run, runWith, type Ran } from '../testing/terminal.js'

let deployment: ServedDeployment
let plain: ServedDeployment
const file = (name: string): string => join(deployment.root, name)
const inFolder = (name: string): string => join(deployment.folder, name)
const PASSWORD = 'pässword of the file'

beforeAll(async () => {
  deployment = await ServedDeployment.start(undefined, ['--archive-keys'])
  plain = await ServedDeployment.start()
}, 240_000)

afterAll(async () => {
  await deployment.remove()
  await plain.remove()
}, 60_000)

/** Runs a client's command as alice. */
const asAlice = (at: ServedDeployment, command: string, ...options: string[]): Promise<Ran> =>
  runWith(
    { environment: { UPROVE_PASSWORD: at.users.alice } },
    ...[command, '--url', at.url, '--ca', at.authority, '--user', 'alice', ...options],
  )
const recover = (serial: string, out: string, ...options: string[]): Promise<Ran> =>
  runWith(
    { environment: { UPROVE_PASSWORD: PASSWORD } },
    ...['ca', deployment.folder, 'recover', serial, '--out', file(out), ...options],
  )
const agent = () => [
  ...['--agent-key', inFolder('keys/recovery-agent.key')],
  ...['--agent-certificate', inFolder('keys/recovery-agent.crt')],
]

/** Enrols with a key that is archived; the serial number. */
async function archived(name: string): Promise<string> {
  const wanted = ['--template', 'Encryption', '--archive-key', '--out', file(name), '--json']
  const { code, out, err } = await asAlice(deployment, 'enroll', ...wanted)
  expect(code, err).toBe(0)
  return (JSON.parse(out) as { serial: string }).serial
}

describe('a deployment that archives keys', () => {
  it('keeps the keys of the archive to its owner', async () => {
    for (const name of ['keys/exchange.key', 'keys/recovery-agent.key']) {
      expect((await stat(inFolder(name))).mode & 0o077).toBe(0)
    }
    const certificate = parseCertificate(
      decodePem('CERTIFICATE', await readFile(inFolder('keys/recovery-agent.crt'), 'utf8')),
    )
    expect(certificate.extendedKeyUsage).toEqual(['1.3.6.1.4.1.311.21.6'])
    expect([...certificate.keyUsage!]).toEqual(['keyEncipherment'])
  })

  it('offers the template to Windows, which is told to archive', async () => {
    const { out } = await run('ca', deployment.folder, 'templates', '--json')
    const templates = JSON.parse(out) as { name: string; offered: boolean }[]
    expect(templates.find(({ name }) => name === 'Encryption')).toMatchObject({ offered: true })
    const yaml = await readFile(inFolder('uprove.yaml'), 'utf8')
    const arcs = [...yaml.matchAll(/oid: (1\.3\.6\.1\.4\.1\.311\.21\.8\.[\d.]+)\.(\d) /g)]
    expect(arcs.map(([, , last]) => last)).toEqual(['1', '2', '3'])
    expect(new Set(arcs.map(([, arc]) => arc)).size).toBe(1)
  })

  it('gives out its exchange certificate', async () => {
    const { code, out, err } = await asAlice(deployment, 'ket', '--out', file('exchange.crt'), '--json')
    expect(code, err).toBe(0)
    const certificate = parseCertificate(decodePem('CERTIFICATE', await readFile(file('exchange.crt'), 'utf8')))
    expect(certificate.extendedKeyUsage).toEqual(['1.3.6.1.4.1.311.21.5'])
    expect(JSON.parse(out)).toMatchObject({
      certificate: file('exchange.crt'),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    })
    expect((await asAlice(deployment, 'ket')).out).toMatch(
      /^CN=uprove-wasm authority of localhost-Xchg, issued by .*\nSHA-256 [0-9a-f]{64}\n$/,
    )
  })

  it('gives an archived key to its recovery agent, as PKCS#12', async () => {
    const serial = await archived('mail')
    const { code, out, err } = await recover(serial, 'mail.p12', ...agent())
    expect(code, err).toBe(0)
    expect(out).toBe(`${file('mail.p12')}: the private key and the certificate ${serial}\n`)
    expect((await stat(file('mail.p12'))).mode & 0o077).toBe(0)
    if (!hasOpenssl('the PKCS#12 file')) return
    const files = {
      'mail.p12': await readFile(file('mail.p12')),
      password: `${PASSWORD}\n`,
      'mail.key': await readFile(file('mail.key')),
    }
    const info = openssl('pkcs12 -in mail.p12 -passin file:password -info -noout', files)
    expect(info.ok, info.said).toBe(true)
    expect(info.said).toContain('Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256')
    expect(info.said).toContain('MAC: sha256')
    // The key and the certificate are those that the client has.
    const key = openssl('pkcs12 -in mail.p12 -passin file:password -nocerts -nodes -out out', files)
    const own = decodePem('PRIVATE KEY', await readFile(file('mail.key'), 'utf8'))
    expect(decodePem('PRIVATE KEY', Buffer.from(key.out).toString())).toEqual(own)
    const leaf = openssl('pkcs12 -in mail.p12 -passin file:password -clcerts -nokeys -out out', files)
    const [first] = (await readFile(file('mail.crt'), 'utf8')).split(/(?<=-----END CERTIFICATE-----\n)/)
    expect(decodePem('CERTIFICATE', Buffer.from(leaf.out).toString())).toEqual(decodePem('CERTIFICATE', first!))
    const wrong = openssl('pkcs12 -in mail.p12 -passin pass:wrong -noout', files)
    expect(wrong.ok).toBe(false)
  })

  it('takes it from a client that asks the policy first', async () => {
    const policy = ['--policy', `${deployment.url}/policy`, '--ca', deployment.authority, '--user', 'alice']
    const { code, out, err } = await runWith(
      { environment: { UPROVE_PASSWORD: deployment.users.alice } },
      ...['enroll', ...policy, '--template', 'encryption', '--archive-key', '--out', file('by-policy'), '--json'],
    )
    expect(code, err).toBe(0)
    const { serial } = JSON.parse(out) as { serial: string }
    expect(await recover(serial, 'by-policy.p12', ...agent())).toMatchObject({ code: 0 })
  })

  it('gets none from a client that trusts the server, and not the authority of the archive', async () => {
    if (!hasOpenssl('a certificate of another authority')) return
    const [certificate, key] = [inFolder('keys/tls.crt'), inFolder('keys/tls.key')]
    const usual = [await readFile(certificate), await readFile(key)] as const
    const reload = async () => {
      await deployment.end()
      await deployment.serve()
    }
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '1']
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, '-keyout', key, '-out', certificate]
    execFileSync('openssl', made, { stdio: 'ignore' })
    await writeFile(file('other-ca.crt'), await readFile(certificate))
    await reload()
    const wanted = ['--ca', file('other-ca.crt'), '--user', 'alice', '--template', 'Encryption', '--archive-key']
    for (const address of [
      ['--policy', `${deployment.url}/policy`],
      ['--url', deployment.url],
    ]) {
      const ran = await runWith(
        { environment: { UPROVE_PASSWORD: deployment.users.alice } },
        ...['enroll', ...address, ...wanted, '--out', file('unsent')],
      )
      expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('the private key was not sent') as string })
      for (const end of ['key', 'crt']) expect(existsSync(file(`unsent.${end}`))).toBe(false)
    }
    await writeFile(certificate, usual[0])
    await writeFile(key, usual[1])
    await reload()
  })

  it('gives it to no other', async () => {
    const serial = await archived('other')
    const tls = ['--agent-certificate', inFolder('keys/authority.crt')]
    const stranger = await recover(serial, 'no.p12', ...agent().slice(0, 2), ...tls)
    expect(stranger).toMatchObject({
      code: 1,
      err: expect.stringContaining('was not archived for the agent of') as string,
    })
    const wrongKey = await recover(serial, 'no.p12', ...agent().slice(2), '--agent-key', file('other.key'))
    expect(wrongKey).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot be decrypted with the key') as string,
    })
    const unknown = await recover('ff', 'no.p12', ...agent())
    expect(unknown).toMatchObject({ code: 1, err: 'uprove ca: There is no such certificate.\n' })
    expect(existsSync(file('no.p12'))).toBe(false)
  })

  it('says which certificates have none', async () => {
    const { out } = await asAlice(deployment, 'enroll', '--template', 'User', '--out', file('user'), '--json')
    const { serial } = JSON.parse(out) as { serial: string }
    const { code, err } = await recover(serial, 'none.p12', ...agent())
    expect({ code, err }).toEqual({ code: 1, err: 'uprove ca: The private key of the certificate is not archived.\n' })
  })

  it('wants the key of every certificate for encryption', async () => {
    const { code, err } = await asAlice(deployment, 'enroll', '--template', 'Encryption', '--out', file('bare'))
    expect(code).toBe(1)
    expect(err).toContain('requires the private key to be archived')
  })

  it('gets a private key only from a client that trusts it', async () => {
    const [url, ca] = ['--url', '--ca']
    const wanted = ['--user', 'alice', '--template', 'Encryption', '--archive-key', '--out', file('x')]
    // Trusts the service's certificate as such, but not that of another authority.
    await writeFile(file('both.crt'), await readFile(plain.authority, 'utf8'))
    const other = await runWith(
      { environment: { UPROVE_PASSWORD: deployment.users.alice } },
      ...['enroll', url, deployment.url, ca, file('both.crt'), ...wanted],
    )
    expect(other.code).toBe(1)
    expect(existsSync(file('x.key'))).toBe(false)
    const none = await runWith({ environment: { UPROVE_PASSWORD: 'x' } }, 'enroll', url, deployment.url, ...wanted)
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('needs --ca') as string })
  })

  it.each([
    [['recover'], 'missing SERIAL'],
    [['recover', 'aa'], 'missing --agent-key or --agent-certificate'],
    [['recover', 'aa', '--agent-key', 'k', '--agent-certificate', 'c'], 'missing --out'],
    [['list', '--agent-key', 'k'], 'list takes no --agent-key'],
  ])('wants to be called rightly: %j', async (arguments_, message) => {
    const ran = await run('ca', deployment.folder, ...arguments_)
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(message) as string })
  })
})

describe('a deployment that archives none', () => {
  it('says so', async () => {
    expect(await asAlice(plain, 'ket')).toMatchObject({
      code: 1,
      err: expect.stringContaining('The certification authority has no key exchange certificate') as string,
    })
    for (const name of ['exchange.key', 'recovery-agent.key']) {
      expect(existsSync(join(plain.folder, 'keys', name))).toBe(false)
    }
  })
})
