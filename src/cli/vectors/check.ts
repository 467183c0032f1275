import type { Engine, Group } from '../../../bindings/engine/engine.js'
import { UProveError } from '../../../bindings/errors.js'
import { UsageError } from '../errors.js'
import { digestCells } from './digests.js'
import { parseDocument, translateDocument, type VectorDocument } from './document.js'
import { dsaCells } from './dsa.js'
import { protocolDifference, type ProtocolCells } from './exchange.js'
import { generatorCells } from './generators.js'
import { contentCells, tokenCells } from './issuance.js'
import { checkNegative, isNegativeDocument, negativeLayout } from './negative.js'
import { parameterCells } from './parameters.js'
import { presentationCells } from './presentations.js'
import { checkRefusals, isRefusalsDocument, refusalsLayout } from './refusals/check.js'
import { Sheet, type Cell, type VectorReport } from './sheet.js'

interface Contents {
  readonly group?: Cell<Group>
  readonly protocol?: ProtocolCells
}

/** A vector file that was checked as far as possible without computing. */
export interface PreparedVector {
  /** Recomputes every output of the file from its inputs, and runs its protocols. Once only. */
  check(): VectorReport
}

/** A file that was checked as far as possible without computing. */
export interface VectorFile {
  /** Once only. */
  check(): VectorReport | Promise<VectorReport>
}

/** A file of any layout, and the name of its layout; those of refusals answer later. Throws `UsageError` for a file of an unknown layout, and as `prepareVector`. */
export function prepareFile(engine: Engine, text: string): { readonly layout: string; readonly vector: VectorFile } {
  const parsed = parseDocument(text)
  if (isRefusalsDocument(parsed)) {
    return { layout: refusalsLayout, vector: { check: () => checkRefusals(engine, parsed) } }
  }
  if (isNegativeDocument(parsed)) {
    return { layout: negativeLayout, vector: { check: () => checkNegative(engine, parsed) } }
  }
  const document = translateDocument(parsed)
  return { layout: document.layout.name, vector: prepareVector(engine, document) }
}

/** Throws `UsageError` for a file without outputs, or with values of unknown keys. */
export function prepareVector(engine: Engine, document: VectorDocument): PreparedVector {
  const sheet = new Sheet(document.leaves)
  const { group, protocol } = layOut(sheet, engine, document)
  sheet.refuseUnclaimed()
  if (sheet.outputCount === 0) throw new UsageError('the file has no values to recompute')
  return {
    check() {
      try {
        const difference = sheet.firstDifference() ?? (protocol && protocolDifference(sheet, protocol))
        return { values: sheet.outputCount, notChecked: document.notChecked, difference }
      } finally {
        dispose(group)
      }
    },
  }
}

function layOut(sheet: Sheet, engine: Engine, { layout }: VectorDocument): Contents {
  sheet.input('layout')
  digestCells(sheet)
  if (layout.contents === 'digests') return {}
  if (layout.contents === 'dsa') return { group: dsaCells(sheet, engine) }
  if (layout.contents === 'generators') return { group: generatorCells(sheet, engine) }
  const zeroEncoding = zeroEncodingOf(sheet)
  const parameters = parameterCells(sheet, engine, layout)
  const contents = contentCells(sheet, parameters)
  const tokens = tokenCells(sheet, parameters, contents)
  const presentations = presentationCells({ sheet, parameters, contents, tokens, zeroEncoding })
  return { group: parameters.group, protocol: { parameters, contents, tokens, presentations, zeroEncoding } }
}

/** How the file hashes zeros. Default: like Microsoft's SDKs. */
function zeroEncodingOf(sheet: Sheet): 'octet' | 'empty' {
  const given = sheet.input('zeroEncoding')
  const encoding = given.given ? given.text() : 'empty'
  if (encoding !== 'octet' && encoding !== 'empty') throw new UsageError('zeroEncoding must be octet or empty')
  return encoding
}

function dispose(group: Cell<Group> | undefined): void {
  try {
    group?.value.dispose()
  } catch (error) {
    // A group that could not be made has nothing to free.
    if (!(error instanceof UProveError)) throw error
  }
}
