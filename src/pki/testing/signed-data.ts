import type { SignerIdentifier } from '../requests/cms.js'
import { digest, digestIdentifier } from '../requests/cms.js'
import { OID } from '../requests/cms-names.js'
import { encode, explicit, implicit, integer, octetString, oid, sequence, setOf } from '../asn1/der.js'
import type { SigningKey } from '../keys/signing.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** A signer whose SignerInfo may be wrong in any of its parts. */
export interface RawSigner {
  readonly key: SigningKey
  readonly identifier: SignerIdentifier
  readonly version?: number
  readonly digestAlgorithm?: Octets
  /** Signed attributes in this order, DER; null for none. Default: what is right for the content. */
  readonly attributes?: readonly Octets[] | null
  readonly signatureAlgorithm?: Octets
  readonly unsignedAttributes?: readonly Octets[]
}

export interface RawSignedData {
  readonly type?: string
  readonly version?: number
  readonly contentType: string
  readonly content?: Octets
  readonly signers: readonly RawSigner[]
  readonly certificates?: readonly Octets[]
}

export const attribute = (type: string, ...values: readonly Octets[]): Octets => sequence(oid(type), setOf(...values))

/** The two attributes that must be there. */
export const usualAttributes = async (contentType: string, content: Octets): Promise<[Octets, Octets]> => [
  attribute(OID.contentType, oid(contentType)),
  attribute(OID.messageDigest, octetString(await digest('SHA-256', content))),
]

/** A SignedData put together part by part, right or wrong. */
export async function rawSignedData(data: RawSignedData): Promise<Octets> {
  const { type = OID.signedData, version = 3, contentType, content, signers, certificates = [] } = data
  const signerInfos = await Promise.all(signers.map((signer) => rawSigner(signer, contentType, content)))
  return sequence(
    oid(type),
    explicit(
      0,
      sequence(
        integer(version),
        setOf(digestIdentifier('SHA-256')),
        sequence(oid(contentType), ...(content === undefined ? [] : [explicit(0, octetString(content))])),
        ...(certificates.length === 0 ? [] : [implicit(0, setOf(...certificates))]),
        encode(0x31, ...signerInfos),
      ),
    ),
  )
}

async function rawSigner(signer: RawSigner, contentType: string, content = new Uint8Array()): Promise<Octets> {
  const { key, identifier, unsignedAttributes } = signer
  const usual = contentType === OID.data ? null : await usualAttributes(contentType, content)
  const attributes = signer.attributes === undefined ? usual : signer.attributes
  const signed = attributes === null ? content : encode(0x31, ...attributes)
  return sequence(
    integer(signer.version ?? ('issuer' in identifier ? 1 : 3)),
    'issuer' in identifier
      ? sequence(identifier.issuer, encode(0x02, identifier.serialNumber))
      : implicit(0, octetString(identifier.subjectKeyIdentifier)),
    signer.digestAlgorithm ?? digestIdentifier(key.digest),
    ...(attributes === null ? [] : [encode(0xa0, ...attributes)]),
    signer.signatureAlgorithm ?? key.signatureAlgorithm,
    octetString(await key.sign(signed)),
    ...(unsignedAttributes === undefined ? [] : [encode(0xa1, ...unsignedAttributes)]),
  )
}
