import { encodeBase64Url } from '../../bindings/octets/base64.js'
import { requireList, requireOctets } from '../../bindings/octets/shape.js'
import type { JsonLimits, JsonObject, JsonValue } from '../json/syntax/parse.js'
import {
  check,
  readDocument,
  readList,
  readObject,
  readOctets,
  readText,
  readWidth,
  type JsonInput,
} from '../json/syntax/reader.js'

/** How a value is written in JSON and read again. A member whose value is undefined is left out. */
export interface Form<T> {
  readonly write: (value: T) => JsonValue | undefined
  readonly read: (json: JsonValue | undefined) => T
}

/** Octets in base64url, of one length if it is given. */
export function octets(length?: number): Form<Uint8Array> {
  return {
    write: (value) => {
      requireOctets(value, 'octets/type', 'a value')
      return encodeBase64Url(value)
    },
    read: (json) => (length === undefined ? readOctets(json) : readWidth(json, length)),
  }
}

export const text: Form<string> = { write: (value) => value, read: readText }

export const flag: Form<boolean> = {
  write: (value) => value,
  read: (json) => {
    check(typeof json === 'boolean', 'json/type')
    return json
  },
}

/** A number without a fraction, not negative. */
export const integer: Form<number> = {
  write: (value) => value,
  read: (json) => {
    check(typeof json === 'number' && Number.isSafeInteger(json) && json >= 0, 'json/type')
    return json
  },
}

export function nullable<T>({ write, read }: Form<T>): Form<T | null> {
  return {
    write: (value) => (value === null ? null : write(value)),
    read: (json) => (json === null ? null : read(json)),
  }
}

export function optional<T>({ write, read }: Form<T>): Form<T | undefined> {
  return {
    write: (value) => (value === undefined ? undefined : write(value)),
    read: (json) => (json === undefined ? undefined : read(json)),
  }
}

export function list<T>({ write, read }: Form<T>, limit: number): Form<readonly T[]> {
  return {
    write: (values) => {
      requireList(values, 'octets/type', 'values')
      return values.map((value) => write(value) ?? null)
    },
    read: (json) => readList(json, limit, read),
  }
}

/** An object with exactly these members. */
export function object<T extends object>(members: { readonly [K in keyof T]-?: Form<T[K]> }): Form<T> {
  const forms = Object.entries(members) as [keyof T & string, Form<unknown>][]
  return {
    write: (value) => {
      const written = forms.map(([name, { write }]) => [name, write(value[name])] as const)
      return Object.fromEntries(written.filter(([, json]) => json !== undefined)) as JsonObject
    },
    read: (json) => {
      const found = readObject(json, Object.keys(members))
      return Object.fromEntries(forms.map(([name, { read }]) => [name, read(found[name])])) as T
    },
  }
}

/** An artefact as JSON: plain data, so `JSON.stringify` writes all of it. Octets are base64url without padding. */
export interface ArtefactJson<Type extends string = string> {
  /** What it is, such as `uprove/token`. */
  readonly type: Type
  /** The version of its form. */
  readonly version: 1
  readonly [member: string]: JsonValue
}

/** An artefact in JSON. Throws `InvalidInputError` (`octets/type`). */
export function writeArtefact<T extends object, Type extends string>(
  type: Type,
  { write }: Form<T>,
  value: T,
): ArtefactJson<Type> {
  return { type, version: 1, ...(write(value) as JsonObject) }
}

/**
 * Reads an artefact of one type. Throws `JsonError` (`json/kind`, `json/version`, `json/type`, `json/unknown-member`,
 * `json/base64url`, `json/length`, `json/count`, and those of `parseJson`).
 */
export function readArtefact<T>(type: string, { read }: Form<T>, input: JsonInput, limits?: Partial<JsonLimits>): T {
  const { type: found, version, ...members } = readDocument(input, 'any', limits)
  check(found === type, 'json/kind')
  check(version === 1, 'json/version')
  return read(members)
}
