import { itemAt, known } from '../../../bindings/octets/lists.js'
import { UsageError } from '../errors.js'
import type { Published } from './forms.js'
import { layouts, type Layout } from './layouts.js'
import { isPublishedText, joinPublished, readPublishedText } from './published.js'
import type { Leaf } from './sheet.js'

/** A vector file, translated into the paths of this project's own layout. */
export interface VectorDocument {
  readonly layout: Layout
  /** In the order of the file. */
  readonly leaves: readonly Leaf[]
  /** How many values of extensions there are besides. */
  readonly notChecked: number
}

type Value = Published['value']

/** Reads a JSON value; undefined if it has another form. */
type Reader = (json: unknown) => Value | undefined

const hex: Reader = (json) => (typeof json === 'string' && /^[0-9a-f]*$/i.test(json) ? json.toLowerCase() : undefined)
const text: Reader = (json) => (typeof json === 'string' ? json : undefined)
const boolean: Reader = (json) => (typeof json === 'boolean' ? json : undefined)
const integer: Reader = (json) => (Number.isSafeInteger(json) ? (json as number) : undefined)
const indices: Reader = (json) =>
  Array.isArray(json) && json.every((index) => Number.isSafeInteger(index)) ? (json as number[]) : undefined

/** e_i: an integer, or the octet. */
const encoding: Reader = (json) => {
  const octet = hex(json)
  return typeof octet === 'string' && octet !== '' ? Number.parseInt(octet, 16) : integer(json)
}

/** The source of a pseudonym: an attribute index (in flat files in decimal digits) or the Device. */
const source: Reader = (json) => text(json) ?? integer(json)

/** Everything else is hexadecimal. */
const readers: Readonly<Record<string, Reader>> = {
  layout: text,
  zeroEncoding: text,
  revision: integer,
  hash: text,
  'group.name': text,
  'group.oid': text,
  'group.cofactor': (json) => integer(typeof json === 'string' ? Number(json) : json),
  'parameters.hash': text,
  'parameters.n': integer,
  'parameters.encodings[#]': encoding,
  'parameters.deviceSupported': boolean,
  'signatures[#].hash': text,
  'presentations[#].token': integer,
  'presentations[#].disclosed': indices,
  'presentations[#].undisclosed': indices,
  'presentations[#].committed': indices,
  'presentations[#].disclosesZero': boolean,
  'presentations[#].pseudonym.source': source,
}

interface Row {
  readonly pattern: string
  readonly matches: RegExp
  /** Null for a remark. */
  readonly path: string | null
}

function rowsOf({ keys }: Layout): Row[] {
  return Object.entries(keys).map(([pattern, path]) => {
    // An index that is counted from 1 has no 0.
    const index = path?.includes('#-1') === true ? '([1-9]\\d*)' : '(0|[1-9]\\d*)'
    const escaped = pattern.replace(/[.[\]()]/g, '\\$&').replace('*', '(.*)')
    return { pattern, matches: new RegExp(`^${escaped.replaceAll('#', index)}$`), path }
  })
}

/** A path whose `#` and `*` are replaced by parts of a key. */
function fill(path: string, parts: readonly string[]): string {
  let used = 0
  return path.replace(/#(-1)?|\*/g, (_, offset?: string) => {
    const part = itemAt(parts, used++)
    return offset === undefined ? part : String(Number(part) - 1)
  })
}

/**
 * Reads a vector file, JSON or the text that Microsoft publishes. Throws `UsageError` if it is not one: no known layout, an
 * unknown key, a malformed value.
 */
export function readDocument(text: string): VectorDocument {
  return translateDocument(parseDocument(text))
}

/** Translates a vector file that was parsed. Throws like `readDocument()`. */
export function translateDocument(document: ParsedDocument): VectorDocument {
  const layout = layouts.find(({ recognises }) => recognises(document))
  if (layout === undefined) throw new UsageError('not a vector file of a known layout')
  const rows = rowsOf(layout)
  const leaves = new Map<string, Leaf>()
  for (const leaf of translate(layout, rows, document, '')) {
    const twin = leaves.get(leaf.path)
    if (twin !== undefined) throw new UsageError(`${twin.key} and ${leaf.key} are the same value`)
    leaves.set(leaf.path, leaf)
  }
  const extensions = Object.keys(document).filter((name) => layout.ignored?.test(name) === true)
  return { layout, leaves: [...leaves.values()], notChecked: extensions.length }
}

/** A vector file of any form as a JSON object. */
export type ParsedDocument = Readonly<Record<string, unknown>>

/** Parses a vector file. Throws `UsageError` if it is no JSON object and no text in lines. */
export function parseDocument(text: string): ParsedDocument {
  const content = text.replace(/^\uFEFF/, '')
  if (isPublishedText(content)) return joinPublished(readPublishedText(content))
  let document: unknown
  try {
    document = JSON.parse(content)
  } catch (error) {
    throw new UsageError(`not JSON (${(error as SyntaxError).message})`)
  }
  if (!isContainer(document) || Array.isArray(document)) throw new UsageError('not a JSON object')
  return joinPublished(document as ParsedDocument)
}

function isContainer(json: unknown): json is object {
  return typeof json === 'object' && json !== null
}

/** The leaves below a key. */
function* translate(layout: Layout, rows: readonly Row[], json: object, prefix: string): Generator<Leaf> {
  for (const [name, value] of Object.entries(json) as [string, unknown][]) {
    if (!Array.isArray(json) && (name.startsWith('_') || layout.ignored?.test(name) === true)) continue
    const key = Array.isArray(json) ? `${prefix}[${name}]` : prefix === '' ? name : `${prefix}.${name}`
    const row = rows.find(({ matches }) => matches.test(key))
    if (row?.path === null) continue
    if (row !== undefined) yield leafOf(layout, row, key, value)
    else if (!hasKeysBelow(rows, key)) throw new UsageError(`unknown key ${key}`)
    else if (isContainer(value)) yield* translate(layout, rows, value, key)
    else if (value !== null) throw new UsageError(`${key} must be an object or a list`)
  }
}

/** A key or path with `#` for its indices. */
function generalised(key: string): string {
  return key.replace(/(?<=[.[])\d+(?=[.\]]|$)/g, '#')
}

/** Whether a layout has keys below this one. */
function hasKeysBelow(rows: readonly Row[], key: string): boolean {
  const general = generalised(key)
  return rows.some(({ pattern }) => pattern.startsWith(`${general}.`) || pattern.startsWith(`${general}[`))
}

function leafOf({ allDigits = true }: Layout, { matches, path: template }: Row, key: string, json: unknown): Leaf {
  const path = fill(known(template ?? undefined), matches.exec(key)?.slice(1) ?? [])
  const reader = readers[generalised(path)] ?? hex
  const value = json === null ? null : reader(json)
  if (value === undefined) throw new UsageError(`${key} is malformed`)
  return { key, path, value, allDigits }
}
