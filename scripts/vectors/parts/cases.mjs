// What the scripts of refusals share: cases with their genuine twins, written as one file.
import { readFileSync, writeFileSync } from 'node:fs'

/** @typedef {{ id: string, step: string } & Record<string, unknown>} Entry */

/**
 * The cases of one file. `prefix` begins each identifier.
 * @type {(step: string) => Cases}
 */
export const casesOf = (step) => new Cases(step)

export class Cases {
  /** @type {Entry[]} */
  controls = []
  /** @type {Entry[]} */
  cases = []

  /** @param {string} step */
  constructor(step) {
    this.step = step
  }

  /**
   * A genuine one, which must be accepted. Returns its identifier.
   * @param {string} id
   * @param {string} what
   * @param {object} input
   * @param {object} [more]
   */
  accept(id, what, input, more = {}) {
    this.controls.push({ id, step: this.step, what, ...input, expected: 'accept', ...more })
    return id
  }

  /**
   * One that must be refused: `control` is its genuine twin, `changed` the difference, `flag` the reason.
   * @param {string} control
   * @param {string} id
   * @param {string} changed
   * @param {string} flag
   * @param {object} input
   * @param {string} code
   * @param {object} [more]
   */
  refuse(control, id, changed, flag, input, code, more = {}) {
    const entry = { id: `${control}-${id}`, step: this.step, control, changed, flags: [flag], ...input }
    this.cases.push({ ...entry, expected: 'refuse', code, ...more })
  }
}

/**
 * Writes the file, or compares it (`--check`). Throws if a case has no twin of its step, or an identifier occurs twice.
 * @type {(file: string, shared: object, parts: readonly Cases[]) => void}
 */
export function writeCases(file, shared, parts) {
  const [controls, cases] = [parts.flatMap((part) => part.controls), parts.flatMap((part) => part.cases)]
  const all = [...controls, ...cases]
  const twins = new Map(controls.map(({ id, step }) => [id, step]))
  const ids = all.map(({ id }) => id)
  const repeated = ids.filter((id, i) => ids.indexOf(id) < i)
  if (repeated.length > 0) throw new Error(`two cases have the same id: ${repeated.join(', ')}`)
  for (const { id, step, control, edits } of cases) {
    if (twins.get(String(control)) !== step) throw new Error(`${id} has no twin`)
    for (const [find, put] of /** @type {string[][]} */ (edits ?? []))
      if (find === put) throw new Error(`${id} changes nothing`)
  }
  const target = new URL(`../../../vectors/negative/${file}`, import.meta.url)
  const text = `${JSON.stringify({ layout: 'uprove-wasm/refusals-1', ...shared, controls, cases }, null, 1)}\n`
  if (!process.argv.includes('--check')) writeFileSync(target, text)
  else if (readFileSync(target, 'utf8') !== text)
    throw new Error(`vectors/negative/${file} is not what its script writes`)
}
