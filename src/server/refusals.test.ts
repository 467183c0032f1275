import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SoapClient } from '../soap/client.js'
import { SoapFault } from '../soap/envelope/fault.js'
import type { HttpResponse } from '../soap/http/http.js'
import { parseXml } from '../xml/parse.js'
import { WstepClient } from '../wstep/client/client.js'
import { generateKey } from '../pki/keys/keys.js'
import { initialize } from './deployment/init.js'
import { PATHS } from './deployment/paths.js'
import { httpsTransport } from './http/https-transport.js'
import { text } from './http/http.js'
import { createLog } from './observation/log.js'
import { startService, type Service } from './service.js'

const passwords = { alice: 'correct horse', bob: 'battery staple' }
const SOAP_PATHS = [PATHS.claimProvider, PATHS.securityTokenService, PATHS.relyingParty, PATHS.policyService]

let folder: string
let service: Service
let log = ''
const lines = () =>
  log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
/** Ends the request that keeps the service busy. */
let release: () => void = () => undefined

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'refusing-'))
  await initialize(folder, { passwords, environment: {} })
  const configuration = path.join(folder, 'uprove.yaml')
  // Requests of these tests come from any address that they name.
  const yaml = readFileSync(configuration, 'utf8')
    .replace('workers: auto', 'workers: 0\ntrustedProxies: [127.0.0.1]')
    .replace('inFlight: 64', 'inFlight: 1')
    .replace('requestsPerSecond: 50', 'requestsPerSecond: 1\n  failuresPerAddress: 2')
    .replace('failuresBeforeLockout: 10', 'failuresBeforeLockout: 2')
  expect(yaml).toMatch(/Lockout: 2[^]*requestsPerSecond: 1\n.*Address: 2[^]*trusted[^]*inFlight: 1,/)
  writeFileSync(configuration, yaml)
  service = await startService(folder, {
    ...{ listen: { address: '127.0.0.1', port: 0 }, adminListen: null, certificateListen: null },
    ...{ publicationListen: null, environment: {} },
    log: createLog('info', { write: (line: string) => void (log += line) }),
    routes: [
      {
        ...{ name: 'held', method: 'GET', path: '/held' },
        handle: () => new Promise((resolve) => (release = () => resolve(text(200, 'released')))),
      },
    ],
  })
}, 120_000)
afterAll(async () => {
  await service.close(0)
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  log = ''
})

/** Asks as a client at an address. Keeps the last answer. */
let last: HttpResponse
const from =
  (address: string): ReturnType<typeof httpsTransport> =>
  async (url, request, options) => {
    const ca = readFileSync(path.join(folder, 'keys/authority.crt'), 'utf8')
    const headers = { ...request.headers, 'x-forwarded-for': address }
    return (last = await httpsTransport({ ca })(url, { ...request, headers }, options))
  }
const at = (target: string): string => `https://localhost:${String(service.port)}${target}`
const ask = (address: string, target: string, method: 'GET' | 'POST' = 'GET', headers: Record<string, string> = {}) =>
  from(address)(new URL(at(target)), { method, headers, body: new Uint8Array(0) }, { maxBytes: 1 << 20 })
const enroll = async (address: string, password: string = passwords.alice, username = 'alice') =>
  new WstepClient({
    ...{
      url: at(PATHS.securityTokenService),
      transport: from(address),
      credentials: { username, password },
      patience: 0,
    },
  }).enroll({ key: await generateKey('ECDSA-P256'), subject: 'CN=x', templateName: 'User' })
const calling = (address: string, target: string) =>
  new SoapClient({ transport: from(address), patience: 0 }).call({
    ...{ url: at(target), action: 'urn:a', replyAction: 'urn:b', body: parseXml('<a xmlns="urn:a"/>') },
  })

/** What every line of a refused request says. */
const FACTS = {
  id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
  route: expect.any(String) as string,
  class: expect.any(String) as string,
  code: expect.stringMatching(/^[a-z-]+\/[\w-]+$/) as string,
}

