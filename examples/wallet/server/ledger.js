// What each party has written down, and what it could find out by comparing notes with the others.
import { claimTypes } from './people.js'

/**
 * Something that a party learned: what kind of thing it is, and its value.
 * @typedef {{ kind: string, value: string }} Fact
 */
/** @typedef {{ party: string, facts: Fact[] }} Entry */
/** @typedef {{ entry: Entry, person: import('./people.js').Person }} Issued */
/** @typedef {Fact & { alsoAt: number[] }} ComparedFact a fact, with the other entries that have the same */
/** @typedef {{ party: string, facts: ComparedFact[], sameAs: number[] }} ComparedEntry an entry, with the others about the same person */

/** Values that no two people share. If two entries have one in common, they are about one person. */
const singular = new Set(['account', 'token', 'identifier'])

/**
 * Compares entries, fact by fact, as parties would that put their notes side by side. Only equal values are found; the cryptography
 * makes sure that there is nothing else to find.
 * @param {readonly Entry[]} entries
 * @returns {ComparedEntry[]}
 */
export function compare(entries) {
  return entries.map(({ party, facts }, i) => {
    const compared = facts.map(({ kind, value }) => ({
      ...{ kind, value },
      alsoAt: entries.flatMap((other, j) =>
        j !== i && other.facts.some((fact) => fact.kind === kind && fact.value === value) ? [j] : [],
      ),
    }))
    const sameAs = compared.flatMap(({ kind, alsoAt }) => (singular.has(kind) ? alsoAt : []))
    return { party, facts: compared, sameAs: [...new Set(sameAs)] }
  })
}

/** The notes of all parties: for each person the last exchange with the Claim Provider, and the last two visits to Relying Parties. */
export class Ledger {
  /** By account; who came last is last. @type {Map<string, Issued>} */
  issued = new Map()
  /** @type {Entry[]} */
  visits = []
  /** What a visitor has done, but for what the example person does. @type {Set<string>} */
  steps = new Set()
  isExample = false

  /** @param {Fact[]} facts @param {import('./people.js').Person} person */
  keepIssued(facts, person) {
    this.steps.add('obtain')
    this.issued.delete(person.id)
    this.issued.set(person.id, { entry: { party: 'claims', facts }, person })
  }

  /** @param {string} party @param {Fact[]} facts */
  keepVisit(party, facts) {
    // A visitor's notes are not mixed with those of the example person.
    if (this.isExample) this.clear()
    this.steps.add(party)
    this.visits = [...this.visits, { party, facts }].slice(-2)
  }

  /**
   * Who may have made each visit, which no party can tell by the tokens: of those who say what was shown there, the one who was at the
   * Claim Provider last.
   * @returns {(Issued | undefined)[]}
   */
  supposed() {
    const known = [...this.issued.values()].reverse()
    return this.visits.map(({ facts }) => {
      const shown = facts.filter(({ kind }) => claimTypes.includes(kind))
      const says = (/** @type {Issued} */ { entry }) =>
        shown.every(({ kind, value }) => entry.facts.some((fact) => fact.kind === kind && fact.value === value))
      return known.find(says)
    })
  }

  /** Clears the notes of the visits. */
  clear() {
    this.visits = []
    this.steps.delete('shop')
    this.steps.delete('forum')
    this.isExample = false
  }
}
