import { isZero } from '../../../bindings/octets/integers.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { UProveError } from '../../../bindings/errors.js'
import { hashFunction, type HashFormat, type ZeroEncoding } from '../../hash/index.js'
import {
  commitTo,
  computeR0,
  computeRd,
  computeRi,
  elementDigest,
  presentationProduct,
} from '../../uprove/presentation/witness.js'
import { computeRdPrime } from '../../uprove/device/device.js'
import { checkIndices, undisclosedIndices, type PseudonymSource } from '../../uprove/presentation/proof.js'
import { pseudonymPowers, scopeGenerator } from '../../uprove/device/pseudonym.js'
import { disclosureDigest } from '../../uprove/parameters/revision1.js'
import type { ChallengeInput } from '../../uprove/parameters/revision.js'
import { hashInput, indices, number, octets, plain, type Form } from './forms.js'
import type { ContentCells, TokenCells } from './issuance.js'
import type { ParameterCells } from './parameters.js'
import type { Cell, Sheet } from './sheet.js'

/** The values that all presentations of a file share. */
export interface PresentationContext {
  readonly sheet: Sheet
  readonly parameters: ParameterCells
  readonly contents: ContentCells
  readonly tokens: readonly TokenCells[]
  readonly zeroEncoding: ZeroEncoding
}

/** One presentation, with the secrets of Prover and Device. What a presentation does not have is undefined. */
export interface PresentationCells extends StatementCells, WitnessCells {
  readonly commitments: readonly (CommitmentCells & { readonly rTilde: Cell<Scalar> })[]
  readonly pS: Cell<Element | undefined>
  readonly aP: Cell<Uint8Array | undefined>
  readonly a: Cell<Uint8Array>
  readonly r0: Cell<Scalar>
  readonly r: readonly Cell<Scalar>[]
  readonly rd: Cell<Scalar | undefined>
}

interface StatementCells {
  readonly token: Cell<TokenCells>
  readonly disclosed: Cell<readonly number[]>
  readonly undisclosed: Cell<readonly number[]>
  readonly committed: Cell<readonly number[]>
  readonly message: Cell<Uint8Array | null>
  readonly deviceMessage: Cell<Uint8Array | null>
  /** By itself, as g_s depends on nothing else. */
  readonly scope: Cell<Uint8Array | undefined>
  readonly pseudonym: Cell<{ readonly source: PseudonymSource; readonly scope: Uint8Array } | undefined>
}

/** Lists go by attribute, the first at 0. */
interface WitnessCells {
  readonly w0: Cell<Scalar>
  readonly w: readonly Cell<Scalar>[]
  readonly wd: Cell<Scalar | undefined>
  readonly wdPrime: Cell<Scalar | undefined>
}

interface CommitmentCells {
  readonly opening: Cell<Scalar>
  readonly wTilde: Cell<Scalar>
  readonly cTilde: Cell<Element>
  readonly aTilde: Cell<Uint8Array>
}

interface PseudonymCells {
  readonly pS: Cell<Element | undefined>
  readonly aP: Cell<Uint8Array | undefined>
}

/** The place of a presentation in its file. */
interface Place extends PresentationContext {
  readonly path: string
}

/** The presentations of a file. Sections 7 and 8. */
export function presentationCells(context: PresentationContext): PresentationCells[] {
  const count = context.sheet.count('presentations')
  return Array.from({ length: count }, (_, i) => presentationCellsAt({ ...context, path: `presentations[${i}]` }))
}

function presentationCellsAt(place: Place): PresentationCells {
  const { parameters, contents } = place
  const { group } = parameters
  const statement = statementCells(place)
  const witness = witnessCells(place)
  const { token } = statement
  const { w0, w, wd, wdPrime } = witness

  const ad = output(
    place,
    'ad',
    number,
    () => wdPrime.value && group.value.exponentiate(parameters.parameters.value.deviceGenerator(), wdPrime.value),
  )
  const product = output(place, 'product', number, () => {
    const ofUndisclosed = statement.undisclosed.value.map((index) => [index, itemAt(w, index - 1).value] as const)
    const secrets = { w0: w0.value, w: new Map(ofUndisclosed), wd: wd.value, commitments: [] }
    return presentationProduct(parameters.parameters.value, token.value.issued.value, secrets, undefined, ad.value)
  })
  const a = output(place, 'a', octets, () => elementDigest(parameters.parameters.value, product.value))
  const pseudonym = pseudonymCells(place, statement, witness)
  const commitments = commitmentCells(place, witness)
  const c = challengeCell(place, statement, { a, commitments, ...pseudonym })

  const r0 = output(place, 'r0', number, () => computeR0(group.value, c.value, token.value.privateKey.value, w0.value))
  const r = w.map((wi, i) =>
    output(place, `r.${i + 1}`, number, () => computeRi(group.value, c.value, itemAt(contents.x, i).value, wi.value)),
  )
  const proven = commitments.map((commitment, i) => {
    const { opening, wTilde } = commitment
    const rTilde = output(place, `commitments.${i + 1}.rTilde`, number, () =>
      computeRi(group.value, c.value, opening.value, wTilde.value),
    )
    return { ...commitment, rTilde }
  })
  const rdPrime = output(
    place,
    'rdPrime',
    number,
    () => wdPrime.value && computeRdPrime(group.value, c.value, contents.xd.value, wdPrime.value),
  )
  const rd = output(
    place,
    'rd',
    number,
    () => rdPrime.value && wd.value && computeRd(group.value, rdPrime.value, wd.value),
  )
  return { ...statement, ...witness, ...pseudonym, commitments: proven, a, r0, r, rd }
}

