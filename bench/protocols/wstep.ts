import { known } from '../../bindings/octets/lists.js'
import { type Engine } from '../../bindings/engine/engine.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { createAuthority, createRoot, MemoryAuthorityStore } from '../../src/pki/ca/index.js'
import { DsaKey } from '../../src/pki/keys/dsa.js'
import { generateKey, signatureVerifier } from '../../src/pki/keys/keys.js'
import { parseName } from '../../src/pki/x509/name.js'
import type { SigningKey } from '../../src/pki/keys/signing.js'
import { directTransport } from '../../src/soap/http/transport.js'
import type { TransportCredentials } from '../../src/authentication/authentication.js'
import { WstepClient } from '../../src/wstep/client/client.js'
import { SecurityTokenService } from '../../src/wstep/security-token-service.js'
import { environment } from '../program/environment.js'
import { numberOf, runProgram, toJson, writeResults } from '../program/program.js'
import { table } from '../program/figures.js'
import { percentile } from '../timing/statistics.js'
import { createEngine } from '../../bindings/loading/create-engine.js'

const usage = `npm run bench:wstep -- [OPTION...]

Measures enrolments over WSTEP from end to end in one process: client, SOAP, Security Token Service, authority, with keys and
signatures of three kinds. Writes bench/results/wstep.json and wstep.md; bench/README.md says how.

  --seconds N    how long each is measured (default 3)
  --help         this text`

const DAY = 86_400_000
/** Requests at once, where throughput is measured: enough to keep what works in other threads busy. */
const AT_ONCE = 16

type KeyKind = 'ECDSA P-256' | 'RSA 2048' | 'DSA 2048, wasm'

function newKey(kind: KeyKind, engine: Engine): Promise<SigningKey> {
  if (kind === 'DSA 2048, wasm') return Promise.resolve(DsaKey.generate(engine.subgroup(L2048N256)))
  return generateKey(kind === 'RSA 2048' ? 'RSA-2048' : 'ECDSA-P256')
}

/** A service with an authority of its own, whose key and those of its clients are of one kind. */
async function createService(kind: KeyKind, engine: Engine): Promise<SecurityTokenService> {
  const key = await newKey(kind, engine)
  const verifier = signatureVerifier({ engine })
  const authority = await createAuthority({
    key,
    chain: [await createRoot({ key, subject: parseName('CN=Bench'), validity: 3650 * DAY })],
    profiles: [
      {
        name: 'User',
        validity: 30 * DAY,
        keyUsage: ['digitalSignature'],
        extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
        enrollers: 'everyone',
        approval: 'automatic',
        renewal: { window: 40 * DAY },
      },
    ],
    defaultProfile: 'User',
    store: new MemoryAuthorityStore(),
    verifier,
  })
  return new SecurityTokenService({
    authority,
    verifier,
    address: 'https://sts.example/wstep',
    // Hashing passwords is the host's, and slow on purpose.
    accounts: { verify: (username) => Promise.resolve(username) },
  })
}

/** Calls for so many seconds, some at once; the milliseconds that each took, and how many were done in a second. */
async function measure(
  call: () => Promise<unknown>,
  seconds: number,
  atOnce: number,
): Promise<{ times: Float64Array; perSecond: number }> {
  const times: number[] = []
  const begin = performance.now()
  const end = begin + 1000 * seconds
  const work = async (): Promise<void> => {
    for (let start = performance.now(); start < end; start = performance.now()) {
      await call()
      times.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return { times: Float64Array.from(times).sort(), perSecond: (1000 * times.length) / (performance.now() - begin) }
}

/** The operations by name; each can be called any number of times. */
async function operations(kind: KeyKind, engine: Engine): Promise<Record<string, () => Promise<unknown>>> {
  const sts = await createService(kind, engine)
  const handler = (request: Parameters<typeof sts.handle>[0], transport: TransportCredentials) =>
    sts.handle(request, transport)
  const url = 'https://sts.example/wstep'
  let last:
    { method: string; target: string; headers: Record<string, string | undefined>; body: Uint8Array } | undefined
  const client = new WstepClient({
    url,
    credentials: { username: 'alice', password: 'wonderland' },
    transport: directTransport((request, transport: TransportCredentials) => {
      last = { ...request, headers: { ...request.headers } }
      return handler(request, transport)
    }, {}),
  })
  const anonymous = new WstepClient({ url, transport: directTransport(handler, {}) })
  const [key, renewed] = [await newKey(kind, engine), await newKey(kind, engine)]
  const enroll = async () => {
    const enrollment = await client.enroll({ key, subject: 'CN=alice', templateName: 'User' })
    if (enrollment.status !== 'issued') throw new Error('not issued')
    return enrollment
  }
  const { certificate } = await enroll()
  const message = known(last)
  let renewals = 0
  return {
    enrol: enroll,
    'enrol, service alone': async () => {
      const { status } = await handler(message, {})
      if (status !== 200) throw new Error('refused')
    },
    renew: async () => {
      // No two are the same, or the second would get the answer of the first.
      const pairs = new Map([['n', String(renewals++)]])
      const enrollment = await anonymous.renew({ certificate, oldKey: key, newKey: renewed, pairs })
      if (enrollment.status !== 'issued') throw new Error('not issued')
    },
  }
}

async function measureAll(seconds: number): Promise<{ json: string; md: string }> {
  const where = environment()
  const engine = await createEngine()
  const results = []
  for (const kind of ['ECDSA P-256', 'RSA 2048', 'DSA 2048, wasm'] as const) {
    for (const [operation, call] of Object.entries(await operations(kind, engine))) {
      await measure(call, seconds / 10, 1)
      const { times } = await measure(call, seconds / 2, 1)
      const { perSecond } = await measure(call, seconds / 2, AT_ONCE)
      const milliseconds = (p: number): number => Math.round(100 * percentile(times, p)) / 100
      results.push({ kind, operation, perSecond: Math.round(perSecond), p50: milliseconds(50), p99: milliseconds(99) })
    }
  }
  const rows = results.map(({ kind, operation, perSecond, p50, p99 }) => {
    return [`${operation}, ${kind}`, String(perSecond), p50.toFixed(2), p99.toFixed(2)]
  })
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024)
  const header = ['operation', 'a second', 'p50, ms', 'p99, ms']
  const md = table('Enrolments over WSTEP', header, rows, `Peak memory of the process: ${peakMiB} MiB.`)
  const report = { date: new Date().toISOString(), environment: where, kernel: engine.kernel, peakMiB, results }
  return { json: toJson(report), md: `${md}\n` }
}

runProgram({
  usage,
  options: { seconds: { type: 'string', default: '3' } },
  async run(values) {
    const results = await measureAll(numberOf('seconds', values.seconds, 1))
    console.log(results.md)
    writeResults('wstep', results)
  },
})
