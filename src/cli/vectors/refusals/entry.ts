import { UsageError } from '../../errors.js'
import { octetsOfHex } from '../forms.js'
import type { Octets } from '../../../../bindings/octets/octets.js'

/** A JSON object of a file of refusals: read unchecked, so that the code under test must refuse what is wrong in it. */
export type Tree = Readonly<Record<string, unknown>>

/** An artefact, and what a step must do with it. */
export interface Entry extends Tree {
  readonly id: string
  readonly step: string
  readonly expected: string
  /** The code of the refusal. */
  readonly code?: string
  readonly changed?: string
}

/** A file of refusals, as those of `vectors/negative` that name their layout. */
export interface RefusalsDocument extends Tree {
  readonly controls: readonly Entry[]
  readonly cases: readonly Entry[]
}

/**
 * Gives an artefact to the party that reads it. The result is the code of a refusal that is a value; undefined if it is accepted. Throws
 * the `UProveError` of any other refusal.
 */
export type Step = (entry: Entry, document: RefusalsDocument) => Promise<string | undefined> | string | undefined

/** Octets of hexadecimal digits. Throws `UsageError` for anything else. */
export function octetsOf(value: unknown): Octets {
  const digits = textOf(value)
  if (!/^(?:[0-9a-f]{2})*$/.test(digits)) throw new UsageError('octets must be lowercase hexadecimal')
  return new Uint8Array(octetsOfHex(digits))
}

/** A string. Throws `UsageError` for anything else. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new UsageError(`${JSON.stringify(value)} is not a string`)
  return value
}

/** A list of strings, which may be left out. */
export function textsOf(value: unknown): string[] {
  return ((value ?? []) as unknown[]).map(textOf)
}
