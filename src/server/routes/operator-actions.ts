import { encodePem } from '../../pki/asn1/pem.js'
import { CaError } from '../../pki/ca/errors.js'
import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import {
  RECORD_STATUSES,
  REVOCATION_REASONS,
  type AuthorityStore,
  type RecordFilter,
  type StoredCertificate,
  type StoredRequest,
} from '../../pki/ca/records/store.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { countRevoked } from '../../pki/x509/crl.js'
import { formatName } from '../../pki/x509/name.js'
import type { LoginAttempts } from '../../store/index.js'
import { encodeBase64 } from '../../../bindings/octets/base64.js'
import { isAddress, networkOf } from '../http/ip-address.js'

export interface OperatorActionsOptions {
  readonly authority: Pick<
    EmbeddedAuthority,
    'approve' | 'deny' | 'revoke' | 'unrevoke' | 'crl' | 'archivedKey' | 'chain'
  >
  readonly records: Pick<AuthorityStore, 'list' | 'findRequest' | 'findCertificate' | 'latestCrl' | 'listRevoked'>
  readonly logins: Pick<LoginAttempts, 'unlock'>
  /** Called after an operator changed something. */
  readonly onAction?: (action: OperatorEvent, name: string) => void
  /** Called after the authority denied a request that an operator approved. `code` is the cause. */
  readonly onDenial?: (code: string, request: { readonly requestId: string; readonly account?: string }) => void
  readonly clock?: () => Date
}

export type OperatorEvent = 'approved' | 'denied' | 'revoked' | 'released' | 'recovered' | 'unlocked'

/** One thing that an operator can do. Its path is below `/authority/`; an argument is appended to it. */
export interface OperatorAction {
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly takesArgument: boolean
  /** The answer, to be written as JSON. Throws `CaError`. */
  readonly run: (argument: string, query: URLSearchParams) => Promise<object>
}

/** Records of a page, unless the operator asks for another number. */
const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

/**
 * What an operator can do with the authority of a deployment: over HTTP while its server runs, or with its store while it does
 * not.
 */
export function operatorActions(options: OperatorActionsOptions): OperatorAction[] {
  const { authority, records, logins, onAction, onDenial, clock = () => new Date() } = options
  const action = (
    method: OperatorAction['method'],
    name: string,
    takesArgument: boolean,
    run: OperatorAction['run'],
  ): OperatorAction => ({ name, method, takesArgument, run })
  return [
    action('GET', 'pending', false, (_, query) =>
      records.list({ ...filterOf(query, clock(), MAX_LIMIT), status: 'pending' }),
    ),
    action('GET', 'requests', false, (_, query) => records.list(filterOf(query, clock()))),
    action('GET', 'request', true, async (requestId) => {
      const request = await records.findRequest(requestId)
      if (request === undefined) throw new CaError('ca/unknown-request')
      return requestFacts(request)
    }),
    action('GET', 'certificate', true, async (serial) => {
      const certificate = await records.findCertificate(serialOf(serial))
      if (certificate === undefined) throw new CaError('ca/unknown-certificate')
      return certificateFacts(certificate)
    }),
    action('POST', 'approve', true, async (requestId) => {
      const disposition = await authority.approve(requestId, 'operator')
      const { status } = disposition
      if (status === 'issued') onAction?.('approved', requestId)
      if (status !== 'denied') return { requestId, status }
      const cause = disposition.cause ?? `denial/${disposition.reason}`
      onDenial?.(cause, { requestId, account: (await records.findRequest(requestId))?.account })
      return { requestId, status, cause }
    }),
    action('POST', 'deny', true, async (requestId) => {
      const { status } = await authority.deny(requestId, 'operator')
      onAction?.('denied', requestId)
      return { requestId, status }
    }),
    action('POST', 'revoke', true, async (serial, query) => {
      const reason = REVOCATION_REASONS.find((known) => known === (query.get('reason') ?? 'unspecified'))
      if (reason === undefined) throw new CaError('ca/reason')
      const revoked = await authority.revoke(serialOf(serial), reason)
      onAction?.('revoked', revoked.serial)
      return { ...revoked, status: revoked.reason === 'certificateHold' ? 'held' : 'revoked' }
    }),
    action('POST', 'unrevoke', true, async (argument) => {
      const serial = serialOf(argument)
      await authority.unrevoke(serial)
      onAction?.('released', serial)
      return { serial, status: 'issued' }
    }),
    action('POST', 'crl', false, async () => {
      const der = await authority.crl()
      const { crl } = await records.latestCrl()
      const { number, thisUpdate, nextUpdate } = crl ?? {}
      return { number, thisUpdate, nextUpdate, revoked: countRevoked(der), der: encodeBase64(der) }
    }),
    // Still encrypted to the recovery agents.
    action('POST', 'recover', true, async (argument) => {
      const serial = serialOf(argument)
      const { certificate, envelope } = await authority.archivedKey(serial)
      onAction?.('recovered', serial)
      const chain = authority.chain.map((der) => encodeBase64(der))
      return { serial, certificate: encodeBase64(certificate), chain, envelope: encodeBase64(envelope) }
    }),
    action('POST', 'unlock', false, async (_, query) => {
      const subject = lockedSubject(query)
      const wasCounted = await logins.unlock(subject)
      if (wasCounted) onAction?.('unlocked', subject)
      return { unlocked: wasCounted }
    }),
  ]
}

