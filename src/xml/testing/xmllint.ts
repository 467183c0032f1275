import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Whether a program is installed; if not, says on the console which tests do not run. */
export function hasProgram(program: string, tests: string): boolean {
  const found = spawnSync(program, ['--version']).error === undefined
  if (!found) console.warn(`SKIPPED: ${tests}, because ${program} is not installed`)
  return found
}

/** Comments before the element of a canonical form, each with a line end behind it, and after the element, each with one in front. */
const OUTER_COMMENTS = /^(?:<!--(?:(?!-->)[^])*-->\n)+|(?:\n<!--(?:(?!-->)[^])*-->)+$/g

/** Calls `use` with a new directory, which is removed afterwards. */
export function inTemporaryDirectory<T>(use: (directory: string) => T): T {
  const directory = mkdtempSync(path.join(tmpdir(), 'xml-'))
  try {
    return use(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/**
 * The exclusive canonical form of each document's element as xmllint makes it, comments kept in it, and not beside it; '' for a document that it
 * refuses. One process does them all: documents of one element each, which cannot occur otherwise, divide its output.
 */
export function xmllintCanonical(documents: readonly (string | Uint8Array)[]): string[] {
  return inTemporaryDirectory((directory) => {
    writeFileSync(path.join(directory, 'divider'), '<xmllint-divider/>')
    const files = documents.flatMap((document, i) => {
      writeFileSync(path.join(directory, String(i)), document)
      return [String(i), 'divider']
    })
    const { stdout } = spawnSync('xmllint', ['--nonet', '--exc-c14n', ...files], { cwd: directory, maxBuffer: 2 ** 28 })
    const forms = stdout.toString('utf8').split('<xmllint-divider></xmllint-divider>')
    if (forms.length !== documents.length + 1) throw new Error('xmllint did not answer for every document')
    return forms.slice(0, -1).map((form) => form.replace(OUTER_COMMENTS, ''))
  })
}

/** Whether xmllint finds each document malformed, by XML 1.0 or by its namespaces. */
export function xmllintRefusals(documents: readonly string[]): boolean[] {
  return inTemporaryDirectory((directory) => {
    for (const [i, document] of documents.entries()) writeFileSync(path.join(directory, String(i)), document)
    const refused = new Set<number>()
    // As many at once as a command line takes.
    for (let start = 0; start < documents.length; start += 2_000) {
      const files = documents.slice(start, start + 2_000).map((_, i) => String(start + i))
      const { stderr } = spawnSync('xmllint', ['--nonet', '--noout', ...files], { cwd: directory, maxBuffer: 2 ** 28 })
      for (const [, file] of stderr.toString('utf8').matchAll(/^(\d+):\d+: \w+ error : /gm)) refused.add(Number(file))
    }
    return documents.map((_, i) => refused.has(i))
  })
}
