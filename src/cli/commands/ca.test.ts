import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodePem, encodePem } from '../../pki/asn1/pem.js'
import { signCrl } from '../../pki/ca/issuing/crl.js'
import type { RevokedSerial } from '../../pki/ca/records/store.js'
import { generateKey, importPrivateKey } from '../../pki/keys/keys.js'
import type { SigningKey } from '../../pki/keys/signing.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { ServedDeployment } from '../testing/deployment.js'
import { run, runWith, type Ran } from '../testing/terminal.js'

let deployment: ServedDeployment
const file = (name: string): string => join(deployment.root, name)
const ca = (...arguments_: string[]): Promise<Ran> => run('ca', deployment.folder, ...arguments_)
const json = async <T>(...arguments_: string[]): Promise<T> => JSON.parse((await ca(...arguments_, '--json')).out) as T

const login = (user: string, password: string | undefined, name: string, template: string): Promise<Ran> => {
  const server = ['--url', deployment.url, '--ca', deployment.authority]
  const wanted = ['--user', user, '--template', template, '--out', file(name)]
  return runWith({ environment: { UPROVE_PASSWORD: password } }, 'enroll', ...server, ...wanted)
}
const enroll = (user: string, name: string, template = 'User'): Promise<Ran> =>
  login(user, deployment.users[user], name, template)

/** Enrols, and returns the serial number. */
async function issued(user: string, name: string): Promise<string> {
  const [, serial] = /serial ([0-9a-f]+)/.exec((await enroll(user, name)).out)!
  return serial!
}

interface Record {
  readonly requestId: string
  readonly status: string
  readonly serial?: string
  readonly subject: string
}

beforeAll(async () => {
  deployment = await ServedDeployment.start((yaml) => yaml.replace('lockout: 15m', 'lockout: 1d'))
}, 120_000)

afterAll(() => deployment.remove())

describe('uprove ca list', () => {
  let alices: string

  beforeAll(async () => {
    alices = await issued('alice', 'alice')
    await issued('bob', 'bob')
    await enroll('alice', 'device', 'DeviceIssuer')
    await enroll('bob', 'refused', 'DeviceIssuer')
  })

  it.each<[string[], number]>([
    [['--status', 'pending'], 1],
    [['--status', 'denied', '--account', 'bob'], 1],
    [['--account', 'alice'], 2],
    [['--account', 'nobody'], 0],
    [['--profile', 'deviceissuer'], 1],
    [['--subject', 'cn=alice archer'], 2],
    [['--account', 'alice', '--expires-before', '366d'], 1],
    [['--account', 'alice', '--expires-before', '300d'], 0],
    [['--account', 'alice', '--expires-before', '2020-01-01'], 0],
    [['--status', 'revoked'], 0],
  ])('finds %j', async (conditions, count) => {
    expect(await json<Record[]>('list', ...conditions)).toHaveLength(count)
  })

  it('finds a certificate by its serial number, as OpenSSL prints it', async () => {
    const printed = alices.toUpperCase().match(/../g)!.join(':')
    expect(await json<Record[]>('list', '--serial', printed)).toMatchObject([
      { serial: alices, status: 'issued', subject: 'CN=Alice Archer,O=Example' },
    ])
  })

  it('has pages', async () => {
    const all = await json<Record[]>('list')
    const first = await ca('list', '--limit', '2')
    expect(first.out.split('\n')).toHaveLength(3)
    const [, after] = /--after (\d+)/.exec(first.err)!
    expect(after).toBe(all[1]!.requestId)
    expect(await json('list', '--limit', '2', '--after', after!)).toEqual(all.slice(2, 4))
    expect((await ca('list', '--after', all.at(-1)!.requestId)).out).toBe('Nothing was found.\n')
  })

  it('says in words what it found', async () => {
    const { out } = await ca('list', '--serial', alices)
    expect(out).toMatch(
      new RegExp(`^ +\\d+ +User for alice: CN=Alice Archer,O=Example, serial ${alices}, until 20\\S+Z\\n$`),
    )
    expect((await ca('list', '--status', 'denied')).out).toMatch(/request of bob, denied \S+ \(template-denied\)/)
  })

  it('shows a request with its history, and a certificate', async () => {
    const [{ requestId }] = await json<[Record]>('list', '--serial', alices)
    const request = await ca('show', requestId)
    expect(request.out).toMatch(/status +issued\n/)
    expect(request.out).toMatch(/submitted +20\S+\n +issued +20/)
    const shown = await ca('show', alices.toUpperCase())
    expect(request.out.endsWith(shown.out)).toBe(true)
    const text = execFileSync('openssl', ['x509', '-noout', '-serial'], { input: shown.out, encoding: 'utf8' })
    expect(text.toLowerCase()).toContain(alices)
    const [denied] = await json<[Record]>('list', '--status', 'denied')
    expect((await ca('show', denied.requestId)).out).toMatch(/reason +template-denied \(0x80094012\)/)
  })
})

