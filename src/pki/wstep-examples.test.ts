import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseCertificate } from './x509/certificate.js'
import { createFullResponse, createResponseBody, readResponse } from './requests/cmc-response.js'
import { isSignerOf, parseSignedData, verifySigner } from './requests/cms.js'
import { createRenewalRequest } from './requests/create-enrollment-request.js'
import { DerReader, readDer, readOid, TAG, type DerValue } from './asn1/der.js'
import { readEnrollmentRequest } from './requests/enrollment-request.js'
import { PkiError } from './errors.js'
import { signatureVerifier } from './keys/keys.js'
import { formatName } from './x509/name.js'
import { makeIdentity } from './testing/certificates.js'
import { expectRefusal } from './testing/refusal.js'

const example = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../../vectors/wstep/${name}.der`, import.meta.url)))

/** They are of 2009. */
const old = {
  verifier: signatureVerifier({ allowSha1: true }),
  allowSha1: true,
  legacy: { sha1Possession: true, sha1Renewal: true },
}

/** Tags and object identifiers of a SignedData, without what differs: digests, names, and what the certificates are. */
function outline(octets: Uint8Array<ArrayBuffer>): unknown {
  const nested = (value: DerValue): unknown => {
    const { tag, contents } = value
    if (tag === TAG.oid) return readOid(value).replace(/^(1\.3\.14|2\.16)\..*/, 'digest')
    if ((tag & 0x20) === 0) return tag
    return [tag, ...new DerReader(contents).rest().map(nested)]
  }
  const [type, wrapper] = readDer(octets).rest()
  const fields = new DerReader(wrapper!.contents).enter().rest()
  const signer = new DerReader(fields.at(-1)!.contents).enter().rest()
  return {
    fields: [type!, ...fields.slice(0, 3)].map(nested),
    version: fields[0]!.contents,
    tags: fields.map(({ tag }) => tag),
    signer: signer.map((field, i) => (i === 1 ? [field.tag] : nested(field))),
    signerVersion: signer[0]!.contents,
  }
}

describe('the examples of [MS-WSTEP], section 4', () => {
  it('4.1.1.1: a PKCS#10', async () => {
    const request = await readEnrollmentRequest(example('4.1.1.1-request'), old)
    expect(request.form).toBe('pkcs10')
    expect(request.der).toEqual(example('4.1.1.1-request'))
    expect(request.renewalCertificate).toBeUndefined()
    expect(request.certificationRequest.templateName).toBe('User')
  })

  it('4.1.1.2: a CMC full PKI response', async () => {
    const octets = example('4.1.1.2-response')
    const { certificates, signers } = parseSignedData(octets)
    const signer = certificates.map(parseCertificate).find((one) => isSignerOf(signers[0]!.identifier, one))!
    expect(formatName(signer.subject)).toContain('CN=FB_EntSubCA')
    const response = await readResponse(octets, { ...old, trust: { signers: [signer.der], verifier: old.verifier } })
    expect(response.status).toBe('issued')
    expect(response.statusString).toBe('Issued')
    expect(response.certificate).toEqual(example('4.1.1.2-certificate'))
    expect(response.certificates).toHaveLength(3)
  })

  it('4.1.1.2: its content is made anew octet by octet', async () => {
    const content = await createResponseBody({
      status: 'issued',
      statusString: 'Issued',
      certificate: example('4.1.1.2-certificate'),
    })
    expect(content).toEqual(parseSignedData(example('4.1.1.2-response')).content)
  })

  it('4.1.5.1: a renewal', async () => {
    const octets = example('4.1.5.1-renewal')
    const request = await readEnrollmentRequest(octets, old)
    expect(request.form).toBe('cms')
    expect(request.der).toEqual(octets)
    expect(request.renewalCertificate!.der).toEqual(parseSignedData(octets).certificates[0])
    expect(formatName(request.renewalCertificate!.issuer)).toContain('CN=FB_EntSubCA')
  })

  it('have the structure of what is made here', async () => {
    const { key, certificate } = await makeIdentity('RSA-2048')
    const renewal = await createRenewalRequest({ certificate: certificate.der, oldKey: key, newKey: key })
    expect(outline(renewal)).toEqual(outline(example('4.1.5.1-renewal')))
    const response = await createFullResponse({
      ...{ status: 'issued', statusString: 'Issued', certificate: example('4.1.1.2-certificate') },
      signer: { key, certificate },
      chain: [certificate.der],
    })
    expect(outline(response)).toEqual(outline(example('4.1.1.2-response')))
  })

  it('are refused where SHA-1 is not accepted', async () => {
    const today = { verifier: signatureVerifier() }
    await expectRefusal(() => readEnrollmentRequest(example('4.1.1.1-request'), today), 'pki/algorithm')
    await expectRefusal(
      () => readEnrollmentRequest(example('4.1.5.1-renewal'), { verifier: old.verifier }),
      'pki/cms-digest',
    )
    const signedData = parseSignedData(example('4.1.1.2-response'))
    const [signer] = signedData.signers
    const ca = signedData.certificates.map(parseCertificate).find((one) => isSignerOf(signer!.identifier, one))!
    await expectRefusal(() => verifySigner(signedData, signer!, ca.publicKey, old.verifier), 'pki/cms-digest')
  })

  it('are refused when octets change', async () => {
    const octets = example('4.1.5.1-renewal')
    // One octet of each part: of the PKCS#10, its signature, the old certificate in it, and that of the SignerInfo.
    for (const at of [70, 600, 1200, 3000, octets.length - 1]) {
      const changed = octets.map((octet, i) => (i === at ? octet ^ 1 : octet))
      await expect(readEnrollmentRequest(changed, old)).rejects.toBeInstanceOf(PkiError)
    }
  })
})
