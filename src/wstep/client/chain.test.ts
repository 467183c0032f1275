import { describe, expect, it } from 'vitest'
import type { Octets } from '../../../bindings/octets/octets.js'
import { sequence } from '../../pki/asn1/der.js'
import { signCertificate } from '../../pki/ca/issuing/sign-certificate.js'
import { generateKey } from '../../pki/keys/keys.js'
import { createFullResponse } from '../../pki/requests/cmc-response.js'
import { createCertsOnly } from '../../pki/requests/cms.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { authorityKeyIdentifier, subjectKeyIdentifier } from '../../pki/x509/extensions.js'
import { parseName } from '../../pki/x509/name.js'
import { checkArchived, issuedChain } from './chain.js'

// What stands in certificates; nobody verifies their signatures here.

const key = await generateKey('ECDSA-P256')
const other = await generateKey('ECDSA-P256')
let serial = 1

/** A certificate for the other key, unless it is that of the request. */
function make(
  subject: string,
  issuer: string,
  { own, above, publicKey = other.publicKey }: { own?: number; above?: number; publicKey?: Octets } = {},
): Promise<Octets> {
  const [notBefore, notAfter] = [new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z')]
  const extensions = [
    ...(own === undefined ? [] : [subjectKeyIdentifier(Uint8Array.of(own))]),
    ...(above === undefined ? [] : [authorityKeyIdentifier(Uint8Array.of(above))]),
  ]
  const names = { issuer: parseName(`CN=${issuer}`), subject: parseName(`CN=${subject}`) }
  return signCertificate(
    { serialNumber: Uint8Array.of(serial++), ...names, notBefore, notAfter, publicKey, extensions },
    other,
  )
}
const { publicKey } = key
const issued = (issuer: string, above?: number): Promise<Octets> => make('user', issuer, { publicKey, above })
const chainOf = (token: Octets, ...others: readonly Octets[]): Promise<readonly Octets[]> =>
  issuedChain(token, others.length === 0 ? undefined : createCertsOnly(others), publicKey)

describe('the chain of a certificate that was issued', () => {
  it('goes from issuer to issuer by their names, whatever else is there', async () => {
    const [user, sub, root] = [await issued('Sub'), await make('Sub', 'Root'), await make('Root', 'Root')]
    const stranger = await make('Stranger', 'Root')
    expect(await chainOf(user, stranger, root, sub)).toEqual([user, sub, root])
    expect(await chainOf(createCertsOnly([stranger, root, sub, user]))).toEqual([user, sub, root])
    expect(await chainOf(createCertsOnly([sub, user]), root)).toEqual([user, sub, root])
    expect(await chainOf(user, root)).toEqual([user])
    expect(await chainOf(user)).toEqual([user])
  })

  it('takes the issuer with the identifier that the certificate names, if both have one', async () => {
    const [one, two] = [await make('Sub', 'Root', { own: 1 }), await make('Sub', 'Root', { own: 2 })]
    const without = await make('Sub', 'Root')
    const [first, second, any] = [await issued('Sub', 1), await issued('Sub', 2), await issued('Sub')]
    // In a CMS they are sorted; from each side one of them is the wrong one.
    expect([await chainOf(first, one, two), await chainOf(second, one, two)]).toEqual([
      [first, one],
      [second, two],
    ])
    expect(await chainOf(second, one)).toEqual([second])
    expect(await chainOf(second, without)).toEqual([second, without])
    expect(await chainOf(any, one)).toEqual([any, one])
    expect(await chainOf(first, await make('Stranger', 'Root', { own: 1 }))).toEqual([first])
  })

  it('ends at one that issued itself, in a circle, and after eight', async () => {
    const [user, root, again] = [await issued('Root'), await make('Root', 'Root'), await make('Root', 'Root')]
    expect(await chainOf(user, root, again)).toHaveLength(2)
    const [a, b] = [await make('A', 'B'), await make('B', 'A')]
    const below = await issued('A')
    expect(await chainOf(below, a, b)).toEqual([below, a, b])
    const long = await Promise.all(Array.from({ length: 10 }, (_, i) => make(String(i), String(i + 1))))
    const first = await issued('0')
    expect(await chainOf(first, ...long)).toEqual([first, ...long.slice(0, 7)])
  })

  it('is refused without a certificate for the key, or with one that cannot be read', async () => {
    const malformed = createCertsOnly([await issued('Root'), sequence()])
    for (const [token, code] of [
      [await make('user', 'Root'), 'wstep/other-key'],
      [malformed, 'wstep/response-certificate'],
      [sequence(), 'wstep/response-certificate'],
    ] as const) {
      await expect(chainOf(token)).rejects.toMatchObject({ name: 'WstepError', code })
    }
    // Beside a certificate it adds nothing.
    const user = await issued('Root')
    expect(await issuedChain(user, malformed, publicKey)).toEqual([user])
  })
})

describe('the hash of an archived key', () => {
  it('must be that of the answer', async () => {
    const encryptedKeyHash = Uint8Array.of(1, 2, 3)
    const certificate = await issued('CA')
    const signer = { key: other, certificate: parseCertificate(await make('CA', 'CA')) }
    const response = { status: 'issued', statusString: '', certificate, signer, chain: [] } as const
    const confirmed = await createFullResponse({ ...response, encryptedKeyHash })
    await checkArchived(confirmed, encryptedKeyHash)
    const silent = await createFullResponse(response)
    for (const answer of [undefined, sequence(), silent, createCertsOnly([certificate])])
      await expect(checkArchived(answer, encryptedKeyHash)).rejects.toMatchObject({ code: 'wstep/not-archived' })
    await expect(checkArchived(confirmed, Uint8Array.of(1, 2))).rejects.toMatchObject({ code: 'wstep/not-archived' })
  })
})
