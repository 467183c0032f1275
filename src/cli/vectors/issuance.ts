import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { hashFunction } from '../../hash/index.js'
import { attributeScalar, tokenInformationScalar } from '../../uprove/parameters/attributes.js'
import { blindSigmas, computeTAs, computeTBs, type Blinding } from '../../uprove/issuance/blinding.js'
import { computeSigmaCPrime } from '../../uprove/token/signature.js'
import { computeGamma, computeSigmaZ } from '../../uprove/parameters/gamma.js'
import { computeSigmaR } from '../../uprove/parameters/issuer-key.js'
import { tokenIdentifier, type IssuedToken } from '../../uprove/token/token.js'
import { hashInput, number, octets } from './forms.js'
import type { ParameterCells } from './parameters.js'
import type { Cell, Sheet } from './sheet.js'

/** The values that the tokens of a batch share. */
export interface ContentCells {
  readonly attributes: Cell<readonly (Uint8Array | null)[]>
  readonly tokenInformation: Cell<Uint8Array>
  readonly proverInformation: Cell<Uint8Array | null>
  /** x_1 to x_n. */
  readonly x: readonly Cell<Scalar>[]
  readonly xd: Cell<Scalar>
  readonly hd: Cell<Element | undefined>
  readonly zetaD: Cell<Element | undefined>
  readonly gamma: Cell<Element>
  readonly sigmaZ: Cell<Element>
}

/** One token, with both sides' secrets. */
export interface TokenCells {
  readonly w: Cell<Scalar>
  readonly blinding: Cell<Blinding>
  readonly issued: Cell<IssuedToken>
  readonly identifier: Cell<Uint8Array>
  readonly sigmaA: Cell<Element>
  readonly sigmaB: Cell<Element>
  readonly sigmaC: Cell<Scalar>
  readonly sigmaR: Cell<Scalar>
  readonly h: Cell<Element>
  readonly privateKey: Cell<Scalar>
  readonly sigmaZPrime: Cell<Element>
  readonly sigmaCPrime: Cell<Scalar>
  readonly sigmaRPrime: Cell<Scalar>
}

/** x_i, x_t, the Device's values, gamma, sigma_z. Sections 3 to 5. */
export function contentCells(sheet: Sheet, cells: ParameterCells): ContentCells {
  const { group, parameters, encodings, deviceProtected, gd, zd } = cells
  const given = encodings.map((_, i) => sheet.input(`attributes[${i}]`))
  const [ti, pi] = [sheet.input('tokenInformation'), sheet.input('proverInformation')]
  const givenXd = sheet.input('device.xd')

  const x = encodings.map((e, i) =>
    sheet.output(`x[${i}]`, number, () => attributeScalar(parameters.value, i + 1, itemAt(given, i).octetsOrNull()), [
      e,
    ]),
  )
  const xt = sheet.output('xt', number, () => tokenInformationScalar(parameters.value, ti.octets(), deviceProtected), [
    cells.digest,
  ])
  sheet.output('xtInput', hashInput, () => ({
    digest: (input: Uint8Array) => group.value.scalars.reduce(hashFunction(parameters.value.hash)(input)),
    computed: xt.value,
  }))

  const xd = sheet.cell(() => givenXd.scalar(group.value))
  const ofDevice = (path: string, base: Cell<Element> | undefined): Cell<Element | undefined> =>
    sheet.output(path, number, () => base && group.value.exponentiate(base.value, xd.value))
  const hd = ofDevice('device.hd', deviceProtected ? gd : undefined)
  const zetaD = ofDevice('device.zetaD', deviceProtected ? zd : undefined)

  const scalars = sheet.cell(() => ({ x: x.map(({ value }) => value), xt: xt.value }))
  const gamma = sheet.output('gamma', number, () => computeGamma(parameters.value, scalars.value, hd.value))
  const sigmaZ = sheet.output('sigmaZ', number, () =>
    parameters.value.rules.issuerSendsSigmaZ
      ? group.value.exponentiate(gamma.value, cells.y0.value)
      : computeSigmaZ(parameters.value, scalars.value, zetaD.value),
  )
  return {
    attributes: sheet.cell(() => given.map((input) => input.octetsOrNull())),
    tokenInformation: sheet.cell(() => ti.octets()),
    proverInformation: sheet.cell(() => pi.octetsOrNull()),
    ...{ x, xd, hd, zetaD, gamma, sigmaZ },
  }
}