describe('a refusal for now has a SOAP fault inside, on every SOAP route', () => {
  it('503, of a service that is busy', async () => {
    const held = ask('192.0.2.1', '/held')
    await expect.poll(async () => (await ask('192.0.2.2', PATHS.revoked)).status).toBe(503)
    for (const target of SOAP_PATHS) {
      await expect(calling('192.0.2.3', target)).rejects.toBeInstanceOf(SoapFault)
      expect(last).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
      expect(last.headers['content-type']).toMatch(/^application\/soap\+xml/)
    }
    release()
    expect((await held).status).toBe(200)
    const answered = lines().filter(({ status }) => status === 503)
    expect(answered.length).toBeGreaterThan(SOAP_PATHS.length)
    for (const line of answered) expect(line).toMatchObject({ ...FACTS, msg: 'answered', code: 'limit/in-flight' })
  })

  it('429, of an address that asks too often', async () => {
    const address = '192.0.2.4'
    while ((await ask(address, PATHS.revoked)).status === 200);
    for (const target of SOAP_PATHS) {
      await expect(calling(address, target)).rejects.toBeInstanceOf(SoapFault)
      expect(last).toMatchObject({ status: 429, headers: { 'retry-after': expect.stringMatching(/^\d+$/) as string } })
    }
    for (const line of lines().filter(({ status }) => status === 429)) {
      expect(line).toMatchObject({ ...FACTS, code: 'limit/rate', class: 'none', from: address })
    }
    expect(lines()).toContainEqual(
      expect.objectContaining({ ...FACTS, msg: 'refused', code: 'limit/rate', from: address }),
    )
  })

  it('429, of an account that asks too often from many addresses; in JSON too', async () => {
    const refused = async (): Promise<unknown> => {
      for (let i = 1; i < 20; i++) {
        try {
          await enroll(`198.51.100.${String(i)}`)
        } catch (error) {
          return error
        }
      }
      return undefined
    }
    expect(await refused()).toBeInstanceOf(SoapFault)
    expect(last).toMatchObject({ status: 429, headers: { 'retry-after': expect.any(String) as string } })
    const facts = { ...FACTS, account: 'alice', class: 'device-issuers', code: 'limit/account' }
    expect(lines()).toContainEqual(expect.objectContaining({ ...facts, msg: 'refused', route: 'wstep' }))
    const authorization = `Basic ${Buffer.from(`alice:${passwords.alice}`).toString('base64')}`
    const json = { authorization, 'content-type': 'application/json' }
    expect(await ask('198.51.100.99', `${PATHS.jsonFramework}/issue`, 'POST', json)).toMatchObject({
      ...{ status: 429, headers: { 'retry-after': expect.any(String) as string } },
    })
  })
})

describe('the log', () => {
  it('has the account and the address of a lock', async () => {
    const attempt = (address: string, name: string) => expect(enroll(address, 'wrong', name)).rejects.toThrow(SoapFault)
    await attempt('203.0.113.1', 'bob')
    await attempt('203.0.113.2', 'bob')
    await attempt('203.0.113.3', 'bob')
    const account = { ...FACTS, security: 'lockout', code: 'authentication/locked-account', account: 'bob' }
    expect(lines()).toContainEqual(expect.objectContaining({ ...account, from: '203.0.113.3' }))
    for (const name of ['x', 'y', 'alice']) await attempt('203.0.113.4', name)
    const address = { ...FACTS, security: 'lockout', code: 'authentication/locked-address', from: '203.0.113.4' }
    expect(lines()).toContainEqual(expect.objectContaining({ ...address, account: 'alice' }))
  }, 30_000)

  it('has request, route, account class and code of every request that is refused', async () => {
    await ask('192.0.2.10', '/nowhere')
    await ask('192.0.2.10', '/held', 'POST')
    await ask('192.0.2.11', PATHS.claimProvider, 'POST')
    await ask('192.0.2.11', `${PATHS.relyingParty}/verify`, 'POST')
    await ask('192.0.2.12', `${PATHS.jsonFramework}/issue`, 'POST')
    await ask('192.0.2.12', `${PATHS.jsonFramework}/claims`)
    await ask('192.0.2.13', `${PATHS.issuerParameters}/2`)
    const answered = lines().filter(({ msg }) => msg === 'answered')
    expect(answered).toHaveLength(7)
    for (const line of lines()) expect(line, JSON.stringify(line)).toMatchObject(FACTS)
    expect(answered[0]).toMatchObject({ code: 'http/404', route: 'none' })
  })
})

describe('a reload that fails', () => {
  it.each([
    ['users.yaml', 'users: { alice: { subject: CN=x, password: plain } }'],
    ['keys/tls.crt', 'nothing'],
    ['issuer-parameters.xml', '<x'],
  ])(
    'because of %s is logged, and everything stays as it was',
    async (name, contents) => {
      const file = path.join(folder, name)
      const users = path.join(folder, 'users.yaml')
      const before = readFileSync(file, 'utf8')
      const oldUsers = readFileSync(users, 'utf8')
      // Were the users read, Bob would be unknown.
      if (file !== users) writeFileSync(users, oldUsers.replace(/^ {2}bob:/m, '  robert:'))
      writeFileSync(file, contents)
      try {
        await expect(service.reload()).rejects.toMatchObject({ code: 'server/configuration' })
        expect(lines()).toContainEqual(
          expect.objectContaining({
            ...{ level: 'error', msg: 'failed to reload; the old users and TLS certificate stay in use' },
            error: expect.objectContaining({ code: 'server/configuration' }) as object,
          }),
        )
        log = ''
        await expect(enroll('192.0.2.20', 'wrong', 'bob')).rejects.toThrow(SoapFault)
        expect(lines()).toContainEqual(expect.objectContaining({ msg: 'refused', account: 'bob' }))
      } finally {
        writeFileSync(file, before)
        writeFileSync(users, oldUsers)
      }
    },
    30_000,
  )
})
