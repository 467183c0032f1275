import { XmlError } from './errors.js'
import { isCharacterData, isNamespaceName, isNCName, XML_NAMESPACE, XMLNS_NAMESPACE } from './names.js'

/** A name with its namespace resolved. No namespace is `''`; no prefix is `''`. */
export interface XmlName {
  readonly prefix: string
  readonly namespace: string
  readonly localName: string
}

export interface XmlAttribute extends XmlName {
  readonly value: string
}

/** The namespace declarations of an element's ancestors, innermost first. */
export interface NamespaceContext {
  readonly declarations: ReadonlyMap<string, string>
  readonly parent: NamespaceContext | undefined
}

/** A comment, kept with `comments: 'keep'`. */
export class XmlComment {
  readonly text: string

  constructor(text: string) {
    this.text = text
    Object.freeze(this)
  }
}

/** Text is a string. No string is empty, and no two stand side by side. */
export type XmlNode = XmlElement | XmlComment | string

export const NO_DECLARATIONS: ReadonlyMap<string, string> = new Map()

/**
 * An immutable element. Names carry their namespaces, so an element keeps its meaning in another tree. `parseXml` and `element`
 * make elements; the constructor checks nothing.
 */
export class XmlElement implements XmlName {
  readonly prefix: string
  readonly namespace: string
  readonly localName: string
  /** Without namespace declarations. */
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlNode[]
  /** The namespaces declared on this element, by prefix. Only prefixes in content and InclusiveNamespaces need them. */
  readonly declarations: ReadonlyMap<string, string>
  /** The declarations of the ancestors in the document that the element was parsed from. */
  readonly context: NamespaceContext | undefined

  constructor(
    name: XmlName,
    attributes: readonly XmlAttribute[],
    children: readonly XmlNode[],
    declarations: ReadonlyMap<string, string> = NO_DECLARATIONS,
    context?: NamespaceContext,
  ) {
    this.prefix = name.prefix
    this.namespace = name.namespace
    this.localName = name.localName
    this.attributes = Object.freeze(attributes)
    this.children = Object.freeze(children)
    this.declarations = declarations
    this.context = context
    Object.freeze(this)
  }

  /** Whether the element has this name. */
  is(namespace: string, localName: string): boolean {
    return this.localName === localName && this.namespace === namespace
  }

  /** The value of an attribute. Default: an attribute without a namespace. */
  attribute(localName: string, namespace = ''): string | undefined {
    return this.attributes.find((a) => a.localName === localName && a.namespace === namespace)?.value
  }

  /** The first child element of this name. */
  child(localName: string, namespace: string): XmlElement | undefined {
    return this.elements.find((candidate) => candidate.is(namespace, localName))
  }

  /** The child elements, in order. */
  get elements(): XmlElement[] {
    return this.children.filter((child) => child instanceof XmlElement)
  }

  /** The text of an element; undefined if it has child elements. Comments are ignored. */
  get text(): string | undefined {
    let text = ''
    for (const child of this.children) {
      if (child instanceof XmlElement) return undefined
      if (typeof child === 'string') text += child
    }
    return text
  }

  /** The namespace of a prefix (`''`: the default namespace) in this element, for QNames in content such as xsi:type. */
  lookupNamespace(prefix: string): string | undefined {
    if (prefix === 'xml') return XML_NAMESPACE
    if (prefix === this.prefix) return this.namespace
    const attribute = prefix === '' ? undefined : this.attributes.find((a) => a.prefix === prefix)
    if (attribute !== undefined) return attribute.namespace
    const declared = this.declarations.get(prefix)
    if (declared !== undefined) return declared
    for (let context = this.context; context !== undefined; context = context.parent) {
      const inherited = context.declarations.get(prefix)
      if (inherited !== undefined) return inherited
    }
    return prefix === '' ? '' : undefined
  }

  /** The same element with other children. Throws `XmlError` (`xml/character`). */
  withChildren(children: readonly (XmlNode | undefined)[]): XmlElement {
    return new XmlElement(this, this.attributes, content(children), this.declarations, this.context)
  }

  /**
   * The same element with further namespace declarations, for prefixes that only its content uses. They are written where
   * `inclusivePrefixes` names them. Throws `XmlError` (`xml/name`, `xml/prefix`, `xml/namespace-name`).
   */
  declaring(namespaces: Readonly<Record<string, string>>): XmlElement {
    const declarations = new Map(this.declarations)
    for (const [prefix, namespace] of Object.entries(namespaces)) {
      checkBinding(prefix, namespace)
      const used = [this, ...this.attributes].find((name) => name.prefix === prefix && (prefix !== '' || name === this))
      if (used !== undefined && used.namespace !== namespace) throw new XmlError('xml/prefix')
      declarations.set(prefix, namespace)
    }
    return new XmlElement(this, this.attributes, this.children, declarations, this.context)
  }
}

