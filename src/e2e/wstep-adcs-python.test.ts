import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseCertificate } from '../pki/x509/certificate.js'
import { generateKey, type ExportableKey } from '../pki/keys/keys.js'
import { formatName } from '../pki/x509/name.js'
import { decodePem } from '../pki/asn1/pem.js'
import { httpsTransport } from '../server/http/https-transport.js'
import type { SoapFault } from '../soap/envelope/fault.js'
import { WstepClient } from '../wstep/client/client.js'
import { readFaultDetail } from '../wstep/faults/fault-detail.js'
import { hasProgram } from '../xml/testing/xmllint.js'
import { ADCS_USER, adcsPython, type AdcsPython } from './testing/adcs-python.js'
import { checkout } from './testing/checkout.js'

/** A checkout of adcs_python. */
const source = checkout('UPROVE_ADCS_PYTHON', 'the WSTEP client against adcs_python')
const hasOpenssl = hasProgram('openssl', 'the WSTEP client against adcs_python')

describe.skipIf(source === undefined || !hasOpenssl)('a client of adcs_python', () => {
  let directory: string
  let peer: AdcsPython
  let key: ExportableKey
  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'adcs-'))
    peer = await adcsPython(source!, directory)
    key = await generateKey('RSA-2048')
  }, 60_000)
  afterAll(async () => {
    await peer.close()
    rmSync(directory, { recursive: true })
  })

  const client = (password = ADCS_USER.password): WstepClient =>
    new WstepClient({
      url: peer.url,
      transport: httpsTransport({ ca: peer.anchor }),
      credentials: { ...ADCS_USER, password },
    })
  const request = (templateName: string) => ({ key, subject: 'CN=anybody', templateName })

  it('enrols', async () => {
    const enrollment = await client().enroll(request('User'))
    if (enrollment.status !== 'issued') throw new Error(enrollment.status)
    const { publicKey, subject } = parseCertificate(enrollment.certificate)
    expect(publicKey).toEqual(key.publicKey)
    expect(formatName(subject)).toBe('CN=alice')
    expect(enrollment.chain).toEqual([enrollment.certificate, decodePem('CERTIFICATE', peer.authority)])
    expect(enrollment.disposition).toEqual({ text: 'Issued', language: 'en-US' })
    expect(enrollment.requestId).toMatch(/^\d+$/)
  })

  it('renews, with a new key', async () => {
    const old = await client().enroll(request('User'))
    if (old.status !== 'issued') throw new Error(old.status)
    const newKey = await generateKey('ECDSA-P256')
    const { certificate } = old
    const renewed = await client().renew({ certificate, oldKey: key, newKey, templateName: 'User' })
    if (renewed.status !== 'issued') throw new Error(renewed.status)
    expect(parseCertificate(renewed.certificate).publicKey).toEqual(newKey.publicKey)
  })

  it('waits, follows the reference, and gets its certificate', async () => {
    const pending = await client().enroll(request('Approved'))
    if (pending.status !== 'pending') throw new Error(pending.status)
    expect(pending).toMatchObject({ reference: peer.url, disposition: { text: 'Waiting for somebody' } })
    // The length of its identifiers.
    expect(BigInt(pending.requestId)).toBeGreaterThan(2n ** 64n)
    expect(await client().queryStatus(pending)).toMatchObject({ status: 'pending', requestId: pending.requestId })
    peer.approve()
    const issued = await client().waitFor(pending, { firstSeconds: 0.01 })
    expect(parseCertificate(issued.certificate).publicKey).toEqual(key.publicKey)
  })

  it('fetches the certificate for key exchange', async () => {
    expect(await client().keyExchangeToken()).toEqual(decodePem('CERTIFICATE', peer.exchange))
  })

  it('hears of a denial, with its detail', async () => {
    const fault = await client()
      .enroll(request('Refused'))
      .then(
        () => undefined,
        (error: unknown) => error as SoapFault,
      )
    expect(fault).toMatchObject({ code: 'soap/fault', faultCode: 'Receiver', message: 'Not for you.' })
    expect(readFaultDetail(fault!)).toMatchObject({
      errorCode: 0x80094014 | 0,
      invalidRequest: true,
      binaryResponse: expect.any(Uint8Array) as Uint8Array,
      requestId: expect.stringMatching(/^\d+$/) as string,
    })
  })

  it('is refused with a wrong password, without a fault', async () => {
    await expect(client('wrong').enroll(request('User'))).rejects.toMatchObject({
      code: 'soap/http-status',
      status: 401,
    })
  })

  it('does not take a server that it cannot trust', async () => {
    const stranger = new WstepClient({ url: peer.url, transport: httpsTransport(), credentials: ADCS_USER })
    await expect(stranger.enroll(request('User'))).rejects.toMatchObject({ code: 'soap/transport' })
  })
})
