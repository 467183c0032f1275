import { existsSync } from 'node:fs'
import { chmod, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
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

/** With Alice's password, or that of another user, and a passphrase for wallets in the environment. */
const as = (user: string, ...arguments_: string[]): Promise<Ran> =>
  runWith({ environment: { UPROVE_PASSWORD: deployment.users[user], UPROVE_PASSPHRASE: 'open' } }, ...arguments_)
const obtain = (wallet: string, ...options: string[]): Promise<Ran> =>
  as('alice', 'obtain', ...server, '--user', 'alice', '--wallet', file(wallet), ...options)
const present = (wallet: string, ...options: string[]): Promise<Ran> =>
  as('alice', 'present', '--wallet', file(wallet), ...options)
/** Verifies on this machine, with the Issuer parameters beside a wallet. */
const verifyHere = (wallet: string, name: string, ...options: string[]): Promise<Ran> =>
  run(
    ...['verify', '--parameters', file(`${wallet}.parameters.xml`), '--trust', deployment.authority],
    ...['--relying-party', deployment.url, ...options, file(name)],
  )
/** Writes a copy of a file with a text replaced, and returns its name. */
const replaced = async (
  name: string,
  from: string | RegExp,
  to: string | ((...groups: string[]) => string),
): Promise<string> => {
  const before = await text(name)
  const after = before.replace(from, to as string)
  expect(after).not.toBe(before)
  await writeFile(file(`tampered-${name}`), after)
  return `tampered-${name}`
}

/** Makes a Device with the certificate of a Device issuer. */
const createDevice = (name: string, issuer = 'issuer', ...options: string[]): Promise<Ran> =>
  run(
    ...['device', 'create', '--out', file(name), '--cert', file(`${issuer}.crt`), '--key', file(`${issuer}.key`)],
    ...options,
  )

beforeAll(async () => {
  deployment = await ServedDeployment.start()
  server = ['--url', deployment.url, '--ca', deployment.authority]
}, 120_000)

afterAll(() => deployment.remove())

describe('uprove obtain, present and verify', () => {
  const toServer = (): string[] => ['--relying-party', deployment.url]

  it('obtains tokens into a wallet, presents them, has them verified once', async () => {
    const obtained = await obtain('alice.wallet', '--claim', '4', '--id', '2')
    expect(obtained.code).toBe(0)
    expect(obtained.out).toMatch(
      /^Obtained 4 claim tokens and 2 ID tokens\.\n\S+ now holds 4 unused claim tokens and 2 unused ID tokens of https:/,
    )
    expect(JSON.parse((await obtain('alice.wallet', '--claim', '4', '--json')).out)).toMatchObject({
      obtained: { claim: 4, ID: 0 },
      fresh: { claim: 8, ID: 2 },
    })

    const out = ['--out', file('first.xml'), ...toServer()]
    const presented = await present('alice.wallet', '--disclose', 'givenname,country', ...out)
    expect(presented).toMatchObject({ code: 0, err: '' })
    expect((await stat(file('first.xml'))).mode & 0o077).toBe(0)
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

  it('has presentations verified over SOAP, and on this machine', async () => {
    await present('alice.wallet', '--disclose', 'surname', '--out', file('second.xml'), ...toServer())
    const accepted = await verifyHere('alice.wallet', 'second.xml', '--json')
    expect(JSON.parse(accepted.out)).toMatchObject({
      valid: true,
      presentations: [{ tokenClass: 'claim', claims: [{ value: 'Archer' }] }],
    })
    const elsewhere = await verifyHere('alice.wallet', 'second.xml', '--relying-party', 'https://other.example')
    expect(elsewhere).toMatchObject({ code: 1, out: 'Refused: relying-party/audience\n' })
    expect(await run('verify', '--soap', ...server, file('second.xml'))).toMatchObject({ code: 0, out: 'Accepted\n' })
    expect(await run('verify', '--soap', ...server, file('second.xml'))).toMatchObject({
      code: 1,
      out: 'Refused: relying-party/replayed\n',
    })
    const tampered = await replaced('second.xml', '>Archer<', '>Baker<')
    expect((await run('verify', ...server, file(tampered))).out).toBe('Refused: presentation/proof\n')
    expect((await verifyHere('alice.wallet', tampered)).out).toBe('Refused: presentation/proof\n')
    expect(await run('verify', ...server, deployment.authority)).toMatchObject({
      code: 1,
      err: expect.stringContaining('this is not a presentation token') as string,
    })
  })

  it('answers a new message of the server, and prints the verdict', async () => {
    const presented = await present('alice.wallet', ...server, '--disclose', 'country')
    expect(presented).toMatchObject({ code: 0, err: '' })
    expect(presented.out).toMatch(
      /^The presentation discloses .*country\nAccepted\n {2}claim token of .*\n.*country: SE\n$/,
    )
    const twice = await present('alice.wallet', ...server, '--out', file('answer.xml'), '--json')
    expect(JSON.parse(twice.out)).toMatchObject({ presentation: file('answer.xml'), verdict: { valid: true } })
    // Its message was answered, and the presentation is no message of the client's own.
    expect((await run('verify', ...server, file('answer.xml'))).out).toMatch(/^Refused: relying-party\//)
  })

  it('answers only a message that names the Relying Party', async () => {
    const challenge = async (name: string, identifier: string): Promise<void> => {
      const message = await new RelyingParty({ identifiers: [identifier], parameters: [] }).challenge()
      await writeFile(file(name), canonicalize(messageElement(message)))
    }
    await challenge('bank.xml', 'https://bank.example')
    await writeFile(file('unnamed.xml'), (await text('bank.xml')).replace(',https://bank.example', ''))
    const answer = (message: string, name: string, ...options: string[]): Promise<Ran> =>
      present('alice.wallet', '--message', file(message), '--out', file(name), ...options)
    // The shop hands out the bank's message.
    const shop = ['--relying-party', 'https://shop.example']
    expect(await answer('bank.xml', 'relayed.xml', ...shop)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('the message names another Relying Party') as string,
    })
    expect(await answer('bank.xml', 'relayed.xml', ...shop, '--allow-unnamed-nonce')).toMatchObject({ code: 1 })
    expect(await answer('unnamed.xml', 'relayed.xml', ...shop)).toMatchObject({
      code: 1,
      err: expect.stringContaining('--allow-unnamed-nonce') as string,
    })
    expect(existsSync(file('relayed.xml'))).toBe(false)
    expect(await answer('unnamed.xml', 'unnamed-answer.xml', ...shop, '--allow-unnamed-nonce')).toMatchObject({
      code: 0,
    })
    expect(await answer('bank.xml', 'bank-answer.xml', '--relying-party', 'https://bank.example')).toMatchObject({
      code: 0,
    })
    expect((await verifyHere('alice.wallet', 'bank-answer.xml', '--message', file('bank.xml'))).code).toBe(0)
    expect((await verifyHere('alice.wallet', 'bank-answer.xml', '--message', file('unnamed.xml'))).out).toBe(
      'Refused: relying-party/message-mismatch\n',
    )
  })

  it('shows the data to sign, and signs it only with --sign', async () => {
    const message = await new RelyingParty({ identifiers: [deployment.url], parameters: [] }).challenge(
      'Pay 10 EUR\u202e to Bob',
    )
    await writeFile(file('message.xml'), canonicalize(messageElement(message)))
    const options = ['--message', file('message.xml'), ...toServer(), '--out', file('signed.xml')]
    const refused = await present('alice.wallet', ...options)
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toContain('data to sign: "Pay 10 EUR\\u202e to Bob". Agree with --sign')
    expect(existsSync(file('signed.xml'))).toBe(false)
    const signed = await present('alice.wallet', ...options, '--sign')
    expect(signed.code).toBe(0)
    expect(signed.err).toBe('Signing: "Pay 10 EUR\\u202e to Bob"\n')
    expect(signed.out).toContain('signed: Pay 10 EUR\\u202e to Bob\n')
    const verify = (name: string): Promise<Ran> => verifyHere('alice.wallet', name, '--message', file('message.xml'))
    expect((await verify('signed.xml')).out).toMatch(/^Accepted\n[^]* {2}signed: Pay 10 EUR\\u202e to Bob\n$/)
    expect((await verify(await replaced('signed.xml', 'Pay 10', 'Pay 99'))).out).toBe(
      'Refused: relying-party/message-mismatch\n',
    )
    // The server never sent that message.
    expect((await run('verify', ...server, '--message', file('message.xml'), file('signed.xml'))).out).toMatch(
      /^Refused: relying-party\//,
    )
  })

  it('lets a Relying Party recognise its user, and shows the persistent identifier', async () => {
    const identifier = async (name: string, party = deployment.url): Promise<string> => {
      const options = ['--persistent', '--out', file(name), '--relying-party', party]
      const shown = /persistent identifier: (\S+)/.exec((await present('alice.wallet', ...options)).out)?.[1]
      const seen = await verifyHere('alice.wallet', name, '--relying-party', party)
      expect(seen.out).toContain(`    persistent identifier: ${shown!}\n`)
      return shown!
    }
    await obtain('alice.wallet', '--claim', '2')
    const first = await identifier('id-1.xml')
    expect(await identifier('id-2.xml')).toBe(first)
    await obtain('alice.wallet', '--claim', '1')
    expect(await identifier('id-3.xml', 'https://other.example')).not.toBe(first)
    // Another token identifier is another token, which nobody issued.
    const keyOf = async (name: string): Promise<string> =>
      /<up:H>([^<]*)/.exec((await text(name)).split('Class="ID"')[1] ?? '')?.[1] ?? ''
    const [h, other] = [await keyOf('id-1.xml'), await keyOf('id-3.xml')]
    const tampered = await replaced('id-1.xml', h, other)
    expect((await verifyHere('alice.wallet', tampered)).out).toBe('Refused: token/signature\n')
  })

  it('lets a Relying Party recognise its user by an ID token alone', async () => {
    expect(await obtain('id.wallet', '--id', '1')).toMatchObject({ code: 0 })
    const presented = await present('id.wallet', ...server, '--id-only', '--out', file('id-only.xml'))
    expect(presented).toMatchObject({ code: 0, err: '' })
    const [, shown] = /^persistent identifier: (\S+)/m.exec(presented.out)!
    expect(presented.out).toMatch(/Accepted\n {2}ID token of \S+\n {4}persistent identifier: \S+\n$/)
    expect((await present('id.wallet', ...server, '--id-only')).out).toContain(`    persistent identifier: ${shown!}\n`)
    const other = ['--id-only', '--relying-party', 'https://other.example', '--out', file('no-id.xml')]
    expect(await present('id.wallet', ...other)).toMatchObject({
      code: 1,
      err: expect.stringContaining('(ws-trust/no-token)') as string,
    })
    const own = ['--id-only', ...toServer(), '--out', file('id-own.xml')]
    expect(await present('id.wallet', ...own)).toMatchObject({ code: 0 })
    expect((await verifyHere('id.wallet', 'id-own.xml')).code).toBe(0)
    const tampered = await replaced(
      'id-own.xml',
      /(<up:R0>.{9})(.)/,
      (_, tag, digit) => tag + (digit === 'A' ? 'B' : 'A'),
    )
    expect((await verifyHere('id.wallet', tampered)).out).toBe('Refused: presentation/proof\n')
  })

  it('says what is wrong', async () => {
    const out = ['--out', file('no.xml'), ...toServer()]
    expect(await present('alice.wallet', '--disclose', 'shoesize', ...out)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/unknown claim type shoesize; choose from .*givenname/) as string,
    })
    expect(await present('alice.wallet', '--uidp', 'urn:other', ...out)).toMatchObject({
      code: 2,
      err: expect.stringContaining('the wallet has no tokens under urn:other; choose from https:') as string,
    })
    expect(await present('alice.wallet', '--out', file('first.xml'), ...toServer())).toMatchObject({ code: 2 })
    const locked = ['present', '--wallet', file('alice.wallet'), ...out]
    expect(await runWith({ environment: { UPROVE_PASSPHRASE: 'wrong' } }, ...locked)).toMatchObject({
      code: 1,
      err: expect.stringContaining('ws-trust/wallet-key') as string,
    })
    for (const environment of [{}, { UPROVE_PASSPHRASE: '\n' }]) {
      expect(await runWith({ environment }, ...locked)).toMatchObject({
        code: 2,
        err: expect.stringContaining('missing passphrase: use --passphrase-file') as string,
      })
    }
    expect(await obtain('empty.wallet', '--id', '1')).toMatchObject({ code: 0 })
    expect(await present('empty.wallet', ...out)).toMatchObject({
      code: 1,
      err: expect.stringContaining('get more with `uprove obtain`') as string,
    })
    const stranger = ['obtain', ...server, '--user', 'nobody', '--wallet', file('alice.wallet'), '--claim', '1']
    expect(await as('alice', ...stranger)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/the server refused: .*FailedAuthentication/) as string,
    })
  })

  it.each([
    ['obtain', ['--wallet', 'w'], 'missing --user'],
    ['obtain', ['--user', 'alice'], 'missing --wallet'],
    ['obtain', ['--user', 'alice', '--wallet', 'w'], 'missing number of tokens'],
    ['obtain', ['--user', 'alice', '--wallet', 'w', '--claim', '-1'], 'argument is ambiguous'],
    ['obtain', ['--user', 'alice', '--wallet', 'w', '--claim', 'many'], '--claim takes a number of tokens'],
    ['obtain', ['alice'], 'unexpected argument alice; use options'],
    ['verify', [], 'missing FILE of a presentation'],
    ['verify', ['a', 'b'], 'too many arguments; verify takes one FILE'],
    ['verify', ['no-such-file'], 'no such file'],
    ['verify', ['package.json', '--parameters', 'p'], 'give either --url'],
    ['present', ['--wallet', 'w', '--message', 'm'], '--message and --url cannot be combined'],
  ])('%s explains wrong usage: %j', async (command, arguments_, message) => {
    const ran = await as('alice', command, ...server, ...arguments_)
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) as string })
  })

  it.each([
    [['--out', 'x'], 'missing --wallet'],
    [['--wallet', 'w'], 'missing --out'],
    [['--wallet', 'w', '--out', 'x'], 'missing --relying-party'],
    [['--wallet', 'w', '--out', 'x', '--relying-party', 'y'], 'no such wallet w'],
    [
      ['--wallet', 'w', '--out', 'x', '--relying-party', 'y', '--id-only', '--disclose', 'z'],
      '--id-only and --disclose',
    ],
  ])('present explains wrong usage: %j', async (arguments_, message) => {
    const ran = await as('alice', 'present', ...arguments_)
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) as string })
  })
})

