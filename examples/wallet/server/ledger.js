// What each party has written down, and what it could find out by comparing notes with the others.

/**
 * Something that a party learned: what kind of thing it is, and its value.
 * @typedef {{ kind: string, value: string }} Fact
 */
/** @typedef {{ party: string, facts: Fact[] }} Entry */
/** @typedef {Fact & { alsoAt: number[] }} ComparedFact a fact, with the other entries that have the same */
/** @typedef {{ entries: { party: string, facts: ComparedFact[] }[], linked: boolean }} Comparison */

/** Values that no two people share. If two entries have one in common, they are about one person. */
const singular = new Set(['account', 'token', 'identifier'])

/**
 * Compares entries, fact by fact, as parties would that put their notes side by side. Only equal values are found; the cryptography
 * makes sure that there is nothing else to find.
 * @param {readonly Entry[]} entries
 * @returns {Comparison}
 */
export function compare(entries) {
  let linked = false
  const compared = entries.map(({ party, facts }, i) => ({
    party,
    facts: facts.map(({ kind, value }) => {
      const alsoAt = entries.flatMap((other, j) =>
        j !== i && other.facts.some((fact) => fact.kind === kind && fact.value === value) ? [j] : [],
      )
      if (singular.has(kind) && alsoAt.length > 0) linked = true
      return { kind, value, alsoAt }
    }),
  }))
  return { entries: compared, linked }
}

/** The notes of all parties since the program started: the last visit to the Claim Provider, and the last two to Relying Parties. */
export class Ledger {
  /** @type {{ entry: Entry, person: import('./people.js').Person } | undefined} */
  issued
  /** @type {Entry[]} */
  visits = []

  /** @param {Fact[]} facts @param {import('./people.js').Person} person */
  keepIssued(facts, person) {
    this.issued = { entry: { party: 'claims', facts }, person }
  }

  /** @param {string} party @param {Fact[]} facts */
  keepVisit(party, facts) {
    this.visits = [...this.visits, { party, facts }].slice(-2)
  }

  clear() {
    this.issued = undefined
    this.visits = []
  }
}
