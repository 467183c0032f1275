import { decodeBase64 } from '../../../bindings/octets/base64.js'
import type { Engine } from '../../index.js'
import { readResponse } from '../../pki/requests/cmc-response.js'
import { readPkiData } from '../../pki/requests/cmc-request.js'
import { parseSignedData, type SignedData } from '../../pki/requests/cms.js'
import { OID } from '../../pki/requests/cms-names.js'
import { readAscii } from '../../pki/asn1/der.js'
import { readEnrollmentRequest } from '../../pki/requests/enrollment-request.js'
import { importPrivateKey, signatureVerifier } from '../../pki/keys/keys.js'
import { parseCertificationRequest, readCertificationRequest } from '../../pki/requests/pkcs10.js'
import { wipe, type Octets } from '../../../bindings/octets/octets.js'
import { PkiError } from '../../pki/errors.js'
import { some, type ExplainedArtefact, type Fact, type Facts } from './facts.js'
import {
  describeKey,
  describeSignature,
  kindOf,
  ofCertificate,
  ofCertificationRequest,
  ofCrl,
  refusalOf,
} from './x509.js'

const PEM = /^-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n([A-Za-z0-9+/=\s]*)^-----END \1-----[ \t]*$/gm

/** Explains the blocks of a PEM file. Undefined if it has none. Throws `PkiError`. */
export async function explainPem(text: string, engine: Engine): Promise<ExplainedArtefact[] | undefined> {
  const explanations: ExplainedArtefact[] = []
  for (const [, label, body = ''] of text.matchAll(PEM)) {
    const octets = decodeBase64(body)
    if (octets === undefined) throw new PkiError('pki/pem')
    explanations.push(await (label === 'PRIVATE KEY' ? explainPrivateKey(octets, engine) : explainDer(octets, engine)))
  }
  return explanations.length === 0 ? undefined : explanations
}

/** Explains a certificate, a request, a CRL, a CMS or CMC message. Throws `PkiError` (`pki/structure` for anything else). */
export async function explainDer(der: Octets, engine: Engine): Promise<ExplainedArtefact> {
  switch (kindOf(der)) {
    case 'certificate':
      return { artefact: 'certificate', facts: await ofCertificate(der) }
    case 'request':
      return {
        artefact: 'certificate request, PKCS#10',
        facts: await ofCertificationRequest(parseCertificationRequest(der), engine),
      }
    case 'crl':
      return { artefact: 'certificate revocation list', facts: ofCrl(der) }
    case 'cms':
      return explainCms(der, engine)
    default:
      throw new PkiError('pki/structure')
  }
}

/** Describes a private key by its public key alone. */
async function explainPrivateKey(pkcs8: Octets, engine: Engine): Promise<ExplainedArtefact> {
  try {
    const { publicKey } = await importPrivateKey(pkcs8, { engine })
    return { artefact: 'private key', facts: { key: describeKey(publicKey) } }
  } finally {
    wipe(pkcs8)
  }
}

async function explainCms(der: Octets, engine: Engine): Promise<ExplainedArtefact> {
  const signedData = parseSignedData(der)
  const { contentType, content, signers } = signedData
  if (contentType === OID.pkiData && content !== undefined) {
    const { certificationRequest, pairs, extensions } = readPkiData(content)
    const facts: Facts = {
      request: await ofCertificationRequest(readCertificationRequest(certificationRequest), engine),
      'names and values': pairs.size > 0 ? Object.fromEntries(pairs) : undefined,
      'extensions added': some([...extensions.keys()]),
      ...(await ofSigners(der, signedData, engine)),
    }
    return { artefact: 'certificate request, CMC', facts }
  }
  if (contentType === OID.data && content !== undefined) {
    const request = await ofCertificationRequest(parseCertificationRequest(content), engine)
    return { artefact: 'certificate request, CMS', facts: { request, ...(await ofSigners(der, signedData, engine)) } }
  }
  const response = await readResponse(der)
  const { form, status, statusString, pending, certificate, certificates } = response
  const isFull = form === 'full'
  const facts: Facts = {
    status: isFull ? status : undefined,
    'status in words': statusString,
    'pending since': pending?.time.toISOString(),
    request: pending && readAscii(pending.token),
    issued: certificate && (await ofCertificate(certificate)),
    certificates: await Promise.all(certificates.map(ofCertificate)),
    'signed by': isFull ? signers.map(ofSigner) : undefined,
    verified: isFull ? false : undefined,
  }
  return { artefact: isFull ? 'CMC full response' : 'certificates only, CMS', facts }
}

/** The signatures of a request, verified with the keys inside it. */
async function ofSigners(der: Octets, { signers }: SignedData, engine: Engine): Promise<Facts> {
  const refusal = await refusalOf(() => readEnrollmentRequest(der, { verifier: signatureVerifier({ engine }) }))
  return { 'signed by': signers.map(ofSigner), verified: refusal ?? true }
}

function ofSigner({ identifier, signatureAlgorithm }: SignedData['signers'][number]): Fact {
  const by = 'issuer' in identifier ? 'the key of a certificate' : 'the key of the request'
  return `${by}, ${describeSignature(signatureAlgorithm)}`
}
