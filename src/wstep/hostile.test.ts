import { beforeAll, expect, it } from 'vitest'
import { readEnrollmentRequest } from '../pki/requests/enrollment-request.js'
import { equalOctets } from '../../bindings/octets/octets.js'
import { encodeBase64 } from '../../bindings/octets/base64.js'
import { SecurityTokenService } from './security-token-service.js'
import { TestAccounts } from '../authentication/testing/accounts.js'
import { envelopeText, issueText, passwordText, post, queryText } from './testing/exchange.js'
import { makeMaterial, type Material } from './testing/material.js'
import { ScriptedAuthority } from './testing/scripted-authority.js'

const security = passwordText('alice', 'wonderland')

let material: Material
beforeAll(async () => {
  material = await makeMaterial()
})

/** Numbers that look random and are the same every time (xorshift32). */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

function service() {
  const authority = new ScriptedAuthority()
  authority.submitted = () => Promise.resolve({ status: 'pending', requestId: '1' })
  authority.renewable = () => true
  const failed: unknown[] = []
  const sts = new SecurityTokenService({
    authority,
    verifier: material.verifier,
    address: 'https://sts.example/wstep',
    accounts: new TestAccounts({ alice: 'wonderland' }),
    events: { failed: (error) => void failed.push(error) },
  })
  return { authority, sts, failed }
}

/** Changes octets, cuts some out, or puts some in twice. */
function damaged(octets: Uint8Array, next: (below: number) => number): Uint8Array {
  const at = next(octets.length)
  const length = 1 + next(8)
  switch (next(4)) {
    case 0:
      return octets.map((octet, i) => (i === at ? next(256) : octet))
    case 1:
      return octets.map((octet, i) => (i === at ? octet ^ (1 << next(8)) : octet))
    case 2:
      return Uint8Array.of(...octets.subarray(0, at), ...octets.subarray(at + length))
    default:
      return Uint8Array.of(...octets.subarray(0, at + length), ...octets.subarray(at))
  }
}

it('a damaged certificate request is refused, and never an internal error', async () => {
  const { authority, sts, failed } = service()
  const next = numbers(20260301)
  const { verifier } = material
  const requests = await Promise.all(
    [material.request, material.renewal, material.signedNew].map((der) => readEnrollmentRequest(der, { verifier })),
  )
  for (let i = 0; i < 900; i++) {
    const { der: original, form, certificationRequest } = requests[i % requests.length]!
    const der = damaged(original, next)
    if (equalOctets(der, original)) continue
    const what = `${i}: ${encodeBase64(der)}`
    const { status } = await post(sts, envelopeText({ security, body: issueText(der) }))
    expect(failed, what).toEqual([])
    const submission = authority.submissions.pop()
    if (status === 200) {
      // Of a CMS not everything is signed, but all that counts is.
      expect(form, what).toBe('cms')
      expect(submission!.request.certificationRequest, what).toEqual(certificationRequest)
    } else expect([status, submission], what).toEqual([500, undefined])
  }
})

it('a damaged message never is an internal error', async () => {
  const { sts, failed } = service()
  const next = numbers(4711)
  const messages = [
    { security, body: issueText(material.request) },
    { security, body: queryText('1') },
  ]
  const statuses = new Set<number>()
  for (let i = 0; i < 1000; i++) {
    const octets = new TextEncoder().encode(envelopeText(messages[i % messages.length]!))
    let message = octets
    for (let n = 1 + next(3); n > 0; n--) message = Uint8Array.from(damaged(message, next))
    statuses.add((await post(sts, message)).status)
    expect(failed, `${i}: ${new TextDecoder().decode(message)}`).toEqual([])
  }
  expect([...statuses].sort()).toEqual([200, 500])
})
