import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Octets } from '../../../bindings/octets/octets.js'
import { testAuthority, USER } from '../../pki/ca/testing/authority.js'
import { generateKey } from '../../pki/keys/keys.js'
import { createCertificationRequest } from '../../pki/requests/pkcs10.js'
import { envelopeText } from '../../wstep/testing/exchange.js'
import { profilePolicy } from '../../xcep/profile-policy.js'
import { writePolicyRequest } from '../../xcep/request-message.js'
import { writePolicyResponse } from '../../xcep/response-message.js'
import { DISCOVER_ACTION, discoverText, deviceRequestText, provisioningText } from '../../xcep/testing/mdm.js'
import { canonicalize } from '../../xml/canonicalize.js'
import type { XmlElement } from '../../xml/tree.js'
import { run } from '../testing/terminal.js'

const folder = mkdtempSync(path.join(tmpdir(), 'inspect-policies-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
const file = path.join(folder, 'message.xml')

interface Explained {
  artefact: string
  facts: Record<string, unknown>
}

async function explained(message: string | XmlElement): Promise<Explained[]> {
  writeFileSync(file, typeof message === 'string' ? message : canonicalize(message))
  const { code, out, err } = await run('inspect', '--json', file)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as Explained[]
}

let root: Octets
beforeAll(async () => {
  root = (await testAuthority({ profiles: [USER], defaultProfile: 'User' })).root
})

describe('uprove inspect explains of XCEP', () => {
  it('requests', async () => {
    const lastUpdate = new Date('2026-01-01T00:00:00Z')
    const [message] = await explained(writePolicyRequest({ lastUpdate, templates: ['1.2.3'], preferredLanguage: 'de' }))
    expect(message).toMatchObject({
      artefact: 'XCEP request for the policy',
      facts: { 'last read': '2026-01-01T00:00:00.000Z', language: 'de', templates: ['1.2.3'] },
    })
  })

  it('policies, with the certificates of their authorities', async () => {
    const policy = profilePolicy({
      id: '{083C7011-1D0A-4855-885D-AC945184658C}',
      profiles: [{ profile: { ...USER, template: { oid: '1.2.3.4', major: 100, minor: 2 } } }],
      certificate: root,
      addresses: [{ authentication: 'password', url: 'https://ca.example/wstep' }],
    })
    const [message] = await explained(writePolicyResponse(await policy({ id: 'alice', method: 'password' })))
    expect(message).toMatchObject({
      artefact: 'XCEP answer with the policy',
      facts: {
        templates: { User: { OID: '1.2.3.4', version: '100.2, schema 2', 'may enroll': true } },
        authorities: [
          {
            addresses: ['password: https://ca.example/wstep'],
            certificate: { signature: { verified: true, by: 'its own key' } },
          },
        ],
      },
    })
    const unchanged = await explained(writePolicyResponse({ id: 'x', unchanged: true }))
    expect(unchanged[0]?.artefact).toBe('XCEP answer that the policy has not changed')
  })
})

describe('uprove inspect explains of MDM', () => {
  it('discovery', async () => {
    const messages = await explained(envelopeText({ action: DISCOVER_ACTION, body: discoverText }))
    expect(messages[1]).toMatchObject({
      artefact: 'MDM request for discovery',
      facts: { EmailAddress: 'alice@example.com', RequestVersion: '4.0', AuthPolicy: 'OnPremise' },
    })
  })

  it('requests for a device certificate', async () => {
    const { der } = await createCertificationRequest({ subject: 'CN=device', key: await generateKey('ECDSA-P256') })
    const messages = await explained(envelopeText({ body: deviceRequestText(der) }))
    expect(messages[1]).toMatchObject({
      artefact: 'MDM request for a device certificate',
      facts: {
        context: ['DeviceType: CIMClient_Windows', 'EnrollmentType: Full'],
        'certificate request, PKCS#10': { subject: 'CN=device', signature: { verified: true } },
      },
    })
    const broken = await explained(envelopeText({ body: deviceRequestText(der.subarray(1)) }))
    expect(broken[1]?.facts.token).toMatch(/^PKCS10, cannot be read/)
  })

  it('answers with a provisioning document, whose secrets it does not show', async () => {
    const messages = await explained(envelopeText({ body: provisioningText(root) }))
    expect(messages[1]).toMatchObject({
      artefact: 'MDM answer with a provisioning document',
      facts: {
        request: '0',
        sections: ['CertificateStore', 'Root', 'System', '0123', 'APPLICATION', 'APPAUTH'],
        certificates: [{ subject: 'CN=Fabrikam CA,O=Fabrikam', signature: { verified: true } }],
      },
    })
    expect(JSON.stringify(messages)).not.toContain('correct horse')
  })
})
