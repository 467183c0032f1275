import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Octets } from '../../bindings/octets/octets.js'
import { TestAccounts } from '../authentication/testing/accounts.js'
import { HRESULT } from '../pki/ca/policy/denials.js'
import type { Profile } from '../pki/ca/policy/profile.js'
import { testAuthority, USER, verifier } from '../pki/ca/testing/authority.js'
import { generateKey } from '../pki/keys/keys.js'
import { OID } from '../pki/requests/cms-names.js'
import { createCertificationRequest } from '../pki/requests/pkcs10.js'
import { hasOpenssl } from '../pki/testing/openssl.js'
import { rawSignedData } from '../pki/testing/signed-data.js'
import { parseCertificate } from '../pki/x509/certificate.js'
import { EXTENSION, readSecurityIdentifier, securityIdentifier, subjectAltName } from '../pki/x509/extensions.js'
import { formatName, parseName } from '../pki/x509/name.js'
import { inTemporaryDirectory } from '../xml/testing/xmllint.js'
import { readResponse } from './messages/response-message.js'
import { SecurityTokenService } from './security-token-service.js'
import { ask, faultIn, passwordText, requestText, tokenText, type Answer } from './testing/exchange.js'

const SID = 'S-1-5-21-1004336348-1177238915-682003330-1104'
const template = (last: number): NonNullable<Profile['template']> => ({
  oid: `1.3.6.1.4.1.311.21.8.1.2.3.4.1.${last}`,
  major: 100,
  minor: 0,
})
/** What the directory says about the machine. */
const names: Profile['names'] = ({ id }) => ({
  subject: parseName(`CN=${id}.fabrikam.example`),
  alternativeNames: { dnsNames: [`${id}.fabrikam.example`] },
  sid: SID,
})
const isMachine: Profile['enrollers'] = ({ id }) => id.startsWith('id-of-host')
const MACHINE: Profile = { ...USER, name: 'Machine', template: template(1), enrollers: isMachine, names }
const SERVER: Profile = { ...MACHINE, name: 'WebServer', template: template(2) }
const PERSON: Profile = { ...USER, name: 'Person', template: template(3), enrollers: ['id-of-alice'], names }

async function service(profiles: readonly Profile[], defaultProfile?: string) {
  const { authority } = await testAuthority({ profiles, defaultProfile })
  const refused: string[] = []
  const sts = new SecurityTokenService({
    ...{ authority, verifier, address: 'https://sts.example/wstep' },
    accounts: new TestAccounts({ host: 'secret' }),
    events: { refused: (code) => void refused.push(code), failed: (error) => expect.fail(String(error)) },
  })
  const enroll = (token: Octets, context: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const items = Object.entries(context).map(
      ([name, value]) => `<c:ContextItem Name="${name}"><c:Value>${value}</c:Value></c:ContextItem>`,
    )
    const additional = items.length === 0 ? '' : `<c:AdditionalContext>${items.join('')}</c:AdditionalContext>`
    const body = requestText({ content: tokenText(token) + additional })
    return ask(sts, { security: passwordText('host', 'secret'), body })
  }
  return { enroll, refused }
}

/** The certificate in an answer, and its RequestID. */
function certificateIn({ envelope }: Answer) {
  const response = readResponse(envelope.body)
  if (response.kind !== 'issued') throw new Error(response.kind)
  expect(response.disposition?.text).toBe('Issued')
  expect(Number(response.requestId)).toBeGreaterThan(0)
  return parseCertificate(response.certificate)
}

/** A request as Group Policy makes it for a machine: with no subject, no names, no purposes, no template. */
const empty = async (): Promise<Octets> =>
  (await createCertificationRequest({ subject: '', key: await generateKey('RSA-2048') })).der

