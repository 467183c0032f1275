import { parseName } from '../../pki/x509/name.js'
import type { AuthorityStore, NewCertificate, NewRequest } from '../../pki/ca/records/store.js'
import type { OpenTokens } from '../../pool/parties/open-tokens.js'
import type { NonceStore, ReplayCache } from '../../authentication/single-use.js'
import type { StateStore } from '../../ws-trust/issuance/state-store.js'
import type { Database } from '../database/database.js'
import { AuthorityRecords } from '../records/authority-records.js'
import { Exchanges } from '../state/exchanges.js'
import { LoginAttempts } from '../state/login-attempts.js'
import { SharedOpenTokens } from '../state/open-tokens.js'
import { SharedNonces, SharedReplayCache, singleUseLimit } from '../state/single-use.js'
import { testKey } from './backends.js'

/** The parts of a store that operations work on. */
export interface StoreParts {
  readonly authority: AuthorityStore
  readonly exchanges: StateStore
  readonly openTokens: OpenTokens
  readonly nonces: NonceStore
  readonly presentations: ReplayCache
  readonly logins: LoginAttempts
}

/** All parts of a store over one database that has both schemas, with room for many rows. */
export async function storeParts(database: Database): Promise<StoreParts> {
  const clock = (): Date => new Date()
  const limit = (kind: 'nonce' | 'replay:presentations') => singleUseLimit(database, kind, 100_000_000, clock)
  return {
    authority: new AuthorityRecords(database),
    exchanges: await Exchanges.open(database, {
      ...{ keys: testKey(), capacity: 1_000_000, maxAccountExchanges: 64, clock },
    }),
    openTokens: new SharedOpenTokens(database, clock),
    nonces: new SharedNonces(database, limit('nonce'), clock),
    presentations: new SharedReplayCache(database, 'replay:presentations', limit('replay:presentations'), clock),
    logins: new LoginAttempts(database, {}, clock),
  }
}

const HOUR = 3_600_000
const octets = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const soon = (): Date => new Date(Date.now() + HOUR)

const certificate = (name: string): NewCertificate => ({
  serial: `2${Buffer.from(name).toString('hex')}`,
  kind: 'end-entity',
  der: octets(`certificate ${name}`),
  keyFingerprint: `key ${name}`,
  notBefore: new Date(),
  notAfter: new Date(Date.now() + 24 * HOUR),
})
const request = (name: string): NewRequest => ({
  der: octets(`request ${name}`),
  account: `account of ${name}`,
  method: 'password',
  submittedAt: new Date(),
  content: { profile: 'User', publicKey: octets(`public ${name}`), subject: parseName('CN=Somebody') },
})
const issue = (store: AuthorityStore, name: string) =>
  store.insert(request(name), { status: 'issued', certificate: certificate(name) })
const limits = { tokens: 100_000, accountTokens: 10_000, accountExchanges: 64, patience: 30_000 }

/** What a service asks its store for, one of a kind. Each run gets another name, and leaves the number of rows about as it was. */
export const operations: Readonly<Record<string, (store: StoreParts, name: string) => Promise<unknown>>> = {
  'issue a certificate': ({ authority }, name) => issue(authority, name),
  'renew once': async ({ authority }, name) => {
    const renewal = { ...request(name), idempotenceKey: `same ${name}`, renews: `0${name}` }
    await authority.insert(renewal, { status: 'issued', certificate: certificate(`renewal ${name}`) })
    await authority.findByIdempotenceKey(`same ${name}`)
    await authority.findRenewals(`0${name}`)
  },
  'approve a request': async ({ authority }, name) => {
    const { requestId } = await authority.insert(request(name))
    await authority.findRequest(requestId)
    const decision = { status: 'issued', certificate: certificate(`approved ${name}`) } as const
    await authority.decide(requestId, decision, { at: new Date(), event: 'issued', operator: 'operator' })
  },
  'find a certificate': ({ authority }, name) => authority.findCertificate(certificate(name).serial),
  'find by key': async ({ authority }, name) => {
    await authority.findByKey(`key ${name}`)
    await authority.findByKey(`key ${name}`, { compromised: true })
  },
  'find an archived key': ({ authority }, name) => authority.findArchivedKey(certificate(name).serial),
  'revoke and release': async ({ authority }, name) => {
    await issue(authority, `held ${name}`)
    const { serial } = certificate(`held ${name}`)
    await authority.revoke(serial, { at: new Date(), reason: 'certificateHold' })
    await authority.unrevoke(serial)
  },
  'look for a new CRL': ({ authority }) => authority.latestCrl(),
  'a page of pending requests': ({ authority }) => authority.list({ status: 'pending', limit: 100 }),
  'a page of denied requests': ({ authority }) => authority.list({ status: 'denied', limit: 100 }),
  'a page of held certificates': ({ authority }) => authority.list({ status: 'held', limit: 100 }),
  'a page of one account': ({ authority }, name) => authority.list({ account: `account of ${name}`, limit: 100 }),
  'list a serial number': ({ authority }, name) => authority.list({ serial: certificate(name).serial, limit: 100 }),
  'an exchange': async ({ exchanges, openTokens }, name) => {
    const exchange = {
      ...{ context: name, principal: `account of ${name}`, uidp: 'uidp', expires: soon() },
      ...{ counts: [1], secrets: [new Uint8Array(64)] },
    }
    await openTokens.open(
      { id: name, key: name, account: name, count: 1, since: Date.now(), expires: Date.now() + HOUR },
      limits,
    )
    await exchanges.insert(exchange)
    const found = await exchanges.find(name)
    if (found === undefined) throw new Error('the exchange is not there')
    await openTokens.answer(name)
    await exchanges.answer({ context: name, id: found.id }, { digest: octets(name), octets: octets(name) })
    await openTokens.close(name)
  },
  'a presentation': ({ presentations }, name) => presentations.insert([octets(`seen ${name}`)], soon()),
  'a challenge': async ({ nonces }, name) => {
    await nonces.add(name, octets(name), soon())
    await nonces.take(name)
  },
  'a login': async ({ logins }, name) => {
    await logins.begin(`account:${name}`)
    await logins.succeeded(`account:${name}`)
  },
}
