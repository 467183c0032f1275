import { toHex } from '../../../bindings/octets/integers.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { UProveError } from '../../../bindings/errors.js'
import type { ZeroEncoding } from '../../hash/index.js'
import { SoftwareDevice } from '../../uprove/device/device.js'
import { Issuer } from '../../uprove/issuance/issuer.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { presentToken } from '../../uprove/presentation/presentation.js'
import { Prover } from '../../uprove/issuance/prover.js'
import type { Refusal } from '../../uprove/token/refusal.js'
import { verifyToken, type IssuedToken } from '../../uprove/token/token.js'
import { verifyPresentation } from '../../uprove/presentation/verification.js'
import { playback } from './forms.js'
import type { ContentCells, TokenCells } from './issuance.js'
import { allowLegacy, elementsOf, type ParameterCells } from './parameters.js'
import type { PresentationCells } from './presentations.js'
import type { Cell, Difference, Sheet } from './sheet.js'

// The random values of a vector are public.
const allowVariableTime = true

/** All cells of a protocol vector. */
export interface ProtocolCells {
  readonly parameters: ParameterCells
  readonly contents: ContentCells
  readonly tokens: readonly TokenCells[]
  readonly presentations: readonly PresentationCells[]
  readonly zeroEncoding: ZeroEncoding
}

/**
 * Runs the protocols as applications do, with an Issuer, a Prover, a Device and a Verifier whose random values are those
 * of the file: each value that they give must be the one that was recomputed before, and the Verifier must accept.
 * Undefined if all is well.
 */
export function protocolDifference(sheet: Sheet, cells: ProtocolCells): Difference | undefined {
  try {
    const first = new ProtocolRun(sheet, cells).differences().next()
    return first.done === true ? undefined : first.value
  } catch (error) {
    if (!(error instanceof UProveError)) throw error
    return { key: 'the protocols', expected: 'to succeed', reason: error.message }
  }
}

class ProtocolRun {
  readonly #issuer: Issuer
  /** As the Prover and the Verifier receive them. */
  readonly #parameters: IssuerParameters
  readonly #device: SoftwareDevice | undefined

  constructor(
    private readonly sheet: Sheet,
    private readonly cells: ProtocolCells,
  ) {
    const { recommended } = cells.parameters
    this.#issuer = createIssuer(cells.parameters)
    const { group } = this.#issuer.parameters
    this.#parameters = IssuerParameters.verify(group, this.#issuer.parameters.values(), { allowLegacy, recommended })
    this.#device = this.#createDevice()
  }

  *differences(): Generator<Difference> {
    const { parameters, tokens, presentations } = this.cells
    const elements = elementsOf(this.#issuer.parameters)
    for (const [i, element] of elements.entries()) yield* this.#same(parameters.elements[i], element)
    if (tokens.length === 0) return
    const issued: IssuedToken[] = []
    yield* this.#issue(issued)
    for (const [i, presentation] of presentations.entries()) {
      yield* this.#present(`presentation ${i}`, itemAt(issued, tokens.indexOf(presentation.token.value)), presentation)
    }
  }

  *#same(cell: Cell<Uint8Array | undefined> | undefined, computed: Uint8Array | undefined): Generator<Difference> {
    const expected = cell?.value
    if (expected === computed || (expected && computed && equalOctets(expected, computed))) return
    const text = (value: Uint8Array | undefined): string => (value === undefined ? 'null' : toHex(value))
    const key = (cell && this.sheet.keyOf(cell)) ?? 'a value that the file does not have'
    yield { key, expected: text(expected), computed: text(computed) }
  }

