import { beforeAll, describe, expect, it } from 'vitest'
import { TestAccounts } from '../authentication/testing/accounts.js'
import { testAuthority, USER, verifier, type TestAuthority } from '../pki/ca/testing/authority.js'
import { generateKey } from '../pki/keys/keys.js'
import { createCertificationRequest } from '../pki/requests/pkcs10.js'
import type { Octets } from '../../bindings/octets/octets.js'
import { WSA } from '../soap/envelope/names.js'
import { WST } from '../ws-trust/syntax/names.js'
import { SecurityTokenService } from '../wstep/security-token-service.js'
import { ask, envelopeText, faultIn, passwordText } from '../wstep/testing/exchange.js'
import { X509_V3 } from '../wstep/messages/names.js'
import { GET_POLICIES_ACTION } from './names.js'
import { PolicyService } from './policy-service.js'
import { profilePolicy } from './profile-policy.js'
import { DEVICE_TOKEN, devicePoliciesText, deviceRequestText, DISCOVER_ACTION, discoverText } from './testing/mdm.js'

// What the messages of device management get from this service, as docs/interop.md says.

const accounts = new TestAccounts({ alice: 'wonderland' })
const security = passwordText('alice', 'wonderland')
let ca: TestAuthority
let service: SecurityTokenService
let pkcs10: Octets

beforeAll(async () => {
  ca = await testAuthority({ profiles: [USER], defaultProfile: 'User' })
  service = new SecurityTokenService({
    accounts,
    authority: ca.authority,
    verifier,
    address: 'https://ca.example/wstep',
  })
  pkcs10 = (await createCertificationRequest({ subject: 'CN=device', key: await generateKey('RSA-2048') })).der
})

describe('of device management, [MS-MDE2],', () => {
  it('discovery is refused: its action is unknown', async () => {
    const fault = faultIn(await ask(service, { action: DISCOVER_ACTION, security, body: discoverText }))
    expect(fault.faultCode).toBe('Sender')
    expect(fault.hasSubcode(WSA, 'ActionNotSupported')).toBe(true)
  })

  it('GetPolicies gets the policy of XCEP: addresses, and templates of schema 2, where a device wants 3', async () => {
    const template = { oid: '1.3.6.1.4.1.311.21.8.1.2.3', major: 100, minor: 0 }
    const policy = profilePolicy({
      id: '{083C7011-1D0A-4855-885D-AC945184658C}',
      friendlyName: 'Fabrikam',
      profiles: [{ profile: { ...USER, template } }],
      certificate: ca.root,
      addresses: [{ authentication: 'password', url: 'https://ca.example/wstep', priority: 1 }],
    })
    const policies = new PolicyService({ accounts, policy })
    const asked = async (parts: object) => {
      const text = envelopeText({ action: GET_POLICIES_ACTION, security, body: devicePoliciesText, ...parts })
      const headers = { 'content-type': 'application/soap+xml; charset=utf-8' }
      const body = new TextEncoder().encode(text)
      const answer = await policies.handle({ method: 'POST', target: '/policy', headers, body })
      return { status: answer.status, text: new TextDecoder().decode(answer.body) }
    }
    const { status, text } = await asked({})
    expect(status).toBe(200)
    expect(text).toMatch(/<(\w+:)?policySchema>2</)
    expect(text).not.toMatch(/policySchema>3</)
    expect(text).toMatch(/uri>https:\/\/ca\.example\/wstep</)
    expect(await asked({ security: passwordText('alice', 'wrong') })).toMatchObject({ status: 500 })
  })

  it('a request for a device certificate is refused: its TokenType is not X.509', async () => {
    const fault = faultIn(await ask(service, { security, body: deviceRequestText(pkcs10) }))
    expect(fault.faultCode).toBe('Sender')
    expect(fault.hasSubcode(WST, 'InvalidRequest')).toBe(true)
    expect(fault.message).toMatch(/token type|TokenType/i)
    expect(await ca.authority.pending()).toEqual([])
    // Nothing else is wrong with it.
    const { text } = await ask(service, { security, body: deviceRequestText(pkcs10, X509_V3) })
    expect(text).not.toContain('Fault')
    expect(text).not.toContain(DEVICE_TOKEN)
  })
})
