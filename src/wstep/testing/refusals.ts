import { describe, expect, it } from 'vitest'
import { type Disposition } from '../../pki/authority.js'
import { writeInstant } from '../../soap/envelope/text.js'
import { WSA, WSSE } from '../../soap/envelope/names.js'
import { passwordDigest } from '../../soap/security/username-token.js'
import { WST } from '../../ws-trust/syntax/names.js'
import { encodeBase64 } from '../../../bindings/octets/base64.js'
import { DETAILED_FAULT_ACTION, KEY_EXCHANGE_ACTION } from '../messages/names.js'
import { SecurityTokenService, type ServiceEvents } from '../security-token-service.js'
import { hashedOnly, TestAccounts } from '../../authentication/testing/accounts.js'
import {
  ask,
  faultIn,
  issueText,
  passwordText,
  requestText,
  tokenText,
  type RequestText,
  type Sending,
} from './exchange.js'
import { makeMaterial } from './material.js'
import { ScriptedAuthority } from './scripted-authority.js'
import { CAUSES, isCauseCode } from '../faults/causes.js'
import { ENGLISH, type TextKey } from '../faults/texts.js'

export const NOW = new Date('2026-03-01T12:00:00Z')
export const PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0'
export const accounts = new TestAccounts({ alice: 'wonderland' })
export const asAlice = passwordText('alice', 'wonderland')
/** A certificate that is Alice's. */
export const certificate = { der: Uint8Array.of(1), trusted: true }

export const material = await makeMaterial()

/** What is sent, and the fault that comes back. */
export interface Case {
  readonly name: string
  readonly message: () => RequestText | Promise<RequestText>
  readonly sending?: Sending
  /** Why, as the text says. */
  readonly reason: TextKey
  /** Default: Sender. */
  readonly code?: string
  /** Default: wst:InvalidRequest. */
  readonly subcodes?: readonly string[]
  /** HRESULT; there is no detail without. */
  readonly errorCode?: number
  /** The services have accounts whose passwords cannot be had. */
  readonly hashed?: boolean
  /** What the authority may be asked for all the same. */
  readonly queried?: boolean
  readonly exchanged?: boolean
}

export const wst = (name: string): string => `${WST} ${name}`
export const wsa = (name: string): string => `${WSA} ${name}`
export const wsse = (name: string): string => `${WSSE} ${name}`
export const invalidHeader = (why: string) => [wsa('InvalidAddressingHeader'), wsa(why)]

/** A message of Alice's. */
export const alice = (body: string, more: RequestText = {}): RequestText => ({ security: asAlice, body, ...more })
export const request = (content: string, parts: Parameters<typeof requestText>[0] = {}): RequestText =>
  alice(requestText({ content, ...parts }))
export const ket = (body: string): RequestText => alice(body, { action: KEY_EXCHANGE_ACTION })
export const pkcs10 = (): string => tokenText(material.request)
export const issue = (): string => issueText(material.request)
export const token = (text: string): string =>
  `<o:BinarySecurityToken EncodingType="${WSSE}#base64binary">${text}</o:BinarySecurityToken>`
export const NIL = 'i:nil="true"'

export async function digestText(
  offset: number,
  { username = 'alice', password = 'wonderland', nonce = true, created = true } = {},
) {
  const octets = crypto.getRandomValues(new Uint8Array(16))
  const time = writeInstant(new Date(NOW.getTime() + offset))
  const digest = encodeBase64(await passwordDigest(octets, time, password))
  return (
    `<o:UsernameToken><o:Username>${username}</o:Username><o:Password Type="${PROFILE}#PasswordDigest">${digest}</o:Password>` +
    `${nonce ? `<o:Nonce>${encodeBase64(octets)}</o:Nonce>` : ''}${created ? `<u:Created>${time}</u:Created>` : ''}</o:UsernameToken>`
  )
}

export function timestamp(created: number | string | null, expires: number | string | null): string {
  const write = (name: string, value: number | string | null): string => {
    if (value === null) return ''
    const text = typeof value === 'string' ? value : writeInstant(new Date(NOW.getTime() + value * 1000))
    return `<u:${name}>${text}</u:${name}>`
  }
  return `<u:Timestamp>${write('Created', created)}${write('Expires', expires)}</u:Timestamp>`
}

