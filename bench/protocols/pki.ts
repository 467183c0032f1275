import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { type Engine } from '../../bindings/engine/engine.js'
import { itemAt, known } from '../../bindings/octets/lists.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { L3072N256 } from '../../src/params/L3072N256.js'
import type { RecommendedSubgroup } from '../../src/params/recommended.js'
import { DsaKeys } from '../../src/pki/keys/dsa-keys.js'
import { DsaKey, DsaPublicKey } from '../../src/pki/keys/dsa.js'
import { generateKey, signatureVerifier, type KeyType } from '../../src/pki/keys/keys.js'
import { readPublicKey } from '../../src/pki/keys/public-key.js'
import { checkKeyStrength, isPrimeModulus } from '../../src/pki/keys/weak-keys.js'
import {
  createCertificationRequest,
  parseCertificationRequest,
  verifyCertificationRequest,
} from '../../src/pki/requests/pkcs10.js'
import type { SigningKey } from '../../src/pki/keys/signing.js'
import { environment, loadText } from '../program/environment.js'
import { numberOf, runProgram, toJson, writeResults } from '../program/program.js'
import { microseconds, table } from '../program/figures.js'
import { percentile } from '../timing/statistics.js'
import { createEngine } from '../../bindings/loading/create-engine.js'

const usage = `npm run bench:pki -- [OPTION...]

Measures DSA on the core beside the bigint backend and OpenSSL (node:crypto), PKCS#10 requests built and verified, and the
checks of keys that are to be certified.
Writes bench/results/pki.json and pki.md; bench/README.md says how.

  --rounds N    measurements of each (default 300)
  --help        this text`

/** Rounds that are not counted. */
const WARM_UP = 50

const message = new TextEncoder().encode('x'.repeat(1000))

/** Something that is measured: once, and how often in one measurement. */
interface Subject {
  readonly operation: string
  readonly label: string
  readonly times: number
  readonly run: () => unknown
}

interface Measured {
  readonly operation: string
  readonly label: string
  /** Microseconds of one run. */
  readonly p10: number
  readonly median: number
}

/**
 * All subjects in turn, round by round, so that what else the machine does hits all of them; in runs
 * that are short, since a long one would nearly always be interrupted by it.
 */
async function measure(subjects: readonly Subject[], rounds: number): Promise<Measured[]> {
  const samples = subjects.map(() => new Float64Array(rounds))
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const [i, { run, times }] of subjects.entries()) {
      const start = performance.now()
      for (let n = 0; n < times; n++) await run()
      if (round >= 0) itemAt(samples, i)[round] = (1000 * (performance.now() - start)) / times
    }
  }
  return subjects.map(({ operation, label }, i) => {
    const sorted = itemAt(samples, i).sort()
    return { operation, label, p10: percentile(sorted, 10), median: percentile(sorted, 50) }
  })
}

/** The same key on both backends and in OpenSSL. */
async function dsaSubjects(wasm: Engine, bigint: Engine, parameters: RecommendedSubgroup): Promise<Subject[]> {
  const group = wasm.subgroup(parameters)
  const x = group.scalars.random()
  const key = new DsaKey(group, x)
  const slowGroup = bigint.subgroup(parameters)
  const slow = new DsaKey(slowGroup, x, { allowVariableTime: true })
  const y = group.exponentiate(group.generator, x)
  const pkcs8 = Buffer.from(await key.exportPrivateKey())
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey)
  const signature = key.signNumbers(message)
  const der = await key.sign(message)
  const [ofWasm, ofBigint] = [wasm, bigint].map((engine) => new DsaKeys(engine).read(key.publicKey))
  const accept = (valid: boolean): void => {
    if (!valid) throw new Error('a signature is refused')
  }
  const { name } = parameters
  const of = (operation: string, label: string, run: () => unknown): Subject => {
    return { operation: `${name}: ${operation}`, label, times: 1, run }
  }
  return [
    of('sign', 'wasm', () => key.signNumbers(message)),
    of('sign', 'bigint', () => slow.signNumbers(message)),
    of('sign', 'OpenSSL', () => sign('sha256', message, privateKey)),
    of('verify, a new key', 'wasm', () => accept(new DsaPublicKey(group, y).verify(signature, message))),
    of('verify, a new key', 'bigint', () => accept(new DsaPublicKey(slowGroup, y).verify(signature, message))),
    of('verify', 'wasm', () => accept(known(ofWasm).verify(signature, message))),
    of('verify', 'bigint', () => accept(known(ofBigint).verify(signature, message))),
    of('verify', 'OpenSSL', () => accept(verify('sha256', message, publicKey, der))),
  ]
}