describe('uprove ca revoke', () => {
  it('says the recorded reason, which may be an earlier one', async () => {
    const serial = await issued('bob', 'lost')
    expect(await ca('revoke', serial.toUpperCase(), '--reason', 'superseded')).toEqual({
      ...{ code: 0, out: `Certificate ${serial}: revoked (superseded).\n`, err: '' },
    })
    const again = await ca('revoke', serial, '--reason', 'cessationOfOperation')
    expect(again).toMatchObject({ code: 1, out: `Certificate ${serial}: revoked (superseded).\n` })
    expect(again.err).toMatch(/^It was revoked before, and the reason superseded of 20\S+ stays\.\n$/)
    expect(await ca('revoke', serial, '--reason', 'keyCompromise')).toMatchObject({
      ...{ code: 0, out: `Certificate ${serial}: revoked (keyCompromise).\n` },
    })
    expect(await ca('unrevoke', serial)).toMatchObject({
      code: 1,
      err: expect.stringContaining('not on hold') as string,
    })
    const renewing = ['--url', deployment.url, '--ca', deployment.authority, '--renew', file('lost.crt')]
    expect(await run('enroll', ...renewing, '--out', file('lost-again'))).toMatchObject({ code: 1 })
  })

  it('holds a certificate, and releases it', async () => {
    const serial = await issued('bob', 'held')
    const listed = async (): Promise<string> => {
      expect(await ca('crl', '--out', file('ca.crl'))).toMatchObject({ code: 0 })
      return execFileSync('openssl', ['crl', '-inform', 'DER', '-in', file('ca.crl'), '-noout', '-text'])
        .toString()
        .toLowerCase()
    }
    expect((await ca('revoke', serial, '--reason', 'certificateHold')).out).toContain(': held (certificateHold)')
    expect(await listed()).toContain(serial)
    expect(await json('list', '--status', 'held')).toMatchObject([{ serial }])
    expect(await ca('unrevoke', serial)).toMatchObject({ code: 0 })
    expect(await listed()).not.toContain(serial)
    expect(await json('list', '--status', 'held')).toEqual([])
    expect((await ca('crl')).out).toMatch(/^CRL \d+ of 20\S+: \d+ certificates?, next update by 20\S+\.\n$/)
  })
})

