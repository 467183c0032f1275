import type { Element, FixedBase, FixedBaseOptions, Scalar } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import {
  blindedPowers,
  blindSigmas,
  computePrivateKeys,
  computeTAs,
  computeTBs,
  drawBlindings,
  wipeBlindings,
  type Blinding,
} from './blinding.js'
import { proverContents, type ProverContents, type ProverContentsOptions } from '../parameters/contents.js'
import { ProtocolError } from '../errors.js'
import { nonces, type NonceOptions, type NonceSource } from '../nonces.js'
import { computeGamma, computeSigmaZ } from '../parameters/gamma.js'
import { rememberCertified, rememberGamma, type GammaTable } from '../token/held-token.js'
import {
  checkBatchSize,
  checkMessageLength,
  elementsFrom,
  messageFrom,
  scalarsFrom,
  type IssuanceMessage1,
  type IssuanceMessage2,
  type IssuanceMessage3,
} from './messages.js'
import { copyOctets, equalOctets, octetsFrom, wipe, wipeAll } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import { checkConstantTime, type VariableTimeOption } from '../parameters/policy.js'
import { computeSigmaCPrime } from '../token/signature.js'
import { isOctets, objectFrom } from '../../../bindings/octets/shape.js'
import type { IssuedToken } from '../token/token.js'

export interface ProverOptions extends ProverContentsOptions, VariableTimeOption, NonceOptions {
  /** How many tokens. Default 1. */
  readonly count?: number
  /** A secret of the wallet, if it has one. It keeps alpha and beta secret even if the random source is known or repeats. */
  readonly walletSeed?: Uint8Array
}

export interface FinishOptions {
  /**
   * Keep the table of gamma, which makes presentations of the batch's tokens cheaper (h^w_0 = gamma^(alpha w_0)), until
   * `dispose()`. Default false.
   */
  readonly keepTables?: boolean
}

/** The values that a Prover holds between messages 2 and 3, besides the blindings. */
interface Answered {
  readonly sigmaA: readonly Element[]
  readonly sigmaB: readonly Element[]
  readonly sigmaC: readonly Scalar[]
  readonly sigmaCPrime: readonly Scalar[]
}

interface TokenSignature {
  readonly sigmaZPrime: Element
  readonly sigmaCPrime: Scalar
  readonly sigmaRPrime: Scalar
}

/** The first message, whose sigma_z may be anything yet. */
interface ReceivedMessage1 extends Omit<IssuanceMessage1, 'sigmaZ'> {
  readonly sigmaZ: Uint8Array | undefined
}

/** The values that need sigma_z. */
interface SigmaZPart {
  readonly table: FixedBase
  readonly sigmaZPrime: readonly Element[]
  readonly tB: readonly Element[]
}

/**
 * The source of a batch's blindings. A secret is mixed in if the wallet has one. Time, the number of the call and the index
 * of each scalar keep them from repeating.
 */
export function blindingNonces(
  { group }: IssuerParameters,
  { scalars: { x, xt }, proverInformation, hd }: ProverContents,
  { walletSeed, random, knownAnswer }: Pick<ProverOptions, 'walletSeed' | 'random' | 'knownAnswer'>,
): NonceSource {
  const secret = walletSeed === undefined ? undefined : octetsFrom(walletSeed, 'the seed of the wallet')
  try {
    const context = [...x, xt, proverInformation, hd]
    return nonces(group.scalars, { random, knownAnswer }, { purpose: 'alpha, beta', secret, context })
  } finally {
    wipe(secret)
  }
}

/**
 * A Prover's side of one exchange, which obtains a batch of tokens: `begin()`, `respond()` to the first message with the
 * second, `finish()` with the third. `begin()` does all that can be done before the first message: in Revision 1 everything
 * but sigma_b^alpha, in Revision 3 what does not need sigma_z. Finish it or dispose of it (with `keepTables`, dispose of it
 * in any case): until then its tables stay in WebAssembly memory.
 *
 * @example
 * ```ts
 * import { createEngine, Issuer, Prover, verifyToken } from 'uprove-wasm'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const group = (await createEngine()).curve(P256)
 * const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 2, recommended: P256 })
 * const { parameters } = issuer
 * const contents = { attributes: ['Alice', 'citizen'], count: 1 }
 *
 * const session = issuer.begin(contents)
 * const prover = Prover.begin(parameters, contents)
 * const message2 = prover.respond(session.message1)
 * const tokens = prover.finish(session.respond(message2))
 * // Give `tokens` to your wallet: each has a public `token` and a secret `privateKey`.
 * console.log(tokens.map(({ token }) => verifyToken(parameters, token).valid)) // [ true ]
 * ```
 */
