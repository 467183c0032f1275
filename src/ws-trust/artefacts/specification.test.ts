import { describe, expect, it } from 'vitest'
import { parseXml } from '../../xml/parse.js'
import { UP } from '../syntax/names.js'
import { codeOf, xml } from '../testing/fixtures.js'
import { readSpecification, writeSpecification, type Specification } from './specification.js'

const specification: Specification = {
  issuer: 'http://fabrikam.com',
  notBefore: new Date('2009-04-16T00:40:02.781Z'),
  notOnOrAfter: new Date('2010-04-01T12:00:00Z'),
  claimTypes: ['urn:a', 'urn:b'],
}
const written =
  `<up:Specification xmlns:up="${UP}"><up:Issuer>http://fabrikam.com</up:Issuer>` +
  '<up:NotBefore>2009-04-16T00:40:02.781Z</up:NotBefore><up:NotOnOrAfter>2010-04-01T12:00:00Z</up:NotOnOrAfter>' +
  '<up:AttributeDescriptions><up:AttributeDescription ClaimType="urn:a"></up:AttributeDescription>' +
  '<up:AttributeDescription ClaimType="urn:b"></up:AttributeDescription></up:AttributeDescriptions></up:Specification>'

describe('the specification of Issuer parameters', () => {
  it('is written, and read back', () => {
    expect(xml(writeSpecification(specification))).toBe(written)
    expect(readSpecification(parseXml(written))).toEqual(specification)
    const none = { ...specification, claimTypes: [] }
    expect(readSpecification(writeSpecification(none))).toEqual(none)
  })

  const instant = specification.notOnOrAfter
  it.each<[string, Partial<Specification>, string]>([
    ['no Issuer', { issuer: '' }, 'ws-trust/identifier'],
    ['a relative claim type', { claimTypes: ['urn:a', 'b'] }, 'ws-trust/uri'],
    ['no time', { notBefore: new Date(Number.NaN) }, 'ws-trust/date-time'],
    ['an end before the beginning', { notBefore: new Date(instant.getTime() + 1) }, 'ws-trust/validity-order'],
    ['an end at the beginning', { notBefore: instant }, 'ws-trust/validity-order'],
  ])('is not written with %s', async (_, wrong, code) => {
    expect(await codeOf(() => writeSpecification({ ...specification, ...wrong }))).toBe(code)
  })

  it.each([
    ['an attribute', '<up:Specification', '<up:Specification A="1"', 'ws-trust/attribute'],
    ['no Issuer', '<up:Issuer>http://fabrikam.com</up:Issuer>', '', 'ws-trust/element'],
    ['an empty Issuer', '<up:Issuer>http://fabrikam.com', '<up:Issuer>', 'ws-trust/identifier'],
    ['no beginning', /<up:NotBefore>.*<\/up:NotBefore>/, '', 'ws-trust/element'],
    ['no end', /<up:NotOnOrAfter>.*<\/up:NotOnOrAfter>/, '', 'ws-trust/element'],
    ['a beginning at the end', '2009-04-16T00:40:02.781Z', '2010-04-01T12:00:00Z', 'ws-trust/validity-order'],
    ['a date that is none', '2009-04-16T', '20090416T', 'ws-trust/date-time'],
    ['no descriptions', /<up:AttributeDescriptions>.*<\/up:AttributeDescriptions>/, '', 'ws-trust/element'],
    [
      'something between descriptions',
      '<up:AttributeDescription C',
      '<up:X/><up:AttributeDescription C',
      'ws-trust/element',
    ],
    [
      'something in a description',
      '</up:AttributeDescription>',
      '<up:X/></up:AttributeDescription>',
      'ws-trust/element',
    ],
    ['no claim type', ' ClaimType="urn:a"', '', 'ws-trust/attribute'],
    ['a relative claim type', '"urn:a"', '"a"', 'ws-trust/uri'],
    ['something behind', '</up:Specification>', '<up:X/></up:Specification>', 'ws-trust/element'],
  ])('is not read with %s', async (_, from, to, code) => {
    const changed = written.replace(from, to)
    expect(changed).not.toBe(written)
    expect(await codeOf(() => readSpecification(parseXml(changed)))).toBe(code)
  })
})