async function requestSubjects(engine: Engine): Promise<Subject[]> {
  const types: readonly KeyType[] = ['RSA-2048', 'ECDSA-P256']
  const keys: (readonly [string, SigningKey])[] = [['DSA L2048N256', DsaKey.generate(engine.subgroup(L2048N256))]]
  for (const type of types) keys.push([type, await generateKey(type)])
  const verifier = signatureVerifier({ engine })
  const subjects: Subject[] = []
  for (const [name, key] of keys) {
    const build = () => createCertificationRequest({ subject: 'CN=user,O=Example', key, templateName: 'User' })
    const { der } = await build()
    subjects.push(
      { operation: name, label: 'build', times: 1, run: build },
      {
        operation: name,
        label: 'parse',
        times: 10,
        run: () => parseCertificationRequest(der),
      },
      {
        operation: name,
        label: 'parse and verify',
        times: 1,
        run: () => verifyCertificationRequest(parseCertificationRequest(der), verifier),
      },
    )
  }
  return subjects
}

/** The checks of keys that are to be certified. Strangers choose the size, up to what is certified by default and beyond. */
async function keySubjects(engine: Engine): Promise<Subject[]> {
  const subjects: Subject[] = []
  const power = engine.powerVartime.bind(engine)
  for (const bits of [2048, 3072, 4096, 8192]) {
    // Two primes of OpenSSL: nothing is wrong with the key, so every check runs to its end.
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
    const der = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
    const key = readPublicKey(der)
    const operation = `RSA of ${bits} bits`
    subjects.push(
      { operation, label: 'factors, ROCA', times: 1, run: () => checkKeyStrength(der) },
      { operation, label: 'prime modulus', times: 1, run: () => isPrimeModulus(key, power) },
    )
  }
  for (const type of ['ECDSA-P256', 'ECDSA-P521'] as const) {
    const { publicKey } = await generateKey(type)
    subjects.push({ operation: type, label: 'point', times: 1, run: () => checkKeyStrength(publicKey) })
  }
  return subjects
}

function render(title: string, results: readonly Measured[], note: string, cell: (result: Measured) => string): string {
  const labels = [...new Set(results.map(({ label }) => label))]
  const rows = [...new Set(results.map(({ operation }) => operation))].map((operation) => [
    operation,
    ...labels.map((label) => {
      const found = results.find((result) => result.operation === operation && result.label === label)
      return found === undefined ? '' : cell(found)
    }),
  ])
  return table(title, ['', ...labels], rows, note)
}

async function measureAll(rounds: number): Promise<{ json: string; md: string }> {
  const where = environment()
  const [wasm, bigint] = [await createEngine({ backend: 'wasm' }), await createEngine({ backend: 'bigint' })]
  const sets = [L2048N256, L3072N256]
  const dsa = await measure((await Promise.all(sets.map((set) => dsaSubjects(wasm, bigint, set)))).flat(), rounds)
  const requests = await measure(await requestSubjects(wasm), rounds)
  // A check is long, so that few of them say enough.
  const keys = await measure(await keySubjects(wasm), Math.ceil(rounds / 10))

  const { node, openssl, cpu, cores, load } = where
  const report = [
    `Measured by \`npm run bench:pki\`: ${cpu}, ${cores} cores, Node ${node} (OpenSSL ${openssl}), kernel ${known(wasm.kernel)}, load ` +
      `${loadText(load)} at the start: other work on the machine counts.`,
    render(
      'DSA with SHA-256, us',
      dsa,
      'The 10th percentile, and the median in parentheses. Nonces are those of RFC 6979 on wasm and bigint.',
      ({ p10, median }) => `${microseconds(p10)} (${microseconds(median)})`,
    ),
    render(
      'PKCS#10 requests a second, on one thread',
      requests,
      'By the 10th percentile, and by the median in parentheses. RSA and ECDSA are those of WebCrypto.',
      ({ p10, median }) => `${(1e6 / p10).toFixed(0)} (${(1e6 / median).toFixed(0)})`,
    ),
    render(
      'Checks of a key that is to be certified, us',
      keys,
      'The 10th percentile, and the median in parentheses. By default, keys of more than 4096 bits are refused before these checks; ' +
        'a profile may take up to 8192.',
      ({ p10, median }) => `${microseconds(p10)} (${microseconds(median)})`,
    ),
  ].join('\n\n')
  const json = { date: new Date().toISOString(), environment: where, kernel: wasm.kernel, rounds, dsa, requests, keys }
  return { json: toJson(json), md: `${report}\n` }
}

runProgram({
  usage,
  options: { rounds: { type: 'string', default: '300' } },
  async run(values) {
    const results = await measureAll(numberOf('rounds', values.rounds, 1))
    console.log(results.md)
    writeResults('pki', results)
  },
})
