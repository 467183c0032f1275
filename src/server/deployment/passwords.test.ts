import { scryptSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hashPassword, verifyPassword } from './passwords.js'

describe('passwords', () => {
  it('are hashed with a salt of their own, and verified', async () => {
    const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
    expect(one).not.toBe(other)
    expect(one).not.toContain('correct')
    expect(await verifyPassword('correct horse', one)).toBe(true)
    expect(await verifyPassword('correct horsf', one)).toBe(false)
    expect(await verifyPassword('', one)).toBe(false)
  })

  it('are verified against hashes of other costs', async () => {
    const salt = Buffer.from('a salt of 16 oct')
    const hash = scryptSync('pässword', salt, 32, { N: 2 ** 10, r: 4, p: 2 })
    const base64 = (octets: Buffer): string => octets.toString('base64').replace(/=+$/, '')
    const text = `$scrypt$ln=10,r=4,p=2$${base64(salt)}$${base64(hash)}`
    expect(await verifyPassword('pässword', text)).toBe(true)
    // As some keyboards enter it.
    expect(await verifyPassword('pa\u0308ssword', text)).toBe(true)
    expect(await verifyPassword('password', text)).toBe(false)
  })

  it('are wrong for accounts that do not exist', async () => {
    expect(await verifyPassword('anything', undefined)).toBe(false)
  })

  it.each([
    '',
    'plain',
    '$scrypt$ln=9,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$' + 'A'.repeat(43),
    '$scrypt$ln=30,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$' + 'A'.repeat(43),
  ])('are not verified against what is no hash: %s', async (hash) => {
    await expect(verifyPassword('x', hash)).rejects.toMatchObject({ code: 'password/hash' })
  })

  it('have a length that can be hashed', async () => {
    await expect(hashPassword('')).rejects.toMatchObject({ code: 'password/length' })
    await expect(hashPassword('x'.repeat(1_025))).rejects.toMatchObject({ code: 'password/length' })
    const hash = await hashPassword('x'.repeat(1_024))
    expect(await verifyPassword('x'.repeat(1_024), hash)).toBe(true)
    expect(await verifyPassword('x'.repeat(1_025), hash)).toBe(false)
  })
})
