import { describe, expect, it } from 'vitest'
import { writeInstant } from '../soap/envelope/text.js'
import { SoapFault } from '../soap/envelope/fault.js'
import { passwordDigest, type UsernameToken } from '../soap/security/username-token.js'
import { Authentication, type AuthenticationOptions, type TransportCredentials } from './authentication.js'
import type { AuthenticationErrorCode } from './errors.js'
import { MemoryReplayCache } from './single-use.js'
import { hashedOnly, TestAccounts } from './testing/accounts.js'

const NOW = new Date('2026-03-01T12:00:00Z')
const accounts = new TestAccounts({ alice: 'wonderland', bob: 'builder', empty: '' })
const certificate = { der: Uint8Array.of(1, 2, 3), trusted: true }
/** An `AuthenticationError` with this code. */
const refused = (code: AuthenticationErrorCode) => ({ name: 'AuthenticationError', code })

function authentication(options: AuthenticationOptions = {}, clock = () => NOW): Authentication {
  const certificateAccount = (der: Uint8Array) => Promise.resolve(der[0] === 1 ? 'id-of-alice' : undefined)
  return new Authentication({ accounts, certificateAccount, ...options }, clock)
}

function text(username: string, password: string | undefined): UsernameToken {
  return { type: 'text', username, password, nonce: undefined, created: undefined, createdAt: undefined }
}

async function digest(
  username: string,
  password: string,
  { nonce = crypto.getRandomValues(new Uint8Array(16)), createdAt = NOW, created = writeInstant(createdAt) } = {},
): Promise<UsernameToken & { type: 'digest' }> {
  const value = await passwordDigest(nonce, created, password)
  return { type: 'digest', username, digest: value, nonce, created, createdAt }
}

const later = (milliseconds: number) => new Date(NOW.getTime() + milliseconds)

describe('a password', () => {
  it('authenticates its account', async () => {
    expect(await authentication().authenticate(text('alice', 'wonderland'), {})).toEqual({
      by: 'account',
      id: 'id-of-alice',
      method: 'password',
    })
  })

  it('does so with a nonce that was there before, and with a time that is not now', async () => {
    const service = authentication()
    const createdAt = new Date('2009-01-01T00:00:00Z')
    const token = { ...text('alice', 'wonderland'), nonce: Uint8Array.of(7), created: 'x', createdAt } as UsernameToken
    for (let i = 0; i < 3; i++) expect(await service.authenticate(token, {})).toMatchObject({ id: 'id-of-alice' })
  })

  it.each([
    ['wrong', text('alice', 'wonderlanD')],
    ['of another account', text('alice', 'builder')],
    ['of no account', text('mallory', 'wonderland')],
    ['absent', text('alice', undefined)],
    ['empty', text('alice', '')],
    ['too long', text('alice', 'w'.repeat(1025))],
  ])('is refused when %s', async (_, token) => {
    await expect(authentication().authenticate(token, {})).rejects.toMatchObject(refused('authentication/password'))
  })

  it('is refused where nobody has one', async () => {
    const service = new Authentication({}, () => NOW)
    await expect(service.authenticate(text('alice', 'wonderland'), {})).rejects.toMatchObject(
      refused('authentication/password'),
    )
  })

  it('that is too long is not handed on', async () => {
    const asked = new TestAccounts({ alice: 'wonderland' })
    const long = text('alice', 'w'.repeat(1025))
    await expect(authentication({ accounts: asked }).authenticate(long, {})).rejects.toMatchObject(
      refused('authentication/password'),
    )
    expect(asked.asked).toEqual([])
  })
})