/** A serial number as it is stored: OpenSSL prints them in upper case, with colons or zeros in front. */
function serialOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(':', '')
    .replace(/^(00)+/, '')
}

function filterOf(query: URLSearchParams, now: Date, defaultLimit = DEFAULT_LIMIT): RecordFilter {
  const text = (name: string): string | undefined => query.get(name) ?? undefined
  const limit = Number(text('limit') ?? defaultLimit)
  const after = text('after')
  const status = RECORD_STATUSES.find((known) => known === text('status'))
  const before = text('expiresBefore')
  const isWrong =
    !(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) ||
    (after !== undefined && !/^\d{1,10}$/.test(after)) ||
    (text('status') !== undefined && status === undefined) ||
    (before !== undefined && Number.isNaN(Date.parse(before)))
  if (isWrong) throw new CaError('ca/filter')
  const serial = text('serial')
  return {
    status,
    account: text('account'),
    profile: text('profile'),
    subject: text('subject'),
    serial: serial === undefined ? undefined : serialOf(serial),
    ends: before === undefined ? undefined : { from: now, before: new Date(before) },
    after,
    limit,
  }
}

function requestFacts({ der, outcome, content, ...request }: StoredRequest): object {
  const { requestId, account, method, submittedAt, renews, history } = request
  return {
    ...{ requestId, status: outcome.status, account, method, submittedAt, renews },
    profile: content?.profile,
    subject: content && formatName(content.subject),
    ...(outcome.status === 'denied' && { reason: outcome.reason, errorCode: outcome.errorCode }),
    history,
    request: encodeBase64(der),
    ...(outcome.status === 'issued' && { certificate: certificateFacts(outcome.certificate) }),
  }
}

function certificateFacts({ der, ...certificate }: StoredCertificate): object {
  const { serial, kind, notBefore, notAfter, requestId, profile, account, revocation } = certificate
  return {
    ...{ serial, kind, requestId, account, profile },
    subject: formatName(parseCertificate(der).subject),
    ...{ notBefore, notAfter, revocation },
    pem: encodePem('CERTIFICATE', der),
  }
}

/** The account or the network whose failed logins are counted, as `directoryAccounts` names it. */
function lockedSubject(query: URLSearchParams): string {
  const [account, address] = [query.get('account'), query.get('address')]
  if (account !== null && account !== '' && address === null) return `account:${account}`
  if (address !== null && account === null && isAddress(address)) return `address:${networkOf(address)}`
  throw new CaError('ca/filter')
}
