import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeStatus } from '../cli/command/failures.js'
import { generateKey } from '../pki/keys/keys.js'
import { initialize } from '../server/deployment/init.js'
import { PATHS } from '../server/deployment/paths.js'
import { httpsTransport } from '../server/http/https-transport.js'
import { createLog } from '../server/observation/log.js'
import { startService, type Service } from '../server/service.js'
import { SoapFault } from '../soap/envelope/fault.js'
import { WSA } from '../soap/envelope/names.js'
import type { HttpResponse } from '../soap/http/http.js'
import { hasPostgres, TestServer } from '../store/testing/postgres.js'
import { WstepClient } from '../wstep/client/client.js'

const passwords = { alice: 'correct horse', bob: 'battery staple' }

describe.runIf(hasPostgres('the tests of an outage'))('while its database is gone', () => {
  let folder: string
  let server: TestServer
  let service: Service
  let log = ''
  const answers: HttpResponse[] = []

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'outage-'))
    server = await TestServer.start()
    const environment = { DATABASE_URL: await server.createDatabase() }
    await initialize(folder, { passwords, environment })
    service = await startService(folder, {
      ...{ listen: { address: '127.0.0.1', port: 0 }, adminListen: null, certificateListen: null },
      ...{ publicationListen: null, environment },
      log: createLog('error', { write: (line: string) => void (log += line) }),
    })
  }, 180_000)
  afterAll(async () => {
    await service.close(0)
    await server.stop()
    rmSync(folder, { recursive: true })
  }, 60_000)

  const transport: ReturnType<typeof httpsTransport> = async (...request) => {
    const trusted = httpsTransport({ ca: readFileSync(path.join(folder, 'keys/authority.crt'), 'utf8') })
    const answer = await trusted(...request)
    answers.push(answer)
    return answer
  }
  const ask = (method: 'GET' | 'POST', target: string) =>
    transport(
      new URL(`https://localhost:${String(service.port)}${target}`),
      { method, headers: {}, body: new Uint8Array(0) },
      { maxBytes: 1 << 20 },
    )
  const enroll = async () => {
    const client = new WstepClient({
      url: `https://localhost:${String(service.port)}${PATHS.securityTokenService}`,
      credentials: { username: 'alice', password: passwords.alice },
      patience: 0,
      transport,
    })
    return client.enroll({ key: await generateKey('ECDSA-P256'), subject: 'CN=alice', templateName: 'User' })
  }

  it('answers 503 with Retry-After on every route, SOAP ones with the fault inside, and goes on when it is back', async () => {
    expect((await enroll()).status).toBe('issued')
    await server.crash()
    answers.length = 0
    const fault = await enroll().catch((error: unknown) => error)
    expect(fault).toBeInstanceOf(SoapFault)
    expect((fault as SoapFault).hasSubcode(WSA, 'EndpointUnavailable')).toBe(true)
    expect((fault as SoapFault).message).toBe('The database of the server is unavailable. Try again later.')
    await ask('POST', `${PATHS.relyingParty}/challenge`)
    await ask('GET', PATHS.revoked)
    expect(answers.map(({ status, headers }) => [status, headers['retry-after']])).toEqual([
      [503, '5'],
      [503, '5'],
      [503, '5'],
    ])
    expect(answers[0]?.headers['content-type']).toMatch(/^application\/soap\+xml/)
    for (const { status, body } of answers.slice(1)) {
      expect(JSON.parse(new TextDecoder().decode(body))).toMatchObject({ code: 'store/unavailable' })
      expect(describeStatus(status, body)).toMatch(/^the database of the server is unavailable/)
    }
    expect((await ask('GET', '/readyz')).status).toBe(503)
    expect((await ask('GET', '/healthz')).status).toBe(200)
    expect(log).toMatch(/"code":"store\/(port|unavailable)"/)

    await server.begin()
    expect((await enroll()).status).toBe('issued')
    expect((await ask('GET', PATHS.revoked)).status).toBe(200)
  }, 120_000)
})
