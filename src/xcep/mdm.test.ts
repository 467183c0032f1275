import { beforeAll, describe, expect, it } from 'vitest'
import { TestAccounts } from '../authentication/testing/accounts.js'
import { testAuthority, USER, verifier, type TestAuthority } from '../pki/ca/testing/authority.js'
import { generateKey } from '../pki/keys/keys.js'
import { createCertificationRequest } from '../pki/requests/pkcs10.js'
import type { Octets } from '../../bindings/octets/octets.js'
import { WSA } from '../soap/envelope/names.js'
import { WST } from '../ws-trust/syntax/names.js'
import { SecurityTokenService } from '../wstep/security-token-service.js'
import { ask, faultIn, passwordText } from '../wstep/testing/exchange.js'
import { X509_V3 } from '../wstep/messages/names.js'
import { DEVICE_TOKEN, deviceRequestText, DISCOVER_ACTION, discoverText } from './testing/mdm.js'

// What the messages of device management get from this service, as docs/interop.md says.

const security = passwordText('alice', 'wonderland')
let ca: TestAuthority
let service: SecurityTokenService
let pkcs10: Octets

beforeAll(async () => {
  ca = await testAuthority({ profiles: [USER], defaultProfile: 'User' })
  const accounts = new TestAccounts({ alice: 'wonderland' })
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