describe('the empty request of Group Policy', () => {
  it('gets what the directory says of the account, by the template in AdditionalContext', async () => {
    const { enroll } = await service([MACHINE, SERVER, PERSON])
    for (const [name, profile] of [
      ['Machine', MACHINE],
      ['webserver', SERVER],
      [SERVER.template!.oid, SERVER],
    ] as const) {
      const context = { ccm: 'host.fabrikam.example', CertificateTemplate: name }
      const certificate = certificateIn(await enroll(await empty(), context))
      expect(formatName(certificate.subject)).toBe('CN=id-of-host.fabrikam.example')
      expect(certificate.names.dnsNames).toEqual(['id-of-host.fabrikam.example'])
      expect(certificate.template).toEqual(profile.template)
      expect(readSecurityIdentifier(certificate.extensions.get(EXTENSION.securityIdentifier)!.value)).toBe(SID)
    }
  })

  it('gets the only template that its account may enroll for, if it names none', async () => {
    const { enroll } = await service([MACHINE, PERSON])
    expect(certificateIn(await enroll(await empty())).template).toEqual(MACHINE.template)
    const several = await service([MACHINE, SERVER])
    expect(faultIn(await several.enroll(await empty())).enrollment).toMatchObject({ invalidRequest: true })
    expect(several.refused).toEqual(['denial/template-missing'])
    // A default counts before that.
    const other = await service([MACHINE, PERSON], 'Person')
    expect(faultIn(await other.enroll(await empty())).enrollment).toMatchObject({
      errorCode: HRESULT.CERTSRV_E_TEMPLATE_DENIED,
    })
  })

  it('chooses only among what its account may enroll for', async () => {
    const { enroll, refused } = await service([MACHINE, PERSON])
    const refusal = async (CertificateTemplate: string) =>
      faultIn(await enroll(await empty(), { CertificateTemplate })).enrollment?.errorCode
    expect(await refusal('Person')).toBe(HRESULT.CERTSRV_E_TEMPLATE_DENIED)
    expect(await refusal('Nothing')).toBe(HRESULT.CERTSRV_E_UNSUPPORTED_CERT_TYPE)
    expect(refused).toEqual(['denial/template-denied', 'denial/template-unknown'])
  })

  it('gets no name and no SID that it or its context brings', async () => {
    const { enroll } = await service([MACHINE, PERSON])
    const { der } = await createCertificationRequest({
      subject: 'CN=dc.fabrikam.example',
      key: await generateKey('ECDSA-P256'),
      extensions: [
        securityIdentifier('S-1-5-21-1004336348-1177238915-682003330-500'),
        subjectAltName({
          dnsNames: ['dc.fabrikam.example'],
          uris: ['tag:microsoft.com,2022-09-14:sid:S-1-5-21-1004336348-1177238915-682003330-500'],
        }),
      ],
    })
    const context = { CertificateTemplate: 'Machine', SAN: 'dns=dc.fabrikam.example', RequesterName: 'administrator' }
    const certificate = certificateIn(await enroll(der, context))
    expect(formatName(certificate.subject)).toBe('CN=id-of-host.fabrikam.example')
    expect(certificate.names).toMatchObject({ dnsNames: ['id-of-host.fabrikam.example'], uris: [] })
    expect(readSecurityIdentifier(certificate.extensions.get(EXTENSION.securityIdentifier)!.value)).toBe(SID)
  })
})

describe('a request in "full PKCS#7", which its own key signs', () => {
  /** The signer is named by a key identifier, as Windows computes it, and no certificate is there. */
  async function enclosed(signedBy?: 'another key'): Promise<Octets> {
    const key = await generateKey('ECDSA-P256')
    const { der: content } = await createCertificationRequest({ subject: '', key })
    const subjectKeyIdentifier = new Uint8Array(await crypto.subtle.digest('SHA-1', key.publicKey))
    const signer = signedBy === undefined ? key : await generateKey('ECDSA-P256')
    const signers = [{ key: signer, identifier: { subjectKeyIdentifier } }]
    return rawSignedData({ contentType: OID.data, content, signers, certificates: [] })
  }
  const context = { CertificateTemplate: 'Machine' }

  it('is issued; one that another key signs is refused', async () => {
    const { enroll, refused } = await service([MACHINE])
    expect(certificateIn(await enroll(await enclosed(), context)).template).toEqual(MACHINE.template)
    expect(faultIn(await enroll(await enclosed('another key'), context)).faultCode).toBe('Sender')
    expect(refused).toEqual(['pki/signer-signature'])
  })

  it.skipIf(!hasOpenssl)('is issued as OpenSSL makes it', async () => {
    const { enroll, refused } = await service([MACHINE])
    const made = (signer: 'own' | 'other'): Octets =>
      inTemporaryDirectory((directory) => {
        const openssl = (line: string): void => {
          execFileSync('openssl', line.split(' '), { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] })
        }
        for (const name of ['own', 'other']) {
          openssl(`req -x509 -newkey rsa:2048 -nodes -subj /CN=${name} -keyout ${name}.key -out ${name}.crt`)
        }
        openssl('req -new -key own.key -subj / -outform DER -out request')
        openssl(
          `cms -sign -binary -nodetach -keyid -nocerts -signer ${signer}.crt -inkey ${signer}.key -in request -outform DER -out cms`,
        )
        return new Uint8Array(readFileSync(path.join(directory, 'cms')))
      })
    expect(certificateIn(await enroll(made('own'), context)).template).toEqual(MACHINE.template)
    expect(faultIn(await enroll(made('other'), context)).faultCode).toBe('Sender')
    expect(refused).toEqual(['pki/signer-signature'])
  })
})
