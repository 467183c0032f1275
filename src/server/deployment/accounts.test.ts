import { describe, expect, it } from 'vitest'
import { AuthenticationError } from '../../authentication/errors.js'
import { requestContext, type RequestContext } from '../http/request-context.js'
import { directoryAccounts } from './accounts.js'
import type { User } from './configuration.js'
import { Directory } from './directory.js'
import { hashPassword } from './passwords.js'
import { sealPassword } from './sealed-passwords.js'

const digestKey = new Uint8Array(32).fill(7)
const user = (fields: Partial<User>): User => ({
  ...{ subject: 'CN=x', groups: [], emails: [], upns: [], dnsNames: [], uris: [], ipAddresses: [], claims: {} },
  disabled: false,
  ...fields,
})
const hash = await hashPassword('right')
const users = new Map([
  ['alice', user({ password: hash })],
  ['ghost', user({ password: hash, disabled: true })],
  ['certified', user({})],
  ['digest', user({ sealedPassword: sealPassword('sealed', 'digest', digestKey) })],
  ['thief', user({ sealedPassword: sealPassword('sealed', 'digest', digestKey) })],
])

/** Counts as a store does: so many attempts, then none. */
function counting(most = Infinity) {
  const counts = new Map<string, number>()
  return {
    counts,
    begin(subject: string, attempts = most) {
      const count = (counts.get(subject) ?? 0) + 1
      counts.set(subject, count)
      return Promise.resolve(count > attempts ? new Date() : undefined)
    },
    succeeded(subject: string) {
      counts.delete(subject)
      return Promise.resolve()
    },
  }
}

function accounts(
  options: { attempts?: number; attemptsPerAddress?: number; clock?: () => number; digests?: boolean } = {},
) {
  const logins = counting(options.attempts)
  const lockouts: string[] = []
  const directory = new Directory(users, options.clock)
  const all = directoryAccounts({
    directory,
    logins,
    attemptsPerAddress: options.attemptsPerAddress ?? 100,
    ...(options.digests !== false && { digestKey }),
    onLockout: (kind) => lockouts.push(kind),
  })
  /** The account, or the code of the lock that refused the attempt. */
  const verify = (name: string, password: string) =>
    all.verify(name, password).catch((error: unknown) => {
      if (error instanceof AuthenticationError) return error.code
      throw error
    })
  return { ...all, verify, logins, lockouts, directory }
}

describe('accounts of a directory', () => {
  it('are had with their passwords', async () => {
    const { verify } = accounts()
    expect(await verify('alice', 'right')).toBe('alice')
    expect(await verify('alice', 'wrong')).toBeUndefined()
    expect(await verify('nobody', 'right')).toBeUndefined()
    expect(await verify('ghost', 'right')).toBeUndefined()
    expect(await verify('certified', '')).toBeUndefined()
  })

  it('are locked by name and by address, and a success forgets', async () => {
    const { verify, logins, lockouts } = accounts({ attempts: 10, attemptsPerAddress: 2 })
    const from = (address: string, name: string, password: string) =>
      requestContext.run({ id: '1', route: 'r', address }, () => verify(name, password))
    expect(await from('a', 'alice', 'wrong')).toBeUndefined()
    expect([...logins.counts]).toEqual([
      ['address:a', 1],
      ['account:alice', 1],
    ])
    expect(await from('a', 'alice', 'right')).toBe('alice')
    expect(logins.counts.size).toBe(0)
    for (const name of ['x', 'y']) expect(await from('b', name, 'wrong')).toBeUndefined()
    expect(await from('b', 'z', 'wrong')).toBe('authentication/locked-address')
    expect(lockouts).toEqual(['address'])
    // An address that is locked locks no accounts.
    expect(logins.counts.has('account:y')).toBe(true)
    expect(logins.counts.has('account:z')).toBe(false)
  })

  it('refuse even the right password while they are locked', async () => {
    const { verify, lockouts } = accounts({ attempts: 2 })
    for (let i = 0; i < 2; i++) expect(await verify('alice', 'wrong')).toBeUndefined()
    expect(await verify('alice', 'right')).toBe('authentication/locked-account')
    expect(lockouts).toEqual(['account'])
  })

  it('are named in log lines, unless there is none of the name: it may be a password', async () => {
    const { verify } = accounts()
    const noted = async (name: string) => {
      const context: RequestContext = { id: '1', route: 'r', address: 'a' }
      await requestContext.run(context, () => verify(name, 'wrong'))
      return context.account
    }
    expect([await noted('alice'), await noted('ghost'), await noted('hunter2')]).toEqual(['alice', 'ghost', undefined])
  })

  it('are not locked by one password that comes often at once', async () => {
    const { verify, logins, lockouts } = accounts({ attempts: 2 })
    const often = (password: string) => Promise.all(Array.from({ length: 5 }, () => verify('alice', password)))
    expect(await often('wrong')).toEqual(new Array(5).fill(undefined))
    expect(logins.counts.get('account:alice')).toBe(1)
    expect(await often('right')).toEqual(new Array(5).fill('alice'))
    expect(lockouts).toEqual([])
    // Different ones are as many attempts.
    await Promise.all(['a', 'b', 'c'].map((password) => verify('alice', password)))
    expect(lockouts).toEqual(['account'])
  })

  it('remember a right password for minutes, and no other', async () => {
    let now = 0
    const { verify, directory, logins } = accounts({ clock: () => now })
    await verify('alice', 'right')
    expect(directory.recall('alice', 'right')?.name).toBe('alice')
    expect(directory.recall('alice', 'wrong')).toBeUndefined()
    expect(directory.recall('ghost', 'right')).toBeUndefined()
    // Remembered, it is no attempt.
    logins.counts.set('account:alice', 5)
    expect(await verify('alice', 'right')).toBe('alice')
    expect(logins.counts.get('account:alice')).toBe(5)
    now += 300_001
    expect(directory.recall('alice', 'right')).toBeUndefined()
  })

  it('forget a remembered password when it is changed, or the account disabled', async () => {
    const { verify, directory } = accounts()
    await verify('alice', 'right')
    directory.replace(new Map([['alice', user({ password: await hashPassword('other') })]]))
    expect(directory.recall('alice', 'right')).toBeUndefined()
    directory.replace(new Map([['alice', user({ password: hash, disabled: true })]]))
    expect(directory.recall('alice', 'right')).toBeUndefined()
    directory.replace(users)
    expect(directory.recall('alice', 'right')?.name).toBe('alice')
  })

  it('give passwords for digests only where they are sealed for that', async () => {
    const all = accounts()
    const verifyDigest = (name: string, expected = 'sealed') =>
      all.verifyDigest!(name, (password) => Promise.resolve(password === expected))
    expect(await verifyDigest('digest')).toBe('digest')
    expect(await verifyDigest('digest', 'other')).toBeUndefined()
    expect(all.logins.counts.get('account:digest')).toBe(1)
    expect(await verifyDigest('alice', '')).toBeUndefined()
    expect(await verifyDigest('nobody', '')).toBeUndefined()
    // Sealed for another account.
    await expect(verifyDigest('thief')).rejects.toMatchObject({ code: 'password/sealed' })
    expect(accounts({ digests: false })).toMatchObject({ verifyDigest: undefined })
  })
})