/** The tokens of a batch. Sections 5 and 6. */
export function tokenCells(sheet: Sheet, parameters: ParameterCells, contents: ContentCells): TokenCells[] {
  const { group } = parameters
  const tables = sheet.cell(() => ({
    gamma: group.value.fixedBase(contents.gamma.value, { expectedUses: 3 }),
    sigmaZ: group.value.fixedBase(contents.sigmaZ.value, { expectedUses: 2 }),
  }))
  const count = sheet.count('tokens')
  return Array.from({ length: count }, (_, i) => tokenCellsAt(sheet, `tokens[${i}]`, parameters, contents, tables))
}

function tokenCellsAt(
  sheet: Sheet,
  path: string,
  { group, parameters, y0, deviceProtected }: ParameterCells,
  { tokenInformation, proverInformation, gamma, sigmaZ }: ContentCells,
  tables: Cell<Parameters<typeof computeTBs>[1]>,
): TokenCells {
  const secret = (name: string): Cell<Scalar> => {
    const given = sheet.input(`${path}.${name}`)
    return sheet.cell(() => given.scalar(group.value))
  }
  const numberAt = <T extends Uint8Array>(name: string, compute: () => T): Cell<T> =>
    sheet.output(`${path}.${name}`, number, compute)

  const [w, alpha, beta1, beta2] = [secret('w'), secret('alpha'), secret('beta1'), secret('beta2')]
  const blinding = sheet.cell(() => ({ alpha: alpha.value, beta1: beta1.value, beta2: beta2.value }))
  const sigmaA = numberAt('sigmaA', () => group.value.exponentiate(group.value.generator, w.value))
  const sigmaB = numberAt('sigmaB', () => group.value.exponentiate(gamma.value, w.value))
  const privateKey = numberAt('privateKey', () => group.value.scalars.invert(alpha.value))
  const h = numberAt('h', () => group.value.exponentiate(gamma.value, alpha.value))
  const sigmaZPrime = numberAt('sigmaZPrime', () => group.value.exponentiate(sigmaZ.value, alpha.value))
  const tA = numberAt('tA', () => itemAt(computeTAs(parameters.value, [blinding.value]), 0))
  const tB = numberAt('tB', () => itemAt(computeTBs(group.value, tables.value, [blinding.value]), 0))
  const blinded = sheet.cell(() => {
    const factors = { tA: [tA.value], tB: [tB.value] }
    const sigmas = { sigmaA: [sigmaA.value], sigmaB: [sigmaB.value] }
    return blindSigmas(group.value, [blinding.value], factors, sigmas)
  })
  const sigmaAPrime = numberAt('sigmaAPrime', () => itemAt(blinded.value.sigmaAPrime, 0))
  const sigmaBPrime = numberAt('sigmaBPrime', () => itemAt(blinded.value.sigmaBPrime, 0))
  const sigmaCPrime = numberAt('sigmaCPrime', () =>
    computeSigmaCPrime(parameters.value, proverInformation.value, {
      h: h.value,
      sigmaZPrime: sigmaZPrime.value,
      sigmaAPrime: sigmaAPrime.value,
      sigmaBPrime: sigmaBPrime.value,
    }),
  )
  const sigmaC = numberAt('sigmaC', () => group.value.scalars.add(sigmaCPrime.value, beta1.value))
  const sigmaR = numberAt('sigmaR', () => computeSigmaR(group.value, sigmaC.value, y0.value, w.value))
  const sigmaRPrime = numberAt('sigmaRPrime', () => group.value.scalars.add(sigmaR.value, beta2.value))

  const issued = sheet.cell((): IssuedToken => ({
    token: {
      uid: parameters.value.uid,
      h: h.value,
      tokenInformation: tokenInformation.value,
      proverInformation: proverInformation.value,
      sigmaZPrime: sigmaZPrime.value,
      sigmaCPrime: sigmaCPrime.value,
      sigmaRPrime: sigmaRPrime.value,
      deviceProtected,
    },
    privateKey: privateKey.value,
  }))
  const identifier = sheet.output(`${path}.identifier`, octets, () =>
    tokenIdentifier(parameters.value, issued.value.token),
  )
  sheet.output(`${path}.sigmaCPrimeInput`, hashInput, () => ({
    digest: (input: Uint8Array) => group.value.scalars.reduce(hashFunction(parameters.value.hash)(input)),
    computed: sigmaCPrime.value,
  }))
  sheet.output(`${path}.identifierInput`, hashInput, () => ({
    digest: hashFunction(parameters.value.hash),
    computed: identifier.value,
  }))
  return {
    ...{ w, blinding, issued, identifier, sigmaA, sigmaB, sigmaC, sigmaR },
    ...{ h, privateKey, sigmaZPrime, sigmaCPrime, sigmaRPrime },
  }
}
