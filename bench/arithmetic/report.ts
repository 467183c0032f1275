import type { MeasuredCosts } from './calibration.js'
import { loadText, type Environment } from '../program/environment.js'
import { microseconds, table } from '../program/figures.js'
import type { Result } from '../timing/measurement.js'
import { overheadBits, overheadName, unitName } from '../timing/peers.js'
import { labelOfResult, requiredSet, type SpeedupRow, type TargetRow, type Verdict } from './requirements.js'
import type { Scaling } from './scaling.js'
import type { KernelSize } from './sizes.js'

/** How much of an operation is conversion. */
export interface ConversionRow {
  readonly operation: string
  readonly kernel: string
  /** us. */
  readonly conversion: number
  /** Of the operation's time, 0 to 1. */
  readonly share: number
}

/** The report of `npm run bench`; bench/README.md documents it. */
export interface Report {
  readonly schema: 1
  readonly date: string
  readonly command: string
  readonly seconds: number
  readonly environment: Environment
  readonly results: readonly Result[]
  readonly targets: readonly TargetRow[]
  readonly speedups: readonly SpeedupRow[]
  readonly conversions: readonly ConversionRow[]
  readonly scaling: readonly Scaling[]
  readonly costs: readonly MeasuredCosts[]
  readonly sizes: readonly KernelSize[]
}

const maxKernelKiB = 40
const aimKernelKiB = 25
const maxConversionShare = 0.05

const verdicts: Readonly<Record<Verdict, string>> = { aim: 'ok, aim reached', must: 'ok', missed: 'not reached' }

/** A report as Markdown, whose tables also line up in a terminal. */
export function renderReport(report: Report): string {
  const sections = [
    heading(report),
    targets(report),
    speedups(report),
    ...sets(report),
    conversions(report),
    scaling(report),
    sizes(report),
    costs(report),
  ]
  return sections.filter((section) => section !== '').join('\n\n') + '\n'
}

const times = (ratio: number): string => `${ratio.toFixed(2)} E`
const factor = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`
const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`
const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

function heading({ date, command, seconds, environment, results }: Report): string {
  const { node, v8, openssl, cpu, cores, platform, load } = environment
  const lines = [
    `Measured by \`${command}\` on ${date.slice(0, 10)} in ${seconds.toFixed(0)} s: ${cpu}, ${cores} cores, ${platform}, ` +
      `Node ${node} (V8 ${v8}, OpenSSL ${openssl}), load ${loadText(load)}.`,
    'Times are in microseconds: the 10th percentile, and the median in parentheses.',
  ]
  const find = (name: string): Result | undefined =>
    results.find((result) => result.set === requiredSet && result.name === name)
  const unit = find(unitName)
  const [short, long] = overheadBits.map((bits) => find(overheadName(bits)))
  if (unit === undefined) return lines.join('\n')
  const fixed = short && long ? 2 * short.p10 - long.p10 : NaN
  lines.push(
    `E is OpenSSL's \`computeSecret\` on the p and g of ${requiredSet} with a private key of 256 bits: ` +
      `${microseconds(unit.p10)} (${microseconds(unit.median)}), of which about ${microseconds(fixed)} do not depend on the ` +
      'length of the key.',
  )
  return lines.join('\n')
}

function targets({ targets: rows }: Report): string {
  return table(
    `${requiredSet}, relaxed-fma, as multiples of E`,
    ['operation', 'must', 'aim', 'p10', 'median', 'verdict'],
    rows.map(({ operation, measured, must, aim, p10, median, verdict }) => [
      / R\d$/.test(measured) ? `${operation} (${measured.slice(-2)}, the slower)` : operation,
      `<= ${times(must)}`,
      `<= ${times(aim)}`,
      times(p10),
      times(median),
      verdicts[verdict],
    ]),
  )
}

