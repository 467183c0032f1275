import { execFileSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, copyFile, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCommandLine } from '../command-line.js'
import { ServedDeployment } from '../testing/deployment.js'
import { recordingTerminal, run, runWith, type Ran } from '../testing/terminal.js'

let deployment: ServedDeployment
let server: string[]
const file = (name: string): string => join(deployment.root, name)
const text = (name: string): Promise<string> => readFile(file(name), 'utf8')
const renew = (name: string, ...options: string[]): Promise<Ran> => run('renew', file(name), ...server, ...options)
const openssl = (...options: string[]): string => execFileSync('openssl', options, { encoding: 'utf8' })
const publicKeyOf = (name: string): string => openssl('x509', '-in', file(`${name}.crt`), '-noout', '-pubkey')
const isPair = (name: string): boolean => publicKeyOf(name) === openssl('pkey', '-in', file(`${name}.key`), '-pubout')
const renewTls = (...options: string[]): Promise<Ran> => run('tls', 'renew', deployment.folder, ...options)
const tlsFile = (name: string): string => file(`deployment/keys/tls.${name}`)

async function enroll(name: string, template = 'User', ...options: string[]): Promise<void> {
  const environment = { UPROVE_PASSWORD: deployment.users.alice }
  const asked = ['--user', 'alice', '--template', template, '--out', file(name), ...options]
  expect(await runWith({ environment }, 'enroll', ...server, ...asked)).toMatchObject({ code: 0, err: '' })
}

/** A program that writes what it was told into a file. */
async function hook(name: string, body: string): Promise<string> {
  await writeFile(file(name), `#!/bin/sh\n${body}\n`)
  await chmod(file(name), 0o700)
  return file(name)
}

beforeAll(async () => {
  const short = 'validity: 600s, purposes: [client], approval: automatic, enrollers: everyone'
  deployment = await ServedDeployment.start((yaml) =>
    yaml
      // At once.
      .replaceAll(/validity: (\d+d)([^]*?)renewal: 90d/g, 'validity: $1$2renewal: $1')
      .replace('    User:', `    Soon: { ${short}, renewal: 599s }\n    Late: { ${short}, renewal: 1s }\n    User:`),
  )
  server = ['--url', deployment.url, '--ca', deployment.authority]
}, 300_000)
afterAll(() => deployment.remove())

