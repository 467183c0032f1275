import { collapse, parseBoolean } from '../soap/envelope/text.js'
import { isNil, NIL } from '../wstep/messages/shape.js'
import { ElementReader } from '../xml/reader.js'
import type { XmlElement } from '../xml/tree.js'
import { XcepError, type XcepErrorCode } from './errors.js'
import { XCEP, xcep } from './names.js'

/** The longest text that is accepted. */
const MAX_TEXT = 4096

/**
 * The children of an element of this protocol, by name. Absent elements count as nil, the order does not matter, elements of
 * other namespaces are extensions, and each name occurs at most once. Otherwise throws `XcepError` with the code.
 */
export class Fields {
  readonly #reader: ElementReader
  readonly #code: XcepErrorCode

  constructor(parent: XmlElement, code: XcepErrorCode) {
    const refuse = (): XcepError => new XcepError(code)
    this.#reader = new ElementReader(parent, { namespace: XCEP, refuse, comments: true }, 'any')
    this.#code = code
  }

  /** The elements of a name. */
  all(name: string): XmlElement[] {
    return this.#reader.element.elements.filter((child) => child.is(XCEP, name))
  }

  /** The element of a name; undefined if it is absent or nil. */
  element(name: string): XmlElement | undefined {
    const found = this.#reader.only(name)
    return found === undefined || isNil(found) ? undefined : found
  }

  /** The fields of the element of a name. */
  fields(name: string): Fields | undefined {
    const found = this.element(name)
    return found && new Fields(found, this.#code)
  }

  /** The text of an element, without white space at its ends. */
  text(name: string): string | undefined {
    const found = this.element(name)
    return found && textOf(found, this.#code)
  }

  /** A decimal integer, from `min`, below 2^32. */
  integer(name: string, min = 0): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : readInteger(text, this.#code, min)
  }

  /** An xs:boolean. */
  boolean(name: string): boolean | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    return parseBoolean(text) ?? this.#fail()
  }

  /** The value, which must be present. */
  required<T>(value: T | undefined): T {
    return value ?? this.#fail()
  }

  #fail(): never {
    throw new XcepError(this.#code)
  }
}

/** The text of an element, white space collapsed. Throws `XcepError` for child elements, and beyond the length limit. */
export function textOf(element: XmlElement, code: XcepErrorCode): string {
  const text = collapse(element.text ?? '')
  if (element.text === undefined || text.length > MAX_TEXT) throw new XcepError(code)
  return text
}

/** An xs:int or xs:unsignedInt of at least `min`. */
export function readInteger(text: string, code: XcepErrorCode, min = 0): number {
  const value = /^[-+]?\d{1,10}$/.test(text) ? Number(text) : NaN
  if (!(value >= min && value < 2 ** 32)) throw new XcepError(code)
  return value
}

/** An element without a value. Clients need each element at its place: an element without a value is nil, never left out. */
export function nil(name: string): XmlElement {
  return xcep(name, NIL)
}

/** An element with a value as text; nil without a value. */
export function field(name: string, value: string | number | boolean | undefined): XmlElement {
  return value === undefined ? nil(name) : xcep(name, {}, String(value))
}

/** An element with others in it; nil if there are none. */
export function group(name: string, children: readonly XmlElement[] | undefined): XmlElement {
  return children === undefined || children.length === 0 ? nil(name) : xcep(name, {}, ...children)
}
