import { describe, expect, it, vi } from 'vitest'
import type { StatusQuery } from '../authority.js'
import { parseCertificate } from '../x509/certificate.js'
import { readResponse } from '../requests/cmc-response.js'
import { generateKey } from '../keys/keys.js'
import { parseCrl } from '../x509/crl.js'
import { formatName } from '../x509/name.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import type { DecryptionKey } from '../archival/key-transport.js'
import { makeArchive } from '../testing/archival.js'
import { createAuthority } from './embedded-authority.js'
import { HRESULT } from './policy/denials.js'
import { serialText } from './issuing/sign-certificate.js'
import { MemoryAuthorityStore } from './records/memory-store.js'
import { REVOCATION_REASONS, type AuthorityStore } from './records/store.js'
import {
  alice,
  application,
  DAY,
  issued,
  mallory,
  renewal,
  run,
  testAuthority,
  USER,
  verifier,
  type TestAuthority,
} from './testing/authority.js'

const WAITING = { ...USER, name: 'Waiting', approval: 'operator' } as const
const profiles = [USER, WAITING]

const serial = (der: Octets): string => serialText(parseCertificate(der).serialNumber)
const waiting = () => application({ templateName: 'Waiting' })

async function pended({ authority }: TestAuthority) {
  const submission = await waiting()
  const disposition = await authority.submit(submission)
  if (disposition.status !== 'pending') throw new Error('not pending')
  return { ...disposition, key: submission.key }
}

