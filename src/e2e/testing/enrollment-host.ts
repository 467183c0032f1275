import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import type { Profile } from '../../pki/ca/policy/profile.js'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import { application, issued, testAuthority, USER, verifier } from '../../pki/ca/testing/authority.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { generateKey, type ExportableKey } from '../../pki/keys/keys.js'
import { parseName } from '../../pki/x509/name.js'
import { encodePem } from '../../pki/asn1/pem.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { PolicyService } from '../../xcep/policy-service.js'
import { profilePolicy } from '../../xcep/profile-policy.js'
import { Host } from '../../server/http/host.js'
import type { Route } from '../../server/http/http.js'
import { SecurityTokenService } from '../../wstep/security-token-service.js'
import { TestAccounts } from '../../authentication/testing/accounts.js'

export const USERNAME = 'alice'
export const PASSWORD = 'wonderland & more'

function template(last: number): NonNullable<Profile['template']> {
  return { oid: `1.3.6.1.4.1.311.21.8.7.7.7.7.1.${last}`, major: 100, minor: 1 }
}

const PROFILES: readonly Profile[] = [
  { ...USER, template: template(1), names: ({ id }) => ({ subject: parseName(`CN=${id},O=Fabrikam`) }) },
  { ...USER, name: 'Approved', template: template(2), approval: 'operator' },
  {
    ...USER,
    name: 'Server',
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'],
    names: () => ({ subject: parseName('CN=localhost'), alternativeNames: { dnsNames: ['localhost'] } }),
  },
]

/** A request and its answer on the wire. */
export interface Seen {
  readonly request: string
  readonly status: number
  readonly answer: string
}

/** A Security Token Service and its policy service on the loopback interface. */
export interface EnrollmentHost {
  readonly url: string
  /** The address of the policy service. */
  readonly policyUrl: string
  readonly authority: EmbeddedAuthority
  /** The root certificate, PEM, and a file with it. */
  readonly anchor: string
  readonly anchorFile: string
  readonly seen: readonly Seen[]
  /** A file with a certificate of an account, and one with its key; PEM. */
  certificateFiles(): Promise<{ readonly cert: string; readonly key: string }>
  close(): Promise<void>
}

export const certificatePem = (der: Uint8Array): string => encodePem('CERTIFICATE', der)
export const keyPem = async (key: ExportableKey): Promise<string> =>
  encodePem('PRIVATE KEY', await key.exportPrivateKey())

/** Serves a Security Token Service over TLS, with its files in a directory. */
export async function enrollmentHost(directory: string): Promise<EnrollmentHost> {
  const { authority, root, store } = await testAuthority({ profiles: PROFILES, defaultProfile: 'User' })
  const anchor = certificatePem(root)
  const certified = async (templateName: string): Promise<{ cert: string; key: string }> => {
    const key = await generateKey('ECDSA-P256', { extractable: true })
    const certificate = issued(await authority.submit(await application({ key, templateName })))
    return { cert: certificatePem(certificate), key: await keyPem(key) }
  }
  const file = (name: string, content: string): string => {
    const at = path.join(directory, name)
    writeFileSync(at, content)
    return at
  }

  const seen: Seen[] = []
  type Service = SecurityTokenService | PolicyService
  const route = (name: string, service: () => Service): Route => ({
    name,
    method: 'POST',
    path: `/${name}`,
    handle: async ({ url, method, headers, body, client: { certificate } }) => {
      const target = url.pathname + url.search
      const answer = await service().handle({ method, target, headers, body }, { certificate })
      const [request, text] = [body, answer.body].map((octets) => new TextDecoder().decode(octets))
      seen.push({ request: request!, status: answer.status, answer: text! })
      return answer
    },
  })
  const host: Host = new Host({
    routes: [route('wstep', () => sts), route('policy', () => policies)],
    tls: { ...(await certified('Server')), clientAuthorities: [anchor] },
  })
  const { port } = await host.listen(0, '127.0.0.1')
  const url = `https://localhost:${port}/wstep`
  const clients = {
    accounts: new TestAccounts({ [USERNAME]: PASSWORD }),
    certificateAccount: async (certificate: Octets) =>
      (await store.findCertificate(serialText(parseCertificate(certificate).serialNumber)))?.account,
  }
  const sts: SecurityTokenService = new SecurityTokenService({ ...{ authority, verifier, address: url }, ...clients })
  const policies: PolicyService = new PolicyService({
    ...clients,
    policy: profilePolicy({
      id: '{083C7011-1D0A-4855-885D-AC945184658C}',
      profiles: PROFILES.map((profile) => ({ profile })),
      certificate: root,
      addresses: [
        { authentication: 'certificate', url, priority: 1 },
        { authentication: 'password', url, priority: 2 },
      ],
    }),
  })
  return {
    ...{ url, policyUrl: `https://localhost:${port}/policy`, authority, anchor, seen },
    anchorFile: file('anchor.pem', anchor),
    certificateFiles: async () => {
      const { cert, key } = await certified('User')
      return { cert: file('client.pem', cert), key: file('client-key.pem', key) }
    },
    close: () => host.close(0),
  }
}
