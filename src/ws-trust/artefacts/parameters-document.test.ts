import { describe, expect, it } from 'vitest'
import { customGroups } from '../../../bindings/testing/groups.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { codeOf, edited, xml } from '../testing/fixtures.js'
import {
  readParametersDocument,
  writeParametersDocument,
  type IssuerParametersDocument,
} from './parameters-document.js'
import { writeSpecification } from './specification.js'

const octet = (value: number) => Uint8Array.of(value)
const specification = {
  issuer: 'http://fabrikam.com',
  notBefore: new Date('2009-04-16T00:00:00Z'),
  notOnOrAfter: new Date('2010-04-01T00:00:00Z'),
  claimTypes: ['urn:a', 'urn:b'],
}
/** By names, with a Device. */
const named: IssuerParametersDocument = {
  n: 2,
  uidp: 'urn:ip1',
  group: 'urn:group',
  hashAlgorithm: 'urn:hash',
  g0: octet(1),
  generators: 'urn:generators',
  z: { z0: octet(5), z: [octet(6), octet(7)], zt: octet(8) },
  zd: octet(9),
  specification,
  specificationOctets: canonicalize(writeSpecification(specification)),
}
const { p, q, g } = customGroups['2400/256']!
/** Written out, without a Device. */
const explicit: IssuerParametersDocument = {
  ...named,
  group: { p, q, g },
  generators: { g: [octet(2), octet(3)], gt: octet(4) },
  zd: undefined,
}
const [namedElement, explicitElement] = [writeParametersDocument(named), writeParametersDocument(explicit)]

