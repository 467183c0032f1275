import { createECDH, createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import type { Element, KernelName, Scalar } from '../../bindings/engine/engine.js'
import { itemAt } from '../../bindings/octets/lists.js'
import { kernels } from '../../bindings/loading/detect.js'
import { toBigint } from '../../bindings/octets/integers.js'
import { equalOctets } from '../../bindings/octets/octets.js'
import { createEngine } from '../../src/index.js'
import { P256 } from '../../src/params/P256.js'
import { P384 } from '../../src/params/P384.js'
import { P521 } from '../../src/params/P521.js'
import type { RecommendedCurve } from '../../src/params/recommended.js'
import { environment, loadText, type Environment } from '../program/environment.js'
import { numberOf, runProgram, toJson, writeResults } from '../program/program.js'
import { ProgressLine } from '../program/progress-line.js'
import { microseconds, table } from '../program/figures.js'
import { measurement, type Measurement, type Result } from '../timing/measurement.js'
import { takeTurns } from '../timing/schedule.js'
import { summarise } from '../timing/statistics.js'
import type { Subject } from '../timing/subjects.js'
import { measureBbs, type BbsResult } from './bbs.js'
import { cycle, tableLimit } from './arithmetic.js'
import { createIssuerSource, protocolMeasurements } from './protocol.js'
import { labelOfResult } from './requirements.js'

const usage = `npm run bench:curves -- [OPTION...]

Measures P-256, P-384 and P-521 beside OpenSSL and @noble/curves. Writes bench/results/curves.json and curves.md;
bench/README.md says how.

  --seconds N    for each curve (default 60)
  --peers        measures P-256 beside two packages of BBS signatures, which npm fetches into a temporary folder,
                 and writes bbs.json and bbs.md
  --help         this text`

const curves = [
  { set: P256, peer: p256, openssl: 'prime256v1' },
  { set: P384, peer: p384, openssl: 'secp384r1' },
  { set: P521, peer: p521, openssl: 'secp521r1' },
]

/** D: what one `diffieHellman()` of OpenSSL takes, with key objects. */
const unitName = 'exponentiate'
/** Powers that are computed together. */
const together = 100

interface Report {
  readonly date: string
  readonly command: string
  readonly environment: Environment
  readonly results: readonly Result[]
  /** BBS signatures, with `--peers`. */
  readonly bbs?: readonly BbsResult[]
}

/** A private and a public key of OpenSSL. */
function opensslKeys(name: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const ecdh = createECDH(name)
  ecdh.generateKeys()
  const octets = ecdh.getPublicKey()
  const width = (octets.length - 1) / 2
  const base64url = (part: Buffer): string => part.toString('base64url')
  const crv = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[name]
  const point = { x: base64url(octets.subarray(1, 1 + width)), y: base64url(octets.subarray(1 + width)) }
  const d = Buffer.from(ecdh.getPrivateKey('hex').padStart(2 * width, '0'), 'hex')
  const key = { kty: 'EC', crv, ...point, d: base64url(d) }
  const privateKey = createPrivateKey({ key, format: 'jwk' })
  return { privateKey, publicKey: createPublicKey({ key: { kty: 'EC', crv, ...point }, format: 'jwk' }) }
}

/** The peers: OpenSSL's Diffie-Hellman, and noble's multiplication of a point by a secret, octets to octets. */
function peerMeasurements({ set, peer, openssl }: (typeof curves)[number], base: Element, e: Scalar, power: Element) {
  const keys = opensslKeys(openssl)
  const multiply = (): Uint8Array => peer.Point.fromBytes(base).multiply(toBigint(e)).toBytes(false)
  if (!equalOctets(multiply(), power)) throw new Error('noble computes another power')
  return [
    measurement(set.name, { backend: 'openssl' }, unitName, () => diffieHellman(keys), { weight: 2 }),
    measurement(set.name, { backend: 'noble' }, unitName, multiply),
  ]
}

/** The measurements of one kernel on a curve: arithmetic, and every step of the protocols. */
async function kernelMeasurements(set: RecommendedCurve, kernel: KernelName): Promise<Measurement[]> {
  const engine = await createEngine({ backend: 'wasm', kernel, curves: [set] })
  const group = engine.curve(set)
  const subject: Subject = { backend: 'wasm', kernel, engine }
  const { scalars } = group
  const powers = group.fixedBase(group.generator, tableLimit)
  const exponents = Array.from({ length: together }, () => scalars.random())
  const elements = powers.exponentiateMany(exponents)
  const [nextElement, nextExponent] = [cycle(elements), cycle(exponents)]
  const measure = (name: string, run: () => unknown, operations = 1): Measurement =>
    measurement(set.name, subject, name, run, { operations, weight: 2 })
  // The Issuer that serves measured Provers has an engine of its own, and so shares no tables with them.
  const other = await createEngine({ backend: 'wasm', curves: [set] })
  return [
    measure(unitName, () => group.exponentiate(nextElement(), nextExponent())),
    measure(`exponentiate ${together} at once`, () => group.exponentiateMany(elements, exponents), together),
    measure('fixed base', () => powers.exponentiate(nextExponent())),
    ...protocolMeasurements(set, subject, group, createIssuerSource(set, other.curve(set), 3)),
  ]
}

async function measureCurve(curve: (typeof curves)[number], seconds: number): Promise<Result[]> {
  const { set } = curve
  const engine = await createEngine({ curves: [set] })
  const group = engine.curve(set)
  const [base, e] = [group.exponentiate(group.generator, group.scalars.random()), group.scalars.random()]
  const measurements = peerMeasurements(curve, base, e, group.exponentiate(base, e))
  for (const kernel of kernels) {
    try {
      measurements.push(...(await kernelMeasurements(set, kernel)))
    } catch (error) {
      console.error(`${kernel} is left out: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const progress = new ProgressLine(set.name)
  const budget = 1000 * seconds
  const onSlice = ({ id }: Measurement, elapsed: number): void => progress.show(elapsed / budget, id)
  const samples = takeTurns(measurements, { budget, slice: 5, minTurns: 3, onSlice })
  progress.end()
  return measurements.map(({ name, set: its, backend, kernel, operations }, i) => {
    const each = itemAt(samples, i).map((milliseconds) => (1000 * milliseconds) / operations)
    return { name, set: its, backend, kernel: kernel ?? null, ...summarise(each) }
  })
}

/** Steps of U-Prove over P-256 on its fastest kernel beside those of BBS. */
function besideBbs(results: readonly Result[], bbs: readonly BbsResult[]): string {
  const ours = (name: string): string => {
    const found = results.find(({ set, backend, ...result }) => {
      return set === P256.name && backend === 'wasm' && result.name === name
    })
    return found === undefined ? '' : microseconds(found.p10)
  }
  const [elementLength, scalarLength, digestLength] = [65, 32, 32]
  // h, sigma_z', sigma_c', sigma_r'; then a, r_0 and r_i of three hidden attributes.
  const [token, proof] = [2 * elementLength + 2 * scalarLength, digestLength + 4 * scalarLength]
  const theirs = (step: keyof BbsResult['steps']): string[] => bbs.map(({ steps }) => microseconds(steps[step]))
  const rows = [
    ['issue: a token of a batch of 100; a signature', ours('issue 100 R3'), ...theirs('sign')],
    [
      'obtain and check: a token of a batch of 100; a signature',
      ours('obtain 100 R3'),
      ...theirs('check the signature'),
    ],
    ['present two of five attributes', ours('present R3'), ...theirs('present two of five')],
    ['verify what is presented', ours('verify R3'), ...theirs('verify the presentation')],
    [
      'octets kept by the holder, without attributes',
      String(token + scalarLength),
      ...bbs.map((b) => String(b.octets[0])),
    ],
    ['octets presented, without attributes', String(token + proof), ...bbs.map((b) => String(b.octets[1]))],
  ]
  const note =
    'BBS on BLS12-381, in processor time. Three messages issue a batch of U-Prove tokens, one message a BBS signature. A U-Prove token is ' +
    'shown once unlinkably, a BBS signature any number of times: bench/README.md compares what they can show.'
  return table('U-Prove over P-256 beside BBS, us', ['', 'uprove-wasm', ...bbs.map(({ name }) => name)], rows, note)
}

function render({ command, date, environment: where, results, bbs }: Report): string {
  const { cpu, cores, node, openssl, load } = where
  const bySet = [...new Set(results.map(({ set }) => set))].map((set) => {
    const own = results.filter((result) => result.set === set)
    const find = (label: string, name: string): Result | undefined =>
      own.find((result) => labelOfResult(result) === label && result.name === name)
    const unit = find('openssl', unitName)?.p10 ?? NaN
    const labels = [...new Set(own.map(labelOfResult))]
    const rows = [...new Set(own.map(({ name }) => name))].map((name) => [
      name,
      ...labels.map((label) => {
        const found = find(label, name)
        return found === undefined ? '' : `${microseconds(found.p10)} (${(found.p10 / unit).toFixed(2)} D)`
      }),
    ])
    return table(`${set}, us`, ['operation, or token of a batch', ...labels], rows)
  })
  const sections = bbs === undefined ? bySet : [besideBbs(results, bbs)]
  return [
    `Measured by \`${command}\` on ${date.slice(0, 10)}: ${cpu}, ${cores} cores, Node ${node} (OpenSSL ${openssl}), load ${loadText(load)} at the start.\n` +
      (bbs === undefined
        ? "10th percentiles. In parentheses multiples of D, OpenSSL's `diffieHellman` with key objects on the same curve."
        : '10th percentiles.'),
    ...sections,
    '',
  ].join('\n\n')
}

runProgram({
  usage,
  options: { seconds: { type: 'string', default: '60' }, peers: { type: 'boolean', default: false } },
  async run(values, command) {
    const seconds = numberOf('seconds', values.seconds, 1)
    const where = environment()
    const results: Result[] = []
    const measured = values.peers ? curves.slice(0, 1) : curves
    for (const curve of measured) results.push(...(await measureCurve(curve, seconds)))
    const bbs = values.peers ? await measureBbs(seconds) : undefined
    const report: Report = { date: new Date().toISOString(), command, environment: where, results, bbs }
    const md = render(report)
    console.log(md)
    writeResults(values.peers ? 'bbs' : 'curves', { json: toJson(report), md })
  },
})