describe('the digest of a password', () => {
  it('authenticates its account, once', async () => {
    const service = authentication()
    const token = await digest('alice', 'wonderland')
    expect(await service.authenticate(token, {})).toEqual({ by: 'account', id: 'id-of-alice', method: 'digest' })
    await expect(service.authenticate(token, {})).rejects.toMatchObject(refused('authentication/digest-replayed'))
    // Another nonce is another digest; the nonce of another account is nobody's business.
    expect(await service.authenticate(await digest('alice', 'wonderland'), {})).toBeDefined()
    expect(
      await service.authenticate(await digest('bob', 'builder', { nonce: token.nonce as never }), {}),
    ).toBeDefined()
  })

  it('is replayed neither with another time nor later', async () => {
    let now = NOW
    const service = authentication({}, () => now)
    const nonce = crypto.getRandomValues(new Uint8Array(16))
    await service.authenticate(await digest('alice', 'wonderland', { nonce, createdAt: later(60_000) }), {})
    for (const seconds of [0, 30, 60, 299, 360, 361, 1000]) {
      now = later(seconds * 1000)
      const again = digest('alice', 'wonderland', { nonce, createdAt: later(60_000) })
      const code = seconds > 360 ? 'authentication/digest-time' : 'authentication/digest-replayed'
      await expect(service.authenticate(await again, {})).rejects.toMatchObject(refused(code))
    }
  })

  it('is replayed at no node of a farm, whose clocks differ by seconds and jump back', async () => {
    let [ahead, behind] = [NOW, NOW]
    // What they share is swept by the clock that is ahead.
    const replayCache = new MemoryReplayCache({ clock: () => ahead })
    const service = authentication({ replayCache }, () => behind)
    const token = await digest('alice', 'wonderland', { createdAt: NOW })
    await service.authenticate(token, {})
    for (const [here, there] of [
      [299, 309],
      [300, 350],
      [290, 355],
    ] as const) {
      ;[behind, ahead] = [later(here * 1000), later(there * 1000)]
      await service.authenticate(await digest('bob', 'builder', { createdAt: behind }), {})
      await expect(service.authenticate(token, {})).rejects.toMatchObject(refused('authentication/digest-replayed'))
    }
  })

  it('is not refused because somebody else has sent its nonce', async () => {
    const service = authentication()
    const token = await digest('alice', 'wonderland')
    const forged = { ...token, digest: new Uint8Array(20) }
    await expect(service.authenticate(forged, {})).rejects.toMatchObject(refused('authentication/digest'))
    expect(await service.authenticate(token, {})).toBeDefined()
  })

  it.each<[string, Promise<UsernameToken>, AuthenticationErrorCode?]>([
    ['of another password', digest('alice', 'wonderlanD')],
    ['of no account', digest('mallory', '')],
    [
      'older than five minutes',
      digest('alice', 'wonderland', { createdAt: later(-300_001) }),
      'authentication/digest-time',
    ],
    [
      'from more than a minute ahead',
      digest('alice', 'wonderland', { createdAt: later(60_001) }),
      'authentication/digest-time',
    ],
    [
      'over another time',
      digest('alice', 'wonderland', { created: writeInstant(later(1)) }).then((token) => ({
        ...token,
        created: writeInstant(NOW),
      })),
    ],
    ['over another nonce', digest('alice', 'wonderland').then((token) => ({ ...token, nonce: Uint8Array.of(1) }))],
    ['too short', digest('alice', 'wonderland').then((token) => ({ ...token, digest: token.digest.subarray(0, 19) }))],
    [
      'with a bit flipped',
      digest('alice', 'wonderland').then((token) => ({
        ...token,
        digest: token.digest.map((octet, i) => (i === 19 ? octet ^ 1 : octet)),
      })),
    ],
  ])('is refused %s', async (_, token, code = 'authentication/digest') => {
    await expect(authentication().authenticate(await token, {})).rejects.toMatchObject(refused(code))
  })

  it.each([-300_000, 60_000])('is accepted %s ms from now', async (offset) => {
    const token = await digest('alice', 'wonderland', { createdAt: later(offset) })
    expect(await authentication().authenticate(token, {})).toBeDefined()
  })

  it('is refused where passwords are hashed', async () => {
    const service = authentication({ accounts: hashedOnly(accounts) })
    await expect(service.authenticate(await digest('alice', 'wonderland'), {})).rejects.toMatchObject(
      refused('authentication/digest'),
    )
  })
})

describe('the transport', () => {
  it('authenticates nobody without credentials', async () => {
    expect(await authentication().authenticate(undefined, {})).toBeUndefined()
  })

  it('authenticates by a certificate, and by other credentials of the transport', async () => {
    expect(await authentication().authenticate(undefined, { certificate })).toEqual({
      by: 'account',
      id: 'id-of-alice',
      method: 'certificate',
    })
    const negotiated = { method: 'kerberos', id: 'alice@EXAMPLE' }
    expect(await authentication().authenticate(undefined, { negotiated })).toEqual({ by: 'account', ...negotiated })
  })

  it.each<[string, AuthenticationErrorCode, TransportCredentials]>([
    [
      'a certificate that is not trusted',
      'authentication/certificate-untrusted',
      { certificate: { ...certificate, trusted: false } },
    ],
    [
      'a certificate without account',
      'authentication/certificate-account',
      { certificate: { der: Uint8Array.of(2), trusted: true } },
    ],
    ['a ticket that is not right', 'authentication/negotiated', { negotiated: { method: 'kerberos', id: undefined } }],
    ['an empty name', 'authentication/negotiated', { negotiated: { method: 'kerberos', id: '' } }],
  ])('is refused with %s', async (_, code, transport) => {
    await expect(authentication().authenticate(undefined, transport)).rejects.toMatchObject(refused(code))
  })

  it('is refused with a certificate where none counts', async () => {
    const service = new Authentication({ accounts }, () => NOW)
    const code = 'authentication/certificate-account'
    await expect(service.authenticate(undefined, { certificate })).rejects.toMatchObject(refused(code))
  })
})

describe('an account', () => {
  it('is told to the host, which may have it wait', async () => {
    const told: string[] = []
    const service = authentication({
      admit: ({ id }) => {
        told.push(id)
        if (told.length > 1) throw new SoapFault({ faultCode: 'Receiver', reasons: 'later' })
      },
    })
    expect(await service.authenticate(undefined, {})).toBeUndefined()
    await expect(service.authenticate(text('alice', 'wrong'), {})).rejects.toMatchObject(
      refused('authentication/password'),
    )
    expect(await service.authenticate(text('alice', 'wonderland'), {})).toMatchObject({ id: 'id-of-alice' })
    await expect(service.authenticate(text('alice', 'wonderland'), {})).rejects.toMatchObject({ faultCode: 'Receiver' })
    expect(told).toEqual(['id-of-alice', 'id-of-alice'])
  })
})

describe('credentials of two kinds', () => {
  it('are of one account', async () => {
    expect(await authentication().authenticate(text('alice', 'wonderland'), { certificate })).toMatchObject({
      id: 'id-of-alice',
    })
  })

  it.each<[string, AuthenticationErrorCode, UsernameToken, TransportCredentials]>([
    ['of two accounts', 'authentication/account-mismatch', text('bob', 'builder'), { certificate }],
    ['the password wrong', 'authentication/password', text('alice', 'wrong'), { certificate }],
    [
      'the certificate not trusted',
      'authentication/certificate-untrusted',
      text('alice', 'wonderland'),
      { certificate: { ...certificate, trusted: false } },
    ],
    [
      'the ticket wrong',
      'authentication/negotiated',
      text('alice', 'wonderland'),
      { negotiated: { method: 'kerberos', id: undefined } },
    ],
  ])('are refused, %s', async (_, code, token, transport) => {
    await expect(authentication().authenticate(token, transport)).rejects.toMatchObject(refused(code))
  })
})
