import { fromBER } from 'asn1js'
import * as pkijs from 'pkijs'
import { beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '../../bindings/octets/integers.js'
import { createRenewalRequest } from './requests/create-enrollment-request.js'
import { keyUsage, subjectAltName } from './x509/extensions.js'
import { generateKey, type KeyType } from './keys/keys.js'
import { createCertificationRequest, parseCertificationRequest } from './requests/pkcs10.js'
import { createFullResponse } from './requests/cmc-response.js'
import { makeCertificate } from './testing/certificates.js'

/** What this package writes, as another implementation of the same standards reads and verifies it. */
const types: readonly KeyType[] = ['RSA-2048', 'RSA-PSS-2048', 'ECDSA-P256', 'ECDSA-P384', 'ECDSA-P521']
const cryptoEngine = new pkijs.CryptoEngine({ name: 'webcrypto', crypto })

function read(der: Uint8Array<ArrayBuffer>) {
  const { offset, result } = fromBER(der)
  expect(offset).toBe(der.length)
  return result
}

const hex = (buffer: ArrayBuffer): string => toHex(new Uint8Array(buffer))

/** One bit in the middle of the signature, which all of them end with. */
function tampered(der: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = der.slice()
  copy[copy.length - 20]! ^= 1
  return copy
}

beforeAll(() => pkijs.setEngine('webcrypto', cryptoEngine))

describe.each(types)('pkijs, of %s', (type) => {
  it('reads and verifies requests', async () => {
    const key = await generateKey(type)
    const extensions = [
      subjectAltName({ dnsNames: ['host.example'], emails: ['a@host.example'] }),
      keyUsage('digitalSignature'),
    ]
    const { der } = await createCertificationRequest({ subject: 'CN=Alice,O=Example', key, extensions })
    const request = new pkijs.CertificationRequest({ schema: read(der) })
    expect(await request.verify()).toBe(true)
    expect(hex(request.subjectPublicKeyInfo.toSchema().toBER())).toBe(toHex(key.publicKey))
    expect(request.attributes?.map((attribute) => attribute.type)).toEqual(['1.2.840.113549.1.9.14'])
    expect(await new pkijs.CertificationRequest({ schema: read(tampered(der)) }).verify()).toBe(false)
  })

  it('writes requests that are read here', async () => {
    const key = await generateKey(type, { extractable: true })
    const own = parseCertificationRequest((await createCertificationRequest({ subject: 'CN=Alice', key })).der)
    const theirs = new pkijs.CertificationRequest({ schema: read(own.der) })
    const again = parseCertificationRequest(new Uint8Array(theirs.toSchema(true).toBER()))
    expect(toHex(again.publicKey)).toBe(toHex(own.publicKey))
    expect(toHex(again.subject)).toBe(toHex(own.subject))
    expect(toHex(again.signature)).toBe(toHex(own.signature))
  })

  it('reads and verifies certificates', async () => {
    const key = await generateKey(type)
    const { der, serialNumber, subjectKeyIdentifier } = await makeCertificate(key, 'CN=Root')
    const certificate = new pkijs.Certificate({ schema: read(der) })
    expect(await certificate.verify()).toBe(true)
    expect(toHex(new Uint8Array(certificate.serialNumber.valueBlock.valueHexView))).toContain(toHex(serialNumber))
    const identifier = certificate.extensions?.find(({ extnID }) => extnID === '2.5.29.14')
    expect(hex(identifier!.extnValue.valueBlock.valueHexView.slice().buffer)).toContain(toHex(subjectKeyIdentifier!))
    expect(await new pkijs.Certificate({ schema: read(tampered(der)) }).verify()).toBe(false)
  })

  it('reads and verifies CMS', async () => {
    const [oldKey, newKey] = [await generateKey(type), await generateKey('ECDSA-P256')]
    const certificate = await makeCertificate(oldKey, 'CN=Alice')
    const verify = async (der: Uint8Array<ArrayBuffer>): Promise<boolean> => {
      const content = new pkijs.ContentInfo({ schema: read(der) })
      const signed = new pkijs.SignedData({ schema: content.content as object })
      return signed.verify({ signer: 0 }).catch(() => false)
    }
    const renewal = await createRenewalRequest({ certificate: certificate.der, oldKey, newKey })
    expect(await verify(renewal)).toBe(true)
    expect(await verify(tampered(renewal))).toBe(false)
    const response = await createFullResponse({
      status: 'issued',
      statusString: 'Issued',
      certificate: certificate.der,
      chain: [certificate.der],
      signer: { key: oldKey, certificate },
    })
    expect(await verify(response)).toBe(true)
    expect(await verify(tampered(response))).toBe(false)
  })
})
