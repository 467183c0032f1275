import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { access, rename, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfiguration } from '../../server/deployment/configuration.js'
import { ServedDeployment } from '../testing/deployment.js'
import { run, runWith, type Ran } from '../testing/terminal.js'

let deployment: ServedDeployment
/** Options that name the server. */
let server: string[]
const file = (name: string): string => join(deployment.root, name)
const text = (name: string): Promise<string> => readFile(file(name), 'utf8')

/** With the password of a user in the environment, and a passphrase of wallets. */
const as = (user: string, ...arguments_: string[]): Promise<Ran> =>
  runWith({ environment: { UPROVE_PASSWORD: deployment.users[user], UPROVE_PASSPHRASE: 'open' } }, ...arguments_)
const enroll = (user: string, ...arguments_: string[]): Promise<Ran> =>
  as(user, 'enroll', ...server, '--user', user, ...arguments_)

beforeAll(async () => {
  // Certificates can be renewed at once.
  deployment = await ServedDeployment.start((yaml) => yaml.replaceAll('renewal: 90d', 'renewal: 365d'))
  server = ['--url', deployment.url, '--ca', deployment.authority]
}, 120_000)

afterAll(() => deployment.remove())

describe('uprove init', () => {
  it('does not touch a folder that has something', async () => {
    const { code, out, err } = await run('init', deployment.folder)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/the folder is not empty \(init\/folder\)\n$/)
  })

  it.each([
    [[], 'missing folder DIR'],
    [['a', 'b'], 'too many arguments; init takes one folder'],
    [['a', '--port', '0'], '--port takes a number from 1 to 65535'],
    [['a', '--admin-port', 'x'], '--admin-port takes a number from 1 to 65535'],
    [['a', '--group', 'P-256'], 'P-256 is an elliptic curve, and the WS-Trust profile uses Revision 1'],
    [
      ['a', '--group', 'P521'],
      'defined over subgroups only: choose from L2048N256, L3072N256. For Revision 3 over curves',
    ],
    [['a', '--group', 'L1024N160'], 'unknown group L1024N160; choose from L2048N256, L3072N256'],
  ])('wants to be called rightly: %j', async (arguments_, message) => {
    expect(await run('init', ...arguments_)).toMatchObject({ code: 2, err: expect.stringContaining(message) as string })
  })

  it('refuses a URL that is none of a service', async () => {
    const { code, err } = await run('init', file('other'), '--url', 'http://localhost')
    expect(code).toBe(1)
    expect(err).toContain('init/url')
  })
})

describe('uprove check', () => {
  it('prints findings as JSON, of a deployment that is right and of one that is not', async () => {
    const findings = async () => {
      const { code, out, err } = await run('check', deployment.folder, '--json')
      const { ok, findings: found } = JSON.parse(out) as { ok: boolean; findings: { check: string; level: string }[] }
      return { code, ok, err, errors: found.filter(({ level }) => level === 'error').map(({ check }) => check) }
    }
    expect(await findings()).toEqual({ code: 0, ok: true, err: '', errors: [] })
    const key = file('deployment/keys/state.key')
    await rename(key, file('state.key'))
    expect(await findings()).toEqual({ code: 1, ok: false, err: '', errors: ['keys'] })
    await rename(file('state.key'), key)
    expect(await run('check', file('none'), '--json')).toMatchObject({
      code: 1,
      out: expect.stringContaining('"ok":false') as string,
    })
    expect(await run('check')).toMatchObject({ code: 2 })
  }, 60_000)
})