describe('uprove ca revoke-listed', () => {
  /** A CRL in a file, as the authority would sign it, or as another key does. */
  async function crlOf(revoked: readonly RevokedSerial[], signer?: SigningKey): Promise<string> {
    const { subject: issuer } = parseCertificate(decodePem('CERTIFICATE', await readFile(deployment.authority, 'utf8')))
    const pkcs8 = decodePem('PRIVATE KEY', await readFile(file('deployment/keys/authority.key'), 'utf8'))
    const key = signer ?? (await importPrivateKey(pkcs8))
    const now = new Date()
    const times = { thisUpdate: now, nextUpdate: new Date(now.getTime() + 1_000) }
    const der = await signCrl({ issuer, issuerKeyIdentifier: new Uint8Array(20), number: 7, ...times, revoked }, key)
    await writeFile(file('made.crl'), encodePem('X509 CRL', der))
    return file('made.crl')
  }
  const unknown: RevokedSerial = { serial: 'ff01', revocation: { at: new Date(), reason: 'superseded' } }

  it('revokes again what a published CRL lists, with its reasons', async () => {
    const [held, open] = [await issued('bob', 'held-again'), await issued('bob', 'open')]
    await ca('revoke', held, '--reason', 'certificateHold')
    await ca('crl', '--out', file('published.crl'))
    await ca('unrevoke', held)
    expect(await json('list', '--serial', held)).toMatchObject([{ status: 'issued' }])

    const { code, out, err } = await ca('revoke-listed', file('published.crl'))
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^(\d+) of the \1 certificates in the CRL are revoked\.\n$/)
    expect(await json('list', '--serial', held)).toMatchObject([
      { status: 'held', revocation: { reason: 'certificateHold' } },
    ])
    expect(await json('list', '--serial', open)).toMatchObject([{ status: 'issued' }])
  })

  it('names those that the records do not have, through the server and without it', { timeout: 60_000 }, async () => {
    const serial = await issued('bob', 'compromised')
    const revocation = { at: new Date(), reason: 'keyCompromise' } as const
    const crl = await crlOf([unknown, { serial, revocation }])
    const one = {
      ...{ code: 1, out: '1 of the 2 certificates in the CRL are revoked.\n' },
      err: expect.stringMatching(/^The records do not have ff01, so no CRL will list them\./) as string,
    }
    expect(await ca('revoke-listed', crl)).toEqual(one)
    expect(await json('list', '--serial', serial)).toMatchObject([{ revocation: { reason: 'keyCompromise' } }])
    await deployment.end()
    expect(await ca('revoke-listed', crl)).toEqual(one)
    expect(JSON.parse((await ca('revoke-listed', crl, '--json')).out)).toMatchObject({ revoked: 1, unknown: ['ff01'] })
    await deployment.serve()
  })

  it('refuses the CRL of another authority, what is no CRL, and a missing file', async () => {
    const serial = await issued('bob', 'safe')
    const revocation = { at: new Date(), reason: 'superseded' } as const
    const other = await crlOf([{ serial, revocation }], await generateKey('ECDSA-P256'))
    expect(await ca('revoke-listed', other)).toMatchObject({
      ...{
        code: 1,
        out: '',
        err: expect.stringContaining('is not signed by the authority of this deployment') as string,
      },
    })
    expect(await json('list', '--serial', serial)).toMatchObject([{ status: 'issued' }])
    expect(await ca('revoke-listed', deployment.authority)).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('(pki/pem)') as string },
    })
    expect(await ca('revoke-listed', file('bob.key'))).toMatchObject({ code: 1 })
    expect(await ca('revoke-listed', file('none.crl'))).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('no such file') as string },
    })
  })
})

describe('uprove ca unlock', () => {
  it('lets a locked account log in', { timeout: 60_000 }, async () => {
    // His password is right, but the template is not for him.
    const locked = async (): Promise<boolean> => {
      return (await enroll('bob', 'none', 'Machine')).err.includes('FailedAuthentication')
    }
    for (let i = 0; i < 11; i++) await login('bob', `wrong ${String(i)}`, 'none', 'User')
    // The right password was remembered before; after a restart it is not.
    await deployment.end()
    await deployment.serve()
    expect(await locked()).toBe(true)
    expect((await ca('unlock', '--account', 'bob')).out).toBe('bob: its failed logins are forgotten.\n')
    await ca('unlock', '--address', '127.0.0.1')
    expect(await locked()).toBe(false)
    expect((await ca('unlock', '--account', 'bob')).out).toBe('bob: no failed logins are counted.\n')
  })
})

