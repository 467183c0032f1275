import type { Octets } from '../../../bindings/octets/octets.js'
import { algorithmName } from '../../pki/keys/algorithm-names.js'
import { readAlgorithm } from '../../pki/keys/algorithms.js'
import { DerReader, readDer, readOid, readSmallInteger, TAG } from '../../pki/asn1/der.js'
import { PkiError } from '../../pki/errors.js'
import { OID } from '../../pki/requests/cms-names.js'
import type { Fact, Facts } from './facts.js'
import type { Inspection } from './inspection.js'
import { ofCertificate } from './x509.js'

const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const CERT_BAG = '1.2.840.113549.1.12.10.1.3'
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1'

/** RFC 7292, section 4.2. */
const BAGS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.12.10.1.1': 'private key, not encrypted',
  '1.2.840.113549.1.12.10.1.2': 'private key, encrypted',
  [CERT_BAG]: 'certificate',
  '1.2.840.113549.1.12.10.1.4': 'certificate revocation list',
  '1.2.840.113549.1.12.10.1.5': 'secret',
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.5.13': 'PBES2',
  '1.2.840.113549.1.12.1.3': 'SHA-1 and triple DES',
  '1.2.840.113549.1.12.1.6': 'SHA-1 and RC2 of 40 bits',
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
}
const nameOf = (algorithm: Octets): string => {
  const { algorithm: oid } = readAlgorithm(algorithm)
  return ALGORITHMS[oid] ?? algorithmName(oid)
}

/** What a PKCS#12 file shows without its password: its parts, how they are encrypted, certificates that are not. RFC 7292 */
export async function ofPkcs12(der: Octets, inspection: Inspection): Promise<Facts> {
  const pfx = readDer(der)
  pfx.next(TAG.integer)
  const { type, content } = readContentInfo(pfx.enter())
  const mac = pfx.optionalEnter(TAG.sequence)
  pfx.end()
  if (type !== OID.data || content === undefined) throw new PkiError('pki/structure')
  const parts: Fact[] = []
  for (const { contents } of readDer(content.next(TAG.octetString).contents).rest(TAG.sequence)) {
    parts.push(await ofPart(new DerReader(contents), inspection))
  }
  return { parts, integrity: mac && ofMac(mac) }
}

function readContentInfo(reader: DerReader): { type: string; content: DerReader | undefined } {
  const type = readOid(reader.next(TAG.oid))
  const content = reader.optionalEnter(0xa0)
  reader.end()
  return { type, content }
}

async function ofPart(reader: DerReader, inspection: Inspection): Promise<Fact> {
  const { type, content } = readContentInfo(reader)
  if (type === ENCRYPTED_DATA && content !== undefined) {
    const data = content.enter()
    data.next(TAG.integer)
    const encrypted = data.enter()
    encrypted.next(TAG.oid)
    return `encrypted with the password (${nameOf(encrypted.next(TAG.sequence).encoded)})`
  }
  if (type !== OID.data || content === undefined) return `of the type ${type}`
  const bags: Fact[] = []
  for (const { contents } of readDer(content.next(TAG.octetString).contents).rest(TAG.sequence)) {
    bags.push(await ofBag(new DerReader(contents), inspection))
  }
  return bags
}

async function ofBag(bag: DerReader, inspection: Inspection): Promise<Fact> {
  const type = readOid(bag.next(TAG.oid))
  const value = bag.enter(0xa0)
  if (type !== CERT_BAG) return BAGS[type] ?? `of the type ${type}`
  const certificate = value.enter()
  if (readOid(certificate.next(TAG.oid)) !== X509_CERTIFICATE) return 'certificate of another kind'
  return { certificate: await ofCertificate(certificate.enter(0xa0).next(TAG.octetString).contents, inspection) }
}

/** MacData. The password is its key, so it is not checked. */
function ofMac(mac: DerReader): string {
  const algorithm = nameOf(mac.enter().next(TAG.sequence).encoded)
  mac.next(TAG.octetString)
  const iterations = mac.optional(TAG.integer)
  return `HMAC with ${algorithm}, ${String(iterations === undefined ? 1 : readSmallInteger(iterations))} iterations; not checked without the password`
}