  *#accepted(key: string, result: { readonly valid: true } | Refusal): Generator<Difference> {
    if (!result.valid) yield { key, expected: 'to be accepted', computed: `refused (${result.code})` }
  }

  #createDevice(): SoftwareDevice | undefined {
    const { parameters, contents, presentations } = this.cells
    if (!parameters.deviceProtected) return undefined
    const { group, hash } = this.#parameters
    const knownAnswer = playback(presentations.map(({ wdPrime }) => wdPrime.value))
    return SoftwareDevice.fromPrivateKey(group, this.#parameters.deviceGenerator(), contents.xd.value, {
      hash,
      knownAnswer,
      allowLegacy,
      allowVariableTime,
    })
  }

  /** Puts the tokens of the batch into `issued`. */
  *#issue(issued: IssuedToken[]): Generator<Difference> {
    const { contents, tokens } = this.cells
    const device = this.#device?.contribute(this.#parameters)
    yield* this.#same(contents.hd, device?.hd)
    yield* this.#same(contents.zetaD, device?.zetaD)
    const common = {
      attributes: contents.attributes.value,
      tokenInformation: contents.tokenInformation.value,
      count: tokens.length,
    }
    const nonces = playback(tokens.map(({ w }) => w.value))
    const session = this.#issuer.begin({ ...common, devicePublicKey: device?.hd, knownAnswer: nonces })
    const secrets = tokens.map(({ blinding }) => blinding.value)
    const blindings = playback(secrets.flatMap(({ alpha, beta1, beta2 }) => [alpha, beta1, beta2]))
    const proverInformation = contents.proverInformation.value
    const options = { ...common, proverInformation, device, knownAnswer: blindings, allowVariableTime }
    const prover = Prover.begin(this.#parameters, options)
    const { message1 } = session
    const message2 = prover.respond(message1)
    const message3 = session.respond(message2)
    issued.push(...prover.finish(message3))

    yield* this.#same(contents.gamma, session.gamma)
    yield* this.#same(contents.gamma, prover.gamma)
    if (message1.sigmaZ !== undefined) yield* this.#same(contents.sigmaZ, message1.sigmaZ)
    for (const [i, cells] of tokens.entries()) {
      const { token, privateKey } = itemAt(issued, i)
      yield* this.#same(cells.sigmaA, message1.sigmaA[i])
      yield* this.#same(cells.sigmaB, message1.sigmaB[i])
      yield* this.#same(cells.sigmaC, message2.sigmaC[i])
      yield* this.#same(cells.sigmaR, message3.sigmaR[i])
      yield* this.#same(cells.h, token.h)
      yield* this.#same(cells.sigmaZPrime, token.sigmaZPrime)
      yield* this.#same(cells.sigmaCPrime, token.sigmaCPrime)
      yield* this.#same(cells.sigmaRPrime, token.sigmaRPrime)
      yield* this.#same(cells.privateKey, privateKey)
      yield* this.#accepted(`token ${i}`, verifyToken(this.#parameters, token))
    }
  }

  *#present(name: string, token: IssuedToken, cells: PresentationCells): Generator<Difference> {
    const { contents, zeroEncoding, parameters } = this.cells
    const { revision } = this.#parameters
    const undisclosed = cells.undisclosed.value
    const committed = cells.committed.value.map((index) => itemAt(cells.commitments, index - 1))
    const messages = {
      message: cells.message.value,
      // Revision 1 signs none without a Device.
      deviceMessage: revision === 1 && !parameters.deviceProtected ? null : cells.deviceMessage.value,
      pseudonym: cells.pseudonym.value,
      zeroEncoding,
    }
    const { proof } = presentToken(this.#parameters, token, {
      ...messages,
      attributes: contents.attributes.value,
      disclosed: cells.disclosed.value,
      committed: cells.committed.value,
      device: this.#device,
      knownAnswer: playback([
        cells.w0.value,
        ...undisclosed.map((index) => itemAt(cells.w, index - 1).value),
        cells.wd.value,
        ...committed.flatMap(({ opening, wTilde }) => [opening.value, wTilde.value]),
      ]),
      allowVariableTime,
    })
    yield* this.#same(cells.a, proof.a)
    yield* this.#same(cells.r0, proof.r0)
    for (const [i, index] of undisclosed.entries()) yield* this.#same(cells.r[index - 1], proof.r[i])
    yield* this.#same(cells.rd, proof.rd)
    yield* this.#same(cells.pS, proof.pseudonym?.pS)
    yield* this.#same(cells.aP, proof.pseudonym?.aP)
    for (const [i, { cTilde, aTilde, rTilde }] of committed.entries()) {
      yield* this.#same(cTilde, proof.commitments[i]?.cTilde)
      yield* this.#same(aTilde, proof.commitments[i]?.aTilde)
      yield* this.#same(rTilde, proof.commitments[i]?.rTilde)
    }
    yield* this.#accepted(name, verifyPresentation(this.#parameters, token.token, proof, messages))
  }
}

/** The Issuer, created again from the random values of the file if it has all of them. */
function createIssuer({ parameters, y0, exponents, recommended, gd }: ParameterCells): Issuer {
  const { group, uid, hash, revision, encodings, specification } = parameters.value
  if (exponents === undefined && recommended === undefined) {
    return Issuer.fromPrivateKey(parameters.value, y0.value, { allowVariableTime })
  }
  return Issuer.create(group, {
    ...{ uid, hash, revision, specification, recommended, allowLegacy, allowVariableTime },
    attributes: encodings,
    device: gd !== undefined,
    knownAnswer: playback([y0.value, ...(exponents?.value ?? [])]),
  })
}