/** Attributes without a namespace as a record; others as `XmlAttribute`s. */
export type AttributeInput = Readonly<Record<string, string>> | readonly XmlAttribute[]

/**
 * Builds an element. Undefined children are left out. Throws `XmlError` (`xml/name`, `xml/character`, `xml/prefix`,
 * `xml/namespace-name`, `xml/duplicate-attribute`) for what could not be written and parsed again.
 */
export function element(
  name: XmlName,
  attributes: AttributeInput = [],
  children: readonly (XmlNode | undefined)[] = [],
): XmlElement {
  const list = attributeList(attributes)
  checkName(name)
  if (list.length > 0) checkAttributes(name, list)
  return new XmlElement(name, list, content(children))
}

const NO_ATTRIBUTES: readonly XmlAttribute[] = []

function attributeList(attributes: AttributeInput): readonly XmlAttribute[] {
  if (isList(attributes)) return attributes.length === 0 ? NO_ATTRIBUTES : attributes.slice()
  const entries = Object.entries(attributes)
  if (entries.length === 0) return NO_ATTRIBUTES
  return entries.map(([localName, value]) => ({ prefix: '', namespace: '', localName, value }))
}

function checkAttributes(name: XmlName, attributes: readonly XmlAttribute[]): void {
  const bindings = new Map([[name.prefix, name.namespace]])
  const seen = new Set<string>()
  for (const attribute of attributes) {
    checkName(attribute)
    const { prefix, namespace, localName, value } = attribute
    if (prefix === '' ? namespace !== '' || localName === 'xmlns' : (bindings.get(prefix) ?? namespace) !== namespace) {
      throw new XmlError('xml/prefix')
    }
    if (prefix !== '') bindings.set(prefix, namespace)
    const key = `${localName} ${namespace}`
    if (seen.has(key)) throw new XmlError('xml/duplicate-attribute')
    seen.add(key)
    if (!isCharacterData(value)) throw new XmlError('xml/character')
  }
}

/** A function that builds elements of one namespace: `const up = vocabulary('up', UP)`, then `up('UIDP', {}, uri)`. */
export function vocabulary(
  prefix: string,
  namespace: string,
): (localName: string, attributes?: AttributeInput, ...children: (XmlNode | undefined)[]) => XmlElement {
  return (localName, attributes, ...children) => element({ prefix, namespace, localName }, attributes, children)
}

function isList(attributes: AttributeInput): attributes is readonly XmlAttribute[] {
  return Array.isArray(attributes)
}

function checkName({ prefix, namespace, localName }: XmlName): void {
  if (!isNCName(localName)) throw new XmlError('xml/name')
  if (prefix === 'xml' && namespace === XML_NAMESPACE) return
  if (prefix === lastBinding.prefix && namespace === lastBinding.namespace) return
  checkBinding(prefix, namespace)
  lastBinding = { prefix, namespace }
}

/** The last binding that was right: that of most elements is the one of the element before. */
let lastBinding = { prefix: '', namespace: '' }

function checkBinding(prefix: string, namespace: string): void {
  if (prefix !== '' && !isNCName(prefix)) throw new XmlError('xml/name')
  if (prefix === 'xml' || prefix === 'xmlns' || namespace === XML_NAMESPACE || namespace === XMLNS_NAMESPACE) {
    throw new XmlError('xml/prefix')
  }
  if (namespace === '') {
    if (prefix !== '') throw new XmlError('xml/prefix')
  } else if (!isNamespaceName(namespace) || !isCharacterData(namespace)) {
    throw new XmlError('xml/namespace-name')
  }
}

/** Checks characters and joins adjacent text. */
function content(children: readonly (XmlNode | undefined)[]): XmlNode[] {
  const joined: XmlNode[] = []
  for (const child of children) {
    if (child === undefined || child === '') continue
    if (typeof child === 'string') {
      if (!isCharacterData(child)) throw new XmlError('xml/character')
      const last = joined[joined.length - 1]
      if (typeof last === 'string') {
        joined[joined.length - 1] = last + child
        continue
      }
    } else if (child instanceof XmlComment) {
      if (!isCharacterData(child.text) || /--|-$|\r/.test(child.text)) throw new XmlError('xml/character')
    }
    joined.push(child)
  }
  return joined
}