describe('a request that waits', () => {
  it('is listed, and issued when an operator approves it', async () => {
    const at = await testAuthority({ profiles })
    const { requestId, response, key, ...rest } = await pended(at)
    expect(rest).toEqual({ status: 'pending' })
    const read = await readResponse(response!, { trust: { signers: at.authority.chain, verifier } })
    expect([read.status, read.statusString]).toEqual(['pending', 'Taken Under Submission'])
    expect(new TextDecoder().decode(read.pending!.token)).toBe(requestId)
    expect(await at.authority.pending()).toMatchObject([
      { requestId, account: 'alice', profile: 'Waiting', status: 'pending' },
    ])

    expect(await at.authority.query({ requestId, requester: alice })).toMatchObject({ status: 'pending', requestId })
    at.clock.time += DAY
    const certificate = issued(await at.authority.approve(requestId, 'olga'))
    expect(parseCertificate(certificate).publicKey).toEqual(key.publicKey)
    expect(issued(await at.authority.query({ requestId, requester: alice }))).toEqual(certificate)
    expect(await at.authority.pending()).toEqual([])
    const kept = await at.store.findRequest(requestId)
    expect(kept?.history).toEqual([
      { at: new Date(at.clock.time - DAY), event: 'submitted' },
      { at: new Date(at.clock.time), event: 'issued', operator: 'olga' },
    ])
    expect(issued(await at.authority.approve(requestId))).toEqual(certificate)
    await expect(at.authority.deny(requestId)).rejects.toMatchObject({ code: 'ca/decided' })
  })

  it('is denied when an operator denies it', async () => {
    const at = await testAuthority({ profiles })
    const { requestId } = await pended(at)
    const denied = { status: 'denied', reason: 'denied-by-operator', errorCode: HRESULT.CERTSRV_E_ADMIN_DENIED_REQUEST }
    const disposition = await at.authority.deny(requestId)
    expect(disposition).toMatchObject(denied)
    const read = await readResponse((disposition as { response: Octets }).response)
    expect(read.status).toBe('denied')
    expect(await at.authority.query({ requestId, requester: alice })).toMatchObject(denied)
    expect(await at.authority.deny(requestId)).toMatchObject(denied)
    await expect(at.authority.approve(requestId)).rejects.toMatchObject({ code: 'ca/decided' })
  })

  it('is decided once, whoever decides at once', async () => {
    const at = await testAuthority({ profiles })
    const { requestId } = await pended(at)
    const approvals = await Promise.all([1, 2, 3].map(() => at.authority.approve(requestId)))
    expect(new Set(approvals.map((disposition) => serial(issued(disposition)))).size).toBe(1)

    const other = (await pended(at)).requestId
    const results = await Promise.allSettled([at.authority.approve(other), at.authority.deny(other)])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('cannot be decided if it is unknown, or its profile gone', async () => {
    const at = await testAuthority({ profiles })
    const { requestId } = await pended(at)
    await expect(at.authority.approve('99')).rejects.toMatchObject({ code: 'ca/unknown-request' })
    await expect(at.authority.deny('99')).rejects.toMatchObject({ code: 'ca/unknown-request' })
    const { key, store, root } = at
    const later = await createAuthority({ key, store, chain: [root], verifier, profiles: [USER], clock: at.clock.now })
    await expect(later.approve(requestId)).rejects.toMatchObject({ code: 'ca/profile' })
    expect((await later.deny(requestId)).status).toBe('denied')
  })
})

describe('the status of a request', () => {
  it('is told to whom it belongs, and to nobody else', async () => {
    const at = await testAuthority({ profiles })
    const { requestId } = await pended(at)
    const query = (change: Partial<StatusQuery>) => at.authority.query({ requestId, ...change })
    const first = issued(await at.authority.submit(await application({ templateName: 'User' })))
    expect(await query({ requester: alice })).toBeDefined()
    expect(await query({ requester: { by: 'account', id: 'alice', method: 'tls' } })).toBeDefined()
    for (const wrong of [
      {},
      { requester: mallory },
      { requester: { by: 'account', id: 'Alice', method: 'password' } },
      { requester: { by: 'certificate', certificate: parseCertificate(first) } },
      { queryToken: '' },
      { queryToken: 'undefined' },
    ] as const) {
      expect(await query(wrong)).toBeUndefined()
    }
  })

  it('is told for decimal request ids only', async () => {
    const at = await testAuthority({ profiles })
    const { requestId } = await pended(at)
    const query = (id: string) => at.authority.query({ requestId: id, requester: alice })
    expect(await query(requestId)).toBeDefined()
    for (const id of [
      '',
      '\0',
      '2',
      '0',
      '01',
      '-1',
      '1.0',
      '1e0',
      '1\0',
      '1\n',
      ' 1',
      '4294967296',
      '99999999999',
      '1\0x',
    ]) {
      expect(await query(id)).toBeUndefined()
    }
  })

  it('of a pending renewal is told to whoever shows its token, or has the old key', async () => {
    const reviewed = { ...USER, renewal: { window: 30 * DAY, approval: 'operator' } } as const
    const at = await testAuthority({ profiles: [reviewed], defaultProfile: 'User' })
    const submission = await application()
    const certificate = issued(await at.authority.submit(submission))
    const ask = async () => {
      const disposition = await at.authority.submit(await renewal(certificate, submission.key))
      return disposition as { requestId: string; queryToken: string }
    }
    const [one, two] = [await ask(), await ask()]
    expect(one.queryToken).not.toBe(two.queryToken)
    const query = (change: Partial<StatusQuery>) => at.authority.query({ requestId: one.requestId, ...change })
    expect(await query({ queryToken: one.queryToken })).toMatchObject({ status: 'pending', queryToken: one.queryToken })
    expect(await query({ requester: { by: 'certificate', certificate: parseCertificate(certificate) } })).toBeDefined()
    expect(await query({ requester: alice })).toBeDefined()
    const flipped = one.queryToken.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
    for (const queryToken of [two.queryToken, flipped, '', one.queryToken.slice(1)]) {
      expect(await query({ queryToken })).toBeUndefined()
    }
    const foreign = issued(await at.authority.submit(await application({}, mallory)))
    expect(await query({ requester: { by: 'certificate', certificate: parseCertificate(foreign) } })).toBeUndefined()
    await at.authority.approve(one.requestId)
    expect((await query({ queryToken: one.queryToken }))?.status).toBe('issued')
  })

  it('says when the certificate was revoked', async () => {
    const at = await testAuthority()
    const { requestId, certificate } = (await at.authority.submit(await application())) as {
      requestId: string
      certificate: Octets
    }
    await at.authority.revoke(serial(certificate))
    expect(await at.authority.query({ requestId, requester: alice })).toMatchObject({
      ...{ status: 'denied', reason: 'revoked', errorCode: HRESULT.CRYPT_E_REVOKED, requestId },
    })
  })
})

describe('a revocation', () => {
  it('is answered with what is recorded, which may be an earlier one', async () => {
    const at = await testAuthority()
    const name = serial(issued(await at.authority.submit(await application())))
    const first = await at.authority.revoke(name, 'superseded')
    expect(first).toMatchObject({ serial: name, reason: 'superseded', related: [] })
    at.clock.time += DAY
    expect(await at.authority.revoke(name, 'cessationOfOperation')).toEqual(first)
    expect(await at.authority.revoke(`00${name.toUpperCase()}`, 'keyCompromise')).toMatchObject({
      ...{ serial: name, at: first.at, reason: 'keyCompromise' },
    })
  })

  it('can be withdrawn if it is a hold, and no other', async () => {
    const at = await testAuthority()
    const { requestId, certificate } = (await at.authority.submit(await application())) as {
      requestId: string
      certificate: Octets
    }
    const name = serial(certificate)
    const listed = async (): Promise<string> => {
      const crl = await at.authority.crl()
      return run({ crl: ['X509 CRL', crl] }, 'openssl', 'crl', '-in', 'crl', '-noout', '-text').output.toLowerCase()
    }
    const status = async () => (await at.authority.query({ requestId, requester: alice }))?.status
    await expect(at.authority.unrevoke(name)).rejects.toMatchObject({ code: 'ca/not-held' })
    await at.authority.revoke(name, 'certificateHold')
    expect(await listed()).toMatch(new RegExp(`${name}[^]*certificate hold`))
    expect(await status()).toBe('denied')

    await at.authority.unrevoke(name.toUpperCase())
    // A complete CRL omits it; it has no entry with removeFromCRL.
    expect(await listed()).toContain('no revoked certificates')
    expect(await status()).toBe('issued')

    await at.authority.revoke(name, 'certificateHold')
    expect(await at.authority.revoke(name, 'superseded')).toMatchObject({ reason: 'superseded' })
    await expect(at.authority.unrevoke(name)).rejects.toMatchObject({ code: 'ca/not-held' })
    expect(await listed()).toMatch(new RegExp(`${name}[^]*superseded`))
    await expect(at.authority.unrevoke('00ff')).rejects.toMatchObject({ code: 'ca/unknown-certificate' })
  })

  it('is not withdrawn if another operator makes it final at the same time', async () => {
    const at = await testAuthority()
    const name = serial(issued(await at.authority.submit(await application())))
    await at.authority.revoke(name, 'certificateHold')
    const find = at.store.findCertificate.bind(at.store)
    at.store.findCertificate = async (wanted) => {
      const found = await find(wanted)
      await at.store.revoke(wanted, { at: new Date(), reason: 'superseded' })
      return found
    }
    await expect(at.authority.unrevoke(name)).rejects.toMatchObject({ code: 'ca/not-held' })
    expect((await find(name))?.revocation?.reason).toBe('superseded')
  })
})

describe('the CRL', () => {
  it('is kept until something is revoked, or half of its time is over', async () => {
    const at = await testAuthority({ crlValidity: 4 * DAY })
    const certificates = await Promise.all(
      [1, 2].map(async () => issued(await at.authority.submit(await application()))),
    )
    const first = await at.authority.crl()
    at.clock.time += DAY
    expect(await at.authority.crl()).toBe(first)
    await at.authority.revoke(serial(certificates[0]!).toUpperCase())
    const second = await at.authority.crl()
    expect(second).not.toEqual(first)
    await at.authority.revoke(serial(certificates[0]!), 'superseded')
    expect(await at.authority.crl()).toBe(second)
    at.clock.time += 2 * DAY
    const third = await at.authority.crl()
    expect(third).not.toEqual(second)
    expect((await at.store.latestCrl()).crl).toMatchObject({ number: at.clock.time, revision: 1 })
    expect((await at.store.findCertificate(serial(certificates[0]!)))?.revocation?.reason).toBe('unspecified')
    await expect(at.authority.revoke('00ff')).rejects.toMatchObject({ code: 'ca/unknown-certificate' })
  })

  it('of several nodes has every number once, and everything that any of them revoked', async () => {
    const at = await testAuthority()
    const { key, store, root, clock } = at
    const options = { key, store, chain: [root], verifier, profiles: [USER], defaultProfile: 'User', clock: clock.now }
    const nodes = [at.authority, await createAuthority(options), await createAuthority(options)]
    const certificates = await Promise.all(
      Array.from({ length: 9 }, async (_, i) => issued(await nodes[i % 3]!.submit(await application()))),
    )
    await Promise.all(
      certificates.map(async (certificate, i) => {
        await nodes[i % 3]!.revoke(serial(certificate), 'superseded')
        await nodes[(i + 1) % 3]!.crl()
      }),
    )
    const last = await at.authority.crl()
    const { output } = run({ crl: ['X509 CRL', last] }, 'openssl', 'crl', '-in', 'crl', '-noout', '-text')
    for (const certificate of certificates) expect(output.toLowerCase()).toContain(serial(certificate))
  })

  it('has a greater number than every one before, though the store was restored or the clock put back', async () => {
    const at = await testAuthority()
    const { key, root, clock, store } = at
    const certificates = await Promise.all(
      [1, 2].map(async () => issued(await at.authority.submit(await application()))),
    )
    const numberIn = async (records: AuthorityStore): Promise<number> => (await records.latestCrl()).crl!.number
    const first = await at.authority.crl()
    const numbers = [await numberIn(store)]
    // A copy of the records as they are now.
    const copy = new MemoryAuthorityStore()
    for (const der of certificates) await copy.insertCertificate((await store.findCertificate(serial(der)))!)
    const { crl } = await store.latestCrl()
    await copy.publishCrl({ ...crl!, der: first }, undefined)

    clock.time -= 60_000
    for (const der of certificates) {
      await at.authority.revoke(serial(der))
      await at.authority.crl()
      numbers.push(await numberIn(store))
    }
    expect(numbers).toEqual([numbers[0], numbers[0]! + 1, numbers[0]! + 2])

    // The node starts on the copy; its CRL is still fresh, and of the same revision.
    clock.time += 120_000
    const options = { key, chain: [root], profiles: [USER], verifier, clock: clock.now }
    const restored = await createAuthority({ ...options, store: copy })
    const der = await restored.crl()
    expect(parseCrl(der).revoked.size).toBe(0)
    expect(await numberIn(copy)).toBe(clock.time)
    expect(clock.time).toBeGreaterThan(numbers[2]!)
    expect(await restored.crl()).toBe(der)
    // OpenSSL reads the number.
    const { output } = run({ crl: ['X509 CRL', der] }, 'openssl', 'crl', '-in', 'crl', '-noout', '-text')
    expect(output.replace(/\s+/g, ' ')).toMatch(
      new RegExp(`X509v3 CRL Number: (${String(clock.time)}|0x${clock.time.toString(16)}) `, 'i'),
    )
  })

  it('takes the place of one that a restore brought back while the node ran', async () => {
    const at = await testAuthority()
    const certificate = issued(await at.authority.submit(await application()))
    const old = await at.authority.crl()
    const { crl } = await at.store.latestCrl()
    await at.authority.revoke(serial(certificate))
    await at.authority.crl()
    const known = (await at.store.latestCrl()).crl!.number
    const published: number[] = []
    vi.spyOn(at.store, 'latestCrl').mockResolvedValue({ revision: 0, crl: crl! })
    vi.spyOn(at.store, 'findCrl').mockResolvedValue(old)
    vi.spyOn(at.store, 'publishCrl').mockImplementation((next, replaced) => {
      published.push(next.number)
      return Promise.resolve(replaced === crl!.number)
    })
    await at.authority.crl()
    expect(published).toEqual([known + 1])
  })

  it('of 70,000 certificates is written while other work goes on, once for all who ask, and OpenSSL verifies it', async () => {
    const at = await testAuthority()
    const revoked = Array.from({ length: 70_000 }, (_, i) => ({
      serial: `7f${i.toString(16).padStart(30, '0')}`,
      revocation: { at: new Date(at.clock.time + i * 1_000), reason: REVOCATION_REASONS[i % 9] ?? 'unspecified' },
    }))
    const lists = vi.spyOn(at.store, 'listRevoked').mockResolvedValue({ revision: 0, revoked })
    let turns = 0
    const timer = setInterval(() => turns++)
    const crls = await Promise.all([at.authority.crl(), at.authority.crl(), at.authority.crl()])
    clearInterval(timer)
    expect(turns).toBeGreaterThan(10)
    expect(lists).toHaveBeenCalledTimes(1)
    expect(new Set(crls).size).toBe(1)
    const { output, ok } = run(
      { crl: ['X509 CRL', crls[0]], root: ['CERTIFICATE', at.root] },
      ...(['openssl', 'crl', '-in', 'crl', '-noout', '-text', '-CAfile', 'root'] as const),
    )
    expect([ok, output.match(/verify OK/g)?.length, output.match(/Serial Number/g)?.length]).toEqual([true, 1, 70_000])
    expect(output.match(/Key Compromise/g)).toHaveLength(
      revoked.filter(({ revocation }) => revocation.reason === 'keyCompromise').length,
    )
  }, 60_000)

  it('is read with the reasons of its entries, and refused if one is malformed', async () => {
    const at = await testAuthority()
    const certificates = await Promise.all(
      [1, 2].map(async () => issued(await at.authority.submit(await application()))),
    )
    await at.authority.revoke(serial(certificates[0]!), 'aACompromise')
    await at.authority.revoke(serial(certificates[1]!))
    const der = await at.authority.crl()
    const { revoked, reasons } = parseCrl(der)
    const named = [...reasons].map(([number, reason]) => [number.replace(/^00/, ''), reason])
    expect([revoked.size, named]).toEqual([2, [[serial(certificates[0]!), 10]]])
    // An INTEGER in place of the ENUMERATED.
    const hex = Buffer.from(der).toString('hex')
    expect(hex.match(/04030a010a/g)).toHaveLength(1)
    const malformed = Uint8Array.from(Buffer.from(hex.replace('04030a010a', '040302010a'), 'hex'))
    expect(() => parseCrl(malformed)).toThrow(expect.objectContaining({ code: 'pki/structure' }) as Error)
  })

  it('knows of every revocation from before the call, though another call runs', async () => {
    const at = await testAuthority()
    const certificate = issued(await at.authority.submit(await application()))
    const before = at.authority.crl()
    await at.authority.revoke(serial(certificate))
    const after = at.authority.crl()
    await before
    // As INTEGERs, with a zero before a high bit.
    const listed = [...parseCrl(await after).revoked].map((number) => number.replace(/^00/, ''))
    expect(listed).toEqual([serial(certificate)])
  })

  it('has what ended once more, and then not any more', async () => {
    const at = await testAuthority({ crlValidity: 2 * DAY })
    const certificate = issued(await at.authority.submit(await application()))
    await at.authority.revoke(serial(certificate))
    const before = await at.authority.crl()
    at.clock.time += 40 * DAY
    const once = await at.authority.crl()
    at.clock.time += 2 * DAY
    const later = await at.authority.crl()
    const has = (crl: Octets) => Buffer.from(crl).toString('hex').includes(serial(certificate))
    expect([before, once, later].map(has)).toEqual([true, true, false])
  })
})

const archive = await makeArchive()
const archival = archive.options

describe('the exchange certificate', () => {
  it('is there where it was configured', async () => {
    const { authority } = await testAuthority()
    expect(await authority.exchangeCertificate()).toBeUndefined()
  })

  it('says what it is for, is kept, and replaced in time', async () => {
    const at = await testAuthority({ archival })
    const all = await Promise.all([1, 2, 3].map(() => at.authority.exchangeCertificate()))
    const first = all[0]!
    expect(all).toEqual([first, first, first])
    const certificate = parseCertificate(first)
    expect(formatName(certificate.subject)).toBe('CN=Fabrikam CA-Xchg')
    expect([...certificate.keyUsage!]).toEqual(['keyEncipherment'])
    expect(certificate.extensions.get('2.5.29.15')?.critical).toBe(true)
    expect(certificate.extendedKeyUsage).toEqual(['1.3.6.1.4.1.311.21.5'])
    expect(certificate.templateName).toBe('CAExchange')
    expect(Math.round((certificate.notAfter.getTime() - at.clock.time) / DAY)).toBe(7)
    at.clock.time += 4 * DAY
    expect(await at.authority.exchangeCertificate()).toEqual(first)
    at.clock.time += DAY
    const second = await at.authority.exchangeCertificate()
    expect(parseCertificate(second!).publicKey).toEqual(archive.exchange.publicKey)
    expect(second).not.toEqual(first)
    await at.authority.revoke(serial(second!))
    expect(await at.authority.exchangeCertificate()).not.toEqual(second)
    const files = { leaf: ['CERTIFICATE', first], root: ['CERTIFICATE', at.root] } as const
    const verified = run(files, 'openssl', 'verify', '-x509_strict', '-CAfile', 'root', 'leaf')
    expect(verified).toEqual({ output: 'leaf: OK\n', ok: true })
  })

  it('is for the first key, also where the last one was for another', async () => {
    const at = await testAuthority({ archival })
    const first = await at.authority.exchangeCertificate()
    const { options: next } = await makeArchive()
    const { store, key, root } = at
    const common = { key, chain: [root], store, verifier, profiles: [USER] }
    const renewed = await createAuthority({
      ...common,
      archival: { ...archival, keys: [next.keys[0], archival.keys[0]] },
    })
    const second = await renewed.exchangeCertificate()
    expect(second).not.toEqual(first)
    expect(parseCertificate(second!).publicKey).toEqual(next.keys[0].publicKey)
  })

  it('is not issued for a key that cannot encrypt with OAEP', async () => {
    const weak = await crypto.subtle.generateKey(
      { name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1) },
      true,
      ['encrypt', 'decrypt'],
    )
    const { publicKey } = await generateKey('ECDSA-P256')
    for (const key of [publicKey, new Uint8Array(await crypto.subtle.exportKey('spki', weak.publicKey))]) {
      const unfit: DecryptionKey = { ...itemAt(archival.keys, 0), publicKey: key }
      const options = { archival: { ...archival, keys: [unfit] as const } }
      await expect(testAuthority(options)).rejects.toMatchObject({ code: 'ca/exchange-key' })
    }
  })
})

it('a random source that gives zeros only is found out', async () => {
  const { authority } = await testAuthority({ random: { fill: (octets) => octets.fill(0) } })
  await expect(authority.submit(await application())).rejects.toMatchObject({ code: 'random/source-failed' })
})

it('a random source that repeats itself is found out, and no serial number is used twice', async () => {
  const { authority } = await testAuthority({ random: { fill: (octets) => octets.fill(7) } })
  expect((await authority.submit(await application())).status).toBe('issued')
  await expect(authority.submit(await application())).rejects.toMatchObject({ code: 'ca/serial-in-use' })
})
