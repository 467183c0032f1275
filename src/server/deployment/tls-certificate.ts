import type { Engine } from '../../../bindings/engine/engine.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import type { Disposition } from '../../pki/authority.js'
import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import { commonName, type CertificateNames } from '../../pki/ca/policy/names.js'
import { signatureVerifier } from '../../pki/keys/keys.js'
import type { SignatureVerifier, SigningKey } from '../../pki/keys/signing.js'
import { readEnrollmentRequest } from '../../pki/requests/enrollment-request.js'
import { createCertificationRequest } from '../../pki/requests/pkcs10.js'
import { parseCertificate, type Certificate } from '../../pki/x509/certificate.js'
import { EXTENSION, readAlternativeNames } from '../../pki/x509/extensions.js'
import type { Store } from '../../store/index.js'
import { ConfigurationError } from './configuration.js'
import type { Deployment } from './deployment.js'
import { ipOctets, isAddress } from '../http/ip-address.js'
import { PURPOSES } from './profile-settings.js'
import { profilesOf } from './profiles.js'

/** The account of the server's own certificate. */
export const TLS_ACCOUNT = 'tls-server'

/** Submits a request for an account's certificate, and approves it if that takes an operator. */
export async function issueAsOperator(
  { account, templateName, key }: { readonly account: string; readonly templateName: string; readonly key: SigningKey },
  authority: EmbeddedAuthority,
  verifier: SignatureVerifier,
): Promise<Disposition> {
  const { der } = await createCertificationRequest({ subject: `CN=${account}`, key, templateName })
  const submitted = await authority.submit({
    request: await readEnrollmentRequest(der, { verifier }),
    requester: { by: 'account', id: account, method: 'operator' },
    additionalContext: [],
  })
  return submitted.status === 'pending' ? authority.approve(submitted.requestId, 'operator') : submitted
}

/** What clients call a server: DNS names and IP addresses. */
export function serverNames(names: readonly [string, ...string[]]): CertificateNames {
  const dnsNames = names.filter((name) => !isAddress(name))
  return {
    subject: commonName(itemAt(names, 0)),
    alternativeNames: { dnsNames, ipAddresses: names.filter(isAddress).map(ipOctets) },
  }
}

/** The names that a certificate has. */
export function namesIn({ subject, extensions }: Certificate): CertificateNames {
  const value = extensions.get(EXTENSION.subjectAltName)?.value
  return { subject, alternativeNames: value === undefined ? {} : readAlternativeNames(value) }
}

/** Whether clients that call the server by this name accept a certificate with these names. */
export function covers({ alternativeNames = {} }: CertificateNames, hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const { dnsNames = [], ipAddresses = [] } = alternativeNames
  if (isAddress(name)) return ipAddresses.some((octets) => equalOctets(octets, ipOctets(name)))
  const parent = name.replace(/^[^.]*/, '*')
  return dnsNames.some((dnsName) => [name, parent].includes(dnsName.toLowerCase()))
}

export interface TlsCertificateOptions {
  readonly store: Store
  readonly engine: Engine
  /** The key of the new certificate. */
  readonly key: SigningKey
  /** The present certificate. Its account and profile are kept, if the authority has a record of it. */
  readonly present: Certificate
  /** Default: those of the present one. */
  readonly names?: CertificateNames
  /** The profile. Default: that of the present certificate, or the only one for servers. */
  readonly template?: string
}

/**
 * A new certificate for a deployment's own server, issued by its authority and recorded, with the certificates of the authority behind
 * it. The folder gives the right to it: no one approves. Throws `ConfigurationError` if no profile is for servers, `CaError`.
 */
export async function issueTlsCertificate(
  deployment: Deployment,
  { store, engine, key, present, names = namesIn(present), template }: TlsCertificateOptions,
): Promise<readonly Octets[]> {
  const recorded = await store.authority.findCertificate(serialText(present.serialNumber))
  const known = recorded !== undefined && equalOctets(recorded.der, present.der) ? recorded : undefined
  const all = profilesOf(deployment.configuration.authority.profiles, deployment.directory)
  const forServers = all.filter(({ extendedKeyUsage }) => extendedKeyUsage.includes(PURPOSES.server))
  const wanted = template ?? known?.profile
  const [profile, ...others] =
    wanted === undefined ? forServers : forServers.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase())
  const file = deployment.path('uprove.yaml')
  if (profile === undefined) {
    throw new ConfigurationError(
      file,
      `no profile ${wanted === undefined ? '' : `${wanted} `}has the purpose \`server\``,
    )
  }
  if (others.length > 0) throw new ConfigurationError(file, 'several profiles have the purpose `server`: name one')
  const verifier = signatureVerifier({ engine })
  // Of the profile only what it says about contents counts here: the operator chooses the names, and approves.
  const own = { ...profile, enrollers: 'everyone', approval: 'automatic', names: () => names, honours: [] } as const
  const profiles = all.map((one) => (one === profile ? own : one))
  const authority = await deployment.openAuthority(store, engine, verifier, profiles)
  const account = known?.account ?? TLS_ACCOUNT
  const issued = await issueAsOperator({ account, templateName: profile.name, key }, authority, verifier)
  if (issued.status !== 'issued') {
    const cause = issued.status === 'denied' ? (issued.cause ?? issued.reason) : issued.status
    throw new ConfigurationError(file, `the authority issues no such certificate (${cause})`)
  }
  return [parseCertificate(issued.certificate).der, ...authority.chain]
}
