import type { Element, Group, Scalar } from '../../bindings/engine/engine.js'
import { itemAt, known } from '../../bindings/octets/lists.js'
import { L1024N160, L2048N256, L3072N256, P256, P384, P521 } from '../../src/params/index.js'
import type { RecommendedParameters } from '../../src/params/recommended.js'
import { tableLimit } from './arithmetic.js'
import { alarm, leakageOf, type Leakage } from './leakage.js'
import { ProgressLine } from '../program/progress-line.js'
import { environment, loadText, type Environment } from '../program/environment.js'
import { numberOf, runProgram, ArgumentError, writeResults } from '../program/program.js'
import { table } from '../program/figures.js'
import { percentile } from '../timing/statistics.js'
import { labelOf, loadKernels, type Subject } from '../timing/subjects.js'

const usage = `npm run bench:constant-time -- [OPTION...]

Tests statistically whether the time of secret operations depends on the secret; bench/README.md says how. Takes ten
minutes, and writes bench/results/constant-time.md. Exit code 1 if an operation raises an alarm.

  --set NAMES    recommended subgroups and curves to test with (default L1024N160,P-256, which are quick)
  --kernel NAME  only this kernel, and nothing is written
  --samples N    measurements for each comparison (default 100000)
  --help         this text`

/** Measurements whose inputs are drawn at once. */
const pieceLength = 5_000
/** Calls before the first measurement, for the compilers to settle. */
const warmUpCalls = 2_000

/** An operation on a secret scalar, and its expected result. */
interface Operation {
  readonly name: string
  /** False for the positive control, which must raise an alarm. */
  readonly isConstantTime: boolean
  readonly run: (secret: Scalar) => unknown
  /** The same work with one exponent, for a base. */
  readonly runOn?: (base: Element) => unknown
}

/** Calls in a row where one is too short for the clock. */
const inARow = 20

function repeated(run: Operation['run']): Operation['run'] {
  return (secret) => {
    for (let i = 0; i < inARow; i++) run(secret)
  }
}

function operationsOf(group: Group): Operation[] {
  const { scalars } = group
  const tableOfG = group.fixedBase(group.generator, tableLimit)
  const base = tableOfG.exponentiate(scalars.random())
  const [factor, summand] = [scalars.random(), scalars.random()]
  return [
    {
      name: 'exponentiate',
      isConstantTime: true,
      run: (e) => group.exponentiate(base, e),
      runOn: (other) => group.exponentiate(other, factor),
    },
    { name: 'fixed base', isConstantTime: true, run: (e) => tableOfG.exponentiate(e) },
    {
      name: `multiplyAdd, ${inARow} times`,
      isConstantTime: true,
      run: repeated((a) => scalars.multiplyAdd(a, factor, summand)),
    },
    { name: 'invert', isConstantTime: true, run: (a) => scalars.invert(a) },
    {
      name: 'multiExponentiateVartime (control)',
      isConstantTime: false,
      run: (e) => group.multiExponentiateVartime([base], [e]),
    },
  ]
}

/** The sources of the two classes. */
interface Comparison<Input> {
  readonly name: string
  readonly draw: readonly [() => Input, () => Input]
}

/** The control compares a fixed secret with itself, and must be quiet; if it is not, the machine is too noisy. */
function comparisonsOf({ scalars }: Group): Comparison<Scalar>[] {
  const [one, fixed] = [scalars.one, scalars.random()]
  const random = (): Scalar => scalars.random()
  return [
    { name: 'control', draw: [() => fixed, () => fixed] },
    { name: 'one', draw: [() => one, random] },
    { name: 'fixed', draw: [() => fixed, random] },
  ]
}

/**
 * A control too, after an alarm: the identity and random elements as bases, with one exponent. The instructions and the addresses are the
 * same; if the times differ, then by what the processor does with the values.
 */
function comparisonOfBases(group: Group): Comparison<Element> {
  const { generator, identity, scalars } = group
  const some = Array.from({ length: 256 }, () => group.exponentiate(generator, scalars.random()))
  return { name: 'bases', draw: [() => identity, () => itemAt(some, Math.floor(Math.random() * some.length))] }
}

interface Finding {
  readonly kernel: string
  readonly operation: Operation
  /** Median time, us. */
  readonly median: number
  /** By comparison. */
  readonly leakages: ReadonlyMap<string, Leakage>
  readonly verdict: 'quiet' | 'ALARM' | 'as bases' | 'alarm, as it must' | 'too noisy to tell'
}

/** Times work on inputs of two classes in random order. */
function measure<Input extends Scalar | Element>(
  run: (input: Input) => unknown,
  { draw }: Comparison<Input>,
  samples: number,
  onPiece: (done: number) => void,
) {
  const [times, classes] = [new Float64Array(samples), new Uint8Array(samples)]
  const input = draw[0]().slice() as Input
  for (let i = 0; i < warmUpCalls; i++) {
    input.set(known(draw[i & 1])())
    run(input)
  }
  for (let start = 0; start < samples; start += pieceLength) {
    const count = Math.min(pieceLength, samples - start)
    crypto.getRandomValues(classes.subarray(start, start + count))
    // Both inputs are drawn for each measurement, so that nothing before it tells which one it gets.
    const inputs = Array.from({ length: count }, (_, i) => {
      const drawn = [draw[0](), draw[1]()]
      const chosen = itemAt(classes, start + i) & 1
      classes[start + i] = chosen
      return itemAt(drawn, chosen).slice()
    })
    for (let i = 0; i < count; i++) {
      input.set(itemAt(inputs, i))
      const begin = performance.now()
      run(input)
      times[start + i] = 1000 * (performance.now() - begin)
    }
    onPiece((start + count) / samples)
  }
  return { times, classes }
}

