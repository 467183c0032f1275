import { extendedKeyUsage, keyUsage, templateName } from '../x509/extensions.js'
import { readName } from '../x509/name.js'
import { readPublicKey } from '../keys/public-key.js'
import { unfitForCertificate } from '../keys/weak-keys.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { CaError } from './errors.js'
import type { CertificateIssuer } from './issuing/issuer.js'
import { commonName } from './policy/names.js'
import type { AuthorityStore, StoredCertificate } from './records/store.js'

/** The source of the keys of exchange certificates. Their private halves stay with the archive of private keys. */
export interface ExchangeOptions {
  /**
   * The public key (SubjectPublicKeyInfo, DER) for the next exchange certificate: RSA, used only with OAEP. Called for each
   * certificate that is issued; a new key each time is best.
   */
  readonly publicKey: () => Octets | Promise<Octets>
  /** How long each is valid, in milliseconds; it is replaced when a third is left. Default: a week. */
  readonly validity?: number
}

const WEEK = 7 * 86_400_000
/** Key exchange with an authority, [MS-WCCE] 2.2.2.7 and 3.2.1.4.3.2. */
const EXCHANGE_USAGE = '1.3.6.1.4.1.311.21.5'
const MAX_COMMON_NAME = 64

interface Context {
  readonly store: AuthorityStore
  readonly issuer: CertificateIssuer
  /** Name of the authority, DER. */
  readonly authority: Octets
  readonly now: Date
}

/** The current exchange certificate for clients, in DER octets. Issues a new one if the store has none or the last one expires soon. */
export async function currentExchangeCertificate(
  { publicKey, validity = WEEK }: ExchangeOptions,
  { store, issuer, authority, now }: Context,
): Promise<Octets> {
  const current = await store.exchangeCertificate()
  if (current && isFresh(current, now)) return current.der
  const key = await publicKey()
  const details = readPublicKey(key)
  if (details.type !== 'RSA' || unfitForCertificate(details) !== undefined) throw new CaError('ca/exchange-key')
  const next = await issuer.issue({
    kind: 'exchange',
    subject: exchangeName(authority),
    publicKey: key,
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
  const name = attributes.filter(({ type }) => type === '2.5.4.3').at(-1)?.text ?? 'CA'
  const suffix = '-Xchg'
  return commonName(`${name.slice(0, MAX_COMMON_NAME - suffix.length)}${suffix}`)!
}
