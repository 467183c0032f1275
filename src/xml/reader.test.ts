import { describe, expect, it } from 'vitest'
import { parseXml } from './parse.js'
import { ElementReader, inputElement, onlyOne, type Misfit } from './reader.js'

class Misfitting extends Error {
  constructor(readonly misfit: Misfit) {
    super(misfit)
  }
}

const rules = { namespace: 'urn:a', refuse: (misfit: Misfit) => new Misfitting(misfit) }
const read = (content: string, attributes: readonly string[] | 'any' = [], comments = false): ElementReader => {
  const element = parseXml(`<a xmlns="urn:a" xmlns:b="urn:b" ${content}</a>`, { comments: 'keep' })
  return new ElementReader(element, { ...rules, comments }, attributes)
}
const refused = (misfit: Misfit): unknown => expect.objectContaining({ misfit })
const names = (elements: readonly { readonly localName: string }[]): string[] => elements.map((e) => e.localName)

describe('a reader of an element', () => {
  it('takes children in their order', () => {
    const reader = read('> <x/>\n<y/><y/><b:z/>')
    expect(reader.optional('y')).toBeUndefined()
    expect(reader.next('x').localName).toBe('x')
    expect(names(reader.many('y', 2))).toEqual(['y', 'y'])
    expect(() => reader.next('z')).toThrow(refused('element'))
    expect(() => {
      reader.end()
    }).toThrow(refused('element'))
    expect(reader.next('z', 'urn:b').localName).toBe('z')
    expect(() => {
      reader.end()
    }).not.toThrow()
    expect(() => reader.many('y', 1)).toThrow(refused('element'))
    expect(reader.many('y')).toEqual([])
  })

  it('takes what remains, in any order, each once', () => {
    const wanted = [
      ['x', 'urn:a'],
      ['y', 'urn:a'],
      ['z', 'urn:b'],
    ] as const
    expect(
      read('><b:z/><x/>')
        .unordered(...wanted)
        .map((e) => e?.localName),
    ).toEqual(['x', undefined, 'z'])
    expect(() => read('><x/><x/>').unordered(...wanted)).toThrow(refused('element'))
    expect(() => read('><z/>').unordered(...wanted)).toThrow(refused('element'))
    expect(names(read('><x/><z/>').rest())).toEqual(['x', 'z'])
  })

  it('finds one child among others', () => {
    const reader = read('><x/><b:y/><y/><x/>')
    expect(reader.only('y')?.namespace).toBe('urn:a')
    expect(reader.only('z')).toBeUndefined()
    expect(() => reader.only('x')).toThrow(refused('element'))
    expect(() => onlyOne(reader.rest(), 'x', 'urn:a', () => new Misfitting('text'))).toThrow(refused('text'))
  })

  it('refuses text, comments and attributes that it does not know', () => {
    expect(() => read('>text<x/>')).toThrow(refused('text'))
    expect(() => read('>\u00A0<x/>')).toThrow(refused('text'))
    expect(() => read('><!-- --><x/>')).toThrow(refused('text'))
    expect(read('><!-- --><x/>', [], true).next('x')).toBeDefined()
    expect(() => read('c="1">')).toThrow(refused('attribute'))
    expect(() => read('b:c="1">', ['c'])).toThrow(refused('attribute'))
    expect(read('b:c="1">', 'any').element.attribute('c', 'urn:b')).toBe('1')
    expect(read('c="1">', ['c']).attribute('c')).toBe('1')
    expect(() => read('>', ['c']).attribute('c')).toThrow(refused('attribute'))
  })

  it('begins at the element that it is given, or at that of a document', () => {
    const refuse = (): Error => new Misfitting('element')
    const element = inputElement('<a xmlns="urn:a"/>', 'a', 'urn:a', refuse)
    expect(inputElement(element, 'a', 'urn:a', refuse)).toBe(element)
    expect(() => inputElement(element, 'a', 'urn:b', refuse)).toThrow(refused('element'))
    expect(() => inputElement('<a xmlns="urn:a"/>', 'a', 'urn:a', refuse, { maxBytes: 5 })).toThrow(
      expect.objectContaining({ code: 'xml/limit-bytes' }),
    )
  })
})
