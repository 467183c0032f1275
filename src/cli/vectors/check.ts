import type { Engine, Group } from '../../../bindings/engine/engine.js'
import { UProveError } from '../../../bindings/errors.js'
import { UsageError } from '../errors.js'
import { digestCells } from './digests.js'
import type { VectorDocument } from './document.js'
import { dsaCells } from './dsa.js'
import { protocolDifference, type ProtocolCells } from './exchange.js'
import { generatorCells } from './generators.js'
import { contentCells, tokenCells } from './issuance.js'
import { parameterCells } from './parameters.js'
import { presentationCells } from './presentations.js'
import { Sheet, type Cell, type Difference } from './sheet.js'

/** What came of recomputing a vector file. */
export interface VectorReport {
  /** Outputs in the file. */
  readonly values: number
  /** Values of extensions, which are not looked at. */
  readonly notChecked: number
  /** The first that differs. */
  readonly difference: Difference | undefined
}

interface Contents {
  readonly group?: Cell<Group>
  readonly protocol?: ProtocolCells
}

/** A vector file that makes sense as far as can be told without computing. */
export interface PreparedVector {
  /** Recomputes every output of the file from its inputs, and carries its protocols through. Once only. */
  check(): VectorReport
}

/** Throws `UsageError` for a file without outputs, or with values that belong to nothing. */
export function prepareVector(engine: Engine, document: VectorDocument): PreparedVector {
  const sheet = new Sheet(document.leaves)
  const { group, protocol } = layOut(sheet, engine, document)
  sheet.refuseUnclaimed()
  if (sheet.outputCount === 0) throw new UsageError('there is nothing to recompute')
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

/** How the file hashes zeros: like Microsoft's SDKs, unless it says otherwise. */
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