function output<T, U extends T | undefined>(
  { sheet, path }: Place,
  name: string,
  form: Form<T>,
  compute: () => U,
  uses?: readonly Cell<unknown>[],
): Cell<U> {
  return sheet.output(`${path}.${name}`, form, compute, uses)
}

/** The statement: D, U, C, the messages, the source of the pseudonym. */
function statementCells(place: Place): StatementCells {
  const { sheet, path, tokens, contents } = place
  const n = contents.x.length
  const input = (name: string) => sheet.input(`${path}.${name}`)
  const givenToken = input('token')
  const [d, c, m, md] = [input('disclosed'), input('committed'), input('message'), input('deviceMessage')]
  const [source, scope] = [input('pseudonym.source'), input('pseudonym.scope')]

  const indexList = (given: ReturnType<typeof input>): Cell<readonly number[]> =>
    sheet.cell(() => {
      const list = given.integers()
      checkIndices(list, n)
      return list
    })
  const disclosed = indexList(d)
  const undisclosed = output(place, 'undisclosed', indices, () => undisclosedIndices(n, disclosed.value))
  const token = sheet.cell(() => {
    const index = givenToken.given ? givenToken.integer() : 0
    const found = tokens[index]
    if (found === undefined) throw new UProveError('vector/token', `there is no token ${index}`)
    return found
  })
  discloseCells(place, disclosed)
  return {
    token,
    disclosed,
    undisclosed,
    committed: indexList(c),
    message: sheet.cell(() => m.octetsOrNull()),
    deviceMessage: sheet.cell(() => md.octetsOrNull()),
    scope: sheet.cell(() => (source.given ? scope.octets() : undefined)),
    pseudonym: sheet.cell(() => (source.given ? { source: source.source(), scope: scope.octets() } : undefined)),
  }
}

/** The disclosed attributes, which some files repeat. */
function discloseCells(place: Place, disclosed: Cell<readonly number[]>): void {
  const { sheet, path, contents } = place
  for (let i = 0; i < sheet.count(`${path}.disclosedAttributes`); i++) {
    output(place, `disclosedAttributes[${i}]`, octets, () => {
      const index = disclosed.value[i]
      return index === undefined ? undefined : (contents.attributes.value[index - 1] ?? undefined)
    })
  }
  output(place, 'disclosesZero', plain, () =>
    disclosed.value.some((index) => isZero(itemAt(contents.x, index - 1).value)),
  )
}

function witnessCells({ sheet, path, parameters, contents }: Place): WitnessCells {
  const { group, deviceProtected } = parameters
  const secret = (name: string): Cell<Scalar> => {
    const given = sheet.input(`${path}.${name}`)
    return sheet.cell(() => given.scalar(group.value))
  }
  const ofDevice = (name: string): Cell<Scalar | undefined> => {
    const cell = secret(name)
    return deviceProtected ? cell : sheet.cell(() => undefined)
  }
  return {
    w0: secret('w0'),
    w: contents.x.map((_, i) => secret(`w.${i + 1}`)),
    wd: ofDevice('wd'),
    wdPrime: ofDevice('wdPrime'),
  }
}

