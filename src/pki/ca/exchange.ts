import { EXCHANGE_USAGE } from '../archival/archived-key.js'
import { extendedKeyUsage, keyUsage, templateName } from '../x509/extensions.js'
import { readName } from '../x509/name.js'
import { parseCertificate } from '../x509/certificate.js'
import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import type { ArchivalOptions } from './archival.js'
import type { CertificateIssuer } from './issuing/issuer.js'
import { commonName } from './policy/names.js'
import type { AuthorityStore, StoredCertificate } from './records/store.js'

const WEEK = 7 * 86_400_000
const MAX_COMMON_NAME = 64

interface Context {
  readonly store: AuthorityStore
  readonly issuer: CertificateIssuer
  /** Name of the authority, DER. */
  readonly authority: Octets
  readonly now: Date
}

/** The current exchange certificate for clients, in DER octets. Issues a new one if the store has none, or the last one
 * expires soon or is for another key. */
export async function currentExchangeCertificate(
  { keys: [{ publicKey }], validity = WEEK }: ArchivalOptions,
  { store, issuer, authority, now }: Context,
): Promise<Octets> {
  const current = await store.exchangeCertificate()
  if (current && isFresh(current, now) && equalOctets(parseCertificate(current.der).publicKey, publicKey)) {
    return current.der
  }
  const next = await issuer.issue({
    kind: 'exchange',
    subject: exchangeName(authority),
    publicKey,
    validity,
    extensions: [keyUsage('keyEncipherment'), extendedKeyUsage(EXCHANGE_USAGE), templateName('CAExchange')],
  })
  return (await store.replaceExchangeCertificate(next, current?.serial)).der
}

function isFresh({ revocation, notBefore, notAfter }: StoredCertificate, now: Date): boolean {
  const left = notAfter.getTime() - now.getTime()
  return revocation === undefined && left * 3 > notAfter.getTime() - notBefore.getTime()
}

/** `<CA>-Xchg`, after the authority's common name. */
function exchangeName(authority: Octets): Octets {
  const attributes = readName(authority).flat()
  const name = attributes.filter(({ type }) => type === '2.5.4.3').pop()?.text ?? 'CA'
  const suffix = '-Xchg'
  return commonName(`${name.slice(0, MAX_COMMON_NAME - suffix.length)}${suffix}`)!
}
