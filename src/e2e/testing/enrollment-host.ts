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
import { Host } from '../../server/http/host.js'
import type { HttpResponse } from '../../soap/http/http.js'
import { SecurityTokenService } from '../../wstep/security-token-service.js'
import { TestAccounts } from '../../authentication/testing/accounts.js'

export const USERNAME = 'alice'
export const PASSWORD = 'wonderland & more'

const PROFILES: readonly Profile[] = [
  { ...USER, names: ({ id }) => ({ subject: parseName(`CN=${id},O=Fabrikam`) }) },
  { ...USER, name: 'Approved', approval: 'operator' },
  {
    ...USER,
    name: 'Server',
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'],
    names: () => ({ subject: parseName('CN=localhost'), alternativeNames: { dnsNames: ['localhost'] } }),
  },
]

/** What came over the wire. */
export interface Seen {
  readonly request: string
  readonly status: number
  readonly answer: string
}

/** A Security Token Service on the loopback interface. */
export interface EnrollmentHost {
  readonly url: string
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

/** Serves a Security Token Service over TLS, whose files are in a directory of the caller's. */
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
  const host: Host = new Host({
    routes: [
      {
        name: 'wstep',
        method: 'POST',
        path: '/wstep',
        handle: async ({ url, method, headers, body, client: { certificate } }): Promise<HttpResponse> => {
          const target = url.pathname + url.search
          const answer = await sts.handle({ method, target, headers, body }, { certificate })
          const [request, text] = [body, answer.body].map((octets) => new TextDecoder().decode(octets))
          seen.push({ request: request!, status: answer.status, answer: text! })
          return answer
        },
      },
    ],
    tls: { ...(await certified('Server')), clientAuthorities: [anchor] },
  })
  const { port } = await host.listen(0, '127.0.0.1')
  const url = `https://localhost:${port}/wstep`
  const sts: SecurityTokenService = new SecurityTokenService({
    ...{ authority, verifier, address: url },
    accounts: new TestAccounts({ [USERNAME]: PASSWORD }),
    certificateAccount: async (certificate) =>
      (await store.findCertificate(serialText(parseCertificate(certificate).serialNumber)))?.account,
  })
  return {
    ...{ url, authority, anchor, seen },
    anchorFile: file('anchor.pem', anchor),
    certificateFiles: async () => {
      const { cert, key } = await certified('User')
      return { cert: file('client.pem', cert), key: file('client-key.pem', key) }
    },
    close: () => host.close(0),
  }
}