describe('a wallet', () => {
  it('refuses other Issuer parameters with the name of those that it has', async () => {
    expect(await obtain('new.wallet', '--claim', '1', '--uidp', `${deployment.url}/issuer-parameters/1`)).toMatchObject(
      {
        code: 0,
      },
    )
    expect(await obtain('new.wallet', '--claim', '1', '--uidp', 'urn:other')).toMatchObject({
      code: 1,
      err: expect.stringContaining('the server has nothing at this URL') as string,
    })
    const kept = 'new.wallet.parameters.xml'
    await writeFile(file(kept), (await text(kept)).replace(/surname(?=")/, 'maidenname'))
    expect(await obtain('new.wallet', '--claim', '1')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/the server's Issuer parameters \S+\/1 differ from those of the tokens in /) as string,
    })
  })

  it('holds tokens of several Issuers, and presents them together', { timeout: 120_000 }, async () => {
    const other = await ServedDeployment.start()
    try {
      const fromOther = ['--url', other.url, '--ca', other.authority]
      await obtain('both.wallet', '--claim', '3')
      const asBob = { UPROVE_PASSWORD: other.users['bob'], UPROVE_PASSPHRASE: 'open' }
      const order = ['obtain', ...fromOther, '--user', 'bob', '--wallet', file('both.wallet'), '--claim', '3']
      expect(await runWith({ environment: asBob }, ...order)).toMatchObject({ code: 0 })
      expect(existsSync(file('both.wallet.parameters-2.xml'))).toBe(true)

      const [first, second] = [deployment, other].map(({ url }) => `${url}/issuer-parameters/1`) as [string, string]
      const out = (name: string): string[] => ['--out', file(name), '--relying-party', 'https://party.example']
      const both = ['--uidp', second, '--uidp', first, '--disclose', 'givenname']
      expect(await present('both.wallet', ...both, ...out('both.xml'))).toMatchObject({ code: 0 })
      // The same claim from the Issuer that is named first; of the other nothing but a token.
      await writeFile(
        file('authorities.pem'),
        (await readFile(deployment.authority, 'utf8')) + (await readFile(other.authority, 'utf8')),
      )
      const verify = (name: string, ...parameters: string[]): Promise<Ran> =>
        run(
          ...['verify', '--trust', file('authorities.pem'), '--relying-party', 'https://party.example', file(name)],
          ...parameters.flatMap((one) => ['--parameters', file(one)]),
        )
      const all = ['both.wallet.parameters.xml', 'both.wallet.parameters-2.xml']
      const accepted = await verify('both.xml', ...all)
      expect(accepted.code).toBe(0)
      expect(accepted.out.replaceAll(other.url, 'OTHER').replaceAll(deployment.url, 'FIRST')).toMatch(
        /^Accepted\n {2}claim token of OTHER\n {4}\S+givenname: Bob\n {2}claim token of FIRST\n$/,
      )
      expect((await verify('both.xml', all[0]!)).out).toBe('Refused: relying-party/unknown-parameters\n')
      expect((await verify(await replaced('both.xml', '>Bob<', '>Eve<'), ...all)).out).toBe(
        'Refused: presentation/proof\n',
      )

      // By default the first Issuer that certifies a claim.
      await present('both.wallet', '--disclose', 'givenname', ...out('one.xml'))
      expect((await verify('one.xml', ...all)).out).toMatch(
        /^Accepted\n {2}claim token of \S+\n {4}\S+givenname: Alice\n$/,
      )
    } finally {
      await other.remove()
    }
  })
})

describe('uprove device', () => {
  beforeAll(async () => {
    const issuer = ['enroll', ...server, '--user', 'alice', '--template', 'DeviceIssuer', '--out', file('issuer')]
    const [, requestId] = /approve (\d+)/.exec((await as('alice', ...issuer)).out)!
    await run('ca', deployment.folder, 'approve', requestId!)
    const query = ['enroll', '--ca', deployment.authority, '--user', 'alice', '--query', file('issuer.pending')]
    expect(await as('alice', ...query)).toMatchObject({ code: 0 })
    expect(
      await as('alice', 'enroll', ...server, '--user', 'alice', '--template', 'User', '--out', file('user')),
    ).toMatchObject({
      code: 0,
    })
  })

  const out = (name: string): string[] => ['--out', file(name), '--relying-party', deployment.url]

  it('makes a Device, which protects tokens', async () => {
    const made = await createDevice('phone', 'issuer', '--json')
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(made.out)).toMatchObject({
      device: file('phone'),
      parameters: file('phone.xml'),
      group: 'L2048N256',
    })
    expect((await stat(file('phone'))).mode & 0o077).toBe(0)
    expect((await run('inspect', file('phone.xml'))).out).toMatch(/^Device parameters\n[^]*certificates: 2\n/)

    const obtained = await obtain('device.wallet', '--claim', '4', '--id', '1', '--device', file('phone'))
    expect(obtained.out).toMatch(/^Obtained 4 claim tokens and 1 ID tokens, protected by the Device\.\n/)
    const disclose = ['--disclose', 'country']
    const withDevice = await present('device.wallet', ...disclose, '--device', file('phone'), ...out('device.xml'))
    expect(withDevice).toMatchObject({ code: 0, err: '' })
    const accepted = await run('verify', ...server, file('device.xml'))
    expect(accepted.out).toMatch(/^Accepted\n {2}claim token of \S+, with a Device\n {4}\S+country: SE\n$/)
    const tampered = await replaced(
      'device.xml',
      /(<up:RD>.{9})(.)/i,
      (_: string, tag: string, digit: string) => tag + (digit === 'A' ? 'B' : 'A'),
    )
    expect((await verifyHere('device.wallet', tampered)).out).toBe('Refused: presentation/proof\n')
  })

  it('is needed to present its tokens', async () => {
    expect(await present('device.wallet', ...out('without.xml'))).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('name its file with --device (ws-trust/device-required)') as string,
    })
    await createDevice('tablet')
    expect(await present('device.wallet', '--device', file('tablet'), ...out('other-device.xml'))).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('(presentation/attributes-differ)') as string,
    })
  })

  it('is refused if no Device issuer signed its parameters', async () => {
    expect(await createDevice('toy', 'user')).toMatchObject({ code: 0 })
    expect(await obtain('toy.wallet', '--claim', '1', '--device', file('toy'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('the server refused') as string,
    })
    const changed = (await text('phone.xml')).replace(
      /(<up:Hd>.{9})(.)/,
      (_, tag: string, digit: string) => tag + (digit === 'A' ? 'B' : 'A'),
    )
    await writeFile(file('phone.xml'), changed)
    expect(await obtain('toy.wallet', '--claim', '1', '--device', file('phone'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('the server refused') as string,
    })
  })

  it('writes its key to no existing file and through no symbolic link', async () => {
    await writeFile(file('precious'), 'precious')
    await symlink(file('precious'), file('link'))
    expect(await createDevice('link')).toMatchObject({
      code: 1,
      err: expect.stringContaining('the file exists') as string,
    })
    expect(await createDevice('precious')).toMatchObject({ code: 1 })
    expect(await text('precious')).toBe('precious')
    expect(existsSync(file('link.xml'))).toBe(false)
  })

  it('warns of keys that every user can read', async () => {
    await chmod(file('issuer.key'), 0o644)
    const { code, err } = await createDevice('warned')
    await chmod(file('issuer.key'), 0o600)
    expect({ code, err }).toEqual({
      code: 0,
      err: `Warning: every user of this machine can access ${file('issuer.key')}, which is secret. Run: chmod 600 ${file('issuer.key')}\n`,
    })
    await chmod(file('tablet'), 0o604)
    expect((await present('device.wallet', '--device', file('tablet'), ...out('exposed.xml'))).err).toContain(
      `can access ${file('tablet')}`,
    )
    await chmod(join(deployment.folder, 'keys/tls.key'), 0o644)
    expect((await run('ca', deployment.folder, 'pending')).err).toContain('keys/tls.key, which is secret')
    await chmod(join(deployment.folder, 'keys/tls.key'), 0o600)
    expect((await run('ca', deployment.folder, 'pending')).err).toBe('')
  })

  it.each([
    [[], 'missing or unknown action; the action is create'],
    [['create', 'x'], 'too many arguments'],
    [['create'], 'missing --out'],
    [['create', '--out', 'x'], 'missing --cert and --key'],
    [['create', '--out', 'x', '--cert', 'y', '--key', 'z', '--group', 'L1'], 'unknown group L1'],
    [['create', '--out', 'x', '--cert', 'y', '--key', 'z', '--group', 'P-256'], 'P-256 is an elliptic curve'],
  ])('explains wrong usage: %j', async (arguments_, message) => {
    const ran = await run('device', ...arguments_)
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) as string })
  })

  it('says which file is not a Device, or does not fit', async () => {
    expect(await obtain('x.wallet', '--claim', '1', '--device', 'package.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('package.json is not a Device of `uprove device create`') as string,
    })
    await createDevice('large', 'issuer', '--group', 'L3072N256')
    expect(await obtain('x.wallet', '--claim', '1', '--device', file('large'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('is for L3072N256, and the Issuer parameters use another group') as string,
    })
  })
})