/** g_s, P_s, a_p, and the Device's a_p'. Section 8. */
function pseudonymCells(
  place: Place,
  { scope, pseudonym }: StatementCells,
  { w, wd, wdPrime }: WitnessCells,
): PseudonymCells {
  const { sheet, parameters, contents } = place
  const { group } = parameters
  const gs = output(
    place,
    'pseudonym.gs',
    number,
    () => scope.value && scopeGenerator(group.value, scope.value, parameters.parameters.value.hash),
  )
  const powers = sheet.cell(() => {
    if (pseudonym.value === undefined || gs.value === undefined) return undefined
    const { source } = pseudonym.value
    if (source === 'device') {
      if (wdPrime.value === undefined) throw new UProveError('vector/source', 'there is no Device')
      return pseudonymPowers(group.value, gs.value, contents.xd.value, wdPrime.value)
    }
    const [x, wi] = [contents.x[source - 1], w[source - 1]]
    if (x === undefined || wi === undefined) throw new UProveError('vector/source', `there is no attribute ${source}`)
    return pseudonymPowers(group.value, gs.value, x.value, wi.value)
  })
  const ofDevice = (): boolean => pseudonym.value?.source === 'device'
  const aPPrime = output(place, 'pseudonym.aPPrime', number, () => (ofDevice() ? powers.value?.power : undefined))
  const pS = output(place, 'pseudonym.pS', number, () => powers.value?.pS)
  const aP = output(place, 'pseudonym.aP', octets, () => {
    if (powers.value === undefined || gs.value === undefined) return undefined
    const power =
      aPPrime.value && wd.value
        ? group.value.multiply(group.value.exponentiate(gs.value, wd.value), aPPrime.value)
        : powers.value.power
    return elementDigest(parameters.parameters.value, power)
  })
  return { pS, aP }
}

/** Commitments to all attributes for which there are secrets, whether they are in C or not. Section 8. */
function commitmentCells(place: Place, { w }: WitnessCells): CommitmentCells[] {
  const { sheet, path, parameters, contents } = place
  return contents.x.map((x, i) => {
    const name = `commitments.${i + 1}`
    const secret = (secretName: string): Cell<Scalar> => {
      const given = sheet.input(`${path}.${name}.${secretName}`)
      return sheet.cell(() => given.scalar(parameters.group.value))
    }
    const [opening, wTilde] = [secret('opening'), secret('wTilde')]
    const cTilde = output(place, `${name}.cTilde`, number, () =>
      commitTo(parameters.parameters.value, x.value, opening.value),
    )
    const aTilde = output(place, `${name}.aTilde`, octets, () =>
      elementDigest(
        parameters.parameters.value,
        commitTo(parameters.parameters.value, itemAt(w, i).value, wTilde.value),
      ),
    )
    return { opening, wTilde, cTilde, aTilde }
  })
}

interface Committed extends PseudonymCells {
  readonly a: Cell<Uint8Array>
  readonly commitments: readonly CommitmentCells[]
}

/** F, m_d' or c_p, and c. Section 7. */
function challengeCell(place: Place, statement: StatementCells, { a, commitments, pS, aP }: Committed): Cell<Scalar> {
  const { sheet, parameters, contents, zeroEncoding } = place
  const { group, deviceProtected } = parameters
  const rules = () => parameters.parameters.value.rules
  const beginHash = (): HashFormat => parameters.parameters.value.beginHash({ zeroEncoding })
  const hash = (octetString: Uint8Array): Uint8Array => hashFunction(parameters.parameters.value.hash)(octetString)

  const challengeInput = sheet.cell((): ChallengeInput => {
    const source = statement.pseudonym.value?.source
    return {
      group: group.value,
      tokenIdentifier: statement.token.value.identifier.value,
      a: a.value,
      n: contents.x.length,
      disclosed: statement.disclosed.value.map((index) => ({ index, x: itemAt(contents.x, index - 1).value })),
      commitments: statement.committed.value.map((index) => {
        const { cTilde, aTilde } = itemAt(commitments, index - 1)
        return { index, cTilde: cTilde.value, aTilde: aTilde.value }
      }),
      pseudonym:
        source === undefined || aP.value === undefined || pS.value === undefined
          ? undefined
          : { attribute: source === 'device' ? 0 : source, aP: aP.value, pS: pS.value },
      message: statement.message.value,
    }
  })
  const ofRevision1 = <T>(compute: () => T): T | undefined => (rules().revision === 1 ? compute() : undefined)
  const f = output(place, 'disclosureDigest', octets, () =>
    ofRevision1(() => disclosureDigest(beginHash, challengeInput.value)),
  )
  const digest = sheet.cell(() => {
    f.evaluate()
    return rules().challengeDigest(beginHash, challengeInput.value)
  })
  // In Revision 1 without a Device this digest is the challenge itself.
  const named = output(place, 'challengeDigest', octets, () =>
    rules().revision === 1 && !deviceProtected ? undefined : digest.value,
  )
  const c = output(
    place,
    'c',
    number,
    () => {
      const message = statement.deviceMessage.value
      return rules().challenge(beginHash, group.value.scalars, digest.value, message, deviceProtected)
    },
    [named],
  )
  output(place, 'disclosureDigestInput', hashInput, () => f.value && { digest: hash, computed: f.value })
  output(place, 'challengeDigestInput', hashInput, () => named.value && { digest: hash, computed: named.value })
  output(place, 'cInput', hashInput, () => ({
    digest: (input: Uint8Array) => group.value.scalars.reduce(hash(input)),
    computed: c.value,
  }))
  return c
}
