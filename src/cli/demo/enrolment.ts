import { equalOctets } from '../../../bindings/octets/octets.js'
import { HRESULT } from '../../pki/ca/policy/denials.js'
import { generateKey, webCryptoKey } from '../../pki/keys/keys.js'
import { parseCertificate, type Certificate } from '../../pki/x509/certificate.js'
import { formatName } from '../../pki/x509/name.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { EXTENDED_KEY_USAGE } from '../../ws-trust/trust/signer.js'
import type { Enrollment } from '../../wstep/client/client.js'
import { readFaultDetail } from '../../wstep/faults/fault-detail.js'
import { describeFault, printable } from '../command/failures.js'
import { FailureError } from '../errors.js'
import type { Operator } from '../servers/operator.js'
import type { Clients } from './clients.js'
import { must, type Steps } from './steps.js'

/** The signer of Device parameters in the demo. */
export interface DeviceIssuer {
  readonly key: CryptoKey
  readonly certificate: Certificate
}

/** Certificates over WSTEP: issued at once, approved by an operator, renewed, refused. Returns the Device issuer's. */
export async function enrolAll(clients: Clients, operator: Operator, steps: Steps): Promise<DeviceIssuer> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const key = await webCryptoKey(pair)
  const user = await steps.step(
    'Alice enrols for a user certificate',
    async () => issued(await clients.enrolling('alice').enroll({ subject: 'CN=alice', key, templateName: 'User' })),
    describeCertificate,
  )
  must(formatName(user.subject).startsWith('CN=Alice Archer'), 'the certificate does not have the name of the account')

  const pending = await steps.step(
    'Alice asks to become a Device issuer',
    async () => {
      const enrollment = await clients.enrolling('alice').enroll({ subject: 'CN=x', key, templateName: 'DeviceIssuer' })
      must(enrollment.status === 'pending', 'a certificate was issued that an operator has to approve')
      return enrollment
    },
    ({ requestId, disposition }) => `request ${requestId} is pending: ${disposition?.text ?? ''}`,
  )
  await steps.step(
    'The operator approves the request',
    async () => {
      const waiting = await operator.get<{ requestId: string }[]>('pending')
      must(
        waiting.map(({ requestId }) => requestId).join() === pending.requestId,
        'the list of pending requests is wrong',
      )
      return operator.post<{ status: string }>('approve', pending.requestId)
    },
    ({ status }) => `request ${pending.requestId} is ${status}`,
  )
  const certificate = await steps.step(
    'Alice fetches that certificate',
    async () => issued(await clients.enrolling('alice').queryStatus(pending)),
    describeCertificate,
  )
  const purposes = certificate.extendedKeyUsage ?? []
  must(purposes.includes(EXTENDED_KEY_USAGE['device-parameters']), 'the certificate is not for Device parameters')

  const newKey = await generateKey('ECDSA-P384')
  const renewed = await steps.step(
    'Alice renews the first, with its key alone',
    async () => issued(await clients.enrolling().renew({ certificate: user.der, oldKey: key, newKey })),
    describeCertificate,
  )
  must(equalOctets(renewed.subject, user.subject), 'the renewed certificate has another name')
  must(equalOctets(renewed.publicKey, newKey.publicKey), 'the renewed certificate has another key')

  const refused = await steps.step(
    'Bob asks to become a Device issuer',
    () => faultOf(clients.enrolling('bob').enroll({ subject: 'CN=bob', key, templateName: 'DeviceIssuer' })),
    describeFault,
  )
  must(readFaultDetail(refused)?.errorCode === HRESULT.CERTSRV_E_TEMPLATE_DENIED, 'the fault has another HRESULT')
  return { key: pair.privateKey, certificate }
}

function issued(enrollment: Enrollment): Certificate {
  must(enrollment.status === 'issued', 'the certificate is not issued')
  return parseCertificate(enrollment.certificate)
}

const describeCertificate = ({ subject, notAfter }: Certificate): string =>
  `issued to ${printable(formatName(subject))}, valid until ${notAfter.toISOString().slice(0, 10)}`

async function faultOf(answer: Promise<unknown>): Promise<SoapFault> {
  try {
    await answer
  } catch (error) {
    if (error instanceof SoapFault) return error
    throw error
  }
  throw new FailureError('FAILED: a request was granted that must be refused')
}
