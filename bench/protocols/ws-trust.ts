import { XMLParser } from 'fast-xml-parser'
import { type Engine } from '../../bindings/engine/engine.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { issuanceBackend } from '../../src/ws-trust/issuance/backend.js'
import { ClaimProvider, countsUpTo } from '../../src/ws-trust/issuance/claim-provider.js'
import { createIssuer, type ProfileIssuer } from '../../src/ws-trust/artefacts/issuer-parameters.js'
import {
  readFirstResponse,
  readSecondResponse,
  readThirdResponse,
  writeFirstResponse,
  writeSecondResponse,
  writeThirdResponse,
} from '../../src/ws-trust/issuance/messages.js'
import { TokenClient } from '../../src/ws-trust/issuance/token-client.js'
import { canonicalize } from '../../src/xml/canonicalize.js'
import { parseXml } from '../../src/xml/parse.js'
import type { XmlElement } from '../../src/xml/tree.js'
import { environment } from '../program/environment.js'
import { numberOf, runProgram, toJson, writeResults } from '../program/program.js'
import { table } from '../program/figures.js'
import { percentile } from '../timing/statistics.js'
import { createEngine } from '../../bindings/loading/create-engine.js'

const usage = `npm run bench:ws-trust -- [OPTION...]

Measures in processor time what the XML of an exchange over WS-Trust costs beside its cryptography: building, canonicalising, parsing and
reading its messages, on each side, for batches of 200, 1,000 and 5,000 claim tokens; and how long the longest message takes to parse and read.
Writes bench/results/ws-trust.json and ws-trust.md; bench/README.md says how.

  --rounds N    exchanges of each size (default 3)
  --help        this text`

const batches = [200, 1000, 5000]
const claimTypes = ['email', 'givenname', 'surname', 'gender', 'age'].map((name) => `urn:example:claims:${name}`)

const sides = ['provider', 'client', 'both'] as const

/** Milliseconds of processor time of one exchange: on each side the XML, and all of it. */
type Exchange = Readonly<Record<(typeof sides)[number], { readonly xml: number; readonly total: number }>>

/** Processor times that add up under a name, so that other processes do not count. */
class Stopwatch {
  readonly times: Record<'provider' | 'client' | 'providerXml' | 'clientXml', number> = {
    provider: 0,
    client: 0,
    providerXml: 0,
    clientXml: 0,
  }

  async run<T>(name: keyof Stopwatch['times'], action: () => T | Promise<T>): Promise<T> {
    const start = process.cpuUsage()
    const result = await action()
    const { user, system } = process.cpuUsage(start)
    this.times[name] += (user + system) / 1000
    return result
  }
}

/** A whole exchange, its messages carried as octets. What builds and reads messages is timed again by itself. */
async function measureExchange(issuer: ProfileIssuer, count: number): Promise<Exchange> {
  const classes = { claim: { byDefault: 0, atMost: count }, ID: { byDefault: 0, atMost: 0 } }
  const provider = new ClaimProvider({
    issuer,
    claims: () => claimTypes.map((_, i) => `value ${i}`),
    counts: countsUpTo(classes),
    backend: issuanceBackend(issuer.issuer),
  })
  const client = new TokenClient({ parameters: issuer.parameters })
  const user = { id: 'user' }
  const watch = new Stopwatch()
  /** The cost of a message for its sender and its receiver. */
  const carry = async (element: XmlElement, from: 'provider' | 'client', to: 'provider' | 'client') => {
    const octets = await watch.run(`${from}Xml`, () => canonicalize(element))
    return watch.run(`${to}Xml`, () => parseXml(octets))
  }
  const exchange = client.begin({ claim: count })
  const request = await carry(exchange.request, 'client', 'provider')
  const first = await carry(await watch.run('provider', () => provider.request(user, request)), 'provider', 'client')
  const second = await carry(await watch.run('client', () => exchange.respond(first)), 'client', 'provider')
  const third = await carry(await watch.run('provider', () => provider.respond(user, second)), 'provider', 'client')
  await watch.run('client', () => exchange.finish(third))

  const { provider: inProvider, client: inClient, providerXml: providerCarried, clientXml: clientCarried } = watch.times
  const again = async <T>(read: (input: XmlElement) => T, write: (value: T) => XmlElement, message: XmlElement) => {
    const isProviders = message !== second
    const value = await watch.run(isProviders ? 'clientXml' : 'providerXml', () => read(message))
    return watch.run(isProviders ? 'providerXml' : 'clientXml', () => write(value))
  }
  await again(readFirstResponse, writeFirstResponse, first)
  await again(readSecondResponse, writeSecondResponse, second)
  const answer = await again(readThirdResponse, writeThirdResponse, third)
  // The Claim Provider canonicalises its answer once more, to keep it.
  await watch.run('providerXml', () => canonicalize(answer))
  const ofProvider = { xml: watch.times.providerXml, total: inProvider + providerCarried }
  const ofClient = { xml: watch.times.clientXml, total: inClient + clientCarried }
  const both = { xml: ofProvider.xml + ofClient.xml, total: ofProvider.total + ofClient.total }
  return { provider: ofProvider, client: ofClient, both }
}