describe('uprove issuer', () => {
  it('signs the Issuer parameters again, and makes others under the next number', async () => {
    const parameters = () => text('deployment/issuer-parameters.xml')
    const signature = (xml: string) => /SignatureValue>([^<]+)/.exec(xml)?.[1]
    const before = await parameters()
    const key = await text('deployment/keys/issuer.key')
    const signedAgain = await run('issuer', 'sign', deployment.folder)
    expect(signedAgain).toMatchObject({ code: 0, err: '' })
    expect(signature(await parameters())).not.toBe(signature(before))
    expect(await text('deployment/keys/issuer.key')).toBe(key)
    expect(await run('check', deployment.folder)).toMatchObject({ code: 0 })

    const made = await run('issuer', 'new', deployment.folder, '--json')
    expect(JSON.parse(made.out)).toMatchObject({ uidp: `${deployment.url}/issuer-parameters/2` })
    expect(await text('deployment/issuer-parameters-1.xml')).toContain('/issuer-parameters/1')
    expect(await text('deployment/keys/issuer.key')).not.toBe(key)
    expect((await stat(file('deployment/keys/issuer.key'))).mode & 0o077).toBe(0)
    expect(await run('check', deployment.folder)).toMatchObject({ code: 0 })
  }, 60_000)

  it('signs with the key of the Claim Provider only', async () => {
    const other = ['--key', join(deployment.folder, 'issuer-parameters.xml')]
    expect((await run('issuer', 'new', deployment.folder, ...other)).code).not.toBe(0)
    expect(existsSync(file('deployment/issuer-parameters-2.xml'))).toBe(false)
    expect(await run('issuer', 'renew', deployment.folder)).toMatchObject({ code: 2 })
    expect(await run('issuer', 'new')).toMatchObject({ code: 2 })
  })
})

describe('uprove init --address', () => {
  it('takes an IP address', async () => {
    const { code, err } = await run('init', file('other'), '--address', 'localhost')
    expect(code).toBe(1)
    expect(err).toContain('init/address')
    expect(existsSync(file('other'))).toBe(false)
  })
})

describe('uprove init --admin-address', () => {
  it('takes an IP address, with the names by which operators call it', async () => {
    const wrong = await run('init', file('admin'), '--admin-address', 'node1')
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('init/address')])
    const folder = file('admin')
    const options = ['--admin-address', '0.0.0.0', '--admin-host', 'node1', '--admin-host', 'Node2']
    expect(await run('init', folder, ...options)).toMatchObject({ code: 0 })
    expect((await readConfiguration(folder)).admin).toEqual({
      address: '0.0.0.0',
      port: 8444,
      hosts: ['node1', 'node2'],
    })
  }, 60_000)
})

describe('uprove init --group --address', () => {
  it('makes the Issuer parameters of another group, and listens at another address; operators stay on this machine', async () => {
    const folder = file('large')
    expect(await run('init', folder, '--group', 'L3072N256', '--address', '0.0.0.0')).toMatchObject({ code: 0 })
    const yaml = await readFile(join(folder, 'uprove.yaml'), 'utf8')
    expect(yaml).toMatch(/^listen: \{ address: "0\.0\.0\.0", port: 8443 \}/m)
    expect(yaml).toMatch(/^admin: \{ address: "127\.0\.0\.1", port: 8444 \}$/m)
    const made = await readdir(folder, { recursive: true })
    const parameters = made.find((name) => name.endsWith('issuer-parameters.xml'))
    const { out } = await run('inspect', join(folder, parameters ?? ''))
    expect(out).toContain('  group: L3072N256, p of 3072 bits, q of 256\n')
  }, 60_000)
})

describe('uprove serve', () => {
  it('says where it listens', () => {
    expect(deployment.told).toMatch(new RegExp(`^Serving ${deployment.url} at 127\\.0\\.0\\.1, port \\d+\\.`))
  })

  it('says what is wrong with a folder', async () => {
    expect(await run('serve', file('nothing'))).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /nothing\/uprove\.yaml: the file does not exist \(server\/configuration\)\n$/,
      ) as string,
    })
    expect(await run('serve')).toMatchObject({ code: 2 })
    expect(await run('serve', deployment.folder, '--drain', 'long')).toMatchObject({ code: 2 })
  })

  it('has a folder for itself', async () => {
    const { code, err } = await run('serve', deployment.folder)
    expect(code).toBe(1)
    expect(err).toContain('store/folder-in-use')
  })
})