export class Prover {
  readonly gamma: Element
  readonly #gammaTable: FixedBase
  readonly #blindings: readonly Blinding[]
  readonly #h: readonly Element[] = []
  readonly #tA: readonly Element[] = []
  #sigmaZPart: SigmaZPart | undefined
  #answered: Answered | undefined
  #step: 'begun' | 'answered' | 'closed' = 'begun'
  #keptTable: FixedBase | undefined

  private constructor(
    private readonly parameters: IssuerParameters,
    private readonly contents: ProverContents,
    blindings: readonly Blinding[],
  ) {
    const { group } = parameters
    this.gamma = computeGamma(parameters, contents.scalars, contents.hd)
    this.#blindings = blindings
    // h, t_b, a check, and a presentation.
    this.#gammaTable = group.fixedBase(this.gamma, { expectedUses: 4 * blindings.length, basesPerProduct: 2 })
    try {
      this.#h = blindedPowers(this.#gammaTable, blindings)
      this.#tA = computeTAs(parameters, blindings)
      if (!parameters.rules.issuerSendsSigmaZ) {
        this.#sigmaZPart = this.#blindSigmaZ(
          group.fixedBase(computeSigmaZ(parameters, contents.scalars, contents.zetaD), this.#sigmaZTable),
        )
      }
    } catch (error) {
      this.#close()
      throw error
    }
  }

  /**
   * Begins to obtain a batch of tokens, and precomputes. Section 5. Takes alpha, beta_1, beta_2 for each token in turn.
   *
   * Throws `EngineError` (`engine/variable-time`), `InvalidInputError` (`attribute/...`, `scalar/range`, `issuance/...`,
   * `octets/...`, `parameters/no-device`, `device/public-key`, `device/zeta-d`).
   */
  static begin(parameters: IssuerParameters, options: ProverOptions): Prover {
    const { group } = parameters
    const { count = 1 } = objectFrom(options, 'options/type', 'the options')
    checkConstantTime(group, options)
    checkBatchSize(count)
    const contents = proverContents(parameters, options)
    const source = blindingNonces(parameters, contents, options)
    try {
      return Prover.withBlindings(parameters, contents, drawBlindings(count, source))
    } finally {
      source.dispose()
    }
  }

  /** @internal Begins with given blindings, which are wiped at the end. The same blindings and messages give the same tokens. */
  static withBlindings(parameters: IssuerParameters, contents: ProverContents, blindings: readonly Blinding[]): Prover {
    try {
      return new Prover(parameters, contents, blindings)
    } catch (error) {
      wipeBlindings(blindings)
      throw error
    }
  }

  /** Number of tokens. */
  get count(): number {
    return this.#blindings.length
  }

