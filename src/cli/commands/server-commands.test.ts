import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { messageElement } from '../../ws-trust/artefacts/presentation-message.js'
import { RelyingParty } from '../../ws-trust/presentation/relying-party.js'
import { canonicalize } from '../../xml/canonicalize.js'
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
    [[], 'a folder DIR is missing'],
    [['a', 'b'], 'one folder at a time'],
    [['a', '--port', '0'], '--port is a number from 1 to 65535'],
    [['a', '--admin-port', 'x'], '--admin-port is a number from 1 to 65535'],
  ])('wants to be called rightly: %j', async (arguments_, message) => {
    expect(await run('init', ...arguments_)).toMatchObject({ code: 2, err: expect.stringContaining(message) as string })
  })

  it('refuses a URL that is none of a service', async () => {
    const { code, err } = await run('init', file('other'), '--url', 'http://localhost')
    expect(code).toBe(1)
    expect(err).toContain('init/url')
  })
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
    expect(out).toMatch(/alice\.crt: CN=Alice Archer,O=Example, serial [0-9a-f]+, until 20/)
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
    const ran = await run('enroll', ...server, ...shown, '--template', 'User', '--out', file('again'), '--json')
    expect(ran).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(ran.out)).toMatchObject({ status: 'issued', certificate: file('again.crt') })
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
    expect((await query()).out).toMatch(/^Pending/)

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
    expect(without).toMatchObject({ code: 2, err: expect.stringContaining('a password is missing') as string })
  })

  it.each([
    [['--template', 'User'], '--out is missing'],
    [['--out', 'x'], '--template is missing'],
    [['--out', 'x', '--template', 'User'], 'who asks?'],
    [['--out', 'x', '--template', 'User', '--cert', 'y'], '--cert and --key belong together'],
    [['--out', 'x', '--template', 'User', '--user', 'bob', '--key-type', 'AES'], 'there is no key type AES'],
    [['--out', 'x', '--template', 'User', '--user', 'bob', '--wait', 'long'], '--wait is a number'],
    [['bob'], 'what is bob?'],
    [['--query', 'package.json'], 'package.json is no request'],
  ])('wants to be called rightly: %j', async (arguments_, message) => {
    const ran = await as('bob', 'enroll', ...server, ...arguments_)
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) as string })
  })

  it('says which server it does not reach or trust', async () => {
    const ask = (...options: string[]): Promise<Ran> =>
      as('bob', 'enroll', ...options, '--user', 'bob', '--template', 'User', '--out', file('unreached'))
    expect((await ask('--url', 'https://localhost:1', '--ca', deployment.authority)).err).toMatch(
      /not reached: .*nobody listens there/,
    )
    expect((await ask('--url', deployment.url)).err).toMatch(/of an authority that is not trusted.*--ca/)
    const byAddress = deployment.url.replace('localhost', '127.0.0.1')
    expect((await ask('--url', byAddress, '--ca', deployment.authority)).err).toContain('for another name')
    expect(await ask('--url', 'http://localhost')).toMatchObject({ code: 2 })
    expect(await ask()).toMatchObject({ code: 2, err: expect.stringContaining('--url is missing') as string })
  })
})

describe('uprove ca', () => {
  it('revokes', async () => {
    const [, serial] = /serial ([0-9a-f]+)/.exec(
      (await enroll('bob', '--template', 'User', '--out', file('lost'))).out,
    )!
    const revoke = ['ca', deployment.folder, 'revoke', serial!.toUpperCase(), '--reason', 'keyCompromise']
    expect(await run(...revoke)).toEqual({
      code: 0,
      out: `Certificate ${serial!}: revoked (keyCompromise).\n`,
      err: '',
    })
    const renewing = await run('enroll', ...server, '--renew', file('lost.crt'), '--out', file('lost-again'))
    expect(renewing).toMatchObject({ code: 1, err: expect.stringContaining('refused') as string })
  })

  it.each([
    [['approve', '4000000'], 1, 'There is no such request'],
    [['revoke', 'ffff'], 1, 'There is no such certificate'],
    [['approve'], 2, 'the ID of a request is missing'],
    [['revoke'], 2, 'the SERIAL number of a certificate is missing'],
    [['pending', '7'], 2, 'more arguments'],
    [['explode'], 2, 'what to do is one of pending, approve, deny, revoke'],
    [['revoke', 'ffff', '--reason', 'boredom'], 2, 'there is no reason boredom'],
    [['approve', '1', '--reason', 'superseded'], 2, 'only revocations'],
  ])('says what is wrong with %j', async (arguments_, code, message) => {
    const ran = await run('ca', deployment.folder, ...arguments_)
    expect(ran).toMatchObject({ code, out: '', err: expect.stringContaining(message) as string })
  })
})