const isAlarm = ({ t }: Leakage): boolean => Math.abs(t) > alarm

function joined<List extends Float64Array | Uint8Array>(to: List, one: List, other: List): List {
  to.set(one)
  to.set(other, one.length)
  return to
}

function verdictOf({ isConstantTime }: Operation, leakages: ReadonlyMap<string, Leakage>): Finding['verdict'] {
  const alarms = (name: string): boolean => isAlarm(known(leakages.get(name)))
  if (alarms('control')) return 'too noisy to tell'
  const leaks = alarms('one') || alarms('fixed')
  if (!isConstantTime) return leaks ? 'alarm, as it must' : 'too noisy to tell'
  if (!leaks) return 'quiet'
  return leakages.has('bases') && alarms('bases') && !alarms('fixed') ? 'as bases' : 'ALARM'
}

function test(subject: Subject, group: Group, samples: number): Finding[] {
  const kernel = labelOf(subject)
  return operationsOf(group).map((operation) => {
    const progress = new ProgressLine(kernel)
    const leakages = new Map<string, Leakage>()
    let median = NaN
    const compare = <Input extends Scalar | Element>(run: (input: Input) => unknown, comparison: Comparison<Input>) => {
      const onPiece = (done: number): void => progress.show(done, `${operation.name}, ${comparison.name}`)
      let { times, classes } = measure(run, comparison, samples, onPiece)
      let leakage = leakageOf(times, classes)
      if (operation.isConstantTime && isAlarm(leakage)) {
        // Twice as many samples make what is there 1.4 times as clear, and what chance or other work made less so.
        const more = measure(run, comparison, samples, onPiece)
        times = joined(new Float64Array(2 * samples), times, more.times)
        classes = joined(new Uint8Array(2 * samples), classes, more.classes)
        leakage = leakageOf(times, classes)
      }
      leakages.set(comparison.name, leakage)
      median = percentile(times.slice().sort(), 50)
      return leakage
    }
    for (const comparison of comparisonsOf(group)) {
      const isFound = isAlarm(compare(operation.run, comparison)) && comparison.name === 'one'
      if (isFound && operation.runOn) compare(operation.runOn, comparisonOfBases(group))
    }
    progress.end()
    return { kernel, operation, median, leakages, verdict: verdictOf(operation, leakages) }
  })
}

function render(findings: readonly Finding[], set: string, samples: number, where: Environment): string {
  const cell = ({ t, test }: Leakage): string =>
    `${t.toFixed(1)} (${typeof test === 'number' ? `p${test.toFixed(0)}` : test})`
  const rows = findings.map(({ kernel, operation, median, leakages, verdict }) => [
    operation.name,
    kernel,
    median.toFixed(1),
    ...['control', 'one', 'fixed'].map((name) => cell(known(leakages.get(name)))),
    verdict,
  ])
  const nanoseconds = ({ difference }: Leakage): string => `${(1000 * difference).toFixed(0)} ns`
  const causes = findings.flatMap(({ kernel, operation, leakages }) => {
    const [one, bases] = [known(leakages.get('one')), leakages.get('bases')]
    if (bases === undefined) return []
    return [
      `\n${operation.name}, ${kernel}: the times of one and random differ by ${nanoseconds(one)}. One and random bases with one exponent: ` +
        `t = ${cell(bases)}, ${nanoseconds(bases)}. The instructions and addresses are the same there.\n`,
    ]
  })
  const title = `${set}: Welch's t, ${samples} samples for each comparison, alarm beyond ${alarm}`
  const header = ['operation', 'kernel', 'us', 'fixed or same', 'one or random', 'fixed or random', 'verdict']
  const { node, v8, cpu, load } = where
  const note =
    `${new Date().toISOString().slice(0, 10)}, ${cpu}, Node ${node} (V8 ${v8}), load ${loadText(load)} at the start. In parentheses the ` +
    'test in which |t| is largest: times below that percentile, or their variance.'
  const blind = findings.filter(
    ({ operation, verdict }) => !operation.isConstantTime && verdict === 'too noisy to tell',
  )
  const warning =
    blind.length === 0
      ? ''
      : '\nA control gave no alarm: this machine is too noisy for a "quiet" result to be meaningful.\n'
  return `${table(title, header, rows, note)}\n${warning}${causes.join('')}`
}

function setNamed(name: string): RecommendedParameters {
  const sets = [L1024N160, L2048N256, L3072N256, P256, P384, P521]
  const set = sets.find((one) => one.name === name)
  if (set === undefined) throw new ArgumentError(`--set takes ${sets.map((one) => one.name).join(', ')}`)
  return set
}

runProgram({
  usage,
  options: {
    set: { type: 'string', default: 'L1024N160,P-256' },
    kernel: { type: 'string' },
    samples: { type: 'string', default: '100000' },
  },
  async run(values) {
    const sets = values.set.split(',').map(setNamed)
    const samples = Math.floor(numberOf('samples', values.samples, 1))
    const where = environment()
    const all = await loadKernels()
    const subjects = all.filter((subject) => values.kernel === undefined || labelOf(subject) === values.kernel)
    if (subjects.length === 0) throw new ArgumentError(`--kernel takes ${all.map(labelOf).join(', ')}`)
    const findings = sets.map((set) => ({
      set,
      own: subjects.flatMap((subject) => test(subject, subject.engine.group(set, { allowLegacy: true }), samples)),
    }))
    const md = findings.map(({ set, own }) => render(own, set.name, samples, where)).join('\n')
    console.log(md)
    if (values.kernel === undefined) writeResults('constant-time', { md })
    if (findings.flatMap(({ own }) => own).some(({ verdict }) => verdict === 'ALARM')) process.exitCode = 1
  },
})
