import { expect, it } from 'vitest'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import { createRoot } from '../../pki/ca/issuing/root.js'
import { createAuthority } from '../../pki/ca/embedded-authority.js'
import { MemoryAuthorityStore } from '../../pki/ca/records/memory-store.js'
import { generateKey, signatureVerifier } from '../../pki/keys/keys.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { parseName } from '../../pki/x509/name.js'
import { certificateOf } from './deployment.js'

const day = 86_400_000
const authority = new MemoryAuthorityStore()
const key = await generateKey('ECDSA-P256')
const root = await createRoot({ key, subject: parseName('CN=Root'), validity: 9 * day })
const options = { key, chain: [root] as const, verifier: signatureVerifier(), profiles: [], store: authority }
const ca = await createAuthority(options)
const certify = async (publicKey: Uint8Array<ArrayBuffer>, name: string) =>
  ca.certifyAuthority({ publicKey, subject: parseName(name), validity: day })
const recorded = (der: Uint8Array) => certificateOf({ authority }, der)

it('a certificate is revoked by itself, and compromised by any certificate of its key', async () => {
  const [shared, own] = [(await generateKey('ECDSA-P256')).publicKey, (await generateKey('RSA-2048')).publicKey]
  const [one, two, other] = [await certify(shared, 'CN=1'), await certify(shared, 'CN=2'), await certify(own, 'CN=3')]
  for (const der of [one, two, other])
    expect(await recorded(der)).toMatchObject({ isRevoked: false, isCompromised: false })

  await ca.revoke(serialText(parseCertificate(other).serialNumber), 'superseded')
  expect(await recorded(other)).toMatchObject({ isRevoked: true, isCompromised: false })
  await ca.revoke(serialText(parseCertificate(one).serialNumber), 'keyCompromise')
  expect(await recorded(one)).toMatchObject({ isRevoked: true, isCompromised: true })
  expect(await recorded(two)).toMatchObject({ isRevoked: false, isCompromised: true })

  // Another authority's certificate for that key, too.
  const foreign = new MemoryAuthorityStore()
  const elsewhere = await createAuthority({ ...options, store: foreign })
  const certificate = await elsewhere.certifyAuthority({ publicKey: shared, subject: parseName('CN=4'), validity: day })
  expect(await recorded(certificate)).toEqual({ account: undefined, isRevoked: false, isCompromised: true })
})

it('what is no certificate counts as revoked', async () => {
  expect(await recorded(new Uint8Array(3))).toMatchObject({ account: undefined, isRevoked: true })
})