describe('a deployment that requires Devices and a signature', () => {
  const TERMS = 'I accept the terms of the house'
  const edit = async (name: string, from: RegExp, to: string): Promise<void> => {
    const path = join(deployment.folder, name)
    const before = await readFile(path, 'utf8')
    expect(before).toMatch(from)
    await writeFile(path, before.replace(from, to), { mode: 0o600 })
  }
  const asBob = (...options: string[]): Promise<Ran> =>
    as('bob', 'obtain', ...server, '--user', 'bob', '--wallet', file('bob.wallet'), '--claim', '2', ...options)
  const bobPresents = (...options: string[]): Promise<Ran> =>
    as('bob', 'present', ...server, '--wallet', file('bob.wallet'), '--device', file('known'), ...options)

  beforeAll(async () => {
    for (const name of ['known', 'stolen']) expect(await createDevice(name)).toMatchObject({ code: 0 })
    // The Claim Provider knows Bob's Device; requests do not name it.
    await rename(file('known.xml'), join(deployment.folder, 'known.xml'))
    await rm(file('stolen.xml'))
    expect(await obtain('bare.wallet', '--claim', '1')).toMatchObject({ code: 0 })
    await deployment.end()
    await edit('uprove.yaml', /^claimProvider:\n/m, 'claimProvider:\n  devices: { required: true }\n')
    await edit('uprove.yaml', /^relyingParty:\n/m, `relyingParty:\n  deviceRequired: true\n  signedData: ${TERMS}\n`)
    await edit('users.yaml', /^ {2}bob:\n/m, '  bob:\n    device: known.xml\n')
    await deployment.serve()
  }, 60_000)

  it('issues tokens to a Device only', async () => {
    expect(await obtain('bare.wallet', '--claim', '1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('the server refused') as string,
    })
    expect(await createDevice('mobile')).toMatchObject({ code: 0 })
    const obtained = await obtain('mobile.wallet', '--claim', '1', '--device', file('mobile'))
    expect(obtained.out).toContain('protected by the Device')
  })

  it('knows the Device of an account', async () => {
    expect((await asBob('--device', file('known'))).out).toContain('protected by the Device')
    // Another Device cannot use tokens that were made for this one.
    expect(await asBob('--device', file('stolen'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('(issuance/') as string,
    })
    expect(await asBob()).toMatchObject({
      code: 1,
      err: expect.stringContaining('(ws-trust/device-unexpected)') as string,
    })
  })

  it('accepts what a Device protects and the user signs', async () => {
    expect(await bobPresents('--disclose', 'givenname')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining(`data to sign: "${TERMS}". Agree with --sign`) as string,
    })
    const { code, out } = await bobPresents('--disclose', 'givenname', '--sign')
    expect(code).toBe(0)
    expect(out).toMatch(/Accepted\n {2}claim token of \S+, with a Device\n {4}\S+givenname: Bob\n {2}signed: I accept/)
    expect(await present('bare.wallet', ...server, '--sign')).toMatchObject({
      code: 1,
      out: expect.stringContaining('Refused: relying-party/device-required\n') as string,
    })
    const unsigned = ['--relying-party', deployment.url, '--device', file('mobile'), '--out', file('unsigned.xml')]
    expect(await present('mobile.wallet', ...unsigned)).toMatchObject({ code: 0 })
    expect((await run('verify', ...server, file('unsigned.xml'))).out).toBe('Refused: relying-party/signed-data\n')
  })
})
