import { describe, expect, it } from 'vitest'
import { parseXml } from '../../xml/parse.js'
import { XmlElement } from '../../xml/tree.js'
import { codeOf, xml } from '../testing/fixtures.js'
import { UP, up, upList, WST, wst } from './names.js'
import { artefact, contentText, OpenOutline, Outline, simpleText } from './outline.js'

const parse = (content: string, attributes = ''): XmlElement =>
  parseXml(`<up:V xmlns:up="${UP}" xmlns:wst="${WST}" xmlns:o="urn:o"${attributes}>${content}</up:V>`)

describe('a list of elements', () => {
  it('has as many children as there are', () => {
    expect(xml(upList('V', { A: '1' }, [up('W'), up('W')]))).toBe(
      `<up:V xmlns:up="${UP}" A="1"><up:W></up:W><up:W></up:W></up:V>`,
    )
    expect(upList('V', {}, []).children).toEqual([])
  })
})

describe('an outline', () => {
  it('is read in its order, with the attributes that it has', () => {
    const outline = new Outline(parse('<up:A/> <up:B>b</up:B>', ' Version="1"'), ['Version', 'N'])
    expect(outline.attribute('Version')).toBe('1')
    expect(outline.next('A').localName).toBe('A')
    expect(outline.optional('C')).toBeUndefined()
    expect(outline.optional('B')?.text).toBe('b')
    expect(() => outline.end()).not.toThrow()
  })

  it.each<[string, () => unknown, string]>([
    ['an unknown attribute', () => new Outline(parse('', ' A="1"')), 'ws-trust/attribute'],
    ['an attribute of a namespace', () => new Outline(parse('', ' o:A="1"'), ['A']), 'ws-trust/attribute'],
    ['no attribute that it must have', () => new Outline(parse(''), ['A']).attribute('A'), 'ws-trust/attribute'],
    ['text', () => new Outline(parse('x')), 'ws-trust/text'],
    ['another child', () => new Outline(parse('<up:A/>')).next('B'), 'ws-trust/element'],
    ['a child of another namespace', () => new Outline(parse('<o:A/>')).next('A'), 'ws-trust/element'],
    ['a child too many', () => new Outline(parse('<up:A/>')).end(), 'ws-trust/element'],
  ])('is refused with %s', async (_, read, code) => {
    expect(await codeOf(read)).toBe(code)
  })
})

describe('an outline of WS-Trust, which is open', () => {
  const find = (content: string, attributes = '') =>
    new OpenOutline(parse(content, attributes), ['Context']).find(['A', UP], ['TokenType', WST], ['B', UP])

  it('is read in any order, and ignores what is of other namespaces', () => {
    const found = find('<o:A/><wst:Other/><wst:TokenType/><up:B/><A/><up:A/>', ' Context="c" o:Context="x"')
    expect(found.map((child) => child?.localName)).toEqual(['A', 'TokenType', 'B'])
    expect(found.map((child) => child?.namespace)).toEqual([UP, WST, UP])
    expect(find('<wst:TokenType/>').map((child) => child?.localName)).toEqual([undefined, 'TokenType', undefined])
    expect(find('<o:A/>')).toEqual([undefined, undefined, undefined])
  })

  it.each([
    ['something unknown of this profile', '<up:A/><up:C/>', '', 'ws-trust/element'],
    ['an element twice', '<up:A/><up:A/>', '', 'ws-trust/element'],
    ['an element of WS-Trust twice', '<wst:TokenType/><wst:TokenType/>', '', 'ws-trust/element'],
    ['an unknown attribute', '<up:A/>', ' Other="x"', 'ws-trust/attribute'],
    ['text', '<up:A/>x', '', 'ws-trust/text'],
  ])('is refused with %s', async (_, content, attributes, code) => {
    expect(await codeOf(() => find(content, attributes))).toBe(code)
  })
})

describe('the element of an artefact', () => {
  it('is that of a document, of octets, or given', () => {
    const element = parse('x')
    expect(artefact(element, 'V')).toBe(element)
    expect(xml(artefact(xml(element), 'V'))).toBe(xml(element))
    expect(xml(artefact(new TextEncoder().encode(xml(element)), 'V'))).toBe(xml(element))
    expect(artefact(xml(wst('R')), 'R', WST).is(WST, 'R')).toBe(true)
  })

  it('is refused of another name or namespace, and beyond the limits', async () => {
    expect(await codeOf(() => artefact(parse(''), 'W'))).toBe('ws-trust/element')
    expect(await codeOf(() => artefact(parse(''), 'V', WST))).toBe('ws-trust/element')
    expect(await codeOf(() => artefact('<V/>', 'V'))).toBe('ws-trust/element')
    expect(await codeOf(() => artefact(xml(parse('<up:A/><up:A/>')), 'V', UP, { maxNodes: 2 }))).toBe('xml/limit-nodes')
  })
})

describe('the text of an element', () => {
  it('is all that it has', () => {
    expect(simpleText(parse(' a\nb '))).toBe(' a\nb ')
    expect(simpleText(parse(''))).toBe('')
    expect(contentText(parse('a', ' A="1"'))).toBe('a')
  })

  it('is refused beside elements, comments and, unless they are read elsewhere, attributes', async () => {
    expect(await codeOf(() => simpleText(parse('a', ' A="1"')))).toBe('ws-trust/attribute')
    for (const content of ['<up:A/>', 'a<up:A/>', '<up:A/>a', 'a<up:A/>b']) {
      expect(await codeOf(() => contentText(parse(content)))).toBe('ws-trust/text')
    }
    const commented = parseXml(`<up:V xmlns:up="${UP}">a<!-- --></up:V>`, { comments: 'keep' })
    expect(await codeOf(() => contentText(commented))).toBe('ws-trust/text')
  })
})