describe('uprove renew', () => {
  it('puts a new certificate and key in the place of the old ones, and runs the hook', async () => {
    await enroll('alice')
    await chmod(file('alice.key'), 0o640)
    await chmod(file('alice.crt'), 0o600)
    const [certificate, key] = [await text('alice.crt'), await text('alice.key')]
    // A name that a shell would run.
    const program = await hook('a hook; touch $(id)', `env | grep ^UPROVE_ > "${file('told')}"; echo "$#"`)
    const environment = { PATH: process.env.PATH, UPROVE_PASSWORD: 'secret', UPROVE_STATE_KEY: 'secret' }
    const ran = await runWith({ environment }, 'renew', file('alice.crt'), ...server, '--hook', program)
    expect(ran).toMatchObject({ code: 0, err: '0\n' })
    const [, serial, until] = /alice\.crt: renewed, CN=Alice Archer,O=Example, serial (\w+), valid until (\S+)\n$/.exec(
      ran.out,
    )!
    expect(await text('alice.crt')).not.toBe(certificate)
    expect(await text('alice.key')).not.toBe(key)
    expect(isPair('alice')).toBe(true)
    expect(openssl('verify', '-CAfile', deployment.authority, file('alice.crt'))).toContain(': OK')
    expect((await stat(file('alice.key'))).mode & 0o777).toBe(0o640)
    expect((await stat(file('alice.crt'))).mode & 0o777).toBe(0o600)
    expect((await text('told')).trimEnd().split('\n').sort()).toEqual([
      `UPROVE_CERTIFICATE=${file('alice.crt')}`,
      `UPROVE_KEY=${file('alice.key')}`,
      `UPROVE_NOT_AFTER=${until!}`,
      `UPROVE_SERIAL=${serial!}`,
      'UPROVE_SUBJECT=CN=Alice Archer,O=Example',
    ])
    for (const left of ['alice.crt.new', 'alice.key.new', 'alice.crt.pending'])
      expect(existsSync(file(left))).toBe(false)
  })

  it('keeps the key if asked to, and makes keys of the old type or another', async () => {
    await enroll('rsa', 'User', '--key-type', 'RSA-2048')
    const key = await text('rsa.key')
    expect(await renew('rsa.crt', '--same-key', '--json')).toMatchObject({ code: 0, err: '' })
    expect(await text('rsa.key')).toBe(key)
    expect(isPair('rsa')).toBe(true)
    expect(await renew('rsa.crt')).toMatchObject({ code: 0 })
    expect(openssl('pkey', '-in', file('rsa.key'), '-noout', '-text')).toContain('2048 bit')
    expect(await renew('rsa.crt', '--key-type', 'ECDSA-P384')).toMatchObject({ code: 0 })
    expect(openssl('pkey', '-in', file('rsa.key'), '-noout', '-text')).toContain('384 bit')
    expect(isPair('rsa')).toBe(true)
  })

  it('shows the certificate to a listener that asks for one', async () => {
    const at = ['--url', deployment.certificateUrl, '--ca', deployment.authority]
    expect(await run('renew', file('rsa.crt'), ...at)).toMatchObject({ code: 0, err: '' })
    expect(isPair('rsa')).toBe(true)
  })

  it('fetches later what an operator has to approve, and begins again if it is denied', async () => {
    await enroll('device', 'DeviceIssuer')
    const idOf = ({ out }: Ran): string => (JSON.parse(out) as { requestId: string }).requestId
    const pending = /ca DIR approve (\d+)/
    const first = await runWith(
      { environment: { UPROVE_PASSWORD: deployment.users.alice } },
      'ca',
      deployment.folder,
      'pending',
      '--json',
    )
    const [{ requestId }] = JSON.parse(first.out) as [{ requestId: string }]
    await run('ca', deployment.folder, 'approve', requestId)
    const query = ['enroll', '--ca', deployment.authority, '--user', 'alice', '--query', file('device.pending')]
    await runWith({ environment: { UPROVE_PASSWORD: deployment.users.alice } }, ...query)
    const certificate = await text('device.crt')

    const asked = await renew('device.crt')
    expect(asked).toMatchObject({ code: 0, out: expect.stringMatching(pending) as string })
    expect((await stat(file('device.crt.pending'))).mode & 0o077).toBe(0)
    expect((await stat(file('device.key.new'))).mode & 0o077).toBe(0)
    const [, id] = pending.exec(asked.out)!
    // Not a second request.
    expect(idOf(await renew('device.crt', '--json'))).toBe(id)
    await run('ca', deployment.folder, 'deny', id!)
    expect(await renew('device.crt')).toMatchObject({
      code: 1,
      err: expect.stringContaining('the server refused') as string,
    })
    expect(existsSync(file('device.crt.pending'))).toBe(false)
    expect(existsSync(file('device.key.new'))).toBe(false)

    const next = idOf(await renew('device.crt', '--json'))
    expect(next).not.toBe(id)
    await run('ca', deployment.folder, 'approve', next)
    expect(await renew('device.crt', '--json')).toMatchObject({ code: 0 })
    expect(await text('device.crt')).not.toBe(certificate)
    expect(isPair('device')).toBe(true)
    expect(existsSync(file('device.crt.pending'))).toBe(false)
  })

  it('ends a replacement that was interrupted, at each of its steps', async () => {
    await enroll('torn')
    await copyFile(file('torn.crt'), file('old.crt'))
    await copyFile(file('torn.key'), file('old.key'))
    await renew('torn.crt')
    const [certificate, key] = [await text('torn.crt'), await text('torn.key')]
    const due = ['--before', '1d', '--json']
    // Before the key was renamed, and between the two.
    for (const isKeyRenamed of [false, true]) {
      await rename(file('torn.crt'), file('torn.crt.new'))
      await copyFile(file('old.crt'), file('torn.crt'))
      if (!isKeyRenamed) {
        await rename(file('torn.key'), file('torn.key.new'))
        await copyFile(file('old.key'), file('torn.key'))
      }
      expect(await renew('torn.crt', ...due)).toMatchObject({
        code: 0,
        out: expect.stringContaining('"early"') as string,
      })
      expect(await text('torn.crt')).toBe(certificate)
      expect(await text('torn.key')).toBe(key)
    }
    // A certificate for another key is never put in place.
    await copyFile(file('old.crt'), file('torn.crt.new'))
    await renew('torn.crt', ...due)
    expect(await text('torn.crt')).toBe(certificate)
    expect(existsSync(file('torn.crt.new'))).toBe(false)
  })

  it('takes up an attempt whose answer was lost: the server has issued one certificate', async () => {
    await enroll('lost')
    await copyFile(file('lost.crt'), file('lost-old.crt'))
    await copyFile(file('lost.key'), file('lost-old.key'))
    await renew('lost.crt')
    const certificate = await text('lost.crt')
    // As if the process had ended before it wrote the certificate: the new key is staged, the old pair in place.
    await rename(file('lost.key'), file('lost.key.new'))
    await copyFile(file('lost-old.crt'), file('lost.crt'))
    await copyFile(file('lost-old.key'), file('lost.key'))
    expect(await renew('lost.crt')).toMatchObject({ code: 0, err: '' })
    expect(await text('lost.crt')).toBe(certificate)
  })

  it('renews only what is due, says when it is too early, and changes nothing then', async () => {
    await enroll('late', 'Late')
    const certificate = await text('late.crt')
    expect((await renew('late.crt', '--before', '30s')).out).toMatch(/late\.crt is not due until 20\S+Z\n$/)
    const refused = await renew('late.crt')
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.err).toMatch(
      /too early to renew the certificate \(it can be renewed from 20\S+Z on\).*denial\/renewal-early/,
    )
    expect(await text('late.crt')).toBe(certificate)
    expect(existsSync(file('late.key.new'))).toBe(false)
  })

  it('tells that the hook failed, or cannot be run', async () => {
    const failing = await hook('failing', 'echo broken >&2; exit 7')
    const ran = await renew('alice.crt', '--hook', failing)
    expect(ran).toMatchObject({ code: 1, out: expect.stringContaining('renewed') as string })
    expect(ran.err).toMatch(/broken\n.*the hook .*failing failed: exit code 7/)
    expect(await renew('alice.crt', '--hook', file('no-program'))).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('ENOENT') as string },
    })
  })

  it.each<[string[], string]>([
    [[], 'missing CERTIFICATE'],
    [['a', 'b'], 'too many arguments'],
    [['a.crt', '--same-key', '--key-type', 'RSA-2048'], 'cannot be combined'],
    [['a.crt', '--key-type', 'DES'], 'unknown key type DES'],
    [['a.crt'], 'missing --url'],
    [['a.key', '--url', 'https://localhost'], 'give --key'],
    [['no.crt', '--url', 'https://localhost'], 'cannot read no.crt'],
  ])('wants to be called rightly: %j', async (arguments_, message) => {
    expect(await run('renew', ...arguments_)).toMatchObject({
      code: 2,
      err: expect.stringContaining(message) as string,
    })
  })

  it('does not renew with the key of another certificate', async () => {
    expect(await renew('alice.crt', '--key', file('rsa.key'))).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('is not the private key of') as string },
    })
  })
})

