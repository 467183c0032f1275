import { columns, exitCode } from '../command/command.js'
import { printable } from '../command/failures.js'
import { hresult } from '../command/failures.js'
import { UsageError } from '../errors.js'
import type { Operator } from '../servers/operator.js'
import { say, type Action } from './action.js'

/** A request in a list. */
interface Summary {
  readonly requestId: string
  readonly status: string
  readonly account: string
  readonly submittedAt: string
  readonly profile?: string
  readonly subject?: string
  readonly renews?: string
  readonly reason?: string
  readonly serial?: string
  readonly notAfter?: string
  readonly revocation?: Revocation
}
interface Revocation {
  readonly at: string
  readonly reason: string
}

interface CertificateFacts {
  readonly serial: string
  readonly kind: string
  readonly requestId?: string
  readonly account?: string
  readonly profile?: string
  readonly subject: string
  readonly notBefore: string
  readonly notAfter: string
  readonly revocation?: Revocation
  readonly pem: string
}
interface RequestFacts extends Omit<Summary, 'serial' | 'notAfter' | 'revocation'> {
  readonly method: string
  readonly errorCode?: number
  readonly history: readonly { readonly at: string; readonly event: string; readonly operator?: string }[]
  readonly certificate?: CertificateFacts
}

const PENDING_PAGE = 1000

/** Requests with their certificates, oldest first. */
export const list: Action = {
  options: ['status', 'account', 'profile', 'subject', 'serial', 'expires-before', 'limit', 'after'],
  async run({ operator, values }, { out, err }) {
    const { json = false, limit = '100', 'expires-before': before, ...conditions } = values
    if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > 1000)
      throw new UsageError('--limit takes a number from 1 to 1000')
    const expiresBefore = before === undefined ? undefined : timeOf(before)
    const found = await operator.get<Summary[]>('requests', '', { ...conditions, limit, expiresBefore })
    printList(found, json, out)
    const last = found.at(-1)
    if (!json && last !== undefined && found.length === Number(limit)) {
      err.write(`There may be more: --after ${last.requestId}\n`)
    }
    return exitCode.success
  },
}

/** The requests that wait for an operator. */
export const pending: Action = {
  async run({ operator, values: { json = false } }, { out }) {
    const found = await allPending(operator)
    if (!json && found.length === 0) out.write('No request is pending.\n')
    else printList(found, json, out)
    return exitCode.success
  },
}

/** All pages of pending requests. */
async function allPending(operator: Operator): Promise<Summary[]> {
  const found: Summary[] = []
  for (let page = PENDING_PAGE; page === PENDING_PAGE;) {
    const query = { limit: String(PENDING_PAGE), after: found.at(-1)?.requestId }
    const next = await operator.get<Summary[]>('pending', '', query)
    for (const one of next) found.push(one)
    page = next.length
  }
  return found
}

/** One request, or one certificate. */
export const show: Action = {
  takes: 'ID of a request or SERIAL number of a certificate',
  async run({ operator, argument, values }, { out }) {
    // The numbers of requests are shorter than serial numbers.
    if (/^\d{1,10}$/.test(argument)) {
      const facts = await operator.get<RequestFacts>('request', argument)
      say(out, values, facts, requestText(facts))
    } else {
      const facts = await operator.get<CertificateFacts>('certificate', argument)
      say(out, values, facts, certificateText(facts))
    }
    return exitCode.success
  },
}

function printList(found: readonly Summary[], json: boolean, out: { write(text: string): unknown }): void {
  if (json) out.write(`${JSON.stringify(found, undefined, 2)}\n`)
  else if (found.length === 0) out.write('Nothing was found.\n')
  else out.write(columns(found.map((one): [string, string] => [one.requestId, printable(lineOf(one))])))
}

function lineOf(one: Summary): string {
  const { status, account, profile, subject, submittedAt, renews, reason, serial, notAfter, revocation } = one
  const what = profile === undefined ? `request of ${account}` : `${profile} for ${account}: ${subject ?? ''}`
  const facts = [
    what,
    renews !== undefined && `renews ${renews}`,
    status === 'pending' && `since ${submittedAt}`,
    status === 'denied' && `denied ${submittedAt} (${reason ?? ''})`,
    serial !== undefined && `serial ${serial}`,
    revocation === undefined && notAfter !== undefined && `until ${notAfter}`,
    revocation !== undefined && `${status} ${revocation.at} (${revocation.reason})`,
  ]
  return facts.filter((fact) => fact !== false).join(', ')
}

function requestText(facts: RequestFacts): string {
  const { requestId, status, account, method, profile, subject, renews, reason, errorCode, history, certificate } =
    facts
  const events = history.map(({ at, event, operator }): [string, string | undefined] => [
    event,
    operator === undefined ? at : `${at} by ${operator}`,
  ])
  const text = table([
    ['request', requestId],
    ['status', status],
    ['account', `${account} (${method})`],
    ['profile', profile],
    ['subject', subject],
    ['renews', renews],
    ['reason', reason && errorCode !== undefined ? `${reason} (${hresult(errorCode)})` : reason],
    ...events,
  ])
  return certificate === undefined ? text : `${text}\n${certificateText(certificate)}`
}

function certificateText(facts: CertificateFacts): string {
  const { serial, kind, requestId, account, profile, subject, notBefore, notAfter, revocation, pem } = facts
  const text = table([
    ['serial', serial],
    ['kind', kind],
    ['request', requestId],
    ['account', account],
    ['profile', profile],
    ['subject', subject],
    ['valid', `${notBefore} to ${notAfter}`],
    ['revoked', revocation && `${revocation.at} (${revocation.reason})`],
  ])
  return `${text}\n${pem.trimEnd()}`
}

function table(rows: readonly (readonly [string, string | undefined])[]): string {
  const known = rows.flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, printable(value)]],
  )
  return columns(known).trimEnd()
}

const HOUR = 3_600_000

/** A date, or a time from now, as ISO 8601. */
function timeOf(text: string): string {
  const [, count, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? []
  const time = count === undefined ? Date.parse(text) : Date.now() + Number(count) * HOUR * (unit === 'd' ? 24 : 1)
  if (!/^\d/.test(text) || Number.isNaN(time)) {
    throw new UsageError(`--expires-before takes a date such as 2027-01-31, or a time such as 30d, not ${text}`)
  }
  return new Date(time).toISOString()
}