describe('uprove enroll', () => {
  it('enrols with a password', async () => {
    const { code, out, err } = await enroll('alice', '--template', 'User', '--out', file('alice'))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/alice\.crt: CN=Alice Archer,O=Example, serial [0-9a-f]+, valid until 20/)
    expect((await stat(file('alice.key'))).mode & 0o077).toBe(0)
    const verified = execFileSync('openssl', ['verify', '-CAfile', deployment.authority, file('alice.crt')])
    expect(verified.toString()).toMatch(/: OK/)
    const publicKey = (...options: string[]): string => execFileSync('openssl', options, { encoding: 'utf8' })
    expect(publicKey('x509', '-in', file('alice.crt'), '-noout', '-pubkey')).toBe(
      publicKey('pkey', '-in', file('alice.key'), '-pubout'),
    )
  })

  it.each([['RSA-2048'], ['ECDSA-P521'], ['DSA-L2048N256']])('makes keys of %s', async (type) => {
    const { code, err } = await enroll('bob', '--template', 'User', '--key-type', type, '--out', file(type))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(execFileSync('openssl', ['pkey', '-in', file(`${type}.key`), '-noout', '-text']).toString()).toMatch(
      /Private/,
    )
  })

  it('enrols with a certificate', async () => {
    const shown = ['--cert', file('alice.crt'), '--key', file('alice.key')]
    const asked = ['--url', deployment.certificateUrl, '--ca', deployment.authority]
    const enrolled = (at: string[]): Promise<Ran> =>
      run('enroll', ...at, ...shown, '--template', 'User', '--out', file('again'), '--json')
    const ran = await enrolled(asked)
    expect(ran).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(ran.out)).toMatchObject({ status: 'issued', certificate: file('again.crt') })
    await rm(file('again.crt'))
    await rm(file('again.key'))
    // The main listener does not ask for a certificate, and so does not see one.
    expect(await enrolled(server)).toMatchObject({
      code: 1,
      err: expect.stringContaining('Authentication is required') as string,
    })
  })

  it('enrols where the policy says', async () => {
    const policy = (url: string): string[] => ['--policy', `${url}/policy`, '--ca', deployment.authority]
    const login = ['--user', 'bob', '--template', 'user']
    const ran = await as('bob', 'enroll', ...policy(deployment.url), ...login, '--out', file('by-policy'))
    expect(ran).toMatchObject({ code: 0, err: '', out: expect.stringContaining('CN=Bob Baker') as string })
    const certificate = execFileSync('openssl', ['x509', '-in', file('by-policy.crt'), '-noout', '-text'])
    expect(certificate.toString()).toContain('1.3.6.1.4.1.311.21.7')
    // With a certificate, at the address for that.
    const shown = ['--cert', file('by-policy.crt'), '--key', file('by-policy.key'), '--template', 'User']
    const other = await run('enroll', ...policy(deployment.certificateUrl), ...shown, '--out', file('by-policy-2'))
    expect(other).toMatchObject({ code: 0, err: '' })
    const unknown = [...login.slice(0, 3), 'Nothing', '--out', file('nothing')]
    expect(await as('bob', 'enroll', ...policy(deployment.url), ...unknown)).toMatchObject({
      code: 1,
      err: expect.stringContaining('xcep/template-unknown') as string,
    })
    expect(existsSync(file('nothing.key'))).toBe(false)
  })

  it('enrols a request that OpenSSL made, for a key that it does not see', async () => {
    const made = ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=x', '-keyout', file('made.key')]
    execFileSync('openssl', [...made, '-out', file('made.pem')], { stdio: 'ignore' })
    execFileSync('openssl', ['req', '-in', file('made.pem'), '-outform', 'DER', '-out', file('made.der')])
    const to = ['--ca', deployment.authority, '--user', 'bob', '--template', 'User']
    const runs = [
      ['--url', deployment.url, '--csr', file('made.pem'), '--out', file('from-pem')],
      ['--url', deployment.url, '--csr', file('made.der'), '--out', file('from-der')],
      ['--policy', `${deployment.url}/policy`, '--csr', file('made.pem'), '--out', file('from-policy')],
    ]
    for (const options of runs) {
      const { code, out, err } = await as('bob', 'enroll', ...options, ...to)
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toMatch(/CN=Bob Baker,O=Example.*\n$/)
      expect(out).not.toContain('private key')
      const prefix = options.at(-1)!
      expect(existsSync(`${prefix}.key`)).toBe(false)
      const publicKey = execFileSync('openssl', ['pkey', '-in', file('made.key'), '-pubout'], { encoding: 'utf8' })
      const certified = ['x509', '-in', `${prefix}.crt`, '-noout', '-pubkey']
      expect(execFileSync('openssl', certified, { encoding: 'utf8' })).toBe(publicKey)
    }
    // One bit of the signature differs.
    const octets = await readFile(file('made.der'))
    octets[octets.length - 1]! ^= 1
    await writeFile(file('forged.der'), octets)
    const forged = ['--url', deployment.url, '--csr', file('forged.der'), '--out', file('forged')]
    expect(await as('bob', 'enroll', ...forged, ...to)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/signature/i) as string,
    })
    expect(existsSync(file('forged.crt'))).toBe(false)
  })

  it('admits an old client that signs with SHA-1 once authority.legacy says so', { timeout: 60_000 }, async () => {
    const made = ['req', '-new', '-sha1', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=x', '-keyout', file('old.key')]
    execFileSync('openssl', [...made, '-outform', 'DER', '-out', file('old.der')], { stdio: 'ignore' })
    const forged = await readFile(file('old.der'))
    forged[forged.length - 1]! ^= 1
    await writeFile(file('old-forged.der'), forged)
    const ask = (csr: string) => enroll('bob', '--csr', file(csr), '--template', 'User', '--out', file('old'))
    const refused = { code: 1, err: expect.stringContaining('pki/algorithm') as string }
    expect(await ask('old.der')).toMatchObject(refused)

    const configuration = join(deployment.folder, 'uprove.yaml')
    const usual = await readFile(configuration, 'utf8')
    expect(await deployment.end()).toBe(0)
    await writeFile(configuration, usual.replace(/^authority:\n/m, '$&  legacy: { sha1Possession: true }\n'))
    await deployment.serve()
    expect((await ask('old-forged.der')).code).toBe(1)
    expect(await ask('old.der')).toMatchObject({ code: 0, err: '' })
    expect(existsSync(file('old.crt'))).toBe(true)
    expect(await deployment.end()).toBe(0)
    await writeFile(configuration, usual)
    await rm(file('old.crt'))
    await deployment.serve()
    expect(await ask('old.der')).toMatchObject(refused)
  })

  it('fetches a request that waits, without a key in a file', async () => {
    const made = ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=x', '-keyout', file('waits.pem')]
    execFileSync('openssl', [...made, '-out', file('waits.csr')], { stdio: 'ignore' })
    const options = ['--csr', file('waits.csr'), '--template', 'DeviceIssuer', '--out', file('waits')]
    const pended = await enroll('alice', ...options)
    const [, requestId] = /uprove ca DIR approve (\d+)/.exec(pended.out)!
    expect(await run('ca', deployment.folder, 'approve', requestId!)).toMatchObject({ code: 0 })
    const query = ['--ca', deployment.authority, '--user', 'alice', '--query', file('waits.pending')]
    const fetched = await as('alice', 'enroll', ...query)
    expect(fetched).toMatchObject({ code: 0, err: '' })
    expect(fetched.out).not.toContain('private key')
    expect(existsSync(file('waits.crt'))).toBe(true)
  })

  it('renews with the old key', async () => {
    const { code, err } = await run('enroll', ...server, '--renew', file('alice.crt'), '--out', file('renewed'))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(await text('renewed.key')).not.toBe(await text('alice.key'))
  })

  it('keeps what is pending, and asks for it', async () => {
    const pended = await enroll('alice', '--template', 'DeviceIssuer', '--out', file('device'), '--wait', '0')
    expect(pended).toMatchObject({ code: 0, err: '' })
    const [, requestId] = /uprove ca DIR approve (\d+)/.exec(pended.out)!
    expect((await stat(file('device.pending'))).mode & 0o077).toBe(0)
    expect(existsSync(file('device.crt'))).toBe(false)
    const query = (): Promise<Ran> =>
      as('alice', 'enroll', '--ca', deployment.authority, '--user', 'alice', '--query', file('device.pending'))
    expect((await query()).out).toMatch(/^Request \d+ is pending: /)

    const listed = await run('ca', deployment.folder, 'pending')
    expect(listed.out).toMatch(new RegExp(`^ +${requestId!} +DeviceIssuer for alice: CN=Alice Archer`))
    expect(JSON.parse((await run('ca', deployment.folder, 'pending', '--json')).out)).toMatchObject([{ requestId }])
    expect(await run('ca', deployment.folder, 'approve', requestId!)).toEqual({
      code: 0,
      out: `Request ${requestId!}: issued.\n`,
      err: '',
    })
    expect((await run('ca', deployment.folder, 'pending')).out).toBe('No request is pending.\n')
    const issued = await query()
    expect(issued).toMatchObject({ code: 0, out: expect.stringMatching(/^.*device\.crt: CN=Alice/) as string })
    expect(existsSync(file('device.pending'))).toBe(false)
  })

  it('waits for what is pending', async () => {
    const waiting = enroll('alice', '--template', 'DeviceIssuer', '--out', file('waited'), '--wait', '60')
    let requests: { requestId: string }[] = []
    while (requests.length === 0) {
      requests = JSON.parse((await run('ca', deployment.folder, 'pending', '--json')).out) as typeof requests
    }
    await run('ca', deployment.folder, 'approve', requests[0]!.requestId)
    expect(await waiting).toMatchObject({ code: 0, out: expect.stringContaining('waited.crt: CN=Alice') as string })
  })

  it('is denied by an operator', async () => {
    await enroll('alice', '--template', 'DeviceIssuer', '--out', file('denied'))
    const [{ requestId }] = JSON.parse((await run('ca', deployment.folder, 'pending', '--json')).out) as [
      { requestId: string },
    ]
    expect((await run('ca', deployment.folder, 'deny', requestId)).out).toBe(`Request ${requestId}: denied.\n`)
    expect(await run('ca', deployment.folder, 'approve', requestId)).toMatchObject({
      code: 1,
      err: expect.stringContaining('decided differently') as string,
    })
    const query = ['enroll', '--ca', deployment.authority, '--user', 'alice', '--query', file('denied.pending')]
    const { code, err } = await as('alice', ...query)
    expect(code).toBe(1)
    expect(err).toMatch(/the server refused: .*0x[0-9a-f]{8}, request \d+/)
  })

  it('leaves nothing behind when it is refused', async () => {
    const refused = await enroll('bob', '--template', 'DeviceIssuer', '--out', file('refused'))
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toMatch(/^uprove enroll: the server refused: .*\(Receiver, 0x80094012, request \d+\)\n$/)
    const wrong = ['enroll', ...server, '--user', 'bob', '--template', 'User', '--out', file('refused')]
    const { code, err } = await runWith({ environment: { UPROVE_PASSWORD: 'wrong' } }, ...wrong)
    expect(code).toBe(1)
    expect(err).toMatch(/refused: .*FailedAuthentication/)
    expect((await readdir(deployment.root)).filter((name) => name.startsWith('refused'))).toEqual([])
  })

  it('takes passwords from a file and from a pipe', async () => {
    await writeFile(file('bob.password'), `${deployment.users.bob!}\n`)
    const asking = (out: string): string[] => {
      return ['enroll', ...server, '--user', 'bob', '--template', 'User', '--out', file(out)]
    }
    const from = (source: string, out: string): string[] => [...asking(out), '--password-file', source]
    expect(await runWith({ environment: {} }, ...from(file('bob.password'), 'bob-1'))).toMatchObject({ code: 0 })
    const input = (async function* () {
      yield await Promise.resolve(new TextEncoder().encode(deployment.users.bob))
    })()
    expect(await runWith({ environment: {}, input }, ...from('-', 'bob-2'))).toMatchObject({ code: 0 })
    const without = await runWith({ environment: {} }, ...asking('bob-3'))
    expect(without).toMatchObject({ code: 2, err: expect.stringContaining('missing password') as string })
  })

  it.each([
    [['--template', 'User'], 'missing --out'],
    [['--out', 'x'], 'missing --template'],
    [['--out', 'x', '--template', 'User'], 'give --user, or --cert and --key, to log in'],
    [['--out', 'x', '--template', 'User', '--cert', 'y'], '--cert and --key go together'],
    [['--out', 'x', '--template', 'User', '--user', 'bob', '--key-type', 'AES'], 'unknown key type AES'],
    [['--out', 'x', '--template', 'User', '--user', 'bob', '--wait', 'long'], '--wait takes a number'],
    [['bob'], 'unexpected argument bob; use options'],
    [['--out', 'x', '--user', 'bob', '--template', 'User', '--policy', 'https://x/policy'], '--policy takes the place'],
    [['--out', 'x', '--renew', 'y', '--csr', 'z'], '--csr is for new requests'],
    [['--out', 'x', '--user', 'bob', '--csr', 'z', '--key-type', 'RSA-2048'], 'has its subject and key already'],
    [['--out', 'x', '--user', 'bob', '--csr', 'package.json'], 'package.json is not one certificate request'],
    [['--query', 'package.json'], 'package.json is not a pending request'],
  ])('wants to be called rightly: %j', async (arguments_, message) => {
    const ran = await as('bob', 'enroll', ...server, ...arguments_)
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) as string })
  })

  it('says which server it does not reach or trust', async () => {
    const ask = (...options: string[]): Promise<Ran> =>
      as('bob', 'enroll', ...options, '--user', 'bob', '--template', 'User', '--out', file('unreached'))
    expect((await ask('--url', 'https://localhost:1', '--ca', deployment.authority)).err).toMatch(
      /cannot reach the server: .*the connection was refused/,
    )
    expect((await ask('--url', deployment.url)).err).toMatch(/an authority that is not trusted.*--ca/)
    const byAddress = deployment.url.replace('localhost', '127.0.0.1')
    expect((await ask('--url', byAddress, '--ca', deployment.authority)).err).toContain('for another host name')
    expect(await ask('--url', 'http://localhost')).toMatchObject({ code: 2 })
    expect(await ask()).toMatchObject({ code: 2, err: expect.stringContaining('missing --url') as string })
  })
})

