import type { Engine } from '../../../../bindings/engine/engine.js'
import { UProveError } from '../../../../bindings/errors.js'
import { UsageError } from '../../errors.js'
import type { VectorReport } from '../sheet.js'
import type { Entry, RefusalsDocument, Step } from './entry.js'
import { pkiSteps } from './pki.js'
import { soapSteps } from './soap.js'
import { xmlSteps } from './xml.js'

/** The name of the layout. */
export const refusalsLayout = 'uprove-wasm/refusals-1'

/** Whether a JSON document is a file of refusals. */
export function isRefusalsDocument(document: unknown): document is RefusalsDocument {
  const { layout, controls, cases } = (document ?? {}) as Partial<RefusalsDocument>
  return layout === refusalsLayout && Array.isArray(controls) && Array.isArray(cases)
}

/**
 * Runs every control and case of a file: each control must be accepted, each case refused with its code. The first that is not is the
 * difference. Throws `UsageError` for an unknown step, or an entry of another shape.
 */
export async function checkRefusals(engine: Engine, document: RefusalsDocument): Promise<VectorReport> {
  const [pki, xml] = [pkiSteps(engine), xmlSteps(engine)]
  try {
    const all = [...document.controls, ...document.cases]
    for (const entry of all) {
      const name = requireEntry(entry).step
      const step = [pki, xml.steps, soapSteps].find((steps) => Object.hasOwn(steps, name))?.[name]
      if (step === undefined) throw new UsageError(`${entry.id} names an unknown step`)
      const expected = entry.code === undefined ? entry.expected : `${entry.expected} (${entry.code})`
      const computed = await outcomeOf(entry, document, step)
      if (computed === expected) continue
      const key = `${entry.id}: ${entry.changed ?? 'nothing'}`
      return { values: all.length, notChecked: 0, difference: { key, expected, computed } }
    }
    return { values: all.length, notChecked: 0, difference: undefined }
  } finally {
    xml.dispose()
  }
}

/** Throws `UsageError` for what has no name or no step. */
function requireEntry(entry: Entry | null): Entry {
  if (typeof entry?.id !== 'string' || typeof entry.step !== 'string')
    throw new UsageError('an entry has no id or no step')
  return entry
}

/** What a step does with an artefact, and the code if it refuses. */
export async function outcomeOf(entry: Entry, document: RefusalsDocument, step: Step): Promise<string> {
  try {
    const code = await step(entry, document)
    return code === undefined ? 'accept' : `refuse (${code})`
  } catch (error) {
    // The cause of a refused signature says more.
    if (error instanceof UProveError) return `refuse (${typeof error.cause === 'string' ? error.cause : error.code})`
    throw error
  }
}
