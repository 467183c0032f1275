import { readdir, readFile } from 'node:fs/promises'
import type { Engine } from '../../index.js'
import type { Progress } from '../command/terminal.js'
import { prepareVector } from '../vectors/check.js'
import { readDocument } from '../vectors/document.js'

export interface KnownAnswers {
  readonly files: number
  readonly values: number
  /** A line for each file that differs. */
  readonly differences: readonly string[]
}

/** Recomputes all vectors in a folder and those below it. */
export async function checkKnownAnswers(engine: Engine, folder: string, progress: Progress): Promise<KnownAnswers> {
  const found = await readdir(folder, { recursive: true })
  const files = found.filter((file) => file.endsWith('.json')).sort()
  const differences: string[] = []
  let values = 0
  for (const [i, file] of files.entries()) {
    progress.update(`known answers: ${i + 1} of ${files.length}, ${file}`)
    const report = prepareVector(engine, readDocument(await readFile(`${folder}/${file}`, 'utf8'))).check()
    values += report.values
    if (report.difference !== undefined) differences.push(`${file} differs at ${report.difference.key}`)
  }
  return { files: files.length, values, differences }
}
