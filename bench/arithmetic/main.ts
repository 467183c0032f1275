import { writeFileSync } from 'node:fs'
import { itemAt, known } from '../../bindings/octets/lists.js'
import { L1024N160 } from '../../src/params/L1024N160.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { L3072N256 } from '../../src/params/L3072N256.js'
import type { RecommendedSubgroup } from '../../src/params/recommended.js'
import { compareWith } from './against.js'
import { arithmeticMeasurements } from './arithmetic.js'
import { calibrationMeasurements, crossingTimes, measuredCosts } from './calibration.js'
import { countCrossings, countingGroup, crossingTime, type Crossings } from './conversion.js'
import { environment } from '../program/environment.js'
import type { Measurement, Result } from '../timing/measurement.js'
import { gmpMeasurements, opensslMeasurements } from '../timing/peers.js'
import { renderPlot } from './plot.js'
import { runProgram, toJson, ArgumentError, writeResults } from '../program/program.js'
import { ProgressLine } from '../program/progress-line.js'
import { createIssuerSource, deviceMeasurement, protocolMeasurements, revisions } from './protocol.js'
import { renderReport, type ConversionRow, type Report } from './report.js'
import { requiredSet, speedupRows, targetRows } from './requirements.js'
import { measureScaling, scalingBatches, type Scaling } from './scaling.js'
import { takeTurns } from '../timing/schedule.js'
import { kernelSizes } from './sizes.js'
import { summarise } from '../timing/statistics.js'
import { bigintSubjects, loadKernels, type Subject } from '../timing/subjects.js'

const usage = `npm run bench -- [OPTION...]

Measures this library beside its peers; bench/README.md says how. A whole run takes about seven minutes and writes
bench/results/latest.json, latest.md and latest.svg.

  --quick        L2048N256 only, in less than a minute; writes no files
  --only NAME    only measurements whose id contains NAME, such as "present", "simd/", "L1024N160" or "calibration";
                 writes no files
  --against REV  instead: the protocols in the working tree beside those of another commit, both in this process, in turns;
                 builds that commit first, and keeps the build. Goes with --quick and --only
  --json FILE    also write the report to FILE as JSON
  --help         this text`

/** The suites: a set each, and for how many seconds its measurements take turns. */
const suites = [
  { set: L2048N256, seconds: 200, quickSeconds: 36 },
  { set: L1024N160, seconds: 50, quickSeconds: 0 },
  { set: L3072N256, seconds: 110, quickSeconds: 0 },
]
/** For each measurement, where only some are chosen. */
const secondsForOne = 1
const sliceMilliseconds = 5
const minTurns = 3

interface Suite {
  readonly set: RecommendedSubgroup
  readonly measurements: readonly Measurement[]
  /** The counted conversions of the protocol steps. */
  readonly crossings: () => Crossings[]
  readonly scale: () => Promise<Scaling[]>
}

/** All that there is to measure with one set. */
async function createSuite(set: RecommendedSubgroup, subjects: readonly Subject[]): Promise<Suite> {
  const [fastest] = subjects
  // The Issuers that serve measured Provers have an engine of their own, so that they share no tables with them.
  const [reference] = await loadKernels()
  const bind = ({ engine }: Subject) => engine.subgroup(set, { allowLegacy: true })
  const sources = revisions.map((revision) => createIssuerSource(set, bind(reference ?? known(fastest)), revision))
  const measurements = subjects.flatMap((subject) => {
    const group = bind(subject)
    return [
      ...arithmeticMeasurements(set, subject, group),
      ...sources.flatMap((source) => protocolMeasurements(set, subject, group, source)),
      deviceMeasurement(set, subject, group),
      ...(set.name === requiredSet ? calibrationMeasurements(set, subject, group) : []),
    ]
  })
  const isRequired = set.name === requiredSet
  return {
    set,
    measurements: [
      ...opensslMeasurements(set, { withOverhead: isRequired }),
      ...measurements,
      ...(await gmpMeasurements(set)),
    ],
    crossings: () => {
      const { group, counter } = countingGroup(bind(known(fastest)))
      const steps = sources.flatMap((source) => protocolMeasurements(set, known(fastest), group, source))
      return countCrossings(steps, counter)
    },
    scale: async () => {
      // On a core of its own, whose memory has not grown by other work yet.
      const [fresh] = await loadKernels()
      if (fresh?.core === undefined) return []
      const progress = new ProgressLine(`${set.name} batches`)
      let batches = 0
      const onBatch = (step: string, count: number): void =>
        progress.show(batches++ / scalingBatches, `${step} ${count}`)
      const source = createIssuerSource(set, bind(reference ?? known(fastest)), 3)
      const scaling = measureScaling({ group: bind(fresh), core: fresh.core, source, onBatch })
      progress.end()
      return scaling
    },
  }
}