function speedups({ speedups: rows }: Report): string {
  const columns = [...new Set(rows.map(({ kernel, against }) => `${kernel} / ${against}`))]
  const names = [...new Set(rows.map(({ operation }) => operation))]
  const cell = (operation: string, column: string): string => {
    const row = rows.find((one) => one.operation === operation && `${one.kernel} / ${one.against}` === column)
    if (row === undefined) return ''
    const { p10, median, must, verdict } = row
    return `${factor(p10)} (${factor(median)})${verdict === 'missed' ? ` < ${factor(must)}` : ''}`
  }
  const summary = columns.map((column) => {
    const own = rows.filter(({ kernel, against }) => `${kernel} / ${against}` === column)
    const [bounds, reached] = [own.map(({ must }) => must), own.filter(({ verdict }) => verdict !== 'missed')]
    const bound = [...new Set(bounds)].map(factor).join(' and ')
    return `${column}: ${reached.length} of ${own.length} reach the required ${bound}`
  })
  return table(
    `${requiredSet}: how many times as fast as BigInt`,
    ['operation', ...columns],
    names.map((name) => [name, ...columns.map((column) => cell(name, column))]),
    'bigint-plain is square-and-multiply; bigint is the algorithms of the core, with combs of the same shape. ' +
      `${summary.join('; ')}.`,
  )
}

function sets({ results }: Report): string[] {
  return [...new Set(results.map(({ set }) => set))].map((set) => {
    const own = results.filter((result) => result.set === set && !result.name.startsWith('calibration'))
    const labels = [...new Set(own.map(labelOfResult))]
    const names = [...new Set(own.map(({ name }) => name))]
    const cell = (name: string, label: string): string => {
      const found = own.find((result) => result.name === name && labelOfResult(result) === label)
      return found === undefined ? '' : `${microseconds(found.p10)} (${microseconds(found.median)})`
    }
    const rows = names.map((name) => [name, ...labels.map((label) => cell(name, label))])
    return table(`${set}, us`, ['operation', ...labels], rows)
  })
}

function conversions({ conversions: rows }: Report): string {
  const kernels = [...new Set(rows.map(({ kernel }) => kernel))]
  const operations = [...new Set(rows.map(({ operation }) => operation))]
  const cell = (operation: string, kernel: string): string => {
    const row = rows.find((one) => one.operation === operation && one.kernel === kernel)
    return row === undefined ? '' : `${microseconds(row.conversion)} (${percent(row.share)})`
  }
  const most = Math.max(...rows.map(({ share }) => share))
  return table(
    `${requiredSet}: conversion between octets and limbs, us and share`,
    ['operation', ...kernels],
    operations.map((operation) => [operation, ...kernels.map((kernel) => cell(operation, kernel))]),
    `To be below ${percent(maxConversionShare)}; at most ${percent(most)}: ${most < maxConversionShare ? 'ok' : 'not reached'}.`,
  )
}

function scaling({ scaling: rows }: Report): string {
  return table(
    `${requiredSet}, relaxed-fma: batches of 1,000 and of 10,000`,
    ['step', '1,000, us a token', '10,000, us a token', 'core after 1,000', 'core after 10,000', 'heap growth'],
    rows.map(({ step, small, large, coreSmall, coreLarge, heapGrowth }) => [
      step,
      microseconds(small),
      microseconds(large),
      mebibytes(coreSmall),
      mebibytes(coreLarge),
      mebibytes(heapGrowth),
    ]),
    'Processor time in the best round of 10,000 tokens, garbage collection included; the heap before the first batch of 10,000 and after the last.',
  )
}

function sizes({ sizes: rows }: Report): string {
  const all = rows.reduce((sum, { bytes, gzipped }) => ({ bytes: sum.bytes + bytes, gzipped: sum.gzipped + gzipped }), {
    bytes: 0,
    gzipped: 0,
  })
  const verdict =
    verdicts[all.gzipped <= aimKernelKiB * 1024 ? 'aim' : all.gzipped <= maxKernelKiB * 1024 ? 'must' : 'missed']
  return table(
    'WebAssembly binaries',
    ['kernel', 'size', 'gzip -9'],
    [
      ...rows.map(({ kernel, bytes, gzipped }) => [kernel, kibibytes(bytes), kibibytes(gzipped)]),
      ['all', kibibytes(all.bytes), kibibytes(all.gzipped)],
    ],
    `To be at most ${maxKernelKiB} KiB after compression, ${aimKernelKiB} if possible: ${verdict}.`,
  )
}

function costs({ costs: rows }: Report): string {
  return table(
    'Calibration of bindings/subgroup/cost.ts, in multiplications',
    ['kernel', 'square', 'scan of an entry'],
    rows.map(({ kernel, square, scan }) => [kernel, square.toFixed(3), scan.toFixed(4)]),
  )
}