  /**
   * Answers the first message with the second: sigma_c = sigma_c' + beta_1. Once only, since two answers with one blinding
   * would let the Issuer link the tokens. A malformed message is refused and leaves the exchange as it was. Section 5.
   *
   * Throws `ProtocolError` (`issuance/out-of-order`), `InvalidInputError` (`issuance/message-shape`,
   * `issuance/message-length`, `issuance/sigma-z` for a sigma_z that is not in G_q, or 1, or missing, or not of this
   * revision; `octets/type`, `element/length`, `element/range`).
   */
  respond(message1: IssuanceMessage1<Uint8Array>): IssuanceMessage2 {
    const { parameters } = this
    const { group } = parameters
    this.#expect('begun')
    const { sigmaZ, sigmaA, sigmaB } = this.#checkMessage1(message1)
    // Checked again, since a getter on the message may have answered it.
    this.#expect('begun')
    const { sigmaZPrime, tB } = (this.#sigmaZPart ??= this.#blindSigmaZ(this.#tableOfReceived(sigmaZ)))
    this.#step = 'answered'
    try {
      const blinded = blindSigmas(group, this.#blindings, { tA: this.#tA, tB }, { sigmaA, sigmaB })
      const sigmaCPrime = this.#h.map((h, i) =>
        computeSigmaCPrime(parameters, this.contents.proverInformation, {
          h,
          sigmaZPrime: sigmaZPrime[i]!,
          sigmaAPrime: blinded.sigmaAPrime[i]!,
          sigmaBPrime: blinded.sigmaBPrime[i]!,
        }),
      )
      const sigmaC = sigmaCPrime.map((c, i) => group.scalars.add(c, this.#blindings[i]!.beta1))
      this.#answered = { sigmaA, sigmaB, sigmaC, sigmaCPrime }
      wipeAll(this.#tA)
      wipeAll(tB)
      for (const { beta1 } of this.#blindings) wipe(beta1)
      return { sigmaC: sigmaC.map((c) => copyOctets(c)) }
    } catch (error) {
      this.dispose()
      throw error
    }
  }

  /**
   * Makes the tokens from the third message, once every sigma_a and sigma_b was checked against it; if one does not verify,
   * none is accepted. A long batch in a subgroup is checked in 64 random subsets, which an Issuer that cheats passes with probability
   * 2^-64. A Verifier's signature hash (section 6) is then right by construction; that of the first token is recomputed, to guard
   * against own errors: `issuance/self-check` is none of the Issuer's doing, so do not tell it. A malformed message is refused and
   * leaves the exchange open. Of a lone token the hash shows that sigma_a is right, and only sigma_b is checked besides.
   *
   * Throws `ProtocolError` (`issuance/out-of-order`, `issuance/signature`, `issuance/self-check`), `InvalidInputError`
   * (`issuance/message-shape`, `issuance/message-length`, `octets/type`, `scalar/...`).
   */
  finish(message3: IssuanceMessage3<Uint8Array>, { keepTables = false }: FinishOptions = {}): IssuedToken[] {
    this.#expect('answered')
    const sigmaR = scalarsFrom(this.parameters.group, messageFrom(message3).sigmaR)
    checkMessageLength(sigmaR.length, this.count)
    // Checked again, since a getter on the message may have finished it.
    this.#expect('answered')
    this.#step = 'closed'
    try {
      const signatures = this.#verifiedSignatures(sigmaR)
      const privateKeys = computePrivateKeys(this.parameters.group, this.#blindings)
      const tokens = signatures.map((signature, i) => this.#makeToken(signature, privateKeys[i]!, i))
      if (keepTables) {
        this.#keptTable = this.#gammaTable
        const own = this.parameters.group
        const table: GammaTable = (group) => (group === own ? this.#keptTable : undefined)
        for (const token of tokens) rememberGamma(token, table)
      }
      return tokens
    } finally {
      this.#close()
    }
  }

  /** Wipes the secrets and frees the tables. An open exchange cannot be finished any more. */
  dispose(): void {
    this.#keptTable = undefined
    this.#close()
  }

  #expect(step: 'begun' | 'answered'): void {
    if (this.#step !== step) {
      throw new ProtocolError('issuance/out-of-order', `the exchange is ${this.#step}, not ${step}`)
    }
  }

  #close(): void {
    this.#step = 'closed'
    wipeBlindings(this.#blindings)
    wipeAll(this.#tA)
    wipeAll(this.#sigmaZPart?.tB ?? [])
    this.#sigmaZPart?.table.dispose()
    if (this.#keptTable === undefined) this.#gammaTable.dispose()
    this.#sigmaZPart = undefined
    this.#answered = undefined
  }

  /** The options of the table of sigma_z: for sigma_z', t_b, and a check. */
  get #sigmaZTable(): FixedBaseOptions {
    return { expectedUses: 3 * this.count, basesPerProduct: 2 }
  }

  /** The table of a sigma_z that must be in G_q and not 1, before it meets alpha. Throws `InvalidInputError` (`issuance/sigma-z`). */
  #tableOfReceived(sigmaZ: Uint8Array | undefined): FixedBase {
    // A copy is tested, since the caller's octets may change.
    const copy = isOctets(sigmaZ) ? copyOctets(sigmaZ) : undefined
    const table = copy && this.parameters.group.fixedBaseOfMember(copy, this.#sigmaZTable)
    if (table === undefined) throw new InvalidInputError('issuance/sigma-z', 'sigma_z is not in G_q, or is 1')
    return table
  }

  #blindSigmaZ(table: FixedBase): SigmaZPart {
    const { group } = this.parameters
    const tables = { gamma: this.#gammaTable, sigmaZ: table }
    try {
      const sigmaZPrime = blindedPowers(table, this.#blindings)
      return { table, sigmaZPrime, tB: computeTBs(group, tables, this.#blindings) }
    } catch (error) {
      table.dispose()
      throw error
    }
  }

  /** Checks everything but sigma_z's membership. */
  #checkMessage1(message1: IssuanceMessage1<Uint8Array>): ReceivedMessage1 {
    const { group, rules } = this.parameters
    const { sigmaZ, sigmaA, sigmaB } = messageFrom(message1)
    // A range check is enough here: `finish()` accepts a token only if both equal products of elements of G_q.
    const checked = { sigmaA: elementsFrom(group, sigmaA), sigmaB: elementsFrom(group, sigmaB) }
    checkMessageLength(checked.sigmaA.length, this.count)
    checkMessageLength(checked.sigmaB.length, this.count)
    if ((sigmaZ !== undefined) !== rules.issuerSendsSigmaZ) {
      throw new InvalidInputError('issuance/sigma-z', 'sigma_z belongs to Revision 3 only')
    }
    return { sigmaZ, ...checked }
  }

  /** The signatures of all tokens, once they are verified. Throws `ProtocolError` (`issuance/signature`, `issuance/self-check`). */
  #verifiedSignatures(sigmaR: readonly Scalar[]): TokenSignature[] {
    const { group } = this.parameters
    const { sigmaZPrime } = this.#sigmaZPart!
    const { sigmaCPrime } = this.#answered!
    const isLone = this.count === 1
    if (!this.#areAnswered(sigmaR, 0, this.count, isLone)) {
      const i = sigmaR.findIndex((_, at) => !this.#areAnswered(sigmaR, at, at + 1))
      throw wrongAnswer(i)
    }
    const signatures = sigmaR.map((r, i) => ({
      sigmaZPrime: sigmaZPrime[i]!,
      sigmaCPrime: sigmaCPrime[i]!,
      sigmaRPrime: group.scalars.add(r, this.#blindings[i]!.beta2),
    }))
    if (!equalOctets(this.#recomputeFirstHash(signatures[0]!), sigmaCPrime[0]!)) {
      if (isLone && !this.#areAnswered(sigmaR, 0, 1)) throw wrongAnswer(0)
      throw new ProtocolError('issuance/self-check', "the Prover's own token does not verify")
    }
    return signatures
  }

  /**
   * Whether sigma_a = g_0^(-sigma_c) g^sigma_r and sigma_b = sigma_z^(-sigma_c) gamma^sigma_r modulo p for some tokens: each by
   * itself, not up to sign, not only the product of both. All these are values that the Issuer knows as well, so that a refusal
   * reveals nothing. Both values then are in G_q, since g, g_0, gamma and sigma_z are, and the signature hash is right. This is
   * stricter than the hash, which depends on alpha and lets a sigma_b pass that is wrong by an element whose order divides alpha. It lets
   * no wrong sigma_a pass, since sigma_a' = t_a sigma_a: where a hash is recomputed anyway, `onlySigmaB` will do.
   */
  #areAnswered(sigmaR: readonly Scalar[], start: number, end: number, onlySigmaB = false): boolean {
    const { group, publicTables } = this.parameters
    const { sigmaA, sigmaB, sigmaC } = this.#answered!
    const ofSigmaB = { values: sigmaB.slice(start, end), bases: [this.#sigmaZPart!.table, this.#gammaTable] }
    const ofSigmaA = () => ({ values: sigmaA.slice(start, end), bases: publicTables.signatureBases(end - start) })
    return group.areProductsVartime(
      onlySigmaB ? [ofSigmaB] : [ofSigmaB, ofSigmaA()],
      sigmaC.slice(start, end).map((c, i) => [group.scalars.negate(c), sigmaR[start + i]!]),
    )
  }

  /** The signature hash of the first token, from its own values as a Verifier computes it. Section 6. */
  #recomputeFirstHash({ sigmaZPrime, sigmaCPrime, sigmaRPrime }: TokenSignature): Scalar {
    const { group, publicTables } = this.parameters
    const h = this.#h[0]!
    const exponents = [group.scalars.negate(sigmaCPrime), sigmaRPrime]
    return computeSigmaCPrime(this.parameters, this.contents.proverInformation, {
      h,
      sigmaZPrime,
      sigmaAPrime: group.multiExponentiateVartime(publicTables.signatureBases(1), exponents),
      sigmaBPrime: group.multiExponentiateVartime([sigmaZPrime, h], exponents),
    })
  }

  #makeToken(signature: TokenSignature, privateKey: Scalar, i: number): IssuedToken {
    const { uid, group } = this.parameters
    const { scalars, tokenInformation, proverInformation, hd } = this.contents
    const deviceProtected = hd !== undefined
    const issued = {
      token: { uid, h: this.#h[i]!, tokenInformation, proverInformation, ...signature, deviceProtected },
      privateKey,
    }
    rememberCertified(group, issued, scalars.x)
    return issued
  }
}

function wrongAnswer(i: number): ProtocolError {
  return new ProtocolError('issuance/signature', `the Issuer's answer for token ${i + 1} does not verify`)
}
