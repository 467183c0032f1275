import { describe, expect, it } from 'vitest'
import { generateKey, signatureVerifier, type KeyType } from './keys.js'
import { createCertificationRequest, verifyCertificationRequest } from '../requests/pkcs10.js'

const types: KeyType[] = ['RSA-2048', 'RSA-PSS-2048', 'ECDSA-P256', 'ECDSA-P384', 'ECDSA-P521']

describe('keys of WebCrypto', () => {
  it.each(types)('%s signs requests', async (type) => {
    const key = await generateKey(type)
    const request = await createCertificationRequest({ subject: 'CN=user,O=Example', key })
    await expect(verifyCertificationRequest(request, signatureVerifier())).resolves.toBeUndefined()
  })
})
