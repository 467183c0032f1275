import { describe, expect, it } from 'vitest'
import { MemoryAuthorityStore } from '../../pki/ca/records/memory-store.js'
import {
  RECORD_STATUSES,
  type AuthorityStore,
  type Decision,
  type NewCertificate,
  type NewRequest,
  type RecordFilter,
  type StoredCrl,
} from '../../pki/ca/records/store.js'
import { parseName } from '../../pki/x509/name.js'
import { codeOf } from '../../ws-trust/testing/fixtures.js'

const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000)
const octets = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values)

const certificate = (
  serial: string,
  kind: NewCertificate['kind'] = 'end-entity',
  notAfter = 1_000,
): NewCertificate => ({
  serial,
  kind,
  der: octets(0x30, serial.length),
  notBefore: at(0),
  notAfter: at(notAfter),
})
const issued = (serial: string): Decision => ({ status: 'issued', certificate: certificate(serial) })
const denied: Decision = { status: 'denied', reason: 'denied-by-policy', errorCode: -2146877420 }
const plain: NewRequest = { der: octets(1, 2), account: 'alice', method: 'password', submittedAt: at(1) }
const full: NewRequest = {
  ...plain,
  method: 'renewal',
  submittedAt: at(2),
  idempotenceKey: 'same',
  renews: '0a',
  queryToken: 'token',
  content: {
    ...{ profile: 'User', publicKey: octets(3), subject: octets(0x30, 0), subjectAlternativeName: octets(4) },
    sid: 'S-1-5-21-1-2-3-1104',
  },
}
const withoutAlternative: NewRequest = {
  ...plain,
  content: { profile: 'User', publicKey: octets(3), subject: parseName('CN=Alice,O=Example') },
}
const crl = (number: number, revision: number): StoredCrl => {
  return { number, revision, der: octets(number), thisUpdate: at(revision), nextUpdate: at(revision + 1) }
}

const filters: RecordFilter[] = [
  { limit: 99 },
  { limit: 2 },
  { limit: 2, after: '2' },
  { limit: 99, after: '99' },
  ...RECORD_STATUSES.map((status) => ({ status, limit: 99 })),
  { account: 'alice', limit: 1 },
  { account: 'Alice', limit: 99 },
  { profile: 'user', limit: 99 },
  { profile: 'Use', limit: 99 },
  { serial: '03', limit: 99 },
  { serial: '3', limit: 99 },
  { subject: 'cn=alice', limit: 99 },
  { subject: 'CN=Al%', limit: 99 },
  { ends: { from: at(1_000), before: at(1_001) }, limit: 99 },
  { ends: { from: at(1_001), before: at(2_000) }, limit: 99 },
  { ends: { from: at(0), before: at(1_000) }, limit: 99 },
  { status: 'revoked', serial: '01', account: 'bob', limit: 99 },
]

