import type { Engine } from '../../../../bindings/engine/engine.js'
import type { Octets } from '../../../../bindings/octets/octets.js'
import { signatureVerifier } from '../../../pki/keys/keys.js'
import type { SignatureVerifier } from '../../../pki/keys/signing.js'
import { readResponse } from '../../../pki/requests/cmc-response.js'
import { readEnrollmentRequest } from '../../../pki/requests/enrollment-request.js'
import { parseCertificate, type Certificate } from '../../../pki/x509/certificate.js'
import { crlRevocation } from '../../../pki/x509/crl.js'
import { findPath, type PathOptions } from '../../../pki/x509/path.js'
import { certificateTrust } from '../../../ws-trust/trust/signer.js'
import { octetsOf, textOf, textsOf, type Entry, type RefusalsDocument, type Step, type Tree } from './entry.js'

/** `findPath` says that there is no path, and not why; nor does a `SignerTrust` say why a signer is not trusted. */
const NO_PATH = 'path/none'
const NO_SIGNER = 'signer/none'

async function request({ octets }: Entry, verifier: SignatureVerifier): Promise<undefined> {
  await readEnrollmentRequest(octetsOf(octets), { verifier })
}

async function response({ octets, trusted }: Entry, verifier: SignatureVerifier): Promise<undefined> {
  const signers = textsOf(trusted).map(octetsOf)
  await readResponse(octetsOf(octets), { trust: { signers, verifier } })
}

/** A certificate or CRL by its name in the file. */
function named({ certificates, crls }: RefusalsDocument, name: string): Octets {
  return octetsOf((certificates as Tree)[name] ?? (crls as Tree)[name])
}

async function path(
  entry: Entry,
  document: RefusalsDocument,
  verifier: SignatureVerifier,
): Promise<string | undefined> {
  const read = (name: string): Certificate => parseCertificate(named(document, name))
  const at = new Date(textOf(entry['at']))
  const crls = textsOf(entry['crls']).map((name) => named(document, name))
  const isRevoked = entry['crls'] === undefined ? undefined : crlRevocation({ crls, verifier, clock: () => at })
  const found = await findPath(read(textOf(entry['certificate'])), {
    ...(entry['options'] as Partial<PathOptions> | undefined),
    anchors: textsOf(entry['anchors']).map(read),
    others: textsOf(entry['others']).map(read),
    at,
    verifier,
    isRevoked: isRevoked && ((one, issuer) => isRevoked(one.der, issuer.der)),
  })
  return found === undefined ? NO_PATH : undefined
}

async function signer(entry: Entry, document: RefusalsDocument): Promise<string | undefined> {
  const read = (name: string): Octets => named(document, name)
  const at = new Date(textOf(entry['at']))
  const trust = certificateTrust({ anchors: textsOf(entry['anchors']).map(read), clock: () => at })
  const certificates = [textOf(entry['certificate']), ...textsOf(entry['others'])].map(read)
  const hint = { algorithm: textOf(entry['algorithm']), certificates }
  return (await trust.findSigner(hint, 'issuer-parameters')) === undefined ? NO_SIGNER : undefined
}

/** Requests for certificates, responses to them, and certificate paths; DSA is verified on the engine. */
export function pkiSteps(engine: Engine): Readonly<Record<string, Step>> {
  const verifier = signatureVerifier({ engine })
  return {
    request: (entry) => request(entry, verifier),
    response: (entry) => response(entry, verifier),
    path: (entry, document) => path(entry, document, verifier),
    signer,
  }
}
