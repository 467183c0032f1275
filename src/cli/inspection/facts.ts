import { toHex } from '../../../bindings/octets/integers.js'

/** The facts about an artefact: labels and values, to be printed as text or JSON. */
export type Facts = { readonly [label: string]: Fact }
export type Fact = string | number | boolean | null | Facts | readonly Fact[]

export interface ExplainedArtefact {
  /** The kind of artefact, in words. */
  readonly artefact: string
  readonly facts: Facts
}

/** The beginning of a long number in hexadecimal, and its length. */
export function abbreviate(number: Uint8Array): string {
  const hex = toHex(number)
  return hex.length <= 32 ? hex : `${hex.slice(0, 16)}... (${number.length} octets)`
}

/** A fact, or none if it is undefined or an empty list. */
export function only(label: string, fact: Fact | undefined): Facts {
  const isEmpty = fact === undefined || (Array.isArray(fact) && fact.length === 0)
  return isEmpty ? {} : { [label]: fact }
}
