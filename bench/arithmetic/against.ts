// The working tree beside another commit: both libraries in one process, in turns.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { itemAt } from '../../bindings/octets/lists.js'
import type { createEngine } from '../../src/index.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { loadText, environment } from '../program/environment.js'
import { microseconds, table } from '../program/figures.js'
import { ArgumentError } from '../program/program.js'
import { ProgressLine } from '../program/progress-line.js'
import type { Measurement } from '../timing/measurement.js'
import { takeTurns } from '../timing/schedule.js'
import { ratioOf, summarise } from '../timing/statistics.js'
import { createIssuerSource, protocolMeasurements, revisions, type Library } from './protocol.js'

const batches = { issue: [1, 100, 1000], obtain: [1, 10, 100, 1000] }
const secondsForAll = 240
const quickSeconds = 60
/** For each measurement, where only some are chosen. */
const secondsForOne = 10
const sliceMilliseconds = 5
const minTurns = 4

/** Where builds of other commits are kept, a folder each. */
const buildsFolder = 'build/bench/against'

/**
 * Measures the protocols on L2048N256 in the working tree, which is built, and in another commit. Returns a report in Markdown.
 * Throws `ArgumentError` for an unknown revision, or if no measurement has `only` in its id.
 */
export async function compareWith(revision: string, quick: boolean, only: string | undefined): Promise<string> {
  const around = environment()
  const commit = commitOf(revision)
  const other = buildOf(commit)
  // Operation by operation, so that the turns of the same two are next to each other.
  const [before, after] = [await measurementsOf(join(other, 'build')), await measurementsOf('build')]
  const pairs = after.flatMap((own) => {
    const its = before.find(({ id }) => id === own.id)
    return its !== undefined && (only === undefined || own.id.includes(only)) ? [[its, own] as const] : []
  })
  if (pairs.length === 0) throw new ArgumentError(`no measurement has "${String(only)}" in its id`)
  const seconds = only === undefined ? (quick ? quickSeconds : secondsForAll) : secondsForOne * pairs.length
  const budget = 1000 * seconds
  const progress = new ProgressLine(`against ${revision}`)
  const onSlice = ({ id }: Measurement, elapsed: number): void => progress.show(elapsed / budget, id)
  const samples = takeTurns(pairs.flat(), { budget, slice: sliceMilliseconds, minTurns, onSlice })
  progress.end()
  const rows = pairs.map(([, { id, operations }], i) => {
    const [ofBefore, ofAfter] = [itemAt(samples, 2 * i), itemAt(samples, 2 * i + 1)]
    const { ratio, least, most } = ratioOf(ofBefore, ofAfter)
    const time = (values: readonly number[]): string => microseconds((1000 * summarise(values).p10) / operations)
    const spread = `${least.toFixed(2)} to ${most.toFixed(2)}`
    return [id, time(ofBefore), time(ofAfter), `${ratio.toFixed(3)}x`, spread, String(ofAfter.length)]
  })
  const note =
    `Node ${around.node}, ${around.cpu}, load ${loadText(around.load)}. Microseconds, per token in a batch: 10th percentiles, and how many ` +
    'times faster. Spread: the least and the greatest ratio of five parts of the run.'
  const title = `The working tree against ${revision} (${commit.slice(0, 7)})`
  return table(title, ['operation', 'before', 'now', 'faster', 'spread', 'calls'], rows, note)
}

/** Of the library in a folder. */
async function measurementsOf(folder: string): Promise<Measurement[]> {
  const library = (await import(pathToFileURL(resolve(folder, 'index.js')).href)) as Library & {
    createEngine: typeof createEngine
  }
  // The Issuers that serve measured Provers have an engine of their own, so that they share no tables with them.
  const [engine, reference] = [await library.createEngine(), await library.createEngine()]
  const [group, otherGroup] = [engine.subgroup(L2048N256), reference.subgroup(L2048N256)]
  return revisions.flatMap((revision) => {
    const source = createIssuerSource(L2048N256, otherGroup, revision, library)
    return protocolMeasurements(L2048N256, engine, group, source, batches)
  })
}

/** Throws `ArgumentError` for a revision that the repository does not have. */
function commitOf(revision: string): string {
  try {
    const args = ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`]
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    throw new ArgumentError(`git knows no commit ${revision}`)
  }
}

/** The folder of another commit, built with the packages of the working tree. The build is kept for the next run. */
function buildOf(commit: string): string {
  const folder = join(buildsFolder, commit)
  if (existsSync(folder)) return folder
  console.error(`building ${commit.slice(0, 7)}, which takes a minute or two`)
  const unfinished = `${folder}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  const archive = join(unfinished, 'archive.tar')
  execFileSync('git', ['archive', '--format=tar', `--output=${archive}`, commit])
  execFileSync('tar', ['-xf', 'archive.tar'], { cwd: unfinished })
  rmSync(archive)
  symlinkSync(resolve('node_modules'), join(unfinished, 'node_modules'), 'junction')
  const program = "import('./scripts/build.mjs').then(({ build }) => build())"
  execFileSync(process.execPath, ['--eval', program], { cwd: unfinished, stdio: ['ignore', 'ignore', 'inherit'] })
  renameSync(unfinished, folder)
  return folder
}