describe('Issuer parameters as written', () => {
  it('have names, or numbers', () => {
    expect(xml(namedElement)).toContain(
      '<up:UIDP>urn:ip1</up:UIDP><up:Group><up:GroupName>urn:group</up:GroupName></up:Group>' +
        '<up:HashAlgorithm>urn:hash</up:HashAlgorithm>' +
        '<up:Gvalues GeneratorsName="urn:generators"><up:G>AQ==</up:G></up:Gvalues>' +
        '<up:Evalues><up:E>1</up:E><up:E>1</up:E></up:Evalues>' +
        '<up:Zvalues><up:Z>BQ==</up:Z><up:Z>Bg==</up:Z><up:Z>Bw==</up:Z><up:Z>CA==</up:Z></up:Zvalues><up:Zd>CQ==</up:Zd>',
    )
    expect(xml(explicitElement)).toMatch(
      /<up:Group><up:GroupDescription><up:P>[^<]+<\/up:P><up:Q>[^<]+<\/up:Q><up:Gen>/,
    )
    expect(xml(explicitElement)).toContain(
      '<up:Gvalues><up:G>AQ==</up:G><up:G>Ag==</up:G><up:G>Aw==</up:G><up:G>BA==</up:G></up:Gvalues>',
    )
    expect(xml(explicitElement)).not.toContain('<up:Zd>')
  })

  it.each([
    ['by names', named],
    ['written out', explicit],
    ['written out, with a Device', { ...explicit, zd: named.zd }],
    ['by names, without a Device', { ...named, zd: undefined }],
  ])('are read back: %s', (_, document) => {
    expect(readParametersDocument(writeParametersDocument(document))).toEqual(document)
  })

  it('may have no attributes, but two z values', async () => {
    const none = { ...specification, claimTypes: [] }
    const common = {
      n: 0,
      z: { ...named.z, z: [] },
      specification: none,
      specificationOctets: canonicalize(writeSpecification(none)),
    }
    for (const document of [
      { ...named, ...common },
      { ...explicit, ...common, generators: { g: [], gt: octet(4) } },
    ]) {
      const element = writeParametersDocument(document)
      expect(readParametersDocument(element)).toEqual(document)
      const withoutZt = edited(element, '<up:Z>CA==</up:Z>', '')
      expect(await codeOf(() => readParametersDocument(withoutZt))).toBe('ws-trust/n-mismatch')
    }
  })

  const G = '<up:G>AQ==</up:G>'
  it.each<[string, string | RegExp, string, string]>([
    ['another version', '"1.0"', '"1.1"', 'ws-trust/version'],
    ['an N that is none', 'N="2"', 'N="-2"', 'ws-trust/integer'],
    ['another N', 'N="2"', 'N="3"', 'ws-trust/n-mismatch'],
    ['a relative UIDP', 'urn:ip1', 'ip1', 'ws-trust/uri'],
    ['a relative hash algorithm', 'urn:hash', 'hash', 'ws-trust/uri'],
    ['no g_0', G, '', 'ws-trust/n-mismatch'],
    ['generators that are named and given', G, G + G, 'ws-trust/n-mismatch'],
    ['generators that are neither', ' GeneratorsName="urn:generators"', '', 'ws-trust/n-mismatch'],
    ['something among the G values', G, `${G}<up:X/>`, 'ws-trust/element'],
    ['an E value too few', '<up:E>1</up:E>', '', 'ws-trust/n-mismatch'],
    ['another E value', '<up:E>1', '<up:E>0', 'ws-trust/e-value'],
    ['something among the E values', '</up:Evalues>', '<up:X/></up:Evalues>', 'ws-trust/element'],
    ['no Z values', /<up:Z>.*<\/up:Z>/, '', 'ws-trust/n-mismatch'],
    ['no z_t', /<up:Z>.*<\/up:Z>/, '<up:Z>BQ==</up:Z>', 'ws-trust/n-mismatch'],
    ['a Z value too few', '<up:Z>BQ==</up:Z>', '', 'ws-trust/n-mismatch'],
    ['a Z value too many', '</up:Zvalues>', '<up:Z>BQ==</up:Z></up:Zvalues>', 'ws-trust/n-mismatch'],
    ['something among the Z values', '</up:Zvalues>', '<up:X/></up:Zvalues>', 'ws-trust/element'],
    ['a z_d that is none', '<up:Zd>CQ==', '<up:Zd>AAk=', 'ws-trust/crypto-binary'],
    ['two z_d', '</up:Zd>', '</up:Zd><up:Zd>CQ==</up:Zd>', 'ws-trust/element'],
    ['a claim type too few', /<up:AttributeDescription C.*?<\/up:AttributeDescription>/, '', 'ws-trust/n-mismatch'],
    ['something behind', '</up:Specification>', '</up:Specification><up:X/>', 'ws-trust/element'],
    ['a group that has two names', '</up:GroupName>', '</up:GroupName><up:GroupName/>', 'ws-trust/element'],
    ['a group without a name', /<up:GroupName>.*<\/up:GroupName>/, '', 'ws-trust/element'],
    ['a relative name of the group', 'urn:group', 'group', 'ws-trust/uri'],
  ])('are refused by names with %s', async (_, from, to, code) => {
    expect(await codeOf(() => readParametersDocument(edited(namedElement, from, to)))).toBe(code)
  })

  it.each<[string, string | RegExp, string, string]>([
    ['no generators', /<up:G>.*<\/up:G>/, '', 'ws-trust/n-mismatch'],
    ['no g_t', /<up:G>.*<\/up:G>/, G, 'ws-trust/n-mismatch'],
    ['a generator too few', G, '', 'ws-trust/n-mismatch'],
    ['a name of the generators', '<up:Gvalues>', '<up:Gvalues GeneratorsName="urn:x">', 'ws-trust/n-mismatch'],
    ['something behind the group', '</up:GroupDescription>', '</up:GroupDescription><up:X/>', 'ws-trust/element'],
    ['something in the group', '</up:Gen>', '</up:Gen><up:X/>', 'ws-trust/element'],
    ['no q', /<up:Q>.*<\/up:Q>/, '', 'ws-trust/element'],
    ['an unknown attribute of the group', '<up:GroupDescription>', '<up:GroupDescription A="1">', 'ws-trust/attribute'],
  ])('are refused written out with %s', async (_, from, to, code) => {
    expect(await codeOf(() => readParametersDocument(edited(explicitElement, from, to)))).toBe(code)
  })
})
