import { constants, createPublicKey, generateKeyPairSync, publicEncrypt } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { nodeDecryptionKey, rejectsImplicitly } from './decryption-key.js'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
const secret = new Uint8Array(32).fill(9)

describe('a key for the archive', () => {
  let key: Awaited<ReturnType<typeof nodeDecryptionKey>>
  beforeAll(async () => {
    key = await nodeDecryptionKey(pkcs8)
  })

  it('decrypts RSAES-OAEP on every Node', async () => {
    const encrypted = publicEncrypt(
      { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
      secret,
    )
    expect(key.transports).toContain('RSAES-OAEP')
    expect(await key.decrypt({ name: 'RSAES-OAEP', hash: 'SHA-256' }, encrypted)).toEqual(secret)
    encrypted[100]! ^= 1
    expect(await key.decrypt({ name: 'RSAES-OAEP', hash: 'SHA-256' }, encrypted)).toBeUndefined()
  })

  it('decrypts PKCS #1 v1.5 where Node hides wrong padding, and offers it nowhere else', async () => {
    expect(key.transports.includes('RSAES-PKCS1-v1_5')).toBe(rejectsImplicitly())
    if (!rejectsImplicitly()) return
    const encrypted = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, secret)
    expect(await key.decrypt({ name: 'RSAES-PKCS1-v1_5' }, encrypted)).toEqual(secret)
    // Wrong padding looks like another message.
    const block = Buffer.alloc(256, 7)
    block.set([0, 3])
    const wrong = publicEncrypt({ key: createPublicKey(privateKey), padding: constants.RSA_NO_PADDING }, block)
    const [once, again] = [
      await key.decrypt({ name: 'RSAES-PKCS1-v1_5' }, wrong),
      await key.decrypt({ name: 'RSAES-PKCS1-v1_5' }, wrong),
    ]
    expect(once).toBeDefined()
    expect(again).toEqual(once)
    // What is no ciphertext at all is public.
    expect(await key.decrypt({ name: 'RSAES-PKCS1-v1_5' }, new Uint8Array(256).fill(0xff))).toBeUndefined()
  })
})

describe('the probe', () => {
  it.each([
    [
      'an error for wrong padding',
      (octets: Uint8Array | undefined, isRight: boolean) => (isRight ? octets : undefined),
    ],
    [
      'other octets each time',
      (octets: Uint8Array | undefined, isRight: boolean, call: number) => (isRight ? octets : Uint8Array.of(call)),
    ],
    ['nothing', () => undefined],
    ['something else', () => Uint8Array.of(1)],
  ])('does not trust a platform that answers %s', (_, answer) => {
    let call = 0
    const message = Buffer.from('a message')
    expect(
      rejectsImplicitly(() => answer(call === 0 ? new Uint8Array(message) : undefined, call++ === 0, call) as never),
    ).toBe(false)
  })

  it('trusts one that answers the message, and always the same for wrong padding', () => {
    let call = 0
    const answers = [new Uint8Array(Buffer.from('a message')), Uint8Array.of(1, 2), Uint8Array.of(1, 2)]
    expect(rejectsImplicitly(() => answers[call++] as never)).toBe(true)
  })
})
