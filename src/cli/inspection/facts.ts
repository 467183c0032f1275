import { toHex } from '../../../bindings/octets/integers.js'

/** What an artefact says: labels and values, for people and as JSON. */
export type Facts = { readonly [label: string]: Fact }
export type Fact = string | number | boolean | null | Facts | readonly Fact[]

export interface Explanation {
  /** What kind of artefact it is. */
  readonly artefact: string
  readonly facts: Facts
}

/** The beginning of a number, and how long it is. */
export function abbreviate(number: Uint8Array): string {
  const hex = toHex(number)
  return hex.length <= 32 ? hex : `${hex.slice(0, 16)}... (${number.length} octets)`
}

/** A fact that is left out where there is nothing to say. */
export function only(label: string, fact: Fact | undefined): Facts {
  const isEmpty = fact === undefined || (Array.isArray(fact) && fact.length === 0)
  return isEmpty ? {} : { [label]: fact }
}