describe('uprove ca', () => {
  it.each<[string[], number, string]>([
    [['approve', '4000000'], 1, 'There is no such request'],
    [['show', '4000000'], 1, 'There is no such request'],
    [['show', 'ffffffffffff'], 1, 'There is no such certificate'],
    [['revoke', 'ffff'], 1, 'There is no such certificate'],
    [['list', '--status', 'lost'], 1, 'A condition of the list is malformed'],
    [['list', '--after', 'x'], 1, 'A condition of the list is malformed'],
    [['list', '--limit', '0'], 2, '--limit takes a number from 1 to 1000'],
    [['list', '--expires-before', 'soon'], 2, '--expires-before takes a date'],
    [['approve'], 2, 'missing ID of a request'],
    [['revoke'], 2, 'missing SERIAL number of a certificate'],
    [['revoke-listed'], 2, 'missing FILE with a CRL of this authority'],
    [['revoke-listed', 'a.crl', '--reason', 'superseded'], 2, 'revoke-listed takes no --reason'],
    [['pending', '7'], 2, 'too many arguments'],
    [
      ['explode'],
      2,
      'choose from list, pending, show, approve, deny, revoke, revoke-listed, unrevoke, crl, templates, recover, unlock',
    ],
    [['toString'], 2, 'unknown action'],
    [['revoke', 'ffff', '--reason', 'boredom'], 2, 'unknown reason boredom'],
    [['approve', '1', '--reason', 'superseded'], 2, 'approve takes no --reason'],
    [['unlock'], 2, 'unlock takes either --account NAME or --address IP'],
    [['unlock', '--address', 'here'], 2, 'here is not an IP address'],
  ])('says what is wrong with %j', async (arguments_, code, message) => {
    const ran = await ca(...arguments_)
    expect(ran).toMatchObject({ code, out: '', err: expect.stringContaining(message) as string })
  })

  it('works without the server, and says if it cannot', { timeout: 60_000 }, async () => {
    await enroll('alice', 'later', 'DeviceIssuer')
    await enroll('alice', 'never', 'DeviceIssuer')
    const settings = file('deployment/uprove.yaml')
    const before = await readFile(settings, 'utf8')
    const listed = await json('list')
    await writeFile(settings, before.replace(/^admin: .*$/m, 'admin: null'))
    expect(await ca('pending')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('has no admin listener; set `admin`') as string },
    })
    await deployment.end()
    expect(await json('list')).toEqual(listed)
    await writeFile(settings, before)
    expect(await json('list')).toEqual(listed)
    const [first] = await json<[Record]>('pending')
    expect(await ca('approve', first.requestId)).toMatchObject({
      code: 0,
      out: `Request ${first.requestId}: issued.\n`,
    })
    expect(await ca('approve', '4000000')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no such request') as string,
    })
    // Only others may enrol by now.
    await writeFile(settings, before.replaceAll('enrollers: [device-issuers]', 'enrollers: [claim-providers]'))
    const [second] = await json<[Record]>('pending')
    expect(await ca('approve', second.requestId)).toMatchObject({
      code: 1,
      out: `Request ${second.requestId}: denied, because of denial/template-denied.\n`,
    })
    await writeFile(settings, before)
    await deployment.serve()
    expect((await ca('show', first.requestId)).out).toMatch(/issued +20\S+ by operator/)
  })
})

describe('uprove ca templates', () => {
  it('lists what is offered, and says why the rest is not', async () => {
    const { code, out } = await ca('templates')
    expect(code).toBe(0)
    const oid = String.raw`1\.3\.6\.1\.4\.1\.311\.21\.8(\.\d+){5}\.`
    expect(out).toMatch(new RegExp(`^ +User +offered as ${oid}1, version 100\\.0\n`))
    expect(out).toMatch(
      new RegExp(`\n +Machine +offered as ${oid}2, version 100\\.0, for machines, an operator approves\n`),
    )
    expect(out).toMatch(/\n +ClaimProvider +not offered: it has no `template`.*\n$/)
  })

  it('says what an account may enrol for', async () => {
    const may = async (account: string) =>
      (await json<{ name: string; mayEnroll: boolean }[]>('templates', '--account', account)).map(
        ({ name, mayEnroll }) => [name, mayEnroll],
      )
    expect(await may('bob')).toEqual([
      ['User', true],
      ['Machine', false],
      ['DeviceIssuer', false],
      ['ClaimProvider', false],
    ])
    expect(await may('tls-server')).toContainEqual(['Machine', true])
    expect(await ca('templates', '--account', 'nobody')).toMatchObject({
      code: 2,
      err: expect.stringContaining('nobody is not in users.yaml') as string,
    })
  })

  it('says so where there is no policy service', async () => {
    const file = join(deployment.folder, 'uprove.yaml')
    const before = await readFile(file, 'utf8')
    await writeFile(file, before.replace(/^policy: .*$/m, ''))
    expect((await ca('templates')).out).toMatch(/^ +User +not offered: there is no `policy` in uprove\.yaml\n/)
    await writeFile(file, before)
  })
})