export const failedAuthentication = { subcodes: [wsse('FailedAuthentication')] }
export const required = { reason: 'authentication-required', ...failedAuthentication } as const
export const failed = { reason: 'authentication-failed', ...failedAuthentication } as const
export const insecure = { reason: 'security-header', subcodes: [wsse('InvalidSecurity')] } as const
export const unsupported = { reason: 'security-header', subcodes: [wsse('UnsupportedSecurityToken')] } as const
export const expired = { reason: 'expired', subcodes: [wsse('MessageExpired')] } as const
export const badToken = { reason: 'security-token', errorCode: 0x8007000d } as const
export const badRequest = { reason: 'certificate-request', errorCode: 0x8007000d } as const
export const badSignature = { reason: 'signature', errorCode: 0x80090006 } as const
export const badKey = { reason: 'key', errorCode: 0x80094811 } as const
export const badId = { reason: 'request-id', errorCode: 0x80070057 } as const

/** A certificate request of Alice's, made at the time. */
export const der = (octets: () => Uint8Array) => () => alice(issueText(octets()))
/** Without credentials. */
export const anonymous = (octets: () => Uint8Array) => () => ({ body: issueText(octets()) })
export const flipped = (octets: Uint8Array, at: number): Uint8Array =>
  octets.map((octet, i) => (i === (at + octets.length) % octets.length ? octet ^ 1 : octet))
export const appended = (octets: Uint8Array): Uint8Array => Uint8Array.of(...octets, 0)

export const pending: Disposition = { status: 'pending', requestId: '5', queryToken: 'unguessable' }

/** A Security Token Service with one pending request (5, which is Bob's), and what its authority and its log saw. */
export function service({ hashed = false, events }: { hashed?: boolean; events?: ServiceEvents } = {}): {
  authority: ScriptedAuthority
  service: SecurityTokenService
  refused: string[]
} {
  const authority = new ScriptedAuthority()
  authority.submitted = () => Promise.resolve(pending)
  // Bob's.
  authority.queried = ({ requestId, requester, queryToken }) => {
    const isTheirs = (requester?.by === 'account' && requester.id === 'id-of-bob') || queryToken === 'unguessable'
    return Promise.resolve(requestId === '5' && isTheirs ? pending : undefined)
  }
  authority.renewable = (old) => old.der.join() === material.old.certificate.join()
  const refused: string[] = []
  return {
    authority,
    refused,
    service: new SecurityTokenService({
      authority,
      verifier: material.verifier,
      address: 'https://sts.example/wstep',
      accounts: hashed ? hashedOnly(accounts) : accounts,
      certificateAccount: (shown) => Promise.resolve(shown[0] === 1 ? 'id-of-alice' : undefined),
      clock: () => NOW,
      events: {
        refused: (code) => void refused.push(code),
        failed: (error) => {
          throw error
        },
        ...events,
      },
    }),
  }
}

/** Sends each message and expects its fault; the authority must see nothing of it. */
export function testRefusals(cases: Readonly<Record<string, readonly Case[]>>): void {
  describe.each(Object.entries(cases))('%s is refused', (_, cases) => {
    // With %s a name is not shortened.
    it.each(cases.map((each) => [each.name, each] as const))('%s', async (_, expected) => {
      const { authority, service: sts, refused } = service(expected)
      const answer = await ask(sts, await expected.message(), expected.sending)
      const { reason, code = 'Sender', subcodes = [wst('InvalidRequest')], errorCode } = expected
      const fault = faultIn(answer)
      expect(answer.http.status).toBe(500)
      expect(answer.http.headers['content-type']).toBe('application/soap+xml; charset=utf-8')
      const [logged = ''] = refused
      const cause = isCauseCode(logged) && errorCode !== undefined ? logged : undefined
      // Where a cause has a text of its own, it is that, with a detail.
      if (cause === undefined) expect(fault.message).toBe(ENGLISH[reason])
      else expect(fault.message.startsWith((ENGLISH[cause] ?? '').split(/ ?\(?\{\}/)[0] ?? ''), cause).toBe(true)
      expect(fault.message.endsWith(`(${logged})`)).toBe(cause !== undefined)
      expect(fault.reasons).toHaveLength(1)
      expect(fault.reasons[0]?.language).toBe('en-US')
      expect(fault.faultCode).toBe(code)
      expect(fault.subcodes.map(({ namespace, localName }) => `${namespace} ${localName}`)).toEqual(subcodes)
      expect(fault.enrollment).toEqual(
        errorCode === undefined
          ? undefined
          : {
              binaryResponse: undefined,
              errorCode: (cause && CAUSES[cause].errorCode) ?? errorCode | 0,
              invalidRequest: false,
              requestId: undefined,
            },
      )
      expect(fault.action === DETAILED_FAULT_ACTION).toBe(errorCode !== undefined)
      expect(authority.saw).toBe(expected.queried === true ? 1 : 0)
      expect(authority.submissions).toEqual([])
      expect(refused).toHaveLength(1)
    })
  })
}
