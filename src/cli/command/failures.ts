import { UProveError } from '../../../bindings/errors.js'
import { SoapError } from '../../soap/errors.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { readFaultDetail } from '../../wstep/faults/fault-detail.js'
import { FailureError } from '../errors.js'

/** What went wrong, and what to do about it, for people; undefined for what is a bug. */
export function describeFailure(error: unknown): string | undefined {
  if (error instanceof FailureError) return error.message
  if (error instanceof SoapFault) return describeFault(error)
  if (error instanceof SoapError) return describeSoapError(error)
  if (error instanceof UProveError) return `${sentence(error.message)} (${error.code})`
  return error instanceof Error ? describeSystemError(error) : undefined
}

/** A fault as the server put it, with its HRESULT if it has one. */
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

/** What comes from others must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function describeSoapError(error: SoapError): string {
  if (error.code === 'soap/transport') {
    const system = error.cause instanceof Error ? describeSystemError(error.cause) : undefined
    return `the server was not reached: ${system ?? 'the connection broke'}`
  }
  if (error.code !== 'soap/http-status') return `${sentence(error.message)} (${error.code})`
  return describeStatus(error.status ?? 0)
}

/** An answer of HTTP that is no message. */
export function describeStatus(status: number): string {
  const advice: Readonly<Record<number, string>> = {
    401: 'authenticate: give --user, or --cert and --key',
    404: 'nothing is there: is the URL right?',
    413: 'the request is too long for the server: ask for less at once',
    429: 'too many requests: try again later',
    503: 'the server is overloaded or shutting down: try again later',
  }
  return `the server answered with HTTP status ${status}${advice[status] === undefined ? '' : `: ${advice[status]}`}`
}

const UNTRUSTED = 'its certificate is of an authority that is not trusted: give the right one with --ca'

/** Errors of Node, by code. */
const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there. Does it run?',
  ECONNRESET: 'the connection broke',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ETIMEDOUT: 'it does not answer',
  EADDRINUSE: 'the address is in use: another server listens there',
  EADDRNOTAVAIL: 'the address is not one of this machine',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name than that of the URL',
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  EACCES: 'this is not permitted',
  EPERM: 'this is not permitted',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
}

function describeSystemError(error: Error): string | undefined {
  const { code, path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  if (error.cause instanceof Error && code === undefined) return describeSystemError(error.cause)
  const reason = code === undefined ? undefined : SYSTEM[code]
  if (reason === undefined) return error.message === 'timed out' ? 'it does not answer' : undefined
  const place = path ?? (address === undefined ? undefined : `${address}:${port}`)
  return place === undefined ? reason : `${place}: ${reason}`
}

/** Without its full stop, so that more can follow. */
const sentence = (text: string): string => text.replace(/\.$/, '')
