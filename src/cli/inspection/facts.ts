import { toHex } from '../../../bindings/octets/integers.js'

/** The facts about an artefact: labels and values, to be printed as text or JSON. An undefined value is left out. */
export type Facts = { readonly [label: string]: Fact | undefined }
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

/** UTF-8 as text, anything else in hexadecimal. */
export function textOf(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    return `0x${toHex(octets)}`
  }
}

/** A list, or undefined if it is empty. */
export function some<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length === 0 ? undefined : list
}
