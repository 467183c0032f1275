import { describe, expect, it } from 'vitest'
import { limits } from '../../../bindings/octets/octets.js'
import { encodeText } from '../../../bindings/octets/text.js'
import { parseXml } from '../../xml/parse.js'
import { codeOf, xml } from '../testing/fixtures.js'
import { claimValueFrom, readAttributes, writeAttributes, type IndexedAttribute } from './attributes.js'
import { UP } from './names.js'

const read = (content: string, attributes = '') =>
  readAttributes(parseXml(`<up:Attributes xmlns:up="${UP}"${attributes}>${content}</up:Attributes>`))

describe('a claim', () => {
  it.each([
    ['null', null, null],
    ['empty text', '', null],
    ['no octets', new Uint8Array(), null],
    ['text', 'Bob', 'Bob'],
    ['octets', encodeText('Zoë'), 'Zoë'],
    ['octets with a byte order mark', encodeText('\ufeffBob'), '\ufeffBob'],
  ])('of %s', (_, claim, value) => {
    expect(claimValueFrom(claim)).toBe(value)
  })

  it('of text is as long as it likes: its limit is that of the attribute', () => {
    const long = 'x'.repeat(limits.content + 1)
    expect(claimValueFrom(long)).toBe(long)
  })

  it.each([
    ['octets that are not UTF-8', Uint8Array.of(0x42, 0xff), 'ws-trust/attribute-encoding'],
    ['too many octets', new Uint8Array(limits.content + 1), 'octets/too-long'],
    ['a number', 7 as never, 'octets/type'],
  ])('is refused of %s', async (_, claim, code) => {
    expect(await codeOf(() => claimValueFrom(claim))).toBe(code)
  })
})

describe('up:Attributes', () => {
  const attributes: IndexedAttribute[] = [
    { index: 1, value: 'Bob' },
    { index: 3, value: null },
    { index: 50, value: ' <&> ' },
  ]

  it('have an index each, and null is an empty element', () => {
    expect(xml(writeAttributes(attributes))).toBe(
      `<up:Attributes xmlns:up="${UP}"><up:Attribute Index="1">Bob</up:Attribute>` +
        '<up:Attribute Index="3"></up:Attribute><up:Attribute Index="50"> &lt;&amp;&gt; </up:Attribute></up:Attributes>',
    )
    expect(readAttributes(writeAttributes(attributes))).toEqual(attributes)
    expect(readAttributes(writeAttributes([]))).toEqual([])
  })

  const one = '<up:Attribute Index="1">Bob</up:Attribute>'
  it.each([
    ['no index', one.replace(' Index="1"', ''), 'ws-trust/attribute'],
    ['another attribute', one.replace('>Bob', ' Type="x">Bob'), 'ws-trust/attribute'],
    ['an index in a namespace', one.replace(' Index', ' up:Index'), 'ws-trust/attribute'],
    ['another index in a namespace', one.replace('>Bob', ' up:Index="1">Bob'), 'ws-trust/attribute'],
    ['an index that is no number', one.replace('"1"', '"one"'), 'ws-trust/integer'],
    ['the index 0', one.replace('"1"', '"0"'), 'ws-trust/attribute-indices'],
    ['one index twice', one + one, 'ws-trust/attribute-indices'],
    ['indices that descend', one.replace('"1"', '"2"') + one, 'ws-trust/attribute-indices'],
    ['an element in a value', one.replace('Bob', 'B<up:b/>'), 'ws-trust/text'],
    ['another element', `${one}<up:Other/>`, 'ws-trust/element'],
    ['an element of another namespace', `${one}<Attribute/>`, 'ws-trust/element'],
    ['text', `${one}x`, 'ws-trust/text'],
  ])('are refused with %s', async (_, content, code) => {
    expect(read(one)).toEqual([{ index: 1, value: 'Bob' }])
    expect(await codeOf(() => read(content))).toBe(code)
  })

  it('have no attributes of their own', async () => {
    expect(await codeOf(() => read(one, ' Count="1"'))).toBe('ws-trust/attribute')
  })
})
