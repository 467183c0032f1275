import { byteLength, toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import type { SubgroupDescription } from '../../../bindings/engine/engine.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { up } from '../syntax/names.js'
import { Outline, simpleText } from '../syntax/outline.js'
import { readSpecification, type Specification } from './specification.js'
import { checkVersion, cryptoBinary, parseCount, readCryptoBinary, readUri } from '../syntax/values.js'

/** Issuer parameters as written; nothing of them is verified. */
export interface IssuerParametersDocument {
  readonly n: number
  readonly uidp: string
  /** A description, or the URI that names the group. */
  readonly group: SubgroupDescription | string
  readonly hashAlgorithm: string
  readonly g0: Uint8Array
  /** g_1 to g_n and g_t, or the URI of the set that has them. */
  readonly generators: Generators | string
  readonly z: { readonly z0: Uint8Array; readonly z: readonly Uint8Array[]; readonly zt: Uint8Array }
  readonly zd: Uint8Array | undefined
  readonly specification: Specification
  /** S. */
  readonly specificationOctets: Uint8Array
}

/** g_1 to g_n and g_t. */
export interface Generators {
  readonly g: readonly Uint8Array[]
  readonly gt: Uint8Array
}

/** The up:IssuerParameters element (section 3.2.1). */
export function writeParametersDocument(document: IssuerParametersDocument): XmlElement {
  const { n, uidp, group, g0, generators, z, zd } = document
  const isNamed = typeof generators === 'string'
  const numbers = (name: string, values: readonly Uint8Array[]): XmlElement[] =>
    values.map((value) => up(name, {}, cryptoBinary(value)))
  return up(
    'IssuerParameters',
    { Version: '1.0', N: String(n) },
    up('UIDP', {}, uidp),
    up('Group', {}, typeof group === 'string' ? up('GroupName', {}, group) : describeGroup(group)),
    up('HashAlgorithm', {}, document.hashAlgorithm),
    isNamed
      ? up('Gvalues', { GeneratorsName: generators }, ...numbers('G', [g0]))
      : up('Gvalues', {}, ...numbers('G', [g0, ...generators.g, generators.gt])),
    up('Evalues', {}, ...Array.from({ length: n }, () => up('E', {}, '1'))),
    up('Zvalues', {}, ...numbers('Z', [z.z0, ...z.z, z.zt])),
    ...numbers('Zd', zd === undefined ? [] : [zd]),
    parseXml(document.specificationOctets),
  )
}

function describeGroup({ p, q, g }: SubgroupDescription): XmlElement {
  const number = (name: string, value: bigint): XmlElement =>
    up(name, {}, cryptoBinary(toFixedWidth(value, byteLength(value))))
  return up('GroupDescription', {}, number('P', p), number('Q', q), number('Gen', g))
}

/**
 * Reads an up:IssuerParameters element without a signature. N, the lists and the E values are checked; the numbers are not.
 * Throws `WsTrustError` (shape, `ws-trust/version`, `.../n-mismatch`, `.../e-value`, `.../validity-order`).
 */
export function readParametersDocument(element: XmlElement): IssuerParametersDocument {
  const outline = new Outline(element, ['Version', 'N'])
  checkVersion(outline.attribute('Version'))
  const n = parseCount(outline.attribute('N'))
  const uidp = readUri(outline.next('UIDP'))
  const group = readGroup(outline.next('Group'))
  const hashAlgorithm = readUri(outline.next('HashAlgorithm'))

  const gvalues = new Outline(outline.next('Gvalues'), ['GeneratorsName'])
  const [g0, ...others] = gvalues.many('G').map(readCryptoBinary)
  gvalues.end()
  const generatorsName = gvalues.element.attribute('GeneratorsName')

  const evalues = new Outline(outline.next('Evalues'))
  const e = evalues.many('E').map(simpleText)
  evalues.end()
  const zvalues = new Outline(outline.next('Zvalues'))
  const [z0, ...zOthers] = zvalues.many('Z').map(readCryptoBinary)
  zvalues.end()

  const zdElement = outline.optional('Zd')
  const zd = zdElement && readCryptoBinary(zdElement)
  const specificationElement = outline.next('Specification')
  outline.end()
  const specification = readSpecification(specificationElement)

  const gt = generatorsName === undefined ? others.pop() : undefined
  const zt = zOthers.pop()
  const generators = gt === undefined ? generatorsName : { g: others, gt }
  if (g0 === undefined || generators === undefined || zt === undefined || z0 === undefined) {
    throw new WsTrustError('ws-trust/n-mismatch')
  }
  const lengths = [gt === undefined ? n + others.length : others.length, e.length, zOthers.length]
  if ([...lengths, specification.claimTypes.length].some((length) => length !== n)) {
    throw new WsTrustError('ws-trust/n-mismatch')
  }
  if (e.some((value) => value !== '1')) throw new WsTrustError('ws-trust/e-value')
  const specificationOctets = canonicalize(specificationElement)
  const z = { z0, z: zOthers, zt }
  return { n, uidp, group, hashAlgorithm, g0, generators, z, zd, specification, specificationOctets }
}

function readGroup(element: XmlElement): IssuerParametersDocument['group'] {
  const outline = new Outline(element)
  const name = outline.optional('GroupName')
  if (name !== undefined) {
    outline.end()
    return readUri(name)
  }
  // GroupType is in the outline of section 3.2.1, without a meaning.
  const description = new Outline(outline.next('GroupDescription'), ['GroupType'])
  outline.end()
  const number = (part: string): bigint => toBigint(readCryptoBinary(description.next(part)))
  const group = { p: number('P'), q: number('Q'), g: number('Gen') }
  description.end()
  return group
}