/** What an authority does in its life. Each step is done on both stores, whose results must be equal. */
const life: ((store: AuthorityStore) => Promise<unknown>)[] = [
  (store) => store.latestCrl(),
  (store) => store.listRevoked(at(0)),
  (store) => store.exchangeCertificate(),
  (store) => store.insert(plain),
  (store) => store.insert(full),
  (store) => store.insert({ ...full, account: 'mallory' }, issued('99')),
  (store) => store.findByIdempotenceKey('same'),
  (store) => store.findByIdempotenceKey('other'),
  (store) => store.insert(withoutAlternative, issued('01')),
  (store) => store.insert(plain, denied),
  (store) => store.insert(plain, issued('02')),
  (store) => store.list({ status: 'pending', limit: 99 }),
  (store) => store.findRequest('3'),
  ...['0', '-1', '1.5', 'x', '99', '4294967295', '99999999999', '1e1', ' 1'].map(
    (id) => (store: AuthorityStore) => store.findRequest(id),
  ),
  (store) => store.decide('2', issued('03'), { at: at(5), event: 'issued', operator: 'olga' }),
  (store) => store.decide('2', denied, { at: at(6), event: 'denied', operator: 'otto' }),
  (store) => store.decide('1', denied, { at: at(6), event: 'denied' }),
  (store) => store.decide('99', denied, { at: at(6), event: 'denied' }),
  (store) => store.decide('x', denied, { at: at(6), event: 'denied' }),
  (store) => store.list({ status: 'pending', limit: 99 }),
  (store) => store.insertCertificate(certificate('ca', 'authority')),
  (store) => store.replaceExchangeCertificate(certificate('e1', 'exchange'), undefined),
  (store) => store.replaceExchangeCertificate(certificate('e2', 'exchange'), undefined),
  (store) => store.replaceExchangeCertificate(certificate('e3', 'exchange'), 'e1'),
  (store) => store.exchangeCertificate(),
  (store) => store.findCertificate('e2'),
  (store) => store.publishCrl(crl(1, 0), 1),
  (store) => store.publishCrl(crl(1, 0), undefined),
  (store) => store.publishCrl(crl(2, 0), undefined),
  (store) => store.publishCrl(crl(1, 0), 1),
  (store) => store.revoke('03', { at: at(7), reason: 'keyCompromise' }),
  (store) => store.revoke('03', { at: at(8), reason: 'superseded' }),
  (store) => store.revoke('none', { at: at(8), reason: 'superseded' }),
  (store) => store.latestCrl(),
  (store) => store.revoke('01', { at: at(7), reason: 'superseded' }),
  (store) => store.revoke('01', { at: at(8), reason: 'keyCompromise' }),
  (store) => store.revoke('01', { at: at(9), reason: 'superseded' }),
  (store) => store.latestCrl(),
  (store) => store.unrevoke('01'),
  (store) => store.unrevoke('none'),
  (store) => store.revoke('02', { at: at(7), reason: 'certificateHold' }),
  (store) => store.revoke('02', { at: at(8), reason: 'certificateHold' }),
  (store) => store.list({ status: 'held', limit: 9 }),
  (store) => store.latestCrl(),
  (store) => store.unrevoke('02'),
  (store) => store.unrevoke('02'),
  (store) => store.latestCrl(),
  (store) => store.revoke('02', { at: at(8), reason: 'certificateHold' }),
  (store) => store.revoke('02', { at: at(9), reason: 'superseded' }),
  (store) => store.revoke('02', { at: at(9), reason: 'certificateHold' }),
  (store) => store.unrevoke('02'),
  (store) => store.latestCrl(),
  ...filters.map((filter) => (store: AuthorityStore) => store.list(filter)),
  (store) => store.insertCertificate({ ...certificate('f1'), keyFingerprint: 'f' }),
  (store) => store.insertCertificate({ ...certificate('f2'), keyFingerprint: 'g' }),
  (store) => store.findByKey('f'),
  (store) => store.findByKey('f', { compromised: true }),
  (store) => store.revoke('f1', { at: at(9), reason: 'keyCompromise' }),
  (store) => store.findByKey('f', { compromised: true }),
  (store) => store.findByKey('g', { compromised: true }),
  (store) => store.findRenewals('0a'),
  (store) => store.findRenewals('0b'),
  (store) => store.publishCrl(crl(1_700_000_000_000, 1), 1),
  (store) => store.publishCrl(crl(1_700_000_000_001, 0), 1_700_000_000_000),
  (store) => store.publishCrl(crl(1_700_000_000_001, 1), 1),
  (store) => store.findCrl(1_700_000_000_000),
  (store) => store.findCrl(1),
  (store) => store.latestCrl(),
  (store) => store.revoke('ca', { at: at(9), reason: 'cACompromise' }),
  (store) => store.listRevoked(at(1_000)),
  (store) => store.listRevoked(at(1_001)),
  (store) => store.insert(plain, issued('a1'), octets(5, 6)),
  (store) => store.insert({ ...full, idempotenceKey: 'archiving' }, undefined, octets(7)),
  (store) => store.insert({ ...full, idempotenceKey: 'archiving' }, undefined, octets(8)),
  (store) => store.insert(plain, issued('a4')),
  (store) => store.findByIdempotenceKey('archiving'),
  (store) => store.list({ status: 'pending', limit: 99 }),
  async (store) =>
    store.decide((await store.findByIdempotenceKey('archiving'))?.requestId ?? '', issued('a2'), {
      ...{ at: at(10), event: 'issued' },
    }),
  ...['a1', 'a2', 'a4', 'none'].map((serial) => (store: AuthorityStore) => store.findArchivedKey(serial)),
  (store) => store.findRequest('2'),
  (store) => store.findCertificate('03'),
  (store) => store.findCertificate('01'),
  (store) => store.findCertificate('ca'),
]

