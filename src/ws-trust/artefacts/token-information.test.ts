import { describe, expect, it } from 'vitest'
import { parseXml } from '../../xml/parse.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { up, UP } from '../syntax/names.js'
import {
  createTokenInformation,
  decodeTokenInformation,
  isAsCoarseAs,
  isPlain,
  readTokenInformation,
  roundUp,
  tokenInformationElement,
} from './token-information.js'

const text = (octets: Uint8Array): string => new TextDecoder().decode(octets)
const GD = 'urn:oid:1.3.6.1.4.1.311.75.1.1.1'
const date = '<up:NotOnOrAfter>2010-04-01T00:00:00Z</up:NotOnOrAfter>'
const gd = `<up:Gd GdName="${GD}"/>`
const read = (content: string, attributes = '') =>
  readTokenInformation(parseXml(`<up:TI xmlns:up="${UP}"${attributes}>${content}</up:TI>`))

describe('token information', () => {
  it('is its canonical form, with and without a Device', () => {
    const notOnOrAfter = new Date('2010-04-01T00:00:00Z')
    expect(text(createTokenInformation(notOnOrAfter).octets)).toBe(
      '<up:TI xmlns:up="http://schemas.xmlsoap.org/ws/2011/02/u-prove">' +
        '<up:NotOnOrAfter>2010-04-01T00:00:00Z</up:NotOnOrAfter></up:TI>',
    )
    const withDevice = createTokenInformation(notOnOrAfter, GD)
    expect(text(withDevice.octets)).toContain(`<up:Gd GdName="${GD}"></up:Gd><up:NotOnOrAfter>`)
    expect(withDevice).toMatchObject({ notOnOrAfter, deviceGenerator: GD })
    expect(decodeTokenInformation(withDevice.octets)).toEqual(withDevice)
    expect([createTokenInformation(notOnOrAfter), withDevice].map(isPlain)).toEqual([true, true])
    expect(read(gd + date)).toEqual(withDevice)
  })

  it.each([
    ['inherited', `<x:R xmlns:x="${UP}"><x:TI><x:NotOnOrAfter>2010-04-01T00:00:00Z</x:NotOnOrAfter></x:TI></x:R>`],
    [
      'a default',
      `<R xmlns="${UP}" xmlns:unused="urn:u"><TI><NotOnOrAfter>2010-04-01T00:00:00Z</NotOnOrAfter></TI></R>`,
    ],
    ['its own', `<R><u:TI xmlns:u="${UP}"><u:NotOnOrAfter>2010-04-01T00:00:00.0Z</u:NotOnOrAfter></u:TI></R>`],
  ])('keeps the octets of a namespace declaration that is %s, wherever it is moved to', (_, document) => {
    const received = readTokenInformation(parseXml(document).elements[0]!)
    // Into another document, whose prefixes mean something else.
    const moved = up('Token', {}, tokenInformationElement(received))
    const arrived = readTokenInformation(parseXml(canonicalize(moved)).elements[0]!)
    expect(arrived.octets).toEqual(received.octets)
    expect(isPlain(arrived)).toBe(false)
  })

  it.each([
    ['white space at the beginning', ` ${date}`, 'ws-trust/white-space'],
    ['white space between', `${gd}\n${date}`, 'ws-trust/white-space'],
    ['white space at the end', `${date}\t`, 'ws-trust/white-space'],
    ['white space around the date', date.replace('2010', ' 2010'), 'ws-trust/white-space'],
    ['white space in Gd', `<up:Gd GdName="${GD}"> </up:Gd>${date}`, 'ws-trust/white-space'],
    ['an attribute', date.replace('After>', 'After x="y">'), 'ws-trust/attribute'],
    ['text', `x${date}`, 'ws-trust/text'],
    ['no date', gd, 'ws-trust/element'],
    ['two dates', date + date, 'ws-trust/element'],
    ['Gd after the date', date + gd, 'ws-trust/element'],
    ['something else', `${date}<up:Mark/>`, 'ws-trust/element'],
    ['something within Gd', `<up:Gd GdName="${GD}"><up:X/></up:Gd>${date}`, 'ws-trust/element'],
    ['Gd without a name', `<up:Gd/>${date}`, 'ws-trust/attribute'],
    ['a relative name', `<up:Gd GdName="gd"/>${date}`, 'ws-trust/uri'],
    ['the malformed date of figure 7', date.replace('00:00Z', '002'), 'ws-trust/date-time'],
    ['an empty date, as figure 7 has it', '<up:NotOnOrAfter></up:NotOnOrAfter>', 'ws-trust/date-time'],
    ['an xs:date', date.replace('T00:00:00Z', ''), 'ws-trust/date-time'],
    ['a local time', date.replace('Z', '+01:00'), 'ws-trust/date-time'],
  ])('refuses %s', (_, content, code) => {
    expect(() => read(content)).toThrow(expect.objectContaining({ code }))
  })

  it('refuses attributes of the element, and comments', () => {
    expect(() => read(date, ' mark="1"')).toThrow(expect.objectContaining({ code: 'ws-trust/attribute' }))
    expect(() => read(`<!-- -->${date}`)).toThrow(expect.objectContaining({ code: 'xml/comment' }))
    const kept = parseXml(`<up:TI xmlns:up="${UP}"><!-- -->${date}</up:TI>`, { comments: 'keep' })
    expect(() => readTokenInformation(kept)).toThrow(expect.objectContaining({ code: 'ws-trust/text' }))
  })

  it.each([
    ['hour', '2010-04-01T13:00:00Z', '2010-04-01T13:00:01Z', '2010-04-01T14:00:00Z'],
    ['day', '2010-12-31T00:00:00Z', '2010-12-31T00:00:00.001Z', '2011-01-01T00:00:00Z'],
    ['month', '2010-12-01T00:00:00Z', '2010-12-31T00:00:00Z', '2011-01-01T00:00:00Z'],
  ] as const)('knows dates as coarse as a %s', (granularity, coarse, fine, next) => {
    expect(isAsCoarseAs(new Date(coarse), granularity)).toBe(true)
    expect(isAsCoarseAs(new Date(fine), granularity)).toBe(false)
    expect(roundUp(new Date(coarse), granularity)).toEqual(new Date(coarse))
    expect(roundUp(new Date(fine), granularity)).toEqual(new Date(next))
  })
})