describe('uprove password', () => {
  it('hashes a password, with which the account then logs in', async () => {
    const hashed = await runWith({ environment: { UPROVE_PASSWORD: 'new secret' } }, 'password', 'bob')
    expect(hashed).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^\$scrypt\$\S+\n$/) as string })
    const users = join(deployment.folder, 'users.yaml')
    const before = await readFile(users, 'utf8')
    const after = before.replace(/(^ +bob:\n +password: ).*/m, (_, start: string) => `${start}${hashed.out.trim()}`)
    expect(after).not.toBe(before)
    await writeFile(users, after)
    deployment.signal('SIGHUP')
    await deployment.telling('Reloaded')
    const ask = ['enroll', ...server, '--user', 'bob', '--template', 'User', '--out', file('bob-new')]
    expect(await runWith({ environment: { UPROVE_PASSWORD: 'new secret' } }, ...ask)).toMatchObject({ code: 0 })
    expect(await enroll('bob', '--template', 'User', '--out', file('bob-old'))).toMatchObject({ code: 1 })
  })

  it('seals a password for a deployment that takes digests', async () => {
    const seal = ['password', '--digest', deployment.folder, 'bob']
    const without = await as('bob', ...seal)
    expect(without).toMatchObject({ code: 1, err: expect.stringContaining('openssl rand -base64 32') as string })
    const configuration = join(deployment.folder, 'uprove.yaml')
    const yaml = await readFile(configuration, 'utf8')
    await writeFile(configuration, yaml.replace('authentication:\n', 'authentication:\n  digestKey: keys/digest.key\n'))
    await writeFile(join(deployment.folder, 'keys/digest.key'), Buffer.alloc(32, 7).toString('base64'), { mode: 0o600 })
    const { code, out } = await as('bob', ...seal)
    expect(code).toBe(0)
    const { openPassword } = await import('../../server/deployment/sealed-passwords.js')
    expect(await openPassword(out.trim(), 'bob', new Uint8Array(32).fill(7))).toBe(deployment.users.bob)
    await expect(openPassword(out.trim(), 'alice', new Uint8Array(32).fill(7))).rejects.toThrow()
  })

  it('wants a name and a password', async () => {
    expect(await run('password')).toMatchObject({ code: 2 })
    expect(await runWith({ environment: {} }, 'password', 'bob')).toMatchObject({ code: 2 })
    expect(await run('password', 'bob', 'secret')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a password is never an argument') as string,
    })
  })
})

