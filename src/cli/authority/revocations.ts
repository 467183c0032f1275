import { decodeBase64 } from '../../../bindings/octets/base64.js'
import { REVOCATION_REASONS } from '../../pki/ca/records/store.js'
import { exitCode } from '../command/command.js'
import { printable } from '../command/failures.js'
import { UsageError } from '../errors.js'
import { writeFileWhole } from '../files/files.js'
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

/** The current CRL; a new one if something was revoked since, or half of its time is over. */
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
