import { JsonError } from '../errors.js'
import { strictText } from '../../../bindings/octets/text.js'

/** A JSON value. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

/** A JSON object; from `parseJson()`, without a prototype. */
export interface JsonObject {
  readonly [name: string]: JsonValue
}

/** The limits of a document. */
export interface JsonLimits {
  /** Octets of the document (UTF-16 code units of a string). */
  readonly maxBytes: number
  /** Levels of objects and lists. */
  readonly maxDepth: number
  /** Values in it, those of members and lists included. */
  readonly maxValues: number
}

/** Room for the 65,535 tokens of the largest batch. */
const DEFAULT_LIMITS: JsonLimits = { maxBytes: 32 * 1024 * 1024, maxDepth: 16, maxValues: 1 << 18 }

/**
 * The value of a document. Stricter than `JSON.parse`: an object must not have two members of one name, since readers differ in
 * which one they take; strings must be Unicode; octets must be UTF-8; and the document is bounded.
 *
 * Throws `JsonError` (`json/encoding`, `json/syntax`, `json/duplicate-member`, `json/limit-...`).
 *
 * @example
 * ```ts
 * import { JsonError, parseJson } from 'uprove-wasm/json'
 *
 * console.log(parseJson('{"alg":"UP256"}')) // [Object: null prototype] { alg: UP256 }
 * try {
 *   parseJson('{"alg":"UP256","alg":"UP384"}')
 * } catch (error) {
 *   if (error instanceof JsonError) console.log(error.code) // json/duplicate-member
 * }
 * ```
 */
export function parseJson(document: string | Uint8Array, limits: Partial<JsonLimits> = {}): JsonValue {
  const { maxBytes = DEFAULT_LIMITS.maxBytes } = limits
  if (document.length > maxBytes) throw new JsonError('json/limit-bytes')
  const parser = new Parser(typeof document === 'string' ? wellFormed(document) : decodeUtf8(document), limits)
  const value = parser.value(0)
  parser.end()
  return value
}

function decodeUtf8(octets: Uint8Array): string {
  const text = strictText(octets)
  if (text === undefined) throw new JsonError('json/encoding')
  return text
}

function wellFormed(text: string): string {
  if (/[\ud800-\udfff]/u.test(text)) throw new JsonError('json/encoding')
  return text
}

/** Walks over a document from left to right. Strings and numbers are found here and read by `JSON.parse`. */
class Parser {
  readonly #maxDepth: number
  #valuesLeft: number
  #at = 0

  constructor(
    private readonly text: string,
    { maxDepth = DEFAULT_LIMITS.maxDepth, maxValues = DEFAULT_LIMITS.maxValues }: Partial<JsonLimits>,
  ) {
    this.#maxDepth = maxDepth
    this.#valuesLeft = maxValues
  }

  /** @param depth how many objects and lists are open */
  value(depth: number): JsonValue {
    if (this.#valuesLeft-- <= 0) throw new JsonError('json/limit-values')
    const first = this.#peek()
    if (first === '{' || first === '[') {
      if (depth >= this.#maxDepth) throw new JsonError('json/limit-depth')
      return first === '{' ? this.#object(depth + 1) : this.#list(depth + 1)
    }
    if (first === '"') return this.#string()
    return this.#match(/-?\d[\d.eE+-]*|true|false|null/y)
  }

  end(): void {
    if (this.#peek() !== '') throw new JsonError('json/syntax')
  }

  #object(depth: number): JsonObject {
    const object = Object.create(null) as Record<string, JsonValue>
    this.#items('}', () => {
      if (this.#peek() !== '"') throw new JsonError('json/syntax')
      const name = this.#string()
      if (name in object) throw new JsonError('json/duplicate-member')
      this.#take(':')
      object[name] = this.value(depth)
    })
    return object
  }

  #list(depth: number): JsonValue[] {
    const list: JsonValue[] = []
    this.#items(']', () => list.push(this.value(depth)))
    return list
  }

  /** Reads what stands between commas, from the opening bracket to the closing one. */
  #items(close: string, read: () => void): void {
    this.#at++
    if (this.#peek() !== close) {
      read()
      while (this.#peek() === ',') {
        this.#at++
        read()
      }
    }
    this.#take(close)
  }

  #string(): string {
    const start = this.#at
    let end = start
    do {
      end = this.text.indexOf('"', end + 1)
      if (end < 0) throw new JsonError('json/syntax')
    } while (this.#isEscaped(end))
    this.#at = end + 1
    const token = this.text.slice(start, end + 1)
    const string = read(token) as string
    return token.includes('\\') ? wellFormed(string) : string
  }

  /** Whether an odd number of backslashes stands before a character. */
  #isEscaped(at: number): boolean {
    let backslashes = 0
    while (this.text[at - 1 - backslashes] === '\\') backslashes++
    return backslashes % 2 === 1
  }

  #match(pattern: RegExp): JsonValue {
    pattern.lastIndex = this.#at
    const [token] = pattern.exec(this.text) ?? []
    if (token === undefined) throw new JsonError('json/syntax')
    this.#at += token.length
    return read(token)
  }

  /** The next character that is no white space; empty at the end. */
  #peek(): string {
    while (' \t\n\r'.includes(this.text.charAt(this.#at)) && this.#at < this.text.length) this.#at++
    return this.text.charAt(this.#at)
  }

  #take(character: string): void {
    if (this.#peek() !== character) throw new JsonError('json/syntax')
    this.#at++
  }
}

function read(token: string): JsonValue {
  try {
    return JSON.parse(token) as JsonValue
  } catch {
    throw new JsonError('json/syntax')
  }
}
