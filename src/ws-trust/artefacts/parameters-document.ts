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
  /** g_0, g_1 to g_n and g_t; only g_0 if a set names the others. */
  readonly g: readonly Uint8Array[]
  readonly generatorsName: string | undefined
  /** z_0, z_1 to z_n, z_t. */
  readonly z: readonly Uint8Array[]
  readonly zd: Uint8Array | undefined
  readonly specification: Specification
  /** S. */
  readonly specificationOctets: Uint8Array
}

/** The up:IssuerParameters element (section 3.2.1). */
export function writeParametersDocument(document: IssuerParametersDocument): XmlElement {
  const { n, uidp, group, generatorsName, zd } = document
  const numbers = (name: string, values: readonly Uint8Array[]): XmlElement[] =>
    values.map((value) => up(name, {}, cryptoBinary(value)))
  return up(
    'IssuerParameters',
    { Version: '1.0', N: String(n) },
    up('UIDP', {}, uidp),
    up('Group', {}, typeof group === 'string' ? up('GroupName', {}, group) : describeGroup(group)),
    up('HashAlgorithm', {}, document.hashAlgorithm),
    up('Gvalues', generatorsName === undefined ? {} : { GeneratorsName: generatorsName }, ...numbers('G', document.g)),
    up('Evalues', {}, ...Array.from({ length: n }, () => up('E', {}, '1'))),
    up('Zvalues', {}, ...numbers('Z', document.z)),
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
  const g = gvalues.many('G').map(readCryptoBinary)
  gvalues.end()
  const generatorsName = gvalues.element.attribute('GeneratorsName')

  const evalues = new Outline(outline.next('Evalues'))
  const e = evalues.many('E').map(simpleText)
  evalues.end()
  const zvalues = new Outline(outline.next('Zvalues'))
  const z = zvalues.many('Z').map(readCryptoBinary)
  zvalues.end()

  const zdElement = outline.optional('Zd')
  const zd = zdElement && readCryptoBinary(zdElement)
  const specificationElement = outline.next('Specification')
  outline.end()
  const specification = readSpecification(specificationElement)

  const gCount = generatorsName === undefined ? n + 2 : 1
  if (g.length !== gCount || e.length !== n || z.length !== n + 2 || specification.claimTypes.length !== n) {
    throw new WsTrustError('ws-trust/n-mismatch')
  }
  if (e.some((value) => value !== '1')) throw new WsTrustError('ws-trust/e-value')
  const specificationOctets = canonicalize(specificationElement)
  return { n, uidp, group, hashAlgorithm, g, generatorsName, z, zd, specification, specificationOctets }
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
  const [p, q, g] = ['P', 'Q', 'Gen'].map((part) => toBigint(readCryptoBinary(description.next(part))))
  description.end()
  return { p: p!, q: q!, g: g! }
}
