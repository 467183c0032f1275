import type { Revision, RevisionRules } from './revision.js'
import { revision1 } from './revision1.js'
import { revision3 } from './revision3.js'

/** The rules of a revision. */
export function rulesOf(revision: Revision): RevisionRules {
  return revision === 1 ? revision1 : revision3
}