function measure({ set }: Suite, chosen: readonly Measurement[], seconds: number): Result[] {
  const progress = new ProgressLine(set.name)
  const budget = 1000 * seconds
  const onSlice = ({ id }: Measurement, elapsed: number): void => progress.show(elapsed / budget, id)
  const samples = takeTurns(chosen, { budget, slice: sliceMilliseconds, minTurns, onSlice })
  progress.end()
  return chosen.map(({ name, set, backend, kernel, operations }, i) => {
    const microseconds = itemAt(samples, i).map((milliseconds) => (1000 * milliseconds) / operations)
    return { name, set, backend, kernel: kernel ?? null, ...summarise(microseconds) }
  })
}

function conversionRows(suite: Suite, results: readonly Result[]): ConversionRow[] {
  const { name: set } = suite.set
  const crossings = suite.crossings()
  const kernels = [...new Set(results.flatMap(({ kernel }) => kernel ?? []))]
  return kernels.flatMap((kernel) => {
    const unit = crossingTimes(results, set, kernel)
    if (unit === undefined) return []
    return crossings.flatMap((crossing) => {
      const result = results.find(
        ({ name, kernel: own, set: its }) => name === crossing.name && own === kernel && its === set,
      )
      if (result === undefined) return []
      const conversion = crossingTime(crossing, unit)
      return [{ operation: crossing.name, kernel, conversion, share: conversion / result.p10 }]
    })
  })
}

async function measureAll(quick: boolean, only: string | undefined, command: string): Promise<Report> {
  const begin = performance.now()
  const around = environment()
  const kernels = await loadKernels()
  const subjects = [...kernels, ...bigintSubjects(kernels[0])]
  const results: Result[] = []
  const conversions: ConversionRow[] = []
  const scaling: Scaling[] = []
  for (const { set, seconds, quickSeconds } of suites) {
    if (quick && quickSeconds === 0) continue
    const suite = await createSuite(set, subjects)
    const matching = suite.measurements.filter(({ id }) => only === undefined || id.includes(only))
    if (matching.length === 0) continue
    // E is always measured, or there would be no ratios.
    const chosen = suite.measurements.filter((one) => matching.includes(one) || one.backend === 'openssl')
    const budget = quick ? quickSeconds : seconds
    results.push(
      ...measure(suite, chosen, only === undefined ? budget : Math.min(budget, secondsForOne * chosen.length)),
    )
    if (set.name === requiredSet) {
      conversions.push(...conversionRows(suite, results))
      if (!quick && only === undefined) scaling.push(...(await suite.scale()))
    }
  }
  if (results.length === 0) throw new ArgumentError(`no measurement has "${String(only)}" in its id`)
  return {
    schema: 1,
    date: new Date().toISOString(),
    command,
    seconds: (performance.now() - begin) / 1000,
    environment: around,
    results,
    targets: targetRows(results),
    speedups: speedupRows(results),
    conversions,
    scaling,
    costs: kernels.flatMap(({ kernel }) => measuredCosts(results, requiredSet, known(kernel)) ?? []),
    sizes: kernelSizes('build/kernels'),
  }
}

runProgram({
  usage,
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    against: { type: 'string' },
    json: { type: 'string' },
  },
  async run({ quick, only, against, json: file }, command) {
    if (against !== undefined) {
      console.log(await compareWith(against, quick, only))
      return
    }
    const report = await measureAll(quick, only, command)
    const md = renderReport(report)
    console.log(md)
    const json = toJson(report)
    if (file !== undefined) writeFileSync(file, json)
    if (quick || only !== undefined) return
    const svg = renderPlot(report.results, requiredSet)
    writeResults('latest', { json, md, svg })
  },
})
