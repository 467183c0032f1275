import { UProveError } from '../../../bindings/errors.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import { UsageError } from '../../../src/cli/errors.js'

/** A kind of input, and the check of one: it throws, or rejects, if the library does what it must not. */
export interface Target {
  /** What is explored, and what must hold. */
  readonly explores: string
  /** Words of the syntax. */
  readonly words: readonly string[]
  /** Genuine inputs to begin with. */
  readonly seeds: () => Promise<readonly Uint8Array[]>
  readonly prepare: () => Promise<(input: Uint8Array) => unknown>
}

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
export const textOf = (octets: Uint8Array): string => new TextDecoder().decode(octets)

/** What a reader returns; undefined if it refuses. Whatever is not an error with a code is thrown on. */
export function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof UProveError || error instanceof UsageError) return undefined
    throw error
  }
}

/** The same for a reader that answers later. */
export async function unlessRefusedLater<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof UProveError || error instanceof UsageError) return undefined
    throw error
  }
}

export function mustBeSame(a: Uint8Array, b: Uint8Array, what: string): void {
  if (!equalOctets(a, b)) throw new Error(`${what}: ${textOf(a)} became ${textOf(b)}`)
}

/** A reader and its writer: what was read, written, and read again must be written in the same way. Some are only read. */
export interface Form<T> {
  readonly read: (input: Uint8Array) => T
  readonly write?: (value: T) => Uint8Array
  /** Each value has one form: what is written is what was read. */
  readonly isExact?: boolean
}

export const form = <T>(read: (input: Uint8Array) => T, write: (value: T) => Uint8Array): Form<unknown> =>
  ({ read, write }) as Form<unknown>

export function checkForm({ read, write, isExact = false }: Form<unknown>, input: Uint8Array): void {
  const value = unlessRefused(() => read(input))
  if (value === undefined || write === undefined) return
  const written = write(value)
  if (isExact) mustBeSame(input, written, 'a value of one form')
  mustBeSame(written, write(read(written)), 'a value read again')
}

/** The first octet chooses one of several. */
export const oneOf = <T>(choices: readonly T[], input: Uint8Array): T => choices[(input[0] ?? 0) % choices.length] as T

/** An input that chooses a form. */
export const choosing = (choice: number, content: Uint8Array | string): Uint8Array =>
  Uint8Array.of(choice, ...(typeof content === 'string' ? utf8(content) : content))
