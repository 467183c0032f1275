import { readdir, readFile } from 'node:fs/promises'
import type { Engine } from '../../index.js'
import type { Progress } from '../command/terminal.js'
import { prepareFile } from '../vectors/check.js'

export interface KnownAnswers {
  readonly files: number
  readonly values: number
  /** A line for each file that differs. */
  readonly differences: readonly string[]
}

/** Files that `npm run vectors` recomputes: runs as others published them, and runs that must be refused. */
const LONG = /^(?:ec\/(?:microsoft|negative\.json)|negative|original)/

/** Recomputes the vectors in a folder and those below it, without those that take long. */
export async function checkKnownAnswers(engine: Engine, folder: string, progress: Progress): Promise<KnownAnswers> {
  const found = await readdir(folder, { recursive: true })
  const files = found.filter((file) => file.endsWith('.json') && !LONG.test(file.replaceAll('\\', '/'))).sort()
  const differences: string[] = []
  let values = 0
  for (const [i, file] of files.entries()) {
    progress.update(`known answers: ${i + 1} of ${files.length}, ${file}`)
    const report = await prepareFile(engine, await readFile(`${folder}/${file}`, 'utf8')).vector.check()
    values += report.values
    if (report.difference !== undefined) differences.push(`${file} differs at ${report.difference.key}`)
  }
  return { files: files.length, values, differences }
}
