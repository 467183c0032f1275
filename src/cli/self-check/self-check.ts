import { createEngine, type Engine, type IssuedToken, type Revision } from '../../index.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { exitCode, type ExitCode } from '../command/command.js'
import { describeEngine } from '../command/engine-options.js'
import { Progress, type Terminal } from '../command/terminal.js'
import { checkKnownAnswers } from './known-answers.js'
import { Parties } from './parties.js'
import { steps, type Step, type Stopwatch } from './stopwatch.js'
import { tamperings } from './tampering.js'

export interface SelfCheckOptions {
  /** The folder of the vectors. */
  readonly vectors: string
  /** How many tokens of each revision to issue, in batches of `batch`. */
  readonly tokens: number
  readonly batch: number
  /** How many of them to present, and how often to present the Device-protected one. */
  readonly presentations: number
}

const revisions: readonly Revision[] = [1, 3]

/** The results of one revision. */
interface Work {
  readonly times: Stopwatch
  readonly accepted: number
  readonly refused: readonly { readonly name: string; readonly code: string }[]
  readonly mistakes: readonly string[]
}

/**
 * The first half of `npm start`: recomputes the known answers on the fastest kernel, issues, presents and verifies tokens of both
 * revisions, refuses tampered ones, and compares the backends. Exit code 1 if a check fails.
 */
export async function runSelfCheck(options: SelfCheckOptions, { out, err }: Terminal): Promise<ExitCode> {
  const progress = new Progress(err, true)
  const engine = await createEngine()
  const reference = await createEngine({ backend: 'bigint' })
  const say = (text: string): void => {
    progress.clear()
    out.write(`${text}\n`)
  }
  say(`Engine: ${describeEngine(engine)}${engine.constantTime ? ', constant time in secrets' : ''}`)

  const known = await checkKnownAnswers(engine, options.vectors, progress)
  const agreement = known.differences.length === 0 ? 'all agree' : `${counted(known.differences.length, 'file')} differ`
  say(`\n1. Known answers: ${counted(known.files, 'file')}, ${known.values} values, ${agreement}`)

  say('\n2. Tokens with five attributes on L2048N256')
  const works = revisions.map((revision) => {
    const work = doWork(engine, revision, options, progress)
    say(describeWork(revision, options.tokens, work))
    return work
  })

  const references = revisions.map((revision) => doWork(reference, revision, options, progress))
  say('\n3. Milliseconds a token or proof, with the same work on both backends\n')
  say(table(engine, works, references))

  engine.dispose()
  reference.dispose()
  const mistakes = [...known.differences, ...[...works, ...references].flatMap((work) => work.mistakes)]
  for (const mistake of mistakes) say(`FAILED: ${mistake}`)
  say(mistakes.length === 0 ? '\nAll checks passed.' : '\nSome checks failed, see above.')
  return mistakes.length === 0 ? exitCode.success : exitCode.failure
}

/** Issues, presents and verifies tokens, one of them Device-protected, and checks that tampered presentations are refused. */
function doWork(engine: Engine, revision: Revision, amounts: SelfCheckOptions, progress: Progress): Work {
  const tell = (text: string): void => progress.update(`revision ${revision} on ${engine.backend}: ${text}`)
  tell('Issuer parameters')
  const parties = new Parties(engine, revision)
  const issued: IssuedToken[] = []
  while (issued.length < amounts.tokens) {
    tell(`${issued.length} of ${amounts.tokens} tokens issued`)
    issued.push(...parties.issue(Math.min(amounts.batch, amounts.tokens - issued.length)))
  }
  const { presentations } = amounts
  const protectedToken = parties.issueWithDevice()

  tell('presenting tokens')
  const toPresent = [...issued.slice(0, presentations), ...new Array<IssuedToken>(presentations).fill(protectedToken)]
  const presented = toPresent.map((token, i) => parties.present(token, `verifier.example, presentation ${i}`))
  const accepted = presented.filter((presentation) => parties.accepts(presentation)).length
  const mistakes = accepted === presented.length ? [] : [`${presented.length - accepted} presentations were refused`]

  tell('refusing tampered presentations')
  const refused = tamperings.map(({ name, device = false, expected, change }) => {
    const genuine = itemAt(presented, device ? presented.length - 1 : 0)
    const result = parties.verify(change(genuine, parties.group.p))
    const code = result.valid ? 'accepted' : result.code
    if (code !== expected) mistakes.push(`${name}: ${code} instead of ${expected}`)
    return { name, code }
  })
  parties.dispose()
  const place = `revision ${revision} on ${engine.backend}`
  return { times: parties.times, accepted, refused, mistakes: mistakes.map((mistake) => `${place}: ${mistake}`) }
}

function describeWork(revision: Revision, tokens: number, { accepted, refused }: Work): string {
  const width = Math.max(...refused.map(({ name }) => name.length))
  return [
    `   Revision ${revision}: issued ${tokens} tokens, and one that a Device protects.`,
    `   Accepted ${accepted} presentations of 2 of 5 attributes, half of them with the Device. Refused:`,
    ...refused.map(({ name, code }) => `     ${name.padEnd(width)}  ${code}`),
  ].join('\n')
}

/** The time of each step on both backends, and their ratio. */
function table(engine: Engine, works: readonly Work[], references: readonly Work[]): string {
  const titles = revisions.flatMap((revision) => [`R${revision} ${engine.backend}`, `R${revision} bigint`, 'ratio'])
  const rows = (Object.keys(steps) as Step[]).map((step) => [
    steps[step],
    ...works.flatMap(({ times }, i) => {
      const [own, other] = [times.each(step), itemAt(references, i).times.each(step)]
      return [milliseconds(own), milliseconds(other), (other / own).toFixed(1)]
    }),
  ])
  const all = [['', ...titles], ...rows]
  const widths = itemAt(all, 0).map((_, column) => Math.max(...all.map((row) => itemAt(row, column).length)))
  const align = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(itemAt(widths, column)) : cell.padStart(itemAt(widths, column))
  return all.map((row) => `   ${row.map(align).join('  ')}`.trimEnd()).join('\n')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 3 : 1)
}
