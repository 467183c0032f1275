import { describe, expect, it } from 'vitest'
import type { Engine, Subgroup } from '../../../bindings/engine/engine.js'
import { toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import { customGroups } from '../../../bindings/testing/groups.js'
import { elementOfOrder } from '../../../bindings/testing/small-order.js'
import { L1024N160, L2048N256, L3072N256, P256, P521 } from '../../params/index.js'
import { Issuer } from '../../uprove/issuance/issuer.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml, type ParseOptions } from '../../xml/parse.js'
import type { XmlInput } from '../../xml/reader.js'
import { ecdsaSha256 } from '../../xml/signature-algorithms.js'
import {
  checkInForce,
  createIssuer,
  loadIssuerParameters,
  readIssuerParameters,
  signIssuerParameters,
  writeIssuerParameters,
  type LoadParametersOptions,
  type ProfileParameters,
  type ReadParametersOptions,
} from './issuer-parameters.js'
import {
  readParametersDocument,
  writeParametersDocument,
  type Generators,
  type IssuerParametersDocument,
} from './parameters-document.js'
import { writeSpecification } from './specification.js'
import { generateKeys } from '../testing/certificates.js'
import { codeOf, createTestIssuer, engine, GENDER, group, issuerOptions, sets, xml } from '../testing/fixtures.js'
import type { Signer, SignerTrust } from '../trust/signer.js'
import { cryptoBinary } from '../syntax/values.js'

const SET_URI = 'urn:oid:1.3.6.1.4.1.311.75.1.1.1'
const options: ReadParametersOptions = { engine, sets }
const { parameters: profile } = createTestIssuer()
const named = xml(writeIssuerParameters(profile, { recommended: L2048N256 }))
const explicit = xml(writeIssuerParameters(profile))
const number = (value: bigint): string => cryptoBinary(toFixedWidth(value, 512))

/** An engine that keeps the groups that it made. */
function groupsOf(make: (engine: Engine) => unknown): Subgroup[] {
  const groups: Subgroup[] = []
  const keeping = Object.create(engine, {
    subgroup: {
      value: (...call: Parameters<Engine['subgroup']>) => {
        const group = engine.subgroup(...call)
        groups.push(group)
        return group
      },
    },
  }) as Engine
  expect(() => make(keeping)).toThrow()
  return groups
}

describe('Issuer parameters', () => {
  it('leave no group behind where they are refused', () => {
    const refused = [named.replace('xmlenc#sha256', 'xmlenc#sha257'), named.replace(/<up:G>[^<]*/, '<up:G>AQ==')]
    for (const document of refused) {
      const [group, ...others] = groupsOf((keeping) => readIssuerParameters(document, { ...options, engine: keeping }))
      expect(others).toEqual([])
      expect(() => group!.isMember(group!.generator)).toThrow(expect.objectContaining({ code: 'engine/disposed' }))
    }
  })

  it('travel by names', () => {
    expect(named).toContain(`<up:Group><up:GroupName>${SET_URI}</up:GroupName></up:Group>`)
    expect(named).toContain(`<up:Gvalues GeneratorsName="${SET_URI}"><up:G>`)
    expect(named.match(/<up:G>/g)).toHaveLength(1)
    const read = readIssuerParameters(named, options)
    expect(read.parameters.values()).toEqual(profile.parameters.values())
    expect(read).toMatchObject({ uidp: 'http://fabrikam.com/ip1', deviceGenerator: SET_URI })
    expect(read.specification).toEqual(profile.specification)
    expect(xml(writeIssuerParameters(read, { recommended: L2048N256 }))).toBe(named)
  })

  it('travel written out, and mean the same', () => {
    expect(explicit).not.toContain('urn:oid')
    expect(explicit.match(/<up:G>/g)).toHaveLength(5)
    const read = readIssuerParameters(explicit, options)
    expect(read.parameters.values()).toEqual(profile.parameters.values())
    expect(read.parameters.digest(true)).toEqual(profile.parameters.digest(true))
    expect(read.deviceGenerator).toBe(SET_URI)
  })

  it('travel over another set, and over a group of one’s own with generators of one’s own', () => {
    for (const description of [L3072N256, customGroups['2400/256']!]) {
      const recommended = 'generators' in description ? { recommended: L3072N256 } : {}
      const { uidp, issuer: url, notBefore, notOnOrAfter, claimTypes } = issuerOptions
      const values = { uidp, issuer: url, notBefore, notOnOrAfter, claimTypes }
      const issuer = createIssuer(engine.subgroup(description), { ...values, ...recommended })
      const element = writeIssuerParameters(issuer.parameters, recommended)
      const read = readIssuerParameters(canonicalize(element), { engine, sets: [L3072N256] })
      expect(read.parameters.values()).toEqual(issuer.parameters.parameters.values())
      expect(read.deviceGenerator).toBeUndefined()
      issuer.parameters.parameters.group.dispose()
      read.parameters.group.dispose()
    }
  })

  it('take a small group and SHA-1 with allowLegacy only', async () => {
    const allowLegacy = true
    const legacy = { ...issuerOptions, recommended: L1024N160, hash: 'SHA-1', allowLegacy }
    const issuer = createIssuer(engine.subgroup(L1024N160, { allowLegacy }), legacy)
    const element = writeIssuerParameters(issuer.parameters, { recommended: L1024N160 })
    const read = readIssuerParameters(element, { engine, sets: [L1024N160], allowLegacy })
    expect(read.parameters.hash).toBe('SHA-1')
    expect(await codeOf(() => readIssuerParameters(element, { engine, sets: [L1024N160] }))).toBe('group/legacy')
    const sha1 = named.replace('http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2000/09/xmldsig#sha1')
    expect(await codeOf(() => readIssuerParameters(sha1, options))).toBe('hash/legacy')
  })

  it('have no lists without attributes', () => {
    const { parameters } = createTestIssuer({ claimTypes: [] })
    const document = xml(writeIssuerParameters(parameters, { recommended: L2048N256 }))
    expect(document).toContain('<up:Evalues></up:Evalues>')
    expect(document).toContain('<up:AttributeDescriptions></up:AttributeDescriptions>')
    expect(readIssuerParameters(document, options).parameters.n).toBe(0)
  })

  it('keep S as it was received: prefixes, white space, and declarations inherited from elsewhere', () => {
    const foreign = named.replace(/up:/g, 'u:').replace('xmlns:up=', 'xmlns:u=').replace('<u:Issuer>', '\n  <u:Issuer>')
    const document = parseXml(`<box xmlns:u="urn:other">${foreign}</box>`)
    const read = readIssuerParameters(document.elements[0]!, options)
    const s = new TextDecoder().decode(read.parameters.specification)
    expect(s).toMatch(
      /^<u:Specification xmlns:u="http:\/\/schemas.xmlsoap.org\/ws\/2011\/02\/u-prove">\n {2}<u:Issuer>/,
    )
    expect(read.parameters.digest(false)).not.toEqual(profile.parameters.digest(false))
    const again = readIssuerParameters(canonicalize(writeIssuerParameters(read)), options)
    expect(again.parameters.specification).toEqual(read.parameters.specification)
    expect(again.parameters.digest(false)).toEqual(read.parameters.digest(false))
  })

  const order2 = cryptoBinary(elementOfOrder(L2048N256, 2))
  const order13 = cryptoBinary(elementOfOrder(L2048N256, 13))
  it.each([
    ['another version', named, 'Version="1.0"', 'Version="1.1"', 'ws-trust/version'],
    ['no version', named, ' Version="1.0"', '', 'ws-trust/attribute'],
    ['no N', named, ' N="3"', '', 'ws-trust/attribute'],
    ['N too small', named, 'N="3"', 'N="2"', 'ws-trust/n-mismatch'],
    ['N too large', explicit, 'N="3"', 'N="4"', 'ws-trust/n-mismatch'],
    ['N no number', named, 'N="3"', 'N="three"', 'ws-trust/integer'],
    ['an unknown attribute', named, 'N="3"', 'N="3" M="3"', 'ws-trust/attribute'],
    ['the namespace of figure 7', named, 'u-prove', 'uprove', 'ws-trust/element'],
    ['no UIDP', named, /<up:UIDP>.*<\/up:UIDP>/, '', 'ws-trust/element'],
    ['a relative UIDP', named, 'http://fabrikam.com/ip1', 'ip1', 'ws-trust/uri'],
    ['white space in UIDP', named, 'http://fabrikam.com/ip1', ' http://fabrikam.com/ip1', 'ws-trust/uri'],
    ['an unknown group', named, `<up:GroupName>${SET_URI}`, '<up:GroupName>urn:oid:1.2.3', 'ws-trust/unknown-group'],
    ['a group that is not known here', named, `${SET_URI}<`, `${SET_URI.slice(0, -1)}2<`, 'ws-trust/unknown-group'],
    ['P-256', named, `${SET_URI}<`, `urn:oid:${P256.oid}<`, 'ws-trust/curve-group'],
    ['P-521', named, `${SET_URI}<`, `urn:oid:${P521.oid}<`, 'ws-trust/curve-group'],
    ['two forms of the group', named, '</up:GroupName>', '</up:GroupName><up:GroupName/>', 'ws-trust/element'],
    ['no form of the group', named, /<up:GroupName>.*<\/up:GroupName>/, '', 'ws-trust/element'],
    ['a p that is even', explicit, number(L2048N256.p), number(L2048N256.p - 1n), 'group/even'],
    ['a q that does not divide p - 1', explicit, number(L2048N256.q), number(L2048N256.q + 2n), 'group/q-not-divisor'],
    ['a g that is p - 1', explicit, number(L2048N256.g), number(L2048N256.p - 1n), 'group/generator-order'],
    ['a small group', explicit, number(L2048N256.p), number(23n), 'group/too-small'],
    ['an unknown hash', named, 'xmlenc#sha256', 'xmlenc#sha257', 'ws-trust/unknown-hash'],
    [
      'unknown generators',
      named,
      `GeneratorsName="${SET_URI}"`,
      'GeneratorsName="urn:oid:1.2"',
      'ws-trust/unknown-generators',
    ],
    [
      'generators that are named and given',
      explicit,
      '<up:Gvalues>',
      `<up:Gvalues GeneratorsName="${SET_URI}">`,
      'ws-trust/n-mismatch',
    ],
    ['generators that are neither', named, ` GeneratorsName="${SET_URI}"`, '', 'ws-trust/n-mismatch'],
    ['a leading zero', explicit, /<up:Gen>[^<]*/, '<up:Gen>AAE=', 'ws-trust/crypto-binary'],
    ['g_0 of order 2', named, /<up:G>[^<]*/, `<up:G>${order2}`, 'parameters/not-in-subgroup'],
    ['g_0 that is 1', named, /<up:G>[^<]*/, '<up:G>AQ==', 'parameters/not-in-subgroup'],
    ['g_0 longer than p', named, /<up:G>[^<]*/, `<up:G>${number(1n << 2048n)}`, 'ws-trust/number-range'],
    [
      'g_t of order 13',
      explicit,
      /<up:G>[^<]*<\/up:G><\/up:Gvalues>/,
      `<up:G>${order13}</up:G></up:Gvalues>`,
      'parameters/not-in-subgroup',
    ],
    ['an E value of 0', named, '<up:E>1', '<up:E>0', 'ws-trust/e-value'],
    ['an E value with a sign', named, '<up:E>1', '<up:E>+1', 'ws-trust/e-value'],
    ['an E value too many', named, '<up:E>', '<up:E>1</up:E><up:E>', 'ws-trust/n-mismatch'],
    ['z_0 of order 13', named, /<up:Z>[^<]*/, `<up:Z>${order13}`, 'parameters/not-in-subgroup'],
    ['a Z value missing', named, /<up:Z>[^<]*<\/up:Z>/, '', 'ws-trust/n-mismatch'],
    ['z_d of order 2', named, /<up:Zd>[^<]*/, `<up:Zd>${order2}`, 'parameters/not-in-subgroup'],
    ['no Specification', named, /<up:Specification.*<\/up:Specification>/, '', 'ws-trust/element'],
    ['no Issuer', named, /<up:Issuer>.*<\/up:Issuer>/, '', 'ws-trust/element'],
    ['a date as in the figures', named, '2009-04-16T', '20090416T', 'ws-trust/date-time'],
    ['dates the wrong way round', named, '2009-04-16', '2011-04-16', 'ws-trust/validity-order'],
    [
      'a claim type too few',
      named,
      /<up:AttributeDescription C[^>]*><\/up:AttributeDescription>/,
      '',
      'ws-trust/n-mismatch',
    ],
    ['a relative claim type', named, GENDER, 'gender', 'ws-trust/uri'],
    ['a description with content', named, '</up:AttributeDescription>', 'x</up:AttributeDescription>', 'ws-trust/text'],
    ['a DOCTYPE', named, '<up:IssuerParameters', '<!DOCTYPE x><up:IssuerParameters', 'xml/doctype'],
    ['a comment', named, '<up:Group>', '<!-- --><up:Group>', 'xml/comment'],
    ['text between elements', named, '<up:Group>', 'x<up:Group>', 'ws-trust/text'],
    ['something behind', named, '</up:IssuerParameters>', '<up:X/></up:IssuerParameters>', 'ws-trust/element'],
    [
      'a signature that would not be verified',
      named,
      '</up:IssuerParameters>',
      '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></up:IssuerParameters>',
      'ws-trust/unexpected-signature',
    ],
  ])('are refused with %s', async (_, document, from, to, code) => {
    const changed = document.replace(from, to)
    expect(changed).not.toBe(document)
    expect(await codeOf(() => readIssuerParameters(changed, options))).toBe(code)
  })

  it('are read with a GroupType, which the outline has and nothing defines', () => {
    const document = explicit.replace('GroupDescription>', 'GroupDescription GroupType="x">')
    expect(document).not.toBe(explicit)
    expect(readIssuerParameters(document, options).uidp).toBe(profile.uidp)
  })

  it('may name their Issuer by any identifier', () => {
    for (const name of ['Fabrikam', 'Fabrikam & Söhne', '42']) {
      const { parameters } = createTestIssuer({ issuer: name })
      const read = readIssuerParameters(canonicalize(writeIssuerParameters(parameters)), options)
      expect(read.specification.issuer).toBe(name)
    }
  })

  it('may have more attributes than the recommended generators, with generators of their own', () => {
    const claimTypes = Array.from({ length: 60 }, (_, i) => `urn:claim:${i}`)
    const { parameters } = createTestIssuer({ claimTypes, recommended: undefined as never, device: false })
    const read = readIssuerParameters(canonicalize(writeIssuerParameters(parameters)), options)
    expect(read.parameters.n).toBe(60)
  })

  it('serve tokens without a Device where no Device generator is known', async () => {
    const { parameters } = createTestIssuer({ device: false, recommended: L2048N256 })
    expect([profile.deviceGenerator, parameters.deviceGenerator]).toEqual([SET_URI, undefined])
    const document = xml(writeIssuerParameters(parameters))
    const withoutSet = { ...issuerOptions, device: false, recommended: undefined as never }
    const other = createIssuer(engine.subgroup(customGroups['2400/256']!), withoutSet)
    const zd = `<up:Zd>${cryptoBinary(other.parameters.parameters.g0)}</up:Zd><up:Specification`
    const custom = xml(writeIssuerParameters(other.parameters)).replace('<up:Specification', zd)
    for (const each of [custom, document]) {
      const { parameters: read, deviceGenerator } = readIssuerParameters(each, options)
      expect([deviceGenerator, read.gd, read.z?.zd]).toEqual([undefined, undefined, undefined])
    }
    expect(await codeOf(() => createTestIssuer({ recommended: undefined as never }))).toBe(
      'ws-trust/unknown-device-generator',
    )
  })

  it('are in force from their first instant, and up to their last', async () => {
    const at = (time: string) => codeOf(() => checkInForce(profile, new Date(time)))
    expect(await at('2009-04-16T00:40:02.780Z')).toBe('ws-trust/parameters-not-yet-valid')
    expect(await at('2009-04-16T00:40:02.781Z')).toBe('accepted')
    expect(await at('2010-04-01T11:59:59.999Z')).toBe('accepted')
    expect(await at('2010-04-01T12:00:00Z')).toBe('ws-trust/parameters-expired')
  })

  it.each([
    [{ uidp: 'ip1' }, 'ws-trust/uri'],
    [{ issuer: '' }, 'ws-trust/identifier'],
    [{ issuer: 'x'.repeat(2049) }, 'ws-trust/identifier'],
    [{ claimTypes: ['email'] }, 'ws-trust/uri'],
    [{ notBefore: new Date('2011-01-01') }, 'ws-trust/validity-order'],
    [{ notBefore: new Date(Number.NaN) }, 'ws-trust/date-time'],
  ])('are not made of %o', async (wrong, code) => {
    expect(await codeOf(() => createTestIssuer(wrong))).toBe(code)
  })

  it('carry z values, each the power of its generator', () => {
    const { g, gt, g0, z, gd } = profile.parameters
    expect(z?.z).toHaveLength(g.length)
    const changed = xml(writeIssuerParameters(profile)).match(/<up:Z>([^<]*)/g)
    expect(changed).toHaveLength(5)
    expect(new Set([g0, gt, gd!, z!.z0, z!.zt, z!.zd!].map((e) => toBigint(e))).size).toBe(6)
  })
})

describe('the names of group and generators', () => {
  const document = readParametersDocument(parseXml(explicit))
  const { g, gt } = document.generators as Generators
  /** Parameters with as many attributes and certain generators. */
  const withGenerators = (n: number, generators: IssuerParametersDocument['generators']): IssuerParametersDocument => {
    const specification = { ...document.specification, claimTypes: Array.from({ length: n }, (_, i) => `urn:${i}`) }
    const specificationOctets = canonicalize(writeSpecification(specification))
    const z = { ...document.z, z: new Array<Uint8Array>(n).fill(document.z.z0) }
    return { ...document, n, generators, z, specification, specificationOctets }
  }
  const read = (written: IssuerParametersDocument) =>
    readIssuerParameters(canonicalize(writeParametersDocument(written)), options)

  it('are not those of a set over another group', () => {
    expect(xml(writeIssuerParameters(profile, { recommended: L3072N256 }))).toBe(explicit)
  })

  it.each<[string, () => ProfileParameters]>([
    ['were drawn', () => createTestIssuer({ recommended: undefined as never, device: false }).parameters],
    ['stand in another order', () => read(withGenerators(3, { g: [g[1]!, g[0]!, g[2]!], gt }))],
    ['have another g_t', () => read(withGenerators(3, { g, gt: L2048N256.gd }))],
    ['are more', () => read(withGenerators(51, { g: [...L2048N256.generators, L2048N256.gd], gt }))],
  ])('are that of the group alone where the generators %s', (_, make) => {
    const parameters = make()
    const written = xml(writeIssuerParameters(parameters, { recommended: L2048N256 }))
    expect(written).toContain(`<up:GroupName>${SET_URI}</up:GroupName>`)
    expect(written).toContain('<up:Gvalues><up:G>')
    const again = readIssuerParameters(written, options)
    expect(again.parameters.values()).toEqual(parameters.parameters.values())
  })

  it('are for as many attributes as the set has generators', async () => {
    expect(read(withGenerators(50, SET_URI)).parameters.g).toEqual(L2048N256.generators)
    expect(await codeOf(() => read(withGenerators(51, SET_URI)))).toBe('ws-trust/unknown-generators')
  })

  it('of generators are refused over a group that is in no known set', async () => {
    const { p, q, g } = customGroups['2400/256']!
    const own = { ...document, group: { p, q, g }, generators: SET_URI }
    expect(await codeOf(() => read(own))).toBe('ws-trust/unknown-generators')
  })
})

describe('Issuer parameters of Revision 3', () => {
  it('are not written: they have no z values', async () => {
    const { parameters } = Issuer.create(group, { uid: profile.uidp, attributes: 3, recommended: L2048N256 })
    expect(await codeOf(() => writeIssuerParameters({ ...profile, parameters }))).toBe('ws-trust/other-parameters')
  })
})

describe('documents of Issuer parameters', async () => {
  const { publicKey, privateKey } = await generateKeys()
  const signing = { key: privateKey, algorithm: ecdsaSha256 }
  const trusting = (uri: string, purposes: string[] = []): SignerTrust => ({
    findSigner: (_, purpose) => {
      purposes.push(purpose)
      return Promise.resolve({ key: publicKey, uris: [uri], dnsNames: [] })
    },
  })
  const trust = trusting('http://fabrikam.com')
  const load = (input: XmlInput, others: Partial<LoadParametersOptions> = {}) =>
    loadIssuerParameters(input, { ...options, trust, ...others })

  it('are signed by one who signs Issuer parameters, and whom an identity rule takes for their Issuer', async () => {
    const signed = await signIssuerParameters(profile, { ...signing, recommended: L2048N256 })
    const purposes: string[] = []
    const loaded = await load(canonicalize(signed), { trust: trusting('http://fabrikam.com', purposes) })
    expect(purposes).toEqual(['issuer-parameters'])
    expect(loaded.parameters.values()).toEqual(profile.parameters.values())
    const other = trusting('http://contoso.com')
    expect(await codeOf(() => load(signed, { trust: other }))).toBe('ws-trust/issuer-identity')
    const identity = (issuer: string, { uris }: Signer) => issuer === 'http://fabrikam.com' && uris.length === 1
    expect(await codeOf(() => load(signed, { trust: other, identity }))).toBe('accepted')
    expect(await codeOf(() => load(named))).toBe('ws-trust/signature')
    expect(await codeOf(() => readIssuerParameters(signed, options))).toBe('ws-trust/unexpected-signature')
  })

  it.each<[string, (input: XmlInput, limits?: ParseOptions) => unknown]>([
    ['read', (input, limits) => readIssuerParameters(input, { ...options, limits })],
    ['loaded', (input, limits) => load(input, { limits })],
  ])('are %s within limits, which may be others', async (_, open) => {
    const many = `<a>${'<b/>'.repeat(10_000)}</a>`
    const long = `<a>${'x'.repeat(1024 * 1024)}</a>`
    expect(await codeOf(() => open(many))).toBe('xml/limit-nodes')
    expect(await codeOf(() => open(long))).toBe('xml/limit-bytes')
    expect(await codeOf(() => open(many, { maxNodes: 20_000 }))).toBe('ws-trust/element')
    expect(await codeOf(() => open(named, { maxNodes: 10 }))).toBe('xml/limit-nodes')
    expect(await codeOf(() => open(named.replaceAll('IssuerParameters', 'Parameters')))).toBe('ws-trust/element')
  })
})