describe('uprove obtain, present and verify', () => {
  const wallet = (): string[] => ['--wallet', file('alice.wallet')]
  const present = (name: string, ...options: string[]): Promise<Ran> =>
    as('alice', 'present', ...wallet(), '--out', file(name), ...options)
  const forServer = (): string[] => ['--relying-party', deployment.url]

  it('obtains tokens into a wallet, presents them, has them verified once', async () => {
    const obtain = ['obtain', ...server, '--user', 'alice', ...wallet(), '--claim', '4', '--id', '2']
    const obtained = await as('alice', ...obtain)
    expect(obtained).toMatchObject({ code: 0, out: expect.stringContaining('fresh ones in it: 4 and 2\n') as string })
    expect(JSON.parse((await as('alice', ...obtain.with(-1, '0').with(-3, '1'), '--json')).out)).toMatchObject({
      obtained: { claim: 1, ID: 0 },
      fresh: { claim: 5, ID: 2 },
    })

    const presented = await present('first.xml', '--disclose', 'givenname,country', ...forServer())
    expect(presented).toMatchObject({ code: 0, err: '' })
    const accepted = await run('verify', ...server, file('first.xml'))
    expect(accepted).toMatchObject({ code: 0, err: '' })
    expect(accepted.out).toMatch(
      /^Accepted\n {2}claim token of https:\/\/localhost:\d+\n {4}.*givenname: Alice\n.*country: SE\n$/,
    )
    expect(await run('verify', ...server, file('first.xml'))).toEqual({
      code: 1,
      out: 'Refused: relying-party/replayed\n',
      err: '',
    })
  })

  it('has presentations verified over SOAP, and here', async () => {
    await present('second.xml', '--disclose', 'surname', ...forServer())
    const here = ['--parameters', file('alice.wallet.parameters.xml'), '--trust', deployment.authority]
    const local = (...options: string[]): Promise<Ran> => run('verify', ...here, ...options, file('second.xml'))
    expect(JSON.parse((await local(...forServer(), '--json')).out)).toMatchObject({
      valid: true,
      presentations: [{ tokenClass: 'claim', claims: [{ value: 'Archer' }] }],
    })
    expect(await local('--relying-party', 'https://other.example')).toMatchObject({
      code: 1,
      out: 'Refused: relying-party/audience\n',
    })
    expect(await run('verify', '--soap', ...server, file('second.xml'))).toMatchObject({ code: 0, out: 'Accepted\n' })
    expect(await run('verify', '--soap', ...server, file('second.xml'))).toMatchObject({
      code: 1,
      out: 'Refused: relying-party/replayed\n',
    })
    await writeFile(file('tampered.xml'), (await text('second.xml')).replace('>Archer<', '>Baker<'))
    expect((await run('verify', ...server, file('tampered.xml'))).out).toBe('Refused: presentation/proof\n')
    expect((await run('verify', ...here, ...forServer(), file('tampered.xml'))).out).toBe(
      'Refused: presentation/proof\n',
    )
    expect(await run('verify', ...server, deployment.authority)).toMatchObject({
      code: 1,
      err: expect.stringContaining('this is no presentation token') as string,
    })
  })

  it('answers a message of the Relying Party, and signs what is in it only if told to', async () => {
    const identifiers = [forServer()[1]!]
    const message = await new RelyingParty({ identifiers, parameters: [] }).challenge('Pay 10 EUR\u202e to Bob')
    await writeFile(file('message.xml'), canonicalize(messageElement(message)))
    const refused = await present('signed.xml', '--message', file('message.xml'), ...forServer())
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toContain('data to be signed: "Pay 10 EUR\\u202e to Bob". Agree with --sign')
    expect(await present('signed.xml', '--message', file('message.xml'), '--sign', ...forServer())).toMatchObject({
      code: 0,
    })
    const here = ['--parameters', file('alice.wallet.parameters.xml'), '--trust', deployment.authority]
    const verified = await run('verify', ...here, '--message', file('message.xml'), file('signed.xml'))
    expect(verified.out).toMatch(/^Accepted\n[^]* {2}signed: Pay 10 EUR\\u202e to Bob\n$/)
    // The server did not give that message.
    expect((await run('verify', ...server, '--message', file('message.xml'), file('signed.xml'))).out).toBe(
      'Refused: relying-party/nonce-used\n',
    )
  })

  it('lets a Relying Party recognise its user', async () => {
    const user = async (name: string): Promise<string | undefined> => {
      await present(name, '--persistent', ...forServer())
      return /user: (\S+)/.exec((await run('verify', ...server, file(name))).out)?.[1]
    }
    const first = await user('id-1.xml')
    expect(first).toBeDefined()
    expect(await user('id-2.xml')).toBe(first)
  })

  it('says what is wrong', async () => {
    expect(await present('no.xml', '--disclose', 'shoesize', ...forServer())).toMatchObject({
      code: 2,
      err: expect.stringMatching(/there is no claim type shoesize: choose from .*givenname/) as string,
    })
    expect(await present('first.xml', ...forServer())).toMatchObject({ code: 2 })
    const locked = ['present', ...wallet(), ...forServer(), '--out', file('no.xml')]
    expect(await runWith({ environment: { UPROVE_PASSPHRASE: 'wrong' } }, ...locked)).toMatchObject({
      code: 1,
      err: expect.stringContaining('ws-trust/wallet-key') as string,
    })
    for (const environment of [{}, { UPROVE_PASSPHRASE: '\n' }]) {
      expect(await runWith({ environment }, ...locked)).toMatchObject({
        code: 2,
        err: expect.stringContaining('a passphrase is missing: give it with --passphrase-file') as string,
      })
    }
    await present('last.xml', ...forServer())
    expect(await present('no.xml', ...forServer())).toMatchObject({
      code: 1,
      err: expect.stringContaining('get more with `uprove obtain`') as string,
    })
    const tooMany = ['obtain', ...server, '--user', 'nobody', ...wallet(), '--claim', '1']
    expect(await as('alice', ...tooMany)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/the server refused: .*FailedAuthentication/) as string,
    })
  })

  it('keeps the tokens of other Issuer parameters apart', async () => {
    const obtain = (name: string, ...options: string[]): Promise<Ran> =>
      as('alice', 'obtain', ...server, '--user', 'alice', '--wallet', file(name), '--claim', '1', ...options)
    expect(await obtain('new.wallet', '--uidp', `${deployment.url}/issuer-parameters/1`)).toMatchObject({ code: 0 })
    expect(await obtain('new.wallet', '--uidp', 'urn:other')).toMatchObject({
      code: 1,
      err: expect.stringContaining('nothing is there') as string,
    })
    const beside = 'alice.wallet.parameters.xml'
    await writeFile(
      file('other.wallet.parameters.xml'),
      (await text(beside)).replaceAll('issuer-parameters/1', 'issuer-parameters/0'),
    )
    expect(await obtain('other.wallet')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/are of the Issuer parameters \S+\/0: give another --wallet/) as string,
    })
  })

  it.each([
    ['obtain', ['--wallet', 'w'], '--user is missing'],
    ['obtain', ['--user', 'alice'], '--wallet is missing'],
    ['obtain', ['--user', 'alice', '--wallet', 'w'], 'how many tokens?'],
    ['obtain', ['--user', 'alice', '--wallet', 'w', '--claim', '-1'], 'argument is ambiguous'],
    ['obtain', ['--user', 'alice', '--wallet', 'w', '--claim', 'many'], '--claim is a number of tokens'],
    ['verify', [], 'the FILE of a presentation is missing'],
    ['verify', ['a', 'b'], 'one FILE at a time'],
    ['verify', ['no-such-file'], 'there is no such file'],
    ['verify', ['package.json', '--parameters', 'p'], 'who verifies?'],
  ])('%s wants to be called rightly: %j', async (command, arguments_, message) => {
    const ran = await as('alice', command, ...server, ...arguments_)
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) as string })
  })

  it.each([
    [['--out', 'x'], '--wallet is missing'],
    [['--wallet', 'w'], '--out is missing'],
    [['--wallet', 'w', '--out', 'x'], '--relying-party is missing'],
    [['--wallet', 'w', '--out', 'x', '--relying-party', 'y'], 'there is no wallet w'],
  ])('present wants to be called rightly: %j', async (arguments_, message) => {
    const ran = await as('alice', 'present', ...arguments_)
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) as string })
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
    await writeFile(join(deployment.folder, 'keys/digest.key'), Buffer.alloc(32, 7).toString('base64'))
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
      err: expect.stringContaining('a password never stands here') as string,
    })
  })
})

describe('a server that ends', () => {
  it('is missed by operators, and has its key rotated', async () => {
    expect(await run('store', 'rotate-key', deployment.folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining('store/folder-in-use') as string,
    })
    expect(await deployment.end()).toBe(0)
    const missed = await run('ca', deployment.folder, 'pending')
    expect(missed).toMatchObject({
      code: 1,
      err: expect.stringMatching(/does not run at http:.*uprove serve/) as string,
    })
    const key = (): Promise<string> => readFile(join(deployment.folder, 'keys/state.key'), 'utf8')
    const before = await key()
    expect(await run('store', 'rotate-key', deployment.folder)).toMatchObject({ code: 0, err: '' })
    expect(await key()).not.toBe(before)
    await deployment.serve()
    expect(await run('ca', deployment.folder, 'pending')).toMatchObject({ code: 0 })
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
