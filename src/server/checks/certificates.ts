import type { Octets } from '../../../bindings/octets/octets.js'
import { UProveError } from '../../../bindings/errors.js'
import { decodePems } from '../../pki/asn1/pem.js'
import { parseCertificate, type Certificate } from '../../pki/x509/certificate.js'
import { WsTrustError } from '../../ws-trust/errors.js'
import { verifySigned } from '../../ws-trust/trust/signature.js'
import { parseXml } from '../../xml/parse.js'
import { ConfigurationError, readText } from '../deployment/configuration.js'
import type { Deployment } from '../deployment/deployment.js'

/** A certificate that a deployment uses. */
export interface DeployedCertificate {
  /** `tls`, `authority`, `issuer-parameters` (it signs them), `recovery-agent`, `recovery-agent-2` and so on. */
  readonly name: string
  readonly file: string
  readonly certificate: Certificate
}

/** Days before a certificate ends, from which on operators are warned. */
export const WARNING_DAYS = 30

/** The certificates of a deployment, as they are in its files now. Throws `ConfigurationError`. */
export async function deployedCertificates(deployment: Deployment): Promise<DeployedCertificate[]> {
  const { tls, authority, claimProvider } = deployment.configuration
  const named: [string, string, (text: string) => Promise<Octets | undefined>][] = [
    ['tls', tls.certificate, firstCertificate],
    ['authority', authority.certificate, firstCertificate],
    ['issuer-parameters', claimProvider.parameters, signerOf],
    ...(authority.archival?.agents ?? []).map((file, i): [string, string, typeof firstCertificate] => [
      i === 0 ? 'recovery-agent' : `recovery-agent-${String(i + 1)}`,
      file,
      firstCertificate,
    ]),
  ]
  return Promise.all(
    named.map(async ([name, path, read]) => {
      const file = deployment.path(path)
      const text = await readText(file)
      try {
        const der = await read(text)
        if (der === undefined) throw new ConfigurationError(file, 'contains no certificate in PEM')
        return { name, file, certificate: parseCertificate(der) }
      } catch (cause) {
        if (cause instanceof ConfigurationError || !(cause instanceof UProveError)) throw cause
        throw new ConfigurationError(file, `${cause.message} (${cause.code})`, { cause })
      }
    }),
  )
}

/** The certificates without which nobody accepts what the deployment signs: it signs nothing once one of them has ended. */
export function signingEnds(certificates: readonly DeployedCertificate[]): Date {
  const ends = certificates
    .filter(({ name }) => name === 'authority' || name === 'issuer-parameters')
    .map(({ certificate }) => certificate.notAfter.getTime())
  return new Date(Math.min(...ends))
}

const firstCertificate = (text: string): Promise<Octets | undefined> =>
  Promise.resolve(decodePems('CERTIFICATE', text)[0])

/** The certificate that a signed document names first; whether the signature is right is not looked at. */
async function signerOf(text: string): Promise<Octets | undefined> {
  const document = parseXml(text)
  let signer: Octets | undefined
  const findSigner = ({ certificates }: { readonly certificates: readonly Octets[] }): Promise<undefined> => {
    signer = certificates[0]
    return Promise.resolve(undefined)
  }
  await verifySigned(document, document, { findSigner }, 'issuer-parameters').catch((error: unknown) => {
    if (!(error instanceof WsTrustError)) throw error
  })
  return signer
}
