import { DsaKey, DsaPublicKey } from '../../pki/keys/dsa.js'
import type { SignatureAlgorithm } from '../../xml/signature-algorithms.js'

/** DSA with SHA-256 on the core (XML Signature 1.1, section 6.4.1); its keys are `DsaKey` and `DsaPublicKey`. */
export const dsaSha256: SignatureAlgorithm = {
  identifier: 'http://www.w3.org/2009/xmldsig11#dsa-sha256',
  accepts: (key, use) =>
    use === 'sign' ? key instanceof DsaKey && key.digest === 'SHA-256' : key instanceof DsaPublicKey,
  sign: (key, octets) => Promise.resolve((key as DsaKey).signNumbers(octets)),
  verify: (key, signature, octets) => Promise.resolve((key as DsaPublicKey).verify(signature, octets, 'SHA-256')),
}
