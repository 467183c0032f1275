import { readFile } from 'node:fs/promises'
import { defineCommand, exitCode } from '../command.js'
import { describeEngine, engineOf, engineOptions } from '../engine-options.js'
import { UsageError } from '../errors.js'
import { Progress } from '../terminal.js'
import { prepareVector } from '../vectors/check.js'
import { readDocument, type VectorDocument } from '../vectors/document.js'
import type { Difference } from '../vectors/sheet.js'

const description = `Recomputes every output of known-answer vectors from their inputs (keys, attributes, messages, random values),
then issues, presents and verifies their tokens with those inputs.

Reads files of this project's own layouts (vectors/README.md), Microsoft's flat Revision 1 and Revision 3 vectors,
nested Revision 1 vectors made with the Java SDK, and digests of single values. Stops at the first output that differs,
and names it: the file, the key, what the file expects, what was computed.`

export const vectors = defineCommand({
  name: 'vectors',
  summary: 'recompute known-answer vectors',
  positionals: 'FILE...',
  description,
  options: {
    ...engineOptions,
    json: { type: 'boolean', description: 'report as JSON' },
  },

  async run({ values: { json = false, ...values }, positionals: files }, { out, err }) {
    if (files.length === 0) throw new UsageError('a FILE is missing')
    const engine = await engineOf(values)
    const documents: VectorDocument[] = []
    for (const file of files) documents.push(readNamed(file, await readText(file)))
    const prepared = documents.map((document, i) =>
      namingFile(files[i]!, () => ({ layout: document.layout.name, vector: prepareVector(engine, document) })),
    )

    const progress = new Progress(err)
    const reports: { file: string; layout: string; values: number; agree: boolean }[] = []
    let difference: (Difference & { readonly file: string }) | undefined
    for (const [i, { layout, vector }] of prepared.entries()) {
      const file = files[i]!
      progress.update(`${i + 1}/${files.length} ${file}`)
      const report = vector.check()
      progress.clear()
      const agree = report.difference === undefined
      reports.push({ file, layout, values: report.values, agree })
      if (report.difference !== undefined) {
        difference = { file, ...report.difference }
        break
      }
      if (!json) out.write(`ok    ${file} (${report.values} values)\n`)
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

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reasons: Record<string, string> = { ENOENT: 'there is no such file', EISDIR: 'it is a folder' }
    throw new UsageError(`cannot read ${file}: ${reasons[code ?? ''] ?? String(code)}`)
  }
}

function readNamed(file: string, text: string): VectorDocument {
  return namingFile(file, () => readDocument(text))
}

/** Puts the name of the file into what is wrong with it. */
function namingFile<T>(file: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${file}: ${error.message}`) : error
  }
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
