import type { Element, Engine, Scalar, Group } from '../../../bindings/engine/engine.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { UProveError } from '../../../bindings/errors.js'
import { hashFunction } from '../../hash/index.js'
import { L1024N160, L2048N256, L3072N256, P256, P384, P521, parametersByName } from '../../params/index.js'
import type { RecommendedCurve, RecommendedParameters, RecommendedSubgroup } from '../../params/recommended.js'
import { checkRevision, IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { Revision } from '../../uprove/parameters/revision.js'
import { UsageError } from '../errors.js'
import { hashInput, number, octets, plain } from './forms.js'
import type { Layout } from './layouts.js'
import type { Cell, Sheet } from './sheet.js'

/** The published vectors use SHA-1 and L1024N160 too. */
export const allowLegacy = true

/** A value that a vector may not have: without a Device, or in the other revision. */
export const absent = (): undefined => undefined

/** Issuer parameters with their private key, and the group. */
export interface ParameterCells {
  readonly group: Cell<Group>
  /** The recommended set whose generators are used. */
  readonly recommended: RecommendedParameters | undefined
  readonly y0: Cell<Scalar>
  /** For generators that are powers of g: y_1 to y_n, y_t and, with a Device, y_d. */
  readonly exponents: Cell<readonly Scalar[]> | undefined
  readonly parameters: Cell<IssuerParameters>
  /** e_1 to e_n. */
  readonly encodings: readonly Cell<number>[]
  /** P. */
  readonly digest: Cell<Uint8Array>
  readonly gd: Cell<Element> | undefined
  readonly zd: Cell<Element> | undefined
  /** The result of `elementsOf()` for the parameters. */
  readonly elements: readonly (Cell<Element> | undefined)[]
  readonly deviceProtected: boolean
}

/** g_0, the g_i, g_t, g_d, and in Revision 1 the z values in the same order. */
export function elementsOf({ g0, g, gt, gd, z }: IssuerParameters): (Element | undefined)[] {
  return [g0, ...g, gt, gd, ...(z === undefined ? [] : [z.z0, ...z.z, z.zt, z.zd])]
}

const subgroups: readonly RecommendedSubgroup[] = [L1024N160, L2048N256, L3072N256]
const curves: readonly RecommendedCurve[] = [P256, P384, P521]

/** The recommended set that a file means, by its numbers or else by its name. */
function recommendedSet(sheet: Sheet): RecommendedParameters | undefined {
  const names = ['p', 'q', 'g'] as const
  const numbers = names.map((name) => sheet.input(`group.${name}`))
  const bySize = numbers.every(({ given }) => given)
    ? subgroups.find((set) => names.every((name, i) => itemAt(numbers, i).bigint() === set[name]))
    : undefined
  const labels = ['group.oid', 'group.name'].map((path) => sheet.input(path)).filter(({ given }) => given)
  const byLabel = [...subgroups, ...curves].find(({ name, oid }) => {
    return labels.some((label) => [name, oid].includes(label.text()))
  })
  return bySize ?? byLabel
}

function groupCell(
  sheet: Sheet,
  engine: Engine,
  revision: Revision,
  recommended: RecommendedParameters | undefined,
): Cell<Group> {
  if (recommended !== undefined) {
    if (!('arithmetic' in recommended)) {
      for (const name of ['p', 'q', 'g'] as const) sheet.output(`group.${name}`, number, () => recommended[name])
    }
    return sheet.cell(() => {
      const group = engine.group(recommended, { allowLegacy })
      checkRevision(group, revision)
      return group
    })
  }
  const [p, q, g] = [sheet.input('group.p'), sheet.input('group.q'), sheet.input('group.g')]
  const name = sheet.input('group.name')
  return sheet.cell(() => {
    const description = p.given || !name.given ? { p: p.bigint(), q: q.bigint(), g: g.bigint() } : undefined
    return engine.subgroup(description ?? parametersByName(name.text()), { allowLegacy })
  })
}

interface GeneratorCells {
  readonly exponents: ParameterCells['exponents']
  /** The g_i, g_t and, with a Device, g_d. */
  readonly generators: readonly Cell<Element>[]
}

/** Generators: powers of g if their exponents are given, else the recommended ones, else inputs. */
function generatorCells(
  sheet: Sheet,
  group: Cell<Group>,
  names: readonly string[],
  recommended: readonly Element[] | undefined,
): GeneratorCells {
  const path = (name: string): string => `parameters.${name}`
  const inputs = names.map((name) => sheet.input(path(name.replace('g', 'y'))))
  if (inputs.some(({ given }) => given)) {
    const exponents = inputs.map((y) => sheet.cell(() => y.scalar(group.value)))
    const power = (y: Cell<Scalar>): Element => group.value.exponentiate(group.value.generator, y.value)
    return {
      exponents: sheet.cell(() => valuesOf(exponents)),
      generators: names.map((name, i) => sheet.output(path(name), number, () => power(itemAt(exponents, i)))),
    }
  }
  const generators = names.map((name, i) => {
    const own = recommended?.[i]
    if (own !== undefined) return sheet.output(path(name), number, () => own)
    const given = sheet.input(path(name))
    return sheet.cell(() => given.element(group.value))
  })
  return { exponents: undefined, generators }
}

/** The z values of Revision 1, each its g^y_0. */
function zCells(
  sheet: Sheet,
  names: readonly string[],
  bases: readonly Cell<Element>[],
  { group, y0 }: Pick<ParameterCells, 'group' | 'y0'>,
): Cell<Element>[] {
  if (!names.includes('gd')) sheet.output('parameters.zd', number, absent)
  return names.map((name, i) =>
    sheet.output(`parameters.${name.replace('g', 'z')}`, number, () =>
      group.value.exponentiate(itemAt(bases, i).value, y0.value),
    ),
  )
}

function valuesOf<T>(cells: readonly Cell<T>[]): T[] {
  return cells.map(({ value }) => value)
}

function encodingCells(sheet: Sheet, n: number): Cell<number>[] {
  return Array.from({ length: n }, (_, i) => {
    const given = sheet.input(`parameters.encodings[${i}]`)
    return sheet.cell(() => {
      const e = given.integer()
      if (e !== 0 && e !== 1) throw new UProveError('vector/encoding', `e_${i + 1} must be 0 or 1`)
      return e
    })
  })
}

/** A value, or another in its place if there is none. */
function valueOr<T>(cell: Cell<T>, otherwise: T): T {
  try {
    return cell.value
  } catch (error) {
    if (error instanceof UProveError) return otherwise
    throw error
  }
}

/** The revision of a layout that has one, else that of the file. */
function revisionOf(sheet: Sheet, ofLayout: Revision | undefined): Revision {
  if (ofLayout !== undefined) {
    sheet.output('revision', plain, () => ofLayout)
    return ofLayout
  }
  const given = sheet.input('revision')
  const revision = given.given ? given.integer() : undefined
  if (revision !== 1 && revision !== 3) throw new UsageError('revision must be 1 or 3')
  return revision
}

/** Issuer parameters, from y_0, the generators and the rest. Section 2. */
export function parameterCells(
  sheet: Sheet,
  engine: Engine,
  { revision: revisionOfLayout, deviceByGenerator = false }: Layout,
): ParameterCells {
  const input = (name: string) => sheet.input(`parameters.${name}`)
  const [uid, hash, specification, givenY0] = [input('uid'), input('hash'), input('specification'), input('y0')]
  const revision = revisionOf(sheet, revisionOfLayout)
  const n = sheet.count('parameters.encodings')
  const hasDevice = sheet.input('device.xd').given
  const device = hasDevice || ['gd', 'yd', 'zd'].some((name) => input(name).given)
  const deviceProtected = deviceByGenerator ? device : hasDevice

  const set = recommendedSet(sheet)
  const group = groupCell(sheet, engine, revision, set)
  const y0 = sheet.cell(() => givenY0.scalar(group.value))
  const g0 = sheet.output('parameters.g0', number, () => group.value.exponentiate(group.value.generator, y0.value))

  const names = [...Array.from({ length: n }, (_, i) => `g[${i}]`), 'gt', ...(device ? ['gd'] : [])]
  const own = set && [...set.generators.slice(0, n), set.gt, set.gd]
  const { exponents, generators } = generatorCells(sheet, group, names, own)
  const [gt, gd] = [itemAt(generators, n), generators[n + 1]]
  if (gd === undefined) sheet.output('parameters.gd', number, absent)
  const z = revision === 1 ? zCells(sheet, ['g0', ...names], [g0, ...generators], { group, y0 }) : []
  const [z0, zt, zd] = [z[0], z[n + 1], z[n + 2]]

  const encodings = encodingCells(sheet, n)
  const parameters = sheet.cell(() => {
    const common = { revision, uid: uid.octets(), hash: hash.text() }
    // A wrong e_i is to show at what depends on it: what does not is computed with another.
    const text = { encodings: encodings.map((e) => valueOr(e, 1)), specification: specification.octets() }
    const elements = { g0: g0.value, g: valuesOf(generators.slice(0, n)), gt: gt.value, gd: gd?.value }
    // Hardly worth tables; those of the usual size are used when the protocols are run.
    const options = { allowLegacy, expectedUses: 4 }
    const zValues = z0 && zt && { z0: z0.value, z: valuesOf(z.slice(1, n + 1)), zt: zt.value, zd: zd?.value }
    return new IssuerParameters(group.value, { ...common, ...text, ...elements, z: zValues }, options)
  })
  const digest = sheet.output('parameters.digest', octets, () => parameters.value.digest(deviceProtected), encodings)
  sheet.output('parameters.digestInput', hashInput, () => ({
    digest: hashFunction(parameters.value.hash),
    computed: digest.value,
  }))
  sheet.output('parameters.n', plain, () => n)
  sheet.output('parameters.deviceSupported', plain, () => device)
  return {
    group,
    recommended: exponents === undefined ? set : undefined,
    y0,
    exponents,
    parameters,
    encodings,
    digest,
    gd,
    zd,
    elements: [g0, ...generators.slice(0, n), gt, gd, ...z, ...(device ? [] : [undefined])],
    deviceProtected,
  }
}
