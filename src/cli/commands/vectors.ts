import type { Engine } from '../../index.js'
import { defineCommand, exitCode } from '../command/command.js'
import { describeEngine, engineOf, engineOptions } from '../command/engine-options.js'
import { UsageError } from '../errors.js'
import { readText } from '../files/files.js'
import { Progress } from '../command/terminal.js'
import { prepareFile, type VectorFile } from '../vectors/check.js'
import type { Difference } from '../vectors/sheet.js'

const description = `Recomputes every output of known-answer vectors from their inputs (keys, attributes, messages, random values),
then issues, presents and verifies their tokens with those inputs.

Reads files of this project's own layouts (vectors/README.md), Microsoft's flat Revision 1 and Revision 3 vectors over
subgroups and curves, as text or JSON as they were published, nested Revision 1 vectors made with the Java SDK,
digests of single values, changed runs of which each must be refused at its step, and requests, certificate paths
and XML that must be refused. Values of extensions are not checked; it says how many there are. Stops at the first
output that differs, and names the file, the key, the expected and the computed value.`

export const vectors = defineCommand({
  name: 'vectors',
  positionals: 'FILE...',
  description,
  options: {
    ...engineOptions,
    json: { type: 'boolean', description: 'print the report as JSON' },
  },

  async run({ values: { json = false, ...values }, positionals: files }, { out, err }) {
    if (files.length === 0) throw new UsageError('missing FILE')
    const engine = await engineOf(values)
    const prepared: PreparedFile[] = []
    for (const file of files) prepared.push(prepare(engine, file, await readText(file)))

    const progress = new Progress(err)
    const reports: { file: string; layout: string; values: number; notChecked: number; agree: boolean }[] = []
    let difference: (Difference & { readonly file: string }) | undefined
    for (const [i, { file, layout, vector }] of prepared.entries()) {
      progress.update(`${i + 1}/${files.length} ${file}`)
      const report = await vector.check()
      progress.clear()
      const agree = report.difference === undefined
      reports.push({ file, layout, values: report.values, notChecked: report.notChecked, agree })
      if (report.difference !== undefined) {
        difference = { file, ...report.difference }
        break
      }
      if (!json) out.write(`ok    ${file} (${counted(report)})\n`)
    }
    const { backend, kernel } = engine
    if (json) {
      const report = { backend, kernel, agree: difference === undefined, files: reports, difference }
      out.write(`${JSON.stringify(report, undefined, 2)}\n`)
    } else {
      out.write(difference === undefined ? summary(reports, describeEngine(engine)) : describe(difference))
    }
    engine.dispose()
    return difference === undefined ? exitCode.success : exitCode.failure
  },
})

interface PreparedFile {
  readonly file: string
  readonly layout: string
  readonly vector: VectorFile
}

/** Adds the name of the file to a usage error. */
function prepare(engine: Engine, file: string, text: string): PreparedFile {
  try {
    return { file, ...prepareFile(engine, text) }
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${file}: ${error.message}`) : error
  }
}

function counted({ values, notChecked }: { readonly values: number; readonly notChecked: number }): string {
  return notChecked === 0 ? `${values} values` : `${values} values; ${notChecked} of extensions not checked`
}

function summary(reports: readonly { readonly values: number }[], engine: string): string {
  const values = reports.reduce((sum, report) => sum + report.values, 0)
  const files = reports.length === 1 ? '1 file' : `${reports.length} files`
  return `${files}, ${values} values: all agree (${engine})\n`
}

function describe({ file, key, expected, computed, reason }: Difference & { readonly file: string }): string {
  const found = computed ?? `nothing: ${reason ?? 'unknown'}`
  return `DIFFERS ${file}\n  key       ${key}\n  expected  ${expected}\n  computed  ${found}\n`
}