describe('uprove tls renew', () => {
  it('waits for a server with an embedded store to end', async () => {
    expect(await renewTls()).toMatchObject({
      code: 1,
      err: expect.stringContaining('stop it, renew, and start it') as string,
    })
    expect(existsSync(`${tlsFile('key')}.new`)).toBe(false)
  })

  it.each<[string[], string]>([
    [['explode'], 'the action is renew'],
    [['renew'], 'missing folder DIR'],
    [['renew', 'a', 'b'], 'too many arguments'],
    [['renew', 'a', '--key-type', 'DSA-L2048N256'], 'unknown key type DSA-L2048N256'],
    [['renew', 'a', '--same-key', '--key-type', 'RSA-2048'], 'cannot be combined'],
  ])('wants to be called rightly: %j', async (arguments_, message) => {
    expect(await run('tls', ...arguments_)).toMatchObject({ code: 2, err: expect.stringContaining(message) as string })
  })
})

describe('while the server is down', () => {
  let serial: string
  beforeAll(async () => {
    await enroll('soon', 'Soon')
    await deployment.end()
  }, 180_000)

  it('tls renew issues a certificate for the same names', { timeout: 180_000 }, async () => {
    const before = await readFile(tlsFile('crt'), 'utf8')
    const ran = await renewTls('--json')
    expect(ran).toMatchObject({ code: 0, err: '' })
    serial = (JSON.parse(ran.out) as { serial: string }).serial
    expect(await readFile(tlsFile('crt'), 'utf8')).not.toBe(before)
    expect((await stat(tlsFile('key'))).mode & 0o077).toBe(0)
    const shown = openssl('x509', '-in', tlsFile('crt'), '-noout', '-text')
    expect(shown).toMatch(/Subject: CN ?= ?localhost\n/)
    expect(shown).toContain('DNS:localhost\n')

    // --name takes the place of the present names; the rest of the profile is as it was.
    const renamed = await renewTls('--name', 'tokens.example', '--name', '127.0.0.1', '--key-type', 'RSA-2048')
    expect(renamed.err).toContain(`clients of ${deployment.url} will refuse the certificate`)
    const other = openssl('x509', '-in', tlsFile('crt'), '-noout', '-text')
    expect(other).toContain('DNS:tokens.example, IP Address:127.0.0.1')
    expect(other).toContain('2048 bit')
    expect(await renewTls('--name', 'no name')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('ca/name') as string },
    })
    expect(existsSync(`${tlsFile('key')}.new`)).toBe(false)
    expect(await renewTls('--name', 'localhost', '--same-key')).toMatchObject({ code: 0, err: '' })
    expect(openssl('x509', '-in', tlsFile('crt'), '-noout', '-text')).toContain('2048 bit')
  })

  it('renew --watch waits for it, and then renews', { timeout: 180_000 }, async () => {
    // At the very beginning of its window: chance would choose within a minute.
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const [certificate, key] = [await text('soon.crt'), await text('soon.key')]
    const program = await hook('on-renewal', `cp "$UPROVE_CERTIFICATE" "${file('copied')}"`)
    const signals = new EventEmitter()
    const terminal = { ...recordingTerminal(), signals, environment: {} }
    const options = ['--watch', '--before', '599s', '--hook', program]
    const watching = runCommandLine(['renew', file('soon.crt'), ...server, ...options], terminal)
    const telling = async (line: RegExp): Promise<void> => {
      while (!line.test(terminal.written.out)) await sleep(50)
    }
    await telling(/ error cannot reach the server: .*connection was refused/)
    expect(await text('soon.crt')).toBe(certificate)
    await deployment.serve()
    signals.emit('SIGHUP')
    await telling(/ info renewed .*soon\.crt, serial [0-9a-f]+, valid until 20/)
    while (!existsSync(file('copied'))) await sleep(50)
    signals.emit('SIGTERM')
    expect(await watching).toBe(0)
    expect(await text('soon.crt')).not.toBe(certificate)
    expect(await text('soon.key')).not.toBe(key)
    expect(isPair('soon')).toBe(true)
    expect(await text('copied')).toBe(await text('soon.crt'))
    expect(terminal.written.out).toMatch(/ info ended by a signal\n$/)
    vi.restoreAllMocks()
  })

  it('tls renew leaves what the next server records and shows', async () => {
    expect((await run('ca', deployment.folder, 'show', serial)).out).toMatch(
      /account +tls-server\n +profile +Machine\n/,
    )
    // A client that checks the name and the authority gets its answer.
    expect(await renew('alice.crt')).toMatchObject({ code: 0 })
  })
})
