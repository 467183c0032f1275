import { parseCertificate, type Certificate } from '../../pki/x509/certificate.js'
import { readResponse, type EnrollmentResponse } from '../../pki/requests/cmc-response.js'
import { PkiError } from '../../pki/errors.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { undefinedOn } from '../../../bindings/errors.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import { WstepError } from '../errors.js'
import { isCms } from '../messages/request-message.js'

/** The longest chain that is assembled. */
const MAX_LENGTH = 8

/**
 * The certificate that was issued for a key, followed by the certificates of its issuers, found by their names. The token is
 * a certificate or, from older servers, a CMS with certificates. A CMS beside a certificate only adds issuers, so an
 * unreadable one is ignored. Throws `WstepError` (`wstep/response-certificate`, `.../other-key`).
 */
export async function issuedChain(
  token: Octets,
  response: Octets | undefined,
  publicKey: Octets,
): Promise<readonly Octets[]> {
  const others = response === undefined ? [] : ((await certificatesIn(response)) ?? [])
  const candidates = isCms(token) ? await certificatesIn(token) : certificates([token])
  if (candidates === undefined || candidates.length === 0) throw new WstepError('wstep/response-certificate')
  const certificate = candidates.find((candidate) => equalOctets(candidate.publicKey, publicKey))
  if (certificate === undefined) throw new WstepError('wstep/other-key')

  const chain = [certificate]
  for (let last = certificate; chain.length < MAX_LENGTH; last = itemAt(chain, chain.length - 1)) {
    if (equalOctets(last.issuer, last.subject)) break
    const issuer = [...candidates, ...others].find((other) => isIssuer(other, last) && !chain.includes(other))
    if (issuer === undefined) break
    chain.push(issuer)
  }
  return chain.map(({ der }) => der)
}

/**
 * Checks that the authority's response has the hash of the private key that went with the request: the sign that it was archived.
 * Throws `WstepError` (`wstep/not-archived`). [MS-WCCE] 3.2.1.4.2.1.4.8
 */
export async function checkArchived(response: Octets | undefined, encryptedKeyHash: Octets): Promise<void> {
  const confirmed = response && (await readable(response))?.encryptedKeyHash
  if (confirmed === undefined || !equalOctets(confirmed, encryptedKeyHash)) throw new WstepError('wstep/not-archived')
}

/** Undefined if it cannot be read. */
async function readable(cms: Octets): Promise<EnrollmentResponse | undefined> {
  try {
    return await readResponse(cms)
  } catch (error) {
    if (error instanceof PkiError) return undefined
    throw error
  }
}

/** Whether one certificate may belong to the issuer of another, by names and key identifiers. */
function isIssuer(issuer: Certificate, { issuer: name, authorityKeyIdentifier }: Certificate): boolean {
  if (!equalOctets(issuer.subject, name)) return false
  const { subjectKeyIdentifier } = issuer
  if (subjectKeyIdentifier === undefined || authorityKeyIdentifier === undefined) return true
  return equalOctets(subjectKeyIdentifier, authorityKeyIdentifier)
}

async function certificatesIn(cms: Octets): Promise<Certificate[] | undefined> {
  const response = await readable(cms)
  return response && certificates(response.certificates)
}

/** Undefined if one is not a certificate. */
const certificates = (list: readonly Octets[]): Certificate[] | undefined =>
  undefinedOn(PkiError, () => list.map(parseCertificate))