/** What every store of an authority must do. `open` gives an empty one, through two nodes. */
export function testAuthorityStore(open: () => Promise<[AuthorityStore, AuthorityStore]>): void {
  describe('the records of an authority', () => {
    it('are those that an authority in memory has', async () => {
      const [store] = await open()
      const memory = new MemoryAuthorityStore()
      for (const step of life) {
        const [expected, found] = [await step(memory), await step(store)]
        expect(found, step.toString()).toEqual(expected)
      }
    })

    it('hold nothing of a request whose certificate has a serial number in use', async () => {
      const [store] = await open()
      const first = await store.insert(plain, issued('01'))
      expect(await codeOf(() => store.insert(full, issued('01')))).toBe('ca/serial-in-use')
      expect(await store.findByIdempotenceKey('same')).toBeUndefined()
      const { requestId } = await store.insert(full)
      const event = { at: at(5), event: 'issued' } as const
      expect(await codeOf(() => store.decide(requestId, issued('01'), event))).toBe('ca/serial-in-use')
      expect((await store.findRequest(requestId))?.outcome.status).toBe('pending')
      expect(await codeOf(() => store.insertCertificate(certificate('01')))).toBe('ca/serial-in-use')
      expect(await codeOf(() => store.replaceExchangeCertificate(certificate('01'), undefined))).toBe(
        'ca/serial-in-use',
      )
      expect(await store.exchangeCertificate()).toBeUndefined()
      expect(await store.findRequest(first.requestId)).toEqual(first)
    })

    it('say one thing to nodes that race', async () => {
      const [one, two] = await open()
      for (let round = 0; round < 20; round++) {
        const [a, b] = [`a${String(round)}`, `b${String(round)}`]
        const kept = await Promise.all([
          one.insert({ ...full, idempotenceKey: a }),
          two.insert({ ...full, idempotenceKey: a }),
        ])
        expect(kept[0]).toEqual(kept[1])
        const { requestId } = kept[0]
        const decided = await Promise.all([
          one.decide(requestId, issued(a), { at: at(5), event: 'issued' }),
          two.decide(requestId, issued(b), { at: at(5), event: 'issued' }),
        ])
        expect(decided[0]).toEqual(decided[1])
        const both = [await one.findCertificate(a), await one.findCertificate(b)]
        expect(both.filter((found) => found !== undefined)).toHaveLength(1)
        const { serial } = both[0] ?? both[1]!
        const revoked = await Promise.all([
          one.revoke(serial, { at: at(7), reason: 'cessationOfOperation' }),
          two.revoke(serial, { at: at(8), reason: 'superseded' }),
        ])
        expect(revoked[0]).toEqual(revoked[1])
        const { revision, crl: last } = await one.latestCrl()
        expect(revision).toBe(round + 1)
        const number = last?.number ?? 0
        const published = await Promise.all([
          one.publishCrl(crl(number + 1, revision), last?.number),
          two.publishCrl(crl(number + 2, revision), last?.number),
        ])
        expect(published.filter(Boolean)).toHaveLength(1)
      }
      const current = await Promise.all([
        one.replaceExchangeCertificate(certificate('e1', 'exchange'), undefined),
        two.replaceExchangeCertificate(certificate('e2', 'exchange'), undefined),
      ])
      expect(current[0]).toEqual(current[1])
    })
  })
}
