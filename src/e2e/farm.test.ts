import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { generateKey } from '../pki/keys/keys.js'
import { EXAMPLE_CLAIM_TYPES, initialize } from '../server/deployment/init.js'
import { hasPostgres, TestServer } from '../store/testing/postgres.js'
import type { ProfileParameters } from '../ws-trust/artefacts/issuer-parameters.js'
import { createPresentationToken } from '../ws-trust/presentation/present.js'
import { soapIssuance, validateOverSoap } from '../ws-trust/soap/soap-client.js'
import { heldTokens } from '../ws-trust/artefacts/held-tokens.js'
import { TokenClient } from '../ws-trust/issuance/token-client.js'
import { canonicalize } from '../xml/canonicalize.js'
import { parseXml } from '../xml/parse.js'
import type { XmlElement } from '../xml/tree.js'
import { DeploymentClients, PUBLIC_URL } from './testing/deployment-clients.js'
import { ServiceProcess } from './testing/service-process.js'

const passwords = { alice: 'correct horse', bob: 'battery staple' }
const OPEN_TOKENS = 6
/** Seconds. */
const PATIENCE = 2

describe.runIf(hasPostgres('the tests of a farm'))('a farm of two nodes on one PostgreSQL', async () => {
  const engine = await createEngine()
  let folder: string
  let server: TestServer
  let environment: { DATABASE_URL: string }
  let nodes: [ServiceProcess, ServiceProcess]
  let clients: DeploymentClients
  let parameters: ProfileParameters
  let client: TokenClient

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'farm-'))
    server = await TestServer.start()
    environment = { DATABASE_URL: await server.createDatabase() }
    await initialize(folder, { passwords, environment })
    const file = path.join(folder, 'uprove.yaml')
    const configuration = readFileSync(file, 'utf8')
      .replace(
        '  issuance: batch',
        `  issuance: batch\n  maxOpenTokens: ${String(OPEN_TOKENS)}\n  patience: ${String(PATIENCE)}s`,
      )
      .replace('workers: auto', 'workers: 1')
    writeFileSync(file, configuration)
    const start = () => ServiceProcess.start(folder, environment)
    nodes = await Promise.all([start(), start()])
    clients = new DeploymentClients(folder, passwords)
    parameters = await clients.parameters(engine)
    client = new TokenClient({ parameters })
  }, 180_000)

  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.kill('SIGTERM')))
    await server.stop()
    rmSync(folder, { recursive: true })
    engine.dispose()
  }, 60_000)

  const first = () => nodes[0]
  const second = () => nodes[1]

  it('answers each leg of an exchange wherever it comes', async () => {
    let count = 0
    const taken: number[] = []
    const next = () => {
      taken.push(count % 2)
      return nodes[count++ % 2]!
    }
    for (let i = 0; i < 2; i++) {
      const batches = await client.obtain({ claim: 4, ID: 1 }, soapIssuance(clients.claims(next, 'alice')))
      expect(heldTokens(batches)).toHaveLength(5)
      // The next exchange begins at the other node.
      count++
    }
    expect(taken).toEqual([0, 1, 1, 0])
  })

  it('gives one answer to a second message, and none to another, from every node', async () => {
    const exchange = client.begin({ claim: 2 })
    const response = exchange.respond(await soapIssuance(clients.claims(first, 'alice'))(exchange.request))
    const text = new TextDecoder().decode(canonicalize(response))
    const [one, two] = await Promise.all(
      [first, second].map(async (node) => soapIssuance(clients.claims(node, 'alice'))(parseXml(text))),
    )
    const octets = (answer: typeof one): string => new TextDecoder().decode(canonicalize(answer as never))
    expect(octets(one)).toBe(octets(two))
    // Another number instead of the first.
    const other = text.replace(
      /([A-Za-z0-9+/])([A-Za-z0-9+/]{40}=)</,
      (_, digit, rest) => `${digit === 'A' ? 'B' : 'A'}${rest}<`,
    )
    expect(other).not.toBe(text)
    for (const node of [first, second]) {
      const refused = soapIssuance(clients.claims(node, 'alice'))(parseXml(other))
      await expect(refused).rejects.toMatchObject({ faultCode: 'Sender' })
      // Nor can another account use the message.
      const stolen = soapIssuance(clients.claims(node, 'bob'))(parseXml(text))
      await expect(stolen).rejects.toMatchObject({ faultCode: 'Sender' })
    }
    expect(exchange.finish(two!)).toHaveLength(1)
  })

  it('has one queue of requests for certificates', async () => {
    const key = await generateKey('ECDSA-P256')
    const pending = await clients
      .enrolling(first, 'alice')
      .enroll({ subject: 'CN=x', key, templateName: 'DeviceIssuer' })
    if (pending.status !== 'pending') throw new Error('issued at once')
    expect(await clients.enrolling(second, 'alice').queryStatus(pending)).toMatchObject({ status: 'pending' })
    const listed = await clients.operate(second(), 'GET', '/authority/pending')
    expect(listed).toMatchObject([{ requestId: pending.requestId, account: 'alice' }])
    await clients.operate(second(), 'POST', `/authority/approve/${pending.requestId}`)
    const issued = await clients.enrolling(first, 'alice').queryStatus(pending)
    expect(issued).toMatchObject({ status: 'issued', requestId: pending.requestId })
    expect(await clients.enrolling(second, 'alice').queryStatus(pending)).toMatchObject({
      certificate: (issued as { certificate: Uint8Array }).certificate,
    })
    expect(await clients.operate(first(), 'GET', '/authority/pending')).toEqual([])
  })

  it('accepts a presentation once, wherever it comes', async () => {
    const batches = await client.obtain({ claim: 1, ID: 0 }, soapIssuance(clients.claims(first, 'alice')))
    const tokens = [{ token: heldTokens(batches)[0]!, parameters, disclose: [EXAMPLE_CLAIM_TYPES[1]!] }]
    const presentation = await createPresentationToken({ relyingParty: PUBLIC_URL, tokens })
    expect(await validateOverSoap(clients.presenting(first), presentation)).toEqual({ valid: true })
    for (const node of [second, first]) {
      const verdict = await validateOverSoap(clients.presenting(node), presentation)
      expect(verdict).toEqual({ valid: false, code: 'relying-party/replayed' })
    }
  })

  /** Begins an exchange for ID tokens, which share one gamma; returns its second message. */
  const begin = async (node: () => ServiceProcess, user: string, count: number) => {
    const exchange = client.begin({ ID: count })
    return exchange.respond(await soapIssuance(clients.claims(node, user))(exchange.request))
  }
  const answer = (node: () => ServiceProcess, user: string, message: XmlElement) =>
    soapIssuance(clients.claims(node, user))(message)

  it('counts open tokens over all nodes', async () => {
    const open = await begin(first, 'alice', OPEN_TOKENS - 2)
    const more = () => begin(second, 'bob', 3)
    await expect(more()).rejects.toMatchObject({ faultCode: 'Sender' })
    const others = await begin(second, 'bob', 2)
    // An answer from one node makes room at the other.
    await answer(second, 'alice', open)
    await answer(first, 'bob', others)
    expect(await answer(first, 'bob', await more())).toBeDefined()
  })

  it('bounds how long open exchanges of an account make others wait, at any node, even if it begins again and again', async () => {
    const abandoned = await begin(first, 'alice', OPEN_TOKENS)
    await expect(begin(second, 'bob', 1)).rejects.toMatchObject({ faultCode: 'Sender' })
    const stop = new AbortController()
    const flood = (async () => {
      while (!stop.signal.aborted) await begin(first, 'alice', 1).catch(() => undefined)
    })()
    const since = performance.now()
    await expect.poll(() => begin(second, 'bob', 1).catch(() => undefined), { timeout: 20_000 }).toBeDefined()
    expect(performance.now() - since).toBeLessThan(1_000 * (PATIENCE + 5))
    stop.abort()
    await flood
    await expect(answer(second, 'alice', abandoned)).rejects.toMatchObject({ faultCode: 'Sender' })
    const metrics = String(await clients.operate(first(), 'GET', '/metrics'))
    const [, open] = /^uprove_exchanges_open (\d+)$/m.exec(metrics) ?? []
    expect(Number(open)).toBeGreaterThan(0)
    expect(Number(open)).toBeLessThanOrEqual(2 * 64)
  }, 60_000)

  it('locks an account at all nodes for what it tries at each', async () => {
    const wrong = new DeploymentClients(folder, { bob: 'wrong' })
    // Neither node has cached this password.
    const right = new DeploymentClients(folder, { claire: passwords.bob })
    const users = path.join(folder, 'users.yaml')
    const copied = `${readFileSync(users, 'utf8')}\n`.replace(
      /^( +)bob:\n((?:\1 .*\n)+)/m,
      // With her own claims, because earlier tests left tokens with Bob's claims open.
      (all, indent: string, entry: string) => `${all}${indent}claire:\n${entry.replaceAll('Bob', 'Claire')}`,
    )
    writeFileSync(users, copied)
    const attempt = (who: DeploymentClients, node: () => ServiceProcess, user: string) =>
      soapIssuance(who.claims(node, user))(client.begin({ claim: 1 }).request)
    await Promise.all(nodes.map((node) => node.kill('SIGTERM')))
    nodes = (await Promise.all([0, 1].map(() => ServiceProcess.start(folder, environment)))) as typeof nodes
    for (let i = 0; i < 10; i++) {
      const node = i % 2 ? first : second
      await expect(attempt(wrong, node, 'bob')).rejects.toMatchObject({ faultCode: 'Sender' })
    }
    for (const node of [first, second]) {
      await expect(attempt(clients, node, 'bob')).rejects.toMatchObject({ faultCode: 'Sender' })
      // Other accounts at the same address can still log in.
      expect(await attempt(right, node, 'claire')).toBeDefined()
    }
  }, 90_000)
})
