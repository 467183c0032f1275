import { UProveError } from '../../../bindings/errors.js'
import { SoapError } from '../../soap/errors.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { readFaultDetail } from '../../wstep/faults/fault-detail.js'
import { FailureError } from '../errors.js'

/** An error and its remedy, in words; undefined for an error that is a bug. */
export function describeFailure(error: unknown): string | undefined {
  if (error instanceof FailureError) return error.message
  if (error instanceof SoapFault) return describeFault(error)
  if (error instanceof SoapError) return describeSoapError(error)
  if (error instanceof UProveError) return `${sentence(error.message)} (${error.code})`
  return error instanceof Error ? describeSystemError(error) : undefined
}

/** The server's own words for a fault, with its HRESULT if it has one. */
export function describeFault(fault: SoapFault): string {
  const detail = readFaultDetail(fault)
  const subcodes = fault.subcodes.map(({ localName }) => localName)
  const facts = [
    fault.faultCode,
    ...subcodes,
    ...(detail?.errorCode === undefined ? [] : [hresult(detail.errorCode)]),
    ...(detail?.requestId === undefined ? [] : [`request ${detail.requestId}`]),
  ]
  return `the server refused: ${sentence(printable(fault.message))} (${printable(facts.join(', '))})`
}

/** An HRESULT as Windows writes it. */
export const hresult = (code: number): string => `0x${(code >>> 0).toString(16).padStart(8, '0')}`

/** Text from others with control characters escaped, so that it cannot steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function describeSoapError(error: SoapError): string {
  if (error.code === 'soap/transport') {
    const system = error.cause instanceof Error ? describeSystemError(error.cause) : undefined
    return `cannot reach the server: ${system ?? 'the connection broke'}`
  }
  if (error.code !== 'soap/http-status') return `${sentence(error.message)} (${error.code})`
  return describeStatus(error.status ?? 0)
}

/** An HTTP status in words, with advice where there is some. `body` is that of the answer, and may have the code of the cause. */
export function describeStatus(status: number, body: Uint8Array | string = ''): string {
  if (status === 503 && codeIn(body).startsWith('store/')) return OUTAGE
  const [what, advice = ''] = STATUSES[status] ?? []
  return what === undefined ? `the server answered with HTTP status ${status}` : `${what} (status ${status})${advice}`
}

const OUTAGE = 'the database of the server is unavailable (status 503); try again later, or tell its operator'

/** The code in a JSON answer of a server, or an empty text. */
function codeIn(body: Uint8Array | string): string {
  try {
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
    const code = (JSON.parse(text) as { readonly code?: unknown } | null)?.code
    return typeof code === 'string' ? code : ''
  } catch {
    return ''
  }
}

const STATUSES: Readonly<Record<number, readonly [what: string, advice?: string]>> = {
  401: ['the server does not know who you are', ': log in with --user, or with --cert and --key'],
  404: ['the server has nothing at this URL'],
  413: ['the request is too long for the server', '; ask for less at once'],
  429: ['the server accepts no more requests from you now', '; try again later'],
  503: ['the server is overloaded or shutting down', '; try again later'],
}

const UNTRUSTED = 'its certificate comes from an authority that is not trusted; name the right one with --ca'

/** Errors of Node and OpenSSL, by code. */
const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused; check that the server runs',
  ECONNRESET: 'the connection broke',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'the server does not answer',
  EADDRINUSE: 'the address is in use by another server',
  EADDRNOTAVAIL: 'this machine does not have the address',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name than the URL',
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'this is a folder',
  ENOSPC: 'the disk is full',
}

function describeSystemError(error: Error): string | undefined {
  const { code, path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  if (error.cause instanceof Error && code === undefined) return describeSystemError(error.cause)
  const reason = code === undefined ? undefined : SYSTEM[code]
  if (reason === undefined) return error.message === 'timed out' ? 'the server does not answer' : undefined
  const place = path ?? (address === undefined ? undefined : `${address}:${port}`)
  return place === undefined ? reason : `${place}: ${reason}`
}

/** A sentence without its full stop, so that more can follow. */
const sentence = (text: string): string => text.replace(/\.$/, '')