/** Microseconds a token (10th percentile) of parsing and reading a first response, which has most octets; a peer parses it only. */
async function measureReading(
  issuer: ProfileIssuer,
): Promise<Readonly<Record<'parse' | 'read' | 'fast-xml-parser', number>>> {
  const count = 1000
  const provider = new ClaimProvider({
    issuer,
    claims: () => claimTypes.map((_, i) => `value ${i}`),
    counts: countsUpTo({ claim: { byDefault: 0, atMost: count }, ID: { byDefault: 0, atMost: 0 } }),
    backend: issuanceBackend(issuer.issuer),
  })
  const { request } = new TokenClient({ parameters: issuer.parameters }).begin({ claim: count })
  const octets = canonicalize(await provider.request({ id: 'user' }, request))
  const text = new TextDecoder().decode(octets)
  const peer = new XMLParser({ ignoreAttributes: false })
  const parsed = parseXml(octets)
  const actions = {
    parse: () => parseXml(octets),
    read: () => readFirstResponse(parsed),
    'fast-xml-parser': () => peer.parse(text) as unknown,
  }
  const times = { parse: [], read: [], 'fast-xml-parser': [] } as Record<keyof typeof actions, number[]>
  for (let round = 0; round < 100; round++) {
    for (const name of ['parse', 'read', 'fast-xml-parser'] as const) {
      const start = performance.now()
      actions[name]()
      times[name].push(performance.now() - start)
    }
  }
  const of = (name: keyof typeof actions): number =>
    perToken(percentile(Float64Array.from(times[name]).sort(), 10), count)
  return { parse: of('parse'), read: of('read'), 'fast-xml-parser': of('fast-xml-parser') }
}

function createBenchIssuer(engine: Engine): ProfileIssuer {
  return createIssuer(engine.subgroup(L2048N256), {
    uidp: 'urn:example:parameters',
    issuer: 'urn:example:issuer',
    notBefore: new Date(Date.now() - 1000),
    notOnOrAfter: new Date(Date.now() + 365 * 86_400_000),
    claimTypes,
    recommended: L2048N256,
  })
}

/** Microseconds a token. */
const perToken = (milliseconds: number, count: number): number => Math.round((1e4 * milliseconds) / count) / 10

async function measureAll(rounds: number): Promise<{ json: string; md: string }> {
  const where = environment()
  const engine = await createEngine()
  const issuer = createBenchIssuer(engine)
  await measureExchange(issuer, 100)
  const results = []
  for (const count of batches) {
    const exchanges: Exchange[] = []
    for (let round = 0; round < rounds; round++) exchanges.push(await measureExchange(issuer, count))
    for (const side of sides) {
      const medianOf = (value: (exchange: Exchange) => number): number =>
        percentile(Float64Array.from(exchanges.map(value)).sort(), 50)
      const xml = medianOf((exchange) => exchange[side].xml)
      const cryptography = medianOf((exchange) => exchange[side].total - exchange[side].xml)
      const share = medianOf((exchange) => exchange[side].xml / (exchange[side].total - exchange[side].xml))
      results.push({
        count,
        side,
        xmlMicroseconds: perToken(xml, count),
        cryptographyMicroseconds: perToken(cryptography, count),
        share: Math.round(1000 * share) / 1000,
      })
    }
  }
  const reading = await measureReading(issuer)
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024)
  const rows = results.map(({ count, side, xmlMicroseconds, cryptographyMicroseconds, share }) => [
    `${side}, ${count}`,
    String(xmlMicroseconds),
    String(cryptographyMicroseconds),
    `${(100 * share).toFixed(1)} %`,
  ])
  const header = ['side and tokens', 'XML, us a token', 'cryptography, us a token', 'XML to cryptography']
  const md = table('Exchanges over WS-Trust', header, rows, `Peak memory of the process: ${peakMiB} MiB.`)
  const readingRows = Object.entries(reading).map(([name, microseconds]) => [name, String(microseconds)])
  const title = 'A first response of 1,000 tokens'
  const note = 'Parsing and reading; fast-xml-parser parses it to an object, without validation.'
  const readingMd = table(title, ['what', 'us a token'], readingRows, note)
  const report = {
    date: new Date().toISOString(),
    environment: where,
    kernel: engine.kernel,
    peakMiB,
    results,
    reading,
  }
  return { json: toJson(report), md: `${md}\n\n${readingMd}\n` }
}

runProgram({
  usage,
  options: { rounds: { type: 'string', default: '3' } },
  async run(values) {
    const results = await measureAll(numberOf('rounds', values.rounds, 1))
    console.log(results.md)
    writeResults('ws-trust', results)
  },
})
