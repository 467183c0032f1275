import { decodeBase64 } from '../../../bindings/octets/base64.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { decodePem, decodePems } from '../../pki/asn1/pem.js'
import { CaError } from '../../pki/ca/errors.js'
import { REASON_CODES } from '../../pki/ca/issuing/crl.js'
import { REVOCATION_REASONS, type RevocationReason } from '../../pki/ca/records/store.js'
import { signatureVerifier } from '../../pki/keys/keys.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { parseCrl, type CertificateRevocationList } from '../../pki/x509/crl.js'
import { exitCode } from '../command/command.js'
import { printable } from '../command/failures.js'
import { FailureError, UsageError } from '../errors.js'
import { readOctets, readText, writeFileWhole } from '../files/files.js'
import { OperatorRefusal, type Operator } from '../servers/operator.js'
import { say, type Action } from './action.js'

interface Revoked {
  readonly serial: string
  readonly status: string
  /** As recorded, which may be an earlier revocation's. */
  readonly reason: string
  readonly at: string
  readonly related: readonly { readonly serial: string; readonly account?: string; readonly why: string }[]
}

export const revoke: Action = {
  takes: 'SERIAL number of a certificate',
  options: ['reason'],
  async run({ operator, argument, values }, { out, err }) {
    const { reason = 'unspecified' } = values
    if (!REVOCATION_REASONS.some((known) => known === reason)) {
      throw new UsageError(`unknown reason ${reason}; choose from ${REVOCATION_REASONS.join(', ')}`)
    }
    const revoked = await operator.post<Revoked>('revoke', argument, { reason })
    const others = revoked.related.map(({ serial, account, why }) => {
      const reasonToo = why === 'renewal' ? 'renewed it' : 'has the same key'
      return `\nRevoke ${serial} too, if it is in the same hands: it ${reasonToo}${account === undefined ? '' : ` (account ${printable(account)})`}.`
    })
    say(out, values, revoked, `Certificate ${revoked.serial}: ${revoked.status} (${revoked.reason}).${others.join('')}`)
    if (revoked.reason === reason) return exitCode.success
    err.write(`It was revoked before, and the reason ${revoked.reason} of ${revoked.at} stays.\n`)
    return exitCode.failure
  },
}

/** Revokes what a CRL of this authority lists, with its reasons: the revocations that a restored backup does not have. */
export const revokeListed: Action = {
  takes: 'FILE with a CRL of this authority',
  async run({ operator, argument, values }, { out, err }) {
    const list = await ownCrl(argument, operator)
    const unknown: string[] = []
    const different: string[] = []
    for (const listed of list.revoked) {
      const serial = listed.replace(/^(00)+/, '')
      try {
        const reason = reasonOf(list.reasons.get(listed))
        const recorded = await operator.post<Revoked>('revoke', serial, { reason })
        if (recorded.reason !== reason) different.push(`${serial} (${recorded.reason})`)
      } catch (error) {
        if (!isUnknownCertificate(error)) throw error
        unknown.push(serial)
      }
    }
    const { size } = list.revoked
    const facts = { thisUpdate: list.thisUpdate.toISOString(), revoked: size - unknown.length, unknown, different }
    const revoked = `${String(facts.revoked)} of the ${String(size)} certificates in the CRL are revoked`
    say(out, values, facts, `${revoked}.`)
    if (different.length > 0) err.write(`These were revoked before, and their reasons stay: ${different.join(', ')}.\n`)
    if (unknown.length === 0) return exitCode.success
    err.write(
      `The records do not have ${unknown.join(', ')}, so no CRL will list them. They were issued after the backup was made.\n`,
    )
    return exitCode.failure
  },
}

/** A CRL in a file, DER or PEM, that this authority signed. Throws `UsageError`, `FailureError`, `PkiError`. */
async function ownCrl(file: string, { deployment }: Operator): Promise<CertificateRevocationList> {
  const octets = await readOctets(file)
  const isPem = new TextDecoder().decode(octets.subarray(0, 11)) === '-----BEGIN '
  const list = parseCrl(isPem ? decodePem('X509 CRL', new TextDecoder().decode(octets)) : octets)
  const certificates = decodePems(
    'CERTIFICATE',
    await readText(deployment.path(deployment.configuration.authority.certificate)),
  )
  const { publicKey } = parseCertificate(itemAt(certificates, 0))
  const { signatureAlgorithm, signature, signed } = list
  if (await signatureVerifier().verify({ publicKey, signatureAlgorithm, signature, octets: signed })) return list
  throw new FailureError(`${file} is not signed by the authority of this deployment`)
}

/** An entry without a reason has none in particular (RFC 5280, section 5.3.1). */
const reasonOf = (code: number | undefined): RevocationReason =>
  REVOCATION_REASONS.find((reason) => REASON_CODES[reason] === code) ?? 'unspecified'

const isUnknownCertificate = (error: unknown): boolean =>
  (error instanceof OperatorRefusal || error instanceof CaError) && error.code === 'ca/unknown-certificate'

/** Ends a hold. */
export const unrevoke: Action = {
  takes: 'SERIAL number of a certificate',
  async run({ operator, argument, values }, { out }) {
    const released = await operator.post<{ serial: string }>('unrevoke', argument)
    say(out, values, released, `Certificate ${released.serial}: no longer on hold. The next CRL omits it.`)
    return exitCode.success
  },
}

interface Crl {
  readonly number: number
  readonly thisUpdate: string
  readonly nextUpdate: string
  readonly revoked: number
  readonly der: string
}

/** The current CRL; a new one if something was revoked since, half of its time is over, or no server runs. */
export const crl: Action = {
  options: ['out'],
  async run({ operator, values }, { out }) {
    const { der, ...facts } = await operator.post<Crl>('crl')
    const octets = decodeBase64(der) ?? new Uint8Array()
    if (values.out !== undefined) await writeFileWhole(values.out, octets, { replace: true })
    const { number, thisUpdate, nextUpdate, revoked } = facts
    const certificates = revoked === 1 ? '1 certificate' : `${revoked} certificates`
    say(out, values, facts, `CRL ${number} of ${thisUpdate}: ${certificates}, next update by ${nextUpdate}.`)
    return exitCode.success
  },
}
