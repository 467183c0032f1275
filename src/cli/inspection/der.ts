import { decodeBase64 } from '../../../bindings/octets/base64.js'
import type { Engine } from '../../index.js'
import { readResponse } from '../../pki/requests/cmc-response.js'
import { readPkiData } from '../../pki/requests/cmc-request.js'
import { isSignerOf, parseSignedData, verifySigner, type SignedData } from '../../pki/requests/cms.js'
import { OID } from '../../pki/requests/cms-names.js'
import { readAscii } from '../../pki/asn1/der.js'
import { readEnrollmentRequest } from '../../pki/requests/enrollment-request.js'
import { importPrivateKey, signatureVerifier } from '../../pki/keys/keys.js'
import { parseCertificationRequest, readCertificationRequest } from '../../pki/requests/pkcs10.js'
import { wipe, type Octets } from '../../../bindings/octets/octets.js'
import { PkiError } from '../../pki/errors.js'
import { some, type ExplainedArtefact, type Fact, type Facts } from './facts.js'
import { Inspection } from './inspection.js'
import { ofPkcs12 } from './pkcs12.js'
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
  const blocks = [...text.matchAll(PEM)].map(([, label = '', body = '']) => {
    const octets = decodeBase64(body)
    if (octets === undefined) throw new PkiError('pki/pem')
    return { label, octets }
  })
  const inspection = new Inspection(engine)
  for (const { label, octets } of blocks) if (!label.endsWith('PRIVATE KEY')) inspection.add(octets)
  const explanations: ExplainedArtefact[] = []
  for (const { label, octets } of blocks) {
    explanations.push(
      await (label === 'PRIVATE KEY' ? explainPrivateKey(octets, engine) : explainDer(octets, inspection)),
    )
  }
  return explanations.length === 0 ? undefined : explanations
}

/**
 * Explains a certificate, a request, a CRL, a CMS or CMC message, a PKCS#12 file. Throws `PkiError` (`pki/structure` for anything
 * else).
 */
export async function explainDer(der: Octets, inspection: Inspection): Promise<ExplainedArtefact> {
  switch (kindOf(der)) {
    case 'certificate':
      return { artefact: 'certificate', facts: await ofCertificate(der, inspection) }
    case 'pkcs12':
      return { artefact: 'PKCS#12 file', facts: await ofPkcs12(der, inspection) }
    case 'request':
      return {
        artefact: 'certificate request, PKCS#10',
        facts: await ofCertificationRequest(parseCertificationRequest(der), inspection),
      }
    case 'crl':
      return { artefact: 'certificate revocation list', facts: await ofCrl(der, inspection) }
    case 'cms':
      return explainCms(der, inspection)
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

async function explainCms(der: Octets, inspection: Inspection): Promise<ExplainedArtefact> {
  const { engine } = inspection
  const signedData = parseSignedData(der)
  inspection.add(der)
  const { contentType, content, signers } = signedData
  if (contentType === OID.pkiData && content !== undefined) {
    const { certificationRequest, pairs, extensions } = readPkiData(content)
    const facts: Facts = {
      request: await ofCertificationRequest(readCertificationRequest(certificationRequest), inspection),
      'names and values': pairs.size > 0 ? Object.fromEntries(pairs) : undefined,
      'extensions added': some([...extensions.keys()]),
      ...(await ofSigners(der, signedData, engine)),
    }
    return { artefact: 'certificate request, CMC', facts }
  }
  if (contentType === OID.data && content !== undefined && isRequest(content)) {
    const request = await ofCertificationRequest(parseCertificationRequest(content), inspection)
    return { artefact: 'certificate request, CMS', facts: { request, ...(await ofSigners(der, signedData, engine)) } }
  }
  const ofAll = (all: readonly Octets[]): Promise<Facts[]> =>
    Promise.all(all.map((certificate) => ofCertificate(certificate, inspection)))
  if (contentType !== OID.pkiResponse && signers.length > 0) {
    const facts = {
      'type of the content': contentType,
      certificates: await ofAll(signedData.certificates),
      'signed by': signers.map(ofSigner),
      verified: await verdictOnSigners(signedData, inspection),
    }
    return { artefact: 'signed data, CMS', facts }
  }
  const response = await readResponse(der)
  const { form, status, statusString, pending, certificate, certificates } = response
  const isFull = form === 'full'
  const facts: Facts = {
    status: isFull ? status : undefined,
    'status in words': statusString,
    'pending since': pending?.time.toISOString(),
    request: pending && readAscii(pending.token),
    issued: certificate && (await ofCertificate(certificate, inspection)),
    certificates: await ofAll(certificates),
    'signed by': isFull ? signers.map(ofSigner) : undefined,
    verified: isFull ? await verdictOnSigners(signedData, inspection) : undefined,
  }
  return { artefact: isFull ? 'CMC full response' : 'certificates only, CMS', facts }
}

/** Whether content is a PKCS#10, rather than anything else that is signed. */
function isRequest(content: Octets): boolean {
  try {
    return kindOf(content) === 'request'
  } catch (error) {
    if (error instanceof PkiError) return false
    throw error
  }
}

/** True if all signatures are those of certificates in the file, an error code, or why they were not checked. */
async function verdictOnSigners(signedData: SignedData, { certificates, verifier }: Inspection): Promise<Fact> {
  if (signedData.signers.length === 0) return 'not signed'
  if (signedData.content === undefined) return 'not checked: the file does not have what was signed'
  for (const signer of signedData.signers) {
    const by = certificates.find((certificate) => isSignerOf(signer.identifier, certificate))
    if (by === undefined) return 'not checked: the file has no certificate of the signer'
    const refusal = await refusalOf(async () => {
      if (await verifySigner(signedData, signer, by.publicKey, verifier, { allowSha1: true })) return
      throw new PkiError('pki/signer-signature')
    })
    if (refusal !== undefined) return refusal
  }
  return true
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
