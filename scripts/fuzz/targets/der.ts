import { createEngine } from '../../../bindings/loading/create-engine.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { explainDer, explainPem } from '../../../src/cli/inspection/der.js'
import { Inspection } from '../../../src/cli/inspection/inspection.js'
import { privateKeyFromBlob } from '../../../src/pki/archival/private-key-blob.js'
import { derFromBer } from '../../../src/pki/asn1/ber.js'
import { encodePem } from '../../../src/pki/asn1/pem.js'
import { readResponse } from '../../../src/pki/requests/cmc-response.js'
import { readEnrollmentRequest } from '../../../src/pki/requests/enrollment-request.js'
import { signatureVerifier } from '../../../src/pki/keys/keys.js'
import { artefacts } from '../../../src/pki/testing/artefacts.js'
import { formatName, parseName } from '../../../src/pki/x509/name.js'
import { choosing, mustBeSame, oneOf, textOf, unlessRefused, unlessRefusedLater, type Target } from './property.js'

export const der: Target = {
  explores:
    'DER and BER, certificates, requests, CRLs, CMS, CMC, names, key blobs, PEM: what was made of BER stays as it is, a name written is the same name',
  words: [
    ...[
      '\u0006\u0003\u0055\u0004\u0003',
      '\u0006\u0003\u0055\u001d\u0011',
      '\u0030\u0080',
      '\u0000\u0000',
      '\u0002\u0001\u0000',
      '\u0003\u0002\u0007',
      '\u0017\r260101000000Z',
    ],
    ...['-----BEGIN CERTIFICATE-----', 'CN=', ',O="', '+', '\\,', '\\20', '#0c01', '1.2.3='],
  ],
  seeds: async () =>
    Promise.resolve([
      ...Object.values(artefacts)
        .flat()
        .filter(({ length }) => length < 4_096)
        .map((octets, i) => choosing(i % 3, octets)),
      choosing(3, Uint8Array.of(0x30, 0x80, 0x24, 0x80, 4, 1, 1, 4, 1, 2, 0, 0, 0, 0)),
      choosing(4, 'CN=Alice\\, B+OU=x,O="a=b",1.2.3=#0c0161'),
      choosing(5, Uint8Array.of(7, 2, 0, 0, 0, 0xa4, 0, 0, 0x52, 0x53, 0x41, 0x32, 0, 2, 0, 0, 1, 0, 1, 0)),
      choosing(6, encodePem('CERTIFICATE', artefacts.certificate[0] ?? new Uint8Array())),
    ]),
  prepare: async () => {
    const engine = await createEngine()
    const verifier = signatureVerifier({ engine })
    const checks: ((input: Octets) => unknown)[] = [
      (input) =>
        unlessRefusedLater(async () => {
          const inspection = new Inspection(engine)
          inspection.add(input)
          return explainDer(input, inspection)
        }),
      (input) => unlessRefusedLater(() => readEnrollmentRequest(input, { verifier, allowKeyArchival: true })),
      (input) => unlessRefusedLater(() => readResponse(input)),
      (input) => {
        const made = unlessRefused(() => derFromBer(input))
        if (made !== undefined) mustBeSame(made, derFromBer(made), 'what was made of BER')
      },
      (input) => {
        const name = unlessRefused(() => parseName(textOf(input)))
        if (name !== undefined) mustBeSame(name, parseName(formatName(name)), 'a name')
      },
      (input) => unlessRefused(() => privateKeyFromBlob(input)),
      (input) => unlessRefusedLater(() => explainPem(textOf(input), engine)),
    ]
    return (input) => oneOf(checks, input)(input.slice(1))
  },
}