describe('a server that ends', () => {
  it('has its key rotated', async () => {
    expect(await run('store', 'rotate-key', deployment.folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining('store/folder-in-use') as string,
    })
    expect(await deployment.end()).toBe(0)
    const key = (): Promise<string> => readFile(join(deployment.folder, 'keys/state.key'), 'utf8')
    const before = await key()
    expect(await run('store', 'rotate-key', deployment.folder)).toMatchObject({ code: 0, err: '' })
    expect(await key()).not.toBe(before)
    await deployment.serve()
  })

  it('gets no empty store in place of the one that DATABASE_URL would have named', async () => {
    await deployment.end()
    const data = join(deployment.folder, 'data')
    await rename(data, `${data}.away`)
    for (const command of [
      ['store', 'rotate-key', deployment.folder],
      ['store', 'migrate', deployment.folder],
      ['tls', 'renew', deployment.folder],
      ['ca', deployment.folder, 'list'],
    ] as const) {
      expect(await run(...command), command.join(' ')).toMatchObject({
        code: 1,
        err: expect.stringContaining('or set DATABASE_URL') as string,
      })
    }
    await expect(access(data)).rejects.toThrow('ENOENT')
    await rename(`${data}.away`, data)
    await deployment.serve()
  })

  it('ends as a process of its own, once told to', { timeout: 60_000 }, async () => {
    await deployment.end()
    const child = spawn(process.execPath, ['build/cli.js', 'serve', deployment.folder, '--json'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const told = await new Promise<string>((resolve) => {
      child.stderr.once('data', (octets: Buffer) => resolve(octets.toString()))
    })
    expect(JSON.parse(told)).toMatchObject({ url: deployment.url, address: '127.0.0.1' })
    expect(await run('ca', deployment.folder, 'pending')).toMatchObject({ code: 0 })
    child.kill('SIGTERM')
    expect((await once(child, 'exit'))[0]).toBe(0)
  })

  it.each([[[]], [['rotate-key']], [['burn', 'x']], [['rotate-key', 'x', 'y']]])(
    'store wants to be called rightly: %j',
    async (arguments_) => {
      expect(await run('store', ...arguments_)).toMatchObject({ code: 2, out: '' })
    },
  )
})
